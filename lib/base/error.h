/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filling in a struct pln_error: what the control path tells a person. The first sentence says what happened, the next what to do;
 * callers above may append what they know (the last lines of EAL's log).
 */
#ifndef POLLEN_BASE_ERROR_H
#define POLLEN_BASE_ERROR_H

#include "base/decl.h"

PLN_C_BEGIN

/* Write the text and the code; `error` may be NULL. Returns `code`, so that a caller can say `return pln_error_set(…)`. */
int pln_error_set(struct pln_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add to the text, parted by a blank; what does not fit is cut. */
void pln_error_append(struct pln_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

PLN_C_END

#endif
