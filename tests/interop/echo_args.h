/* SPDX-License-Identifier: BSD-3-Clause */
/* What echo is asked to do. */
#ifndef POLLEN_TESTS_INTEROP_ECHO_ARGS_H
#define POLLEN_TESTS_INTEROP_ECHO_ARGS_H

#include <pollen/host.h>

#define ECHO_MAX_CONNS 2048U
#define ECHO_BUFFER    8192U /* bytes of a request, at most */

struct echo_args {
	struct pln_host_config config;
	struct pln_host_port_config second; /* port */
	struct pln_endpoint to;
	unsigned int seconds, count, at_once, bytes, rounds;
	char *eal_args[4]; /* of --lcores and --vdev */
};

/* Into `a`, which holds what is not said; usage and exit 2 when it cannot be understood. */
void echo_args_parse(struct echo_args *a, int argc, char **argv);

#endif
