/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values below 2048 have a slot each; above, each doubling has 1024 slots, as wide as the doubling is high. The percentiles
 * that are written come five to each halving of the distance to 100 %, as HdrHistogram's do, until the largest value is told.
 * The deviation comes from sums of differences from the first value, which are small beside the value where that matters: adding one
 * is a few instructions and no division, so that who counts millions a second may.
 */
#include "common/hdr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HALF            (1U << (HDR_STEP_BITS - 1))
#define SLOTS           ((unsigned int)(HDR_DOUBLINGS + 1) * HALF)
#define TICKS_A_HALVING 5
#define US              1000.0

static unsigned int
slot_of(uint64_t value)
{
	unsigned int bits = 64U - (unsigned int)__builtin_clzll(value | 1);
	unsigned int shift = bits > HDR_STEP_BITS ? bits - HDR_STEP_BITS : 0;
	unsigned int slot = shift * HALF + (unsigned int)(value >> shift);

	return slot < SLOTS ? slot : SLOTS - 1;
}

/* The largest value of a slot. */
static uint64_t
slot_end(unsigned int slot)
{
	unsigned int shift = slot < 2 * HALF ? 0 : slot / HALF - 1;
	uint64_t first = (uint64_t)(slot - shift * HALF) << shift;

	return first + (1ULL << shift) - 1;
}

struct hdr *
hdr_create(void)
{
	return calloc(1, sizeof(struct hdr));
}

void
hdr_add(struct hdr *hdr, uint64_t ns)
{
	double difference;

	if (hdr->total == 0)
		hdr->first = hdr->min = ns;
	difference = (double)(int64_t)(ns - hdr->first);
	hdr->counts[slot_of(ns)]++;
	hdr->total++;
	hdr->differences += difference;
	hdr->squares += difference * difference;
	if (ns < hdr->min)
		hdr->min = ns;
	if (ns > hdr->max)
		hdr->max = ns;
}

void
hdr_merge(struct hdr *hdr, const struct hdr *from)
{
	double shift, count = (double)from->total;

	if (from->total == 0)
		return;
	if (hdr->total == 0) {
		*hdr = *from;
		return;
	}
	/* Its differences, taken from our first value. */
	shift = (double)(int64_t)(from->first - hdr->first);
	hdr->differences += from->differences + count * shift;
	hdr->squares += from->squares + 2 * shift * from->differences + count * shift * shift;
	hdr->total += from->total;
	hdr->min = from->min < hdr->min ? from->min : hdr->min;
	hdr->max = from->max > hdr->max ? from->max : hdr->max;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		hdr->counts[slot] += from->counts[slot];
}

void
hdr_clear(struct hdr *hdr)
{
	memset(hdr, 0, sizeof(*hdr));
}

/* The largest integer root, without the mathematics library. */
static double
root_of(double value)
{
	double root = value > 1 ? value : 1;

	for (int i = 0; i < 200; i++)
		root = (root + value / root) / 2;
	return value > 0 ? root : 0;
}

double
hdr_mean(const struct hdr *hdr)
{
	if (hdr->total == 0)
		return 0;
	return (double)hdr->first + hdr->differences / (double)hdr->total;
}

double
hdr_deviation(const struct hdr *hdr)
{
	double mean;

	if (hdr->total == 0)
		return 0;
	mean = hdr->differences / (double)hdr->total;
	return root_of(hdr->squares / (double)hdr->total - mean * mean);
}

/* The value that `rank` of the counted ones do not exceed, and how many in all do not. */
static uint64_t
value_of_rank(const struct hdr *hdr, uint64_t rank, uint64_t *count)
{
	uint64_t seen = 0;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		seen += hdr->counts[slot];
		if (seen >= rank && hdr->counts[slot] > 0) {
			*count = seen;
			return slot_end(slot) < hdr->max ? slot_end(slot) : hdr->max;
		}
	}
	*count = seen;
	return hdr->max;
}

static uint64_t
rank_of(const struct hdr *hdr, double part)
{
	double exact = part * (double)hdr->total;
	uint64_t rank = (uint64_t)exact;

	if ((double)rank < exact - 1e-9)
		rank++;
	return rank > 0 ? rank : 1;
}

uint64_t
hdr_at(const struct hdr *hdr, double part)
{
	uint64_t count;

	return hdr->total > 0 ? value_of_rank(hdr, rank_of(hdr, part), &count) : 0;
}

/* A line; true behind the one that holds the largest value. */
static bool
write_line(const struct hdr *hdr, double part, FILE *out)
{
	uint64_t count;
	uint64_t value = value_of_rank(hdr, rank_of(hdr, part), &count);
	bool is_last = count >= hdr->total || part >= 1;

	if (part >= 1)
		(void)fprintf(out, "%12.3f %2.12f %10llu\n", (double)value / US, part,
		              (unsigned long long)count);
	else
		(void)fprintf(out, "%12.3f %2.12f %10llu %14.2f\n", (double)value / US, part,
		              (unsigned long long)count, 1 / (1 - part));
	return is_last;
}

int
hdr_write(const struct hdr *hdr, FILE *out)
{
	double step = 1.0 / (2 * TICKS_A_HALVING);
	double part = 0;

	(void)fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
	              "1/(1-Percentile)");
	for (int tick = 1; hdr->total > 0 && !write_line(hdr, part, out); tick++) {
		part += step;
		if (tick % TICKS_A_HALVING == 0)
			step /= 2;
	}
	if (hdr->total > 0)
		(void)write_line(hdr, 1, out);
	(void)fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", hdr_mean(hdr) / US,
	              hdr_deviation(hdr) / US);
	(void)fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)hdr->max / US,
	              (unsigned long long)hdr->total);
	(void)fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HDR_DOUBLINGS,
	              1 << HDR_STEP_BITS);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
