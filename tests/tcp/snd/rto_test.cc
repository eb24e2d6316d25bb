/* SPDX-License-Identifier: BSD-3-Clause */
/* The value, the bounds and the back-off of RFC 6298's timer. */
#include "tcp/snd/rto.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS;
constexpr uint64_t S = PLN_NS_PER_S;

struct pln_rto
rto_of(uint64_t init, uint64_t min, uint64_t max)
{
	struct pln_rto rto;

	pln_rto_init(&rto, init, min, max);
	return rto;
}

struct pln_rtt
rtt_of(uint64_t srtt, uint64_t rttvar)
{
	struct pln_rtt rtt;

	pln_rtt_init(&rtt);
	rtt.srtt_ns = srtt;
	rtt.rttvar_ns = rttvar;
	return rtt;
}

} // namespace

TEST(RtoRfc6298, StartsWithTheInitialValue)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 120 * S);

	EXPECT_EQ(pln_rto_get(&rto), 1 * S);
	EXPECT_EQ(rto.backoff, 0U);
}

TEST(RtoRfc6298, InitialValueIsBoundedByTheMaximumAlone)
{
	struct pln_rto low = rto_of(100 * MS, 1 * S, 60 * S);
	struct pln_rto high = rto_of(90 * S, 1 * S, 60 * S);

	EXPECT_EQ(pln_rto_get(&low), 100 * MS);
	EXPECT_EQ(pln_rto_get(&high), 60 * S);
}

TEST(RtoRfc6298, IsSrttPlusFourRttvar)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 120 * S);
	struct pln_rtt rtt = rtt_of(300 * MS, 50 * MS);

	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 500 * MS);
}

TEST(RtoRfc6298, FirstSampleGivesThreeTimesItself)
{
	struct pln_rto rto = rto_of(1 * S, 0, 120 * S);
	struct pln_rtt rtt;

	pln_rtt_init(&rtt);
	pln_rtt_sample(&rtt, 70 * MS, 0);
	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 210 * MS);
}

TEST(RtoRfc6298, DeviationCountsAtLeastTheGranularity)
{
	struct pln_rto rto = rto_of(1 * S, 0, 120 * S);
	struct pln_rtt none = rtt_of(300 * MS, 0);
	struct pln_rtt below = rtt_of(300 * MS, PLN_RTO_GRANULARITY_NS / 4 - 1);
	struct pln_rtt above = rtt_of(300 * MS, PLN_RTO_GRANULARITY_NS / 4 + 1);

	pln_rto_update(&rto, &none);
	EXPECT_EQ(pln_rto_get(&rto), 300 * MS + PLN_RTO_GRANULARITY_NS);
	pln_rto_update(&rto, &below);
	EXPECT_EQ(pln_rto_get(&rto), 300 * MS + PLN_RTO_GRANULARITY_NS);
	pln_rto_update(&rto, &above);
	EXPECT_EQ(pln_rto_get(&rto), 300 * MS + PLN_RTO_GRANULARITY_NS + 4);
}

TEST(RtoRfc6298, IsRoundedUpToTheMinimum)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 120 * S);
	struct pln_rtt rtt = rtt_of(10 * MS, 5 * MS);

	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 200 * MS);
}

TEST(RtoRfc6298, OneSecondMinimumIsReachable)
{
	struct pln_rto rto = rto_of(3 * S, 1 * S, 120 * S);
	struct pln_rtt rtt = rtt_of(10 * MS, 5 * MS);

	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 1 * S);
}

TEST(RtoRfc6298, IsCutAtTheMaximum)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 60 * S);
	struct pln_rtt rtt = rtt_of(30 * S, 20 * S);

	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 60 * S);
}

TEST(RtoRfc6298, BackOffDoublesUntilTheMaximum)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 60 * S);

	for (uint64_t expected : { 2, 4, 8, 16, 32, 60, 60, 60 }) {
		pln_rto_back_off(&rto);
		EXPECT_EQ(pln_rto_get(&rto), expected * S);
	}
	EXPECT_EQ(rto.backoff, 6U); /* doublings in force, not expiries */
	EXPECT_EQ(rto.rto_ns, 1 * S);
}

TEST(RtoRfc6298, MeasurementEndsTheBackOff)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 60 * S);
	struct pln_rtt rtt = rtt_of(300 * MS, 50 * MS);

	pln_rto_back_off(&rto);
	pln_rto_back_off(&rto);
	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(rto.backoff, 0U);
	EXPECT_EQ(pln_rto_get(&rto), 500 * MS);
}

TEST(RtoRfc6298, BackOffStaysWithoutAMeasurement)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 60 * S);
	struct pln_rtt rtt;

	pln_rtt_init(&rtt);
	pln_rto_back_off(&rto);
	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 2 * S);
}

TEST(RtoRfc6298, EndlessBackOffNeverOverflows)
{
	struct pln_rto rto = rto_of(1, 0, PLN_NEVER);
	uint64_t before = 0;

	for (int i = 0; i < 1000; i++) {
		pln_rto_back_off(&rto);
		ASSERT_GE(pln_rto_get(&rto), before);
		before = pln_rto_get(&rto);
	}
	EXPECT_EQ(before, PLN_NEVER);
}

TEST(RtoRfc6298, InitialZeroStillBacksOff)
{
	struct pln_rto rto = rto_of(0, 0, 60 * S);

	EXPECT_GT(pln_rto_get(&rto), 0U);
	for (int i = 0; i < 100; i++)
		pln_rto_back_off(&rto);
	EXPECT_EQ(pln_rto_get(&rto), 60 * S);
}

TEST(RtoRfc6298, HugestEstimateIsTheMaximum)
{
	struct pln_rto rto = rto_of(1 * S, 200 * MS, 120 * S);
	struct pln_rtt rtt;

	pln_rtt_init(&rtt);
	for (int i = 0; i < 10; i++)
		pln_rtt_sample(&rtt, i % 2 ? 1 : UINT64_MAX, 0);
	pln_rto_update(&rto, &rtt);

	EXPECT_EQ(pln_rto_get(&rto), 120 * S);
}
