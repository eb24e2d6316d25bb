/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC: the curve, the Reno-friendly region, the answers to loss, and time that does not count. */
#include <cmath>

#include <gtest/gtest.h>

#include "tcp/cc/cc.h"

namespace
{

constexpr uint32_t SMSS = 1000;

/* A path with a fixed round-trip time; the window is always full and acknowledged a segment at a time. */
class Cubic : public ::testing::Test
{
      protected:
	Cubic()
	{
		pln_cc_init(&cc_, &pln_cubic_ops, 10 * SMSS);
	}

	struct pln_ack
	acked(uint32_t bytes)
	{
		struct pln_ack ack = {};

		ack.now = now_;
		ack.srtt_ns = rtt_;
		ack.rtt_ns = rtt_;
		ack.acked_bytes = bytes;
		ack.flight_before = cc_.cwnd;
		ack.flight = cc_.cwnd;
		ack.seq = seq_ += bytes;
		ack.smss = SMSS;
		return ack;
	}

	/* Acknowledgments of whole windows for so long, evenly over each round trip. */
	void
	run(uint64_t ns)
	{
		for (uint64_t end = now_ + ns; now_ < end;) {
			struct pln_ack ack;

			now_ += rtt_ / (cc_.cwnd / SMSS);
			ack = acked(SMSS);
			cc_.ops->on_ack(&cc_, &ack);
		}
	}

	/* Loss, and the end of its recovery a round trip later. */
	void
	lose()
	{
		struct pln_ack ack = acked(0);

		cc_.ops->on_loss(&cc_, &ack);
		now_ += rtt_;
		ack = acked(SMSS);
		ack.flight = cc_.ssthresh;
		cc_.ops->on_recovered(&cc_, &ack);
	}

	double
	segs() const
	{
		return double(cc_.cwnd) / SMSS;
	}

	struct pln_cc cc_;
	uint64_t now_ = 10 * PLN_NS_PER_S;
	uint64_t rtt_ = 100 * PLN_NS_PER_MS;
	uint32_t seq_ = 1;
};

/* W_cubic(t) of RFC 9438 §4.2, in segments, from a loss at w_max. */
double
curve(double t, double w_max)
{
	double k = std::cbrt(w_max * 0.3 / 0.4);

	return 0.4 * std::pow(t - k, 3) + w_max;
}

} // namespace

TEST_F(Cubic, FollowsTheCurveOfSection42)
{
	cc_.cwnd = 1000 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	lose();
	EXPECT_NEAR(segs(), 700, 1);
	for (int s = 1; s <= 14; s++) {
		run(PLN_NS_PER_S);
		EXPECT_NEAR(segs(), curve(s, 1000), 1000 * 0.02) << s << " s";
	}
	EXPECT_GT(segs(), 1000) << "K is 9.1 s: it is beyond by now";
}

TEST_F(Cubic, CurveStaysTrueAtTheWidestWindow)
{
	rtt_ = 200 * PLN_NS_PER_MS;
	cc_.cwnd = PLN_CC_CWND_MAX;
	cc_.ssthresh = 2 * SMSS;
	lose();
	EXPECT_NEAR(segs(), 0.7 * PLN_CC_CWND_MAX / SMSS, 2);
	for (int i = 0; i < 20; i++) {
		struct pln_ack ack;

		now_ += 50 *
		        PLN_NS_PER_S; /* an ACK of the whole window every 200 ms is what counts; this is more */
		ack = acked(cc_.cwnd);
		ack.srtt_ns = 50 * PLN_NS_PER_S;
		cc_.ops->on_ack(&cc_, &ack);
		ASSERT_LE(cc_.cwnd, PLN_CC_CWND_MAX);
		ASSERT_GE(cc_.cwnd, PLN_CC_CWND_MAX / 10 * 7 - SMSS);
	}
	EXPECT_EQ(cc_.cwnd, PLN_CC_CWND_MAX);
}

TEST_F(Cubic, NeverGrowsByMoreThanHalfInARoundTrip)
{
	cc_.cwnd = 20 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	run(rtt_);
	for (int i = 0; i < 300; i++) {
		double before = segs();

		run(rtt_);
		ASSERT_LE(segs(), before * 1.5 + 1) << "round trip " << i;
	}
	EXPECT_GT(segs(), 1000);
}

/* §4.3: with a short round trip the curve is slower than Reno, whose growth it then has: (1 - 0.7) / (1 + 0.7) * 3 a round trip. */
TEST_F(Cubic, RenoFriendlyRegionGrowsAsAFlowOfRenosShare)
{
	rtt_ = PLN_NS_PER_MS;
	cc_.cwnd = 20 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	lose();
	EXPECT_NEAR(segs(), 14, 0.1);
	run(8 * rtt_);
	EXPECT_NEAR(segs(), 14 + 8 * 9.0 / 17, 0.3);
	run(4 * rtt_);
	EXPECT_NEAR(segs(), 14 + 12 * 9.0 / 17, 0.3) << "20.35: above the window that was left";
	run(20 * rtt_);
	EXPECT_NEAR(segs(), 20 + 20, 1.5) << "from there alpha is 1";
}

