/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/clock.h"

#include <gtest/gtest.h>

TEST(Clock, CyclesBecomeNanoseconds)
{
	pln_clock clock;

	pln_clock_init(&clock, 2'000'000'000, 500);
	EXPECT_EQ(pln_clock_ns(&clock, 500), 0U);
	EXPECT_EQ(pln_clock_ns(&clock, 502), 1U);
	EXPECT_EQ(pln_clock_ns(&clock, 500 + 2'000'000'000), PLN_NS_PER_S);
}

TEST(Clock, OddFrequenciesStayExactOverHours)
{
	for (uint64_t hz : { 999'999'937ULL, 2'399'997'000ULL, 5'000'000'001ULL, 24'000'000ULL }) {
		pln_clock clock;
		uint64_t hours = 10 * 3600;

		pln_clock_init(&clock, hz, 7);
		uint64_t ns = pln_clock_ns(&clock, 7 + hz * hours);
		/* Half a unit of the last place of the factor, over all those cycles. */
		EXPECT_NEAR((double)ns, (double)(hours * PLN_NS_PER_S),
		            (double)(hz * hours) / (double)(UINT64_C(1) << 41) + 1)
			<< hz;
	}
}

TEST(Clock, CounterBehindTheStartIsTimeZero)
{
	pln_clock clock;

	pln_clock_init(&clock, 3'000'000'000, 1000);
	EXPECT_EQ(pln_clock_ns(&clock, 999), 0U);
	EXPECT_EQ(pln_clock_ns(&clock, 0), 0U);
}

TEST(Clock, NeverGoesBackwardsAndNeverOverflows)
{
	pln_clock clock;
	uint64_t last = 0;

	pln_clock_init(&clock, 1'000'000, 0);
	for (uint64_t cycles = 0; cycles < UINT64_C(1) << 44; cycles = cycles * 2 + 1) {
		uint64_t ns = pln_clock_ns(&clock, cycles);

		EXPECT_GE(ns, last);
		last = ns;
	}
	EXPECT_NEAR((double)last, 1000.0 * (double)((UINT64_C(1) << 44) - 1), 1e6);
}
