/* SPDX-License-Identifier: BSD-3-Clause */
/* The user timeout option: its field, and what two ends' timeouts become. */
#include "tcp/ext/uto.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t S = PLN_NS_PER_S, MINUTE = 60 * S, HOUR = 60 * MINUTE;

struct pln_uto
uto(enum pln_uto_mode mode, uint64_t adv_ns = 300 * S)
{
	struct pln_uto u = {};

	u.mode = mode;
	u.adv_ns = adv_ns;
	u.low_ns = 100 * S;
	u.high_ns = HOUR;
	return u;
}

/* What the peer's option makes of the user timeout; 0: nothing. */
uint64_t
heard(struct pln_uto u, uint64_t remote_ns)
{
	uint64_t ns = 0;

	return pln_uto_rx(&u, pln_uto_field(remote_ns), &ns) ? ns : 0;
}

} // namespace

TEST(UtoRfc5482, SecondsAsLongAsTheySuffice)
{
	EXPECT_EQ(pln_uto_field(S), 1);
	EXPECT_EQ(pln_uto_field(300 * S), 300);
	EXPECT_EQ(pln_uto_field(32767 * S), 32767);
	EXPECT_EQ(pln_uto_field(32768 * S), 0x8000 | 547) << "minutes, rounded up";
}

TEST(UtoRfc5482, TimesAreRoundedUpAndBounded)
{
	EXPECT_EQ(pln_uto_field(0), 1) << "zero is never sent";
	EXPECT_EQ(pln_uto_field(1), 1);
	EXPECT_EQ(pln_uto_field(S + 1), 2);
	EXPECT_EQ(pln_uto_field(UINT64_MAX), 0xffff);
}

TEST(UtoRfc5482, EveryFieldMeansWhatItSays)
{
	for (uint32_t field = 0; field <= UINT16_MAX; field++) {
		uint64_t ns = pln_uto_ns(uint16_t(field));

		EXPECT_EQ(ns, (field & 0x7fff) * (field >= 0x8000 ? MINUTE : S));
	}
}

TEST(UtoRfc5482, TheLongerOfTheTwoHolds)
{
	EXPECT_EQ(heard(uto(PLN_UTO_ON, 300 * S), 200 * S), 300 * S);
	EXPECT_EQ(heard(uto(PLN_UTO_ON, 300 * S), 400 * S), 400 * S);
}

TEST(UtoRfc5482, WithinLimits)
{
	EXPECT_EQ(heard(uto(PLN_UTO_ON, 10 * S), 20 * S), 100 * S) << "L_LIMIT";
	EXPECT_EQ(heard(uto(PLN_UTO_ON), 24 * HOUR), HOUR) << "U_LIMIT";
}

TEST(UtoRfc5482, NothingIsHeardWhereItIsOff)
{
	EXPECT_EQ(heard(uto(PLN_UTO_OFF), 400 * S), 0U);
}

TEST(UtoRfc5482, ZeroMeansNothing)
{
	struct pln_uto u = uto(PLN_UTO_ON);
	uint64_t ns = 7;

	for (uint16_t field : { uint16_t(0), uint16_t(0x8000) }) {
		EXPECT_FALSE(pln_uto_rx(&u, field, &ns));
		EXPECT_EQ(ns, 7U);
		EXPECT_EQ(u.remote_ns, 0U);
	}
}

TEST(UtoRfc5482, WhatTheProgramHasSetStaysUnlessItFollows)
{
	struct pln_uto u = uto(PLN_UTO_ON);
	uint64_t ns = 0;

	u.chosen = true;
	EXPECT_FALSE(pln_uto_rx(&u, 400, &ns));
	EXPECT_EQ(u.remote_ns, 400 * S) << "it is known all the same";
	u.mode = PLN_UTO_FOLLOW;
	EXPECT_TRUE(pln_uto_rx(&u, 400, &ns));
	EXPECT_EQ(ns, 400 * S);
}
