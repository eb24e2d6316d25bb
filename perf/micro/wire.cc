/* SPDX-License-Identifier: BSD-3-Clause */
/* What the codecs cost: checksums by length, a TCP header with the options every segment carries. */
#include <array>
#include <vector>

#include <benchmark/benchmark.h>

#include "wire/cksum.h"
#include "wire/ip4_hdr.h"
#include "wire/tcp_hdr.h"

namespace
{

void
cksum(benchmark::State &state)
{
	std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);

	for (auto _ : state)
		benchmark::DoNotOptimize(
			pln_cksum_finish(pln_cksum_add(0, bytes.data(), bytes.size())));
	state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(cksum)->Arg(20)->Arg(64)->Arg(1460)->Arg(9000);

struct pln_seg
data_segment()
{
	struct pln_seg seg = {};

	seg.seq = 1;
	seg.ack = 2;
	seg.wnd = 512;
	seg.flags = PLN_TCP_ACK;
	seg.opts.present = PLN_TCP_OPT_TS;
	seg.opts.tsval = 3;
	seg.opts.tsecr = 4;
	return seg;
}

void
tcp_hdr_emit(benchmark::State &state)
{
	struct pln_seg seg = data_segment();
	std::array<uint8_t, 64> bytes;

	for (auto _ : state) {
		seg.seq++;
		benchmark::DoNotOptimize(pln_tcp_hdr_emit(bytes.data(), &seg));
	}
}
BENCHMARK(tcp_hdr_emit);

void
tcp_hdr_parse(benchmark::State &state)
{
	struct pln_seg seg = data_segment(), out;
	std::array<uint8_t, 64> bytes = {};
	size_t len = pln_tcp_hdr_emit(bytes.data(), &seg);

	for (auto _ : state)
		benchmark::DoNotOptimize(pln_tcp_hdr_parse(bytes.data(), len, &out));
}
BENCHMARK(tcp_hdr_parse);

void
ip4_hdr_parse(benchmark::State &state)
{
	struct pln_ip4_hdr hdr = {}, out;
	std::array<uint8_t, 20> bytes = {};

	hdr.total_len = 20;
	hdr.ttl = 64;
	pln_ip4_hdr_emit(bytes.data(), &hdr);
	for (auto _ : state)
		benchmark::DoNotOptimize(
			pln_ip4_hdr_parse(bytes.data(), bytes.size(), state.range(0) != 0, &out));
}
BENCHMARK(ip4_hdr_parse)->Arg(0)->Arg(1);

} // namespace
