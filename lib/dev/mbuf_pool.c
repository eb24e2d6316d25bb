/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of packet buffers; where the free ones are kept is dev/mbuf_store's.
 *
 * Without hugepages a pool is one piece of memory with its buffers end to end: DPDK would keep them from crossing a page of
 * 4 KiB, which wastes a third of the memory, and crossing matters only where the device needs physical addresses.
 */
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include <pollen/link.h>

#include "dev/eal.h"
#include "dev/mbuf.h"
#include "dev/mbuf_store.h"

static_assert(PLN_MBUF_HEADROOM <= RTE_PKTMBUF_HEADROOM, "mbufs come with too little headroom");

static uint32_t
elt_size(uint16_t frame_len)
{
	return (uint32_t)(sizeof(struct rte_mbuf) + pln_link_priv_size() + RTE_PKTMBUF_HEADROOM +
	                  frame_len);
}

static void
free_memzone(struct rte_mempool_memhdr *memhdr, void *opaque)
{
	pln_mbuf_store_cleanse(memhdr->addr, memhdr->len);
	rte_memzone_free(opaque);
}

static bool
pages_do_not_matter(void)
{
	return rte_eal_iova_mode() == RTE_IOVA_VA &&
	       (pln_mbuf_store_poisons() || !rte_eal_has_hugepages());
}

static size_t
total_size(uint32_t elt, uint32_t flags)
{
	struct rte_mempool_objsz sizes;

	return rte_mempool_calc_obj_size(elt, flags, &sizes);
}

/* All buffers in one piece. 0 or -errno. */
static int
populate_in_one_piece(struct rte_mempool *mp, int socket)
{
	size_t len = total_size(mp->elt_size, mp->flags) * mp->size + RTE_CACHE_LINE_SIZE;
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *zone;
	int rc;

	if (snprintf(name, sizeof(name), "PB_%s", mp->name) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	zone = rte_memzone_reserve(name, len, socket, 0);
	if (zone == NULL)
		return -rte_errno;
	rc = rte_mempool_populate_iova(mp, zone->addr, zone->iova, zone->len, free_memzone,
	                               (void *)zone);
	if (rc <= 0)
		rte_memzone_free(zone);
	return rc == (int)mp->size ? 0 : rc < 0 ? rc : -ENOMEM;
}

static int
populate(struct rte_mempool *mp, int socket)
{
	int rc;

	if (pages_do_not_matter())
		return populate_in_one_piece(mp, socket);
	rc = rte_mempool_populate_default(mp);
	return rc < 0 ? rc : 0;
}

struct rte_mempool *
pln_mbuf_pool_create(const char *name, uint32_t n, uint16_t frame_len, int socket)
{
	struct rte_pktmbuf_pool_private room = {
		.mbuf_data_room_size = (uint16_t)(RTE_PKTMBUF_HEADROOM + frame_len),
		.mbuf_priv_size = (uint16_t)pln_link_priv_size(),
	};
	/* The flag's effect is that buffers may cross pages. */
	uint32_t flags = pages_do_not_matter() ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
	struct rte_mempool *mp;
	int rc;

	if (frame_len > UINT16_MAX - RTE_PKTMBUF_HEADROOM) {
		rte_errno = EINVAL;
		return NULL;
	}
	mp = rte_mempool_create_empty(name, n, elt_size(frame_len), pln_mbuf_store_cache(n),
	                              sizeof(room), socket, flags);
	if (mp == NULL)
		return NULL;
	rc = pln_mbuf_store_use(mp);
	if (rc == 0) {
		rte_pktmbuf_pool_init(mp, &room);
		rc = populate(mp, socket);
	}
	if (rc != 0) {
		rte_mempool_free(mp);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(mp, pln_mbuf_store_init, NULL);
	return mp;
}

size_t
pln_mbuf_pool_bytes(uint32_t n, uint16_t frame_len)
{
	size_t buffers = total_size(elt_size(frame_len), 0) * n;
	size_t header = sizeof(struct rte_mempool) + sizeof(struct rte_pktmbuf_pool_private);

	/* A hugepage ends with less than one buffer's worth unused: 1/128 covers 16 KiB in 2 MiB. */
	return buffers + buffers / 128 + header + pln_mbuf_store_bytes(n);
}

unsigned int
pln_mbuf_pool_free(const struct rte_mempool *mp)
{
	/* rte_mempool_avail_count would walk the caches of all lcores there could be. */
	return rte_mempool_get_ops(mp->ops_index)->get_count(mp);
}

uint32_t
pln_mbuf_pool_truesize(struct rte_mempool *mp)
{
	return (uint32_t)sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp) +
	       rte_pktmbuf_data_room_size(mp);
}

struct rte_mempool *
pln_mbuf_shared_pool(void)
{
	struct rte_mempool *mp;
	int rc = pln_eal_ensure();

	if (rc != 0) {
		rte_errno = -rc;
		return NULL;
	}
	mp = rte_mempool_lookup(PLN_MBUF_SHARED_NAME);
	if (mp != NULL)
		return mp;
	mp = pln_mbuf_pool_create(PLN_MBUF_SHARED_NAME, PLN_MBUF_SHARED_COUNT,
	                          PLN_MBUF_SHARED_FRAME, SOCKET_ID_ANY);
	/* Two threads may make their first stacks at once: one pool wins. */
	return mp != NULL || rte_errno != EEXIST ? mp : rte_mempool_lookup(PLN_MBUF_SHARED_NAME);
}
