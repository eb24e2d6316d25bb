/* SPDX-License-Identifier: BSD-3-Clause */
/* Window validation: what a round trip acknowledged, held against the window; five minutes; losses of a window that was not used. */
#include "tcp/cc/validate.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t SMSS = 1000, FIRST = UINT32_MAX - 4000; /* around the wrap */
constexpr uint64_t RTT = 50 * PLN_NS_PER_MS, FIVE_MINUTES = 300 * PLN_NS_PER_S;

class ValidateRfc7661 : public ::testing::Test
{
      protected:
	ValidateRfc7661()
	{
		pln_cc_init(&cc_, &pln_newreno_ops, 10 * SMSS);
		v_.on = true;
		pln_validate_begin(&v_, FIRST);
	}

	void
	ack(uint32_t upto)
	{
		struct pln_ack a = {};

		a.now = now_;
		a.srtt_ns = RTT;
		a.smss = SMSS;
		a.acked_bytes = upto - una_;
		a.seq = una_ = upto;
		a.nxt = nxt_;
		pln_validate_ack(&v_, &cc_, &a);
	}

	/* So many segments go at once, and are acknowledged two by two a round trip later. */
	void
	round_trip(uint32_t segs)
	{
		uint32_t end = una_ + segs * SMSS;

		nxt_ = end;
		now_ += RTT;
		while (una_ != end)
			ack(una_ + (end - una_ > 2 * SMSS ? 2 * SMSS : end - una_));
	}

	uint32_t
	loss(uint32_t flight, uint32_t resent)
	{
		return pln_validate_loss(&v_, &cc_, flight, resent);
	}

	void
	recovered(uint32_t resent)
	{
		struct pln_ack a = {};

		a.seq = una_;
		a.smss = SMSS;
		pln_validate_recovered(&v_, &cc_, &a, resent);
	}

	bool
	limited() const
	{
		return v_.since_ns != 0;
	}

	struct pln_cc cc_ = {};
	struct pln_validate v_ = {};
	uint64_t now_ = PLN_NS_PER_S;
	uint32_t una_ = FIRST, nxt_ = FIRST;
};

} // namespace

TEST_F(ValidateRfc7661, UndefinedAtFirstAndAfterARecovery)
{
	EXPECT_FALSE(limited());
	EXPECT_EQ(pln_validate_pipe(&v_), 0U);
	round_trip(1);
	ASSERT_TRUE(limited());
	recovered(0);
	EXPECT_FALSE(limited());
	EXPECT_EQ(pln_validate_pipe(&v_), 0U);
}

TEST_F(ValidateRfc7661, SampleIsWhatARoundTripAcknowledged)
{
	round_trip(7);
	EXPECT_EQ(pln_validate_pipe(&v_), 7 * SMSS);
	round_trip(9);
	EXPECT_EQ(pln_validate_pipe(&v_), 9 * SMSS);
	round_trip(3);
	EXPECT_EQ(pln_validate_pipe(&v_), 9 * SMSS) << "the most counts";
}

TEST_F(ValidateRfc7661, FlightWithoutEndIsMeasuredRoundByRound)
{
	nxt_ = FIRST + 10 * SMSS;
	for (uint32_t i = 2; i <= 40; i += 2) {
		now_ += RTT / 5;
		ack(FIRST + i * SMSS);
		nxt_ = una_ + 10 * SMSS;
		EXPECT_LE(pln_validate_pipe(&v_), 10 * SMSS);
	}
	EXPECT_EQ(pln_validate_pipe(&v_), 10 * SMSS);
	EXPECT_FALSE(limited());
}

TEST_F(ValidateRfc7661, SampleIsForgottenAfterTheSamplingPeriod)
{
	round_trip(9);
	for (uint64_t end = now_ + PLN_NS_PER_S / 2 - RTT; now_ < end;)
		round_trip(1);
	EXPECT_EQ(pln_validate_pipe(&v_), 9 * SMSS) << "half a period later";
	for (uint64_t end = now_ + PLN_NS_PER_S; now_ < end;)
		round_trip(1);
	EXPECT_EQ(pln_validate_pipe(&v_), SMSS);
}

TEST_F(ValidateRfc7661, LessThanHalfOfTheWindowIsNotValidated)
{
	round_trip(4);
	EXPECT_TRUE(limited());
}

TEST_F(ValidateRfc7661, HalfOfTheWindowValidatesIt)
{
	round_trip(4);
	round_trip(5);
	EXPECT_FALSE(limited());
}

