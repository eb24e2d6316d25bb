/* SPDX-License-Identifier: BSD-3-Clause */
/* <pollen/types.h>: addresses from text and back. */
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <pollen/types.h>

#include "base/decl.h"

namespace
{

std::string
text_of(const pln_addr &addr)
{
	char buf[PLN_ADDR_TEXT_LEN];

	return pln_addr_format(&addr, buf);
}

TEST(Addr, ParsesDottedDecimal)
{
	for (const char *text : { "0.0.0.0", "192.0.2.1", "255.255.255.255", "10.0.0.9" }) {
		pln_addr addr;

		ASSERT_EQ(0, pln_addr_parse(text, &addr)) << text;
		EXPECT_EQ(PLN_FAMILY_IP4, addr.family);
		EXPECT_EQ(text, text_of(addr));
	}
}

TEST(Addr, BytesAreInNetworkOrderAndTheRestIsZero)
{
	pln_addr addr, expected = pln_addr_ip4(192, 0, 2, 1);

	memset(&addr, 0xff, sizeof(addr));
	ASSERT_EQ(0, pln_addr_parse("192.0.2.1", &addr));
	EXPECT_EQ(0, memcmp(&expected, &addr, sizeof(addr)));
}

TEST(Addr, RefusesWhatIsNoAddressAndLeavesTheOutputAlone)
{
	for (const char *text : { "",
	                          ".",
	                          "1",
	                          "1.2.3",
	                          "1.2.3.",
	                          "1.2.3.4.",
	                          ".1.2.3.4",
	                          "1.2.3.4.5",
	                          "256.1.1.1",
	                          "1.2.3.256",
	                          "01.2.3.4",
	                          "1.2.3.04",
	                          "0x1.2.3.4",
	                          "1.2.3.4 ",
	                          " 1.2.3.4",
	                          "+1.2.3.4",
	                          "1.2.-3.4",
	                          "1..3.4",
	                          "1.2.3.4/24",
	                          "localhost",
	                          "a.b.c.d",
	                          "1.2.3.4\n",
	                          "1000000000000.2.3.4" }) {
		pln_addr addr = pln_addr_ip4(9, 9, 9, 9);

		EXPECT_EQ(-EINVAL, pln_addr_parse(text, &addr)) << '"' << text << '"';
		EXPECT_EQ("9.9.9.9", text_of(addr));
	}
}

TEST(Addr, Ipv6IsKnownButNotSpoken)
{
	for (const char *text : { "::1", "2001:db8::1", "::ffff:192.0.2.1", "::" }) {
		pln_addr addr = pln_addr_ip4(9, 9, 9, 9);

		EXPECT_EQ(-EAFNOSUPPORT, pln_addr_parse(text, &addr)) << text;
		EXPECT_EQ("9.9.9.9", text_of(addr));
	}
}

TEST(Addr, ParsesEveryPrefixLength)
{
	for (int bits = 0; bits <= 32; bits++) {
		pln_addr addr;
		uint8_t len = 99;

		ASSERT_EQ(0, pln_addr_parse_prefix(("10.1.2.3/" + std::to_string(bits)).c_str(),
		                                   &addr, &len));
		EXPECT_EQ(bits, len);
		EXPECT_EQ("10.1.2.3", text_of(addr));
	}
}

TEST(Addr, RefusesBadPrefixesAndLeavesTheOutputsAlone)
{
	const std::string endless(5000, '1');

	for (const std::string &text :
	     { std::string(""), std::string("/"), std::string("/24"), std::string("10.0.0.1"),
	       std::string("10.0.0.1/"), std::string("10.0.0.1/33"), std::string("10.0.0.1/-1"),
	       std::string("10.0.0.1/+8"), std::string("10.0.0.1/08"), std::string("10.0.0.1/ 8"),
	       std::string("10.0.0.1/8 "), std::string("10.0.0.1/8/8"), std::string("10.0.0.1/a"),
	       std::string("10.0.0/24"), std::string("10.0.0.1/999999999999"),
	       std::string("10.0.0.1/255.255.255.0"), endless, endless + "/8" }) {
		pln_addr addr = pln_addr_ip4(9, 9, 9, 9);
		uint8_t len = 99;

		EXPECT_EQ(-EINVAL, pln_addr_parse_prefix(text.c_str(), &addr, &len)) << text;
		EXPECT_EQ(99, len);
		EXPECT_EQ("9.9.9.9", text_of(addr));
	}
}

TEST(Addr, Ipv6PrefixIsKnownButNotSpoken)
{
	pln_addr addr;
	uint8_t len;

	EXPECT_EQ(-EAFNOSUPPORT, pln_addr_parse_prefix("2001:db8::1/64", &addr, &len));
}

TEST(Mac, ParsesBothCases)
{
	const uint8_t expected[6] = { 0x02, 0xab, 0xcd, 0xef, 0x00, 0x9f };

	for (const char *text : { "02:ab:cd:ef:00:9f", "02:AB:CD:EF:00:9F", "02:aB:Cd:eF:00:9f" }) {
		pln_mac mac;

		ASSERT_EQ(0, pln_mac_parse(text, &mac)) << text;
		EXPECT_EQ(0, memcmp(expected, mac.bytes, 6));
	}
}

TEST(Mac, RefusesWhatIsNone)
{
	for (const char *text :
	     { "", "02", "02:ab:cd:ef:00", "02:ab:cd:ef:00:9", "02:ab:cd:ef:00:9f:",
	       "2:ab:cd:ef:00:9f", "02-ab-cd-ef-00-9f", "02:ab:cd:ef:00:9g", "02:ab:cd:ef:00: f",
	       "02abcdef009f", "02:ab:cd:ef:00:9f:01", "02:ab:cd:ef:00.9f", " 2:ab:cd:ef:00:9f" }) {
		pln_mac mac = { { 9, 9, 9, 9, 9, 9 } };

		EXPECT_EQ(-EINVAL, pln_mac_parse(text, &mac)) << '"' << text << '"';
		EXPECT_EQ(9, mac.bytes[0]);
	}
}

TEST(Addr, UnspecifiedIsAStar)
{
	EXPECT_EQ("*", text_of(pln_addr{}));
}

TEST(Endpoint, IsAddressColonPort)
{
	pln_endpoint ep = { pln_addr_ip4(255, 255, 255, 255), 65535 };
	char buf[PLN_ADDR_TEXT_LEN];

	EXPECT_STREQ("255.255.255.255:65535", pln_endpoint_format(&ep, buf));
	ep = { pln_addr_ip4(192, 0, 2, 1), 0 };
	EXPECT_STREQ("192.0.2.1:0", pln_endpoint_format(&ep, buf));
	ep = { pln_addr{}, 80 };
	EXPECT_STREQ("*:80", pln_endpoint_format(&ep, buf));
}

TEST(Endpoint, LongestIpv6FitsInBrackets)
{
	pln_endpoint ep = { { PLN_FAMILY_IP6, {} }, 65535 };
	char buf[PLN_ADDR_TEXT_LEN];

	memset(ep.addr.bytes, 0xff, sizeof(ep.addr.bytes));
	EXPECT_STREQ("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	             pln_endpoint_format(&ep, buf));
}

} // namespace
