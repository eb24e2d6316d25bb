/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/interface.h"

#include <string>

#include <gtest/gtest.h>

#include "dev/device.h"

namespace
{

pln_interface
interface_of(pln_linkinfo_kind kind, uint16_t mtu)
{
	pln_interface interface = {};

	interface.kind = kind;
	interface.netif.mtu = mtu;
	interface.netif.mac = { { 2, 0, 0, 0xab, 0, 1 } };
	strcpy(interface.netif.name, "v1");
	return interface;
}

std::string
vdev_of(pln_linkinfo_kind kind, uint16_t mtu, uint64_t lockable, unsigned int queues = 1,
        unsigned int number = 0)
{
	pln_interface interface = interface_of(kind, mtu);

	pln_interface_vdev(&interface, number, queues, lockable);
	return interface.vdev;
}

} // namespace

TEST(Interface, TapKeepsTheMacOfTheSystem)
{
	EXPECT_EQ(vdev_of(PLN_LINKINFO_TAP, 1500, 0), "net_tap0,iface=v1,mac=02:00:00:ab:00:01");
	EXPECT_EQ(vdev_of(PLN_LINKINFO_TAP, 1500, 0, 1, 2),
	          "net_tap2,iface=v1,mac=02:00:00:ab:00:01");
	EXPECT_EQ(vdev_of(PLN_LINKINFO_OTHER, 1500, UINT64_MAX, 1, 3).find("net_af_packet3,"), 0U);
}

TEST(Interface, SlotsHoldTheMtuAndBlocksAreWholePages)
{
	EXPECT_EQ(vdev_of(PLN_LINKINFO_OTHER, 1500, UINT64_MAX),
	          "net_af_packet0,iface=v1,blocksz=8192,framesz=2048,framecnt=4096,qdisc_bypass=1");
	EXPECT_EQ(
		vdev_of(PLN_LINKINFO_OTHER, 9000, UINT64_MAX),
		"net_af_packet0,iface=v1,blocksz=36864,framesz=9216,framecnt=4096,qdisc_bypass=1");
	for (uint32_t mtu = 68; mtu <= 65535; mtu += 7) {
		uint32_t slot = pln_device_packet_slot((uint16_t)mtu);

		EXPECT_EQ(slot * 4 % 4096, 0U);
		EXPECT_GE(pln_device_packet_mtu(slot), mtu);
	}
}

TEST(Interface, SeveralQueuesShareTheLockedMemory)
{
	EXPECT_EQ(vdev_of(PLN_LINKINFO_OTHER, 1500, UINT64_MAX, 4),
	          "net_af_packet0,iface=v1,qpairs=4,blocksz=8192,framesz=2048,framecnt=4096,"
	          "qdisc_bypass=1");
	EXPECT_EQ(vdev_of(PLN_LINKINFO_OTHER, 1500, 16 << 20, 2),
	          "net_af_packet0,iface=v1,qpairs=2,blocksz=8192,framesz=2048,framecnt=" +
	                  std::to_string(pln_interface_slots(2048, 8 << 20)) + ",qdisc_bypass=1");
	EXPECT_EQ(vdev_of(PLN_LINKINFO_TAP, 1500, 0, 4), "net_tap0,iface=v1,mac=02:00:00:ab:00:01");
}

TEST(Interface, RingsFitIntoTheLockedMemory)
{
	for (uint64_t lockable : { 1ULL << 20, 8ULL << 20, 20ULL << 20 }) {
		for (uint32_t slot : { 2048U, 9216U }) {
			uint32_t slots = pln_interface_slots(slot, lockable);

			EXPECT_EQ(slots % 4, 0U);
			EXPECT_GE(slots, 64U);
			EXPECT_LE(slots, 4096U);
			EXPECT_TRUE(slots == 64 || 2ULL * slots * slot < lockable);
		}
	}
	EXPECT_EQ(pln_interface_slots(2048, 0), 64U);
	EXPECT_EQ(pln_interface_slots(2048, UINT64_MAX), 4096U);
	EXPECT_GT(pln_interface_slots(2048, 8 << 20), 1900U);
}

TEST(Interface, NamesThatAreNoneOrUnfitAreExplained)
{
	pln_interface interface;
	pln_error error;

	EXPECT_EQ(pln_interface_find("nonesuch0", 0, &interface, &error), -ENODEV);
	EXPECT_NE(strstr(error.text, "no interface called nonesuch0"), nullptr) << error.text;
	EXPECT_EQ(pln_interface_find("a-name-too-long-for-it", 0, &interface, &error), -ENODEV);
	EXPECT_EQ(pln_interface_find("", 0, &interface, &error), -ENODEV);
	EXPECT_EQ(pln_interface_find("lo", 0, &interface, &error), -ENOTSUP);
	EXPECT_NE(strstr(error.text, "no Ethernet"), nullptr) << error.text;
}

TEST(Interface, OwnerOfAnAddressIsFound)
{
	pln_addr loopback = pln_addr_ip4(127, 0, 0, 1), nobodys = pln_addr_ip4(192, 0, 2, 77);
	pln_addr none = {};
	char name[PLN_NETIF_NAME_LEN];

	EXPECT_EQ(pln_interface_owner(&nobodys, name), nullptr);
	EXPECT_EQ(pln_interface_owner(&none, name), nullptr);
	if (pln_interface_owner(&loopback, name) == nullptr)
		GTEST_SKIP() << "lo is down in this namespace";
	EXPECT_STREQ(name, "lo");
}
