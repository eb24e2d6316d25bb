/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port of DPDK's whose wire pairs queues (net_memif), made into a device that spreads: from each of n lcores to each of n a pair of
 * queues, of which the sender picks the one that the other end's rule says. So the peer plays the NIC, without two lcores on one queue.
 */
#ifndef POLLEN_TESTS_THREADS_MEMIF_H
#define POLLEN_TESTS_THREADS_MEMIF_H

#include <vector>

#include "threads/device.h"

namespace threads
{

class Memif : public Device
{
      public:
	/* The first port there is. `rule` is the other end's, which has as many lcores. */
	Memif(unsigned int lcores, const pln_steer *rule, uint8_t mac_last);
	~Memif() override;

	pln_link link(unsigned int i, rte_mempool *pool) override;
	void start();           /* behind the last link */
	bool connected() const; /* has the other end come? */

      private:
	struct alignas(64) Lane {
		const Memif *device;
		unsigned int index;
	};

	static uint16_t rx(void *ctx, rte_mbuf **frames, uint16_t n);
	static uint16_t tx(void *ctx, rte_mbuf **frames, uint16_t n);

	const pln_steer *rule_;
	const pln_mac mac_;
	uint16_t port_ = 0;
	std::vector<Lane> lanes_;
};

} // namespace threads

#endif
