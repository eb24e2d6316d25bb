/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device says about a frame beside its bytes: whose word counts, and what it means. */
#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "dev/mbuf.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint8_t OUR_MAC = 1, PEER_MAC = 2;

/* A SYN to a port nobody listens on: what is right with it ends as tcp_no_connection. */
Frame
sound_syn()
{
	Frame f;

	f.dst = mac(OUR_MAC);
	f.src = mac(PEER_MAC);
	f.ip.emplace();
	f.ip->src = ip4("10.0.0.2");
	f.ip->dst = ip4("10.0.0.1");
	f.ip->proto = PROTO_TCP;
	f.tcp.emplace();
	f.tcp->sport = 1000;
	f.tcp->dport = 80;
	f.tcp->flags = SYN;
	return f;
}

/* A link whose frames carry the flags a test wants. */
class FlagLink
{
      public:
	explicit FlagLink(uint32_t capabilities)
	{
		pln_stack_config config{};
		pln_link link{};

		link.rx = [](void *ctx, struct rte_mbuf **frames, uint16_t) -> uint16_t {
			FlagLink *self = static_cast<FlagLink *>(ctx);
			frames[0] = self->next_;
			self->next_ = nullptr;
			return frames[0] != nullptr ? 1 : 0;
		};
		link.tx = [](void *, struct rte_mbuf **frames, uint16_t n) -> uint16_t {
			rte_pktmbuf_free_bulk(frames, n);
			return n;
		};
		link.ctx = this;
		link.capabilities = capabilities;
		link.mac = mac(OUR_MAC);
		link.mtu = 1500;
		config.size = sizeof(config);
		config.link = &link;
		config.seed = 1;
		pln_addr addr = ip4("10.0.0.1");
		EXPECT_EQ(pln_stack_create(&config, &stack), 0);
		EXPECT_EQ(pln_stack_addr_add(stack, &addr, 24), 0);
	}

	~FlagLink()
	{
		pln_stack_destroy(stack);
	}

	static struct rte_mbuf *
	mbuf_of(const Bytes &bytes)
	{
		struct rte_mbuf *m = pln_mbuf_alloc(pln_mbuf_shared_pool());

		memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(bytes.size())), bytes.data(),
		       bytes.size());
		return m;
	}

	void
	feed(struct rte_mbuf *m)
	{
		next_ = m;
		pln_stack_run(stack, 0);
	}

	void
	feed(const Bytes &bytes, uint64_t ol_flags, uint16_t vlan_tci = 0)
	{
		struct rte_mbuf *m = mbuf_of(bytes);

		m->ol_flags |= ol_flags;
		m->vlan_tci = vlan_tci;
		feed(m);
	}

	uint64_t
	counter(const char *name) const
	{
		uint64_t value = 0;
		pln_stats_counter(stack, name, &value);
		return value;
	}

	pln_stack *stack = nullptr;

      private:
	struct rte_mbuf *next_ = nullptr;
};

TEST(RxFlags, DeviceThatSaysBadIsBelievedWhenItsFlagsAreTrue)
{
	FlagLink link(PLN_LINK_RX_CKSUM_FLAGS);
	Bytes frame = sound_syn().bytes();

	link.feed(frame, RTE_MBUF_F_RX_L4_CKSUM_BAD);
	EXPECT_EQ(link.counter("tcp_bad_checksum"), 1u);
	link.feed(frame, RTE_MBUF_F_RX_IP_CKSUM_BAD);
	EXPECT_EQ(link.counter("ip_bad_checksum"), 1u);
	link.feed(frame, RTE_MBUF_F_RX_IP_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_NONE);
	EXPECT_EQ(link.counter("tcp_no_connection"), 1u);
}

TEST(RxFlags, FlagsOfADeviceThatIsNotTrustedMeanNothing)
{
	FlagLink link(0);
	Frame f = sound_syn();

	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_BAD | RTE_MBUF_F_RX_IP_CKSUM_BAD);
	EXPECT_EQ(link.counter("tcp_no_connection"), 1u);
	f.tcp->cksum_good = false;
	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	EXPECT_EQ(link.counter("tcp_bad_checksum"), 1u);
}

/* RFC 768: a checksum of zero is none, and none cannot be wrong, whatever a device makes of it. */
TEST(RxFlags, DatagramThatTheDeviceCallsBadIsRefusedUnlessItHasNoChecksum)
{
	FlagLink link(PLN_LINK_RX_CKSUM_FLAGS);
	Frame f = sound_syn();

	f.tcp.reset();
	f.ip->proto = PROTO_UDP;
	f.payload = { 0, 1, 0, 2, 0, 9, 0, 0, 0x55 };
	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_BAD);
	EXPECT_EQ(link.counter("udp_no_socket"), 1u);
	f.payload[7] = 1;
	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_BAD);
	EXPECT_EQ(link.counter("udp_bad_checksum"), 1u);
	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	EXPECT_EQ(link.counter("udp_no_socket"), 2u);
	link.feed(f.bytes(), RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
	EXPECT_EQ(link.counter("udp_bad_checksum"), 2u);
}

TEST(RxFlags, TagThatTheDeviceTookOffStillCounts)
{
	FlagLink link(0);

	link.feed(sound_syn().bytes(), RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED, 7);
	EXPECT_EQ(link.counter("eth_vlan"), 1u);
	link.feed(sound_syn().bytes(), RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED, 0xe000);
	EXPECT_EQ(link.counter("tcp_no_connection"), 1u);
}

TEST(RxChain, IsPutTogetherWhereverItIsCut)
{
	FlagLink link(0);
	Bytes bytes = sound_syn().bytes();

	for (size_t at = 1; at < bytes.size(); at++) {
		long cut = static_cast<long>(at);
		struct rte_mbuf *head =
			FlagLink::mbuf_of(Bytes(bytes.begin(), bytes.begin() + cut));
		struct rte_mbuf *tail = FlagLink::mbuf_of(Bytes(bytes.begin() + cut, bytes.end()));
		ASSERT_EQ(rte_pktmbuf_chain(head, tail), 0);
		link.feed(head);
		EXPECT_EQ(link.counter("tcp_no_connection"), at);
	}
}

/* A device may go on reading, and others writing, what is in a buffer with more than one reference. */
TEST(RxChain, SharedBufferIsReadButLeftAlone)
{
	FlagLink link(0);
	Bytes bytes = sound_syn().bytes();
	struct rte_mbuf *m = FlagLink::mbuf_of(bytes);

	rte_mbuf_refcnt_update(m, 1);
	link.feed(m);
	EXPECT_EQ(link.counter("tcp_no_connection"), 1u);
	EXPECT_EQ(memcmp(rte_pktmbuf_mtod(m, void *), bytes.data(), bytes.size()), 0);
	rte_pktmbuf_free(m);
}

} // namespace
