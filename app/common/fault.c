/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentences for struct pln_error: one that is too long is cut, never overrun. */
#include "common/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
fault_set(struct pln_error *error, int code, const char *format, ...)
{
	va_list args;

	error->code = code;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

void
fault_add(struct pln_error *error, const char *format, ...)
{
	size_t used = strnlen(error->text, sizeof(error->text) - 1);
	va_list args;

	if (used > 0 && used + 1 < sizeof(error->text)) {
		error->text[used++] = ' ';
		error->text[used] = '\0';
	}
	va_start(args, format);
	(void)vsnprintf(error->text + used, sizeof(error->text) - used, format, args);
	va_end(args);
}
