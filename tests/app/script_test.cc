/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser of segment scripts: what good lines become, and what is said of bad ones, with line and column. */
#include "common/script.h"

#include <string>

#include <gtest/gtest.h>

namespace
{

struct Parsed {
	script s{};
	pln_error error{};
	int rc = 0;

	explicit Parsed(const std::string &text)
	{
		rc = script_parse(text.data(), text.size(), "t.pkt", &s, &error);
	}

	~Parsed()
	{
		script_free(&s);
	}

	Parsed(const Parsed &) = delete;
	Parsed &operator=(const Parsed &) = delete;

	const script_field *
	field(uint32_t record, script_key key) const
	{
		return script_find(&s, &s.records[record], key);
	}
};

/* What a script of this one line is told. */
std::string
told(const std::string &text)
{
	Parsed p(text);

	EXPECT_EQ(p.rc, -EINVAL) << text;
	EXPECT_EQ(p.error.code, -EINVAL);
	EXPECT_EQ(p.s.records, nullptr) << "untouched on failure";
	return p.error.text;
}

TEST(Script, NoTextAtAllIsAScriptOfNoLines)
{
	script s{};
	pln_error error{};

	ASSERT_EQ(script_parse(nullptr, 0, "t.pkt", &s, &error), 0);
	EXPECT_EQ(s.count, 0U);
	script_free(&s);
}

TEST(Script, EmptyLinesAndCommentsAreNothing)
{
	Parsed p("# a comment\n\n   \t\n# another");

	ASSERT_EQ(p.rc, 0);
	EXPECT_EQ(p.s.count, 0U);
}

TEST(Script, RecordsKnowTheirLineAndText)
{
	Parsed p("# first\n\nlisten port=80 # why\r\n\nturn");

	ASSERT_EQ(p.rc, 0);
	ASSERT_EQ(p.s.count, 2U);
	EXPECT_EQ(p.s.records[0].line, 3U);
	EXPECT_STREQ(p.s.records[0].text, "listen port=80 # why\r");
	EXPECT_EQ(p.s.records[0].verb, SCRIPT_LISTEN);
	EXPECT_EQ(p.s.records[1].line, 5U);
}

TEST(Script, SegmentsHaveFlagsAndFields)
{
	Parsed p("< FSRPAUEC seq=-5 ack=0x10 len=1~3 sack=1:101,201:301 ts=5,* mss=none\n> .");

	ASSERT_EQ(p.rc, 0);
	EXPECT_EQ(p.s.records[0].verb, SCRIPT_INJECT);
	EXPECT_EQ(p.s.records[0].proto, SCRIPT_TCP);
	EXPECT_EQ(p.s.records[0].flags, 0xff);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SEQ)->items[0].lo, -5);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_ACK)->items[0].hi, 16);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_LEN)->items[0].lo, 1);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_LEN)->items[0].hi, 3);
	ASSERT_EQ(p.field(0, SCRIPT_KEY_SACK)->count, 2);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SACK)->items[1].hi, 301);
	EXPECT_TRUE(p.field(0, SCRIPT_KEY_TS)->items[1].any);
	EXPECT_TRUE(p.field(0, SCRIPT_KEY_MSS)->none);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_WIN), nullptr);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SEQ)->column, 12U);
	EXPECT_EQ(p.s.records[1].verb, SCRIPT_EXPECT);
	EXPECT_EQ(p.s.records[1].flags, 0);
}

TEST(Script, OtherPacketsAreNamed)
{
	Parsed p("< arp op=1 sha=02:00:00:00:00:0a spa=10.0.0.2\n< icmp type=8\n< udp len=3\n< ip "
	         "proto=99\n"
	         "< eth ethertype=0x88cc data=00ff");

	ASSERT_EQ(p.rc, 0) << p.error.text;
	EXPECT_EQ(p.s.records[0].proto, SCRIPT_ARP);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SHA)->items[0].lo, 0x02000000000a);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SPA)->items[0].lo, 0x0a000002);
	EXPECT_EQ(p.s.records[1].proto, SCRIPT_ICMP);
	EXPECT_EQ(p.s.records[2].proto, SCRIPT_UDP);
	EXPECT_EQ(p.s.records[3].proto, SCRIPT_IP);
	EXPECT_EQ(p.s.records[4].proto, SCRIPT_ETH);
	EXPECT_STREQ(p.field(4, SCRIPT_KEY_DATA)->text, "00ff");
}

