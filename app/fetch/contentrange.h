/* SPDX-License-Identifier: BSD-3-Clause */
/* The Content-Range header: RFC 9110 §14.4. */
#ifndef POLLEN_APP_FETCH_CONTENTRANGE_H
#define POLLEN_APP_FETCH_CONTENTRANGE_H

#include <pollen/types.h>

PLN_C_BEGIN

/* Bytes [first, last] of a file of `whole`; UINT64_MAX: not known. */
struct contentrange {
	uint64_t first, last, whole;
};

/** Read "bytes FIRST-LAST/WHOLE", where a star may stand for the range or the whole. @param value NULL: all is unknown */
void contentrange_parse(const char *value, struct contentrange *out);

PLN_C_END

#endif
