/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour cache: states over time, waiting packets, bounds, who is forgotten (RFC 1122 §2.3.2; states after RFC 4861). */
#include <map>

#include "support/ip_host.h"

namespace
{
class Neigh : public IpHost
{
      protected:
	void
	SetUp() override
	{
		IpHost::SetUp();
		path = path_to(peer_addr);
	}

	void
	TearDown() override
	{
		pln_ip_path_close(&ip, &path);
		IpHost::TearDown();
	}

	pln_drop
	send(uint8_t byte = 0x5a)
	{
		return pln_ip_tx(&ip, &path, packet(8, byte), PLN_IP4_PROTO_TCP);
	}

	unsigned int
	requests_sent()
	{
		auto sent = take_sent();

		return static_cast<unsigned int>(
			std::count_if(sent.begin(), sent.end(), [](const Sent &s) {
				return s.eth.type == PLN_ETH_TYPE_ARP;
			}));
	}

	void
	make_stale()
	{
		make_reachable(peer_addr, peer_mac);
		advance(30 * second + slack);
		ASSERT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
	}

	pln_ip_path path{};
};

TEST_F(Neigh, TheFirstPacketAsksAndWaits)
{
	EXPECT_EQ(send(), PLN_ACCEPT);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, everybody);
	EXPECT_EQ(sent[0].arp().tpa, peer_addr);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_INCOMPLETE);
	EXPECT_EQ(neigh(peer_addr)->queued, 1);
}

TEST_F(Neigh, WaitingPacketsLeaveInOrderWithTheAnswer)
{
	for (uint8_t i = 0; i < 3; i++)
		send(i);
	take_sent();
	answer(peer_addr, peer_mac);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 3U);
	for (uint8_t i = 0; i < 3; i++) {
		EXPECT_EQ(sent[i].eth.dst, peer_mac);
		EXPECT_EQ(sent[i].transport(), std::vector<uint8_t>(8, i));
	}
	EXPECT_EQ(neigh(peer_addr)->queued, 0);
	EXPECT_EQ(ip.neighs.queued, 0U);
}

TEST_F(Neigh, SixtyFourWaitAndTheNewestAreKept)
{
	for (uint8_t i = 0; i < 64; i++)
		EXPECT_EQ(send(i), PLN_ACCEPT);
	EXPECT_EQ(send(64), PLN_ARP_QUEUE_FULL);
	EXPECT_EQ(send(65), PLN_ARP_QUEUE_FULL);
	EXPECT_EQ(count(PLN_ARP_QUEUE_FULL), 2U);
	take_sent();
	answer(peer_addr, peer_mac);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 64U);
	EXPECT_EQ(sent.front().transport()[0], 2);
	EXPECT_EQ(sent.back().transport()[0], 65);
}

TEST_F(Neigh, AllQueuesTogetherAreBounded)
{
	pln_ip_once to{};

	for (unsigned int host = 0; host < PLN_NEIGH_TOTAL_MAX / PLN_NEIGH_QUEUE_MAX; host++) {
		to.dst = addr4(10, 0, 0, 100 + host);
		for (unsigned int i = 0; i < PLN_NEIGH_QUEUE_MAX; i++)
			EXPECT_EQ(pln_ip_tx_once(&ip, &to, packet()), PLN_ACCEPT);
	}
	EXPECT_EQ(ip.neighs.queued, PLN_NEIGH_TOTAL_MAX);
	EXPECT_EQ(send(), PLN_ARP_QUEUE_FULL);
	EXPECT_EQ(ip.neighs.queued, PLN_NEIGH_TOTAL_MAX);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_INCOMPLETE); /* it is asked for all the same */
}

TEST_F(Neigh, AsksThreeTimesWithBackOffAndGivesUpRfc1122)
{
	std::vector<unsigned int> per_second;

	for (int s = 0; s < 7; s++) {
		for (int i = 0; i < 10; i++) { /* however much there is to send */
			send();
			advance(second / 10);
		}
		per_second.push_back(requests_sent());
	}
	/* At once, after one second, after two more; failed after the fourth, a second of silence, then a new attempt. */
	EXPECT_LE(*std::max_element(per_second.begin(), per_second.end()), 1U);
	EXPECT_EQ(count(PLN_ARP_TX_REQUEST), 5U);
}

TEST_F(Neigh, IntervalsBetweenRequestsDoubleUpToHalfAMinute)
{
	std::vector<uint64_t> at;
	uint64_t began = env.now;

	ip.neighs.tries_max = 8;
	send();
	for (int ms = 0; ms < 200000; ms += 100) {
		if (requests_sent() > 0)
			at.push_back((env.now - began + second / 2) / second);
		advance(second / 10);
	}
	EXPECT_EQ(at, (std::vector<uint64_t>{ 0, 1, 3, 7, 15, 31, 63, 95 }));
}

