/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does each lcore of a running program keep to its own lane? Looks at a process from outside, as a debugger does, while it works:
 *
 *   lanes lines PID[,PEER] MS ROUNDS [WORD...]
 *     Lets one lcore run for MS milliseconds while all other threads stand still, and notes which cache lines have changed; then the
 *     next one, and so on, ROUNDS times. Prints every line that two of them have changed, `shared ADDRESS MAPPING`. Mappings whose
 *     names contain a WORD are left out: memory of a device that the other side writes to as well. Where all memory is the other side's
 *     too, that process is PEER: its first lcore runs with the first of PID, its second with the second; what both ends of one queue
 *     write is one lane. A store of the value that is there already changes nothing and is not seen.
 *
 *   lanes locks PID MS <SITES
 *     Puts a trap in place of each instruction that standard input names, `FILE OFFSET` (hexadecimal) a line, and lets all run for MS
 *     milliseconds. Prints each that an lcore has come to, `hit FILE OFFSET`; the instruction is then as it was.
 *
 * Lcores are the main thread and EAL's workers. Both end with a line that begins `looked at`. x86-64. Exit code: 0; 1 when the process
 * cannot be looked at; 2 for bad usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracee.h"

#define LINE        64U
#define REGIONS_MAX 4096U
#define NAME_MAX_   512U
#define TRAP        0xccU

struct region {
	uint64_t start, end, offset;
	char name[NAME_MAX_];
	uint8_t *before, *now; /* contents */
	uint8_t *writers;      /* for each line: bits of lcores */
};

struct site {
	uint64_t address;
	uint64_t offset; /* in its file */
	char file[NAME_MAX_];
	uint8_t byte; /* that was there */
	bool set, hit;
};

struct target {
	struct tracee p;
	unsigned int n_regions, n_sites;
	struct region regions[REGIONS_MAX];
	struct site *sites; /* by address */
};

static void
wait_ms(unsigned int ms)
{
	struct timespec length = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&length, NULL);
}

/* ---------------------------------------------------------------------------------------------------- memory */

/* The process's mappings with these rights ("rw", "r-x"). */
static void
read_maps(struct target *t, const char *rights)
{
	char path[64], line[1024], flags[8];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", t->p.pid);
	f = fopen(path, "r");
	if (f == NULL)
		tracee_give_up(path);
	while (fgets(line, sizeof(line), f) != NULL && t->n_regions < REGIONS_MAX) {
		struct region *r = &t->regions[t->n_regions];
		int at = 0;

		*r = (struct region){ 0 };
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %n", &r->start,
		           &r->end, flags, &r->offset, &at) < 4 ||
		    strncmp(flags, rights, strlen(rights)) != 0)
			continue;
		snprintf(r->name, sizeof(r->name), "%s", at > 0 ? line + at : "");
		r->name[strcspn(r->name, "\n")] = '\0';
		t->n_regions++;
	}
	fclose(f);
}

static bool
is_left_out(const struct region *r, char **words)
{
	for (; *words != NULL; words++)
		if (strstr(r->name, *words) != NULL)
			return true;
	return r->name[0] == '[' &&
	       strncmp(r->name, "[v", 2) == 0; /* the kernel's: vvar, vsyscall */
}

/* What cannot be read (memory that was reserved and never given) stays zero. */
static void
copy_out(const struct target *t, const struct region *r, uint8_t *to)
{
	uint64_t len = r->end - r->start;

	for (uint64_t at = 0; at < len;) {
		ssize_t n = pread(t->p.mem, to + at, len - at, (off_t)(r->start + at));

		at += n > 0 ? (uint64_t)n : 4096;
	}
}

static void
choose_regions(struct target *t, char **left_out)
{
	unsigned int kept = 0;

	read_maps(t, "rw");
	for (unsigned int i = 0; i < t->n_regions; i++)
		if (!is_left_out(&t->regions[i], left_out))
			t->regions[kept++] = t->regions[i];
	t->n_regions = kept;
	for (unsigned int i = 0; i < kept; i++) {
		struct region *r = &t->regions[i];
		uint64_t len = r->end - r->start;

		r->before = calloc(1, len);
		r->now = calloc(1, len);
		r->writers = calloc(1, len / LINE);
		if (r->before == NULL || r->now == NULL || r->writers == NULL)
			tracee_give_up("memory");
		copy_out(t, r, r->now);
	}
}

