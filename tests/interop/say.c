/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines for the scripts that start these programs: a host as it describes itself, and the counters of a stack.
 */
#include "say.h"

#include <inttypes.h>
#include <stdio.h>

#include <pollen/host.h>
#include <pollen/stats.h>

#define MAX_COUNTERS 256U

void
say_host(const struct pln_host *host)
{
	char text[8192];

	pln_host_describe(host, text, sizeof(text));
	printf("%s", text);
}

void
say_counters(struct pln_stack *stack)
{
	struct pln_counter counters[MAX_COUNTERS];
	unsigned int n = pln_stats_counters(stack, counters, MAX_COUNTERS);

	for (unsigned int i = 0; i < n && i < MAX_COUNTERS; i++) {
		if (counters[i].value != 0)
			printf("counter: %s %" PRIu64 "\n", counters[i].name, counters[i].value);
	}
}
