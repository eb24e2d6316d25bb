/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file name of a Content-Disposition header: RFC 6266 §4.3, the parameter filename as token or quoted-string. What the
 * server says is not trusted: only the last part of a path counts, be it Unix' or Windows', and it can neither be hidden
 * nor carry control characters. The extended form filename* is read when it is UTF-8 (RFC 8187).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/target.h"
#include "fetch/text.h"

/* Copies a quoted-string or token at `value`; returns what is behind it. */
static const char *
read_value(const char *value, struct text *out)
{
	bool is_quoted = *value == '"';

	text_clear(out);
	value += is_quoted;
	while (*value != '\0') {
		if (is_quoted ? *value == '"' : strchr("; \t", *value) != NULL)
			break;
		if (is_quoted && *value == '\\' && value[1] != '\0')
			value++;
		text_add(out, value++, 1);
	}
	return value + (is_quoted && *value == '"');
}

static unsigned int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	return (unsigned int)(strchr(digits, c) - digits) % 16;
}

/* UTF-8''percent%20encoded, decoded in place; empty when it is in another charset. */
static void
decode_extended(struct text *text)
{
	static const char prefix[] = "utf-8'";
	const char *in = text_get(text);
	struct text out = { 0 };

	in = strncasecmp(in, prefix, sizeof(prefix) - 1) == 0
	             ? strchr(in + sizeof(prefix) - 1, '\'')
	             : NULL;
	for (in = in != NULL ? in + 1 : ""; *in != '\0'; in++) {
		char c = *in;

		if (c == '%' && isxdigit((unsigned char)in[1]) && isxdigit((unsigned char)in[2])) {
			c = (char)(hex_digit(in[1]) << 4 | hex_digit(in[2]));
			in += 2;
		}
		if (c != '\0')
			text_add(&out, &c, 1);
	}
	text_free(text);
	*text = out;
}

/* The last part of a path, without what could hide or harm; NULL when nothing is left. */
static char *
make_harmless(const char *name)
{
	struct text out = { 0 };

	for (const char *c = name; *c != '\0'; c++)
		if (*c == '/' || *c == '\\')
			name = c + 1;
	name += strspn(name, ". ");
	for (const char *c = name; *c != '\0'; c++)
		text_add(&out, iscntrl((unsigned char)*c) ? "_" : c, 1);
	if (out.len == 0 || out.failed) {
		text_free(&out);
		return NULL;
	}
	return out.data;
}

char *
target_name_from_disposition(const char *value)
{
	struct text name = { 0 };
	struct text extended = { 0 };
	char *result;

	value += strcspn(value, ";");
	while (*value == ';') {
		size_t len;

		value += strspn(value, "; \t");
		len = strcspn(value, "=; \t");
		if (value[len] != '=') {
			value += strcspn(value, ";");
			continue;
		}
		if (len == 8 && strncasecmp(value, "filename", len) == 0) {
			value = read_value(value + len + 1, &name);
		} else if (len == 9 && strncasecmp(value, "filename*", len) == 0) {
			value = read_value(value + len + 1, &extended);
			decode_extended(&extended);
		} else {
			struct text ignored = { 0 };

			value = read_value(value + len + 1, &ignored);
			text_free(&ignored);
		}
		value += strcspn(value, ";");
	}
	result = make_harmless(extended.len > 0 ? text_get(&extended) : text_get(&name));
	text_free(&name);
	text_free(&extended);
	return result;
}
