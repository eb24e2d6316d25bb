/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP: answers, what is learned from whom, whom not to believe (RFC 826, RFC 1122 §2.3.2, RFC 5227). */
#include "support/ip_host.h"

namespace
{
class ArpRfc826 : public IpHost
{
};

class ArpRfc5227 : public IpHost
{
};

TEST_F(ArpRfc826, AnswersARequestForOurAddressByUnicast)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, peer_addr, our_addr), PLN_ACCEPT);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, peer_mac);
	EXPECT_EQ(sent[0].eth.src, our_mac);
	const std::vector<uint8_t> expected = {
		0, 1, 8, 0, 6, 4, 0,  2,       /* Ethernet, IPv4, lengths, reply */
		2, 0, 0, 0, 0, 1, 10, 0, 0, 1, /* sender: us */
		2, 0, 0, 0, 0, 2, 10, 0, 0, 2, /* target: who asked */
	};
	EXPECT_EQ(sent[0].payload, expected);
	EXPECT_EQ(count(PLN_ARP_RX_REQUEST), 1U);
	EXPECT_EQ(count(PLN_ARP_TX_REPLY), 1U);
}

TEST_F(ArpRfc826, LearnsWhoAsksForUs)
{
	receive_arp(PLN_ARP_REQUEST, peer_mac, peer_addr, our_addr);
	ASSERT_NE(neigh(peer_addr), nullptr);
	EXPECT_EQ(neigh(peer_addr)->mac, peer_mac);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE); /* it may not hear us */
}

TEST_F(ArpRfc826, NeitherAnswersNorLearnsRequestsForOthers)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, peer_addr, third_addr),
	          PLN_ARP_NOT_FOR_US);
	EXPECT_TRUE(take_sent().empty());
	EXPECT_EQ(neigh(peer_addr), nullptr);
}

TEST_F(ArpRfc826, MergesFromAnyPacketOfAKnownNeighbour)
{
	make_reachable(peer_addr, peer_mac);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, other_mac, peer_addr, third_addr), PLN_ACCEPT);
	EXPECT_EQ(neigh(peer_addr)->mac, other_mac);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(ArpRfc826, MergesAGratuitousReplyOfAKnownNeighbour)
{
	make_reachable(peer_addr, peer_mac);
	EXPECT_EQ(receive_arp(PLN_ARP_REPLY, other_mac, peer_addr, peer_addr), PLN_ACCEPT);
	EXPECT_EQ(neigh(peer_addr)->mac, other_mac);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
}

TEST_F(ArpRfc826, RepeatedNewsOfAReachableNeighbourChangeNothing)
{
	make_reachable(peer_addr, peer_mac);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, peer_addr, our_addr), PLN_ACCEPT);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
}

TEST_F(ArpRfc826, AnUnsolicitedReplyMakesNoEntry)
{
	EXPECT_EQ(answer(peer_addr, peer_mac), PLN_ARP_UNSOLICITED);
	EXPECT_EQ(neigh(peer_addr), nullptr);

	pln_ip_path path =
		path_to(peer_addr); /* nor does it fill one that nobody has asked for yet */

	EXPECT_EQ(answer(peer_addr, peer_mac), PLN_ARP_UNSOLICITED);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_NONE);
	pln_ip_path_close(&ip, &path);
}

TEST_F(ArpRfc826, AReplyToOurRequestMakesTheNeighbourReachable)
{
	pln_neigh_resolve(&ip.neighs, pln_neigh_get(&ip.neighs, peer_addr));
	env.now += 5 * PLN_NS_PER_MS;
	EXPECT_EQ(answer(peer_addr, peer_mac), PLN_ACCEPT);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
	EXPECT_EQ(neigh(peer_addr)->mac, peer_mac);
	EXPECT_EQ(neigh(peer_addr)->resolve_ns, 5 * PLN_NS_PER_MS);
	EXPECT_EQ(count(PLN_ARP_RX_REPLY), 1U);
}

TEST_F(ArpRfc826, AReplyToSomebodyElseIsTakenButProvesNothing)
{
	pln_neigh_resolve(&ip.neighs, pln_neigh_get(&ip.neighs, peer_addr));
	env.now += 5 * PLN_NS_PER_MS;
	EXPECT_EQ(receive_arp(PLN_ARP_REPLY, peer_mac, peer_addr, third_addr), PLN_ACCEPT);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
	EXPECT_EQ(neigh(peer_addr)->resolve_ns, 5 * PLN_NS_PER_MS) << "it is known from now on";
}

