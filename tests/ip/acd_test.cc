/* SPDX-License-Identifier: BSD-3-Clause */
/* Address conflict detection in its three modes: probes, announcements, conflicts, defence (RFC 5227). */
#include "support/ip_host.h"

namespace
{
class AcdRfc5227 : public IpHost
{
      protected:
	void
	add(pln_acd_mode mode)
	{
		ip.acd = static_cast<uint8_t>(mode);
		began = env.now;
		ASSERT_EQ(pln_ip_addr_add(&ip, addr, 24, true), 0);
	}

	pln_addr_state
	state() const
	{
		return static_cast<pln_addr_state>(acd().state);
	}

	const pln_acd &
	acd() const
	{
		return pln_ip_addr_find(&ip, addr)->acd;
	}

	/* Turn the clock and note what is sent, and when. */
	void
	watch(uint64_t ns)
	{
		for (uint64_t end = env.now + ns; env.now < end;) {
			advance(10 * PLN_NS_PER_MS);
			for (const Sent &s : take_sent()) {
				pln_arp_hdr arp = s.arp();

				EXPECT_EQ(arp.opcode, PLN_ARP_REQUEST);
				EXPECT_EQ(arp.tpa, addr);
				EXPECT_EQ(s.eth.dst, everybody);
				(arp.spa.raw == 0 ? probes : announcements)
					.push_back(env.now - began);
			}
		}
	}

	/* Somebody else says that the address is his. */
	void
	rival_speaks(pln_mac mac = other_mac)
	{
		EXPECT_EQ(receive_arp(PLN_ARP_REPLY, mac, addr, our_addr), PLN_ARP_CONFLICT);
	}

	void
	make_usable()
	{
		add(PLN_ACD_FULL);
		watch(12 * second);
		ASSERT_EQ(state(), PLN_ADDR_USABLE);
		probes.clear();
		announcements.clear();
	}

	Be32 addr = addr4(10, 0, 0, 77);
	uint64_t began = 0;
	std::vector<uint64_t> probes, announcements;
};

TEST_F(AcdRfc5227, FullProbesThreeTimesBeforeUseAndAnnouncesTwice)
{
	add(PLN_ACD_FULL);
	EXPECT_EQ(state(), PLN_ADDR_PROBING);
	EXPECT_FALSE(pln_ip_is_ours(&ip, addr));
	watch(20 * second);
	ASSERT_EQ(probes.size(), 3U);
	EXPECT_LE(probes[0], second + 20 * PLN_NS_PER_MS);
	for (int i : { 0, 1 }) {
		EXPECT_GE(probes[i + 1] - probes[i], second - 20 * PLN_NS_PER_MS);
		EXPECT_LE(probes[i + 1] - probes[i], 2 * second + 20 * PLN_NS_PER_MS);
	}
	ASSERT_EQ(announcements.size(), 2U);
	EXPECT_NEAR(double(announcements[0] - probes[2]), 2.0 * second, 2e7);
	EXPECT_NEAR(double(announcements[1] - announcements[0]), 2.0 * second, 2e7);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
	EXPECT_TRUE(acd().checked);
	EXPECT_TRUE(pln_ip_is_ours(&ip, addr));
	EXPECT_EQ(env.wheel.armed, 0U);
}

TEST_F(AcdRfc5227, SpacingIsRandom)
{
	std::vector<uint64_t> first;

	for (unsigned int i = 0; i < 5; i++) {
		addr = addr4(10, 0, 0, 100 + i);
		add(PLN_ACD_FULL);
		watch(12 * second);
		first.push_back(probes.at(3 * i + 1) - probes.at(3 * i));
	}
	EXPECT_NE(*std::min_element(first.begin(), first.end()),
	          *std::max_element(first.begin(), first.end()));
}

TEST_F(AcdRfc5227, WhatIsBeingProbedForIsNotUsed)
{
	pln_ip_path path;
	Be32 src{};

	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(172, 16, 0, 9), 16, false), 0);
	addr = addr4(192, 168, 5, 1);
	add(PLN_ACD_FULL);
	EXPECT_EQ(pln_ip_source_for(&ip, addr4(192, 168, 5, 9), &src), -EADDRNOTAVAIL);
	EXPECT_EQ(pln_ip_path_open(&ip, peer_addr, addr, &path), -EADDRNOTAVAIL);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, peer_mac, addr4(192, 168, 5, 9), addr),
	          PLN_ARP_NOT_FOR_US);
	watch(12 * second);
	EXPECT_EQ(pln_ip_source_for(&ip, addr4(192, 168, 5, 9), &src), 0);
	EXPECT_EQ(src, addr);
}

