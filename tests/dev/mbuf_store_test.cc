/* SPDX-License-Identifier: BSD-3-Clause */
/* A pool that one lcore has to itself: nothing is lost between it and others, and references are counted without DPDK's atomics. */
#include "dev/mbuf_store.h"

#include <thread>
#include <vector>

#include <rte_lcore.h>

#include <gtest/gtest.h>

#include "dev/eal.h"
#include "dev/mbuf.h"

namespace
{

constexpr unsigned int BUFFERS = 100;

void
count_release(void *ctx)
{
	++*static_cast<int *>(ctx);
}

class DevMbufStore : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
		pool_ = pln_mbuf_pool_create("t_store", BUFFERS, 1518, SOCKET_ID_ANY);
		ASSERT_NE(pool_, nullptr);
		pln_mbuf_store_own(pool_, rte_lcore_id());
	}

	void
	TearDown() override
	{
		EXPECT_EQ(rte_mempool_in_use_count(pool_), 0U);
		rte_mempool_free(pool_);
	}

	std::vector<rte_mbuf *>
	take(unsigned int most)
	{
		std::vector<rte_mbuf *> taken;

		while (taken.size() < most) {
			rte_mbuf *m = pln_mbuf_alloc(pool_);

			if (m == nullptr)
				break;
			taken.push_back(m);
		}
		return taken;
	}

	static void
	give(const std::vector<rte_mbuf *> &taken)
	{
		for (rte_mbuf *m : taken)
			rte_pktmbuf_free(m);
	}

	/* A frame with a reference to `len` bytes of a buffer of copied or lent ones. */
	rte_mbuf *
	frame(pln_sendref *ref, uint32_t offset, uint32_t len)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool_);
		pln_pieces pieces{};

		pieces.piece[0] = { ref, ref->data + offset, len };
		pieces.count = 1;
		pieces.len = len;
		EXPECT_TRUE(pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_ALL, 0));
		return m;
	}

	rte_mempool *pool_ = nullptr;
};

TEST_F(DevMbufStore, TheOwnerGetsEveryBufferAndGetsItAgain)
{
	for (int round = 0; round < 3; round++) {
		std::vector<rte_mbuf *> all = take(BUFFERS + 1);

		EXPECT_EQ(all.size(), BUFFERS);
		EXPECT_EQ(rte_mempool_avail_count(pool_), 0U);
		give(all);
		EXPECT_EQ(rte_mempool_avail_count(pool_), BUFFERS);
	}
}

TEST_F(DevMbufStore, WhatOthersGiveBackIsTheOwnersToTake)
{
	std::vector<rte_mbuf *> all = take(BUFFERS);

	std::thread([&] { give(all); }).join();
	EXPECT_EQ(take(BUFFERS).size(), BUFFERS);
	give(all);
}

TEST_F(DevMbufStore, OthersGetWhatTheOwnerNeverNeeded)
{
	std::vector<rte_mbuf *> theirs;

	give(take(40));
	std::thread([&] {
		theirs = take(10);
		give(theirs);
	}).join();
	EXPECT_EQ(theirs.size(), 10U);
}

TEST_F(DevMbufStore, APoolOfAnotherKindIsNobodys)
{
	rte_mempool *other = rte_pktmbuf_pool_create("t_other", 16, 0, 0, 2048, SOCKET_ID_ANY);

	ASSERT_NE(other, nullptr);
	pln_mbuf_store_own(other, rte_lcore_id());
	EXPECT_FALSE(pln_mbuf_store_is_owned(other));
	EXPECT_TRUE(pln_mbuf_store_is_owned(pool_));
	rte_mempool_free(other);
}

TEST_F(DevMbufStore, FramesPointToCopiedBytesAndNoCountIsShared)
{
	pln_sendref *ref = pln_mbuf_sendref_alloc(pool_);
	auto *holder = reinterpret_cast<rte_mbuf *>(ref) - 1;
	rte_mbuf *a = frame(ref, 100, 300), *b = frame(ref, 200, 300);

	EXPECT_EQ(rte_pktmbuf_mtod(a->next, const uint8_t *), ref->data + 100);
	EXPECT_EQ(rte_pktmbuf_iova(b->next), rte_pktmbuf_iova(holder) + 200);
	EXPECT_EQ(rte_mbuf_refcnt_read(holder), 1);
	EXPECT_EQ(rte_mbuf_ext_refcnt_read(a->next->shinfo), 1);
	pln_mbuf_sendref_free(ref);
	rte_pktmbuf_free(a);
	EXPECT_EQ(rte_mempool_in_use_count(pool_), 3U) << "the bytes, and the frame of two buffers";
	rte_pktmbuf_free(b);
}

TEST_F(DevMbufStore, BytesThatAreLentAreReleasedWithTheLastFrame)
{
	std::vector<uint8_t> mine(1000, 7);
	int released = 0;
	pln_sendref *ref =
		pln_mbuf_sendref_wrap(pool_, mine.data(), 1000, count_release, &released);
	rte_mbuf *first = frame(ref, 10, 500), *again = frame(ref, 10, 500);

	rte_pktmbuf_free(first);
	pln_mbuf_sendref_free(ref);
	EXPECT_EQ(released, 0);
	EXPECT_EQ(rte_pktmbuf_mtod(again->next, const uint8_t *), mine.data() + 10);
	rte_pktmbuf_free(again);
	EXPECT_EQ(released, 1);
}

TEST_F(DevMbufStore, WithoutFramesTheyAreReleasedAtOnce)
{
	std::vector<uint8_t> mine(1000, 7);
	int released = 0;
	pln_sendref *ref =
		pln_mbuf_sendref_wrap(pool_, mine.data(), 1000, count_release, &released);

	rte_pktmbuf_free(frame(ref, 0, 1000));
	EXPECT_EQ(released, 0);
	pln_mbuf_sendref_free(ref);
	EXPECT_EQ(released, 1);
}

} // namespace
