/* SPDX-License-Identifier: BSD-3-Clause */
/* The switchboard: every reason to refuse a frame is counted once, under its own name, and the buffer comes back. */
#include "stack/rx.h"

#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "dev/mbuf.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint8_t OUR_MAC = 1, PEER_MAC = 2;
const pln_mac BROADCAST = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* Sum of all counters that count refused packets. */
uint64_t
all_drops(const Host &host)
{
	pln_counter counters[256];
	unsigned int n = pln_stats_counters(host.stack(), counters, 256);
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += counters[i].drop ? counters[i].value : 0;
	return sum;
}

class Rx : public ::testing::Test
{
      protected:
	explicit Rx(uint16_t vlan = 0)
	    : free_before_(rte_mempool_avail_count(pln_mbuf_shared_pool()))
	{
		HostOptions options;

		options.vlan = vlan;
		host_ = std::make_unique<Host>(options, "10.0.0.1", OUR_MAC, PLN_NS_PER_S);
		pln_stack_neigh_set(host_->stack(), &peer_, &peer_mac_);
		turn();
		drain(); /* the announcement of our address */
	}

	~Rx() override
	{
		host_.reset();
		EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), free_before_)
			<< "buffers leaked";
	}

	void
	turn()
	{
		pln_stack_run(host_->stack(), PLN_NS_PER_S);
	}

	unsigned int
	drain()
	{
		unsigned int n = 0;

		while (host_->collect())
			n++;
		return n;
	}

	/* Any sound frame to us; the peer's MAC and addresses, TCP to a port nobody listens on. */
	Frame
	sound(uint8_t proto = PROTO_TCP) const
	{
		Frame f;

		f.dst = mac(OUR_MAC);
		f.src = mac(PEER_MAC);
		f.ip.emplace();
		f.ip->src = peer_;
		f.ip->dst = host_->addr;
		f.ip->proto = proto;
		if (proto == PROTO_TCP) {
			f.tcp.emplace();
			f.tcp->sport = 1000;
			f.tcp->dport = 80;
			f.tcp->flags = SYN;
		} else if (proto == PROTO_ICMP) {
			f.icmp.emplace();
			f.payload = { 1, 2, 3, 4 };
		}
		return f;
	}

	Frame
	arp_request() const
	{
		Frame f;

		f.dst = BROADCAST;
		f.src = mac(PEER_MAC);
		f.type = ETH_ARP;
		f.arp.emplace();
		f.arp->sha = mac(PEER_MAC);
		f.arp->spa = peer_;
		f.arp->tpa = host_->addr;
		return f;
	}

	void
	inject(const Bytes &bytes, int flags = 0)
	{
		ASSERT_EQ(pln_memlink_inject(host_->link(), bytes.data(), bytes.size(), flags), 0);
		turn();
	}

	/* The frame is refused for this reason, and for no other. */
	void
	expect_drop(const Bytes &bytes, const char *counter, int flags = 0)
	{
		uint64_t named = host_->counter(counter), all = all_drops(*host_);
		uint64_t frames = host_->counter("rx_frames");

		inject(bytes, flags);
		EXPECT_EQ(host_->counter("rx_frames"), frames + 1) << counter;
		EXPECT_EQ(host_->counter(counter), named + 1)
			<< counter << ": " << parse(bytes).text();
		EXPECT_EQ(all_drops(*host_), all + 1)
			<< counter << ": counted more than once, or elsewhere";
	}

	void
	expect_drop(const Frame &frame, const char *counter, int flags = 0)
	{
		expect_drop(frame.bytes(), counter, flags);
	}

	void
	expect_accepted(const Frame &frame, int flags = 0)
	{
		uint64_t all = all_drops(*host_);

		inject(frame.bytes(), flags);
		EXPECT_EQ(all_drops(*host_), all) << frame.text();
	}

	unsigned int free_before_;
	std::unique_ptr<Host> host_;
	pln_addr peer_ = ip4("10.0.0.2");
	pln_mac peer_mac_ = mac(PEER_MAC);
};

class RxVlan : public Rx
{
      protected:
	RxVlan() : Rx(7)
	{
	}
};

TEST_F(Rx, CountsFramesAndBytes)
{
	uint64_t frames = host_->counter("rx_frames"), bytes = host_->counter("rx_bytes");
	Bytes frame = sound(PROTO_ICMP).bytes();

	inject(frame);
	inject(frame);
	EXPECT_EQ(host_->counter("rx_frames"), frames + 2);
	EXPECT_EQ(host_->counter("rx_bytes"), bytes + 2 * frame.size());
	EXPECT_EQ(host_->counter("ip_rx"), 2u);
}

TEST_F(Rx, RefusesFramesCutOffInTheEthernetHeader)
{
	expect_drop(Bytes(13, 0xff), "eth_short");
	expect_drop(Bytes(1, 0xff), "eth_short");
	Frame tagged = sound();
	tagged.vlan = 7;
	Bytes bytes = tagged.bytes();
	bytes.resize(17);
	expect_drop(bytes, "eth_short");
}

