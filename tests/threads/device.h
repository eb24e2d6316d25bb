/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host of several stacks stands on: a queue for each, and where a frame arrives at the other end. */
#ifndef POLLEN_TESTS_THREADS_DEVICE_H
#define POLLEN_TESTS_THREADS_DEVICE_H

#include <rte_mbuf.h>

#include <pollen/link.h>

#include "flow/steer.h"

namespace threads
{

class Device
{
      public:
	Device() = default;
	virtual ~Device() = default;
	Device(const Device &) = delete;
	Device &operator=(const Device &) = delete;

	/* Queue number `i`, which receives into `pool`. Its context lives as long as the device. */
	virtual pln_link link(unsigned int i, rte_mempool *pool) = 0;
};

/* Of a device with a rule and `queues`, the one that a frame arrives at: by the rule; nullptr: by a hash of the ports that nobody is told.
 * What is not IP comes to the first. */
unsigned int arrival(const pln_steer *rule, unsigned int queues, rte_mbuf *frame);

} // namespace threads

#endif
