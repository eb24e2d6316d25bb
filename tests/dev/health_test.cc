/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/health.h"

#include <gtest/gtest.h>

namespace
{

class Health : public ::testing::Test
{
      protected:
	Health()
	{
		seen.link_up = true;
		seen.free = seen.pool_size = 1600;
		EXPECT_EQ(look(), 0U);
	}

	uint32_t
	look(uint64_t after = 0)
	{
		now += after;
		return pln_health_look(&health, &seen, now);
	}

	pln_health health = {};
	pln_health_sample seen = {};
	uint64_t now = 5 * PLN_NS_PER_S;
};

TEST_F(Health, PortThatStartsWithoutALinkIsNotIll)
{
	pln_health fresh = {};

	seen.link_up = false;
	EXPECT_EQ(pln_health_look(&fresh, &seen, now), 0U);
	EXPECT_EQ(pln_health_look(&fresh, &seen, now + 1), 0U);
	seen.link_up = true;
	EXPECT_EQ(pln_health_look(&fresh, &seen, now + 2), PLN_HEALTH_LINK_UP);
}

TEST_F(Health, LinkIsToldAtBothEndsAndHowLongItWasDown)
{
	seen.link_up = false;
	EXPECT_EQ(look(), PLN_HEALTH_LINK_DOWN);
	EXPECT_EQ(look(PLN_NS_PER_S), 0U);
	seen.link_up = true;
	EXPECT_EQ(look(PLN_NS_PER_S), PLN_HEALTH_LINK_UP);
	EXPECT_EQ(health.down_ns, 2 * PLN_NS_PER_S);
}

TEST_F(Health, RestartComesAfterTwoSecondsAndNotAgainForHalfAMinute)
{
	seen.stuck = true;
	EXPECT_EQ(look(), PLN_HEALTH_STUCK);
	EXPECT_EQ(look(PLN_HEALTH_RESTART_AFTER_NS - 1), 0U);
	EXPECT_EQ(look(1), PLN_HEALTH_RESTART);
	EXPECT_EQ(look(PLN_HEALTH_RESTART_APART_NS - 1), 0U);
	EXPECT_EQ(look(1), PLN_HEALTH_RESTART);
	seen.stuck = false;
	EXPECT_EQ(look(PLN_HEALTH_RESTART_APART_NS), 0U);
}

TEST_F(Health, DeviceThatAsksIsRestartedAtOnce)
{
	seen.asks = true;
	EXPECT_EQ(look(), PLN_HEALTH_RESTART);
	EXPECT_EQ(look(1), PLN_HEALTH_RESTART);
}

TEST_F(Health, LossesBeforeTheFirstLookAreNobodysAndACountBegunAnewIsNoLoss)
{
	pln_health fresh = {};

	seen.missed = 100;
	EXPECT_EQ(pln_health_look(&fresh, &seen, now), 0U);
	seen.missed = 3;
	EXPECT_EQ(pln_health_look(&fresh, &seen, now), 0U);
	seen.missed = 5;
	EXPECT_EQ(pln_health_look(&fresh, &seen, now), PLN_HEALTH_MISSED);
	EXPECT_EQ(fresh.missed.told, 2U);
}

TEST_F(Health, PoolIsToldOnceAndMustRecoverToAnEighthBeforeItIsToldAgain)
{
	seen.free = 99;
	EXPECT_EQ(look(), PLN_HEALTH_POOL_LOW);
	seen.free = 150;
	EXPECT_EQ(look(), 0U);
	seen.free = 50;
	EXPECT_EQ(look(), 0U);
	seen.free = 200;
	EXPECT_EQ(look(), 0U);
	seen.free = 99;
	EXPECT_EQ(look(), PLN_HEALTH_POOL_LOW);
}

} // namespace
