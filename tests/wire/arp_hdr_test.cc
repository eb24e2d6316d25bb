/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/arp_hdr: a known packet, round trips, and each field that may be wrong. */
#include "wire/arp_hdr.h"

#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace
{

/* "Who has 192.0.2.2? Tell 192.0.2.1, at 02:00:00:00:00:01." */
constexpr std::array<uint8_t, 28> request = { 0,   1, 8, 0, 6, 4, 0, 1, 2, 0, 0,   0, 0, 1,
	                                      192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2 };

pln_drop
parse(const std::array<uint8_t, 28> &packet, pln_arp_hdr *hdr)
{
	return pln_arp_hdr_parse(packet.data(), packet.size(), hdr);
}

TEST(ArpHdrRfc826, ParsesARequest)
{
	pln_arp_hdr hdr;

	ASSERT_EQ(PLN_ACCEPT, parse(request, &hdr));
	EXPECT_EQ(PLN_ARP_REQUEST, hdr.opcode);
	EXPECT_EQ(2, hdr.sha.bytes[0]);
	EXPECT_EQ(1, hdr.sha.bytes[5]);
	EXPECT_EQ(0xc0000201, pln_be32_get(hdr.spa));
	EXPECT_EQ(0, hdr.tha.bytes[5]);
	EXPECT_EQ(0xc0000202, pln_be32_get(hdr.tpa));
}

TEST(ArpHdrRfc826, EmitsTheSameBytes)
{
	std::array<uint8_t, 28> out;
	pln_arp_hdr hdr;

	ASSERT_EQ(PLN_ACCEPT, parse(request, &hdr));
	pln_arp_hdr_emit(out.data(), &hdr);
	EXPECT_EQ(request, out);
}

TEST(ArpHdrRfc826, ReplyRoundTrip)
{
	pln_arp_hdr in = {}, out;
	uint8_t packet[28];

	in.opcode = PLN_ARP_REPLY;
	in.sha = { { 1, 2, 3, 4, 5, 6 } };
	in.tha = { { 7, 8, 9, 10, 11, 12 } };
	in.spa = pln_be32(0x01020304);
	in.tpa = pln_be32(0xfffefdfc);
	pln_arp_hdr_emit(packet, &in);
	ASSERT_EQ(PLN_ACCEPT, pln_arp_hdr_parse(packet, sizeof(packet), &out));
	EXPECT_EQ(0, memcmp(&in, &out, sizeof(in)));
}

TEST(ArpHdrRfc826, TruncatedAtEveryByteIsShort)
{
	pln_arp_hdr hdr;

	for (size_t len = 0; len < request.size(); len++) {
		std::vector<uint8_t> packet(request.begin(),
		                            request.begin() + static_cast<long>(len));

		EXPECT_EQ(PLN_ARP_SHORT, pln_arp_hdr_parse(packet.data(), packet.size(), &hdr));
	}
}

TEST(ArpHdrRfc826, EthernetPaddingIsNoMatter)
{
	std::vector<uint8_t> packet(request.begin(), request.end());
	pln_arp_hdr hdr;

	packet.resize(46, 0xee);
	EXPECT_EQ(PLN_ACCEPT, pln_arp_hdr_parse(packet.data(), packet.size(), &hdr));
}

TEST(ArpHdrRfc826, EachTypeAndLengthIsChecked)
{
	for (size_t at = 0; at < 6; at++) {
		for (int bit = 0; bit < 8; bit++) {
			std::array<uint8_t, 28> packet = request;
			pln_arp_hdr hdr;

			packet[at] ^= static_cast<uint8_t>(1U << bit);
			EXPECT_EQ(PLN_ARP_BAD_TYPE, parse(packet, &hdr)) << at << ':' << bit;
		}
	}
}

TEST(ArpHdrRfc826, OnlyRequestAndReplyAreOpcodes)
{
	for (uint32_t opcode = 0; opcode <= 0xffff; opcode++) {
		std::array<uint8_t, 28> packet = request;
		pln_arp_hdr hdr;

		pln_bytes_put16(&packet[6], static_cast<uint16_t>(opcode));
		ASSERT_EQ(opcode == 1 || opcode == 2 ? PLN_ACCEPT : PLN_ARP_BAD_OPCODE,
		          parse(packet, &hdr));
	}
}

} // namespace
