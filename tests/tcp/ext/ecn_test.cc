/* SPDX-License-Identifier: BSD-3-Clause */
/* ECN: who asks and agrees, the echo of marks, and one answer a window. */
#include "tcp/ext/ecn.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint8_t ECE = PLN_TCP_ECE, CWR = PLN_TCP_CWR;

struct pln_ecn
started(enum pln_ecn_mode mode, uint32_t iss = 1000, bool exact = false)
{
	struct pln_ecn ecn;

	pln_ecn_init(&ecn, mode, exact, iss);
	return ecn;
}

struct pln_ecn
agreed(uint32_t iss = 1000)
{
	struct pln_ecn ecn = started(PLN_ECN_ASK, iss);

	pln_ecn_syn_ack(&ecn, ECE);
	return ecn;
}

} // namespace

TEST(EcnRfc3168, SynsAskAndAgreeAsTheModeHasIt)
{
	for (auto mode : { PLN_ECN_OFF, PLN_ECN_ASK, PLN_ECN_AGREE }) {
		for (unsigned int flags :
		     { 0U, unsigned(ECE), unsigned(CWR), unsigned(ECE | CWR) }) {
			struct pln_ecn ecn = started(mode);

			EXPECT_EQ(pln_ecn_syn_flags(&ecn, false),
			          mode == PLN_ECN_ASK ? ECE | CWR : 0);
			pln_ecn_syn_ack(&ecn, uint8_t(flags));
			EXPECT_EQ(ecn.on, mode == PLN_ECN_ASK && flags == ECE)
				<< mode << ' ' << flags;

			ecn = started(mode);
			pln_ecn_syn(&ecn, mode, uint8_t(flags));
			EXPECT_EQ(ecn.on, mode != PLN_ECN_OFF && flags == (ECE | CWR))
				<< mode << ' ' << flags;
			EXPECT_EQ(pln_ecn_syn_flags(&ecn, true), ecn.on ? ECE : 0);
		}
	}
}

TEST(EcnRfc3168, MarksAreEchoedUntilTheSenderHasSlowedDown)
{
	struct pln_ecn ecn = agreed();

	EXPECT_FALSE(pln_ecn_rx(&ecn, 0, 2));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), 0);
	EXPECT_TRUE(pln_ecn_rx(&ecn, 0, 3));
	EXPECT_FALSE(pln_ecn_rx(&ecn, 0, 0xb8 | 2));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), ECE);
	EXPECT_EQ(pln_ecn_flags(&ecn, true), ECE);
	EXPECT_TRUE(pln_ecn_rx(&ecn, CWR, 3)) << "marked anew";
	EXPECT_EQ(pln_ecn_flags(&ecn, false), ECE);
	EXPECT_FALSE(pln_ecn_rx(&ecn, CWR, 2));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), 0);
}

TEST(EcnRfc3168, NothingIsEchoedThatWasNotAgreedOn)
{
	struct pln_ecn ecn = started(PLN_ECN_ASK);

	EXPECT_FALSE(pln_ecn_rx(&ecn, 0, 3));
	EXPECT_EQ(pln_ecn_flags(&ecn, true), 0);
	pln_ecn_reduced(&ecn, 5000);
	EXPECT_EQ(pln_ecn_flags(&ecn, true), 0);
	EXPECT_FALSE(pln_ecn_is_news(&ecn, 9000));
	EXPECT_EQ(pln_ecn_tos(&ecn, 0xb9, true), 0xb9) << "the user's, all of it";
}

TEST(EcnRfc3168, OneAnswerForEachWindowOfData)
{
	struct pln_ecn ecn = agreed(0xfffffff0);

	EXPECT_TRUE(pln_ecn_is_news(&ecn, 0xfffffff5));
	pln_ecn_reduced(&ecn, 1000);
	EXPECT_EQ(pln_ecn_flags(&ecn, true), CWR);
	EXPECT_EQ(pln_ecn_flags(&ecn, false), 0) << "on new data alone";
	EXPECT_FALSE(pln_ecn_is_news(&ecn, 1000));
	EXPECT_TRUE(pln_ecn_is_news(&ecn, 1001));
}

