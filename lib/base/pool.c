/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decides where an object of a pool lies, which one is handed out next and whether a handle still
 * means anything. One anonymous mapping holds the objects, their generations and the free list; the
 * kernel backs it page by page as it is touched, so the price of a pool is what it has handed out,
 * not what it could. Objects that were never handed out are zero already; a recycled one is cleared
 * when it is handed out again. It does not grow, and it has no lock: a pool belongs to one lcore.
 */
#include "base/pool.h"

#include "base/numa.h"

#if defined(__SANITIZE_ADDRESS__)
#define POOL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_ASAN 1
#endif
#endif

#ifdef POOL_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(addr, size)   ((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

#define STRIDE_ALIGN 64U /* a cache line: neighbours never share one */

static uint8_t *
object_at(const struct pln_pool *pool, uint32_t index)
{
	return pool->objs + (size_t)index * pool->stride;
}

static uint32_t
index_of(const struct pln_pool *pool, const void *obj)
{
	size_t offset = (size_t)((const uint8_t *)obj - pool->objs);

	PLN_ASSERT((const uint8_t *)obj >= pool->objs && offset % pool->stride == 0);
	PLN_ASSERT(offset / pool->stride < pool->high);
	return (uint32_t)(offset / pool->stride);
}

static bool
is_allocated(const struct pln_pool *pool, uint32_t index)
{
	return (pool->generation[index] & 1U) != 0;
}

/* Bytes of the mapping: objects, then generations, then the free list. */
static size_t
mapping_len(uint32_t stride, uint32_t capacity)
{
	return (size_t)capacity * (stride + 2 * sizeof(uint32_t));
}

/*
 * The first object never handed out is poisoned, so that running off the end of the newest one is
 * seen.
 */
static void
guard_high_water(struct pln_pool *pool)
{
	if (pool->high < pool->capacity)
		ASAN_POISON_MEMORY_REGION(object_at(pool, pool->high), pool->stride);
}

int
pln_pool_init(struct pln_pool *pool, uint32_t obj_size, uint32_t capacity)
{
	void *mapping;
	uint32_t stride;

	PLN_ASSERT(capacity > 0 && capacity < UINT32_MAX);
	PLN_ASSERT(obj_size > 0 && obj_size <= UINT32_MAX / 2);
	stride = (obj_size + STRIDE_ALIGN - 1) & ~(STRIDE_ALIGN - 1);
	mapping = pln_numa_map(mapping_len(stride, capacity));
	if (mapping == NULL)
		return -ENOMEM;
	memset(pool, 0, sizeof(*pool));
	pool->objs = mapping;
	pool->generation = (uint32_t *)(void *)(pool->objs + (size_t)capacity * stride);
	pool->next_free = pool->generation + capacity;
	pool->stride = stride;
	pool->capacity = capacity;
	guard_high_water(pool);
	return 0;
}

void
pln_pool_fini(struct pln_pool *pool)
{
	size_t poisoned = pool->high < pool->capacity ? pool->high + (size_t)1 : pool->capacity;

	if (pool->objs == NULL)
		return;
	/* The next mapping at these addresses must not inherit the poison. */
	ASAN_UNPOISON_MEMORY_REGION(pool->objs, poisoned * pool->stride);
	pln_numa_unmap(pool->objs, mapping_len(pool->stride, pool->capacity));
	memset(pool, 0, sizeof(*pool));
}

void *
pln_pool_alloc(struct pln_pool *pool)
{
	uint32_t index;
	uint8_t *obj;

	if (pool->free_head != 0) {
		index = pool->free_head - 1;
		obj = object_at(pool, index);
		pool->free_head = pool->next_free[index];
		ASAN_UNPOISON_MEMORY_REGION(obj, pool->stride);
		memset(obj, 0, pool->stride);
	} else if (pool->high < pool->capacity) {
		index = pool->high++;
		obj = object_at(pool, index);
		ASAN_UNPOISON_MEMORY_REGION(obj, pool->stride);
		guard_high_water(pool);
	} else {
		return NULL;
	}
	pool->generation[index]++;
	pool->used++;
	return obj;
}

void
pln_pool_free(struct pln_pool *pool, void *obj)
{
	uint32_t index = index_of(pool, obj);

	PLN_ASSERT(is_allocated(pool, index));
	pool->generation[index]++;
	pool->next_free[index] = pool->free_head;
	pool->free_head = index + 1;
	pool->used--;
	ASAN_POISON_MEMORY_REGION(obj, pool->stride);
}

uint64_t
pln_pool_handle(const struct pln_pool *pool, const void *obj)
{
	uint32_t index = index_of(pool, obj);

	PLN_ASSERT(is_allocated(pool, index));
	return (uint64_t)pool->generation[index] << 32 | (index + 1);
}

void *
pln_pool_lookup(const struct pln_pool *pool, uint64_t handle)
{
	uint32_t generation = (uint32_t)(handle >> 32);
	uint32_t index = (uint32_t)handle - 1; /* a low half of 0 becomes the index no pool has */

	if (index >= pool->high || pool->generation[index] != generation)
		return NULL;
	return is_allocated(pool, index) ? object_at(pool, index) : NULL;
}

void *
pln_pool_iterate(const struct pln_pool *pool, uint32_t *cursor)
{
	while (*cursor < pool->high) {
		uint32_t index = (*cursor)++;

		if (is_allocated(pool, index))
			return object_at(pool, index);
	}
	return NULL;
}
