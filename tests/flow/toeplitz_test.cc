/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/toeplitz: the vectors that Microsoft publishes to verify an implementation by, DPDK's own implementation, and what linear means. */
#include "flow/toeplitz.h"

#include <array>
#include <random>
#include <vector>

#include <rte_thash.h>

#include <gtest/gtest.h>

namespace
{

constexpr std::array<uint8_t, 40> microsofts_key = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

constexpr uint32_t
ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return a << 24 | b << 16 | c << 8 | d;
}

struct Vector {
	uint32_t dst;
	uint16_t dst_port;
	uint32_t src;
	uint16_t src_port;
	uint32_t addrs_hash, ports_hash;
};

/* "Verifying the RSS hash calculation", IPv4. */
const Vector published[] = {
	{ ip(161, 142, 100, 80), 1766, ip(66, 9, 149, 187), 2794, 0x323e8fc2, 0x51ccc178 },
	{ ip(65, 69, 140, 83), 4739, ip(199, 92, 111, 2), 14230, 0xd718262a, 0xc626b0ea },
	{ ip(12, 22, 207, 184), 38024, ip(24, 19, 198, 95), 12898, 0xd2d0a5de, 0x5c2b394a },
	{ ip(209, 142, 163, 6), 2217, ip(38, 27, 205, 30), 48228, 0x82989176, 0xafc7327f },
	{ ip(202, 188, 127, 2), 1303, ip(153, 39, 163, 191), 44251, 0x5d1809c5, 0x10e828a2 },
};

template <typename Key>
pln_toeplitz
prepared(const Key &key)
{
	pln_toeplitz t;

	EXPECT_EQ(0, pln_toeplitz_prepare(&t, key.data(), key.size()));
	return t;
}

uint32_t
whole(const pln_toeplitz &t, const Vector &v)
{
	return pln_toeplitz_addrs(&t, pln_be32(v.src), pln_be32(v.dst)) ^
	       pln_toeplitz_ports(&t, v.src_port, v.dst_port);
}

std::array<uint8_t, 12>
bytes(const Vector &v)
{
	std::array<uint8_t, 12> out;

	pln_bytes_put32(&out[0], v.src);
	pln_bytes_put32(&out[4], v.dst);
	pln_bytes_put16(&out[8], v.src_port);
	pln_bytes_put16(&out[10], v.dst_port);
	return out;
}

Vector
any(std::mt19937 &random)
{
	return { static_cast<uint32_t>(random()),
		 static_cast<uint16_t>(random()),
		 static_cast<uint32_t>(random()),
		 static_cast<uint16_t>(random()),
		 0,
		 0 };
}

} // namespace

TEST(Toeplitz, PublishedVectorsOfAddresses)
{
	pln_toeplitz t = prepared(microsofts_key);

	for (const Vector &v : published) {
		EXPECT_EQ(v.addrs_hash, pln_toeplitz_addrs(&t, pln_be32(v.src), pln_be32(v.dst)));
		EXPECT_EQ(v.addrs_hash,
		          pln_toeplitz_slow(microsofts_key.data(), bytes(v).data(), 8));
	}
}

TEST(Toeplitz, PublishedVectorsOfAddressesAndPorts)
{
	pln_toeplitz t = prepared(microsofts_key);

	for (const Vector &v : published) {
		EXPECT_EQ(v.ports_hash, whole(t, v));
		EXPECT_EQ(v.ports_hash,
		          pln_toeplitz_slow(microsofts_key.data(), bytes(v).data(), 12));
	}
}

/* Microsoft's IPv6 vector: 36 bytes of input want all of a key of 40. */
TEST(Toeplitz, PublishedVectorOfALongInput)
{
	const std::array<uint8_t, 36> input = {
		0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0,    0,    0,    0,
		0,    0,    0,    0x07, 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03,
		0,    0,    0,    0,    0,    0,    0,    0x01, 0x0a, 0xea, 0x06, 0xe6,
	};

	EXPECT_EQ(0x2cc18cd5U, pln_toeplitz_slow(microsofts_key.data(), input.data(), 32));
	EXPECT_EQ(0x40207d3dU, pln_toeplitz_slow(microsofts_key.data(), input.data(), 36));
}

TEST(Toeplitz, AgreesWithDpdkForKeysOfAnyLength)
{
	std::mt19937 random(40);

	for (size_t len : { 16U, 20U, 40U, 52U, 64U, 255U }) {
		/* rte_softrss reads words, and one more than the input has. */
		std::vector<uint8_t> key(len < 20 ? 20 : len);
		for (uint8_t &b : key)
			b = static_cast<uint8_t>(random());
		pln_toeplitz t;
		ASSERT_EQ(0, pln_toeplitz_prepare(&t, key.data(), len));
		for (int i = 0; i < 1000; i++) {
			Vector v = any(random);
			std::array<uint32_t, 3> tuple = {
				v.src, v.dst, static_cast<uint32_t>(v.src_port) << 16 | v.dst_port
			};
			ASSERT_EQ(rte_softrss(tuple.data(), 3, key.data()), whole(t, v)) << len;
			ASSERT_EQ(rte_softrss(tuple.data(), 2, key.data()),
			          pln_toeplitz_addrs(&t, pln_be32(v.src), pln_be32(v.dst)));
		}
	}
}

TEST(Toeplitz, KeyTooShortForTheInputIsRefused)
{
	pln_toeplitz t;

	EXPECT_EQ(-EINVAL, pln_toeplitz_prepare(&t, microsofts_key.data(), 15));
	EXPECT_EQ(-EINVAL, pln_toeplitz_prepare(&t, microsofts_key.data(), 0));
	EXPECT_EQ(0, pln_toeplitz_prepare(&t, microsofts_key.data(), 16));
}

TEST(Toeplitz, IsLinear)
{
	pln_toeplitz t = prepared(microsofts_key);
	std::mt19937 random(7);

	for (int i = 0; i < 1000; i++) {
		Vector a = any(random), b = any(random), sum = a;

		sum.dst ^= b.dst;
		sum.dst_port ^= b.dst_port;
		sum.src ^= b.src;
		sum.src_port ^= b.src_port;
		ASSERT_EQ(whole(t, a) ^ whole(t, b), whole(t, sum));
	}
}

/* A key of sixteen bits repeated gives both directions of a flow one number. */
TEST(Toeplitz, RepeatedKeyIsSymmetric)
{
	std::vector<uint8_t> key(40);
	std::mt19937 random(9);

	for (size_t i = 0; i < key.size(); i++)
		key[i] = i % 2 == 0 ? 0x6d : 0x5a;
	pln_toeplitz t = prepared(key);
	for (int i = 0; i < 100; i++) {
		Vector v = any(random);
		Vector back = { v.src, v.src_port, v.dst, v.dst_port, 0, 0 };

		ASSERT_EQ(whole(t, v), whole(t, back));
	}
}
