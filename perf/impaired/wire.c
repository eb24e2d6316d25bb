/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two packet sockets, a heap of frames by the time they are due, one thread. Frames carry the kernel's time of arrival, so that a wire
 * that is read late still gives each frame the fate and the time it would have had; only what is delivered late is late, and how much that
 * was is counted. While frames are under way nobody wakes the wire but the next of them: arrivals are read often enough, every half of the
 * shorter delay, and many at once. A wake-up costs more than a frame, so what is due within a fortieth of the delay goes along.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire_options.h"

#define BURST         64U
#define SLOT_BYTES    2048U
#define SOCKET_BYTES  (64 << 20)
#define PERIOD_MAX_NS 500000U /* the longest time that arrivals are not looked at */
#define EARLY_MAX_NS  100000U /* that a frame may go with the one before it */
#define WAKE_NS       12000U  /* a sleep ends so much late, about: it is asked to end before */
#define PRIORITY      10      /* of SCHED_FIFO */
#define LATE_BUCKETS  40U     /* by powers of two nanoseconds */
#define NS_PER_S      1000000000U

struct frame {
	uint64_t due_ns, number; /* number: what came first goes first */
	enum wire_way way;
	uint32_t len;
	uint8_t bytes[];
};

struct lateness {
	uint64_t frames, beyond, sum_ns, max_ns;
	uint64_t bucket[LATE_BUCKETS];
};

struct wire {
	struct wire_options o;
	struct impair way[WAYS];
	int fd[WAYS]; /* of the interface where frames of that way come in */
	struct frame **heap;
	size_t held, room;
	uint64_t numbers, too_long, refused;
	uint64_t period_ns, early_ns;
	struct lateness late;
	bool is_realtime;
	struct mmsghdr in[BURST], out[BURST];
	struct iovec in_iov[BURST], out_iov[BURST];
	struct frame *going[BURST];
	uint8_t slots[BURST][SLOT_BYTES];
	char control[BURST][CMSG_SPACE(sizeof(struct timespec))];
};

static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

_Noreturn static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* ---------------------------------------------------------------------------------------------------- frames under way */

