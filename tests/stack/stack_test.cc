/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack as an instance: created, turned, taken apart; ARP and echo through all its floors. */
#include <algorithm>
#include <chrono>
#include <map>

#include <rte_mempool.h>

#include <gtest/gtest.h>
#include <pollen/icmp.h>
#include <pollen/stats.h>

#include "base/pool.h"
#include "dev/mbuf.h"
#include "support/two_hosts.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

namespace
{

using namespace support;

pln_icmp_echo_args
echo(const pln_addr &dst, uint16_t seq, const Bytes &data)
{
	pln_icmp_echo_args args{};

	args.size = sizeof(args);
	args.dst = dst;
	args.id = 77;
	args.seq = seq;
	args.data = data.data();
	args.len = static_cast<uint16_t>(data.size());
	return args;
}

class StackConfig : public ::testing::Test
{
      protected:
	StackConfig()
	{
		pln_memlink_config link{};

		link.size = sizeof(link);
		link.mac = mac(1);
		EXPECT_EQ(pln_memlink_create(&link, &memlink_), 0);
		link_ = *pln_memlink_link(memlink_);
		config_.size = sizeof(config_);
		config_.link = &link_;
		config_.seed = 1;
	}

	~StackConfig() override
	{
		pln_memlink_destroy(memlink_);
	}

	int
	create()
	{
		return pln_stack_create(&config_, &stack_);
	}

	pln_memlink *memlink_ = nullptr;
	pln_link link_{};
	pln_stack_config config_{};
	pln_stack *stack_ = nullptr;
};

TEST_F(StackConfig, ThatMakesNoSenseIsRefusedAndOutIsUntouched)
{
	auto refused = [this] { return create() == -EINVAL && stack_ == nullptr; };

	config_.size = 0;
	EXPECT_TRUE(refused());
	config_.size = sizeof(config_);
	config_.link = nullptr;
	EXPECT_TRUE(refused());
	config_.link = &link_;
	link_.mtu = 67;
	EXPECT_TRUE(refused());
	link_.mtu = 1500;
	link_.vlan = 4095;
	EXPECT_TRUE(refused());
	link_.vlan = 0;
	link_.mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	EXPECT_TRUE(refused());
	link_.mac = mac(1);
	auto rx = link_.rx;
	link_.rx = nullptr;
	EXPECT_TRUE(refused());
	link_.rx = rx;
	config_.max_conns = UINT32_MAX;
	EXPECT_TRUE(refused());
	config_.max_conns = 0;
	EXPECT_EQ(create(), 0);
	pln_stack_destroy(stack_);
	pln_stack_destroy(nullptr);
}

TEST_F(StackConfig, DestroyingSendsNothingAndGivesEveryBufferBack)
{
	unsigned int before = rte_mempool_avail_count(pln_mbuf_shared_pool());
	pln_addr addr = ip4("10.0.0.1"), nobody = ip4("10.0.0.9");
	Bytes data(100, 1);

	ASSERT_EQ(create(), 0);
	ASSERT_EQ(pln_stack_addr_add(stack_, &addr, 24), 0);
	pln_icmp_echo_args args = echo(nobody, 1, data);
	ASSERT_EQ(pln_icmp_echo(stack_, &args), 0); /* waits for ARP */
	pln_memlink_block_tx(memlink_, true);
	pln_stack_run(stack_, 1);
	EXPECT_LT(rte_mempool_avail_count(pln_mbuf_shared_pool()), before);
	pln_memlink_block_tx(memlink_, false);
	pln_stack_destroy(stack_);
	EXPECT_EQ(pln_memlink_pending(memlink_), 0u);
	EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), before);
}

/* RFC 1122 §3.3.4.3: whose address the program does not name is ours to choose; each has the whole range for a peer. */
TEST(StackAddrs, AnotherAddressIsTakenWhenThePortsOfOneHaveRunOut)
{
	HostOptions options;
	options.options = { { "port_range", "50000-50003" } };
	Host host(options, "10.0.0.1", 1, PLN_NS_PER_S);
	const pln_addr more[] = { ip4("10.0.0.3"), ip4("192.168.7.1") };
	std::map<std::string, int> from;
	pln_tcp_open_args args{};
	uint64_t conn;

	EXPECT_EQ(pln_stack_addr_add(host.stack(), &more[0], 24), 0);
	EXPECT_EQ(pln_stack_addr_add(host.stack(), &more[1], 24), 0);
	args.size = sizeof(args);
	args.remote = { ip4("10.0.0.2"), 80 };
	for (int n = 0; n < 8; n++) {
		char text[PLN_ADDR_TEXT_LEN];

		ASSERT_EQ(pln_tcp_open(host.stack(), &args, &conn), 0) << n;
		const pln_addr local = host.info(conn).local.addr;
		from[pln_addr_format(&local, text)]++;
	}
	EXPECT_EQ(from["10.0.0.1"], 4);
	EXPECT_EQ(from["10.0.0.3"], 4) << "and none from an address of another subnet";
	EXPECT_EQ(pln_tcp_open(host.stack(), &args, &conn), -EADDRNOTAVAIL);
	args.remote.port = 81;
	EXPECT_EQ(pln_tcp_open(host.stack(), &args, &conn), 0) << "another peer, all ports again";
	args.remote.port = 80;
	args.local.addr = host.addr;
	EXPECT_EQ(pln_tcp_open(host.stack(), &args, &conn), -EADDRNOTAVAIL);
}

