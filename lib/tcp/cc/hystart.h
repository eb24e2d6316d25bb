/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HyStart++ (RFC 9406): leave slow start when round trips grow longer, before the queue overflows. A part of an algorithm's own state;
 * the algorithm asks for each ACK of its first slow start by how much cwnd may grow, and is told when that slow start is over.
 */
#ifndef POLLEN_TCP_CC_HYSTART_H
#define POLLEN_TCP_CC_HYSTART_H

#include "tcp/ack.h"

PLN_C_BEGIN

struct pln_hystart {
	uint32_t round_end;   /* SND.NXT when the round began: its acknowledgment ends the round */
	uint32_t last_min_us; /* shortest round trip of the round before; UINT32_MAX: none */
	uint32_t min_us;      /* of this round */
	uint32_t baseline_us; /* min_us when conservative slow start began */
	uint8_t samples;      /* of this round, at most 255 */
	uint8_t css_rounds;   /* begun in conservative slow start; 0: plain slow start */
	bool begun;           /* round_end is valid */
};

void pln_hystart_init(struct pln_hystart *h);

/*
 * An ACK of new data in the first slow start. Returns the bytes by which cwnd grows (§4.2); *over: slow start has ended, and ssthresh
 * is to be what cwnd is then.
 */
uint32_t pln_hystart_on_ack(struct pln_hystart *h, const struct pln_ack *ack, bool *over);

PLN_C_END

#endif
