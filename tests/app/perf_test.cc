/* SPDX-License-Identifier: BSD-3-Clause */
/* app/perf: its command line, criteria, schedules; the histogram of app/common; how it reads HTTP. */
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/hdr.h"
#include "perf/arrivals.h"
#include "perf/http.h"
#include "perf/options.h"
#include "perf/require.h"

namespace
{

struct Line {
	struct perf_options o {
	};
	struct pln_error error {
	};
	std::vector<std::string> args;
	std::vector<char *> argv;
	int ret;

	explicit Line(std::vector<std::string> words) : args(std::move(words))
	{
		args.insert(args.begin(), "pollen-perf");
		for (std::string &arg : args)
			argv.push_back(arg.data());
		argv.push_back(nullptr);
		unsetenv("POLLEN_CONFIG");
		unsetenv("POLLEN_EAL_ARGS");
		ret = perf_options_parse(&o, (int)args.size(), argv.data(), &error);
	}
	~Line()
	{
		perf_options_free(&o);
	}
	Line(const Line &) = delete;
	Line &operator=(const Line &) = delete;
};

struct Hdr {
	struct hdr *h = hdr_create();

	~Hdr()
	{
		free(h);
	}
};

/* ------------------------------------------------------------------------------------------------ options */

TEST(PerfOptions, ARoleAWorkloadAndWhomToTalkTo)
{
	Line server({ "server", "bulk", "--direction", "down", "-p", "7" });
	Line client({ "--ip", "10.0.0.2/24", "client", "open-loop", "10.0.0.1:99", "--rate", "500",
	              "--arrivals", "poisson" });

	ASSERT_EQ(server.ret, 0) << server.error.text;
	EXPECT_TRUE(server.o.plan.is_server);
	EXPECT_EQ(server.o.plan.workload, PLAN_BULK);
	EXPECT_TRUE(server.o.plan.down);
	EXPECT_FALSE(server.o.plan.up);
	EXPECT_EQ(server.o.plan.remote.port, 7);
	EXPECT_EQ(server.o.plan.duration_ns, 0u);
	EXPECT_EQ(server.o.host.config.poll, PLN_HOST_POLL_BUSY);
	ASSERT_EQ(client.ret, 0) << client.error.text;
	EXPECT_EQ(client.o.plan.workload, PLAN_OPEN_LOOP);
	EXPECT_EQ(client.o.plan.remote.port, 99);
	EXPECT_EQ(client.o.plan.remote.addr.bytes[3], 1);
	EXPECT_EQ(client.o.plan.rate, 500u);
	EXPECT_TRUE(client.o.plan.is_poisson);
	EXPECT_EQ(client.o.plan.connections, 100u);
	EXPECT_EQ(client.o.plan.duration_ns, 10 * PLN_NS_PER_S);
}

TEST(PerfOptions, EachWorkloadHasItsConnections)
{
	EXPECT_EQ(Line({ "client", "rr", "10.0.0.1" }).o.plan.connections, 1u);
	EXPECT_EQ(Line({ "client", "conns", "10.0.0.1" }).o.plan.connections, 1000u);
	EXPECT_EQ(Line({ "client", "crr", "10.0.0.1" }).o.plan.connections, 100u);
	EXPECT_EQ(Line({ "client", "crr", "10.0.0.1" }).o.host.config.max_conns, 1424u);
	EXPECT_EQ(Line({ "client", "crr", "10.0.0.1", "-n", "7" }).o.plan.connections, 7u);
	EXPECT_EQ(Line({ "client", "crr", "10.0.0.1", "--time-wait", "99" })
	                  .o.host.config.max_time_wait,
	          99u);
}

TEST(PerfOptions, HttpTakesAUrlAndMakesItsRequest)
{
	Line plain({ "client", "http", "http://10.0.0.1" });
	Line full({ "client", "http", "http://10.0.0.1:8080/a/b?c" });

	ASSERT_EQ(plain.ret, 0) << plain.error.text;
	EXPECT_EQ(plain.o.plan.remote.port, 80);
	EXPECT_STREQ(plain.o.plan.request_text,
	             "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: pollen-perf\r\n\r\n");
	ASSERT_EQ(full.ret, 0) << full.error.text;
	EXPECT_EQ(full.o.plan.remote.port, 8080);
	EXPECT_STREQ(full.o.plan.request_text, "GET /a/b?c HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n"
	                                       "User-Agent: pollen-perf\r\n\r\n");
}

TEST(PerfOptions, SourcesAreACountFromOurAddressOrARange)
{
	Line count({ "--ip", "10.0.0.250/16", "--sources", "20", "client", "crr", "10.0.9.1" });
	Line range({ "--sources", "10.1.0.255-10.1.2.1", "client", "crr", "10.0.9.1" });
	struct pln_addr addr;

	ASSERT_EQ(count.ret, 0) << count.error.text;
	EXPECT_EQ(count.o.plan.sources, 20u);
	addr = plan_source(&count.o.plan, 10);
	EXPECT_EQ(addr.bytes[2], 1);
	EXPECT_EQ(addr.bytes[3], 4);
	ASSERT_EQ(range.ret, 0) << range.error.text;
	EXPECT_EQ(range.o.plan.sources, 259u);
	EXPECT_EQ(plan_source(&range.o.plan, 0).bytes[3], 255);
}

TEST(PerfOptions, RefusalsSayWhatIsTaken)
{
	const struct {
		std::vector<std::string> words;
		const char *text;
	} cases[] = {
		{ {}, "say server or client, and a workload." },
		{ { "peer" }, "'peer': it is server or client." },
		{ { "client" }, "say a workload: bulk, rr, crr, conns, http or open-loop." },
		{ { "client", "ping" }, "'ping' is no workload" },
		{ { "client", "rr" }, "say whom to talk to: 192.0.2.1 or 192.0.2.1:5201." },
		{ { "client", "http" }, "say whom to talk to: http://192.0.2.1/file." },
		{ { "client", "rr", "host" },
		  "'host': give the server's IPv4 address as a number" },
		{ { "client", "rr", "10.0.0.1:0" }, "'0': a port is 1 to 65535." },
		{ { "client", "http", "10.0.0.1" }, "give a URL, as in http://192.0.2.1/file." },
		{ { "client", "http", "http://10.0.0.1/a b" }, "is no URL." },
		{ { "client", "rr", "10.0.0.1", "more" }, "'more' is one word too many." },
		{ { "server", "http" }, "pollen-serve is a server of HTTP." },
		{ { "server", "rr", "--require", "rps>1" }, "are a client's." },
		{ { "client", "rr", "10.0.0.1", "-d", "0" },
		  "--depth 0: give a number from 1 to 1024." },
		{ { "client", "crr", "10.0.0.1", "-d", "2" },
		  "crr has one exchange on each connection." },
		{ { "client", "rr", "10.0.0.1", "-t", "0" }, "a client measures for a time." },
		{ { "client", "rr", "10.0.0.1", "--in-flight", "3" }, "only conns takes that." },
		{ { "client", "rr", "10.0.0.1", "--closes", "me" }, "it is client or server." },
		{ { "client", "rr", "10.0.0.1", "--arrivals", "x" }, "it is fixed or poisson." },
		{ { "client", "rr", "10.0.0.1", "--direction", "x" }, "it is up, down or both." },
		{ { "client", "rr", "10.0.0.1", "--request", "2M" },
		  "--request 2M: give a size, as in 64K, from 1 to 1048576." },
		{ { "client", "rr", "10.0.0.1", "--sources", "9" },
		  "it counts from --ip; give that." },
		{ { "client", "rr", "10.0.0.1", "--sources", "10.0.0.9-10.0.0.1" },
		  "the first and the last address" },
		{ { "client", "rr", "10.0.0.1", "--sources", "10.0.0.0-10.1.0.0" },
		  "1024 addresses at most." },
		{ { "client", "rr", "10.0.0.1", "-w", "x" }, "--warmup x: give seconds" },
	};

	for (const auto &c : cases) {
		Line line(c.words);

		EXPECT_LT(line.ret, 0) << c.text;
		EXPECT_NE(strstr(line.error.text, c.text), nullptr) << line.error.text;
	}
}

/* ------------------------------------------------------------------------------------------------ criteria */

TEST(PerfRequire, ReadsMetricsRelationsAndUnits)
{
	struct require r {
	};
	struct pln_error error {
	};

	ASSERT_EQ(
		require_parse(&r, "p99.9<50us,rps>=1.5M,failed=0,mean<=2ms,max<1s,bps>10G", &error),
		0)
		<< error.text;
	ASSERT_EQ(r.count, 6u);
	EXPECT_EQ(r.list[0].metric, REQUIRE_PERCENTILE);
	EXPECT_DOUBLE_EQ(r.list[0].part, 0.999);
	EXPECT_DOUBLE_EQ(r.list[0].value, 50000);
	EXPECT_EQ(r.list[1].relation, REQUIRE_AT_LEAST);
	EXPECT_DOUBLE_EQ(r.list[1].value, 1500000);
	EXPECT_STREQ(r.list[2].text, "failed=0");
	EXPECT_DOUBLE_EQ(r.list[3].value, 2e6);
	EXPECT_DOUBLE_EQ(r.list[4].value, 1e9);
	EXPECT_DOUBLE_EQ(r.list[5].value, 1e10);
}

TEST(PerfRequire, RefusesWhatItCannotRead)
{
	const char *const bad[] = { "",        "p99",     "p99<",     "p101<1us",
		                    "p99<50",  "rps>1us", "speed>1",  "rps!1",
		                    "rps>1M,", "p<1us",   "p99<-1us", "rps>1Q" };

	for (const char *text : bad) {
		struct require r {
		};
		struct pln_error error {
		};

		EXPECT_EQ(require_parse(&r, text, &error), -EINVAL) << text;
		EXPECT_NE(strstr(error.text, "--require"), nullptr) << error.text;
	}
}

TEST(PerfRequire, IsMetOrNot)
{
	Hdr hdr;
	struct require_measured m {
	};
	struct pln_error error {
	};
	const struct {
		const char *text;
		bool met;
	} cases[] = {
		{ "p50<51us", true },      { "p50<50us", false }, { "p99>=99us", true },
		{ "max<=100us", true },    { "min=1us", true },   { "mean<50us", false },
		{ "rps>9", true },         { "rps>10", false },   { "cps>=20", true },
		{ "bps<30", false },       { "failed=0", true },  { "connections=3", true },
		{ "retransmits<1", true },
	};

	m.latency = hdr.h;
	m.rps = 10;
	m.cps = 20;
	m.bps = 30;
	m.connections = 3;
	for (uint64_t us = 1; us <= 100; us++)
		hdr_add(hdr.h, us * 1000);
	for (const auto &c : cases) {
		struct require r {
		};

		ASSERT_EQ(require_parse(&r, c.text, &error), 0) << error.text;
		EXPECT_EQ(require_met(&r.list[0], &m), c.met) << c.text;
	}
}

TEST(PerfRequire, ATimeThatWasNeverMeasuredIsNotMet)
{
	Hdr hdr;
	struct require_measured m {
	};
	struct require r {
	};
	struct pln_error error {
	};

	m.latency = hdr.h;
	ASSERT_EQ(require_parse(&r, "p99<1s", &error), 0);
	EXPECT_FALSE(require_met(&r.list[0], &m));
}

/* ------------------------------------------------------------------------------------------------ schedules */

TEST(PerfArrivals, AreEvenlySpacedAndKeepARateThatIsNoWholeNumber)
{
	struct arrivals a;

	arrivals_init(&a, 3, false, 1, 1000);
	EXPECT_EQ(arrivals_next(&a), 1000 + 333333333u);
	for (int i = 1; i < 3000; i++)
		arrivals_step(&a);
	EXPECT_NEAR((double)(arrivals_next(&a) - 1000), 1000.0 * PLN_NS_PER_S, 1000);
}

TEST(PerfArrivals, PoissonHasTheMeanAndTheSpreadOfOne)
{
	constexpr int n = 200000;
	struct arrivals a;
	double sum = 0, squares = 0, before = 0;

	arrivals_init(&a, 1000000, true, 7, 0);
	for (int i = 0; i < n; i++, arrivals_step(&a)) {
		double step = a.next_ns - before;

		ASSERT_GE(step, 0);
		before = a.next_ns;
		sum += step;
		squares += step * step;
	}
	/* Of an exponential distribution both are 1000 ns here. */
	EXPECT_NEAR(sum / n, 1000, 10);
	EXPECT_NEAR(std::sqrt(squares / n - sum / n * (sum / n)), 1000, 20);
}

TEST(PerfArrivals, TheSameSeedIsTheSameSchedule)
{
	struct arrivals a, b;

	arrivals_init(&a, 100, true, 9, 5);
	arrivals_init(&b, 100, true, 9, 5);
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(arrivals_next(&a), arrivals_next(&b));
		arrivals_step(&a);
		arrivals_step(&b);
	}
}

