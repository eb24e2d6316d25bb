/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The estimator of RFC 6298 §2: the first sample, the order of the two updates, gains scaled for
 * many samples a round trip, and the ends of the number range.
 */
#include "tcp/snd/rtt.h"

#include <cmath>

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS;

struct pln_rtt
fresh()
{
	struct pln_rtt rtt;

	pln_rtt_init(&rtt);
	return rtt;
}

} // namespace

TEST(RttRfc6298, IsNotValidBeforeTheFirstSample)
{
	struct pln_rtt rtt = fresh();

	EXPECT_FALSE(pln_rtt_valid(&rtt));
	EXPECT_EQ(rtt.srtt_ns, 0U);
	EXPECT_EQ(rtt.min_ns, PLN_NEVER);
	EXPECT_EQ(rtt.latest_ns, 0U);
}

TEST(RttRfc6298, FirstSampleSetsSrttAndHalvesItForRttvar)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 100 * MS, 0);

	EXPECT_TRUE(pln_rtt_valid(&rtt));
	EXPECT_EQ(rtt.srtt_ns, 100 * MS);
	EXPECT_EQ(rtt.rttvar_ns, 50 * MS);
	EXPECT_EQ(rtt.min_ns, 100 * MS);
	EXPECT_EQ(rtt.latest_ns, 100 * MS);
}

TEST(RttRfc6298, FirstSampleIsTakenWholeWhateverTheShift)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 100 * MS, 5);

	EXPECT_EQ(rtt.srtt_ns, 100 * MS);
	EXPECT_EQ(rtt.rttvar_ns, 50 * MS);
}

TEST(RttRfc6298, RttvarUsesTheSrttFromBeforeTheSample)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 100 * MS, 0);
	pln_rtt_sample(&rtt, 200 * MS, 0);

	/* 3/4 * 50 + 1/4 * |100 - 200|; with the SRTT of after the sample it would be 59.375. */
	EXPECT_EQ(rtt.rttvar_ns, 62500000U);
	EXPECT_EQ(rtt.srtt_ns, 112500000U); /* 7/8 * 100 + 1/8 * 200 */
}

TEST(RttRfc6298, SmallerSampleLowersSrttAndRaisesRttvar)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 800 * MS, 0);
	pln_rtt_sample(&rtt, 80 * MS, 0);

	EXPECT_EQ(rtt.srtt_ns, 710 * MS);   /* 7/8 * 800 + 1/8 * 80 */
	EXPECT_EQ(rtt.rttvar_ns, 480 * MS); /* 3/4 * 400 + 1/4 * 720 */
	EXPECT_EQ(rtt.min_ns, 80 * MS);
	EXPECT_EQ(rtt.latest_ns, 80 * MS);
}

TEST(RttRfc6298, MinimumKeepsTheSmallestSampleEver)
{
	struct pln_rtt rtt = fresh();

	for (uint64_t ms : { 50, 20, 90, 21 })
		pln_rtt_sample(&rtt, ms * MS, 0);

	EXPECT_EQ(rtt.min_ns, 20 * MS);
	EXPECT_EQ(rtt.latest_ns, 21 * MS);
}

TEST(RttRfc6298, FollowsTheFormulaOverASeries)
{
	struct pln_rtt rtt = fresh();
	double srtt = 0, rttvar = 0;

	for (int i = 0; i < 500; i++) {
		double r = static_cast<double>(MS) * (40 + (i * 37) % 61);

		rttvar = i == 0 ? r / 2 : 0.75 * rttvar + 0.25 * std::fabs(srtt - r);
		srtt = i == 0 ? r : 0.875 * srtt + 0.125 * r;
		pln_rtt_sample(&rtt, static_cast<uint64_t>(r), 0);
		ASSERT_NEAR(static_cast<double>(rtt.srtt_ns), srtt, 8.0) << i;
		ASSERT_NEAR(static_cast<double>(rtt.rttvar_ns), rttvar, 16.0) << i;
	}
}

TEST(RttRfc6298, ConstantSamplesLetRttvarDie)
{
	struct pln_rtt rtt = fresh();

	for (int i = 0; i < 200; i++)
		pln_rtt_sample(&rtt, 30 * MS, 0);

	EXPECT_EQ(rtt.srtt_ns, 30 * MS);
	EXPECT_LE(rtt.rttvar_ns, 2U);
}

TEST(RttRfc6298, ZeroCountsAsOneNanosecond)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 0, 0);
	EXPECT_TRUE(pln_rtt_valid(&rtt));
	EXPECT_EQ(rtt.srtt_ns, 1U);
	EXPECT_EQ(rtt.min_ns, 1U);
	for (int i = 0; i < 100; i++)
		pln_rtt_sample(&rtt, 0, 0);
	EXPECT_TRUE(pln_rtt_valid(&rtt));
}

TEST(RttRfc6298, StaysValidWhenTinySamplesFollowALargeOne)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 1000 * MS, 0);
	for (int i = 0; i < 1000; i++)
		pln_rtt_sample(&rtt, 0, 0);

	EXPECT_TRUE(pln_rtt_valid(&rtt));
	EXPECT_LT(rtt.srtt_ns, 8U);
}

TEST(RttRfc6298, HugeSamplesLeaveRoomForFourDeviations)
{
	struct pln_rtt rtt = fresh();

	for (int i = 0; i < 20; i++) {
		pln_rtt_sample(&rtt, i % 2 ? 1 : UINT64_MAX, 0);
		ASSERT_LE(rtt.srtt_ns, UINT64_MAX / 8);
		ASSERT_LE(rtt.rttvar_ns, UINT64_MAX / 8);
	}
}

TEST(RttRfc7323, ShiftDividesBothGains)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 1024 * MS, 0);
	pln_rtt_sample(&rtt, 2048 * MS, 2);

	EXPECT_EQ(rtt.srtt_ns, (1024 + 1024 / 32) * MS);          /* alpha = 1/32 */
	EXPECT_EQ(rtt.rttvar_ns, (512 + (1024 - 512) / 16) * MS); /* beta = 1/16 */
}

TEST(RttRfc7323, ManyScaledSamplesMoveAboutAsFarAsOneUnscaled)
{
	struct pln_rtt once = fresh(), often = fresh();

	pln_rtt_sample(&once, 100 * MS, 0);
	pln_rtt_sample(&often, 100 * MS, 0);
	pln_rtt_sample(&once, 200 * MS, 0);
	for (int i = 0; i < 16; i++)
		pln_rtt_sample(&often, 200 * MS, 4);

	EXPECT_NEAR(static_cast<double>(often.srtt_ns), static_cast<double>(once.srtt_ns),
	            1.0 * MS);
}

TEST(RttRfc7323, ShiftBeyondTheLimitIsDefined)
{
	struct pln_rtt rtt = fresh();

	pln_rtt_sample(&rtt, 100 * MS, 0);
	pln_rtt_sample(&rtt, 200 * MS, 255);

	EXPECT_GE(rtt.srtt_ns, 100 * MS);
	EXPECT_LE(rtt.srtt_ns, 101 * MS);
}