#ifdef SANITIZED
constexpr double CREATE_MAX_US = 5000;
#else
constexpr double CREATE_MAX_US = 100;
#endif

/* The promise is 100 us; the best of many is what the code costs, the rest is the machine's other work. */
TEST_F(StackConfig, CreatingAndDestroyingIsQuick)
{
	double best_create = 1e9, best_destroy = 1e9;

	for (int i = 0; i < 100; i++) {
		auto start = std::chrono::steady_clock::now();
		ASSERT_EQ(create(), 0);
		auto middle = std::chrono::steady_clock::now();
		pln_stack_destroy(stack_);
		auto end = std::chrono::steady_clock::now();
		best_create =
			std::min(best_create,
		                 std::chrono::duration<double, std::micro>(middle - start).count());
		best_destroy =
			std::min(best_destroy,
		                 std::chrono::duration<double, std::micro>(end - middle).count());
	}
	RecordProperty("create_us", std::to_string(best_create));
	RecordProperty("destroy_us", std::to_string(best_destroy));
	EXPECT_LE(best_create, CREATE_MAX_US);
	EXPECT_LE(best_destroy, CREATE_MAX_US);
}

TEST_F(StackConfig, TimeNeverGoesBack)
{
	pln_addr addr = ip4("10.0.0.1");

	config_.now = 1000;
	ASSERT_EQ(create(), 0);
	ASSERT_EQ(pln_stack_addr_add(stack_, &addr, 24), 0);
	pln_stack_set_time(stack_, 500);
	EXPECT_EQ(pln_stack_next(stack_), 1000u);
	pln_stack_destroy(stack_);
}

TEST_F(StackConfig, WantsATurnNowWhileFramesWait)
{
	pln_addr addr = ip4("10.0.0.1");

	ASSERT_EQ(create(), 0);
	EXPECT_EQ(pln_stack_next(stack_), PLN_NEVER);
	pln_stack_set_time(stack_, 5000);
	ASSERT_EQ(pln_stack_addr_add(stack_, &addr, 24), 0); /* is announced */
	EXPECT_EQ(pln_stack_next(stack_), 5000u);
	EXPECT_EQ(pln_stack_flush(stack_, 5000), 1u);
	EXPECT_EQ(pln_stack_next(stack_), PLN_NEVER);
	pln_stack_destroy(stack_);
}

TEST_F(StackConfig, PollSendsWhatTheCallerForgotToFlush)
{
	pln_addr addr = ip4("10.0.0.1");

	ASSERT_EQ(create(), 0);
	ASSERT_EQ(pln_stack_addr_add(stack_, &addr, 24), 0);
	EXPECT_EQ(pln_stack_poll(stack_, 1), 0u) << "sending is no work received or timed";
	EXPECT_EQ(pln_memlink_pending(memlink_), 1u);
	pln_stack_destroy(stack_);
}

TEST_F(StackConfig, PollTakesOneBurst)
{
	Bytes junk(60, 0);

	ASSERT_EQ(create(), 0);
	for (int i = 0; i < 40; i++)
		ASSERT_EQ(pln_memlink_inject(memlink_, junk.data(), junk.size(), 0), 0);
	EXPECT_EQ(pln_stack_poll(stack_, 1), 32u);
	EXPECT_EQ(pln_stack_poll(stack_, 1), 8u);
	EXPECT_EQ(pln_stack_poll(stack_, 1), 0u);
	pln_stack_destroy(stack_);
}

