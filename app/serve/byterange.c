/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One range of bytes is answered with 206. Several in one request get the whole file: RFC 9110 §14.2 lets a server ignore
 * Range, and multipart/byteranges is what attacks ask for, hardly ever a client. What is malformed is ignored as well
 * (§14.2: an invalid ranges-specifier).
 */
#include "serve/byterange.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Digits, at least one; more than fit count as the largest number there is. */
static bool
take_number(const char **at, uint64_t *out)
{
	const char *c = *at;

	*out = 0;
	for (; isdigit((unsigned char)*c); c++) {
		unsigned int digit = (unsigned int)(*c - '0');

		*out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
	}
	if (c == *at)
		return false;
	*at = c;
	return true;
}

static const char *
skip_blanks(const char *c)
{
	return c + strspn(c, " \t");
}

/* "-500": the last bytes. */
static enum byterange_kind
parse_suffix(const char *c, uint64_t size, uint64_t *first, uint64_t *len)
{
	uint64_t count;

	if (!take_number(&c, &count) || *skip_blanks(c) != '\0')
		return BYTERANGE_WHOLE;
	if (count == 0 || size == 0)
		return BYTERANGE_NONE;
	*len = count < size ? count : size;
	*first = size - *len;
	return BYTERANGE_PART;
}

enum byterange_kind
byterange_parse(const char *value, uint64_t size, uint64_t *first, uint64_t *len)
{
	const char *c = value;
	uint64_t from;
	uint64_t to = UINT64_MAX;

	if (strncasecmp(c, "bytes=", 6) != 0)
		return BYTERANGE_WHOLE;
	c = skip_blanks(c + 6);
	if (*c == '-')
		return parse_suffix(c + 1, size, first, len);
	if (!take_number(&c, &from) || *c++ != '-')
		return BYTERANGE_WHOLE;
	if (isdigit((unsigned char)*c) && !take_number(&c, &to))
		return BYTERANGE_WHOLE;
	if (*skip_blanks(c) != '\0' || to < from)
		return BYTERANGE_WHOLE;
	if (from >= size)
		return BYTERANGE_NONE;
	*first = from;
	*len = (to < size - 1 ? to : size - 1) - from + 1;
	return BYTERANGE_PART;
}
