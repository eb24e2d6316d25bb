/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR (draft-ietf-ccwg-bbr-06), one ACK a round trip: segments of 1000 bytes, a path of 1 MB/s and 100 ms, so 100 segments. */
#include "tcp/cc/bbr.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS, RTT = 100 * MS;
constexpr uint32_t SMSS = 1000, BDP = 100 * SMSS;

class BbrDraft : public testing::Test
{
      protected:
	struct pln_cc cc = {};
	struct pln_bbr *q = nullptr;
	struct pln_ack ack = {};
	struct pln_rate_sample rs = {};
	uint64_t now = 77777 * MS;
	uint32_t total = UINT32_MAX - 1000000; /* it wraps soon */

	BbrDraft()
	{
		pln_cc_init(&cc, pln_cc_find("bbr"), 10 * SMSS);
		q = pln_bbr_of(&cc);
		rs.by_sack = true;
		rs.in_flight = BDP;
		rs.flight = BDP;
		ack.smss = SMSS;
		ack.srtt_ns = RTT;
	}

	/* A round trip in which `bytes` arrive; samples, losses and flight as they were set before. */
	void
	round(uint32_t bytes, uint64_t rtt = RTT)
	{
		now += rtt;
		rs.prior_delivered = total;
		take(bytes, rtt);
	}

	/* An ACK that ends no round. */
	void
	within_round(uint32_t bytes)
	{
		rs.prior_delivered = total - BDP;
		take(bytes, RTT);
	}

	void
	take(uint32_t bytes, uint64_t rtt)
	{
		ack.now = now;
		rs.has_data = true;
		rs.total = total += bytes;
		rs.delivered = rs.newly_acked = bytes;
		rs.ns = rs.rtt_ns = rtt;
		cc.ops->on_rate(&cc, &ack, &rs);
	}

	void
	rounds(int n, uint32_t bytes = BDP)
	{
		for (int i = 0; i < n; i++)
			round(bytes);
	}

	/* Startup finds the path, and Drain has drained it. */
	void
	find_path()
	{
		for (uint32_t bytes = 10 * SMSS; bytes < BDP; bytes *= 2)
			round(bytes);
		rs.flight = 2 * BDP;
		rounds(4);
		rs.flight = BDP;
		rounds(1);
		ASSERT_TRUE(pln_bbr_in_probe_bw(q));
	}

	void
	find_path_and_cruise()
	{
		find_path();
		rounds(1);
		ASSERT_EQ(q->state, PLN_BBR_CRUISE);
	}

	void
	go_on_until(pln_bbr_state state, int most = 100)
	{
		for (int i = 0; i < most && q->state != state; i++)
			round(BDP);
		ASSERT_EQ(q->state, state);
	}

	void
	lose(uint32_t start, uint32_t bytes, uint32_t lost, uint32_t in_flight)
	{
		const struct pln_cc_lost l = { now, start, bytes, in_flight, lost, false };

		cc.ops->on_lost(&cc, &l);
	}

	double
	pacing() const
	{
		return static_cast<double>(cc.pacing_rate);
	}
};

TEST_F(BbrDraft, IsPacedFromTheFirstWindowOn)
{
	rs.ns = 0;
	round(SMSS);
	EXPECT_GE(pacing(), 2.77 * 10 * SMSS / 0.1 * 0.98);
}

TEST_F(BbrDraft, StartupSendsAtTwoPointSevenSevenOfWhatIsDelivered)
{
	round(10 * SMSS);
	round(20 * SMSS);
	round(40 * SMSS);
	EXPECT_EQ(q->state, PLN_BBR_STARTUP);
	EXPECT_NEAR(pacing(), 2.77 * 0.99 * 400000, 4000);
	EXPECT_GE(cc.cwnd, 80 * SMSS);
}

TEST_F(BbrDraft, ThreeRoundsWithoutAQuarterMoreEndStartup)
{
	for (uint32_t bytes = 10 * SMSS; bytes <= 80 * SMSS; bytes *= 2)
		round(bytes);
	rs.flight = 2 * BDP;
	round(BDP); /* a quarter more */
	round(BDP);
	round(BDP + BDP / 8);
	EXPECT_EQ(q->state, PLN_BBR_STARTUP);
	round(BDP);
	EXPECT_EQ(q->state, PLN_BBR_DRAIN);
	EXPECT_NEAR(pacing(), 0.5 * 0.99 * 1125000, 10000);
}

