/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that users type and numbers that users read. */
#ifndef POLLEN_APP_COMMON_NUMBER_H
#define POLLEN_APP_COMMON_NUMBER_H

#include <pollen/types.h>

PLN_C_BEGIN

/** A decimal integer within bounds, nothing behind it. @return 0; -EINVAL; -ERANGE. */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/** Seconds with an optional fraction, as nanoseconds. @return 0; -EINVAL; -ERANGE (more than 100 years). */
int number_parse_seconds(const char *text, uint64_t *out_ns);

/** A size in bytes, with K, M, G or T behind it for powers of 1024. @return 0; -EINVAL; -ERANGE. */
int number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/** A size in three to four significant digits: "823 B", "1.50 KiB", "64.0 MiB". @return buf. */
char *number_format_size(uint64_t bytes, char *buf, size_t len);

/** A duration for a meter: "45s", "2m05s", "3h20m". @return buf. */
char *number_format_time(uint64_t ns, char *buf, size_t len);

PLN_C_END

#endif