TEST_F(Cubic, LossTakesThreeTenthsAndRemembersTheTop)
{
	struct pln_ack ack = acked(0);

	cc_.cwnd = 100 * SMSS;
	ack.flight_before = 90 * SMSS;
	cc_.ops->on_loss(&cc_, &ack);
	EXPECT_EQ(cc_.ssthresh, 63 * SMSS) << "of what was in flight";
	EXPECT_EQ(cc_.cwnd, 66 * SMSS) << "three segments have left the network";
	ack.flight_before = SMSS;
	cc_.ops->on_loss(&cc_, &ack);
	EXPECT_EQ(cc_.ssthresh, 2 * SMSS);
}

/* §4.7: a flow that loses before it was back at the top releases more: its next plateau is lower. */
TEST_F(Cubic, FastConvergenceLowersTheNextTop)
{
	cc_.cwnd = 1000 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	lose();
	run(2 * PLN_NS_PER_S);
	double second = segs();
	ASSERT_LT(second, 1000);
	lose();
	double top = second * 0.85, base = second * 0.7, k = std::cbrt((top - base) / 0.4);
	run(uint64_t(k * 1e9));
	EXPECT_NEAR(segs(), top, top * 0.02);
}

TEST_F(Cubic, TimeoutLeavesOneSegmentAndTheCurveBeginsFlat)
{
	cc_.cwnd = 1000 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	cc_.ops->on_rto(&cc_, 1000 * SMSS, SMSS, true);
	EXPECT_EQ(cc_.cwnd, SMSS);
	EXPECT_EQ(cc_.ssthresh, 700 * SMSS);
	cc_.ops->on_rto(&cc_, 500 * SMSS, SMSS, false);
	EXPECT_EQ(cc_.ssthresh, 700 * SMSS) << "the same data again";
	run(12 * rtt_); /* slow start: 1, 2, 4 ... */
	EXPECT_GE(segs(), 700);
	double begun = segs();
	run(2 * PLN_NS_PER_S);
	/* §4.8: K = 0, W_max = cwnd: 0.4 * 2^3 = 3.2 segments by the curve; Reno's part is larger here. */
	EXPECT_NEAR(segs(), begun + 20 * 9.0 / 17, 4);
}

TEST_F(Cubic, SlowStartAfterLossIsRenos)
{
	cc_.cwnd = 10 * SMSS;
	cc_.ssthresh = 100 * SMSS;
	struct pln_ack ack = acked(8 * SMSS);
	cc_.ops->on_ack(&cc_, &ack);
	EXPECT_EQ(cc_.cwnd, 11 * SMSS) << "RFC 5681: min (N, SMSS)";
}

TEST_F(Cubic, FirstSlowStartEndsWhenRoundTripsGrow)
{
	for (int i = 0; i < 3; i++)
		run(rtt_);
	EXPECT_EQ(cc_.ssthresh, UINT32_MAX);
	double before = segs();
	rtt_ += 20 * PLN_NS_PER_MS;
	for (int i = 0; i < 10 && cc_.ssthresh == UINT32_MAX; i++)
		run(rtt_);
	EXPECT_LT(cc_.ssthresh, UINT32_MAX);
	/* Acknowledged evenly, a window grows by e in a round trip; by e to the quarter in five of the six that this takes. */
	EXPECT_LT(segs(), before * std::exp(1 + 5.0 / 4));
	EXPECT_GT(segs(), before * std::exp(5.0 / 4) * 0.9);
}

/* §5.8 */
TEST_F(Cubic, TimeOfAnIdleApplicationDoesNotCount)
{
	cc_.cwnd = 1000 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	lose();
	run(2 * PLN_NS_PER_S);
	double before = segs();
	for (int i = 0; i < 1000; i++) {
		now_ += 100 * PLN_NS_PER_MS;
		struct pln_ack ack = acked(SMSS);
		ack.app_limited = true;
		cc_.ops->on_ack(&cc_, &ack);
	}
	EXPECT_EQ(segs(), before) << "a window that is not filled does not grow";
	now_ += 100 * PLN_NS_PER_S; /* nothing at all */
	run(PLN_NS_PER_S);
	EXPECT_NEAR(segs(), curve(3, 1000), 1000 * 0.02);
}

TEST_F(Cubic, IdleBeforeTheCurveHasBegunDoesNotBeginIt)
{
	cc_.cwnd = 1000 * SMSS;
	cc_.ssthresh = 2 * SMSS;
	lose();
	now_ += 100 * PLN_NS_PER_MS;
	struct pln_ack ack = acked(SMSS);
	ack.app_limited = true;
	cc_.ops->on_ack(&cc_, &ack);
	run(PLN_NS_PER_S);
	EXPECT_NEAR(segs(), curve(1, 1000), 1000 * 0.02);
}

TEST_F(Cubic, NoWindowAndNoTimeDoHarm)
{
	struct pln_ack ack = acked(SMSS);

	cc_.cwnd = 0;
	cc_.ssthresh = 0;
	cc_.ops->on_ack(&cc_, &ack);
	cc_.cwnd = SMSS;
	now_ = ack.now = 0;
	cc_.ops->on_ack(&cc_, &ack);
	ack.now = UINT64_MAX / 2;
	ack.acked_bytes = UINT32_MAX / 2;
	cc_.ops->on_ack(&cc_, &ack);
	EXPECT_LE(cc_.cwnd, PLN_CC_CWND_MAX);
	EXPECT_GE(cc_.cwnd, SMSS);
}
