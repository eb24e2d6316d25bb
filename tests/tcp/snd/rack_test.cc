/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK (RFC 8985 §6): times are ms here, a segment has 100 bytes. */
#include "tcp/snd/rack.h"

#include <gtest/gtest.h>

#include "board.h"

namespace
{

class RackRfc8985 : public testing::Test
{
      protected:
	Board board;
	struct pln_rack rack;
	struct pln_rack_now now = { 0, 100, 0, false };

	RackRfc8985()
	{
		pln_rack_init(&rack, 0);
	}

	/* An ACK of these bytes at `at`, after everything before. */
	uint64_t
	sacked(uint32_t start, uint32_t end, uint64_t at)
	{
		board.got = {};
		board.got.resent_before = PLN_NEVER;
		board.got.fack = rack.fack;
		board.sack(start, end);
		pln_rack_delivered(&rack, &board.got, at);
		return look(at);
	}

	uint64_t
	look(uint64_t at)
	{
		now.now = at;
		now.sacked_segs = board.b.sacked_segs;
		return pln_rack_detect(&rack, &board.b, &now);
	}
};

TEST_F(RackRfc8985, OneSegmentSackedWaitsAQuarterOfTheRoundTrip)
{
	pln_rack_sample(&rack, 100, 0);
	board.send(4, 1000);
	EXPECT_EQ(sacked(100, 200, 1100), 1125U);
	EXPECT_EQ(board.text(), ".S..");
	EXPECT_EQ(look(1124), 1125U);
	EXPECT_EQ(look(1125), PLN_NEVER);
	EXPECT_EQ(board.text(), "LS..")
		<< "what was sent after the delivered one waits for another";
}

TEST_F(RackRfc8985, ThreeSegmentsSackedAreEnoughWhileNoReorderingWasSeen)
{
	pln_rack_sample(&rack, 100, 0);
	board.send(4, 1000);
	sacked(100, 300, 1100);
	EXPECT_EQ(board.text(), ".SS.");
	sacked(300, 400, 1100);
	EXPECT_EQ(board.text(), "LSSS");
}

TEST_F(RackRfc8985, ReorderingSeenMakesThreeSegmentsWaitToo)
{
	pln_rack_sample(&rack, 100, 0);
	board.send(8, 1000);
	sacked(600, 700, 1100);
	EXPECT_FALSE(rack.reordering_seen);
	sacked(300, 400, 1101);
	EXPECT_TRUE(rack.reordering_seen);
	EXPECT_GT(sacked(100, 300, 1102), 1102U);
	EXPECT_EQ(board.text(), ".SSS..S.");
	now.recovering = true;
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 25U);
}

TEST_F(RackRfc8985, InRecoveryNothingIsWaitedForBeforeReorderingWasSeen)
{
	pln_rack_sample(&rack, 100, 0);
	now.recovering = true;
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 0U);
	now.recovering = false;
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 25U);
}

TEST_F(RackRfc8985, LostRetransmissionIsFoundByWhatWasSentAfterIt)
{
	pln_rack_sample(&rack, 100, 0);
	board.send(5, 1000);
	sacked(100, 400, 1100);
	EXPECT_EQ(board.text(), "LSSS.");
	now.recovering = true;
	board.again(0, 1100);
	board.send(1, 1101);
	sacked(500, 600, 1201);
	EXPECT_EQ(board.text(), "LSSSLS");
	EXPECT_EQ(board.b.lost_again, 1U);
}

TEST_F(RackRfc8985, ReoWndGrowsOnceARoundWithDsackAndIsAtMostARoundTrip)
{
	pln_rack_sample(&rack, 100, 0);
	rack.reordering_seen = true;
	EXPECT_TRUE(pln_rack_ack(&rack, true, 0, 1000));
	EXPECT_FALSE(pln_rack_ack(&rack, true, 500, 1500)) << "the same round";
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 50U);
	EXPECT_FALSE(pln_rack_ack(&rack, false, 1000, 1500));
	EXPECT_TRUE(pln_rack_ack(&rack, true, 1000, 2000));
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 75U);
	for (uint32_t i = 2; i < 400; i++)
		pln_rack_ack(&rack, true, 1000 * i, 1000 * (i + 1));
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 100U);
	EXPECT_EQ(rack.mult, UINT8_MAX);
}

TEST_F(RackRfc8985, ReoWndIsBackAfterSixteenRecoveriesWithoutDsack)
{
	pln_rack_sample(&rack, 100, 0);
	pln_rack_ack(&rack, true, 0, 1000);
	for (int i = 0; i < 15; i++)
		pln_rack_recovered(&rack);
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 50U);
	pln_rack_recovered(&rack);
	EXPECT_EQ(pln_rack_reo_wnd(&rack, &now), 25U);
}

TEST_F(RackRfc8985, LeastRoundTripIsForgottenAfterFiveMinutes)
{
	const uint64_t s = PLN_NS_PER_S;

	EXPECT_EQ(pln_rack_min_rtt(&rack), 0U);
	pln_rack_sample(&rack, 100, 1 * s);
	pln_rack_sample(&rack, 80, 2 * s);
	pln_rack_sample(&rack, 200, 160 * s);
	EXPECT_EQ(pln_rack_min_rtt(&rack), 80U);
	pln_rack_sample(&rack, 150, 170 * s);
	EXPECT_EQ(pln_rack_min_rtt(&rack), 80U);
	pln_rack_sample(&rack, 300, 311 * s);
	EXPECT_EQ(pln_rack_min_rtt(&rack), 150U);
	pln_rack_sample(&rack, 400, 700 * s);
	EXPECT_EQ(pln_rack_min_rtt(&rack), 400U) << "a long silence";
}

TEST_F(RackRfc8985, AmbiguousIsWhatCameTooSoonOrIsNotEchoed)
{
	pln_rack_sample(&rack, 100, 0);
	EXPECT_EQ(pln_rack_resent_before(&rack, PLN_NEVER, 1000), 900U);
	EXPECT_EQ(pln_rack_resent_before(&rack, 850, 1000), 850U);
}

TEST_F(RackRfc8985, TimeoutLosesTheFirstAndWhatIsOld)
{
	pln_rack_sample(&rack, 100, 0);
	board.send(2, 1000);
	board.send(1, 1500);
	board.send(1, 1950);
	rack.rtt_ns = 100;
	now.now = 2000;
	now.recovering = true;
	pln_rack_timeout(&rack, &board.b, &now);
	EXPECT_EQ(board.text(), "LLL.");
}

TEST_F(RackRfc8985, TimeoutLosesTheFirstHoweverYoungItIs)
{
	board.send(2, 1950);
	rack.rtt_ns = 100;
	now.now = 2000;
	pln_rack_timeout(&rack, &board.b, &now);
	EXPECT_EQ(board.text(), "L.");
}

} // namespace
