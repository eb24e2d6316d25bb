/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for a queue: what can be tried without a kernel that sends (tests/interop/idle has those drivers that wake). */
#include "dev/rxwait.h"

#include <cstring>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "dev/vdev.h"

namespace
{

class RxWait : public ::testing::Test
{
      protected:
	RxWait() : wake_fd(eventfd(0, EFD_NONBLOCK))
	{
	}
	~RxWait() override
	{
		pln_rxwait_close(&wait);
		close(wake_fd);
	}

	int wake_fd;
	pln_rxwait wait = {};
	pln_error error = {};
};

TEST_F(RxWait, EndsByTheClock)
{
	ASSERT_EQ(pln_rxwait_open(&wait, wake_fd, &error), 0) << error.text;
	pln_rxwait_arm(&wait);
	for (uint64_t ns : { 0ULL, 1ULL, 50'000ULL })
		EXPECT_FALSE(pln_rxwait_sleep(&wait, ns));
	pln_rxwait_disarm(&wait);
}

/* The clock would end it after an hour: that the test ends is what it says. */
TEST_F(RxWait, EndsWhenSomebodyWakesIt)
{
	const uint64_t one = 1;

	ASSERT_EQ(pln_rxwait_open(&wait, wake_fd, &error), 0) << error.text;
	for (int i = 0; i < 2; i++) {
		uint64_t writes = 0;

		ASSERT_EQ(write(wake_fd, &one, sizeof(one)), 8);
		EXPECT_FALSE(pln_rxwait_sleep(&wait, 3600 * PLN_NS_PER_S));
		ASSERT_EQ(read(wake_fd, &writes, sizeof(writes)), 8);
		EXPECT_EQ(writes, 1U);
	}
}

TEST_F(RxWait, DriverWithoutInterruptsIsRefusedInWords)
{
	Vdev ring("net_ring_wait0", "");
	pln_ethdev_config config = {};
	pln_ethdev dev;
	rte_mempool *pool = pln_mbuf_pool_create("rxwait_test", 1024, 2048, SOCKET_ID_ANY);

	config.rx_desc = config.tx_desc = 256;
	config.wakes = PLN_ETHDEV_WAKES_ASKED;
	ASSERT_EQ(pln_ethdev_open(&dev, ring.port, &config, &error), 0) << error.text;
	ASSERT_EQ(pln_ethdev_start(&dev, &pool, &error), 0) << error.text;
	ASSERT_EQ(pln_rxwait_open(&wait, wake_fd, &error), 0) << error.text;
	EXPECT_EQ(pln_rxwait_join(&wait, &dev.queues[0], &error), -ENOTSUP);
	EXPECT_NE(strstr(error.text, "--poll=adaptive"), nullptr) << error.text;
	EXPECT_EQ(wait.count, 0U);
	pln_ethdev_stop(&dev);
	rte_mempool_free(pool);
}

} // namespace
