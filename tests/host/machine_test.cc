/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>
#include <pollen/machine.h>

#include "support/folder.h"

namespace
{

pln_machine
read_from(const Folder &root)
{
	pln_machine machine = {};

	machine.size = sizeof(machine);
	EXPECT_EQ(pln_machine_read(root.path.c_str(), &machine), 0);
	return machine;
}

} // namespace

TEST(Machine, EmptyFolderIsMachineWithoutAnything)
{
	Folder root;
	pln_machine machine = read_from(root);

	EXPECT_EQ(std::string(machine.dpdk).substr(0, 5), "DPDK ");
	EXPECT_EQ(machine.cpus_online, 0U);
	EXPECT_EQ(machine.locked_bytes, 0U);
	EXPECT_FALSE(machine.locks_freely);
	EXPECT_EQ(machine.iommu_groups, 0U);
	EXPECT_FALSE(machine.vfio_loaded || machine.vfio_openable || machine.uio_loaded);
	EXPECT_EQ(machine.page_sizes, 0U);
	EXPECT_EQ(machine.node_count, 0U);
	EXPECT_EQ(machine.nic_count, 0U);
}

TEST(Machine, ProcessorsAreThoseOnlineAndThoseAllowed)
{
	Folder root;

	root.file("sys/devices/system/cpu/online", "0-5,8\n");
	root.file("sys/devices/system/cpu/isolated", "4-5\n");
	root.file("proc/self/status", "Name:\tx\nCapEff:\t0000000000004000\n"
	                              "Cpus_allowed:\tff\nCpus_allowed_list:\t2-8\n");
	pln_machine machine = read_from(root);
	EXPECT_EQ(machine.cpus_online, 7U);
	EXPECT_EQ(machine.cpus_allowed, 5U);
	EXPECT_STREQ(machine.allowed, "2-8");
	EXPECT_STREQ(machine.isolated, "4-5");
	EXPECT_TRUE(machine.locks_freely);
}

TEST(Machine, LimitOfLockedMemoryIsTheSoftOne)
{
	Folder root;

	root.file("proc/self/limits",
	          "Limit                     Soft Limit           Hard Limit   \n"
	          "Max locked memory         8388608              unlimited    "
	          "        bytes     \n");
	EXPECT_EQ(read_from(root).locked_bytes, 8388608U);
	root.file("proc/self/limits", "Max locked memory         unlimited            unlimited\n");
	EXPECT_EQ(read_from(root).locked_bytes, UINT64_MAX);
}

TEST(Machine, HugepagesAreCountedBySizeAndByNode)
{
	Folder root;
	const std::string all = "sys/kernel/mm/hugepages/hugepages-";
	const std::string node = "sys/devices/system/node/node2/";

	root.file(all + "1048576kB/nr_hugepages", "2\n");
	root.file(all + "1048576kB/free_hugepages", "1\n");
	root.file(all + "2048kB/nr_hugepages", "512\n");
	root.file(all + "2048kB/free_hugepages", "100\n");
	root.file(all + "2048kB/resv_hugepages", "30\n");
	root.file("sys/devices/system/node/online", "0,2\n");
	root.file("sys/devices/system/node/node0/cpulist", "0-3\n");
	root.file(node + "cpulist", "4-7\n");
	root.file(node + "hugepages/hugepages-2048kB/free_hugepages", "8\n");
	root.file("proc/self/status", "Cpus_allowed_list:\t3-4\n");
	pln_machine machine = read_from(root);
	ASSERT_EQ(machine.page_sizes, 2U);
	EXPECT_EQ(machine.pages[0].bytes, 2U << 20);
	EXPECT_EQ(machine.pages[0].total, 512U);
	EXPECT_EQ(machine.pages[0].free, 70U);
	EXPECT_EQ(machine.pages[1].bytes, 1U << 30);
	EXPECT_EQ(machine.pages[1].free, 1U);
	ASSERT_EQ(machine.node_count, 2U);
	EXPECT_EQ(machine.nodes[1].id, 2U);
	EXPECT_STREQ(machine.nodes[1].cpus, "4-7");
	EXPECT_EQ(machine.nodes[1].cpus_allowed, 1U);
	EXPECT_EQ(machine.nodes[1].huge_free_bytes, 16U << 20);
}

