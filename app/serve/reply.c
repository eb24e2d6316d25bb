/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which fields each status must or may have: RFC 9110 §15, §8.8 (validators), §14.4 (Content-Range), §10.2.1 (Allow);
 * RFC 9112 §9.6 (Connection). Content-Length is always there, but with 204 and 304.
 */
#include "serve/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
reply_reason(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

struct out {
	char *buf;
	size_t room;
	size_t len; /* more than room: it did not fit */
};

static void __attribute__((format(printf, 2, 3))) put(struct out *out, const char *format, ...)
{
	size_t left = out->len < out->room ? out->room - out->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(left > 0 ? out->buf + out->len : NULL, left, format, args);
	va_end(args);
	out->len += n > 0 ? (size_t)n : 0;
}

static bool
is_refusal(unsigned int status)
{
	return status >= 400;
}

static void
put_content(struct out *out, const struct reply *r)
{
	typedef unsigned long long ull;

	if (r->etag != NULL)
		put(out, "ETag: %s\r\n", r->etag);
	if (r->modified != NULL)
		put(out, "Last-Modified: %s\r\n", r->modified);
	if (r->status == 200 || r->status == 206)
		put(out, "Accept-Ranges: bytes\r\n");
	if (r->status == 206)
		put(out, "Content-Range: bytes %llu-%llu/%llu\r\n", (ull)r->first,
		    (ull)(r->first + r->len - 1), (ull)r->size);
	if (r->status == 416)
		put(out, "Content-Range: bytes */%llu\r\n", (ull)r->size);
	if (r->type != NULL && r->status != 304)
		put(out, "Content-Type: %s\r\n", r->type);
	if (r->status != 204 && r->status != 304)
		put(out, "Content-Length: %llu\r\n", (ull)r->len);
}

static void
put_head(struct out *out, const struct reply *r)
{
	put(out, "HTTP/1.1 %u %s\r\nDate: %s\r\nServer: pollen/" POLLEN_VERSION "\r\n", r->status,
	    reply_reason(r->status), r->date);
	if (r->location != NULL)
		put(out, "Location: %s\r\n", r->location);
	if (r->status == 405 || r->status == 204)
		put(out, "Allow: GET, HEAD, OPTIONS\r\n");
	if (r->status == 503)
		put(out, "Retry-After: 1\r\n");
	put_content(out, r);
	if (r->is_closing)
		put(out, "Connection: close\r\n");
	else if (r->is_http10)
		put(out, "Connection: keep-alive\r\n");
	put(out, "\r\n");
}

size_t
reply_head(const struct reply *reply, char *buf, size_t room)
{
	struct out out = { .buf = buf, .room = room };

	put_head(&out, reply);
	return out.len < room ? out.len : 0;
}

size_t
reply_status(const struct reply *reply, bool is_head, char *buf, size_t room)
{
	struct out out = { .buf = buf, .room = room };
	struct reply r = *reply;
	char text[96] = "";

	if (is_refusal(r.status) || r.status == 301) {
		(void)snprintf(text, sizeof(text), "%u %s\n", r.status, reply_reason(r.status));
		r.type = "text/plain; charset=utf-8";
	}
	r.len = strlen(text);
	put_head(&out, &r);
	if (!is_head)
		put(&out, "%s", text);
	return out.len < room ? out.len : 0;
}
