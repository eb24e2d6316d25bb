/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts and ends EAL. While it parses its arguments it prints to standard output (its usage, when it dislikes them) and getopt
 * prints to standard error: the first is thrown away, the second kept for our error, unless the user asked for EAL's help or for
 * its messages. EAL can be started once a process, so what can be checked before is checked before.
 */
#include "host/environment.h"

#include <fcntl.h>
#include <numa.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "base/text.h"

#define QUOTED_LINES 3U

static int
turn_away(int fd, int to)
{
	int saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (saved >= 0 && dup2(to, fd) < 0) {
		close(saved);
		saved = -1;
	}
	return saved;
}

struct pln_environment_hush
pln_environment_hush(bool verbose)
{
	struct pln_environment_hush hush = { .out = -1, .err = -1, .said = -1 };
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	fflush(stderr);
	if (nowhere >= 0) {
		hush.out = turn_away(STDOUT_FILENO, nowhere);
		close(nowhere);
	}
	if (!verbose)
		hush.said = memfd_create("pollen", MFD_CLOEXEC);
	if (hush.said >= 0)
		hush.err = turn_away(STDERR_FILENO, hush.said);
	return hush;
}

static void
give_back(int saved, int fd)
{
	if (saved < 0)
		return;
	dup2(saved, fd);
	close(saved);
}

/* Remember what was said on standard error, but for EAL's last words, which its log has too. */
static void
remember_said(struct pln_eal_log *log, int said)
{
	char text[2048];
	ssize_t n = pread(said, text, sizeof(text) - 1, 0);
	char *line = text, *end;

	text[n > 0 ? n : 0] = '\0';
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (strncmp(line, "EAL: FATAL", 10) != 0)
			pln_eal_log_remember(log, line, (size_t)(end - line));
	}
}

void
pln_environment_unhush(struct pln_environment *environment, struct pln_environment_hush *hush)
{
	fflush(stdout);
	fflush(stderr);
	give_back(hush->out, STDOUT_FILENO);
	give_back(hush->err, STDERR_FILENO);
	if (hush->said >= 0) {
		remember_said(&environment->log, hush->said);
		close(hush->said);
	}
}

/* ------------------------------------------------------------------------------------------------ starting */

void
pln_environment_quote(struct pln_environment *environment, struct pln_error *error)
{
	char quote[QUOTED_LINES * PLN_EAL_LOG_LINE_LEN];

	if (pln_eal_log_quote(&environment->log, QUOTED_LINES, quote, sizeof(quote)) > 0)
		pln_error_append(error, "DPDK says: %s.", quote);
}

static int
explain_failure(struct pln_environment *environment, int rc, struct pln_error *error)
{
	char args[512];

	pln_error_set(error, rc, "DPDK's environment (EAL) does not start.");
	pln_environment_quote(environment, error);
	if (error != NULL && strstr(error->text, "lcore") != NULL)
		pln_error_append(error, "This machine has %ld: 0 to %ld.",
		                 sysconf(_SC_NPROCESSORS_CONF), sysconf(_SC_NPROCESSORS_CONF) - 1);
	if (environment->args.memory == PLN_EAL_MEMORY_SHARED)
		pln_error_append(error, "Shared memory needs hugetlbfs: sudo mount -t hugetlbfs "
		                        "nodev /dev/hugepages.");
	pln_eal_args_print(&environment->args, args, sizeof(args));
	pln_error_append(error, "EAL's arguments (those before -- among them) were: %s", args);
	return rc;
}

static int
init_eal(struct pln_environment *environment, bool verbose)
{
	struct pln_eal_args *args = &environment->args;
	bool help = (args->scan.has & PLN_EAL_HAS_HELP) != 0;
	char *argv[PLN_EAL_ARGS_MAX + 1];
	struct pln_environment_hush hush = { -1, -1, -1 };
	int rc;

	/* EAL reorders the words it is given. */
	memcpy(argv, args->argv, sizeof(argv));
	if (!help)
		hush = pln_environment_hush(verbose);
	rte_errno = 0;
	rc = rte_eal_init(args->argc, argv);
	pln_environment_unhush(environment, &hush);
	if (rc >= 0)
		return 0;
	return rte_errno != 0 ? -rte_errno : -EIO;
}

/* Without telemetry and shared files EAL needs no folder. */
static bool
needs_folder(const struct pln_eal_args *args)
{
	bool shared = args->memory == PLN_EAL_MEMORY_SHARED || args->memory == PLN_EAL_MEMORY_USER;

	return shared || (args->scan.has & PLN_EAL_HAS_NO_TELEMETRY) == 0;
}

int
pln_environment_start(struct pln_environment *environment, bool verbose, struct pln_error *error)
{
	const char *root =
		pln_runtime_root(getenv("RUNTIME_DIRECTORY"), getenv("XDG_RUNTIME_DIR"), getuid());
	uint32_t has = environment->args.scan.has;
	int rc = pln_runtime_check(&environment->runtime, root, error);

	if (rc != 0 && needs_folder(&environment->args))
		return rc;
	rc = pln_eal_log_open(&environment->log, verbose || (has & PLN_EAL_HAS_LOG_LEVEL) != 0);
	if (rc != 0)
		return pln_error_set(error, rc, "There is no memory for DPDK's log.");
	rc = init_eal(environment, verbose);
	environment->up = rc == 0;
	if (rc != 0) {
		explain_failure(environment, rc, error);
		pln_environment_stop(environment);
	}
	return rc;
}

void
pln_environment_stop(struct pln_environment *environment)
{
	char prefix[32];

	if (environment->up)
		rte_eal_cleanup();
	environment->up = false;
	pln_eal_log_close(&environment->log);
	if (!environment->args.own_prefix)
		return;
	snprintf(prefix, sizeof(prefix), PLN_EAL_PREFIX "%d", getpid());
	pln_runtime_remove(&environment->runtime, prefix);
	environment->args.own_prefix = false;
}

/* ------------------------------------------------------------------------------------------------ processors */

static int
node_of(int cpu)
{
	return numa_available() < 0 ? 0 : numa_node_of_cpu(cpu);
}

size_t
pln_environment_lcores(char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);
	int first = -1, last;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	pln_text_add(&text, "0@(");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu = last + 1) {
		last = cpu;
		if (!CPU_ISSET(cpu, &set) || (first >= 0 && node_of(cpu) != node_of(first)))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set) &&
		       node_of(last + 1) == node_of(first < 0 ? cpu : first))
			last++;
		pln_text_add(&text, first < 0 ? "%d" : ",%d", cpu);
		if (last > cpu)
			pln_text_add(&text, "-%d", last);
		if (first < 0)
			first = cpu;
	}
	pln_text_add(&text, ")");
	return text.used;
}
