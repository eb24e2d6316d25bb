/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: headers to the bit, offloads, paths that follow changes, what is refused, identification (RFC 791, 1122, 6864). */
#include <set>

#include "support/ip_host.h"

namespace
{
class IpTx : public IpHost
{
      protected:
	/* A path to the peer, which is known. */
	pln_ip_path
	reachable_path()
	{
		make_reachable(peer_addr, peer_mac);
		return path_to(peer_addr);
	}

	/* The identification of a packet to `dst`. */
	uint16_t
	id_to(Be32 dst, uint8_t proto = PLN_IP4_PROTO_ICMP)
	{
		pln_ip_once to{};

		to.dst = dst;
		to.proto = proto;
		EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ACCEPT);
		return take_sent().at(0).ip().id;
	}
};

TEST_F(IpTx, WritesEthernetAndIp4HeadersBeforeTheTransport)
{
	pln_ip_path path = reachable_path();

	path.ttl = 17;
	path.tos = 0xb8;
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(100, 0x77), PLN_IP4_PROTO_TCP), PLN_ACCEPT);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, peer_mac);
	EXPECT_EQ(sent[0].eth.src, our_mac);
	EXPECT_EQ(sent[0].eth.vlan, PLN_ETH_NO_VLAN);

	pln_ip4_hdr hdr = sent[0].ip(); /* the checksum is verified there */

	EXPECT_EQ(hdr.src, our_addr);
	EXPECT_EQ(hdr.dst, peer_addr);
	EXPECT_EQ(hdr.total_len, 120);
	EXPECT_EQ(hdr.hdr_len, 20);
	EXPECT_EQ(hdr.ttl, 17);
	EXPECT_EQ(hdr.tos, 0xb8);
	EXPECT_EQ(hdr.proto, PLN_IP4_PROTO_TCP);
	EXPECT_TRUE(hdr.df);
	EXPECT_FALSE(hdr.mf);
	EXPECT_EQ(hdr.frag_off, 0);
	EXPECT_EQ(sent[0].transport(), std::vector<uint8_t>(100, 0x77));
	EXPECT_EQ(count(PLN_IP_TX), 1U);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, DefaultsAreTtl64AndDontFragment)
{
	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);

	pln_ip4_hdr hdr = take_sent().at(0).ip();

	EXPECT_EQ(hdr.ttl, 64);
	EXPECT_EQ(hdr.tos, 0);
	EXPECT_TRUE(hdr.df);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, TheDefaultTtlIsTheStacks)
{
	ip.ttl = 200;

	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);
	EXPECT_EQ(take_sent().at(0).ip().ttl, 200);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, PadsNothing)
{
	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(1), PLN_IP4_PROTO_TCP);
	pln_txq_flush(&txq);
	EXPECT_EQ(wire.frames.at(0).bytes.size(), 14U + 20 + 1);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, SetsNoOffloadFlagsForALinkWithoutAny)
{
	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);
	pln_txq_flush(&txq);
	EXPECT_EQ(wire.frames.at(0).ol_flags, 0U);
	EXPECT_EQ(wire.frames.at(0).l2_len, 0U);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, DescribesHeadersWhenTheCallerLeavesTheTcpChecksumToTheLink)
{
	pln_ip_path path = reachable_path();
	rte_mbuf *m = packet(20);

	m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
	pln_ip_tx(&ip, &path, m, PLN_IP4_PROTO_TCP);
	pln_txq_flush(&txq);

	const CapturedFrame &frame = wire.frames.at(0);

	EXPECT_EQ(frame.ol_flags, RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4);
	EXPECT_EQ(frame.l2_len, 14U);
	EXPECT_EQ(frame.l3_len, 20U);
	EXPECT_EQ(frame.packet_type,
	          static_cast<uint32_t>(RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP));
	EXPECT_EQ(Sent(frame).ip().total_len, 40); /* the IPv4 checksum is complete */
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, ReachesARemoteHostThroughTheGateway)
{
	make_reachable(gateway_addr, other_mac);

	pln_ip_path path = path_to(remote_addr);

	EXPECT_EQ(path.next_hop, gateway_addr);
	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.eth.dst, other_mac);
	EXPECT_EQ(sent.ip().dst, remote_addr);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, PathsAreRefusedWithTheirReason)
{
	pln_ip_path path{};

	EXPECT_EQ(pln_ip_path_open(&ip, peer_addr, third_addr, &path), -EADDRNOTAVAIL);
	EXPECT_EQ(pln_ip_path_open(&ip, our_addr, any_addr, &path), -ENETUNREACH);
	EXPECT_EQ(pln_ip_path_open(&ip, addr4(10, 0, 0, 255), any_addr, &path), -ENETUNREACH);
	EXPECT_EQ(path.neigh, nullptr);
}

