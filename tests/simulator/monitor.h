/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the wire shows of one connection, and what must hold of it. It sees each segment where it is sent and where it is handed to the
 * other stack, so it knows what a host can know: nothing is acknowledged or selectively acknowledged that was not received (RFC 9293
 * §3.10.7.4, RFC 2018 §4), nothing is sent outside of the window that the peer has offered (§3.8.6), no offered window is taken back
 * (§3.8.6), nothing is behind a FIN (§3.6).
 */
#ifndef POLLEN_TESTS_SIMULATOR_MONITOR_H
#define POLLEN_TESTS_SIMULATOR_MONITOR_H

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/wire.h"

namespace simulator
{

/* Stretches [left, right) that do not touch, in order. */
class Ranges
{
      public:
	void add(uint64_t left, uint64_t right);
	bool covers(uint64_t left, uint64_t right) const;

	/* Up to where everything from 0 on is there. */
	uint64_t
	whole() const
	{
		return ranges_.empty() || ranges_[0].left > 0 ? 0 : ranges_[0].right;
	}

      private:
	struct Range {
		uint64_t left, right;
	};

	std::vector<Range> ranges_;
};

class Monitor
{
      public:
	Monitor(uint32_t client, uint32_t server, uint16_t client_port, uint16_t server_port);

	bool is_of(const Segment &seg) const;

	/* Judge a segment as it is sent, and note in it what it is. */
	void sent(Segment &seg);

	/* A whole segment was handed to the stack it was sent to. */
	void delivered(const Segment &seg);

	/* How much the client (0) or the server (1) will send, for marking the last segment. */
	void expect(int side, uint64_t bytes);

	bool device_drops =
		false; /* frames may vanish between a stack and the wire: data has gaps there */
	std::string broken; /* what did not hold first */

      private:
	/* One direction. Sequence numbers are 64 bits from the SYN, which is 0, on. */
	struct Half {
		bool begun = false;
		uint32_t iss = 0;
		bool offers_wscale = false;
		uint8_t wscale = 0;
		uint64_t sent = 0;     /* right edge of what was sent */
		uint64_t repeated = 0; /* right edge of what was sent more than once */
		uint64_t total = UINT64_MAX;
		uint64_t fin = UINT64_MAX; /* its FIN's number */
		Ranges arrived;            /* at the other end */
		uint64_t offered = 0; /* right edge of the other's window, as it arrived here */
		bool heard = false;   /* such an offer arrived */
		uint64_t said = 0;    /* right edge of its own window, as sent */
	};

	void begin(Half &half, const Segment &seg);
	static uint64_t place(const Half &half, uint32_t seq, uint64_t near);
	uint64_t edge_of(const Half &from, const Half &to, const Segment &seg) const;
	void look_at_data(Half &half, Segment &seg);
	void look_at_ack(Half &half, const Half &peer, const Segment &seg);
	void look_at_sacks(const Half &peer, const Segment &seg);
	void look_at_window(Half &half, const Half &peer, const Segment &seg);
	void expect_that(bool holds, const char *what, const Segment &seg);

	uint32_t addr_[2];
	uint16_t port_[2];
	Half half_[2];
	bool over_ = false; /* another connection has begun between the same ports */
};

} // namespace simulator

#endif
