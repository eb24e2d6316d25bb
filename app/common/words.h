/* SPDX-License-Identifier: BSD-3-Clause */
/* Splits a line into words as a shell would: what POLLEN_EAL_ARGS, --eal and configuration files hold. */
#ifndef POLLEN_APP_COMMON_WORDS_H
#define POLLEN_APP_COMMON_WORDS_H

#include <pollen/types.h>

PLN_C_BEGIN

/**
 * Split at blanks; '…', "…" and \ keep them.
 *
 * @param out  array of words with NULL behind the last, one allocation: free(*out). Untouched on failure
 * @return how many words; -EINVAL (a quote is not closed); -ENOMEM
 */
int words_split(const char *text, char ***out);

PLN_C_END

#endif
