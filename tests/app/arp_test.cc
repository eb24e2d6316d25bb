/* SPDX-License-Identifier: BSD-3-Clause */
/* app/arp: verbs, and what is made of what was heard. */
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "arp/ask.h"
#include "ping/arping.h"

namespace
{

struct Line {
	struct arp_options o {
	};
	struct pln_error error {
	};
	std::vector<std::string> args;
	std::vector<char *> argv;
	int ret;

	explicit Line(std::vector<std::string> words) : args(std::move(words))
	{
		args.insert(args.begin(), "pollen-arp");
		for (std::string &arg : args)
			argv.push_back(arg.data());
		argv.push_back(nullptr);
		unsetenv("POLLEN_CONFIG");
		ret = arp_options_parse(&o, (int)args.size(), argv.data(), &error);
	}
	~Line()
	{
		arp_options_free(&o);
	}
	Line(const Line &) = delete;
	Line &operator=(const Line &) = delete;
};

TEST(ArpOptions, VerbsTakeTheirOperands)
{
	Line add({ "-c", "/nonexistent/x.ini", "add", "10.0.0.3", "lladdr", "02:00:00:00:00:03" });
	Line scan({ "scan", "10.0.0.0/24", "-r", "50", "-w", "0.5" });

	ASSERT_EQ(add.ret, 0) << add.error.text;
	EXPECT_EQ(add.o.verb, ARP_ADD);
	EXPECT_STREQ(add.o.config, "/nonexistent/x.ini");
	EXPECT_EQ(add.o.mac.bytes[5], 3);
	ASSERT_EQ(scan.ret, 0) << scan.error.text;
	EXPECT_EQ(scan.o.prefix_len, 24);
	EXPECT_EQ(scan.o.rate, 50u);
	EXPECT_EQ(scan.o.wait_ns, 500000000u);
	EXPECT_EQ(Line({ "show" }).o.wait_ns, 5 * PLN_NS_PER_S);
}

TEST(ArpOptions, RefusalsSayWhatIsTaken)
{
	const struct {
		std::vector<std::string> args;
		const char *said;
	} cases[] = {
		{ {}, "give a verb" },
		{ { "flush" }, "'flush' is no verb" },
		{ { "probe" }, "give an IPv4 address" },
		{ { "probe", "10.0.0.1", "10.0.0.2" }, "more than one operand" },
		{ { "show", "x" }, "'x' is no IPv4 address" },
		{ { "scan", "10.0.0.0/15" }, "give a prefix of 16 bits at least" },
		{ { "add", "10.0.0.1", "02:00:00:00:00:01" }, "say which configuration file" },
		{ { "-c", "x", "add", "10.0.0.1", "03:00:00:00:00:01" }, "address and MAC" },
		{ { "-r", "0", "show" }, "--rate 0" },
		{ { "-c", "/nonexistent/x.ini", "show" }, "No such file" },
	};

	for (const auto &c : cases) {
		Line l(c.args);

		EXPECT_LT(l.ret, 0) << c.said;
		EXPECT_NE(std::string(l.error.text).find(c.said), std::string::npos)
			<< l.error.text;
	}
}

struct pln_arp_event
heard(uint8_t last, uint8_t mac, bool is_reply)
{
	struct pln_arp_event e {
	};

	e.sender = pln_addr_ip4(10, 0, 0, last);
	e.target = pln_addr_ip4(10, 0, 0, 9);
	e.sender_mac = { { 2, 0, 0, 0, 0, mac } };
	e.is_reply = is_reply;
	e.is_broadcast = !is_reply;
	return e;
}

struct Asked {
	Line line;
	struct ask ask {
	};
	char *text = nullptr;
	size_t len = 0;

	explicit Asked(std::vector<std::string> args) : line(std::move(args))
	{
		ask_init(&ask, &line.o, nullptr, 1);
		ask.device = "v1";
		ask.out = open_memstream(&text, &len);
	}
	~Asked()
	{
		fclose(ask.out);
		free(text);
		ask_free(&ask);
	}
	Asked(const Asked &) = delete;
	Asked &operator=(const Asked &) = delete;

	void
	hear(const struct pln_arp_event &e)
	{
		ask_hear(&ask, &e);
	}
	std::string
	said()
	{
		fflush(ask.out);
		return std::string(text, len);
	}
};

TEST(ArpScan, PrintsAnswersAsTheyComeAndDoubledOnesAgain)
{
	Asked a({ "scan", "10.0.0.0/29" });

	a.hear(heard(3, 3, true));
	a.hear(heard(3, 3, true));
	a.hear(heard(77, 7, true)); /* outside */
	a.hear(heard(2, 2, true));
	a.hear(heard(3, 4, true));
	EXPECT_EQ(a.said(), "10.0.0.3 dev v1 lladdr 02:00:00:00:00:03 REACHABLE\n"
	                    "10.0.0.2 dev v1 lladdr 02:00:00:00:00:02 REACHABLE\n");
	ask_print(&a.ask);
	EXPECT_NE(a.said().find("10.0.0.3 dev v1 lladdr 02:00:00:00:00:03 REACHABLE (another host "
	                        "has it too)\n6 addresses asked for in 0.0 s, 2 answered\n"),
	          std::string::npos)
		<< a.said();
	EXPECT_EQ(ask_exit_code(&a.ask), 0);
}

TEST(ArpProbeRfc5227, AnyWordFromTheAddressOrARivalsProbeIsAConflict)
{
	Asked free({ "probe", "10.0.0.3" });
	Asked taken({ "probe", "10.0.0.3" });
	Asked rival({ "--json", "probe", "10.0.0.9" });
	struct pln_arp_event probe = heard(0, 5, false);

	free.hear(heard(4, 4, true));
	ask_print(&free.ask);
	EXPECT_EQ(free.said(), "10.0.0.3 is free: nobody answered 0 probes\n");
	EXPECT_EQ(ask_exit_code(&free.ask), 0);
	taken.hear(heard(3, 3, false));
	ask_print(&taken.ask);
	EXPECT_EQ(taken.said(), "10.0.0.3 is taken: lladdr 02:00:00:00:00:03\n");
	EXPECT_EQ(ask_exit_code(&taken.ask), 1);
	probe.sender = pln_addr_ip4(0, 0, 0, 0);
	rival.hear(probe);
	ask_print(&rival.ask);
	EXPECT_EQ(rival.said(), "{\"type\":\"probe\",\"address\":\"10.0.0.9\",\"taken\":true,"
	                        "\"mac\":\"02:00:00:00:00:05\",\"probes\":0}\n");
}

TEST(ArpTable, ABetterStateWins)
{
	struct table table {
	};
	struct table_entry entry {
	};

	entry.addr = pln_addr_ip4(10, 0, 0, 3);
	entry.mac = { { 2, 0, 0, 0, 0, 3 } };
	entry.state = PLN_NEIGH_STALE;
	EXPECT_EQ(table_put(&table, &entry), 1);
	entry.state = PLN_NEIGH_REACHABLE;
	EXPECT_EQ(table_put(&table, &entry), 0);
	entry.state = PLN_NEIGH_FAILED;
	EXPECT_EQ(table_put(&table, &entry), 0);
	ASSERT_EQ(table.count, 1u);
	EXPECT_EQ(table.entries[0].state, PLN_NEIGH_REACHABLE);
	EXPECT_FALSE(table.entries[0].is_doubled);
	table_free(&table);
}

} // namespace
