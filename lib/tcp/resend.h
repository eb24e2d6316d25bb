/* SPDX-License-Identifier: BSD-3-Clause */
/* Output's questions about what was sent before. Each sends at most one frame. */
#ifndef POLLEN_TCP_RESEND_H
#define POLLEN_TCP_RESEND_H

#include "tcp/output.h"

PLN_C_BEGIN

/* One segment, the first that is lost or that at SND.UNA, whatever cwnd says: fast retransmit, or the next hole of a partial ACK. */
enum pln_output pln_resend_first(struct pln_tcp_conn *c);

/* What is lost, as cwnd opens. */
enum pln_output pln_resend_lost(struct pln_tcp_conn *c);

/* RFC 6675 §4, NextSeg: when nothing is lost and there is nothing new, what may be (rules 3 and 4). */
enum pln_output pln_resend_late(struct pln_tcp_conn *c);

/* The last segment sent goes again, as a tail loss probe. */
enum pln_output pln_resend_last(struct pln_tcp_conn *c);

PLN_C_END

#endif
