/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection as a segment script sees it: its two ends, the initial sequence numbers that its numbers are relative to, the bytes of
 * both directions. Also listeners, which have a handle and a port alone.
 */
#ifndef POLLEN_TESTS_SCRIPT_FLOW_H
#define POLLEN_TESTS_SCRIPT_FLOW_H

#include <cstdint>
#include <deque>
#include <string>

#include "script/decode.h"

namespace script_run
{

constexpr int64_t STACK_ADDR = 0x0a000001, PEER_ADDR = 0x0a000002; /* 10.0.0.1, 10.0.0.2 */
constexpr int64_t STACK_MAC = 0x020000000001, PEER_MAC = 0x020000000002;

struct Flow {
	std::string name;
	uint64_t handle = 0;
	bool closed = false; /* the script has given the handle back */
	int64_t local = STACK_ADDR, remote = PEER_ADDR;
	uint16_t local_port = 80, remote_port = 40000;
	uint32_t iss = 0, irs = 0;         /* the stack's and the peer's */
	bool iss_known = false;            /* the stack has sent its SYN */
	uint32_t ts_base = 0, ts_zero = 0; /* the peer's clock at 0; the stack's first TSval */
	bool ts_zero_known = false;
	uint32_t ts_last = 0; /* the stack's newest TSval */
	int64_t peer_nxt = 0,
		heard = 0;           /* the next the peer sends; the end of what the stack sent */
	Bytes sent;                  /* what the program sent */
	std::deque<Bytes> datagrams; /* and not seen on the wire yet */
	size_t received = 0;         /* what it has read */
	int own_scale = -1, peer_scale = -1; /* of the SYNs, -1 without one */
	Bytes cookie;                        /* of Fast Open, as the stack gave it last */
	bool edge_known = false;
	uint32_t edge = 0; /* the right edge of the stack's window (SHLD-14: it never moves left) */
};

/* The stream of the peer, by offset; the program's own has another. */
inline uint8_t
peer_byte(int64_t offset)
{
	return static_cast<uint8_t>(offset * 7 + (offset >> 8) * 3 + 1);
}

/* A Fast Open cookie of the peer's. */
inline uint8_t
peer_cookie_byte(size_t i)
{
	return static_cast<uint8_t>(0xc0 + i);
}

inline uint8_t
own_byte(size_t offset)
{
	return static_cast<uint8_t>(offset * 5 + (offset >> 8) + 0x40);
}

/* How far a sequence number lies behind an initial one. */
inline int64_t
relative(uint32_t number, uint32_t base)
{
	return static_cast<int32_t>(number - base);
}

} // namespace script_run

#endif
