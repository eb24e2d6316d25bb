/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills in a struct pln_error: the sentence a user reads when a program of ours gives up. */
#ifndef POLLEN_APP_COMMON_FAULT_H
#define POLLEN_APP_COMMON_FAULT_H

#include <pollen/types.h>

PLN_C_BEGIN

/** Write code and sentence. @return code, so that a caller can return it at once. */
int fault_set(struct pln_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Add a sentence behind what is there. */
void fault_add(struct pln_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

PLN_C_END

#endif
