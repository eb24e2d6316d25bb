/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Some senders, one bottleneck, some receivers: what the bars measure on. Programs send without end, in virtual time; what is counted is
 * what the receiving programs got.
 */
#ifndef POLLEN_TESTS_SIMULATOR_BENCH_H
#define POLLEN_TESTS_SIMULATOR_BENCH_H

#include <string>
#include <utility>
#include <vector>

#include "simulator/world.h"

namespace simulator
{

using Options = std::vector<std::pair<std::string, std::string>>;

struct BenchPlan {
	LinkConfig there; /* from the senders to the receivers; its delay is the RTT's first half */
	LinkConfig back;  /* the other way */
	Options options;  /* of all hosts */
	uint64_t bytes = 0; /* a sender's; 0: without end */
};

class Bench
{
      public:
	/* A sender for each name of a congestion control; one after the other, `apart_ns` between them. */
	Bench(const BenchPlan &plan, const std::vector<std::string> &cc, uint64_t apart_ns = 0);

	/* Go on for so long. */
	void run_for(uint64_t ns);

	/* Bits a second that a flow's receiver got since the last call of mark(). */
	double goodput(size_t flow) const;
	void mark();

	/* What a sender says of itself. */
	struct pln_tcp_info info(size_t flow);

	/* Virtual ns until this flow's receiver had so many bytes, or PLN_NEVER. */
	uint64_t time_of(size_t flow, uint64_t bytes, uint64_t limit_ns);

	World world;
	Link &there, &back;

      private:
	std::vector<uint64_t> marked_;
	uint64_t marked_at_ = 0;
};

/* Both directions of a line with this RTT and, towards the receivers, this rate and queue. */
BenchPlan bench_plan(uint64_t rtt_ns, uint64_t rate_bps, uint64_t queue_bytes);

/* Does a stack know this option, with this value? */
bool knows(const char *option, const char *value);

/* Does a stack have this counter? */
bool counts(const char *counter);

} // namespace simulator

#endif
