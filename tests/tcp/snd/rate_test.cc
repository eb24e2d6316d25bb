/* SPDX-License-Identifier: BSD-3-Clause */
/* Delivery-rate samples (draft-ietf-ccwg-bbr-06 §4.1): a scoreboard of segments of 100 bytes. */
#include "tcp/snd/rate.h"

#include <gtest/gtest.h>

#include "board.h"

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS, BEGIN = 5000 * MS;

class RateDraftBbr : public testing::Test
{
      protected:
	Board board;
	struct pln_rate rate = {};
	struct pln_rate_sample rs = {};
	bool by_sack = true;
	uint64_t min_rtt = 10 * MS;

	void
	send(unsigned int n, uint64_t at)
	{
		for (unsigned int i = 0; i < n; i++) {
			board.send(1, at);
			const struct pln_rate_tx tx = { at, board.pipe(), 100 };
			pln_rate_sent(&rate, &board.b, &tx);
		}
	}

	void
	again(uint32_t start, uint64_t at)
	{
		board.again(start, at);
		const struct pln_rate_tx tx = { at, board.pipe(), 100 };
		pln_rate_resent(&rate, &board.b, &tx, start + 100);
	}

	void
	take(uint64_t at, uint32_t dup_bytes = 0)
	{
		const struct pln_rate_ack ack = { at,      min_rtt,   board.got.bytes,
			                          by_sack, dup_bytes, board.sent - board.una };

		pln_rate_ack(&rate, &board.got, &ack, &rs);
		rs.lost = pln_rate_lost_since(board.got.flags, board.got.lost_before,
		                              board.b.lost_ever);
	}

	void
	ack(uint32_t to, uint64_t at)
	{
		board.got = {};
		board.got.resent_before = at;
		board.ack(to);
		take(at);
	}

	void
	sack(uint32_t start, uint32_t end, uint64_t at)
	{
		board.got = {};
		board.got.resent_before = at;
		board.sack(start, end);
		take(at);
	}
};

TEST(RatePack, IsExactWhenSmallAndATenthOfAPercentTooSmallElse)
{
	for (uint64_t n = 0; n < 2048; n++)
		EXPECT_EQ(pln_rate_unpack(pln_rate_pack(n)), n);
	for (uint64_t n = 2048; n < UINT64_C(1) << 42; n += n / 7 + 1) {
		uint64_t back = pln_rate_unpack(pln_rate_pack(n));
		EXPECT_LE(back, n);
		EXPECT_GE(back, n - n / 1024) << n;
	}
	EXPECT_EQ(pln_rate_pack(UINT64_MAX), UINT16_MAX);
}

TEST_F(RateDraftBbr, ASampleIsWhatWasDeliveredSinceTheAckBeforeItWasSent)
{
	send(10, BEGIN);
	ack(200, BEGIN + 20 * MS);
	send(2, BEGIN + 21 * MS);
	ack(1000, BEGIN + 30 * MS);
	ack(1200, BEGIN + 41 * MS);
	/* Since the ACK at 20 ms: 800 of the first flight, 200 of its own. */
	EXPECT_EQ(rs.delivered, 1000U);
	EXPECT_NEAR(static_cast<double>(rs.ns), 21e6, 21e3);
	EXPECT_EQ(rs.rtt_ns, 20 * MS);
	EXPECT_EQ(rs.prior_delivered, 200U);
	EXPECT_EQ(rs.in_flight, 1000U);
	EXPECT_FALSE(rs.app_limited);
	EXPECT_NEAR(static_cast<double>(pln_rate_told(&rate)), 1000 / 0.021, 100);
}

TEST_F(RateDraftBbr, WhatTookLongerToSendThanToBeAcknowledgedIsAsFastAsItWasSent)
{
	send(1, BEGIN);
	send(1, BEGIN + 10 * MS);
	send(1, BEGIN + 40 * MS);
	ack(100, BEGIN + 50 * MS);
	ack(300, BEGIN + 51 * MS);
	EXPECT_EQ(rs.delivered, 300U);
	EXPECT_NEAR(static_cast<double>(rs.ns), 51e6, 51e3);
	send(1, BEGIN + 52 * MS);
	send(1, BEGIN + 90 * MS);
	ack(400, BEGIN + 100 * MS);
	ack(500, BEGIN + 100 * MS);
	EXPECT_EQ(rs.delivered, 200U);
	EXPECT_NEAR(static_cast<double>(rs.ns), 48e6, 48e3);
}

TEST_F(RateDraftBbr, AFlightAfterSilenceBeginsWhenItIsSent)
{
	send(2, BEGIN);
	ack(200, BEGIN + 20 * MS);
	send(2, BEGIN + 900 * MS);
	ack(400, BEGIN + 920 * MS);
	EXPECT_EQ(rs.delivered, 200U);
	EXPECT_EQ(rs.ns, 20 * MS);
}

