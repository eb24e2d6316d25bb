/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random numbers of one stack: xoshiro256** seeded once, from getrandom() or from a seed that makes
 * a run repeatable. For jitter and choice among equals; what an attacker must not guess is keyed
 * with SipHash instead.
 */
#ifndef POLLEN_BASE_RAND_H
#define POLLEN_BASE_RAND_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_rand {
	uint64_t s[4];
};

/* seed 0: from getrandom(). */
void pln_rand_init(struct pln_rand *rng, uint64_t seed);
uint64_t pln_rand_u64(struct pln_rand *rng);

/* Uniform in [0, bound); bound > 0. */
uint32_t pln_rand_below(struct pln_rand *rng, uint32_t bound);

PLN_C_END

#endif
