/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lanes is to find, so that a test may know that it does: two threads that count in one cache line, one of them with an atomic
 * instruction. Prints `ready` and goes on until it is killed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>

struct counts {
	_Alignas(64) volatile uint64_t plain;
	uint64_t atomic;
};

static void *
count_atomically(void *arg)
{
	struct counts *counts = arg;

	pthread_setname_np(pthread_self(), "bait-worker-1");
	for (;;) {
		__atomic_fetch_add(&counts->atomic, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

int
main(void)
{
	static struct counts counts;
	pthread_t thread;

	if (pthread_create(&thread, NULL, count_atomically, &counts) != 0)
		return 1;
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		counts.plain++;
		sched_yield();
	}
}
