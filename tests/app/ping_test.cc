/* SPDX-License-Identifier: BSD-3-Clause */
/* app/ping: iputils' lines and numbers. */
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ping/options.h"
#include "ping/tally.h"

namespace
{

std::string
ms(uint64_t us)
{
	char buf[24];

	return tally_format_ms(us, buf);
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
		tally_reply(&t, us, false);
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

	tally_reply(&t, 1500, false);
	tally_reply(&t, 2500, true);
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
	tally_reply(&t, 100, false);
	t.sent = 1;
	t.last = t.first;
	EXPECT_EQ(summary(t), "\n--- 10.9.9.2 ping statistics ---\n"
	                      "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n\n");
}

TEST(Tally, StatusInOneLine)
{
	struct tally t = timed();

	tally_reply(&t, 1000, false);
	tally_reply(&t, 2000, false);
	t.sent = 3;
	EXPECT_EQ(printed([&](FILE *out) { tally_print_status(&t, out); }),
	          "\r2/3 packets, 33% loss, min/avg/ewma/max = 1.000/1.500/1.125/2.000 ms\n");
}

TEST(Tally, NamesIcmpErrors)
{
	char buf[64];

	EXPECT_STREQ(tally_error_text(3, 1, buf, sizeof(buf)), "Destination Host Unreachable");
	EXPECT_STREQ(tally_error_text(3, 13, buf, sizeof(buf)), "Packet filtered");
	EXPECT_STREQ(tally_error_text(11, 0, buf, sizeof(buf)), "Time to live exceeded");
	EXPECT_STREQ(tally_error_text(3, 99, buf, sizeof(buf)), "Dest Unreachable, Bad Code: 99");
	EXPECT_STREQ(tally_error_text(99, 0, buf, sizeof(buf)), "Bad ICMP type: 99");
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
	} cases[] = {
		{ {}, "give one host" },
		{ { "a", "b" }, "give one host" },
		{ { "-c", "0", "h" }, "-c 0: give a number" },
		{ { "-i", "0", "h" }, "-i 0: give seconds, as in 1 or 0.2, 0.001 at least" },
		{ { "-t", "256", "h" }, "-t 256" },
		{ { "-s", "65508", "h" }, "-s 65508" },
		{ { "-x", "h" }, "option -x is not known" },
		{ { "--mtu", "1", "h" }, "--mtu 1" },
	};

	for (const auto &c : cases) {
		Line l(c.args);

		EXPECT_LT(l.ret, 0) << c.said;
		EXPECT_NE(std::string(l.error.text).find(c.said), std::string::npos)
			<< l.error.text;
	}
}

} // namespace
