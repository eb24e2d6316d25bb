/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xoshiro256** (Blackman and Vigna, 2018), seeded from the kernel or, for a run that can be
 * repeated, from one number spread by SplitMix64 as its authors advise. It is no cryptographic
 * generator: its output gives away its state.
 */
#include "base/rand.h"

#include <stdlib.h>
#include <sys/random.h>

static uint64_t
rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
pln_rand_init(struct pln_rand *rng, uint64_t seed)
{
	size_t i;

	if (seed != 0) {
		for (i = 0; i < PLN_ARRAY_LEN(rng->s); i++)
			rng->s[i] = splitmix(&seed);
		return;
	}
	/*
	 * Up to 256 bytes come whole and uninterrupted (getrandom(2)); numbers that only look
	 * random would be worse than an end.
	 */
	if (getrandom(rng->s, sizeof(rng->s), 0) != (ssize_t)sizeof(rng->s))
		abort();
	rng->s[0] |= 1; /* the all-zero state never leaves itself */
}

uint64_t
pln_rand_u64(struct pln_rand *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t
pln_rand_below(struct pln_rand *rng, uint32_t bound)
{
	uint64_t product;

	PLN_ASSERT(bound > 0);
	/*
	 * Lemire's multiplication; the few products that would favour small numbers are drawn
	 * again.
	 */
	do
		product = (pln_rand_u64(rng) >> 32) * bound;
	while ((uint32_t)product < -bound % bound);
	return (uint32_t)(product >> 32);
}
