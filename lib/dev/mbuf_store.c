/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring that all may use, and an array that the owner alone does. All buffers are in the ring at first; the owner takes from it what
 * its array has not, and puts everything into the array: so what it needs at most wanders there, and the ring keeps the rest for those
 * who copy a packet of another lcore's. The operations are registered after DPDK's own, when the first pool is made: their numbers,
 * which other processes that attach (dpdk-dumpcap) count alike, stay as they are.
 *
 * Sanitizer builds have neither DPDK's memory under watch nor a use for caches that hide the last 256 frees: there each buffer that is
 * free is poisoned, so that a touch after the free is reported where it happens.
 */
#include "dev/mbuf_store.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_ring.h>

#include "base/order.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif

#ifdef POISON
#include <sanitizer/asan_interface.h>
#else
#define POISON                                 0
#define ASAN_POISON_MEMORY_REGION(addr, len)   ((void)(addr), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(addr, len) ((void)(addr), (void)(len))
#endif

#define OPS_NAME  "pollen"
#define CACHE_MAX 256U          /* buffers kept by each lcore: eight bursts */
#define NOBODY    RTE_MAX_LCORE /* is the owner */

struct store {
	struct rte_ring *ring;
	unsigned int owner; /* an lcore, or NOBODY */
	unsigned int count; /* in `own` */
	void *own[];        /* room for all buffers of the pool */
};

static struct store *
store_of(const struct rte_mempool *mp)
{
	return mp->pool_data;
}

static bool
is_owner(const struct store *store)
{
	return store->owner == rte_lcore_id();
}

static int
store_alloc(struct rte_mempool *mp)
{
	char name[RTE_RING_NAMESIZE];
	struct store *store = rte_zmalloc_socket(NULL, sizeof(*store) + mp->size * sizeof(void *),
	                                         RTE_CACHE_LINE_SIZE, mp->socket_id);

	if (store == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), "PS_%s", mp->name);
	store->owner = NOBODY;
	store->ring = rte_ring_create(name, rte_align32pow2(mp->size + 1), mp->socket_id, 0);
	if (store->ring == NULL) {
		rte_free(store);
		return -rte_errno;
	}
	mp->pool_data = store;
	return 0;
}

static void
store_free(struct rte_mempool *mp)
{
	if (store_of(mp) == NULL) /* there was no memory for it */
		return;
	rte_ring_free(store_of(mp)->ring);
	rte_free(store_of(mp));
}

/* Who touches what is free is told of. */
static void
poison(void *const *objs, unsigned int n, size_t size)
{
	for (; POISON && n > 0; n--)
		ASAN_POISON_MEMORY_REGION(objs[n - 1], size);
}

static void
unpoison(void *const *objs, unsigned int n, size_t size)
{
	for (; POISON && n > 0; n--)
		ASAN_UNPOISON_MEMORY_REGION(objs[n - 1], size);
}

static int
store_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	struct store *store = store_of(mp);

	poison(objs, n, mp->elt_size);
	PLN_ORDER_RELEASED(store->ring);
	if (!is_owner(store))
		return rte_ring_enqueue_bulk(store->ring, objs, n, NULL) == n ? 0 : -ENOBUFS;
	memcpy(store->own + store->count, objs, n * sizeof(*objs));
	store->count += n;
	return 0;
}

/* The last that came are the first to go: they may still be in the CPU's cache. */
static unsigned int
take_own(struct store *store, void **objs, unsigned int n)
{
	unsigned int i, count = n < store->count ? n : store->count;

	for (i = 0; i < count; i++)
		objs[i] = store->own[store->count - 1 - i];
	store->count -= count;
	return count;
}

static int
store_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct store *store = store_of(mp);
	unsigned int own = is_owner(store) ? store->count : 0, rest = n > own ? n - own : 0;

	if (rest > 0 && rte_ring_dequeue_bulk(store->ring, objs, rest, NULL) != rest)
		return -ENOBUFS;
	PLN_ORDER_ACQUIRED(store->ring);
	if (n > rest)
		take_own(store, objs + rest, n - rest);
	unpoison(objs, n, mp->elt_size);
	return 0;
}

static unsigned int
store_count(const struct rte_mempool *mp)
{
	return rte_ring_count(store_of(mp)->ring) + store_of(mp)->count;
}

static const struct rte_mempool_ops store_ops = {
	.name = OPS_NAME,
	.alloc = store_alloc,
	.free = store_free,
	.enqueue = store_enqueue,
	.dequeue = store_dequeue,
	.get_count = store_count,
};

/* Two threads that make their first pools at once may register it twice: the first is used. */
int
pln_mbuf_store_use(struct rte_mempool *mp)
{
	const char *best = rte_mbuf_best_mempool_ops();
	int rc;

	if (!POISON && strcmp(best, "ring_mp_mc") != 0)
		return rte_mempool_set_ops_byname(mp, best, NULL);
	rc = rte_mempool_set_ops_byname(mp, OPS_NAME, (void *)&store_ops);
	if (rc != -EINVAL)
		return rc;
	rc = rte_mempool_register_ops(&store_ops);
	if (rc < 0)
		return rc;
	return rte_mempool_set_ops_byname(mp, OPS_NAME, (void *)&store_ops);
}

/* Small pools are for a few frames at a time: what other lcores cached would be missed. */
uint32_t
pln_mbuf_store_cache(uint32_t n)
{
	if (POISON)
		return 0;
	return n / 8 < CACHE_MAX ? n / 8 : CACHE_MAX;
}

size_t
pln_mbuf_store_bytes(uint32_t n)
{
	size_t caches =
		pln_mbuf_store_cache(n) != 0 ? RTE_MAX_LCORE * sizeof(struct rte_mempool_cache) : 0;

	return caches + (size_t)rte_ring_get_memsize(rte_align32pow2(n + 1)) +
	       sizeof(struct store) + n * sizeof(void *);
}

/* Only our own pools carry the operations' address. */
static bool
is_ours(const struct rte_mempool *mp)
{
	return mp->pool_config == &store_ops;
}

void
pln_mbuf_store_own(struct rte_mempool *mp, unsigned int lcore)
{
	if (is_ours(mp))
		store_of(mp)->owner = lcore;
}

bool
pln_mbuf_store_is_owned(const struct rte_mempool *mp)
{
	return is_ours(mp) && store_of(mp)->owner != NOBODY;
}

void
pln_mbuf_store_init(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	ASAN_UNPOISON_MEMORY_REGION(obj, mp->elt_size);
	rte_pktmbuf_init(mp, arg, obj, i);
	ASAN_POISON_MEMORY_REGION(obj, mp->elt_size);
}

void
pln_mbuf_store_cleanse(void *addr, size_t len)
{
	ASAN_UNPOISON_MEMORY_REGION(addr, len);
}

bool
pln_mbuf_store_poisons(void)
{
	return POISON;
}
