/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send window: the WL1/WL2 rule with its wraps, scaling, and each condition of the sender's
 * silly-window avoidance with Nagle, cork and push over it.
 */
#include "tcp/snd/swnd.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint32_t MSS = 1460;

struct pln_swnd
swnd_of(uint32_t seq, uint32_t ack, uint32_t wnd, uint8_t scale)
{
	struct pln_swnd swnd = {};

	pln_swnd_init(&swnd, seq, ack, wnd);
	swnd.scale = scale;
	return swnd;
}

/* Plenty of window, nothing in flight, Nagle on. */
struct pln_swnd_ask
ask_of(uint32_t queued, uint32_t usable)
{
	struct pln_swnd_ask ask = {};

	ask.queued = queued;
	ask.usable = usable;
	ask.mss = MSS;
	ask.max_wnd = 65535;
	ask.nagle = true;
	return ask;
}

} // namespace

TEST(SwndRfc9293, InitTakesTheWindowUnscaled)
{
	struct pln_swnd swnd = {};

	swnd.scale = 7;
	pln_swnd_init(&swnd, 100, 200, 65535);

	EXPECT_EQ(swnd.wnd, 65535U);
	EXPECT_EQ(swnd.max_wnd, 65535U);
	EXPECT_EQ(swnd.wl1, 100U);
	EXPECT_EQ(swnd.wl2, 200U);
	EXPECT_EQ(swnd.scale, 7U);
}

TEST(SwndRfc9293, NewerSequenceBringsTheWindow)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 101, 200, 500));

	EXPECT_EQ(swnd.wnd, 500U);
	EXPECT_EQ(swnd.wl1, 101U);
	EXPECT_EQ(swnd.wl2, 200U);
	EXPECT_EQ(swnd.max_wnd, 1000U);
}

TEST(SwndRfc9293, SameSequenceWithNewerOrSameAckBringsTheWindow)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 100, 201, 900));
	EXPECT_TRUE(pln_swnd_update(&swnd, 100, 201, 800));

	EXPECT_EQ(swnd.wnd, 800U);
	EXPECT_EQ(swnd.wl2, 201U);
}

TEST(SwndRfc9293, OlderSegmentDoesNotBringTheWindow)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_FALSE(pln_swnd_update(&swnd, 99, 200, 5));
	EXPECT_FALSE(pln_swnd_update(&swnd, 99, 199, 5));
	EXPECT_FALSE(pln_swnd_update(&swnd, 100, 199, 5));

	EXPECT_EQ(swnd.wnd, 1000U);
	EXPECT_EQ(swnd.wl1, 100U);
	EXPECT_EQ(swnd.wl2, 200U);
}

TEST(SwndRfc9293, RetransmissionWithANewerAckBringsTheWindow)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 50, 700, 600)) << "up to 1300, as offered, not to 1700";

	EXPECT_EQ(swnd.wnd, 600U);
	EXPECT_EQ(swnd.wl1, 100U) << "what came before it stays older";
	EXPECT_EQ(swnd.wl2, 700U);
}

TEST(SwndRfc9293, NewerSequenceWinsOverOlderAck)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 150, 180, 700));
	EXPECT_EQ(swnd.wnd, 700U);
	EXPECT_EQ(swnd.wl2, 180U);
}

TEST(SwndRfc9293, SameWindowAgainIsNoChangeButMovesTheMarks)
{
	struct pln_swnd swnd = swnd_of(100, 200, 1000, 0);

	EXPECT_FALSE(pln_swnd_update(&swnd, 110, 220, 1000));
	EXPECT_EQ(swnd.wl1, 110U);
	EXPECT_EQ(swnd.wl2, 220U);
}

TEST(SwndRfc9293, ComparesAcrossTheWrap)
{
	struct pln_swnd swnd = swnd_of(0xfffffff0, 0xffffffff, 1000, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 0x10, 0xffffffff, 900));
	EXPECT_FALSE(pln_swnd_update(&swnd, 0xfffffff0, 0xffffffff, 1));
	EXPECT_TRUE(pln_swnd_update(&swnd, 0x10, 3, 800));
	EXPECT_FALSE(pln_swnd_update(&swnd, 0x10, 0xfffffffe, 1));

	EXPECT_EQ(swnd.wnd, 800U);
}

TEST(SwndRfc7323, ScalesWhatComesAfterTheSyn)
{
	struct pln_swnd swnd = swnd_of(1, 1, 65535, 14);

	EXPECT_TRUE(pln_swnd_update(&swnd, 2, 1, 65535));
	EXPECT_EQ(swnd.wnd, 65535U << 14);
	EXPECT_EQ(swnd.max_wnd, 65535U << 14);
	EXPECT_TRUE(pln_swnd_update(&swnd, 3, 1, 0));
	EXPECT_EQ(swnd.wnd, 0U);
	EXPECT_EQ(swnd.max_wnd, 65535U << 14);
}

TEST(SwndRfc9293, WindowIsUnsigned)
{
	struct pln_swnd swnd = swnd_of(1, 1, 0, 0);

	EXPECT_TRUE(pln_swnd_update(&swnd, 2, 1, 0xffff));
	EXPECT_EQ(swnd.wnd, 65535U);
}

