/* SPDX-License-Identifier: BSD-3-Clause */
/* NewReno: slow start, congestion avoidance by bytes, and the answers to loss. */
#include <gtest/gtest.h>

#include "tcp/cc/cc.h"

namespace
{

constexpr uint32_t SMSS = 1000;

struct pln_cc
newreno(uint32_t cwnd, uint32_t ssthresh)
{
	struct pln_cc cc;

	pln_cc_init(&cc, &pln_newreno_ops, 10 * SMSS);
	cc.cwnd = cwnd;
	cc.ssthresh = ssthresh;
	return cc;
}

struct pln_ack
acked(uint32_t bytes)
{
	struct pln_ack ack = {};

	ack.acked_bytes = bytes;
	ack.smss = SMSS;
	return ack;
}

void
on_ack(struct pln_cc *cc, uint32_t bytes)
{
	struct pln_ack ack = acked(bytes);

	cc->ops->on_ack(cc, &ack);
}

/* One round trip: the whole window is acknowledged, `step` bytes an ACK. */
void
round_trip(struct pln_cc *cc, uint32_t step)
{
	uint32_t left = cc->cwnd;

	while (left > 0) {
		uint32_t n = left < step ? left : step;

		on_ack(cc, n);
		left -= n;
	}
}

void
on_loss(struct pln_cc *cc, uint32_t flight)
{
	struct pln_ack ack = acked(0);

	ack.flight_before = flight;
	cc->ops->on_loss(cc, &ack);
}

void
on_recovered(struct pln_cc *cc, uint32_t flight)
{
	struct pln_ack ack = acked(SMSS);

	ack.flight = flight;
	cc->ops->on_recovered(cc, &ack);
}

} // namespace

TEST(NewrenoRfc5681, SlowStartGrowsByBytesUpToOneSegmentAnAck)
{
	struct pln_cc cc = newreno(10 * SMSS, UINT32_MAX);

	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, 2 * SMSS);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
	on_ack(&cc, 1);
	EXPECT_EQ(cc.cwnd, 12 * SMSS + 1);
	on_ack(&cc, 0);
	EXPECT_EQ(cc.cwnd, 12 * SMSS + 1);
}

TEST(NewrenoRfc5681, SlowStartDoublesEachRoundTrip)
{
	struct pln_cc cc = newreno(2 * SMSS, UINT32_MAX);

	for (uint32_t segs : { 4, 8, 16, 32 }) {
		round_trip(&cc, SMSS);
		EXPECT_EQ(cc.cwnd, segs * SMSS);
	}
}

TEST(NewrenoRfc5681, SplitAcksDoNotInflateSlowStart)
{
	struct pln_cc cc = newreno(10 * SMSS, UINT32_MAX);

	for (int i = 0; i < 100; i++)
		on_ack(&cc, SMSS / 100);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
}

TEST(NewrenoRfc5681, AvoidanceBeginsAtTheThreshold)
{
	struct pln_cc cc = newreno(9 * SMSS, 10 * SMSS);

	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
}

TEST(NewrenoRfc3465, AvoidanceGrowsOneSegmentForEachWindowOfBytes)
{
	struct pln_cc cc = newreno(10 * SMSS, 10 * SMSS);

	for (int i = 0; i < 9; i++)
		on_ack(&cc, SMSS);
	on_ack(&cc, SMSS - 1);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
	on_ack(&cc, 1);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, 11 * SMSS - 1);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, 1);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
}

TEST(NewrenoRfc3465, AvoidanceIsTheSameForSplitAndDelayedAcks)
{
	for (uint32_t step : { 1U, SMSS / 7, SMSS, 2 * SMSS, 5 * SMSS }) {
		struct pln_cc cc = newreno(20 * SMSS, 20 * SMSS);

		for (int i = 0; i < 10; i++)
			round_trip(&cc, step);
		EXPECT_EQ(cc.cwnd, 30 * SMSS) << step;
	}
}

TEST(NewrenoRfc3465, OneHugeAckIsWorthOneSegment)
{
	struct pln_cc cc = newreno(10 * SMSS, 10 * SMSS);

	on_ack(&cc, 100 * SMSS);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, SMSS + 1);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
}

TEST(NewrenoRfc3465, BytesOfSlowStartDoNotCountForAvoidance)
{
	struct pln_cc cc = newreno(9 * SMSS, 10 * SMSS);

	on_ack(&cc, SMSS);
	on_ack(&cc, 10 * SMSS - 1);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
	on_ack(&cc, 1);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
}

TEST(NewrenoRfc7661, WindowThatWasNotFilledDoesNotGrow)
{
	struct pln_cc slow = newreno(10 * SMSS, UINT32_MAX), avoid = newreno(10 * SMSS, 10 * SMSS);
	struct pln_ack ack = acked(SMSS);

	ack.app_limited = true;
	for (int i = 0; i < 100; i++) {
		slow.ops->on_ack(&slow, &ack);
		avoid.ops->on_ack(&avoid, &ack);
	}
	EXPECT_EQ(slow.cwnd, 10 * SMSS);
	EXPECT_EQ(avoid.cwnd, 10 * SMSS);
}

