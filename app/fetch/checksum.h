/* SPDX-License-Identifier: BSD-3-Clause */
/* --checksum: is a file's hash the one that was promised? */
#ifndef POLLEN_APP_FETCH_CHECKSUM_H
#define POLLEN_APP_FETCH_CHECKSUM_H

#include <pollen/types.h>

PLN_C_BEGIN

/**
 * Hash a file.
 *
 * @param expected  "sha-256=" and 64 hexadecimal digits in any case
 * @return CODE_OK, CODE_CHECKSUM, CODE_WRITE (the file cannot be read), CODE_MEMORY, with a sentence
 */
int checksum_check(const char *path, const char *expected, struct pln_error *error);

PLN_C_END

#endif
