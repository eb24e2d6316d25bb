/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of round trips, log-linear: 2048 linear steps to each doubling, so a value is kept to 0.1 % at any size, in
 * bounded memory. Written as HdrHistogram's percentile distribution, which plotting tools read as .hgrm.
 */
#ifndef POLLEN_APP_PING_HDR_H
#define POLLEN_APP_PING_HDR_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

#define HDR_STEP_BITS 11 /* 2048 steps to a doubling */
#define HDR_DOUBLINGS 37 /* values up to 2^47 ns, 39 hours */

struct hdr {
	uint64_t total, max, sum;
	double squares; /* sum of squared differences from the mean, Welford's */
	double mean;
	uint32_t counts[(HDR_DOUBLINGS + 1) << (HDR_STEP_BITS - 1)];
};

/** @return empty; NULL when memory is out. free() it. */
struct hdr *hdr_create(void);

/** Count a value. @param ns larger ones count as the largest */
void hdr_add(struct hdr *hdr, uint64_t ns);

/** The smallest value that `part` (0 to 1) of all counted ones do not exceed. @return ns, 0 when nothing was counted */
uint64_t hdr_at(const struct hdr *hdr, double part);

/** Percentiles, closer and closer to 100 %, in microseconds. @return 0 or a negative errno of writing. */
int hdr_write(const struct hdr *hdr, FILE *out);

PLN_C_END

#endif
