/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fixed number of equal objects with checked handles. Creating one touches no object memory
 * (objects are handed out from a high-water mark until the free list has some), so a large pool
 * costs nothing until it is used. A handle is (generation << 32 | index + 1): a stale one is
 * recognised, never dereferenced. Sanitizer builds poison free objects.
 */
#ifndef POLLEN_BASE_POOL_H
#define POLLEN_BASE_POOL_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_pool {
	uint8_t *objs;        /* capacity × stride bytes */
	uint32_t *generation; /* per object; odd while allocated */
	uint32_t *next_free;  /* per object: index + 1 of the next free one */
	uint32_t stride;      /* bytes, a multiple of 64 */
	uint32_t capacity;    /* objects */
	uint32_t used;        /* objects handed out now */
	uint32_t high;        /* objects ever handed out */
	uint32_t free_head;   /* index + 1, 0 if none */
};

/* 0 or -ENOMEM; obj_size and capacity > 0. Microseconds, whatever the capacity. */
int pln_pool_init(struct pln_pool *pool, uint32_t obj_size, uint32_t capacity);
void pln_pool_fini(struct pln_pool *pool);

/* A zeroed object, or NULL when all are in use. */
void *pln_pool_alloc(struct pln_pool *pool);
void pln_pool_free(struct pln_pool *pool, void *obj);

/* The handle of an allocated object; never 0. */
uint64_t pln_pool_handle(const struct pln_pool *pool, const void *obj);

/* The object of a handle, or NULL when it is stale or was never one. */
void *pln_pool_lookup(const struct pln_pool *pool, uint64_t handle);

/* Object number `index`, which is allocated. */
static inline void *
pln_pool_at(const struct pln_pool *pool, uint32_t index)
{
	return pool->objs + (size_t)index * pool->stride;
}

/*
 * The first allocated object at or after index *cursor; advances *cursor past it; NULL at the end.
 * For dumps.
 */
void *pln_pool_iterate(const struct pln_pool *pool, uint32_t *cursor);

PLN_C_END

#endif