static bool
is_before(const struct frame *a, const struct frame *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

static void
heap_push(struct wire *w, struct frame *f)
{
	size_t i = w->held++;

	if (w->held > w->room) {
		w->room = w->room * 2 + 1024;
		w->heap = realloc(w->heap, w->room * sizeof(struct frame *));
		if (w->heap == NULL)
			fail("perf_wire");
	}
	for (; i > 0 && is_before(f, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = f;
}

static struct frame *
heap_pop(struct wire *w)
{
	struct frame *first = w->heap[0], *last = w->heap[--w->held];
	size_t i = 0;

	for (size_t child = 1; child < w->held; child = 2 * i + 1) {
		if (child + 1 < w->held && is_before(w->heap[child + 1], w->heap[child]))
			child++;
		if (!is_before(w->heap[child], last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return first;
}

/* ---------------------------------------------------------------------------------------------------- frames come in */

static void
take_frame(struct wire *w, enum wire_way way, uint64_t now, unsigned int slot)
{
	uint32_t len = w->in[slot].msg_len;
	struct impair_fate fate;

	if (len > IMPAIR_FRAME_MAX || (w->in[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		w->too_long++;
		return;
	}
	fate = impair_frame(&w->way[way], now, w->slots[slot], len);
	for (unsigned int i = 0; i < fate.copies; i++) {
		struct frame *f = malloc(sizeof(*f) + len);

		if (f == NULL)
			fail("perf_wire");
		f->due_ns = fate.due_ns[i];
		f->number = w->numbers++;
		f->way = way;
		f->len = len;
		memcpy(f->bytes, w->slots[slot], len);
		heap_push(w, f);
	}
}

/* When the kernel saw it, on the clock that does not jump. */
static uint64_t
arrival(struct msghdr *msg, uint64_t ahead)
{
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec - ahead;
	}
	return clock_ns(CLOCK_MONOTONIC);
}

static void
receive(struct wire *w, enum wire_way way)
{
	uint64_t ahead = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	int n = (int)BURST;

	while (n == (int)BURST) {
		for (unsigned int i = 0; i < BURST; i++)
			w->in[i].msg_hdr.msg_controllen = sizeof(w->control[i]);
		n = recvmmsg(w->fd[way], w->in, BURST, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			take_frame(w, way, arrival(&w->in[i].msg_hdr, ahead), (unsigned int)i);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
		fail("perf_wire: receiving");
}

/* ---------------------------------------------------------------------------------------------------- frames go out */

static void
note_lateness(struct wire *w, uint64_t now, uint64_t due_ns)
{
	uint64_t late_ns = now > due_ns ? now - due_ns : 0;
	unsigned int bucket = late_ns == 0 ? 0 : 64U - (unsigned int)__builtin_clzl(late_ns);

	w->late.frames++;
	w->late.sum_ns += late_ns;
	w->late.beyond += late_ns > w->o.tolerance_ns;
	if (late_ns > w->late.max_ns)
		w->late.max_ns = late_ns;
	w->late.bucket[bucket < LATE_BUCKETS ? bucket : LATE_BUCKETS - 1]++;
}

static void
transmit(struct wire *w, enum wire_way way, unsigned int count)
{
	unsigned int sent = 0;

	for (unsigned int i = 0; i < count; i++)
		w->out_iov[i] = (struct iovec){ w->going[i]->bytes, w->going[i]->len };
	while (sent < count) {
		int n = sendmmsg(w->fd[way == WAY_THERE ? WAY_BACK : WAY_THERE], w->out + sent,
		                 count - sent, 0);

		if (n < 0 && errno == EINTR)
			continue;
		w->refused += n < 0;
		sent += n < 0 ? 1U : (unsigned int)n;
	}
	for (unsigned int i = 0; i < count; i++)
		free(w->going[i]);
}

/* What is due goes out; neighbours of one way together. */
static void
deliver(struct wire *w)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	enum wire_way way = WAY_THERE;
	unsigned int count = 0;

	while (w->held > 0 && w->heap[0]->due_ns <= now + w->early_ns) {
		if (count == BURST || (count > 0 && w->heap[0]->way != way)) {
			transmit(w, way, count);
			count = 0;
			now = clock_ns(CLOCK_MONOTONIC);
		}
		way = w->heap[0]->way;
		w->going[count] = heap_pop(w);
		note_lateness(w, now, w->going[count]->due_ns);
		count++;
	}
	if (count > 0)
		transmit(w, way, count);
}

/* Until the next frame is due; where it is far off, or none is, a new arrival ends the wait. */
static void
rest(struct wire *w, uint64_t end_ns)
{
	struct pollfd fds[WAYS] = { { w->fd[WAY_THERE], POLLIN, 0 },
		                    { w->fd[WAY_BACK], POLLIN, 0 } };
	uint64_t now = clock_ns(CLOCK_MONOTONIC), wait_ns = end_ns > now ? end_ns - now : 0;
	struct timespec t;

	if (w->held > 0) {
		uint64_t due = w->heap[0]->due_ns - (w->early_ns < WAKE_NS ? w->early_ns : WAKE_NS);

		if (due <= now)
			return;
		if (due - now < wait_ns)
			wait_ns = due - now;
	}
	if (wait_ns > NS_PER_S / 10)
		wait_ns = NS_PER_S / 10;
	t = (struct timespec){ (time_t)(wait_ns / NS_PER_S), (long)(wait_ns % NS_PER_S) };
	(void)ppoll(fds, wait_ns <= w->period_ns ? 0 : WAYS, &t, NULL);
}

static void
run(struct wire *w)
{
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t end = w->o.duration_ns > 0 ? begin + w->o.duration_ns : UINT64_MAX;

	w->way[WAY_THERE].begin_ns = w->way[WAY_BACK].begin_ns = begin;
	while (!stopped && clock_ns(CLOCK_MONOTONIC) < end) {
		receive(w, WAY_THERE);
		receive(w, WAY_BACK);
		deliver(w);
		rest(w, end);
	}
}

/* ---------------------------------------------------------------------------------------------------- before and after */

static int
open_interface(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	const struct packet_mreq all = { .mr_ifindex = (int)if_nametoindex(name),
		                         .mr_type = PACKET_MR_PROMISC };
	const int one = 1, bytes = SOCKET_BYTES;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	at.sll_ifindex = all.mr_ifindex;
	if (at.sll_ifindex == 0)
		fail(name);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		fail(name);
	return fd;
}

static void
prepare(struct wire *w)
{
	const struct sched_param priority = { .sched_priority = PRIORITY };
	uint64_t shorter = UINT64_MAX;

	for (unsigned int i = 0; i < BURST; i++) {
		w->in_iov[i] = (struct iovec){ w->slots[i], SLOT_BYTES };
		w->in[i].msg_hdr = (struct msghdr){ .msg_iov = &w->in_iov[i],
			                            .msg_iovlen = 1,
			                            .msg_control = w->control[i] };
		w->out[i].msg_hdr = (struct msghdr){ .msg_iov = &w->out_iov[i], .msg_iovlen = 1 };
	}
	for (unsigned int way = 0; way < WAYS; way++) {
		uint64_t delay = w->o.way[way].delay_ns;

		w->fd[way] = open_interface(w->o.interface[way]);
		impair_init(&w->way[way], &w->o.way[way], (w->o.seed << 8) + (uint64_t)way * 16);
		if (delay < shorter)
			shorter = delay;
	}
	w->period_ns = shorter / 2 < PERIOD_MAX_NS ? shorter / 2 : PERIOD_MAX_NS;
	w->early_ns = shorter / 40 < EARLY_MAX_NS ? shorter / 40 : EARLY_MAX_NS;
	w->is_realtime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
}

static double
late_percentile(const struct lateness *late, double part)
{
	uint64_t seen = 0;
	unsigned int i = 0;

	while (i < LATE_BUCKETS - 1 &&
	       (double)(seen += late->bucket[i]) < part * (double)late->frames)
		i++;
	return (double)(1UL << i) / 1e3;
}

static void
report_way(FILE *out, const char *name, const struct impair_stats *s)
{
	(void)fprintf(out,
	              ",\n\"%s\": {\"arrived\": %lu, \"arrived_bytes\": %lu, \"hole\": %lu, "
	              "\"lost\": %lu, \"full\": %lu, \"marked\": %lu, \"reordered\": %lu, "
	              "\"duplicated\": %lu, \"corrupted\": %lu, \"passed\": %lu, \"passed_bytes\": "
	              "%lu, \"mean_wait_us\": %.1f, \"waiting_max_bytes\": %lu}",
	              name, s->arrived, s->arrived_bytes, s->hole, s->lost, s->full, s->marked,
	              s->reordered, s->duplicated, s->corrupted, s->passed, s->passed_bytes,
	              s->passed > 0 ? (double)s->waited_ns / 1e3 / (double)s->passed : 0,
	              s->waiting_max_bytes);
}

/* Arrivals that the kernel had no room to keep for us: there must be none. */
static unsigned int
overrun(const struct wire *w)
{
	unsigned int lost = 0;

	for (unsigned int way = 0; way < WAYS; way++) {
		struct tpacket_stats stats = { 0 };
		socklen_t len = sizeof(stats);

		if (getsockopt(w->fd[way], SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
			lost += stats.tp_drops;
	}
	return lost;
}

static void
report(const struct wire *w)
{
	FILE *out = w->o.json != NULL ? fopen(w->o.json, "w") : stdout;
	const struct lateness *late = &w->late;
	struct rusage used = { 0 };

	if (out == NULL)
		fail(w->o.json);
	(void)getrusage(RUSAGE_SELF, &used);
	(void)fprintf(out,
	              "{\"program\": \"perf_wire\", \"seed\": %lu, \"seconds\": %.3f, "
	              "\"cpu_seconds\": %.3f, \"realtime\": %s, \"overrun\": %u, \"refused\": %lu, "
	              "\"too_long\": %lu, \"under_way\": %zu,\n\"late\": {\"frames\": %lu, "
	              "\"mean_us\": %.2f, \"p99_us\": %.1f, \"max_us\": %.1f, \"tolerance_us\": "
	              "%.1f, \"beyond\": %lu}",
	              w->o.seed,
	              (double)(clock_ns(CLOCK_MONOTONIC) - w->way[WAY_THERE].begin_ns) / 1e9,
	              (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	                      (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
	              w->is_realtime ? "true" : "false", overrun(w), w->refused, w->too_long,
	              w->held, late->frames,
	              late->frames > 0 ? (double)late->sum_ns / 1e3 / (double)late->frames : 0,
	              late_percentile(late, 0.99), (double)late->max_ns / 1e3,
	              (double)w->o.tolerance_ns / 1e3, late->beyond);
	report_way(out, "there", &w->way[WAY_THERE].stats);
	report_way(out, "back", &w->way[WAY_BACK].stats);
	(void)fputs("}\n", out);
	if (out != stdout)
		(void)fclose(out);
}

int
main(int argc, char **argv)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fail("perf_wire");
	wire_options_parse(&w->o, argc, argv);
	prepare(w);
	(void)signal(SIGINT, stop);
	(void)signal(SIGTERM, stop);
	(void)fputs("* serving\n", stderr);
	run(w);
	report(w);
	while (w->held > 0)
		free(heap_pop(w));
	free(w->heap);
	free(w);
	return 0;
}
