/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames inside the simulated network: bytes in buffers that are used again, with what the network needs to know of them read
 * once, where they were sent. It reads and writes raw bytes, since millions of them pass; the tests' own codec is support/frame.h.
 */
#ifndef POLLEN_TESTS_SIMULATOR_WIRE_H
#define POLLEN_TESTS_SIMULATOR_WIRE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulator
{

constexpr uint8_t TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10;
constexpr size_t ETH_LEN = 14;

struct SackBlock {
	uint32_t left, right;
};

/* What the network knows of a segment. */
struct Segment {
	bool tcp = false;
	uint32_t src = 0, dst = 0; /* IPv4 addresses, host order */
	uint16_t sport = 0, dport = 0;
	uint32_t seq = 0, ack = 0;
	uint16_t wnd = 0; /* header field */
	uint8_t flags = 0;
	uint32_t len = 0; /* payload */
	bool has_wscale = false;
	uint8_t wscale = 0;
	uint8_t sacks = 0;
	SackBlock sack[4] = {};
	/* What the monitor of its connection adds. */
	bool again = false;       /* all of it was sent before */
	bool first_again = false; /* and this is the first repetition of its first byte */
	bool last = false;        /* carries the last byte of its direction, or the FIN */

	bool
	has(uint8_t flag) const
	{
		return (flags & flag) != 0;
	}

	/* Sequence numbers it takes. */
	uint32_t
	span() const
	{
		return len + (has(TCP_SYN) ? 1 : 0) + (has(TCP_FIN) ? 1 : 0);
	}
};

struct Frame {
	std::vector<uint8_t> bytes;
	Segment seg;
	int from = 0, to = 0; /* hosts */
	unsigned int hop = 0; /* links behind it */
	bool damaged = false; /* its checksum does not fit any more */
};

/* Read an Ethernet frame; what is no whole TCP segment has tcp false. */
void read_segment(const std::vector<uint8_t> &bytes, Segment &seg);

bool is_ip4(const std::vector<uint8_t> &bytes);
bool dont_fragment(const std::vector<uint8_t> &bytes);

/* ECT(0) or ECT(1) becomes CE (RFC 3168 §5); false: the packet's sender does not speak ECN. */
bool mark_ce(std::vector<uint8_t> &bytes);

/* Fragments of an IP packet that fit `mtu` (RFC 791 §3.2), as frames. */
std::vector<std::vector<uint8_t>> fragments_of(const std::vector<uint8_t> &bytes, uint16_t mtu);

/* The router's answer to a packet that may not be fragmented (RFC 1191 §4), as a frame to its sender. */
std::vector<uint8_t> too_big(const std::vector<uint8_t> &bytes, uint16_t mtu, uint32_t router);

/* One line for a trace. */
std::string text_of(const Frame &frame);

} // namespace simulator

#endif
