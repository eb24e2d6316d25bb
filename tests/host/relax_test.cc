/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/relax.h"

#include <gtest/gtest.h>

TEST(Relax, BusyTurnsNeverPause)
{
	EXPECT_EQ(pln_relax_choose(0, true, 0, PLN_NEVER).what, PLN_RELAX_SPIN);
	EXPECT_EQ(pln_relax_choose(1, false, 0, PLN_NEVER).what, PLN_RELAX_SPIN);
}

TEST(Relax, LadderOnlyGoesDown)
{
	for (bool shares : { true, false }) {
		int last = PLN_RELAX_SPIN;

		for (unsigned int idle = 0; idle < 100000; idle++) {
			int what = pln_relax_choose(idle, shares, 0, PLN_NEVER).what;

			EXPECT_GE(what, last);
			last = what;
		}
		EXPECT_EQ(last, PLN_RELAX_SLEEP);
	}
}

TEST(Relax, PeerOnThisMachineGetsTheProcessorSooner)
{
	EXPECT_EQ(pln_relax_choose(100, true, 0, PLN_NEVER).what, PLN_RELAX_YIELD);
	EXPECT_EQ(pln_relax_choose(100, false, 0, PLN_NEVER).what, PLN_RELAX_PAUSE);
}

TEST(Relax, SleepsGrowTo200Microseconds)
{
	uint64_t first = pln_relax_choose(256, true, 0, PLN_NEVER).sleep_ns;
	uint64_t late = pln_relax_choose(UINT32_MAX, true, 0, PLN_NEVER).sleep_ns;

	EXPECT_GT(first, 0U);
	EXPECT_LT(first, late);
	EXPECT_EQ(late, 200 * PLN_NS_PER_US);
}

TEST(Relax, SleepEndsBeforeTheDeadline)
{
	uint64_t now = 5 * PLN_NS_PER_S;

	for (uint64_t in : { 0ULL, 1000ULL, 60'000ULL, 100'000ULL, 250'000ULL }) {
		pln_relax_step step = pln_relax_choose(100000, true, now, now + in);

		EXPECT_LE(step.sleep_ns, in);
		EXPECT_LE(step.sleep_ns, 200 * PLN_NS_PER_US);
	}
	/* A deadline that is due or past: no sleep at all. */
	EXPECT_EQ(pln_relax_choose(100000, true, now, now).what, PLN_RELAX_PAUSE);
	EXPECT_EQ(pln_relax_choose(100000, true, now, 0).what, PLN_RELAX_PAUSE);
	EXPECT_EQ(pln_relax_choose(100000, true, now, now + 300'000).what, PLN_RELAX_SLEEP);
}
