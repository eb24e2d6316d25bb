/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts of several stacks each, every stack on a link of its own, and between them a wire that gives each frame to whichever
 * stack of the other host a rule says: the device that steers as it likes. One thread, virtual time.
 */
#ifndef POLLEN_TESTS_SUPPORT_GROUPS_H
#define POLLEN_TESTS_SUPPORT_GROUPS_H

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "stack/group.h"
#include "support/two_hosts.h"

namespace support
{

/* Stacks with one address. */
class Side
{
      public:
	Side(unsigned int count, const char *addr, uint8_t mac_last, uint64_t now);
	~Side();
	Side(const Side &) = delete;
	Side &operator=(const Side &) = delete;

	uint64_t counter(const char *name) const; /* of all stacks */

	pln_stack *
	stack(unsigned int i) const
	{
		return hosts[i]->stack();
	}

	unsigned int
	count() const
	{
		return static_cast<unsigned int>(hosts.size());
	}

	std::vector<std::unique_ptr<Host>> hosts;

      private:
	pln_group *group_ = nullptr;
};

/* Which stack of the other side a frame arrives at. */
using Arrival = std::function<unsigned int(const Frame &)>;

class Groups
{
      public:
	Groups(unsigned int left, unsigned int right);

	/* Everything that can happen at this time happens. */
	void settle();

	/* Run on until `done` or the time is up; false: it was not done by then. */
	bool run_until(const std::function<bool()> &done, uint64_t limit_ns);

	uint64_t now = PLN_NS_PER_S;
	Side left, right;
	Arrival arrival[2]; /* at the right side, at the left side; at first by chance */
	std::function<bool()>
		app; /* called whenever all stacks are at rest; true: it did something */
	std::function<void(const Frame &)> tap;  /* sees every frame */
	std::function<bool(const Frame &)> lose; /* true: it does not arrive */

      private:
	bool carry(Side &from, Side &to, const Arrival &rule);

	std::mt19937_64 rng_{ 7 };
};

} // namespace support

#endif