TEST(EcnRfc3168, OnlyNewDataMayBeMarked)
{
	struct pln_ecn ecn = agreed();

	EXPECT_EQ(pln_ecn_tos(&ecn, 0xb8, true), 0xba);
	EXPECT_EQ(pln_ecn_tos(&ecn, 0xb8, false), 0xb8);
	EXPECT_EQ(pln_ecn_tos(&ecn, 0x03, false), 0)
		<< "what the user says of these two bits does not count";
	EXPECT_EQ(pln_ecn_tos(&ecn, 0x01, true), 2);
}

TEST(EcnRfc8257, WhoCannotDoWithoutAsksUnlessItIsOff)
{
	for (auto mode : { PLN_ECN_OFF, PLN_ECN_ASK, PLN_ECN_AGREE }) {
		struct pln_ecn ecn = started(mode, 1000, true);

		EXPECT_EQ(pln_ecn_syn_flags(&ecn, false), mode == PLN_ECN_OFF ? 0 : ECE | CWR);
	}
}

TEST(EcnRfc8257, EchoIsWhetherTheLastPacketWasMarked)
{
	struct pln_ecn ecn = started(PLN_ECN_ASK, 1000, true);

	pln_ecn_syn_ack(&ecn, ECE);
	EXPECT_FALSE(pln_ecn_turns(&ecn, 2));
	EXPECT_TRUE(pln_ecn_turns(&ecn, 0xb8 | 3));
	EXPECT_TRUE(pln_ecn_rx(&ecn, 0, 3));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), ECE);
	EXPECT_FALSE(pln_ecn_turns(&ecn, 3));
	EXPECT_TRUE(pln_ecn_rx(&ecn, CWR, 3));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), ECE) << "CWR ends nothing";
	EXPECT_TRUE(pln_ecn_turns(&ecn, 2));
	EXPECT_FALSE(pln_ecn_rx(&ecn, 0, 2));
	EXPECT_EQ(pln_ecn_flags(&ecn, false), 0);
}

TEST(EcnRfc8257, NothingTurnsThatWasNotAgreedOnOrIsNotTold)
{
	struct pln_ecn alone = started(PLN_ECN_ASK, 1000, true), classic = agreed();

	EXPECT_FALSE(pln_ecn_turns(&alone, 3));
	EXPECT_FALSE(pln_ecn_turns(&classic, 3));
}

TEST(EcnRfc8257, WhatCameBeforeIsRememberedInOrderAndBounded)
{
	struct pln_ecn ecn = started(PLN_ECN_ASK, 1000, true);

	pln_ecn_syn_ack(&ecn, ECE);
	pln_ecn_remember(&ecn, 0xffffff00);
	(void)pln_ecn_rx(&ecn, 0, 3);
	pln_ecn_remember(&ecn, 0xffffff00);
	ASSERT_EQ(ecn.n_past, 1) << "nothing came between";
	pln_ecn_remember(&ecn, 500);
	ASSERT_EQ(ecn.n_past, 2);
	EXPECT_EQ(ecn.past[0].ack, 0xffffff00);
	EXPECT_FALSE(ecn.past[0].marked);
	EXPECT_EQ(ecn.past[1].ack, 500U);
	EXPECT_TRUE(ecn.past[1].marked);
	pln_ecn_told(&ecn);
	ASSERT_EQ(ecn.n_past, 1);
	EXPECT_EQ(ecn.past[0].ack, 500U);
	for (uint32_t i = 1; i < 2 * PLN_ECN_PAST; i++)
		pln_ecn_remember(&ecn, 500 + i);
	EXPECT_EQ(ecn.n_past, PLN_ECN_PAST);
	EXPECT_EQ(ecn.past[PLN_ECN_PAST - 1].ack, 499 + PLN_ECN_PAST);
}
