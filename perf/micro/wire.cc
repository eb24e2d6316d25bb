/* SPDX-License-Identifier: BSD-3-Clause */
/* What the codecs cost: checksums by length, the headers that every segment carries, the options of a SYN and of an ACK during loss. */
#include <array>
#include <vector>

#include "loop.h"
#include "wire/cksum.h"
#include "wire/eth_hdr.h"
#include "wire/ip4_hdr.h"
#include "wire/tcp_hdr.h"

namespace
{

void
cksum(perf::Loop &loop, int64_t len)
{
	std::vector<uint8_t> bytes(static_cast<size_t>(len), 0x5a);

	loop.run([&] {
		benchmark::DoNotOptimize(
			pln_cksum_finish(pln_cksum_add(0, bytes.data(), bytes.size())));
	});
}

void
eth_hdr_emit(perf::Loop &loop, int64_t)
{
	struct pln_eth_hdr hdr = {};
	std::array<uint8_t, 18> bytes;

	hdr.type = PLN_ETH_TYPE_IP4;
	hdr.vlan = PLN_ETH_NO_VLAN;
	loop.run([&] {
		pln_eth_hdr_emit(bytes.data(), &hdr);
		benchmark::DoNotOptimize(bytes);
	});
}

void
eth_hdr_parse(perf::Loop &loop, int64_t)
{
	std::array<uint8_t, 64> bytes = {};
	struct pln_eth_hdr out;

	loop.run([&] {
		benchmark::DoNotOptimize(pln_eth_hdr_parse(bytes.data(), bytes.size(), &out));
	});
}

struct pln_ip4_hdr
some_ip4()
{
	struct pln_ip4_hdr hdr = {};

	hdr.total_len = 20;
	hdr.ttl = 64;
	return hdr;
}

void
ip4_hdr_emit(perf::Loop &loop, int64_t)
{
	struct pln_ip4_hdr hdr = some_ip4();
	std::array<uint8_t, 20> bytes;

	loop.run([&] {
		hdr.id++;
		pln_ip4_hdr_emit(bytes.data(), &hdr);
		benchmark::DoNotOptimize(bytes);
	});
}

void
ip4_hdr_parse(perf::Loop &loop, int64_t verified)
{
	struct pln_ip4_hdr hdr = some_ip4(), out;
	std::array<uint8_t, 20> bytes = {};

	pln_ip4_hdr_emit(bytes.data(), &hdr);
	loop.run([&] {
		benchmark::DoNotOptimize(
			pln_ip4_hdr_parse(bytes.data(), bytes.size(), verified != 0, &out));
	});
}

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
tcp_hdr_emit(perf::Loop &loop, int64_t)
{
	struct pln_seg seg = data_segment();
	std::array<uint8_t, 64> bytes;

	loop.run([&] {
		seg.seq++;
		benchmark::DoNotOptimize(pln_tcp_hdr_emit(bytes.data(), &seg));
	});
}

void
tcp_hdr_parse(perf::Loop &loop, int64_t)
{
	struct pln_seg seg = data_segment(), out;
	std::array<uint8_t, 64> bytes = {};
	size_t len = pln_tcp_hdr_emit(bytes.data(), &seg);

	loop.run([&] { benchmark::DoNotOptimize(pln_tcp_hdr_parse(bytes.data(), len, &out)); });
}

/* 0: those of a SYN; else: timestamps and so many SACK blocks. */
struct pln_tcp_opts
some_opts(int64_t blocks)
{
	struct pln_tcp_opts opts = {};

	opts.tsval = 3;
	opts.tsecr = 4;
	opts.mss = 1460;
	opts.wscale = 7;
	opts.present = PLN_TCP_OPT_MSS | PLN_TCP_OPT_WSCALE | PLN_TCP_OPT_SACK_OK | PLN_TCP_OPT_TS;
	if (blocks > 0)
		opts.present = PLN_TCP_OPT_TS | PLN_TCP_OPT_SACK;
	opts.n_sack = static_cast<uint8_t>(blocks);
	for (uint32_t i = 0; i < opts.n_sack; i++)
		opts.sack[i] = { 1000 * i, 1000 * i + 500 };
	return opts;
}

void
tcp_opts_emit(perf::Loop &loop, int64_t blocks)
{
	struct pln_tcp_opts opts = some_opts(blocks);
	std::array<uint8_t, PLN_TCP_OPTS_MAX_LEN> bytes;

	loop.run([&] {
		opts.tsval++;
		benchmark::DoNotOptimize(pln_tcp_opts_emit(bytes.data(), &opts));
	});
}

void
tcp_opts_parse(perf::Loop &loop, int64_t blocks)
{
	struct pln_tcp_opts opts = some_opts(blocks), out;
	std::array<uint8_t, PLN_TCP_OPTS_MAX_LEN> bytes = {};
	size_t len = pln_tcp_opts_emit(bytes.data(), &opts);

	loop.run([&] { benchmark::DoNotOptimize(pln_tcp_opts_parse(bytes.data(), len, &out)); });
}

} // namespace

void
perf::add_wire(Ops &ops)
{
	ops.add("cksum", cksum, { 20, 64, 1460, 9000 });
	ops.add("eth_hdr_emit", eth_hdr_emit);
	ops.add("eth_hdr_parse", eth_hdr_parse);
	ops.add("ip4_hdr_emit", ip4_hdr_emit);
	ops.add("ip4_hdr_parse", ip4_hdr_parse, { 0, 1 });
	ops.add("tcp_hdr_emit", tcp_hdr_emit);
	ops.add("tcp_hdr_parse", tcp_hdr_parse);
	ops.add("tcp_opts_emit", tcp_opts_emit, { 0, 1, 3 });
	ops.add("tcp_opts_parse", tcp_opts_parse, { 0, 1, 3 });
}
