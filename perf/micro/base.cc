/* SPDX-License-Identifier: BSD-3-Clause */
/* What the floors without packets cost: the timing wheel, the pool, the keyed hash, the flow table. */
#include <vector>

#include "base/pool.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "flow/flow_table.h"
#include "loop.h"

namespace
{

constexpr struct pln_siphash_key secret = { 1, 2 };
constexpr uint64_t step_ns = 100 * PLN_NS_PER_US;
constexpr size_t batch = 256;

void
siphash_tuple(perf::Loop &loop, int64_t)
{
	struct pln_flow_key key = {};

	loop.run([&] {
		key.remote_port++;
		benchmark::DoNotOptimize(pln_siphash(&secret, &key, sizeof(key)));
	});
}

/* A wheel with many nodes in it, and some that are not armed. */
struct Timers {
	explicit Timers(int64_t armed) : nodes(static_cast<size_t>(armed)), room(sizeof(pln_wheel))
	{
		wheel = reinterpret_cast<struct pln_wheel *>(room.data());
		pln_wheel_init(wheel, 0);
		for (auto &node : nodes)
			pln_wheel_arm(wheel, &node, at += step_ns);
	}

	std::vector<struct pln_wheel_node> nodes;
	struct pln_wheel_node idle[batch] = {};
	std::vector<char> room;
	struct pln_wheel *wheel;
	uint64_t at = 0;
};

void
wheel_arm(perf::Loop &loop, int64_t armed)
{
	Timers t(armed);
	uint64_t at = 0;

	loop.run_batches(batch, [&] {
		loop.on();
		for (auto &node : t.idle)
			pln_wheel_arm(t.wheel, &node, at += step_ns);
		loop.off();
		for (auto &node : t.idle)
			pln_wheel_cancel(t.wheel, &node);
	});
}

/* An ACK's share of timer work: move one of many armed nodes. */
void
wheel_move(perf::Loop &loop, int64_t armed)
{
	Timers t(armed);
	size_t i = 0;

	loop.run([&] {
		pln_wheel_arm(t.wheel, &t.nodes[i], t.at += step_ns);
		i = i + 1 == t.nodes.size() ? 0 : i + 1;
	});
}

/* Take what is due, its share of the wheel's turning included. */
void
wheel_expire(perf::Loop &loop, int64_t armed)
{
	Timers t(armed);
	uint64_t now = 0;

	for (auto &node : t.nodes) /* out of the way */
		pln_wheel_arm(t.wheel, &node, t.at + 3600 * PLN_NS_PER_S);
	loop.run_batches(batch, [&] {
		for (auto &node : t.idle)
			pln_wheel_arm(t.wheel, &node, now += step_ns);
		loop.on();
		while (pln_wheel_expire(t.wheel, now + PLN_NS_PER_MS) != nullptr)
			;
		loop.off();
		now += PLN_NS_PER_MS;
	});
}

void
pool_alloc_free(perf::Loop &loop, int64_t)
{
	struct pln_pool pool;

	if (pln_pool_init(&pool, 512, 1024) < 0)
		return loop.give_up("no memory");
	loop.run([&] {
		void *obj = pln_pool_alloc(&pool);

		benchmark::DoNotOptimize(obj);
		pln_pool_free(&pool, obj);
	});
	pln_pool_fini(&pool);
}

void
flow_lookup(perf::Loop &loop, int64_t arg)
{
	auto flows = static_cast<uint32_t>(arg);
	struct pln_flow_table table;
	struct pln_flow_key key = {};
	uint32_t value = 0, i = 0;

	if (pln_flow_table_init(&table, flows, &secret) < 0)
		return loop.give_up("no memory");
	for (i = 0; i < flows; i++) {
		key.remote = pln_be32(i);
		pln_flow_table_insert(&table, &key, i);
	}
	loop.run([&] {
		key.remote = pln_be32(i = (i * 2654435761U + 1) % flows);
		benchmark::DoNotOptimize(pln_flow_table_lookup(&table, &key, &value));
	});
	pln_flow_table_fini(&table);
}

} // namespace

void
perf::add_base(Ops &ops)
{
	ops.add("siphash_tuple", siphash_tuple);
	ops.add_batches("wheel_arm", wheel_arm, { 16, 100000, 10000000 });
	ops.add("wheel_move", wheel_move, { 16, 100000, 10000000 });
	ops.add_batches("wheel_expire", wheel_expire, { 16, 100000, 10000000 });
	ops.add("pool_alloc_free", pool_alloc_free);
	ops.add("flow_lookup", flow_lookup, { 1000, 1000000, 10000000 });
}
