/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stack/share: another stack on the same wire, played by a link in memory. Each frame is dealt with by one of the two, or by both where
 * it concerns both; whatever is the kernel's goes to it unchanged and is not answered here.
 */
#include "stack/share.h"

#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/icmp.h>
#include <pollen/stats.h>
#include <pollen/udp.h>

#include "dev/mbuf.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint8_t OUR_MAC = 1, PEER_MAC = 2, ROUTER_MAC = 3;
constexpr uint16_t SERVED = 80;
const pln_mac EVERYBODY = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

class Share : public ::testing::Test
{
      protected:
	explicit Share(uint16_t vlan = 0)
	    : free_before_(rte_mempool_avail_count(pln_mbuf_shared_pool()))
	{
		pln_memlink_config config{};
		HostOptions options;

		config.size = sizeof(config);
		EXPECT_EQ(pln_memlink_create(&config, &kernel_), 0);
		options.vlan = vlan;
		options.kernel = pln_memlink_link(kernel_);
		host_ = std::make_unique<Host>(options, "10.0.0.1", OUR_MAC, PLN_NS_PER_S);
		pln_stack_neigh_set(stack(), &peer_, &peer_mac_);
		turn();
		while (host_->collect()) { /* the announcement of our address */
		}
	}

	~Share() override
	{
		host_.reset();
		pln_memlink_destroy(kernel_);
		EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), free_before_)
			<< "buffers leaked";
	}

	pln_stack *
	stack() const
	{
		return host_->stack();
	}

	void
	turn()
	{
		pln_stack_run(stack(), now_);
	}

	void
	arrive(const Bytes &bytes, int flags = 0)
	{
		ASSERT_EQ(pln_memlink_inject(host_->link(), bytes.data(), bytes.size(), flags), 0);
		turn();
	}

	/* The next frame that the kernel was given; empty: none. */
	Bytes
	given()
	{
		Bytes bytes(70000);
		ssize_t len = pln_memlink_collect(kernel_, bytes.data(), bytes.size());

		bytes.resize(len > 0 ? static_cast<size_t>(len) : 0);
		return bytes;
	}

	/* The kernel gets these bytes and we say nothing. */
	void
	expect_given(const Frame &f)
	{
		Bytes bytes = f.bytes();

		arrive(bytes);
		EXPECT_EQ(given(), bytes) << f.text();
		EXPECT_TRUE(given().empty()) << "once: " << f.text();
		expect_silence(f.text());
	}

	/* It is ours, whatever we do with it. */
	void
	expect_kept(const Frame &f)
	{
		arrive(f.bytes());
		EXPECT_TRUE(given().empty()) << f.text();
	}

	void
	expect_silence(const std::string &after)
	{
		auto answer = host_->collect();

		EXPECT_FALSE(answer)
			<< after << " answered by " << (answer ? answer->text() : std::string());
	}

	Frame
	ip_frame(uint8_t proto) const
	{
		Frame f;

		f.dst = mac(OUR_MAC);
		f.src = mac(PEER_MAC);
		f.ip.emplace();
		f.ip->src = peer_;
		f.ip->dst = host_->addr;
		f.ip->proto = proto;
		return f;
	}

	Frame
	segment(uint16_t dport, uint8_t flags, uint16_t sport = 1000) const
	{
		Frame f = ip_frame(PROTO_TCP);

		f.tcp.emplace();
		f.tcp->sport = sport;
		f.tcp->dport = dport;
		f.tcp->flags = flags;
		f.tcp->seq = 5000;
		return f;
	}

	Frame
	datagram(uint16_t dport, size_t len = 4, uint16_t sport = 1000) const
	{
		Frame f = ip_frame(PROTO_UDP);
		auto total = static_cast<uint16_t>(8 + len);

		f.payload = { static_cast<uint8_t>(sport >> 8),
			      static_cast<uint8_t>(sport),
			      static_cast<uint8_t>(dport >> 8),
			      static_cast<uint8_t>(dport),
			      static_cast<uint8_t>(total >> 8),
			      static_cast<uint8_t>(total),
			      0,
			      0 };
		for (size_t i = 0; i < len; i++)
			f.payload.push_back(static_cast<uint8_t>(i));
		return f;
	}

	/* What a router says about a packet that left with these ports. */
	Frame
	unreachable(uint8_t proto, uint16_t local_port, uint16_t remote_port) const
	{
		Frame quoted = proto == PROTO_TCP ? segment(remote_port, SYN, local_port)
		                                  : datagram(remote_port, 4, local_port);
		Frame f = ip_frame(PROTO_ICMP);

		quoted.ip->src = host_->addr;
		quoted.ip->dst = peer_;
		f.src = mac(ROUTER_MAC);
		f.ip->src = ip4("10.0.0.254");
		f.icmp.emplace();
		f.icmp->type = 3;
		f.icmp->code = 1;
		f.payload = quoted.ip_bytes();
		f.payload.resize(28);
		return f;
	}

	Frame
	arp(uint16_t opcode, const char *spa, const char *tpa) const
	{
		Frame f;

		f.dst = EVERYBODY;
		f.src = mac(PEER_MAC);
		f.type = ETH_ARP;
		f.arp.emplace();
		f.arp->opcode = opcode;
		f.arp->sha = mac(PEER_MAC);
		f.arp->spa = ip4(spa);
		f.arp->tpa = ip4(tpa);
		return f;
	}

	void
	listen()
	{
		pln_tcp_listen_args args{};
		uint64_t listener;

		args.size = sizeof(args);
		args.local.port = SERVED;
		args.backlog = 16;
		ASSERT_EQ(pln_tcp_listen(stack(), &args, &listener), 0);
	}

	uint64_t
	bind_udp(uint16_t port)
	{
		pln_endpoint local{ {}, port };
		uint64_t sock = 0;

		EXPECT_EQ(pln_udp_open(stack(), nullptr, &sock), 0);
		EXPECT_EQ(pln_udp_bind(stack(), sock, &local), 0);
		return sock;
	}

	uint64_t now_ = PLN_NS_PER_S;
	pln_addr peer_ = ip4("10.0.0.2");
	pln_mac peer_mac_ = mac(PEER_MAC);
	pln_memlink *kernel_ = nullptr;
	std::unique_ptr<Host> host_;

      private:
	unsigned int free_before_;
};