TEST_F(IpTx, APathIsRefusedWhenEveryNeighbourIsInUse)
{
	std::vector<pln_ip_path> paths;
	pln_ip_path path{};

	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 1), 16, false), 0);
	for (unsigned int i = 0; i < PLN_NEIGH_MAX; i++)
		paths.push_back(path_to(addr4(172, 16, 1 + i / 250, 1 + i % 250)));
	EXPECT_EQ(pln_ip_path_open(&ip, peer_addr, any_addr, &path), -ENOSPC);

	pln_ip_once to{};

	to.dst = peer_addr;
	EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ARP_TABLE_FULL);
	EXPECT_EQ(count(PLN_ARP_TABLE_FULL), 1U);
	for (pln_ip_path &p : paths)
		pln_ip_path_close(&ip, &p);
	EXPECT_EQ(pln_ip_path_open(&ip, peer_addr, any_addr, &path), 0);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, ClosingAPathTwiceIsHarmless)
{
	pln_ip_path path = path_to(peer_addr);

	pln_ip_path_close(&ip, &path);
	pln_ip_path_close(&ip, &path);
	EXPECT_EQ(neigh(peer_addr), nullptr); /* nothing was ever sent there */
}

TEST_F(IpTx, DropsWhatExceedsThePathsMtu)
{
	pln_ip_path path = reachable_path();

	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(1480), PLN_IP4_PROTO_TCP), PLN_ACCEPT);
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(1481), PLN_IP4_PROTO_TCP), PLN_IP_TOO_BIG);
	path.mtu = 576;
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(557), PLN_IP4_PROTO_TCP), PLN_IP_TOO_BIG);
	EXPECT_EQ(count(PLN_IP_TOO_BIG), 2U);
	EXPECT_EQ(take_sent().size(), 1U);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, LeavesSegmentingToTheDeviceWhereTheCallerAskedForIt)
{
	pln_ip_path path = reachable_path();
	rte_mbuf *m = packet(2000);

	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM;
	EXPECT_EQ(pln_ip_tx(&ip, &path, m, PLN_IP4_PROTO_TCP), PLN_ACCEPT);
	EXPECT_EQ(take_sent().at(0).ip().total_len, 2020);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, APathFollowsANewRouteAndANewMtu)
{
	make_reachable(gateway_addr, other_mac);

	pln_ip_path path = path_to(remote_addr);

	path.ttl = 9;
	make_reachable(third_addr, peer_mac);
	ASSERT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 0), 24, third_addr), 0);
	ASSERT_EQ(pln_ip_mtu_set(&ip, 1000), 0);
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP), PLN_ACCEPT);

	Sent sent = take_sent().at(0);

	EXPECT_EQ(sent.eth.dst, peer_mac);
	EXPECT_EQ(sent.ip().ttl, 9);
	EXPECT_EQ(path.mtu, 1000);
	EXPECT_EQ(path.generation, ip.generation); /* the next packet need not look */
	EXPECT_EQ(path.next_hop, third_addr);
	EXPECT_EQ(neigh(gateway_addr)->users, 0U);
	EXPECT_EQ(neigh(third_addr)->users, 1U);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, APathWhoseRouteIsGoneCountsItsDrops)
{
	pln_ip_path path = path_to(peer_addr);

	ASSERT_EQ(pln_ip_addr_add(&ip, peer_addr, 24, false),
	          0); /* the peer's address is ours now */
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP), PLN_IP_NO_ROUTE);
	EXPECT_EQ(count(PLN_IP_NO_ROUTE), 1U);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTx, OncePicksSourceAndDefaults)
{
	pln_ip_once to{};

	make_reachable(peer_addr, peer_mac);
	to.dst = peer_addr;
	to.proto = PLN_IP4_PROTO_ICMP;
	to.tos = 4;
	to.df = true;
	EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ACCEPT);
	to.ttl = 3;
	to.df = false;
	EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ACCEPT);

	std::vector<Sent> sent = take_sent();

	EXPECT_EQ(sent.at(0).ip().src, our_addr);
	EXPECT_EQ(sent.at(0).ip().ttl, 64);
	EXPECT_EQ(sent.at(0).ip().tos, 4);
	EXPECT_TRUE(sent.at(0).ip().df);
	EXPECT_EQ(sent.at(1).ip().ttl, 3);
	EXPECT_FALSE(sent.at(1).ip().df);
	EXPECT_EQ(neigh(peer_addr)->users, 0U);
}

