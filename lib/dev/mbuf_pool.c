/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of packet buffers. Ordinary builds use DPDK's default ring with a cache for each lcore. Sanitizer builds have neither
 * DPDK's memory under watch nor a use for a cache that hides the last 256 frees: there the pool's own ops poison each buffer
 * that is free, so that a touch after the free is reported where it happens.
 *
 * Without hugepages a pool is one piece of memory with its buffers end to end: DPDK would keep them from crossing a page of
 * 4 KiB, which wastes a third of the memory, and crossing matters only where the device needs physical addresses.
 */
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>
#include <rte_ring.h>

#include <pollen/link.h>

#include "dev/eal.h"
#include "dev/mbuf.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif

#define CACHE_MAX 256U /* buffers kept by each lcore: eight bursts */

static_assert(PLN_MBUF_HEADROOM <= RTE_PKTMBUF_HEADROOM, "mbufs come with too little headroom");

static uint32_t
elt_size(uint16_t frame_len)
{
	return (uint32_t)(sizeof(struct rte_mbuf) + pln_link_priv_size() + RTE_PKTMBUF_HEADROOM +
	                  frame_len);
}

#ifdef POISON

#include <sanitizer/asan_interface.h>

#define OPS_NAME               "pln_poison"
#define CAN_CROSS_PAGES_ALWAYS true /* one piece is what can be cleansed when the pool goes */
#define CLEANSE(addr, len)     ASAN_UNPOISON_MEMORY_REGION(addr, len)

static uint32_t
cache_size(uint32_t n)
{
	(void)n;
	return 0;
}

static int
poison_alloc(struct rte_mempool *mp)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "PP_%s", mp->name);
	ring = rte_ring_create(name, rte_align32pow2(mp->size + 1), mp->socket_id, 0);
	if (ring == NULL)
		return -rte_errno;
	mp->pool_data = ring;
	return 0;
}

static int
poison_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		ASAN_POISON_MEMORY_REGION(objs[i], mp->elt_size);
	return rte_ring_enqueue_bulk(mp->pool_data, objs, n, NULL) == n ? 0 : -ENOBUFS;
}

static int
poison_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	unsigned int i;

	if (rte_ring_dequeue_bulk(mp->pool_data, objs, n, NULL) != n)
		return -ENOBUFS;
	for (i = 0; i < n; i++)
		ASAN_UNPOISON_MEMORY_REGION(objs[i], mp->elt_size);
	return 0;
}

static unsigned int
poison_count(const struct rte_mempool *mp)
{
	return rte_ring_count(mp->pool_data);
}

static void
poison_free(struct rte_mempool *mp)
{
	rte_ring_free(mp->pool_data); /* NULL when there was no memory for it */
}

static const struct rte_mempool_ops poison_ops = {
	.name = OPS_NAME,
	.alloc = poison_alloc,
	.free = poison_free,
	.enqueue = poison_enqueue,
	.dequeue = poison_dequeue,
	.get_count = poison_count,
};

RTE_MEMPOOL_REGISTER_OPS(poison_ops)

/* rte_mempool_obj_iter's callback: buffers are free, hence poisoned, while they are made. */
static void
init_buffer(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	ASAN_UNPOISON_MEMORY_REGION(obj, mp->elt_size);
	rte_pktmbuf_init(mp, arg, obj, i);
	ASAN_POISON_MEMORY_REGION(obj, mp->elt_size);
}

#else

#define OPS_NAME               rte_mbuf_best_mempool_ops()
#define CAN_CROSS_PAGES_ALWAYS false
#define CLEANSE(addr, len)     ((void)(addr), (void)(len))

/* Small pools are for a few frames at a time: what other lcores cached would be missed. */
static uint32_t
cache_size(uint32_t n)
{
	return n / 8 < CACHE_MAX ? n / 8 : CACHE_MAX;
}

static void
init_buffer(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	rte_pktmbuf_init(mp, arg, obj, i);
}

#endif

static void
free_memzone(struct rte_mempool_memhdr *memhdr, void *opaque)
{
	CLEANSE(memhdr->addr, memhdr->len);
	rte_memzone_free(opaque);
}

static bool
pages_do_not_matter(void)
{
	return rte_eal_iova_mode() == RTE_IOVA_VA &&
	       (CAN_CROSS_PAGES_ALWAYS || !rte_eal_has_hugepages());
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
	mp = rte_mempool_create_empty(name, n, elt_size(frame_len), cache_size(n), sizeof(room),
	                              socket, flags);
	if (mp == NULL)
		return NULL;
	rc = rte_mempool_set_ops_byname(mp, OPS_NAME, NULL);
	if (rc == 0) {
		rte_pktmbuf_pool_init(mp, &room);
		rc = populate(mp, socket);
	}
	if (rc != 0) {
		rte_mempool_free(mp);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(mp, init_buffer, NULL);
	return mp;
}

size_t
pln_mbuf_pool_bytes(uint32_t n, uint16_t frame_len)
{
	size_t buffers = total_size(elt_size(frame_len), 0) * n;
	size_t header = sizeof(struct rte_mempool) + sizeof(struct rte_pktmbuf_pool_private);

	if (cache_size(n) != 0)
		header += RTE_MAX_LCORE * sizeof(struct rte_mempool_cache);
	/* A hugepage ends with less than one buffer's worth unused: 1/128 covers 16 KiB in 2 MiB. */
	return buffers + buffers / 128 + header +
	       (size_t)rte_ring_get_memsize(rte_align32pow2(n + 1));
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
