/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building text without counting what is left. Decides nothing.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

struct pln_text
pln_text_init(char *buf, size_t len)
{
	struct pln_text text = { .buf = buf, .len = len };

	if (len > 0)
		buf[0] = '\0';
	return text;
}

void
pln_text_add(struct pln_text *text, const char *format, ...)
{
	size_t left = text->wanted < text->len ? text->len - text->wanted : 0;
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(left > 0 ? text->buf + text->wanted : NULL, left, format, args);
	va_end(args);
	if (wrote > 0)
		text->wanted += (size_t)wrote;
	text->used = text->wanted < text->len ? text->wanted : text->len - (text->len > 0);
}