TEST_F(IpTx, OnceWithoutARouteIsDroppedAndCounted)
{
	pln_ip_once to{};

	to.dst = addr4(224, 0, 0, 5);
	EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_IP_NO_ROUTE);
	EXPECT_EQ(count(PLN_IP_NO_ROUTE), 1U);
}

TEST_F(IpTx, OnceToAnUnknownNeighbourWaitsForIt)
{
	pln_ip_once to{};

	to.dst = peer_addr;
	EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ACCEPT);
	EXPECT_EQ(take_sent().at(0).arp().tpa, peer_addr);
	answer(peer_addr, peer_mac);
	EXPECT_EQ(take_sent().at(0).ip().dst, peer_addr);
}

TEST_F(IpTx, IdentificationOfFragmentableDatagramsIsNeverRepeatedSoonRfc6864)
{
	std::set<uint16_t> seen;

	make_reachable(peer_addr, peer_mac);
	for (int i = 0; i < 2000; i++)
		EXPECT_TRUE(seen.insert(id_to(peer_addr)).second);
}

TEST_F(IpTx, IdentificationToOneHostTellsNothingAboutAnotherRfc6864)
{
	make_reachable(peer_addr, peer_mac);
	make_reachable(third_addr, other_mac);

	uint16_t a = id_to(peer_addr), b = id_to(third_addr), c = id_to(peer_addr, 17);

	EXPECT_NE(static_cast<uint16_t>(a + 1), b);
	EXPECT_NE(static_cast<uint16_t>(a + 1), c);
	EXPECT_EQ(id_to(peer_addr), static_cast<uint16_t>(a + 1));
}

TEST_F(IpTx, AtomicDatagramsNeedNoIdentificationRfc6864)
{
	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);
	EXPECT_EQ(take_sent().at(0).ip().id, 0);
	pln_ip_path_close(&ip, &path);
}

class IpTxOffload : public IpTx
{
	void
	configure() override
	{
		wire.link.capabilities = PLN_LINK_TX_IP4_CKSUM;
		wire.link.vlan = 100;
	}
};

TEST_F(IpTxOffload, LeavesTheIp4ChecksumZeroAndMarked)
{
	pln_ip_path path = reachable_path();

	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_ICMP);
	pln_txq_flush(&txq);

	const CapturedFrame &frame = wire.frames.at(0);

	EXPECT_EQ(frame.ol_flags, RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4);
	EXPECT_EQ(frame.l2_len, 18U);
	EXPECT_EQ(frame.l3_len, 20U);
	EXPECT_EQ(frame.packet_type,
	          static_cast<uint32_t>(RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV4));
	EXPECT_EQ(frame.bytes.at(18 + 10), 0);
	EXPECT_EQ(frame.bytes.at(18 + 11), 0);
	pln_ip_path_close(&ip, &path);
}

