/* SPDX-License-Identifier: BSD-3-Clause */
/* The deadlines of one connection. One wheel node serves them all: it is armed for the earliest. */
#ifndef POLLEN_TCP_TIMERS_H
#define POLLEN_TCP_TIMERS_H

#include "base/decl.h"

PLN_C_BEGIN

enum pln_timer_id {
	PLN_TIMER_REORDER,    /* what may be late counts as lost now (RFC 8985 §6.2) */
	PLN_TIMER_PROBE_TAIL, /* tail loss probe (RFC 8985 §7.2); before the RTO, which it puts off */
	PLN_TIMER_RTO,        /* retransmission of data, FIN, SYN or SYN,ACK (RFC 6298) */
	PLN_TIMER_PERSIST,    /* zero-window probe (RFC 9293 §3.8.6.1) */
	PLN_TIMER_DELACK,     /* delayed ACK */
	PLN_TIMER_PACE,       /* the next burst may leave */
	PLN_TIMER_PUSH, /* override of cork and sender's SWS avoidance (§3.8.6.2.1); no buffer for a send */
	PLN_TIMER_KEEPALIVE,
	PLN_TIMER_ORPHAN, /* end of patience without a user: FIN-WAIT-2 after close, DEFER_ACCEPT without data */
	PLN_TIMER_COUNT
};

static inline uint64_t
pln_timers_next(const uint64_t deadline[PLN_TIMER_COUNT])
{
	uint64_t next = PLN_NEVER;

	for (unsigned int i = 0; i < PLN_TIMER_COUNT; i++)
		next = deadline[i] < next ? deadline[i] : next;
	return next;
}

PLN_C_END

#endif
