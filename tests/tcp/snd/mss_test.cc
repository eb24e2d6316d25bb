/* SPDX-License-Identifier: BSD-3-Clause */
/* What we announce and what we send: RFC 9293 §3.7.1, RFC 6691. */
#include "tcp/snd/mss.h"

#include <gtest/gtest.h>

TEST(MssRfc6691, AnnouncesTheMtuLessFixedHeaders)
{
	EXPECT_EQ(pln_mss_advertise(1500, 0), 1460U);
	EXPECT_EQ(pln_mss_advertise(576, 0), 536U);
	EXPECT_EQ(pln_mss_advertise(9000, 0), 8960U);
	EXPECT_EQ(pln_mss_advertise(UINT16_MAX, 0), UINT16_MAX - 40U);
}

TEST(MssRfc9293, UserLowersTheAnnouncementAndNeverRaisesIt)
{
	EXPECT_EQ(pln_mss_advertise(1500, 1000), 1000U);
	EXPECT_EQ(pln_mss_advertise(1500, 1460), 1460U);
	EXPECT_EQ(pln_mss_advertise(1500, 9000), 1460U);
	EXPECT_EQ(pln_mss_advertise(1500, 1), PLN_MSS_MIN);
}

TEST(MssRfc791, MtuBelowSixtyEightCountsAsThat)
{
	EXPECT_EQ(pln_mss_advertise(68, 0), 28U);
	EXPECT_EQ(pln_mss_advertise(40, 0), 28U);
	EXPECT_EQ(pln_mss_advertise(0, 0), 28U);
	EXPECT_EQ(pln_mss_effective(1460, 0, 0, 0), 28U);
}

TEST(MssRfc9293, EffectiveIsTheSmallerOfPeerAndPath)
{
	EXPECT_EQ(pln_mss_effective(1460, 1500, 0, 0), 1460U);
	EXPECT_EQ(pln_mss_effective(1460, 9000, 0, 0), 1460U);
	EXPECT_EQ(pln_mss_effective(8960, 1500, 0, 0), 1460U);
	EXPECT_EQ(pln_mss_effective(65535, 1500, 0, 0), 1460U);
	EXPECT_EQ(pln_mss_effective(100, 1500, 0, 0), 100U);
	EXPECT_EQ(pln_mss_effective(536, 1500, 0, 0), 536U);
}

TEST(MssRfc9293, SilentPeerIsGivenFiveHundredThirtySix)
{
	EXPECT_EQ(pln_mss_effective(0, 1500, 0, 0), PLN_MSS_DEFAULT);
	EXPECT_EQ(pln_mss_effective(0, 500, 0, 0), 460U);
}

TEST(MssRfc9293, OptionsOfEverySegmentAreTakenOff)
{
	EXPECT_EQ(pln_mss_effective(1460, 1500, 0, 12), 1448U);
	EXPECT_EQ(pln_mss_effective(0, 1500, 0, 12), 524U);
	EXPECT_EQ(pln_mss_effective(100, 1500, 0, 12), 88U);
}

TEST(MssRfc9293, UserLowersTheEffectiveSize)
{
	EXPECT_EQ(pln_mss_effective(1460, 1500, 1000, 12), 988U);
	EXPECT_EQ(pln_mss_effective(1460, 1500, 9000, 12), 1448U);
	EXPECT_EQ(pln_mss_effective(1460, 1500, 1, 0), PLN_MSS_MIN);
}

TEST(MssRfc9293, TinyAnnouncementIsTakenAsTheMinimum)
{
	for (uint16_t peer : { 1, 8, 47, 48 })
		EXPECT_EQ(pln_mss_effective(peer, 1500, 0, 0), PLN_MSS_MIN) << peer;
	EXPECT_EQ(pln_mss_effective(49, 1500, 0, 0), 49U);
}

TEST(MssRfc9293, IsNeverZeroWhateverTheOptions)
{
	for (unsigned int opts = 0; opts <= UINT8_MAX; opts++)
		ASSERT_GE(pln_mss_effective(1, 68, 1, static_cast<uint8_t>(opts)), 1U) << opts;
}
