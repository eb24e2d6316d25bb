/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts, links between them, flows on them, and a clock: a discrete-event world in one thread. It jumps from one moment to the next at
 * which something can happen: a frame arrives, a timer of a stack is due, a program wakes, a device or a pool changes. At each it looks
 * at what must hold.
 */
#ifndef POLLEN_TESTS_SIMULATOR_WORLD_H
#define POLLEN_TESTS_SIMULATOR_WORLD_H

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "simulator/flow.h"
#include "simulator/link.h"
#include "support/two_hosts.h"

struct rte_mbuf;
struct rte_mempool;

namespace simulator
{

constexpr uint64_t WORLD_START = PLN_NS_PER_S;

/* Who wants to see what passes. */
class Witness
{
      public:
	virtual ~Witness() = default;
	virtual void sent(const Frame &frame, uint64_t now) = 0;
	virtual void fate(const Frame &frame, const char *what, uint64_t now) = 0;
	virtual void turned(int index, support::Host &host) = 0;
};

struct WorldCounts {
	uint64_t steps = 0, frames = 0, bytes = 0; /* moments; frames and bytes sent */
	uint64_t digest = 0;                       /* of all frames and when they were sent */
};

class World : public LinkSink, public FlowClock
{
      public:
	explicit World(uint64_t seed);
	~World() override;
	World(const World &) = delete;
	World &operator=(const World &) = delete;

	/* Hosts are 10.0.0.1, 10.0.0.2 and so on, at numbers 0, 1 and so on. */
	int add_host(const support::HostOptions &options);
	Link &add_link(const std::string &name, const LinkConfig &config);

	/* What leaves `from` for `to` passes these links; without a path it arrives at once. */
	void connect(int from, int to, std::vector<Link *> links);

	/* All hosts know each other's MAC; else they ask. */
	void introduce();

	Flow &add_flow(const FlowPlan &plan);

	/* A device takes no frames for a while; the shared pool has but `left` buffers for a while. */
	void block_tx(int host, uint64_t at, uint64_t ns);
	void drain_pool(uint64_t at, uint64_t ns, unsigned int left);

	/* Call this at a time. */
	void at(uint64_t when, std::function<void()> what);

	/* Run until `done`, until `limit` of virtual time, or until something is broken. True: done. */
	bool run_until(const std::function<bool()> &done, uint64_t limit);

	/* Run all flows to their end, tear down, and see that nothing is left. Empty: all is well. */
	std::string run(uint64_t patience_ns);

	uint64_t
	now() const
	{
		return now_;
	}

	support::Host &
	host(int index)
	{
		return *hosts_[static_cast<size_t>(index)].host;
	}

	std::string dump();

	std::deque<Flow> flows;
	std::vector<std::unique_ptr<Link>> links;
	WorldCounts counts;
	Witness *witness = nullptr;
	bool watch = true;             /* look at invariants: bars need not */
	std::function<void()> sampled; /* called after each moment */

	/* LinkSink and FlowClock */
	void arrives(Frame *frame, uint64_t when) override;
	void vanishes(Frame *frame, const char *why) override;
	void answers(const Frame &frame, std::vector<uint8_t> answer) override;
	Frame *copy_of(const Frame &frame) override;
	uint64_t
	time() const override
	{
		return now_;
	}
	void wake(int flow, int side, uint64_t when) override;

      private:
	struct Node {
		std::unique_ptr<support::Host> host;
		std::vector<std::vector<Link *>> paths; /* by destination */
		uint64_t listener = 0;
		uint64_t next = 0; /* when its stack wants a turn */
		bool dirty = true;
		std::vector<int> flows; /* that it takes part in */
	};

	/* What will happen: a frame arrives, or something is called. */
	struct Due {
		uint64_t when, order;
		Frame *frame;
		std::function<void()> call;
	};
	struct Later {
		bool
		operator()(const Due &a, const Due &b) const
		{
			return a.when != b.when ? a.when > b.when : a.order > b.order;
		}
	};

	Frame *new_frame();
	void store(Frame *frame);
	void enter(Frame *frame);
	void send_to_all(const Frame &frame);
	void launch(Frame *frame);
	void hand_over(Frame *frame);
	void collect(Node &node, int index);
	bool turn(Node &node, int index);
	void take_events(Node &node, int index);
	void handle(Node &node, int index, const pln_event &event);
	void accept(Node &node, int index);
	void note(const Frame &frame);
	Monitor *monitor_of(const Segment &seg);
	void happen();
	void settle();
	void look();
	void look_at_wakers(Node &node, int index);
	uint64_t next() const;
	void step(uint64_t limit);
	void listen(int index);
	bool all_over() const;
	bool nobody() const;
	std::string finish();
	void hold(unsigned int left);
	void release();

	uint64_t seed_, now_ = WORLD_START, order_ = 0;
	uint64_t moved_ = 0, steps_at_move_ = 0;
	std::vector<Node> hosts_;
	std::priority_queue<Due, std::vector<Due>, Later> due_;
	std::deque<Frame> frames_;
	std::vector<Frame *> free_frames_;
	std::vector<uint8_t> scratch_;
	std::vector<rte_mbuf *> held_;
	rte_mempool *pool_ = nullptr;
	unsigned int pool_before_ = 0;
	std::string broken_;
};

} // namespace simulator

#endif
