/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/link.h"

#include <algorithm>

namespace simulator
{

uint64_t
Link::backlog(uint64_t now)
{
	while (!waiting_.empty() && waiting_.front().leaves <= now) {
		waiting_bytes_ -= waiting_.front().bytes;
		waiting_.pop_front();
	}
	return waiting_bytes_;
}

void
Link::drop(Frame *frame, const char *why, LinkSink &sink)
{
	counts.lost++;
	sink.vanishes(frame, why);
}

const char *
Link::aimed_at(const Frame &frame)
{
	const Segment &s = frame.seg;

	if (config.drop_this && config.drop_this(frame))
		return "lost: aimed at";
	if (s.has(TCP_SYN) && syns_ < 64 && (config.drop_syns >> syns_++ & 1) != 0)
		return "lost: this SYN";
	if (s.last && config.drop_lasts > 0) {
		config.drop_lasts--;
		return "lost: the last segment";
	}
	if (s.again && config.drop_again > 0) {
		config.drop_again--;
		return "lost: a retransmission";
	}
	if (s.first_again && config.drop_first_again > 0) {
		config.drop_first_again--;
		return "lost: the first retransmission";
	}
	return nullptr;
}

const char *
Link::lost_by_chance(const Frame &frame)
{
	const Segment &s = frame.seg;

	if (config.burst_enter != 0) {
		bad_ = bad_ ? !rng_.ppm(config.burst_leave) : rng_.ppm(config.burst_enter);
		if (bad_ && rng_.ppm(config.burst_loss))
			return "lost: in a burst";
	}
	if (rng_.ppm(config.loss))
		return "lost";
	if (config.ack_loss != 0 && s.tcp && s.span() == 0 && !s.has(TCP_RST) &&
	    rng_.ppm(config.ack_loss))
		return "lost: an ACK";
	return nullptr;
}

const char *
Link::refused(const Frame &frame, uint64_t now)
{
	if (config.cut_ns != 0 && now >= config.cut_at && now - config.cut_at < config.cut_ns)
		return "lost: the line is cut";
	const char *why = frame.seg.tcp ? aimed_at(frame) : nullptr;
	return why != nullptr ? why : lost_by_chance(frame);
}

/* Too long for the line: in pieces, or answered, or swallowed. False: the frame is gone. */
bool
Link::passes_mtu(Frame *frame, uint64_t now, LinkSink &sink)
{
	if (config.mtu == 0 || now < config.mtu_at || frame->bytes.size() <= ETH_LEN + config.mtu ||
	    !is_ip4(frame->bytes))
		return true;
	counts.too_long++;
	if (!dont_fragment(frame->bytes)) {
		for (auto &piece : fragments_of(frame->bytes, config.mtu)) {
			Frame *part = sink.copy_of(*frame);
			part->bytes = std::move(piece);
			queue(part, now, sink);
		}
		sink.vanishes(frame, "taken apart");
		return false;
	}
	if (config.mtu_told)
		sink.answers(*frame, too_big(frame->bytes, config.mtu, frame->seg.dst));
	sink.vanishes(frame, "too long");
	return false;
}

void
Link::queue(Frame *frame, uint64_t now, LinkSink &sink)
{
	bool stepped = config.step_at != 0 && now >= config.step_at;
	uint64_t rate =
		stepped && config.step_rate_bps != 0 ? config.step_rate_bps : config.rate_bps;
	uint64_t waiting = backlog(now), bytes = frame->bytes.size();
	uint64_t start = std::max(now, free_at_);

	/* The one that is being sent does not wait: an empty queue takes a frame however small it is. */
	if ((config.queue_bytes != 0 && waiting > 0 && waiting + bytes > config.queue_bytes) ||
	    (config.queue_pkts != 0 && waiting_.size() > config.queue_pkts)) {
		counts.overflows++;
		sink.vanishes(frame, "lost: the queue is full");
		return;
	}
	if ((config.mark_bytes != 0 && waiting >= config.mark_bytes) || rng_.ppm(config.mark))
		counts.marked += mark_ce(frame->bytes) ? 1 : 0;
	uint64_t leaves = start + (rate != 0 ? bytes * 8 * PLN_NS_PER_S / rate : 0);
	free_at_ = leaves;
	if (leaves > now) {
		waiting_.push_back({ leaves, bytes });
		waiting_bytes_ += bytes;
	}
	counts.queue_peak = std::max(counts.queue_peak, waiting_bytes_);
	counts.queue_ns += static_cast<double>(start - now);
	counts.left++;
	counts.left_bytes += bytes;
	fly(frame, leaves, sink);
}

void
Link::fly(Frame *frame, uint64_t leaves, LinkSink &sink)
{
	bool stepped = config.step_at != 0 && leaves >= config.step_at;
	uint64_t delay =
		stepped && config.step_delay_ns != 0 ? config.step_delay_ns : config.delay_ns;
	uint64_t arrival = leaves + delay;

	if (config.jitter_ns != 0)
		arrival += rng_.pick(0, config.jitter_ns);
	if (frame->bytes.size() > ETH_LEN && rng_.ppm(config.corrupt)) {
		uint64_t bit = rng_.pick(ETH_LEN * 8, frame->bytes.size() * 8 - 1);
		frame->bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		frame->damaged = true;
		counts.damaged++;
	}
	if (rng_.ppm(config.duplicate)) {
		counts.doubled++;
		sink.arrives(sink.copy_of(*frame),
		             arrival + rng_.pick(0, config.reorder_ns + 1000));
	}
	if (rng_.ppm(config.reorder)) {
		counts.overtaken++;
		sink.arrives(frame, arrival + rng_.pick(1, config.reorder_ns + 1));
		return;
	}
	/* A path that becomes shorter lets frames overtake, jitter does not. */
	if (config.jitter_ns != 0 && !stepped) {
		arrival = std::max(arrival, last_arrival_);
		last_arrival_ = arrival;
	}
	sink.arrives(frame, arrival);
}

void
Link::carry(Frame *frame, uint64_t now, LinkSink &sink)
{
	counts.frames++;
	counts.bytes += frame->bytes.size();
	const char *why = refused(*frame, now);
	if (why != nullptr) {
		drop(frame, why, sink);
		return;
	}
	if (passes_mtu(frame, now, sink))
		queue(frame, now, sink);
}

} // namespace simulator
