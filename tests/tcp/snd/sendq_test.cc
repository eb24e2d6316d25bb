/* SPDX-License-Identifier: BSD-3-Clause */
/* The send queue verb by verb. Against a model it is tested in sendq_model_test.cc. */
#include "tcp/snd/sendq.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

/* Owns what the queue only links. */
class Queue
{
      public:
	struct pln_sendq q;

	explicit Queue(uint32_t seq)
	{
		pln_sendq_init(&q, seq);
	}

	struct pln_sendref *
	append(const std::string &text, uint32_t room = 0)
	{
		auto buf = std::make_unique<std::vector<uint8_t>>(text.begin(), text.end());

		buf->resize(text.size() + room);
		refs.push_back({ nullptr, buf->data(), static_cast<uint32_t>(text.size()), room });
		bufs.push_back(std::move(buf));
		pln_sendq_append(&q, &refs.back());
		return &refs.back();
	}

	uint32_t
	fill(const std::string &text)
	{
		return pln_sendq_fill(&q, reinterpret_cast<const uint8_t *>(text.data()),
		                      static_cast<uint32_t>(text.size()));
	}

	struct pln_range *
	send(uint32_t len, uint64_t now)
	{
		ranges.push_back({});
		pln_sendq_mark_sent(&q, len, now, &ranges.back());
		return &ranges.back();
	}

	struct pln_retired
	ack(uint32_t una)
	{
		struct pln_retired out;

		pln_sendq_retire(&q, una, &out, nullptr);
		return out;
	}

	std::string
	read(uint32_t seq, uint32_t len) const
	{
		struct pln_pieces pieces;
		std::string text;

		pln_sendq_pieces(&q, seq, len, &pieces);
		for (unsigned int i = 0; i < pieces.count; i++)
			text.append(reinterpret_cast<const char *>(pieces.piece[i].data),
			            pieces.piece[i].len);
		EXPECT_EQ(text.size(), pieces.len);
		return text;
	}

      private:
	std::deque<struct pln_sendref> refs;
	std::deque<struct pln_range> ranges;
	std::deque<std::unique_ptr<std::vector<uint8_t>>> bufs;
};

template <typename T>
unsigned int
length(const T *list)
{
	unsigned int n = 0;

	for (; list != nullptr; list = list->next)
		n++;
	return n;
}

} // namespace

TEST(SendqRfc9293, StartsEmpty)
{
	Queue queue(1000);

	EXPECT_EQ(pln_sendq_bytes(&queue.q), 0U);
	EXPECT_EQ(pln_sendq_unsent(&queue.q), 0U);
	EXPECT_EQ(queue.q.una, 1000U);
	EXPECT_EQ(queue.q.pushed, 1000U);
	EXPECT_EQ(queue.read(1000, 0), "");
}

TEST(SendqRfc9293, AppendedBytesAreReadAcrossReferences)
{
	Queue queue(1000);

	queue.append("hello ");
	queue.append("wide ");
	queue.append("world");

	EXPECT_EQ(pln_sendq_bytes(&queue.q), 16U);
	EXPECT_EQ(pln_sendq_unsent(&queue.q), 16U);
	EXPECT_EQ(queue.read(1000, 16), "hello wide world");
	EXPECT_EQ(queue.read(1003, 6), "lo wid");
	EXPECT_EQ(queue.read(1006, 5), "wide ");
	EXPECT_EQ(queue.read(1015, 1), "d");
	EXPECT_EQ(queue.read(1016, 0), "");
}

TEST(SendqRfc9293, PieceNamesTheReferenceThatKeepsItAlive)
{
	Queue queue(1);
	struct pln_sendref *first = queue.append("abc"), *second = queue.append("def");
	struct pln_pieces pieces;

	pln_sendq_pieces(&queue.q, 2, 4, &pieces);

	ASSERT_EQ(pieces.count, 2U);
	EXPECT_EQ(pieces.piece[0].ref, first);
	EXPECT_EQ(pieces.piece[0].data, first->data + 1);
	EXPECT_EQ(pieces.piece[0].len, 2U);
	EXPECT_EQ(pieces.piece[1].ref, second);
	EXPECT_EQ(pieces.piece[1].len, 2U);
}

