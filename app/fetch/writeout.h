/* SPDX-License-Identifier: BSD-3-Clause */
/* -w FORMAT: curl's variables, and some of our own, filled in. */
#ifndef POLLEN_APP_FETCH_WRITEOUT_H
#define POLLEN_APP_FETCH_WRITEOUT_H

#include <pollen/types.h>

#include "fetch/result.h"
#include "fetch/text.h"

PLN_C_BEGIN

/* What a format adds to standard output and to standard error (%{stderr}, %{stdout} switch). */
struct writeout {
	struct text out, err;
};

/** Fill a format in: \n, \t, \r, %% and %{name}; an unknown name stands as it is. */
void writeout_format(const char *format, const struct result *result, struct writeout *out);

/** Write a string with its quotes as JSON (RFC 8259 §7). */
void writeout_json_string(struct text *out, const char *string);

PLN_C_END

#endif
