/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/cksum against RFC 1071's own example, a naive reference and, for updates, recomputation. */
#include "wire/cksum.h"

#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace
{

/* RFC 1071 §4.1 as it stands there: big-endian words, a zero byte behind an odd end. */
uint16_t
reference(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? static_cast<uint64_t>(p[i]) << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

/* A checksum in memory order as the number the RFC speaks of. */
uint16_t
host(uint16_t cksum)
{
	return pln_be16_get({ cksum });
}

uint16_t
whole(const uint8_t *p, size_t len)
{
	return host(pln_cksum_finish(pln_cksum_add(0, p, len)));
}

std::vector<uint8_t>
random_bytes(size_t len, uint32_t seed)
{
	std::mt19937 rng(seed);
	std::vector<uint8_t> bytes(len);

	for (uint8_t &b : bytes)
		b = static_cast<uint8_t>(rng());
	return bytes;
}

TEST(CksumRfc1071, ExampleOfSection3)
{
	const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	EXPECT_EQ(0x220d, whole(bytes, 8)); /* the complement of ddf2 */
	EXPECT_EQ(static_cast<uint16_t>(~0xddf2), whole(bytes, 8));
}

TEST(CksumRfc1071, KnownIpHeader)
{
	const uint8_t hdr[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		                0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	EXPECT_EQ(0xb861, whole(hdr, sizeof(hdr)));
}

TEST(CksumRfc1071, NothingSumsToAllOnes)
{
	EXPECT_EQ(0xffff, pln_cksum_finish(0));
	EXPECT_EQ(0xffff, pln_cksum_finish(pln_cksum_add(0, nullptr, 0)));
}

TEST(CksumRfc1071, EveryLengthAtEveryAlignment)
{
	const std::vector<uint8_t> bytes = random_bytes(2100, 1);

	for (size_t len = 0; len <= 2000; len++)
		for (size_t offset = 0; offset < 9; offset++)
			ASSERT_EQ(reference(&bytes[offset], len), whole(&bytes[offset], len))
				<< len << " bytes at " << offset;
}

TEST(CksumRfc1071, CarriesAreNeverLost)
{
	const std::vector<uint8_t> ones(70000, 0xff);

	for (size_t len : { 1, 2, 7, 8, 31, 32, 33, 1500, 9000, 65535, 70000 })
		EXPECT_EQ(reference(ones.data(), len), whole(ones.data(), len)) << len;
	/* and none comes of a full accumulator */
	EXPECT_EQ(0, pln_cksum_finish(pln_cksum_add(UINT32_MAX, ones.data(), 64)));
}

TEST(CksumRfc1071, BytesBehindTheEndDoNotCount)
{
	std::vector<uint8_t> bytes = random_bytes(64, 2);

	for (size_t len = 0; len < 40; len++) {
		uint16_t before = whole(bytes.data(), len);

		bytes[len] ^= 0xff;
		EXPECT_EQ(before, whole(bytes.data(), len));
	}
}

TEST(CksumRfc1071, PacketWithItsChecksumSumsToZero)
{
	for (size_t len = 2; len < 200; len++) {
		std::vector<uint8_t> bytes = random_bytes(len, static_cast<uint32_t>(len));

		bytes[0] = bytes[1] = 0;
		uint16_t cksum = pln_cksum_finish(pln_cksum_add(0, bytes.data(), len));
		memcpy(bytes.data(), &cksum, 2);
		ASSERT_EQ(0, pln_cksum_finish(pln_cksum_add(0, bytes.data(), len)));
	}
}

TEST(CksumRfc1071, OneFlippedBitIsSeen)
{
	std::vector<uint8_t> bytes = random_bytes(61, 3);
	const uint16_t right = whole(bytes.data(), bytes.size());

	for (size_t bit = 0; bit < 8 * bytes.size(); bit++) {
		bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		EXPECT_NE(right, whole(bytes.data(), bytes.size()));
		bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
	}
}

TEST(CksumRfc1071, PiecesOfAnyLengthsJoin)
{
	const std::vector<uint8_t> bytes = random_bytes(3000, 4);
	std::mt19937 rng(5);

	for (int round = 0; round < 5000; round++) {
		size_t len = rng() % bytes.size(), at = 0;
		uint32_t sum = 0;

		while (at < len) {
			size_t piece = std::min<size_t>(len - at, rng() % 300);

			sum = pln_cksum_join(sum, pln_cksum_add(0, &bytes[at], piece), at);
			at += piece;
		}
		ASSERT_EQ(reference(bytes.data(), len), host(pln_cksum_finish(sum)));
	}
}

TEST(CksumRfc1071, TwoPiecesJoinAtEveryPoint)
{
	const std::vector<uint8_t> bytes = random_bytes(257, 6);

	for (size_t cut = 0; cut <= bytes.size(); cut++) {
		uint32_t head = pln_cksum_add(0, bytes.data(), cut);
		uint32_t tail = pln_cksum_add(0, bytes.data() + cut, bytes.size() - cut);

		ASSERT_EQ(reference(bytes.data(), bytes.size()),
		          host(pln_cksum_finish(pln_cksum_join(head, tail, cut))));
	}
}

TEST(CksumRfc1071, EvenPiecesMayBeAddedInARow)
{
	const std::vector<uint8_t> bytes = random_bytes(999, 7);
	uint32_t sum = pln_cksum_add(0, bytes.data(), 500);

	sum = pln_cksum_add(sum, bytes.data() + 500, 499);
	EXPECT_EQ(reference(bytes.data(), bytes.size()), host(pln_cksum_finish(sum)));
}

TEST(CksumRfc9293, PseudoHeaderIsTheTwelveBytesOfThePicture)
{
	const uint8_t pseudo[] = { 192, 0, 2, 1, 198, 51, 100, 255, 0, 6, 0x12, 0x34 };
	uint32_t sum = pln_cksum_pseudo4(pln_be32(0xc0000201), pln_be32(0xc63364ff), 6, 0x1234);

	EXPECT_EQ(reference(pseudo, sizeof(pseudo)), host(pln_cksum_finish(sum)));
	sum = pln_cksum_pseudo4(pln_be32(0xffffffff), pln_be32(0xffffffff), 255, 65535);
	EXPECT_EQ(static_cast<uint16_t>(~0x00ff), host(pln_cksum_finish(sum)));
}

/* A SYN from the wire: 10.0.0.1:40000 to 10.0.0.2:80. */
TEST(CksumRfc9293, KnownTcpSegment)
{
	uint8_t segment[] = { 0x9c, 0x40, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
		              0x00, 0x00, 0x50, 0x02, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00 };
	uint32_t sum = pln_cksum_pseudo4(pln_be32(0x0a000001), pln_be32(0x0a000002), 6, 20);
	uint16_t cksum = pln_cksum_finish(pln_cksum_add(sum, segment, sizeof(segment)));

	/* 0a00+0001+0a00+0002+0006+0014 + 9c40+0050+0001+5002+ffff = 2 00af, that is 00b1 */
	EXPECT_EQ(static_cast<uint16_t>(~0x00b1), host(cksum));
	memcpy(segment + 16, &cksum, 2);
	EXPECT_EQ(0, pln_cksum_finish(pln_cksum_add(sum, segment, sizeof(segment))));
}

TEST(CksumRfc1624, ExampleOfSection4)
{
	/* HC = DD2F, m = 5555, m' = 3285: the answer is 0000, where eqn. 2 would say FFFF */
	uint16_t updated =
		pln_cksum_update(pln_be16(0xdd2f).raw, pln_be16(0x5555).raw, pln_be16(0x3285).raw);

	EXPECT_EQ(0x0000, host(updated));
}

TEST(CksumRfc1624, UpdateEqualsRecomputation)
{
	std::mt19937 rng(8);
	std::vector<uint8_t> hdr = random_bytes(20, 9);

	for (int round = 0; round < 300000; round++) {
		size_t at = rng() % 10 * 2;
		uint16_t before, after = static_cast<uint16_t>(rng() % 8 == 0 ? 0 : rng());
		uint16_t cksum = pln_cksum_finish(pln_cksum_add(0, hdr.data(), hdr.size()));

		memcpy(&before, &hdr[at], 2);
		memcpy(&hdr[at], &after, 2);
		ASSERT_EQ(pln_cksum_finish(pln_cksum_add(0, hdr.data(), hdr.size())),
		          pln_cksum_update(cksum, before, after));
	}
}

TEST(CksumRfc1624, EveryNewValueOfAWord)
{
	uint8_t hdr[] = { 0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01 };
	uint16_t before, cksum = pln_cksum_finish(pln_cksum_add(0, hdr, sizeof(hdr)));

	memcpy(&before, hdr + 8, 2);
	for (uint32_t value = 0; value <= 0xffff; value++) {
		uint16_t after = static_cast<uint16_t>(value);

		memcpy(hdr + 8, &after, 2);
		ASSERT_EQ(pln_cksum_finish(pln_cksum_add(0, hdr, sizeof(hdr))),
		          pln_cksum_update(cksum, before, after));
	}
}

} // namespace