TEST_F(StackConfig, AddressesRoutesAndNeighboursAreChecked)
{
	pln_addr addr = ip4("10.0.0.1"), gw = ip4("10.0.0.254"), far = ip4("192.0.2.0"), hop;
	pln_addr six = addr;
	pln_mac group = { { 0x01, 0, 0x5e, 0, 0, 1 } }, single = mac(9);
	pln_neigh_info info{};

	six.family = PLN_FAMILY_IP6;
	ASSERT_EQ(create(), 0);
	EXPECT_EQ(pln_stack_addr_add(stack_, &six, 24), -EAFNOSUPPORT);
	EXPECT_EQ(pln_stack_addr_add(stack_, &addr, 0), -EINVAL);
	EXPECT_EQ(pln_stack_addr_add(stack_, &addr, 33), -EINVAL);
	EXPECT_EQ(pln_stack_next_hop(stack_, &gw, &hop), -ENETUNREACH);
	EXPECT_EQ(pln_stack_addr_add(stack_, &addr, 24), 0);
	EXPECT_EQ(pln_stack_addr_add(stack_, &addr, 24), -EEXIST);
	EXPECT_EQ(pln_stack_next_hop(stack_, &gw, &hop), 0);
	EXPECT_TRUE(hop == gw);
	EXPECT_EQ(pln_stack_resolve(stack_, &far), -ENETUNREACH);
	EXPECT_EQ(pln_stack_route_add(stack_, &far, 24, &far), -ENETUNREACH);
	EXPECT_EQ(pln_stack_route_add(stack_, &far, 24, &six), -EAFNOSUPPORT);
	EXPECT_EQ(pln_stack_route_add(stack_, &far, 24, &gw), 0);
	EXPECT_EQ(pln_stack_next_hop(stack_, &far, &hop), 0);
	EXPECT_TRUE(hop == gw);
	info.size = sizeof(info);
	EXPECT_EQ(pln_stack_neigh_get(stack_, &gw, &info), -ENOENT);
	EXPECT_EQ(pln_stack_neigh_set(stack_, &gw, &group), -EINVAL);
	EXPECT_EQ(pln_stack_neigh_set(stack_, &gw, &single), 0);
	ASSERT_EQ(pln_stack_neigh_get(stack_, &gw, &info), 0);
	EXPECT_EQ(info.state, PLN_NEIGH_STATIC);
	EXPECT_TRUE(info.mac == single);
	EXPECT_EQ(pln_stack_mtu_set(stack_, 67), -EINVAL);
	EXPECT_EQ(pln_stack_mtu_set(stack_, 68), 0);
	pln_stack_destroy(stack_);
}

TEST_F(StackConfig, CountersHaveNamesAndSentences)
{
	pln_counter counters[300];
	uint64_t value = 1;

	ASSERT_EQ(create(), 0);
	unsigned int n = pln_stats_counters(stack_, counters, 300);
	ASSERT_GT(n, 50u);
	ASSERT_LT(n, 300u);
	EXPECT_EQ(pln_stats_counters(stack_, counters, 3), n)
		<< "tells how many there are, whatever fits";
	for (unsigned int i = 0; i < n; i++) {
		EXPECT_GT(strlen(counters[i].sentence), 10u) << counters[i].name;
		EXPECT_EQ(pln_stats_counter(stack_, counters[i].name, &value), 0)
			<< counters[i].name;
		EXPECT_EQ(value, 0u);
	}
	EXPECT_EQ(pln_stats_counter(stack_, "no_such_counter", &value), -ENOENT);
	pln_stack_destroy(stack_);
}

TEST(StackArp, ResolvesAndPingsBothWays)
{
	TwoHostsOptions options;
	Bytes data(300);
	pln_icmp_event event{};

	options.arp = true;
	TwoHosts w(options);
	for (size_t i = 0; i < data.size(); i++)
		data[i] = static_cast<uint8_t>(i);
	for (Host *from : { &w.a, &w.b }) {
		Host &to = from == &w.a ? w.b : w.a;
		pln_icmp_echo_args args = echo(to.addr, 5, data);
		ASSERT_EQ(pln_icmp_echo(from->stack(), &args), 0);
		ASSERT_TRUE(
			w.run_until([&] { return pln_icmp_events(from->stack(), &event, 1) == 1; },
		                    PLN_NS_PER_S));
		EXPECT_EQ(event.kind, PLN_ICMP_REPLY);
		EXPECT_TRUE(event.from == to.addr);
		EXPECT_EQ(event.id, 77);
		EXPECT_EQ(event.seq, 5);
		EXPECT_EQ(event.len, data.size());
		EXPECT_EQ(event.now, w.now);
		EXPECT_EQ(memcmp(event.data, data.data(), sizeof(event.data)), 0);
	}
	EXPECT_EQ(w.a.counter("icmp_rx_echo"), 1u);
	EXPECT_EQ(w.b.counter("icmp_rx_echo"), 1u);
	EXPECT_LE(w.a.counter("arp_tx_request") + w.b.counter("arp_tx_request"), 3u)
		<< "two announcements and one request: who is asked learns of the asker";
}