TEST_F(BbrDraft, WhatTheApplicationHoldsDownEndsNothing)
{
	round(10 * SMSS);
	rs.app_limited = true;
	rounds(20, 5 * SMSS);
	EXPECT_EQ(q->state, PLN_BBR_STARTUP);
	EXPECT_EQ(pln_bbr_max_bw(q), 100000U >> PLN_BBR_BW_SHIFT);
	rounds(1, 20 * SMSS);
	EXPECT_EQ(pln_bbr_max_bw(q), 200000U >> PLN_BBR_BW_SHIFT) << "but more is more";
}

TEST_F(BbrDraft, DrainEndsWhenThePathHoldsNoMoreThanItShould)
{
	rs.flight = 2 * BDP;
	for (uint32_t bytes = 10 * SMSS; bytes < BDP; bytes *= 2)
		round(bytes);
	rounds(4);
	ASSERT_EQ(q->state, PLN_BBR_DRAIN);
	rounds(2);
	EXPECT_EQ(q->state, PLN_BBR_DRAIN);
	rs.flight = BDP;
	rounds(1);
	EXPECT_EQ(q->state, PLN_BBR_CRUISE) << "by way of DOWN, which had nothing to do";
}

TEST_F(BbrDraft, DrainLastsFourRoundsAtMost)
{
	rs.flight = 3 * BDP;
	for (uint32_t bytes = 10 * SMSS; bytes < BDP; bytes *= 2)
		round(bytes);
	rounds(4);
	ASSERT_EQ(q->state, PLN_BBR_DRAIN);
	rounds(4);
	EXPECT_EQ(q->state, PLN_BBR_DOWN);
}

TEST_F(BbrDraft, TheModelIsThePath)
{
	find_path_and_cruise();
	EXPECT_EQ(pln_bbr_bw(q), 1000000U >> PLN_BBR_BW_SHIFT);
	EXPECT_EQ(q->min_rtt, RTT >> PLN_BBR_RTT_SHIFT);
	EXPECT_EQ(pln_bbr_bdp(&cc, pln_bbr_bw(q), 100), BDP);
	EXPECT_NEAR(pacing(), 0.99 * 1e6, 10000);
	EXPECT_GE(cc.cwnd, 2 * BDP);
	EXPECT_LE(cc.cwnd, 3 * BDP + 6 * SMSS) << "twice, and what comes in a bunch";
}

TEST_F(BbrDraft, TwoToThreeSecondsLaterItProbesForAQuarterMore)
{
	find_path_and_cruise();
	uint64_t begun = now;
	go_on_until(PLN_BBR_REFILL);
	EXPECT_GE(now - begun, 1900 * MS);
	EXPECT_LE(now - begun, 3200 * MS);
	rounds(1);
	ASSERT_EQ(q->state, PLN_BBR_UP);
	EXPECT_NEAR(pacing(), 1.25 * 0.99 * 1e6, 10000);
	go_on_until(PLN_BBR_DOWN, 5);
}

TEST_F(BbrDraft, WaitsAreSpread)
{
	uint32_t least = UINT32_MAX, most = 0;

	find_path_and_cruise();
	for (int i = 0; i < 40; i++) {
		go_on_until(PLN_BBR_UP, 60);
		go_on_until(PLN_BBR_DOWN);
		least = std::min<uint32_t>(least, q->bw_probe_wait);
		most = std::max<uint32_t>(most, q->bw_probe_wait);
		q->probe_rtt_min_stamp = pln_bbr_ms(now);
	}
	EXPECT_GE(least, 2000U);
	EXPECT_LT(least, 2200U);
	EXPECT_GT(most, 2800U);
	EXPECT_LT(most, 3000U);
}

TEST_F(BbrDraft, AShortPathIsProbedAsOftenAsRenoWouldLose)
{
	rs.in_flight = rs.flight = 10 * SMSS;
	rounds(4, 10 * SMSS);
	int n = 0;
	for (; n < 20 && q->state != PLN_BBR_CRUISE; n++)
		round(10 * SMSS);
	ASSERT_EQ(q->state, PLN_BBR_CRUISE);
	n = 0;
	for (; n < 60 && q->state != PLN_BBR_REFILL; n++)
		round(10 * SMSS);
	EXPECT_GE(n, 8);
	EXPECT_LE(n, 11) << "ten segments, ten rounds";
}

