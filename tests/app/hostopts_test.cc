/* SPDX-License-Identifier: BSD-3-Clause */
/* app/common/{optscan,hostopts,capture}: command lines and configuration files into a host's configuration. */
#include "common/hostopts.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pcap/pcap.h>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/optfile.h"
#include "common/optscan.h"
#include "support/two_hosts.h"

namespace
{

const struct option table[] = {
	HOSTOPTS_TABLE,
	{ "word", required_argument, nullptr, 'w' },
	{ "flag", no_argument, nullptr, 'f' },
	{ nullptr, 0, nullptr, 0 },
};

struct Scanned {
	struct hostopts host;
	struct pln_error error {
	};
	std::vector<std::string> words;
	int flags = 0;
	int ret = 0;
	std::vector<std::string> operands;

	Scanned()
	{
		hostopts_init(&host, "prog");
	}
	~Scanned()
	{
		hostopts_free(&host);
	}
	Scanned(const Scanned &) = delete;
	Scanned &operator=(const Scanned &) = delete;

	std::string
	text() const
	{
		return error.text;
	}
};

int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	auto *s = static_cast<Scanned *>(ctx);
	int ret = hostopts_take(&s->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (opt == 'w')
		s->words.emplace_back(value);
	else
		s->flags++;
	return 0;
}

struct optscan
scan_of(Scanned &s)
{
	struct optscan scan {
	};

	scan.table = table;
	scan.shorts = "w:f";
	scan.config_opt = HOSTOPTS_CONFIG;
	scan.program = "ping";
	scan.apply = apply;
	scan.ctx = &s;
	scan.host = &s.host;
	scan.error = &s.error;
	return scan;
}

void
scan(Scanned &s, std::vector<std::string> args)
{
	static char name[] = "prog";
	std::vector<char *> argv{ name };
	struct optscan scan = scan_of(s);

	for (std::string &arg : args)
		argv.push_back(arg.data());
	argv.push_back(nullptr);
	int argc = static_cast<int>(argv.size()) - 1;
	char **at = argv.data();
	ASSERT_EQ(hostopts_split(&s.host, &argc, &at), 0);
	s.ret = optscan_argv(&scan, argc, at);
	for (int i = s.ret; s.ret >= 0 && i < argc; i++)
		s.operands.emplace_back(at[i]);
	if (s.ret >= 0)
		s.ret = hostopts_finish(&s.host, &s.error);
	/* The words of the EAL slice point into args; the config keeps the pointers only as long as the test looks. */
	std::vector<std::string> eal;
	for (char **w = s.host.config.eal_args; w != nullptr && *w != nullptr; w++)
		eal.emplace_back(*w);
	s.words.insert(s.words.end(), eal.begin(), eal.end());
}

struct TempFile {
	char path[32] = "/tmp/pollen-test-XXXXXX";

	explicit TempFile(const std::string &content)
	{
		int fd = mkstemp(path);

		EXPECT_GE(fd, 0);
		EXPECT_EQ(write(fd, content.data(), content.size()), (ssize_t)content.size());
		close(fd);
	}
	~TempFile()
	{
		unlink(path);
	}
};

class Hostopts : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		unsetenv("POLLEN_EAL_ARGS");
	}
	void
	TearDown() override
	{
		unsetenv("POLLEN_EAL_ARGS");
	}
	Scanned s;
};

