/* SPDX-License-Identifier: BSD-3-Clause */
/* Proportional rate reduction (RFC 9937): segments of 1000 bytes, a window of 20 that comes down to 10. */
#include "tcp/snd/prr.h"

#include <gtest/gtest.h>

namespace
{

class PrrRfc9937 : public testing::Test
{
      protected:
	struct pln_prr prr;
	struct pln_prr_ack ack = { 1000, 18000, 10000, 1000, false };

	PrrRfc9937()
	{
		pln_prr_begin(&prr, 20000);
	}

	uint32_t
	allow(uint32_t delivered, uint32_t pipe, bool safe = false)
	{
		ack.delivered = delivered;
		ack.pipe = pipe;
		ack.safe = safe;
		return pln_prr_allow(&prr, &ack);
	}
};

TEST_F(PrrRfc9937, FirstRetransmissionIsForced)
{
	EXPECT_EQ(allow(0, 19000), 1000U);
	pln_prr_sent(&prr, 1000);
	EXPECT_EQ(allow(0, 19000), 0U);
}

TEST_F(PrrRfc9937, EverySecondSegmentDeliveredLetsOneOut)
{
	uint32_t sent = 0, pipe = 19000;

	for (int i = 0; i < 18 && pipe > 10000; i++) {
		pipe -= 1000;
		uint32_t n = allow(1000, pipe) / 1000 * 1000;
		pln_prr_sent(&prr, n);
		sent += n;
		pipe += n;
		EXPECT_LE(n, 1000U) << "no burst";
	}
	EXPECT_EQ(pipe, 10000U) << "a round trip later just ssthresh is in flight";
	EXPECT_EQ(sent, 7000U);
	EXPECT_EQ(sent, prr.out);
}

TEST_F(PrrRfc9937, HeavyLossSendsWhatIsDelivered)
{
	pln_prr_sent(&prr, 1000);
	EXPECT_EQ(allow(1000, 4000), 1000U) << "conservation: no ACK was safe";
	EXPECT_EQ(allow(1000, 4000), 1000U) << "and what was not used is still allowed";
	pln_prr_sent(&prr, 1000);
	EXPECT_EQ(allow(3000, 4000), 3000U);
}

TEST_F(PrrRfc9937, ProgressAllowsASegmentMore)
{
	pln_prr_sent(&prr, 1000);
	EXPECT_EQ(allow(1000, 4000, true), 2000U);
}

TEST_F(PrrRfc9937, NeverBeyondSsthresh)
{
	pln_prr_sent(&prr, 1000);
	EXPECT_EQ(allow(8000, 9500, true), 500U);
	EXPECT_EQ(allow(1000, 10000, true), 0U);
}

TEST_F(PrrRfc9937, NothingInFlightAtTheBeginningIsNoDivisionByZero)
{
	pln_prr_begin(&prr, 0);
	EXPECT_GE(allow(1000, 18000), 1000U);
}

} // namespace
