/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings live as long as the stacks that they join, and are found by pointers: they need neither a memzone nor a name. The size of one
 * stands in front of it, on a cache line of its own.
 */
#include "dev/ring.h"

#include <rte_mbuf.h>
#include <rte_ring_elem.h>

#include "base/numa.h"

#define HEAD 64U /* a cache line: rings are aligned to one */

struct rte_ring *
pln_ring_create(unsigned int slots, unsigned int elem_size, unsigned int flags)
{
	ssize_t size = rte_ring_get_memsize_elem(elem_size, slots);
	uint8_t *memory = size < 0 ? NULL : pln_numa_alloc(HEAD + (size_t)size);
	struct rte_ring *ring;

	if (memory == NULL)
		return NULL;
	*(size_t *)(void *)memory = HEAD + (size_t)size;
	ring = (struct rte_ring *)(void *)(memory + HEAD);
	rte_ring_init(ring, "pollen", slots, flags);
	return ring;
}

void
pln_ring_free(struct rte_ring *ring)
{
	uint8_t *memory;

	if (ring == NULL)
		return;
	memory = (uint8_t *)ring - HEAD;
	pln_numa_free(memory, *(size_t *)(void *)memory);
}

void
pln_ring_free_frames(struct rte_ring *ring)
{
	void *m;

	while (ring != NULL && rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	pln_ring_free(ring);
}
