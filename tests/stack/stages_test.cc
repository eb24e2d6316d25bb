/* SPDX-License-Identifier: BSD-3-Clause */
/* Cycles by stage: counted where asked for, of turns with work alone, and no more of them than went by. */
#include <rte_cycles.h>

#include <gtest/gtest.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

const char *const all_stages[] = { "stage_rx_cycles",    "stage_parse_cycles",
	                           "stage_input_cycles", "stage_timers_cycles",
	                           "stage_app_cycles",   "stage_output_cycles",
	                           "stage_tx_cycles" };

uint64_t
sum(const Host &host)
{
	uint64_t cycles = 0;

	for (const char *stage : all_stages)
		cycles += host.counter(stage);
	return cycles;
}

TEST(Stages, AreNotCountedUnlessAskedFor)
{
	TwoHosts world;

	world.established_pair();
	EXPECT_EQ(world.a.counter("stage_turns"), 0u);
	EXPECT_EQ(sum(world.a), 0u);
}

TEST(Stages, EachOfATurnWithWorkHasCyclesAndTheirSumIsNoMoreThanWentBy)
{
	TwoHostsOptions options;
	uint64_t begin = rte_rdtsc();

	options.a.options = { { "stages", "1" } };
	TwoHosts world(options);
	world.established_pair();
	EXPECT_GT(world.a.counter("stage_turns"), 0u);
	for (const char *stage : all_stages)
		EXPECT_GT(world.a.counter(stage), 0u) << stage;
	EXPECT_LT(sum(world.a), rte_rdtsc() - begin);
}

TEST(Stages, TurnsWithoutWorkAreNotCounted)
{
	TwoHostsOptions options;

	options.a.options = { { "stages", "1" } };
	TwoHosts world(options);
	world.established_pair();
	uint64_t turns = world.a.counter("stage_turns"), cycles = sum(world.a);

	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(pln_stack_poll(world.a.stack(), world.now), 0u);
		EXPECT_EQ(pln_stack_flush(world.a.stack(), world.now), 0u);
	}
	EXPECT_EQ(world.a.counter("stage_turns"), turns);
	EXPECT_EQ(sum(world.a), cycles);
}

} // namespace
