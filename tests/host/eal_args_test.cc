/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/eal_args.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t megabyte = 1 << 20;

struct Built {
	int rc;
	std::string line;
	pln_eal_args args;
	pln_error error;
};

struct Asked {
	std::vector<const char *> user;
	std::vector<const char *> vdevs = {};
	pln_host_mem mem = PLN_HOST_MEM_AUTO;
	uint64_t hugepages = 0;
};

Built
build(const Asked &asked)
{
	std::vector<const char *> words = asked.user, vdevs = asked.vdevs;
	Built built = {};
	char line[1024];

	words.push_back(nullptr);
	vdevs.push_back(nullptr);
	pln_eal_args_input in = {};
	in.program = "prog";
	in.user = const_cast<char **>(words.data());
	in.vdevs = vdevs.data();
	in.lcores = "0@(0-1)";
	in.mem = asked.mem;
	in.need_bytes = 63 * megabyte + 1;
	in.hugepages_bytes = asked.hugepages;
	in.pid = 42;
	built.rc = pln_eal_args_build(&in, &built.args, &built.error);
	if (built.rc == 0) {
		pln_eal_args_print(&built.args, line, sizeof(line));
		built.line = line;
	}
	return built;
}

uint32_t
scan(std::vector<const char *> words)
{
	words.push_back(nullptr);
	return pln_eal_args_scan(const_cast<char **>(words.data())).has;
}

uint32_t
lcores(std::vector<const char *> words)
{
	words.push_back(nullptr);
	return pln_eal_args_scan(const_cast<char **>(words.data())).lcores;
}

} // namespace

TEST(EalArgs, LcoresAreCounted)
{
	EXPECT_EQ(lcores({}), 0U);
	EXPECT_EQ(lcores({ "-l", "3" }), 1U);
	EXPECT_EQ(lcores({ "-l", "0-2,5" }), 4U);
	EXPECT_EQ(lcores({ "-l0-1" }), 2U);
	EXPECT_EQ(lcores({ "--lcores=(0-3)@0,(8,9)@(1-2)" }), 6U);
	EXPECT_EQ(lcores({ "--lcores", "0@(0-7)" }), 1U);
	EXPECT_EQ(lcores({ "--lcores", "1@0,2@1" }), 2U);
	EXPECT_EQ(lcores({ "-c", "0xf1" }), 5U);
	EXPECT_EQ(lcores({ "-l", "" }), 0U);
	EXPECT_EQ(lcores({ "-l", "x(@" }), 0U);
}

TEST(EalArgs, NothingGivenAndNoHugepagesTakesOrdinaryPages)
{
	Built built = build({});

	EXPECT_EQ(built.line, "--no-huge --no-shconf -m 64 --no-pci --file-prefix=pollen-42 "
	                      "'--lcores=0@(0-1)'");
	EXPECT_EQ(built.args.memory, PLN_EAL_MEMORY_ORDINARY);
	EXPECT_TRUE(built.args.own_prefix);
	EXPECT_STREQ(built.args.argv[0], "prog");
	EXPECT_EQ(built.args.argv[built.args.argc], nullptr);
}

TEST(EalArgs, EnoughHugepagesAreTaken)
{
	EXPECT_EQ(build({ .hugepages = 64 * megabyte }).line,
	          "--in-memory --no-pci --file-prefix=pollen-42 '--lcores=0@(0-1)'");
	EXPECT_EQ(build({ .hugepages = 64 * megabyte - 1 }).args.memory, PLN_EAL_MEMORY_ORDINARY);
}

TEST(EalArgs, OurVdevStandsBehindTheUsersWords)
{
	Built built = build(
		{ .user = { "-n", "2" }, .vdevs = { "net_tap0,iface=t0", "net_tap1,iface=t1" } });

	EXPECT_EQ(
		built.line.find("-n 2 --vdev=net_tap0,iface=t0 --vdev=net_tap1,iface=t1 --no-huge"),
		0U)
		<< built.line;
}

TEST(EalArgs, UsersMemoryModeIsLeftAlone)
{
	for (const char *mode : { "--in-memory", "--legacy-mem", "--socket-mem=64", "--huge-dir=/x",
	                          "--huge-unlink", "--proc-type=secondary" }) {
		Built built = build({ .user = { mode }, .hugepages = 640 * megabyte });

		EXPECT_EQ(built.args.memory, PLN_EAL_MEMORY_USER) << mode;
		EXPECT_EQ(built.line.find("--no-huge"), std::string::npos) << built.line;
		EXPECT_EQ(built.line.find("-m "), std::string::npos) << built.line;
	}
}

TEST(EalArgs, NoHugeWithoutSizeGetsTheSizeNeeded)
{
	EXPECT_NE(build({ .user = { "--no-huge" } }).line.find("-m 64"), std::string::npos);
	EXPECT_EQ(build({ .user = { "--no-huge", "-m", "512" } }).line.find("-m 64"),
	          std::string::npos);
	EXPECT_EQ(build({ .user = { "--no-huge", "-m512" } }).line.find("-m 64"),
	          std::string::npos);
}

TEST(EalArgs, SizeAloneIsNoMode)
{
	Built ordinary = build({ .user = { "-m", "128" }, .hugepages = 100 * megabyte });
	Built huge = build({ .user = { "-m", "128" }, .hugepages = 128 * megabyte });

	EXPECT_EQ(ordinary.args.memory, PLN_EAL_MEMORY_ORDINARY);
	EXPECT_EQ(ordinary.line.find("-m 128 --no-huge --no-shconf --no-pci"), 0U) << ordinary.line;
	EXPECT_EQ(huge.args.memory, PLN_EAL_MEMORY_HUGE);
}