TEST(Script, TimesAreNanoseconds)
{
	Parsed p("+0.25 turn\n@1.5 turn\n+0.1~0.2 > A\n+* > A\n+3~ > A\nturn");

	ASSERT_EQ(p.rc, 0) << p.error.text;
	EXPECT_EQ(p.s.records[0].when, SCRIPT_WHEN_AFTER);
	EXPECT_EQ(p.s.records[0].time.lo, 250000000);
	EXPECT_EQ(p.s.records[1].when, SCRIPT_WHEN_AT);
	EXPECT_EQ(p.s.records[2].time.lo, 100000000);
	EXPECT_EQ(p.s.records[2].time.hi, 200000000);
	EXPECT_TRUE(p.s.records[3].time.any);
	EXPECT_EQ(p.s.records[4].time.hi, SCRIPT_HIGHEST);
	EXPECT_EQ(p.s.records[5].when, SCRIPT_WHEN_NOW);
}

TEST(Script, CallsHaveArgumentsAndResults)
{
	Parsed p("send 100 more conn=b = 60\nreceive 5 = ECONNRESET\nshutdown wr\noption "
	         "rto_min_ms 1000");

	ASSERT_EQ(p.rc, 0) << p.error.text;
	EXPECT_EQ(p.field(0, SCRIPT_KEY_LEN)->items[0].lo, 100);
	EXPECT_NE(p.field(0, SCRIPT_KEY_MORE), nullptr);
	EXPECT_STREQ(p.field(0, SCRIPT_KEY_CONN)->text, "b");
	EXPECT_TRUE(p.s.records[0].has_result);
	EXPECT_EQ(p.s.records[0].result, 60);
	EXPECT_EQ(p.s.records[1].result, -ECONNRESET);
	EXPECT_FALSE(p.s.records[2].has_result);
	EXPECT_STREQ(p.field(3, SCRIPT_KEY_NAME)->text, "rto_min_ms");
	EXPECT_STREQ(p.field(3, SCRIPT_KEY_VALUE)->text, "1000");
}

TEST(Script, QuotesKeepBlanksAndSigns)
{
	Parsed p("send text=\"a = # b\"\nuse \"x=y\"");

	ASSERT_EQ(p.rc, 0) << p.error.text;
	EXPECT_STREQ(p.field(0, SCRIPT_KEY_TEXT)->text, "a = # b");
	EXPECT_STREQ(p.field(1, SCRIPT_KEY_NAME)->text, "x=y");
}

TEST(Script, AbsoluteNumbersAreMarked)
{
	Parsed p("< A seq=abs:0xffffffff");

	ASSERT_EQ(p.rc, 0);
	EXPECT_TRUE(p.field(0, SCRIPT_KEY_SEQ)->absolute);
	EXPECT_EQ(p.field(0, SCRIPT_KEY_SEQ)->items[0].lo, 0xffffffff);
}

TEST(Script, ValuesMatchNumbersRangesAndAnything)
{
	script_item number = { 5, 5, false }, range = { 5, SCRIPT_HIGHEST, false },
		    any = { 0, 0, true };

	EXPECT_TRUE(script_item_matches(&number, 5));
	EXPECT_FALSE(script_item_matches(&number, 6));
	EXPECT_TRUE(script_item_matches(&range, 1000));
	EXPECT_FALSE(script_item_matches(&range, 4));
	EXPECT_TRUE(script_item_matches(&any, -1));
}

TEST(Script, EachErrorHasItsPlace)
{
	EXPECT_EQ(told("\n  bogus"), "t.pkt:2:3: 'bogus' is no word that a line begins with");
	EXPECT_EQ(told("turn now"), "t.pkt:1:6: 'now' is nothing that 'turn' takes");
	EXPECT_EQ(told("listen prt=80"), "t.pkt:1:8: 'prt=' is nothing that 'listen' takes");
	EXPECT_EQ(told("listen seq=80"), "t.pkt:1:8: 'seq=' is nothing that 'listen' takes");
	EXPECT_EQ(told("listen port=8x"), "t.pkt:1:8: port: '8x' is no number");
	EXPECT_EQ(told("listen port=80 port=81"), "t.pkt:1:16: 'port' stands here twice");
	EXPECT_EQ(told("send 1 more more"), "t.pkt:1:13: 'more' stands here twice");
	EXPECT_EQ(told("option nagle"), "t.pkt:1:8: 'option' wants its value");
	EXPECT_EQ(told("wait"), "t.pkt:1:1: 'wait' wants its time");
	EXPECT_EQ(told("wait soon"), "t.pkt:1:6: time: 'soon' is no time in seconds");
	EXPECT_EQ(told("open to=10.0.0"), "t.pkt:1:6: to: '10.0.0' is no IPv4 address");
	EXPECT_EQ(told("neighbor 10.0.0.1 02:00"), "t.pkt:1:19: mac: '02:00' is no MAC address");
	EXPECT_EQ(told("send 1 more=1"), "t.pkt:1:8: more: '1' takes no value");
	EXPECT_EQ(told("send text=\"abc"), "t.pkt:1:6: a quote is not closed");
}

