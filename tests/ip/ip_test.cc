/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of a host: which may be ours, whom packets may come from, whom we send from (RFC 1122 §3.2.1.3, §3.3.4.3, §3.3.6). */
#include "support/ip_host.h"

namespace
{
class IpRfc1122 : public IpHost
{
      protected:
	pln_drop
	check(Be32 src, Be32 dst)
	{
		pln_ip4_hdr hdr{};

		hdr.src = src;
		hdr.dst = dst;
		return pln_ip_rx_check(&ip, &hdr);
	}
};

TEST_F(IpRfc1122, AcceptsAPacketToOurAddress)
{
	EXPECT_EQ(check(remote_addr, our_addr), PLN_ACCEPT);
	EXPECT_EQ(check(peer_addr, our_addr), PLN_ACCEPT);
}

TEST_F(IpRfc1122, DropsWhatIsForOthers)
{
	EXPECT_EQ(check(peer_addr, third_addr), PLN_IP_NOT_FOR_US);
	EXPECT_EQ(check(peer_addr, addr4(224, 0, 0, 1)), PLN_IP_NOT_FOR_US);
	EXPECT_EQ(check(peer_addr, addr4(127, 0, 0, 1)), PLN_IP_NOT_FOR_US);
	EXPECT_EQ(check(peer_addr, addr4(10, 0, 1, 255)), PLN_IP_NOT_FOR_US);
}

TEST_F(IpRfc1122, LeavesBroadcastsToTheProtocol)
{
	EXPECT_EQ(check(peer_addr, addr4(255, 255, 255, 255)), PLN_ACCEPT);
	EXPECT_EQ(check(peer_addr, addr4(10, 0, 0, 255)), PLN_ACCEPT);
}

TEST_F(IpRfc1122, DropsSourcesThatAreNoHosts)
{
	const Be32 sources[] = {
		addr4(0, 0, 0, 0),         addr4(0, 1, 2, 3),   addr4(127, 0, 0, 1),
		addr4(224, 0, 0, 1),       addr4(240, 0, 0, 1), addr4(10, 0, 0, 255),
		addr4(255, 255, 255, 255), addr4(10, 0, 0, 0),  our_addr,
	};

	for (Be32 src : sources)
		EXPECT_EQ(check(src, our_addr), PLN_IP_BAD_SOURCE) << std::hex << pln_be32_get(src);
}

TEST_F(IpRfc1122, KnowsTheBroadcastsOfItsSubnetsAndTheirZeroForms)
{
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(255, 255, 255, 255)));
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(0, 0, 0, 0)));
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(10, 0, 0, 255)));
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(10, 0, 0, 0)));
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, addr4(10, 0, 1, 255)));
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, our_addr));
}

TEST_F(IpRfc1122, SubnetsOfOneAndTwoAddressesHaveNoBroadcast)
{
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 9, 0, 1), 31, false), 0);
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 9, 1, 0), 32, false), 0);
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, addr4(10, 9, 0, 0)));
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, addr4(10, 9, 0, 1)));
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, addr4(10, 9, 1, 0)));
	EXPECT_TRUE(pln_ip_is_ours(&ip, addr4(10, 9, 1, 0)));
}

TEST_F(IpRfc1122, RefusesAddressesNoHostCanHave)
{
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 1, 0, 0), 24, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 1, 0, 255), 24, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(224, 0, 0, 1), 24, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(127, 0, 0, 1), 8, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(0, 0, 0, 0), 8, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 1, 0, 1), 0, false), -EINVAL);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 1, 0, 1), 33, false), -EINVAL);
	EXPECT_EQ(ip.n_addrs, 1U);
}

TEST_F(IpRfc1122, TakesAnAddressOnceAndAThousandInAll)
{
	EXPECT_EQ(pln_ip_addr_find(&ip, addr4(0, 0, 0, 0)), nullptr) << "a place that is free";
	EXPECT_EQ(pln_ip_addr_add(&ip, our_addr, 24, false), -EEXIST);
	for (unsigned int i = 1; i < PLN_IP_MAX_ADDRS; i++)
		ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 9, i / 250, 1 + i % 250), 16, false), 0);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 9, 77, 251), 16, false), -ENOSPC);
	for (unsigned int i = 1; i < PLN_IP_MAX_ADDRS; i++) {
		EXPECT_TRUE(pln_ip_is_ours(&ip, addr4(10, 9, i / 250, 1 + i % 250)));
		EXPECT_FALSE(pln_ip_is_ours(&ip, addr4(10, 8, i / 250, 1 + i % 250)));
	}
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(10, 9, 255, 255)));
	EXPECT_TRUE(pln_ip_is_broadcast(&ip, addr4(10, 0, 0, 255)));
	EXPECT_FALSE(pln_ip_is_broadcast(&ip, addr4(10, 9, 0, 255)));
}

