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
	va_list args;
	int wrote;

	if (text->used + 1 >= text->len)
		return;
	va_start(args, format);
	wrote = vsnprintf(text->buf + text->used, text->len - text->used, format, args);
	va_end(args);
	if (wrote > 0)
		text->used += (size_t)wrote;
	if (text->used >= text->len)
		text->used = text->len - 1;
}
