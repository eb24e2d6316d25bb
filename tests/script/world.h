/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack on a link in memory with a clock turned by hand, the frames it has sent, and a diary of the last ones both ways. */
#ifndef POLLEN_TESTS_SCRIPT_WORLD_H
#define POLLEN_TESTS_SCRIPT_WORLD_H

#include <deque>
#include <map>
#include <string>

#include <pollen/memlink.h>
#include <pollen/stack.h>
#include <pollen/tcp.h>

#include "script/flow.h"

namespace script_run
{

/* What the line "world" may change. */
struct WorldOptions {
	bool bare = false, noaddr = false;
	uint64_t seed = 1;
	uint64_t start = 1000 * PLN_NS_PER_S; /* the clock when the script begins */
	uint32_t max_conns = 64, max_time_wait = 0;
	uint16_t mtu = 1500;
};

struct Sent {
	uint64_t at;
	Bytes frame;
};

struct Happened {
	uint32_t bits = 0;
	int error = 0;
};

class World
{
      public:
	explicit World(const WorldOptions &options);
	~World();
	World(const World &) = delete;
	World &operator=(const World &) = delete;

	pln_stack *
	stack() const
	{
		return stack_;
	}

	uint64_t
	now() const
	{
		return now_;
	}

	double
	seconds() const
	{
		return static_cast<double>(now_ - start_) / 1e9;
	}

	uint64_t
	start() const
	{
		return start_;
	}

	/* Run the stack until it rests, at this time. */
	void turn();
	/* Turn the clock to `to`, stopping at each time the stack asks for; or as soon as a frame has been sent. */
	void advance(uint64_t to, bool stop_at_frame);
	void inject(const Bytes &frame);
	void block_tx(bool blocked);

	std::deque<Sent> sent;               /* and not looked at */
	std::map<uint64_t, Happened> events; /* by handle, since the script last asked */
	std::deque<std::string> diary;

	void note(const std::string &line);

      private:
	void collect();

	pln_memlink *link_ = nullptr;
	pln_stack *stack_ = nullptr;
	uint64_t start_, now_;
};

} // namespace script_run

#endif
