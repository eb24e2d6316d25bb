/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that arrive: which are sound, whose they are, how they wait, how they are taken (RFC 768, RFC 1122 §4.1). */
#include "udp/udp_host.h"

namespace
{
class UdpRx : public UdpHost
{
};

TEST_F(UdpRx, ADatagramIsTakenWithItsSenderRfc768)
{
	pln_udp_sock *s = bound();
	Bytes buf(100);
	pln_udp_in in{};
	Arrival a;

	a.payload = pattern(40);
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	in.buf = buf.data();
	in.room = buf.size();
	EXPECT_EQ(pln_usock_receive(s, &in), 40);
	EXPECT_EQ(Bytes(buf.begin(), buf.begin() + 40), pattern(40));
	EXPECT_EQ(in.len, 40U);
	EXPECT_EQ(memcmp(&in.from, &(const pln_endpoint &)endpoint(peer_addr, 9999), 17), 0);
	EXPECT_EQ(in.from.port, 9999);
	EXPECT_EQ(memcmp(in.to.addr.bytes, &our_addr, 4), 0);
	EXPECT_EQ(in.to.port, 5000);
	EXPECT_EQ(in.ttl, 55);
	EXPECT_EQ(in.tos, 0x28);
	EXPECT_FALSE(in.broadcast);
	EXPECT_EQ(pln_usock_receive(s, &in), -EAGAIN);
	EXPECT_EQ(count(PLN_UDP_RX), 1U);
}

TEST_F(UdpRx, AnEmptyDatagramIsADatagram)
{
	pln_udp_sock *s = bound();
	pln_udp_view view;
	Arrival a;

	a.payload = {};
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	EXPECT_EQ(pln_usock_readiness(s) & PLN_UDP_READY_IN, PLN_UDP_READY_IN);
	EXPECT_EQ(pln_usock_receive_views(s, nullptr, &view, 1), 0);
	EXPECT_EQ(text_of(s), "");
	EXPECT_EQ(text_of(s), "EAGAIN");
}

TEST_F(UdpRx, WhatDoesNotFitIsLostAndToldRfc1122)
{
	pln_udp_sock *s = bound();
	Bytes buf(10);
	pln_udp_in in{};
	Arrival a;

	a.payload = pattern(25);
	receive(a);
	a.payload = words("next");
	receive(a);
	in.buf = buf.data();
	in.room = buf.size();
	in.flags = PLN_UDP_PEEK;
	EXPECT_EQ(pln_usock_receive(s, &in), 10);
	in.flags = 0;
	EXPECT_EQ(pln_usock_receive(s, &in), 10);
	EXPECT_EQ(in.len, 25U);
	EXPECT_EQ(buf, pattern(10));
	EXPECT_EQ(text_of(s), "next");
}

TEST_F(UdpRx, ADatagramInManyBuffersIsOne)
{
	pln_udp_sock *s = bound();
	Bytes buf(3000);
	pln_udp_view views[4];
	pln_udp_in in{};
	Arrival a;

	a.payload = pattern(2500);
	for (size_t each : { 0, 999, 1000, 8, 1252 }) {
		a.each = each;
		EXPECT_EQ(receive(a), PLN_ACCEPT);
		in.buf = buf.data();
		in.room = buf.size();
		EXPECT_EQ(pln_usock_receive(s, &in), 2500);
		EXPECT_TRUE(std::equal(a.payload.begin(), a.payload.end(), buf.begin())) << each;
	}
	a.each = 1252;
	receive(a);
	EXPECT_EQ(pln_usock_receive_views(s, &in, views, 4), 3);
	EXPECT_EQ(in.len, 2500U);
	EXPECT_EQ(views[0].len, 1244U);
	EXPECT_EQ(views[1].len, 1252U);
	EXPECT_EQ(views[2].len, 4U);
	EXPECT_EQ(memcmp(views[1].data, &a.payload[1244], 1252), 0);
	EXPECT_EQ(pln_usock_receive_views(s, &in, views, 2), 2);
	EXPECT_EQ(pln_usock_consume(s), 0);
	EXPECT_EQ(pln_usock_consume(s), -EAGAIN);
	EXPECT_EQ(pln_usock_receive_views(s, &in, views, 4), -EAGAIN);
}

TEST_F(UdpRx, ChecksumIsVerifiedAndZeroIsNoneRfc1122)
{
	pln_udp_sock *s = bound();
	Arrival a;

	a.cksum_good = false;
	EXPECT_EQ(receive(a), PLN_UDP_BAD_CHECKSUM);
	a.l4_good = true; /* the device has verified it */
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	a.l4_good = false;
	a.with_cksum = false;
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	EXPECT_EQ(s->rxq.count, 2U);
}

TEST_F(UdpRx, EachFlippedBitIsRefusedOrBelongsToNobody)
{
	Bytes sound = bytes_of({});

	bound();
	for (size_t bit = 0; bit < sound.size() * 8; bit++) {
		Bytes damaged = sound;

		damaged[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		EXPECT_NE(receive_bytes(damaged, {}), PLN_ACCEPT) << bit;
	}
}

TEST_F(UdpRx, LengthsAreChecked)
{
	Bytes sound = bytes_of({});
	pln_udp_sock *s = bound();
	Arrival a;

	for (size_t len = 0; len < PLN_UDP_HDR_LEN; len++)
		EXPECT_EQ(receive_bytes(Bytes(sound.begin(), sound.begin() + len), {}),
		          PLN_UDP_SHORT);
	for (uint16_t length : { 0, 7, 12, 65535 }) {
		a.length = length;
		EXPECT_EQ(receive(a), PLN_UDP_BAD_LENGTH) << length;
	}
	a.length = std::nullopt;
	a.behind = 9; /* bytes of nobody, not summed */
	a.payload = words("all of it");
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	EXPECT_EQ(text_of(s), "all of it");
}

TEST_F(UdpRx, TheMostParticularSocketGetsIt)
{
	pln_udp_sock *any, *one, *peer;
	pln_endpoint remote = endpoint(peer_addr, 9999), here = endpoint(our_addr, 5000);
	pln_endpoint anywhere = endpoint(any_addr, 5000);
	Arrival a;

	for (pln_udp_sock **s : { &any, &one, &peer }) {
		*s = open();
		EXPECT_EQ(pln_usock_opt_set(*s, PLN_UDP_OPT_REUSEADDR, 1), 0);
	}
	EXPECT_EQ(pln_usock_bind(any, &anywhere), 0);
	EXPECT_EQ(pln_usock_bind(peer, &here), 0);
	EXPECT_EQ(pln_usock_connect(peer, &remote), 0);
	EXPECT_EQ(pln_usock_bind(one, &here), 0);
	receive(a);
	EXPECT_EQ(peer->rxq.count, 1U);
	a.src_port = 1;
	receive(a);
	EXPECT_EQ(one->rxq.count, 1U);
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, 0, 77), 24, false), 0);
	a.dst = addr4(10, 0, 0, 77);
	receive(a);
	EXPECT_EQ(any->rxq.count, 1U);
	EXPECT_EQ(peer->rxq.count + one->rxq.count, 2U);
}

