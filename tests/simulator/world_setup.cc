/* SPDX-License-Identifier: BSD-3-Clause */
/* How a world begins and ends: hosts, links, flows, what befalls devices and pools, and what must be left of it all. */
#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <rte_mbuf.h>

#include "dev/mbuf.h"
#include "simulator/world.h"

namespace simulator
{

namespace
{

constexpr size_t FRAME_MAX = 65535 + 18;
constexpr uint16_t PORT = 80;
constexpr uint64_t REST_NS = 200 * PLN_NS_PER_S;   /* after the last flow: TIME-WAIT, fragments */
constexpr uint64_t LEAVE_NS = 3600 * PLN_NS_PER_S; /* for connections that nobody holds any more */

} // namespace

World::World(uint64_t seed)
    : seed_(seed), scratch_(FRAME_MAX), pool_(pln_mbuf_shared_pool()),
      pool_before_(rte_mempool_avail_count(pool_))
{
}

World::~World()
{
	release();
}

int
World::add_host(const support::HostOptions &options)
{
	auto index = static_cast<int>(hosts_.size());
	std::string addr = "10.0.0." + std::to_string(index + 1);
	Node node;

	node.host = std::make_unique<support::Host>(options, addr.c_str(),
	                                            static_cast<uint8_t>(index + 1), now_);
	hosts_.push_back(std::move(node));
	for (Node &n : hosts_)
		n.paths.resize(hosts_.size());
	return index;
}

Link &
World::add_link(const std::string &name, const LinkConfig &config)
{
	links.push_back(std::make_unique<Link>(name, config, mix(seed_) + links.size()));
	return *links.back();
}

void
World::connect(int from, int to, std::vector<Link *> path)
{
	hosts_[static_cast<size_t>(from)].paths[static_cast<size_t>(to)] = std::move(path);
}

void
World::introduce()
{
	for (const Node &node : hosts_) {
		for (const Node &other : hosts_) {
			if (&node == &other)
				continue;
			int ret = pln_stack_neigh_set(node.host->stack(), &other.host->addr,
			                              &other.host->mac);
			if (ret != 0)
				throw std::runtime_error("neighbour: " + std::to_string(ret));
		}
	}
}

void
World::listen(int index)
{
	pln_tcp_listen_args args{};
	Node &node = hosts_[static_cast<size_t>(index)];

	if (node.listener != 0)
		return;
	args.size = sizeof(args);
	args.local.port = PORT;
	int ret = pln_tcp_listen(node.host->stack(), &args, &node.listener);
	if (ret != 0)
		throw std::runtime_error("listen: " + std::to_string(ret));
}

Flow &
World::add_flow(const FlowPlan &plan)
{
	auto number = static_cast<int>(flows.size());

	listen(plan.server);
	flows.emplace_back(number, plan, mix(seed_) + static_cast<uint64_t>(number), *this);
	hosts_[static_cast<size_t>(plan.client)].flows.push_back(number);
	hosts_[static_cast<size_t>(plan.server)].flows.push_back(number);
	at(std::max(now_, plan.start), [this, number] {
		Flow &flow = flows[static_cast<size_t>(number)];
		pln_stack_set_time(host(flow.plan.client).stack(), now_);
		flow.open(host(flow.plan.client), host(flow.plan.server), PORT);
		hosts_[static_cast<size_t>(flow.plan.client)].dirty = true;
	});
	return flows.back();
}

void
World::block_tx(int index, uint64_t when, uint64_t ns)
{
	auto block = [this, index](bool blocked) {
		pln_memlink_block_tx(host(index).link(), blocked);
		hosts_[static_cast<size_t>(index)].dirty = true;
	};

	at(when, [block] { block(true); });
	at(when + ns, [block] { block(false); });
}

void
World::hold(unsigned int left)
{
	while (rte_mempool_avail_count(pool_) > left) {
		rte_mbuf *m = rte_pktmbuf_alloc(pool_);
		if (m == nullptr)
			return;
		held_.push_back(m);
	}
}

void
World::release()
{
	for (rte_mbuf *m : held_)
		rte_pktmbuf_free(m);
	held_.clear();
}

void
World::drain_pool(uint64_t when, uint64_t ns, unsigned int left)
{
	at(when, [this, left] { hold(left); });
	at(when + ns, [this] { release(); });
}

/* With the flows over, connections leave by themselves, frames stop, and every buffer comes back. */
std::string
World::finish()
{
	for (Node &node : hosts_) {
		if (node.listener != 0)
			pln_tcp_close(node.host->stack(), node.listener);
		node.listener = 0;
		node.dirty = true;
	}
	if (!run_until([this] { return nobody(); }, now_ + LEAVE_NS))
		return broken_.empty() ? "a connection stays that nobody holds" : broken_;
	run_until([] { return false; }, now_ + REST_NS);
	if (!broken_.empty())
		return broken_;
	release();
	if (rte_mempool_avail_count(pool_) != pool_before_)
		return std::to_string(pool_before_ - rte_mempool_avail_count(pool_)) +
		       " buffers are held for nobody";
	return "";
}

std::string
World::run(uint64_t patience_ns)
{
	if (!run_until([this] { return all_over(); }, now_ + patience_ns))
		return broken_.empty()
		               ? "not over after " + std::to_string(patience_ns / PLN_NS_PER_S) +
		                         " s of virtual time"
		               : broken_;
	for (Flow &flow : flows) {
		flow.judge();
		if (!flow.broken.empty())
			return flow.broken;
	}
	return finish();
}

std::string
World::dump()
{
	std::string text;

	for (const Flow &flow : flows)
		text += flow.describe() + '\n';
	for (size_t i = 0; i < hosts_.size(); i++)
		text += "host " + std::to_string(i) + ":\n" + hosts_[i].host->dump();
	return text;
}

} // namespace simulator
