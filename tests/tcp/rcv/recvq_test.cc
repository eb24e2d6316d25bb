/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue: what is queued and what is copied, reading without consuming, and a comparison
 * with a plain queue of bytes under random pushes, reads and consumption.
 */
#include "tcp/rcv/recvq.h"

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

/* A packet with a buffer of its own. */
struct Packet {
	std::vector<uint8_t> buf;
	struct pln_pkt pkt = {};

	Packet(const std::string &text, uint32_t room, uint32_t seq = 0)
	    : buf(text.begin(), text.end())
	{
		buf.resize(text.size() + room);
		pkt.data = buf.data();
		pkt.len = static_cast<uint32_t>(text.size());
		pkt.room = room;
		pkt.seq = seq;
		pkt.truesize = 2048;
	}
};

std::string
read(const struct pln_recvq &q, uint32_t offset, uint32_t len)
{
	std::string text(len, '\0');

	text.resize(pln_recvq_copy(&q, offset, reinterpret_cast<uint8_t *>(text.data()), len));
	return text;
}

std::string
peeked(struct pln_recvq &q, uint32_t offset, unsigned int max)
{
	std::vector<struct pln_recvq_view> views(max);
	std::string text;

	views.resize(pln_recvq_peek(&q, offset, views.data(), max));
	for (const struct pln_recvq_view &view : views)
		text.append(reinterpret_cast<const char *>(view.data), view.len).append("|");
	return text;
}

} // namespace

TEST(RecvqRfc9293, StartsEmpty)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};

	EXPECT_EQ(read(q, 0, 10), "");
	EXPECT_EQ(peeked(q, 0, 4), "");
	pln_recvq_consume(&q, 0, &retired);
	EXPECT_EQ(retired.count, 0U);
}

/* The way to the packets looked at before is cut: nobody goes it again. */
TEST(RecvqRfc9293, LookingOnStartsWhereTheLastLookEnded)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	Packet a("aa", 0), b("bb", 0), c("cc", 0), d("dd", 0);

	for (Packet *p : { &a, &b, &c, &d })
		EXPECT_TRUE(pln_recvq_push(&q, &p->pkt));
	EXPECT_EQ(peeked(q, 0, 2), "aa|bb|");
	a.pkt.next = nullptr;
	EXPECT_EQ(peeked(q, 3, 2), "b|cc|");
	b.pkt.next = nullptr;
	EXPECT_EQ(peeked(q, 4, 4), "cc|dd|");
	a.pkt.next = &b.pkt;
	b.pkt.next = &c.pkt;
	EXPECT_EQ(peeked(q, 1, 4), "a|bb|cc|dd|") << "and back again";
	EXPECT_EQ(peeked(q, 6, 1), "dd|");
	pln_recvq_consume(&q, 3, &retired);
	EXPECT_EQ(peeked(q, 0, 4), "b|cc|dd|");
	EXPECT_EQ(peeked(q, 3, 4), "dd|");
	pln_recvq_consume(&q, 4, &retired);
	EXPECT_EQ(peeked(q, 0, 4), "d|");
	EXPECT_EQ(peeked(q, 1, 4), "");
}

TEST(RecvqRfc9293, PacketsAreReadInOrder)
{
	struct pln_recvq q = {};
	Packet a("hello ", 0), b("world", 0);

	EXPECT_TRUE(pln_recvq_push(&q, &a.pkt));
	EXPECT_TRUE(pln_recvq_push(&q, &b.pkt));

	EXPECT_EQ(q.bytes, 11U);
	EXPECT_EQ(q.truesize, 4096U);
	EXPECT_EQ(read(q, 0, 100), "hello world");
	EXPECT_EQ(read(q, 3, 5), "lo wo");
	EXPECT_EQ(read(q, 6, 5), "world");
	EXPECT_EQ(read(q, 11, 5), "");
	EXPECT_EQ(read(q, UINT32_MAX, 5), "");
	EXPECT_EQ(q.bytes, 11U); /* reading consumes nothing */
}

TEST(RecvqRfc9293, PeekShowsStretchesWhereTheyLie)
{
	struct pln_recvq q = {};
	struct pln_recvq_view view;
	Packet a("abc", 0), b("def", 0), c("ghi", 0);

	for (Packet *p : { &a, &b, &c })
		pln_recvq_push(&q, &p->pkt);

	EXPECT_EQ(peeked(q, 0, 8), "abc|def|ghi|");
	EXPECT_EQ(peeked(q, 0, 2), "abc|def|");
	EXPECT_EQ(peeked(q, 1, 8), "bc|def|ghi|");
	EXPECT_EQ(peeked(q, 3, 1), "def|");
	EXPECT_EQ(peeked(q, 8, 8), "i|");
	EXPECT_EQ(peeked(q, 9, 8), "");
	EXPECT_EQ(pln_recvq_peek(&q, 0, &view, 0), 0U);
	ASSERT_EQ(pln_recvq_peek(&q, 4, &view, 1), 1U);
	EXPECT_EQ(view.data, b.pkt.data + 1);
}

