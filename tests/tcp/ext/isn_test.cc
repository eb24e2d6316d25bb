/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial sequence numbers: the clock, the secret, and that neighbours tell nothing. */
#include "tcp/ext/isn.h"

#include <set>

#include <gtest/gtest.h>

namespace
{

struct Tuple {
	uint32_t src, dst;
	uint16_t sport, dport;
};

constexpr struct pln_siphash_key SECRET = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
constexpr Tuple FLOW = { 0x0a000001, 0x0a000002, 40000, 80 };

uint32_t
isn(const Tuple &tuple, uint64_t now, const struct pln_siphash_key &secret = SECRET)
{
	return pln_isn(&secret, &tuple, sizeof(tuple), now);
}

uint32_t
offset(const Tuple &tuple, const struct pln_siphash_key &secret = SECRET)
{
	return pln_isn_ts_offset(&secret, &tuple, sizeof(tuple));
}

} // namespace

TEST(IsnRfc6528, ClockTicksEveryFourMicroseconds)
{
	uint32_t start = isn(FLOW, 0);

	EXPECT_EQ(isn(FLOW, 3999), start);
	EXPECT_EQ(isn(FLOW, 4000), start + 1);
	EXPECT_EQ(isn(FLOW, PLN_NS_PER_S), start + 250000);
}

TEST(IsnRfc6528, ClockGoesRoundInAboutFiveHours)
{
	EXPECT_EQ(isn(FLOW, (UINT64_C(1) << 32) * 4000), isn(FLOW, 0));
	EXPECT_EQ(isn(FLOW, (UINT64_C(1) << 32) * 4000 + 8000), isn(FLOW, 0) + 2);
}

TEST(IsnRfc6528, EachFieldOfTheTupleMatters)
{
	std::set<uint32_t> seen = { isn(FLOW, 0) };

	EXPECT_TRUE(seen.insert(isn({ FLOW.src + 1, FLOW.dst, FLOW.sport, FLOW.dport }, 0)).second);
	EXPECT_TRUE(seen.insert(isn({ FLOW.src, FLOW.dst + 1, FLOW.sport, FLOW.dport }, 0)).second);
	EXPECT_TRUE(seen.insert(isn({ FLOW.src, FLOW.dst, 40001, FLOW.dport }, 0)).second);
	EXPECT_TRUE(seen.insert(isn({ FLOW.src, FLOW.dst, FLOW.sport, 81 }, 0)).second);
}

TEST(IsnRfc6528, AnotherSecretGivesAnotherNumber)
{
	EXPECT_NE(isn(FLOW, 0), isn(FLOW, 0, { SECRET.k0 + 1, SECRET.k1 }));
	EXPECT_NE(isn(FLOW, 0), isn(FLOW, 0, { SECRET.k0, SECRET.k1 + 1 }));
}

TEST(IsnRfc6528, IsTheKeyedHashPlusTheClock)
{
	uint64_t hash = pln_siphash(&SECRET, &FLOW, sizeof(FLOW));

	EXPECT_EQ(isn(FLOW, 40000), static_cast<uint32_t>(hash) + 10);
}

/* Neighbouring ports: no differences that repeat, and every bit is set about half of the time. */
TEST(IsnRfc6528, NeighbouringFlowsAreUnrelated)
{
	constexpr int COUNT = 20000;
	std::set<uint32_t> steps;
	int ones[32] = {};
	uint32_t last = 0;

	for (int i = 0; i < COUNT; i++) {
		uint32_t n = isn({ FLOW.src, FLOW.dst, static_cast<uint16_t>(i), FLOW.dport }, 0);

		steps.insert(n - last);
		last = n;
		for (int bit = 0; bit < 32; bit++)
			ones[bit] += n >> bit & 1;
	}
	EXPECT_GT(steps.size(), COUNT - 10U);
	for (int bit = 0; bit < 32; bit++)
		EXPECT_NEAR(ones[bit], COUNT / 2, 500) << bit;
}

TEST(TsOffsetRfc7323, IsFixedForAFlowAndDiffersBetweenFlowsAndSecrets)
{
	EXPECT_EQ(offset(FLOW), offset(FLOW));
	EXPECT_NE(offset(FLOW), offset({ FLOW.src, FLOW.dst, 40001, FLOW.dport }));
	EXPECT_NE(offset(FLOW), offset(FLOW, { SECRET.k0, SECRET.k1 + 1 }));
}

TEST(TsOffsetRfc7323, TellsNothingAboutTheIsn)
{
	std::set<uint32_t> sums, differences;

	for (uint16_t port = 0; port < 2000; port++) {
		Tuple tuple = { FLOW.src, FLOW.dst, port, FLOW.dport };

		sums.insert(isn(tuple, 0) ^ offset(tuple));
		differences.insert(isn(tuple, 0) - offset(tuple));
	}
	EXPECT_GT(sums.size(), 1995U);
	EXPECT_GT(differences.size(), 1995U);
}
