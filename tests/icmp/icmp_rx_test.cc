/* SPDX-License-Identifier: BSD-3-Clause */
/* What arrives: echo requests answered, errors decoded for their owners, everything else refused (RFC 792, RFC 1122 §3.2.2). */
#include "icmp/icmp_host.h"

namespace
{
class IcmpRx : public IcmpHost
{
      protected:
	/* An ICMP error of `type` and `code` that quotes `quoted`, with a word behind the checksum. */
	static Bytes
	error_about(uint8_t type, uint8_t code, const Bytes &quoted, uint32_t word = 0)
	{
		Bytes message(PLN_ICMP_HDR_LEN);

		message[0] = type;
		message[1] = code;
		pln_bytes_put32(&message[4], word);
		message.insert(message.end(), quoted.begin(), quoted.end());
		pln_icmp_hdr_seal(message.data(), message.size());
		return message;
	}

	/* The start of a packet we sent: an IPv4 header and what follows it. */
	static Bytes
	sent_packet(uint8_t proto, const Bytes &transport, Be32 src = our_addr,
	            uint16_t frag_off = 0)
	{
		Bytes packet(PLN_IP4_HDR_LEN);
		pln_ip4_hdr hdr{};

		hdr.src = src;
		hdr.dst = peer_addr;
		hdr.proto = proto;
		hdr.ttl = 1;
		hdr.total_len = 1000; /* more than is quoted */
		hdr.frag_off = frag_off;
		pln_ip4_hdr_emit(packet.data(), &hdr);
		packet.insert(packet.end(), transport.begin(), transport.end());
		return packet;
	}

	/* The first eight bytes of a TCP segment from port 4097 to port 80. */
	static Bytes
	segment()
	{
		return { 0x10, 0x01, 0, 80, 0xde, 0xad, 0xbe, 0xef };
	}
};

TEST_F(IcmpRx, AnswersEchoWithSameIdSequenceAndDataRfc1122)
{
	for (size_t len : { 0, 1, 7, 56, 64, 65, 1000, 1471, 1472 }) {
		Bytes data = pattern(len);

		arriving.ip.tos = 0x48;
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 0xabcd, 0x0102, data)), PLN_ACCEPT);
		EXPECT_FALSE(has_error);

		std::vector<Sent> sent = take_sent();

		ASSERT_EQ(sent.size(), 1U);
		EXPECT_EQ(sent[0].eth.dst, peer_mac);
		EXPECT_EQ(sent[0].ip().src, our_addr);
		EXPECT_EQ(sent[0].ip().dst, peer_addr);
		EXPECT_EQ(sent[0].ip().ttl, 64);
		EXPECT_EQ(sent[0].ip().tos, 0x48);
		EXPECT_EQ(sent[0].transport(), echo(PLN_ICMP_ECHO_REPLY, 0xabcd, 0x0102, data));
	}
	EXPECT_EQ(count(PLN_ICMP_RX_ECHO), 9U);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpRx, AnswersFromTheAddressThatWasAsked)
{
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, 0, 77), 24, false), 0);
	arriving.ip.dst = addr4(10, 0, 0, 77);
	receive(echo(PLN_ICMP_ECHO, 1, 1, {}));
	EXPECT_EQ(take_sent().at(0).ip().src, addr4(10, 0, 0, 77));
}

TEST_F(IcmpRx, AnswersInSeveralBuffersWhereOneIsTooSmall)
{
	ASSERT_EQ(pln_ip_mtu_set(&ip, 9000), 0);
	txq.link.capabilities |= PLN_LINK_TX_MULTI_SEGS;
	for (size_t each : { 0, 1000, 1001, 13 }) {
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 2, pattern(4000)), each), PLN_ACCEPT);
		EXPECT_EQ(take_sent().at(0).transport(),
		          echo(PLN_ICMP_ECHO_REPLY, 1, 2, pattern(4000)));
	}
}

