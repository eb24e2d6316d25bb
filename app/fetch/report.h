/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a URL when it is done. */
#ifndef POLLEN_APP_FETCH_REPORT_H
#define POLLEN_APP_FETCH_REPORT_H

#include "fetch/session.h"

PLN_C_BEGIN

/** The error, where the file is, -w and --tcp-info. */
void report(struct session *session, int code, const struct pln_error *error,
            const struct result *result);

/** "pollen-fetch: (7) …", unless it is silent. */
void report_error(struct console *console, const struct options *options, int code,
                  const struct pln_error *error);

PLN_C_END

#endif
