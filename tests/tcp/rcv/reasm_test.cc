/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly: overlaps of every shape, FINs, the limit. Against a model it is tested in
 * reasm_model_test.cc. */
#include "tcp/rcv/reasm.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

class Reasm : public testing::Test
{
      protected:
	struct pln_reasm r;
	struct pln_pktq retired = {};

	Reasm()
	{
		pln_reasm_init(&r, 1 << 20);
	}

	struct pln_pkt *
	packet(uint32_t seq, const std::string &text, bool fin = false, uint32_t truesize = 2048)
	{
		auto own = std::make_unique<Own>();

		own->buf.reserve(text.size() + 600); /* a packet has a buffer, empty or not */
		own->buf.assign(text.begin(), text.end());
		own->pkt.data = own->buf.data();
		own->pkt.len = static_cast<uint32_t>(text.size());
		own->pkt.seq = seq;
		own->pkt.fin = fin;
		own->pkt.room = 0;
		own->pkt.truesize = truesize;
		owned.push_back(std::move(own));
		return &owned.back()->pkt;
	}

	enum pln_reasm_result
	insert(uint32_t seq, const std::string &text, bool fin = false)
	{
		return pln_reasm_insert(&r, packet(seq, text, fin));
	}

	/* Everything that follows `nxt` without a gap; a FIN shows as '$'. */
	std::string
	pop(uint32_t nxt)
	{
		std::string text;

		while (struct pln_pkt *pkt = pln_reasm_pop(&r, nxt, &retired)) {
			EXPECT_EQ(pkt->seq, nxt);
			EXPECT_EQ(pkt->next, nullptr);
			text.append(reinterpret_cast<const char *>(pkt->data), pkt->len);
			nxt += pkt->len;
			if (pkt->fin) {
				text += '$';
				nxt++;
			}
		}
		return text;
	}

	/* "100:abc 110:x$": what is held. */
	std::string
	held() const
	{
		std::string text;

		for (const struct pln_pkt *pkt = r.head; pkt != nullptr; pkt = pkt->next) {
			text += (text.empty() ? "" : " ") + std::to_string(pkt->seq) + ":";
			text.append(reinterpret_cast<const char *>(pkt->data), pkt->len);
			text += pkt->fin ? "$" : "";
		}
		return text;
	}

      private:
	struct Own {
		std::vector<uint8_t> buf;
		struct pln_pkt pkt = {};
	};
	std::vector<std::unique_ptr<Own>> owned;
};

using ReasmRfc9293 = Reasm;

} // namespace

TEST_F(ReasmRfc9293, StartsEmpty)
{
	EXPECT_EQ(pop(0), "");
	EXPECT_EQ(r.count, 0U);
}

TEST_F(ReasmRfc9293, HoldsASegmentUntilTheGapBeforeItCloses)
{
	EXPECT_EQ(insert(103, "def"), PLN_REASM_KEPT);
	EXPECT_EQ(r.count, 1U);
	EXPECT_EQ(r.bytes, 3U);
	EXPECT_EQ(r.truesize, 2048U);

	EXPECT_EQ(pop(100), "");
	EXPECT_EQ(pop(102), "");
	EXPECT_EQ(pop(103), "def");
	EXPECT_EQ(r.count, 0U);
	EXPECT_EQ(r.bytes, 0U);
	EXPECT_EQ(r.truesize, 0U);
	EXPECT_EQ(retired.count, 0U);
}

TEST_F(ReasmRfc9293, EveryOrderOfFiveSegmentsGivesTheSameStream)
{
	std::vector<int> order = { 0, 1, 2, 3, 4 };

	do {
		for (int i : order)
			ASSERT_EQ(insert(101 + 3 * static_cast<uint32_t>(i),
			                 std::string(3, static_cast<char>('a' + i))),
			          PLN_REASM_KEPT);
		ASSERT_EQ(held(), "101:aaa 104:bbb 107:ccc 110:ddd 113:eee");
		ASSERT_EQ(pop(101), "aaabbbcccdddeee");
	} while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ReasmRfc9293, SameSegmentAgainIsADuplicate)
{
	insert(105, "abc");

	EXPECT_EQ(insert(105, "xyz"), PLN_REASM_DUPLICATE);
	EXPECT_EQ(insert(106, "y"), PLN_REASM_DUPLICATE);
	EXPECT_EQ(insert(105, ""), PLN_REASM_DUPLICATE);
	EXPECT_EQ(insert(200, ""), PLN_REASM_DUPLICATE);
	EXPECT_EQ(held(), "105:abc");
}

TEST_F(ReasmRfc9293, DuplicateSpreadOverSeveralHeldSegments)
{
	insert(105, "abc");
	insert(108, "def");

	EXPECT_EQ(insert(106, "????"), PLN_REASM_DUPLICATE);
	EXPECT_EQ(insert(105, "??????"), PLN_REASM_DUPLICATE);
	EXPECT_EQ(held(), "105:abc 108:def");
}

