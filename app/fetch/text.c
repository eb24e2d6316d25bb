/* SPDX-License-Identifier: BSD-3-Clause */
/* A buffer that doubles. */
#include "fetch/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `len` more bytes and the NUL. */
static bool
reserve(struct text *text, size_t len)
{
	size_t room = text->room > 0 ? text->room : 64;
	char *data;

	if (text->failed)
		return false;
	if (text->len + len < text->room)
		return true;
	while (room <= text->len + len)
		room *= 2;
	data = realloc(text->data, room);
	if (data == NULL) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void
text_add(struct text *text, const void *data, size_t len)
{
	if (!reserve(text, len))
		return;
	if (len > 0)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void
text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void
text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !reserve(text, (size_t)len))
		return;
	va_start(args, format);
	(void)vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}

void
text_clear(struct text *text)
{
	text->len = 0;
	if (text->data != NULL)
		text->data[0] = '\0';
}

void
text_free(struct text *text)
{
	free(text->data);
	memset(text, 0, sizeof(*text));
}

const char *
text_get(const struct text *text)
{
	return text->data != NULL ? text->data : "";
}
