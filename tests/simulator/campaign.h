/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many seeds on several processes. Each worker takes the next number and notes which it is at, so that one that dies or does not come
 * back names its seed; another takes its place.
 */
#ifndef POLLEN_TESTS_SIMULATOR_CAMPAIGN_H
#define POLLEN_TESTS_SIMULATOR_CAMPAIGN_H

#include <cstdint>
#include <string>

namespace simulator
{

struct Campaign {
	uint64_t from = 1;
	uint64_t seeds = 0;   /* 0: as many as fit into the time, or 1000 */
	uint64_t seconds = 0; /* 0: as long as it takes */
	unsigned int jobs = 1;
	bool shrink = true;
	std::string log; /* empty: none */
};

/* Run it and say what came of it. 0 when nothing failed, else 1. */
int run_campaign(const Campaign &campaign);

} // namespace simulator

#endif