TEST_F(ReasmRfc9293, FrontIsTrimmedWhereBytesAreHeld)
{
	insert(105, "abc");

	EXPECT_EQ(insert(106, "??de"), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "105:abc 108:de");
	EXPECT_EQ(r.bytes, 5U);
	EXPECT_EQ(pop(105), "abcde");
}

TEST_F(ReasmRfc9293, TailIsTrimmedWhereBytesAreHeld)
{
	insert(105, "abc");

	struct pln_pkt *pkt = packet(103, "yz??");
	EXPECT_EQ(pln_reasm_insert(&r, pkt), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "103:yz 105:abc");
	EXPECT_EQ(pkt->room, 2U); /* what was cut may be written over */
	EXPECT_EQ(pop(103), "yzabc");
}

TEST_F(ReasmRfc9293, SegmentThatSpansHeldOnesIsCutToItsFirstNewStretch)
{
	insert(105, "abc");
	insert(110, "fgh");

	EXPECT_EQ(insert(103, "yz???de???ij"), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "103:yz 105:abc 110:fgh");
	EXPECT_EQ(insert(103, "?????de???ij"), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "103:yz 105:abc 108:de 110:fgh");
	EXPECT_EQ(insert(103, "??????????ij"), PLN_REASM_KEPT);
	EXPECT_EQ(pop(103), "yzabcdefghij");
}

TEST_F(ReasmRfc9293, FrontTrimSkipsSeveralHeldSegmentsInARow)
{
	insert(105, "abc");
	insert(108, "def");
	insert(111, "g");
	insert(120, "z");

	EXPECT_EQ(insert(106, "??????hij"), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "105:abc 108:def 111:g 112:hij 120:z");
}

TEST_F(ReasmRfc9293, FirstCopyOfAByteStays)
{
	insert(105, "good");

	insert(103, "evilevil");
	insert(107, "evilevil");
	EXPECT_EQ(pop(103), "evgoodilevil");
}

TEST_F(ReasmRfc9293, GapsAreNotJumped)
{
	insert(105, "abc");
	insert(109, "xyz");

	EXPECT_EQ(pop(105), "abc");
	EXPECT_EQ(held(), "109:xyz");
	EXPECT_EQ(insert(108, "-"), PLN_REASM_KEPT);
	EXPECT_EQ(pop(108), "-xyz");
}

TEST_F(ReasmRfc9293, PopTrimsWhatArrivedInOrderMeanwhile)
{
	insert(105, "abcdef");

	EXPECT_EQ(pop(108), "def");
	EXPECT_EQ(retired.count, 0U);
}

TEST_F(ReasmRfc9293, WhatIsWhollyOldIsRetired)
{
	insert(105, "ab");
	insert(107, "cd");
	insert(109, "ef");

	EXPECT_EQ(pop(110), "f");
	EXPECT_EQ(retired.count, 2U);
	EXPECT_EQ(r.count, 0U);
	EXPECT_EQ(r.truesize, 0U);
}

TEST_F(ReasmRfc9293, FinComesOutBehindItsBytes)
{
	insert(105, "abc", true);

	EXPECT_EQ(r.bytes, 3U); /* a FIN is no payload */
	EXPECT_EQ(pop(105), "abc$");
}

TEST_F(ReasmRfc9293, FinAloneIsHeld)
{
	EXPECT_EQ(insert(105, "", true), PLN_REASM_KEPT);
	EXPECT_EQ(insert(105, "", true), PLN_REASM_DUPLICATE);
	EXPECT_EQ(insert(103, "ab", true), PLN_REASM_KEPT);

	EXPECT_EQ(held(), "103:ab 105:$");
	EXPECT_EQ(pop(103), "ab$");
}

TEST_F(ReasmRfc9293, RetransmissionThatAddsOnlyAFinIsKeptForIt)
{
	insert(105, "abc");

	EXPECT_EQ(insert(105, "abc", true), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "105:abc 108:$");
	EXPECT_EQ(r.bytes, 3U);
	EXPECT_EQ(pop(105), "abc$");
}

TEST_F(ReasmRfc9293, FinIsLostWithTheTail)
{
	insert(107, "cd");

	EXPECT_EQ(insert(105, "abcd", true), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "105:ab 107:cd");
	EXPECT_EQ(insert(107, "cd", true), PLN_REASM_KEPT);
	EXPECT_EQ(pop(105), "abcd$");
}

TEST_F(ReasmRfc9293, FinIsLostAloneWhereAByteIsHeld)
{
	insert(108, "x");

	EXPECT_EQ(insert(105, "abc", true), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "105:abc 108:x");
}

TEST_F(ReasmRfc9293, FinIsNotRetiredWithOldBytes)
{
	insert(105, "abc", true);

	EXPECT_EQ(pop(108), "$");
	EXPECT_EQ(retired.count, 0U);
}

TEST_F(ReasmRfc9293, FinThatIsOldIsRetired)
{
	insert(105, "abc", true);

	EXPECT_EQ(pop(109), "");
	EXPECT_EQ(retired.count, 1U);
}

