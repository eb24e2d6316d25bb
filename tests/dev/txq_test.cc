/* SPDX-License-Identifier: BSD-3-Clause */
/* The transmit queue: order, partial bursts, back-pressure, ownership and counting. */
#include "dev/txq.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "dev/eal.h"
#include "support/capture_link.h"

namespace
{
constexpr uint32_t pool_count = 1024;

class DevTxq : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
		pool = pln_mbuf_pool_create("t_txq", pool_count, 256, SOCKET_ID_ANY);
		ASSERT_NE(pool, nullptr);
		pln_txq_init(&txq, &env, &wire.link);
	}

	void
	TearDown() override
	{
		pln_txq_fini(&txq);
		EXPECT_EQ(rte_mempool_avail_count(pool), pool_count);
		rte_mempool_free(pool);
	}

	/* Frames of 10 bytes, numbered from 0. */
	void
	push(unsigned int n)
	{
		for (unsigned int i = 0; i < n; i++) {
			rte_mbuf *m = pln_mbuf_alloc(pool);
			auto *data = rte_pktmbuf_append(m, 10);

			memcpy(data, &pushed, sizeof(pushed));
			pushed++;
			pln_txq_push(&txq, m);
		}
	}

	std::vector<uint32_t>
	sent()
	{
		std::vector<uint32_t> numbers;

		for (const CapturedFrame &frame : wire.frames) {
			uint32_t number;

			memcpy(&number, frame.bytes.data(), sizeof(number));
			numbers.push_back(number);
		}
		return numbers;
	}

	uint64_t
	count(pln_drop id)
	{
		return env.counters.value[id];
	}

	static std::vector<uint32_t>
	numbers(uint32_t from, uint32_t to)
	{
		std::vector<uint32_t> n(to - from);

		std::iota(n.begin(), n.end(), from);
		return n;
	}

	pln_env env{};
	CaptureLink wire;
	pln_txq txq{};
	rte_mempool *pool = nullptr;
	uint32_t pushed = 0;
};

TEST_F(DevTxq, GathersFramesUntilTheFlush)
{
	push(3);
	EXPECT_EQ(wire.calls, 0U);
	EXPECT_EQ(pln_txq_room(&txq), PLN_TXQ_LEN - 3);
	EXPECT_EQ(pln_txq_flush(&txq), 3U);
	EXPECT_EQ(wire.calls, 1U);
	EXPECT_EQ(sent(), numbers(0, 3));
	EXPECT_EQ(count(PLN_TX_FRAMES), 3U);
	EXPECT_EQ(count(PLN_TX_BYTES), 30U);
	EXPECT_EQ(pln_txq_room(&txq), PLN_TXQ_LEN);
}

TEST_F(DevTxq, FlushOfNothingCallsNobody)
{
	EXPECT_EQ(pln_txq_flush(&txq), 0U);
	EXPECT_EQ(wire.calls, 0U);
}

TEST_F(DevTxq, GoesOnWhileTheLinkTakesSome)
{
	wire.burst_max = 2;
	push(5);
	EXPECT_EQ(pln_txq_flush(&txq), 5U);
	EXPECT_EQ(sent(), numbers(0, 5));
	EXPECT_EQ(count(PLN_TX_RING_FULL), 0U);
}

TEST_F(DevTxq, KeepsWhatTheLinkRefusesInOrder)
{
	wire.accept = 2;
	push(5);
	EXPECT_EQ(pln_txq_flush(&txq), 2U);
	EXPECT_EQ(count(PLN_TX_RING_FULL), 1U);
	EXPECT_EQ(count(PLN_TX_BYTES), 20U);
	EXPECT_EQ(pln_txq_room(&txq), PLN_TXQ_LEN - 3);
	push(1);
	wire.accept = UINT32_MAX;
	EXPECT_EQ(pln_txq_flush(&txq), 4U);
	EXPECT_EQ(sent(), numbers(0, 6));
	EXPECT_EQ(count(PLN_TX_FRAMES), 6U);
	EXPECT_EQ(count(PLN_TX_BYTES), 60U);
}

TEST_F(DevTxq, SendsByItselfWhenFull)
{
	push(PLN_TXQ_LEN + 1);
	EXPECT_EQ(sent(), numbers(0, PLN_TXQ_LEN));
	EXPECT_EQ(pln_txq_room(&txq), PLN_TXQ_LEN - 1);
	EXPECT_EQ(count(PLN_TX_DROP_BACKLOG), 0U);
}

TEST_F(DevTxq, DropsTheNewestWhenFullAndTheLinkTakesNothing)
{
	wire.accept = 0;
	push(PLN_TXQ_LEN + 3);
	EXPECT_EQ(pln_txq_room(&txq), 0U);
	EXPECT_EQ(count(PLN_TX_DROP_BACKLOG), 3U);
	wire.accept = UINT32_MAX;
	EXPECT_EQ(pln_txq_flush(&txq), PLN_TXQ_LEN);
	EXPECT_EQ(sent(), numbers(0, PLN_TXQ_LEN));
}

TEST_F(DevTxq, WhatTheLinkDoesNotTakeForASecondIsDroppedAndCounted)
{
	wire.accept = 0;
	push(5);
	env.now = 100;
	pln_txq_flush(&txq);
	env.now += PLN_TXQ_STUCK_NS - 1;
	pln_txq_flush(&txq);
	EXPECT_EQ(txq.count, 5U);
	EXPECT_FALSE(pln_txq_stuck(&txq));
	env.now += 1;
	pln_txq_flush(&txq);
	EXPECT_EQ(txq.count, 0U);
	EXPECT_TRUE(pln_txq_stuck(&txq));
	EXPECT_EQ(env.counters.value[PLN_TX_DROP_STUCK], 5U);
	EXPECT_EQ(env.counters.value[PLN_TX_STUCK], 1U);

	/* What comes later has a second of its own; it is the same trouble. */
	push(2);
	env.now += PLN_TXQ_STUCK_NS - 1;
	pln_txq_flush(&txq);
	EXPECT_EQ(txq.count, 2U);
	env.now += 1;
	pln_txq_flush(&txq);
	EXPECT_EQ(env.counters.value[PLN_TX_DROP_STUCK], 7U);
	EXPECT_EQ(env.counters.value[PLN_TX_STUCK], 1U);
}

TEST_F(DevTxq, OneFrameThatLeavesEndsTheTrouble)
{
	wire.accept = 0;
	push(3);
	pln_txq_flush(&txq);
	env.now += PLN_TXQ_RETRY_NS;
	EXPECT_TRUE(pln_txq_refused(&txq));
	env.now += PLN_TXQ_STUCK_NS;
	pln_txq_flush(&txq);
	push(3);
	wire.accept = 1;
	pln_txq_flush(&txq);
	EXPECT_FALSE(pln_txq_stuck(&txq));
	EXPECT_FALSE(pln_txq_refused(&txq));
	EXPECT_EQ(txq.count, 2U);
}

} // namespace
