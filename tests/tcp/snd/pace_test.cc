/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing (draft-ietf-ccwg-bbr-06 §5.6.2, §5.6.3): segments of 1000 bytes. */
#include "tcp/snd/pace.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS, BEGIN = 1000 * MS;
constexpr uint32_t SMSS = 1000;

class Pace : public testing::Test
{
      protected:
	struct pln_pace pace = {};

	/* Segments that leave at `now`. */
	unsigned int
	burst(uint64_t now, uint64_t rate)
	{
		unsigned int n = 0;

		for (; n < 1000 && pln_pace_open(&pace, now, rate, SMSS); n++)
			pln_pace_sent(&pace, SMSS, now, rate);
		return n;
	}
};

TEST(PaceQuantum, IsAMillisecondBetweenTwoSegmentsAndAFrame)
{
	EXPECT_EQ(pln_pace_quantum(1, SMSS), 2000U);
	EXPECT_EQ(pln_pace_quantum(2000000, SMSS), 2000U);
	EXPECT_EQ(pln_pace_quantum(5000000, SMSS), 5000U);
	EXPECT_EQ(pln_pace_quantum(1000000000, SMSS), 65536U);
	EXPECT_EQ(pln_pace_quantum(UINT64_MAX, SMSS), 65536U);
}

TEST_F(Pace, FirstBurstIsAnInitialWindowThatIsPaidFor)
{
	EXPECT_EQ(burst(BEGIN, 100000), 10U);
	EXPECT_EQ(pace.next_ns, BEGIN + 100 * MS);
	EXPECT_EQ(burst(BEGIN + 100 * MS - 1, 100000), 0U);
	EXPECT_EQ(burst(BEGIN + 100 * MS, 100000), 2U);
	EXPECT_EQ(burst(BEGIN + 119 * MS, 100000), 0U);
	EXPECT_EQ(burst(BEGIN + 120 * MS, 100000), 2U);
}

TEST_F(Pace, WhoIsLateByATickIsNotSlower)
{
	constexpr uint64_t RATE = 10000000;
	unsigned int sent = burst(BEGIN, RATE);

	/* A wheel that is always 30 us late. */
	while (pace.next_ns < BEGIN + 1000 * MS)
		sent += burst(pace.next_ns + 30 * PLN_NS_PER_US, RATE);
	EXPECT_NEAR(sent, 10000, 20);
}

TEST_F(Pace, SilenceSavesUpNothing)
{
	burst(BEGIN, 1000000);
	EXPECT_EQ(burst(BEGIN + 10000 * MS, 1000000), 2U);
	EXPECT_GT(pace.next_ns, BEGIN + 10000 * MS);
}

TEST_F(Pace, NoWaitIsLongerThanASecond)
{
	EXPECT_EQ(burst(BEGIN, 4), 10U);
	EXPECT_EQ(pace.next_ns, BEGIN + 1000 * MS);
	EXPECT_EQ(burst(BEGIN + 999 * MS, 4), 0U);
	EXPECT_EQ(burst(BEGIN + 1000 * MS, 4), 2U);
	EXPECT_EQ(pace.next_ns, BEGIN + 2000 * MS);
}

TEST_F(Pace, ABurstNotUsedUpIsNotAddedToTheNext)
{
	burst(BEGIN, 1000000);
	ASSERT_TRUE(pln_pace_open(&pace, BEGIN + 100 * MS, 1000000, SMSS));
	pln_pace_sent(&pace, 500, BEGIN + 100 * MS, 1000000);
	EXPECT_EQ(pace.left, 1500U);
	EXPECT_EQ(burst(BEGIN + 200 * MS, 1000000), 2U);
}

TEST_F(Pace, MoreThanTheBurstMayLeaveWhenItMust)
{
	burst(BEGIN, 1000000);
	pln_pace_sent(&pace, 30000, BEGIN + 10 * MS, 1000000);
	EXPECT_EQ(pace.left, 0U);
	EXPECT_EQ(pace.next_ns, BEGIN + 40 * MS);
}

} // namespace
