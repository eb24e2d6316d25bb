/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings live as long as the stacks that they join, and are found by pointers: they need neither a memzone nor a name. */
#include "dev/ring.h"

#include <stdlib.h>

#include <rte_mbuf.h>
#include <rte_ring_elem.h>

#define CACHE_LINE 64U

struct rte_ring *
pln_ring_create(unsigned int slots, unsigned int elem_size, unsigned int flags)
{
	ssize_t size = rte_ring_get_memsize_elem(elem_size, slots);
	struct rte_ring *ring = NULL;

	if (size < 0 || posix_memalign((void **)&ring, CACHE_LINE, (size_t)size) != 0)
		return NULL;
	rte_ring_init(ring, "pollen", slots, flags);
	return ring;
}

void
pln_ring_free(struct rte_ring *ring)
{
	free(ring);
}

void
pln_ring_free_frames(struct rte_ring *ring)
{
	void *m;

	while (ring != NULL && rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	free(ring);
}
