/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of all lcores: each has a worker; the first one leads: it says when warming up ends, when the measured time ends, and tells what
 * happens meanwhile.
 */
#ifndef POLLEN_APP_PERF_PERF_H
#define POLLEN_APP_PERF_PERF_H

#include "common/run.h"
#include "perf/options.h"
#include "perf/worker.h"

PLN_C_BEGIN

struct interrupt;

/* What happened in one interval, of all lcores. */
struct perf_interval {
	double start_s,
		end_s; /* since the stage began that is counted from: warming up, or measuring */
	uint64_t sent, received, requests, connects, failed;
	uint64_t open;   /* connections, at its end */
	bool is_omitted; /* not measured */
};

struct perf_lcore {
	struct worker worker;
	struct run run;
	bool is_made;
};

struct perf {
	const struct perf_options *options;
	struct interrupt *interrupt;
	struct perf_lcore *lcores;
	unsigned int n_lcores;
	unsigned int stage;        /* enum worker_stage; atomic, the first lcore's */
	unsigned int n_open;       /* lcores whose connections are all open; atomic */
	bool is_broken;            /* one of them cannot go on; atomic */
	uint64_t start_ns;         /* of the program's work */
	uint64_t stage_ns;         /* when the stage began */
	uint64_t opening_ns;       /* how long it took to open all connections */
	uint64_t told_ns;          /* when the last interval ended */
	struct worker_counts told; /* counts then */
	struct perf_interval *intervals;
	unsigned int n_intervals, room;
	FILE *out; /* of live lines and the summary; NULL: quiet */
};

/** Measure, on all lcores of the host that `first` has started. @return 0 or a negative errno with a sentence. */
int perf_run(struct perf *perf, struct run *first, struct pln_error *error);

/** The workers' memory: after the stacks. */
void perf_free(struct perf *perf);

PLN_C_END

#endif