TEST_F(UdpRx, WithAPeerNobodyElseIsHeard)
{
	pln_udp_sock *s = connected();
	Arrival a;

	EXPECT_EQ(receive(a), PLN_ACCEPT);
	a.src_port = 1;
	EXPECT_EQ(receive(a), PLN_UDP_NO_SOCKET);
	a.src_port = 9999;
	a.src = third_addr;
	EXPECT_EQ(receive(a), PLN_UDP_NO_SOCKET);
	EXPECT_EQ(pln_usock_connect(s, &nowhere), 0);
	EXPECT_EQ(receive(a), PLN_ACCEPT);
}

TEST_F(UdpRx, PortsNobodyHasAndPortZeroHaveNoSocket)
{
	Arrival a;

	bound(5001);
	EXPECT_EQ(receive(a), PLN_UDP_NO_SOCKET);
	a.dst_port = 0;
	EXPECT_EQ(receive(a), PLN_UDP_NO_SOCKET);
}

TEST_F(UdpRx, ABroadcastReachesSocketsOfAnyAddressRfc1122)
{
	pln_udp_sock *s = bound();
	uint8_t byte;
	pln_udp_in in{};
	Arrival a;

	bound(5001, our_addr);
	a.dst = addr4(10, 0, 0, 255);
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	in.buf = &byte;
	in.room = 1;
	EXPECT_EQ(pln_usock_receive(s, &in), 1);
	EXPECT_TRUE(in.broadcast);
	EXPECT_EQ(memcmp(in.to.addr.bytes, &a.dst, 4), 0);
	a.dst_port = 5001;
	EXPECT_EQ(receive(a), PLN_UDP_NO_SOCKET);
}

