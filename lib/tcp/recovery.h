/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss: how it is noticed, what is sent again, when it is over; the congestion window follows. Where the peer sends SACK blocks losses are
 * found by them (tcp/loss_sack), else by duplicate ACKs (tcp/loss_dupack); what both have in common stands here. States are Linux' names:
 * OPEN, DISORDER (the peer misses something, which may only be late), RECOVERY, LOSS (after a timeout).
 */
#ifndef POLLEN_TCP_RECOVERY_H
#define POLLEN_TCP_RECOVERY_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* An ACK that is not old has been taken: c->snd.una has moved, what it delivered is off the scoreboard. */
void pln_recovery_ack(struct pln_tcp_conn *c, const struct pln_ack *ack,
                      const struct pln_delivered *got);

/* The ACK says that data arrived marked (RFC 3168 §6.1.2). Slows down once for each window of data, unless a loss has done so. */
void pln_recovery_ece(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* The retransmission timer fired with data outstanding. */
void pln_recovery_timeout(struct pln_tcp_conn *c);

/* Send everything outstanding again, though nothing was lost to congestion: the peer's window was closed and has opened. */
void pln_recovery_rewind(struct pln_tcp_conn *c);

/* `bytes` left the host during recovery, `again`: they had been sent before. */
void pln_recovery_sent(struct pln_tcp_conn *c, uint32_t bytes, bool again);

/* For tcp/loss_*: fast recovery begins: one reduction of the window. `why` is static text. */
void pln_recovery_enter(struct pln_tcp_conn *c, const struct pln_ack *lossy, const char *why);

/* For tcp/loss_*: everything that was sent before the recovery began, by loss or by a timeout, is acknowledged. */
void pln_recovery_left(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* For tcp/loss_*: new data was acknowledged outside fast recovery. */
void pln_recovery_grow(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* Count what recovery has decided, and say it in the trace. `why` is static text. */
void pln_recovery_say(struct pln_tcp_conn *c, enum pln_drop counter, const char *why);

PLN_C_END

#endif
