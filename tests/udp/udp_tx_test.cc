/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that are sent: header, checksum, source, broadcasts, what is refused (RFC 768, RFC 1122 §4.1, RFC 1191). */
#include "udp/udp_host.h"

namespace
{
class UdpTx : public UdpHost
{
};

class UdpTxChains : public UdpHost
{
	void
	configure() override
	{
		wire.link.capabilities = PLN_LINK_TX_MULTI_SEGS;
	}
};

/* A link of large frames without chains, and buffers of 2048 bytes. */
class UdpTxLargeMtu : public UdpHost
{
	void
	configure() override
	{
		wire.link.mtu = 9000;
	}
};

class UdpTxOffload : public UdpHost
{
	void
	configure() override
	{
		wire.link.capabilities = PLN_LINK_TX_UDP_CKSUM;
	}
};

TEST_F(UdpTxLargeMtu, WhatNoBufferHoldsGoesInFragmentsWhereItMay)
{
	pln_udp_sock *s = bound(5000);
	size_t payload = 0;

	EXPECT_EQ(send(s, pattern(5000), endpoint(peer_addr, 53)), 5000);
	for (const Sent &sent : take_sent()) {
		EXPECT_FALSE(sent.ip().df);
		EXPECT_EQ(sent.ip().frag_off, payload);
		payload += sent.transport().size();
	}
	EXPECT_EQ(payload, 5008U);
	for (const CapturedFrame &frame : wire.frames)
		EXPECT_EQ(frame.nb_segs, 1);
}

TEST_F(UdpTxLargeMtu, WhatNoBufferHoldsIsRefusedWhereItMayNot)
{
	pln_udp_sock *s = bound(5000);

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 2), 0);
	EXPECT_EQ(send(s, pattern(5000), endpoint(peer_addr, 53)), -EMSGSIZE);
	EXPECT_TRUE(take_sent().empty());
	EXPECT_EQ(send(s, pattern(1000), endpoint(peer_addr, 53)), 1000);
	EXPECT_EQ(take_datagrams().size(), 1U);
}

TEST_F(UdpTxOffload, TheDeviceGetsThePseudoHeadersSumAndWhereTheHeadersStand)
{
	pln_udp_sock *s = bound(5000);
	uint32_t sum;

	EXPECT_EQ(send(s, pattern(100), endpoint(peer_addr, 53)), 100);
	pln_txq_flush(&txq);
	ASSERT_EQ(wire.frames.size(), 1U);

	const CapturedFrame &frame = wire.frames[0];
	uint16_t field =
		static_cast<uint16_t>(frame.bytes[14 + 20 + 6] | frame.bytes[14 + 20 + 7] << 8);

	EXPECT_EQ(frame.ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM);
	EXPECT_TRUE(frame.ol_flags & RTE_MBUF_F_TX_IPV4);
	EXPECT_EQ(frame.l2_len, 14U);
	EXPECT_EQ(frame.l3_len, 20U);
	EXPECT_EQ(frame.packet_type & RTE_PTYPE_L4_MASK, RTE_PTYPE_L4_UDP);
	sum = pln_cksum_pseudo4(our_addr, peer_addr, PLN_IP4_PROTO_UDP, 108);
	EXPECT_EQ(field, static_cast<uint16_t>(~pln_cksum_finish(sum)));
}

TEST_F(UdpTxOffload, NothingIsLeftToTheDeviceWithoutAChecksumOrInFragments)
{
	pln_udp_sock *s = bound(5000);

	EXPECT_EQ(send(s, pattern(3000), endpoint(peer_addr, 53)), 3000);
	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_NO_CHECKSUM, 1), 0);
	EXPECT_EQ(send(s, pattern(10), endpoint(peer_addr, 53)), 10);
	pln_txq_flush(&txq);
	ASSERT_EQ(wire.frames.size(), 4U);
	for (const CapturedFrame &frame : wire.frames)
		EXPECT_EQ(frame.ol_flags & RTE_MBUF_F_TX_L4_MASK, 0U);
}

TEST_F(UdpTx, ADatagramLeavesWithHeaderAndChecksumRfc768)
{
	pln_udp_sock *s = bound(5000);

	for (size_t len : { 0, 1, 2, 3, 100, 1471, 1472 }) {
		EXPECT_EQ(send(s, pattern(len), endpoint(peer_addr, 53)),
		          static_cast<ssize_t>(len));

		std::vector<Datagram> sent = take_datagrams();

		ASSERT_EQ(sent.size(), 1U);
		EXPECT_EQ(sent[0].ip.src, our_addr);
		EXPECT_EQ(sent[0].ip.dst, peer_addr);
		EXPECT_EQ(sent[0].ip.proto, PLN_IP4_PROTO_UDP);
		EXPECT_EQ(sent[0].ip.ttl, 64);
		EXPECT_TRUE(sent[0].ip.df);
		EXPECT_EQ(sent[0].dst_mac, peer_mac);
		EXPECT_EQ(sent[0].src_port, 5000);
		EXPECT_EQ(sent[0].dst_port, 53);
		EXPECT_EQ(sent[0].len, len + 8);
		EXPECT_TRUE(sent[0].cksum_good);
		EXPECT_EQ(sent[0].payload, pattern(len));
	}
	EXPECT_EQ(count(PLN_UDP_TX), 7U);
}

