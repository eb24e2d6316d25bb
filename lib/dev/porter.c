/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread, and rings with one writer and one reader. Frames go back to the lcore that they came from to be freed there: a thread that
 * is not bound to a CPU may be stopped in the middle of returning a buffer to an lcore's pool, and all lcores would wait for it. For the
 * same reason the kernel's frames have a pool of which it alone takes.
 *
 * It sleeps in poll() when there is nothing to do. Whoever hands frames over wakes it: the frame is in the ring before `asleep` is read,
 * and `asleep` is set before the rings are looked at, so that none is forgotten.
 */
#include "dev/porter.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "dev/mbuf.h"
#include "dev/porter_frame.h"
#include "dev/ring.h"

#define CACHE_LINE 64U
#define BURST      32U
#define FRAME_HEAD 18U  /* Ethernet header with a tag */
#define LOOK_MS    1000 /* between two looks at the link */
#define FULL_MS    1    /* until the wire is looked at again */

struct lane {
	struct pln_porter *porter;
	struct rte_ring *out;  /* the lcore writes, the thread reads */
	struct rte_ring *done; /* the other way round: frames to be freed */
	struct pln_link link;
} __rte_cache_aligned;

struct pln_porter {
	struct pln_porter_config config;
	struct lane *lanes;
	struct rte_ring *in; /* the thread writes, lane 0 reads */
	int wake_fd;
	pthread_t thread;
	bool running;
	bool asleep, stop; /* atomic */
	/* the thread's own */
	struct rte_mbuf *spare; /* to read into */
	bool gone;              /* somebody deleted the tap */
	uint64_t looked_ns;
	struct pln_porter_counts counts; /* atomic */
};

/* ------------------------------------------------------------------------------------------------ an lcore's side */

static void
free_done(struct lane *lane)
{
	struct rte_mbuf *frames[BURST];
	unsigned int n = rte_ring_sc_dequeue_burst(lane->done, (void **)frames, BURST, NULL);

	rte_pktmbuf_free_bulk(frames, n);
}

static uint16_t
lane_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct lane *lane = ctx;

	free_done(lane);
	if (lane != lane->porter->lanes)
		return 0;
	return (uint16_t)rte_ring_sc_dequeue_burst(lane->porter->in, (void **)frames, n, NULL);
}

