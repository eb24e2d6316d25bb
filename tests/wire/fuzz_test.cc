/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every parser against seeded random bytes, and against right packets with a few bytes changed.
 * What is parsed lies in a heap block of its exact size, so a sanitizer build sees one byte too
 * many; what is accepted must keep the parser's promises.
 */
#include <cstring>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "wire/arp_hdr.h"
#include "wire/eth_hdr.h"
#include "wire/icmp_hdr.h"
#include "wire/ip4_hdr.h"
#include "wire/tcp_hdr.h"
#include "wire/udp_hdr.h"

namespace
{

constexpr int rounds = 100000;

class WireFuzz : public ::testing::Test
{
      protected:
	/* A block of `len` bytes, no more: random, with a right beginning in three of four. */
	const uint8_t *
	block(size_t len)
	{
		bytes = std::make_unique<uint8_t[]>(len);
		for (size_t i = 0; i < len; i++)
			bytes[i] = static_cast<uint8_t>(rng());
		if (rng() % 4 != 0) {
			memcpy(bytes.get(), seed, std::min(len, seed_len));
			for (uint32_t n = rng() % 4; n > 0 && len > 0; n--)
				bytes[rng() % len] = static_cast<uint8_t>(rng());
		}
		return bytes.get();
	}

	size_t
	random_len(size_t max)
	{
		return rng() % (max + 1);
	}

	std::mt19937 rng{ 20 };
	std::unique_ptr<uint8_t[]> bytes;
	uint8_t seed[128] = {};
	size_t seed_len = 0;
};

TEST_F(WireFuzz, Eth)
{
	seed[12] = 0x81;
	seed_len = 18;
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(24);
		pln_eth_hdr hdr;

		if (pln_eth_hdr_parse(block(len), len, &hdr) == PLN_ACCEPT) {
			ASSERT_TRUE(hdr.hdr_len <= len && (hdr.hdr_len == 14 || hdr.hdr_len == 18));
			ASSERT_EQ(hdr.hdr_len == 14, hdr.vlan == PLN_ETH_NO_VLAN);
		}
	}
}

TEST_F(WireFuzz, Arp)
{
	pln_arp_hdr hdr = {};

	hdr.opcode = PLN_ARP_REQUEST;
	pln_arp_hdr_emit(seed, &hdr);
	seed_len = 28;
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(32);

		if (pln_arp_hdr_parse(block(len), len, &hdr) == PLN_ACCEPT) {
			ASSERT_GE(len, 28U);
		}
	}
}

TEST_F(WireFuzz, Ip4)
{
	pln_ip4_hdr hdr = {};
	int accepted = 0;

	hdr.total_len = 40;
	pln_ip4_hdr_emit(seed, &hdr);
	seed[0] = 0x48;
	seed_len = 32;
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(64);

		if (pln_ip4_hdr_parse(block(len), len, rng() % 8 != 0, &hdr) == PLN_ACCEPT) {
			ASSERT_GE(hdr.hdr_len, 20);
			ASSERT_LE(hdr.hdr_len, hdr.total_len);
			ASSERT_LE(hdr.total_len, len);
			ASSERT_EQ(0, hdr.frag_off % 8);
			accepted++;
		}
	}
	EXPECT_GT(accepted, rounds / 100);
}

TEST_F(WireFuzz, Icmp)
{
	pln_ip4_hdr ip = {};

	ip.proto = PLN_IP4_PROTO_TCP;
	seed[0] = PLN_ICMP_UNREACHABLE;
	pln_ip4_hdr_emit(seed + 8, &ip);
	seed_len = 36;
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(80);
		const uint8_t *message = block(len);
		pln_icmp_hdr hdr;
		pln_icmp_quote quote;

		if (len >= PLN_ICMP_HDR_LEN) {
			pln_icmp_hdr_seal(bytes.get(), len);
			ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_parse(message, len, &hdr));
		}
		if (pln_icmp_hdr_quote(message, len, &quote) == PLN_ACCEPT) {
			ASSERT_LE(quote.ip.hdr_len + 16U, len);
		}
	}
}

TEST_F(WireFuzz, Udp)
{
	pln_udp_hdr hdr = {};
	int accepted = 0;

	hdr.len = 8;
	pln_udp_hdr_emit(seed, &hdr);
	seed_len = 8;
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(32);

		EXPECT_EQ(pln_udp_hdr_parse(block(len), std::min<size_t>(len, 7), len, &hdr),
		          PLN_UDP_SHORT)
			<< "a header cut in two";
		if (pln_udp_hdr_parse(block(len), len, len, &hdr) == PLN_ACCEPT) {
			ASSERT_GE(hdr.len, 8);
			ASSERT_LE(hdr.len, len);
			accepted++;
		}
	}
	EXPECT_GT(accepted, rounds / 100);
}

TEST_F(WireFuzz, Tcp)
{
	pln_seg seg = {};
	int accepted = 0;

	seg.opts.present = 15;
	seed_len = pln_tcp_hdr_emit(seed, &seg);
	for (int i = 0; i < rounds; i++) {
		size_t len = random_len(80);

		if (pln_tcp_hdr_parse(block(len), len, &seg) == PLN_ACCEPT) {
			ASSERT_EQ(len, size_t{ seg.hdr_len } + seg.payload_len);
			ASSERT_GE(seg.hdr_len, 20);
			ASSERT_LE(seg.opts.n_sack, PLN_TCP_OPTS_MAX_SACK);
			accepted++;
		}
	}
	EXPECT_GT(accepted, rounds / 100);
}

} // namespace
