/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors that carry a sentence. Decides nothing: it formats, cuts to the room there is and never fails.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int
pln_error_set(struct pln_error *error, int code, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return code;
	error->code = code;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

void
pln_error_append(struct pln_error *error, const char *format, ...)
{
	va_list args;
	size_t used;

	if (error == NULL)
		return;
	used = strnlen(error->text, sizeof(error->text) - 1);
	if (used > 0 && used < sizeof(error->text) - 2 && error->text[used - 1] != '\n')
		error->text[used++] = ' ';
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - used, format, args);
	va_end(args);
}
