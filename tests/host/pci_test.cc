/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/pci.h"

#include <gtest/gtest.h>

#include "support/folder.h"

TEST(Pci, AddressesOfEalsSpellingsAreKnown)
{
	char out[PLN_PCI_ADDRESS_LEN];

	for (const char *text : { "0000:01:00.0", "01:00.0", "1:0.0", "pci:0000:01:00.0",
	                          "0000:01:00.0,class=eth", "00000000:01:00.0" }) {
		ASSERT_TRUE(pln_pci_address(text, out)) << text;
		EXPECT_STREQ(out, "0000:01:00.0") << text;
	}
	ASSERT_TRUE(pln_pci_address("00AB:fe:1F.7", out));
	EXPECT_STREQ(out, "00ab:fe:1f.7");
}

TEST(Pci, OtherDevicesAreNot)
{
	for (const char *text :
	     { "", "net_tap0", "0000:01:00", "01:00.8", "01:00.00", "01:000.0", "0000:01:00.0x",
	       "a:b:c:d.0", "auxiliary:mlx5_core.sf.1", ":01:00.0" })
		EXPECT_FALSE(pln_pci_is_address(text)) << text;
}

TEST(Pci, NetworkDevicesAreListedWithTheirDrivers)
{
	Folder sys;
	pln_pci_nic nics[4];

	sys.file("0000:00:03.0/class", "0x020000\n");
	sys.link("0000:00:03.0/driver", "../../../bus/pci/drivers/vfio-pci");
	sys.file("0000:00:04.0/class", "0x010601\n");
	ASSERT_EQ(pln_pci_nics(sys.path.c_str(), nics, 4), 1U);
	EXPECT_STREQ(nics[0].address, "0000:00:03.0");
	EXPECT_STREQ(nics[0].driver, "vfio-pci");
	sys.file("0000:00:05.0/class", "0x028000\n");
	EXPECT_EQ(pln_pci_nics(sys.path.c_str(), nics, 4), 2U);
	EXPECT_EQ(pln_pci_nics(sys.path.c_str(), nics, 1), 1U);
	EXPECT_EQ(pln_pci_nics("/nonexistent", nics, 4), 0U);
}

TEST(Pci, DeviceWithoutDriverHasAnEmptyOne)
{
	Folder sys;
	char driver[8] = "x";

	sys.file("0000:00:03.0/class", "0x020000\n");
	pln_pci_driver(sys.path.c_str(), "0000:00:03.0", driver, sizeof(driver));
	EXPECT_STREQ(driver, "");
}

TEST(Pci, UioNeedsPhysicalAddressesAndVfioOnlyWithoutAnIommu)
{
	EXPECT_TRUE(pln_pci_driver_needs_physical("uio_pci_generic", true));
	EXPECT_TRUE(pln_pci_driver_needs_physical("igb_uio", true));
	EXPECT_FALSE(pln_pci_driver_needs_physical("vfio-pci", true));
	EXPECT_TRUE(pln_pci_driver_needs_physical("vfio-pci", false));
	EXPECT_FALSE(pln_pci_driver_needs_physical("mlx5_core", false));
}

TEST(Pci, IommuIsThereWhenItHasGroups)
{
	Folder sys;

	EXPECT_FALSE(pln_pci_has_iommu(sys.path.c_str()));
	EXPECT_FALSE(pln_pci_has_iommu("/nonexistent"));
	sys.file("0/type", "DMA\n");
	EXPECT_TRUE(pln_pci_has_iommu(sys.path.c_str()));
}
