/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Poisson process has distances of exponential distribution: -ln(u) of a uniform u in (0, 1], times the mean. Times are summed up as
 * doubles from the start, so that a rate that is no whole number of nanoseconds stays what it is.
 */
#include "perf/arrivals.h"

#include <math.h>

uint64_t
arrivals_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

void
arrivals_init(struct arrivals *arrivals, double rate, bool is_poisson, uint64_t seed,
              uint64_t start)
{
	*arrivals = (struct arrivals){
		.step_ns = (double)PLN_NS_PER_S / rate,
		.start = start,
		.state = seed | 1,
		.is_poisson = is_poisson,
	};
	arrivals_step(arrivals);
}

uint64_t
arrivals_next(const struct arrivals *arrivals)
{
	return arrivals->start + (uint64_t)arrivals->next_ns;
}

void
arrivals_step(struct arrivals *arrivals)
{
	double part = 1;

	if (arrivals->is_poisson) {
		/* 53 bits, so that it is exact; never 0. */
		double u = (double)((arrivals_random(&arrivals->state) >> 11) + 1) * 0x1p-53;

		part = -log(u);
	}
	arrivals->next_ns += part * arrivals->step_ns;
}
