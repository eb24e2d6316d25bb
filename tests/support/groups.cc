/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/groups.h"

#include <algorithm>
#include <stdexcept>

namespace support
{

Side::Side(unsigned int count, const char *addr, uint8_t mac_last, uint64_t now)
{
	const pln_siphash_key secret{ 11, mac_last };
	HostOptions options;

	options.max_conns = 4096;
	for (unsigned int i = 0; i < count; i++) {
		options.seed = mac_last * 100U + i;
		hosts.push_back(std::make_unique<Host>(options, addr, mac_last, now));
	}
	if (count < 2)
		return;
	if (pln_group_create(count, &secret, nullptr, &group_) != 0)
		throw std::runtime_error("no group");
	for (unsigned int i = 0; i < count; i++)
		if (pln_group_join(group_, i, stack(i)) != 0)
			throw std::runtime_error("no memory");
}

Side::~Side()
{
	pln_group_destroy(group_);
}

uint64_t
Side::counter(const char *name) const
{
	uint64_t sum = 0;

	for (const auto &host : hosts)
		sum += host->counter(name);
	return sum;
}

Groups::Groups(unsigned int left_count, unsigned int right_count)
    : left(left_count, "10.9.0.1", 1, now), right(right_count, "10.9.0.2", 2, now)
{
	arrival[0] = [this](const Frame &) { return static_cast<unsigned int>(rng_()); };
	arrival[1] = arrival[0];
}

bool
Groups::carry(Side &from, Side &to, const Arrival &rule)
{
	bool moved = false;

	for (const auto &host : from.hosts) {
		uint8_t bytes[2048];
		ssize_t len;

		while ((len = pln_memlink_collect(host->link(), bytes, sizeof(bytes))) > 0) {
			auto size = static_cast<size_t>(len);
			Frame frame = parse(Bytes(bytes, bytes + size));
			pln_memlink *link = to.hosts[rule(frame) % to.count()]->link();

			if (tap)
				tap(frame);
			moved = true;
			if (lose && lose(frame))
				continue;
			if (pln_memlink_inject(link, bytes, size, 0) != 0)
				throw std::runtime_error("a link is full");
		}
	}
	return moved;
}

void
Groups::settle()
{
	unsigned int work;

	do {
		work = 0;
		for (Side *side : { &left, &right })
			for (const auto &host : side->hosts)
				work += pln_stack_run(host->stack(), now);
		work += carry(left, right, arrival[0]);
		work += carry(right, left, arrival[1]);
	} while (work > 0);
}

bool
Groups::run_until(const std::function<bool()> &done, uint64_t limit_ns)
{
	uint64_t end = now + limit_ns;

	for (;;) {
		settle();
		while (app && app())
			settle();
		if (done())
			return true;
		if (now >= end)
			return false;
		uint64_t next = end;
		for (Side *side : { &left, &right })
			for (const auto &host : side->hosts)
				next = std::min(next, pln_stack_next(host->stack()));
		now = std::max(next, now + 1);
	}
}

} // namespace support
