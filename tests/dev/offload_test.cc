/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/offload.h"

#include <rte_ethdev.h>

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t rx_all = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
                            RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_FILTER |
                            RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_TCP_LRO;
constexpr uint64_t tx_all = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                            RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
                            RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;

const pln_device nic = { "nic", PLN_DEVICE_TRUST_CKSUM };
const pln_device vdev = { "vdev", PLN_DEVICE_COPIES };

pln_offload_offer
everything(const pln_device *device)
{
	return {
		device, "port", rx_all, tx_all, UINT16_MAX, false, PLN_HOST_CSUM_AUTO, false, false
	};
}

pln_offload
choose(const pln_offload_offer &offer)
{
	pln_offload out = {};

	EXPECT_EQ(pln_offload_choose(&offer, &out, nullptr), 0);
	return out;
}

} // namespace

TEST(Offload, NicIsAskedForAllTheStackCanUse)
{
	pln_offload got = choose(everything(&nic));

	EXPECT_EQ(got.capabilities,
	          (uint32_t)(PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM | PLN_LINK_TX_UDP_CKSUM |
	                     PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TSO | PLN_LINK_RX_CKSUM_FLAGS |
	                     PLN_LINK_TX_EAL_MEMORY));
	EXPECT_TRUE(got.prepare);
	EXPECT_EQ(got.tso_max, 65455U);
}

TEST(Offload, NothingIsAskedForThatTheStackDoesNotUse)
{
	pln_offload got = choose(everything(&nic));

	EXPECT_EQ(got.rx & (RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_TCP_LRO |
	                    RTE_ETH_RX_OFFLOAD_VLAN_FILTER),
	          0U);
	/* Sent mbufs share data and come from other pools. */
	EXPECT_EQ(got.tx & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, 0U);
}

TEST(Offload, VdevGetsSoftwareUnlessToldOtherwise)
{
	pln_offload_offer offer = everything(&vdev);
	pln_offload got = choose(offer);

	EXPECT_EQ(got.capabilities, (uint32_t)PLN_LINK_TX_MULTI_SEGS);
	EXPECT_FALSE(got.prepare);
	EXPECT_EQ(got.tso_max, 0U);
	offer.csum = PLN_HOST_CSUM_HW;
	EXPECT_TRUE(choose(offer).capabilities & PLN_LINK_RX_CKSUM_FLAGS);
	EXPECT_TRUE(choose(offer).capabilities & PLN_LINK_TX_TSO);
}

TEST(Offload, SoftwareCanBeHadOnAnything)
{
	pln_offload_offer offer = everything(&nic);

	offer.csum = PLN_HOST_CSUM_SW;
	EXPECT_EQ(choose(offer).capabilities,
	          (uint32_t)(PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_EAL_MEMORY));
	EXPECT_EQ(choose(offer).rx, 0U);
}

TEST(Offload, HardwareWhereThereIsNoneIsAnError)
{
	pln_offload_offer offer = everything(&nic);
	pln_offload out = {};

	offer.csum = PLN_HOST_CSUM_HW;
	offer.rx = RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	offer.tx = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	EXPECT_EQ(pln_offload_choose(&offer, &out, nullptr), -ENOTSUP);
	EXPECT_EQ(out.tx, 0U);
	offer.csum = PLN_HOST_CSUM_AUTO;
	EXPECT_EQ(choose(offer).capabilities,
	          (uint32_t)(PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_EAL_MEMORY));
}

TEST(Offload, DeviceWithoutIpv4ChecksumLeavesThatToTheStack)
{
	pln_offload_offer offer = everything(&nic);

	offer.tx &= ~(uint64_t)RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	offer.rx &= ~(uint64_t)RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	pln_offload got = choose(offer);
	EXPECT_FALSE(got.capabilities & PLN_LINK_TX_IP4_CKSUM);
	EXPECT_TRUE(got.capabilities & PLN_LINK_TX_TCP_CKSUM);
	EXPECT_TRUE(got.capabilities & PLN_LINK_TX_UDP_CKSUM);
	EXPECT_TRUE(got.capabilities & PLN_LINK_RX_CKSUM_FLAGS);
}

TEST(Offload, SegmentationNeedsChecksumsAndChains)
{
	pln_offload_offer offer = everything(&nic);

	offer.tx = tx_all & ~(uint64_t)RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	EXPECT_FALSE(choose(offer).capabilities & PLN_LINK_TX_TSO);
	offer.tx = tx_all & ~(uint64_t)RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	EXPECT_FALSE(choose(offer).capabilities & PLN_LINK_TX_TSO);
}

TEST(Offload, SegmentationThatDoesNotWorkIsNotUsed)
{
	const pln_device broken = { "broken", PLN_DEVICE_TRUST_CKSUM | PLN_DEVICE_NO_TSO };

	EXPECT_FALSE(choose(everything(&broken)).capabilities & PLN_LINK_TX_TSO);
}

TEST(Offload, FewSegmentsMakeSmallTsoFrames)
{
	pln_offload_offer offer = everything(&nic);

	offer.seg_max = 10;
	EXPECT_EQ(choose(offer).tso_max, 8U * 1448);
	offer.seg_max = 1;
	EXPECT_EQ(choose(offer).tso_max, 1448U);
}

TEST(Offload, DeviceThatHandsMbufsOverGetsNoChains)
{
	const pln_device ring = { "ring", PLN_DEVICE_HANDS_OVER };

	EXPECT_EQ(choose(everything(&ring)).capabilities, 0U);
}

TEST(Offload, TaggedFramesPassTheDevicesFilter)
{
	pln_offload_offer offer = everything(&vdev);

	offer.vlan_wanted = true;
	EXPECT_TRUE(choose(offer).rx & RTE_ETH_RX_OFFLOAD_VLAN_FILTER);
	offer.rx = 0;
	EXPECT_EQ(choose(offer).rx, 0U);
}

TEST(Offload, SegmentationIsLeftToTheStackWhereThatIsWanted)
{
	pln_offload_offer offer = everything(&nic);

	offer.no_tso = true;
	EXPECT_FALSE(choose(offer).capabilities & PLN_LINK_TX_TSO);
	EXPECT_TRUE(choose(offer).capabilities & PLN_LINK_TX_TCP_CKSUM);
	EXPECT_EQ(choose(offer).tso_max, 0U);
}

TEST(Offload, SegmentsAreGatheredInChainsWhereThatIsWanted)
{
	pln_offload_offer offer = everything(&nic);

	offer.lro = true;
	offer.rx |= RTE_ETH_RX_OFFLOAD_SCATTER;
	EXPECT_EQ(choose(offer).rx & (RTE_ETH_RX_OFFLOAD_TCP_LRO | RTE_ETH_RX_OFFLOAD_SCATTER),
	          (uint64_t)(RTE_ETH_RX_OFFLOAD_TCP_LRO | RTE_ETH_RX_OFFLOAD_SCATTER));
}

TEST(Offload, NobodyGathersWithoutAWordOnChecksums)
{
	pln_offload_offer offer = everything(&nic);
	pln_offload out = {};
	pln_error error = {};

	offer.lro = true;
	offer.csum = PLN_HOST_CSUM_SW;
	EXPECT_EQ(pln_offload_choose(&offer, &out, &error), -ENOTSUP);
	EXPECT_NE(strstr(error.text, "port (nic) gathers no segments"), nullptr) << error.text;

	offer.csum = PLN_HOST_CSUM_HW;
	offer.rx &= ~RTE_ETH_RX_OFFLOAD_TCP_LRO;
	EXPECT_EQ(pln_offload_choose(&offer, &out, &error), -ENOTSUP);
}