/* ------------------------------------------------------------------------------------------------ TCP */

TEST_F(Share, SegmentsForNobodyHereAreTheKernels)
{
	listen();
	for (uint8_t flags : { SYN, ACK, static_cast<uint8_t>(SYN | ACK), RST,
	                       static_cast<uint8_t>(FIN | ACK), uint8_t{ 0 } })
		expect_given(segment(22, flags));
	EXPECT_EQ(host_->counter("tcp_tx_rst"), 0U);
	EXPECT_EQ(host_->counter("share_to_kernel"), 6U);
	EXPECT_EQ(host_->counter("tcp_no_connection"), 0U) << "a frame that is given is no drop";
}

TEST_F(Share, ASynForOurListenerIsOurs)
{
	listen();
	expect_kept(segment(SERVED, SYN));
	auto answer = host_->collect();

	ASSERT_TRUE(answer);
	EXPECT_EQ(answer->tcp->flags, SYN | ACK);
}

TEST_F(Share, TheKernelsConnectionsOnAPortThatWeBeginToServeStayItsOwn)
{
	listen();
	for (uint8_t flags : { ACK, static_cast<uint8_t>(PSH | ACK), RST,
	                       static_cast<uint8_t>(FIN | ACK), static_cast<uint8_t>(SYN | ACK) })
		expect_given(segment(SERVED, flags));
}

TEST_F(Share, AConnectionIsOursToItsEndAndAfterThatTheKernels)
{
	pln_tcp_open_args args{};
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { peer_, 22 };
	ASSERT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	turn();
	auto syn = host_->collect();
	ASSERT_TRUE(syn);

	Frame answer = segment(syn->tcp->sport, SYN | ACK, 22);

	answer.tcp->ack = syn->tcp->seq + 1;
	expect_kept(answer);
	auto ack = host_->collect();
	ASSERT_TRUE(ack);
	EXPECT_EQ(ack->tcp->flags & ACK, ACK);
	expect_given(segment(static_cast<uint16_t>(syn->tcp->sport ^ 1), SYN | ACK, 22));

	pln_tcp_abort(stack(), conn);
	turn();
	auto rst = host_->collect();
	ASSERT_TRUE(rst);
	EXPECT_EQ(rst->tcp->flags & RST, RST);
	expect_given(segment(syn->tcp->sport, ACK, 22));
}

