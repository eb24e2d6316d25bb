/* SPDX-License-Identifier: BSD-3-Clause */
/* Reductions of the window that prove to have been for nothing are taken back (RFC 3522, 4015, 5682, 3708; RFC 9438 §4.9). */
#ifndef POLLEN_TCP_SPURIOUS_H
#define POLLEN_TCP_SPURIOUS_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* The window is about to be reduced by a loss; c->ca_state is what it was before. */
void pln_spurious_arm(struct pln_tcp_conn *c);

/* By a timeout, for the first time for this data if `first`. */
void pln_spurious_timeout(struct pln_tcp_conn *c, bool first);

/* Bytes were sent again. */
void pln_spurious_resent(struct pln_tcp_conn *c, uint32_t bytes);

/* An ACK has been taken; look at what it tells before anything else is concluded from it. */
void pln_spurious_ack(struct pln_tcp_conn *c, const struct pln_ack *ack,
                      const struct pln_delivered *got);

/* Does F-RTO want new data sent, and nothing again? */
bool pln_spurious_holds(const struct pln_tcp_conn *c);

PLN_C_END

#endif
