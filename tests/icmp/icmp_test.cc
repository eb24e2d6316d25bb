/* SPDX-License-Identifier: BSD-3-Clause */
/* Our own echo requests: the frame, what is refused, replies, the ring of events, next hops that do not answer (RFC 792). */
#include "icmp/icmp_host.h"

namespace
{
class IcmpEcho : public IcmpHost
{
};

TEST_F(IcmpEcho, LeavesAsTheProgramAskedFor)
{
	Bytes data = pattern(56);
	pln_icmp_echo_args args = arguments(peer_addr);

	args.seq = 7;
	args.data = data.data();
	args.len = 56;
	args.ttl = 9;
	args.tos = 0x20;
	ASSERT_EQ(pln_icmp_send_echo(&icmp, &args), 0);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, peer_mac);
	EXPECT_EQ(sent[0].ip().src, our_addr);
	EXPECT_EQ(sent[0].ip().dst, peer_addr);
	EXPECT_EQ(sent[0].ip().ttl, 9);
	EXPECT_EQ(sent[0].ip().tos, 0x20);
	EXPECT_EQ(sent[0].ip().proto, PLN_IP4_PROTO_ICMP);
	EXPECT_EQ(sent[0].transport(), echo(PLN_ICMP_ECHO, 0x1234, 7, data));
	EXPECT_EQ(count(PLN_ICMP_TX_ECHO), 1U);
}

TEST_F(IcmpEcho, MayCarryNothing)
{
	ASSERT_EQ(send_echo(peer_addr), 0);
	EXPECT_EQ(take_sent().at(0).transport(), echo(PLN_ICMP_ECHO, 0x1234, 1, {}));
}

TEST_F(IcmpEcho, FillsTheMtuAndGoesInFragmentsBeyondIt)
{
	EXPECT_EQ(send_echo(peer_addr, 1, pattern(1472)), 0);
	EXPECT_EQ(take_sent().at(0).ip().total_len, 1500);
	EXPECT_EQ(send_echo(peer_addr, 1, pattern(1473)), 0);
	EXPECT_EQ(take_sent().size(), 2U);
	EXPECT_EQ(send_echo(peer_addr, 1, pattern(65507)), 0);
	EXPECT_EQ(take_sent().size(), 45U);
	EXPECT_EQ(send_echo(peer_addr, 1, pattern(65508)), -EMSGSIZE);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(IcmpEcho, IsRefusedWithTheReason)
{
	pln_icmp_echo_args six = arguments(peer_addr), unknown = arguments(peer_addr);

	six.dst.family = PLN_FAMILY_IP6;
	unknown.dst.family = PLN_FAMILY_NONE;
	EXPECT_EQ(pln_icmp_send_echo(&icmp, &six), -EAFNOSUPPORT);
	EXPECT_EQ(pln_icmp_send_echo(&icmp, &unknown), -EINVAL);
	EXPECT_EQ(send_echo(addr4(224, 0, 0, 1)), -ENETUNREACH);
	EXPECT_EQ(send_echo(addr4(10, 0, 0, 255)), -EACCES);
	EXPECT_EQ(send_echo(our_addr), -ENETUNREACH);
	EXPECT_EQ(count(PLN_ICMP_TX_ECHO), 0U);
}

TEST_F(IcmpEcho, ABroadcastGoesToEverybodyWholeWhenAllowedRfc1122)
{
	Be32 second = addr4(10, 1, 0, 1);

	ASSERT_EQ(pln_ip_addr_add(&ip, second, 24, false), 0);
	for (Be32 dst : { addr4(10, 0, 0, 255), addr4(10, 1, 0, 255), addr4(255, 255, 255, 255) }) {
		pln_icmp_echo_args args = arguments(dst);
		Bytes data = pattern(1473);

		EXPECT_EQ(pln_icmp_send_echo(&icmp, &args), -EACCES);
		args.broadcast = true;
		args.ttl = 3;
		ASSERT_EQ(pln_icmp_send_echo(&icmp, &args), 0);

		std::vector<Sent> sent = take_sent();

		ASSERT_EQ(sent.size(), 1U);
		EXPECT_EQ(sent[0].eth.dst, everybody);
		EXPECT_EQ(sent[0].ip().dst, dst);
		EXPECT_EQ(sent[0].ip().src, dst == addr4(10, 1, 0, 255) ? second : our_addr);
		EXPECT_EQ(sent[0].ip().ttl, 3);
		args.data = data.data();
		args.len = 1473;
		EXPECT_EQ(pln_icmp_send_echo(&icmp, &args), -EMSGSIZE);
		EXPECT_TRUE(take_sent().empty());
	}
}

TEST_F(IcmpEcho, IsRefusedWithoutABuffer)
{
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	EXPECT_EQ(send_echo(peer_addr), -ENOMEM);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}

TEST_F(IcmpEcho, AReplyBecomesAnEvent)
{
	Bytes data = pattern(100);

	send_echo(peer_addr, 3, data);
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 0x1234, 3, data)), PLN_ACCEPT);
	EXPECT_FALSE(has_error);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_REPLY);
	EXPECT_EQ(ip4_of(events[0].from), peer_addr);
	EXPECT_EQ(events[0].id, 0x1234);
	EXPECT_EQ(events[0].seq, 3);
	EXPECT_EQ(events[0].ttl, 55);
	EXPECT_EQ(events[0].len, 100);
	EXPECT_EQ(events[0].now, env.now);
	EXPECT_EQ(Bytes(events[0].data, events[0].data + 64),
	          Bytes(data.begin(), data.begin() + 64));
	EXPECT_EQ(count(PLN_ICMP_RX_ECHO_REPLY), 1U);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpEcho, AShortReplyLeavesTheRestOfTheEventZero)
{
	send_echo(peer_addr);
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 0x1234, 1, { 9 })), PLN_ACCEPT);

	pln_icmp_event event = take_events().at(0);
	Bytes expected(64);

	expected[0] = 9;
	EXPECT_EQ(event.len, 1);
	EXPECT_EQ(Bytes(event.data, event.data + 64), expected);
}

