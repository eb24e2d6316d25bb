/* SPDX-License-Identifier: BSD-3-Clause */
/* One segment in a chain of buffers becomes several: numbers, flags, urgent pointer, and every byte (RFC 9293 §3.1). */
#include "stack/resegment.h"

#include <gtest/gtest.h>

#include "dev/eal.h"
#include "support/frame.h"

namespace
{

using support::Bytes;

constexpr uint8_t ALL = 0xff & ~PLN_TCP_RST;

class Resegment : public ::testing::Test
{
      protected:
	static constexpr uint32_t pool_count = 64;

	void
	SetUp() override
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
		pool_ = pln_mbuf_pool_create("t_resegment", pool_count, 1024, SOCKET_ID_ANY);
		ASSERT_NE(pool_, nullptr);
	}

	void
	TearDown() override
	{
		EXPECT_EQ(rte_mempool_avail_count(pool_), pool_count);
		rte_mempool_free(pool_);
	}

	/* A segment of `header` and `lens` bytes of payload, each count in a buffer of its own, behind 34 bytes of other headers. */
	rte_mbuf *
	segment(const Bytes &header, const std::vector<uint16_t> &lens)
	{
		rte_mbuf *m = nullptr;
		uint8_t next = 0;

		payload_.clear();
		for (uint16_t len : lens) {
			rte_mbuf *seg = pln_mbuf_alloc(pool_);

			if (m == nullptr)
				memcpy(rte_pktmbuf_append(seg, 34) + 34 - 34,
				       Bytes(34, 0xaa).data(), 34);
			if (m == nullptr)
				memcpy(rte_pktmbuf_append(seg,
				                          static_cast<uint16_t>(header.size())),
				       header.data(), header.size());
			for (char *p = rte_pktmbuf_append(seg, len); len > 0; len--, p++) {
				payload_.push_back(next);
				*p = static_cast<char>(next++);
			}
			if (m == nullptr)
				m = seg;
			else
				EXPECT_EQ(rte_pktmbuf_chain(m, seg), 0);
		}

		pln_pkt *pkt = pln_mbuf_pkt(m);

		*pkt = pln_pkt{};
		pkt->data = rte_pktmbuf_mtod_offset(m, uint8_t *, 34);
		pkt->len = m->pkt_len - 34;
		pkt->l4_good = true;
		return m;
	}

	static Bytes
	header(uint8_t flags, uint16_t up = 0)
	{
		Bytes h(24, 0);

		h[1] = 80;
		h[4] = 0xff;
		h[5] = 0xff;
		h[6] = 0xff;
		h[7] = 0xf0; /* 16 below the wrap */
		h[12] = 6 << 4;
		h[13] = flags;
		h[18] = static_cast<uint8_t>(up >> 8);
		h[19] = static_cast<uint8_t>(up);
		h[20] = 1;
		return h;
	}

	/* Take apart and look at each piece; frees them. */
	void
	split(rte_mbuf *m)
	{
		pln_pktq q{};

		segs.clear();
		bytes.clear();
		pln_resegment(m, &q);
		while (pln_pkt *pkt = pln_pktq_pop(&q)) {
			pln_seg seg{};

			EXPECT_TRUE(pkt->l4_good);
			EXPECT_EQ(pln_mbuf_of_pkt(pkt)->nb_segs, 1);
			drop = pln_tcp_hdr_parse(pkt->data, pkt->len, &seg);
			segs.push_back(seg);
			if (drop == PLN_ACCEPT)
				bytes.insert(bytes.end(), pkt->data + seg.hdr_len,
				             pkt->data + pkt->len);
			pln_mbuf_free_pkt(pkt);
		}
	}

	rte_mempool *pool_ = nullptr;
	Bytes payload_, bytes;
	std::vector<pln_seg> segs;
	pln_drop drop = PLN_ACCEPT;
};

TEST_F(Resegment, NumbersGoOnAcrossTheWrapAndEveryByteIsThere)
{
	split(segment(header(PLN_TCP_ACK), { 100, 200, 300 }));
	ASSERT_EQ(segs.size(), 3U);
	EXPECT_EQ(segs[0].seq, 0xfffffff0U);
	EXPECT_EQ(segs[1].seq, 84U);
	EXPECT_EQ(segs[2].seq, 284U);
	EXPECT_EQ(segs[2].dst_port, 0);
	EXPECT_EQ(segs[2].src_port, 80);
	EXPECT_EQ(bytes, payload_);
}

TEST_F(Resegment, SynStaysWithTheFirstAndTakesANumber)
{
	split(segment(header(PLN_TCP_SYN | PLN_TCP_CWR | PLN_TCP_ECE), { 100, 200 }));
	ASSERT_EQ(segs.size(), 2U);
	EXPECT_EQ(segs[0].flags, PLN_TCP_SYN | PLN_TCP_CWR | PLN_TCP_ECE);
	EXPECT_EQ(segs[1].flags, PLN_TCP_ECE);
	EXPECT_EQ(segs[1].seq, 85U);
}

TEST_F(Resegment, FinAndPushGoWithTheLast)
{
	split(segment(header(ALL & ~PLN_TCP_SYN), { 10, 10, 10 }));
	ASSERT_EQ(segs.size(), 3U);
	for (int i : { 0, 1 })
		EXPECT_EQ(segs[i].flags & (PLN_TCP_FIN | PLN_TCP_PSH), 0);
	EXPECT_EQ(segs[2].flags & (PLN_TCP_FIN | PLN_TCP_PSH), PLN_TCP_FIN | PLN_TCP_PSH);
	EXPECT_EQ(segs[2].len, 11U);
}

TEST_F(Resegment, TheUrgentPointerCountsFromEachPiece)
{
	split(segment(header(PLN_TCP_ACK | PLN_TCP_URG, 150), { 100, 50, 50 }));
	ASSERT_EQ(segs.size(), 3U);
	EXPECT_EQ(segs[0].up, 150);
	EXPECT_EQ(segs[1].up, 50);
	EXPECT_NE(segs[1].flags & PLN_TCP_URG, 0);
	EXPECT_EQ(segs[2].flags & PLN_TCP_URG, 0);
}

TEST_F(Resegment, APieceWithoutPayloadIsKeptFirstAndDroppedLater)
{
	split(segment(header(PLN_TCP_ACK), { 0, 30, 0 }));
	ASSERT_EQ(segs.size(), 2U);
	EXPECT_EQ(bytes, payload_);
	EXPECT_EQ(segs[1].seq, segs[0].seq);
}

TEST_F(Resegment, PaddingBehindTheSegmentIsNotPayload)
{
	rte_mbuf *m = segment(header(PLN_TCP_ACK | PLN_TCP_FIN), { 20, 20, 20 });

	pln_mbuf_pkt(m)->len -= 25;
	split(m);
	payload_.resize(35);
	EXPECT_EQ(bytes, payload_);
	EXPECT_EQ(segs.back().flags & PLN_TCP_FIN, PLN_TCP_FIN);
}

TEST_F(Resegment, WhatHasNoHeaderIsLeftForTcpToRefuse)
{
	Bytes bad = header(PLN_TCP_ACK);

	bad[12] = 4 << 4;
	split(segment(bad, { 100, 100 }));
	EXPECT_EQ(segs.size(), 1U);
	EXPECT_EQ(drop, PLN_TCP_BAD_OFFSET);
}

} // namespace
