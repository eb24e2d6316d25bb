/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How large a receive buffer the path wants: measured, by what the user reads in the time of a round trip. When it may grow, and what it
 * does when memory is short, is the connection's (tcp/pressure).
 */
#ifndef POLLEN_TCP_RCV_AUTOTUNE_H
#define POLLEN_TCP_RCV_AUTOTUNE_H

#include "wire/seq.h"

PLN_C_BEGIN

/* All zero is a fresh one. */
struct pln_autotune {
	uint64_t rtt_ns; /* of the receiver; 0: not known yet */
	uint64_t
		round_ns; /* when the bytes in `copied` began to be counted; 0: nothing was read yet */
	uint64_t mark_ns;     /* when `mark` was set */
	uint32_t mark;        /* the sequence number that ends a window of data */
	uint32_t copied;      /* bytes read since round_ns */
	uint32_t most;        /* read in a round trip, ever */
	uint32_t echoed;      /* the timestamp that the last round trip was measured by */
	bool marked, by_echo; /* mark is set; rtt_ns comes from timestamps */
};

/* Data arrived that echoes this timestamp of ours, which makes it this round trip, ns; 0: none. */
void pln_autotune_echo(struct pln_autotune *a, uint32_t tsecr, uint64_t rtt_ns);

/* Data arrived in order: RCV.NXT, and the window that is open behind it. Without timestamps a round trip is the time in which a window of
 * data comes, or less. */
void pln_autotune_data(struct pln_autotune *a, uint32_t rcv_nxt, uint32_t wnd, uint64_t now);

/* The user has read `n` bytes. Returns the buffer that is worth having, or 0 while the round trip lasts; `mss` is a full segment. */
uint32_t pln_autotune_read(struct pln_autotune *a, uint32_t n, uint32_t mss, uint64_t now);

PLN_C_END

#endif
