/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers: packets and their mbufs, chains made whole, bytes to send by copy and by reference, checksums over chains. */
#include "dev/mbuf.h"

#include <numeric>
#include <vector>

#include <rte_malloc.h>

#include <gtest/gtest.h>

#include "dev/eal.h"
#include "wire/cksum.h"

namespace
{
constexpr uint32_t pool_count = 64;
constexpr uint16_t frame_len = 2048;

class DevMbuf : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
		pool = pln_mbuf_pool_create("t_mbuf", pool_count, frame_len, SOCKET_ID_ANY);
		ASSERT_NE(pool, nullptr);
	}

	/* Nothing a test made is left. */
	void
	TearDown() override
	{
		EXPECT_EQ(rte_mempool_avail_count(pool), pool_count);
		rte_mempool_free(pool);
	}

	rte_mbuf *
	mbuf_with(const std::vector<uint8_t> &bytes)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool);

		memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(bytes.size())), bytes.data(),
		       bytes.size());
		return m;
	}

	rte_mbuf *
	chain_with(const std::vector<std::vector<uint8_t>> &parts)
	{
		rte_mbuf *m = mbuf_with(parts.at(0));

		for (size_t i = 1; i < parts.size(); i++)
			EXPECT_EQ(rte_pktmbuf_chain(m, mbuf_with(parts[i])), 0);
		return m;
	}

	/* Takes every buffer that is left. */
	std::vector<rte_mbuf *>
	drain_pool()
	{
		std::vector<rte_mbuf *> all;

		while (rte_mbuf *m = pln_mbuf_alloc(pool))
			all.push_back(m);
		return all;
	}

	rte_mempool *pool = nullptr;
};

/* `len` bytes that differ from their neighbours. */
std::vector<uint8_t>
pattern(size_t len, uint8_t first = 1)
{
	std::vector<uint8_t> bytes(len);

	std::iota(bytes.begin(), bytes.end(), first);
	return bytes;
}

std::vector<uint8_t>
bytes_of(const rte_mbuf *m)
{
	std::vector<uint8_t> bytes;

	for (; m != nullptr; m = m->next) {
		auto *data = rte_pktmbuf_mtod(m, const uint8_t *);

		bytes.insert(bytes.end(), data, data + m->data_len);
	}
	return bytes;
}

void
fill(pln_sendref *ref, const std::vector<uint8_t> &bytes)
{
	memcpy(const_cast<uint8_t *>(ref->data) + ref->len, bytes.data(), bytes.size());
	ref->len += static_cast<uint32_t>(bytes.size());
	ref->room -= static_cast<uint32_t>(bytes.size());
}

pln_pieces
pieces_of(pln_sendref *ref, uint32_t offset, uint32_t len)
{
	pln_pieces pieces{};

	pieces.piece[0] = { ref, ref->data + offset, len };
	pieces.count = 1;
	pieces.len = len;
	return pieces;
}

void
free_all(const std::vector<rte_mbuf *> &mbufs)
{
	for (rte_mbuf *m : mbufs)
		rte_pktmbuf_free(m);
}

void
count_release(void *ctx)
{
	++*static_cast<int *>(ctx);
}

TEST_F(DevMbuf, PacketAndMbufFindEachOther)
{
	rte_mbuf *m = pln_mbuf_alloc(pool);

	EXPECT_EQ(pln_mbuf_of_pkt(pln_mbuf_pkt(m)), m);
	pln_mbuf_free_pkt(pln_mbuf_pkt(m));
}

TEST_F(DevMbuf, FreesAQueueOfPackets)
{
	pln_pktq q{};

	for (int i = 0; i < 5; i++)
		pln_pktq_push(&q, pln_mbuf_pkt(pln_mbuf_alloc(pool)));
	pln_mbuf_free_pkts(&q);
	EXPECT_EQ(q.head, nullptr);
	EXPECT_EQ(q.count, 0U);
}

TEST_F(DevMbuf, LineariseLeavesAContiguousBufferAlone)
{
	rte_mbuf *m = mbuf_with(pattern(100));

	EXPECT_EQ(pln_mbuf_linearise(m), m);
	rte_pktmbuf_free(m);
}

