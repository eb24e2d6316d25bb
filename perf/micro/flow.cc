/* SPDX-License-Identifier: BSD-3-Clause */
/* What steering costs: the hash of a NIC computed here, beside DPDK's ways of doing it. */
#include <array>

#include <rte_thash.h>

#include <benchmark/benchmark.h>

#include "flow/toeplitz.h"

namespace
{

std::array<uint8_t, 40>
some_key()
{
	std::array<uint8_t, 40> key;
	uint32_t x = 1;

	for (auto &byte : key) {
		x = x * 1664525 + 1013904223;
		byte = static_cast<uint8_t>(x >> 24);
	}
	return key;
}

/* A flow for each turn: the tables are hit where they lie, not always at the same place. */
struct Flow {
	uint32_t src = 0x0a000001, dst = 0x0a000002, ports = 0x12345678;

	void
	next()
	{
		src = src * 1664525 + 1013904223;
		ports = ports * 22695477 + 1;
	}
};

void
toeplitz_flow(benchmark::State &state)
{
	static struct pln_toeplitz t;
	Flow f;

	if (pln_toeplitz_prepare(&t, some_key().data(), some_key().size()) < 0)
		state.SkipWithError("key");
	for (auto _ : state) {
		f.next();
		benchmark::DoNotOptimize(pln_toeplitz_addrs(&t, pln_be32(f.src), pln_be32(f.dst)) ^
		                         pln_toeplitz_ports(&t,
		                                            static_cast<uint16_t>(f.ports >> 16),
		                                            static_cast<uint16_t>(f.ports)));
	}
}
BENCHMARK(toeplitz_flow);

void
toeplitz_port(benchmark::State &state)
{
	static struct pln_toeplitz t;
	uint16_t port = 0;

	if (pln_toeplitz_prepare(&t, some_key().data(), some_key().size()) < 0)
		state.SkipWithError("key");
	for (auto _ : state)
		benchmark::DoNotOptimize(pln_toeplitz_ports(&t, 443, ++port));
}
BENCHMARK(toeplitz_port);

void
dpdk_softrss_be(benchmark::State &state)
{
	std::array<uint8_t, 40> key = some_key(), turned;
	Flow f;

	rte_convert_rss_key(reinterpret_cast<const uint32_t *>(key.data()),
	                    reinterpret_cast<uint32_t *>(turned.data()), 40);
	for (auto _ : state) {
		f.next();
		std::array<uint32_t, 3> tuple = { f.src, f.dst, f.ports };
		benchmark::DoNotOptimize(rte_softrss_be(tuple.data(), 3, turned.data()));
	}
}
BENCHMARK(dpdk_softrss_be);

} // namespace
