/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of echo. */
#include "echo_args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
need(bool good)
{
	if (good)
		return;
	fprintf(stderr,
	        "usage: echo {--interface IF | --vdev NAME,ARGS | --allow PCI} --ip A/LEN "
	        "[--lcores "
	        "LIST] [--pcap FILE] "
	        "[--seconds N] [--to A:PORT --count N [--at-once M] [--bytes N] [--rounds N]]\n");
	exit(2);
}

static void
parse_to(struct pln_endpoint *to, char *text)
{
	char *colon = strchr(text, ':');

	need(colon != NULL);
	*colon = '\0';
	need(pln_addr_parse(text, &to->addr) == 0);
	to->port = (uint16_t)atoi(colon + 1);
}

static void
add_eal_arg(struct echo_args *a, const char *name, const char *value)
{
	unsigned int i = a->eal_args[0] == NULL ? 0 : 1;

	if (asprintf(&a->eal_args[i], "%s=%s", name, value) < 0)
		exit(1);
	a->config.eal_args = a->eal_args;
	a->config.max_stacks = UINT32_MAX;
}

static void
parse_ip(struct echo_args *a, const char *text)
{
	struct pln_host_config *c = &a->config;
	bool is_first = c->addr.family == PLN_FAMILY_NONE;

	need(pln_addr_parse_prefix(text, is_first ? &c->addr : &a->second.addr,
	                           is_first ? &c->prefix_len : &a->second.prefix_len) == 0);
	if (is_first)
		return;
	a->second.size = sizeof(a->second);
	c->more_ports = &a->second;
	c->n_more_ports = 1;
}

void
echo_args_parse(struct echo_args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "interface", required_argument, NULL, 'I' },
		{ "ip", required_argument, NULL, 'i' },
		{ "lcores", required_argument, NULL, 'l' },
		{ "vdev", required_argument, NULL, 'v' },
		{ "allow", required_argument, NULL, 'a' },
		{ "pcap", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 's' },
		{ "to", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'c' },
		{ "at-once", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "rounds", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'I')
			*(a->config.interface == NULL ? &a->config.interface : &a->second.interface) =
				optarg;
		else if (option == 'i')
			parse_ip(a, optarg);
		else if (option == 'l')
			add_eal_arg(a, "--lcores", optarg);
		else if (option == 'v')
			add_eal_arg(a, "--vdev", optarg);
		else if (option == 'a')
			add_eal_arg(a, "--allow", optarg);
		else if (option == 'w')
			a->config.capture_path = optarg;
		else if (option == 's')
			a->seconds = (unsigned int)atoi(optarg);
		else if (option == 't')
			parse_to(&a->to, optarg);
		else if (option == 'c')
			a->count = (unsigned int)atoi(optarg);
		else if (option == 'n')
			a->at_once = (unsigned int)atoi(optarg);
		else if (option == 'b')
			a->bytes = (unsigned int)atoi(optarg);
		else if (option == 'r')
			a->rounds = (unsigned int)atoi(optarg);
		else
			need(false);
	}
	need(a->bytes > 0 && a->bytes <= ECHO_BUFFER && a->at_once > 0 &&
	     a->at_once <= ECHO_MAX_CONNS);
	need(optind == argc);
}
