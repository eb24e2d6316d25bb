/* SPDX-License-Identifier: BSD-3-Clause */
/* A process's threads, halted and let go by ptrace(2). */
#include "tracee.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn void
tracee_give_up(const char *what)
{
	fprintf(stderr, "lanes: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool
is_lcore(pid_t pid, pid_t tid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	if (fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	fclose(f);
	return tid == pid || strstr(name, "-worker") != NULL;
}

/* Until the thread stands still; signals that come first are handed on. */
static void
await_stop(struct task *task)
{
	int status;

	while (waitpid(task->tid, &status, __WALL) == task->tid) {
		if (!WIFSTOPPED(status))
			break;
		if (status >> 16 == PTRACE_EVENT_STOP) {
			task->stopped = true;
			return;
		}
		ptrace(PTRACE_CONT, task->tid, 0, WSTOPSIG(status));
	}
	tracee_give_up("a thread has ended");
}

void
tracee_halt(struct task *task)
{
	if (task->stopped)
		return;
	if (ptrace(PTRACE_INTERRUPT, task->tid, 0, 0) != 0)
		tracee_give_up("interrupt");
	await_stop(task);
}

void
tracee_go_on(struct task *task)
{
	task->stopped = false;
	if (ptrace(PTRACE_CONT, task->tid, 0, 0) != 0)
		tracee_give_up("continue");
}

void
tracee_attach(struct tracee *t)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	dir = opendir(path);
	if (dir == NULL)
		tracee_give_up(path);
	while ((entry = readdir(dir)) != NULL && t->n_tasks < TRACEE_TASKS) {
		struct task *task = &t->tasks[t->n_tasks];

		task->tid = atoi(entry->d_name);
		if (task->tid == 0)
			continue;
		if (ptrace(PTRACE_SEIZE, task->tid, 0, 0) != 0)
			tracee_give_up("attach");
		task->lcore = is_lcore(t->pid, task->tid);
		tracee_halt(task);
		t->n_tasks++;
	}
	closedir(dir);
	snprintf(path, sizeof(path), "/proc/%d/mem", t->pid);
	t->mem = open(path, O_RDWR | O_CLOEXEC);
	if (t->mem < 0)
		tracee_give_up(path);
}

void
tracee_detach(struct tracee *t)
{
	for (unsigned int i = 0; i < t->n_tasks; i++) {
		tracee_halt(&t->tasks[i]);
		ptrace(PTRACE_DETACH, t->tasks[i].tid, 0, 0);
	}
}

struct task *
tracee_lcore(struct tracee *t, unsigned int number)
{
	for (unsigned int i = 0; i < t->n_tasks; i++)
		if (t->tasks[i].lcore && number-- == 0)
			return &t->tasks[i];
	return NULL;
}
