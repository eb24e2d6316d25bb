/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decoded first, split into segments afterwards, so that %2e%2e and %2f are what they stand for when ".." is looked for
 * (RFC 3986 §6.2.2). A ".." takes the segment before it away; one that has none leads out of the root and is refused, as is
 * a NUL, which would end the name for the kernel earlier than for us. Symbolic links are not this file's matter.
 */
#include "serve/uripath.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a target. @return false: a percent sign without two digits, or NUL. */
static bool
decode_byte(const char **at, char *out)
{
	const char *c = *at;
	int high;
	int low;

	*at = c + 1;
	*out = *c;
	if (*c != '%')
		return true;
	high = hex_digit(c[1]);
	low = high >= 0 ? hex_digit(c[2]) : -1;
	if (low < 0)
		return false;
	*at = c + 3;
	*out = (char)(high * 16 + low);
	return *out != '\0';
}

/* A segment is complete, from `start` to `*end`: forget it, or it and the one before, if it is a dot or two. */
static bool
end_segment(const char *out, size_t start, size_t *end)
{
	size_t len = *end - start;

	if ((len == 1 && out[start] == '.') || len == 0) {
		*end = start;
	} else if (len == 2 && out[start] == '.' && out[start + 1] == '.') {
		if (start == 0)
			return false;
		*end = start - 1;
		while (*end > 0 && out[*end - 1] != '/')
			(*end)--;
	} else {
		return true;
	}
	return true;
}

/* Where the path begins in "/path", "http://host/path" and "http://host"; NULL: in nothing else. */
static const char *
skip_authority(const char *target, const char *end)
{
	const char *slash;

	if (target[0] == '/')
		return target;
	if (strncasecmp(target, "http://", 7) != 0 || strchr("/?#", target[7]) != NULL)
		return NULL;
	slash = strchr(target + 7, '/');
	return slash != NULL && slash < end ? slash : end;
}

unsigned int
uripath_parse(const char *target, char *out, const char **query)
{
	const char *end = target + strcspn(target, "?#");
	const char *c = skip_authority(target, end);
	size_t len = 0;
	size_t start = 0; /* of the segment being read */

	if (c == NULL || *end == '#')
		return 400;
	*query = end;
	while (c < end) {
		char byte;

		if (!decode_byte(&c, &byte) || c > end)
			return 400;
		if (len + 2 > URIPATH_MAX)
			return 404;
		if (byte != '/') {
			out[len++] = byte;
			continue;
		}
		if (!end_segment(out, start, &len))
			return 400;
		if (len > start)
			out[len++] = '/';
		start = len;
	}
	if (!end_segment(out, start, &len))
		return 400;
	out[len] = '\0';
	return 0;
}

size_t
uripath_encode(const char *path, char *buf, size_t room)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t len = 0;

	if (room > 1)
		buf[0] = '/';
	len++;
	for (const char *c = path; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;
		const char code[3] = { '%', hex[byte >> 4], hex[byte & 15] };
		bool is_plain = isalnum(byte) || strchr("/-._~!$&'()*+,;=:@", byte) != NULL;
		size_t n = is_plain ? 1 : 3;

		for (size_t i = 0; i < n; i++, len++)
			if (len + 1 < room)
				buf[len] = is_plain ? *c : code[i];
	}
	if (room > 0)
		buf[len < room ? len : room - 1] = '\0';
	return len;
}