TEST(StackArp, NextHopThatDoesNotAnswerIsReported)
{
	TwoHostsOptions options;
	pln_icmp_event event{};
	Bytes data(10, 1);

	options.arp = true;
	TwoHosts w(options);
	pln_addr nobody = ip4("10.0.0.99");
	pln_icmp_echo_args args = echo(nobody, 1, data);
	ASSERT_EQ(pln_icmp_echo(w.a.stack(), &args), 0);
	ASSERT_TRUE(w.run_until([&] { return pln_icmp_events(w.a.stack(), &event, 1) == 1; },
	                        60 * PLN_NS_PER_S));
	EXPECT_EQ(event.kind, PLN_ICMP_NEIGH_FAILED);
	EXPECT_GE(w.a.counter("arp_tx_request"), 3u);
	EXPECT_EQ(w.a.counter("arp_failed"), 1u) << "the waiting packet";
}

/* Everything that was sent in a run, as one number. */
uint64_t
hash_of_run(uint64_t stack_seed, uint64_t cable_seed)
{
	TwoHostsOptions options;
	uint64_t hash = 14695981039346656037U;
	Bytes data(1000, 7);

	options.arp = true;
	options.seed = cable_seed;
	options.a.seed = stack_seed;
	options.b.seed = stack_seed + 1;
	TwoHosts w(options);
	for (Faults &f : w.cable.faults) {
		f.loss = 0.1;
		f.reorder = 0.1;
		f.duplicate = 0.1;
		f.jitter_ns = 20000;
	}
	w.cable.tap = [&](int from, const Bytes &bytes, uint64_t now) {
		hash = (hash ^ now ^ static_cast<uint64_t>(from)) * 1099511628211U;
		for (uint8_t byte : bytes)
			hash = (hash ^ byte) * 1099511628211U;
	};
	auto [client, server] = w.established_pair();
	for (int i = 0; i < 50; i++) {
		pln_tcp_send(w.a.stack(), client, data.data(), data.size(), 0);
		pln_tcp_send(w.b.stack(), server, data.data(), data.size(), 0);
		w.run_for(10 * PLN_NS_PER_MS);
	}
	pln_tcp_close(w.a.stack(), client);
	w.run_for(10 * PLN_NS_PER_S);
	return hash;
}

TEST(StackDeterminism, SameSeedsAndInputsSendTheSameBytesAtTheSameTimes)
{
	uint64_t first = hash_of_run(1, 2);

	EXPECT_EQ(hash_of_run(1, 2), first);
	EXPECT_NE(hash_of_run(3, 2), first) << "the stacks' seed is used";
	EXPECT_NE(hash_of_run(1, 4), first) << "the cable's seed is used";
}

TEST(StackDeterminism, WithoutASeedNoTwoStacksAreAlike)
{
	EXPECT_NE(hash_of_run(0, 2), hash_of_run(0, 2));
}

TEST(StackIdle, AMillionSecondsCostNoTime)
{
	TwoHostsOptions options;

	options.arp = true;
	TwoHosts w(options);
	auto [client, server] = w.established_pair();
	auto start = std::chrono::steady_clock::now();
	w.run_for(1000000 * PLN_NS_PER_S);
	double seconds =
		std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
	EXPECT_LT(seconds, 1.0);
	EXPECT_EQ(w.a.info(client).state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(w.b.info(server).state, PLN_TCP_ESTABLISHED);
}

#ifdef SANITIZED

/* The sanitizer sees a touch of what was freed, although the memory is DPDK's or a pool's and never goes back to the system. */
TEST(StackSanitizer, FreedBufferMustNotBeTouched)
{
	EXPECT_DEATH(
		{
			struct rte_mbuf *m = pln_mbuf_alloc(pln_mbuf_shared_pool());
			volatile uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
			rte_pktmbuf_free(m);
			data[0] = 1;
		},
		"use-after-poison");
}

TEST(StackSanitizer, FreedPoolObjectMustNotBeTouched)
{
	EXPECT_DEATH(
		{
			struct pln_pool pool;
			pln_pool_init(&pool, 64, 16);
			volatile uint8_t *object = static_cast<uint8_t *>(pln_pool_alloc(&pool));
			pln_pool_free(&pool, const_cast<uint8_t *>(object));
			object[0] = 1;
		},
		"use-after-poison");
}

#endif

} // namespace
