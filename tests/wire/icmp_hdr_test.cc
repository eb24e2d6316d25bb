/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/icmp_hdr: echo round trips, error messages and what they quote. */
#include "wire/icmp_hdr.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "wire/cksum.h"

namespace
{

/* An error that quotes an IP header, `options` bytes of NOPs and `quoted` bytes behind them. */
std::vector<uint8_t>
error_message(uint8_t proto, size_t options = 0, size_t quoted = 8)
{
	std::vector<uint8_t> message(8 + 20 + options, 1);
	pln_ip4_hdr ip = {};

	ip.src = pln_be32(0xc0000201);
	ip.dst = pln_be32(0xc6336407);
	ip.total_len = 1500; /* far more than is quoted */
	ip.ttl = 1;
	ip.proto = proto;
	pln_ip4_hdr_emit(&message[8], &ip);
	message[8] = static_cast<uint8_t>(0x45 + options / 4);
	const uint8_t l4[8] = { 0x9c, 0x40, 0x00, 0x50, 0xde, 0xad, 0xbe, 0xef };
	message.insert(message.end(), l4, l4 + quoted);
	message[0] = PLN_ICMP_UNREACHABLE;
	message[1] = 4;
	pln_bytes_put16(&message[6], 1400);
	pln_icmp_hdr_seal(message.data(), message.size());
	return message;
}

TEST(IcmpHdrRfc792, EchoRoundTrip)
{
	for (uint8_t type : { 8, 0 }) {
		for (size_t len : { 8, 9, 64, 1473 }) {
			pln_icmp_hdr in = {}, out;
			std::vector<uint8_t> message(len, 0x5a);

			in.type = type;
			in.id = 0x1234;
			in.seq = 0xfffe;
			pln_icmp_hdr_emit_echo(message.data(), &in);
			EXPECT_EQ(0, message[2] | message[3]);
			pln_icmp_hdr_seal(message.data(), len);
			ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_parse(message.data(), len, &out));
			EXPECT_EQ(type, out.type);
			EXPECT_EQ(0, out.code);
			EXPECT_EQ(0x1234, out.id);
			EXPECT_EQ(0xfffe, out.seq);
			EXPECT_EQ(0, out.next_mtu);
		}
	}
}

TEST(IcmpHdrRfc792, KnownEchoRequest)
{
	const uint8_t expected[] = { 8, 0, 0xf7, 0xfa, 0, 1, 0, 4 };
	pln_icmp_hdr hdr = {};
	uint8_t message[8];

	hdr.type = PLN_ICMP_ECHO;
	hdr.id = 1;
	hdr.seq = 4;
	pln_icmp_hdr_emit_echo(message, &hdr);
	pln_icmp_hdr_seal(message, 8);
	EXPECT_EQ(0, memcmp(expected, message, 8));
}

TEST(IcmpQuoteRfc1191, EachPlateauGivesWayToTheNext)
{
	/* RFC 1191 §7.1, table 7-1; what is shorter than 576 bytes is not believed */
	const uint16_t steps[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508 };
	pln_icmp_error error = {};

	for (size_t i = 0; i + 1 < sizeof(steps) / sizeof(steps[0]); i++) {
		error.quote.ip.total_len = steps[i];
		EXPECT_EQ(pln_icmp_hdr_next_mtu(&error), steps[i + 1]) << steps[i];
		error.quote.ip.total_len = static_cast<uint16_t>(std::max(steps[i + 1] + 1, 576));
		EXPECT_EQ(pln_icmp_hdr_next_mtu(&error), steps[i + 1]) << steps[i + 1];
	}
	error.next_mtu = 1400;
	EXPECT_EQ(pln_icmp_hdr_next_mtu(&error), 1400) << "what is said counts";
}

TEST(IcmpHdrRfc792, SealDoesNotCareWhatStoodInTheField)
{
	std::vector<uint8_t> message = error_message(6);

	message[2] ^= 0x12;
	pln_icmp_hdr_seal(message.data(), message.size());
	EXPECT_EQ(error_message(6), message);
}

