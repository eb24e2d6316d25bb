/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of times, log-linear: 2048 linear steps to each doubling, so a value is kept to 0.1 % at any size, in
 * bounded memory. Written as HdrHistogram's percentile distribution, which plotting tools read as .hgrm.
 */
#ifndef POLLEN_APP_COMMON_HDR_H
#define POLLEN_APP_COMMON_HDR_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

#define HDR_STEP_BITS 11 /* 2048 steps to a doubling */
#define HDR_DOUBLINGS 37 /* values up to 2^47 ns, 39 hours */

struct hdr {
	uint64_t total, min, max;
	uint64_t first;              /* the value counted first: differences are taken from there */
	double differences, squares; /* sums of them, and of their squares */
	uint64_t counts[(HDR_DOUBLINGS + 1) << (HDR_STEP_BITS - 1)];
};

/** @return empty; NULL when memory is out. free() it. */
struct hdr *hdr_create(void);

/** Count a value. @param ns larger ones count as the largest */
void hdr_add(struct hdr *hdr, uint64_t ns);

/** Count all that `from` has counted. */
void hdr_merge(struct hdr *hdr, const struct hdr *from);

/** Forget everything. */
void hdr_clear(struct hdr *hdr);

/** @return ns, 0 when nothing was counted */
double hdr_mean(const struct hdr *hdr);
double hdr_deviation(const struct hdr *hdr);

/** The smallest value that `part` (0 to 1) of all counted ones do not exceed. @return ns, 0 when nothing was counted */
uint64_t hdr_at(const struct hdr *hdr, double part);

/** Percentiles, closer and closer to 100 %, in microseconds. @return 0 or a negative errno of writing. */
int hdr_write(const struct hdr *hdr, FILE *out);

PLN_C_END

#endif