TEST(SwndRfc1122, FullSegmentGoesAlways)
{
	struct pln_swnd_ask ask = ask_of(MSS, MSS);

	ask.unacked = true;
	ask.more = true;
	EXPECT_EQ(pln_swnd_allow(&ask), MSS);
	ask.queued = 100 * MSS;
	ask.usable = 50 * MSS;
	EXPECT_EQ(pln_swnd_allow(&ask), MSS);
}

TEST(SwndRfc1122, NothingQueuedOrNoWindowSendsNothing)
{
	struct pln_swnd_ask empty = ask_of(0, 65535), closed = ask_of(5000, 0);

	empty.push = true;
	closed.push = true;
	EXPECT_EQ(pln_swnd_allow(&empty), 0U);
	EXPECT_EQ(pln_swnd_allow(&closed), 0U);
	closed.max_wnd = 0;
	EXPECT_EQ(pln_swnd_allow(&closed), 0U);
}

TEST(SwndRfc1122, LastSmallSegmentGoesWhenNothingIsInFlight)
{
	struct pln_swnd_ask ask = ask_of(1, 65535);

	EXPECT_EQ(pln_swnd_allow(&ask), 1U);
	ask.queued = MSS - 1;
	ask.usable = MSS - 1;
	EXPECT_EQ(pln_swnd_allow(&ask), MSS - 1);
}

TEST(SwndRfc9293, NagleHoldsASmallSegmentWhileDataIsInFlight)
{
	struct pln_swnd_ask ask = ask_of(MSS - 1, 65535);

	ask.unacked = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.unacked = false;
	EXPECT_EQ(pln_swnd_allow(&ask), MSS - 1);
}

TEST(SwndRfc9293, NagleOffSendsASmallSegmentIntoTheFlight)
{
	struct pln_swnd_ask ask = ask_of(10, 65535);

	ask.unacked = true;
	ask.nagle = false;
	EXPECT_EQ(pln_swnd_allow(&ask), 10U);
}

TEST(SwndRfc1122, RuntOfAWindowIsNotTaken)
{
	struct pln_swnd_ask ask = ask_of(5000, 100);

	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.usable = MSS - 1;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.nagle = false;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
}

TEST(SwndRfc1122, HalfOfTheLargestWindowIsTakenThoughItIsNoFullSegment)
{
	struct pln_swnd_ask ask = ask_of(5000, 500);

	ask.max_wnd = 1000;
	EXPECT_EQ(pln_swnd_allow(&ask), 500U);
	ask.usable = 499;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.max_wnd = 999; /* odd: half of it is 499.5 */
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.usable = 500;
	EXPECT_EQ(pln_swnd_allow(&ask), 500U);
}

TEST(SwndRfc1122, HalfTheWindowWaitsForNagleToo)
{
	struct pln_swnd_ask ask = ask_of(5000, 500);

	ask.max_wnd = 1000;
	ask.unacked = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.nagle = false;
	EXPECT_EQ(pln_swnd_allow(&ask), 500U);
}

TEST(SwndRfc1122, PeerWithATinyBufferIsServed)
{
	struct pln_swnd_ask ask = ask_of(5000, 1);

	ask.max_wnd = 1;
	EXPECT_EQ(pln_swnd_allow(&ask), 1U);
}

TEST(SwndRfc1122, PushSendsWhatThereIs)
{
	struct pln_swnd_ask ask = ask_of(5000, 100);

	ask.push = true;
	ask.unacked = true;
	ask.more = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 100U);
	ask.queued = 30;
	EXPECT_EQ(pln_swnd_allow(&ask), 30U);
}

TEST(SwndCork, HoldsAPartialSegment)
{
	struct pln_swnd_ask ask = ask_of(MSS - 1, 65535);

	ask.more = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
	ask.nagle = false;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
}

TEST(SwndCork, HoldsAlsoWhatIsHalfOfTheLargestWindow)
{
	struct pln_swnd_ask ask = ask_of(600, 1000);

	ask.max_wnd = 1000;
	ask.more = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
}

TEST(SwndCork, DoesNotHoldWhatFillsASmallWindow)
{
	struct pln_swnd_ask ask = ask_of(1000, 1000);

	ask.max_wnd = 1000;
	ask.more = true;
	EXPECT_EQ(pln_swnd_allow(&ask), 1000U);
	ask.queued = 5000;
	EXPECT_EQ(pln_swnd_allow(&ask), 1000U);
}

TEST(SwndRfc1122, LargestWindowsDoNotOverflow)
{
	struct pln_swnd_ask ask = ask_of(UINT32_MAX, 0x80000000U);

	ask.mss = UINT32_MAX;
	ask.max_wnd = UINT32_MAX;
	EXPECT_EQ(pln_swnd_allow(&ask), 0x80000000U);
	ask.usable = 0x7fffffffU;
	EXPECT_EQ(pln_swnd_allow(&ask), 0U);
}

/* A sender that asks again and again never answers a stream of small windows with a stream of
 * small segments. */
TEST(SwndRfc1122, SmallWindowStepsGiveNoRunts)
{
	uint32_t queued = 20 * MSS, open = 0;

	for (int i = 0; i < 200; i++) {
		struct pln_swnd_ask ask = ask_of(queued, open += 100);
		uint32_t n = pln_swnd_allow(&ask);

		ASSERT_TRUE(n == 0 || n == MSS) << n;
		queued -= n;
		open -= n;
	}
	EXPECT_EQ(queued, 7 * MSS); /* 20 000 bytes of window came: 13 full segments */
}
