/* SPDX-License-Identifier: BSD-3-Clause */
/* app/ping: iputils' lines and numbers. */
#include "ping/ping.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ping/icmptext.h"
#include "ping/options.h"
#include "ping/print.h"

namespace
{

std::string
ms(uint64_t us)
{
	char buf[24];

	return tally_format_ms(us * 1000, buf);
}

template <typename Print>
std::string
printed(Print print)
{
	char *text = nullptr;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	print(out);
	fclose(out);
	std::string result(text, len);
	free(text);
	return result;
}

std::string
summary(const struct tally &t)
{
	return printed([&](FILE *out) { tally_print_summary(&t, "10.9.9.2", out); });
}

struct tally
timed()
{
	struct tally t {
	};

	t.is_timed = true;
	t.first = PLN_NS_PER_S;
	return t;
}

TEST(Tally, FormatsTimesAsPingDoes)
{
	EXPECT_EQ(ms(0), "0.000");
	EXPECT_EQ(ms(183), "0.183");
	EXPECT_EQ(ms(999), "0.999");
	EXPECT_EQ(ms(1000), "1.00");
	EXPECT_EQ(ms(1235), "1.24");
	EXPECT_EQ(ms(9994), "9.99");
	EXPECT_EQ(ms(9995), "10.0");
	EXPECT_EQ(ms(12340), "12.3");
	EXPECT_EQ(ms(99949), "99.9");
	EXPECT_EQ(ms(99950), "100");
	EXPECT_EQ(ms(1234567), "1235");
}

TEST(Tally, SummarisesToTheByte)
{
	struct tally t = timed();

	for (uint64_t us : { 81, 120, 183, 96 })
		tally_reply(&t, us * 1000, false);
	t.sent = 4;
	t.pipe = 1;
	t.last = t.first + 614499 * PLN_NS_PER_US;
	EXPECT_EQ(summary(t), "\n--- 10.9.9.2 ping statistics ---\n"
	                      "4 packets transmitted, 4 received, 0% packet loss, time 614ms\n"
	                      "rtt min/avg/max/mdev = 0.081/0.120/0.183/0.038 ms\n");
}

TEST(Tally, SaysWhatWasLostDoubledAndRefused)
{
	struct tally t = timed();

	tally_reply(&t, 1500000, false);
	tally_reply(&t, 2500000, true);
	t.sent = 3;
	t.errors = 1;
	t.pipe = 2;
	t.last = t.first + 2 * PLN_NS_PER_S;
	EXPECT_EQ(summary(t),
	          "\n--- 10.9.9.2 ping statistics ---\n"
	          "3 packets transmitted, 1 received, +1 duplicates, +1 errors, 66.6667% packet "
	          "loss, time 2000ms\n"
	          "rtt min/avg/max/mdev = 1.500/2.000/2.500/0.500 ms, pipe 2\n");
}

TEST(Tally, NoReplyHasNoTimes)
{
	struct tally t = timed();

	t.sent = 2;
	t.last = t.first + PLN_NS_PER_S;
	EXPECT_EQ(summary(t),
	          "\n--- 10.9.9.2 ping statistics ---\n"
	          "2 packets transmitted, 0 received, 100% packet loss, time 1000ms\n\n");
	struct tally nothing = timed();
	EXPECT_EQ(summary(nothing), "\n--- 10.9.9.2 ping statistics ---\n"
	                            "0 packets transmitted, 0 received\n\n");
}

TEST(Tally, APayloadWithoutRoomForATimeHasNone)
{
	struct tally t = timed();

	t.is_timed = false;
	tally_reply(&t, 100000, false);
	t.sent = 1;
	t.last = t.first;
	EXPECT_EQ(summary(t), "\n--- 10.9.9.2 ping statistics ---\n"
	                      "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n\n");
}

TEST(Tally, StatusInOneLine)
{
	struct tally t = timed();

	tally_reply(&t, 1000000, false);
	tally_reply(&t, 2000000, false);
	t.sent = 3;
	EXPECT_EQ(printed([&](FILE *out) { tally_print_status(&t, out); }),
	          "\r2/3 packets, 33% loss, min/avg/ewma/max = 1.000/1.500/1.125/2.000 ms\n");
}

TEST(Tally, KeepsNanosecondsAndCutsThemOff)
{
	struct tally t = timed();

	for (uint64_t ns : { 1999, 2000, 2001 })
		tally_reply(&t, ns, false);
	EXPECT_EQ(tally_mean(&t), 2000u);
	EXPECT_EQ(t.min_ns, 1999u);
	EXPECT_EQ(tally_deviation(&t), 0u);
	EXPECT_EQ(ms(0), "0.000");
	t.sent = 3;
	t.last = t.first;
	EXPECT_NE(summary(t).find("= 0.001/0.002/0.002/0.000 ms"), std::string::npos);
}

TEST(Tally, DeviationOfLongRoundTripsDoesNotOverflow)
{
	struct tally t = timed();

	tally_reply(&t, 0, false);
	tally_reply(&t, 3600 * PLN_NS_PER_S, false);
	EXPECT_NEAR((double)tally_deviation(&t), 1800e9, 1e6);
}

TEST(Tally, FloodTellsTheGapBetweenRequests)
{
	struct tally t = timed();

	t.is_paced = true;
	t.sent = 3;
	t.last = t.first + 50000;
	for (int i = 0; i < 3; i++)
		tally_reply(&t, 24000, false);
	EXPECT_NE(summary(t).find("0.024/0.024/0.024/0.000 ms, ipg/ewma 0.025/0.024 ms\n"),
	          std::string::npos)
		<< summary(t);
}

std::string
words(uint8_t type, uint8_t code, uint16_t mtu = 0)
{
	struct pln_icmp_event event {
	};
	char buf[96];

	event.kind = PLN_ICMP_ERROR_REPORT;
	event.type = type;
	event.code = code;
	event.mtu = mtu;
	event.pointer = 9;
	event.gateway = pln_addr_ip4(10, 0, 0, 1);
	return icmptext_write(&event, buf, sizeof(buf));
}

TEST(IcmpText, NamesErrorsAsPingDoes)
{
	EXPECT_EQ(words(3, 1), "Destination Host Unreachable");
	EXPECT_EQ(words(3, 4, 1300), "Frag needed and DF set (mtu = 1300)");
	EXPECT_EQ(words(3, 13), "Packet filtered");
	EXPECT_EQ(words(3, 99), "Dest Unreachable, Bad Code: 99");
	EXPECT_EQ(words(4, 0), "Source Quench");
	EXPECT_EQ(words(5, 1), "Redirect Host(New nexthop: 10.0.0.1)");
	EXPECT_EQ(words(11, 0), "Time to live exceeded");
	EXPECT_EQ(words(11, 1), "Frag reassembly time exceeded");
	EXPECT_EQ(words(11, 7), "Time exceeded, Bad Code: 7");
	EXPECT_EQ(words(12, 0), "Parameter problem: pointer = 9");
	EXPECT_EQ(words(99, 0), "Bad ICMP type: 99");
}

struct Line {
	struct ping_options o {
	};
	struct pln_error error {
	};
	std::vector<std::string> args;
	std::vector<char *> argv;
	int ret;

