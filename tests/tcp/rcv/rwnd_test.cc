/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive window: the edge that does not move to the left, silly-window avoidance, the scale
 * and its rounding, and receivers driven at random with readers fast, slow and absent.
 */
#include "tcp/rcv/rwnd.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t MSS = 1460;

struct pln_rwnd
rwnd_of(uint32_t buf, uint32_t rcv_nxt, uint8_t scale = 0)
{
	struct pln_rwnd rwnd = {};

	pln_rwnd_init(&rwnd, buf, rcv_nxt);
	rwnd.scale = scale;
	return rwnd;
}

/* What output does: offer and announce; returns the window the peer reads. */
uint32_t
send_ack(struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t queued, uint32_t mss = MSS)
{
	uint32_t wnd = pln_rwnd_offer(rwnd, rcv_nxt, queued, mss);

	return static_cast<uint32_t>(pln_rwnd_announce(rwnd, rcv_nxt, wnd, false)) << rwnd->scale;
}

} // namespace

TEST(RwndRfc7323, ScaleIsTheSmallestThatNamesTheBuffer)
{
	EXPECT_EQ(pln_rwnd_scale(0), 0U);
	EXPECT_EQ(pln_rwnd_scale(65535), 0U);
	EXPECT_EQ(pln_rwnd_scale(65536), 1U);
	EXPECT_EQ(pln_rwnd_scale(131071), 1U);
	EXPECT_EQ(pln_rwnd_scale(131072), 2U);
	EXPECT_EQ(pln_rwnd_scale(15U << 20), 8U);
	EXPECT_EQ(pln_rwnd_scale(65535U << 14), 14U);
	EXPECT_EQ(pln_rwnd_scale(UINT32_MAX), 14U);
}

TEST(RwndRfc9293, NothingIsOpenBeforeTheFirstAnnouncement)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	EXPECT_EQ(pln_rwnd_open(&rwnd, 1000), 0U);
	EXPECT_EQ(pln_rwnd_offer(&rwnd, 1000, 0, MSS), 50000U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 1000), 0U); /* offering moves nothing */
}

TEST(RwndRfc9293, InitLeavesTheScaleToTheOption)
{
	struct pln_rwnd rwnd = {};

	rwnd.scale = 7;
	pln_rwnd_init(&rwnd, 1 << 20, 5);
	EXPECT_EQ(rwnd.scale, 7U);
}

TEST(RwndRfc9293, AnnouncingMovesTheEdge)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	EXPECT_EQ(pln_rwnd_announce(&rwnd, 1000, 50000, false), 50000U);
	EXPECT_EQ(rwnd.edge, 51000U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 1000), 50000U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 41000), 10000U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 51000), 0U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 51001), 0U); /* a FIN may stand behind the edge */
}

TEST(RwndRfc9293, SmallerAnnouncementDoesNotTakeTheEdgeBack)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	pln_rwnd_announce(&rwnd, 1000, 50000, false);
	EXPECT_EQ(pln_rwnd_announce(&rwnd, 1000, 10, false), 10U);
	EXPECT_EQ(rwnd.edge, 51000U);
}

TEST(RwndRfc9293, WindowClosesAsDataArrivesAndEdgeStays)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	send_ack(&rwnd, 1000, 0);
	for (uint32_t queued = 0; queued <= 50000; queued += 2500)
		EXPECT_EQ(send_ack(&rwnd, 1000 + queued, queued), 50000 - queued);
	EXPECT_EQ(rwnd.edge, 51000U);
}

TEST(RwndRfc9293, SmallerBufferDoesNotShrinkTheWindow)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	send_ack(&rwnd, 1000, 0);
	rwnd.buf = 10000;
	EXPECT_EQ(send_ack(&rwnd, 1000, 0), 50000U);
	EXPECT_EQ(send_ack(&rwnd, 46000, 0),
	          10000U); /* 5000 open, 10000 free: grows by the rule again */
}

TEST(RwndRfc9293, MoreQueuedThanTheBufferHoldsOffersNothingNew)
{
	struct pln_rwnd rwnd = rwnd_of(1000, 0);

	EXPECT_EQ(pln_rwnd_offer(&rwnd, 0, 1001, MSS), 0U);
	EXPECT_EQ(pln_rwnd_offer(&rwnd, 0, UINT32_MAX, MSS), 0U);
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 0, UINT32_MAX, MSS));
}

