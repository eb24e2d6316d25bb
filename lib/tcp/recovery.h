/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss: how it is noticed, what is sent again, when it is over. Fast retransmit and NewReno's fast recovery (RFC 5681 §3.2, RFC 6582),
 * limited transmit (RFC 3042), and what follows a timeout (RFC 5681 §3.1, RFC 6298 §5). States are Linux' names:
 * OPEN, DISORDER (duplicate ACKs, fewer than three), RECOVERY, LOSS (after a timeout: everything up to `recover` is sent again).
 */
#ifndef POLLEN_TCP_RECOVERY_H
#define POLLEN_TCP_RECOVERY_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* New data was acknowledged; c->snd.una has moved. */
void pln_recovery_new_ack(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* A duplicate ACK by RFC 5681 §2. */
void pln_recovery_dup_ack(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* The ACK says that data arrived marked (RFC 3168 §6.1.2). Slows down once for each window of data, unless a loss has done so. */
void pln_recovery_ece(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* The retransmission timer fired with data outstanding. */
void pln_recovery_timeout(struct pln_tcp_conn *c);

/* Send everything outstanding again, though nothing was lost to congestion: the peer's window was closed and has opened. */
void pln_recovery_rewind(struct pln_tcp_conn *c);

/* Bytes that duplicate ACKs allow beyond cwnd (RFC 3042). */
uint32_t pln_recovery_limited_transmit(const struct pln_tcp_conn *c);

PLN_C_END

#endif