TEST(SendqRfc9293, EightPiecesAreAllASegmentCanHave)
{
	Queue queue(1);

	for (int i = 0; i < 12; i++)
		queue.append(std::string(1, static_cast<char>('a' + i)));

	EXPECT_EQ(queue.read(1, 12), "abcdefgh");
	EXPECT_EQ(queue.read(3, 8), "cdefghij");
	EXPECT_EQ(queue.read(10, 3), "jkl");
}

TEST(SendqRfc9293, FillTakesWhatTheLastReferenceHasRoomFor)
{
	Queue queue(7);

	EXPECT_EQ(queue.fill("nowhere"), 0U);
	queue.append("no room");
	EXPECT_EQ(queue.fill("x"), 0U);
	queue.append("ab", 5);
	EXPECT_EQ(queue.fill("cd"), 2U);
	EXPECT_EQ(queue.fill("efgh"), 3U);
	EXPECT_EQ(queue.fill("i"), 0U);

	EXPECT_EQ(pln_sendq_bytes(&queue.q), 14U);
	EXPECT_EQ(queue.read(14, 7), "abcdefg");
}

TEST(SendqRfc9293, EmptyReferenceWithRoomIsFilledLater)
{
	Queue queue(7);

	queue.append("", 4);
	EXPECT_EQ(pln_sendq_bytes(&queue.q), 0U);
	EXPECT_EQ(queue.fill("abcdef"), 4U);

	EXPECT_EQ(queue.read(7, 4), "abcd");
}

TEST(SendqRfc9293, FillGrowsAReferenceThatIsSentAndAcknowledgedInPart)
{
	Queue queue(7);

	queue.append("abc", 10);
	queue.send(3, 1);
	queue.ack(9);
	EXPECT_EQ(queue.fill("def"), 3U);

	EXPECT_EQ(queue.read(9, 4), "cdef");
	EXPECT_EQ(pln_sendq_unsent(&queue.q), 3U);
}

TEST(SendqRfc9293, SendingMovesSentAndRecordsRanges)
{
	Queue queue(100);

	queue.append("0123456789");
	struct pln_range *first = queue.send(4, 11), *second = queue.send(6, 22);

	EXPECT_EQ(queue.q.sent, 110U);
	EXPECT_EQ(pln_sendq_unsent(&queue.q), 0U);
	EXPECT_EQ(queue.q.board.head, first);
	EXPECT_EQ(first->next, second);
	EXPECT_EQ(queue.q.board.tail, second);
	EXPECT_EQ(first->start, 100U);
	EXPECT_EQ(first->end, 104U);
	EXPECT_EQ(first->tx_ns, 11U);
	EXPECT_EQ(first->flags, 0U);
	EXPECT_EQ(second->start, 104U);
	EXPECT_EQ(second->end, 110U);
}

TEST(SendqRfc9293, AcknowledgmentRetiresWhatItCoversWholly)
{
	Queue queue(100);
	struct pln_sendref *a = queue.append("0123"), *b = queue.append("456789");

	struct pln_range *first = queue.send(5, 11), *second = queue.send(5, 22);
	struct pln_retired out = queue.ack(107);

	EXPECT_EQ(out.refs, a);
	EXPECT_EQ(a->next, nullptr);
	EXPECT_EQ(out.ranges, first);
	EXPECT_EQ(first->next, nullptr);
	EXPECT_EQ(queue.q.head, b);
	EXPECT_EQ(queue.q.head_off, 3U);
	EXPECT_EQ(queue.q.board.head, second);
	EXPECT_EQ(second->start, 107U);
	EXPECT_EQ(second->end, 110U);
	EXPECT_EQ(queue.read(107, 3), "789");
}

TEST(SendqRfc9293, AcknowledgingAllLeavesAnEmptyQueueThatGoesOn)
{
	Queue queue(100);

	queue.append("abc", 100);
	queue.append("def", 100);
	queue.send(6, 5);
	struct pln_retired out = queue.ack(106);
	EXPECT_EQ(length(out.refs), 2U);
	EXPECT_EQ(length(out.ranges), 1U);
	EXPECT_EQ(queue.q.head, nullptr);
	EXPECT_EQ(queue.q.tail, nullptr);
	EXPECT_EQ(queue.q.board.head, nullptr);
	EXPECT_EQ(queue.q.board.tail, nullptr);
	EXPECT_EQ(queue.fill("x"), 0U);

	queue.append("ghi");
	EXPECT_EQ(queue.read(106, 3), "ghi");
	EXPECT_EQ(queue.send(3, 9)->start, 106U);
}