TEST_F(DevMbuf, LineariseUsesTheFirstBufferWhereItHasRoom)
{
	rte_mbuf *m = chain_with({ pattern(100), pattern(200, 101) });

	ASSERT_EQ(pln_mbuf_linearise(m), m);
	EXPECT_EQ(m->nb_segs, 1);
	EXPECT_EQ(bytes_of(m), pattern(300));
	rte_pktmbuf_free(m);
}

TEST_F(DevMbuf, LineariseCopiesWhereTheFirstBufferIsShared)
{
	rte_mbuf *m = chain_with({ pattern(100), pattern(200, 101) });
	rte_mbuf *clone = rte_pktmbuf_clone(m, pool);
	rte_mbuf *flat = pln_mbuf_linearise(m);

	ASSERT_NE(flat, nullptr);
	EXPECT_NE(flat, m);
	EXPECT_EQ(bytes_of(flat), pattern(300));
	EXPECT_EQ(bytes_of(clone), pattern(300));
	rte_pktmbuf_free(flat);
	rte_pktmbuf_free(clone);
}

TEST_F(DevMbuf, LineariseKeepsWhatTheDeviceSaid)
{
	rte_mbuf *m = chain_with({ pattern(100), pattern(100) });
	rte_mbuf *clone = rte_pktmbuf_clone(m, pool);

	m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_RSS_HASH;
	m->hash.rss = 0x1234;
	m = pln_mbuf_linearise(m);
	ASSERT_NE(m, nullptr);
	EXPECT_EQ(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	EXPECT_EQ(m->hash.rss, 0x1234U);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(clone);
}

TEST_F(DevMbuf, LineariseFillsTheFirstBuffersOfWhatIsLargerThanOne)
{
	rte_mbuf *m = pln_mbuf_linearise(chain_with({ pattern(20), pattern(2000), pattern(2000) }));

	ASSERT_NE(m, nullptr);
	EXPECT_EQ(m->pkt_len, 4020U);
	EXPECT_EQ(m->nb_segs, 2U);
	EXPECT_GE(m->data_len, frame_len);
	EXPECT_GE(rte_pktmbuf_headroom(m->next), PLN_MBUF_HEADROOM);
	rte_pktmbuf_free(m);
}

TEST_F(DevMbuf, LineariseFreesTheChainWhenThereIsNoBuffer)
{
	rte_mbuf *m = chain_with({ pattern(100), pattern(100) });
	rte_mbuf *clone = rte_pktmbuf_clone(m, pool);
	std::vector<rte_mbuf *> rest = drain_pool();

	EXPECT_EQ(pln_mbuf_linearise(m), nullptr);
	free_all(rest);
	rte_pktmbuf_free(clone);
}

TEST_F(DevMbuf, SendrefForCopiesOffersItsWholeBuffer)
{
	pln_sendref *ref = pln_mbuf_sendref_alloc(pool);

	ASSERT_NE(ref, nullptr);
	EXPECT_EQ(ref->len, 0U);
	EXPECT_GE(ref->room, frame_len + PLN_MBUF_HEADROOM);
	EXPECT_EQ(ref->next, nullptr);
	fill(ref, pattern(ref->room));
	pln_mbuf_sendref_free(ref);
}

TEST_F(DevMbuf, SendrefFreeTakesAWholeList)
{
	pln_sendref *a = pln_mbuf_sendref_alloc(pool);
	int released = 0;
	uint8_t byte = 7;

	a->next = pln_mbuf_sendref_wrap(pool, &byte, 1, count_release, &released);
	pln_mbuf_sendref_free(a);
	EXPECT_EQ(released, 1);
}

TEST_F(DevMbuf, SendrefIsNotHadFromAnEmptyPool)
{
	std::vector<rte_mbuf *> all = drain_pool();
	int released = 0;
	uint8_t byte = 7;

	EXPECT_EQ(pln_mbuf_sendref_alloc(pool), nullptr);
	EXPECT_EQ(pln_mbuf_sendref_wrap(pool, &byte, 1, count_release, &released), nullptr);
	EXPECT_EQ(released, 0);
	free_all(all);
}

TEST_F(DevMbuf, WrappedMemoryIsReleasedWhenTheLastFrameIsGone)
{
	std::vector<uint8_t> mine = pattern(1000);
	int released = 0;
	pln_sendref *ref = pln_mbuf_sendref_wrap(pool, mine.data(), 1000, count_release, &released);
	pln_pieces pieces = pieces_of(ref, 10, 500);
	rte_mbuf *first = pln_mbuf_alloc(pool), *again = pln_mbuf_alloc(pool);

	ASSERT_TRUE(pln_mbuf_append(first, &pieces, PLN_MBUF_REACH_ALL, 0));
	ASSERT_TRUE(pln_mbuf_append(again, &pieces, PLN_MBUF_REACH_ALL, 0));
	pln_mbuf_sendref_free(ref);
	rte_pktmbuf_free(first);
	EXPECT_EQ(released, 0);
	EXPECT_EQ(rte_pktmbuf_mtod(again->next, const uint8_t *), mine.data() + 10);
	EXPECT_EQ(bytes_of(again), std::vector<uint8_t>(mine.begin() + 10, mine.begin() + 510));
	rte_pktmbuf_free(again);
	EXPECT_EQ(released, 1);
}

TEST_F(DevMbuf, WrapWithoutAReleaseFunctionIsAllowed)
{
	uint8_t byte = 7;

	pln_mbuf_sendref_free(pln_mbuf_sendref_wrap(pool, &byte, 1, nullptr, nullptr));
}

TEST_F(DevMbuf, AppendByReferencePointsIntoTheBufferAndKeepsIt)
{
	pln_sendref *ref = pln_mbuf_sendref_alloc(pool);
	rte_mbuf *m = pln_mbuf_alloc(pool);

	fill(ref, pattern(1000));
	pln_pieces pieces = pieces_of(ref, 100, 300);

	ASSERT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_ALL, 256));
	EXPECT_EQ(m->nb_segs, 2);
	EXPECT_EQ(m->pkt_len, 300U);
	EXPECT_EQ(rte_pktmbuf_mtod(m->next, const uint8_t *), ref->data + 100);
	fill(ref, pattern(50)); /* behind what the frame points to */
	pln_mbuf_sendref_free(ref);
	EXPECT_EQ(bytes_of(m), pattern(300, 101));
	rte_pktmbuf_free(m);
}

