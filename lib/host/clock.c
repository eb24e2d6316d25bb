/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's clock: the time stamp counter times a constant, shifted. A program that wants wall-clock time asks somewhere else.
 */
#include "host/clock.h"

void
pln_clock_init(struct pln_clock *clock, uint64_t hz, uint64_t cycles)
{
	unsigned __int128 ns = (unsigned __int128)PLN_NS_PER_S << 40;

	clock->start = cycles;
	clock->ns_per_2_40 = (uint64_t)((ns + hz / 2) / hz);
}
