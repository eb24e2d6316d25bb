/* SPDX-License-Identifier: BSD-3-Clause */
/* app/doctor: what facts of a machine are worth, and the lines that say so. */
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "doctor/finding.h"
#include "doctor/machine.h"
#include "doctor/options.h"
#include "support/folder.h"

namespace
{

const std::string pci = "sys/bus/pci/devices/";

/* A machine of paper with all that one could wish for, and two NICs, one of them bound. */
struct Paper {
	Folder root;

	Paper()
	{
		root.file("sys/devices/system/cpu/online", "0-7\n");
		root.file("sys/devices/system/node/online", "0-1\n");
		node(0, "0-3", 128);
		node(1, "4-7", 128);
		root.file("proc/self/status", "Cpus_allowed_list:\t0-7\nCapEff:\t0\n");
		locked("unlimited");
		pages(256);
		nic("0000:01:00.0", "e1000e", 0);
		root.file(pci + "0000:01:00.0/net/eth0/mtu", "1500\n");
		nic("0000:03:00.0", "vfio-pci", 1);
		root.link(pci + "0000:03:00.0/iommu_group", "../../../kernel/iommu_groups/17");
		root.file("sys/kernel/iommu_groups/17/type", "DMA\n");
		root.file("sys/bus/pci/drivers/vfio-pci/bind", "");
		root.file("dev/vfio/vfio", "");
		root.file("dev/vfio/17", "");
	}

	void
	node(int id, const std::string &cpus, int pages) const
	{
		std::string folder = "sys/devices/system/node/node" + std::to_string(id) + "/";

		root.file(folder + "cpulist", cpus + "\n");
		root.file(folder + "hugepages/hugepages-2048kB/free_hugepages",
		          std::to_string(pages) + "\n");
	}

	void
	locked(const std::string &limit) const
	{
		root.file("proc/self/limits", "Max locked memory         " + limit + "   " + limit);
	}

	void
	pages(int free) const
	{
		root.file("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "256\n");
		root.file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
		          std::to_string(free) + "\n");
	}

	void
	nic(const std::string &address, const std::string &driver, int node) const
	{
		root.file(pci + address + "/class", "0x020000\n");
		root.file(pci + address + "/numa_node", std::to_string(node) + "\n");
		std::filesystem::remove(root.path / (pci + address + "/driver"));
		root.link(pci + address + "/driver", "../../drivers/" + driver);
	}

	void
	remove(const std::string &name) const
	{
		std::filesystem::remove_all(root.path / name);
	}

	finding
	check(const std::string &name, bool has_port = false) const
	{
		finding findings[MACHINE_CHECKS];
		pln_machine machine = {};

		machine.size = sizeof(machine);
		EXPECT_EQ(pln_machine_read(root.path.c_str(), &machine), 0);
		machine_judge(&machine, has_port, findings);
		for (const finding &f : findings)
			if (name == f.check)
				return f;
		ADD_FAILURE() << "no check " << name;
		return {};
	}
};

void
expect(const finding &f, verdict wanted, const std::string &seen, const std::string &mend)
{
	EXPECT_EQ(f.verdict, wanted) << f.seen;
	EXPECT_NE(std::string(f.seen).find(seen), std::string::npos) << f.seen;
	EXPECT_NE(std::string(f.mend).find(mend), std::string::npos) << f.mend;
	EXPECT_EQ(f.verdict == VERDICT_OK, f.mend[0] == '\0') << f.mend;
}

finding
dpdk(const char *version)
{
	finding findings[MACHINE_CHECKS];
	pln_machine machine = {};

	snprintf(machine.dpdk, sizeof(machine.dpdk), "%s", version);
	machine_judge(&machine, false, findings);
	return findings[0];
}

std::string
told(bool json, const std::vector<finding> &findings)
{
	char *text = nullptr;
	size_t len = 0;
	report r = { open_memstream(&text, &len), json, {} };

	for (const finding &f : findings)
		report_add(&r, &f);
	report_end(&r);
	fclose(r.out);
	std::string said(text, len);
	free(text);
	return said;
}

} // namespace

