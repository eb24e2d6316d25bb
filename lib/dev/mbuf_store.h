/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a pool keeps its free buffers, behind DPDK's cache for each lcore. A pool may have an owner, an lcore that takes from it and
 * whose frames are freed where they were sent: what that lcore puts back lies in memory of its own, so that it takes no lock and
 * executes no atomic instruction, however many buffers come and go. Everybody else goes by a ring.
 */
#ifndef POLLEN_DEV_MBUF_STORE_H
#define POLLEN_DEV_MBUF_STORE_H

#include <rte_mempool.h>

#include "base/decl.h"

PLN_C_BEGIN

/* Have an empty pool use such a store, unless the platform or the user has chosen another kind. 0 or -errno. Control path. */
int pln_mbuf_store_use(struct rte_mempool *mp);

/* Buffers are kept by each lcore in front of the store of a pool of `n`. */
uint32_t pln_mbuf_store_cache(uint32_t n);

/* Bytes that the store of `n` buffers takes. */
size_t pln_mbuf_store_bytes(uint32_t n);

/* Give the pool to an lcore, before others know it. Where the pool has another kind of store, nothing happens. */
void pln_mbuf_store_own(struct rte_mempool *mp, unsigned int lcore);

/* Is there one lcore that takes from it, and frees all that it sent itself? */
bool pln_mbuf_store_is_owned(const struct rte_mempool *mp);

/* rte_mempool_obj_iter's callback that makes a packet buffer, and what must happen to memory that a pool returns. */
void pln_mbuf_store_init(struct rte_mempool *mp, void *arg, void *obj, unsigned int i);
void pln_mbuf_store_cleanse(void *addr, size_t len);

/* In a sanitizers' build: free buffers are poisoned, so memory must be one piece that can be cleansed. */
bool pln_mbuf_store_poisons(void);

PLN_C_END

#endif