TEST_F(Share, DamageIsNobodys)
{
	Frame f = segment(22, SYN);

	f.tcp->cksum_good = false;
	expect_kept(f);
	EXPECT_EQ(host_->counter("tcp_bad_checksum"), 1U);
	f = segment(22, SYN);
	f.ip->cksum_good = false;
	expect_kept(f);
	EXPECT_EQ(host_->counter("ip_bad_checksum"), 1U);
	f = ip_frame(PROTO_TCP);
	f.payload = { 0, 22, 3 };
	expect_kept(f);
	EXPECT_EQ(host_->counter("tcp_short"), 1U);
	expect_silence("damage");
}

/* ------------------------------------------------------------------------------------------------ UDP and ICMP */

TEST_F(Share, DatagramsAreOursWhereWeHaveASocket)
{
	bind_udp(53);
	expect_kept(datagram(53));
	EXPECT_EQ(host_->counter("udp_rx"), 1U);
	expect_given(datagram(123));
	EXPECT_EQ(host_->counter("icmp_tx_error"), 0U);
}

TEST_F(Share, EchoRequestsToOurAddressAreAnsweredHereOnce)
{
	Frame f = ip_frame(PROTO_ICMP);

	f.icmp.emplace();
	f.payload = { 1, 2, 3, 4 };
	expect_kept(f);
	auto answer = host_->collect();
	ASSERT_TRUE(answer);
	EXPECT_EQ(answer->icmp->type, 0);
	f.ip->dst = ip4("10.0.0.77");
	expect_given(f);
}

TEST_F(Share, EchoRepliesGoToWhoeverAsked)
{
	pln_icmp_echo_args args{};
	Frame reply = ip_frame(PROTO_ICMP);

	reply.icmp.emplace();
	reply.icmp->type = 0;
	reply.icmp->id = 7;
	expect_given(reply);

	args.size = sizeof(args);
	args.dst = peer_;
	args.id = 7;
	args.seq = 1;
	ASSERT_EQ(pln_icmp_echo(stack(), &args), 0);
	turn();
	ASSERT_TRUE(host_->collect());
	reply.icmp->seq = 1;
	expect_given(reply);
	EXPECT_EQ(host_->counter("icmp_rx_echo_reply"), 1U) << "whose it is, its number tells";
}

TEST_F(Share, ErrorsGoToWhoeverSentWhatTheyQuote)
{
	pln_tcp_open_args args{};
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { peer_, 22 };
	ASSERT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	turn();
	auto syn = host_->collect();
	ASSERT_TRUE(syn);

	expect_given(unreachable(PROTO_TCP, 40000, 22));
	expect_given(unreachable(PROTO_UDP, 40000, 53));
	Frame about_ours = unreachable(PROTO_TCP, syn->tcp->sport, 22);
	/* the sequence number that is quoted is the one that was sent (RFC 5927) */
	for (unsigned int i = 0; i < 4; i++)
		about_ours.payload[24 + i] = static_cast<uint8_t>(syn->tcp->seq >> (24 - 8 * i));
	expect_given(about_ours);
	EXPECT_EQ(host_->counter("icmp_rx_error"), 1U);
}

TEST_F(Share, OtherMessagesAndProtocolsAreTheKernels)
{
	Frame redirect = unreachable(PROTO_TCP, 40000, 22), timestamp = ip_frame(PROTO_ICMP);

	redirect.icmp->type = 5;
	expect_given(redirect);
	timestamp.icmp.emplace();
	timestamp.icmp->type = 13;
	timestamp.payload.resize(12);
	expect_given(timestamp);
	for (uint8_t proto : { 2, 47, 50, 132 }) {
		Frame f = ip_frame(proto);

		f.payload.resize(40);
		expect_given(f);
	}
	EXPECT_EQ(host_->counter("icmp_tx_error"), 0U);
}

TEST_F(Share, PacketsWithOptionsWeRefuseAreTheKernelsToRefuse)
{
	Frame f = segment(SERVED, SYN);

	f.ip->options = { 131, 7, 4, 10, 0, 0, 9, 0 }; /* a source route */
	expect_given(f);
	f.ip->options = { 7, 40, 4, 0 }; /* runs past the header */
	expect_given(f);
}

/* ------------------------------------------------------------------------------------------------ the link */

