/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/eth_hdr: round trips, tags, truncation at every byte. */
#include "wire/eth_hdr.h"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

namespace
{

constexpr std::array<uint8_t, 18> tagged = { 0x02, 0, 0, 0,    0, 0x01, 0x02, 0,    0,
	                                     0,    0, 2, 0x81, 0, 0x2f, 0xff, 0x08, 0x00 };

TEST(EthHdrRfc894, ParsesAPlainFrame)
{
	const uint8_t frame[14] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 3, 4, 5, 6, 7, 8, 6 };
	pln_eth_hdr hdr;

	ASSERT_EQ(PLN_ACCEPT, pln_eth_hdr_parse(frame, sizeof(frame), &hdr));
	EXPECT_TRUE(pln_eth_hdr_is_broadcast(&hdr.dst));
	EXPECT_EQ(0, memcmp(frame + 6, hdr.src.bytes, 6));
	EXPECT_EQ(PLN_ETH_TYPE_ARP, hdr.type);
	EXPECT_EQ(PLN_ETH_NO_VLAN, hdr.vlan);
	EXPECT_EQ(14, hdr.hdr_len);
}

TEST(EthHdr8021q, TagGivesIdentifierAndInnerType)
{
	pln_eth_hdr hdr;

	ASSERT_EQ(PLN_ACCEPT, pln_eth_hdr_parse(tagged.data(), tagged.size(), &hdr));
	EXPECT_EQ(0xfff, hdr.vlan); /* without the priority bits */
	EXPECT_EQ(PLN_ETH_TYPE_IP4, hdr.type);
	EXPECT_EQ(18, hdr.hdr_len);
}

TEST(EthHdr8021q, SecondTagIsATypeOfItsOwn)
{
	std::array<uint8_t, 22> frame = {};
	pln_eth_hdr hdr;

	frame[12] = frame[16] = 0x81;
	frame[20] = 0x08;
	ASSERT_EQ(PLN_ACCEPT, pln_eth_hdr_parse(frame.data(), frame.size(), &hdr));
	EXPECT_EQ(PLN_ETH_TYPE_VLAN, hdr.type);
	EXPECT_EQ(18, hdr.hdr_len);
}

TEST(EthHdrRfc894, TruncatedAtEveryByteIsShort)
{
	pln_eth_hdr hdr;

	for (size_t len = 0; len < tagged.size(); len++) {
		std::vector<uint8_t> frame(tagged.begin(), tagged.begin() + static_cast<long>(len));

		EXPECT_EQ(PLN_ETH_SHORT, pln_eth_hdr_parse(frame.data(), frame.size(), &hdr));
	}
}

TEST(EthHdrRfc894, EmitIsTheInverseOfParse)
{
	for (uint16_t vlan : { 0, 1, 100, 4094, 4095, 0xffff }) {
		pln_eth_hdr in = {
			{ { 1, 2, 3, 4, 5, 6 } }, { { 7, 8, 9, 10, 11, 12 } }, 0x88b5, vlan, 0
		};
		pln_eth_hdr out;
		uint8_t frame[18];
		size_t len = pln_eth_hdr_emit(frame, &in);

		EXPECT_EQ(vlan == PLN_ETH_NO_VLAN ? 14U : 18U, len);
		ASSERT_EQ(PLN_ACCEPT, pln_eth_hdr_parse(frame, len, &out));
		EXPECT_EQ(0, memcmp(&in.dst, &out.dst, 6));
		EXPECT_EQ(0, memcmp(&in.src, &out.src, 6));
		EXPECT_EQ(in.type, out.type);
		EXPECT_EQ(vlan, out.vlan);
		EXPECT_EQ(len, out.hdr_len);
	}
}

TEST(EthHdrRfc894, GroupAddressesAreTold)
{
	pln_mac unicast = { { 2, 0, 0, 0, 0, 1 } }, multicast = { { 1, 0, 0x5e, 0, 0, 1 } };
	pln_mac broadcast = { { 255, 255, 255, 255, 255, 255 } };

	EXPECT_FALSE(pln_eth_hdr_is_group(&unicast));
	EXPECT_TRUE(pln_eth_hdr_is_group(&multicast));
	EXPECT_TRUE(pln_eth_hdr_is_group(&broadcast));
	EXPECT_TRUE(pln_eth_hdr_is_broadcast(&broadcast));
	for (uint8_t &byte : broadcast.bytes) {
		byte = 0xfe;
		EXPECT_FALSE(pln_eth_hdr_is_broadcast(&broadcast));
		byte = 0xff;
	}
}

} // namespace
