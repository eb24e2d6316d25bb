/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers that are the same everywhere: splitmix64. Each thing that chance decides has a stream of its own, so that one left out
 * does not change what the others draw. */
#ifndef POLLEN_TESTS_SIMULATOR_RNG_H
#define POLLEN_TESTS_SIMULATOR_RNG_H

#include <cstdint>

namespace simulator
{

inline uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

class Rng
{
      public:
	Rng(uint64_t seed, uint64_t stream) : state_(mix(seed) + mix(stream + 0x9e3779b97f4a7c15U))
	{
	}

	uint64_t
	next()
	{
		return mix(state_ += 0x9e3779b97f4a7c15U);
	}

	/* Uniform in [low, high]. */
	uint64_t
	pick(uint64_t low, uint64_t high)
	{
		return low + next() % (high - low + 1);
	}

	/* With a probability of so many parts in a million. */
	bool
	ppm(uint64_t parts)
	{
		return parts != 0 && next() % 1000000 < parts;
	}

	bool
	percent(uint64_t parts)
	{
		return next() % 100 < parts;
	}

	/* Its logarithm is uniform: as many between 1 and 10 as between 10 and 100. */
	uint64_t
	pick_log(uint64_t low, uint64_t high)
	{
		uint64_t reach = low;
		unsigned int doublings = 0;

		for (; reach < high; reach *= 2)
			doublings++;
		uint64_t from = low << pick(0, doublings > 0 ? doublings - 1 : 0);
		uint64_t to = 2 * from < high ? 2 * from : high;
		return pick(from, to);
	}

      private:
	uint64_t state_;
};

} // namespace simulator

#endif
