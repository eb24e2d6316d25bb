/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that file contents lie in: chunks of one size, counted references, all of one piece. A chunk that TCP still has to send
 * stays, whatever became of the file it was read from.
 */
#ifndef POLLEN_APP_SERVE_SLAB_H
#define POLLEN_APP_SERVE_SLAB_H

#include <pollen/types.h>

PLN_C_BEGIN

#define SLAB_CHUNK 16384U /* bytes of a chunk */

struct slab;

struct chunk {
	struct slab *slab;
	struct chunk *next; /* while it is free */
	uint8_t *data;      /* SLAB_CHUNK bytes */
	uint32_t refs;      /* 0: free */
};

struct slab {
	struct chunk *chunks;
	struct chunk *free;
	size_t count;      /* of chunks */
	size_t free_count; /* of them nobody uses */
};

/**
 * @param memory  the caller's, which outlives all references
 * @param bytes  of it, rounded down to chunks
 * @return 0; -EINVAL (less than a chunk); -ENOMEM. The thread that will use it
 */
int slab_init(struct slab *slab, void *memory, size_t bytes);
void slab_free(struct slab *slab);

/** @return a chunk with one reference; NULL: none is free */
struct chunk *slab_get(struct slab *slab);

void chunk_hold(struct chunk *chunk);

/** Give a reference back; the last one frees the chunk. @param chunk a struct chunk: fit for pln_tcp_ref.release. */
void chunk_drop(void *chunk);

PLN_C_END

#endif
