/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a large file ahead of what one client takes of it, a bounded number of chunks, by way of the reader's thread. */
#ifndef POLLEN_APP_SERVE_STREAM_H
#define POLLEN_APP_SERVE_STREAM_H

#include "serve/files.h"

PLN_C_BEGIN

#define STREAM_CHUNKS 32 /* read ahead at most */

struct stream {
	struct file *file; /* the stream's own use of it */
	struct reader_job job;
	bool is_busy;      /* `job` is with the reader */
	bool is_abandoned; /* nobody waits: free it when the job is back */
	int error;         /* 0; -ESTALE: the file has changed; another errno */
	uint64_t next;     /* the next byte to be read */
	uint64_t end;      /* behind the last one */
	size_t limit;      /* chunks to read ahead */
	size_t first, count;
	struct chunk *chunk[STREAM_CHUNKS]; /* a ring: what was read and not taken */
	size_t len[STREAM_CHUNKS];
	void (*ready)(void *ctx); /* there is more, or an error */
	void *ctx;
};

/**
 * Begin to read `len` bytes from `first` on.
 *
 * @param file  used until stream_end; the caller's use becomes the stream's
 * @return NULL when memory is out
 */
struct stream *stream_begin(struct file *file, uint64_t first, uint64_t len, size_t limit);

/** Read on, if there is room. @return false: no chunk is free, try again in a later turn. */
bool stream_pump(struct stream *stream);

/** The oldest chunk that was read; NULL: none. It is still the stream's. */
const struct chunk *stream_peek(const struct stream *stream, size_t *len);

/** Take it: the reference becomes the caller's. */
struct chunk *stream_take(struct stream *stream);

/** `ready` is not called any more. NULL is allowed. */
void stream_end(struct stream *stream);

PLN_C_END

#endif