TEST(SendqRfc9293, OldAcknowledgmentRetiresNothing)
{
	Queue queue(100);

	queue.append("abc");
	queue.send(3, 5);
	struct pln_retired out = queue.ack(100);

	EXPECT_EQ(out.refs, nullptr);
	EXPECT_EQ(out.ranges, nullptr);
	EXPECT_EQ(out.newest_tx_ns, 0U);
	EXPECT_FALSE(out.any_retransmitted);
}

TEST(SendqRfc6298, NewestTimeIsThatOfTheLastRangeWhollyAcknowledged)
{
	Queue queue(100);

	queue.append("0123456789");
	queue.send(4, 11);
	queue.send(4, 22);
	queue.send(2, 33);

	EXPECT_EQ(queue.ack(103).newest_tx_ns, 0U); /* none wholly */
	EXPECT_EQ(queue.ack(109).newest_tx_ns, 22U);
	EXPECT_EQ(queue.ack(110).newest_tx_ns, 33U);
}

TEST(SendqRfc6298, KarnTakesNoSampleFromWhatWasSentAgain)
{
	Queue queue(100);

	queue.append("0123456789");
	queue.send(4, 11);
	struct pln_range *second = queue.send(4, 22);
	queue.send(2, 33);
	pln_scoreboard_lose(&queue.q.board, second);
	pln_sendq_mark_resent(&queue.q, 104, 108, 44);

	EXPECT_EQ(second->flags, PLN_RANGE_RETRANSMITTED);
	EXPECT_EQ(second->tx_ns, 44U);
	struct pln_retired out = queue.ack(108);
	EXPECT_EQ(out.newest_tx_ns, 11U);
	EXPECT_TRUE(out.any_retransmitted);
	out = queue.ack(110);
	EXPECT_EQ(out.newest_tx_ns, 33U);
	EXPECT_FALSE(out.any_retransmitted);
}

TEST(SendqRfc6298, PartialAcknowledgmentOfARetransmissionIsReported)
{
	Queue queue(100);

	queue.append("0123");
	queue.send(4, 11);
	pln_sendq_mark_resent(&queue.q, 100, 104, 44);

	EXPECT_TRUE(queue.ack(101).any_retransmitted);
}

TEST(SendqRfc9293, ResendingMarksEveryRangeItTouchesAndNoOther)
{
	Queue queue(100);
	struct pln_range *r[4];

	queue.append("0123456789abcdef");
	for (int i = 0; i < 4; i++)
		r[i] = queue.send(4, 10 + i);
	pln_sendq_mark_resent(&queue.q, 107, 109, 99);

	EXPECT_EQ(r[0]->flags, 0U);
	EXPECT_EQ(r[1]->flags, PLN_RANGE_RETRANSMITTED | PLN_RANGE_TWICE);
	EXPECT_EQ(r[2]->flags, PLN_RANGE_RETRANSMITTED | PLN_RANGE_TWICE);
	EXPECT_EQ(r[3]->flags, 0U);
	EXPECT_EQ(r[0]->tx_ns, 10U);
	EXPECT_EQ(r[1]->tx_ns, 99U);
	EXPECT_EQ(r[3]->tx_ns, 13U);
}

TEST(SendqRfc9293, ResendingNothingMarksNothing)
{
	Queue queue(100);

	queue.append("0123");
	struct pln_range *range = queue.send(4, 11);
	pln_sendq_mark_resent(&queue.q, 104, 104, 44);
	pln_sendq_mark_resent(&queue.q, 100, 100, 44);

	EXPECT_EQ(range->flags, 0U);
	EXPECT_EQ(range->tx_ns, 11U);
}

TEST(SendqRfc9293, WithoutARangeTheLastOneGrowsAndLosesItsSample)
{
	Queue queue(100);

	queue.append("0123456789");
	struct pln_range *range = queue.send(4, 11);
	const struct pln_sack_block whole = { 100, 104 };
	struct pln_spares spares = {};
	struct pln_delivered got = {};
	pln_scoreboard_sack(&queue.q.board, &whole, &spares, &got);
	EXPECT_EQ(range->flags, PLN_RANGE_SACKED);
	pln_sendq_mark_sent(&queue.q, 3, 22, nullptr);

	EXPECT_EQ(queue.q.sent, 107U);
	EXPECT_EQ(range->end, 107U);
	EXPECT_EQ(range->tx_ns, 22U);
	EXPECT_FALSE(range->flags & PLN_RANGE_SACKED);
	struct pln_retired out = queue.ack(107);
	EXPECT_EQ(out.newest_tx_ns, 0U);
	EXPECT_FALSE(out.any_retransmitted);
}

