/* SPDX-License-Identifier: BSD-3-Clause */
/* A host of two lcores on a port that falls ill: what is told and counted, and how it is restarted under their hands. */
#include "host/watch.h"

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "dev/mbuf.h"
#include "host/host.h"
#include "host/idle.h"
#include "stack/stack.h"
#include "support/sick_port.h"

namespace
{

constexpr unsigned int lcores = 2;

class Watch : public ::testing::Test
{
      protected:
	Watch() : port("sick", lcores)
	{
		pln_ethdev_config config = {};
		rte_mempool *pools[lcores];

		config.rx_desc = config.tx_desc = 256;
		config.queues = lcores;
		config.mac = { { 2, 0, 0, 0, 0, 1 } };
		host.config.verbose = true;
		host.n_lcores = lcores;
		host.n_ports = 1;
		host.ports = &ours;
		host.lcores = turners;
		ours.host = &host;
		ours.lanes = records;
		EXPECT_EQ(pln_ethdev_open(&ours.dev, port.port, &config, &error), 0);
		for (unsigned int i = 0; i < lcores; i++)
			pools[i] = records[i].pool = pln_mbuf_pool_create(
				i == 0 ? "watch0" : "watch1", 4095, 2048, SOCKET_ID_ANY);
		EXPECT_EQ(pln_ethdev_start(&ours.dev, pools, &error), 0) << error.text;
		for (unsigned int i = 0; i < lcores; i++)
			make_stack(i);
		pln_watch_start(&ours);
		EXPECT_FALSE(watch()) << "the first look only takes notice";
	}
	~Watch() override
	{
		pln_watch_stop(&ours);
		EXPECT_EQ(port.listeners(), 0U);
		for (pln_host_lane &lcore : records)
			pln_stack_destroy(lcore.stack);
		while (rte_mbuf *m = port.sent(0))
			rte_pktmbuf_free(m);
		for (pln_host_lane &lcore : records) {
			EXPECT_EQ(rte_mempool_in_use_count(lcore.pool), 0U);
			rte_mempool_free(lcore.pool);
		}
	}

	void
	make_stack(unsigned int i)
	{
		pln_stack_config config = {};

		config.size = sizeof(config);
		config.link = &ours.dev.queues[i].link;
		config.mempool = records[i].pool;
		config.seed = 1 + i;
		config.now = now;
		EXPECT_EQ(pln_stack_create(&config, &records[i].stack), 0);
	}

	pln_stack *
	stack(unsigned int i)
	{
		return records[i].stack;
	}

	/* Turn one, as its lcore does. */
	void
	turn(unsigned int i)
	{
		pln_stack_poll(stack(i), now);
		pln_stack_flush(stack(i), now);
	}

	bool
	watch()
	{
		event = {};
		event.size = sizeof(event);
		return pln_watch_step(&ours, now, &event);
	}

	/* The next look finds this. */
	void
	expect_told(pln_host_event_kind kind, const char *words)
	{
		now += 100 * PLN_NS_PER_MS;
		ASSERT_TRUE(watch()) << "nothing told";
		EXPECT_EQ(event.kind, kind);
		EXPECT_NE(strstr(event.text, words), nullptr) << event.text;
	}

	void
	expect_quiet(uint64_t ns)
	{
		for (uint64_t end = now + ns; now < end; now += 50 * PLN_NS_PER_MS)
			ASSERT_FALSE(watch()) << event.text;
	}

	uint64_t
	counter(const char *name)
	{
		uint64_t value = 0;

		EXPECT_EQ(pln_stats_counter(stack(0), name, &value), 0) << name;
		return value;
	}

	/* A frame that wants to leave by queue 0, which takes none for a second. */
	void
	get_stuck()
	{
		const pln_addr us = { PLN_FAMILY_IP4, { 192, 0, 2, 1 } };

		port.jam(0, records[0].pool);
		ASSERT_EQ(pln_stack_addr_add(stack(0), &us, 24), 0); /* announces it */
		turn(0);
		now += PLN_NS_PER_S;
		turn(0);
	}