TEST(RwndRfc9293, GrowsOnlyByASegmentOrHalfTheBuffer)
{
	struct pln_rwnd large = rwnd_of(50000, 1000), small = rwnd_of(1000, 1000);

	send_ack(&large, 1000, 0);
	EXPECT_EQ(pln_rwnd_offer(&large, 51000, 50000 - MSS + 1, MSS), 0U);
	EXPECT_EQ(pln_rwnd_offer(&large, 51000, 50000 - MSS, MSS), MSS);
	send_ack(&small, 1000, 0);
	EXPECT_EQ(pln_rwnd_offer(&small, 2000, 501, MSS), 0U);
	EXPECT_EQ(pln_rwnd_offer(&small, 2000, 500, MSS), 500U);
}

TEST(RwndRfc9293, ReaderOfSingleBytesOpensTheWindowInSegments)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);
	unsigned int updates = 0;

	send_ack(&rwnd, 1000, 0);
	for (uint32_t queued = 50000; queued-- > 0;) {
		if (!pln_rwnd_update_due(&rwnd, 51000, queued, MSS))
			continue;
		uint32_t before = pln_rwnd_open(&rwnd, 51000);
		uint32_t after = send_ack(&rwnd, 51000, queued);

		EXPECT_GE(after - before, MSS);
		updates++;
	}
	EXPECT_GE(updates, 50000 / (2 * MSS));
	EXPECT_LE(updates, 50000 / MSS);
}

TEST(RwndRfc9293, UpdateIsDueWhenAClosedWindowMayOpen)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	send_ack(&rwnd, 1000, 0);
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 51000, 50000, MSS));
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 51000, 50000 - MSS + 1, MSS));
	EXPECT_TRUE(pln_rwnd_update_due(&rwnd, 51000, 50000 - MSS, MSS));
}

TEST(RwndRfc9293, UpdateOfAnOpenWindowIsDueAfterTwoSegments)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 1000);

	send_ack(&rwnd, 1000, 0);
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 41000, 40000 - 2 * MSS + 1, MSS));
	EXPECT_TRUE(pln_rwnd_update_due(&rwnd, 41000, 40000 - 2 * MSS, MSS));
}

TEST(RwndRfc7323, UpdateIsDueWhenLessThanAUnitIsOpen)
{
	struct pln_rwnd rwnd = rwnd_of(100000, 0, 8);
	uint32_t edge = send_ack(&rwnd, 0, 0);

	/* 255 bytes are named 0: to the peer the window is closed. */
	EXPECT_TRUE(pln_rwnd_update_due(&rwnd, edge - 255, 100000 - 2048, MSS));
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, edge - 256, 100000 - 2048, MSS));
}

TEST(RwndRfc9293, UpdateOfASmallBufferIsDueAfterHalfOfIt)
{
	struct pln_rwnd rwnd = rwnd_of(2000, 1000);

	send_ack(&rwnd, 1000, 0);
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 2500, 501, MSS));
	EXPECT_TRUE(pln_rwnd_update_due(&rwnd, 2500, 500, MSS));
}

TEST(RwndRfc7323, SynIsNotScaledAndHoldsAtMostSixteenBits)
{
	struct pln_rwnd rwnd = rwnd_of(1 << 20, 1000, 5);

	EXPECT_EQ(pln_rwnd_announce(&rwnd, 1000, 1 << 20, true), 65535U);
	EXPECT_EQ(rwnd.edge, 1000U + 65535U);
	EXPECT_EQ(pln_rwnd_announce(&rwnd, 1000, 1 << 20, false), (1U << 20) >> 5);
	EXPECT_EQ(rwnd.edge, 1000U + (1U << 20));
}

TEST(RwndRfc7323, WithoutAScaleTheOfferIsWhatTheFieldHolds)
{
	struct pln_rwnd rwnd = rwnd_of(1 << 20, 1000);

	EXPECT_EQ(pln_rwnd_offer(&rwnd, 1000, 0, MSS), 65535U);
	EXPECT_EQ(send_ack(&rwnd, 1000, 0), 65535U);
	EXPECT_EQ(rwnd.edge, 1000U + 65535U);
}

TEST(RwndRfc7323, GrowthIsRoundedDownToTheScale)
{
	struct pln_rwnd rwnd = rwnd_of(100000, 1000, 8);

	EXPECT_EQ(pln_rwnd_offer(&rwnd, 1000, 0, MSS), 390U * 256);
	EXPECT_EQ(send_ack(&rwnd, 1000, 0), 390U * 256);
}