TEST_F(ReasmRfc9293, LimitIsOfBufferBytesPinned)
{
	pln_reasm_init(&r, 4096);

	EXPECT_EQ(insert(105, "a"), PLN_REASM_KEPT);
	EXPECT_EQ(insert(107, "c"), PLN_REASM_KEPT);
	EXPECT_EQ(r.truesize, 4096U);
	EXPECT_EQ(insert(109, "e"), PLN_REASM_FULL);
	EXPECT_EQ(insert(107, "c"), PLN_REASM_DUPLICATE); /* says so even when full */
	EXPECT_EQ(pop(105), "a");
	EXPECT_EQ(insert(109, "e"), PLN_REASM_KEPT);
}

TEST_F(ReasmRfc9293, RefusedPacketIsUnchanged)
{
	pln_reasm_init(&r, 2048);
	insert(105, "abc");
	struct pln_pkt *full = packet(103, "yz???d", true), *same = packet(105, "ab");
	const uint8_t *data = full->data;

	EXPECT_EQ(pln_reasm_insert(&r, full), PLN_REASM_FULL);
	EXPECT_EQ(pln_reasm_insert(&r, same), PLN_REASM_DUPLICATE);
	EXPECT_EQ(full->seq, 103U);
	EXPECT_EQ(full->len, 6U);
	EXPECT_EQ(full->data, data);
	EXPECT_TRUE(full->fin);
	EXPECT_EQ(same->len, 2U);
}

TEST_F(ReasmRfc9293, LimitDoesNotOverflow)
{
	pln_reasm_init(&r, UINT32_MAX);

	EXPECT_EQ(pln_reasm_insert(&r, packet(105, "a", false, UINT32_MAX)), PLN_REASM_KEPT);
	EXPECT_EQ(pln_reasm_insert(&r, packet(107, "c", false, 1)), PLN_REASM_FULL);
	EXPECT_EQ(pln_reasm_insert(&r, packet(107, "c", false, UINT32_MAX)), PLN_REASM_FULL);
	pln_reasm_init(&r, 0);
	EXPECT_EQ(pln_reasm_insert(&r, packet(105, "a", false, 1)), PLN_REASM_FULL);
}

TEST_F(ReasmRfc9293, DrainGivesEverythingBack)
{
	insert(105, "abc");
	insert(110, "x", true);
	insert(120, "y");
	pln_reasm_drain(&r, &retired);

	EXPECT_EQ(retired.count, 3U);
	EXPECT_EQ(held(), "");
	EXPECT_EQ(r.count, 0U);
	EXPECT_EQ(r.bytes, 0U);
	EXPECT_EQ(r.truesize, 0U);
	EXPECT_EQ(insert(130, "z"), PLN_REASM_KEPT);
	EXPECT_EQ(held(), "130:z");
}

TEST_F(ReasmRfc9293, SortsAcrossTheWrap)
{
	insert(2, "cd");
	insert(0xfffffffe, "yzab");
	insert(0xfffffffc, "wx??");

	EXPECT_EQ(held(), "4294967292:wx 4294967294:yzab 2:cd");
	EXPECT_EQ(pop(0xfffffffc), "wxyzabcd");
}

TEST_F(Reasm, SmallPayloadsThatFollowEachOtherShareABuffer)
{
	struct pln_pkt *first = packet(100, "ab");

	first->room = 5;
	EXPECT_EQ(pln_reasm_insert(&r, first), PLN_REASM_KEPT);
	EXPECT_EQ(insert(102, "cd"), PLN_REASM_COPIED);
	EXPECT_EQ(insert(103, "DE"), PLN_REASM_COPIED)
		<< "its first byte was held: the copy that came first stays";
	EXPECT_EQ(insert(105, "", true), PLN_REASM_COPIED);
	EXPECT_EQ(r.count, 1U);
	EXPECT_EQ(r.bytes, 5U);
	EXPECT_EQ(r.truesize, 2048U);
	EXPECT_EQ(r.isle.start, 100U);
	EXPECT_EQ(r.isle.end, 106U);
	EXPECT_EQ(insert(106, "x"), PLN_REASM_KEPT) << "nothing is copied behind a FIN";
	EXPECT_EQ(pop(100).substr(0, 6), "abcdE$");
}

TEST_F(Reasm, LargePayloadsAndThoseWithoutRoomKeepTheirBuffers)
{
	struct pln_pkt *first = packet(100, "ab");

	first->room = 300;
	EXPECT_EQ(pln_reasm_insert(&r, first), PLN_REASM_KEPT);
	EXPECT_EQ(insert(102, std::string(257, 'x')), PLN_REASM_KEPT);
	EXPECT_EQ(insert(359, "y"), PLN_REASM_KEPT);
	EXPECT_EQ(r.count, 3U);
}

TEST_F(Reasm, CopiedUpToTheNextOneHeld)
{
	struct pln_pkt *first = packet(100, "ab");

	first->room = 300;
	EXPECT_EQ(pln_reasm_insert(&r, first), PLN_REASM_KEPT);
	EXPECT_EQ(insert(104, "ef"), PLN_REASM_KEPT);
	EXPECT_EQ(insert(102, "cdEF"), PLN_REASM_COPIED);
	EXPECT_EQ(r.isle.end, 106U);
	EXPECT_EQ(pop(100), "abcdef");
}
