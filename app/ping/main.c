/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-ping: ICMP echo through Pollen's own stack. Exit codes: 0 replies came, 1 none did, 2 anything else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <pollen/udp.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "common/resolve.h"
#include "common/run.h"
#include "ping/arping.h"
#include "ping/ping.h"
#include "ping/print.h"

#define STOP_NS  (10 * PLN_NS_PER_MS)
#define EVENTS   8
#define ANY_PORT 1025

static int
fail(const struct pln_error *error)
{
	(void)fprintf(stderr, "pollen-ping: %s\n", error->text);
	return PING_EXIT_ERROR;
}

/* The words of ping, and behind them what a user of ours can do. */
static int
fail_as_ping(const char *words, const struct pln_error *more)
{
	(void)fprintf(stderr, "pollen-ping: %s\n", words);
	if (more->text[0] != '\0')
		(void)fprintf(stderr, "pollen-ping: %s\n", more->text);
	return PING_EXIT_ERROR;
}

static int
resolve_wait(struct resolve *resolve, const char *host, struct interrupt *interrupt,
             struct pln_addr *addr, struct pln_error *error)
{
	int ret;

	while ((ret = resolve_get(resolve, host, 0, addr, error)) == -EINPROGRESS) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = PLN_NS_PER_MS }, NULL);
		if (interrupt_signal(interrupt) != 0)
			return fault_set(error, -EINTR, "interrupted.");
	}
	return ret;
}

static void
loop(struct ping *ping, struct run *run, struct interrupt *interrupt)
{
	struct pln_event events[EVENTS];
	bool is_over = false;

	while (!is_over && interrupt_signal(interrupt) == 0 && !run->conflict.is_lost) {
		(void)run_turn(run, events, EVENTS);
		is_over = ping_step(ping, run_now(run));
		run_flush(run);
		if (interrupt_status_asked(interrupt) > 0)
			tally_print_status(&ping->tally, stderr);
	}
}

/* --hdr: the histogram's file. */
static int
write_hdr(const struct ping *ping, struct pln_error *error)
{
	const char *path = ping->options->hdr_path;
	FILE *file;
	int ret;

	if (path == NULL)
		return 0;
	file = fopen(path, "we");
	if (file == NULL)
		return fault_set(error, -errno, "%s: %s.", path, strerror(errno));
	ret = hdr_write(ping->hdr, file);
	if (fclose(file) != 0 && ret == 0)
		ret = -errno;
	return ret < 0 ? fault_set(error, ret, "%s: %s.", path, strerror(-ret)) : 0;
}

/* As ping asks the kernel: would a socket take this peer? */
static bool
is_broadcast(struct pln_stack *stack, const struct pln_addr *addr)
{
	const struct pln_endpoint to = { *addr, ANY_PORT };
	uint64_t sock;
	int ret;

	if (pln_udp_open(stack, NULL, &sock) < 0)
		return false;
	ret = pln_udp_connect(stack, sock, &to);
	(void)pln_udp_close(stack, sock);
	return ret == -EACCES;
}

/* May the target be pinged? 0, or the exit code, and the reason was printed. */
static int
check_target(const struct run *run, struct ping *ping)
{
	struct pln_error error = { 0 };
	struct pln_addr hop;

	ping->is_broadcast = is_broadcast(run->stack, &ping->addr);
	if (ping->is_broadcast && !ping->options->broadcast)
		return fail_as_ping("Do you want to ping broadcast? Then -b. If not, check your "
		                    "local firewall rules",
		                    &error);
	if (ping->is_broadcast)
		(void)fprintf(stderr, "WARNING: pinging broadcast address\n");
	if (ping->is_broadcast || pln_stack_next_hop(run->stack, &ping->addr, &hop) == 0)
		return 0;
	(void)fault_set(&error, -ENETUNREACH,
	                "there is no route to %s: it is outside our subnet and no gateway is set "
	                "(--gw).",
	                ping->name);
	return fail_as_ping("connect: Network is unreachable", &error);
}