TEST(RwndRfc7323, EdgeThatCannotBeNamedIsRoundedUp)
{
	struct pln_rwnd rwnd = rwnd_of(100000, 0, 8);

	send_ack(&rwnd, 0, 0);
	uint32_t edge = rwnd.edge;

	EXPECT_EQ(send_ack(&rwnd, 1, 1),
	          390U * 256); /* 99839 open: 390 units cover it, 389 do not */
	EXPECT_EQ(rwnd.edge, edge + 1);
	EXPECT_EQ(send_ack(&rwnd, 257, 257), 389U * 256); /* exactly nameable */
	EXPECT_EQ(rwnd.edge, edge + 1);
}

TEST(RwndRfc7323, BufferBelowTheUnitStillOpens)
{
	struct pln_rwnd rwnd = rwnd_of(1000, 0, 14);

	EXPECT_EQ(send_ack(&rwnd, 0, 0), 16384U);
	EXPECT_EQ(send_ack(&rwnd, 16384, 16384), 0U);
	EXPECT_FALSE(pln_rwnd_update_due(&rwnd, 16384, 1, MSS));
	EXPECT_TRUE(pln_rwnd_update_due(&rwnd, 16384, 0, MSS));
}

TEST(RwndRfc7323, PeerOfTinySegmentsCannotOverfillTheBuffer)
{
	struct pln_rwnd rwnd = rwnd_of(1 << 20, 0, 8);
	uint32_t nxt = 0;

	/* One byte a segment, nothing is ever read; the peer obeys the window it is shown. */
	while (send_ack(&rwnd, nxt, nxt) > 0 && nxt < (2U << 20))
		nxt++;

	EXPECT_GE(nxt, 1U << 20);
	EXPECT_LE(nxt, (1U << 20) + (1U << 17) + 256);
	EXPECT_LE(rwnd.edge - nxt, 256U); /* what was promised is still honoured */
}

TEST(RwndRfc9293, WorksAcrossTheWrap)
{
	struct pln_rwnd rwnd = rwnd_of(50000, 0xffffff00);

	EXPECT_EQ(send_ack(&rwnd, 0xffffff00, 0), 50000U);
	EXPECT_EQ(rwnd.edge, 0xffffff00U + 50000U);
	EXPECT_EQ(send_ack(&rwnd, 0x100, 512), 50000U - 512U);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 0x100), 50000U - 512U);
}

TEST(RwndRfc7323, LargestWindowDoesNotOverflow)
{
	struct pln_rwnd rwnd = rwnd_of(UINT32_MAX, 0x80000000, 14);

	EXPECT_EQ(send_ack(&rwnd, 0x80000000, 0), 65535U << 14);
	EXPECT_EQ(send_ack(&rwnd, 0x80000001, 1), 65535U << 14);
	EXPECT_EQ(pln_rwnd_open(&rwnd, 0x80000001), 65535U << 14);
}

/* Full-sized segments, readers of any pace, any scale: the edge never goes left, nothing above the
 * buffer and its eighth is promised, and once all is read the window is open again. */
TEST(RwndRfc9293, EdgeNeverMovesLeftUnderRandomTraffic)
{
	for (uint32_t seed = 1; seed <= 60; seed++) {
		std::mt19937 rng(seed);
		uint32_t buf = 20000 + rng() % (4U << 20), nxt = 0U - rng() % 100000, queued = 0;
		struct pln_rwnd rwnd = rwnd_of(buf, nxt, pln_rwnd_scale(buf));
		uint32_t wnd = send_ack(&rwnd, nxt, 0), shown = nxt + wnd;

		for (int i = 0; i < 3000; i++) {
			SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << i);
			uint32_t len =
				std::min<uint32_t>(shown - nxt, rng() % 3 ? MSS : 1 + rng() % MSS);
			uint32_t read = rng() % 4 ? 0 : rng() % (1 + std::min(queued, 40000U));

			nxt += len;
			queued += len - std::min(queued, read);
			if (rng() % 2 == 0 && !pln_rwnd_update_due(&rwnd, nxt, queued, MSS))
				continue;
			wnd = send_ack(&rwnd, nxt, queued);
			ASSERT_TRUE(pln_seq_geq(nxt + wnd, shown));
			ASSERT_LE(queued + wnd, buf + buf / 8 + (1U << rwnd.scale));
			shown = nxt + wnd;
		}
		EXPECT_GE(send_ack(&rwnd, nxt, 0) + MSS + (1U << rwnd.scale), buf);
	}
}