TEST(NewrenoRfc5681, LossHalvesTheFlightNotTheWindow)
{
	struct pln_cc cc = newreno(100 * SMSS, UINT32_MAX);

	on_loss(&cc, 20 * SMSS);
	EXPECT_EQ(cc.ssthresh, 10 * SMSS);
	EXPECT_EQ(cc.cwnd, 13 * SMSS);
}

TEST(NewrenoRfc5681, ThresholdIsAtLeastTwoSegments)
{
	struct pln_cc cc = newreno(4 * SMSS, UINT32_MAX);

	on_loss(&cc, 3 * SMSS);
	EXPECT_EQ(cc.ssthresh, 2 * SMSS);
	EXPECT_EQ(cc.cwnd, 5 * SMSS);
	cc.ops->on_rto(&cc, 0, SMSS, true);
	EXPECT_EQ(cc.ssthresh, 2 * SMSS);
}

TEST(NewrenoRfc5681, TimeoutLeavesOneSegmentAndHalvesTheFlight)
{
	struct pln_cc cc = newreno(40 * SMSS, UINT32_MAX);

	cc.ops->on_rto(&cc, 30 * SMSS, SMSS, true);
	EXPECT_EQ(cc.cwnd, SMSS);
	EXPECT_EQ(cc.ssthresh, 15 * SMSS);
}

TEST(NewrenoRfc5681, TimeoutOfTheSameDataHoldsTheThreshold)
{
	struct pln_cc cc = newreno(40 * SMSS, UINT32_MAX);

	cc.ops->on_rto(&cc, 30 * SMSS, SMSS, true);
	cc.ops->on_rto(&cc, SMSS, SMSS, false);
	EXPECT_EQ(cc.cwnd, SMSS);
	EXPECT_EQ(cc.ssthresh, 15 * SMSS);
}

TEST(NewrenoRfc5681, SlowStartRunsUpToTheThresholdAfterATimeout)
{
	struct pln_cc cc = newreno(16 * SMSS, UINT32_MAX);

	cc.ops->on_rto(&cc, 16 * SMSS, SMSS, true);
	for (uint32_t segs : { 2, 4, 8, 9, 10 }) {
		round_trip(&cc, SMSS);
		EXPECT_EQ(cc.cwnd, segs * SMSS);
	}
}

TEST(NewrenoRfc6582, RecoveryEndsAtTheThreshold)
{
	struct pln_cc cc = newreno(40 * SMSS, 10 * SMSS);

	on_recovered(&cc, 30 * SMSS);
	EXPECT_EQ(cc.cwnd, 10 * SMSS);
	EXPECT_EQ(cc.ssthresh, 10 * SMSS);
}

TEST(NewrenoRfc6582, RecoveryEndsWithoutABurst)
{
	struct pln_cc cc = newreno(40 * SMSS, 10 * SMSS);

	on_recovered(&cc, 4 * SMSS);
	EXPECT_EQ(cc.cwnd, 5 * SMSS);
	on_recovered(&cc, 0);
	EXPECT_EQ(cc.cwnd, 2 * SMSS);
}

TEST(NewrenoRfc5681, LossAndTimeoutForgetBytesCounted)
{
	struct pln_cc lost = newreno(10 * SMSS, 10 * SMSS), timed_out = lost, recovered = lost;

	for (struct pln_cc *cc : { &lost, &timed_out, &recovered })
		on_ack(cc, 10 * SMSS - 1);
	on_loss(&lost, 20 * SMSS);
	timed_out.ops->on_rto(&timed_out, SMSS, SMSS, false);
	on_recovered(&recovered, 20 * SMSS);

	for (struct pln_cc *cc : { &lost, &timed_out, &recovered }) {
		cc->cwnd = cc->ssthresh = 10 * SMSS;
		on_ack(cc, SMSS);
		EXPECT_EQ(cc->cwnd, 10 * SMSS);
	}
}

TEST(NewrenoRfc5681, WindowThatShrankGrowsByOneSegmentOnly)
{
	struct pln_cc cc = newreno(100 * SMSS, 5 * SMSS);

	on_ack(&cc, 100 * SMSS - 1);
	cc.cwnd = 10 * SMSS;
	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 11 * SMSS);
	on_ack(&cc, SMSS);
	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
	on_ack(&cc, SMSS);
	EXPECT_EQ(cc.cwnd, 12 * SMSS);
}

TEST(NewrenoRfc5681, GrowthStopsAtTheLargestWindow)
{
	struct pln_cc slow = newreno(PLN_CC_CWND_MAX, UINT32_MAX),
		      avoid = newreno(PLN_CC_CWND_MAX, 1);

	on_ack(&slow, SMSS);
	on_ack(&avoid, PLN_CC_CWND_MAX);
	EXPECT_EQ(slow.cwnd, PLN_CC_CWND_MAX);
	EXPECT_EQ(avoid.cwnd, PLN_CC_CWND_MAX);
}
