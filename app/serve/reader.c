/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two rings and a semaphore. A version of a file is (dev, inode, size, modification time): it is looked at when the file is
 * opened and again behind each read, so bytes of two versions never count as one. A write within the clock tick of the look
 * would not move the time; so a file that was written to a moment ago is left alone until that moment has passed. Contents
 * are read, not mapped: a file that shrinks gives a short read, where a mapping would give SIGBUS.
 */
#include "serve/reader.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/spsc.h"
#include "serve/beneath.h"

#define SETTLE_NS (20 * PLN_NS_PER_MS) /* two ticks of the coarsest kernel clock */
#define SETTLES   5
#define INDEX     "index.html"

struct reader {
	int root;
	bool running;
	struct spsc *todo; /* struct reader_job *; NULL ends the thread */
	struct spsc *done;
	sem_t work; /* posted for each in todo */
	pthread_t thread;
	size_t pending;
	size_t jobs;
};

bool
fileid_equal(const struct fileid *a, const struct fileid *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->modified_ns == b->modified_ns;
}

static int
look(int fd, struct fileid *id)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	id->dev = st.st_dev;
	id->ino = st.st_ino;
	id->size = (uint64_t)st.st_size;
	id->modified_ns = (int64_t)st.st_mtim.tv_sec * (int64_t)PLN_NS_PER_S + st.st_mtim.tv_nsec;
	return 0;
}

/* Was it written to so lately that another write might not show? */
static bool
is_settled(const struct fileid *id)
{
	struct timespec t;
	int64_t now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &t);
	now = (int64_t)t.tv_sec * (int64_t)PLN_NS_PER_S + t.tv_nsec;
	return id->modified_ns < now - (int64_t)SETTLE_NS ||
	       id->modified_ns > now + (int64_t)SETTLE_NS;
}

static int
look_settled(int fd, struct fileid *id)
{
	for (int i = 0; i < SETTLES; i++) {
		int ret = look(fd, id);

		if (ret < 0 || is_settled(id))
			return ret;
		(void)nanosleep(&(struct timespec){ .tv_nsec = (long)SETTLE_NS }, NULL);
	}
	return -EBUSY;
}

static void
do_open(const struct reader *reader, struct reader_job *job)
{
	size_t len = strlen(job->path);
	bool is_folder = len == 0 || job->path[len - 1] == '/';
	char path[4096 + sizeof(INDEX)];
	int fd;

	job->fd = -1;
	if (len >= 4096) {
		job->result = -ENAMETOOLONG;
		return;
	}
	(void)snprintf(path, sizeof(path), "%s%s", job->path, is_folder ? INDEX : "");
	fd = beneath_open(reader->root, path);
	job->result = fd < 0 ? fd : look_settled(fd, &job->id);
	if (fd < 0)
		return;
	if (job->result < 0 || (job->known.ino != 0 && fileid_equal(&job->id, &job->known)))
		(void)close(fd);
	else
		job->fd = fd;
}

