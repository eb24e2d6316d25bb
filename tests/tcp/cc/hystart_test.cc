/* SPDX-License-Identifier: BSD-3-Clause */
/* HyStart++: rounds, the threshold, conservative slow start, and jitter that is not mistaken for a queue. */
#include "tcp/cc/hystart.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t SMSS = 1000;
constexpr uint32_t FLIGHT = 20 * SMSS;

class Hystart : public ::testing::Test
{
      protected:
	Hystart()
	{
		pln_hystart_init(&h_);
	}

	/* One ACK of a segment, with a sample. Returns the growth. */
	uint32_t
	ack(uint64_t rtt_us, uint32_t bytes = SMSS)
	{
		struct pln_ack a = {};

		seq_ += bytes;
		a.seq = seq_;
		a.acked_bytes = bytes;
		a.flight = FLIGHT;
		a.smss = SMSS;
		a.rtt_ns = rtt_us * PLN_NS_PER_US;
		return pln_hystart_on_ack(&h_, &a, &over_);
	}

	/* A round: twenty segments. */
	void
	round(uint64_t rtt_us)
	{
		for (uint32_t i = 0; i < FLIGHT / SMSS; i++)
			grown_ = ack(rtt_us);
	}

	struct pln_hystart h_;
	uint32_t seq_ = 0xffffff00; /* rounds pass the wrap */
	uint32_t grown_ = 0;
	bool over_ = false;
};

} // namespace

TEST_F(Hystart, GrowsByWhatIsAcknowledgedUpToEightSegmentsAnAck)
{
	EXPECT_EQ(ack(10000), SMSS);
	EXPECT_EQ(ack(10000, 300), 300U);
	EXPECT_EQ(ack(10000, 8 * SMSS), 8 * SMSS);
	EXPECT_EQ(ack(10000, 9 * SMSS), 8 * SMSS);
}

TEST_F(Hystart, EqualRoundTripsNeverEndIt)
{
	for (int i = 0; i < 100; i++) {
		round(20000);
		ASSERT_EQ(grown_, SMSS);
		ASSERT_FALSE(over_);
	}
}

TEST_F(Hystart, RiseOfTheThresholdSlowsItDownAndFiveRoundsEndIt)
{
	round(100000); /* the threshold is 100 / 8 = 12.5 ms */
	round(112499);
	EXPECT_EQ(grown_, SMSS) << "12.499 ms more: not yet";
	round(127000);
	EXPECT_EQ(grown_, SMSS / 4) << "14.5 ms more, and the threshold is 14.06: conservative";
	for (int i = 0; i < 4; i++) {
		round(127000);
		EXPECT_FALSE(over_) << "round " << i + 2;
		EXPECT_EQ(grown_, SMSS / 4);
	}
	ack(127000);
	EXPECT_TRUE(over_) << "the sixth round begins: five were conservative";
}

TEST_F(Hystart, ThresholdLiesBetweenFourAndSixteenMilliseconds)
{
	round(1000);
	round(4999);
	EXPECT_EQ(grown_, SMSS) << "an eighth would be 0.125 ms";
	round(8999);
	EXPECT_EQ(grown_, SMSS / 4);

	pln_hystart_init(&h_);
	round(400000);
	round(415999);
	EXPECT_EQ(grown_, SMSS);
	round(432000);
	EXPECT_EQ(grown_, SMSS / 4) << "an eighth would be 52 ms";
}

TEST_F(Hystart, EightSamplesAreAskedFor)
{
	round(20000);
	for (int i = 0; i < 7; i++)
		EXPECT_EQ(ack(60000), SMSS) << "sample " << i + 1;
	EXPECT_EQ(ack(60000), SMSS / 4);
}

TEST_F(Hystart, AcksWithoutASampleCountForNothing)
{
	round(20000);
	for (int i = 0; i < 19; i++)
		EXPECT_EQ(ack(0), SMSS);
}

TEST_F(Hystart, ShorterRoundTripsMeanItWasJitter)
{
	round(20000);
	round(60000);
	EXPECT_EQ(grown_, SMSS / 4);
	round(59000);
	EXPECT_EQ(grown_, SMSS) << "below the baseline: plain slow start again";
	for (int i = 0; i < 20; i++)
		round(59000);
	EXPECT_FALSE(over_);
}