TEST(SendqRfc9293, WhatWasSentWithoutAnyRangeBelongsToTheNextOne)
{
	Queue queue(100);

	queue.append("0123456789");
	pln_sendq_mark_sent(&queue.q, 4, 11, nullptr);
	EXPECT_EQ(queue.q.board.head, nullptr);
	EXPECT_EQ(queue.q.sent, 104U);
	queue.ack(102);
	struct pln_range *range = queue.send(3, 22);

	EXPECT_EQ(range->start, 102U);
	EXPECT_EQ(range->end, 107U);
	EXPECT_EQ(queue.ack(107).newest_tx_ns, 0U);
	EXPECT_EQ(queue.send(3, 33)->start, 107U);
	EXPECT_EQ(queue.ack(110).newest_tx_ns, 33U);
}

TEST(SendqRfc9293, DrainGivesEverythingBackSentOrNot)
{
	Queue queue(100);
	struct pln_retired out;

	queue.append("0123");
	queue.append("4567", 9);
	queue.send(2, 11);
	queue.send(3, 22);
	queue.ack(101);
	pln_sendq_drain(&queue.q, &out);

	EXPECT_EQ(length(out.refs), 2U);
	EXPECT_EQ(length(out.ranges), 2U);
	EXPECT_EQ(out.newest_tx_ns, 0U);
	EXPECT_FALSE(out.any_retransmitted);
	EXPECT_EQ(pln_sendq_bytes(&queue.q), 0U);
	EXPECT_EQ(pln_sendq_unsent(&queue.q), 0U);
	EXPECT_EQ(queue.q.una, 108U);
	EXPECT_EQ(queue.fill("x"), 0U);
}

TEST(SendqRfc9293, PushMarkIsNeverLeftBehind)
{
	Queue queue(100);

	queue.append("0123456789");
	queue.q.pushed = 104;
	queue.send(10, 1);
	queue.ack(103);
	EXPECT_EQ(queue.q.pushed, 104U);
	queue.ack(107);
	EXPECT_EQ(queue.q.pushed, 107U);
}

TEST(SendqRfc9293, LivesAcrossTheWrap)
{
	Queue queue(0xfffffffa);

	queue.append("01234567");
	queue.append("89abcdef");
	struct pln_range *first = queue.send(10, 1), *second = queue.send(6, 2);
	EXPECT_EQ(first->end, 4U);
	EXPECT_EQ(second->start, 4U);
	EXPECT_EQ(queue.read(0xfffffffe, 10), "456789abcd");
	pln_sendq_mark_resent(&queue.q, 0xfffffffa, 4, 3);
	EXPECT_EQ(first->flags, PLN_RANGE_RETRANSMITTED | PLN_RANGE_TWICE);
	EXPECT_EQ(second->flags, 0U);

	struct pln_retired out = queue.ack(4);
	EXPECT_EQ(out.ranges, first);
	EXPECT_EQ(queue.read(4, 6), "abcdef");
}

TEST(SendqRfc9293, HoldsAlmostHalfOfTheSequenceSpace)
{
	static const uint8_t byte = 'x';
	struct pln_sendref ref = { nullptr, &byte, INT32_MAX, 0 };
	struct pln_range range = {};
	struct pln_retired out;
	struct pln_sendq q;

	pln_sendq_init(&q, 0xc0000000);
	pln_sendq_append(&q, &ref);
	EXPECT_EQ(pln_sendq_bytes(&q), static_cast<uint32_t>(INT32_MAX));
	pln_sendq_mark_sent(&q, INT32_MAX, 5, &range);
	pln_sendq_retire(&q, q.sent, &out, nullptr);

	EXPECT_EQ(out.refs, &ref);
	EXPECT_EQ(out.ranges, &range);
	EXPECT_EQ(out.newest_tx_ns, 5U);
}