TEST_F(Neigh, FailureDropsWhatWaitsAndIsNews)
{
	Be32 addr{};

	send();
	send();
	EXPECT_FALSE(pln_neigh_take_failed(&ip.neighs, &addr));
	advance(4 * second + slack);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_FAILED);
	EXPECT_EQ(neigh(peer_addr)->requests, 3U);
	EXPECT_EQ(count(PLN_ARP_FAILED), 2U);
	EXPECT_EQ(send(), PLN_ARP_FAILED);
	EXPECT_EQ(count(PLN_ARP_FAILED), 3U);

	ASSERT_TRUE(pln_neigh_take_failed(&ip.neighs, &addr));
	EXPECT_EQ(addr, peer_addr);
	EXPECT_FALSE(pln_neigh_take_failed(&ip.neighs, &addr));
}

TEST_F(Neigh, FailureIsNewsOnceUntilItIsTaken)
{
	Be32 addr{};

	for (int i = 0; i < 2; i++) {
		send();
		advance(5 * second + slack);
		EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_FAILED) << i;
	}
	EXPECT_TRUE(pln_neigh_take_failed(&ip.neighs, &addr));
	EXPECT_FALSE(pln_neigh_take_failed(&ip.neighs, &addr));
}

TEST_F(Neigh, AFailedNeighbourIsAskedAgainAfterASecond)
{
	send();
	advance(4 * second + slack);
	take_sent();
	advance(second / 2);
	EXPECT_EQ(send(), PLN_ARP_FAILED);
	EXPECT_EQ(requests_sent(), 0U);
	advance(second / 2 + slack);
	EXPECT_EQ(send(), PLN_ACCEPT);
	EXPECT_EQ(requests_sent(), 1U);
	EXPECT_EQ(neigh(peer_addr)->requests, 4U);
	answer(peer_addr, peer_mac);
	EXPECT_EQ(take_sent().size(), 1U);
	EXPECT_EQ(neigh(peer_addr)->requests, 0U);
}

TEST_F(Neigh, ALateAnswerAfterFailureIsTakenAndNoNewsAnyMore)
{
	Be32 addr{};

	send();
	advance(4 * second + slack);
	EXPECT_EQ(answer(peer_addr, peer_mac), PLN_ACCEPT);
	EXPECT_FALSE(pln_neigh_take_failed(&ip.neighs, &addr));
	EXPECT_EQ(send(), PLN_ACCEPT);
}

TEST_F(Neigh, EveryFailureIsToldOnce)
{
	std::map<uint32_t, int> told;
	Be32 addr{};
	pln_ip_once to{};

	for (unsigned int i = 0; i < 5; i++) {
		to.dst = addr4(10, 0, 0, 100 + i);
		pln_ip_tx_once(&ip, &to, packet());
	}
	advance(4 * second + slack);
	while (pln_neigh_take_failed(&ip.neighs, &addr))
		told[addr.raw]++;
	EXPECT_EQ(told.size(), 5U);
	for (auto [raw, times] : told)
		EXPECT_EQ(times, 1);
}

TEST_F(Neigh, ReachableLastsThirtySecondsWithoutProof)
{
	make_reachable(peer_addr, peer_mac);
	advance(30 * second - 1);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
	advance(1 + slack);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
}

TEST_F(Neigh, TcpsWordKeepsItReachable)
{
	make_reachable(peer_addr, peer_mac);
	for (int i = 0; i < 10; i++) {
		advance(20 * second);
		EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
		pln_neigh_confirm(&ip.neighs, neigh(peer_addr));
	}
	EXPECT_EQ(requests_sent(), 0U);
	advance(30 * second + slack);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STALE);
}

TEST_F(Neigh, AStaleNeighbourIsUsedWhileItIsAskedByUnicast)
{
	make_stale();
	EXPECT_EQ(send(), PLN_ACCEPT);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_PROBE);
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac); /* at once, and nothing is asked yet */
	advance(second + slack);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, peer_mac);
	EXPECT_EQ(sent[0].arp().tpa, peer_addr);
	send();
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac);
	answer(peer_addr, peer_mac);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
	advance(5 * second);
	EXPECT_EQ(requests_sent(), 0U);
}

TEST_F(Neigh, TcpsWordSavesTheProbe)
{
	make_stale();
	send();
	advance(second / 2);
	pln_neigh_confirm(&ip.neighs, neigh(peer_addr));
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
	advance(10 * second);
	EXPECT_EQ(requests_sent(), 0U);
}

TEST_F(Neigh, TcpsDoubtHasItAskedAgainWhileItIsUsedRfc1122)
{
	make_reachable(peer_addr, peer_mac);
	pln_neigh_suspect(&ip.neighs, neigh(peer_addr));
	send();
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac);
	advance(second + slack);
	EXPECT_EQ(take_sent().at(0).arp().tpa, peer_addr);
	ASSERT_EQ(pln_neigh_set_static(&ip.neighs, peer_addr, &peer_mac), 0);
	pln_neigh_suspect(&ip.neighs, neigh(peer_addr)); /* one set for good is beyond doubt */
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STATIC);
	pln_neigh_suspect(&ip.neighs, nullptr);
}