TEST_F(Share, OtherAddressesGroupsTypesAndTagsAreTheKernels)
{
	Frame f = segment(SERVED, SYN);

	listen();
	f.ip->dst = ip4("10.0.0.9");
	expect_given(f);
	f = datagram(5353);
	f.dst = { { 0x01, 0x00, 0x5e, 0, 0, 0xfb } };
	f.ip->dst = ip4("224.0.0.251");
	expect_given(f);
	f = Frame{};
	f.dst = mac(OUR_MAC);
	f.src = mac(PEER_MAC);
	f.type = 0x86dd; /* IPv6 */
	f.payload.resize(60);
	expect_given(f);
	f.dst = { { 0x01, 0x80, 0xc2, 0, 0, 0x0e } };
	f.type = 0x88cc; /* LLDP */
	expect_given(f);
	f = segment(SERVED, SYN);
	f.vlan = 5;
	expect_given(f);
}

TEST_F(Share, FramesForOtherHostsAreNotTheKernelsEither)
{
	Frame f = segment(22, SYN);

	f.dst = mac(9);
	expect_kept(f);
	EXPECT_EQ(host_->counter("eth_not_for_us"), 1U);
}

TEST_F(Share, ARequestForOurAddressIsAnsweredOnceAndByUs)
{
	expect_kept(arp(1, "10.0.0.2", "10.0.0.1"));
	auto answer = host_->collect();
	ASSERT_TRUE(answer);
	EXPECT_EQ(answer->arp->opcode, 2);
	/* RFC 5227: a probe */
	expect_kept(arp(1, "0.0.0.0", "10.0.0.1"));
	EXPECT_TRUE(host_->collect());
}

TEST_F(Share, RequestsForOtherAddressesAreTheKernelsToAnswer)
{
	expect_given(arp(1, "10.0.0.3", "10.0.0.9"));
	expect_given(arp(1, "0.0.0.0", "10.0.0.9"));
}

TEST_F(Share, ArpRepliesAreHeardByBoth)
{
	pln_addr other = ip4("10.0.0.3");
	pln_tcp_open_args args{};
	uint64_t conn;
	Frame reply = arp(2, "10.0.0.3", "10.0.0.1");

	reply.dst = mac(OUR_MAC);
	expect_given(reply); /* the kernel has asked */

	args.size = sizeof(args);
	args.remote = { other, 22 };
	ASSERT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	turn();
	ASSERT_TRUE(host_->collect()) << "we ask";
	arrive(reply.bytes());
	EXPECT_EQ(given(), reply.bytes());
	EXPECT_TRUE(host_->collect()) << "our SYN";
}

TEST_F(Share, AnotherHostWithOurAddressIsNewsToBoth)
{
	Frame f = arp(1, "10.0.0.1", "10.0.0.1");

	f.src = f.arp->sha = mac(8);
	arrive(f.bytes());
	EXPECT_EQ(given(), f.bytes());
	EXPECT_EQ(host_->counter("arp_conflict"), 1U);
}

TEST_F(Share, BroadcastsAreHeardByTheKernelAndByOurSocket)
{
	Frame f = datagram(68);
	uint8_t buf[16];
	pln_udp_in in{};
	uint64_t sock;

	f.dst = EVERYBODY;
	f.ip->dst = ip4("255.255.255.255");
	f.ip->src = ip4("10.0.0.2");
	expect_given(f);
	f.ip->src = ip4("0.0.0.0"); /* who has no address yet */
	expect_given(f);
	f.ip->src = ip4("10.0.0.2");
	sock = bind_udp(68);
	expect_given(f);
	in.size = sizeof(in);
	in.buf = buf;
	in.room = sizeof(buf);
	EXPECT_EQ(pln_udp_receive(stack(), sock, &in), 4);
}

/* ------------------------------------------------------------------------------------------------ fragments */

TEST_F(Share, AFragmentedDatagramIsPutTogetherBeforeItIsKnownWhose)
{
	Frame whole = datagram(123, 3000);

	whole.ip->df = false;
	whole.ip->id = 77;
	for (size_t off = 0; off < whole.payload.size(); off += 1400) {
		Frame f = whole;
		size_t end = std::min(off + 1400, whole.payload.size());

		f.payload.assign(whole.payload.begin() + static_cast<ptrdiff_t>(off),
		                 whole.payload.begin() + static_cast<ptrdiff_t>(end));
		f.ip->frag_off = static_cast<uint16_t>(off);
		f.ip->mf = end < whole.payload.size();
		EXPECT_TRUE(given().empty());
		arrive(f.bytes());
	}
	Bytes bytes = given();

	EXPECT_EQ(parse(bytes).text(), whole.text());
	EXPECT_EQ(bytes, whole.bytes());
	EXPECT_TRUE(given().empty());
	expect_silence("fragments");
}