TEST(Machine, NicsHaveTheirDriverNodeGroupAndInterface)
{
	Folder root;
	const std::string pci = "sys/bus/pci/devices/";

	root.file(pci + "0000:03:00.0/class", "0x020000\n");
	root.file(pci + "0000:03:00.0/numa_node", "1\n");
	root.link(pci + "0000:03:00.0/driver", "../../drivers/vfio-pci");
	root.link(pci + "0000:03:00.0/iommu_group", "../../../kernel/iommu_groups/17");
	root.file(pci + "0000:01:00.0/class", "0x020000\n");
	root.link(pci + "0000:01:00.0/driver", "../../drivers/virtio-pci");
	root.file(pci + "0000:01:00.0/virtio3/net/eth7/mtu", "1500\n");
	root.file(pci + "0000:02:00.0/class", "0x020000\n");
	root.file(pci + "0000:02:00.0/net/eth8/mtu", "1500\n");
	root.file("sys/kernel/iommu_groups/17/type", "DMA\n");
	root.file("sys/bus/pci/drivers/vfio-pci/bind", "");
	root.file("dev/vfio/vfio", "");
	pln_machine machine = read_from(root);
	ASSERT_EQ(machine.nic_count, 3U);
	EXPECT_STREQ(machine.nics[0].address, "0000:01:00.0");
	EXPECT_STREQ(machine.nics[0].interface, "eth7");
	EXPECT_EQ(machine.nics[0].node, -1);
	EXPECT_EQ(machine.nics[0].iommu_group, -1);
	EXPECT_FALSE(machine.nics[0].bound);
	EXPECT_STREQ(machine.nics[1].interface, "eth8");
	EXPECT_STREQ(machine.nics[1].driver, "");
	EXPECT_STREQ(machine.nics[2].driver, "vfio-pci");
	EXPECT_EQ(machine.nics[2].node, 1);
	EXPECT_EQ(machine.nics[2].iommu_group, 17);
	EXPECT_TRUE(machine.nics[2].bound);
	EXPECT_FALSE(machine.nics[2].openable);
	EXPECT_TRUE(machine.vfio_loaded && machine.vfio_openable);
	EXPECT_EQ(machine.iommu_groups, 1U);
	root.file("dev/vfio/17", "");
	EXPECT_TRUE(read_from(root).nics[2].openable);
}

TEST(Machine, VfioWithoutIommuHasGroupsOfAnotherName)
{
	Folder root;
	const std::string nic = "sys/bus/pci/devices/0000:03:00.0/";

	root.file(nic + "class", "0x020000\n");
	root.link(nic + "driver", "../../drivers/vfio-pci");
	root.link(nic + "iommu_group", "../../../kernel/iommu_groups/0");
	root.file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	root.file("sys/bus/pci/drivers/uio_pci_generic/bind", "");
	root.file("dev/vfio/noiommu-0", "");
	pln_machine machine = read_from(root);
	EXPECT_TRUE(machine.vfio_noiommu);
	EXPECT_TRUE(machine.uio_loaded);
	EXPECT_TRUE(machine.nics[0].openable);
}

TEST(Machine, ShorterStructOfAnOlderProgramIsFilledAsFarAsItGoes)
{
	Folder root;
	pln_machine machine = {};

	machine.size = offsetof(pln_machine, cpus_online);
	machine.nic_count = 77;
	EXPECT_EQ(pln_machine_read(root.path.c_str(), &machine), 0);
	EXPECT_NE(machine.dpdk[0], '\0');
	EXPECT_EQ(machine.nic_count, 77U);
	machine.size = 0;
	EXPECT_EQ(pln_machine_read(root.path.c_str(), &machine), -EINVAL);
}
