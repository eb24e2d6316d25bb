/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single producer, single consumer: two counters that only grow, each written by one side. The producer's release of `put`
 * makes the items visible; the consumer's release of `taken` gives the slots back. Each counter has a cache line of its own.
 */
#include "fetch/ring.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CACHE_LINE 64

struct ring {
	alignas(CACHE_LINE) atomic_size_t put;   /* written by the putting thread */
	alignas(CACHE_LINE) atomic_size_t taken; /* written by the taking thread */
	alignas(CACHE_LINE) size_t mask;
	struct ring_item items[];
};

struct ring *
ring_create(size_t size)
{
	size_t bytes = sizeof(struct ring) + size * sizeof(struct ring_item);
	struct ring *ring;

	assert(size > 0 && (size & (size - 1)) == 0);
	ring = aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
	if (ring == NULL)
		return NULL;
	atomic_init(&ring->put, 0);
	atomic_init(&ring->taken, 0);
	ring->mask = size - 1;
	return ring;
}

void
ring_destroy(struct ring *ring)
{
	free(ring);
}

size_t
ring_room(const struct ring *ring)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);

	return ring->mask + 1 - (put - taken);
}

bool
ring_put(struct ring *ring, const struct ring_item *item)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

	if (ring_room(ring) == 0)
		return false;
	ring->items[put & ring->mask] = *item;
	atomic_store_explicit(&ring->put, put + 1, memory_order_release);
	return true;
}

size_t
ring_peek(const struct ring *ring, struct ring_item *items, size_t max)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t put = atomic_load_explicit(&ring->put, memory_order_acquire);
	size_t count = put - taken < max ? put - taken : max;

	for (size_t i = 0; i < count; i++)
		items[i] = ring->items[(taken + i) & ring->mask];
	return count;
}

void
ring_drop(struct ring *ring, size_t count)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	atomic_store_explicit(&ring->taken, taken + count, memory_order_release);
}