TEST_F(AcdRfc5227, AnAnswerToAProbeEndsInConflict)
{
	add(PLN_ACD_FULL);
	watch(3 * second);
	probes.clear();
	rival_speaks();
	EXPECT_EQ(state(), PLN_ADDR_CONFLICT);
	EXPECT_EQ(acd().conflicts, 1U);
	EXPECT_TRUE(acd().rival == other_mac);
	EXPECT_EQ(count(PLN_ARP_ADDR_LOST), 1U);
	EXPECT_FALSE(pln_ip_is_ours(&ip, addr));
	watch(30 * second);
	EXPECT_TRUE(probes.empty());
	EXPECT_TRUE(announcements.empty());
	EXPECT_NE(receive_arp(PLN_ARP_REPLY, other_mac, addr, our_addr), PLN_ARP_CONFLICT)
		<< "it is the other's now";
}

TEST_F(AcdRfc5227, AnotherProbingAtTheSameTimeIsAConflictToo)
{
	add(PLN_ACD_FULL);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, our_mac, any_addr, addr), PLN_ARP_BAD_SENDER)
		<< "our own probe, come back";
	EXPECT_EQ(state(), PLN_ADDR_PROBING);
	EXPECT_EQ(receive_arp(PLN_ARP_REQUEST, other_mac, any_addr, addr), PLN_ARP_CONFLICT);
	EXPECT_EQ(state(), PLN_ADDR_CONFLICT);
}

TEST_F(AcdRfc5227, FullDefendsOnceAndGivesUpWhenItHappensAgainSoon)
{
	make_usable();
	rival_speaks();
	watch(second);
	EXPECT_EQ(announcements.size(), 1U);
	EXPECT_EQ(count(PLN_ARP_DEFENDED), 1U);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
	watch(8 * second);
	rival_speaks();
	watch(second);
	EXPECT_EQ(announcements.size(), 1U);
	EXPECT_EQ(state(), PLN_ADDR_CONFLICT);
}

TEST_F(AcdRfc5227, FullKeepsAnAddressThatIsDisputedRarely)
{
	make_usable();
	for (int i = 0; i < 5; i++) {
		rival_speaks();
		watch(11 * second);
	}
	EXPECT_EQ(announcements.size(), 5U);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
}

TEST_F(AcdRfc5227, DetectUsesTheAddressAtOnceAndAsksBesideIt)
{
	add(PLN_ACD_DETECT);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
	EXPECT_TRUE(pln_ip_is_ours(&ip, addr));
	EXPECT_FALSE(acd().checked);
	watch(20 * second);
	ASSERT_EQ(probes.size(), 3U);
	EXPECT_LE(probes[0], 20 * PLN_NS_PER_MS);
	EXPECT_EQ(announcements.size(), 2U);
	EXPECT_TRUE(acd().checked);
}

TEST_F(AcdRfc5227, DetectDoesNotFightWhoWasThereFirst)
{
	add(PLN_ACD_DETECT);
	watch(second / 2);
	rival_speaks();
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
	EXPECT_EQ(acd().conflicts, 1U);
	EXPECT_TRUE(acd().rival == other_mac);
	probes.clear();
	watch(20 * second);
	EXPECT_TRUE(probes.empty());
	EXPECT_TRUE(announcements.empty());
	EXPECT_FALSE(acd().checked);
}

TEST_F(AcdRfc5227, DetectDefendsOnceInTenSecondsAndNeverGivesUp)
{
	add(PLN_ACD_DETECT);
	watch(12 * second);
	announcements.clear();
	for (int i = 0; i < 300; i++) {
		rival_speaks();
		watch(second / 10);
	}
	EXPECT_EQ(announcements.size(), 3U);
	EXPECT_EQ(acd().conflicts, 300U);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
}

TEST_F(AcdRfc5227, OffAnnouncesOnceAndOnlyCounts)
{
	add(PLN_ACD_OFF);
	watch(second);
	EXPECT_TRUE(probes.empty());
	EXPECT_EQ(announcements.size(), 1U);
	EXPECT_EQ(env.wheel.armed, 0U);
	rival_speaks();
	rival_speaks();
	watch(20 * second);
	EXPECT_EQ(announcements.size(), 1U);
	EXPECT_EQ(acd().conflicts, 2U);
	EXPECT_EQ(state(), PLN_ADDR_USABLE);
}

TEST_F(AcdRfc5227, AUsableAddressIsPreferredAsSourceAndTheNarrowerSubnet)
{
	Be32 src{};

	add(PLN_ACD_FULL);
	EXPECT_EQ(pln_ip_source_for(&ip, peer_addr, &src), 0);
	EXPECT_EQ(src, our_addr);
	ASSERT_EQ(pln_ip_addr_add(&ip, addr4(10, 0, 0, 5), 28, false), 0);
	EXPECT_EQ(pln_ip_source_for(&ip, peer_addr, &src), 0);
	EXPECT_EQ(src, addr4(10, 0, 0, 5));
}
} // namespace