TEST_F(IcmpEcho, TheWholePayloadCanBeReadUntilTheNextEventsAreTaken)
{
	Bytes data = pattern(3000), read(4000);

	send_echo(peer_addr);
	for (size_t each : { 0, 100 })
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 0x1234, 1, data), each), PLN_ACCEPT);
	for (const pln_icmp_event &event : take_events()) {
		EXPECT_EQ(pln_icmp_read_payload(&icmp, &event, 0, read.data(), read.size()), 3000U);
		EXPECT_TRUE(std::equal(data.begin(), data.end(), read.begin()));
		EXPECT_EQ(pln_icmp_read_payload(&icmp, &event, 2990, read.data(), 5), 5U);
		EXPECT_TRUE(std::equal(read.begin(), read.begin() + 5, data.begin() + 2990));
		EXPECT_EQ(pln_icmp_read_payload(&icmp, &event, 2990, read.data(), 3000), 10U);
		EXPECT_EQ(pln_icmp_read_payload(&icmp, &event, 3000, read.data(), 5), 0U);
	}
	EXPECT_GT(icmp.held, 0U);
	take_events();
	EXPECT_EQ(icmp.held, 0U);
}

TEST_F(IcmpEcho, RepliesThatWaitHoldABoundedAmountOfMemory)
{
	Bytes data = pattern(1400), read(1400);
	size_t whole = 0, short_ones = 0;

	send_echo(peer_addr);
	arriving.truesize = 0;
	for (uint16_t seq = 0; seq < 10; seq++)
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 0x1234, seq, data), 60), PLN_ACCEPT);
	EXPECT_LE(icmp.held, PLN_ICMP_HELD);
	for (const pln_icmp_event &event : take_events()) {
		size_t n = pln_icmp_read_payload(&icmp, &event, 0, read.data(), read.size());

		whole += n == 1400;
		short_ones += n == 64;
	}
	EXPECT_EQ(whole, 5U) << "of 24 buffers of 2048 bytes each";
	EXPECT_EQ(short_ones, 5U);
}

TEST_F(IcmpEcho, ADamagedReplyIsToldAsSuch)
{
	Bytes message = echo(PLN_ICMP_ECHO_REPLY, 0x1234, 3, pattern(8));

	message[10] ^= 0x40;
	EXPECT_EQ(receive(message), PLN_ICMP_BAD_CHECKSUM) << "nobody has asked";
	send_echo(peer_addr, 3);
	EXPECT_EQ(receive(message), PLN_ACCEPT);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_REPLY);
	EXPECT_TRUE(events[0].bad_checksum);
	EXPECT_EQ(events[0].seq, 3);
	EXPECT_EQ(count(PLN_ICMP_BAD_CHECKSUM), 1U);
	EXPECT_EQ(count(PLN_ICMP_RX_ECHO_REPLY), 0U);
}