TEST(DoctorMachine, WellKeptOneIsOkThroughout)
{
	Paper paper;

	expect(paper.check("lcores"), VERDICT_OK, "8 processors, 8 for us (0-7)", "");
	expect(paper.check("hugepages"), VERDICT_OK, "512 MB free of 512 MB", "");
	expect(paper.check("memlock"), VERDICT_OK, "no limit", "");
	expect(paper.check("iommu"), VERDICT_OK, "in use: 1 group", "");
	expect(paper.check("vfio"), VERDICT_OK, "may be opened", "");
	expect(paper.check("nics"), VERDICT_OK,
	       "1 of 2 bound: 0000:01:00.0 on e1000e as eth0 (node 0), 0000:03:00.0 on vfio-pci "
	       "(node 1)",
	       "");
	expect(paper.check("numa"), VERDICT_OK, "2 nodes", "");
}

TEST(DoctorMachine, DpdkOutsideOfWhatIsTestedIsWarnedOf)
{
	expect(dpdk("DPDK 22.11.4"), VERDICT_OK, "22.11.4", "");
	expect(dpdk("DPDK 25.11.0-rc1"), VERDICT_OK, "25.11", "");
	expect(dpdk("DPDK 21.11.0"), VERDICT_WARNING, "none of those that are tested",
	       "config/deps build");
	expect(dpdk("DPDK 26.03.0"), VERDICT_WARNING, "22.11 to 25.11", "config/deps build");
	expect(dpdk("another"), VERDICT_WARNING, "another", "config/deps build");
}

TEST(DoctorMachine, OneProcessorIsTooFew)
{
	Paper paper;

	paper.root.file("proc/self/status", "Cpus_allowed_list:\t3\n");
	expect(paper.check("lcores"), VERDICT_WARNING, "8 processors, 1 for us (3)",
	       "taskset -c 0-7 PROGRAM");
	paper.root.file("sys/devices/system/cpu/online", "3\n");
	expect(paper.check("lcores"), VERDICT_WARNING, "takes turns", "another processor");
}

TEST(DoctorMachine, IsolatedProcessorsAreNamed)
{
	Paper paper;

	paper.root.file("sys/devices/system/cpu/isolated", "2-3\n");
	expect(paper.check("lcores"), VERDICT_OK, ", 2-3 isolated", "");
}

TEST(DoctorMachine, HugepagesMayBeMissingUnlessTheNicNeedsThem)
{
	Paper paper;

	paper.pages(0);
	expect(paper.check("hugepages"), VERDICT_WARNING, "0 MB free of 512 MB: ordinary pages do",
	       "config/hugepages 1G");
	paper.nic("0000:03:00.0", "uio_pci_generic", 1);
	expect(paper.check("hugepages"), VERDICT_FAILED, "0000:03:00.0, on uio_pci_generic",
	       "config/hugepages 1G");
	paper.nic("0000:03:00.0", "vfio-pci", 1);
	paper.remove("sys/kernel/iommu_groups");
	expect(paper.check("hugepages"), VERDICT_FAILED, "on vfio-pci without an IOMMU",
	       "config/hugepages 1G");
}

TEST(DoctorMachine, LittleLockedMemoryFailsWhereVfioLocksIt)
{
	Paper paper;

	paper.locked("8388608");
	expect(paper.check("memlock"), VERDICT_FAILED, "8192 KB: vfio-pci locks", "ulimit -l");
	paper.nic("0000:03:00.0", "igb_uio", 1);
	expect(paper.check("memlock"), VERDICT_WARNING, "--interface", "ulimit -l");
	paper.root.file("proc/self/status", "CapEff:\t0000000000004000\n");
	expect(paper.check("memlock"), VERDICT_OK, "may pass", "");
	paper.root.file("proc/self/status", "");
	paper.locked("67108864");
	expect(paper.check("memlock"), VERDICT_OK, "65536 KB", "");
}