	support::SickPort port;
	pln_host_lane records[lcores] = {};
	pln_host_lcore turners[lcores] = {};
	pln_host_port ours = {};
	pln_host host = {};
	pln_host_event event = {};
	pln_error error = {};
	uint64_t now = PLN_NS_PER_S;
};

TEST_F(Watch, LinkThatGoesDownAndComesUpIsToldAndCounted)
{
	port.link_up = false;
	expect_told(PLN_HOST_LINK_DOWN, "the link of net_ring_sick is down");
	EXPECT_EQ(counter("port_link_down"), 1U);
	expect_quiet(PLN_NS_PER_S);
	port.link_up = true;
	expect_told(PLN_HOST_LINK_UP, "is up, after 1.1 s");
	expect_quiet(PLN_NS_PER_S);
	EXPECT_EQ(counter("port_link_down"), 1U);
}

TEST_F(Watch, BetweenLooksNothingIsSeenUnlessTheDeviceSaysSo)
{
	port.link_up = false;
	now += 50 * PLN_NS_PER_MS;
	EXPECT_FALSE(watch());
	port.raise(RTE_ETH_EVENT_INTR_LSC);
	EXPECT_TRUE(watch());
	EXPECT_EQ(event.kind, PLN_HOST_LINK_DOWN);
	EXPECT_FALSE(watch());
}

TEST_F(Watch, LostFramesAreCountedAtOnceAndToldInSums)
{
	port.missed = 5;
	port.no_mbuf = 7;
	expect_told(PLN_HOST_RX_MISSED, "lost 5 frames because its receive queues were full");
	EXPECT_EQ(event.frames, 5U);
	ASSERT_TRUE(watch());
	EXPECT_EQ(event.kind, PLN_HOST_RX_NO_MBUF);
	EXPECT_EQ(event.frames, 7U);
	port.missed = 6;
	expect_quiet(PLN_NS_PER_S);
	EXPECT_EQ(counter("port_rx_missed"), 6U);
	EXPECT_EQ(counter("port_rx_no_mbuf"), 7U);
	port.missed = 10;
	now += 10 * PLN_NS_PER_S;
	expect_told(PLN_HOST_RX_MISSED, "lost 5 frames");
}

TEST_F(Watch, PoolOfWhicheverLcoreThatRunsLowIsTold)
{
	std::vector<rte_mbuf *> held(4000);

	ASSERT_EQ(rte_pktmbuf_alloc_bulk(records[1].pool, held.data(), 4000), 0);
	expect_told(PLN_HOST_POOL_LOW, "less than a sixteenth");
	EXPECT_EQ(counter("port_pool_low"), 1U);
	expect_quiet(PLN_NS_PER_S);
	rte_pktmbuf_free_bulk(held.data(), 4000);
	expect_quiet(PLN_NS_PER_S);
}

TEST_F(Watch, StuckQueueIsToldAndThePortRestartedWhenAllHaveLeftIt)
{
	get_stuck();
	EXPECT_EQ(counter("tx_stuck"), 1U);
	EXPECT_EQ(counter("tx_drop_stuck"), 1U);
	expect_told(PLN_HOST_TX_STUCK, "takes no frames");
	expect_quiet(2 * PLN_NS_PER_S);
	expect_quiet(200 * PLN_NS_PER_MS); /* it is closed, and the second lcore does not know */
	EXPECT_EQ(port.stops, 0U);
	turn(1);
	expect_told(PLN_HOST_RESTARTED, "was restarted because it took no frames");
	EXPECT_EQ(port.stops, 1U);
	EXPECT_EQ(port.starts, 2U);
	EXPECT_EQ(port.resets, 0U);
	EXPECT_EQ(counter("port_restarted"), 1U);

	/* It takes frames again. */
	const pln_addr peer = { PLN_FAMILY_IP4, { 192, 0, 2, 2 } };
	ASSERT_EQ(pln_stack_neigh_probe(stack(0), &peer), 0);
	turn(0);
	EXPECT_GT(counter("tx_frames"), 0U);
	EXPECT_FALSE(pln_txq_stuck(&stack(0)->txq));
}

TEST_F(Watch, StuckQueueOfALinkThatIsDownIsNoReasonToRestart)
{
	port.link_up = false;
	expect_told(PLN_HOST_LINK_DOWN, "down");
	get_stuck();
	expect_told(PLN_HOST_TX_STUCK, "takes no frames");
	expect_quiet(5 * PLN_NS_PER_S);
	EXPECT_FALSE(pln_ethdev_closed(&ours.dev));
}

TEST_F(Watch, DeviceThatAsksForAResetGetsOne)
{
	port.raise(RTE_ETH_EVENT_INTR_RESET);
	EXPECT_FALSE(watch());
	turn(0);
	turn(1);
	expect_told(PLN_HOST_RESTARTED, "because it asked for it");
	EXPECT_EQ(port.resets, 1U);
	EXPECT_EQ(port.starts, 2U);
}

TEST_F(Watch, DeviceThatCannotBeResetIsStartedAgain)
{
	port.can_reset = false;
	port.raise(RTE_ETH_EVENT_INTR_RESET);
	EXPECT_FALSE(watch());
	turn(1);
	expect_told(PLN_HOST_RESTARTED, "because it asked for it");
	EXPECT_EQ(port.starts, 2U);
}

TEST_F(Watch, LcoreThatDoesNotTurnKeepsThePortAsItIs)
{
	port.raise(RTE_ETH_EVENT_INTR_RESET);
	expect_quiet(900 * PLN_NS_PER_MS);
	expect_told(PLN_HOST_RESTART_FAILED, "an lcore does not turn its stack");
	EXPECT_EQ(port.stops, 0U);
	EXPECT_FALSE(pln_ethdev_closed(&ours.dev));
	EXPECT_EQ(counter("port_restart_failed"), 1U);
}

TEST_F(Watch, PortThatDoesNotStartAgainIsToldWithTheReason)
{
	port.start_rc = -EIO;
	port.raise(RTE_ETH_EVENT_INTR_RESET);
	EXPECT_FALSE(watch());
	turn(1);
	expect_told(PLN_HOST_RESTART_FAILED, "Input/output error");
	port.start_rc = 0;
}

TEST_F(Watch, WhatNobodyTakesMakesRoomForWhatIsNewer)
{
	for (int i = 0; i < 20; i++) {
		port.link_up = !port.link_up;
		now += 100 * PLN_NS_PER_MS;
		pln_host_event none = {};
		EXPECT_FALSE(pln_watch_step(&ours, now, &none)) << "its size is not set";
	}
	for (int i = 0; i < 8; i++) {
		ASSERT_TRUE(watch());
		EXPECT_EQ(event.kind, i % 2 == 0 ? PLN_HOST_LINK_DOWN : PLN_HOST_LINK_UP);
	}
	EXPECT_FALSE(watch());
	EXPECT_EQ(counter("port_link_down"), 10U);
}

} // namespace
