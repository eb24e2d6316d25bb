/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a way through a whole stack costs, by the public API alone: a segment out, one in, an ACK in, during loss too, an exchange of a
 * request and a response, a connection from its first segment to its last.
 */
#include <memory>

#include "line.h"
#include "loop.h"

namespace
{

using perf::Line;
using perf::line_mss;

constexpr unsigned int burst = 32;

/* The measured parts of a batch; the others are skipped. */
enum Part {
	OUT = 1,
	DATA_IN,
	ACK_IN,
	RECEIVE
};

void
mark(perf::Loop &loop, bool wanted, const std::function<void()> &part)
{
	if (wanted)
		loop.on();
	part();
	if (wanted)
		loop.off();
}

/* 32 full segments go from a to b in pairs, each pair is acknowledged; one part of it counts. */
void
bulk(perf::Loop &loop, Part part, unsigned int ops)
{
	Line line;

	if (!line.good())
		return loop.give_up("no memory");
	line.open();
	line.transfer(4000000); /* until the windows are open */
	loop.run_batches(ops, [&] {
		line.now += 20 * PLN_NS_PER_US;
		line.send(line.a, burst * line_mss);
		mark(loop, part == OUT, [&] { line.flush(line.a); });
		line.carry(line.a, line.b);
		auto frames = std::move(line.b.in);
		line.b.in.clear();
		if (part == DATA_IN) {
			line.b.in = std::move(frames);
			frames.clear();
			mark(loop, true, [&] { pln_stack_poll(line.b.stack, line.now); });
		}
		while (!frames.empty()) { /* a pair, and its ACK */
			for (int i = 0; i < 2 && !frames.empty(); i++) {
				line.b.in.push_back(frames.front());
				frames.pop_front();
			}
			pln_stack_poll(line.b.stack, line.now);
			line.flush(line.b);
		}
		mark(loop, part == RECEIVE, [&] { line.receive(line.b); });
		line.carry(line.b, line.a);
		mark(loop, part == ACK_IN, [&] { pln_stack_poll(line.a.stack, line.now); });
		line.settle();
	});
}

void
segment_out(perf::Loop &loop, int64_t)
{
	bulk(loop, OUT, burst);
}

void
data_in(perf::Loop &loop, int64_t)
{
	bulk(loop, DATA_IN, burst);
}

void
receive(perf::Loop &loop, int64_t)
{
	bulk(loop, RECEIVE, burst);
}

void
ack_in(perf::Loop &loop, int64_t)
{
	bulk(loop, ACK_IN, burst / 2);
}

/*
 * A window of segments of which every n-th is lost; what arrives is acknowledged one by one, with SACK blocks. Of the ACKs one burst
 * counts. Each batch is a connection of its own, so that all windows are alike.
 */
void
ack_in_loss(perf::Loop &loop, int64_t every)
{
	Line line;

	if (!line.good())
		return loop.give_up("no memory");
	loop.run_batches(burst, [&] {
		line.open();
		line.transfer(4000000);
		line.send(line.a, 3 * burst * line_mss);
		line.flush(line.a);
		line.carry(line.a, line.b, [&](unsigned int i) {
			return i % static_cast<unsigned int>(every) == 0;
		});
		auto frames = std::move(line.b.in);
		line.b.in.clear();
		for (unsigned int i = 0; i < burst && !frames.empty(); i++) {
			line.b.in.push_back(frames.front());
			frames.pop_front();
			pln_stack_poll(line.b.stack, line.now);
			line.flush(line.b);
		}
		line.carry(line.b, line.a);
		line.now += 20 * PLN_NS_PER_US;
		mark(loop, true, [&] { pln_stack_poll(line.a.stack, line.now); });
		line.b.in = std::move(frames);
		line.settle();
		line.close();
	});
}

/* Segments behind a hole, an ACK at once for each. */
void
data_in_hole(perf::Loop &loop, int64_t)
{
	Line line;

	if (!line.good())
		return loop.give_up("no memory");
	loop.run_batches(burst - 1, [&] {
		line.open();
		line.transfer(4000000);
		line.send(line.a, burst * line_mss);
		line.flush(line.a);
		line.carry(line.a, line.b);
		auto *first = line.b.in.front();
		line.b.in.pop_front();
		mark(loop, true, [&] { pln_stack_poll(line.b.stack, line.now); });
		line.b.in.push_back(first);
		line.settle();
		line.close();
	});
}

/* One turn of an end that has something to say. */
void
turn(Line &line, Line::End &end)
{
	pln_stack_poll(end.stack, line.now);
	line.receive(end);
	line.send(end, 64);
	line.flush(end);
}

/* A request of 64 bytes and its response, both ends: four turns' work, with events, receive and send. */
void
exchange(perf::Loop &loop, int64_t)
{
	Line line;

	if (!line.good())
		return loop.give_up("no memory");
	line.open();
	loop.run_batches(1, [&] {
		line.now += 20 * PLN_NS_PER_US;
		mark(loop, true, [&] { turn(line, line.a); });
		line.carry(line.a, line.b);
		mark(loop, true, [&] { turn(line, line.b); });
		line.carry(line.b, line.a);
	});
}

/* Open, a request of 64 bytes and its response, closed by the client first, both ends; TIME-WAIT's end is not in it. */
void
connection(perf::Loop &loop, int64_t)
{
	Line line;

	if (!line.good())
		return loop.give_up("no memory");
	loop.run_batches(1, [&] {
		loop.on();
		line.open();
		line.send(line.a, 64);
		line.settle();
		line.send(line.b, 64);
		line.settle();
		pln_tcp_close(line.a.stack, line.a.conn);
		line.settle();
		pln_tcp_close(line.b.stack, line.b.conn);
		line.settle();
		loop.off();
		line.now += 300 * PLN_NS_PER_S;
		line.settle();
	});
}

} // namespace

void
perf::add_stacks(Ops &ops)
{
	ops.add_batches("segment_out", segment_out);
	ops.add_batches("data_in", data_in);
	ops.add_batches("receive", receive);
	ops.add_batches("ack_in", ack_in);
	ops.add_batches("ack_in_loss", ack_in_loss, { 2, 16 }, 320);
	ops.add_batches("data_in_hole", data_in_hole, {}, 310);
	ops.add_batches("exchange", exchange);
	ops.add_batches("connection", connection, {}, 100);
}
