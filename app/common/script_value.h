/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of segment scripts: numbers, times, addresses, ranges and lists of them, as text and as records. */
#ifndef POLLEN_APP_COMMON_SCRIPT_VALUE_H
#define POLLEN_APP_COMMON_SCRIPT_VALUE_H

#include "common/script.h"

PLN_C_BEGIN

/**
 * Parse a value of a kind into a field.
 *
 * @param text   kept by reference
 * @param field  its key and column are left alone
 * @return NULL, or a phrase that says what is wrong ("is no number")
 */
const char *script_value_parse(const char *text, enum script_type type, struct script_field *field);

/** Parse "0.2", "0.2~0.3", "0.2~" or "*" as nanoseconds. @return 0 or -EINVAL. */
int script_time_parse(const char *text, struct script_item *out);

PLN_C_END

#endif
