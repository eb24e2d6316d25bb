/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process that is looked at from outside, as by a debugger: all its threads stand still but those that are let go. What goes wrong ends
 * the program that looks, with a word.
 */
#ifndef POLLEN_TESTS_INTEROP_TRACEE_H
#define POLLEN_TESTS_INTEROP_TRACEE_H

#include <stdbool.h>
#include <sys/types.h>

#define TRACEE_TASKS 256U

struct task {
	pid_t tid;
	bool lcore; /* the main thread, or one of EAL's workers */
	bool stopped;
};

struct tracee {
	pid_t pid;
	int mem; /* /proc/PID/mem */
	unsigned int n_tasks;
	struct task tasks[TRACEE_TASKS];
};

/* Of the process `pid`: afterwards all its threads stand still, in `tasks`. */
void tracee_attach(struct tracee *t);

/* All go on, unlooked at. */
void tracee_detach(struct tracee *t);

void tracee_halt(struct task *task);
void tracee_go_on(struct task *task);

/* Its lcore of this number, from 0; NULL: it has fewer. */
struct task *tracee_lcore(struct tracee *t, unsigned int number);

_Noreturn void tracee_give_up(const char *what);

#endif