TEST_F(Rx, RefusesFramesForOthers)
{
	Frame f = sound();

	f.dst = mac(99);
	expect_drop(f, "eth_not_for_us");
	f.dst = { { 0x01, 0x00, 0x5e, 0, 0, 1 } };
	expect_drop(f, "eth_multicast");
}

TEST_F(Rx, RefusesEtherTypesItDoesNotSpeak)
{
	Frame f = sound();

	f.type = 0x86dd;
	expect_drop(f, "eth_type_unknown");
	f.type = 0x88cc;
	expect_drop(f, "eth_type_unknown");
}

TEST_F(Rx, TakesUntaggedAndPriorityTaggedFramesOnAnUntaggedLink)
{
	Frame f = sound(PROTO_ICMP);

	expect_accepted(f);
	f.vlan = 0xe000; /* priority 7, identifier 0 */
	expect_accepted(f);
	f.vlan = 7;
	expect_drop(f, "eth_vlan");
}

TEST_F(RxVlan, TakesFramesOfItsVlanAlone)
{
	Frame f = sound(PROTO_ICMP);

	f.vlan = 0x6007; /* any priority */
	expect_accepted(f);
	f.vlan = 8;
	expect_drop(f, "eth_vlan");
	f.vlan = 0;
	expect_drop(f, "eth_vlan");
	f.vlan.reset();
	expect_drop(f, "eth_vlan");
}

TEST_F(RxVlan, AnswersWithItsTag)
{
	Frame f = sound(PROTO_ICMP);

	f.vlan = 7;
	inject(f.bytes());
	std::optional<Frame> reply = host_->collect();
	ASSERT_TRUE(reply && reply->icmp);
	EXPECT_EQ(reply->vlan, 7);
	EXPECT_EQ(reply->icmp->type, 0);
}

TEST_F(Rx, SourceMacEqualToOursIsNoReasonToRefuse)
{
	Frame f = sound(PROTO_ICMP);

	f.src = mac(OUR_MAC);
	expect_accepted(f);
	EXPECT_EQ(drain(), 1u);
}

TEST_F(Rx, RefusesDamagedIp4Headers)
{
	Frame f = sound();
	Bytes cut = f.bytes();

	cut.resize(14 + 19);
	expect_drop(cut, "ip_short");
	f.ip->total_len = 1000;
	expect_drop(f, "ip_short");
	f = sound();
	f.ip->version = 6;
	expect_drop(f, "ip_bad_version");
	f = sound();
	f.ip->ihl = 4;
	expect_drop(f, "ip_bad_header_len");
	f = sound();
	f.ip->cksum_good = false;
	expect_drop(f, "ip_bad_checksum");
	f = sound();
	f.ip->options = { 68, 60, 5, 0 }; /* a timestamp option longer than the header */
	expect_drop(f, "ip_bad_option");
	f.ip->options = { 131, 7, 4, 10, 0, 0, 9, 0 };
	expect_drop(f, "ip_source_route");
}

