/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A free list over memory that is whoever's made it. Not for two threads: the reader only fills chunks that it was handed.
 */
#include "serve/slab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
slab_init(struct slab *slab, void *memory, size_t bytes)
{
	size_t count = bytes / SLAB_CHUNK;

	memset(slab, 0, sizeof(*slab));
	if (count == 0)
		return -EINVAL;
	slab->chunks = calloc(count, sizeof(*slab->chunks));
	if (slab->chunks == NULL)
		return -ENOMEM;
	slab->count = count;
	slab->free_count = count;
	for (size_t i = count; i-- > 0;) {
		struct chunk *chunk = &slab->chunks[i];

		chunk->slab = slab;
		chunk->data = (uint8_t *)memory + i * SLAB_CHUNK;
		chunk->next = slab->free;
		slab->free = chunk;
	}
	return 0;
}

void
slab_free(struct slab *slab)
{
	free(slab->chunks);
	memset(slab, 0, sizeof(*slab));
}

struct chunk *
slab_get(struct slab *slab)
{
	struct chunk *chunk = slab->free;

	if (chunk == NULL)
		return NULL;
	slab->free = chunk->next;
	slab->free_count--;
	chunk->refs = 1;
	return chunk;
}

void
chunk_hold(struct chunk *chunk)
{
	assert(chunk->refs > 0);
	chunk->refs++;
}

void
chunk_drop(void *chunk)
{
	struct chunk *c = chunk;

	assert(c->refs > 0);
	if (--c->refs > 0)
		return;
	c->next = c->slab->free;
	c->slab->free = c;
	c->slab->free_count++;
}
