/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/ethdev.h"

#include <memory>

#include <rte_mbuf.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "dev/vdev.h"

namespace
{

struct Pool {
	explicit Pool(uint16_t frame_len = 2048)
	    : pool(pln_mbuf_pool_create("ethdev_test", 2048, frame_len, SOCKET_ID_ANY))
	{
	}
	~Pool()
	{
		rte_mempool_free(pool);
	}

	rte_mempool *pool;
};

pln_ethdev_config
defaults()
{
	pln_ethdev_config config = {};

	config.rx_desc = 256;
	config.tx_desc = 256;
	return config;
}

struct Opened {
	explicit Opened(const Vdev &vdev, pln_ethdev_config config = defaults())
	{
		rc = pln_ethdev_open(&dev, vdev.port, &config, &error);
	}
	~Opened()
	{
		if (rc == 0)
			pln_ethdev_stop(&dev);
	}

	int rc;
	pln_ethdev dev;
	pln_error error = {};
};

} // namespace

TEST(Ethdev, RingCarriesAFrameToItself)
{
	Vdev ring("net_ring_test0", "");
	ASSERT_TRUE(ring.plugged);
	Pool pool;
	Opened port(ring);
	ASSERT_EQ(port.rc, 0) << port.error.text;
	ASSERT_EQ(pln_ethdev_start(&port.dev, &pool.pool, &port.error), 0) << port.error.text;

	rte_mbuf *sent = rte_pktmbuf_alloc(pool.pool), *got[4];
	rte_pktmbuf_append(sent, 60);
	const pln_link *link = &port.dev.queues[0].link;
	EXPECT_TRUE(link->up(link->ctx));
	ASSERT_EQ(link->tx(link->ctx, &sent, 1), 1);
	ASSERT_EQ(link->rx(link->ctx, got, 4), 1);
	EXPECT_EQ(got[0], sent);
	EXPECT_EQ(pln_ethdev_received(&port.dev), 1U);
	rte_pktmbuf_free(got[0]);
}

TEST(Ethdev, RingTakesNoChainsBecauseItHandsThemOver)
{
	Vdev ring("net_ring_test1", "");
	Opened port(ring);

	ASSERT_EQ(port.rc, 0) << port.error.text;
	EXPECT_EQ(port.dev.queues[0].link.capabilities, 0U);
	EXPECT_TRUE(port.dev.is_vdev);
	EXPECT_EQ(port.dev.queues[0].link.mtu, 1500);
	EXPECT_EQ(port.dev.frame_len, 2048U);
}

TEST(Ethdev, AskedMtuIsSetAndBuffersGrowWithIt)
{
	Vdev ring("net_ring_test2", "");
	pln_ethdev_config config = defaults();

	config.mtu = 9000;
	Opened port(ring, config);
	ASSERT_EQ(port.rc, 0) << port.error.text;
	EXPECT_EQ(port.dev.queues[0].link.mtu, 9000);
	EXPECT_GE(port.dev.frame_len, 9022U);
	Pool pool((uint16_t)port.dev.frame_len);
	ASSERT_EQ(pln_ethdev_start(&port.dev, &pool.pool, &port.error), 0) << port.error.text;
	uint16_t mtu = 0;
	rte_eth_dev_get_mtu(ring.port, &mtu);
	EXPECT_EQ(mtu, 9000);
}

TEST(Ethdev, MtuTheDeviceCannotCarryIsAnErrorThatSaysHowMuchItCan)
{
	Vdev memif("net_memif_test0", "role=server,socket=/pollen-ethdev-a,socket-abstract=yes");
	ASSERT_TRUE(memif.plugged);
	pln_ethdev_config config = defaults();

	config.mtu = 1501;
	Opened port(memif, config);
	EXPECT_EQ(port.rc, -EINVAL);
	EXPECT_NE(strstr(port.error.text, "at most 1500 bytes, not 1501"), nullptr)
		<< port.error.text;
}

TEST(Ethdev, MtuBelowIpv4IsRefused)
{
	Vdev ring("net_ring_test3", "");
	pln_ethdev_config config = defaults();

	config.mtu = 67;
	EXPECT_EQ(Opened(ring, config).rc, -EINVAL);
	config.mtu = 68;
	EXPECT_EQ(Opened(ring, config).rc, 0);
}

TEST(Ethdev, HardwareChecksumsOfADeviceWithoutAreAnError)
{
	Vdev ring("net_ring_test4", "");
	pln_ethdev_config config = defaults();

	config.csum = PLN_HOST_CSUM_HW;
	Opened port(ring, config);
	EXPECT_EQ(port.rc, -ENOTSUP);
	EXPECT_NE(strstr(port.error.text, "--csum=auto"), nullptr) << port.error.text;
}

TEST(Ethdev, MemifIsDownUntilItsPeerComes)
{
	Vdev memif("net_memif_test1", "role=server,socket=/pollen-ethdev-b,socket-abstract=yes");
	Pool pool;
	Opened port(memif);

	ASSERT_EQ(port.rc, 0) << port.error.text;
	ASSERT_EQ(pln_ethdev_start(&port.dev, &pool.pool, &port.error), 0) << port.error.text;
	EXPECT_FALSE(pln_ethdev_up(&port.dev));
}

TEST(Ethdev, MacOfOurOwnIsTheLinks)
{
	Vdev ring("net_ring_test5", "");
	pln_ethdev_config config = defaults();
	pln_mac mac = { { 2, 1, 2, 3, 4, 5 } };

	config.mac = mac;
	Pool pool;
	Opened port(ring, config);
	ASSERT_EQ(port.rc, 0) << port.error.text;
	EXPECT_EQ(memcmp(&port.dev.queues[0].link.mac, &mac, sizeof(mac)), 0);
	EXPECT_EQ(pln_ethdev_start(&port.dev, &pool.pool, &port.error), 0) << port.error.text;
}

TEST(Ethdev, ExtendedStatisticsAreTheNonZeroOnes)
{
	Vdev ring("net_ring_test6", "");
	Pool pool;
	Opened port(ring);
	char text[1024];

	ASSERT_EQ(pln_ethdev_start(&port.dev, &pool.pool, &port.error), 0) << port.error.text;
	pln_ethdev_xstats(&port.dev, text, sizeof(text));
	EXPECT_STREQ(text, "");
	rte_mbuf *m = rte_pktmbuf_alloc(pool.pool);
	rte_pktmbuf_append(m, 60);
	port.dev.queues[0].link.tx(&port.dev.queues[0], &m, 1);
	EXPECT_GT(pln_ethdev_xstats(&port.dev, text, sizeof(text)), 0U);
	EXPECT_NE(strstr(text, "tx_good_packets: 1\n"), nullptr) << text;
	EXPECT_EQ(strstr(text, ": 0\n"), nullptr) << text;
	port.dev.queues[0].link.rx(&port.dev.queues[0], &m, 1);
	rte_pktmbuf_free(m);
}