TEST_F(IpTxOffload, TagsEveryFrameOfATaggedLink)
{
	pln_ip_path path = reachable_path();

	pln_arp_request(&ip, third_addr, nullptr);
	pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_ICMP);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 2U);
	EXPECT_EQ(sent[0].eth.vlan, 100);
	EXPECT_EQ(sent[0].arp().tpa, third_addr);
	EXPECT_EQ(sent[1].eth.vlan, 100);
	EXPECT_EQ(sent[1].eth.dst, peer_mac);
	EXPECT_EQ(sent[1].eth.type, PLN_ETH_TYPE_IP4);
	pln_ip_path_close(&ip, &path);
}
/* What leaves in pieces, put together by hand; checks that they are lawful fragments of `mtu` bytes at most. */
class IpFragRfc791 : public IpHost
{
      protected:
	void
	SetUp() override
	{
		IpHost::SetUp();
		make_reachable(peer_addr, peer_mac);
		path = path_to(peer_addr);
		path.df = false;
	}

	void
	TearDown() override
	{
		pln_ip_path_close(&ip, &path);
		IpHost::TearDown();
	}

	/* A packet of `len` bytes in as many buffers as it needs. */
	rte_mbuf *
	large(uint32_t len)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool);

		data.resize(len);
		for (uint32_t i = 0; i < len; i++)
			data[i] = static_cast<uint8_t>(i * 13 + i / 256);
		EXPECT_TRUE(pln_mbuf_put(m, data.data(), len));
		return m;
	}

	std::vector<uint8_t>
	put_together(size_t mtu)
	{
		std::vector<uint8_t> whole;
		std::vector<Sent> sent = take_sent();

		pieces = sent.size();
		for (size_t i = 0; i < sent.size(); i++) {
			pln_ip4_hdr hdr = sent[i].ip();
			std::vector<uint8_t> part = sent[i].transport();

			EXPECT_LE(hdr.total_len, mtu);
			EXPECT_EQ(hdr.frag_off, whole.size());
			EXPECT_EQ(hdr.mf, i + 1 < sent.size());
			EXPECT_EQ(hdr.id, sent[0].ip().id);
			EXPECT_FALSE(hdr.df);
			EXPECT_EQ(hdr.ttl, 64);
			EXPECT_EQ(hdr.proto, PLN_IP4_PROTO_UDP);
			EXPECT_TRUE(!hdr.mf || part.size() % 8 == 0);
			whole.insert(whole.end(), part.begin(), part.end());
		}
		return whole;
	}

	pln_ip_path path{};
	std::vector<uint8_t> data;
	size_t pieces = 0;
};

