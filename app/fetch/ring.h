/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring between two threads: one puts, one takes, neither waits. */
#ifndef POLLEN_APP_FETCH_RING_H
#define POLLEN_APP_FETCH_RING_H

#include <pollen/types.h>

PLN_C_BEGIN

/* Bytes to be written, and what may be given back when they are. */
struct ring_item {
	const void *data;
	size_t len;
	uint64_t end;   /* position in the received stream behind which nothing of this item lies */
	int fd;         /* where the bytes go, -1: nowhere */
	int64_t offset; /* in that file, -1: where it stands */
};

struct ring;

/** @param size  items, a power of two. @return NULL when memory is out. */
struct ring *ring_create(size_t size);
void ring_destroy(struct ring *ring);

/** How many items can be put for sure. The putting thread. */
size_t ring_room(const struct ring *ring);

/** Put one item. The putting thread. @return false when the ring is full. */
bool ring_put(struct ring *ring, const struct ring_item *item);

/** Copy up to `max` items out, oldest first, and leave them in the ring. The taking thread. @return how many. */
size_t ring_peek(const struct ring *ring, struct ring_item *items, size_t max);

/** Remove the oldest `count` items. The taking thread. */
void ring_drop(struct ring *ring, size_t count);

PLN_C_END

#endif
