/* SPDX-License-Identifier: BSD-3-Clause */
/* One host up to its IP layer, on a link that keeps what is sent, with a clock turned by hand: 10.0.0.1/24, gateway 10.0.0.254. */
#ifndef POLLEN_TESTS_IP_HOST_H
#define POLLEN_TESTS_IP_HOST_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "dev/eal.h"
#include "ip/arp.h"
#include "ip/ip.h"
#include "support/capture_link.h"
#include "wire/cksum.h"

using Be32 = struct pln_be32; /* a function of that name hides it in C++ */

constexpr uint64_t second = PLN_NS_PER_S;
constexpr uint64_t slack =
	8U << PLN_WHEEL_TICK_SHIFT; /* a timer is late by a tick at most; a few in a row */

constexpr pln_mac our_mac = { { 0x02, 0, 0, 0, 0, 0x01 } };
constexpr pln_mac peer_mac = { { 0x02, 0, 0, 0, 0, 0x02 } };
constexpr pln_mac other_mac = { { 0x02, 0, 0, 0, 0, 0x03 } };
constexpr pln_mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

inline Be32
addr4(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	return pln_be32(a << 24 | b << 16 | c << 8 | d);
}

inline const Be32 any_addr = {};
inline const Be32 our_addr = addr4(10, 0, 0, 1);
inline const Be32 peer_addr = addr4(10, 0, 0, 2);
inline const Be32 third_addr = addr4(10, 0, 0, 3);
inline const Be32 gateway_addr = addr4(10, 0, 0, 254);
inline const Be32 remote_addr = addr4(192, 0, 2, 9);

inline bool
operator==(const pln_mac &a, const pln_mac &b)
{
	return std::equal(a.bytes, a.bytes + 6, b.bytes);
}

inline bool
operator==(Be32 a, Be32 b)
{
	return a.raw == b.raw;
}

/* A frame on the wire, taken apart. */
struct Sent {
	pln_eth_hdr eth{};
	std::vector<uint8_t> payload; /* behind the Ethernet header */

	explicit Sent(const CapturedFrame &frame)
	{
		EXPECT_EQ(pln_eth_hdr_parse(frame.bytes.data(), frame.bytes.size(), &eth),
		          PLN_ACCEPT);
		payload.assign(frame.bytes.begin() + eth.hdr_len, frame.bytes.end());
	}

	pln_arp_hdr
	arp() const
	{
		pln_arp_hdr hdr{};

		EXPECT_EQ(eth.type, PLN_ETH_TYPE_ARP);
		EXPECT_EQ(payload.size(), PLN_ARP_HDR_LEN);
		EXPECT_EQ(pln_arp_hdr_parse(payload.data(), payload.size(), &hdr), PLN_ACCEPT);
		return hdr;
	}

	pln_ip4_hdr
	ip() const
	{
		pln_ip4_hdr hdr{};

		EXPECT_EQ(eth.type, PLN_ETH_TYPE_IP4);
		EXPECT_EQ(pln_ip4_hdr_parse(payload.data(), payload.size(), false, &hdr),
		          PLN_ACCEPT);
		return hdr;
	}

	/* Behind the IPv4 header. */
	std::vector<uint8_t>
	transport() const
	{
		return { payload.begin() + PLN_IP4_HDR_LEN, payload.end() };
	}
};

class IpHost : public ::testing::Test
{
      protected:
	static constexpr uint32_t pool_count = 1024;

	void
	SetUp() override
	{
		ASSERT_EQ(pln_eal_ensure(), 0);
		pool = pln_mbuf_pool_create("t_ip_host", pool_count, 2048, SOCKET_ID_ANY);
		ASSERT_NE(pool, nullptr);
		env.now = 1000 * second;
		pln_rand_init(&env.rng, 42);
		pln_wheel_init(&env.wheel, env.now);
		configure();
		pln_txq_init(&txq, &env, &wire.link);
		ASSERT_EQ(pln_ip_init(&ip, &env, &txq, pool), 0);
		ASSERT_EQ(pln_ip_addr_add(&ip, our_addr, 24, false), 0);
		ASSERT_EQ(pln_ip_route_add(&ip, any_addr, 0, gateway_addr), 0);
	}

	/* Nothing may be left: no buffer, no timer. */
	void
	TearDown() override
	{
		pln_ip_fini(&ip);
		pln_txq_fini(&txq);
		EXPECT_EQ(env.wheel.armed, 0U);
		EXPECT_EQ(rte_mempool_avail_count(pool), pool_count);
		rte_mempool_free(pool);
	}

	/* What a test wants of the link before the host stands on it. */
	virtual void
	configure()
	{
	}

	/* Turn the clock, running every timer at its time. */
	void
	advance(uint64_t ns)
	{
		uint64_t target = env.now + ns;

		while (env.now < target) {
			env.now = std::clamp(pln_wheel_next(&env.wheel), env.now + 1, target);
			while (pln_wheel_node *node = pln_wheel_expire(&env.wheel, env.now)) {
				auto *timer = PLN_CONTAINER_OF(node, pln_timer, node);

				timer->fire(timer, timer->room);
			}
		}
	}

	/* What was sent since the last call. */
	std::vector<Sent>
	take_sent()
	{
		std::vector<Sent> all;

		pln_txq_flush(&txq);
		for (const CapturedFrame &frame : wire.frames)
			all.emplace_back(frame);
		wire.frames.clear();
		return all;
	}

	uint64_t
	count(pln_drop id) const
	{
		return env.counters.value[id];
	}

	/* A packet to send, `len` bytes of `byte`. */
	rte_mbuf *
	packet(uint16_t len = 8, uint8_t byte = 0x5a)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool);

		memset(rte_pktmbuf_append(m, len), byte, len);
		return m;
	}

	pln_ip_path
	path_to(Be32 dst)
	{
		pln_ip_path path{};

		EXPECT_EQ(pln_ip_path_open(&ip, dst, any_addr, &path), 0);
		return path;
	}

	pln_neigh *
	neigh(Be32 addr)
	{
		return pln_neigh_find(&ip.neighs, addr);
	}

	pln_neigh_state
	state_of(Be32 addr)
	{
		pln_neigh *n = neigh(addr);

		return n != nullptr ? static_cast<pln_neigh_state>(n->state) : PLN_NEIGH_NONE;
	}

	pln_drop
	receive_arp(uint16_t opcode, pln_mac sha, Be32 spa, Be32 tpa)
	{
		pln_arp_hdr hdr{};
		uint8_t bytes[PLN_ARP_HDR_LEN];

		hdr.opcode = opcode;
		hdr.sha = sha;
		hdr.spa = spa;
		hdr.tpa = tpa;
		if (opcode == PLN_ARP_REPLY)
			hdr.tha = our_mac;
		pln_arp_hdr_emit(bytes, &hdr);
		return pln_arp_rx(&ip, bytes, sizeof(bytes));
	}

	/* The answer to our request. */
	pln_drop
	answer(Be32 from, pln_mac mac)
	{
		return receive_arp(PLN_ARP_REPLY, mac, from, our_addr);
	}

	/* Ask for a neighbour and have it answer; the request is not kept. */
	void
	make_reachable(Be32 addr, pln_mac mac)
	{
		pln_neigh_resolve(&ip.neighs, pln_neigh_get(&ip.neighs, addr));
		EXPECT_EQ(answer(addr, mac), PLN_ACCEPT);
		take_sent();
	}

	CaptureLink wire;
	pln_env env{};
	pln_txq txq{};
	pln_ip ip{};
	rte_mempool *pool = nullptr;
};

#endif
