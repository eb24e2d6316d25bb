/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text built piece by piece in a buffer of the caller's, cut at its end and always NUL-terminated.
 */
#ifndef POLLEN_BASE_TEXT_H
#define POLLEN_BASE_TEXT_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_text {
	char *buf;
	size_t len;    /* bytes of buf */
	size_t used;   /* without the NUL */
	size_t wanted; /* what it would be in a buffer that is large enough, as snprintf has it */
};

/* Begin an empty text in `buf`. */
struct pln_text pln_text_init(char *buf, size_t len);

/* Append; what does not fit is cut. */
void pln_text_add(struct pln_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

PLN_C_END

#endif
