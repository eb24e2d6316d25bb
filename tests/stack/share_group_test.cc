/* SPDX-License-Identifier: BSD-3-Clause */
/* stack/share and stack/group: several stacks with one address share their wire with one kernel, which gets each frame once. */
#include <gtest/gtest.h>

#include "stack/group.h"
#include "stack/share.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint8_t OUR_MAC = 1, PEER_MAC = 2;
const pln_mac EVERYBODY = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* Two stacks with one address, each with its own way to the kernel; frames arrive at either. */
class ShareGroup : public ::testing::Test
{
      protected:
	ShareGroup()
	{
		const pln_siphash_key secret{ 11, 12 };

		EXPECT_EQ(pln_group_create(2, &secret, nullptr, &group_), 0);
		for (unsigned int i = 0; i < 2; i++) {
			pln_memlink_config config{};
			HostOptions options;

			config.size = sizeof(config);
			EXPECT_EQ(pln_memlink_create(&config, &kernel_[i]), 0);
			options.kernel = pln_memlink_link(kernel_[i]);
			host_[i] =
				std::make_unique<Host>(options, "10.0.0.1", OUR_MAC, PLN_NS_PER_S);
			pln_group_join(group_, i, host_[i]->stack());
			turn();
			while (host_[i]->collect()) {
			}
		}
	}

	~ShareGroup() override
	{
		pln_group_destroy(group_);
		for (unsigned int i = 0; i < 2; i++) {
			host_[i].reset();
			pln_memlink_destroy(kernel_[i]);
		}
	}

	void
	turn()
	{
		for (unsigned int round = 0; round < 3; round++)
			for (auto &host : host_)
				if (host)
					pln_stack_run(host->stack(), PLN_NS_PER_S);
	}

	void
	arrive(unsigned int at, const Bytes &bytes)
	{
		ASSERT_EQ(pln_memlink_inject(host_[at]->link(), bytes.data(), bytes.size(), 0), 0);
		turn();
	}

	/* The one frame that the kernel was given, by whichever stack; empty: none, or several. */
	Bytes
	given()
	{
		Bytes frame;
		unsigned int count = 0;

		for (pln_memlink *kernel : kernel_) {
			Bytes bytes(2000);
			ssize_t len;

			while ((len = pln_memlink_collect(kernel, bytes.data(), bytes.size())) >
			       0) {
				frame.assign(bytes.begin(), bytes.begin() + len);
				count++;
			}
		}
		return count == 1 ? frame : Bytes();
	}

	unsigned int
	answers()
	{
		unsigned int n = 0;

		for (auto &host : host_)
			while (host->collect())
				n++;
		return n;
	}

	static Frame
	to_us(uint8_t proto)
	{
		Frame f;

		f.dst = mac(OUR_MAC);
		f.src = mac(PEER_MAC);
		f.ip.emplace();
		f.ip->src = ip4("10.0.0.2");
		f.ip->dst = ip4("10.0.0.1");
		f.ip->proto = proto;
		return f;
	}

	pln_group *group_ = nullptr;
	pln_memlink *kernel_[2]{};
	std::unique_ptr<Host> host_[2];
};

TEST_F(ShareGroup, TheKernelGetsEachFrameOnceWhereverItArrives)
{
	Frame f = to_us(PROTO_TCP);

	f.tcp.emplace();
	f.tcp->dport = 22;
	f.tcp->flags = SYN;
	for (uint16_t sport = 2000; sport < 2100; sport++) {
		f.tcp->sport = sport;
		arrive(sport & 1, f.bytes());
		EXPECT_EQ(given(), f.bytes()) << sport;
	}
	EXPECT_EQ(answers(), 0U);
	EXPECT_GT(host_[0]->counter("share_to_kernel"), 20U);
	EXPECT_GT(host_[1]->counter("share_to_kernel"), 20U) << "each flow has its home";
	EXPECT_GT(host_[0]->counter("group_handed"), 10U);
}

TEST_F(ShareGroup, AConnectionOfOneStackIsNotTheKernelsAtTheOther)
{
	pln_tcp_open_args args{};
	Frame answer = to_us(PROTO_TCP);
	pln_addr peer = ip4("10.0.0.2");
	pln_mac peer_mac = mac(PEER_MAC);
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { peer, 22 };
	pln_stack_neigh_set(host_[1]->stack(), &peer, &peer_mac);
	ASSERT_EQ(pln_tcp_open(host_[1]->stack(), &args, &conn), 0);
	turn();
	auto syn = host_[1]->collect();
	ASSERT_TRUE(syn);
	answer.tcp.emplace();
	answer.tcp->sport = 22;
	answer.tcp->dport = syn->tcp->sport;
	answer.tcp->flags = SYN | ACK;
	answer.tcp->ack = syn->tcp->seq + 1;
	arrive(0, answer.bytes());
	EXPECT_TRUE(given().empty());
	EXPECT_EQ(answers(), 1U) << "the third part of the handshake";
}

TEST_F(ShareGroup, ArpForUsIsAnsweredOnceAndOtherArpHeardOnce)
{
	Frame f;

	f.dst = EVERYBODY;
	f.src = mac(PEER_MAC);
	f.type = ETH_ARP;
	f.arp.emplace();
	f.arp->sha = mac(PEER_MAC);
	f.arp->spa = ip4("10.0.0.2");
	f.arp->tpa = ip4("10.0.0.1");
	arrive(1, f.bytes());
	EXPECT_TRUE(given().empty());
	EXPECT_EQ(answers(), 1U);
	f.arp->tpa = ip4("10.0.0.9");
	arrive(1, f.bytes());
	EXPECT_EQ(given(), f.bytes());
	EXPECT_EQ(answers(), 0U);
}

} // namespace