TEST_F(IcmpRx, AnswersNoBroadcastRfc1122)
{
	for (Be32 dst : { addr4(10, 0, 0, 255), addr4(255, 255, 255, 255), addr4(10, 0, 0, 0) }) {
		arriving.ip.dst = dst;
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 1, {})), PLN_ICMP_BROADCAST);
	}
	arriving.ip.dst = our_addr;
	arriving.link_broadcast = true;
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 1, {})), PLN_ICMP_BROADCAST);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(IcmpRx, AnswersNothingWithoutABuffer)
{
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	rte_pktmbuf_free(all.back()); /* for the request itself */
	all.pop_back();
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 1, {})), PLN_RX_DROP_NO_MBUF);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}

/* Five buffers for the request, and too few for all of the answer: those it got come back. */
TEST_F(IcmpRx, AnswersNothingWhenBuffersRunOutOnTheWay)
{
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	for (int i = 0; i < 6; i++) {
		rte_pktmbuf_free(all.back());
		all.pop_back();
	}
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 1, pattern(4000)), 1000), PLN_RX_DROP_NO_MBUF);
	EXPECT_EQ(rte_mempool_in_use_count(pool), all.size());
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}

TEST_F(IcmpRx, RefusesEveryDamagedMessage)
{
	Bytes message = echo(PLN_ICMP_ECHO, 1, 1, pattern(4));

	for (size_t i = 0; i < message.size(); i++) {
		Bytes damaged = message;

		damaged[i] ^= 0x10;
		EXPECT_EQ(receive(damaged), PLN_ICMP_BAD_CHECKSUM);
	}
	for (size_t len = 0; len < PLN_ICMP_HDR_LEN; len++)
		EXPECT_EQ(receive(Bytes(message.begin(), message.begin() + len)), PLN_ICMP_SHORT);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(IcmpRx, IgnoresWhatAHostNeedNotHear)
{
	for (unsigned int type = 0; type < 256; type++) {
		if (type == PLN_ICMP_ECHO || type == PLN_ICMP_ECHO_REPLY ||
		    type == PLN_ICMP_UNREACHABLE || type == PLN_ICMP_TIME_EXCEEDED ||
		    type == PLN_ICMP_PARAM_PROBLEM || type == PLN_ICMP_REDIRECT ||
		    type == PLN_ICMP_SOURCE_QUENCH)
			continue;
		EXPECT_EQ(receive(error_about(static_cast<uint8_t>(type), 0, pattern(40))),
		          PLN_ICMP_TYPE_IGNORED);
	}
	EXPECT_TRUE(take_sent().empty());
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpRx, TimestampRequestsAreAnsweredOnlyWhenAskedForRfc1122)
{
	Bytes request(20), reply;

	request[0] = PLN_ICMP_TIMESTAMP;
	pln_bytes_put32(&request[4], 0x12345678);
	pln_bytes_put32(&request[8], 1000);
	pln_icmp_hdr_seal(request.data(), request.size());
	EXPECT_EQ(receive(request), PLN_ICMP_TYPE_IGNORED);
	EXPECT_TRUE(take_sent().empty());

	icmp.cfg.timestamp = true;
	EXPECT_EQ(receive(request), PLN_ACCEPT);
	reply = take_sent().at(0).transport();
	ASSERT_EQ(reply.size(), 20U);
	EXPECT_EQ(reply[0], PLN_ICMP_TIMESTAMP_REPLY);
	EXPECT_EQ(pln_bytes_get32(&reply[4]), 0x12345678U);
	EXPECT_EQ(pln_bytes_get32(&reply[8]), 1000U);
	EXPECT_EQ(pln_bytes_get32(&reply[12]), 0x80000000U | 1000000U)
		<< "not of the day: the high bit says so";
	EXPECT_EQ(pln_bytes_get32(&reply[16]), pln_bytes_get32(&reply[12]));
	EXPECT_EQ(pln_cksum_finish(pln_cksum_add(0, reply.data(), reply.size())), 0);
	request.resize(16);
	pln_icmp_hdr_seal(request.data(), request.size());
	EXPECT_EQ(receive(request), PLN_ICMP_SHORT);
}

TEST_F(IcmpRx, BroadcastEchoIsAnsweredFromOurOwnAddressWhenAskedForRfc1122)
{
	icmp.cfg.echo_broadcast = true;
	arriving.ip.dst = addr4(10, 0, 0, 255);
	arriving.link_broadcast = true;
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO, 1, 1, {})), PLN_ACCEPT);
	EXPECT_EQ(take_sent().at(0).ip().src, our_addr);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_TCP, segment()))),
	          PLN_ICMP_BROADCAST);
}

