/* SPDX-License-Identifier: BSD-3-Clause */
/* When an ACK is due: every second full segment, at once for gaps and for the first segments. */
#include "tcp/rcv/delack.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t MSS = 1460;

struct pln_delack
delack_of(uint16_t segs, uint16_t quick)
{
	struct pln_delack d;

	pln_delack_init(&d, 40 * PLN_NS_PER_MS, segs, quick);
	return d;
}

} // namespace

TEST(DelackRfc9293, EverySecondFullSegmentIsAcknowledged)
{
	struct pln_delack d = delack_of(2, 0);

	for (int i = 0; i < 10; i++) {
		EXPECT_FALSE(pln_delack_text(&d, MSS, false));
		EXPECT_TRUE(pln_delack_text(&d, MSS, false));
		pln_delack_acked(&d);
	}
}

TEST(DelackRfc9293, DueStaysDueUntilTheAckIsSent)
{
	struct pln_delack d = delack_of(2, 0);

	pln_delack_text(&d, MSS, false);
	EXPECT_TRUE(pln_delack_text(&d, MSS, false));
	EXPECT_TRUE(pln_delack_text(&d, 1, false));
	pln_delack_acked(&d);
	EXPECT_FALSE(pln_delack_text(&d, 1, false));
}

TEST(DelackRfc9293, SmallSegmentsAddUpToTwoFullOnes)
{
	struct pln_delack d = delack_of(2, 0);

	EXPECT_FALSE(pln_delack_text(&d, MSS, false));
	EXPECT_FALSE(pln_delack_text(&d, 730, false));
	EXPECT_FALSE(pln_delack_text(&d, 729, false));
	EXPECT_TRUE(pln_delack_text(&d, 1, false));
}

TEST(DelackRfc9293, AckOnDataTakesTheCountBack)
{
	struct pln_delack d = delack_of(2, 0);

	EXPECT_FALSE(pln_delack_text(&d, MSS, false));
	pln_delack_acked(&d);
	EXPECT_EQ(d.unacked, 0U);
	EXPECT_FALSE(pln_delack_text(&d, MSS, false));
}

TEST(DelackRfc9293, FullSizedMeansTheLargestSeen)
{
	struct pln_delack d = delack_of(2, 0);

	EXPECT_FALSE(pln_delack_text(&d, 100, false));
	EXPECT_TRUE(pln_delack_text(&d, 100, false));
	pln_delack_acked(&d);
	EXPECT_FALSE(pln_delack_text(&d, 500, false));
	EXPECT_FALSE(pln_delack_text(&d, 100, false));
	EXPECT_EQ(d.rcv_mss, 500U);
}

TEST(DelackRfc9293, OtherCountsOfSegments)
{
	struct pln_delack one = delack_of(1, 0), none = delack_of(0, 0), four = delack_of(4, 0);

	EXPECT_TRUE(pln_delack_text(&one, MSS, false));
	EXPECT_TRUE(pln_delack_text(&none, MSS, false)); /* taken as 1 */
	for (int i = 0; i < 3; i++)
		EXPECT_FALSE(pln_delack_text(&four, MSS, false));
	EXPECT_TRUE(pln_delack_text(&four, MSS, false));
}

TEST(DelackRfc5681, GapOrFinIsAcknowledgedAtOnce)
{
	struct pln_delack d = delack_of(2, 0);

	pln_delack_text(&d, MSS, false);
	pln_delack_acked(&d);
	EXPECT_TRUE(pln_delack_text(&d, 10, true));
	pln_delack_acked(&d);
	EXPECT_TRUE(pln_delack_text(&d, 0, true)); /* a FIN alone */
	pln_delack_acked(&d);
	EXPECT_FALSE(pln_delack_text(&d, 10, false));
}

TEST(DelackQuick, FirstSegmentsAreAcknowledgedAtOnceEach)
{
	struct pln_delack d = delack_of(2, 3);

	for (int i = 0; i < 3; i++) {
		EXPECT_TRUE(pln_delack_text(&d, MSS, false));
		pln_delack_acked(&d);
	}
	EXPECT_EQ(d.quick, 0U);
	EXPECT_FALSE(pln_delack_text(&d, MSS, false));
}

TEST(DelackQuick, UrgentSegmentsCountAmongTheFirst)
{
	struct pln_delack d = delack_of(2, 1);

	EXPECT_TRUE(pln_delack_text(&d, MSS, true));
	pln_delack_acked(&d);
	EXPECT_FALSE(pln_delack_text(&d, MSS, false));
}

TEST(DelackQuick, AlwaysMeansAlways)
{
	struct pln_delack d = delack_of(2, UINT16_MAX);

	for (int i = 0; i < 70000; i++) {
		ASSERT_TRUE(pln_delack_text(&d, 1, false));
		pln_delack_acked(&d);
	}
}

TEST(DelackRfc9293, DelayIsKeptBelowHalfASecond)
{
	struct pln_delack d;

	pln_delack_init(&d, 40 * PLN_NS_PER_MS, 2, 0);
	EXPECT_EQ(d.delay_ns, 40 * PLN_NS_PER_MS);
	pln_delack_init(&d, 10 * PLN_NS_PER_S, 2, 0);
	EXPECT_EQ(d.delay_ns, PLN_DELACK_MAX_NS);
	EXPECT_LT(d.delay_ns, 500 * PLN_NS_PER_MS);
	pln_delack_init(&d, 0, 2, 0);
	EXPECT_EQ(d.delay_ns, 0U);
}

TEST(DelackRfc9293, LargestValuesDoNotOverflow)
{
	struct pln_delack d = delack_of(UINT16_MAX, 0);

	EXPECT_FALSE(pln_delack_text(&d, 0x40000000, false));
	EXPECT_FALSE(pln_delack_text(&d, 0x40000000, false));
}