TEST_F(IcmpEcho, DuplicatesAreToldEachTime)
{
	send_echo(peer_addr, 3);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 0x1234, 3, {})), PLN_ACCEPT);
	EXPECT_EQ(take_events().size(), 3U);
}

TEST_F(IcmpEcho, LeavesFromTheAddressAskedForAndUnfragmented)
{
	pln_icmp_echo_args args = arguments(peer_addr);
	Be32 second_addr = addr4(10, 0, 0, 77);

	ASSERT_EQ(pln_ip_addr_add(&ip, second_addr, 24, false), 0);
	args.src = args.dst;
	EXPECT_EQ(pln_icmp_send_echo(&icmp, &args), -EADDRNOTAVAIL);
	memcpy(args.src.bytes, &second_addr, sizeof(second_addr));
	args.df = true;
	EXPECT_EQ(pln_icmp_send_echo(&icmp, &args), 0);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.ip().src, second_addr);
	EXPECT_TRUE(sent.ip().df);
}

TEST_F(IcmpEcho, TheAddressOfNobodyLeavesTheChoiceToTheRoute)
{
	pln_icmp_echo_args args = arguments(peer_addr);

	args.src.family = PLN_FAMILY_IP4; /* 0.0.0.0 */
	ASSERT_EQ(pln_icmp_send_echo(&icmp, &args), 0);
	EXPECT_EQ(take_sent().at(0).ip().src, our_addr);
}

TEST_F(IcmpEcho, AReplyWithoutARequestBelongsToNobody)
{
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 1, 1, {})), PLN_ICMP_NO_OWNER);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpEcho, SixtyFourEventsWaitInOrderAndLaterOnesAreDropped)
{
	send_echo(peer_addr);
	for (uint16_t seq = 0; seq < 64; seq++)
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 1, seq, {})), PLN_ACCEPT);
	EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 1, 64, {})), PLN_ICMP_EVENTS_FULL);

	std::vector<pln_icmp_event> first = take_events(10);

	for (uint16_t seq = 65; seq < 75; seq++)
		EXPECT_EQ(receive(echo(PLN_ICMP_ECHO_REPLY, 1, seq, {})), PLN_ACCEPT);

	std::vector<pln_icmp_event> rest = take_events();

	ASSERT_EQ(first.size(), 10U);
	ASSERT_EQ(rest.size(), 64U);
	EXPECT_EQ(first.front().seq, 0);
	EXPECT_EQ(rest.front().seq, 10);
	EXPECT_EQ(rest[53].seq, 63);
	EXPECT_EQ(rest.back().seq, 74);
}

TEST_F(IcmpEcho, AFailedNextHopIsAnEvent)
{
	Be32 hop{};

	send_echo(remote_addr, 5); /* by way of the gateway, which is silent */
	advance(4 * second + slack);
	ASSERT_TRUE(pln_neigh_take_failed(&ip.neighs, &hop));
	pln_icmp_neigh_failed(&icmp, hop);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_NEIGH_FAILED);
	EXPECT_EQ(ip4_of(events[0].from), gateway_addr);
	EXPECT_EQ(events[0].id, 0x1234);
	EXPECT_EQ(events[0].seq, 5);
	EXPECT_EQ(events[0].now, env.now);
}

TEST_F(IcmpEcho, OthersNextHopsAreNoEvent)
{
	pln_icmp_neigh_failed(&icmp, third_addr); /* nothing was ever sent */
	send_echo(peer_addr);
	pln_icmp_neigh_failed(&icmp, third_addr);
	EXPECT_TRUE(take_events().empty());
}

TEST_F(IcmpEcho, ARequestToANeighbourThatJustFailedIsToldAtOnce)
{
	send_echo(third_addr, 1);
	advance(4 * second + slack);
	EXPECT_EQ(send_echo(third_addr, 2), 0);

	std::vector<pln_icmp_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].kind, PLN_ICMP_NEIGH_FAILED);
	EXPECT_EQ(events[0].seq, 2);
	EXPECT_EQ(count(PLN_ICMP_TX_ECHO), 1U);
}

TEST_F(IcmpEcho, FailuresBeyondTheRingAreCounted)
{
	send_echo(peer_addr);
	for (unsigned int i = 0; i < PLN_ICMP_EVENTS + 2; i++)
		pln_icmp_neigh_failed(&icmp, peer_addr);
	EXPECT_EQ(count(PLN_ICMP_EVENTS_FULL), 2U);
	EXPECT_EQ(take_events().size(), 64U);
}
} // namespace
