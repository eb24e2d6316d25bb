/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/device.h"

#include <gtest/gtest.h>

TEST(Device, UnknownNicsAreTrustedAndUnknownVdevsAreNot)
{
	EXPECT_TRUE(pln_device_find("net_unheard_of", false)->flags & PLN_DEVICE_TRUST_CKSUM);
	EXPECT_FALSE(pln_device_find("net_unheard_of", true)->flags & PLN_DEVICE_TRUST_CKSUM);
}

TEST(Device, VdevsComputeChecksumsInSoftware)
{
	for (const char *driver : { "net_tap", "net_af_packet", "net_af_xdp", "net_virtio_user",
	                            "net_vhost", "net_memif", "net_ring", "net_pcap", "net_null" })
		EXPECT_FALSE(pln_device_find(driver, true)->flags & PLN_DEVICE_TRUST_CKSUM)
			<< driver;
	EXPECT_TRUE(pln_device_find("net_virtio", false)->flags & PLN_DEVICE_TRUST_CKSUM);
}

TEST(Device, VdevArgumentNamesItsDriver)
{
	EXPECT_STREQ(pln_device_of_vdev("net_virtio_user0,path=/x")->driver, "net_virtio_user");
	EXPECT_STREQ(pln_device_of_vdev("net_tap")->driver, "net_tap");
	EXPECT_STREQ(pln_device_of_vdev("eth_af_packet7,iface=a")->driver, "net_af_packet");
	EXPECT_EQ(pln_device_of_vdev("crypto_null0"), nullptr);
	EXPECT_EQ(pln_device_of_vdev("eth"), nullptr);
}

TEST(Device, ArgumentsAreFoundByTheirWholeName)
{
	const char *args = "iface=framesz,framesz=4096,framecnt=5";

	EXPECT_EQ(pln_device_arg(args, "framesz", 1), 4096U);
	EXPECT_EQ(pln_device_arg(args, "framecnt", 1), 5U);
	EXPECT_EQ(pln_device_arg(args, "frame", 7), 7U);
	EXPECT_EQ(pln_device_arg("", "framesz", 7), 7U);
	EXPECT_EQ(pln_device_arg(nullptr, "framesz", 7), 7U);
}

TEST(Device, PacketSlotsOfTheDriversDefaultCarryEthernet)
{
	EXPECT_EQ(pln_device_packet_slot(1500), 2048U);
	EXPECT_EQ(pln_device_packet_mtu(2048), 1964U);
	EXPECT_EQ(pln_device_packet_slot(1964), 2048U);
	EXPECT_EQ(pln_device_packet_slot(1965), 3072U);
	EXPECT_EQ(pln_device_packet_mtu(10), 0U);
}
