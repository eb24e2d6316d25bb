/* SPDX-License-Identifier: BSD-3-Clause */
/* DCTCP: alpha by bytes and windows, what marks take from the window, NewReno in everything else. */
#include <gtest/gtest.h>

#include "tcp/cc/cc.h"

namespace
{

constexpr uint32_t SMSS = 1000, FIRST = UINT32_MAX - 30000;

class DctcpRfc8257 : public ::testing::Test
{
      protected:
	DctcpRfc8257()
	{
		pln_cc_init(&cc_, pln_cc_find("dctcp"), 10 * SMSS);
		cc_.ssthresh = cc_.cwnd = 100 * SMSS;
	}

	struct pln_ack
	ack(uint32_t bytes, bool ece)
	{
		struct pln_ack a = {};

		a.acked_bytes = bytes;
		a.smss = SMSS;
		a.seq = seq_ += bytes;
		a.nxt = seq_ + 100 * SMSS;
		a.flight_before = 100 * SMSS;
		a.ece = ece;
		return a;
	}

	/* A window of a hundred segments is acknowledged, the first `marked` of them as marked. */
	void
	window(uint32_t marked)
	{
		for (uint32_t i = 0; i < 100; i++) {
			struct pln_ack a = ack(SMSS, i < marked);

			cc_.ops->on_marks(&cc_, &a);
		}
	}

	/* What a mark leaves of a window of 100 segments, in segments. */
	double
	left()
	{
		struct pln_cc cc = cc_;
		struct pln_ack a = ack(0, true);

		cc.cwnd = 100 * SMSS;
		cc.ops->on_ecn(&cc, &a);
		EXPECT_EQ(cc.ssthresh, cc.cwnd);
		return cc.cwnd / 1000.0;
	}

	double
	alpha()
	{
		return (100 - left()) / 50;
	}

	struct pln_cc cc_ = {};
	uint32_t seq_ = FIRST;
};

} // namespace

TEST_F(DctcpRfc8257, FirstMarkHalvesTheWindow)
{
	EXPECT_NEAR(left(), 50, 0.01);
}

/* g is 1/16. A window is over with the first ACK of more than what was sent when it began. */
TEST_F(DctcpRfc8257, AlphaIsAMovingAverageOfTheBytesMarkedInAWindow)
{
	struct pln_ack first = ack(SMSS, true), part, rest, next;
	double expected = 1;

	first.nxt = seq_ + 100 * SMSS;
	cc_.ops->on_marks(&cc_, &first);
	for (uint32_t marked : { 0U, 30U, 30U, 100U, 0U, 7U }) {
		part = ack(marked * SMSS, true);
		rest = ack((100 - marked) * SMSS, false);
		cc_.ops->on_marks(&cc_, &part);
		cc_.ops->on_marks(&cc_, &rest);
		EXPECT_NEAR(alpha(), expected, 0.0005) << "all of the window, and no more";
		next = ack(1, false);
		next.nxt = seq_ + 100 * SMSS;
		cc_.ops->on_marks(&cc_, &next);
		expected = expected * 15 / 16 + marked / 100.0 / 16;
		EXPECT_NEAR(alpha(), expected, 0.0005) << marked << " of 100";
	}
}

TEST_F(DctcpRfc8257, WithoutMarksAlphaGoesToNothing)
{
	for (int i = 0; i < 400; i++)
		window(0);
	EXPECT_NEAR(alpha(), 0, 0.001);
	EXPECT_NEAR(left(), 100, 0.01);
}

TEST_F(DctcpRfc8257, AlphaComesToThePartThatIsMarked)
{
	for (uint32_t marked : { 100U, 50U, 10U }) {
		for (int i = 0; i < 200; i++)
			window(marked);
		EXPECT_NEAR(alpha(), marked / 100.0, 0.02) << marked;
	}
}

TEST_F(DctcpRfc8257, BytesCountNotAcks)
{
	for (int i = 0; i < 200; i++) {
		struct pln_ack begin = ack(1, false), big, small;

		begin.nxt = seq_ + 100 * SMSS;
		cc_.ops->on_marks(&cc_, &begin);
		big = ack(75 * SMSS, true);
		small = ack(25 * SMSS, false);
		cc_.ops->on_marks(&cc_, &big);
		cc_.ops->on_marks(&cc_, &small);
	}
	EXPECT_NEAR(alpha(), 0.75, 0.02);
}

TEST_F(DctcpRfc8257, NoMarkLeavesLessThanTwoSegments)
{
	struct pln_ack a = ack(SMSS, true);

	cc_.cwnd = 2 * SMSS;
	cc_.ops->on_ecn(&cc_, &a);
	EXPECT_EQ(cc_.cwnd, 2 * SMSS);
}

TEST_F(DctcpRfc8257, GrowsAndLosesAsNewReno)
{
	struct pln_cc reno;
	struct pln_ack a = ack(SMSS, false);

	pln_cc_init(&reno, pln_cc_find("newreno"), 10 * SMSS);
	reno.cwnd = cc_.cwnd = 20 * SMSS;
	reno.ssthresh = cc_.ssthresh = 40 * SMSS;
	auto same = [&](const char *what) {
		EXPECT_EQ(cc_.cwnd, reno.cwnd) << what;
		EXPECT_EQ(cc_.ssthresh, reno.ssthresh) << what;
	};
	for (int i = 0; i < 200; i++) {
		cc_.ops->on_ack(&cc_, &a);
		reno.ops->on_ack(&reno, &a);
	}
	same("growth");
	cc_.ops->on_loss(&cc_, &a);
	reno.ops->on_loss(&reno, &a);
	same("loss");
	cc_.ops->on_recovered(&cc_, &a);
	reno.ops->on_recovered(&reno, &a);
	same("recovery");
	for (bool first : { true, false }) {
		cc_.ops->on_rto(&cc_, 30 * SMSS, SMSS, first);
		reno.ops->on_rto(&reno, 30 * SMSS, SMSS, first);
		same("timeout");
	}
}