TEST_F(Share, FragmentsForAnotherAddressPassUntouched)
{
	Frame f = datagram(123, 1392);

	f.ip->dst = ip4("10.0.0.9");
	f.ip->mf = true;
	f.ip->df = false;
	expect_given(f);
}

/* ------------------------------------------------------------------------------------------------ the kernel's own */

TEST_F(Share, TheKernelsFramesLeaveAsTheyAre)
{
	Frame f = segment(40000, SYN, 22);
	Bytes bytes, sent(2000);

	f.dst = mac(PEER_MAC);
	f.src = mac(OUR_MAC);
	f.tcp->cksum_good = false; /* not ours to mend */
	bytes = f.bytes();
	ASSERT_EQ(pln_memlink_inject(kernel_, bytes.data(), bytes.size(), 0), 0);
	turn();
	ssize_t len = pln_memlink_collect(host_->link(), sent.data(), sent.size());

	sent.resize(len > 0 ? static_cast<size_t>(len) : 0);
	EXPECT_EQ(sent, bytes);
	EXPECT_EQ(host_->counter("share_from_kernel"), 1U);
}

TEST_F(Share, AWireThatTakesNothingLeavesTheKernelsFramesWithTheKernel)
{
	Bytes bytes = segment(40000, SYN, 22).bytes();

	pln_memlink_block_tx(host_->link(), true);
	for (unsigned int i = 0; i < 400; i++) {
		ASSERT_EQ(pln_memlink_inject(kernel_, bytes.data(), bytes.size(), 0), 0);
		pln_stack_poll(stack(), now_);
	}
	EXPECT_LE(host_->counter("share_from_kernel"), 128U) << "half of the queue is ours";
	EXPECT_EQ(host_->counter("tx_drop_backlog"), 0U);
	pln_memlink_block_tx(host_->link(), false);
	turn();
	EXPECT_EQ(host_->counter("share_from_kernel"), 400U);
	EXPECT_EQ(pln_memlink_pending(host_->link()), 400U);
}

TEST_F(Share, AKernelThatDoesNotKeepUpLosesFramesAndThatIsCounted)
{
	Bytes bytes = segment(22, SYN).bytes();

	pln_memlink_block_tx(kernel_, true);
	for (unsigned int i = 0; i < 100; i++)
		arrive(bytes);
	EXPECT_EQ(host_->counter("share_full"), 100U);
	EXPECT_EQ(host_->counter("share_to_kernel"), 0U);
	pln_memlink_block_tx(kernel_, false);
	expect_given(segment(22, SYN));
}

TEST_F(Share, WhatWaitsForTheKernelAtTheEndIsFreed)
{
	Bytes bytes = segment(22, SYN).bytes();

	ASSERT_EQ(pln_memlink_inject(host_->link(), bytes.data(), bytes.size(), 0), 0);
	ASSERT_EQ(pln_memlink_inject(kernel_, bytes.data(), bytes.size(), 0), 0);
	pln_memlink_block_tx(host_->link(), true);
	pln_stack_poll(stack(), now_);
}

class ShareTagged : public Share
{
      protected:
	ShareTagged() : Share(7)
	{
	}
};

TEST_F(ShareTagged, WhatIsUntaggedIsTheKernels)
{
	Frame f = segment(SERVED, SYN);

	listen();
	expect_given(f);
	f.vlan = 7;
	expect_kept(f);
	EXPECT_TRUE(host_->collect());
	f = segment(22, SYN);
	f.vlan = 7;
	expect_given(f);
}

TEST(ShareConfig, AKernelHasBothDirections)
{
	pln_memlink_config link_config{};
	pln_memlink *memlink = nullptr;
	pln_stack_config config{};
	pln_stack *stack = nullptr;
	pln_link half{};

	link_config.size = sizeof(link_config);
	ASSERT_EQ(pln_memlink_create(&link_config, &memlink), 0);
	half = *pln_memlink_link(memlink);
	half.rx = nullptr;
	config.size = sizeof(config);
	config.link = pln_memlink_link(memlink);
	config.kernel = &half;
	EXPECT_EQ(pln_stack_create(&config, &stack), -EINVAL);
	pln_memlink_destroy(memlink);
}

} // namespace
