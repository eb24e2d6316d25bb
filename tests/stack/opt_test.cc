/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/opt.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class StackOptions : public ::testing::Test
{
      protected:
	StackOptions() : host_(HostOptions(), "10.0.0.1", 1)
	{
	}

	int
	set(const char *name, const char *value)
	{
		return pln_stack_opt_set(host_.stack(), name, value);
	}

	std::string
	get(const char *name)
	{
		return host_.option(name);
	}

	Host host_;
};

/* What a test suite from outside counts on by name. */
TEST_F(StackOptions, EveryPromisedNameIsListedAndSettableOnesCanBeSetToWhatTheyAre)
{
	const char *promised[] = { "rto_init_ms",
		                   "rto_min_ms",
		                   "rto_max_ms",
		                   "syn_retries",
		                   "synack_retries",
		                   "retries2",
		                   "init_cwnd",
		                   "sack",
		                   "dsack",
		                   "timestamps",
		                   "wscale",
		                   "rcvbuf_max",
		                   "rcvbuf",
		                   "sndbuf",
		                   "delack_ms",
		                   "delack_segs",
		                   "quickack_segs",
		                   "nagle",
		                   "slow_start_after_idle",
		                   "cc",
		                   "rack",
		                   "tlp",
		                   "prr",
		                   "ecn",
		                   "fin_timeout_ms",
		                   "time_wait_ms",
		                   "tw_reuse",
		                   "syncookies",
		                   "challenge_ack_limit",
		                   "invalid_ratelimit",
		                   "pmtud",
		                   "min_pmtu",
		                   "keepalive",
		                   "port_range",
		                   "fastopen",
		                   "fastopen_key",
		                   "seed",
		                   "icmp_ratelimit",
		                   "reasm_timeout_ms" };
	std::set<std::string> listed;
	const char *name;
	bool supported;
	char buf[64];

	for (unsigned int i = 0; (name = pln_stack_opt_name(i, &supported)) != nullptr; i++) {
		EXPECT_TRUE(listed.insert(name).second) << name << " is listed twice";
		if (supported) {
			ASSERT_EQ(pln_stack_opt_get(host_.stack(), name, buf, sizeof(buf)), 0)
				<< name;
			EXPECT_EQ(set(name, buf), 0) << name << " = " << buf;
			EXPECT_EQ(get(name), buf);
		} else {
			EXPECT_EQ(set(name, "1"), -EOPNOTSUPP) << name;
		}
	}
	for (const char *want : promised)
		EXPECT_EQ(listed.count(want), 1u) << want;
	EXPECT_EQ(pln_stack_opt_name(1000, nullptr), nullptr);
}

TEST_F(StackOptions, ValuesReachTheRoomsInTheirUnits)
{
	const pln_tcp_config &cfg = host_.stack()->tcp.cfg;

	EXPECT_EQ(set("rto_min_ms", "250"), 0);
	EXPECT_EQ(cfg.rto_min_ns, 250 * PLN_NS_PER_MS);
	EXPECT_EQ(set("init_cwnd", "3"), 0);
	EXPECT_EQ(cfg.init_cwnd, 3u);
	EXPECT_EQ(set("nagle", "0"), 0);
	EXPECT_FALSE(cfg.nagle);
	EXPECT_EQ(set("arp_tries", "7"), 0);
	EXPECT_EQ(host_.stack()->ip.neighs.tries_max, 7);
	EXPECT_EQ(set("port_range", "2000-2003"), 0);
	EXPECT_EQ(get("port_range"), "2000-2003");
	EXPECT_EQ(get("seed"), "1");
	EXPECT_EQ(get("acd"), "off");
	for (const char *mode : { "full", "detect", "off" }) {
		EXPECT_EQ(set("acd", mode), 0);
		EXPECT_EQ(get("acd"), mode);
	}
	EXPECT_EQ(set("acd", "on"), -EINVAL);
	EXPECT_EQ(get("cc"), "cubic");
	for (const char *name : { "newreno", "dctcp", "bbr", "cubic" }) {
		EXPECT_EQ(set("cc", name), 0);
		EXPECT_EQ(get("cc"), name);
	}
	for (const char *mode : { "0", "blackhole", "probe", "1" }) {
		EXPECT_EQ(set("pmtud", mode), 0);
		EXPECT_EQ(get("pmtud"), mode);
	}
	for (const char *text : { "2", "on", "" })
		EXPECT_EQ(set("pmtud", text), -EINVAL);
	EXPECT_EQ(set("invalid_ratelimit", "50"), 0);
	EXPECT_EQ(cfg.invalid_ratelimit_ns, 50 * PLN_NS_PER_MS);
}

