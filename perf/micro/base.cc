/* SPDX-License-Identifier: BSD-3-Clause */
/* What the floors without packets cost: the timing wheel, the pool, the keyed hash, the flow table. */
#include <vector>

#include <benchmark/benchmark.h>

#include "base/pool.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "flow/flow_table.h"

namespace
{

constexpr struct pln_siphash_key secret = { 1, 2 };

void
siphash_tuple(benchmark::State &state)
{
	struct pln_flow_key key = {};

	for (auto _ : state) {
		key.remote_port++;
		benchmark::DoNotOptimize(pln_siphash(&secret, &key, sizeof(key)));
	}
}
BENCHMARK(siphash_tuple);

/* An ACK's share of timer work: move one of many armed nodes. */
void
wheel_rearm(benchmark::State &state)
{
	std::vector<struct pln_wheel_node> nodes(static_cast<size_t>(state.range(0)));
	std::vector<char> room(sizeof(struct pln_wheel));
	auto *wheel = reinterpret_cast<struct pln_wheel *>(room.data());
	uint64_t at = 0;
	size_t i = 0;

	pln_wheel_init(wheel, 0);
	for (auto &n : nodes) {
		n = {};
		pln_wheel_arm(wheel, &n, at += 100 * PLN_NS_PER_US);
	}
	for (auto _ : state) {
		pln_wheel_arm(wheel, &nodes[i], at += 100 * PLN_NS_PER_US);
		i = i + 1 == nodes.size() ? 0 : i + 1;
	}
}
BENCHMARK(wheel_rearm)->Arg(16)->Arg(100000);

void
pool_alloc_free(benchmark::State &state)
{
	struct pln_pool pool;

	if (pln_pool_init(&pool, 512, 1024) < 0) {
		state.SkipWithError("no memory");
		return;
	}
	for (auto _ : state) {
		void *obj = pln_pool_alloc(&pool);

		benchmark::DoNotOptimize(obj);
		pln_pool_free(&pool, obj);
	}
	pln_pool_fini(&pool);
}
BENCHMARK(pool_alloc_free);

void
flow_lookup(benchmark::State &state)
{
	auto flows = static_cast<uint32_t>(state.range(0));
	struct pln_flow_table table;
	struct pln_flow_key key = {};
	uint32_t value = 0, i = 0;

	if (pln_flow_table_init(&table, flows, &secret) < 0) {
		state.SkipWithError("no memory");
		return;
	}
	for (i = 0; i < flows; i++) {
		key.remote = pln_be32(i);
		pln_flow_table_insert(&table, &key, i);
	}
	for (auto _ : state) {
		key.remote = pln_be32(i = (i * 2654435761U + 1) % flows);
		benchmark::DoNotOptimize(pln_flow_table_lookup(&table, &key, &value));
	}
	pln_flow_table_fini(&table);
}
BENCHMARK(flow_lookup)->Arg(100)->Arg(1000000);

} // namespace
