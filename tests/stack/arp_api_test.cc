/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP in a program's own words, through the public API: what arping and an address probe need. */
#include <gtest/gtest.h>
#include <pollen/arp.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class ArpApi : public ::testing::Test
{
      protected:
	ArpApi() : host_(HostOptions{}, "10.0.0.1", 1, now_)
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

	void
	inject(uint16_t opcode, const char *from, bool is_broadcast)
	{
		Frame f;
		Arp arp;

		f.dst = is_broadcast ? pln_mac{ { 255, 255, 255, 255, 255, 255 } } : host_.mac;
		f.src = mac(9);
		f.type = ETH_ARP;
		arp.opcode = opcode;
		arp.sha = f.src;
		arp.tha = host_.mac;
		arp.spa = ip4(from);
		arp.tpa = host_.addr;
		f.arp = arp;

		Bytes bytes = f.bytes();

		ASSERT_EQ(pln_memlink_inject(host_.link(), bytes.data(), bytes.size(), 0), 0);
		settle();
	}

	uint64_t now_ = PLN_NS_PER_S;
	Host host_;
	std::vector<Frame> sent_;
};

TEST_F(ArpApi, AProbeLeavesAsItIsWorded)
{
	pln_arp_args args{};

	args.size = sizeof(args);
	args.target = ip4("10.0.0.7");
	ASSERT_EQ(pln_arp_send(host_.stack(), &args), 0);
	settle();
	ASSERT_EQ(sent_.size(), 1u);
	ASSERT_TRUE(sent_[0].arp.has_value());
	EXPECT_EQ(sent_[0].arp->opcode, 1);
	EXPECT_EQ(sent_[0].dst.bytes[0], 0xff);
	EXPECT_EQ(sent_[0].arp->spa.bytes[0], 0);
	EXPECT_EQ(sent_[0].arp->tpa.bytes[3], 7);
	EXPECT_EQ(memcmp(&sent_[0].arp->sha, &host_.mac, 6), 0);
	EXPECT_EQ(host_.counter("arp_tx_request"), 2u) << "with its announcement at the start";
	EXPECT_EQ(host_.counter("arp_tx_reply"), 0u);
}

TEST_F(ArpApi, AReplyGoesToOneHost)
{
	pln_arp_args args{};

	args.size = sizeof(args);
	args.sender = ip4("10.0.0.1");
	args.target = ip4("10.0.0.7");
	args.to = args.target_mac = mac(7);
	args.is_reply = true;
	ASSERT_EQ(pln_arp_send(host_.stack(), &args), 0);
	settle();
	ASSERT_EQ(sent_.size(), 1u);
	EXPECT_EQ(sent_[0].arp->opcode, 2);
	EXPECT_EQ(memcmp(&sent_[0].dst, &args.to, 6), 0);
	EXPECT_EQ(memcmp(&sent_[0].arp->tha, &args.to, 6), 0);
	EXPECT_EQ(host_.counter("arp_tx_request"), 1u);
	EXPECT_EQ(host_.counter("arp_tx_reply"), 1u);
}

TEST_F(ArpApi, WhatHasNoAddressIsRefused)
{
	pln_arp_args args{};

	args.size = sizeof(args);
	EXPECT_EQ(pln_arp_send(host_.stack(), &args), -EINVAL);
	args.target.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_arp_send(host_.stack(), &args), -EAFNOSUPPORT);
}

TEST_F(ArpApi, HearsNothingUntilAskedTo)
{
	pln_arp_event events[4];

	inject(2, "10.0.0.9", false);
	EXPECT_EQ(pln_arp_events(host_.stack(), events, 4), 0u);
	pln_arp_listen(host_.stack(), true);
	inject(2, "10.0.0.9", false);
	inject(1, "10.0.0.8", true);
	ASSERT_EQ(pln_arp_events(host_.stack(), events, 4), 2u);
	EXPECT_TRUE(events[0].is_reply && !events[0].is_broadcast);
	EXPECT_EQ(events[0].sender.bytes[3], 9);
	EXPECT_EQ(events[0].sender_mac.bytes[5], mac(9).bytes[5]);
	EXPECT_EQ(events[0].now, now_);
	EXPECT_TRUE(!events[1].is_reply && events[1].is_broadcast);
	EXPECT_EQ(events[1].target.bytes[3], 1);
	pln_arp_listen(host_.stack(), false);
	inject(2, "10.0.0.9", false);
	EXPECT_EQ(pln_arp_events(host_.stack(), events, 4), 0u);
}

TEST_F(ArpApi, AFullRingKeepsTheOldest)
{
	std::vector<pln_arp_event> events(200);

	pln_arp_listen(host_.stack(), true);
	inject(2, "10.0.0.100", false);
	for (int i = 0; i < 150; i++)
		inject(2, "10.0.0.9", false);
	EXPECT_EQ(pln_arp_events(host_.stack(), events.data(), 200), 128u);
	EXPECT_EQ(events[0].sender.bytes[3], 100);
}

} // namespace
