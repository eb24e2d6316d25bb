/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools: size, room, exhaustion, memory, and that a touch after the free is caught where the build can. */
#include <cerrno>
#include <string>
#include <vector>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include <gtest/gtest.h>
#include <pollen/link.h>

#include "dev/eal.h"
#include "dev/mbuf.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif

namespace
{
class DevMbufPool : public ::testing::Test
{
      protected:
	static void
	SetUpTestSuite()
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
	}

	void
	TearDown() override
	{
		rte_mempool_free(pool);
	}

	rte_mempool *pool = nullptr;
};

size_t
heap_bytes_in_use()
{
	rte_malloc_socket_stats stats;
	size_t bytes = 0;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	}
	return bytes;
}

TEST_F(DevMbufPool, BuffersHoldAFrameOfTheLengthAskedForBehindTheHeadroom)
{
	pool = pln_mbuf_pool_create("t_room", 16, 9018, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);

	rte_mbuf *m = pln_mbuf_alloc(pool);

	ASSERT_NE(m, nullptr);
	EXPECT_GE(rte_pktmbuf_headroom(m), PLN_MBUF_HEADROOM);
	EXPECT_GE(rte_pktmbuf_tailroom(m), 9018);
	EXPECT_GE(m->priv_size, pln_link_priv_size());
	EXPECT_EQ(m->pkt_len, 0U);
	EXPECT_NE(m->buf_iova, RTE_BAD_IOVA);
	rte_pktmbuf_free(m);
}

TEST_F(DevMbufPool, GivesEveryBufferOnceAndThenNone)
{
	std::vector<rte_mbuf *> all;

	pool = pln_mbuf_pool_create("t_all", 100, 1518, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);
	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	EXPECT_EQ(all.size(), 100U);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
	EXPECT_EQ(rte_mempool_avail_count(pool), 100U);
}

TEST_F(DevMbufPool, PrivateAreaHoldsAReceivedPacketsRecord)
{
	EXPECT_GE(pln_link_priv_size(), sizeof(pln_pkt));
	EXPECT_EQ(pln_link_priv_size() % RTE_MBUF_PRIV_ALIGN, 0U);
}

TEST_F(DevMbufPool, RefusesAFrameThatNoMbufCanHold)
{
	rte_errno = 0;
	pool = pln_mbuf_pool_create("t_huge", 16, UINT16_MAX, SOCKET_ID_ANY);
	EXPECT_EQ(pool, nullptr);
	EXPECT_EQ(rte_errno, EINVAL);
}

TEST_F(DevMbufPool, RefusesANameInUse)
{
	pool = pln_mbuf_pool_create("t_twice", 16, 1518, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);
	EXPECT_EQ(pln_mbuf_pool_create("t_twice", 16, 1518, SOCKET_ID_ANY), nullptr);
	EXPECT_EQ(rte_errno, EEXIST);
}

TEST_F(DevMbufPool, FailsWithoutALeakWhenMemoryIsShort)
{
	size_t before = heap_bytes_in_use();

	pool = pln_mbuf_pool_create("t_big", 1U << 20, 9018, SOCKET_ID_ANY);
	EXPECT_EQ(pool, nullptr);
	EXPECT_EQ(rte_errno, ENOMEM);
	EXPECT_EQ(heap_bytes_in_use(), before);
}

TEST_F(DevMbufPool, GivesItsMemoryBack)
{
	size_t before = heap_bytes_in_use();

	pool = pln_mbuf_pool_create("t_back", 2048, 1518, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);
	rte_mempool_free(pool);
	pool = nullptr;
	EXPECT_EQ(heap_bytes_in_use(), before);
}

TEST_F(DevMbufPool, TakesNoMoreMemoryThanItSaysAndNotMuchLess)
{
	struct {
		uint32_t n;
		uint16_t frame_len;
	} sizes[] = { { 64, 1518 }, { 4096, 1518 }, { 2048, 9216 } };

	for (const auto &size : sizes) {
		size_t before = heap_bytes_in_use();

		pool = pln_mbuf_pool_create("t_bytes", size.n, size.frame_len, SOCKET_ID_ANY);
		ASSERT_NE(pool, nullptr);
		size_t taken = heap_bytes_in_use() - before;
		size_t said = pln_mbuf_pool_bytes(size.n, size.frame_len);

		EXPECT_LE(taken, said + 4096); /* EAL's own headers of the pieces */
		EXPECT_GE(taken + taken / 20, said);
		rte_mempool_free(pool);
		pool = nullptr;
	}
}

TEST_F(DevMbufPool, TheSharedPoolTakesAJumboFrameAndFitsTheHeadlessEal)
{
	rte_mempool *shared = pln_mbuf_shared_pool();

	ASSERT_NE(shared, nullptr);
	rte_mbuf *m = pln_mbuf_alloc(shared);

	EXPECT_GE(rte_pktmbuf_tailroom(m), 9000 + 18);
	rte_pktmbuf_free(m);
	EXPECT_LE(pln_mbuf_pool_bytes(PLN_MBUF_SHARED_COUNT, PLN_MBUF_SHARED_FRAME), 64U << 20);
}

#ifdef WITH_ASAN
TEST_F(DevMbufPool, ATouchAfterTheFreeIsReported)
{
	pool = pln_mbuf_pool_create("t_poison", 16, 1518, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);
	GTEST_FLAG_SET(death_test_style, "threadsafe"); /* EAL has threads */
	EXPECT_DEATH(
		{
			rte_mbuf *m = pln_mbuf_alloc(pool);
			auto *data = rte_pktmbuf_mtod(m, volatile uint8_t *);

			rte_pktmbuf_free(m);
			data[0] = 1;
		},
		"use-after-poison");
}

TEST_F(DevMbufPool, ABufferInUseIsNotPoisoned)
{
	pool = pln_mbuf_pool_create("t_clean", 1, 1518, SOCKET_ID_ANY);
	ASSERT_NE(pool, nullptr);
	for (int round = 0; round < 3; round++) {
		rte_mbuf *m = pln_mbuf_alloc(pool);

		memset(rte_pktmbuf_append(m, 1518), round, 1518);
		rte_pktmbuf_free(m);
	}
}
#endif
} // namespace
