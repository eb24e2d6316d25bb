/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that waits for a disk, done by a thread of its own: files are opened, looked at, read and closed there. The thread that
 * turns the stack hands jobs over and collects them; a job belongs to the reader from reader_put until its `done` is called.
 */
#ifndef POLLEN_APP_SERVE_READER_H
#define POLLEN_APP_SERVE_READER_H

#include <sched.h>

#include "serve/slab.h"

PLN_C_BEGIN

#define READER_CHUNKS 16 /* at most so many chunks a job */

/* What tells one version of a file from another. */
struct fileid {
	uint64_t dev, ino, size;
	int64_t modified_ns;
};

enum reader_verb {
	READER_OPEN,  /* path to fd and id; fd -1 where id is `known` already */
	READER_READ,  /* bytes of fd into chunks, if it still is `id` */
	READER_CLOSE, /* fd */
};

struct reader_job {
	enum reader_verb verb;
	int result; /* 0 or negative errno; OPEN: -EISDIR, -EBUSY (it keeps changing); READ: -ESTALE (it has changed) */
	int fd;
	struct fileid id;
	struct fileid known; /* OPEN: size and all zero for none */
	const char *
		path; /* OPEN: below the root; empty or with a slash at its end, a folder's index.html */
	bool closes;        /* READ: close fd behind it */
	bool closes_failed; /* READ: close fd if it fails */
	uint64_t offset;    /* READ: where the bytes begin */
	size_t len;         /* READ: how many, at most READER_CHUNKS × SLAB_CHUNK */
	struct chunk *chunk[READER_CHUNKS]; /* READ: where they go */
	void (*done)(struct reader_job *job);
	void *ctx; /* the caller's */
};

struct reader;

struct reader_config {
	int root;              /* a folder's descriptor, which stays the caller's */
	size_t jobs;           /* at most so many at a time */
	bool threaded;         /* false: reader_collect does the jobs itself, for tests */
	const cpu_set_t *cpus; /* where the thread may run; NULL: where its maker may */
};

/** @return 0 or a negative errno */
int reader_create(const struct reader_config *config, struct reader **out);

/** Hand a job over. The thread that made the reader, as with all below. */
void reader_put(struct reader *reader, struct reader_job *job);

/** Call `done` of the jobs that are. @return how many */
unsigned int reader_collect(struct reader *reader);

/** Jobs handed over and not collected. */
size_t reader_pending(const struct reader *reader);

/** Wait for the thread to finish the jobs it has, and end it; they can still be collected. */
void reader_stop(struct reader *reader);

/** NULL is allowed. */
void reader_destroy(struct reader *reader);

bool fileid_equal(const struct fileid *a, const struct fileid *b);

PLN_C_END

#endif
