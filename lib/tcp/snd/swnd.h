/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send window: when SND.WND may be taken from a segment (RFC 9293 §3.10.7.4, WL1/WL2 rule), and
 * whether a segment is worth sending now: Nagle (§3.7.4), sender's silly-window avoidance
 * (§3.8.6.2.1) and the cork of TCP_CORK / MSG_MORE.
 */
#ifndef POLLEN_TCP_SND_SWND_H
#define POLLEN_TCP_SND_SWND_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_swnd {
	uint32_t wnd;     /* SND.WND, bytes, scaled */
	uint32_t wl1;     /* SND.WL1 */
	uint32_t wl2;     /* SND.WL2 */
	uint32_t max_wnd; /* Max(SND.WND), bytes */
	uint8_t scale;    /* Snd.Wind.Shift */
};

/* The window of the SYN or SYN,ACK: never scaled (RFC 7323 §2.2). `scale` is left to whoever
 * agrees on the option. */
void pln_swnd_init(struct pln_swnd *swnd, uint32_t seq, uint32_t ack, uint32_t wnd);

/* Take the window of a segment with an acceptable ACK if it is not older than the last; `wnd` as
 * in the header, unscaled. Returns whether SND.WND changed. */
bool pln_swnd_update(struct pln_swnd *swnd, uint32_t seq, uint32_t ack, uint32_t wnd);

/* Everything the decision to send one more segment depends on. */
struct pln_swnd_ask {
	uint32_t queued;  /* bytes accepted from the user and not sent yet */
	uint32_t usable;  /* bytes that min(SND.WND, cwnd) leaves open now */
	uint32_t mss;     /* full segment, bytes */
	uint32_t max_wnd; /* Max(SND.WND) */
	bool nagle;       /* Nagle is on (TCP_NODELAY off) */
	bool unacked;     /* data is in flight: SND.NXT > SND.UNA */
	bool more;        /* corked, or the user said more will follow */
	bool push;        /* the override timer fired, or the user has closed: send what there is */
};

/* Bytes to send in one segment now, at most mss; 0: wait. */
uint32_t pln_swnd_allow(const struct pln_swnd_ask *ask);

PLN_C_END

#endif