	explicit Line(std::vector<std::string> words) : args(std::move(words))
	{
		args.insert(args.begin(), "pollen-ping");
		for (std::string &arg : args)
			argv.push_back(arg.data());
		argv.push_back(nullptr);
		unsetenv("POLLEN_CONFIG");
		ret = ping_options_parse(&o, (int)args.size(), argv.data(), &error);
	}
	~Line()
	{
		ping_options_free(&o);
	}
	Line(const Line &) = delete;
	Line &operator=(const Line &) = delete;
};

TEST(PingOptions, AreThoseOfPing)
{
	Line l({ "-c", "3", "-i", "0.2", "-W", "2", "-w", "5", "-s", "1000", "-t", "9", "-qnv",
	         "-I", "veth1", "host" });

	ASSERT_EQ(l.ret, 0) << l.error.text;
	EXPECT_EQ(l.o.count, 3u);
	EXPECT_EQ(l.o.interval_ns, 200000000u);
	EXPECT_EQ(l.o.linger_ns, 2000000000u);
	EXPECT_EQ(l.o.deadline_ns, 5000000000u);
	EXPECT_EQ(l.o.size, 1000);
	EXPECT_EQ(l.o.ttl, 9);
	EXPECT_TRUE(l.o.quiet && l.o.numeric && l.o.verbose);
	EXPECT_STREQ(l.o.host.config.interface, "veth1");
	EXPECT_STREQ(l.o.target, "host");
	EXPECT_EQ(Line({ "h" }).o.size, 56);
}

TEST(PingOptions, RefusalsNameTheOption)
{
	const struct {
		std::vector<std::string> args;
		const char *said;
		int code;
	} cases[] = {
		{ {}, "usage error: Destination address required", 1 },
		{ { "a", "b" }, "more than one target", 2 },
		{ { "-c", "0", "h" },
		  "invalid argument: '0': out of range: 1 <= value <= 9223372036854775807",
		  1 },
		{ { "-c", "x", "h" }, "invalid argument: 'x'", 1 },
		{ { "-i", "x", "h" }, "option argument contains garbage: x", 1 },
		{ { "-t", "256", "h" },
		  "invalid argument: '256': out of range: 0 <= value <= 255",
		  1 },
		{ { "-t", "0", "h" }, "cannot set unicast time-to-live: Invalid argument", 2 },
		{ { "-M", "foo", "h" }, "invalid -M argument: foo", 2 },
		{ { "-p", "zz", "h" }, "patterns must be specified as hex digits: zz", 2 },
		{ { "-Q", "300", "h" }, "must be in range 0-255: 300", 2 },
		{ { "--arp", "-c", "2147483648", "h" },
		  "out of range: 1 <= value <= 2147483647",
		  1 },
		{ { "--arp", "-i", "0.1", "h" }, "invalid argument: '0.1'", 1 },
		{ { "--ip", "10.0.0.1/24", "-I", "10.0.0.2", "h" },
		  "bind: Cannot assign requested address",
		  2 },
		{ { "-x", "h" }, "option -x is not known", 2 },
		{ { "--mtu", "1", "h" }, "--mtu 1", 2 },
	};

	for (const auto &c : cases) {
		Line l(c.args);

		EXPECT_LT(l.ret, 0) << c.said;
		EXPECT_NE(std::string(l.error.text).find(c.said), std::string::npos)
			<< l.error.text;
		EXPECT_EQ(l.o.exit_code, c.code) << c.said;
	}
}

TEST(PingOptions, LettersMeanWhatTheyMeanToArping)
{
	Line ping({ "-D", "-f", "-A", "-s", "9", "h" });
	Line arping({ "-f", "-D", "-b", "-s", "10.0.0.1", "--arp", "h" });

	EXPECT_TRUE(ping.o.timestamps && ping.o.flood && ping.o.adaptive && !ping.o.arp);
	EXPECT_EQ(ping.o.interval_ns, 0u);
	EXPECT_TRUE(arping.o.arp && arping.o.first_only && arping.o.broadcast);
	EXPECT_FALSE(arping.o.flood || arping.o.timestamps);
	EXPECT_EQ(arping.o.arp_mode, PING_ARP_DAD);
	EXPECT_EQ(arping.o.source.bytes[3], 1);
	EXPECT_EQ(Line({ "--arp", "-A", "h" }).o.arp_mode, PING_ARP_REPLIES);
	EXPECT_EQ(Line({ "--arp", "-U", "h" }).o.arp_mode, PING_ARP_REQUESTS);
}

TEST(PingOptions, APatternIsReadTwoDigitsAByte)
{
	Line l({ "-p", "ff01a", "h" });

	ASSERT_EQ(l.o.pattern_len, 3);
	EXPECT_EQ(l.o.pattern[0], 0xff);
	EXPECT_EQ(l.o.pattern[2], 0xa);
	EXPECT_EQ(Line({ "-W", "0", "h" }).o.linger_ns, PLN_NEVER);
}

/* A ping that hears what the test makes up, and prints into a string. */
struct Heard {
	Line line;
	struct ping ping {
	};
	char *text = nullptr;
	size_t len = 0;

