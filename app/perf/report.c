/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words and intervals. An interval ends each second and where a stage does, so that none is half measured. Rates have three to four
 * digits and a unit; times too.
 */
#include "perf/report.h"

#include <stdlib.h>

typedef unsigned long long ull;

static struct worker_counts
sum_counts(const struct perf *perf)
{
	struct worker_counts sum = { 0 };

	for (unsigned int i = 0; i < perf->n_lcores; i++) {
		const struct worker_counts *c = &perf->lcores[i].worker.counts;

		sum.requests += worker_count(&c->requests);
		sum.sent += worker_count(&c->sent);
		sum.received += worker_count(&c->received);
		sum.connects += worker_count(&c->connects);
		sum.failed += worker_count(&c->failed);
		sum.open += worker_count(&c->open);
	}
	return sum;
}

static double
seconds(uint64_t ns)
{
	return (double)ns / (double)PLN_NS_PER_S;
}

/* "2.05 M", "812" */
static const char *
format_rate(double value, char *buf, size_t len)
{
	static const char *const units[] = { "", " k", " M", " G", " T" };
	unsigned int unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(buf, len, "%.*f%s", unit == 0 || value >= 99.95 ? 0 : 2, value, units[unit]);
	return buf;
}

static const char *
format_time(uint64_t ns, char *buf, size_t len)
{
	if (ns < 10000)
		(void)snprintf(buf, len, "%.2f us", (double)ns / 1e3);
	else if (ns < 10000000)
		(void)snprintf(buf, len, "%.1f us", (double)ns / 1e3);
	else
		(void)snprintf(buf, len, "%.1f ms", (double)ns / 1e6);
	return buf;
}

static void
print_interval(const struct perf *perf, const struct perf_interval *i)
{
	double length = i->end_s - i->start_s;
	bool is_bulk = perf->options->plan.workload == PLAN_BULK;
	char a[32], b[32], c[32];

	if (length <= 0)
		return;
	(void)fprintf(perf->out, "%7.2f s  ", i->end_s);
	if (!is_bulk)
		(void)fprintf(perf->out, "%s requests/s  ",
		              format_rate((double)i->requests / length, a, sizeof(a)));
	if (i->connects > 0)
		(void)fprintf(perf->out, "%s connections/s  ",
		              format_rate((double)i->connects / length, a, sizeof(a)));
	(void)fprintf(perf->out, "sent %sbit/s  received %sbit/s  %s open",
	              format_rate((double)i->sent * 8 / length, a, sizeof(a)),
	              format_rate((double)i->received * 8 / length, b, sizeof(b)),
	              format_rate((double)i->open, c, sizeof(c)));
	if (i->failed > 0)
		(void)fprintf(perf->out, "  %llu failed", (ull)i->failed);
	(void)fprintf(perf->out, "%s\n", i->is_omitted ? "  (not counted)" : "");
	(void)fflush(perf->out);
}

/* Keep it; without memory it is only printed. */
static void
keep_interval(struct perf *perf, const struct perf_interval *interval)
{
	if (perf->n_intervals == perf->room) {
		unsigned int room = perf->room > 0 ? 2 * perf->room : 64;
		struct perf_interval *more =
			realloc(perf->intervals, room * sizeof(*perf->intervals));

		if (more == NULL)
			return;
		perf->intervals = more;
		perf->room = room;
	}
	perf->intervals[perf->n_intervals++] = *interval;
}

static void
end_interval(struct perf *perf, uint64_t now)
{
	struct worker_counts sum = sum_counts(perf), *told = &perf->told;
	struct perf_interval interval = {
		.start_s = seconds(perf->told_ns - perf->stage_ns),
		.end_s = seconds(now - perf->stage_ns),
		.sent = sum.sent - told->sent,
		.received = sum.received - told->received,
		.requests = sum.requests - told->requests,
		.connects = sum.connects - told->connects,
		.failed = sum.failed - told->failed,
		.open = sum.open,
		.is_omitted = perf->stage != WORKER_MEASURING,
	};

	perf->told_ns = now;
	*told = sum;
	keep_interval(perf, &interval);
	if (perf->out != NULL)
		print_interval(perf, &interval);
}

