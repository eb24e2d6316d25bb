/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bytes of a file are asked for: RFC 9110 §14. */
#ifndef POLLEN_APP_SERVE_BYTERANGE_H
#define POLLEN_APP_SERVE_BYTERANGE_H

#include <pollen/types.h>

PLN_C_BEGIN

enum byterange_kind {
	BYTERANGE_WHOLE, /* no range, one we do not understand, or several */
	BYTERANGE_PART,  /* one: 206 */
	BYTERANGE_NONE,  /* one, and the file has none of its bytes: 416 */
};

/**
 * Read the value of Range.
 *
 * @param size   the file's bytes
 * @param first  with PART: the first byte; untouched otherwise
 * @param len    with PART: how many
 */
enum byterange_kind byterange_parse(const char *value, uint64_t size, uint64_t *first,
                                    uint64_t *len);

PLN_C_END

#endif