/* ------------------------------------------------------------------------------------------------ the histogram */

TEST(HdrMerge, IsAsIfOneHadCountedAll)
{
	Hdr one, part[3], sum;

	for (uint64_t i = 0; i < 3000; i++) {
		uint64_t ns = 1000 + i * i % 77777;

		hdr_add(one.h, ns);
		hdr_add(part[i % 3].h, ns);
	}
	for (Hdr &p : part)
		hdr_merge(sum.h, p.h);
	EXPECT_EQ(sum.h->total, one.h->total);
	EXPECT_EQ(sum.h->min, one.h->min);
	EXPECT_EQ(sum.h->max, one.h->max);
	EXPECT_EQ(memcmp(sum.h->counts, one.h->counts, sizeof(one.h->counts)), 0);
	EXPECT_NEAR(hdr_mean(sum.h), hdr_mean(one.h), 0.001);
	EXPECT_NEAR(hdr_deviation(sum.h), hdr_deviation(one.h), 0.01);
}

TEST(HdrMerge, NothingAddsNothing)
{
	Hdr a, empty;

	hdr_add(a.h, 5);
	hdr_merge(a.h, empty.h);
	EXPECT_EQ(a.h->total, 1u);
	EXPECT_EQ(a.h->min, 5u);
	hdr_clear(a.h);
	EXPECT_EQ(a.h->total, 0u);
	EXPECT_EQ(hdr_mean(a.h), 0);
	EXPECT_EQ(hdr_deviation(a.h), 0);
}

