/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing: data leaves in small bursts at a rate, not a window at once. When a burst may leave, and how large it is. */
#ifndef POLLEN_TCP_SND_PACE_H
#define POLLEN_TCP_SND_PACE_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_pace {
	uint64_t next_ns; /* when the next burst may leave; 0: nothing has left yet */
	uint32_t left;    /* bytes of the burst that is under way */
	bool on;
};

/* C.send_quantum: bytes of a burst at `rate` bytes a second. */
uint32_t pln_pace_quantum(uint64_t rate, uint32_t smss);

/* May something leave now? A burst begins when its time has come; the first is as large as the usual initial window. */
bool pln_pace_open(struct pln_pace *pace, uint64_t now, uint64_t rate, uint32_t smss);

/* `bytes` left at `rate` bytes a second, > 0. */
void pln_pace_sent(struct pln_pace *pace, uint32_t bytes, uint64_t now, uint64_t rate);

PLN_C_END

#endif
