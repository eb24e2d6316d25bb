/* SPDX-License-Identifier: BSD-3-Clause */
/* base/bytes: network order at any alignment. */
#include "base/bytes.h"

#include <cstring>

#include <gtest/gtest.h>

namespace
{

TEST(Bytes, NetworkOrderFieldsHoldTheWireBytes)
{
	const uint8_t wire[] = { 0x12, 0x34, 0x56, 0x78 };
	auto b16 = pln_be16(0x1234);
	auto b32 = pln_be32(0x12345678);

	EXPECT_EQ(0, memcmp(wire, &b16, 2));
	EXPECT_EQ(0, memcmp(wire, &b32, 4));
	EXPECT_EQ(0x1234, pln_be16_get(b16));
	EXPECT_EQ(0x12345678U, pln_be32_get(b32));
}

TEST(Bytes, LoadsAndStoresWorkAtAnyAlignment)
{
	for (size_t offset = 0; offset < 8; offset++) {
		uint8_t buf[16] = {};

		pln_bytes_put16(buf + offset, 0xa1b2);
		EXPECT_EQ(0xa1, buf[offset]);
		EXPECT_EQ(0xb2, buf[offset + 1]);
		EXPECT_EQ(0xa1b2, pln_bytes_get16(buf + offset));
		pln_bytes_put32(buf + offset, 0xa1b2c3d4);
		EXPECT_EQ(0xa1, buf[offset]);
		EXPECT_EQ(0xd4, buf[offset + 3]);
		EXPECT_EQ(0xa1b2c3d4, pln_bytes_get32(buf + offset));
		EXPECT_EQ(0, buf[offset + 4]);
	}
}

} // namespace
