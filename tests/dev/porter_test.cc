/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dev/porter: frames between lcores and a tap, whose place a pair of sockets takes: a frame a message. Its thread's work is done by the
 * test, turn by turn, but where the thread itself is meant.
 */
#include "dev/porter.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "support/frame.h"

namespace
{

using support::Bytes;

constexpr uint16_t MTU = 1500;

class PorterTest : public ::testing::Test
{
      protected:
	PorterTest()
	    : pool(rte_pktmbuf_pool_create("porter_lcore", 4095, 0,
	                                   static_cast<uint16_t>(pln_link_priv_size()), 2176,
	                                   SOCKET_ID_ANY)),
	      kernel_pool(rte_pktmbuf_pool_create("porter_kernel", 1023, 0,
	                                          static_cast<uint16_t>(pln_link_priv_size()), 2176,
	                                          SOCKET_ID_ANY))
	{
		EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
		          0);
		config.fd = fds[0];
		config.port.mtu = MTU;
		config.port.mac = { { 2, 0, 0, 0, 0, 1 } };
		config.pool = kernel_pool;
		config.lanes = 2;
		config.ctx = this;
	}

	~PorterTest() override
	{
		pln_porter_destroy(porter);
		EXPECT_EQ(rte_mempool_in_use_count(pool), 0U);
		EXPECT_EQ(rte_mempool_in_use_count(kernel_pool), 0U);
		rte_mempool_free(pool);
		rte_mempool_free(kernel_pool);
		close(fds[0]);
		close(fds[1]);
	}

	void
	create()
	{
		ASSERT_EQ(pln_porter_create(&config, &porter), 0);
	}

	rte_mbuf *
	frame(const Bytes &bytes)
	{
		rte_mbuf *m = rte_pktmbuf_alloc(pool);

		memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(bytes.size())), bytes.data(),
		       bytes.size());
		return m;
	}

	uint16_t
	give(unsigned int lane, const std::vector<rte_mbuf *> &frames)
	{
		const pln_link *link = pln_porter_link(porter, lane);
		auto n = static_cast<uint16_t>(frames.size());
		uint16_t took = link->tx(link->ctx, const_cast<rte_mbuf **>(frames.data()), n);

		for (uint16_t i = took; i < n; i++)
			rte_pktmbuf_free(frames[i]);
		return took;
	}

	uint16_t
	take(unsigned int lane, rte_mbuf **frames, uint16_t n)
	{
		const pln_link *link = pln_porter_link(porter, lane);

		return link->rx(link->ctx, frames, n);
	}

	/* What the kernel's side has been given, a frame; empty: nothing. */
	Bytes
	kernel_reads()
	{
		Bytes bytes(70000);
		ssize_t n = read(fds[1], bytes.data(), bytes.size());

		bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
		return bytes;
	}

	bool
	kernel_writes(const Bytes &bytes)
	{
		return write(fds[1], bytes.data(), bytes.size()) ==
		       static_cast<ssize_t>(bytes.size());
	}

	static Bytes
	numbered(uint8_t number, size_t len = 60)
	{
		return Bytes(len, number);
	}

	int fds[2] = { -1, -1 };
	rte_mempool *pool, *kernel_pool;
	pln_porter_config config{};
	pln_porter *porter = nullptr;
};

TEST_F(PorterTest, FramesOfEveryLaneAreWrittenInTheirOrder)
{
	create();
	EXPECT_EQ(give(0, { frame(numbered(1)), frame(numbered(2)) }), 2);
	EXPECT_EQ(give(1, { frame(numbered(3)) }), 1);
	EXPECT_EQ(pln_porter_turn(porter), 3U);
	for (uint8_t i = 1; i <= 3; i++)
		EXPECT_EQ(kernel_reads(), numbered(i));
	EXPECT_EQ(pln_porter_counts(porter).written, 3U);
	EXPECT_EQ(pln_porter_turn(porter), 0U);
}