/* ------------------------------------------------------------------------------------------------ HTTP */

struct Answers {
	struct http *https = http_create(2);
	struct http_news news {
	};

	Answers()
	{
		http_begin(https, 1);
	}
	~Answers()
	{
		http_destroy(https);
	}
	int
	read(const std::string &text)
	{
		return http_read(https, 1, text.data(), text.size(), &news);
	}
};

TEST(PerfHttp, CountsAnswersByteByByteToo)
{
	const std::string two =
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
		"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
	Answers whole, bytes;

	EXPECT_EQ(whole.read(two), 0);
	EXPECT_EQ(whole.news.complete, 2u);
	EXPECT_EQ(whole.news.refused, 1u);
	EXPECT_FALSE(whole.news.is_last);
	for (char c : two)
		EXPECT_EQ(bytes.read(std::string(1, c)), 0);
	EXPECT_EQ(bytes.news.complete, 2u);
}

TEST(PerfHttp, AnInterimAnswerIsNone)
{
	Answers a;

	EXPECT_EQ(a.read("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 None\r\n\r\n"), 0);
	EXPECT_EQ(a.news.complete, 1u);
}

TEST(PerfHttp, TheServerMayWantNoMore)
{
	Answers told, ended;

	EXPECT_EQ(told.read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
	          0);
	EXPECT_TRUE(told.news.is_last);
	EXPECT_EQ(ended.read("HTTP/1.1 200 OK\r\n\r\nuntil the end"), 0);
	EXPECT_EQ(ended.news.complete, 0u);
	EXPECT_EQ(http_end(ended.https, 1, &ended.news), 0);
	EXPECT_EQ(ended.news.complete, 1u);
}

TEST(PerfHttp, WhatIsNoHttpIsRefused)
{
	Answers noise, half;

	EXPECT_EQ(noise.read("SSH-2.0-x\r\n"), -EBADMSG);
	EXPECT_EQ(half.read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), 0);
	EXPECT_EQ(http_end(half.https, 1, &half.news), -EBADMSG);
}

} // namespace