TEST(EalArgs, NoHugeInMemoryIsRefusedWithTheWayOut)
{
	Built built = build({ .user = { "--in-memory", "--no-huge" } });

	EXPECT_EQ(built.rc, -EINVAL);
	EXPECT_NE(strstr(built.error.text, "--no-huge --no-shconf"), nullptr) << built.error.text;
}

TEST(EalArgs, SharedMemoryNeedsHugepagesAndKeepsEalsPrefix)
{
	Built built = build({ .mem = PLN_HOST_MEM_SHARED, .hugepages = 64 * megabyte });

	EXPECT_EQ(built.line, "--no-pci '--lcores=0@(0-1)'");
	EXPECT_FALSE(built.args.own_prefix);
	built = build({ .mem = PLN_HOST_MEM_SHARED, .hugepages = 2 * megabyte });
	EXPECT_EQ(built.rc, -ENOMEM);
	EXPECT_NE(strstr(built.error.text, "needs 64 MB of hugepages, 2 MB are free"), nullptr)
		<< built.error.text;
}

TEST(EalArgs, PciIsScannedOnlyForAPciPort)
{
	EXPECT_EQ(build({ .user = { "-a", "0000:01:00.0" } }).line.find("--no-pci"),
	          std::string::npos);
	EXPECT_EQ(build({ .user = { "--allow=01:00.0,x=1" } }).line.find("--no-pci"),
	          std::string::npos);
	EXPECT_EQ(build({ .user = { "-b01:00.1" } }).line.find("--no-pci"), std::string::npos);
	EXPECT_NE(build({ .user = { "-a", "net_tap0" } }).line.find("--no-pci"), std::string::npos);
	/* Once is enough. */
	EXPECT_EQ(build({ .user = { "--no-pci" } }).line.rfind("--no-pci"), 0U);
}

TEST(EalArgs, VdevsThatShareMemoryGetOneFileOfHugepages)
{
	Asked asked = { .user = { "--vdev", "net_virtio_user0,path=/x" },
		        .hugepages = 64 * megabyte };

	EXPECT_NE(build(asked).line.find("--in-memory --single-file-segments"), std::string::npos);
	asked.user = { "--vdev=net_vhost0,iface=/x", "--single-file-segments" };
	EXPECT_EQ(build(asked).line.rfind("--single-file-segments"),
	          build(asked).line.find("--single-file-segments"));
	asked.user = { "--vdev=eth_vhost0,iface=/x" };
	EXPECT_NE(build(asked).line.find("--single-file-segments"), std::string::npos);
	asked.user = { "--vdev=net_tap0" };
	EXPECT_EQ(build(asked).line.find("--single-file-segments"), std::string::npos);
	asked = { .user = { "--vdev=net_vhost0,iface=/x" } };
	EXPECT_EQ(build(asked).line.find("--single-file-segments"), std::string::npos);
}

TEST(EalArgs, UsersLcoresAndPrefixAreKept)
{
	for (const char *lcores : { "-l1", "-c3", "--lcores=0@1", "--main-lcore=1" })
		EXPECT_EQ(build({ .user = { lcores } }).line.find("0@(0-1)"), std::string::npos)
			<< lcores;
	Built built = build({ .user = { "--file-prefix", "mine" } });
	EXPECT_EQ(built.line.find("pollen-42"), std::string::npos);
	EXPECT_FALSE(built.args.own_prefix);
}

TEST(EalArgs, ValuesAreNotTakenForOptions)
{
	EXPECT_EQ(scan({ "--vdev", "--no-huge" }), 0U);
	EXPECT_EQ(scan({ "-d", "-l" }), 0U);
	EXPECT_EQ(scan({ "--syslog", "-m" }), 0U);
	EXPECT_EQ(scan({ "-m" }), (uint32_t)PLN_EAL_HAS_MEGABYTES);
	EXPECT_EQ(scan({ "--m" }), 0U);
	EXPECT_EQ(scan({ "plain", "-", "--" }), 0U);
	EXPECT_EQ(scan({ "--log-level=lib.pollen.*:debug" }), (uint32_t)PLN_EAL_HAS_LOG_LEVEL);
}

TEST(EalArgs, TooManyWordsAreRefused)
{
	std::vector<const char *> words(PLN_EAL_ARGS_MAX, "-v");

	EXPECT_EQ(build({ .user = words }).rc, -E2BIG);
}

TEST(EalArgs, LineIsSplitAtBlanksAndQuotesHold)
{
	char line[] = "  -l 0\t--vdev='net_ring0,a b' \"c d\"e\n";
	char *words[8];

	ASSERT_EQ(pln_eal_args_split(line, words, 8), 4);
	EXPECT_STREQ(words[0], "-l");
	EXPECT_STREQ(words[1], "0");
	EXPECT_STREQ(words[2], "--vdev=net_ring0,a b");
	EXPECT_STREQ(words[3], "c de");
	EXPECT_EQ(words[4], nullptr);
}

TEST(EalArgs, SplitRefusesAnOpenQuoteAndTooManyWords)
{
	char open[] = "-l 'x", many[] = "a b c", empty[] = "";
	char *words[3];

	EXPECT_EQ(pln_eal_args_split(open, words, 3), -EINVAL);
	EXPECT_EQ(pln_eal_args_split(many, words, 3), -E2BIG);
	EXPECT_EQ(pln_eal_args_split(empty, words, 3), 0);
	EXPECT_EQ(words[0], nullptr);
}
