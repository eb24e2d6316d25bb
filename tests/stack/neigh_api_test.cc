/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour table through the public API: list, set, delete, probe. What a tool like `ip neigh` needs. */
#include <gtest/gtest.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class NeighApi : public ::testing::Test
{
      protected:
	NeighApi() : host_(HostOptions{}, "10.0.0.1", 1, now_)
	{
		settle();
	}

	void
	settle()
	{
		pln_stack_run(host_.stack(), now_);
		sent_.clear();
		while (auto f = host_.collect())
			sent_.push_back(*f);
	}

	/* The peer's answer to our request. */
	void
	answer(const char *from, uint8_t mac_last)
	{
		Frame f;
		Arp arp;

		f.dst = host_.mac;
		f.src = mac(mac_last);
		f.type = ETH_ARP;
		arp.opcode = 2;
		arp.sha = f.src;
		arp.tha = host_.mac;
		arp.spa = ip4(from);
		arp.tpa = host_.addr;
		f.arp = arp;

		Bytes bytes = f.bytes();

		ASSERT_EQ(pln_memlink_inject(host_.link(), bytes.data(), bytes.size(), 0), 0);
		settle();
	}

	pln_neigh_info
	get(const char *addr)
	{
		pln_neigh_info info{};
		pln_addr a = ip4(addr);

		info.size = sizeof(info);
		EXPECT_EQ(pln_stack_neigh_get(host_.stack(), &a, &info), 0);
		return info;
	}

	int
	set(const char *addr, uint8_t mac_last)
	{
		pln_addr a = ip4(addr);
		pln_mac m = mac(mac_last);

		return pln_stack_neigh_set(host_.stack(), &a, &m);
	}

	int
	del(const char *addr)
	{
		pln_addr a = ip4(addr);

		return pln_stack_neigh_del(host_.stack(), &a);
	}

	int
	probe(const char *addr)
	{
		pln_addr a = ip4(addr);

		return pln_stack_neigh_probe(host_.stack(), &a);
	}

	std::vector<std::string>
	list()
	{
		std::vector<std::string> all;
		pln_neigh_info info{};
		char text[PLN_ADDR_TEXT_LEN];
		const pln_addr *after = nullptr;

		for (;;) {
			info.size = sizeof(info);
			if (pln_stack_neigh_next(host_.stack(), after, &info) != 0)
				return all;
			all.emplace_back(pln_addr_format(&info.addr, text));
			after = &info.addr;
		}
	}

	uint64_t now_ = PLN_NS_PER_S;
	Host host_;
	std::vector<Frame> sent_;
};

TEST_F(NeighApi, ListsByAddressWhateverTheOrderTheyCameIn)
{
	EXPECT_TRUE(list().empty());
	for (const char *addr : { "10.0.0.9", "10.0.0.200", "10.0.0.2", "9.255.0.1" })
		EXPECT_EQ(set(addr, 7), 0);
	EXPECT_EQ(list(),
	          (std::vector<std::string>{ "9.255.0.1", "10.0.0.2", "10.0.0.9", "10.0.0.200" }));
	EXPECT_EQ(del("10.0.0.2"), 0);
	EXPECT_EQ(list(), (std::vector<std::string>{ "9.255.0.1", "10.0.0.9", "10.0.0.200" }));
}

TEST_F(NeighApi, WhatIsDeletedIsUnknownOnceMore)
{
	pln_neigh_info info{};
	pln_addr addr = ip4("10.0.0.9"), six = addr;

	info.size = sizeof(info);
	EXPECT_EQ(set("10.0.0.9", 7), 0);
	EXPECT_EQ(del("10.0.0.9"), 0);
	EXPECT_EQ(pln_stack_neigh_get(host_.stack(), &addr, &info), -ENOENT);
	EXPECT_EQ(del("10.0.0.9"), -ENOENT);
	six.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_stack_neigh_del(host_.stack(), &six), -EINVAL);
	EXPECT_EQ(pln_stack_neigh_next(host_.stack(), &six, &info), -EINVAL);
}

TEST_F(NeighApi, AConnectionAsksAgainForADeletedNeighbour)
{
	pln_tcp_open_args args{};
	uint64_t conn;

	args.size = sizeof(args);
	args.remote.addr = ip4("10.0.0.9");
	args.remote.port = 80;
	EXPECT_EQ(set("10.0.0.9", 7), 0);
	ASSERT_EQ(pln_tcp_open(host_.stack(), &args, &conn), 0);
	settle();
	ASSERT_EQ(sent_.size(), 1U);
	EXPECT_TRUE(sent_[0].tcp);
	EXPECT_EQ(del("10.0.0.9"), 0);
	EXPECT_TRUE(list().empty());
	now_ += PLN_NS_PER_S + PLN_NS_PER_MS;
	settle();
	ASSERT_EQ(sent_.size(), 1U) << "its SYN again, which now has to wait";
	ASSERT_TRUE(sent_[0].arp);
	EXPECT_EQ(get("10.0.0.9").state, PLN_NEIGH_INCOMPLETE);
	EXPECT_EQ(get("10.0.0.9").waiting, 1U);
	answer("10.0.0.9", 8);
	ASSERT_EQ(sent_.size(), 1U);
	EXPECT_TRUE(sent_[0].dst == mac(8));
}