TEST_F(ArpRfc826, DropsMalformedPackets)
{
	uint8_t bytes[PLN_ARP_HDR_LEN] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	EXPECT_EQ(pln_arp_rx(&ip, bytes, 27), PLN_ARP_SHORT);
	bytes[7] = 3;
	EXPECT_EQ(pln_arp_rx(&ip, bytes, sizeof(bytes)), PLN_ARP_BAD_OPCODE);
	bytes[1] = 6;
	EXPECT_EQ(pln_arp_rx(&ip, bytes, sizeof(bytes)), PLN_ARP_BAD_TYPE);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(ArpRfc826, BelievesNoSenderThatIsNoHost)
{
	const Be32 senders[] = {
		any_addr,           addr4(255, 255, 255, 255), addr4(10, 0, 0, 255),
		addr4(10, 0, 0, 0), addr4(224, 0, 0, 1),       addr4(127, 0, 0, 1)
	};

	for (Be32 spa : senders) {
		EXPECT_EQ(receive_arp(PLN_ARP_REPLY, peer_mac, spa, our_addr), PLN_ARP_BAD_SENDER);
		EXPECT_EQ(neigh(spa), nullptr);
	}
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, addr4(10, 0, 0, 255), our_addr),
	          PLN_ARP_BAD_SENDER);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(ArpRfc826, BelievesNoHardwareAddressThatIsNoStation)
{
	const pln_mac group = { { 0x01, 0, 0x5e, 0, 0, 1 } };

	pln_neigh_resolve(&ip.neighs, pln_neigh_get(&ip.neighs, peer_addr));
	EXPECT_EQ(answer(peer_addr, everybody), PLN_ARP_BAD_SENDER);
	EXPECT_EQ(answer(peer_addr, group), PLN_ARP_BAD_SENDER);
	EXPECT_EQ(answer(peer_addr, pln_mac{}), PLN_ARP_BAD_SENDER);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_INCOMPLETE);
}

TEST_F(ArpRfc826, AnswersButDoesNotLearnAHostThatIsNotOnTheLink)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, remote_addr, our_addr), PLN_ACCEPT);
	EXPECT_EQ(take_sent().at(0).arp().tpa, remote_addr);
	EXPECT_EQ(neigh(remote_addr), nullptr);
}

TEST_F(ArpRfc826, AnEmptyPoolCostsTheAnswerAndIsCounted)
{
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, peer_addr, our_addr), PLN_ACCEPT);
	EXPECT_EQ(count(PLN_TX_NO_MBUF), 1U);
	EXPECT_EQ(count(PLN_ARP_TX_REPLY), 0U);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}

TEST_F(ArpRfc826, RequestsAreBroadcastFromTheAddressOnTheTargetsSubnet)
{
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 1), 16, false), 0);
	pln_arp_request(&ip, addr4(172, 16, 0, 9), nullptr);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.eth.dst, everybody);
	EXPECT_EQ(sent.arp().opcode, PLN_ARP_REQUEST);
	EXPECT_EQ(sent.arp().sha, our_mac);
	EXPECT_EQ(sent.arp().spa, addr4(172, 16, 0, 1));
	EXPECT_EQ(sent.arp().tha, pln_mac{});
	EXPECT_EQ(sent.arp().tpa, addr4(172, 16, 0, 9));
	EXPECT_EQ(count(PLN_ARP_TX_REQUEST), 1U);
}

TEST_F(ArpRfc826, AskingAgainGoesToTheKnownMacAlone)
{
	pln_arp_request(&ip, peer_addr, &peer_mac);
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac);
}

TEST_F(ArpRfc5227, AnswersAProbeForOurAddressAndLearnsNothing)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, any_addr, our_addr), PLN_ACCEPT);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.eth.dst, peer_mac);
	EXPECT_EQ(sent.arp().opcode, PLN_ARP_REPLY);
	EXPECT_EQ(sent.arp().spa, our_addr);
	EXPECT_EQ(sent.arp().tpa, any_addr);
	EXPECT_EQ(ip.neighs.high, 0U);
}

TEST_F(ArpRfc5227, AProbeForAnotherAddressIsNoSender)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, any_addr, third_addr), PLN_ARP_BAD_SENDER);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(ArpRfc5227, AnotherHostWithOurAddressIsAConflict)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, our_addr, our_addr), PLN_ARP_CONFLICT);
	EXPECT_EQ(receive_arp(PLN_ARP_REPLY, peer_mac, our_addr, peer_addr), PLN_ARP_CONFLICT);
	EXPECT_TRUE(take_sent().empty());
	EXPECT_EQ(neigh(our_addr), nullptr);
}

TEST_F(ArpRfc5227, OurOwnPacketComeBackIsNoConflict)
{
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, our_mac, our_addr, our_addr), PLN_ARP_BAD_SENDER);
}

TEST_F(ArpRfc5227, AnnouncesWithSenderAndTargetAlike)
{
	pln_arp_announce(&ip, our_addr);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.eth.dst, everybody);
	EXPECT_EQ(sent.arp().opcode, PLN_ARP_REQUEST);
	EXPECT_EQ(sent.arp().spa, our_addr);
	EXPECT_EQ(sent.arp().tpa, our_addr);
	EXPECT_EQ(sent.arp().tha, pln_mac{});
}
} // namespace
