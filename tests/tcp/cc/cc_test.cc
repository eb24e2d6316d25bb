/* SPDX-License-Identifier: BSD-3-Clause */
/* What congestion control algorithms share: initial and restart window, inflation, deflation. */
#include "tcp/cc/cc.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t SMSS = 1460;

struct pln_cc
newreno(uint32_t iw = 10 * SMSS)
{
	struct pln_cc cc;

	pln_cc_init(&cc, pln_cc_find("newreno"), iw);
	return cc;
}

} // namespace

TEST(CcRfc6928, InitialWindowIsTenSegments)
{
	EXPECT_EQ(pln_cc_initial_window(1460, 10, false), 14600U);
	EXPECT_EQ(pln_cc_initial_window(1448, 10, false), 14480U);
	EXPECT_EQ(pln_cc_initial_window(536, 10, false), 5360U);
	EXPECT_EQ(pln_cc_initial_window(48, 10, false), 480U);
}

TEST(CcRfc6928, LargeSegmentsAreBoundedByBytes)
{
	EXPECT_EQ(pln_cc_initial_window(1461, 10, false), 14600U);
	EXPECT_EQ(pln_cc_initial_window(4000, 10, false), 14600U);
	EXPECT_EQ(pln_cc_initial_window(7300, 10, false), 14600U);
	EXPECT_EQ(pln_cc_initial_window(8960, 10, false), 17920U); /* two segments */
	EXPECT_EQ(pln_cc_initial_window(65495, 10, false), 130990U);
}

TEST(CcRfc6928, OtherCountsOfSegments)
{
	EXPECT_EQ(pln_cc_initial_window(1460, 1, false), 1460U);
	EXPECT_EQ(pln_cc_initial_window(1460, 2, false), 2920U);
	EXPECT_EQ(pln_cc_initial_window(1000, 100, false), 100000U);
	EXPECT_EQ(pln_cc_initial_window(UINT32_MAX, UINT32_MAX, false), PLN_CC_CWND_MAX);
}

TEST(CcRfc5681, LostSynLeavesOneSegment)
{
	EXPECT_EQ(pln_cc_initial_window(1460, 10, true), 1460U);
	EXPECT_EQ(pln_cc_initial_window(8960, 10, true), 8960U);
}

TEST(CcRegistry, FindsByNameAlone)
{
	EXPECT_EQ(pln_cc_find("newreno"), &pln_newreno_ops);
	EXPECT_STREQ(pln_cc_find("newreno")->name, "newreno");
	EXPECT_EQ(pln_cc_find("NewReno"), nullptr);
	EXPECT_EQ(pln_cc_find("newren"), nullptr);
	EXPECT_EQ(pln_cc_find(""), nullptr);
}

TEST(CcRegistry, EveryOperationIsThere)
{
	const struct pln_cc_ops *ops = pln_cc_find("newreno");

	EXPECT_NE(ops->init, nullptr);
	EXPECT_NE(ops->on_ack, nullptr);
	EXPECT_NE(ops->on_loss, nullptr);
	EXPECT_NE(ops->on_rto, nullptr);
	EXPECT_NE(ops->on_recovered, nullptr);
}

TEST(CcRfc5681, StartsAtTheInitialWindowWithoutAThreshold)
{
	struct pln_cc cc = newreno(4321);

	EXPECT_EQ(cc.cwnd, 4321U);
	EXPECT_EQ(cc.iw, 4321U);
	EXPECT_EQ(cc.ssthresh, UINT32_MAX);
	for (uint64_t word : cc.priv)
		EXPECT_EQ(word, 0U);
}

TEST(CcRfc5681, IdleRestartsAtTheInitialWindow)
{
	struct pln_cc cc = newreno();

	cc.cwnd = 100 * SMSS;
	cc.ssthresh = 80 * SMSS;
	pln_cc_idle(&cc);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
	EXPECT_EQ(cc.ssthresh, 80 * SMSS);
}

TEST(CcRfc2861, IdleRemembersThreeQuartersOfTheWindow)
{
	struct pln_cc cc = newreno();

	cc.cwnd = 100 * SMSS;
	cc.ssthresh = 50 * SMSS;
	pln_cc_idle(&cc);
	EXPECT_EQ(cc.ssthresh, 75 * SMSS);
	cc.ssthresh = UINT32_MAX;
	pln_cc_idle(&cc);
	EXPECT_EQ(cc.ssthresh, UINT32_MAX) << "no loss yet: none now";
}

TEST(CcRfc5681, IdleDoesNotRaiseASmallWindow)
{
	struct pln_cc cc = newreno();

	cc.cwnd = 3 * SMSS;
	pln_cc_idle(&cc);
	EXPECT_EQ(cc.cwnd, 3 * SMSS);
}

TEST(CcRfc6582, DuplicateAckInflatesByOneSegment)
{
	struct pln_cc cc = newreno();

	pln_cc_inflate(&cc, SMSS);
	pln_cc_inflate(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
}

TEST(CcRfc6582, PartialAckDeflatesAndAddsOneSegmentBack)
{
	struct pln_cc cc = newreno();

	pln_cc_deflate(&cc, 3 * SMSS, SMSS);
	EXPECT_EQ(cc.cwnd, 8 * SMSS);
	pln_cc_deflate(&cc, SMSS, SMSS);
	EXPECT_EQ(cc.cwnd, 8 * SMSS);
}

TEST(CcRfc6582, PartialAckOfLessThanASegmentAddsNothingBack)
{
	struct pln_cc cc = newreno();

	pln_cc_deflate(&cc, SMSS - 1, SMSS);
	EXPECT_EQ(cc.cwnd, 9 * SMSS + 1);
}

TEST(CcRfc6582, DeflationLeavesOneSegment)
{
	struct pln_cc cc = newreno();

	pln_cc_deflate(&cc, UINT32_MAX, SMSS);
	EXPECT_EQ(cc.cwnd, SMSS);
	cc.cwnd = SMSS;
	pln_cc_deflate(&cc, SMSS - 1, SMSS);
	EXPECT_EQ(cc.cwnd, SMSS);
}

TEST(CcRfc7323, WindowNeverExceedsWhatTcpCanName)
{
	struct pln_cc cc = newreno();

	cc.cwnd = PLN_CC_CWND_MAX - 1;
	pln_cc_inflate(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, PLN_CC_CWND_MAX);
	pln_cc_grow(&cc, UINT32_MAX);
	EXPECT_EQ(cc.cwnd, PLN_CC_CWND_MAX);
}
