/* SPDX-License-Identifier: BSD-3-Clause */
/* The limit of challenge ACKs: a budget a second, a connection's own. */
#include "tcp/ext/challenge.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t S = PLN_NS_PER_S;

/* How many of `tries` are let through at `now`. */
unsigned int
allowed(struct pln_challenge *ch, uint32_t limit, uint64_t now, unsigned int tries = 1000)
{
	unsigned int n = 0;

	while (tries-- > 0)
		n += pln_challenge_allow(ch, limit, now);
	return n;
}

} // namespace

TEST(ChallengeRfc5961, BudgetIsForOneSecond)
{
	struct pln_challenge ch = {};

	EXPECT_EQ(allowed(&ch, 10, 5 * S), 10U);
	EXPECT_EQ(allowed(&ch, 10, 6 * S - 1), 0U);
	EXPECT_EQ(allowed(&ch, 10, 6 * S), 10U);
	EXPECT_EQ(allowed(&ch, 10, 6 * S + S / 2), 0U);
	EXPECT_EQ(allowed(&ch, 10, 100 * S), 10U);
}

TEST(ChallengeRfc5961, SecondBeginsWithTheFirstOneSent)
{
	struct pln_challenge ch = {};

	EXPECT_TRUE(pln_challenge_allow(&ch, 2, S / 2));
	EXPECT_TRUE(pln_challenge_allow(&ch, 2, S + S / 4));
	EXPECT_FALSE(pln_challenge_allow(&ch, 2, S + S / 4));
	EXPECT_TRUE(pln_challenge_allow(&ch, 2, S + S / 2));
}

TEST(ChallengeRfc5961, WorksFromTimeZero)
{
	struct pln_challenge ch = {};

	EXPECT_EQ(allowed(&ch, 3, 0), 3U);
	EXPECT_EQ(allowed(&ch, 3, S - 1), 0U);
	EXPECT_EQ(allowed(&ch, 3, S), 3U);
}

TEST(ChallengeRfc5961, ConnectionsDoNotShareABudget)
{
	struct pln_challenge one = {}, other = {};

	EXPECT_EQ(allowed(&one, 10, S), 10U);
	EXPECT_EQ(allowed(&other, 10, S), 10U);
}

TEST(ChallengeRfc5961, ZeroMeansNoLimit)
{
	struct pln_challenge ch = {};

	EXPECT_EQ(allowed(&ch, 0, S, 100000), 100000U);
	EXPECT_EQ(ch.sent, 0U);
}

TEST(ChallengeRfc5961, LimitMayChangeOnTheWay)
{
	struct pln_challenge ch = {};

	EXPECT_EQ(allowed(&ch, 10, S), 10U);
	EXPECT_EQ(allowed(&ch, 15, S), 5U);
	EXPECT_EQ(allowed(&ch, 5, S), 0U);
}
