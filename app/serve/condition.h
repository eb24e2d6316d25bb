/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request wants to be true of a file before it is sent: RFC 9110 §13. */
#ifndef POLLEN_APP_SERVE_CONDITION_H
#define POLLEN_APP_SERVE_CONDITION_H

#include "serve/head.h"

PLN_C_BEGIN

/* What stands for a version of a file. */
struct condition_file {
	const char *etag; /* strong, with its quotes */
	int64_t modified; /* seconds since 1970 */
};

/** @return 0: send it; 304; 412. For GET and HEAD. */
unsigned int condition_check(const struct head *head, const struct condition_file *file);

/** Is a Range to be honoured, as far as If-Range goes (§13.1.5)? */
bool condition_allows_range(const struct head *head, const struct condition_file *file);

PLN_C_END

#endif
