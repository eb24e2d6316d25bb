/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread in sigwait(3). The first signal that asks for an end sets a flag; the second leaves without cleaning up, with the
 * exit code a shell expects (128 + signal), so that a program that hangs anywhere can still be ended.
 */
#include "common/interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct interrupt {
	pthread_t thread;
	sigset_t waited;
	sigset_t before;
	atomic_int signal;
	atomic_uint status_asked;
	atomic_uint connections_asked;
};

static void *
wait_for_signals(void *arg)
{
	struct interrupt *interrupt = arg;

	for (;;) {
		int number;

		if (sigwait(&interrupt->waited, &number) != 0)
			continue;
		if (number == SIGQUIT)
			atomic_fetch_add(&interrupt->status_asked, 1);
		else if (number == SIGUSR1)
			atomic_fetch_add(&interrupt->connections_asked, 1);
		else if (atomic_load(&interrupt->signal) != 0)
			_exit(128 + number);
		else
			atomic_store(&interrupt->signal, number);
	}
	return NULL;
}

static bool
is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int
interrupt_start(struct interrupt **out)
{
	struct interrupt *interrupt = calloc(1, sizeof(*interrupt));
	int ret;

	if (interrupt == NULL)
		return -ENOMEM;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&interrupt->waited);
	(void)sigaddset(&interrupt->waited, SIGINT);
	(void)sigaddset(&interrupt->waited, SIGTERM);
	if (!is_ignored(SIGHUP)) /* nohup(1) */
		(void)sigaddset(&interrupt->waited, SIGHUP);
	(void)sigaddset(&interrupt->waited, SIGQUIT);
	(void)sigaddset(&interrupt->waited, SIGUSR1);
	ret = pthread_sigmask(SIG_BLOCK, &interrupt->waited, &interrupt->before);
	if (ret == 0)
		ret = pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt);
	if (ret != 0) {
		free(interrupt);
		return -ret;
	}
	*out = interrupt;
	return 0;
}

int
interrupt_signal(const struct interrupt *interrupt)
{
	return atomic_load(&interrupt->signal);
}

unsigned int
interrupt_status_asked(struct interrupt *interrupt)
{
	/* Asked in every turn, and almost never true: the exchange is an instruction with a lock. */
	return atomic_load(&interrupt->status_asked) == 0
	               ? 0
	               : atomic_exchange(&interrupt->status_asked, 0);
}

unsigned int
interrupt_connections_asked(const struct interrupt *interrupt)
{
	return atomic_load_explicit(&interrupt->connections_asked, memory_order_relaxed);
}

void
interrupt_stop(struct interrupt *interrupt)
{
	if (interrupt == NULL)
		return;
	(void)pthread_cancel(interrupt->thread);
	(void)pthread_join(interrupt->thread, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
	free(interrupt);
}