TEST(RecvqCoalesce, SmallPayloadIsCopiedBehindTheLastOne)
{
	struct pln_recvq q = {};
	Packet a("abc", 10), b("de", 0), c("f", 0);

	EXPECT_TRUE(pln_recvq_push(&q, &a.pkt));
	EXPECT_FALSE(pln_recvq_push(&q, &b.pkt));
	EXPECT_FALSE(pln_recvq_push(&q, &c.pkt));

	EXPECT_EQ(q.pkts.count, 1U);
	EXPECT_EQ(q.bytes, 6U);
	EXPECT_EQ(q.truesize, 2048U);
	EXPECT_EQ(a.pkt.len, 6U);
	EXPECT_EQ(a.pkt.room, 7U);
	EXPECT_EQ(peeked(q, 0, 4), "abcdef|");
}

TEST(RecvqCoalesce, RoomMustHoldAllOfIt)
{
	struct pln_recvq q = {};
	Packet a("abc", 2), b("def", 0), c("gh", 0);

	pln_recvq_push(&q, &a.pkt);
	EXPECT_TRUE(pln_recvq_push(&q, &b.pkt));
	EXPECT_TRUE(pln_recvq_push(&q, &c.pkt)); /* only the last packet's room counts */
	EXPECT_EQ(peeked(q, 0, 4), "abc|def|gh|");
}

TEST(RecvqCoalesce, OnlyUpToTheLimit)
{
	struct pln_recvq q = {};
	Packet a("abc", 4096), limit(std::string(PLN_RECVQ_COALESCE, 'x'), 0),
		above(std::string(PLN_RECVQ_COALESCE + 1, 'y'), 0);

	pln_recvq_push(&q, &a.pkt);
	EXPECT_FALSE(pln_recvq_push(&q, &limit.pkt));
	EXPECT_TRUE(pln_recvq_push(&q, &above.pkt));
	EXPECT_EQ(q.bytes, 3 + 2 * PLN_RECVQ_COALESCE + 1);
}

TEST(RecvqCoalesce, BytesSeenBeforeStayWhereTheyAre)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	struct pln_recvq_view before, after;
	Packet a("abc", 10), b("de", 0);

	pln_recvq_push(&q, &a.pkt);
	pln_recvq_consume(&q, 1, &retired);
	pln_recvq_peek(&q, 0, &before, 1);
	pln_recvq_push(&q, &b.pkt);
	pln_recvq_peek(&q, 0, &after, 1);

	EXPECT_EQ(before.data, after.data);
	EXPECT_EQ(peeked(q, 0, 4), "bcde|");
}

TEST(RecvqRfc9293, ConsumingGivesUsedUpPacketsBack)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	Packet a("abc", 0, 100), b("def", 0, 103), c("ghi", 0, 106);

	for (Packet *p : { &a, &b, &c })
		pln_recvq_push(&q, &p->pkt);
	pln_recvq_consume(&q, 4, &retired);

	EXPECT_EQ(retired.count, 1U);
	EXPECT_EQ(retired.head, &a.pkt);
	EXPECT_EQ(q.bytes, 5U);
	EXPECT_EQ(q.truesize, 4096U);
	EXPECT_EQ(b.pkt.seq, 104U);
	EXPECT_EQ(b.pkt.len, 2U);
	EXPECT_EQ(read(q, 0, 9), "efghi");

	pln_recvq_consume(&q, 5, &retired);
	EXPECT_EQ(retired.count, 3U);
	EXPECT_EQ(q.bytes, 0U);
	EXPECT_EQ(q.truesize, 0U);
	EXPECT_EQ(q.pkts.tail, nullptr);
}

TEST(RecvqRfc9293, SequenceNumberOfAPartIsKeptTrueAcrossTheWrap)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	Packet a("abcdef", 0, 0xfffffffe);

	pln_recvq_push(&q, &a.pkt);
	pln_recvq_consume(&q, 4, &retired);

	EXPECT_EQ(a.pkt.seq, 2U);
	EXPECT_EQ(read(q, 0, 9), "ef");
}

