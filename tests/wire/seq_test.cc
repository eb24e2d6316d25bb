/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/seq: the circle of sequence numbers. wire/pkt: a queue of records. */
#include "wire/seq.h"

#include <gtest/gtest.h>

#include "wire/pkt.h"

namespace
{

TEST(SeqRfc9293, OrderHoldsAcrossTheWrap)
{
	for (uint32_t base : { 0U, 1U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU }) {
		for (uint32_t ahead : { 1U, 2U, 65535U, 0x7fffffffU }) {
			uint32_t later = base + ahead;

			EXPECT_TRUE(pln_seq_lt(base, later));
			EXPECT_TRUE(pln_seq_leq(base, later));
			EXPECT_FALSE(pln_seq_gt(base, later));
			EXPECT_FALSE(pln_seq_geq(base, later));
			EXPECT_TRUE(pln_seq_gt(later, base));
			EXPECT_EQ(later, pln_seq_max(base, later));
			EXPECT_EQ(later, pln_seq_max(later, base));
			EXPECT_EQ(base, pln_seq_min(base, later));
			EXPECT_EQ(base, pln_seq_min(later, base));
		}
		EXPECT_FALSE(pln_seq_lt(base, base));
		EXPECT_TRUE(pln_seq_leq(base, base));
		EXPECT_TRUE(pln_seq_geq(base, base));
	}
}

TEST(SeqRfc9293, IntervalIsClosedBelowAndOpenAbove)
{
	EXPECT_TRUE(pln_seq_in(10, 10, 20));
	EXPECT_TRUE(pln_seq_in(19, 10, 20));
	EXPECT_FALSE(pln_seq_in(20, 10, 20));
	EXPECT_FALSE(pln_seq_in(9, 10, 20));
	EXPECT_TRUE(pln_seq_in(3, 0xfffffff0, 5));
	EXPECT_FALSE(pln_seq_in(5, 0xfffffff0, 5));
	EXPECT_FALSE(pln_seq_in(10, 10, 10));
}

TEST(Pktq, IsFirstInFirstOut)
{
	pln_pkt pkts[3] = {};
	pln_pktq q = {};

	EXPECT_EQ(nullptr, pln_pktq_pop(&q));
	for (int round = 0; round < 2; round++) {
		for (pln_pkt &pkt : pkts)
			pln_pktq_push(&q, &pkt);
		EXPECT_EQ(3U, q.count);
		for (pln_pkt &pkt : pkts) {
			EXPECT_EQ(&pkt, pln_pktq_pop(&q));
			EXPECT_EQ(nullptr, pkt.next);
		}
		EXPECT_EQ(nullptr, pln_pktq_pop(&q));
		EXPECT_EQ(0U, q.count);
	}
}

} // namespace