TEST_F(Hostopts, FillsAHostConfig)
{
	scan(s, { "--interface",
	          "veth1",
	          "--ip=10.0.0.2/24",
	          "--gw",
	          "10.0.0.1",
	          "--mtu",
	          "1400",
	          "--mac",
	          "02:00:00:00:00:0a",
	          "--vlan",
	          "7",
	          "--csum",
	          "hw",
	          "--mem=shared",
	          "--acd",
	          "full",
	          "--share",
	          "kern0",
	          "--poll=interrupt",
	          "--trace" });
	ASSERT_EQ(s.ret, 0) << s.text();
	const struct pln_host_config &c = s.host.config;
	EXPECT_STREQ(c.interface, "veth1");
	EXPECT_EQ(c.addr.bytes[3], 2);
	EXPECT_EQ(c.prefix_len, 24);
	EXPECT_EQ(c.gateway.bytes[3], 1);
	EXPECT_EQ(c.mtu, 1400);
	EXPECT_EQ(c.mac.bytes[5], 10);
	EXPECT_EQ(c.vlan, 7);
	EXPECT_EQ(c.csum, PLN_HOST_CSUM_HW);
	EXPECT_EQ(c.acd, PLN_HOST_ACD_FULL);
	EXPECT_EQ(c.mem, PLN_HOST_MEM_SHARED);
	EXPECT_STREQ(c.share, "kern0");
	EXPECT_EQ(c.poll, PLN_HOST_POLL_INTERRUPT);
	EXPECT_GT(c.trace_records, 0u);
	EXPECT_EQ(c.eal_args, nullptr);
	EXPECT_STREQ(c.program, "prog");
}

