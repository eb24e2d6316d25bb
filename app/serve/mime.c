/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of what web sites are made of; text is said to be UTF-8. Contents are never looked at. */
#include "serve/mime.h"

#include <string.h>
#include <strings.h>

const char *
mime_type(const char *path)
{
	static const struct {
		char ending[8];
		const char *type;
	} types[] = {
		{ "avif", "image/avif" },
		{ "bin", "application/octet-stream" },
		{ "css", "text/css; charset=utf-8" },
		{ "csv", "text/csv; charset=utf-8" },
		{ "gif", "image/gif" },
		{ "gz", "application/gzip" },
		{ "htm", "text/html; charset=utf-8" },
		{ "html", "text/html; charset=utf-8" },
		{ "ico", "image/x-icon" },
		{ "jpeg", "image/jpeg" },
		{ "jpg", "image/jpeg" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "json", "application/json" },
		{ "md", "text/markdown; charset=utf-8" },
		{ "mjs", "text/javascript; charset=utf-8" },
		{ "mp3", "audio/mpeg" },
		{ "mp4", "video/mp4" },
		{ "ogg", "audio/ogg" },
		{ "pdf", "application/pdf" },
		{ "png", "image/png" },
		{ "svg", "image/svg+xml" },
		{ "tar", "application/x-tar" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "wasm", "application/wasm" },
		{ "wav", "audio/wav" },
		{ "webm", "video/webm" },
		{ "webp", "image/webp" },
		{ "woff2", "font/woff2" },
		{ "xml", "application/xml" },
		{ "zip", "application/zip" },
	};
	const char *name = strrchr(path, '/');
	const char *dot = strrchr(name != NULL ? name : path, '.');

	/* A folder's page. */
	if (path[0] == '\0' || (name != NULL && name[1] == '\0'))
		return "text/html; charset=utf-8";
	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dot + 1, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}
