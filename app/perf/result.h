/* SPDX-License-Identifier: BSD-3-Clause */
/* What all lcores measured, taken together. */
#ifndef POLLEN_APP_PERF_RESULT_H
#define POLLEN_APP_PERF_RESULT_H

#include "perf/perf.h"

PLN_C_BEGIN

struct result {
	double seconds;            /* measured */
	double opening_s;          /* until all connections were open */
	struct worker_counts sums; /* in that time; `open`: at its end */
	uint64_t arrived;          /* bulk: bytes of ours that the peer has acknowledged */
	uint64_t retransmits;      /* segments */
	double busy;    /* 0 to 1: part of the time in turns that found work, mean of the lcores */
	double busy_ns; /* of such turns for each request; 0: there was none */
	double rps, cps, bps; /* requests and connections a second; bits of payload, both ways */
	struct hdr *latency, *connect, *lag;
	struct require_measured measured;
	bool is_met; /* all that --require asks for */
};

/** @return 0 or -ENOMEM */
int result_make(struct result *result, const struct perf *perf);

void result_free(struct result *result);

PLN_C_END

#endif