TEST_F(UdpRx, TheQueueIsBoundedByBytesOfBuffers)
{
	pln_udp_sock *s = bound();
	struct pln_udp_info info = {};
	Arrival a;

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_RCVBUF, 10000), 0);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(receive(a), PLN_ACCEPT); /* 8192 */
	EXPECT_EQ(receive(a), PLN_UDP_QUEUE_FULL);
	a.truesize = 1808;
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	a.truesize = 1;
	EXPECT_EQ(receive(a), PLN_UDP_QUEUE_FULL);
	pln_usock_info(s, &info);
	EXPECT_EQ(info.queued, 5U);
	EXPECT_EQ(info.queued_bytes, 10000U);
	EXPECT_EQ(info.received, 5U);
	EXPECT_EQ(info.bytes_received, 15U);
	EXPECT_EQ(info.dropped, 2U);
	EXPECT_EQ(pln_usock_consume(s), 0);
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_RCVBUF, 2048), 0) << "less than waits already";
	EXPECT_EQ(receive(a), PLN_UDP_QUEUE_FULL);
}

TEST_F(UdpRx, TheQueueIsBoundedByDatagrams)
{
	pln_udp_sock *s = bound();

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_RCVQ, 3), 0);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(receive(), PLN_ACCEPT);
	EXPECT_EQ(receive(), PLN_UDP_QUEUE_FULL);
}

TEST_F(UdpRx, OneDatagramIsAlwaysLetIn)
{
	pln_udp_sock *s = bound();
	Arrival a;

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_RCVBUF, 2048), 0);
	a.truesize = 10000;
	EXPECT_EQ(receive(a), PLN_ACCEPT);
	EXPECT_EQ(receive(a), PLN_UDP_QUEUE_FULL);
}

TEST_F(UdpRx, EventsComeOncePerSocketInOrder)
{
	int first, second_one;
	pln_udp_sock *a = open(&first), *b = open(&second_one);
	pln_endpoint here = endpoint(any_addr, 5000), there = endpoint(any_addr, 5001);
	Arrival to_b;

	EXPECT_EQ(pln_usock_bind(a, &here), 0);
	EXPECT_EQ(pln_usock_bind(b, &there), 0);
	to_b.dst_port = 5001;
	receive(to_b);
	receive();
	receive();

	std::vector<pln_event> events = take_events();

	ASSERT_EQ(events.size(), 2U);
	EXPECT_EQ(events[0].conn, b->handle);
	EXPECT_EQ(events[0].cookie, &second_one);
	EXPECT_EQ(events[0].bits, static_cast<uint32_t>(PLN_EV_READABLE));
	EXPECT_EQ(events[1].cookie, &first);
	EXPECT_TRUE(take_events().empty());
	receive();
	EXPECT_EQ(take_events().size(), 1U);
}

TEST_F(UdpRx, AClosedSocketHasNoEventsWhereverItStoodInTheList)
{
	for (size_t gone = 0; gone < 3; gone++) {
		std::vector<pln_udp_sock *> s;
		Arrival a;

		for (uint16_t i = 0; i < 3; i++) {
			s.push_back(bound(static_cast<uint16_t>(5000 + i)));
			a.dst_port = static_cast<uint16_t>(5000 + i);
			receive(a);
		}
		pln_usock_close(s[gone]);
		s.erase(s.begin() + static_cast<long>(gone));
		pln_usock_fail(s[1], -EIO); /* it is on the list already */
		EXPECT_EQ(take_events().size(), 2U);
		receive(a);
		for (pln_udp_sock *left : s)
			pln_usock_close(left);
		EXPECT_TRUE(take_events().empty());
	}
}
} // namespace