TEST(DoctorMachine, VfioWithoutIommuFailsUnlessAskedFor)
{
	Paper paper;

	paper.remove("sys/kernel/iommu_groups");
	expect(paper.check("iommu"), VERDICT_FAILED, "0000:03:00.0 is bound to vfio-pci",
	       "intel_iommu=on");
	paper.root.file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	expect(paper.check("iommu"), VERDICT_WARNING, "any memory", "iommu=pt");
	paper.nic("0000:03:00.0", "e1000e", 1);
	expect(paper.check("iommu"), VERDICT_WARNING, "uio_pci_generic does without", "iommu=pt");
	expect(paper.check("iommu", true), VERDICT_OK, "no NIC here that would want one", "");
}

TEST(DoctorMachine, VfioGroupMustBeOpenable)
{
	Paper paper;

	paper.remove("dev/vfio/17");
	expect(paper.check("vfio"), VERDICT_FAILED, "0000:03:00.0 may not be opened",
	       "chown $(id -u) /dev/vfio/vfio /dev/vfio/17");
	paper.root.file("dev/vfio/17", "");
	paper.remove("dev/vfio/vfio");
	expect(paper.check("vfio"), VERDICT_FAILED, "/dev/vfio/vfio", "chown");
}

TEST(DoctorMachine, MissingModuleIsNamedWhereNicsCouldBeBound)
{
	Paper paper;

	paper.nic("0000:03:00.0", "e1000e", 1);
	expect(paper.check("vfio"), VERDICT_OK, "loaded", "");
	paper.remove("sys/bus/pci/drivers/vfio-pci");
	expect(paper.check("vfio"), VERDICT_WARNING, "not loaded", "modprobe vfio-pci");
	expect(paper.check("vfio", true), VERDICT_OK, "not loaded", "");
	paper.remove("sys/kernel/iommu_groups");
	expect(paper.check("vfio"), VERDICT_WARNING, "not loaded", "modprobe uio_pci_generic");
	paper.root.file("sys/bus/pci/drivers/uio_pci_generic/bind", "");
	expect(paper.check("vfio"), VERDICT_OK, "uio is", "");
}

TEST(DoctorMachine, NoneBoundIsWarnedOfUnlessAPortWasGiven)
{
	Paper paper;

	paper.nic("0000:03:00.0", "e1000e", 1);
	expect(paper.check("nics"), VERDICT_WARNING, "0 of 2 bound",
	       "config/nic bind 0000:01:00.0");
	expect(paper.check("nics", true), VERDICT_OK, "0 of 2 bound", "");
	paper.remove("sys/bus/pci");
	expect(paper.check("nics"), VERDICT_OK, "no PCI network device", "");
}

TEST(DoctorMachine, BoundNicWantsProcessorsAndMemoryOfItsNode)
{
	Paper paper;

	paper.node(1, "4-7", 0);
	expect(paper.check("numa"), VERDICT_WARNING,
	       "0000:03:00.0 is on node 1, and all free hugepages", "config/hugepages 1G --node 1");
	paper.node(0, "0-3", 0);
	expect(paper.check("numa"), VERDICT_OK, "2 nodes", "");
	paper.root.file("proc/self/status", "Cpus_allowed_list:\t0-3\n");
	expect(paper.check("numa"), VERDICT_WARNING, "none of whose processors is for us",
	       "PROGRAM -l 4-7 -a 0000:03:00.0");
	paper.root.file("sys/devices/system/node/online", "0\n");
	expect(paper.check("numa"), VERDICT_OK, "one node", "");
}

