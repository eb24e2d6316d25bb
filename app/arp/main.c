/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-arp: neighbours. Exit codes: 0 yes, 1 no (nobody answered, an address is taken), 2 anything else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "arp/ask.h"
#include "common/fault.h"
#include "common/interrupt.h"
#include "common/optfile.h"
#include "common/run.h"

#define EXIT_NO    1
#define EXIT_ERROR 2
#define STOP_NS    (10 * PLN_NS_PER_MS)
#define EVENTS     8

static int
fail(const struct pln_error *error)
{
	(void)fprintf(stderr, "pollen-arp: %s\n", error->text);
	return EXIT_ERROR;
}

/* add and del: a line of the file that every program reads. */
static int
edit(const struct arp_options *options)
{
	const uint8_t *m = options->mac.bytes;
	struct pln_error error = { 0 };
	char addr[PLN_ADDR_TEXT_LEN];
	char mac[24];
	int ret;

	pln_addr_format(&options->addr, addr);
	(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
	               m[4], m[5]);
	ret = optfile_edit(options->config, "neigh", addr, options->verb == ARP_ADD ? mac : NULL);
	if (ret == -ENOENT && options->verb == ARP_DEL) {
		(void)fprintf(stderr, "pollen-arp: %s is not in [neigh] of %s.\n", addr,
		              options->config);
		return EXIT_NO;
	}
	if (ret < 0) {
		(void)fault_set(&error, ret, "%s: %s.", options->config, strerror(-ret));
		return fail(&error);
	}
	return 0;
}

static int
ask_on(struct run *run, const struct arp_options *options, struct interrupt *interrupt)
{
	struct pln_event events[EVENTS];
	struct pln_error error = { 0 };
	uint64_t seed = 0;
	bool is_over = false;
	struct ask ask;
	int code;

	if (!options->json)
		run_notices(run, stderr, "* ");
	if (options->verbose)
		run_describe(run, stderr, "* ");
	(void)getrandom(&seed, sizeof(seed), 0);
	ask_init(&ask, options, run->stack, seed);
	pln_arp_listen(run->stack, true);
	while (!is_over && interrupt_signal(interrupt) == 0 && !run->conflict.is_lost) {
		(void)run_turn(run, events, EVENTS);
		is_over = ask_step(&ask, run_now(run));
		run_flush(run);
	}
	if (is_over || options->verb != ARP_PROBE)
		ask_print(&ask);
	code = is_over ? ask_exit_code(&ask) : 128 + interrupt_signal(interrupt);
	if (!is_over && run->conflict.is_lost && conflict_explain(run->stack, &error))
		code = fail(&error);
	ask_free(&ask);
	return code;
}

static int
ask_link(const struct arp_options *options)
{
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	struct run run = { .warn_as = "pollen-arp" };
	int code;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, -EAGAIN, "a thread could not be started.");
		return fail(&error);
	}
	if (run_start(&run, &options->host, &error) < 0)
		code = fail(&error);
	else
		code = ask_on(&run, options, interrupt);
	run_stop(&run, STOP_NS);
	interrupt_stop(interrupt);
	return code;
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct arp_options options;
	int code = 0;

	if (arp_options_parse(&options, argc, argv, &error) < 0)
		code = fail(&error);
	else if (options.action == ARP_HELP)
		(void)printf("%s%s%s", arp_usage, arp_help, hostopts_help);
	else if (options.action == ARP_VERSION)
		(void)printf("pollen-arp " POLLEN_VERSION "\n");
	else if (options.verb == ARP_ADD || options.verb == ARP_DEL)
		code = edit(&options);
	else
		code = ask_link(&options);
	arp_options_free(&options);
	return code;
}
