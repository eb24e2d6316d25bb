/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence of spurious retransmissions: D-SACK (RFC 3708), timestamps (RFC 3522), F-RTO (RFC 5682). */
#include "tcp/snd/undo.h"

#include <gtest/gtest.h>

namespace
{

class Undo : public testing::Test
{
      protected:
	struct pln_undo undo = {};

	Undo()
	{
		pln_undo_arm(&undo, 1000, 5000, true);
	}

	bool
	twice(uint32_t start, uint32_t end)
	{
		const struct pln_sack_block block = { start, end };

		return pln_undo_dsack(&undo, &block);
	}

	bool
	frto(bool advances, bool all, bool original, bool has_new)
	{
		const struct pln_frto_ack ack = { advances, all, original, has_new };

		return pln_undo_frto(&undo, &ack);
	}
};

TEST_F(Undo, EachRetransmissionMustBeReported)
{
	pln_undo_resent(&undo, 1000, 0, false);
	pln_undo_resent(&undo, 1000, 0, false);
	EXPECT_FALSE(twice(1000, 2000));
	EXPECT_TRUE(twice(2000, 3000));
	EXPECT_FALSE(twice(2000, 3000)) << "it tells once";
}

TEST_F(Undo, ReportsOfOtherTimesDoNotCount)
{
	EXPECT_FALSE(twice(1000, 2000)) << "nothing was sent again";
	pln_undo_resent(&undo, 1000, 0, false);
	EXPECT_FALSE(twice(999, 1999));
	EXPECT_FALSE(twice(4001, 5001));
	EXPECT_TRUE(twice(4000, 5000));
}

TEST_F(Undo, ASecondReductionInARecoveryKeepsWhatIsKnown)
{
	pln_undo_resent(&undo, 1000, 0, false);
	pln_undo_arm(&undo, 2000, 6000, false);
	EXPECT_EQ(undo.start, 1000U);
	EXPECT_EQ(undo.pending, 1000U);
	pln_undo_arm(&undo, 2000, 6000, true);
	EXPECT_EQ(undo.start, 2000U);
	EXPECT_EQ(undo.pending, 0U);
}

TEST_F(Undo, OlderEchoTellsOnce)
{
	pln_undo_resent(&undo, 1000, 70, true);
	pln_undo_resent(&undo, 1000, 90, true);
	EXPECT_TRUE(pln_undo_echo(&undo, 69));
	EXPECT_FALSE(pln_undo_echo(&undo, 69)) << "the first ACK of new data decides";
}

TEST_F(Undo, EchoOfTheRetransmissionOrOfTheSameTickTellsNothing)
{
	pln_undo_resent(&undo, 1000, 70, true);
	EXPECT_FALSE(pln_undo_echo(&undo, 70));
	EXPECT_FALSE(pln_undo_echo(&undo, 69)) << "decided";
	pln_undo_arm(&undo, 1000, 5000, true);
	pln_undo_resent(&undo, 1000, 0, false);
	EXPECT_FALSE(pln_undo_echo(&undo, 0xffffffffU)) << "no timestamps";
}

TEST_F(Undo, FrtoIsSpuriousWhenOriginalsArriveAfterNewData)
{
	undo.frto = PLN_FRTO_RESENT;
	EXPECT_FALSE(frto(true, false, true, true));
	EXPECT_EQ(undo.frto, PLN_FRTO_NEW);
	EXPECT_TRUE(frto(true, false, true, true));
	EXPECT_EQ(undo.frto, PLN_FRTO_OFF);
}

TEST_F(Undo, FrtoEndsByADuplicateByAllOrWithoutNewData)
{
	for (int i = 0; i < 3; i++) {
		undo.frto = PLN_FRTO_RESENT;
		EXPECT_FALSE(frto(i != 0, i == 1, true, i != 2));
		EXPECT_EQ(undo.frto, PLN_FRTO_OFF) << i;
	}
	undo.frto = PLN_FRTO_NEW;
	EXPECT_FALSE(frto(false, false, false, true));
	EXPECT_EQ(undo.frto, PLN_FRTO_OFF);
	EXPECT_FALSE(frto(true, false, true, true)) << "F-RTO is off";
}

} // namespace
