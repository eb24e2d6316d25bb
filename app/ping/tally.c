/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counting and printing as iputils 20221126 does: integer microseconds, the mean rounded down, mdev the standard deviation,
 * percentages by %g.
 */
#include "ping/tally.h"

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
tally_reply(struct tally *tally, uint64_t rtt_us, bool is_duplicate)
{
	if (is_duplicate)
		tally->duplicates++;
	else
		tally->received++;
	if (tally->received + tally->duplicates == 1 || rtt_us < tally->min_us)
		tally->min_us = rtt_us;
	if (rtt_us > tally->max_us)
		tally->max_us = rtt_us;
	tally->sum_us += rtt_us;
	tally->sum_squares_us += rtt_us * rtt_us;
	if (tally->ewma_us8 == 0)
		tally->ewma_us8 = rtt_us * 8;
	else
		tally->ewma_us8 = tally->ewma_us8 - tally->ewma_us8 / 8 + rtt_us;
}

char *
tally_format_ms(uint64_t us, char *buf)
{
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
print_ms(FILE *out, uint64_t us)
{
	(void)fprintf(out, "%llu.%03u", (unsigned long long)(us / 1000), (unsigned int)(us % 1000));
}

static void
print_rtt(const struct tally *t, FILE *out)
{
	uint64_t total = t->received + t->duplicates;
	uint64_t mean = t->sum_us / total;
	uint64_t variance = (t->sum_squares_us - t->sum_us * t->sum_us / total) / total;

	(void)fputs("rtt min/avg/max/mdev = ", out);
	print_ms(out, t->min_us);
	(void)fputc('/', out);
	print_ms(out, mean);
	(void)fputc('/', out);
	print_ms(out, t->max_us);
	(void)fputc('/', out);
	print_ms(out, square_root(variance));
	(void)fputs(" ms", out);
}

void
tally_print_summary(const struct tally *tally, const char *host, FILE *out)
{
	const struct tally *t = tally;

	(void)fprintf(out, "\n--- %s ping statistics ---\n", host);
	(void)fprintf(out, "%llu packets transmitted, %llu received", (unsigned long long)t->sent,
	              (unsigned long long)t->received);
	if (t->duplicates > 0)
		(void)fprintf(out, ", +%llu duplicates", (unsigned long long)t->duplicates);
	if (t->errors > 0)
		(void)fprintf(out, ", +%llu errors", (unsigned long long)t->errors);
	if (t->sent > 0)
		(void)fprintf(
			out, ", %g%% packet loss, time %llums",
			(double)(float)((double)(t->sent - t->received) * 100.0 / (double)t->sent),
			(unsigned long long)((t->last - t->first + PLN_NS_PER_MS / 2) /
		                             PLN_NS_PER_MS));
	(void)fputc('\n', out);
	if (t->received > 0 && t->is_timed)
		print_rtt(t, out);
	if (t->pipe > 1)
		(void)fprintf(out, "%spipe %u", t->received > 0 && t->is_timed ? ", " : "",
		              t->pipe);
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
		(void)fputs(", min/avg/ewma/max = ", out);
		print_ms(out, t->min_us);
		(void)fputc('/', out);
		print_ms(out, t->sum_us / (t->received + t->duplicates));
		(void)fputc('/', out);
		print_ms(out, t->ewma_us8 / 8);
		(void)fputc('/', out);
		print_ms(out, t->max_us);
		(void)fputs(" ms", out);
	}
	(void)fputc('\n', out);
}

const char *
tally_error_text(uint8_t type, uint8_t code, char *buf, size_t len)
{
	/* RFC 792 and RFC 1812 §5.2.7.1, in code order. */
	static const char *const unreachable[] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		"Frag needed and DF set",
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};

	if (type == 3 && code < sizeof(unreachable) / sizeof(unreachable[0]))
		return unreachable[code];
	if (type == 11 && code == 0)
		return "Time to live exceeded";
	if (type == 11 && code == 1)
		return "Frag reassembly time exceeded";
	if (type == 3)
		(void)snprintf(buf, len, "Dest Unreachable, Bad Code: %u", code);
	else if (type == 12)
		(void)snprintf(buf, len, "Parameter problem: pointer = 0");
	else
		(void)snprintf(buf, len, "Bad ICMP type: %u", type);
	return buf;
}
