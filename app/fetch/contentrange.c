/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that are none, or do not fit, are unknown: whoever compares them finds that they are not what was asked for. */
#include "fetch/contentrange.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The number that `text` begins with. */
static uint64_t
leading_number(const char *text)
{
	return text != NULL && isdigit((unsigned char)*text) ? strtoull(text, NULL, 10)
	                                                     : UINT64_MAX;
}

void
contentrange_parse(const char *value, struct contentrange *out)
{
	const char *slash = value != NULL ? strchr(value, '/') : NULL;
	const char *dash = value != NULL ? strchr(value, '-') : NULL;

	*out = (struct contentrange){ UINT64_MAX, UINT64_MAX, UINT64_MAX };
	if (slash == NULL || strncasecmp(value, "bytes ", 6) != 0)
		return;
	out->whole = leading_number(slash + 1);
	if (dash == NULL || dash > slash)
		return;
	out->first = leading_number(value + 6);
	out->last = leading_number(dash + 1);
}
