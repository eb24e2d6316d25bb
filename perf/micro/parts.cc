/* SPDX-License-Identifier: BSD-3-Clause */
/* What TCP's parts cost: reassembly, SACK blocks for an ACK, an ACK for congestion control. */
#include <array>

#include "loop.h"
#include "tcp/cc/cc.h"
#include "tcp/rcv/reasm.h"
#include "tcp/rcv/sackgen.h"

namespace
{

constexpr uint32_t mss = 1448;
constexpr size_t batch = 64;

/* Packets that hold every other segment of a stream, or all of them but the first, in the order of arrival. */
struct Segments {
	explicit Segments(uint32_t stride)
	{
		uint32_t seq = mss;

		for (auto &pkt : pkts) {
			pkt = {};
			pkt.seq = seq;
			pkt.len = mss;
			pkt.truesize = 2304;
			pkt.data = bytes.data();
			seq += stride * mss;
		}
	}

	std::array<uint8_t, mss> bytes;
	std::array<struct pln_pkt, batch> pkts;
};

/* 1: behind one hole, each next to the last; 2: a hole before each. */
void
reasm_insert(perf::Loop &loop, int64_t stride)
{
	loop.run_batches(batch, [&] {
		Segments s(static_cast<uint32_t>(stride));
		struct pln_pktq out = {};
		struct pln_reasm r;

		pln_reasm_init(&r, UINT32_MAX);
		loop.on();
		for (auto &pkt : s.pkts)
			benchmark::DoNotOptimize(pln_reasm_insert(&r, &pkt));
		loop.off();
		pln_reasm_drain(&r, &out);
	});
}

/* The hole is filled: what waited behind it comes out. */
void
reasm_pop(perf::Loop &loop, int64_t)
{
	loop.run_batches(batch, [&] {
		Segments s(1);
		struct pln_pktq out = {};
		struct pln_reasm r;
		uint32_t nxt = mss;

		pln_reasm_init(&r, UINT32_MAX);
		for (auto &pkt : s.pkts)
			pln_reasm_insert(&r, &pkt);
		loop.on();
		while (pln_reasm_pop(&r, nxt, &out) != nullptr)
			nxt += mss;
		loop.off();
	});
}

/* An ACK while four stretches are held, the newest of which has grown. */
void
sack_blocks(perf::Loop &loop, int64_t)
{
	std::array<struct pln_sack_block, PLN_TCP_OPTS_MAX_SACK> out;
	struct pln_sackgen gen = {};
	uint32_t end = 7 * mss;

	for (uint32_t i = 0; i < 4; i++)
		pln_sackgen_held(&gen, { 2 * i * mss, (2 * i + 1) * mss });
	loop.run([&] {
		pln_sackgen_held(&gen, { 6 * mss, ++end });
		benchmark::DoNotOptimize(pln_sackgen_fill(&gen, out.data(), 3));
		pln_sackgen_sent(&gen);
	});
}

/* An ACK of two segments, beyond slow start, in a window of 100 that its sender fills. */
void
cc_ack(perf::Loop &loop, const char *name)
{
	struct pln_ack ack = {};
	struct pln_cc cc;

	pln_cc_init(&cc, pln_cc_find(name), 100 * mss);
	cc.ssthresh = cc.cwnd;
	ack.srtt_ns = ack.rtt_ns = PLN_NS_PER_MS;
	ack.acked_bytes = 2 * mss;
	ack.smss = mss;
	loop.run([&] {
		ack.now += 20 * PLN_NS_PER_US;
		ack.seq += 2 * mss;
		ack.flight_before = cc.cwnd;
		ack.flight = cc.cwnd - 2 * mss;
		cc.ops->on_ack(&cc, &ack);
	});
}

void
cubic_ack(perf::Loop &loop, int64_t)
{
	cc_ack(loop, "cubic");
}

void
newreno_ack(perf::Loop &loop, int64_t)
{
	cc_ack(loop, "newreno");
}

} // namespace

void
perf::add_parts(Ops &ops)
{
	ops.add_batches("reasm_insert", reasm_insert, { 1, 2 });
	ops.add_batches("reasm_pop", reasm_pop);
	ops.add("sack_blocks", sack_blocks);
	ops.add("cubic_ack", cubic_ack);
	ops.add("newreno_ack", newreno_ack);
}
