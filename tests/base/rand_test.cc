/* SPDX-License-Identifier: BSD-3-Clause */
/* base/rand: the published sequences, repeatability, and an unbiased choice. */
#include "base/rand.h"

#include <array>

#include <gtest/gtest.h>

namespace
{

TEST(Rand, XoshiroGivesThePublishedSequence)
{
	constexpr std::array<uint64_t, 10> expected = {
		11520,
		0,
		1509978240,
		1215971899390074240,
		1216172134540287360,
		607988272756665600,
		UINT64_C(16172922978634559625),
		8476171486693032832,
		UINT64_C(10595114339597558777),
		2904607092377533576,
	};
	pln_rand rng = { { 1, 2, 3, 4 } };

	for (uint64_t value : expected)
		EXPECT_EQ(value, pln_rand_u64(&rng));
}

TEST(Rand, SeedIsSpreadBySplitmix)
{
	pln_rand rng;

	pln_rand_init(&rng, 1234567);
	EXPECT_EQ(6457827717110365317U, rng.s[0]);
	EXPECT_EQ(3203168211198807973U, rng.s[1]);
	EXPECT_EQ(9817491932198370423U, rng.s[2]);
	EXPECT_EQ(4593380528125082431U, rng.s[3]);
}

TEST(Rand, SameSeedSameNumbers)
{
	pln_rand a, b, c;

	pln_rand_init(&a, 42);
	pln_rand_init(&b, 42);
	pln_rand_init(&c, 43);
	uint64_t first = pln_rand_u64(&a);
	EXPECT_EQ(first, pln_rand_u64(&b));
	EXPECT_NE(first, pln_rand_u64(&c));
}

TEST(Rand, SeedZeroIsNeverTheSameTwice)
{
	pln_rand a, b;

	pln_rand_init(&a, 0);
	pln_rand_init(&b, 0);
	EXPECT_NE(pln_rand_u64(&a), pln_rand_u64(&b));
}

TEST(Rand, BelowOneIsZero)
{
	pln_rand rng;

	pln_rand_init(&rng, 1);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(0U, pln_rand_below(&rng, 1));
}

TEST(Rand, BelowIsUniform)
{
	constexpr uint32_t bound = 7, draws = 700000;
	std::array<uint32_t, bound> seen = {};
	pln_rand rng;

	pln_rand_init(&rng, 9);
	for (uint32_t i = 0; i < draws; i++)
		seen[pln_rand_below(&rng, bound)]++;
	for (uint32_t n : seen)
		EXPECT_NEAR(draws / bound, n, 1500); /* five standard deviations */
}

/* With 2^32 / 3 * 4 as the bound, a plain modulo or product favours some numbers by a third. */
TEST(Rand, BelowALargeBoundIsUnbiased)
{
	constexpr uint32_t bound = 3U << 30;
	uint32_t lower_third = 0, draws = 300000;
	pln_rand rng;

	pln_rand_init(&rng, 10);
	for (uint32_t i = 0; i < draws; i++) {
		uint32_t x = pln_rand_below(&rng, bound);

		ASSERT_LT(x, bound);
		lower_third += x % 3 == 0;
	}
	EXPECT_NEAR(draws / 3, lower_third, 1300);
}

} // namespace