TEST_F(DevMbuf, AppendCopiesWhatIsShort)
{
	pln_sendref *ref = pln_mbuf_sendref_alloc(pool);
	rte_mbuf *m = mbuf_with({ 9 });

	fill(ref, pattern(256));
	pln_pieces pieces = pieces_of(ref, 0, 256);

	ASSERT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_ALL, 256));
	EXPECT_EQ(m->nb_segs, 1);
	EXPECT_EQ(m->pkt_len, 257U);
	pln_mbuf_sendref_free(ref);
	EXPECT_EQ(bytes_of(m)[256], pattern(256)[255]);
	rte_pktmbuf_free(m);
}

TEST_F(DevMbuf, AppendCopiesEverythingForALinkWithoutChains)
{
	pln_sendref *a = pln_mbuf_sendref_alloc(pool), *b = pln_mbuf_sendref_alloc(pool);
	rte_mbuf *m = pln_mbuf_alloc(pool);
	pln_pieces pieces{};

	fill(a, pattern(700));
	fill(b, pattern(700));
	pieces.piece[0] = { a, a->data + 200, 500 };
	pieces.piece[1] = { b, b->data, 600 };
	pieces.count = 2;
	pieces.len = 1100;
	ASSERT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_NONE, 256));
	EXPECT_EQ(m->nb_segs, 1);

	std::vector<uint8_t> expected = pattern(500, 201), second = pattern(600);

	expected.insert(expected.end(), second.begin(), second.end());
	EXPECT_EQ(bytes_of(m), expected);
	rte_pktmbuf_free(m);
	a->next = b;
	pln_mbuf_sendref_free(a);
}