TEST_F(StackOptions, BadValuesAreRefusedAndChangeNothing)
{
	std::string before = get("delack_ms");

	EXPECT_EQ(set("no_such_option", "1"), -ENOENT);
	for (const char *text : { "", " 1", "1 ", "-1", "+1", "0x10", "1.5", "ten", "1,2" })
		EXPECT_EQ(set("delack_ms", text), -EINVAL) << '"' << text << '"';
	EXPECT_EQ(set("delack_ms", "501"), -ERANGE);
	EXPECT_EQ(set("delack_ms", "99999999999999999999999"), -ERANGE);
	EXPECT_EQ(set("ttl", "0"), -ERANGE);
	EXPECT_EQ(set("nagle", "2"), -ERANGE);
	EXPECT_EQ(get("delack_ms"), before);
	for (const char *text : { "2000", "2000-", "-2000", "a-b", "1-2-3" })
		EXPECT_EQ(set("port_range", text), -EINVAL) << text;
	EXPECT_EQ(set("port_range", "3000-2000"), -ERANGE);
	EXPECT_EQ(set("port_range", "0-2000"), -ERANGE);
	EXPECT_EQ(set("port_range", "1-65536"), -ERANGE);
	EXPECT_EQ(set("cc", "no_such_control"), -EINVAL);
}

TEST_F(StackOptions, LowerBoundOfTheTimeoutStaysBelowTheUpper)
{
	EXPECT_EQ(set("rto_max_ms", "1000"), 0);
	EXPECT_EQ(set("rto_min_ms", "1001"), -ERANGE);
	EXPECT_EQ(get("rto_min_ms"), "200");
	EXPECT_EQ(set("rto_max_ms", "199"), -ERANGE);
	EXPECT_EQ(get("rto_max_ms"), "1000");
}

TEST_F(StackOptions, GettingTellsWhenTheBufferIsTooShort)
{
	char buf[3];

	EXPECT_EQ(pln_stack_opt_get(host_.stack(), "rto_init_ms", buf, sizeof(buf)), -ENOSPC);
	EXPECT_EQ(pln_stack_opt_get(host_.stack(), "ttl", buf, sizeof(buf)), 0);
	EXPECT_STREQ(buf, "64");
	EXPECT_EQ(pln_stack_opt_get(host_.stack(), "nothing", buf, sizeof(buf)), -ENOENT);
}

TEST_F(StackOptions, PortRangeIsWhereActiveOpensChooseFrom)
{
	std::set<uint16_t> ports;
	pln_tcp_open_args args{};
	uint64_t conn;

	ASSERT_EQ(set("port_range", "2000-2003"), 0);
	args.size = sizeof(args);
	args.remote = { ip4("10.0.0.2"), 80 };
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(pln_tcp_open(host_.stack(), &args, &conn), 0);
		ports.insert(host_.info(conn).local.port);
	}
	EXPECT_EQ(ports, (std::set<uint16_t>{ 2000, 2001, 2002, 2003 }));
	EXPECT_EQ(pln_tcp_open(host_.stack(), &args, &conn), -EADDRNOTAVAIL);
}

/* A row of the guide. */
std::string
row(const pln_opt &opt, const std::string &value)
{
	std::ostringstream out;

	out << "| `" << opt.name << "` | ";
	if (opt.kind == PLN_OPT_LATER)
		out << "later | | ";
	else if (opt.min < opt.max && opt.kind != PLN_OPT_BOOL)
		out << value << " | " << opt.min << " to " << opt.max << ' ' << opt.unit << " | ";
	else
		out << value << " | " << opt.unit << " | ";
	out << opt.doc << " |\n";
	return out.str();
}

/* The guide's table is this library's, row by row. What it should be is printed when it is not. */
TEST_F(StackOptions, GuideIsTheTableInPrint)
{
	std::ifstream file(std::string(POLLEN_SOURCE_ROOT) + "/docs/guide/options.md");
	std::string guide((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
	std::string table = "| option | default | range | meaning |\n|---|---|---|---|\n";
	const pln_opt *opt;

	for (unsigned int i = 0; (opt = pln_opt_at(i)) != nullptr; i++) {
		bool random = opt->kind == PLN_OPT_CREATE;
		table += row(*opt, opt->kind == PLN_OPT_LATER ? "" : random ? "0" : get(opt->name));
	}
	EXPECT_NE(guide.find(table), std::string::npos) << "docs/guide/options.md should hold\n"
							<< table;
}

} // namespace
