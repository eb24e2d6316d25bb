/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a run: a line each interval, a summary, JSON with iperf3's keys where they fit, percentiles in a file. */
#ifndef POLLEN_APP_PERF_REPORT_H
#define POLLEN_APP_PERF_REPORT_H

#include "perf/perf.h"
#include "perf/result.h"

PLN_C_BEGIN

/** A stage begins: what was counted so far in this interval ends here. */
void report_stage(struct perf *perf, enum worker_stage stage, uint64_t now);

/** A line, when it is due. */
void report_live(struct perf *perf, uint64_t now);

/** What came of it, for people. */
void report_summary(const struct perf *perf, const struct result *result);

/** And for programs. */
void report_json(const struct perf *perf, const struct result *result, FILE *out);

PLN_C_END

#endif