TEST(RecvqModel, AgreesWithAPlainQueueOfBytes)
{
	for (uint32_t seed = 1; seed <= 40; seed++) {
		std::mt19937 rng(seed);
		std::deque<std::unique_ptr<Packet>> packets;
		std::string model;
		struct pln_recvq q = {};
		uint32_t held = 0;

		for (int step = 0; step < 800; step++) {
			SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
			if (rng() % 3 != 0) {
				std::string text(1 + rng() % (rng() % 2 ? 20 : 600), '\0');
				uint32_t room = rng() % 4 ? rng() % 900 : 0;

				for (char &c : text)
					c = static_cast<char>(rng());
				auto p = std::make_unique<Packet>(text, room);
				bool fits = held > 0 && text.size() <= PLN_RECVQ_COALESCE &&
				            text.size() <= packets.back()->pkt.room;

				ASSERT_EQ(pln_recvq_push(&q, &p->pkt), !fits);
				model += text;
				if (!fits) {
					packets.push_back(std::move(p));
					held++;
				}
			} else {
				struct pln_pktq retired = {};
				uint32_t n = rng() % 5 ? rng() % (q.bytes + 1) : q.bytes;

				pln_recvq_consume(&q, n, &retired);
				model.erase(0, n);
				while (struct pln_pkt *pkt = pln_pktq_pop(&retired)) {
					ASSERT_EQ(pkt, &packets.front()->pkt);
					packets.pop_front();
					held--;
				}
			}
			ASSERT_EQ(q.bytes, model.size());
			ASSERT_EQ(q.pkts.count, held);
			ASSERT_EQ(q.truesize, held * 2048U);
			uint32_t offset = rng() % (q.bytes + 2), len = rng() % 2000;
			std::string expected =
				offset < model.size() ? model.substr(offset, len) : "";

			ASSERT_EQ(read(q, offset, len), expected);
		}
	}
}

TEST(RecvqMemory, CompactingMovesBytesTogetherAndKeepsTheirOrder)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	Packet a(std::string(300, 'a'), 700), b(std::string(400, 'b'), 0),
		c(std::string(500, 'c'), 0), d(std::string(100, 'd'), 0);
	std::string all = std::string(300, 'a') + std::string(400, 'b') + std::string(500, 'c') +
	                  std::string(100, 'd');

	for (Packet *p : { &a, &b, &c, &d })
		pln_recvq_push(&q, &p->pkt);
	EXPECT_EQ(q.truesize, 4U * 2048);
	pln_recvq_compact(&q, &retired);
	EXPECT_EQ(retired.count, 1U) << "b fits behind a; c does not; d has no room before it";
	EXPECT_EQ(retired.head, &b.pkt);
	EXPECT_EQ(q.truesize, 3U * 2048);
	EXPECT_EQ(read(q, 0, 2000), all);
	pln_recvq_consume(&q, 1300, &retired);
	EXPECT_EQ(retired.count, 4U);
	EXPECT_EQ(q.truesize, 0U);
}

TEST(RecvqMemory, CompactingLeavesWhatIsLookedAtWhereItIs)
{
	struct pln_recvq q = {};
	struct pln_pktq retired = {};
	Packet a(std::string(300, 'a'), 700), b(std::string(300, 'b'), 700),
		c(std::string(300, 'c'), 0);

	for (Packet *p : { &a, &b, &c })
		pln_recvq_push(&q, &p->pkt);
	peeked(q, 0, 2); /* a and b */
	pln_recvq_compact(&q, &retired);
	EXPECT_EQ(retired.count, 1U);
	EXPECT_EQ(retired.head, &c.pkt) << "behind b there is nobody in the way";
	EXPECT_EQ(peeked(q, 0, 4), std::string(300, 'a') + "|" + std::string(300, 'b') +
	                                   std::string(300, 'c') + "|");
	pln_recvq_compact(&q, &retired);
	EXPECT_EQ(retired.count, 1U);
	pln_recvq_consume(&q, 300, &retired);
	pln_recvq_compact(&q, &retired);
	EXPECT_EQ(read(q, 0, 1000), std::string(300, 'b') + std::string(300, 'c'));
}

TEST(RecvqMemory, WhenBuffersAreShortAnySizeIsCopied)
{
	struct pln_recvq q = {};
	Packet a(std::string(300, 'a'), 700), b(std::string(600, 'b'), 0),
		c(std::string(101, 'c'), 0);

	pln_recvq_push(&q, &a.pkt);
	EXPECT_TRUE(pln_recvq_pins(&q, &b.pkt));
	q.tight = true;
	EXPECT_FALSE(pln_recvq_pins(&q, &b.pkt));
	EXPECT_FALSE(pln_recvq_push(&q, &b.pkt));
	EXPECT_TRUE(pln_recvq_push(&q, &c.pkt));
	EXPECT_EQ(q.truesize, 2U * 2048);
}
