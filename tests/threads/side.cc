/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads/side.h"

#include <ostream>
#include <stdexcept>

#include <rte_mempool.h>

#include <pollen/stats.h>

#include "dev/eal.h"
#include "dev/mbuf.h"
#include "dev/mbuf_store.h"
#include "support/frame.h"
#include "threads/traffic.h"

namespace threads
{

namespace
{

constexpr uint32_t BUFFERS = 4096; /* of each stack */
constexpr uint16_t FRAME = 1536;

void
must(bool good, const char *what)
{
	if (!good)
		throw std::runtime_error(what);
}

rte_mempool *
make_pool(uint8_t side, unsigned int stack)
{
	std::string name = "side" + std::to_string(side) + "_" + std::to_string(stack);

	return pln_mbuf_pool_create(name.c_str(), BUFFERS, FRAME, SOCKET_ID_ANY);
}

} // namespace

std::ostream &
operator<<(std::ostream &out, const Leaks &leaks)
{
	return out << leaks.conns << " connections, " << leaks.ranges << " ranges, "
	           << leaks.time_wait << " in TIME-WAIT, " << leaks.flows << " ports, "
	           << leaks.frames << " frames, " << leaks.buffers << " buffers";
}

Side::Side(const SideOptions &options) : device_(options.device), queues_(options.queues)
{
	const pln_siphash_key secret{ 11, options.number };
	pln_stack_config config{};
	struct pln_be32 raw {
	};

	must(pln_eal_ensure() == 0, "no EAL");
	config.size = sizeof(config);
	config.now = PLN_NS_PER_S;
	config.max_conns = 8 * AT_ONCE;
	config.max_time_wait = 32768;
	must(pln_group_create(options.stacks, &secret, options.steer, &group_) == 0, "no group");
	for (const std::string &addr : options.addrs)
		addrs.push_back(support::ip4(addr.c_str()));
	for (unsigned int i = 0; i < options.stacks; i++) {
		pools_.push_back(make_pool(options.number, i));
		must(pools_.back() != nullptr, "no pool");
		pln_link stack_link = link(i);

		config.link = &stack_link;
		config.mempool = pools_.back();
		config.seed = options.number * 100U + i;
		stacks.push_back(nullptr);
		must(pln_stack_create(&config, &stacks[i]) == 0, "no stack");
		pln_group_join(group_, i, stacks[i]);
		pln_stack_opt_set(stacks[i], "acd", "off");
		pln_stack_opt_set(stacks[i], "time_wait_ms", "200");
		for (const pln_addr &addr : addrs) {
			memcpy(&raw, addr.bytes, sizeof(raw));
			must(pln_ip_addr_add(&stacks[i]->ip, raw, 16, false) == 0, "no address");
		}
	}
}

/* The first stacks have the queues, the others send by way of them. */
pln_link
Side::link(unsigned int i)
{
	if (i < queues_) {
		pln_link queue = device_->link(i, pools_[i]);

		owners_.push_back(std::make_unique<pln_relay_owner>());
		pln_relay_owner_init(owners_[i].get(), &queue);
		return owners_[i]->link;
	}
	relays_.push_back(std::make_unique<pln_relay>());
	must(pln_relay_open(relays_.back().get(), owners_[i % queues_].get()) == 0, "no relay");
	return relays_.back()->link;
}

Side::~Side()
{
	pln_group_destroy(group_);
	for (pln_stack *stack : stacks)
		pln_stack_destroy(stack);
	for (auto &relay : relays_)
		pln_relay_close(relay.get());
	for (rte_mempool *pool : pools_)
		rte_mempool_free(pool);
}

void
Side::own(unsigned int i, unsigned int lcore)
{
	if (i < queues_)
		pln_mbuf_store_own(pools_[i], lcore);
}

uint64_t
Side::counter(const char *name) const
{
	uint64_t sum = 0, value = 0;

	for (const pln_stack *stack : stacks) {
		must(pln_stats_counter(stack, name, &value) == 0, name);
		sum += value;
	}
	return sum;
}

Leaks
Side::leaks() const
{
	Leaks leaks;

	for (const pln_stack *stack : stacks) {
		leaks.conns += stack->tcp.conns.used;
		leaks.ranges += stack->tcp.ranges.used;
		leaks.time_wait += stack->tcp.timewait.pool.used;
		leaks.flows += stack->tcp.flows.used;
		leaks.frames += stack->txq.count;
	}
	for (rte_mempool *pool : pools_)
		leaks.buffers += rte_mempool_in_use_count(pool);
	return leaks;
}

} // namespace threads
