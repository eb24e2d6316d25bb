/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/bench.h"

#include <algorithm>
#include <stdexcept>

#include <pollen/stats.h>

namespace simulator
{

namespace
{

constexpr uint64_t WITHOUT_END = uint64_t{ 1 } << 50;

support::HostOptions
host_options(const Options &options, uint64_t seed)
{
	support::HostOptions host;

	host.seed = seed;
	host.max_conns = 32;
	host.options = { { "rcvbuf", "16000000" },
		         { "rcvbuf_max", "16000000" },
		         { "sndbuf", "4000000" } };
	host.options.insert(host.options.end(), options.begin(), options.end());
	return host;
}

} // namespace

BenchPlan
bench_plan(uint64_t rtt_ns, uint64_t rate_bps, uint64_t queue_bytes)
{
	BenchPlan plan;

	plan.there.delay_ns = plan.back.delay_ns = rtt_ns / 2;
	plan.there.rate_bps = rate_bps;
	plan.there.queue_bytes = queue_bytes;
	return plan;
}

Bench::Bench(const BenchPlan &plan, const std::vector<std::string> &cc, uint64_t apart_ns)
    : world(7), there(world.add_link("there", plan.there)), back(world.add_link("back", plan.back)),
      marked_(cc.size())
{
	size_t n = cc.size();

	world.watch = false;
	for (size_t i = 0; i < 2 * n; i++)
		world.add_host(host_options(plan.options, i + 1));
	world.introduce();
	for (size_t i = 0; i < n; i++) {
		FlowPlan flow;
		flow.client = static_cast<int>(i);
		flow.server = static_cast<int>(n + i);
		flow.start = WORLD_START + i * apart_ns;
		flow.bytes[0] = plan.bytes != 0 ? plan.bytes : WITHOUT_END;
		flow.by_reference = true;
		flow.cc[0] = cc[i];
		world.connect(flow.client, flow.server, { &there });
		world.connect(flow.server, flow.client, { &back });
		world.add_flow(flow);
	}
	mark();
}

void
Bench::run_for(uint64_t ns)
{
	if (!world.run_until([] { return false; }, world.now() + ns) && !world.flows.empty() &&
	    !world.flows[0].broken.empty())
		throw std::runtime_error(world.flows[0].broken);
}

void
Bench::mark()
{
	for (size_t i = 0; i < marked_.size(); i++)
		marked_[i] = world.flows[i].ends[1].received;
	marked_at_ = world.now();
}

double
Bench::goodput(size_t flow) const
{
	uint64_t bytes = world.flows[flow].ends[1].received - marked_[flow];

	return static_cast<double>(bytes) * 8e9 / static_cast<double>(world.now() - marked_at_);
}

struct pln_tcp_info
Bench::info(size_t flow)
{
	const FlowEnd &end = world.flows[flow].ends[0];

	return end.host->info(end.conn);
}

uint64_t
Bench::time_of(size_t flow, uint64_t bytes, uint64_t limit_ns)
{
	uint64_t begun = world.now();
	auto there_yet = [&] { return world.flows[flow].ends[1].received >= bytes; };

	return world.run_until(there_yet, begun + limit_ns) ? world.now() - begun : PLN_NEVER;
}

bool
knows(const char *option, const char *value)
{
	support::Host host(support::HostOptions(), "10.0.0.1", 1);

	return pln_stack_opt_set(host.stack(), option, value) == 0;
}

bool
counts(const char *counter)
{
	support::Host host(support::HostOptions(), "10.0.0.1", 1);
	uint64_t value;

	return pln_stats_counter(host.stack(), counter, &value) == 0;
}

} // namespace simulator