TEST(IcmpHdrRfc792, EachFlippedBitIsABadChecksum)
{
	std::vector<uint8_t> message = error_message(6);
	pln_icmp_hdr hdr;

	for (size_t bit = 0; bit < message.size() * 8; bit++) {
		message[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		EXPECT_EQ(PLN_ICMP_BAD_CHECKSUM,
		          pln_icmp_hdr_parse(message.data(), message.size(), &hdr));
		message[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
	}
}

TEST(IcmpHdrRfc792, LessThanEightBytesIsShort)
{
	pln_icmp_hdr hdr;
	uint8_t message[8] = { 8, 0, 0xf7, 0xff };

	for (size_t len = 0; len < 8; len++)
		EXPECT_EQ(PLN_ICMP_SHORT, pln_icmp_hdr_parse(message, len, &hdr));
	EXPECT_EQ(PLN_ACCEPT, pln_icmp_hdr_parse(message, 8, &hdr));
}

TEST(IcmpHdrRfc1191, NextHopMtuOfFragmentationNeededAlone)
{
	std::vector<uint8_t> message = error_message(6);
	pln_icmp_hdr hdr;

	ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_parse(message.data(), message.size(), &hdr));
	EXPECT_EQ(PLN_ICMP_UNREACHABLE, hdr.type);
	EXPECT_EQ(4, hdr.code);
	EXPECT_EQ(1400, hdr.next_mtu);
	message[1] = 3; /* port unreachable */
	pln_icmp_hdr_seal(message.data(), message.size());
	ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_parse(message.data(), message.size(), &hdr));
	EXPECT_EQ(0, hdr.next_mtu);
	EXPECT_EQ(0, hdr.id);
}

TEST(IcmpHdrRfc1122, QuoteNamesTheTcpFlow)
{
	for (size_t options : { 0, 4, 40 }) {
		std::vector<uint8_t> message = error_message(PLN_IP4_PROTO_TCP, options);
		pln_icmp_quote quote;

		ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_quote(message.data(), message.size(), &quote));
		EXPECT_EQ(0xc0000201, pln_be32_get(quote.ip.src));
		EXPECT_EQ(0xc6336407, pln_be32_get(quote.ip.dst));
		EXPECT_EQ(PLN_IP4_PROTO_TCP, quote.ip.proto);
		EXPECT_EQ(40000, quote.src_port);
		EXPECT_EQ(80, quote.dst_port);
		EXPECT_EQ(0xdeadbeef, quote.seq);
	}
}

TEST(IcmpHdrRfc1122, QuoteOfUdpHasPortsAndNoSequenceNumber)
{
	std::vector<uint8_t> message = error_message(PLN_IP4_PROTO_UDP);
	pln_icmp_quote quote;

	ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_quote(message.data(), message.size(), &quote));
	EXPECT_EQ(40000, quote.src_port);
	EXPECT_EQ(80, quote.dst_port);
	EXPECT_EQ(0U, quote.seq);
}

TEST(IcmpHdrRfc1122, QuoteOfOtherProtocolsHasNoPorts)
{
	std::vector<uint8_t> message = error_message(PLN_IP4_PROTO_ICMP);
	pln_icmp_quote quote;

	ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_quote(message.data(), message.size(), &quote));
	EXPECT_EQ(0, quote.src_port);
	EXPECT_EQ(0, quote.dst_port);
	EXPECT_EQ(PLN_IP4_PROTO_ICMP, quote.ip.proto);
}

TEST(IcmpHdrRfc1122, QuoteOfALaterFragmentHasNoPorts)
{
	std::vector<uint8_t> message = error_message(PLN_IP4_PROTO_TCP);
	pln_icmp_quote quote;

	message[8 + 7] = 1; /* fragment offset 8 */
	ASSERT_EQ(PLN_ACCEPT, pln_icmp_hdr_quote(message.data(), message.size(), &quote));
	EXPECT_EQ(8, quote.ip.frag_off);
	EXPECT_EQ(0, quote.src_port);
	EXPECT_EQ(0U, quote.seq);
}

TEST(IcmpHdrRfc1122, QuoteTruncatedAtEveryByteIsShort)
{
	for (size_t options : { 0, 8 }) {
		std::vector<uint8_t> whole = error_message(PLN_IP4_PROTO_TCP, options);

		for (size_t len = 0; len < whole.size(); len++) {
			std::vector<uint8_t> cut(whole.begin(),
			                         whole.begin() + static_cast<long>(len));
			pln_icmp_quote quote;

			EXPECT_EQ(PLN_ICMP_SHORT,
			          pln_icmp_hdr_quote(cut.data(), cut.size(), &quote));
		}
	}
}

TEST(IcmpHdrRfc1122, QuoteOfSomethingElseThanIpv4IsRefused)
{
	std::vector<uint8_t> message = error_message(PLN_IP4_PROTO_TCP);
	pln_icmp_quote quote;

	for (uint8_t first : { 0x65, 0x44, 0x00 }) {
		message[8] = first;
		EXPECT_EQ(PLN_ICMP_SHORT,
		          pln_icmp_hdr_quote(message.data(), message.size(), &quote));
	}
}

} // namespace
