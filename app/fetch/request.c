/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The default headers (Host, User-Agent, Accept and what the body needs), each of which a -H of the same name replaces or
 * leaves out, then the user's own in their order. Authorization and Cookie do not follow a redirect to another host.
 */
#include "fetch/request.h"

#include <string.h>
#include <strings.h>

/* Length of a -H line's name. */
static size_t
name_length(const char *line)
{
	return strcspn(line, ":;");
}

static bool
is_named(const char *line, const char *name)
{
	size_t len = name_length(line);

	return strlen(name) == len && strncasecmp(line, name, len) == 0;
}

bool
request_overrides(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->headers.count; i++)
		if (is_named(options->headers.at[i], name))
			return true;
	return false;
}

static void
add_default(struct text *out, const struct options *options, const char *name, const char *value)
{
	if (!request_overrides(options, name))
		text_printf(out, "%s: %s\r\n", name, value);
}

/* A line without a value ("Name:") only takes a default away. "Name;" is a header that is empty. */
static void
add_own(struct text *out, const char *line)
{
	size_t len = name_length(line);
	const char *value = line + len + 1;

	value += strspn(value, " \t");
	if (line[len] == ';')
		text_printf(out, "%.*s:\r\n", (int)len, line);
	else if (*value != '\0')
		text_printf(out, "%.*s: %s\r\n", (int)len, line, value);
}

/* RFC 4648 §4. */
static void
add_base64(struct text *out, const char *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t count = len - i < 3 ? len - i : 3;
		uint32_t bits = 0;
		char four[4] = { '=', '=', '=', '=' };

		for (size_t b = 0; b < count; b++)
			bits |= (uint32_t)(unsigned char)data[i + b] << (16 - 8 * b);
		for (size_t d = 0; d <= count; d++)
			four[d] = digits[bits >> (18 - 6 * d) & 63];
		text_add(out, four, sizeof(four));
	}
}

static void
add_authorization(struct text *out, const struct request *request, const struct options *options)
{
	const struct url *url = request->url;
	struct text pair = { 0 };

	if (url->user == NULL || request_overrides(options, "Authorization"))
		return;
	text_printf(&pair, "%s:%s", url->user, url->password != NULL ? url->password : "");
	text_puts(out, "Authorization: Basic ");
	add_base64(out, text_get(&pair), pair.len);
	text_puts(out, "\r\n");
	out->failed |= pair.failed;
	text_free(&pair);
}

static void
add_body_fields(struct text *out, const struct options *options)
{
	add_default(out, options, "Content-Type", "application/x-www-form-urlencoded");
	if (!request_overrides(options, "Content-Length"))
		text_printf(out, "Content-Length: %zu\r\n", options->data.len);
}

size_t
request_write(const struct request *request, const struct options *options, struct text *out)
{
	const char *agent = options->user_agent;
	size_t head;

	text_clear(out);
	text_printf(out, "%s %s HTTP/1.1\r\n", request->method, request->url->target);
	add_default(out, options, "Host", request->url->authority);
	add_authorization(out, request, options);
	if (agent == NULL || *agent != '\0')
		add_default(out, options, "User-Agent",
		            agent != NULL ? agent : "pollen-fetch/" POLLEN_VERSION);
	add_default(out, options, "Accept", "*/*");
	if (request->range != NULL && !request_overrides(options, "Range"))
		text_printf(out, "Range: bytes=%s\r\n", request->range);
	if (request->if_range != NULL)
		add_default(out, options, "If-Range", request->if_range);
	if (request->has_body)
		add_body_fields(out, options);
	for (size_t i = 0; i < options->headers.count; i++) {
		const char *line = options->headers.at[i];

		if (!request->is_foreign ||
		    (!is_named(line, "Authorization") && !is_named(line, "Cookie")))
			add_own(out, line);
	}
	text_puts(out, "\r\n");
	head = out->len;
	if (request->has_body)
		text_add(out, text_get(&options->data), options->data.len);
	return head;
}
