/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack and a peer that is only segments: what the test says arrives, what the stack sends is looked at. Sequence numbers
 * of the peer are absolute from `irs`, those of the stack relative to its ISS.
 */
#ifndef POLLEN_TESTS_TCP_PEER_H
#define POLLEN_TESTS_TCP_PEER_H

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pollen/tcp.h>

#include "support/frame.h"
#include "support/two_hosts.h"

namespace peer
{

using support::Bytes;
using support::Frame;

constexpr uint8_t FIN = support::FIN, SYN = support::SYN, RST = support::RST, PSH = support::PSH,
		  ACK = support::ACK, URG = support::URG;

/* What the peer sends; `seq` is relative to its ISS, `ack` to the stack's. */
struct Out {
	uint8_t flags = ACK;
	uint32_t seq = 1, ack = 1;
	size_t len = 0;
	uint16_t wnd = 65535;
	Bytes options;
	uint16_t up = 0;
};

/* What the stack sent, in the same numbers. */
struct In {
	uint8_t flags;
	uint32_t seq, ack;
	size_t len;
	uint16_t wnd;
	Frame frame;
};

class PeerTest : public ::testing::Test
{
      protected:
	explicit PeerTest(std::vector<std::pair<std::string, std::string>> options = {},
	                  uint16_t mtu = 1500, uint32_t capabilities = 0);

	/* Turn the stack until it rests, at this time or at a later one. */
	void run();
	void advance(uint64_t ns);
	/* Let timers fire on the way, one after the other. */
	void pass(uint64_t ns);

	void send(const Out &out);
	/* The same without a turn: several make a burst. */
	void inject(const Out &out);
	/* The same where the link may have no buffer for it: what it says. */
	int try_inject(const Out &out);
	/* An ICMP error about the segment of ours at `seq`, which went to the peer. */
	void icmp_error(uint8_t type, uint8_t code, uint32_t seq, uint16_t mtu = 0);
	/* The next TCP segment the stack sent; ARP and others are skipped. */
	std::optional<In> take();
	In expect(uint8_t flags, uint32_t seq, uint32_t ack, size_t len = 0);
	void expect_nothing();
	/* Everything that was sent, looked at by nobody; returns how many segments. */
	unsigned int drain();

	uint64_t open(); /* an active open, its SYN not yet taken */
	uint64_t connect(const Out &syn_ack = {
				 SYN | ACK, 0, 1, 0, 65535, {}, 0 }); /* … and completed */
	uint64_t listen(uint32_t backlog = 0);
	uint64_t accept(const Out &syn = {
				SYN, 0, 0, 0, 65535, {}, 0 }); /* passive open, completed */

	pln_tcp_state state(uint64_t conn);
	ssize_t write(uint64_t conn, size_t len, int flags = 0);
	Bytes read(uint64_t conn, size_t len = 70000);
	/* The next SYN or SYN,ACK tells a new ISS. */
	void fresh_iss();

	std::vector<pln_event> events();
	/* All bits of all events of one connection. */
	uint32_t event_bits(uint64_t conn);
	uint64_t counter(const char *name);

	pln_stack *
	stack()
	{
		return host.stack();
	}

	uint64_t now = PLN_NS_PER_S;
	support::Host host;
	uint32_t irs =
		0xfffff000; /* the peer's ISS: every test crosses the end of sequence space */
	uint32_t iss = 0;   /* the stack's, learned from its SYN */
	uint16_t port = 0;  /* of the stack */
	uint16_t remote_port = 80; /* of the peer */
	const pln_addr addr = support::ip4("10.0.0.9");
	uint64_t listener = 0;

      private:
	bool iss_known_ = false;
};

} // namespace peer

#endif