TEST_F(UdpTx, AChecksumThatComesOutAsZeroIsSentAsAllOnesRfc768)
{
	pln_udp_sock *s = bound(5000);
	Bytes data(2);
	bool seen = false;

	for (unsigned int word = 0; word < 65536 && !seen; word++) {
		data = { static_cast<uint8_t>(word >> 8), static_cast<uint8_t>(word) };
		send(s, data, endpoint(peer_addr, 53));
		for (const Datagram &d : take_datagrams()) {
			EXPECT_NE(d.cksum, 0) << word;
			ASSERT_TRUE(d.cksum_good);
			seen = d.cksum == 0xffff;
		}
	}
	EXPECT_TRUE(seen) << "one of all words makes the sum zero";
}

TEST_F(UdpTx, MayGoWithoutAChecksumRfc1122)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_NO_CHECKSUM, 1), 0);
	send(s, pattern(10), endpoint(peer_addr, 53));
	EXPECT_EQ(take_datagrams().at(0).cksum, 0);
}

TEST_F(UdpTx, TheUserSetsTtlTosAndDfRfc1122)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_TTL, 3), 0);
	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_TOS, 0xb8), 0);
	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 0), 0);
	send(s, pattern(10), endpoint(peer_addr, 53));

	Datagram sent = take_datagrams().at(0);

	EXPECT_EQ(sent.ip.ttl, 3);
	EXPECT_EQ(sent.ip.tos, 0xb8);
	EXPECT_FALSE(sent.ip.df);
}

TEST_F(UdpTx, TheSourceIsTheRoutesOrAsBoundRfc1122)
{
	Be32 second_addr = addr4(192, 168, 9, 1);
	pln_udp_sock *any, *one;

	ASSERT_EQ(pln_ip_addr_add(&ip, second_addr, 24, false), 0);
	make_reachable(addr4(192, 168, 9, 2), other_mac);
	any = bound(5000);
	one = bound(5001, our_addr);
	send(any, {}, endpoint(addr4(192, 168, 9, 2), 53));
	send(any, {}, endpoint(peer_addr, 53));
	send(one, {}, endpoint(addr4(192, 168, 9, 2), 53));

	std::vector<Datagram> sent = take_datagrams();

	ASSERT_EQ(sent.size(), 3U);
	EXPECT_EQ(sent[0].ip.src, second_addr);
	EXPECT_EQ(sent[1].ip.src, our_addr);
	EXPECT_EQ(sent[2].ip.src, our_addr);
	EXPECT_EQ(sent[2].dst_mac, other_mac);
}

TEST_F(UdpTx, WithAPeerNoAddressIsNeeded)
{
	pln_udp_sock *s = connected();

	EXPECT_EQ(send(s, pattern(5)), 5);
	EXPECT_EQ(send(s, pattern(5), endpoint(peer_addr, 53)), 5) << "another may be named";

	std::vector<Datagram> sent = take_datagrams();

	EXPECT_EQ(sent.at(0).dst_port, 9999);
	EXPECT_EQ(sent.at(1).dst_port, 53);
}

TEST_F(UdpTx, AnUnboundSocketGetsAPort)
{
	pln_udp_sock *s = open();

	EXPECT_EQ(send(s, {}, endpoint(peer_addr, 53)), 0);
	EXPECT_EQ(send(s, {}, endpoint(peer_addr, 54)), 0);

	std::vector<Datagram> sent = take_datagrams();

	EXPECT_GE(sent.at(0).src_port, 1024);
	EXPECT_EQ(sent.at(0).src_port, sent.at(1).src_port);
}

TEST_F(UdpTx, IsRefusedWithTheReason)
{
	pln_udp_sock *s = bound();
	pln_endpoint six{}, zero = endpoint(any_addr, 53);
	Bytes huge(65508);

	six.addr.family = PLN_FAMILY_IP6;
	six.port = 53;
	EXPECT_EQ(send(s, {}), -EDESTADDRREQ);
	EXPECT_EQ(send(s, {}, six), -EAFNOSUPPORT);
	EXPECT_EQ(send(s, {}, zero), -EINVAL);
	EXPECT_EQ(send(s, {}, endpoint(peer_addr, 0)), -EINVAL);
	EXPECT_EQ(send(s, {}, endpoint(addr4(224, 0, 0, 251), 53)), -EOPNOTSUPP);
	EXPECT_EQ(send(s, {}, endpoint(addr4(255, 255, 255, 255), 53)), -EACCES);
	EXPECT_EQ(send(s, {}, endpoint(addr4(10, 0, 0, 255), 53)), -EACCES);
	EXPECT_EQ(send(s, {}, endpoint(our_addr, 53)), -ENETUNREACH) << "no loopback here";
	EXPECT_EQ(send(s, huge, endpoint(peer_addr, 53)), -EMSGSIZE);
	EXPECT_TRUE(take_sent().empty());
	EXPECT_EQ(s->sent, 0U);
}

