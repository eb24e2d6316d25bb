/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two counters that only grow, each written by one side, each on a cache line of its own with the side's last look at the
 * other one: as long as that look says there is room, or a record, the other side's line is not touched. No lock, no atomic
 * read-modify-write.
 */
#include "common/spsc.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

struct spsc {
	/* line 0: the putting thread */
	alignas(CACHE_LINE) atomic_size_t put;
	size_t seen_taken;
	/* line 1: the taking thread */
	alignas(CACHE_LINE) atomic_size_t taken;
	size_t seen_put;
	/* line 2: never written again */
	alignas(CACHE_LINE) size_t mask;
	size_t bytes;
	alignas(CACHE_LINE) unsigned char records[];
};

struct spsc *
spsc_create(size_t slots, size_t bytes)
{
	size_t all = (sizeof(struct spsc) + slots * bytes + CACHE_LINE - 1) / CACHE_LINE;
	struct spsc *ring;

	assert(slots > 0 && (slots & (slots - 1)) == 0);
	ring = aligned_alloc(CACHE_LINE, all * CACHE_LINE);
	if (ring == NULL)
		return NULL;
	memset(ring, 0, all * CACHE_LINE);
	ring->mask = slots - 1;
	ring->bytes = bytes;
	return ring;
}

void
spsc_destroy(struct spsc *ring)
{
	free(ring);
}

bool
spsc_put(struct spsc *ring, const void *record)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

	if (put - ring->seen_taken > ring->mask) {
		ring->seen_taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
		if (put - ring->seen_taken > ring->mask)
			return false;
	}
	memcpy(ring->records + (put & ring->mask) * ring->bytes, record, ring->bytes);
	atomic_store_explicit(&ring->put, put + 1, memory_order_release);
	return true;
}

bool
spsc_take(struct spsc *ring, void *record)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	if (ring->seen_put == taken) {
		ring->seen_put = atomic_load_explicit(&ring->put, memory_order_acquire);
		if (ring->seen_put == taken)
			return false;
	}
	memcpy(record, ring->records + (taken & ring->mask) * ring->bytes, ring->bytes);
	atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
	return true;
}
