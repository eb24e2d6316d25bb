/* SPDX-License-Identifier: BSD-3-Clause */
/* dev/relay: frames of a stack without a queue leave by one that has it, in order, and none is lost when the device is slow. */
#include "dev/relay.h"

#include <rte_mbuf.h>

#include <gtest/gtest.h>

#include "support/capture_link.h"

namespace
{

class RelayTest : public ::testing::Test
{
      protected:
	RelayTest() : pool(rte_pktmbuf_pool_create("relay_test", 4095, 0, 0, 512, SOCKET_ID_ANY))
	{
		pln_relay_owner_init(&owner, &device.link);
		EXPECT_EQ(pln_relay_open(&relay, &owner), 0);
	}
	~RelayTest() override
	{
		pln_relay_close(&relay);
		EXPECT_EQ(rte_mempool_in_use_count(pool), 0U);
		rte_mempool_free(pool);
	}

	uint16_t
	send(pln_relay &by, unsigned int count)
	{
		std::vector<rte_mbuf *> frames(count);
		uint16_t took;

		for (rte_mbuf *&m : frames) {
			m = rte_pktmbuf_alloc(pool);
			auto *bytes = reinterpret_cast<uint8_t *>(rte_pktmbuf_append(m, 60));

			memcpy(bytes, &sent, sizeof(sent));
			sent++;
		}
		took = by.link.tx(by.link.ctx, frames.data(), static_cast<uint16_t>(count));
		rte_pktmbuf_free_bulk(frames.data() + took, count - took);
		return took;
	}

	void
	turn_owner()
	{
		rte_mbuf *none[1];

		EXPECT_EQ(owner.link.rx(owner.link.ctx, none, 1), 0);
	}

	uint32_t
	number(size_t i) const
	{
		uint32_t n;

		memcpy(&n, device.frames[i].bytes.data(), sizeof(n));
		return n;
	}

	rte_mempool *pool;
	CaptureLink device;
	pln_relay_owner owner{};
	pln_relay relay{};
	uint32_t sent = 0;
};

TEST_F(RelayTest, WhoeverHasTheQueueIsWokenWhenThereIsSomethingToSend)
{
	int woken = 0;

	owner.wake_ctx = &woken;
	owner.wake = [](void *ctx) { ++*static_cast<int *>(ctx); };
	EXPECT_EQ(send(relay, 3), 3);
	EXPECT_EQ(woken, 1);
	turn_owner();
	EXPECT_EQ(device.frames.size(), 3U);
	EXPECT_EQ(woken, 1);
}

TEST_F(RelayTest, FramesLeaveWhenTheOwnerTurnsInTheirOrder)
{
	EXPECT_EQ(send(relay, 20), 20);
	EXPECT_EQ(device.frames.size(), 0U);
	turn_owner();
	ASSERT_EQ(device.frames.size(), 20U);
	for (uint32_t i = 0; i < 20; i++)
		EXPECT_EQ(number(i), i);
}

TEST_F(RelayTest, WhatTheDeviceRefusesStays)
{
	device.accept = 5;
	EXPECT_EQ(send(relay, 10), 10);
	turn_owner();
	EXPECT_EQ(device.frames.size(), 5U);
	turn_owner();
	EXPECT_EQ(device.frames.size(), 5U);
	device.accept = 100;
	turn_owner();
	ASSERT_EQ(device.frames.size(), 10U);
	for (uint32_t i = 0; i < 10; i++)
		EXPECT_EQ(number(i), i);
}

TEST_F(RelayTest, AFullRingIsATransmitQueueThatIsFull)
{
	EXPECT_EQ(send(relay, 1000), 1000);
	EXPECT_EQ(send(relay, 100), 23) << "1023 fit";
	turn_owner();
	EXPECT_EQ(device.frames.size(), 32U) << "a burst a turn";
	EXPECT_EQ(send(relay, 100), 32);
}

TEST_F(RelayTest, SeveralShareOneOwner)
{
	pln_relay other{};

	ASSERT_EQ(pln_relay_open(&other, &owner), 0);
	EXPECT_EQ(send(relay, 3), 3);
	EXPECT_EQ(send(other, 4), 4);
	turn_owner();
	EXPECT_EQ(device.frames.size(), 7U);
	pln_relay_close(&other);
}

TEST_F(RelayTest, NothingIsReceivedByARelayAndItsLinkIsTheDevices)
{
	rte_mbuf *none[4];

	EXPECT_EQ(relay.link.rx(relay.link.ctx, none, 4), 0);
	EXPECT_EQ(relay.link.mtu, device.link.mtu);
	EXPECT_EQ(memcmp(&relay.link.mac, &device.link.mac, sizeof(relay.link.mac)), 0);
	EXPECT_TRUE(owner.link.up(owner.link.ctx));
}

} // namespace