TEST_F(PorterTest, BuffersAreFreedByTheLcoreThatGaveThem)
{
	rte_mbuf *none[1];

	create();
	give(0, { frame(numbered(1)) });
	give(1, { frame(numbered(2)) });
	pln_porter_turn(porter);
	EXPECT_EQ(rte_mempool_in_use_count(pool), 2U) << "not by the thread";
	EXPECT_EQ(take(1, none, 1), 0);
	EXPECT_EQ(rte_mempool_in_use_count(pool), 1U);
	EXPECT_EQ(take(0, none, 1), 0);
	EXPECT_EQ(rte_mempool_in_use_count(pool), 0U);
}

TEST_F(PorterTest, ALaneThatIsFullTakesNoMoreAndNoneIsLostInIt)
{
	std::vector<rte_mbuf *> frames(600);
	unsigned int carried = 0, n;
	rte_mbuf *none[1];

	create();
	for (rte_mbuf *&m : frames)
		m = frame(numbered(1));
	EXPECT_EQ(give(0, frames), PLN_PORTER_RING - 1);
	do {
		n = pln_porter_turn(porter);
		carried += n;
		while (!kernel_reads().empty()) {
		}
		take(0, none, 1);
	} while (n > 0);
	EXPECT_EQ(carried, PLN_PORTER_RING - 1);
}

TEST_F(PorterTest, AnLcoreThatDoesNotTurnHoldsTheThreadBack)
{
	create();
	for (unsigned int round = 0; round < 40; round++) {
		std::vector<rte_mbuf *> frames(32);

		for (rte_mbuf *&m : frames)
			m = frame(numbered(1));
		give(0, frames);
		pln_porter_turn(porter);
		while (!kernel_reads().empty()) {
		}
	}
	EXPECT_EQ(pln_porter_counts(porter).written + pln_porter_counts(porter).refused,
	          PLN_PORTER_RING - 1)
		<< "as many as can wait to be freed";
}

TEST_F(PorterTest, FramesOfTheKernelComeToLaneZeroWithNothingAskedOfTheDevice)
{
	rte_mbuf *frames[4];

	create();
	ASSERT_TRUE(kernel_writes(numbered(1)));
	ASSERT_TRUE(kernel_writes(numbered(2, MTU + 18)));
	EXPECT_EQ(pln_porter_turn(porter), 2U);
	EXPECT_EQ(take(1, frames, 4), 0);
	ASSERT_EQ(take(0, frames, 4), 2);
	EXPECT_EQ(frames[0]->pkt_len, 60U);
	EXPECT_EQ(frames[1]->pkt_len, MTU + 18U);
	EXPECT_EQ(frames[0]->ol_flags, 0U);
	EXPECT_EQ(*rte_pktmbuf_mtod(frames[1], uint8_t *), 2);
	EXPECT_EQ(pln_porter_counts(porter).read, 2U);
	rte_pktmbuf_free_bulk(frames, 2);
}

TEST_F(PorterTest, AFrameLongerThanThePortCarriesIsDroppedAndCounted)
{
	rte_mbuf *frames[4];

	create();
	ASSERT_TRUE(kernel_writes(numbered(1, MTU + 19)));
	ASSERT_TRUE(kernel_writes(numbered(2)));
	EXPECT_EQ(pln_porter_turn(porter), 1U);
	ASSERT_EQ(take(0, frames, 4), 1);
	EXPECT_EQ(*rte_pktmbuf_mtod(frames[0], uint8_t *), 2);
	EXPECT_EQ(pln_porter_counts(porter).too_long, 1U);
	rte_pktmbuf_free(frames[0]);
}

TEST_F(PorterTest, WhatLaneZeroDoesNotTakeStaysInTheKernelsQueue)
{
	unsigned int written = 0, taken = 0;
	rte_mbuf *frames[32];
	uint16_t n;

	create();
	for (unsigned int i = 0; i < 700; i++) {
		written += kernel_writes(numbered(1));
		pln_porter_turn(porter);
	}
	EXPECT_GE(written, PLN_PORTER_RING - 1) << "the socket's own queue is short";
	EXPECT_EQ(pln_porter_counts(porter).read, PLN_PORTER_RING - 1);
	while ((n = take(0, frames, 32)) > 0) {
		rte_pktmbuf_free_bulk(frames, n);
		taken += n;
		pln_porter_turn(porter);
	}
	EXPECT_EQ(taken, written);
}

