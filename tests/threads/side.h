/* SPDX-License-Identifier: BSD-3-Clause */
/* A host of several stacks that share their addresses, each with a pool and a queue of its own, or by way of one that has a queue. */
#ifndef POLLEN_TESTS_THREADS_SIDE_H
#define POLLEN_TESTS_THREADS_SIDE_H

#include <memory>
#include <string>
#include <vector>

#include "dev/relay.h"
#include "stack/group.h"
#include "threads/device.h"

namespace threads
{

struct SideOptions {
	uint8_t number;      /* 1 or 2: of its secrets */
	unsigned int stacks; /* 2 at least */
	unsigned int queues; /* of the device; the first stacks have one */
	Device *device;      /* outlives the side */
	std::vector<std::string> addrs;
	const pln_steer *steer = nullptr; /* the device's rule, told to the stacks */
};

/* What is not given back when all is over. */
struct Leaks {
	uint32_t conns = 0, ranges = 0, time_wait = 0, flows = 0, frames = 0, buffers = 0;

	bool operator==(const Leaks &) const = default;
};

std::ostream &operator<<(std::ostream &out, const Leaks &leaks);

class Side
{
      public:
	explicit Side(const SideOptions &options);
	~Side();
	Side(const Side &) = delete;
	Side &operator=(const Side &) = delete;

	/* Stack number `i` is turned by an lcore, which has its pool to itself if it has a queue. Before packets come. */
	void own(unsigned int i, unsigned int lcore);

	uint64_t counter(const char *name) const; /* of all stacks */
	Leaks leaks() const;                      /* nobody turns */

	std::vector<pln_stack *> stacks;
	std::vector<pln_addr> addrs;

      private:
	pln_link link(unsigned int i);

	Device *device_;
	unsigned int queues_;
	std::vector<rte_mempool *> pools_;
	std::vector<std::unique_ptr<pln_relay>> relays_;
	std::vector<std::unique_ptr<pln_relay_owner>> owners_; /* by queue */
	pln_group *group_ = nullptr;
};

} // namespace threads

#endif