static int
ping_on(struct run *run, struct ping *ping, struct interrupt *interrupt)
{
	struct pln_error error = { 0 };
	int code;

	if (!ping->options->quiet && !ping->options->json)
		run_notices(run, stderr, "* ");
	if (ping->options->verbose)
		run_describe(run, stderr, "* ");
	code = check_target(run, ping);
	if (code != 0)
		return code;
	ping->names.interrupt = interrupt;
	(void)names_get(&ping->names, &ping->addr);
	print_head(ping);
	loop(ping, run, interrupt);
	print_summary(ping);
	if (write_hdr(ping, &error) < 0 ||
	    (run->conflict.is_lost && conflict_explain(run->stack, &error)))
		return fail(&error);
	return ping_exit_code(ping);
}

static int
arp_on(struct run *run, const struct ping_options *options, const struct pln_addr *target,
       struct interrupt *interrupt)
{
	struct pln_event events[EVENTS];
	struct arping arping;
	bool is_over = false;

	if (!options->quiet && !options->json)
		run_notices(run, stderr, "* ");
	arping_init(&arping, options, run->stack, target);
	arping_print_head(&arping);
	pln_arp_listen(run->stack, true);
	while (!is_over && interrupt_signal(interrupt) == 0) {
		(void)run_turn(run, events, EVENTS);
		is_over = arping_step(&arping, run_now(run));
		run_flush(run);
	}
	arping_print_summary(&arping);
	return arping_exit_code(&arping);
}

static int
run_ping(const struct ping_options *options, struct resolve *resolve, struct interrupt *interrupt)
{
	struct pln_error error = { 0 };
	struct run run = { .warn_as = options->quiet ? NULL : "pollen-ping" };
	struct ping ping = { 0 };
	struct pln_addr addr;
	const char *name;
	int code;

	if (resolve_wait(resolve, options->target, interrupt, &addr, &error) < 0) {
		char words[512];

		if (resolve_reason(resolve) == NULL)
			return fail(&error);
		(void)snprintf(words, sizeof(words), "%s: %s", options->target,
		               resolve_reason(resolve));
		error.text[0] = '\0';
		return fail_as_ping(words, &error);
	}
	name = resolve_canonical(resolve);
	if (run_start(&run, &options->host, &error) < 0) {
		code = fail(&error);
	} else if (options->arp) {
		code = arp_on(&run, options, &addr, interrupt);
	} else if (ping_init(&ping, options, run.stack, &addr,
	                     name != NULL ? name : options->target) < 0) {
		(void)fault_set(&error, -ENOMEM, "out of memory.");
		code = fail(&error);
	} else {
		code = ping_on(&run, &ping, interrupt);
	}
	ping_free(&ping);
	run_stop(&run, STOP_NS);
	return code;
}

static int
prepare(const struct ping_options *options)
{
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	struct resolve *resolve;
	int code;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, -EAGAIN, "a thread could not be started.");
		return fail(&error);
	}
	resolve = resolve_create();
	if (resolve == NULL) {
		(void)fault_set(&error, -ENOMEM, "out of memory.");
		code = fail(&error);
	} else {
		code = run_ping(options, resolve, interrupt);
	}
	resolve_destroy(resolve);
	interrupt_stop(interrupt);
	return code;
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct ping_options options;
	int code = 0;

	if (ping_options_parse(&options, argc, argv, &error) < 0) {
		(void)fail(&error);
		code = options.exit_code;
	} else if (options.action == PING_HELP) {
		(void)printf("%s%s%s", ping_usage, ping_help, hostopts_help);
	} else if (options.action == PING_VERSION) {
		(void)printf("pollen-ping " POLLEN_VERSION "\n");
	} else {
		code = prepare(&options);
	}
	ping_options_free(&options);
	return code;
}