TEST_F(PorterTest, ATapThatRefusesIsCounted)
{
	rte_mbuf *none[1];

	create();
	close(fds[1]);
	fds[1] = -1;
	give(0, { frame(numbered(1)) });
	pln_porter_turn(porter);
	EXPECT_EQ(pln_porter_counts(porter).refused, 1U);
	EXPECT_EQ(pln_porter_counts(porter).written, 0U);
	take(0, none, 1);
}

TEST_F(PorterTest, AChainIsWrittenAsOneFrame)
{
	rte_mbuf *head = frame(numbered(1, 2000)), *tail = frame(numbered(2, 500));
	Bytes whole = numbered(1, 2000), end = numbered(2, 500);

	whole.insert(whole.end(), end.begin(), end.end());
	create();
	ASSERT_EQ(rte_pktmbuf_chain(head, tail), 0);
	give(0, { head });
	pln_porter_turn(porter);
	EXPECT_EQ(kernel_reads(), whole);
}

TEST_F(PorterTest, ATagThatTheDeviceTookOutIsPutBack)
{
	support::Frame f;

	f.dst = support::mac(1);
	f.src = support::mac(2);
	f.type = 0x86dd;
	f.payload = numbered(7, 50);
	rte_mbuf *m = frame(f.bytes());

	f.vlan = 0x2005;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 0x2005;
	create();
	give(0, { m });
	pln_porter_turn(porter);
	EXPECT_EQ(kernel_reads(), f.bytes());
}

TEST_F(PorterTest, AChecksumThatNobodyFilledInIsComputed)
{
	support::Frame f;

	f.dst = support::mac(1);
	f.src = support::mac(2);
	f.ip.emplace();
	f.ip->src = support::ip4("10.0.0.2");
	f.ip->dst = support::ip4("10.0.0.1");
	f.ip->proto = support::PROTO_TCP;
	f.tcp.emplace();
	f.tcp->sport = 1000;
	f.tcp->dport = 22;
	f.tcp->flags = support::SYN;
	f.payload = numbered(9, 33);
	Bytes good = f.bytes();

	f.tcp->cksum_good = false;
	rte_mbuf *partial = frame(f.bytes()), *untouched = frame(f.bytes());

	ASSERT_NE(f.bytes(), good);
	partial->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	create();
	give(0, { partial, untouched });
	pln_porter_turn(porter);
	EXPECT_EQ(kernel_reads(), good);
	EXPECT_EQ(kernel_reads(), f.bytes()) << "what is merely wrong is the kernel's to find";
}

TEST_F(PorterTest, UndeliveredFramesAreFreedAtTheEnd)
{
	create();
	give(0, { frame(numbered(1)), frame(numbered(2)) });
	give(1, { frame(numbered(3)) });
	ASSERT_TRUE(kernel_writes(numbered(4)));
	pln_porter_turn(porter);
	give(1, { frame(numbered(5)) });
}

TEST_F(PorterTest, TheThreadSleepsAndIsWokenFromBothSides)
{
	static std::atomic<unsigned int> woken, looked;
	rte_mbuf *frames[4];
	Bytes read_back;
	uint16_t n = 0;

	woken = looked = 0;
	config.wake = [](void *) { woken++; };
	config.look_after = [](void *) { looked++; };
	create();
	ASSERT_EQ(pln_porter_start(porter), 0);
	/* The kernel is the peer here: its descriptors wake the thread. */
	for (unsigned int round = 0; round < 50; round++) {
		ASSERT_EQ(give(1, { frame(numbered(1)) }), 1);
		while ((read_back = kernel_reads()).empty())
			std::this_thread::yield();
		EXPECT_EQ(read_back, numbered(1));
		ASSERT_TRUE(kernel_writes(numbered(2)));
		while ((n = take(0, frames, 4)) == 0)
			std::this_thread::yield();
		EXPECT_EQ(n, 1);
		rte_pktmbuf_free_bulk(frames, n);
		take(1, frames, 4);
	}
	pln_porter_stop(porter);
	EXPECT_EQ(woken, 50U);
	EXPECT_GE(looked, 1U);
	pln_porter_stop(porter);
}

} // namespace