TEST_F(RateDraftBbr, SamplesAreMarkedUntilTheBubbleIsOut)
{
	send(2, BEGIN);
	pln_rate_app_limited(&rate, 200);
	send(2, BEGIN + 5 * MS);
	ack(200, BEGIN + 20 * MS);
	EXPECT_FALSE(rs.app_limited) << "sent before there was a bubble";
	send(2, BEGIN + 21 * MS);
	ack(400, BEGIN + 25 * MS);
	EXPECT_TRUE(rs.app_limited);
	send(2, BEGIN + 26 * MS);
	ack(600, BEGIN + 41 * MS);
	EXPECT_TRUE(rs.app_limited) << "sent while it was in the pipe";
	ack(800, BEGIN + 46 * MS);
	EXPECT_FALSE(rs.app_limited);
}

TEST_F(RateDraftBbr, ALowerSampleOfTheApplicationIsNotTold)
{
	send(10, BEGIN);
	ack(1000, BEGIN + 20 * MS);
	pln_rate_app_limited(&rate, 0);
	send(1, BEGIN + 30 * MS);
	ack(1100, BEGIN + 50 * MS);
	EXPECT_TRUE(rs.app_limited);
	EXPECT_EQ(pln_rate_told(&rate), 50000U);
	EXPECT_FALSE(rate.told_app_limited);
	pln_rate_app_limited(&rate, 0);
	send(20, BEGIN + 60 * MS);
	ack(3100, BEGIN + 80 * MS);
	EXPECT_EQ(pln_rate_told(&rate), 100000U);
	EXPECT_TRUE(rate.told_app_limited);
}

TEST_F(RateDraftBbr, ShorterThanAnyRoundTripIsNoRate)
{
	send(2, BEGIN);
	ack(200, BEGIN + 9 * MS);
	EXPECT_TRUE(rs.has_data);
	EXPECT_EQ(rs.ns, 0U);
	EXPECT_EQ(pln_rate_told(&rate), 0U);
}

TEST_F(RateDraftBbr, WhatWasSentAgainCountsFromThen)
{
	send(4, BEGIN);
	sack(100, 400, BEGIN + 20 * MS);
	EXPECT_EQ(rs.delivered, 300U);
	board.lose(0);
	again(0, BEGIN + 21 * MS);
	ack(400, BEGIN + 41 * MS);
	EXPECT_EQ(rs.delivered, 100U);
	EXPECT_EQ(rs.prior_delivered, 300U);
	EXPECT_NEAR(static_cast<double>(rs.ns), 20e6, 20e3) << "nothing else was in flight";
}

TEST_F(RateDraftBbr, LossesSinceTheTransmission)
{
	send(4, BEGIN);
	board.lose(0);
	again(0, BEGIN + 10 * MS);
	sack(300, 400, BEGIN + 20 * MS);
	EXPECT_EQ(rs.lost, 100U) << "sent before it";
	ack(100, BEGIN + 30 * MS);
	EXPECT_EQ(rs.lost, 0U) << "sent behind it";
	EXPECT_EQ(rs.in_flight, 400U);
}

TEST_F(RateDraftBbr, OfWhatWasLostAndFoundNobodyKnows)
{
	send(4, BEGIN);
	board.lose(0);
	pln_scoreboard_find(&board.b);
	board.lose(100);
	ack(100, BEGIN + 30 * MS);
	EXPECT_EQ(rs.lost, 0U);
	EXPECT_EQ(rs.delivered, 100U);
}

TEST_F(RateDraftBbr, ADuplicateAckStandsForASegmentWithoutSack)
{
	by_sack = false;
	send(5, BEGIN);
	board.got = {};
	take(BEGIN + 20 * MS, 100);
	take(BEGIN + 21 * MS, 100);
	EXPECT_EQ(rate.delivered, 200U);
	EXPECT_EQ(rs.newly_acked, 100U);
	ack(300, BEGIN + 40 * MS);
	EXPECT_EQ(rate.delivered, 300U);
	EXPECT_EQ(rs.newly_acked, 100U);
	ack(500, BEGIN + 60 * MS);
	EXPECT_EQ(rate.delivered, 500U);
}

TEST_F(RateDraftBbr, DuplicateAcksStandForNoMoreThanIsOutstanding)
{
	by_sack = false;
	send(3, BEGIN);
	board.got = {};
	for (unsigned int i = 0; i < 20; i++)
		take(BEGIN + 20 * MS, 100);
	EXPECT_EQ(rate.delivered, 200U) << "what is missing is one of them";
	ack(300, BEGIN + 40 * MS);
	EXPECT_EQ(rate.delivered, 300U);
	EXPECT_EQ(rate.by_dups, 0U);
}

TEST_F(RateDraftBbr, CountsWrap)
{
	rate.delivered = UINT32_MAX - 150;
	send(3, BEGIN);
	pln_rate_app_limited(&rate, 300);
	ack(300, BEGIN + 20 * MS);
	EXPECT_EQ(rs.delivered, 300U);
	EXPECT_TRUE(rate.bubble);
	send(1, BEGIN + 21 * MS);
	ack(400, BEGIN + 41 * MS);
	EXPECT_FALSE(rate.bubble);
	EXPECT_TRUE(rs.app_limited);
}

} // namespace
