/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counting in nanoseconds, printing as iputils 20221126 does: milliseconds with three decimals cut off, the mean rounded down,
 * mdev the standard deviation of the population, percentages by %g. The deviation is Welford's, which neither overflows nor
 * loses what is small beside the mean.
 */
#include "ping/tally.h"

/* The largest integer whose square is not above `value`. */
static uint64_t
square_root(uint64_t value)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1)
		if ((root + bit) * (root + bit) <= value)
			root += bit;
	return root;
}

void
tally_reply(struct tally *tally, uint64_t rtt_ns, bool is_duplicate)
{
	double before = (double)rtt_ns - tally->mean_ns;
	uint64_t count;

	if (is_duplicate)
		tally->duplicates++;
	else
		tally->received++;
	count = tally->received + tally->duplicates;
	if (count == 1 || rtt_ns < tally->min_ns)
		tally->min_ns = rtt_ns;
	if (rtt_ns > tally->max_ns)
		tally->max_ns = rtt_ns;
	tally->sum_ns += rtt_ns;
	tally->mean_ns += before / (double)count;
	tally->squares += before * ((double)rtt_ns - tally->mean_ns);
	if (tally->ewma_ns8 == 0)
		tally->ewma_ns8 = rtt_ns * 8;
	else
		tally->ewma_ns8 = tally->ewma_ns8 - tally->ewma_ns8 / 8 + rtt_ns;
}

uint64_t
tally_mean(const struct tally *tally)
{
	uint64_t count = tally->received + tally->duplicates;

	return count > 0 ? tally->sum_ns / count : 0;
}

uint64_t
tally_deviation(const struct tally *tally)
{
	uint64_t count = tally->received + tally->duplicates;
	double variance = count > 0 ? tally->squares / (double)count : 0;

	/* Beyond 2^62 ns² the root is taken of a value scaled down: 2 s of deviation, to a microsecond. */
	if (variance >= 4e18)
		return square_root((uint64_t)(variance / 1e6)) * 1000;
	return square_root((uint64_t)variance);
}

char *
tally_format_ms(uint64_t ns, char *buf)
{
	uint64_t us = ns / PLN_NS_PER_US;
	uint64_t t;

	if (us >= 99950) {
		(void)snprintf(buf, 24, "%llu", (unsigned long long)((us + 500) / 1000));
	} else if (us >= 9995) {
		t = us + 50;
		(void)snprintf(buf, 24, "%u.%01u", (unsigned int)(t / 1000),
		               (unsigned int)(t % 1000 / 100));
	} else if (us >= 1000) {
		t = us + 5;
		(void)snprintf(buf, 24, "%u.%02u", (unsigned int)(t / 1000),
		               (unsigned int)(t % 1000 / 10));
	} else {
		(void)snprintf(buf, 24, "0.%03u", (unsigned int)us);
	}
	return buf;
}

static void
print_ms(FILE *out, const char *before, uint64_t ns)
{
	uint64_t us = ns / PLN_NS_PER_US;

	(void)fprintf(out, "%s%llu.%03u", before, (unsigned long long)(us / 1000),
	              (unsigned int)(us % 1000));
}

static void
print_rtt(const struct tally *t, FILE *out)
{
	print_ms(out, "rtt min/avg/max/mdev = ", t->min_ns);
	print_ms(out, "/", tally_mean(t));
	print_ms(out, "/", t->max_ns);
	print_ms(out, "/", tally_deviation(t));
	(void)fputs(" ms", out);
}

static void
print_counts(const struct tally *t, FILE *out)
{
	(void)fprintf(out, "%llu packets transmitted, %llu received", (unsigned long long)t->sent,
	              (unsigned long long)t->received);
	if (t->duplicates > 0)
		(void)fprintf(out, ", +%llu duplicates", (unsigned long long)t->duplicates);
	if (t->corrupted > 0)
		(void)fprintf(out, ", +%llu corrupted", (unsigned long long)t->corrupted);
	if (t->errors > 0)
		(void)fprintf(out, ", +%llu errors", (unsigned long long)t->errors);
	if (t->sent > 0)
		(void)fprintf(
			out, ", %g%% packet loss, time %llums",
			(double)(float)((double)(t->sent - t->received) * 100.0 / (double)t->sent),
			(unsigned long long)((t->last - t->first + PLN_NS_PER_MS / 2) /
		                             PLN_NS_PER_MS));
	(void)fputc('\n', out);
}

void
tally_print_summary(const struct tally *tally, const char *host, FILE *out)
{
	const struct tally *t = tally;
	const char *comma = "";

	(void)fprintf(out, "\n--- %s ping statistics ---\n", host);
	print_counts(t, out);
	if (t->received > 0 && t->is_timed) {
		print_rtt(t, out);
		comma = ", ";
	}
	if (t->pipe > 1) {
		(void)fprintf(out, "%spipe %u", comma, t->pipe);
		comma = ", ";
	}
	if (t->received > 0 && t->is_paced && t->sent > 1) {
		(void)fputs(comma, out);
		print_ms(out, "ipg/ewma ", (t->last - t->first) / (t->sent - 1));
		print_ms(out, "/", t->ewma_ns8 / 8);
		(void)fputs(" ms", out);
	}
	(void)fputc('\n', out);
}

void
tally_print_status(const struct tally *tally, FILE *out)
{
	const struct tally *t = tally;
	unsigned int loss =
		t->sent > 0 ? (unsigned int)((t->sent - t->received) * 100 / t->sent) : 0;

	(void)fprintf(out, "\r%llu/%llu packets, %u%% loss", (unsigned long long)t->received,
	              (unsigned long long)t->sent, loss);
	if (t->received > 0 && t->is_timed) {
		print_ms(out, ", min/avg/ewma/max = ", t->min_ns);
		print_ms(out, "/", tally_mean(t));
		print_ms(out, "/", t->ewma_ns8 / 8);
		print_ms(out, "/", t->max_ns);
		(void)fputs(" ms", out);
	}
	(void)fputc('\n', out);
}
