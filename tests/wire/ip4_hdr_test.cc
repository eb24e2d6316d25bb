/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/ip4_hdr: round trips, every check of RFC 1122 §3.2.1, options, truncation at every byte. */
#include "wire/ip4_hdr.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "wire/cksum.h"

namespace
{

pln_ip4_hdr
sample_hdr()
{
	pln_ip4_hdr hdr = {};

	hdr.src = pln_be32(0xc0000201);
	hdr.dst = pln_be32(0xc6336407);
	hdr.total_len = 40;
	hdr.id = 0xbeef;
	hdr.df = true;
	hdr.tos = 0xb8;
	hdr.ttl = 64;
	hdr.proto = PLN_IP4_PROTO_TCP;
	return hdr;
}

/* A packet of 20 payload bytes behind `options`, padded to whole words. */
std::vector<uint8_t>
packet_with(std::vector<uint8_t> options)
{
	pln_ip4_hdr hdr = sample_hdr();

	options.resize((options.size() + 3) / 4 * 4);
	std::vector<uint8_t> packet(20 + options.size() + 20);
	hdr.total_len = static_cast<uint16_t>(packet.size());
	pln_ip4_hdr_emit(packet.data(), &hdr);
	std::copy(options.begin(), options.end(), packet.begin() + 20);
	packet[0] = static_cast<uint8_t>(0x45 + options.size() / 4);
	return packet;
}

void
fix_cksum(std::vector<uint8_t> &packet)
{
	packet[10] = packet[11] = 0;
	uint16_t cksum =
		pln_cksum_finish(pln_cksum_add(0, packet.data(), size_t{ packet[0] & 0xfU } * 4));
	memcpy(&packet[10], &cksum, 2);
}

pln_drop
parse(const std::vector<uint8_t> &packet, bool cksum_done = false)
{
	pln_ip4_hdr hdr;

	return pln_ip4_hdr_parse(packet.data(), packet.size(), cksum_done, &hdr);
}

pln_drop
parse_options(const std::vector<uint8_t> &options)
{
	std::vector<uint8_t> packet = packet_with(options);

	fix_cksum(packet);
	return parse(packet);
}

TEST(Ip4HdrRfc791, EmitsTheBytesOfThePicture)
{
	const uint8_t expected[20] = { 0x45, 0xb8, 0x00, 0x28, 0xbe, 0xef, 0x40, 0x00, 0x40, 0x06,
		                       0x00, 0x00, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07 };
	pln_ip4_hdr hdr = sample_hdr();
	uint8_t out[20];

	pln_ip4_hdr_emit(out, &hdr);
	EXPECT_EQ(0, pln_cksum_finish(pln_cksum_add(0, out, 20)));
	out[10] = out[11] = 0;
	EXPECT_EQ(0, memcmp(expected, out, 20));
}

TEST(Ip4HdrRfc791, ParseIsTheInverseOfEmit)
{
	for (int flags = 0; flags < 4; flags++) {
		pln_ip4_hdr in = sample_hdr(), out;
		std::vector<uint8_t> packet(40);

		in.hdr_len = 20;
		in.df = (flags & 1) != 0;
		in.mf = (flags & 2) != 0;
		in.frag_off = flags == 2 ? 65528 : 8;
		pln_ip4_hdr_emit(packet.data(), &in);
		ASSERT_EQ(PLN_ACCEPT, pln_ip4_hdr_parse(packet.data(), 40, false, &out));
		EXPECT_EQ(in.src.raw, out.src.raw);
		EXPECT_EQ(in.dst.raw, out.dst.raw);
		EXPECT_EQ(40, out.total_len);
		EXPECT_EQ(20, out.hdr_len);
		EXPECT_EQ(in.id, out.id);
		EXPECT_EQ(in.frag_off, out.frag_off);
		EXPECT_EQ(in.df, out.df);
		EXPECT_EQ(in.mf, out.mf);
		EXPECT_EQ(in.tos, out.tos);
		EXPECT_EQ(in.ttl, out.ttl);
		EXPECT_EQ(in.proto, out.proto);
	}
}

/*
 * RFC 1122 §3.2.1.7: "A host MUST NOT discard a datagram just because it was received with TTL less
 * than 2."
 */
TEST(Ip4HdrRfc1122, EachTtlAndEachTosIsAccepted)
{
	for (unsigned int value = 0; value < 256; value++) {
		pln_ip4_hdr in = sample_hdr(), out;
		std::vector<uint8_t> packet(40);

		in.ttl = static_cast<uint8_t>(value);
		in.tos = static_cast<uint8_t>(255 - value);
		pln_ip4_hdr_emit(packet.data(), &in);
		ASSERT_EQ(PLN_ACCEPT, pln_ip4_hdr_parse(packet.data(), 40, false, &out));
		EXPECT_EQ(value, out.ttl);
		EXPECT_EQ(255 - value, out.tos);
	}
}

TEST(Ip4HdrRfc1122, TruncatedAtEveryByteIsShort)
{
	std::vector<uint8_t> whole = packet_with({ 1, 1, 1, 1, 1, 1, 1, 1 });

	fix_cksum(whole);
	ASSERT_EQ(PLN_ACCEPT, parse(whole));
	for (size_t len = 0; len < whole.size(); len++)
		EXPECT_EQ(PLN_IP_SHORT,
		          parse({ whole.begin(), whole.begin() + static_cast<long>(len) }));
}

TEST(Ip4HdrRfc1122, BytesBehindTheTotalLengthAreAllowed)
{
	std::vector<uint8_t> packet = packet_with({});

	packet.resize(packet.size() + 6); /* Ethernet padding */
	EXPECT_EQ(PLN_ACCEPT, parse(packet));
}

TEST(Ip4HdrRfc1122, TotalLengthBelowTheHeaderIsShort)
{
	for (uint16_t total_len : { 0, 1, 19, 20, 23 }) {
		std::vector<uint8_t> packet = packet_with({ 1, 1, 1, 1 });

		pln_bytes_put16(&packet[2], total_len);
		fix_cksum(packet);
		EXPECT_EQ(PLN_IP_SHORT, parse(packet)) << total_len;
	}
}

TEST(Ip4HdrRfc1122, OnlyVersionFourPasses)
{
	for (unsigned int version = 0; version < 16; version++) {
		std::vector<uint8_t> packet = packet_with({});

		packet[0] = static_cast<uint8_t>(version << 4 | 5);
		fix_cksum(packet);
		EXPECT_EQ(version == 4 ? PLN_ACCEPT : PLN_IP_BAD_VERSION, parse(packet));
	}
}

TEST(Ip4HdrRfc1122, HeaderOfLessThanFiveWordsIsRefused)
{
	for (uint8_t words = 0; words < 5; words++) {
		std::vector<uint8_t> packet = packet_with({});

		packet[0] = static_cast<uint8_t>(0x40 | words);
		fix_cksum(packet);
		EXPECT_EQ(PLN_IP_BAD_HEADER_LEN, parse(packet));
	}
}

/* "A host MUST verify the IP header checksum on every received datagram." */
TEST(Ip4HdrRfc1122, EachFlippedBitBehindTheLengthsIsABadChecksum)
{
	std::vector<uint8_t> packet = packet_with({ 1, 1, 1, 0 });

	fix_cksum(packet);
	for (size_t bit = 32; bit < 24 * 8; bit++) {
		packet[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		EXPECT_EQ(PLN_IP_BAD_CHECKSUM, parse(packet)) << bit;
		packet[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
	}
	packet[24] ^= 0xff; /* payload: not in the header's checksum */
	EXPECT_EQ(PLN_ACCEPT, parse(packet));
}

TEST(Ip4HdrRfc1122, ChecksumOfTheDeviceIsBelieved)
{
	std::vector<uint8_t> packet = packet_with({});

	packet[10] ^= 0x55;
	EXPECT_EQ(PLN_IP_BAD_CHECKSUM, parse(packet, false));
	EXPECT_EQ(PLN_ACCEPT, parse(packet, true));
}

TEST(Ip4HdrRfc791, UnknownOptionsAreSkipped)
{
	EXPECT_EQ(PLN_ACCEPT, parse_options({ 1, 1, 1, 0 }));
	EXPECT_EQ(PLN_ACCEPT, parse_options({ 148, 4, 0, 0 }));           /* router alert */
	EXPECT_EQ(PLN_ACCEPT, parse_options({ 7, 7, 4, 0, 0, 0, 0, 1 })); /* record route */
	EXPECT_EQ(PLN_ACCEPT, parse_options({ 99, 2, 99, 2 }));
	EXPECT_EQ(PLN_ACCEPT, parse_options(std::vector<uint8_t>(40, 1)));
	EXPECT_EQ(PLN_ACCEPT, parse_options({ 0, 131, 99, 99 })); /* behind the end of the list */
}

TEST(Ip4HdrRfc7126, SourceRoutesAreRefusedWhereverTheyStand)
{
	for (uint8_t kind : { 131, 137 }) {
		EXPECT_EQ(PLN_IP_SOURCE_ROUTE, parse_options({ kind, 3, 4, 0 }));
		EXPECT_EQ(PLN_IP_SOURCE_ROUTE, parse_options({ 1, kind, 7, 4, 10, 0, 0, 1 }));
		EXPECT_EQ(PLN_IP_SOURCE_ROUTE, parse_options({ 148, 4, 0, 0, kind, 3, 4, 0 }));
	}
}

TEST(Ip4HdrRfc791, EachIllegalOptionLengthIsRefused)
{
	for (uint8_t kind : { 2, 7, 68, 99, 131, 137, 148, 255 }) {
		for (unsigned int len = 0; len < 256; len++) {
			if (len >= 2 && len <= 8)
				continue;
			EXPECT_EQ(PLN_IP_BAD_OPTION,
			          parse_options(
					  { kind, static_cast<uint8_t>(len), 0, 0, 0, 0, 0, 0 }))
				<< int{ kind } << " of length " << len;
		}
	}
	EXPECT_EQ(PLN_IP_BAD_OPTION, parse_options({ 1, 1, 1, 7 })); /* no room for a length */
	EXPECT_EQ(PLN_IP_BAD_OPTION, parse_options({ 1, 1, 7, 3 }));
}

TEST(Ip4HdrRfc1122, QuotedHeaderMayBeCutOffAndStale)
{
	std::vector<uint8_t> packet = packet_with({});
	pln_ip4_hdr hdr;

	packet[10] ^= 0x55;
	ASSERT_EQ(PLN_ACCEPT, pln_ip4_hdr_parse_quoted(packet.data(), 20, &hdr));
	EXPECT_EQ(40, hdr.total_len);
	EXPECT_EQ(0xc0000201, pln_be32_get(hdr.src));
	for (size_t len = 0; len < 20; len++)
		EXPECT_EQ(PLN_IP_SHORT, pln_ip4_hdr_parse_quoted(packet.data(), len, &hdr));
	packet[0] = 0x46;
	EXPECT_EQ(PLN_IP_SHORT, pln_ip4_hdr_parse_quoted(packet.data(), 20, &hdr));
	packet[0] = 0x44;
	EXPECT_EQ(PLN_IP_BAD_HEADER_LEN, pln_ip4_hdr_parse_quoted(packet.data(), 20, &hdr));
	packet[0] = 0x65;
	EXPECT_EQ(PLN_IP_BAD_VERSION, pln_ip4_hdr_parse_quoted(packet.data(), 20, &hdr));
}

TEST(Ip4HdrRfc1122, MartiansAreToldFromHosts)
{
	for (uint32_t a : { 0x00000000U, 0x00000001U, 0x00ffffffU, 0x7f000001U, 0x7fffffffU,
	                    0xe0000001U, 0xefffffffU, 0xf0000000U, 0xffffffffU })
		EXPECT_TRUE(pln_ip4_hdr_is_martian(pln_be32(a))) << std::hex << a;
	for (uint32_t a :
	     { 0x01000000U, 0x0a000001U, 0x7effffffU, 0x80000000U, 0xc0a80001U, 0xdfffffffU })
		EXPECT_FALSE(pln_ip4_hdr_is_martian(pln_be32(a))) << std::hex << a;
}

TEST(Ip4HdrRfc1122, MulticastAndLoopbackHaveEdges)
{
	EXPECT_FALSE(pln_ip4_hdr_is_multicast(pln_be32(0xdfffffff)));
	EXPECT_TRUE(pln_ip4_hdr_is_multicast(pln_be32(0xe0000000)));
	EXPECT_TRUE(pln_ip4_hdr_is_multicast(pln_be32(0xefffffff)));
	EXPECT_FALSE(pln_ip4_hdr_is_multicast(pln_be32(0xf0000000)));
	EXPECT_FALSE(pln_ip4_hdr_is_loopback(pln_be32(0x7effffff)));
	EXPECT_TRUE(pln_ip4_hdr_is_loopback(pln_be32(0x7f000000)));
	EXPECT_FALSE(pln_ip4_hdr_is_loopback(pln_be32(0x80000000)));
}

} // namespace