TEST_F(NeighApi, ProbeAsksEverybodyAtFirstAndTheKnownMacLater)
{
	EXPECT_EQ(probe("10.0.0.9"), 0);
	settle();
	ASSERT_EQ(sent_.size(), 1U);
	EXPECT_EQ(sent_[0].dst.bytes[0], 0xff);
	answer("10.0.0.9", 7);
	EXPECT_EQ(get("10.0.0.9").state, PLN_NEIGH_REACHABLE);
	EXPECT_EQ(get("10.0.0.9").confirmed_ns, now_);
	now_ += PLN_NS_PER_S;
	pln_stack_set_time(host_.stack(), now_);
	EXPECT_EQ(probe("10.0.0.9"), 0);
	settle();
	ASSERT_EQ(sent_.size(), 1U);
	EXPECT_TRUE(sent_[0].dst == mac(7));
	EXPECT_EQ(get("10.0.0.9").state, PLN_NEIGH_PROBE);
	answer("10.0.0.9", 7);
	EXPECT_EQ(get("10.0.0.9").state, PLN_NEIGH_REACHABLE);
}

TEST_F(NeighApi, ProbeAsksOnceASecondAtMost)
{
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(probe("10.0.0.9"), 0);
	settle();
	EXPECT_EQ(sent_.size(), 1U);
	answer("10.0.0.9", 7);
	EXPECT_EQ(probe("10.0.0.9"), 0);
	settle();
	EXPECT_EQ(sent_.size(), 0U);
}

TEST_F(NeighApi, ProbeIsForHostsOnTheLinkThatNobodySetByHand)
{
	pln_addr gw = ip4("10.0.0.254"), any = ip4("0.0.0.0");

	ASSERT_EQ(pln_stack_route_add(host_.stack(), &any, 0, &gw), 0);
	EXPECT_EQ(probe("192.0.2.1"), -ENETUNREACH);
	EXPECT_EQ(probe("10.0.0.1"), -ENETUNREACH);
	EXPECT_EQ(probe("10.0.0.255"), -ENETUNREACH);
	EXPECT_EQ(set("10.0.0.9", 7), 0);
	EXPECT_EQ(probe("10.0.0.9"), -EPERM);
	settle();
	EXPECT_TRUE(sent_.empty());
}

TEST_F(NeighApi, AnAddressTellsHowFarItMayBeUsed)
{
	pln_addr_info info{};
	pln_addr addr = ip4("10.0.0.77");
	Frame f;
	Arp arp;

	info.size = sizeof(info);
	EXPECT_EQ(pln_stack_addr_state(host_.stack(), &addr, &info), -ENOENT);
	ASSERT_EQ(pln_stack_opt_set(host_.stack(), "acd", "full"), 0);
	ASSERT_EQ(pln_stack_addr_add(host_.stack(), &addr, 24), 0);
	ASSERT_EQ(pln_stack_addr_state(host_.stack(), &addr, &info), 0);
	EXPECT_EQ(info.state, PLN_ADDR_PROBING);
	EXPECT_EQ(info.prefix_len, 24);
	EXPECT_FALSE(info.checked);
	EXPECT_LE(pln_stack_next(host_.stack()), now_ + PLN_NS_PER_S + PLN_NS_PER_MS);
	f.dst = host_.mac;
	f.src = mac(9);
	f.type = ETH_ARP;
	arp.opcode = 2;
	arp.sha = f.src;
	arp.spa = addr;
	f.arp = arp;

	Bytes bytes = f.bytes();

	ASSERT_EQ(pln_memlink_inject(host_.link(), bytes.data(), bytes.size(), 0), 0);
	settle();
	ASSERT_EQ(pln_stack_addr_state(host_.stack(), &addr, &info), 0);
	EXPECT_EQ(info.state, PLN_ADDR_CONFLICT);
	EXPECT_EQ(info.conflicts, 1U);
	EXPECT_TRUE(info.rival == mac(9));
	EXPECT_EQ(info.conflict_ns, now_);
	EXPECT_EQ(pln_stack_next(host_.stack()), PLN_NEVER);
}

} // namespace
