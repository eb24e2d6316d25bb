/* SPDX-License-Identifier: BSD-3-Clause */
/* Path MTUs by destination: kept over changes of routes, only lowered, bounded, forgotten after ten minutes (RFC 1191 §6.2-6.3). */
#include "support/ip_host.h"

namespace
{
class PathMtuRfc1191 : public IpHost
{
};

TEST_F(PathMtuRfc1191, OutlivesNewRoutesAndAddresses)
{
	make_reachable(gateway_addr, other_mac);

	pln_ip_path path = path_to(remote_addr);

	pln_ip_pmtu_learn(&ip, remote_addr, 1200);
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 1), 16, false), 0);
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(1181), PLN_IP4_PROTO_TCP), PLN_IP_TOO_BIG);
	EXPECT_EQ(path.mtu, 1200);
	ASSERT_EQ(pln_ip_mtu_set(&ip, 1000), 0);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 1000);
	ASSERT_EQ(pln_ip_mtu_set(&ip, 1500), 0);
	EXPECT_EQ(pln_ip_tx(&ip, &path, packet(1180), PLN_IP4_PROTO_TCP), PLN_ACCEPT);
	EXPECT_EQ(path.mtu, 1200);
	pln_ip_path_close(&ip, &path);
}

TEST_F(PathMtuRfc1191, IsSharedByAllPathsThereAndByNoOthers)
{
	pln_ip_path before = path_to(remote_addr);

	pln_ip_pmtu_learn(&ip, remote_addr, 1200);

	pln_ip_path after = path_to(remote_addr), other = path_to(addr4(192, 0, 2, 10));

	pln_ip_tx(&ip, &before, packet(), PLN_IP4_PROTO_TCP);
	EXPECT_EQ(before.mtu, 1200);
	EXPECT_EQ(after.mtu, 1200);
	EXPECT_EQ(other.mtu, 1500);
	for (pln_ip_path *p : { &before, &after, &other })
		pln_ip_path_close(&ip, p);
}

TEST_F(PathMtuRfc1191, IsNeverRaisedByAReport)
{
	pln_ip_pmtu_learn(&ip, remote_addr, 1200);
	pln_ip_pmtu_learn(&ip, remote_addr, 1400);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 1200);
	pln_ip_pmtu_learn(&ip, remote_addr, 1000);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 1000);
}

TEST_F(PathMtuRfc1191, NobodyCanTalkUsBelow552)
{
	pln_ip_pmtu_learn(&ip, remote_addr, 68);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 552);
	ASSERT_EQ(pln_ip_mtu_set(&ip, 300), 0);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 300);
}

TEST_F(PathMtuRfc1191, IsForgottenTenMinutesAfterItWasLearned)
{
	pln_ip_pmtu_learn(&ip, remote_addr, 1200);
	EXPECT_TRUE(pln_pmtu_take_news(&ip.pmtu));
	advance(300 * second);
	pln_ip_pmtu_learn(&ip, peer_addr, 1300);
	EXPECT_TRUE(pln_pmtu_take_news(&ip.pmtu));
	advance(300 * second - slack);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 1200);
	EXPECT_FALSE(pln_pmtu_take_news(&ip.pmtu));
	advance(2 * slack);
	EXPECT_EQ(pln_ip_pmtu(&ip, remote_addr), 1500);
	EXPECT_EQ(pln_ip_pmtu(&ip, peer_addr), 1300);
	EXPECT_TRUE(pln_pmtu_take_news(&ip.pmtu));
	EXPECT_FALSE(pln_pmtu_take_news(&ip.pmtu));
	advance(300 * second);
	EXPECT_EQ(pln_ip_pmtu(&ip, peer_addr), 1500);
	EXPECT_EQ(env.wheel.armed, 0U);
}

TEST_F(PathMtuRfc1191, AFloodOfDestinationsIsBoundedAndTheNewestStay)
{
	for (unsigned int i = 0; i < 1000; i++) {
		pln_ip_pmtu_learn(&ip, addr4(198, 51, i / 250, i % 250), 1000);
		advance(PLN_NS_PER_MS);
	}
	EXPECT_EQ(ip.pmtu.count, PLN_PMTU_MAX);
	EXPECT_EQ(pln_ip_pmtu(&ip, addr4(198, 51, 3, 249)), 1000);
	EXPECT_EQ(pln_ip_pmtu(&ip, addr4(198, 51, 0, 0)), 1500);
}
} // namespace
