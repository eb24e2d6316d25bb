/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two stacks on a line of the public API's own making (<pollen/link.h>), one connection between them, time turned by hand. Frames
 * are carried by copying them into fresh buffers, when asked for, so that what a stack does can be measured without what carries them. The
 * line vouches for checksums, as a device would: they are measured by themselves.
 */
#ifndef POLLEN_PERF_MICRO_LINE_H
#define POLLEN_PERF_MICRO_LINE_H

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include <pollen/pollen.h>

struct rte_mbuf;
struct rte_mempool;

namespace perf
{

constexpr uint32_t line_mss = 1448;

class Line
{
      public:
	/* One end: its stack, and the frames before and behind it. */
	struct End {
		struct pln_stack *stack = nullptr;
		std::deque<struct rte_mbuf *> in, out;
		uint64_t conn = 0;
	};

	Line();
	~Line();

	/* False: there was no memory, and nothing below may be called. */
	bool
	good() const
	{
		return ok;
	}

	/* A connection, established at both ends; close ends it at both, and waits for the end of TIME-WAIT. */
	void open();
	void close();

	/* What one end sent comes before the other; frames for which `lost` answers true do not. Returns how many came. */
	unsigned int carry(End &from, End &to,
	                   const std::function<bool(unsigned int)> &lost = nullptr);

	void send(End &end, size_t len);
	/* Read all that has arrived; returns the bytes. */
	size_t receive(End &end);
	void flush(End &end);
	/* Until nothing moves any more at this time. What arrives is read. */
	void settle();
	/* Send so much from a to b and wait until it has been acknowledged. */
	void transfer(size_t len);

	End a, b;
	uint64_t now = PLN_NS_PER_S;

      private:
	void add_end(End &end, uint8_t number);

	std::vector<uint8_t> bytes;
	struct rte_mempool *pool = nullptr;
	uint64_t listener = 0;
	bool ok = false;
};

} // namespace perf

#endif
