/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a line between two nodes: a queue, a rate, a delay, and what goes wrong on it. A frame passes, in this order: the
 * line may be cut, may aim at this very frame, may lose it by chance; the frame may be too long; the queue may be full, or long enough to
 * mark it (ECN); then it takes its turn, and on its way it may be damaged, doubled, or overtaken.
 */
#ifndef POLLEN_TESTS_SIMULATOR_LINK_H
#define POLLEN_TESTS_SIMULATOR_LINK_H

#include <deque>
#include <functional>
#include <string>

#include <pollen/types.h>

#include "simulator/rng.h"
#include "simulator/wire.h"

namespace simulator
{

/* Probabilities are parts in a million and per frame, times are ns of virtual time. 0: there is no such thing. */
struct LinkConfig {
	uint64_t rate_bps = 0;
	uint64_t queue_bytes = 0, queue_pkts = 0; /* that may wait; more are dropped at the tail */
	uint64_t delay_ns = 0, jitter_ns = 0;     /* jitter is added and keeps the order */
	uint64_t loss = 0;
	uint64_t burst_enter = 0, burst_leave = 0; /* Gilbert and Elliott's two states */
	uint64_t burst_loss = 0;                   /* in the bad one */
	uint64_t ack_loss = 0;                     /* of segments that carry an ACK alone */
	uint64_t reorder = 0, reorder_ns = 0;      /* overtaken by those up to so far behind */
	uint64_t duplicate = 0, corrupt = 0;
	uint64_t mark = 0, mark_bytes = 0; /* CE by chance; CE from so many waiting bytes on */
	uint64_t cut_at = 0, cut_ns = 0;   /* a black hole that heals */
	uint64_t step_at = 0, step_delay_ns = 0, step_rate_bps = 0; /* from then on; 0: as before */
	uint64_t mtu_at = 0;                                        /* from then on */
	uint16_t mtu = 0;
	bool mtu_told = true;          /* by ICMP */
	uint64_t drop_syns = 0;        /* bit n: the n-th one; with an ACK or without */
	uint64_t drop_lasts = 0;       /* so many with the end of a transfer */
	uint64_t drop_again = 0;       /* so many retransmissions, whichever come */
	uint64_t drop_first_again = 0; /* of each byte; so many in all */
	std::function<bool(const Frame &)> drop_this; /* what a test aims at */
};

struct LinkCounts {
	uint64_t frames = 0, bytes = 0;   /* that entered */
	uint64_t lost = 0, overflows = 0; /* by chance or aim; by the queue */
	uint64_t marked = 0, damaged = 0, doubled = 0, overtaken = 0, too_long = 0;
	uint64_t queue_peak = 0; /* bytes */
	double queue_ns = 0;     /* waited, by all that left */
	uint64_t left = 0;       /* frames that left the queue */
	uint64_t left_bytes = 0;

	double
	mean_wait_ns() const
	{
		return left == 0 ? 0 : queue_ns / static_cast<double>(left);
	}
};

/* What a link does with frames: they arrive later, go back to the store, or, where they were too long, are answered. */
class LinkSink
{
      public:
	virtual ~LinkSink() = default;
	virtual void arrives(Frame *frame, uint64_t when) = 0;
	virtual void vanishes(Frame *frame, const char *why) = 0;
	virtual void answers(const Frame &frame, std::vector<uint8_t> answer) = 0;
	virtual Frame *copy_of(const Frame &frame) = 0;
};

class Link
{
      public:
	Link(std::string link_name, const LinkConfig &link_config, uint64_t seed)
	    : name(std::move(link_name)), config(link_config), rng_(seed, 0)
	{
	}

	void carry(Frame *frame, uint64_t now, LinkSink &sink);

	/* Bytes that wait or are on their way into the line. */
	uint64_t backlog(uint64_t now);

	std::string name;
	LinkConfig config;
	LinkCounts counts;

      private:
	struct Waiting {
		uint64_t leaves;
		size_t bytes;
	};

	const char *aimed_at(const Frame &frame);
	const char *lost_by_chance(const Frame &frame);
	const char *refused(const Frame &frame, uint64_t now);
	bool passes_mtu(Frame *frame, uint64_t now, LinkSink &sink);
	void queue(Frame *frame, uint64_t now, LinkSink &sink);
	void fly(Frame *frame, uint64_t leaves, LinkSink &sink);
	void drop(Frame *frame, const char *why, LinkSink &sink);

	Rng rng_;
	std::deque<Waiting> waiting_;
	uint64_t waiting_bytes_ = 0;
	uint64_t free_at_ = 0;      /* when the last one has left */
	uint64_t last_arrival_ = 0; /* of those that keep their order */
	uint64_t syns_ = 0;
	bool bad_ = false; /* Gilbert and Elliott's state */
};

} // namespace simulator

#endif
