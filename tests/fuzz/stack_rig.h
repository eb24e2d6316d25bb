/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack on a link in memory for the fuzz target `stack`, through the public headers alone, and what must hold of it whatever
 * arrives. Every byte of a TCP stream is a function of its place: the peer's of its sequence number, ours of its offset, so that
 * what is delivered and what is sent can be compared without remembering it.
 */
#ifndef POLLEN_TESTS_FUZZ_STACK_RIG_H
#define POLLEN_TESTS_FUZZ_STACK_RIG_H

#include <array>
#include <map>
#include <optional>

#include <pollen/arp.h>
#include <pollen/icmp.h>
#include <pollen/memlink.h>
#include <pollen/stack.h>
#include <pollen/stats.h>
#include <pollen/tcp.h>

#include "fuzz/fuzz.h"
#include "support/frame.h"

namespace fuzz
{

constexpr unsigned int flow_count = 4; /* half of them to our listener, half opened by us */
constexpr uint16_t listen_port = 80;

inline uint8_t
byte_in(uint32_t seq)
{
	return static_cast<uint8_t>(seq * 7 + (seq >> 8));
}

inline uint8_t
byte_out(uint64_t offset)
{
	return static_cast<uint8_t>(offset * 13 + (offset >> 8));
}

/* One pair of ports, as the peer sees it. */
struct Flow {
	uint16_t peer_port, our_port;
	uint32_t peer_iss;
	uint32_t our_iss = 0, our_next = 0, our_ack = 0; /* as last seen in what the stack sent */
	uint32_t our_wnd = 0, our_tsval = 0;
	uint32_t peer_acked = 0; /* by what an honest peer has sent */
	bool is_seen = false, was_syn = false, has_ts = false;
};

/* What the program keeps of a connection. */
struct App {
	uint64_t sent = 0, received = 0;
	bool is_blind =
		false; /* bytes were discarded, or came from elsewhere: places are not known */
};

struct RigConfig {
	uint32_t capabilities;
	uint16_t mtu;
	bool knows_peer, is_pool_small;
	uint64_t seed;
};

class Rig
{
      public:
	explicit Rig(const RigConfig &config);
	~Rig();
	Rig(const Rig &) = delete;
	Rig &operator=(const Rig &) = delete;

	/* Put a frame before the stack and let it run. */
	void inject(const Bytes &frame);

	/* Let the stack do what it has to at this time; see to what came of it. */
	void settle();

	/* Turn the clock, stopping at the first few of the stack's deadlines on the way. */
	void advance(uint64_t ns);

	void send(uint64_t conn, size_t len, int flags);
	void send_ref(uint64_t conn, size_t len);
	void receive(uint64_t conn, size_t len, int flags);
	void receive_views(uint64_t conn, size_t len);
	void add(uint64_t conn);
	void forget(uint64_t conn);

	/* A connection by number, 0 when there is none. */
	uint64_t conn(unsigned int i) const;

	Flow *flow_of(uint16_t our_port, uint16_t peer_port);

	const pln_addr our_addr, peer_addr;
	const pln_mac our_mac, peer_mac;
	pln_stack *stack = nullptr;
	pln_memlink *link = nullptr;
	uint64_t now = 1000 * PLN_NS_PER_S, listener = 0;
	bool is_tainted = false; /* bytes may have come that no place in the stream explains */
	bool is_blocked = false; /* the link takes nothing */
	uint16_t mtu;
	std::array<Flow, flow_count> flows;
	std::map<uint64_t, App> apps;
	std::vector<uint64_t> socks; /* UDP */
	Bytes last_sent;             /* the stack's last IP frame */

      private:
	void take_events();
	void collect();
	void see(const support::Frame &frame);
	void see_segment(const support::Frame &frame);
	void see_datagram(const support::Frame &frame) const;
	void check_conn(uint64_t conn);
	void check_bytes(uint64_t conn, App &app, const uint8_t *bytes, size_t len, size_t skip);
	std::optional<struct pln_tcp_info> info(uint64_t conn) const;

	int refs_ = 0; /* sent by reference, not released yet */
};

} // namespace fuzz

#endif