TEST_F(Neigh, AProbeWithoutAnswerAsksEverybodyAndThenFails)
{
	make_stale();
	send();
	take_sent();
	advance(3 * second + slack);

	std::vector<Sent> probes = take_sent();

	ASSERT_EQ(probes.size(), 3U);
	for (const Sent &probe : probes)
		EXPECT_EQ(probe.eth.dst, peer_mac);
	advance(second);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_INCOMPLETE);
	EXPECT_EQ(take_sent().at(0).eth.dst, everybody);
	EXPECT_EQ(send(), PLN_ACCEPT); /* waits now */
	advance(4 * second + slack);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_FAILED);
	EXPECT_EQ(count(PLN_ARP_FAILED), 1U);
}

TEST_F(Neigh, ANeighbourThatMovedIsFoundByTheBroadcast)
{
	make_stale();
	send();
	advance(4 * second + slack);
	send(7);
	take_sent();
	answer(peer_addr, other_mac);

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, other_mac);
	EXPECT_EQ(sent[0].transport()[0], 7);
}

TEST_F(Neigh, UnusedForTwentyMinutesIsForgotten)
{
	pln_ip_path_close(&ip, &path);
	make_stale();
	advance(20 * 60 * second - 2 * slack);
	EXPECT_NE(neigh(peer_addr), nullptr);
	advance(3 * slack);
	EXPECT_EQ(neigh(peer_addr), nullptr);
	EXPECT_EQ(env.wheel.armed, 0U);
}

TEST_F(Neigh, APathKeepsItsNeighbour)
{
	make_stale();
	advance(10 * 3600 * second);
	ASSERT_EQ(neigh(peer_addr), path.neigh);
	EXPECT_EQ(send(), PLN_ACCEPT);
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac);
}

TEST_F(Neigh, AFailedNeighbourNobodyNeedsIsForgottenToo)
{
	send();
	pln_ip_path_close(&ip, &path);
	advance(4 * second + slack);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_FAILED);
	advance(20 * 60 * second + slack);
	EXPECT_EQ(neigh(peer_addr), nullptr);

	Be32 addr{};

	EXPECT_FALSE(pln_neigh_take_failed(&ip.neighs, &addr)); /* with its news */
}

TEST_F(Neigh, AStaticOneIsNeitherAskedNorChangedNorAged)
{
	send();
	take_sent();
	ASSERT_EQ(pln_neigh_set_static(&ip.neighs, peer_addr, &peer_mac), 0);
	EXPECT_EQ(take_sent().at(0).eth.dst, peer_mac); /* what waited leaves */
	EXPECT_EQ(receive_arp(PLN_ARP_REPLY, other_mac, peer_addr, our_addr), PLN_ACCEPT);
	pln_neigh_confirm(&ip.neighs, neigh(peer_addr));
	advance(3600 * second);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_STATIC);
	send();

	std::vector<Sent> sent = take_sent();

	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].eth.dst, peer_mac);
}

TEST_F(Neigh, AFullTableForgetsTheUnusedOneHeardOfLongestAgo)
{
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 1), 16, false), 0);
	for (unsigned int i = 0; i < PLN_NEIGH_MAX - 1;
	     i++) { /* with the fixture's, a full table */
		Be32 addr = addr4(172, 16, 1 + i / 250, 1 + i % 250);

		ASSERT_NE(pln_neigh_get(&ip.neighs, addr), nullptr);
		pln_neigh_learn(&ip.neighs, neigh(addr), &peer_mac, false);
		env.now++;
	}
	EXPECT_NE(pln_neigh_get(&ip.neighs, third_addr), nullptr);
	EXPECT_EQ(neigh(addr4(172, 16, 1, 1)), nullptr);
	EXPECT_NE(neigh(addr4(172, 16, 1, 2)), nullptr);
	EXPECT_EQ(neigh(peer_addr), path.neigh); /* never heard of, but a path needs it */
}

TEST_F(Neigh, ResolveAsksOnlyWhenThereIsSomethingToLearn)
{
	pln_neigh *n = neigh(peer_addr);

	pln_neigh_resolve(&ip.neighs, n);
	pln_neigh_resolve(&ip.neighs, n);
	EXPECT_EQ(requests_sent(), 1U);
	answer(peer_addr, peer_mac);
	pln_neigh_resolve(&ip.neighs, n);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_REACHABLE);
	advance(30 * second + slack);
	pln_neigh_resolve(&ip.neighs, n);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_PROBE);
	pln_neigh_resolve(&ip.neighs, n);
	EXPECT_EQ(state_of(peer_addr), PLN_NEIGH_PROBE);
}

TEST_F(Neigh, FiniFreesWhatWaits)
{
	for (int i = 0; i < 5; i++)
		send(); /* TearDown counts buffers and timers */
	EXPECT_EQ(ip.neighs.queued, 5U);
}
} // namespace