void
report_stage(struct perf *perf, enum worker_stage stage, uint64_t now)
{
	static const char *const begins[] = {
		[WORKER_OPENING] = "",
		[WORKER_WARMING] = "* connections are open, warming up\n",
		[WORKER_MEASURING] = "* measuring\n",
		[WORKER_OVER] = "",
	};

	/* A tenth of an interval and less says nothing. */
	if (perf->options->interval_ns > 0 && now - perf->told_ns > perf->options->interval_ns / 10)
		end_interval(perf, now);
	perf->told = sum_counts(perf);
	perf->told_ns = now;
	if (perf->out != NULL)
		(void)fputs(begins[stage], perf->out);
}

void
report_live(struct perf *perf, uint64_t now)
{
	if (perf->options->interval_ns == 0 || perf->stage == WORKER_OVER ||
	    now - perf->told_ns < perf->options->interval_ns)
		return;
	end_interval(perf, now);
	run_news(&perf->lcores[0].run, stderr, "* ");
}

static void
print_times(FILE *out, const char *what, const struct hdr *hdr)
{
	static const double parts[] = { 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999 };
	static const char *const names[] = { "p50", "p90", "p99", "p99.9", "p99.99", "p99.999" };
	char text[32];

	if (hdr->total == 0)
		return;
	(void)fprintf(out, "  %-11s mean %s", what,
	              format_time((uint64_t)hdr_mean(hdr), text, sizeof(text)));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		(void)fprintf(out, "  %s %s", names[i],
		              format_time(hdr_at(hdr, parts[i]), text, sizeof(text)));
	(void)fprintf(out, "  max %s\n", format_time(hdr->max, text, sizeof(text)));
}

static void
print_rates(FILE *out, const struct perf *perf, const struct result *r)
{
	bool is_bulk = perf->options->plan.workload == PLAN_BULK;
	char a[32], b[32];

	if (!is_bulk)
		(void)fprintf(out, "  %llu requests, %s/s, %.0f ns each of turns with work\n",
		              (ull)r->sums.requests, format_rate(r->rps, a, sizeof(a)), r->busy_ns);
	(void)fprintf(out, "  %llu bytes sent, %llu received, %sbit/s; %llu segments sent again\n",
	              (ull)(is_bulk && !perf->options->plan.is_server ? r->arrived : r->sums.sent),
	              (ull)r->sums.received, format_rate(r->bps, b, sizeof(b)),
	              (ull)r->retransmits);
	(void)fprintf(out,
	              "  %llu connections made, %s/s, %llu open, %llu failed (%llu reset, %llu "
	              "timed out)\n",
	              (ull)r->sums.connects, format_rate(r->cps, a, sizeof(a)), (ull)r->sums.open,
	              (ull)r->sums.failed, (ull)r->sums.resets, (ull)r->sums.timeouts);
}

static void
print_criteria(FILE *out, const struct perf *perf, const struct result *r)
{
	const struct require *require = &perf->options->require;

	for (unsigned int i = 0; i < require->count; i++)
		(void)fprintf(out, "  %s %s: it is %.6g\n", require->list[i].text,
		              require_met(&require->list[i], &r->measured) ? "is met"
		                                                           : "is not met",
		              require_value(&require->list[i], &r->measured));
}

void
report_summary(const struct perf *perf, const struct result *result)
{
	const struct plan *plan = &perf->options->plan;
	FILE *out = perf->out;

	if (out == NULL)
		return;
	(void)fprintf(out, "%s, %.2f s measured, %u lcore%s, %.0f %% busy\n",
	              plan_workload_name(plan->workload), result->seconds, perf->n_lcores,
	              perf->n_lcores == 1 ? "" : "s", result->busy * 100);
	print_rates(out, perf, result);
	if (plan->workload == PLAN_CONNS && result->opening_s > 0)
		(void)fprintf(out, "  %u connections opened in %.2f s\n", plan->connections,
		              result->opening_s);
	print_times(out, "latency", result->latency);
	print_times(out, "connecting", result->connect);
	if (result->lag->total > 0)
		(void)fprintf(out, "  schedule: %llu due, %llu sent, %llu not\n",
		              (ull)result->sums.intended, (ull)result->sums.issued,
		              (ull)(result->sums.intended - result->sums.issued));
	print_times(out, "sent late", result->lag);
	print_criteria(out, perf, result);
}
