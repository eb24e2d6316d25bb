/* SPDX-License-Identifier: BSD-3-Clause */
/* Dynamic right-sizing: what a path wants is what is read in a round trip, twice. */
#include "tcp/rcv/autotune.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t MSS = 1460, SLACK = 16 * MSS;
constexpr uint64_t MS = PLN_NS_PER_MS;

class AutotuneRfc9293 : public ::testing::Test
{
      protected:
	/* The user reads `bytes` in `pieces` over `took`; what is wanted in the end. */
	uint32_t
	read(uint32_t bytes, unsigned int pieces, uint64_t took)
	{
		uint32_t want = 0;

		for (unsigned int i = 0; i < pieces; i++) {
			now += took / pieces;
			want = pln_autotune_read(&a, bytes / pieces, MSS, now);
		}
		return want;
	}

	pln_autotune a{};
	uint64_t now = 1000 * MS;
};

} // namespace

TEST_F(AutotuneRfc9293, WantsTwiceWhatIsReadInARoundTrip)
{
	pln_autotune_echo(&a, 1, 100 * MS);
	EXPECT_EQ(read(1, 1, 0), 0U);
	EXPECT_NEAR(read(1000000, 10, 100 * MS), 2000000 + SLACK, 100);
	EXPECT_NEAR(read(500000, 5, 100 * MS), 1000000 + SLACK, 100);
}

TEST_F(AutotuneRfc9293, SenderThatGrowsIsAheadByTwoRoundTrips)
{
	pln_autotune_echo(&a, 1, 100 * MS);
	read(1, 1, 0);
	EXPECT_NEAR(read(100000, 10, 100 * MS), 200000 + SLACK, 100) << "nothing to compare with";
	EXPECT_NEAR(read(200000, 10, 100 * MS), 4 * 400000 + SLACK, 200) << "it doubles";
	EXPECT_NEAR(read(300000, 10, 100 * MS), 600000 * 9 / 4 + SLACK, 200) << "half more";
	EXPECT_NEAR(read(100000, 10, 100 * MS), 200000 + SLACK, 100);
	EXPECT_NEAR(read(290000, 10, 100 * MS), 580000 + SLACK, 100) << "it has been there before";
	EXPECT_NEAR(read(3000000, 10, 100 * MS), 24000000 + SLACK, 2000)
		<< "more than twice is a pause's end";
}

TEST_F(AutotuneRfc9293, SaysNothingWithinARoundTripOrWithoutOne)
{
	EXPECT_EQ(read(1000000, 10, 1000 * MS), 0U);
	pln_autotune_echo(&a, 1, 100 * MS);
	a.round_ns = now;
	EXPECT_EQ(read(1000000, 10, 90 * MS), 0U);
	EXPECT_GT(read(0, 1, 10 * MS), 0U);
}

TEST_F(AutotuneRfc9293, ReaderThatComesLateDoesNotLookFast)
{
	pln_autotune_echo(&a, 1, 10 * MS);
	read(1, 1, 0);
	EXPECT_NEAR(read(1000000, 1, 1000 * MS), 2 * 10000 + SLACK, 100);
}

TEST_F(AutotuneRfc9293, FirstReadStartsTheRoundAndCountsForNothing)
{
	pln_autotune_echo(&a, 1, 10 * MS);
	EXPECT_EQ(read(9000000, 1, 10 * MS), 0U);
	EXPECT_NEAR(read(1000, 1, 10 * MS), 2000 + SLACK, 2);
}

TEST_F(AutotuneRfc9293, LongEchoesAreBelievedSlowlyAndShortOnesAtOnce)
{
	pln_autotune_echo(&a, 1, 80 * MS);
	EXPECT_EQ(a.rtt_ns, 80 * MS);
	pln_autotune_echo(&a, 2, 0);
	EXPECT_EQ(a.rtt_ns, 80 * MS);
	pln_autotune_echo(&a, 3, 160 * MS);
	EXPECT_EQ(a.rtt_ns, 90 * MS);
	pln_autotune_echo(&a, 3, 5000 * MS);
	EXPECT_EQ(a.rtt_ns, 90 * MS) << "one timestamp is one sample";
	pln_autotune_echo(&a, 4, 40 * MS);
	EXPECT_EQ(a.rtt_ns, 40 * MS);
}

TEST_F(AutotuneRfc9293, WithoutTimestampsTheFastestWindowIsTheRoundTrip)
{
	uint32_t nxt = 0xffff0000;

	pln_autotune_data(&a, nxt, 65535, now);
	EXPECT_EQ(a.rtt_ns, 0U);
	pln_autotune_data(&a, nxt + 65534, 65535, now + 50 * MS);
	EXPECT_EQ(a.rtt_ns, 0U) << "the window is not used up yet";
	pln_autotune_data(&a, nxt + 65535, 65535, now + 60 * MS);
	EXPECT_EQ(a.rtt_ns, 60 * MS);
	pln_autotune_data(&a, nxt + 2 * 65535, 65535, now + 100 * MS);
	EXPECT_EQ(a.rtt_ns, 40 * MS);
	pln_autotune_data(&a, nxt + 3 * 65535, 65535, now + 900 * MS);
	EXPECT_EQ(a.rtt_ns, 40 * MS) << "a sender with little to say is no long path";
}

TEST_F(AutotuneRfc9293, TimestampsKnowBetterThanWindows)
{
	pln_autotune_data(&a, 0, 100, now);
	pln_autotune_data(&a, 100, 100, now + 7 * MS);
	EXPECT_EQ(a.rtt_ns, 7 * MS);
	pln_autotune_echo(&a, 1, 3 * MS);
	EXPECT_EQ(a.rtt_ns, 3 * MS);
	pln_autotune_data(&a, 200, 100, now + 8 * MS);
	EXPECT_EQ(a.rtt_ns, 3 * MS);
}

TEST_F(AutotuneRfc9293, NoNumberOverflows)
{
	pln_autotune_echo(&a, 1, UINT64_C(3600) * PLN_NS_PER_S);
	read(1, 1, 0);
	EXPECT_EQ(read(UINT32_MAX, 1, UINT64_C(3600) * PLN_NS_PER_S), UINT32_MAX);
}
