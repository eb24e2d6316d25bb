/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes of a connection (RFC 8985 §7): the timer, the probe, what its ACK leads to. */
#ifndef POLLEN_TCP_TAIL_PROBE_H
#define POLLEN_TCP_TAIL_PROBE_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* Arm the timer anew, or stop it: new data was sent, or an ACK has come. */
void pln_tail_probe_schedule(struct pln_tcp_conn *c);

/* No probe, and none is out any more: the retransmission timer has fired. */
void pln_tail_probe_stop(struct pln_tcp_conn *c);

/* The timer has fired: a probe is owed. */
void pln_tail_probe_due(struct pln_tcp_conn *c);

/* It was sent; `again`: with data sent before. */
void pln_tail_probe_sent(struct pln_tcp_conn *c, bool again);

/* Is this block, of a D-SACK, the probe? */
bool pln_tail_probe_is(const struct pln_tcp_conn *c, const struct pln_sack_block *block);

/* What an ACK says about the probe that is out; c->snd.una has moved. */
void pln_tail_probe_ack(struct pln_tcp_conn *c, const struct pln_ack *ack);

PLN_C_END

#endif
