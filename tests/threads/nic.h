/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two devices in memory, wired to each other, each with a queue for each thread: what is sent is copied into a lane that one thread
 * writes and one reads, as a NIC's DMA would, and arrives at the queue that the receiving device's rule says. A device that has a rule
 * tells it (steer: its hash, read back and trusted); one that has none spreads by a hash that nobody is told.
 */
#ifndef POLLEN_TESTS_THREADS_NIC_H
#define POLLEN_TESTS_THREADS_NIC_H

#include <atomic>
#include <memory>
#include <vector>

#include "threads/device.h"

namespace threads
{

/* Frames from one queue to another; in memory called "wire", so that whoever looks from outside knows what it is. */
class Lane
{
      public:
	static Lane *lay();
	static void remove(Lane *lane);
	bool put(const rte_mbuf *m);       /* false: it is full */
	rte_mbuf *take(rte_mempool *pool); /* nullptr: it is empty, or there is no buffer */

      private:
	static constexpr size_t SLOTS = 512, FRAME_MAX = 1536;

	struct Slot {
		uint32_t len;
		uint8_t bytes[FRAME_MAX];
	};

	alignas(64) std::atomic<size_t> written_{ 0 };
	alignas(64) std::atomic<size_t> read_{ 0 };
	alignas(64) Slot slots_[SLOTS];
};

struct LaneRemover {
	void
	operator()(Lane *lane) const
	{
		Lane::remove(lane);
	}
};

class Nic : public Device
{
      public:
	/* `rule`, which is kept, says where frames arrive; nullptr: by a hash of the ports that nobody knows. */
	Nic(unsigned int queues, const pln_steer *rule, uint8_t mac_last);

	/* What each of two devices sends arrives at the other; before any is used. */
	static void wire(Nic &a, Nic &b);

	pln_link link(unsigned int i, rte_mempool *pool) override;

	const pln_mac mac;

      private:
	struct alignas(64) Queue {
		Nic *nic;
		unsigned int index, turn;
		rte_mempool *pool;
	};

	static uint16_t rx(void *ctx, rte_mbuf **frames, uint16_t n);
	static uint16_t tx(void *ctx, rte_mbuf **frames, uint16_t n);

	const pln_steer *rule_;
	Nic *peer_ = nullptr;
	std::vector<Queue> queues_;
	/* by the sender's queue and ours */
	std::vector<std::vector<std::unique_ptr<Lane, LaneRemover>>> lanes_;
};

} // namespace threads

#endif
