/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2): at least every second full-sized segment,
 * within the delay, and at once for what is out of order, fills a gap, or belongs to the first
 * segments of a connection (quick ACKs).
 */
#ifndef POLLEN_TCP_RCV_DELACK_H
#define POLLEN_TCP_RCV_DELACK_H

#include "base/decl.h"

PLN_C_BEGIN

/* Below 500 ms (MUST-40), with room for the wheel's tick and a late turn. */
#define PLN_DELACK_MAX_NS (490 * PLN_NS_PER_MS)

struct pln_delack {
	uint64_t delay_ns; /* at most PLN_DELACK_MAX_NS */
	uint32_t unacked;  /* payload bytes received and not acknowledged */
	uint32_t rcv_mss;  /* largest payload seen: what "full-sized" means here */
	uint16_t segs;     /* acknowledge at least every `segs` full segments: 2 */
	uint16_t quick;    /* segments still to be acknowledged at once; UINT16_MAX: always */
};

void pln_delack_init(struct pln_delack *d, uint64_t delay_ns, uint16_t segs, uint16_t quick);

/* In-order payload arrived; `urgent`: it filled a gap or carried a FIN. Returns true when the
 * ACK is due now, false when it may wait for delay_ns. */
bool pln_delack_text(struct pln_delack *d, uint32_t len, bool urgent);

/* An ACK was sent, alone or on data. */
void pln_delack_acked(struct pln_delack *d);

PLN_C_END

#endif
