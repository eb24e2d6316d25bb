/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/cable.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace support
{

namespace
{

constexpr size_t FRAME_MAX = 65535 + 18;
constexpr size_t ETH_HEADER = 14;

} // namespace

Cable::Cable(pln_memlink *a, pln_memlink *b, uint64_t seed) : ends_{ a, b }, rng_(seed)
{
}

bool
Cable::chance(double probability)
{
	return probability > 0 && static_cast<double>(rng_() >> 11) * 0x1p-53 < probability;
}

uint64_t
Cable::below(uint64_t bound)
{
	return bound == 0 ? 0 : rng_() % bound;
}

void
Cable::schedule(int from, Bytes bytes, uint64_t when)
{
	flying_.emplace(when, Arrival{ from, std::move(bytes), flags_ });
}

void
Cable::send(int from, Bytes bytes, uint64_t now)
{
	Faults &f = faults[from];
	CableCounts &count = counts[from];
	uint64_t start = std::max(now, line_free_[from]);

	count.frames++;
	if (tap)
		tap(from, bytes, now);
	if ((f.drop && f.drop(parse(bytes), now)) || start - now > f.queue_ns || chance(f.loss)) {
		count.lost++;
		return;
	}
	if (f.bits_per_s != 0)
		start += bytes.size() * 8 * PLN_NS_PER_S / f.bits_per_s;
	line_free_[from] = start;
	flags_ = f.inject_flags;
	if (bytes.size() > ETH_HEADER && chance(f.corrupt)) {
		size_t bit = ETH_HEADER * 8 + below((bytes.size() - ETH_HEADER) * 8);
		bytes[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
		flags_ = 0;
		count.corrupted++;
	}
	uint64_t arrival = start + f.delay_ns + below(f.jitter_ns + 1);
	if (chance(f.duplicate)) {
		schedule(from, bytes, arrival + below(f.reorder_ns + 1));
		count.duplicated++;
	}
	if (chance(f.reorder)) {
		schedule(from, std::move(bytes), arrival + 1 + below(f.reorder_ns));
		count.reordered++;
		return;
	}
	last_arrival_[from] = std::max(last_arrival_[from], arrival);
	schedule(from, std::move(bytes), last_arrival_[from]);
}

bool
Cable::collect(uint64_t now)
{
	bool any = false;
	Bytes bytes(FRAME_MAX);

	for (int from = 0; from < 2; from++) {
		ssize_t len;
		while ((len = pln_memlink_collect(ends_[from], bytes.data(), bytes.size())) > 0) {
			send(from, Bytes(bytes.begin(), bytes.begin() + len), now);
			any = true;
		}
		if (len < 0)
			throw std::runtime_error("a frame longer than any packet");
	}
	return any;
}

bool
Cable::deliver(uint64_t now)
{
	bool any = false;

	while (!flying_.empty() && flying_.begin()->first <= now) {
		Arrival &arrival = flying_.begin()->second;
		int ret = pln_memlink_inject(ends_[1 - arrival.from], arrival.bytes.data(),
		                             arrival.bytes.size(), arrival.flags);
		if (ret == -ENOBUFS) /* the receiver has yet to poll */
			return any;
		if (ret != 0)
			counts[arrival.from].overrun++;
		flying_.erase(flying_.begin());
		any = true;
	}
	return any;
}

uint64_t
Cable::next() const
{
	return flying_.empty() ? PLN_NEVER : flying_.begin()->first;
}

} // namespace support
