/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The headless EAL. DPDK's mempools need EAL's memory, but a stack on a link in memory needs neither hugepages nor ports, and a
 * library must not leave anything on the machine. EAL always makes a runtime folder, even where it will write nothing to it
 * (--no-shconf): it gets one under $TMPDIR that is removed again, so that it matters neither whether /var/run can be written
 * nor what RUNTIME_DIRECTORY says. Arguments of programs that bring ports are host/'s matter.
 */
#include "dev/eal.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_thread.h>

#define RUNTIME_VARIABLE "RUNTIME_DIRECTORY"
#define STRINGIFY2(x)    #x
#define STRINGIFY(x)     STRINGIFY2(x)

/* A runtime folder for the time of rte_eal_init. */
struct runtime_dir {
	char path[PATH_MAX]; /* empty: none could be made */
	char *before;        /* the variable's value, NULL when it was not set */
};

static void
runtime_dir_enter(struct runtime_dir *dir)
{
	const char *tmp = getenv("TMPDIR");
	const char *before = getenv(RUNTIME_VARIABLE);
	int len = snprintf(dir->path, sizeof(dir->path), "%s/pollen-XXXXXX",
	                   tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");

	dir->before = before != NULL ? strdup(before) : NULL;
	if (len < 0 || (size_t)len >= sizeof(dir->path) || mkdtemp(dir->path) == NULL) {
		dir->path[0] = '\0'; /* with --no-shconf EAL does without */
		return;
	}
	setenv(RUNTIME_VARIABLE, dir->path, 1);
}

static void
runtime_dir_leave(struct runtime_dir *dir)
{
	char nested[PATH_MAX + 8];

	rmdir(rte_eal_get_runtime_dir()); /* $RUNTIME_DIRECTORY/dpdk/<file prefix> */
	if (dir->path[0] != '\0') {
		if (dir->before != NULL)
			setenv(RUNTIME_VARIABLE, dir->before, 1);
		else
			unsetenv(RUNTIME_VARIABLE);
		snprintf(nested, sizeof(nested), "%s/dpdk", dir->path);
		rmdir(nested);
		rmdir(dir->path);
	}
	free(dir->before);
}

/* The first CPU this thread may run on: EAL's only lcore. */
static int
first_cpu(const cpu_set_t *set)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set))
			return cpu;
	}
	return 0;
}

static int
init_headless(int cpu)
{
	char lcores[32], prefix[48];
	/* rte_eal_init reorders the vector it is given, and writes to none of the words. */
	char *argv[] = {
		"pollen",
		"--no-huge",
		"--no-pci",
		"--no-shconf",
		"--no-telemetry",
		"--iova-mode=va",
		"--log-level=lib.eal:error",
		"-m",
		STRINGIFY(PLN_EAL_HEADLESS_MB),
		lcores,
		prefix,
		NULL,
	};

	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", cpu);
	snprintf(prefix, sizeof(prefix), "--file-prefix=pollen-%ld", (long)getpid());
	if (rte_eal_init((int)PLN_ARRAY_LEN(argv) - 1, argv) < 0)
		return rte_errno != 0 ? -rte_errno : -EIO;
	return 0;
}

int
pln_eal_ensure(void)
{
	struct runtime_dir dir = { 0 };
	cpu_set_t affinity;
	bool known;
	int rc;

	if (rte_lcore_count() != 0)
		return 0;
	known = sched_getaffinity(0, sizeof(affinity), &affinity) == 0;
	runtime_dir_enter(&dir);
	rc = init_headless(known ? first_cpu(&affinity) : 0);
	runtime_dir_leave(&dir);
	/* EAL has pinned this thread to its lcore; the program did not ask for that. */
	if (rc == 0 && known && rte_thread_set_affinity(&affinity) != 0)
		return -EIO;
	return rc;
}
