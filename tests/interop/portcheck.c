/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tries a port: starts a host on it, prints what it got, and, with --peer, resolves and pings that address. Answers pings itself for
 * as long as it runs. Shows on a new machine or device what works, before any program is blamed.
 *
 *   portcheck [EAL arguments --] --ip A/LEN [--interface IF] [--gw A] [--peer A] [--seconds N] [--mtu N] [--vlan N]
 *             [--csum auto|sw|hw] [--mem auto|shared] [--mac MAC] [--pcap FILE] [--verbose]
 *
 * Exit code: 0; 1 when the host does not start (the error is printed); 2 for bad usage; 3 when the peer does not answer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/host.h>
#include <pollen/icmp.h>

#include "say.h"

#define ECHO_ID      0x7001
#define ECHO_EVERY   (100 * PLN_NS_PER_MS)
#define ECHOES_ASKED 3U

struct check {
	struct pln_host_config config;
	struct pln_host *host;
	struct pln_stack *stack;
	struct pln_addr peer;
	unsigned int seconds; /* at most */
	unsigned int asked, answered;
	uint64_t next_echo;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void
usage(void)
{
	fprintf(stderr,
	        "usage: portcheck [EAL arguments --] --ip A/LEN [--interface IF] [--gw A] [--peer "
	        "A]\n"
	        "                 [--seconds N] [--mtu N] [--vlan N] [--csum auto|sw|hw]\n"
	        "                 [--mem auto|shared] [--mac MAC] [--pcap FILE] [--verbose]\n");
	exit(2);
}

static void
need(bool good)
{
	if (!good)
		usage();
}

static enum pln_host_csum
parse_csum(const char *text)
{
	if (strcmp(text, "sw") == 0)
		return PLN_HOST_CSUM_SW;
	if (strcmp(text, "hw") == 0)
		return PLN_HOST_CSUM_HW;
	need(strcmp(text, "auto") == 0);
	return PLN_HOST_CSUM_AUTO;
}

static void
parse_ip(struct pln_host_config *config, const char *text)
{
	if (strchr(text, '/') != NULL)
		need(pln_addr_parse_prefix(text, &config->addr, &config->prefix_len) == 0);
	else
		need(pln_addr_parse(text, &config->addr) == 0);
}

static void
take_option(struct check *check, int option, char *value)
{
	struct pln_host_config *config = &check->config;

	if (option == 'i')
		parse_ip(config, value);
	else if (option == 'I')
		config->interface = value;
	else if (option == 'g')
		need(pln_addr_parse(value, &config->gateway) == 0);
	else if (option == 'p')
		need(pln_addr_parse(value, &check->peer) == 0);
	else if (option == 's')
		check->seconds = (unsigned int)atoi(value);
	else if (option == 'm')
		config->mtu = (uint16_t)atoi(value);
	else if (option == 'V')
		config->vlan = (uint16_t)atoi(value);
	else if (option == 'c')
		config->csum = parse_csum(value);
	else if (option == 'M')
		config->mem =
			strcmp(value, "shared") == 0 ? PLN_HOST_MEM_SHARED : PLN_HOST_MEM_AUTO;
	else if (option == 'a')
		need(pln_mac_parse(value, &config->mac) == 0);
	else if (option == 'w')
		config->capture_path = value;
	else if (option == 'v')
		config->verbose = true;
	else
		usage();
}

static void
parse_args(struct check *check, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ip", required_argument, NULL, 'i' },
		{ "interface", required_argument, NULL, 'I' },
		{ "gw", required_argument, NULL, 'g' },
		{ "peer", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ "mtu", required_argument, NULL, 'm' },
		{ "vlan", required_argument, NULL, 'V' },
		{ "csum", required_argument, NULL, 'c' },
		{ "mem", required_argument, NULL, 'M' },
		{ "mac", required_argument, NULL, 'a' },
		{ "pcap", required_argument, NULL, 'w' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int option, dashes = 0;

	for (int i = 1; i < argc && dashes == 0; i++)
		dashes = strcmp(argv[i], "--") == 0 ? i : 0;
	if (dashes > 0) {
		argv[dashes] = NULL;
		check->config.eal_args = argv + 1;
	}
	optind = dashes + 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(check, option, optarg);
	need(optind == argc);
}

static void
send_echo(struct check *check, uint64_t now)
{
	struct pln_icmp_echo_args args = {
		.size = sizeof(args),
		.dst = check->peer,
		.id = ECHO_ID,
		.seq = (uint16_t)check->asked,
		.data = "portcheck",
		.len = 9,
	};

	check->next_echo = now + ECHO_EVERY;
	check->asked++;
	pln_icmp_echo(check->stack, &args);
}

static void
take_echoes(struct check *check)
{
	struct pln_icmp_event events[8];
	unsigned int n = pln_icmp_events(check->stack, events, 8);

	for (unsigned int i = 0; i < n; i++)
		check->answered += events[i].kind == PLN_ICMP_REPLY && events[i].id == ECHO_ID;
}

static void
run(struct check *check)
{
	uint64_t end = pln_host_now(check->host) + check->seconds * PLN_NS_PER_S;
	unsigned int idle = 0;

	for (uint64_t now = 0; now < end && !stopped;) {
		now = pln_host_now(check->host);
		idle = pln_stack_poll(check->stack, now) == 0 ? idle + 1 : 0;
		take_echoes(check);
		if (check->peer.family != PLN_FAMILY_NONE && now >= check->next_echo)
			send_echo(check, now);
		pln_stack_flush(check->stack, pln_host_now(check->host));
		if (check->answered >= ECHOES_ASKED)
			return;
		pln_host_relax(check->host, check->stack, idle);
	}
}

static void
report(struct check *check)
{
	char text[8192];
	int error;

	pln_host_port_status(check->host, text, sizeof(text));
	printf("port: %s\n", text);
	if (check->peer.family != PLN_FAMILY_NONE)
		printf("peer: %u answers\n", check->answered);
	say_counters(check->stack);
	if (check->config.capture_path != NULL) {
		uint64_t frames = pln_host_captured(check->host, &error);

		printf("captured: %" PRIu64 " frames, error %d\n", frames, error);
	}
	pln_host_xstats(check->host, text, sizeof(text));
	printf("%s", text);
}

int
main(int argc, char **argv)
{
	struct check check = { .config = { .size = sizeof(check.config), .program = argv[0] },
		               .seconds = 3 };
	struct pln_error error;
	char text[8192];

	parse_args(&check, argc, argv);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (pln_host_create(&check.config, &check.host, &error) != 0) {
		printf("error %d: %s\n", error.code, error.text);
		return 1;
	}
	check.stack = pln_host_stack(check.host, 0);
	pln_host_notices(check.host, text, sizeof(text));
	printf("%s", text);
	pln_host_describe(check.host, text, sizeof(text));
	printf("%s", text);
	fflush(stdout);
	run(&check);
	report(&check);
	pln_host_destroy(check.host);
	return check.peer.family != PLN_FAMILY_NONE && check.answered == 0 ? 3 : 0;
}
