/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nanoseconds from a cycle counter, without a division.
 */
#ifndef POLLEN_HOST_CLOCK_H
#define POLLEN_HOST_CLOCK_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_clock {
	uint64_t start;       /* cycles at time zero */
	uint64_t ns_per_2_40; /* ns in 2^40 cycles: exact to a nanosecond in 18 minutes at 1 GHz */
};

/* @param hz cycles a second, at least 1 MHz */
void pln_clock_init(struct pln_clock *clock, uint64_t hz, uint64_t cycles);

/* ns since pln_clock_init. A counter that reads less than at the start (another processor's, out of step) is time zero. */
static inline uint64_t
pln_clock_ns(const struct pln_clock *clock, uint64_t cycles)
{
	if (cycles <= clock->start)
		return 0;
	return (uint64_t)(((unsigned __int128)(cycles - clock->start) * clock->ns_per_2_40) >> 40);
}

PLN_C_END

#endif