	explicit Heard(std::vector<std::string> args) : line(std::move(args))
	{
		struct pln_addr addr = pln_addr_ip4(10, 9, 9, 2);

		line.o.host.config.addr = pln_addr_ip4(10, 9, 9, 1);
		EXPECT_EQ(ping_init(&ping, &line.o, nullptr, &addr, "10.9.9.2"), 0);
		ping.out = open_memstream(&text, &len);
		ping.id = 7;
		ping.tally.sent = 9;
		for (int seq = 1; seq < 10; seq++) {
			ping.state[seq] = PING_SENT;
			ping.sent_at[seq] = 1000;
		}
	}
	~Heard()
	{
		fclose(ping.out);
		free(text);
		ping_free(&ping);
	}
	Heard(const Heard &) = delete;
	Heard &operator=(const Heard &) = delete;

	struct pln_icmp_event
	event(enum pln_icmp_event_kind kind, uint16_t seq)
	{
		struct pln_icmp_event e {
		};

		e.kind = kind;
		e.from = ping.addr;
		e.id = 7;
		e.seq = seq;
		e.ttl = 64;
		e.len = (uint16_t)line.o.size;
		e.now = 43000;
		return e;
	}
	std::string
	hear(const struct pln_icmp_event &e, const std::vector<uint8_t> &data)
	{
		std::string before = said();

		ping_take(&ping, &e, data.data(), data.size());
		return said().substr(before.size());
	}
	std::string
	hear(const struct pln_icmp_event &e)
	{
		return hear(e, std::vector<uint8_t>(ping.payload, ping.payload + e.len));
	}
	std::string
	said()
	{
		fflush(ping.out);
		return std::string(text, len);
	}
};

TEST(Ping, SaysWhatIsWrongWithAReply)
{
	Heard h({ "10.9.9.2" });
	struct pln_icmp_event e = h.event(PLN_ICMP_REPLY, 1);
	std::vector<uint8_t> data(h.ping.payload, h.ping.payload + 56);

	EXPECT_EQ(h.hear(e), "64 bytes from 10.9.9.2: icmp_seq=1 ttl=64 time=0.042 ms\n");
	EXPECT_EQ(h.hear(e), "64 bytes from 10.9.9.2: icmp_seq=1 ttl=64 time=0.042 ms (DUP!)\n");
	e.seq = 2;
	e.bad_checksum = true;
	EXPECT_EQ(h.hear(e),
	          "64 bytes from 10.9.9.2: icmp_seq=2 ttl=64 time=0.042 ms (BAD CHECKSUM!)\n");
	e.bad_checksum = false;
	e.len = 46;
	EXPECT_EQ(h.hear(e), "54 bytes from 10.9.9.2: icmp_seq=2 ttl=64 (truncated)\n");
	e.seq = 3;
	e.len = 56;
	data[20] = 0xff;
	EXPECT_EQ(h.hear(e, data).substr(0, 148),
	          "64 bytes from 10.9.9.2: icmp_seq=3 ttl=64 time=0.042 ms\n"
	          "wrong data byte #20 should be 0x14 but was 0xff\n"
	          "#16\t10 11 12 13 ff 15 16 17 18 19 1a 1b 1c 1");
	EXPECT_EQ(h.ping.tally.received, 3u);
	EXPECT_EQ(h.ping.tally.duplicates, 1u);
	EXPECT_EQ(h.ping.tally.corrupted, 1u);
}

TEST(Ping, RepliesOutOfOrderAreCountedAndSaidWhenAsked)
{
	Heard h({ "-v", "10.9.9.2" });

	EXPECT_EQ(h.hear(h.event(PLN_ICMP_REPLY, 5)),
	          "64 bytes from 10.9.9.2: icmp_seq=5 ident=7 ttl=64 time=0.042 ms\n");
	EXPECT_EQ(h.hear(h.event(PLN_ICMP_REPLY, 3)),
	          "64 bytes from 10.9.9.2: icmp_seq=3 ident=7 ttl=64 time=0.042 ms (OUT OF "
	          "ORDER)\n");
	EXPECT_EQ(h.ping.tally.out_of_order, 1u);
	EXPECT_EQ(h.ping.tally.pipe, 7u);
}

TEST(Ping, ASilentNeighbourEndsAllThatWaitedForIt)
{
	Heard h({ "10.9.9.2" });

	h.ping.state[1] = h.ping.state[2] = PING_WAITING;
	EXPECT_EQ(h.hear(h.event(PLN_ICMP_NEIGH_FAILED, 9)),
	          "From 10.9.9.1 icmp_seq=1 Destination Host Unreachable\n"
	          "From 10.9.9.1 icmp_seq=2 Destination Host Unreachable\n"
	          "From 10.9.9.1 icmp_seq=9 Destination Host Unreachable\n");
	EXPECT_EQ(h.ping.tally.errors, 3u);
}

TEST(Ping, RedirectsAreNoErrorsAndOtherIdentifiersNotOurs)
{
	Heard h({ "10.9.9.2" });
	struct pln_icmp_event e = h.event(PLN_ICMP_ERROR_REPORT, 1);

	e.type = 5;
	e.code = 1;
	e.from = pln_addr_ip4(10, 9, 9, 254);
	e.gateway = pln_addr_ip4(10, 9, 9, 253);
	EXPECT_EQ(h.hear(e), "From 10.9.9.254: icmp_seq=1 Redirect Host(New nexthop: "
	                     "10.9.9.253)\n");
	EXPECT_EQ(h.ping.tally.errors, 0u);
	e.id = 8;
	EXPECT_EQ(h.hear(e), "");
}

TEST(Ping, FloodingIsDotsTakenBack)
{
	Heard h({ "-f", "10.9.9.2" });
	struct pln_icmp_event e = h.event(PLN_ICMP_REPLY, 1);

	print_sent(&h.ping, 1);
	EXPECT_EQ(h.said(), ".");
	EXPECT_EQ(h.hear(e), "\b \b");
	e.seq = 2;
	e.bad_checksum = true;
	EXPECT_EQ(h.hear(e), "\bC");
	e = h.event(PLN_ICMP_ERROR_REPORT, 3);
	e.type = 11;
	EXPECT_EQ(h.hear(e), "\bE");
}

TEST(Ping, JsonIsOneObjectALine)
{
	Heard h({ "--json", "10.9.9.2" });
	struct pln_icmp_event e = h.event(PLN_ICMP_REPLY, 4);
	std::vector<uint8_t> data(h.ping.payload, h.ping.payload + 56);
	std::string line;

	data[3] = 9;
	line = h.hear(e, data);
	line.erase(15, line.find(",\"seq\"") - 15);
	EXPECT_EQ(line,
	          "{\"type\":\"reply\",\"seq\":4,\"from\":\"10.9.9.2\",\"bytes\":64,\"ttl\":64,"
	          "\"tos\":0,\"rtt_ns\":42000,\"duplicate\":false,\"out_of_order\":false,"
	          "\"truncated\":false,\"bad_checksum\":false,"
	          "\"wrong_byte\":{\"offset\":3,\"sent\":3,\"received\":9}}\n");
	print_summary(&h.ping);
	EXPECT_NE(h.said().find("\"rtt_ns\":{\"min\":42000,\"avg\":42000,\"max\":42000,\"mdev\":0,"
	                        "\"ewma\":42000,\"p50\":42000"),
	          std::string::npos)
		<< h.said();
}

TEST(Hdr, KeepsValuesToAThousandth)
{
	struct hdr *hdr = hdr_create();

	for (uint64_t ns = 1; ns <= 1000000; ns += 1)
		hdr_add(hdr, ns * 1000);
	for (double part : { 0.5, 0.9, 0.99, 0.999 })
		EXPECT_NEAR((double)hdr_at(hdr, part), part * 1e9, part * 1e6);
	EXPECT_EQ(hdr_at(hdr, 1), 1000000000u);
	hdr_add(hdr, UINT64_MAX);
	EXPECT_EQ(hdr->max, UINT64_MAX);
	free(hdr);
}

TEST(Hdr, WritesPercentilesFiveToEachHalving)
{
	struct hdr *hdr = hdr_create();

	for (uint64_t us = 1; us <= 10; us++)
		hdr_add(hdr, us * 1000);
	std::string text = printed([&](FILE *out) { EXPECT_EQ(hdr_write(hdr, out), 0); });
	EXPECT_EQ(text.substr(0, 111), "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
	                               "       1.000 0.000000000000          1           1.00\n")
		<< text;
	EXPECT_NE(text.find("       5.003 0.500000000000          5           2.00\n"),
	          std::string::npos)
		<< text;
	EXPECT_NE(text.find("      10.000 1.000000000000         10\n#[Mean    =        5.500, "
	                    "StdDeviation   =        2.872]\n"
	                    "#[Max     =       10.000, Total count    =           10]\n"),
	          std::string::npos)
		<< text;
	free(hdr);
}

} // namespace
