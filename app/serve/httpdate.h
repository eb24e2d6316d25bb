/* SPDX-License-Identifier: BSD-3-Clause */
/* Points in time as HTTP writes them: RFC 9110 §5.6.7. */
#ifndef POLLEN_APP_SERVE_HTTPDATE_H
#define POLLEN_APP_SERVE_HTTPDATE_H

#include <pollen/types.h>

PLN_C_BEGIN

#define HTTPDATE_LEN 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and its NUL */

/** Write an IMF-fixdate. @param seconds since 1970. @param buf HTTPDATE_LEN bytes. @return buf. */
char *httpdate_format(int64_t seconds, char *buf);

/**
 * Read one, in the form of today and in the two of old.
 *
 * @param out  seconds since 1970
 * @return false: it is no date
 */
bool httpdate_parse(const char *text, int64_t *out);

PLN_C_END

#endif
