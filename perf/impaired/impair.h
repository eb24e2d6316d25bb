/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a frame that comes to one way of the wire: lost, or delivered when, how often and with which change. Virtual time: the
 * caller says when the frame arrived, so nothing here depends on when it is asked. What may happen happens in this order: the black hole,
 * loss, damage, the queue in front of the line's rate, the line's delay and its jitter, a hold that lets others overtake.
 */
#ifndef POLLEN_PERF_IMPAIR_H
#define POLLEN_PERF_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

#define IMPAIR_FRAME_MAX 1514U /* bytes: MTU 1500 and the Ethernet header */

/* Chances are 0 to 1, of each frame. */
struct impair_settings {
	uint64_t rate_bps;            /* of frames without checksum and gap; 0: no bound */
	uint64_t queue_bytes;         /* that may wait behind the frame being sent; 0: no bound */
	uint64_t mark_bytes;          /* from so many waiting on, CE instead of ECT; 0: never */
	uint64_t delay_ns, jitter_ns; /* jitter: up to so much more, the order is kept */
	double loss;                  /* independent */
	double burst_enter, burst_leave; /* Gilbert and Elliott: all is lost between the two */
	double reorder;                  /* held back for reorder_ns, others overtake */
	uint64_t reorder_ns;
	double duplicate, corrupt;      /* corrupt: one bit behind the Ethernet header */
	uint64_t hole_from_ns, hole_ns; /* since the beginning: nothing passes */
};

struct impair_stats {
	uint64_t arrived, arrived_bytes;
	uint64_t hole, lost, full; /* not delivered, and why */
	uint64_t marked, reordered, duplicated, corrupted;
	uint64_t passed, passed_bytes; /* to be delivered, copies included */
	uint64_t waited_ns;            /* for the line, all that passed together */
	uint64_t waiting_max_bytes;
};

enum impair_chance {
	CHANCE_LOSS,
	CHANCE_BURST,
	CHANCE_REORDER,
	CHANCE_DUPLICATE,
	CHANCE_CORRUPT,
	CHANCE_JITTER,
	CHANCES
};

/* One way. Each chance has random numbers of its own, so that one setting does not change another's fates. */
struct impair {
	struct impair_settings set;
	struct impair_stats stats;
	uint64_t random[CHANCES];
	uint64_t begin_ns;
	uint64_t free_ns; /* when the line has sent what it was given */
	uint64_t last_ns; /* the latest delivery that keeps the order */
	bool is_in_burst;
};

/* Deliver it so many times, each at its time. */
struct impair_fate {
	unsigned int copies; /* 0: lost */
	uint64_t due_ns[2];
};

void impair_init(struct impair *way, const struct impair_settings *set, uint64_t seed);

/* A frame of `len` bytes came at `now`, not earlier than the one before it; it may be changed. */
struct impair_fate impair_frame(struct impair *way, uint64_t now, uint8_t *frame, uint32_t len);

#endif