TEST_F(Hostopts, SegmentsAreCutAndGatheredAsIsSaid)
{
	scan(s, { "--tso", "off", "--lro", "on" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_TRUE(s.host.config.no_tso);
	EXPECT_TRUE(s.host.config.lro);
}

TEST_F(Hostopts, LeavesWhatIsNotGivenToTheLibrary)
{
	scan(s, { "--ip", "10.0.0.2", "operand", "-f", "second" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.prefix_len, 0);
	EXPECT_EQ(s.host.config.gateway.family, PLN_FAMILY_NONE);
	EXPECT_EQ(s.host.config.interface, nullptr);
	EXPECT_EQ(s.host.config.share, nullptr);
	EXPECT_EQ(s.host.config.trace_records, 0u);
	EXPECT_EQ(s.operands, (std::vector<std::string>{ "operand", "second" }));
	EXPECT_EQ(s.flags, 1);
}

TEST_F(Hostopts, WordsBeforeTwoDashesAreEals)
{
	setenv("POLLEN_EAL_ARGS", "--from-env", 1);
	scan(s, { "-l", "1", "--vdev=net_null0", "--", "-f", "url" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.words, (std::vector<std::string>{ "-l", "1", "--vdev=net_null0" }));
	EXPECT_EQ(s.operands, std::vector<std::string>{ "url" });
	EXPECT_EQ(s.flags, 1);
}

TEST_F(Hostopts, NothingBeforeTwoDashesMeansNoEalArguments)
{
	scan(s, { "--", "url" });
	EXPECT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.eal_args, nullptr);
	EXPECT_EQ(s.operands, std::vector<std::string>{ "url" });
}

TEST_F(Hostopts, TheEnvironmentGivesEalArgumentsWhereNoneAreGiven)
{
	setenv("POLLEN_EAL_ARGS", "-l 1 --log-level 'lib.pollen.*:debug'", 1);
	scan(s, { "url" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.words,
	          (std::vector<std::string>{ "-l", "1", "--log-level", "lib.pollen.*:debug" }));
}

TEST_F(Hostopts, AnEalOptionBeatsTheEnvironment)
{
	setenv("POLLEN_EAL_ARGS", "--from-env", 1);
	scan(s, { "--eal", "-l 3" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.words, (std::vector<std::string>{ "-l", "3" }));
}

TEST_F(Hostopts, RefusalsNameTheOptionAndWhatItTakes)
{
	const struct {
		std::vector<std::string> args;
		const char *said;
	} cases[] = {
		{ { "--ip", "10.0.0/24" }, "--ip 10.0.0/24: give an IPv4 address" },
		{ { "--ip", "10.0.0.1/33" }, "--ip 10.0.0.1/33" },
		{ { "--ip", "fe80::1/64" }, "IPv6 is not in this version" },
		{ { "--gw", "gate" }, "--gw gate: give an IPv4 address" },
		{ { "--mtu", "67" }, "--mtu 67: give a number from 68 to 65535" },
		{ { "--mtu", "1k" }, "--mtu 1k" },
		{ { "--vlan", "0" }, "--vlan 0: give a number from 1 to 4094" },
		{ { "--mac", "02:00" }, "--mac 02:00: give six hexadecimal bytes" },
		{ { "--mac", "01:00:00:00:00:01" }, "unicast" },
		{ { "--acd", "on" }, "--acd on: it is one of detect, off, full" },
		{ { "--csum", "on" }, "--csum on: it is one of auto, sw, hw" },
		{ { "--tso", "auto" }, "--tso auto: it is one of off, on" },
		{ { "--lro", "1" }, "--lro 1: it is one of off, on" },
		{ { "--mem", "huge" }, "--mem huge: it is one of auto, shared" },
		{ { "--poll", "often" }, "--poll often: it is one of busy, adaptive, interrupt" },
		{ { "--eal", "'open" }, "--eal 'open: a quote is not closed" },
		{ { "--pcap", ",tcp" }, "--pcap needs a file's name" },
		{ { "--pcap", "f,tcp prot 80" }, "is no filter" },
		{ { "--nope" }, "option --nope is not known" },
		{ { "--nope=3" }, "option --nope is not known" },
		{ { "-fz" }, "option -z is not known" },
		{ { "--flag", "-fz" }, "option -z is not known" },
		{ { "--flag=3" }, "option --flag takes no value" },
		{ { "--ip" }, "option --ip needs a value" },
		{ { "-w" }, "option -w needs a value" },
		{ { "--word" }, "option --word needs a value" },
	};

	for (const auto &c : cases) {
		Scanned one;

		scan(one, c.args);
		EXPECT_LT(one.ret, 0) << c.said;
		EXPECT_NE(one.text().find(c.said), std::string::npos) << one.text();
	}
}

TEST_F(Hostopts, RefusesAGatewayOutsideTheSubnet)
{
	scan(s, { "--ip", "10.0.0.2/25", "--gw", "10.0.0.129" });
	EXPECT_EQ(s.ret, -ENETUNREACH);
	EXPECT_NE(s.text().find("10.0.0.129 is not in the subnet 10.0.0.2/25"), std::string::npos)
		<< s.text();

	Scanned inside;
	scan(inside, { "--ip", "10.0.0.2/25", "--gw", "10.0.0.127" });
	EXPECT_EQ(inside.ret, 0) << inside.text();
}

TEST_F(Hostopts, TheLastAddressCountsForAProgramOfOnePort)
{
	scan(s, { "--ip", "10.0.0.2/24", "--gw", "10.0.0.1", "--ip", "10.1.0.2/24", "--gw",
	          "10.1.0.1", "--interface", "a", "--interface", "b" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.addr.bytes[1], 1);
	EXPECT_EQ(s.host.config.gateway.bytes[1], 1);
	EXPECT_STREQ(s.host.config.interface, "b");
	EXPECT_EQ(s.host.config.n_more_ports, 0u);
}

TEST_F(Hostopts, AProgramOfManyPortsTakesAnAddressForEach)
{
	s.host.ports.many = true;
	scan(s, { "--interface", "a", "--interface", "b", "--ip", "10.0.0.2/24", "--ip",
	          "10.1.0.2/16", "--ip", "10.2.0.2/24", "--gw", "10.1.9.1", "--gw", "10.0.0.1",
	          "--mac", "02:00:00:00:00:01", "--mac", "02:00:00:00:00:02" });
	ASSERT_EQ(s.ret, 0) << s.text();
	const pln_host_config &c = s.host.config;
	ASSERT_EQ(c.n_more_ports, 2u);
	EXPECT_EQ(c.more_ports[0].size, sizeof(pln_host_port_config));
	EXPECT_STREQ(c.interface, "a");
	EXPECT_STREQ(c.more_ports[0].interface, "b");
	EXPECT_EQ(c.more_ports[1].interface, nullptr);
	EXPECT_EQ(c.addr.bytes[1], 0);
	EXPECT_EQ(c.more_ports[0].addr.bytes[1], 1);
	EXPECT_EQ(c.more_ports[0].prefix_len, 16);
	EXPECT_EQ(c.more_ports[1].addr.bytes[1], 2);
	/* A gateway goes where its subnet is. */
	EXPECT_EQ(c.gateway.bytes[1], 0);
	EXPECT_EQ(c.more_ports[0].gateway.bytes[2], 9);
	EXPECT_EQ(c.more_ports[1].gateway.family, PLN_FAMILY_NONE);
	EXPECT_EQ(c.mac.bytes[5], 1);
	EXPECT_EQ(c.more_ports[0].mac.bytes[5], 2);
	EXPECT_EQ(c.more_ports[1].mac.bytes[5], 0);
}

TEST_F(Hostopts, TheCommandLinesPortsReplaceTheFiles)
{
	TempFile file("[host]\nip = 10.0.0.2/24\nip = 10.1.0.2/24\nmac = 02:00:00:00:00:01\n"
	              "mac = 02:00:00:00:00:02\n[ping]\nip = 10.3.0.2/24\nip = 10.4.0.2/24\n");

	s.host.ports.many = true;
	scan(s, { "--config", file.path });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.n_more_ports, 1u);
	EXPECT_EQ(s.host.config.more_ports[0].addr.bytes[1], 4);
	EXPECT_EQ(s.host.config.more_ports[0].mac.bytes[5], 2);

	Scanned other;
	other.host.ports.many = true;
	scan(other, { "--config", file.path, "--ip", "10.5.0.2/24", "--mac", "02:00:00:00:00:05" });
	ASSERT_EQ(other.ret, 0) << other.text();
	EXPECT_EQ(other.host.config.n_more_ports, 0u);
	EXPECT_EQ(other.host.config.addr.bytes[1], 5);
	EXPECT_EQ(other.host.config.mac.bytes[5], 5);
}

TEST_F(Hostopts, PortsWithoutAddressesAndGatewaysWithoutPortsAreRefused)
{
	const struct {
		std::vector<std::string> args;
		const char *said;
	} cases[] = {
		{ { "--interface", "a", "--interface", "b", "--ip", "10.0.0.2/24" },
		  "there are more of --interface than addresses" },
		{ { "--ip", "10.0.0.2/24", "--ip", "10.1.0.2/24", "--gw", "10.9.0.1" },
		  "the gateway 10.9.0.1 is in the subnet of no port" },
		{ { "--ip", "10.0.0.2/24", "--ip", "10.1.0.2/24", "--gw", "10.0.0.1", "--gw",
		    "10.0.0.3" },
		  "the gateway 10.0.0.3 is in the subnet of no port" },
	};

	for (const auto &c : cases) {
		Scanned one;

		one.host.ports.many = true;
		scan(one, c.args);
		EXPECT_LT(one.ret, 0) << c.said;
		EXPECT_NE(one.text().find(c.said), std::string::npos) << one.text();
	}
}

TEST_F(Hostopts, CompilesACaptureFilter)
{
	scan(s, { "--pcap", "out.pcapng,tcp port 80 or arp" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_STREQ(s.host.config.capture_path, "out.pcapng");
	ASSERT_NE(s.host.config.capture_filter, nullptr);

	/* An ARP frame passes, an IPv6 one does not. */
	u_char frame[60] = {};
	const struct pcap_pkthdr header = { {}, sizeof(frame), sizeof(frame) };
	frame[12] = 0x08;
	frame[13] = 0x06;
	EXPECT_NE(pcap_offline_filter(s.host.filter, &header, frame), 0);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	EXPECT_EQ(pcap_offline_filter(s.host.filter, &header, frame), 0);
}

TEST_F(Hostopts, AFileSaysWhatTheCommandLineCan)
{
	TempFile file("# where we are\n"
	              "\n"
	              "ip = 10.0.0.2/24\n"
	              "  gw: 10.0.0.1\n"
	              "mtu 1400\n"
	              "flag\n"
	              "word = \"two words \"\n"
	              "eal = -l 1 --no-pci\n");

	scan(s, { "--config", file.path, "--mtu", "1300" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.addr.bytes[3], 2);
	EXPECT_EQ(s.host.config.gateway.bytes[3], 1);
	EXPECT_EQ(s.host.config.mtu, 1300);
	EXPECT_EQ(s.flags, 1);
	EXPECT_EQ(s.words, (std::vector<std::string>{ "two words ", "-l", "1", "--no-pci" }));
}

TEST_F(Hostopts, AFilesErrorNamesFileAndLine)
{
	const std::pair<std::string, const char *> cases[] = {
		{ "ip = 10.0.0.2/24\nmut = 3\n", ":2: option 'mut' is not known" },
		{ "mtu\n", ":1: option 'mtu' needs a value" },
		{ "flag = perhaps\n", ":1: option 'flag' takes no value but yes or no" },
		{ "[host]\nword = x\n",
		  ":2: [host] word: option 'word' is not one that every program" },
		{ "[ping]\nmtu = 1\n", ":2: [ping] mtu: --mtu 1: give a number" },
		{ "[host]\nmtu = 1400\nmtu = 1500\n",
		  ":3: [host] mtu: it is set in line 2 already" },
		{ "[pong]\n", ":1: [pong]: there is no such section" },
		{ "[host\n", ":1: a section begins with [ and ends with ]" },
		{ "[stack]\nnagel = 0\n", ":2: [stack] nagel: --set nagel: the stack has no such" },
		{ "[stack]\nnagle = 0\nttl = 9\nnagle = 1\n",
		  ":4: [stack] nagle: it is set in line 2 already" },
		{ "[stack]\nnagle\n", ":2: [stack] nagle: it needs a value" },
		{ "[stack]\nnagle = " + std::string(600, 'x') + "\n",
		  ":2: [stack] nagle: it is longer" },
		{ "[neigh]\n10.0.0.3 = 02:00:00:00:00:01\n10.0.0.3 = 02:00:00:00:00:02\n",
		  ":3: [neigh] 10.0.0.3: it is set in line 2 already" },
		{ "[neigh]\n10.0.0.300 = 02:00:00:00:00:01\n", ":2: [neigh] 10.0.0.300: --neigh" },
		{ "[neigh]\n10.0.0.3 = 03:00:00:00:00:01\n",
		  ":2: [neigh] 10.0.0.3: --neigh 10.0.0.3=03:00:00:00:00:01: that is no MAC" },
		{ "\n\nconfig = other\n", ":3: a file cannot name another file" },
		{ "mtu = 1\n", ":1: --mtu 1: give a number" },
	};

	for (const auto &[content, said] : cases) {
		TempFile file(content);
		Scanned one;

		scan(one, { "--config", file.path });
		EXPECT_LT(one.ret, 0);
		EXPECT_NE(one.text().find(std::string(file.path) + said), std::string::npos)
			<< one.text();
	}
}

TEST_F(Hostopts, AFilesSectionsAreThoseOfAllProgramsAndOurs)
{
	TempFile file("[host]\nip = 10.0.0.2/24\n[fetch]\nno-such-option = 1\n"
	              "[ping]\nflag = no\nword = ours\n[stack]\nnagle = 0\n"
	              "[neigh]\n10.0.0.3 = 02:00:00:00:00:03\n");

	scan(s, { "--mtu", "1300", "--config", file.path });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.words, std::vector<std::string>{ "ours" });
	EXPECT_EQ(s.flags, 0);
	ASSERT_NE(s.host.wishes, nullptr);
	EXPECT_STREQ(s.host.wishes->name, "nagle");
	EXPECT_STREQ(s.host.wishes->value, "0");
	ASSERT_NE(s.host.wishes->next, nullptr);
	EXPECT_EQ(s.host.wishes->next->mac.bytes[5], 3);
}

TEST_F(Hostopts, TheCommandLineWinsWhereverItNamesTheFile)
{
	TempFile file("[host]\nmtu = 1400\n");

	scan(s, { "--mtu", "1300", "--config", file.path });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.mtu, 1300);
}

TEST_F(Hostopts, AContradictionSaysWhereItWasSet)
{
	TempFile file("[host]\nip = 10.0.0.2/25\ngw = 10.0.0.129\n");
	struct optscan scan = scan_of(s);

	ASSERT_EQ(optscan_file(&scan, file.path), 0);
	ASSERT_LT(hostopts_finish(&s.host, &s.error), 0);
	EXPECT_LT(optscan_cite(&scan), 0);
	EXPECT_NE(s.text().find("(--gw: " + std::string(file.path) + ":3 [host])"),
	          std::string::npos)
		<< s.text();
}

/* Only the stack knows: what it refuses says where it stands, long after the file was read. */
TEST_F(Hostopts, WhatTheStackRefusesSaysWhereItStands)
{
	const std::pair<const char *, const char *> cases[] = {
		{ "[stack]\nttl = 9\nnagle = perhaps\n",
		  ":3: [stack] nagle: nagle cannot be 'perhaps'." },
		{ "[stack]\nttl = 900\n", ":2: [stack] ttl: ttl = 900 is out of its range." },
		{ "[host]\nset = ttl=900\n", ":2: [host] set: ttl = 900 is out of its range." },
		{ "set = ttl=900\n", ":1: set: ttl = 900 is out of its range." },
		{ "[stack]\nport_range = 2000-1999\n", ":2: [stack] port_range: " },
		{ "[neigh]\n224.0.0.1 = 02:00:00:00:00:01\n",
		  ":2: [neigh] 224.0.0.1: 224.0.0.1 cannot" },
	};

	for (const auto &[content, said] : cases) {
		support::Host host(support::HostOptions{}, "10.0.0.1", 1);
		TempFile file(content);
		Scanned one;

		scan(one, { "--config", file.path });
		ASSERT_GE(one.ret, 0) << one.text();
		EXPECT_LT(hostopts_apply(&one.host, host.stack(), &one.error), 0) << content;
		EXPECT_EQ(one.text().find(std::string(file.path) + said), 0U) << one.text();
	}
}

TEST_F(Hostopts, WhatTheStackRefusesOfACommandLineNamesTheOption)
{
	support::Host host(support::HostOptions{}, "10.0.0.1", 1);

	scan(s, { "--set", "ttl=900" });
	ASSERT_GE(s.ret, 0) << s.text();
	EXPECT_EQ(hostopts_apply(&s.host, host.stack(), &s.error), -ERANGE);
	EXPECT_EQ(s.text(), "--set: ttl = 900 is out of its range.");
}

std::string
contents(const char *path)
{
	char buf[512] = "";
	FILE *in = fopen(path, "r");

	buf[in != nullptr ? fread(buf, 1, sizeof(buf) - 1, in) : 0] = '\0';
	if (in != nullptr)
		fclose(in);
	return buf;
}

TEST_F(Hostopts, AnEditChangesOneLineAndLeavesTheRest)
{
	TempFile file("# mine\n[neigh]\n10.0.0.3 = a\n\n[ping]\ncount = 3");

	EXPECT_EQ(optfile_edit(file.path, "neigh", "10.0.0.3", "b"), 1);
	EXPECT_EQ(optfile_edit(file.path, "neigh", "10.0.0.3", "b"), 0);
	EXPECT_EQ(optfile_edit(file.path, "neigh", "10.0.0.4", "c"), 1);
	EXPECT_EQ(contents(file.path),
	          "# mine\n[neigh]\n10.0.0.3 = b\n\n10.0.0.4 = c\n[ping]\ncount = 3\n");
	EXPECT_EQ(optfile_edit(file.path, "neigh", "10.0.0.3", nullptr), 1);
	EXPECT_EQ(optfile_edit(file.path, "neigh", "10.0.0.3", nullptr), -ENOENT);
	EXPECT_EQ(optfile_edit(file.path, "host", "mtu", "1400"), 1);
	EXPECT_EQ(contents(file.path),
	          "# mine\n[neigh]\n\n10.0.0.4 = c\n[ping]\ncount = 3\n[host]\n"
	          "mtu = 1400\n");
}

TEST_F(Hostopts, AMissingFileIsNamed)
{
	scan(s, { "--config", "/nonexistent/pollen.conf" });
	EXPECT_EQ(s.ret, -ENOENT);
	EXPECT_NE(s.text().find("/nonexistent/pollen.conf: No such file"), std::string::npos);
}

} // namespace