TEST_F(DevMbuf, AppendRefusesWhatDoesNotFitWhereChainsAreNotTaken)
{
	uint8_t big[4000] = {};
	pln_sendref *ref = pln_mbuf_sendref_wrap(pool, big, sizeof(big), nullptr, nullptr);
	pln_pieces pieces = pieces_of(ref, 0, sizeof(big));
	rte_mbuf *m = pln_mbuf_alloc(pool);

	EXPECT_FALSE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_NONE, 256));
	EXPECT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_ALL,
	                            8000)); /* no room to copy: by reference */
	EXPECT_EQ(m->nb_segs, 2);
	rte_pktmbuf_free(m);
	pln_mbuf_sendref_free(ref);
}

TEST_F(DevMbuf, BytesOutOfTheDevicesReachAreCopied)
{
	std::vector<uint8_t> mine = pattern(4000);
	int released = 0;
	pln_sendref *ref = pln_mbuf_sendref_wrap(pool, mine.data(), 4000, count_release, &released);
	pln_sendref *own = pln_mbuf_sendref_alloc(pool);
	rte_mbuf *m = pln_mbuf_alloc(pool);
	pln_pieces pieces{};

	fill(own, pattern(300, 7));
	const_cast<uint8_t *>(own->data)[300] = 0xee;
	pieces.piece[0] = { own, own->data, 300 };
	pieces.piece[1] = { ref, ref->data, 4000 };
	pieces.count = 2;
	pieces.len = 4300;
	ASSERT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_EAL, 256));
	EXPECT_EQ(rte_pktmbuf_mtod(m->next, const uint8_t *), own->data);
	pln_mbuf_sendref_free(ref);
	EXPECT_EQ(released, 1);          /* nothing points there */
	EXPECT_EQ(own->data[300], 0xee); /* nothing was written behind what is shared */

	std::vector<uint8_t> expected = pattern(300, 7);

	expected.insert(expected.end(), mine.begin(), mine.end());
	EXPECT_EQ(bytes_of(m), expected);
	rte_pktmbuf_free(m);
	pln_mbuf_sendref_free(own);
}

TEST_F(DevMbuf, MemoryOfEalIsInEveryDevicesReach)
{
	auto *mine = static_cast<uint8_t *>(rte_malloc(nullptr, 1000, 0));
	pln_sendref *ref = pln_mbuf_sendref_wrap(pool, mine, 1000, rte_free, mine);
	rte_mbuf *m = pln_mbuf_alloc(pool);
	pln_pieces pieces = pieces_of(ref, 0, 1000);

	ASSERT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_EAL, 256));
	EXPECT_EQ(rte_pktmbuf_mtod(m->next, const uint8_t *), mine);
	rte_pktmbuf_free(m);
	pln_mbuf_sendref_free(ref);
}

TEST_F(DevMbuf, AppendThatRunsOutOfBuffersLeavesAFreeableFrame)
{
	pln_sendref *ref = pln_mbuf_sendref_alloc(pool);
	rte_mbuf *m = pln_mbuf_alloc(pool);
	std::vector<rte_mbuf *> rest = drain_pool();
	pln_pieces pieces{};

	rte_pktmbuf_free(rest.back());
	rest.pop_back();
	fill(ref, pattern(1000));
	pieces.piece[0] = { ref, ref->data, 400 };
	pieces.piece[1] = { ref, ref->data + 400, 600 };
	pieces.count = 2;
	pieces.len = 1000;
	EXPECT_FALSE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_ALL, 256));
	rte_pktmbuf_free(m);
	pln_mbuf_sendref_free(ref);
	free_all(rest);
}

TEST_F(DevMbuf, ChecksumOverAChainEqualsThatOfItsBytes)
{
	for (size_t first = 1; first < 6; first++) {
		rte_mbuf *m = chain_with({ pattern(first), pattern(3, 50), pattern(99, 90) });
		std::vector<uint8_t> flat = bytes_of(m);

		for (uint32_t offset = 0; offset < 10; offset++) {
			uint32_t expected =
				pln_cksum_add(0, flat.data() + offset, flat.size() - offset);

			EXPECT_EQ(pln_cksum_finish(pln_mbuf_cksum(m, offset)),
			          pln_cksum_finish(expected))
				<< "first part " << first << ", offset " << offset;
		}
		rte_pktmbuf_free(m);
	}
}
} // namespace