/* Which lines are not what they were before lcore number `bit` ran. */
static unsigned int
note_changes(struct target *t, unsigned int bit)
{
	unsigned int changed = 0;

	for (unsigned int i = 0; i < t->n_regions; i++) {
		struct region *r = &t->regions[i];
		uint8_t *before = r->now;

		r->now = r->before;
		r->before = before;
		copy_out(t, r, r->now);
		for (uint64_t at = 0; at < r->end - r->start; at += LINE) {
			if (memcmp(r->before + at, r->now + at, LINE) == 0)
				continue;
			r->writers[at / LINE] |= (uint8_t)(1U << bit);
			changed++;
		}
	}
	return changed;
}

static unsigned int
print_shared(const struct target *t)
{
	unsigned int shared = 0;

	for (unsigned int i = 0; i < t->n_regions; i++) {
		const struct region *r = &t->regions[i];

		for (uint64_t k = 0; k < (r->end - r->start) / LINE; k++) {
			if ((r->writers[k] & (r->writers[k] - 1U)) == 0)
				continue;
			printf("shared %" PRIx64 " %s\n", r->start + k * LINE, r->name);
			shared++;
		}
	}
	return shared;
}

/* One lcore, and the one at the other end of its queue. */
static void
run_lane(struct task *task, struct task *other, unsigned int ms)
{
	tracee_go_on(task);
	if (other != NULL)
		tracee_go_on(other);
	wait_ms(ms);
	tracee_halt(task);
	if (other != NULL)
		tracee_halt(other);
}

static void
watch_lines(struct target *t, struct tracee *peer, unsigned int ms, unsigned int rounds,
            char **left_out)
{
	unsigned int lcores = 0, changed[8] = { 0 };
	struct task *task;

	choose_regions(t, left_out);
	for (unsigned int round = 0; round < rounds; round++) {
		for (lcores = 0; lcores < 8 && (task = tracee_lcore(&t->p, lcores)) != NULL;
		     lcores++) {
			run_lane(task, tracee_lcore(peer, lcores), ms);
			changed[lcores] += note_changes(t, lcores);
		}
	}
	printf("looked at %u lcores, %u lines that two of them wrote", lcores, print_shared(t));
	for (unsigned int i = 0; i < lcores; i++)
		printf(", %u", changed[i]);
	printf(" changes each\n");
}

/* ---------------------------------------------------------------------------------------------------- instructions */