static void
wake_thread(struct pln_porter *porter)
{
	const uint64_t one = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* The write can only fail when the counter is full: then it is awake. */
	if (__atomic_load_n(&porter->asleep, __ATOMIC_RELAXED) &&
	    write(porter->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static uint16_t
lane_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct lane *lane = ctx;
	unsigned int took = rte_ring_sp_enqueue_burst(lane->out, (void **)frames, n, NULL);

	if (took > 0)
		wake_thread(lane->porter);
	return (uint16_t)took;
}

/* ------------------------------------------------------------------------------------------------ the thread's side */

static void
count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static unsigned int
carry_out(struct pln_porter *porter, struct lane *lane)
{
	struct rte_mbuf *frames[BURST];
	unsigned int i, written = 0, room = rte_ring_free_count(lane->done);
	unsigned int n =
		rte_ring_sc_dequeue_burst(lane->out, (void **)frames, RTE_MIN(room, BURST), NULL);

	for (i = 0; i < n; i++)
		written += pln_porter_frame_write(porter->config.fd, frames[i]);
	rte_ring_sp_enqueue_bulk(lane->done, (void *const *)frames, n, NULL);
	count(&porter->counts.written, written);
	count(&porter->counts.refused, n - written);
	return n;
}

/* The next frame of the kernel's; NULL: there is none, or no buffer for it. */
static struct rte_mbuf *
read_frame(struct pln_porter *porter)
{
	uint32_t longest = porter->config.port.mtu + FRAME_HEAD;
	struct rte_mbuf *m = porter->spare;
	ssize_t len;

	if (m == NULL)
		m = porter->spare = pln_mbuf_alloc(porter->config.pool);
	while (m != NULL) {
		len = read(porter->config.fd, rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m));
		if (len <= 0)
			return NULL;
		if (len > longest) {
			count(&porter->counts.too_long, 1);
			continue;
		}
		m->data_len = (uint16_t)len;
		m->pkt_len = (uint32_t)len;
		porter->spare = NULL;
		break;
	}
	return m;
}

static unsigned int
carry_in(struct pln_porter *porter)
{
	struct rte_mbuf *frames[BURST];
	unsigned int n = 0, room = RTE_MIN(rte_ring_free_count(porter->in), BURST);

	while (n < room && !porter->gone) {
		frames[n] = read_frame(porter);
		if (frames[n] == NULL)
			break;
		n++;
	}
	if (n == 0)
		return 0;
	rte_ring_sp_enqueue_bulk(porter->in, (void *const *)frames, n, NULL);
	count(&porter->counts.read, n);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (porter->config.wake != NULL)
		porter->config.wake(porter->config.ctx);
	return n;
}

unsigned int
pln_porter_turn(struct pln_porter *porter)
{
	unsigned int i, n = 0;

	for (i = 0; i < porter->config.lanes; i++)
		n += carry_out(porter, &porter->lanes[i]);
	return n + carry_in(porter);
}

/* How long to sleep: not while an lcore has handed something over, a moment while one does not take its buffers back. */
static int
patience_ms(const struct pln_porter *porter, int longest)
{
	int ms = __atomic_load_n(&porter->stop, __ATOMIC_RELAXED) ? 0 : longest;

	for (unsigned int i = 0; i < porter->config.lanes; i++) {
		if (rte_ring_empty(porter->lanes[i].out))
			continue;
		if (!rte_ring_full(porter->lanes[i].done))
			return 0;
		ms = RTE_MIN(ms, FULL_MS);
	}
	return ms;
}

/* Until there is something to carry. The kernel's frames are no news while the wire, or the pool, takes none. */
static void
wait_for_work(struct pln_porter *porter)
{
	bool takes = !rte_ring_full(porter->in) && porter->spare != NULL;
	struct pollfd fds[] = {
		{ .fd = porter->wake_fd, .events = POLLIN },
		{ .fd = takes && !porter->gone ? porter->config.fd : -1, .events = POLLIN },
	};
	uint64_t writes;

	__atomic_store_n(&porter->asleep, true, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	poll(fds, PLN_ARRAY_LEN(fds), patience_ms(porter, takes ? LOOK_MS : FULL_MS));
	__atomic_store_n(&porter->asleep, false, __ATOMIC_RELAXED);
	if ((fds[0].revents & POLLIN) != 0 && read(porter->wake_fd, &writes, sizeof(writes)) < 0)
		return;
	porter->gone |= (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

static void
look_after(struct pln_porter *porter)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * PLN_NS_PER_S + (uint64_t)ts.tv_nsec;
	if (porter->config.look_after == NULL || now - porter->looked_ns < LOOK_MS * PLN_NS_PER_MS)
		return;
	porter->looked_ns = now;
	porter->config.look_after(porter->config.ctx);
}

static void *
work(void *arg)
{
	struct pln_porter *porter = arg;

	while (!__atomic_load_n(&porter->stop, __ATOMIC_ACQUIRE)) {
		if (pln_porter_turn(porter) == 0)
			wait_for_work(porter);
		look_after(porter);
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------ life */

static struct rte_ring *
make_ring(void)
{
	return pln_ring_create(PLN_PORTER_RING, sizeof(struct rte_mbuf *),
	                       RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int
make_lane(struct pln_porter *porter, struct lane *lane)
{
	lane->porter = porter;
	lane->out = make_ring();
	lane->done = make_ring();
	lane->link = (struct pln_link){
		.rx = lane_rx,
		.tx = lane_tx,
		.ctx = lane,
		.mac = porter->config.port.mac,
		.mtu = porter->config.port.mtu,
	};
	return lane->out != NULL && lane->done != NULL ? 0 : -ENOMEM;
}

static int
furnish(struct pln_porter *porter)
{
	size_t bytes = porter->config.lanes * sizeof(*porter->lanes);
	int rc = 0;

	porter->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (porter->wake_fd < 0)
		return -errno;
	porter->in = make_ring();
	if (posix_memalign((void **)&porter->lanes, CACHE_LINE, bytes) != 0)
		porter->lanes = NULL;
	if (porter->in == NULL || porter->lanes == NULL)
		return -ENOMEM;
	memset(porter->lanes, 0, bytes);
	for (unsigned int i = 0; i < porter->config.lanes && rc == 0; i++)
		rc = make_lane(porter, &porter->lanes[i]);
	return rc;
}

int
pln_porter_create(const struct pln_porter_config *config, struct pln_porter **out)
{
	struct pln_porter *porter = calloc(1, sizeof(*porter));
	int rc;

	if (porter == NULL)
		return -ENOMEM;
	porter->config = *config;
	rc = furnish(porter);
	if (rc != 0) {
		pln_porter_destroy(porter);
		return rc;
	}
	*out = porter;
	return 0;
}

const struct pln_link *
pln_porter_link(const struct pln_porter *porter, unsigned int lane)
{
	return &porter->lanes[lane].link;
}

/* Signals are the program's: none is delivered to the thread. */
int
pln_porter_start(struct pln_porter *porter)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int rc;

	pthread_attr_init(&attr);
	if (porter->config.cpus != NULL)
		pthread_attr_setaffinity_np(&attr, sizeof(*porter->config.cpus),
		                            porter->config.cpus);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&porter->thread, &attr, work, porter);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	porter->running = rc == 0;
	if (porter->running)
		pthread_setname_np(porter->thread, "pollen-share");
	return -rc;
}

void
pln_porter_stop(struct pln_porter *porter)
{
	if (!porter->running)
		return;
	__atomic_store_n(&porter->stop, true, __ATOMIC_RELEASE);
	wake_thread(porter);
	pthread_join(porter->thread, NULL);
	porter->running = false;
}

struct pln_porter_counts
pln_porter_counts(const struct pln_porter *porter)
{
	const struct pln_porter_counts *from = &porter->counts;

	return (struct pln_porter_counts){
		.written = __atomic_load_n(&from->written, __ATOMIC_RELAXED),
		.read = __atomic_load_n(&from->read, __ATOMIC_RELAXED),
		.refused = __atomic_load_n(&from->refused, __ATOMIC_RELAXED),
		.too_long = __atomic_load_n(&from->too_long, __ATOMIC_RELAXED),
	};
}

void
pln_porter_destroy(struct pln_porter *porter)
{
	if (porter == NULL)
		return;
	pln_porter_stop(porter);
	for (unsigned int i = 0; porter->lanes != NULL && i < porter->config.lanes; i++) {
		pln_ring_free_frames(porter->lanes[i].out);
		pln_ring_free_frames(porter->lanes[i].done);
	}
	free(porter->lanes);
	pln_ring_free_frames(porter->in);
	rte_pktmbuf_free(porter->spare);
	if (porter->wake_fd >= 0)
		close(porter->wake_fd);
	free(porter);
}