/* In slow start the window doubles while what filled it is on its way: that is no window left unused. */
TEST_F(ValidateRfc7661, SampleIsHeldAgainstTheWindowUnderWhichItWasSent)
{
	nxt_ = FIRST + 10 * SMSS;
	for (int round = 0; round < 5; round++) {
		uint32_t end = nxt_;

		now_ += RTT;
		while (una_ != end) {
			ack(una_ + SMSS);
			EXPECT_FALSE(limited()) << "round " << round;
			cc_.cwnd += SMSS;
			nxt_ += 2 * SMSS;
		}
	}
}

TEST_F(ValidateRfc7661, FiveMinutesHalveTheWindow)
{
	cc_.cwnd = 100 * SMSS;
	cc_.ssthresh = 20 * SMSS;
	for (uint64_t end = now_ + FIVE_MINUTES - PLN_NS_PER_S; now_ < end; now_ += PLN_NS_PER_S)
		round_trip(2);
	EXPECT_EQ(cc_.cwnd, 100 * SMSS) << "it is kept until then";
	now_ += 2 * PLN_NS_PER_S;
	round_trip(2);
	EXPECT_EQ(cc_.cwnd, 50 * SMSS);
	EXPECT_EQ(cc_.ssthresh, 75 * SMSS);
	now_ += FIVE_MINUTES;
	round_trip(2);
	EXPECT_EQ(cc_.cwnd, 25 * SMSS);
	for (int i = 0; i < 10; i++) {
		now_ += FIVE_MINUTES;
		round_trip(2);
	}
	EXPECT_EQ(cc_.cwnd, 10 * SMSS) << "never below the initial window";
	EXPECT_EQ(cc_.ssthresh, 75 * SMSS);
}

TEST_F(ValidateRfc7661, IdleCountsToo)
{
	cc_.cwnd = 100 * SMSS;
	round_trip(90);
	uint64_t since = now_;
	pln_validate_idle(&v_, &cc_, since, since + PLN_NS_PER_S / 2);
	EXPECT_FALSE(limited());
	pln_validate_idle(&v_, &cc_, since, since + 2 * PLN_NS_PER_S);
	EXPECT_TRUE(limited());
	EXPECT_EQ(cc_.cwnd, 100 * SMSS);
	pln_validate_idle(&v_, &cc_, since, since + 2 * FIVE_MINUTES + 2 * PLN_NS_PER_S);
	EXPECT_EQ(cc_.cwnd, 25 * SMSS);
	pln_validate_idle(&v_, &cc_, since, UINT64_MAX / 2);
	EXPECT_EQ(cc_.cwnd, 10 * SMSS);
}

TEST_F(ValidateRfc7661, LossLeavesHalfOfWhatWasUsed)
{
	cc_.cwnd = 100 * SMSS;
	round_trip(20);
	ASSERT_TRUE(limited());
	EXPECT_EQ(loss(4 * SMSS, 50), 20 * SMSS) << "pipeACK, for it is more than the flight";
	cc_.cwnd = 14 * SMSS;
	recovered(50 + 2 * SMSS);
	EXPECT_EQ(cc_.cwnd, 9 * SMSS) << "(20 - 2) / 2";
}

TEST_F(ValidateRfc7661, LossLeavesASegmentAtLeast)
{
	cc_.cwnd = 100 * SMSS;
	round_trip(1);
	EXPECT_EQ(loss(3 * SMSS, 0), 3 * SMSS) << "the flight, for it is more than pipeACK";
	cc_.cwnd = 2 * SMSS;
	recovered(5 * SMSS);
	EXPECT_EQ(cc_.cwnd, SMSS);
}

TEST_F(ValidateRfc7661, LossOfAValidatedWindowIsTheAlgorithms)
{
	round_trip(9);
	EXPECT_EQ(loss(4 * SMSS, 0), 4 * SMSS);
	cc_.cwnd = 7 * SMSS;
	recovered(3 * SMSS);
	EXPECT_EQ(cc_.cwnd, 7 * SMSS);
}

TEST_F(ValidateRfc7661, WindowsThatProveNothingAreLeftAlone)
{
	struct pln_cc_ops model = pln_newreno_ops;

	model.validates = false;
	cc_.ops = &model;
	cc_.cwnd = 100 * SMSS;
	round_trip(2);
	now_ += 10 * FIVE_MINUTES;
	round_trip(2);
	pln_validate_idle(&v_, &cc_, now_, now_ + 10 * FIVE_MINUTES);
	EXPECT_EQ(cc_.cwnd, 100 * SMSS);
	EXPECT_EQ(loss(SMSS, 0), SMSS);
}

TEST_F(ValidateRfc7661, SwitchedOffNothingIsMeasured)
{
	v_.on = false;
	round_trip(1);
	pln_validate_idle(&v_, &cc_, now_, now_ + FIVE_MINUTES);
	EXPECT_FALSE(limited());
	EXPECT_EQ(pln_validate_pipe(&v_), 0U);
}