TEST_F(IpRfc1122, AddressesAreInEightSubnetsAtMost)
{
	for (unsigned int i = 1; i < PLN_IP_MAX_SUBNETS; i++) /* the fixture has one */
		EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, i, 1), 24, false), 0);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 7, 0, 1), 24, false), -ENOSPC);
	EXPECT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, 7, 2), 24, false), 0);
}

TEST_F(IpRfc1122, AnnouncesANewAddressWhenAsked)
{
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, 0, 77), 24, true), 0);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].arp().spa, addr4(10, 0, 0, 77));
	EXPECT_EQ(sent[0].arp().tpa, addr4(10, 0, 0, 77));
}

TEST_F(IpRfc1122, SendsFromTheAddressOnTheNextHopsSubnet)
{
	Be32 src{};

	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 1), 16, false), 0);
	ASSERT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 0), 24, addr4(172, 16, 0, 254)), 0);

	EXPECT_EQ(pln_ip_source_for(&ip, peer_addr, &src), 0);
	EXPECT_EQ(src, our_addr);
	EXPECT_EQ(pln_ip_source_for(&ip, addr4(172, 16, 9, 9), &src), 0);
	EXPECT_EQ(src, addr4(172, 16, 0, 1));
	EXPECT_EQ(pln_ip_source_for(&ip, remote_addr, &src), 0);
	EXPECT_EQ(src, addr4(172, 16, 0, 1));
	EXPECT_EQ(pln_ip_source_for(&ip, addr4(8, 8, 8, 8), &src), 0);
	EXPECT_EQ(src, our_addr);
}

TEST_F(IpRfc1122, NextHopIsTheHostOnLinkAndTheGatewayElsewhere)
{
	Be32 next_hop{};

	EXPECT_EQ(pln_ip_next_hop(&ip, peer_addr, &next_hop), 0);
	EXPECT_EQ(next_hop, peer_addr);
	EXPECT_EQ(pln_ip_next_hop(&ip, remote_addr, &next_hop), 0);
	EXPECT_EQ(next_hop, gateway_addr);
}

TEST_F(IpRfc1122, ThereIsNoWayToGroupsBroadcastsOrOurselves)
{
	const Be32 nobody[] = { addr4(224, 0, 0, 1),       addr4(10, 0, 0, 255), our_addr,
		                addr4(255, 255, 255, 255), addr4(127, 0, 0, 1),  any_addr };
	Be32 next_hop{};

	for (Be32 dst : nobody)
		EXPECT_EQ(pln_ip_next_hop(&ip, dst, &next_hop), -ENETUNREACH);
}

TEST_F(IpRfc1122, AGatewayMustBeANeighbour)
{
	EXPECT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 0), 24, addr4(10, 0, 1, 1)), -ENETUNREACH);
	EXPECT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 0), 24, our_addr), -ENETUNREACH);
	EXPECT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 0), 24, addr4(10, 0, 0, 255)),
	          -ENETUNREACH);
	EXPECT_EQ(pln_ip_route_add(&ip, addr4(192, 0, 2, 1), 24, gateway_addr), -EINVAL);
	EXPECT_EQ(pln_ip_route_add(&ip, any_addr, 0, gateway_addr), -EEXIST);
}

TEST_F(IpRfc1122, TakesThirtyTwoRoutes)
{
	for (unsigned int i = 1; i < PLN_IP_MAX_ROUTES; i++) /* the fixture has the default */
		EXPECT_EQ(pln_ip_route_add(&ip, addr4(20, i, 0, 0), 16, gateway_addr), 0);
	EXPECT_EQ(pln_ip_route_add(&ip, addr4(30, 0, 0, 0), 16, gateway_addr), -ENOSPC);
	for (unsigned int i = 1; i < PLN_IP_MAX_SUBNETS;
	     i++) /* and addresses still have room for theirs */
		EXPECT_EQ(pln_ip_addr_add(&ip, addr4(40, i, 0, 1), 16, false), 0);
}

TEST_F(IpRfc1122, RefusesAnMtuBelowWhatInternetCarries)
{
	EXPECT_EQ(pln_ip_mtu_set(&ip, 67), -EINVAL);
	EXPECT_EQ(pln_ip_mtu_set(&ip, 68), 0);
	EXPECT_EQ(ip.mtu, 68);
}
} // namespace