/* All of it; what a file has lost meanwhile is missed. */
static int
read_all(const struct reader_job *job)
{
	struct iovec iov[READER_CHUNKS];
	size_t at = 0;

	while (at < job->len) {
		int count = 0;
		ssize_t n;

		for (size_t p = at; p < job->len; count++) {
			size_t part = SLAB_CHUNK - p % SLAB_CHUNK;

			part = part < job->len - p ? part : job->len - p;
			iov[count].iov_base = job->chunk[p / SLAB_CHUNK]->data + p % SLAB_CHUNK;
			iov[count].iov_len = part;
			p += part;
		}
		n = preadv(job->fd, iov, count, (off_t)(job->offset + at));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ESTALE;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void
do_read(struct reader_job *job)
{
	struct fileid id = { 0 };

	job->result = read_all(job);
	if (job->result == 0)
		job->result = look(job->fd, &id);
	if (job->result == 0 && !fileid_equal(&id, &job->id))
		job->result = -ESTALE;
	if (job->closes || (job->closes_failed && job->result < 0)) {
		(void)close(job->fd);
		job->fd = -1;
	}
}

static void
do_job(const struct reader *reader, struct reader_job *job)
{
	switch (job->verb) {
	case READER_OPEN:
		do_open(reader, job);
		return;
	case READER_READ:
		do_read(job);
		return;
	case READER_CLOSE:
		job->result = close(job->fd) < 0 ? -errno : 0;
		job->fd = -1;
		return;
	}
}

static void *
work(void *arg)
{
	struct reader *reader = arg;

	for (;;) {
		struct reader_job *job;
		bool is_put;

		while (sem_wait(&reader->work) != 0) {
		}
		if (!spsc_take(reader->todo, &job))
			continue;
		if (job == NULL)
			return NULL;
		do_job(reader, job);
		is_put = spsc_put(reader->done, &job);
		assert(is_put);
		(void)is_put;
	}
}

static int
start(struct reader *reader, const struct reader_config *config)
{
	pthread_attr_t attr;
	int ret;

	if (!config->threaded)
		return 0;
	(void)pthread_attr_init(&attr);
	if (config->cpus != NULL)
		(void)pthread_attr_setaffinity_np(&attr, sizeof(*config->cpus), config->cpus);
	ret = pthread_create(&reader->thread, &attr, work, reader);
	(void)pthread_attr_destroy(&attr);
	reader->running = ret == 0;
	return -ret;
}

int
reader_create(const struct reader_config *config, struct reader **out)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	size_t slots = 1;
	int ret;

	if (reader == NULL)
		return -ENOMEM;
	while (slots < config->jobs + 1)
		slots *= 2;
	reader->root = config->root;
	reader->jobs = config->jobs;
	(void)sem_init(&reader->work, 0, 0);
	reader->todo = spsc_create(slots, sizeof(struct reader_job *));
	reader->done = spsc_create(slots, sizeof(struct reader_job *));
	ret = reader->todo == NULL || reader->done == NULL ? -ENOMEM : start(reader, config);
	if (ret < 0) {
		reader_destroy(reader);
		return ret;
	}
	*out = reader;
	return 0;
}

void
reader_put(struct reader *reader, struct reader_job *job)
{
	bool is_put;

	assert(reader->pending < reader->jobs);
	is_put = spsc_put(reader->todo, &job);
	assert(is_put);
	(void)is_put;
	reader->pending++;
	if (reader->running)
		(void)sem_post(&reader->work);
}

/* Without a thread, what was put is done here; what that puts in turn waits for the next time. */
static void
do_waiting(struct reader *reader)
{
	struct reader_job *job;

	for (size_t n = reader->pending; n > 0 && spsc_take(reader->todo, &job); n--) {
		do_job(reader, job);
		(void)spsc_put(reader->done, &job);
	}
}

unsigned int
reader_collect(struct reader *reader)
{
	struct reader_job *job;
	unsigned int count = 0;

	if (reader->pending == 0)
		return 0;
	if (!reader->running)
		do_waiting(reader);
	while (spsc_take(reader->done, &job)) {
		reader->pending--;
		count++;
		job->done(job);
	}
	return count;
}

size_t
reader_pending(const struct reader *reader)
{
	return reader->pending;
}

void
reader_stop(struct reader *reader)
{
	struct reader_job *end = NULL;

	if (!reader->running)
		return;
	(void)spsc_put(reader->todo, &end);
	(void)sem_post(&reader->work);
	(void)pthread_join(reader->thread, NULL);
	reader->running = false;
}

void
reader_destroy(struct reader *reader)
{
	if (reader == NULL)
		return;
	reader_stop(reader);
	(void)sem_destroy(&reader->work);
	spsc_destroy(reader->todo);
	spsc_destroy(reader->done);
	free(reader);
}
