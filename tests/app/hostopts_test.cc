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

#include "common/optscan.h"

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
	return { table, "w:f", HOSTOPTS_CONFIG, apply, &s, &s.error };
}

void
scan(Scanned &s, std::vector<std::string> args)
{
	static char name[] = "prog";
	std::vector<char *> argv{ name };
	const struct optscan scan = scan_of(s);

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
	scan(s, { "--interface", "veth1", "--ip=10.0.0.2/24", "--gw", "10.0.0.1", "--mtu", "1400",
	          "--mac", "02:00:00:00:00:0a", "--vlan", "7", "--csum", "hw", "--mem=shared",
	          "--acd", "full", "--trace" });
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
	EXPECT_GT(c.trace_records, 0u);
	EXPECT_EQ(c.eal_args, nullptr);
	EXPECT_STREQ(c.program, "prog");
}

TEST_F(Hostopts, LeavesWhatIsNotGivenToTheLibrary)
{
	scan(s, { "--ip", "10.0.0.2", "operand", "-f", "second" });
	ASSERT_EQ(s.ret, 0) << s.text();
	EXPECT_EQ(s.host.config.prefix_len, 0);
	EXPECT_EQ(s.host.config.gateway.family, PLN_FAMILY_NONE);
	EXPECT_EQ(s.host.config.interface, nullptr);
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
		{ { "--mem", "huge" }, "--mem huge: it is one of auto, shared" },
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
	const std::pair<const char *, const char *> cases[] = {
		{ "ip = 10.0.0.2/24\nmut = 3\n", ":2: option 'mut' is not known" },
		{ "mtu\n", ":1: option 'mtu' needs a value" },
		{ "flag = yes\n", ":1: option 'flag' takes no value" },
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

TEST_F(Hostopts, AMissingFileIsNamed)
{
	scan(s, { "--config", "/nonexistent/pollen.conf" });
	EXPECT_EQ(s.ret, -ENOENT);
	EXPECT_NE(s.text().find("/nonexistent/pollen.conf: No such file"), std::string::npos);
}

} // namespace
