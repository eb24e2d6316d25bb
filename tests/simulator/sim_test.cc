/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulator itself: the first seeds, one after the other; what they are like; that one seed is one run; that what fails becomes
 * smaller. POLLEN_SOAK=N in the environment runs 2 N seeds; tests/sim runs as many as one wants.
 */
#include <algorithm>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "simulator/scenario.h"
#include "simulator/shrink.h"

namespace
{

using namespace simulator;

constexpr uint64_t SEEDS = 12000;

uint64_t
how_many()
{
	const char *asked = getenv("POLLEN_SOAK");

	return asked != nullptr ? 2 * strtoull(asked, nullptr, 10) : SEEDS;
}

TEST(Simulator, WhatMustHoldHoldsInEveryWorld)
{
	uint64_t seeds = how_many(), moved = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		Scenario s = draw(seed);
		Outcome out = run(s, nullptr);
		ASSERT_EQ(out.trouble, "") << command_for(s) << '\n' << s.text();
		moved += out.moved;
	}
	EXPECT_GT(moved / seeds, 256U << 10);
}

TEST(Simulator, MedianScenarioMovesAQuarterOfAMebibyteAndHasTwoImpairments)
{
	std::vector<uint64_t> bytes, troubles;

	for (uint64_t seed = 1; seed <= 9999; seed++) {
		Scenario s = draw(seed);
		bytes.push_back(s[c_bytes] + s[s_bytes]);
		troubles.push_back(impairments(s));
	}
	std::sort(bytes.begin(), bytes.end());
	std::sort(troubles.begin(), troubles.end());
	EXPECT_GE(bytes[bytes.size() / 2], 256U << 10);
	EXPECT_GE(troubles[troubles.size() / 2], 2U);
}

TEST(Simulator, EveryImpairmentIsDrawn)
{
	std::vector<bool> drawn(SETTINGS);

	for (uint64_t seed = 1; seed <= 5000; seed++) {
		for (unsigned int setting : draw(seed).changed())
			drawn[setting] = true;
	}
	for (unsigned int i = 0; i < SETTINGS; i++)
		EXPECT_TRUE(drawn[i]) << setting_name(i);
}

TEST(Simulator, OneSeedIsOneRunToTheByte)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		Outcome first = run(draw(seed), nullptr), second = run(draw(seed), nullptr);
		ASSERT_EQ(first.counts.digest, second.counts.digest) << "seed " << seed;
		ASSERT_EQ(first.counts.steps, second.counts.steps);
		ASSERT_EQ(first.virtual_ns, second.virtual_ns);
	}
	EXPECT_NE(run(draw(1), nullptr).counts.digest, run(draw(2), nullptr).counts.digest);
}

TEST(Simulator, WhatFailsBecomesAsSmallAsCanBe)
{
	Scenario s = draw(7);
	s[up_loss] = 40000;
	s[c_bytes] = 500000;
	s[s_sack] = 0;
	unsigned int tries = 0;

	/* "It fails when there is loss, no SACK, and more than 1000 bytes to send." */
	Scenario least = shrink(s, [&](const Scenario &t) {
		tries++;
		return t[up_loss] != 0 && t[s_sack] == 0 && t[c_bytes] > 1000;
	});
	EXPECT_EQ(least.changed(), (std::vector<unsigned int>{ up_loss, s_sack }));
	EXPECT_EQ(least[up_loss], 1U);
	EXPECT_LT(tries, 200U);
	EXPECT_EQ(command_for(least).find("tests/sim --replay 7 --only 'up_loss=1,s_sack"), 0U);
}

TEST(Simulator, ASeedOfItsOwnIsReplayedByItsNumberAlone)
{
	EXPECT_EQ(command_for(draw(7)), "tests/sim --replay 7 --trace sim.txt --pcap sim.pcap");
	EXPECT_EQ(setting_by_name("up_loss"), up_loss);
	EXPECT_EQ(setting_by_name("no such setting"), SETTINGS);
	EXPECT_TRUE(plain_scenario(7).changed().empty());
}

TEST(Simulator, FailuresOfOneKindAreKnownByTheirWords)
{
	EXPECT_EQ(kind_of("flow 1, client: wrong byte at 7"),
	          kind_of("flow 23, client: wrong byte at 99"));
	EXPECT_NE(kind_of("flow 1, client: wrong byte at 7"), kind_of("crashes"));
}

/* A run that is lost for good is told, and by the right end. */
TEST(Simulator, APathThatSwallowsWhatIsTooLongIsToldToTheProgram)
{
	Scenario s = plain_scenario(3);
	s[up_mtu] = 600;
	s[up_mtu_silent] = 1;
	s[requests] = 1;
	s[s_bytes] = 1000;
	Outcome out = run(s, nullptr);

	EXPECT_EQ(out.trouble, "");
	EXPECT_EQ(out.told, 2U);
}

} // namespace