TEST_F(IcmpRx, RedirectsAndSourceQuenchAreIgnoredAndCountedRfc6633)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_TCP, segment());

	EXPECT_EQ(receive(error_about(PLN_ICMP_REDIRECT, 1, quoted, 0x0a0000fe)),
	          PLN_ICMP_REDIRECT_IGNORED);
	EXPECT_EQ(receive(error_about(PLN_ICMP_SOURCE_QUENCH, 0, quoted)), PLN_ICMP_QUENCH_IGNORED);
	EXPECT_EQ(receive(error_about(PLN_ICMP_REDIRECT, 1, {})), PLN_ICMP_REDIRECT_IGNORED);
	EXPECT_FALSE(has_error);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpRx, ARedirectOfOurEchoIsToldToThePingAndMovesNoRoute)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_ICMP, echo(PLN_ICMP_ECHO, 0x1234, 9, {}));
	Be32 hop{};

	send_echo(remote_addr, 9);
	arriving.ip.src = gateway_addr;
	EXPECT_EQ(receive(error_about(PLN_ICMP_REDIRECT, 1, quoted, 0x0a000003)),
	          PLN_ICMP_REDIRECT_IGNORED);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_ERROR_REPORT);
	EXPECT_EQ(events[0].type, PLN_ICMP_REDIRECT);
	EXPECT_EQ(ip4_of(events[0].gateway), third_addr);
	EXPECT_EQ(ip4_of(events[0].dst), peer_addr);
	EXPECT_EQ(pln_ip_next_hop(&ip, remote_addr, &hop), 0);
	EXPECT_EQ(hop, gateway_addr);
}

TEST_F(IcmpRx, AnErrorAboutOurEchoTellsMtuAndPointer)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_ICMP, echo(PLN_ICMP_ECHO, 0x1234, 9, {}));

	send_echo(peer_addr, 9);
	arriving.ip.tos = 0xc0;
	receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, 1280));
	receive(error_about(PLN_ICMP_PARAM_PROBLEM, 0, quoted, 21U << 24));

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 2U);
	EXPECT_EQ(events[0].mtu, 1280);
	EXPECT_EQ(events[0].tos, 0xc0);
	EXPECT_EQ(ip4_of(events[0].to), our_addr);
	EXPECT_EQ(events[1].pointer, 21);
	EXPECT_EQ(events[1].mtu, 0);
}

TEST_F(IcmpRx, AnErrorAboutTcpGoesToTheCaller)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_TCP, segment());

	EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 3, quoted)), PLN_ACCEPT);
	ASSERT_TRUE(has_error);
	EXPECT_EQ(error.type, PLN_ICMP_UNREACHABLE);
	EXPECT_EQ(error.code, 3);
	EXPECT_EQ(error.next_mtu, 0);
	EXPECT_EQ(error.quote.ip.proto, PLN_IP4_PROTO_TCP);
	EXPECT_EQ(error.quote.ip.src, our_addr);
	EXPECT_EQ(error.quote.ip.dst, peer_addr);
	EXPECT_EQ(error.quote.src_port, 4097);
	EXPECT_EQ(error.quote.dst_port, 80);
	EXPECT_EQ(error.quote.seq, 0xdeadbeefU);
}

TEST_F(IcmpRx, FragmentationNeededTellsTheMtuRfc1191)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_TCP, segment());

	EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, 1400)), PLN_ACCEPT);
	ASSERT_TRUE(has_error);
	EXPECT_EQ(error.next_mtu, 1400);
}

TEST_F(IcmpRx, FragmentationNeededWithoutAnMtuMeansTheNextPlateauRfc1191)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_TCP, segment()); /* of 1000 bytes */

	EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, 0)), PLN_ACCEPT);
	EXPECT_EQ(error.next_mtu, 552) << "508 is below what is believed";
	icmp.cfg.min_pmtu = 68;
	EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, 0)), PLN_ACCEPT);
	EXPECT_EQ(error.next_mtu, 508);
}

