/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes (RFC 8985 §7): when, and what the answer means. */
#include "tcp/snd/tlp.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS;

TEST(TlpRfc8985, TimeIsTwoRoundTripsAndTheDelayOfALonelyAck)
{
	EXPECT_EQ(pln_tlp_pto(0, false), PLN_NS_PER_S);
	EXPECT_EQ(pln_tlp_pto(0, true), PLN_NS_PER_S);
	EXPECT_EQ(pln_tlp_pto(50 * MS, false), 100 * MS);
	EXPECT_EQ(pln_tlp_pto(50 * MS, true), 300 * MS);
	EXPECT_EQ(pln_tlp_pto(MS / 10, false), 2 * MS);
}

class TlpAnswer : public testing::Test
{
      protected:
	struct pln_tlp tlp = {};

	enum pln_tlp_verdict
	ack(uint32_t seq, bool dsack = false, bool dup_bare = false)
	{
		const struct pln_tlp_ack a = { seq, dsack, dup_bare };

		return pln_tlp_ack(&tlp, &a);
	}
};

TEST_F(TlpAnswer, WithoutAProbeNothingIsConcluded)
{
	EXPECT_EQ(ack(1000), PLN_TLP_WAIT);
}

TEST_F(TlpAnswer, NewDataThatIsAcknowledgedEndsIt)
{
	pln_tlp_sent(&tlp, 1000, false);
	EXPECT_EQ(ack(999), PLN_TLP_WAIT);
	EXPECT_EQ(ack(1000), PLN_TLP_NO_LOSS);
	EXPECT_FALSE(tlp.pending);
}

TEST_F(TlpAnswer, DuplicateReportedMeansNothingWasLost)
{
	pln_tlp_sent(&tlp, 1000, true);
	EXPECT_EQ(ack(1000), PLN_TLP_WAIT) << "of which copy?";
	EXPECT_EQ(ack(1000, true), PLN_TLP_NO_LOSS);
	EXPECT_EQ(ack(2000), PLN_TLP_WAIT) << "it is over";
}

TEST_F(TlpAnswer, BareDuplicateMeansTheSame)
{
	pln_tlp_sent(&tlp, 1000, true);
	EXPECT_EQ(ack(1000, false, true), PLN_TLP_NO_LOSS);
}

TEST_F(TlpAnswer, AckBeyondItWithoutSuchNewsMeansThatItRepairedALoss)
{
	pln_tlp_sent(&tlp, 1000, true);
	EXPECT_EQ(ack(1000), PLN_TLP_WAIT);
	EXPECT_EQ(ack(1001), PLN_TLP_REPAIRED);
	EXPECT_FALSE(tlp.pending);
}

TEST_F(TlpAnswer, WorksAcrossTheWrap)
{
	pln_tlp_sent(&tlp, 5, true);
	EXPECT_EQ(ack(0xfffffff0U), PLN_TLP_WAIT);
	EXPECT_EQ(ack(6), PLN_TLP_REPAIRED);
}

} // namespace
