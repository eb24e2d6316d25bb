/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection as two programs use it. They act on events alone, as a program must: a wake-up that the stack forgets leaves them
 * waiting. What they send is known to both, so every byte is compared where it arrives.
 */
#ifndef POLLEN_TESTS_SIMULATOR_FLOW_H
#define POLLEN_TESTS_SIMULATOR_FLOW_H

#include <memory>
#include <string>
#include <vector>

#include <pollen/tcp.h>

#include "simulator/monitor.h"
#include "simulator/rng.h"
#include "support/invariants.h"
#include "support/two_hosts.h"

namespace simulator
{

enum class Giver {
	NOBODY,
	CLIENT,
	SERVER
};

/* What the two programs do; times are ns of virtual time. */
struct FlowPlan {
	int client = 0, server = 1; /* hosts */
	uint64_t start = 0;         /* when the client opens */
	uint64_t bytes[2] = { 0, 0 };
	unsigned int requests =
		0; /* bytes[0] in so many questions, each answered by as much of bytes[1]; 0: streams */
	bool half_close = false;            /* the server sends when the client has finished */
	uint64_t think_ns = 0;              /* of the client, before each question */
	uint64_t chunk = 65536;             /* bytes a call asks for at most */
	uint64_t sip_ns = 0, sip_bytes = 0; /* the server reads so much so often; 0: all at once */
	uint64_t sips = 0;                  /* then it reads as it comes */
	Giver abort = Giver::NOBODY;        /* who gives up */
	uint64_t abort_at = 0;
	bool may_fail = false; /* the network may part them for good */
	bool asks_arp =
		false; /* who does not find its next hop cannot open; later ones wait for it, and are lost */
	bool device_drops = false; /* a device that is stuck for a second loses what waits for it */
	bool by_reference = false, views = false; /* ways to send and to receive */
	std::string cc[2];                        /* congestion control; empty: the stack's */
};

/* What one end has done and seen. */
struct FlowEnd {
	support::Host *host = nullptr;
	int index = 0; /* of the host */
	uint64_t conn = 0;
	uint64_t sent = 0, received = 0; /* bytes given to the stack, taken from it */
	uint64_t allowance = UINT64_MAX; /* bytes it has the time to read in all */
	bool shut = false, ended = false, done = false;
	int error = 0;           /* what it was told */
	uint64_t done_at = 0;    /* when it had all and had let go, or was told */
	uint64_t first_byte = 0; /* when it arrived */
	std::unique_ptr<support::Invariants> invariants;
};

/* A world's clock, for the flow's own waiting. */
class FlowClock
{
      public:
	virtual ~FlowClock() = default;
	virtual uint64_t time() const = 0;
	virtual void wake(int flow, int side, uint64_t when) = 0;
};

class Flow
{
      public:
	Flow(int number, FlowPlan flow_plan, uint64_t seed, FlowClock &clock);

	/* The client's first step. */
	void open(support::Host &client, support::Host &server, uint16_t port);
	void accepted(uint64_t conn);

	/* Something happened to one end. */
	void event(int side, const pln_event &event);
	void woken(int side);

	/* Look at both ends (support/invariants). */
	void look();

	/* Both ends have finished, or have been told that it did not work out. */
	bool over() const;

	/* What ought to have been and was not, when it is over. */
	void judge();

	/* Owed to the peer but not acknowledged: it must wake by itself. */
	bool owes(int side) const;

	uint64_t
	moved() const
	{
		return ends[0].received + ends[1].received;
	}

	std::string describe() const;

	const FlowPlan plan;
	FlowEnd ends[2];
	std::unique_ptr<Monitor> monitor;
	std::string broken;

      private:
	void pump(int side);
	bool read(int side);
	ssize_t take(FlowEnd &end, size_t most);
	ssize_t look_and_consume(FlowEnd &end, size_t most);
	bool compare(int side, const uint8_t *bytes, size_t len);
	bool write(int side);
	ssize_t give(FlowEnd &end, const uint8_t *bytes, size_t len, int flags);
	uint64_t may_send(int side);
	uint64_t answered() const;
	void finish(int side);
	void told(int side, int error);
	void fail(int side, const std::string &what);
	void connected();
	void start_sips();

	int number_;
	uint64_t seed_;
	FlowClock &clock_;
	Rng rng_;
	uint64_t think_until_ = 0, thought_for_ = 0;
	bool sipping_ = false;
	bool told_[2] = { false, false };
};

} // namespace simulator

#endif
