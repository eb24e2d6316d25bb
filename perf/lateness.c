/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How late do timers run, and what does waiting for them cost? A host whose stack has nothing but timers: connections to a neighbour that
 * never answers, opened 5 ms apart, each sending its SYN again after 1, 3 and 7 seconds.
 *     perf_lateness POLL(1 busy, 2 adaptive, 3 interrupt) EAL-ARGS...
 *     perf_lateness 0     the machine's own: a thread that sleeps for a millisecond again and again, without a stack
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <pollen/host.h>
#include <pollen/tcp.h>

#define CONNS  200
#define GAP_NS (5 * PLN_NS_PER_MS)
#define END_NS (9 * PLN_NS_PER_S)
#define LATE   65536

struct lateness {
	uint64_t late[LATE];
	size_t count;
};

static uint64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * PLN_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
open_one(struct pln_stack *stack)
{
	struct pln_tcp_open_args args = { .size = sizeof(args) };
	uint64_t conn;

	(void)pln_addr_parse("192.0.2.2", &args.remote.addr);
	args.remote.port = 80;
	(void)pln_tcp_open(stack, &args, &conn);
}

static void
run(struct pln_host *host, struct lateness *out)
{
	struct pln_stack *stack = pln_host_stack(host, 0);
	uint64_t begin = pln_host_now(host), now = begin, next = PLN_NEVER;
	unsigned int idle = 0, opened = 0;
	struct pln_event events[16];

	while (now < begin + END_NS) {
		now = pln_host_now(host);
		if (next <= now && idle > 0 && out->count < LATE)
			out->late[out->count++] = now - next;
		idle = pln_stack_poll(stack, now) == 0 ? idle + 1 : 0;
		(void)pln_stack_events(stack, events, 16);
		if (opened < CONNS && now >= begin + opened * GAP_NS) {
			open_one(stack);
			opened++;
		}
		(void)pln_stack_flush(stack, pln_host_now(host));
		next = pln_stack_next(stack);
		pln_host_relax(host, stack, idle);
	}
}

static uint64_t
clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * PLN_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* As promptly as an lcore that sleeps asks for (host/idle). */
static void
run_bare(struct lateness *out)
{
	uint64_t begin = clock_ns(), end = begin;

	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	while (end < begin + END_NS && out->count < LATE) {
		struct timespec until;

		end = clock_ns() + PLN_NS_PER_MS;
		until = (struct timespec){ .tv_sec = (time_t)(end / PLN_NS_PER_S),
			                   .tv_nsec = (long)(end % PLN_NS_PER_S) };
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		out->late[out->count++] = clock_ns() - end;
	}
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print(struct lateness *l, uint64_t cpu)
{
	size_t half = l->count / 2, most = l->count * 99 / 100;

	qsort(l->late, l->count, sizeof(l->late[0]), compare);
	if (l->count > 0)
		(void)printf("%zu timers, late by %.1f us (median), %.1f (99 %%), %.1f (most); CPU "
		             "%.1f %%\n",
		             l->count, (double)l->late[half] / 1e3, (double)l->late[most] / 1e3,
		             (double)l->late[l->count - 1] / 1e3, 100.0 * (double)cpu / END_NS);
}

/* Timers of a stack. @return the exit code */
static int
measure(char **argv, struct lateness *lateness)
{
	const struct pln_mac silent = { { 2, 0, 0, 0, 0, 9 } };
	struct pln_host_config config = { .size = sizeof(config), .program = argv[0] };
	struct pln_error error = { 0 };
	struct pln_host *host;
	struct pln_addr peer;
	uint64_t cpu;

	config.poll = (enum pln_host_poll)strtoul(argv[1], NULL, 10);
	config.eal_args = argv + 2;
	config.acd = PLN_HOST_ACD_OFF;
	config.prefix_len = 24;
	(void)pln_addr_parse("192.0.2.1", &config.addr);
	(void)pln_addr_parse("192.0.2.2", &peer);
	if (pln_host_create(&config, &host, &error) < 0) {
		(void)fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	(void)pln_stack_neigh_set(pln_host_stack(host, 0), &peer, &silent);
	cpu = cpu_ns();
	run(host, lateness);
	cpu = cpu_ns() - cpu;
	print(lateness, cpu);
	pln_host_destroy(host);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct lateness lateness;

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "0") != 0)
		return measure(argv, &lateness);
	run_bare(&lateness);
	print(&lateness, cpu_ns());
	return 0;
}