TEST_F(UdpTx, WhatExceedsTheMtuWithDfIsRefusedRfc1191)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 2), 0);
	EXPECT_EQ(send(s, pattern(1472), endpoint(peer_addr, 53)), 1472);
	EXPECT_EQ(send(s, pattern(1473), endpoint(peer_addr, 53)), -EMSGSIZE);
	EXPECT_EQ(take_sent().size(), 1U);
}

TEST_F(UdpTx, BroadcastsGoToEverybodyWhenAskedForRfc1122)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_BROADCAST, 1), 0);
	for (Be32 dst : { addr4(255, 255, 255, 255), addr4(10, 0, 0, 255) }) {
		EXPECT_EQ(send(s, pattern(9), endpoint(dst, 67)), 9);

		Datagram sent = take_datagrams().at(0);

		EXPECT_EQ(sent.dst_mac, everybody);
		EXPECT_EQ(sent.ip.src, our_addr);
		EXPECT_EQ(sent.ip.dst, dst);
		EXPECT_TRUE(sent.cksum_good);
	}
	EXPECT_EQ(send(s, pattern(1473), endpoint(addr4(10, 0, 0, 255), 67)), -EMSGSIZE)
		<< "broadcasts are not fragmented";
}

TEST_F(UdpTx, ABroadcastPathFollowsANewAddress)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_BROADCAST, 1), 0);
	send(s, {}, endpoint(addr4(192, 168, 9, 255), 67));
	take_sent();
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(192, 168, 9, 1), 24, false), 0);
	send(s, {}, endpoint(addr4(192, 168, 9, 255), 67));
	EXPECT_EQ(take_datagrams().at(0).ip.src, addr4(192, 168, 9, 1));
}

TEST_F(UdpTx, ASilentNextHopFailsTheNextSend)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(send(s, pattern(3), endpoint(third_addr, 53)), 3) << "it waits for ARP";
	while (state_of(third_addr) != PLN_NEIGH_FAILED)
		advance(slack);
	EXPECT_EQ(send(s, pattern(3), endpoint(third_addr, 53)), -EHOSTUNREACH);
}

TEST_F(UdpTx, WithoutABufferNothingIsSent)
{
	pln_udp_sock *s = bound();
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	EXPECT_EQ(send(s, pattern(3), endpoint(peer_addr, 53)), -ENOBUFS);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}

void
count_release(void *ctx)
{
	++*static_cast<int *>(ctx);
}

pln_udp_out
by_reference(const Bytes &data, pln_endpoint to, int *releases)
{
	pln_udp_out out{};

	out.data = data.data();
	out.len = data.size();
	out.to = to;
	out.release = count_release;
	out.ctx = releases;
	return out;
}

TEST_F(UdpTxChains, SendsByReferenceAndReleasesOnce)
{
	pln_udp_sock *s = bound();
	Bytes data = pattern(1000);
	int releases = 0;
	pln_udp_out out = by_reference(data, endpoint(peer_addr, 53), &releases);

	EXPECT_EQ(pln_usock_send(s, &out), 1000);
	EXPECT_EQ(releases, 0) << "the frame has not left";
	EXPECT_EQ(txq.frames[0]->nb_segs, 2);
	EXPECT_EQ(take_datagrams().at(0).payload, data);
	EXPECT_EQ(releases, 1);
}

TEST_F(UdpTx, WithoutChainsAReferenceIsCopiedAndReleasedAtOnce)
{
	pln_udp_sock *s = bound();
	Bytes data = pattern(1000);
	int releases = 0;
	pln_udp_out out = by_reference(data, endpoint(peer_addr, 53), &releases);

	EXPECT_EQ(pln_usock_send(s, &out), 1000);
	EXPECT_EQ(releases, 1);
	EXPECT_EQ(take_datagrams().at(0).payload, data);
}

TEST_F(UdpTxChains, AReferenceIsReleasedOnErrorToo)
{
	pln_udp_sock *s = bound();
	Bytes data = pattern(1000), huge(65508);
	int releases = 0;
	pln_udp_out out = by_reference(data, nowhere, &releases);

	EXPECT_EQ(pln_usock_send(s, &out), -EDESTADDRREQ);
	EXPECT_EQ(releases, 1);
	out = by_reference(huge, endpoint(peer_addr, 53), &releases);
	EXPECT_EQ(pln_usock_send(s, &out), -EMSGSIZE);
	EXPECT_EQ(releases, 2);

	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	out = by_reference(data, endpoint(peer_addr, 53), &releases);
	EXPECT_EQ(pln_usock_send(s, &out), -ENOBUFS);
	EXPECT_EQ(releases, 3);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}
} // namespace
