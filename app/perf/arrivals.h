/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When things are meant to happen: evenly, or as independent events do (Poisson). The times depend on nothing but rate and seed: who
 * falls behind does what is due late, and late is what it is counted as.
 */
#ifndef POLLEN_APP_PERF_ARRIVALS_H
#define POLLEN_APP_PERF_ARRIVALS_H

#include <pollen/types.h>

PLN_C_BEGIN

struct arrivals {
	double step_ns; /* mean distance */
	double next_ns; /* behind `start`; a double holds a day to a thousandth of a nanosecond */
	uint64_t start; /* ns */
	uint64_t state; /* of the random numbers */
	bool is_poisson;
};

/** @param rate a second, above 0 */
void arrivals_init(struct arrivals *arrivals, double rate, bool is_poisson, uint64_t seed,
                   uint64_t start);

/** When the next one is meant to be. @return ns */
uint64_t arrivals_next(const struct arrivals *arrivals);

/** It has been seen to. */
void arrivals_step(struct arrivals *arrivals);

/** xorshift64*: quick, and good enough to choose by. @param state not 0 */
uint64_t arrivals_random(uint64_t *state);

PLN_C_END

#endif