TEST_F(BbrDraft, BandwidthThatHasGoneIsForgottenAfterTwoCycles)
{
	find_path_and_cruise();
	for (int i = 0; i < 2; i++) {
		q->probe_rtt_min_stamp = pln_bbr_ms(now);
		for (int n = 0; n < 60 && q->state != PLN_BBR_UP; n++)
			round(BDP / 2);
		for (int n = 0; n < 60 && q->state != PLN_BBR_CRUISE; n++) {
			rs.flight = q->state == PLN_BBR_DOWN ? 20 * SMSS : BDP;
			round(BDP / 2);
		}
		rounds(2, BDP / 2);
	}
	EXPECT_EQ(pln_bbr_max_bw(q), 500000U >> PLN_BBR_BW_SHIFT);
}

TEST_F(BbrDraft, FiveSecondsWithoutALowerRoundTripAskForOne)
{
	find_path_and_cruise();
	uint64_t begun = now;
	for (int i = 0; i < 100 && q->state != PLN_BBR_PROBE_RTT; i++)
		round(BDP, RTT + MS);
	ASSERT_EQ(q->state, PLN_BBR_PROBE_RTT);
	EXPECT_GE(now - begun, 3000 * MS);
	EXPECT_LE(now - begun, 5200 * MS);
	EXPECT_TRUE(cc.holds_back);
	EXPECT_LE(cc.cwnd, BDP / 2 + SMSS);
	rs.flight = BDP / 2;
	rs.app_limited = true;
	rounds(1, BDP / 2);
	EXPECT_EQ(q->state, PLN_BBR_PROBE_RTT);
	rounds(3, BDP / 2);
	EXPECT_EQ(q->state, PLN_BBR_CRUISE) << "200 ms and a round";
	EXPECT_FALSE(cc.holds_back);
	EXPECT_GE(cc.cwnd, BDP);
	EXPECT_EQ(pln_bbr_max_bw(q), 1000000U >> PLN_BBR_BW_SHIFT);
}

TEST_F(BbrDraft, ALongerPathIsBelievedAfterTenSeconds)
{
	find_path_and_cruise();
	rs.flight = 4 * SMSS;
	rs.app_limited = true;
	for (int i = 0; i < 60; i++)
		round(BDP, 2 * RTT);
	EXPECT_EQ(q->min_rtt, 2 * RTT >> PLN_BBR_RTT_SHIFT);
}

TEST_F(BbrDraft, LossesWhileCruisingFollowWhatIsDelivered)
{
	find_path_and_cruise();
	lose(1, SMSS, SMSS, BDP);
	rounds(1, BDP * 9 / 10);
	rounds(1, BDP * 9 / 10);
	EXPECT_EQ(pln_bbr_max_bw(q), 1000000U >> PLN_BBR_BW_SHIFT);
	EXPECT_EQ(pln_bbr_bw(q), 1000000U >> PLN_BBR_BW_SHIFT) << "the best of the round before";
	EXPECT_LT(q->inflight_shortterm, PLN_BBR_INFINITY);
	for (int i = 0; i < 2; i++) {
		lose(1, SMSS, SMSS, BDP);
		rounds(1, BDP / 10);
	}
	EXPECT_EQ(q->bw_shortterm, (900000U >> PLN_BBR_BW_SHIFT) * 7 / 10)
		<< "by three tenths a round at most";
	go_on_until(PLN_BBR_REFILL);
	EXPECT_EQ(pln_bbr_bw(q), 1000000U >> PLN_BBR_BW_SHIFT) << "the next probe asks anew";
}

TEST_F(BbrDraft, MoreThanTwoPercentLostEndsAProbeAndIsRemembered)
{
	find_path_and_cruise();
	go_on_until(PLN_BBR_UP);
	rs.flight = rs.in_flight = 2 * BDP;
	lose(1, 2 * SMSS, 2 * SMSS, 2 * BDP);
	EXPECT_EQ(q->state, PLN_BBR_UP) << "one percent";
	lose(90001, 4 * SMSS, 6 * SMSS, 2 * BDP);
	EXPECT_EQ(q->state, PLN_BBR_DOWN);
	EXPECT_TRUE(q->prev_probe_too_high);
	/* Before this burst 196, of which 2 were lost: (0.02 * 196 - 2) / 0.98 more. */
	EXPECT_NEAR(q->inflight_longterm, 197959, 2);
	rs.flight = BDP;
	round(BDP);
	EXPECT_LE(cc.cwnd, 197959U);
}