TEST_F(IcmpRx, NoRouterMakesThePathSmallerThanTheFloorRfc5927)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_UDP, segment());

	for (uint32_t mtu : { 1, 68, 551 }) {
		EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, mtu)), PLN_ACCEPT);
		EXPECT_EQ(error.next_mtu, 552);
	}
	ASSERT_EQ(pln_ip_mtu_set(&ip, 300), 0);
	EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 4, quoted, 68)), PLN_ACCEPT);
	EXPECT_EQ(error.next_mtu, 300) << "unless the link itself is smaller";
}

TEST_F(IcmpRx, TimeExceededAndParameterProblemGoTheSameWay)
{
	for (uint8_t type : { PLN_ICMP_TIME_EXCEEDED, PLN_ICMP_PARAM_PROBLEM }) {
		EXPECT_EQ(receive(error_about(type, 0, sent_packet(PLN_IP4_PROTO_UDP, segment()))),
		          PLN_ACCEPT);
		ASSERT_TRUE(has_error);
		EXPECT_EQ(error.type, type);
		EXPECT_EQ(error.quote.ip.proto, PLN_IP4_PROTO_UDP);
		EXPECT_EQ(error.quote.src_port, 4097);
	}
}

TEST_F(IcmpRx, AnErrorAboutOurEchoIsAnEvent)
{
	Bytes quoted = sent_packet(PLN_IP4_PROTO_ICMP, echo(PLN_ICMP_ECHO, 0x1234, 42, {}));

	send_echo(peer_addr, 42);
	arriving.ip.src = gateway_addr;
	EXPECT_EQ(receive(error_about(PLN_ICMP_TIME_EXCEEDED, 1, quoted)), PLN_ACCEPT);
	EXPECT_FALSE(has_error);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_ERROR_REPORT);
	EXPECT_EQ(ip4_of(events[0].from), gateway_addr);
	EXPECT_EQ(events[0].id, 0x1234);
	EXPECT_EQ(events[0].seq, 42);
	EXPECT_EQ(events[0].type, PLN_ICMP_TIME_EXCEEDED);
	EXPECT_EQ(events[0].code, 1);
	EXPECT_EQ(count(PLN_ICMP_RX_ERROR), 1U);
}

TEST_F(IcmpRx, AnErrorAboutNothingOfOursBelongsToNobody)
{
	Bytes request = echo(PLN_ICMP_ECHO, 1, 1, {});
	Bytes reply = echo(PLN_ICMP_ECHO_REPLY, 1, 1, {});

	/* nobody here has asked yet */
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_ICMP, request))),
	          PLN_ICMP_NO_OWNER);
	send_echo(peer_addr);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_ICMP, reply))),
	          PLN_ICMP_NO_OWNER);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_ICMP, request, third_addr))),
	          PLN_ICMP_NO_OWNER);
	EXPECT_EQ(receive(error_about(3, 1,
	                              sent_packet(PLN_IP4_PROTO_ICMP, request, our_addr, 1480))),
	          PLN_ICMP_NO_OWNER);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_TCP, segment(), third_addr))),
	          PLN_ICMP_NO_OWNER);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(47, segment()))), PLN_ICMP_NO_OWNER);
	EXPECT_FALSE(has_error);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpRx, AnErrorWhoseQuoteIsCutOffIsRefused)
{
	Bytes whole = sent_packet(PLN_IP4_PROTO_TCP, segment());

	for (size_t len = 0; len < whole.size(); len++) {
		Bytes cut(whole.begin(), whole.begin() + len);

		EXPECT_EQ(receive(error_about(PLN_ICMP_UNREACHABLE, 1, cut)), PLN_ICMP_SHORT)
			<< len;
		EXPECT_FALSE(has_error);
	}
}

TEST_F(IcmpRx, AnErrorSentToABroadcastIsNotBelieved)
{
	arriving.ip.dst = addr4(10, 0, 0, 255);
	EXPECT_EQ(receive(error_about(3, 1, sent_packet(PLN_IP4_PROTO_TCP, segment()))),
	          PLN_ICMP_BROADCAST);
	EXPECT_FALSE(has_error);
}
} // namespace
