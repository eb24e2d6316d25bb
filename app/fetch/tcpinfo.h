/* SPDX-License-Identifier: BSD-3-Clause */
/* --tcp-info: what TCP did during a transfer, for a reader. */
#ifndef POLLEN_APP_FETCH_TCPINFO_H
#define POLLEN_APP_FETCH_TCPINFO_H

#include <pollen/tcp.h>

#include "fetch/text.h"

PLN_C_BEGIN

/** Write the lines, each with its end. */
void tcpinfo_format(const struct pln_tcp_info *info, struct text *out);

PLN_C_END

#endif