TEST_F(BbrDraft, AProbeAfterThatEndsWhereTheLastOneWentWrong)
{
	find_path_and_cruise();
	go_on_until(PLN_BBR_UP);
	lose(1, 4 * SMSS, 4 * SMSS, BDP);
	ASSERT_EQ(q->state, PLN_BBR_DOWN);
	uint32_t bound = q->inflight_longterm;
	rs.in_flight = rs.flight = BDP / 2;
	go_on_until(PLN_BBR_UP);
	rounds(1);
	EXPECT_EQ(q->state, PLN_BBR_UP);
	rs.flight = bound;
	rounds(1);
	EXPECT_EQ(q->state, PLN_BBR_DOWN);
	EXPECT_TRUE(q->prev_probe_precautionary);
	rs.flight = BDP / 2;
	rounds(1);
	EXPECT_EQ(q->state, PLN_BBR_REFILL) << "it went well: again at once";
}

TEST_F(BbrDraft, TheBoundRisesByOneTwoFourSegmentsARound)
{
	find_path_and_cruise();
	q->inflight_longterm = BDP;
	rs.in_flight = rs.flight = BDP / 2;
	go_on_until(PLN_BBR_UP);
	cc.cwnd = q->inflight_longterm;
	ack.flight_before = cc.cwnd;
	uint32_t before = q->inflight_longterm;
	round(cc.cwnd);
	uint32_t first = q->inflight_longterm - before;
	cc.cwnd = ack.flight_before = before = q->inflight_longterm;
	round(cc.cwnd);
	uint32_t second = q->inflight_longterm - before;
	cc.cwnd = ack.flight_before = before = q->inflight_longterm;
	round(cc.cwnd);
	EXPECT_EQ(first, SMSS);
	EXPECT_GE(second, SMSS);
	EXPECT_LE(second, 2 * SMSS);
	EXPECT_GE(q->inflight_longterm - before, 2 * SMSS);
	EXPECT_LE(q->inflight_longterm - before, 4 * SMSS);
}

TEST_F(BbrDraft, CruisingLeavesRoomForOthers)
{
	find_path_and_cruise();
	q->inflight_longterm = BDP;
	EXPECT_EQ(pln_bbr_headroom(q, SMSS), 85 * SMSS);
	rounds(1, SMSS);
	EXPECT_LE(cc.cwnd, 85 * SMSS);
	q->inflight_longterm = 2 * SMSS;
	EXPECT_EQ(pln_bbr_headroom(q, SMSS), 4 * SMSS);
}

/* In a recovery `n` stretches of a segment are lost in a round, of a flight of 40. */
class BbrStartupLoss : public BbrDraft
{
      protected:
	void
	lose_in_startup(uint32_t n)
	{
		round(10 * SMSS);
		round(20 * SMSS);
		rs.recovering = true;
		rs.flight = 3 * BDP;
		rs.in_flight = 40 * SMSS;
		for (uint32_t i = 0; i < n; i++)
			lose(i * 10000, SMSS, (i + 1) * SMSS, 40 * SMSS);
		rs.lost = n * SMSS;
		within_round(SMSS);
		ASSERT_EQ(q->state, PLN_BBR_STARTUP);
		round(40 * SMSS);
	}
};

TEST_F(BbrStartupLoss, FiveStretchesInARoundAreNoise)
{
	lose_in_startup(5);
	EXPECT_EQ(q->state, PLN_BBR_STARTUP);
}

TEST_F(BbrStartupLoss, SixStretchesInARoundOfARecoveryEndStartup)
{
	lose_in_startup(6);
	EXPECT_EQ(q->state, PLN_BBR_DRAIN);
	EXPECT_GE(q->inflight_longterm, 40 * SMSS);
	EXPECT_LT(q->inflight_longterm, BDP);
}

TEST_F(BbrStartupLoss, OneStretchIsOneHoweverLong)
{
	round(10 * SMSS);
	for (uint32_t i = 0; i < 20; i++)
		lose(i * SMSS, SMSS, (i + 1) * SMSS, 40 * SMSS);
	EXPECT_EQ(q->losses, 1);
}