TEST_F(IpFragRfc791, EverySizeAroundTheMtuArrivesWhole)
{
	for (uint32_t len : { 1479U, 1480U, 1481U, 1488U, 2959U, 2960U, 2961U, 9000U }) {
		EXPECT_EQ(pln_ip_tx(&ip, &path, large(len), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
		EXPECT_EQ(put_together(1500), data) << len;
		EXPECT_EQ(pieces, (len + 1479) / 1480);
	}
	EXPECT_EQ(count(PLN_IP_TX_FRAGMENTED), 6U);
}

TEST_F(IpFragRfc791, TheLargestDatagramOverTheSmallestMtu)
{
	path.mtu = 68;
	EXPECT_EQ(pln_ip_tx(&ip, &path, large(65515), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	EXPECT_EQ(put_together(68), data);
	EXPECT_EQ(pieces, 1365U);
	EXPECT_EQ(pln_ip_tx(&ip, &path, large(65516), PLN_IP4_PROTO_UDP), PLN_IP_TOO_BIG);
}

TEST_F(IpFragRfc791, FragmentsAreMultiplesOfEightWhateverTheMtu)
{
	for (uint16_t mtu = 69; mtu < 90; mtu++) {
		path.mtu = mtu;
		EXPECT_EQ(pln_ip_tx(&ip, &path, large(500), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
		EXPECT_EQ(put_together(mtu), data);
	}
}

TEST_F(IpFragRfc791, DontFragmentMeansDrop)
{
	path.df = true;
	EXPECT_EQ(pln_ip_tx(&ip, &path, large(1481), PLN_IP4_PROTO_UDP), PLN_IP_TOO_BIG);
	EXPECT_EQ(count(PLN_IP_TOO_BIG), 1U);
	EXPECT_TRUE(take_sent().empty());
}

TEST_F(IpFragRfc791, TwoDatagramsHaveTwoIdentifications)
{
	uint16_t first;

	EXPECT_EQ(pln_ip_tx(&ip, &path, large(3000), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	first = take_sent().at(0).ip().id;
	EXPECT_EQ(pln_ip_tx(&ip, &path, large(3000), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	EXPECT_NE(take_sent().at(0).ip().id, first);
}

TEST_F(IpFragRfc791, AChecksumLeftToTheDeviceIsMadeBefore)
{
	rte_mbuf *m = large(3000);
	uint16_t pseudo = 0x1234, expected;

	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, 16), &pseudo, 2);
	expected = pln_cksum_finish(pln_mbuf_cksum(m, 0));
	m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
	EXPECT_EQ(pln_ip_tx(&ip, &path, m, PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	pln_txq_flush(&txq);
	ASSERT_EQ(wire.frames.size(), 3U);
	for (const CapturedFrame &f : wire.frames)
		EXPECT_EQ(f.ol_flags & RTE_MBUF_F_TX_L4_MASK, 0U);
	EXPECT_EQ(memcmp(wire.frames[0].bytes.data() + 14 + 20 + 16, &expected, 2), 0);
}

TEST_F(IpFragRfc791, AllOfThemWaitForArp)
{
	pln_ip_path far = path_to(third_addr);

	far.df = false;
	EXPECT_EQ(pln_ip_tx(&ip, &far, large(65515), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	EXPECT_EQ(take_sent().size(), 1U);
	answer(third_addr, other_mac);
	EXPECT_EQ(put_together(1500), data);
	pln_ip_path_close(&ip, &far);
}

TEST_F(IpFragRfc791, AnEmptyPoolDropsAndFreesEverything)
{
	rte_mbuf *m = large(9000);
	std::vector<rte_mbuf *> taken;

	while (rte_mempool_avail_count(pool) > 2)
		taken.push_back(pln_mbuf_alloc(pool));
	EXPECT_EQ(pln_ip_tx(&ip, &path, m, PLN_IP4_PROTO_UDP), PLN_IP_FRAG_NO_MBUF);
	EXPECT_EQ(count(PLN_IP_FRAG_NO_MBUF), 1U);
	for (rte_mbuf *t : taken)
		rte_pktmbuf_free(t);
}

TEST_F(IpFragRfc791, ALinkWithoutChainsGetsOneBufferOrFragments)
{
	rte_mbuf *m = pln_mbuf_alloc(pool);

	m->next = large(500);
	m->nb_segs = 2;
	m->pkt_len = 500;
	path.df = true;
	EXPECT_EQ(pln_ip_tx(&ip, &path, m, PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	pln_txq_flush(&txq);
	ASSERT_EQ(wire.frames.size(), 1U);
	EXPECT_EQ(wire.frames[0].nb_segs, 1);
	wire.frames.clear();
	ASSERT_EQ(pln_ip_mtu_set(&ip, 9000), 0);
	path.df = false;
	EXPECT_EQ(pln_ip_tx(&ip, &path, large(6000), PLN_IP4_PROTO_UDP), PLN_ACCEPT);
	EXPECT_EQ(put_together(2048 + 128), data) << "no buffer of the pool holds it";
}

} // namespace
