/* SPDX-License-Identifier: BSD-3-Clause */
/* Several gateways for one prefix: who is preferred, who takes over, and when the first one gets its traffic back (RFC 1122 §3.3.1). */
#include "support/ip_host.h"

namespace
{
class GatewaysRfc1122 : public IpHost
{
      protected:
	void
	SetUp() override
	{
		IpHost::SetUp();
		ASSERT_EQ(pln_ip_route_add(&ip, any_addr, 0, third_addr), 0);
		make_reachable(gateway_addr, peer_mac);
		make_reachable(third_addr, other_mac);
		path = path_to(remote_addr);
	}

	void
	TearDown() override
	{
		pln_ip_path_close(&ip, &path);
		IpHost::TearDown();
	}

	/* Whom a packet to a remote host leaves by; all ARP is noted in `asked`. */
	Be32
	way()
	{
		Be32 hop = any_addr;

		pln_ip_tx(&ip, &path, packet(), PLN_IP4_PROTO_TCP);
		for (const Sent &s : take_sent()) {
			if (s.eth.type == PLN_ETH_TYPE_ARP)
				asked.push_back(s.arp().tpa);
			else
				hop = s.eth.dst == other_mac ? third_addr : gateway_addr;
		}
		return hop;
	}

	/* The first gateway falls silent while something is sent twice a second. */
	void
	let_first_die()
	{
		for (int i = 0; i < 100 && ip.routes.dead == 0; i++) {
			advance(second / 2);
			way();
			answer(third_addr, other_mac);
		}
		ASSERT_EQ(ip.routes.dead, 1U);
		asked.clear();
	}

	void
	keep_sending(uint64_t ns)
	{
		for (uint64_t end = env.now + ns; env.now < end;) {
			advance(second / 2);
			EXPECT_EQ(way(), third_addr);
			answer(third_addr, other_mac);
		}
	}

	size_t
	times_asked(Be32 whom)
	{
		return static_cast<size_t>(std::count(asked.begin(), asked.end(), whom));
	}

	pln_ip_path path{};
	std::vector<Be32> asked;
};

TEST_F(GatewaysRfc1122, TheFirstOfAPrefixIsPreferredAndTheSecondTakesOver)
{
	EXPECT_EQ(way(), gateway_addr);
	let_first_die();
	EXPECT_EQ(way(), third_addr);
	EXPECT_EQ(count(PLN_IP_GATEWAY_DEAD), 1U);

	pln_ip_path fresh = path_to(remote_addr);

	EXPECT_EQ(fresh.next_hop, third_addr);
	pln_ip_path_close(&ip, &fresh);
}

TEST_F(GatewaysRfc1122, TheFirstGetsItsTrafficBackWhenItAnswersAgain)
{
	let_first_die();
	keep_sending(29 * second);
	EXPECT_EQ(times_asked(gateway_addr), 0U) << "it is left alone for half a minute";
	keep_sending(2 * second);
	EXPECT_EQ(times_asked(gateway_addr), 1U);
	answer(gateway_addr, peer_mac);
	EXPECT_EQ(ip.routes.dead, 0U);
	EXPECT_EQ(way(), gateway_addr);
}

TEST_F(GatewaysRfc1122, ItIsAskedMoreAndMoreSeldomAndNeverWithoutTraffic)
{
	let_first_die();
	advance(3600 * second);
	for (const Sent &s : take_sent())
		EXPECT_NE(s.arp().tpa.raw, gateway_addr.raw) << "nothing to send, nothing to ask";
	for (int i = 0; i < 3600 * 2; i++) {
		advance(second / 2);
		way();
		answer(third_addr, other_mac);
	}
	EXPECT_GE(times_asked(gateway_addr), 3U * 4);
	EXPECT_LE(times_asked(gateway_addr), 3U * 10);
}

TEST_F(GatewaysRfc1122, WithNoOtherGatewayTheDeadOneIsStillTheWay)
{
	pln_ip_path far;

	ASSERT_EQ(pln_ip_route_add(&ip, addr4(198, 51, 100, 0), 24, gateway_addr), 0);
	let_first_die();
	ASSERT_EQ(pln_ip_path_open(&ip, addr4(198, 51, 100, 1), any_addr, &far), 0);
	EXPECT_EQ(far.next_hop, gateway_addr);
	pln_ip_path_close(&ip, &far);
}

TEST_F(GatewaysRfc1122, ADoubtfulPathTriesTheOtherGatewayAlone)
{
	pln_ip_path other = path_to(addr4(192, 0, 2, 77));

	EXPECT_EQ(way(), gateway_addr);
	pln_ip_path_suspect(&ip, &path);
	EXPECT_EQ(way(), third_addr);
	EXPECT_EQ(other.next_hop, gateway_addr);
	EXPECT_EQ(ip.routes.dead, 0U);
	pln_ip_path_suspect(&ip, &path);
	EXPECT_EQ(way(), gateway_addr) << "and back, when that is no better";
	pln_ip_path_close(&ip, &other);
}
} // namespace