TEST_F(BbrStartupLoss, WithoutSackOneIsEnough)
{
	rs.by_sack = false;
	lose_in_startup(1);
	EXPECT_EQ(q->state, PLN_BBR_DRAIN);
}

TEST_F(BbrStartupLoss, WhatEndedForNothingGoesOn)
{
	lose_in_startup(6);
	ASSERT_EQ(q->state, PLN_BBR_DRAIN);
	pln_cc_undo(&cc, cc.cwnd, cc.ssthresh);
	EXPECT_EQ(q->state, PLN_BBR_STARTUP);
	EXPECT_FALSE(q->full_bw_reached);
}

TEST_F(BbrDraft, ATimeoutLeavesOneSegmentAndItsEndRestoresTheWindow)
{
	find_path_and_cruise();
	uint32_t before = cc.cwnd;
	cc.ops->on_rto(&cc, BDP, SMSS, true);
	EXPECT_EQ(cc.cwnd, SMSS);
	rs.recovering = true;
	round(SMSS);
	EXPECT_EQ(cc.cwnd, 4 * SMSS);
	rs.recovering = false;
	round(SMSS);
	EXPECT_GE(cc.cwnd, before * 3 / 4);
}

TEST_F(BbrDraft, AfterSilenceItGoesOnAtTheBandwidth)
{
	find_path_and_cruise();
	go_on_until(PLN_BBR_UP);
	uint32_t before = cc.cwnd;
	cc.ops->on_restart(&cc, now + 60000 * MS);
	EXPECT_EQ(cc.cwnd, before);
	EXPECT_NEAR(pacing(), 0.99 * 1e6, 10000);
	now += 60000 * MS;
	rs.app_limited = true;
	round(SMSS);
	EXPECT_NE(q->state, PLN_BBR_PROBE_RTT) << "the silence has drained the queue";
}

TEST_F(BbrDraft, AMarkIsALoss)
{
	round(10 * SMSS);
	ack.flight_before = 20 * SMSS;
	cc.ops->on_ecn(&cc, &ack);
	rs.flight = 3 * BDP;
	round(20 * SMSS);
	EXPECT_EQ(q->state, PLN_BBR_DRAIN);
	EXPECT_LT(q->inflight_longterm, PLN_BBR_INFINITY);
}

TEST_F(BbrDraft, WhatComesInABunchIsAllowedForInTheWindow)
{
	find_path_and_cruise();
	rounds(20, BDP);
	uint32_t before = cc.cwnd;
	now -= RTT / 2;
	round(BDP);
	rounds(1, BDP);
	EXPECT_GT(cc.cwnd, before);
	EXPECT_LE(cc.cwnd, before + BDP);
}

TEST_F(BbrDraft, NoSampleAndNoPathDoHarm)
{
	for (uint32_t bytes : { 1U, UINT32_MAX / 2, 0U, 1000U }) {
		for (uint64_t rtt : { uint64_t{ 1 }, 70000 * MS, RTT }) {
			round(bytes, rtt);
			EXPECT_GE(cc.cwnd, 4 * SMSS);
			EXPECT_LE(cc.cwnd, PLN_CC_CWND_MAX);
			EXPECT_GT(cc.pacing_rate, 0U);
			lose(1, SMSS, SMSS, 0);
			lose(1, SMSS, 0, UINT32_MAX);
		}
	}
	rs.has_data = false;
	rs.ns = 0;
	cc.ops->on_rate(&cc, &ack, &rs);
	EXPECT_GE(cc.cwnd, 4 * SMSS);
}

TEST_F(BbrDraft, TakesOverFromAnotherAlgorithmAndGivesBack)
{
	struct pln_cc other = {};

	pln_cc_init(&other, pln_cc_find("cubic"), 10 * SMSS);
	other.cwnd = 50 * SMSS;
	pln_cc_change(&other, pln_cc_find("bbr"));
	EXPECT_EQ(other.cwnd, 50 * SMSS);
	EXPECT_TRUE(pln_cc_models(&other));
	other.pacing_rate = 1000;
	other.holds_back = true;
	pln_cc_change(&other, pln_cc_find("cubic"));
	EXPECT_EQ(other.pacing_rate, 0U);
	EXPECT_FALSE(other.holds_back);
	EXPECT_FALSE(pln_cc_models(&other));
}

} // namespace
