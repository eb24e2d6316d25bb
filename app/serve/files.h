/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files as a server hands them out: from memory where they fit, else by their descriptor for a stream. A struct file is one
 * version of a file and never another: when the file on disk changes, those who send the old one go on with it, and those
 * who ask now wait for the new one.
 */
#ifndef POLLEN_APP_SERVE_FILES_H
#define POLLEN_APP_SERVE_FILES_H

#include "serve/reader.h"

PLN_C_BEGIN

struct file;
struct files;

struct files_config {
	int root;           /* the folder's descriptor */
	void *cache;        /* of contents: the caller's memory, which outlives all that is sent */
	size_t cache_bytes; /* of it, at least 16 chunks */
	size_t max_clients; /* who can wait or stream at a time */
	uint64_t fresh_ns;  /* a file is not looked at again for so long */
	bool threaded;      /* false: for tests, see reader.h */
	const cpu_set_t *cpus; /* of the reader, see there */
};

/* A wish for a file. */
struct file_want {
	struct file_want *next;
	struct file *on;   /* what it waits for */
	struct file *file; /* the answer, to be given back with files_put; NULL: `error` says why */
	int error;
	void (*ready)(struct file_want *want); /* called when the answer is there */
};

struct file {
	struct files *files;
	struct file *chain;         /* in its bucket */
	struct file *older, *newer; /* by use */
	enum file_state {
		FILE_OPENING,
		FILE_LOADING,
		FILE_READY
	} state;
	bool is_linked;   /* to be found by its path */
	bool is_busy;     /* `job` is with the reader */
	bool is_streamed; /* not in memory: fd stays open */
	unsigned int users;
	unsigned int tries;
	struct fileid id;
	int fd; /* -1: closed */
	uint64_t checked_ns;
	struct reader_job job;
	struct file_want *wants;
	struct chunk **chunks; /* the contents, unless streamed */
	size_t chunk_count, loaded;
	uint64_t hash;
	char path[];
};

struct files {
	struct slab slab;
	struct reader *reader;
	struct file **buckets;
	size_t mask;
	struct file *oldest, *newest;
	size_t count, max; /* of struct file, the old versions too */
	uint64_t largest;  /* bytes of a file that is kept in memory */
	uint64_t now;      /* set by the server at each turn */
	uint64_t fresh_ns;
	uint64_t basis; /* of the hash */
	uint64_t hits, misses, evicted;
};

/** @return 0 or a negative errno. The thread that will use it. */
int files_init(struct files *files, const struct files_config *config);

/** When the stack is gone, and with it all that it had to send. */
void files_free(struct files *files);

/**
 * Ask for a file by its path below the root; one with a slash at its end is a folder's index.html.
 *
 * @return 1: want->file is there; 0: want->ready will be called, by reader_collect; -ENFILE: too many at once; -ENOMEM
 */
int files_get(struct files *files, const char *path, struct file_want *want);

/** It is not waited for any more. */
void files_cancel(struct file_want *want);

/** Done with the file. */
void files_put(struct file *file);

/** Forget files nobody uses until `chunks` are free. @return false: so many cannot be had now. */
bool files_make_room(struct files *files, size_t chunks);

PLN_C_END

#endif
