/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cable between two links in memory: frames sent into one end come out of the other, later, or not at all, or twice, or
 * damaged, as each direction's faults say. All of it in virtual time and from one seed.
 */
#ifndef POLLEN_TESTS_SUPPORT_CABLE_H
#define POLLEN_TESTS_SUPPORT_CABLE_H

#include <functional>
#include <map>
#include <random>

#include <pollen/memlink.h>

#include "support/frame.h"

namespace support
{

/* What one direction does to frames; probabilities are per frame. */
struct Faults {
	uint64_t delay_ns = 50000;
	uint64_t jitter_ns = 0;        /* added, uniform in [0, jitter_ns]; order is kept */
	double loss = 0;               /* vanishes */
	double duplicate = 0;          /* comes twice, the second time up to reorder_ns later */
	double reorder = 0;            /* is overtaken by those behind it */
	uint64_t reorder_ns = 300000;  /* by at most this much */
	double corrupt = 0;            /* one bit behind the Ethernet header is flipped */
	uint64_t bits_per_s = 0;       /* serialisation; 0: at once */
	uint64_t queue_ns = PLN_NEVER; /* frames that would wait longer for the line are dropped */
	int inject_flags = 0;          /* enum pln_memlink_flag, of frames that were not damaged */
	/* Asked about each frame before chance is: true drops it. */
	std::function<bool(const Frame &, uint64_t now)> drop;
};

struct CableCounts {
	uint64_t frames = 0, lost = 0, duplicated = 0, reordered = 0, corrupted = 0, overrun = 0;
};

class Cable
{
      public:
	Cable(pln_memlink *a, pln_memlink *b, uint64_t seed);

	/* Take what was sent; true when there was something. */
	bool collect(uint64_t now);

	/* Hand over what is due; true when there was something. */
	bool deliver(uint64_t now);

	/* When the next frame arrives, PLN_NEVER when the cable is empty. */
	uint64_t next() const;

	Faults faults[2]; /* [0]: from a to b */
	CableCounts counts[2];

	/* Sees every frame as it was sent; `from` is 0 for a. */
	std::function<void(int from, const Bytes &, uint64_t now)> tap;

      private:
	struct Arrival {
		int from;
		Bytes bytes;
		int flags;
	};

	void send(int from, Bytes bytes, uint64_t now);
	void schedule(int from, Bytes bytes, uint64_t when);
	bool chance(double probability);
	uint64_t below(uint64_t bound);

	pln_memlink *ends_[2];
	std::mt19937_64 rng_;
	std::multimap<uint64_t, Arrival> flying_; /* by arrival; equal times keep their order */
	uint64_t line_free_[2] = { 0, 0 };        /* when the last frame has left */
	uint64_t last_arrival_[2] = { 0, 0 };     /* of frames that keep their order */
	int flags_ = 0;                           /* of the frame in hand */
};

} // namespace support

#endif
