/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that turn stacks, each its own, until all their work is done. The clock is turned by the first of them, a step whenever all have
 * turned: for one that has to wait for a processor, or is slow in a sanitizer's build, time stands still.
 */
#ifndef POLLEN_TESTS_THREADS_CREW_H
#define POLLEN_TESTS_THREADS_CREW_H

#include <atomic>
#include <functional>
#include <vector>

#include "threads/side.h"
#include "threads/traffic.h"

namespace threads
{

class Crew
{
      public:
	/* Stack number `index` of `side` is turned for `worker`; both outlive the crew. */
	void add(Worker &worker, Side &side, unsigned int index);

	/* Turn them all, and do something else on this thread meanwhile; returns when all is done and at rest. */
	void run(const std::function<void()> &meanwhile);

	/* Workers that may still begin something; whoever sets it counts those that are `calling`, and others may too. */
	std::atomic<unsigned int> calling{ 0 };

      private:
	struct Member {
		Worker *worker;
		Side *side;
		unsigned int index;
	};

	struct alignas(64) Turns {
		std::atomic<uint64_t> count{ 0 };
		alignas(64) uint64_t seen = 0; /* by the first thread */
	};

	void turn(const Member &member, size_t number);
	void begin(const Member &member);
	bool all_have_turned();
	bool rests(const Worker &worker) const;

	std::vector<Member> members_;
	std::unique_ptr<Turns[]> turns_; /* of each member */
	std::atomic<uint64_t> clock_{ PLN_NS_PER_S };
	std::atomic<unsigned int> begun_{ 0 }, at_rest_{ 0 };
	std::atomic<bool> may_end_{ false };
};

} // namespace threads

#endif
