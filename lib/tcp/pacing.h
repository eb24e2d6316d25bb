/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing on a connection: whether, how fast, and what wakes it. */
#ifndef POLLEN_TCP_PACING_H
#define POLLEN_TCP_PACING_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* The stack's option `pacing`. */
enum pln_pacing_mode {
	PLN_PACING_NEVER = 0,
	PLN_PACING_ALWAYS = 1,
	PLN_PACING_IF_ASKED = 2, /* by the congestion control, or by a ceiling of the program's */
};

/* What it depends on has changed: congestion control, an option. */
void pln_pacing_update(struct pln_tcp_conn *c);

/* Bytes a second at which it is paced now; UINT64_MAX: it is not. */
uint64_t pln_pacing_rate(const struct pln_tcp_conn *c);

/* While c->pace.on. There is something to send, and windows allow it: bytes that may leave now; 0: none, a timer will tell when. */
uint32_t pln_pacing_room(struct pln_tcp_conn *c);

/* While c->pace.on. Payload left. */
void pln_pacing_sent(struct pln_tcp_conn *c, uint32_t bytes);

/* Something waits for its time to leave. */
static inline bool
pln_pacing_waits(const struct pln_tcp_conn *c)
{
	return c->deadline[PLN_TIMER_PACE] != PLN_NEVER;
}

PLN_C_END

#endif