static int
by_address(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Where a file's byte is in memory; 0: it is not mapped to be executed. */
static uint64_t
address_of(const struct target *t, const char *file, uint64_t offset)
{
	for (unsigned int i = 0; i < t->n_regions; i++) {
		const struct region *r = &t->regions[i];

		if (strcmp(r->name, file) == 0 && offset >= r->offset &&
		    offset - r->offset < r->end - r->start)
			return r->start + offset - r->offset;
	}
	return 0;
}

static void
read_sites(struct target *t)
{
	char file[NAME_MAX_];
	uint64_t offset;
	size_t room = 0;

	read_maps(t, "r-x");
	while (scanf("%511s %" SCNx64, file, &offset) == 2) {
		struct site site = { .address = address_of(t, file, offset), .offset = offset };

		if (site.address == 0)
			continue;
		if (t->n_sites == room) {
			room = room == 0 ? 1024 : 2 * room;
			t->sites = realloc(t->sites, room * sizeof(site));
			if (t->sites == NULL)
				tracee_give_up("memory");
		}
		memcpy(site.file, file, sizeof(file));
		t->sites[t->n_sites++] = site;
	}
	qsort(t->sites, t->n_sites, sizeof(*t->sites), by_address);
}

static void
put_byte(const struct target *t, uint64_t address, uint8_t byte)
{
	if (pwrite(t->p.mem, &byte, 1, (off_t)address) != 1)
		tracee_give_up("write");
}

static void
set_traps(struct target *t)
{
	for (unsigned int i = 0; i < t->n_sites; i++) {
		struct site *s = &t->sites[i];

		if (pread(t->p.mem, &s->byte, 1, (off_t)s->address) != 1)
			tracee_give_up("read");
		put_byte(t, s->address, TRAP);
		s->set = true;
	}
}

static void
clear_trap(const struct target *t, struct site *site)
{
	if (site->set)
		put_byte(t, site->address, site->byte);
	site->set = false;
}

/* A thread has come to a trap: it was the last time. False: the stop was another one. */
static bool
take_trap(struct target *t, const struct task *task)
{
	struct user_regs_struct regs;
	struct site key, *site;

	if (ptrace(PTRACE_GETREGS, task->tid, 0, &regs) != 0)
		return false;
	key.address = regs.rip - 1;
	site = bsearch(&key, t->sites, t->n_sites, sizeof(key), by_address);
	if (site == NULL)
		return false;
	clear_trap(t, site);
	site->hit |= task->lcore;
	regs.rip = site->address;
	return ptrace(PTRACE_SETREGS, task->tid, 0, &regs) == 0;
}

static void
hear_stops(struct target *t)
{
	int status;

	for (unsigned int i = 0; i < t->p.n_tasks; i++) {
		struct task *task = &t->p.tasks[i];

		if (waitpid(task->tid, &status, __WALL | WNOHANG) != task->tid)
			continue;
		if (!WIFSTOPPED(status))
			tracee_give_up("a thread has ended");
		if (WSTOPSIG(status) == SIGTRAP && take_trap(t, task))
			ptrace(PTRACE_CONT, task->tid, 0, 0);
		else
			ptrace(PTRACE_CONT, task->tid, 0, status >> 16 == 0 ? WSTOPSIG(status) : 0);
	}
}

/* As halt, while traps may be come to. */
static void
halt_among_traps(struct target *t, struct task *task)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, task->tid, 0, 0) != 0)
		tracee_give_up("interrupt");
	while (waitpid(task->tid, &status, __WALL) == task->tid && WIFSTOPPED(status)) {
		if (status >> 16 == PTRACE_EVENT_STOP) {
			task->stopped = true;
			return;
		}
		if (WSTOPSIG(status) == SIGTRAP && take_trap(t, task))
			ptrace(PTRACE_CONT, task->tid, 0, 0);
		else
			ptrace(PTRACE_CONT, task->tid, 0, WSTOPSIG(status));
	}
	tracee_give_up("a thread has ended");
}

static void
watch_locks(struct target *t, unsigned int ms)
{
	unsigned int hits = 0;

	read_sites(t);
	set_traps(t);
	for (unsigned int i = 0; i < t->p.n_tasks; i++)
		tracee_go_on(&t->p.tasks[i]);
	for (unsigned int passed = 0; passed < ms; passed++) {
		hear_stops(t);
		wait_ms(1);
	}
	for (unsigned int i = 0; i < t->p.n_tasks; i++)
		halt_among_traps(t, &t->p.tasks[i]);
	for (unsigned int i = 0; i < t->n_sites; i++) {
		clear_trap(t, &t->sites[i]);
		if (!t->sites[i].hit)
			continue;
		printf("hit %s %" PRIx64 "\n", t->sites[i].file, t->sites[i].offset);
		hits++;
	}
	printf("looked at %u instructions, %u were come to\n", t->n_sites, hits);
}

int
main(int argc, char **argv)
{
	static struct tracee peer;
	static struct target t;
	bool lines = argc >= 5 && strcmp(argv[1], "lines") == 0;

	if (!lines && (argc != 4 || strcmp(argv[1], "locks") != 0)) {
		fprintf(stderr, "usage: lanes lines PID[,PEER] MS ROUNDS [WORD...] | lanes locks "
		                "PID MS <SITES\n");
		return 2;
	}
	t.p.pid = atoi(argv[2]);
	if (lines && strchr(argv[2], ',') != NULL) {
		peer.pid = atoi(strchr(argv[2], ',') + 1);
		tracee_attach(&peer);
	}
	tracee_attach(&t.p);
	if (lines)
		watch_lines(&t, &peer, (unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]),
		            argv + 5);
	else
		watch_locks(&t, (unsigned int)atoi(argv[3]));
	tracee_detach(&t.p);
	tracee_detach(&peer);
	return 0;
}
