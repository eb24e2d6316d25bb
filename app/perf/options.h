/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-perf's command line: a role, a workload, whom to talk to. */
#ifndef POLLEN_APP_PERF_OPTIONS_H
#define POLLEN_APP_PERF_OPTIONS_H

#include "common/hostopts.h"
#include "perf/plan.h"
#include "perf/require.h"

PLN_C_BEGIN

#define PERF_PORT 5201 /* iperf3's */

struct perf_options {
	struct hostopts host;
	struct plan plan;
	struct require require;
	uint64_t interval_ns;          /* of live lines; 0: none */
	uint32_t max_conns, time_wait; /* of each stack; 0: not given */
	bool connections_given, duration_given;
	char *sources;      /* as they were given; NULL: not */
	char *json;         /* NULL: none; "-": standard output */
	char *hgrm;         /* NULL: none */
	char *request_text; /* http */
	char *cc;           /* NULL: the stack's */
	bool quiet;
	bool verbose;
	enum perf_action {
		PERF_RUN,
		PERF_HELP,
		PERF_VERSION
	} action;
};

/**
 * Read the command line.
 *
 * @param out  to be freed with perf_options_free, also after a failure
 * @return 0, or a negative errno with a sentence
 */
int perf_options_parse(struct perf_options *out, int argc, char **argv, struct pln_error *error);

void perf_options_free(struct perf_options *options);

extern const char perf_usage[];
extern const char perf_help[];

PLN_C_END

#endif