TEST_F(Rx, RefusesImpossibleSources)
{
	for (const char *source :
	     { "127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "10.0.0.255" }) {
		Frame f = sound();
		f.ip->src = ip4(source);
		expect_drop(f, "ip_bad_source");
	}
	Frame f = sound();
	f.ip->src = host_->addr;
	expect_drop(f, "ip_bad_source");
}

TEST_F(Rx, DoesNotForward)
{
	Frame f = sound();

	f.ip->dst = ip4("10.0.0.77");
	expect_drop(f, "ip_not_for_us");
	f.ip->dst = ip4("192.0.2.1");
	expect_drop(f, "ip_not_for_us");
	EXPECT_EQ(drain(), 0u);
}

TEST_F(Rx, RefusesFragmentsThatMakeNoSense)
{
	Frame f = sound();

	f.ip->mf = true;
	f.payload = { 1, 2, 3 };
	expect_drop(f, "ip_frag_bad");
	f.payload.clear();
	f.ip->mf = false;
	f.ip->frag_off = 8;
	expect_drop(f, "ip_frag_tiny");
	f.ip->frag_off = 65528;
	expect_drop(f, "ip_frag_too_big");
}

TEST_F(Rx, RefusesProtocolsItDoesNotSpeak)
{
	Frame f = sound(PROTO_UDP);

	f.payload = Bytes(20, 0);
	expect_drop(f, "udp_bad_length");
	f.payload[5] = 20;
	expect_drop(f, "udp_no_socket");
	f.ip->proto = 132;
	expect_drop(f, "ip_proto_unknown");
}

TEST_F(Rx, TrimsPaddingAndCountsIt)
{
	Frame f = sound(PROTO_ICMP);

	f.padding = 18;
	expect_accepted(f);
	EXPECT_EQ(host_->counter("eth_padded"), 1u);
	std::optional<Frame> reply = host_->collect();
	ASSERT_TRUE(reply && reply->icmp);
	EXPECT_EQ(reply->payload, f.payload) << "padding is no data";
}

TEST_F(Rx, RefusesDamagedArp)
{
	Frame f = arp_request();
	Bytes bytes = f.bytes();

	bytes.resize(14 + 27);
	expect_drop(bytes, "arp_short");
	f.arp->hardware = 6;
	expect_drop(f, "arp_bad_type");
	f = arp_request();
	f.arp->opcode = 3;
	expect_drop(f, "arp_bad_opcode");
	f = arp_request();
	f.arp->spa = ip4("10.0.0.9"); /* nobody we know */
	f.arp->tpa = ip4("10.0.0.3");
	expect_drop(f, "arp_not_for_us");
}

TEST_F(Rx, AnswersArp)
{
	Frame f = arp_request();

	f.padding = 18;
	expect_accepted(f);
	std::optional<Frame> reply = host_->collect();
	ASSERT_TRUE(reply && reply->arp);
	EXPECT_EQ(reply->arp->opcode, 2);
	EXPECT_TRUE(reply->dst == mac(PEER_MAC));
	EXPECT_TRUE(reply->arp->sha == mac(OUR_MAC));
	EXPECT_TRUE(reply->arp->spa == host_->addr);
}

TEST_F(Rx, RefusesDamagedIcmp)
{
	Frame f = sound(PROTO_ICMP);

	f.icmp->cksum_good = false;
	expect_drop(f, "icmp_bad_checksum");
	f = sound(PROTO_ICMP);
	f.ip->total_len = 20 + 7;
	expect_drop(f, "icmp_short");
	f = sound(PROTO_ICMP);
	f.icmp->type = 13;
	expect_drop(f, "icmp_type_ignored");
	f.icmp->type = 0; /* a reply nobody asked for */
	expect_drop(f, "icmp_no_owner");
}

TEST_F(Rx, DoesNotAnswerEchoToABroadcastAddress)
{
	Frame f = sound(PROTO_ICMP);

	f.ip->dst = ip4("10.0.0.255");
	expect_drop(f, "icmp_broadcast");
	EXPECT_EQ(drain(), 0u);
}

TEST_F(Rx, IcmpErrorAboutAnUnknownConnectionHasNoOwner)
{
	Frame quoted = sound(), f = sound(PROTO_ICMP);

	std::swap(quoted.ip->src, quoted.ip->dst);
	f.icmp->type = 3;
	f.icmp->code = 1;
	f.payload = quoted.ip_bytes();
	f.payload.resize(28);
	expect_drop(f, "icmp_no_owner");
	quoted.ip->proto = PROTO_UDP;
	quoted.tcp.reset();
	quoted.payload = Bytes(8, 1);
	f.payload = quoted.ip_bytes();
	expect_drop(f, "icmp_no_owner");
}

TEST_F(Rx, RefusesDamagedTcp)
{
	Frame f = sound();

	f.tcp->cksum_good = false;
	expect_drop(f, "tcp_bad_checksum");
	f = sound();
	f.ip->total_len = 20 + 19;
	expect_drop(f, "tcp_short");
	f = sound();
	f.tcp->offset = 4;
	expect_drop(f, "tcp_bad_offset");
	f.tcp->offset = 15;
	expect_drop(f, "tcp_bad_offset");
	f = sound();
	f.tcp->options = { 2, 1, 0, 0 };
	expect_drop(f, "tcp_bad_option");
	f = sound();
	f.tcp->sport = 0;
	expect_drop(f, "tcp_bad_source");
}

TEST_F(Rx, TcpToABroadcastAddressIsDroppedInSilence)
{
	Frame f = sound();

	f.ip->dst = ip4("10.0.0.255");
	expect_drop(f, "tcp_broadcast");
	f = sound();
	f.dst = BROADCAST;
	expect_drop(f, "ip_link_broadcast");
	EXPECT_EQ(drain(), 0u);
}

TEST_F(Rx, TcpToNobodyIsResetAndCounted)
{
	expect_drop(sound(), "tcp_no_connection");
	std::optional<Frame> reply = host_->collect();
	ASSERT_TRUE(reply && reply->tcp);
	EXPECT_EQ(reply->tcp->flags, RST | ACK);
}

TEST_F(Rx, VerifiesChecksumsThatTheLinkDoesNotVouchFor)
{
	Frame f = sound();

	f.tcp->cksum_good = false;
	expect_drop(f, "tcp_bad_checksum", 0);
	expect_drop(f, "tcp_no_connection", PLN_MEMLINK_CKSUM_GOOD);
	expect_drop(f, "tcp_no_connection", PLN_MEMLINK_CKSUM_NONE);
	f.ip->cksum_good = false;
	expect_drop(f, "tcp_no_connection", PLN_MEMLINK_CKSUM_GOOD);
	expect_drop(f, "ip_bad_checksum", PLN_MEMLINK_CKSUM_NONE);
}

} // namespace
