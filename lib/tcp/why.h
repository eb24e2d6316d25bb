/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection is waiting for, in words: STATUS (RFC 9293 §3.9.1.6) for those who read. */
#ifndef POLLEN_TCP_WHY_H
#define POLLEN_TCP_WHY_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* In TIME-WAIT the record lives elsewhere; when it has expired the connection is CLOSED. */
enum pln_tcp_state pln_why_state(const struct pln_tcp_conn *c);

/* A phrase, static text. */
const char *pln_why_phrase(const struct pln_tcp_conn *c);

PLN_C_END

#endif