TEST(Script, EachErrorOfAPacketHasItsPlace)
{
	EXPECT_EQ(told("<"), "t.pkt:1:1: '<' without a packet");
	EXPECT_EQ(told("< tcp"),
	          "t.pkt:1:3: 'tcp' is no packet: TCP flags (letters of SAFRPUEC, or a dot for "
	          "none), arp, icmp, udp, ip or eth");
	EXPECT_EQ(told("> none"), "t.pkt:1:3: to expect nothing for a time, write: wait SECONDS");
	EXPECT_EQ(told("< arp seq=1"), "t.pkt:1:7: 'seq=' is nothing that '<' takes");
	EXPECT_EQ(told("< A sack=1:2,3:4,5:6,7:8,9:10"),
	          "t.pkt:1:5: sack: '1:2,3:4,5:6,7:8,9:10' is no number");
	EXPECT_EQ(told("< A len=5~3"), "t.pkt:1:5: len: '5~3' is no number");
	EXPECT_EQ(told("< A len=~"), "t.pkt:1:5: len: '~' is no number");
	EXPECT_EQ(told("< A len="), "t.pkt:1:5: len: '' is no number");
	EXPECT_EQ(told("< A opts=123"),
	          "t.pkt:1:5: opts: '123' is no even number of hexadecimal digits");
	EXPECT_EQ(told("< A = 5"), "t.pkt:1:5: '<' has no result");
}

TEST(Script, EachErrorOfATimeOrResultHasItsPlace)
{
	EXPECT_EQ(told("+x turn"), "t.pkt:1:1: '+x' is no time: +0.2, +0.2~0.3, +* or @1.5");
	EXPECT_EQ(told("+1"), "t.pkt:1:1: a time alone: what happens then?");
	EXPECT_EQ(told("+1~2 turn"), "t.pkt:1:1: only '>' may happen within a range of time");
	EXPECT_EQ(told("send 1 ="), "t.pkt:1:8: '=' without a result");
	EXPECT_EQ(told("send 1 = EWHAT"),
	          "t.pkt:1:10: 'EWHAT' is no result: a number or the name of an errno");
	EXPECT_EQ(told("send 1 = 1 2"), "t.pkt:1:12: '2' stands behind the result");
	EXPECT_EQ(told("turn = 0"), "t.pkt:1:6: 'turn' has no result");
}

TEST(Script, TextThatIsNoneIsRefused)
{
	EXPECT_EQ(told(std::string("turn\0", 5)), "t.pkt:1:5: a NUL byte: this is no text");
	EXPECT_EQ(told("info " + std::string(200, 'x') + "=1").substr(0, 8), "t.pkt:1:");

	std::string many = "info";

	for (int i = 0; i < 60; i++)
		many += " x";
	EXPECT_NE(told(many).find("more than 47 words"), std::string::npos);
}

TEST(Script, EveryPrefixOfAScriptIsReadOrRefused)
{
	std::string text = "+0.1~0.2 > PA seq=1 ack=1 sack=1:2,3:4 ts=*,5 tos=0xb8\nsend 10 "
			   "text=\"a b\" = EAGAIN\n"
			   "< icmp type=3 code=4 mtu=1000 quote=-5 qsrc=10.0.0.1\ninfo rto=0.1~ "
			   "state=CLOSED\n";

	for (size_t n = 0; n <= text.size(); n++) {
		Parsed p(text.substr(0, n));

		EXPECT_TRUE(p.rc == 0 || p.error.text[0] != '\0') << n;
	}
}

} // namespace
