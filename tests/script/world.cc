/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack under a script, through public headers alone. Frames are noted with the virtual time they were sent at. */
#include "script/world.h"

#include <stdexcept>

namespace script_run
{
namespace
{

constexpr size_t DIARY = 24;
constexpr uint64_t SETTLING_NS =
	60 * PLN_NS_PER_S; /* announcements of the address are over by then */

void
must(int rc, const char *what)
{
	if (rc < 0)
		throw std::runtime_error(std::string(what) + " answers " + std::to_string(rc));
}

} // namespace

World::World(const WorldOptions &options)
    : start_(options.start), now_(options.start - (options.bare ? 0 : SETTLING_NS))
{
	pln_memlink_config link{};
	pln_stack_config config{};
	pln_addr own = pln_addr_ip4(10, 0, 0, 1), peer = pln_addr_ip4(10, 0, 0, 2);
	pln_mac peer_mac = { { 2, 0, 0, 0, 0, 2 } };

	link.size = sizeof(link);
	link.mac = { { 2, 0, 0, 0, 0, 1 } };
	link.mtu = options.mtu;
	must(pln_memlink_create(&link, &link_), "pln_memlink_create");
	config.size = sizeof(config);
	config.link = pln_memlink_link(link_);
	config.seed = options.seed;
	config.now = now_;
	config.max_conns = options.max_conns;
	config.max_time_wait = options.max_time_wait;
	must(pln_stack_create(&config, &stack_), "pln_stack_create");
	if (!options.noaddr)
		must(pln_stack_addr_add(stack_, &own, 24), "pln_stack_addr_add");
	if (!options.bare && !options.noaddr)
		must(pln_stack_neigh_set(stack_, &peer, &peer_mac), "pln_stack_neigh_set");
	advance(start_, false);
	if (!options.bare)
		sent.clear();
}

World::~World()
{
	pln_stack_destroy(stack_);
	pln_memlink_destroy(link_);
}

void
World::collect()
{
	pln_event found[16];
	Bytes frame(65536);
	unsigned int n;
	ssize_t len;

	while ((n = pln_stack_events(stack_, found, 16)) > 0) {
		for (unsigned int i = 0; i < n; i++) {
			events[found[i].conn].bits |= found[i].bits;
			if ((found[i].bits & (PLN_EV_CLOSED | PLN_EV_ERROR)) != 0)
				events[found[i].conn].error = found[i].error;
		}
	}
	while ((len = pln_memlink_collect(link_, frame.data(), frame.size())) > 0)
		sent.push_back({ now_, Bytes(frame.begin(), frame.begin() + len) });
}

void
World::turn()
{
	pln_stack_run(stack_, now_);
	collect();
}

void
World::advance(uint64_t to, bool stop_at_frame)
{
	turn();
	while (now_ < to) {
		uint64_t next = pln_stack_next(stack_);

		if (stop_at_frame && !sent.empty())
			return;
		/* A wheel that deals out a far slot may ask for a turn now; one tick later it has done so. */
		now_ = next <= now_ ? std::min(to, now_ + 1000) : std::min(to, next);
		turn();
	}
}

void
World::inject(const Bytes &frame)
{
	must(pln_memlink_inject(link_, frame.data(), frame.size(), 0), "pln_memlink_inject");
}

void
World::block_tx(bool blocked)
{
	pln_memlink_block_tx(link_, blocked);
}

void
World::note(const std::string &line)
{
	diary.push_back(line);
	if (diary.size() > DIARY)
		diary.pop_front();
}

} // namespace script_run
