/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-ping: ICMP echo through Pollen's own stack. Exit codes: 0 replies came, 1 none did, 2 anything else. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "common/resolve.h"
#include "common/run.h"
#include "ping/ping.h"

#define EXIT_ERROR 2
#define STOP_NS    (10 * PLN_NS_PER_MS)
#define EVENTS     8

static int
fail(const struct pln_error *error)
{
	(void)fprintf(stderr, "pollen-ping: %s\n", error->text);
	return EXIT_ERROR;
}

static int
find_target(const struct ping_options *options, struct interrupt *interrupt, struct pln_addr *addr,
            struct pln_error *error)
{
	struct resolve *resolve = resolve_create();
	int ret;

	if (resolve == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	while ((ret = resolve_get(resolve, options->target, 0, addr, error)) == -EINPROGRESS) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = PLN_NS_PER_MS }, NULL);
		if (interrupt_signal(interrupt) != 0) {
			ret = fault_set(error, -EINTR, "interrupted.");
			break;
		}
	}
	resolve_destroy(resolve);
	return ret;
}

static void
loop(struct ping *ping, struct run *run, struct interrupt *interrupt)
{
	struct pln_event events[EVENTS];
	bool is_over = false;

	while (!is_over && interrupt_signal(interrupt) == 0) {
		(void)run_turn(run, events, EVENTS);
		is_over = ping_step(ping, run_now(run));
		run_flush(run);
		if (interrupt_status_asked(interrupt) > 0)
			tally_print_status(&ping->tally, stderr);
	}
}

static int
ping_on(struct run *run, const struct ping_options *options, const struct pln_addr *addr,
        struct interrupt *interrupt)
{
	struct pln_error error = { 0 };
	struct ping ping;
	struct pln_addr hop;
	int code;

	if (!options->quiet)
		run_notices(run, stderr, "* ");
	if (options->verbose)
		run_describe(run, stderr, "* ");
	if (pln_stack_next_hop(run->stack, addr, &hop) < 0) {
		(void)fault_set(&error, -ENETUNREACH,
		                "%s: there is no route to it: it is outside our subnet and no "
		                "gateway is set (--gw).",
		                options->target);
		return fail(&error);
	}
	if (ping_init(&ping, options, run->stack, addr) < 0) {
		(void)fault_set(&error, -ENOMEM, "out of memory.");
		code = fail(&error);
	} else {
		ping_print_head(&ping);
		loop(&ping, run, interrupt);
		tally_print_summary(&ping.tally, options->target, stdout);
		code = ping_exit_code(&ping);
	}
	ping_free(&ping);
	return code;
}

static int
run_ping(const struct ping_options *options)
{
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	struct run run = { 0 };
	struct pln_addr addr;
	int code;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, -EAGAIN, "a thread could not be started.");
		return fail(&error);
	}
	if (find_target(options, interrupt, &addr, &error) < 0 ||
	    run_start(&run, &options->host, &error) < 0)
		code = fail(&error);
	else
		code = ping_on(&run, options, &addr, interrupt);
	run_stop(&run, STOP_NS);
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
		(void)fprintf(stderr,
		              "pollen-ping: %s\n%sTry 'pollen-ping --help' for the options.\n",
		              error.text, ping_usage);
		code = EXIT_ERROR;
	} else if (options.action == PING_HELP) {
		(void)printf("%s%s%s", ping_usage, ping_help, hostopts_help);
	} else if (options.action == PING_VERSION) {
		(void)printf("pollen-ping " POLLEN_VERSION "\n");
	} else {
		code = run_ping(&options);
	}
	ping_options_free(&options);
	return code;
}
