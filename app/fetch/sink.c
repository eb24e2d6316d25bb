/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer's thread: takes items off a ring, gathers those of one file into one pwritev2(2), tells how far it got. It is
 * cancelled only inside a system call, so an interrupted program does not wait for a pipe that nobody reads.
 */
#include "fetch/sink.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "fetch/ring.h"

#define RING_ITEMS 1024
#define BATCH      64

struct sink {
	struct ring *ring;
	pthread_t thread;
	sem_t work;    /* posted for each item */
	uint64_t put;  /* items put so far; the putting thread's own */
	int64_t place; /* where in its file the next one goes, -1: where that stands; its own, too */
	atomic_uint_fast64_t done; /* items done with */
	atomic_uint_fast64_t position;
	atomic_int error;
};

/* Writes all of it, at `offset` unless that is -1. @return 0 or errno. */
static int
write_all(int fd, struct iovec *iov, int count, int64_t offset)
{
	while (count > 0) {
		ssize_t n = pwritev2(fd, iov, count, (off_t)offset, 0);

		if (n < 0 && errno == EAGAIN)
			(void)poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (n < 0 && errno != EINTR)
			return errno;
		if (n < 0)
			continue;
		if (offset >= 0)
			offset += n;
		while (count > 0 && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* How many of the items go to the file of the first one, each behind the one before? */
static size_t
same_file(const struct ring_item *items, size_t count)
{
	size_t n = 1;

	while (n < count && items[n].fd == items[0].fd &&
	       items[n].offset ==
	               (items[0].offset < 0 ? -1 : items[n - 1].offset + (int64_t)items[n - 1].len))
		n++;
	return n;
}

static void
write_items(struct sink *sink, const struct ring_item *items, size_t count)
{
	struct iovec iov[BATCH];
	int error;

	if (items[0].fd < 0 || atomic_load(&sink->error) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		/* writev only reads: the const is cast away by copying the pointer. */
		memcpy(&iov[i].iov_base, &items[i].data, sizeof(items[i].data));
		iov[i].iov_len = items[i].len;
	}
	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	error = write_all(items[0].fd, iov, (int)count, items[0].offset);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	if (error != 0)
		atomic_store(&sink->error, error);
}

static void
wait_for_work(struct sink *sink)
{
	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	while (sem_wait(&sink->work) != 0) {
	}
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
}

static void *
run(void *arg)
{
	struct sink *sink = arg;
	struct ring_item items[BATCH];

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	for (;;) {
		size_t count = ring_peek(sink->ring, items, BATCH);

		if (count == 0) {
			wait_for_work(sink);
			continue;
		}
		count = same_file(items, count);
		write_items(sink, items, count);
		ring_drop(sink->ring, count);
		atomic_store(&sink->position, items[count - 1].end);
		atomic_fetch_add(&sink->done, count);
	}
	return NULL;
}

/* The caller may be tied to a processor that it polls on; the thread is not. */
static int
start_thread(struct sink *sink, const cpu_set_t *cpus)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret != 0)
		return ret;
	if (cpus != NULL)
		(void)pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	ret = pthread_create(&sink->thread, &attr, run, sink);
	(void)pthread_attr_destroy(&attr);
	return ret;
}

int
sink_create(struct sink **out, const cpu_set_t *cpus)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int ret;

	if (sink == NULL)
		return -ENOMEM;
	sink->ring = ring_create(RING_ITEMS);
	if (sink->ring == NULL) {
		free(sink);
		return -ENOMEM;
	}
	(void)sem_init(&sink->work, 0, 0);
	sink->place = -1;
	ret = start_thread(sink, cpus);
	if (ret != 0) {
		ring_destroy(sink->ring);
		free(sink);
		return -ret;
	}
	*out = sink;
	return 0;
}

void
sink_destroy(struct sink *sink)
{
	if (sink == NULL)
		return;
	(void)pthread_cancel(sink->thread);
	(void)pthread_join(sink->thread, NULL);
	(void)sem_destroy(&sink->work);
	ring_destroy(sink->ring);
	free(sink);
}

size_t
sink_room(const struct sink *sink)
{
	return ring_room(sink->ring);
}

void
sink_put(struct sink *sink, int fd, const void *data, size_t len, uint64_t end)
{
	const struct ring_item item = { data, len, end, fd, sink->place };
	bool is_put = ring_put(sink->ring, &item);

	assert(is_put);
	(void)is_put;
	sink->put++;
	if (sink->place >= 0)
		sink->place += (int64_t)len;
	(void)sem_post(&sink->work);
}

void
sink_place(struct sink *sink, int64_t offset)
{
	sink->place = offset;
}

uint64_t
sink_position(const struct sink *sink)
{
	return atomic_load(&sink->position);
}

bool
sink_is_idle(const struct sink *sink)
{
	return atomic_load(&sink->done) == sink->put;
}

int
sink_error(const struct sink *sink)
{
	return atomic_load(&sink->error);
}

void
sink_reset(struct sink *sink)
{
	assert(sink_is_idle(sink));
	sink->place = -1;
	atomic_store(&sink->position, 0);
	atomic_store(&sink->error, 0);
}