TEST(DoctorReport, LinesSayVerdictCheckAndWhatMends)
{
	finding good = finding_of(VERDICT_OK, "numa", "one %s", "node");
	finding bad = finding_of(VERDICT_WARNING, "mtu", "1400");

	finding_mend(&bad, "--mtu %d", 1400);
	EXPECT_EQ(told(false, { good, bad }), "ok       numa           one node\n"
	                                      "warning  mtu            1400\n"
	                                      "         mend with:     --mtu 1400\n"
	                                      "1 ok, 1 warning, 0 failed\n");
	EXPECT_EQ(
		told(true, { good, bad }),
		"{\"type\":\"check\",\"check\":\"numa\",\"verdict\":\"ok\",\"seen\":\"one node\"}\n"
		"{\"type\":\"check\",\"check\":\"mtu\",\"verdict\":\"warning\",\"seen\":\"1400\","
		"\"mend\":\"--mtu 1400\"}\n"
		"{\"type\":\"summary\",\"verdict\":\"warning\",\"ok\":1,\"warnings\":1,\"failed\":"
		"0}\n");
}

TEST(DoctorReport, ExitCodeIsTheWorstVerdict)
{
	report r = {};

	r.counts[VERDICT_OK] = 5;
	EXPECT_EQ(report_exit_code(&r), 0);
	r.counts[VERDICT_WARNING] = 1;
	EXPECT_EQ(report_exit_code(&r), 1);
	r.counts[VERDICT_FAILED] = 1;
	EXPECT_EQ(report_exit_code(&r), 2);
}

namespace
{

struct Line {
	struct doctor_options o {
	};
	struct pln_error error {
	};
	std::vector<std::string> args;
	std::vector<char *> argv;
	int ret;

	explicit Line(std::vector<std::string> words) : args(std::move(words))
	{
		args.insert(args.begin(), "pollen-doctor");
		for (std::string &arg : args)
			argv.push_back(arg.data());
		argv.push_back(nullptr);
		unsetenv("POLLEN_CONFIG");
		unsetenv("POLLEN_EAL_ARGS");
		ret = doctor_options_parse(&o, (int)args.size(), argv.data(), &error);
	}
	~Line()
	{
		doctor_options_free(&o);
	}
	Line(const Line &) = delete;
	Line &operator=(const Line &) = delete;
};

} // namespace

TEST(DoctorOptions, PortIsLookedAtWhereOneIsGiven)
{
	EXPECT_FALSE(Line({ "--json" }).o.has_port);
	EXPECT_TRUE(Line({ "--json" }).o.json);
	EXPECT_TRUE(Line({ "--interface", "veth1" }).o.has_port);
	EXPECT_TRUE(Line({ "-a", "0000:03:00.0", "--", "-v" }).o.has_port);
	EXPECT_TRUE(Line({ "--eal", "-a 0000:03:00.0" }).o.has_port);
}

TEST(DoctorOptions, PeerIsAnAddressAndPerhapsAPort)
{
	Line plain({ "-p", "192.0.2.1" });
	Line port({ "--peer=192.0.2.1:8080" });

	EXPECT_EQ(plain.ret, 0);
	EXPECT_EQ(plain.o.peer.port, 0);
	EXPECT_EQ(plain.o.peer.addr.bytes[0], 192);
	EXPECT_EQ(port.o.peer.port, 8080);
	for (const char *bad : { "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "host", "" }) {
		Line line({ "--peer", bad });

		EXPECT_LT(line.ret, 0) << bad;
		EXPECT_NE(std::string(line.error.text).find("--peer"), std::string::npos);
	}
}

TEST(DoctorOptions, OperandsAndAddressesWithoutPortAreRefused)
{
	Line operand({ "veth1" });
	Line address({ "--ip", "192.0.2.2/24" });

	EXPECT_LT(operand.ret, 0);
	EXPECT_NE(std::string(operand.error.text).find("'veth1'"), std::string::npos);
	EXPECT_LT(address.ret, 0);
	EXPECT_NE(std::string(address.error.text).find("--interface"), std::string::npos);
}
