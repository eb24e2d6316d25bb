/* SPDX-License-Identifier: BSD-3-Clause */
/* One object: start, intervals, end, as iperf3's --json has them, and beside them what it does not know. Times are nanoseconds. */
#include <time.h>

#include <pollen/stats.h>

#include "common/jsonout.h"
#include "perf/report.h"

static void
put_host(struct jsonout *json, const struct plan *plan)
{
	jsonout_open(json, "connecting_to");
	jsonout_addr(json, "host", &plan->remote.addr);
	jsonout_number(json, "port", plan->remote.port);
	jsonout_close(json);
}

static void
put_test_start(struct jsonout *json, const struct perf *perf)
{
	const struct plan *plan = &perf->options->plan;
	char cc[32] = "";

	(void)pln_stack_opt_get(perf->lcores[0].run.stack, "cc", cc, sizeof(cc));
	jsonout_open(json, "test_start");
	jsonout_text(json, "protocol", "TCP");
	jsonout_number(json, "num_streams", plan->connections);
	jsonout_number(json, "blksize", plan->length);
	jsonout_real(json, "omit", (double)plan->warmup_ns / (double)PLN_NS_PER_S);
	jsonout_real(json, "duration", (double)plan->duration_ns / (double)PLN_NS_PER_S);
	jsonout_number(json, "reverse", plan->down && !plan->up);
	jsonout_text(json, "direction", !plan->down ? "up" : plan->up ? "both" : "down");
	jsonout_number(json, "request", plan->request);
	jsonout_number(json, "response", plan->response);
	jsonout_number(json, "depth", plan->depth);
	jsonout_number(json, "rate", plan->rate);
	jsonout_number(json, "in_flight", plan->in_flight);
	jsonout_text(json, "arrivals", plan->is_poisson ? "poisson" : "fixed");
	jsonout_text(json, "closes", plan->server_closes ? "server" : "client");
	jsonout_bool(json, "zerocopy", plan->zerocopy);
	jsonout_number(json, "sources", plan->sources);
	jsonout_number(json, "lcores", perf->n_lcores);
	jsonout_text(json, "congestion", cc);
	jsonout_close(json);
}

static void
put_start(struct jsonout *json, const struct perf *perf)
{
	const struct plan *plan = &perf->options->plan;

	jsonout_open(json, "start");
	jsonout_text(json, "version", "pollen-perf " POLLEN_VERSION);
	jsonout_text(json, "program", "pollen-perf");
	jsonout_text(json, "role", plan->is_server ? "server" : "client");
	jsonout_text(json, "workload", plan_workload_name(plan->workload));
	jsonout_open(json, "timestamp");
	jsonout_number(json, "timesecs", (uint64_t)time(NULL));
	jsonout_close(json);
	if (!plan->is_server)
		put_host(json, plan);
	put_test_start(json, perf);
	jsonout_close(json);
}

static void
put_interval(struct jsonout *json, const struct perf_interval *i)
{
	double length = i->end_s - i->start_s;

	jsonout_item(json);
	jsonout_open(json, "sum");
	jsonout_real(json, "start", i->start_s);
	jsonout_real(json, "end", i->end_s);
	jsonout_real(json, "seconds", length);
	jsonout_number(json, "bytes", i->sent + i->received);
	jsonout_real(json, "bits_per_second",
	             length > 0 ? (double)(i->sent + i->received) * 8 / length : 0);
	jsonout_number(json, "requests", i->requests);
	jsonout_real(json, "requests_per_second", length > 0 ? (double)i->requests / length : 0);
	jsonout_number(json, "connects", i->connects);
	jsonout_number(json, "connections", i->open);
	jsonout_number(json, "failed", i->failed);
	jsonout_bool(json, "omitted", i->is_omitted);
	jsonout_close(json);
	jsonout_close(json);
}

static void
put_times(struct jsonout *json, const char *key, const struct hdr *hdr)
{
	static const struct {
		const char *key;
		double part;
	} parts[] = { { "p50", 0.5 },     { "p90", 0.9 },       { "p99", 0.99 },
		      { "p99_9", 0.999 }, { "p99_99", 0.9999 }, { "p99_999", 0.99999 } };

	if (hdr->total == 0)
		return;
	jsonout_open(json, key);
	jsonout_text(json, "unit", "ns");
	jsonout_number(json, "count", hdr->total);
	jsonout_number(json, "min", hdr->min);
	jsonout_real(json, "mean", hdr_mean(hdr));
	jsonout_real(json, "stddev", hdr_deviation(hdr));
	jsonout_number(json, "max", hdr->max);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		jsonout_number(json, parts[i].key, hdr_at(hdr, parts[i].part));
	jsonout_close(json);
}

static void
put_bytes(struct jsonout *json, const char *key, const struct result *r, uint64_t bytes)
{
	bool is_sent = key[4] == 's'; /* sum_sent */

	jsonout_open(json, key);
	jsonout_real(json, "start", 0);
	jsonout_real(json, "end", r->seconds);
	jsonout_real(json, "seconds", r->seconds);
	jsonout_number(json, "bytes", bytes);
	jsonout_real(json, "bits_per_second", r->seconds > 0 ? (double)bytes * 8 / r->seconds : 0);
	if (is_sent)
		jsonout_number(json, "retransmits", r->retransmits);
	jsonout_bool(json, "sender", is_sent);
	jsonout_close(json);
}

static void
put_schedule(struct jsonout *json, const struct result *r)
{
	if (r->sums.intended == 0)
		return;
	jsonout_open(json, "schedule");
	jsonout_number(json, "intended", r->sums.intended);
	jsonout_number(json, "sent", r->sums.issued);
	jsonout_number(json, "answered", r->sums.requests);
	jsonout_number(json, "unsent", r->sums.intended - r->sums.issued);
	put_times(json, "lag", r->lag);
	jsonout_close(json);
}

/* Where the stacks' turns with work spent their cycles, of all lcores and since the beginning: --set stages=1. */
static void
put_stages(struct jsonout *json, const struct perf *perf)
{
	static const char *const counters[] = { "stage_turns",         "stage_rx_cycles",
		                                "stage_parse_cycles",  "stage_input_cycles",
		                                "stage_timers_cycles", "stage_app_cycles",
		                                "stage_output_cycles", "stage_tx_cycles",
		                                "rx_frames",           "tx_frames" };
	const size_t n = sizeof(counters) / sizeof(counters[0]);
	uint64_t sums[sizeof(counters) / sizeof(counters[0])] = { 0 }, value;

	for (unsigned int lcore = 0; lcore < perf->n_lcores; lcore++) {
		for (size_t i = 0; i < n; i++) {
			value = 0;
			(void)pln_stats_counter(perf->lcores[lcore].run.stack, counters[i], &value);
			sums[i] += value;
		}
	}
	if (sums[0] == 0)
		return;
	jsonout_open(json, "stages");
	for (size_t i = 0; i < n; i++)
		jsonout_number(json, counters[i], sums[i]);
	jsonout_close(json);
}

static void
put_end(struct jsonout *json, const struct perf *perf, const struct result *r)
{
	const struct plan *plan = &perf->options->plan;
	bool is_bulk = plan->workload == PLAN_BULK && !plan->is_server;

	jsonout_open(json, "end");
	put_bytes(json, "sum_sent", r, is_bulk ? r->arrived : r->sums.sent);
	put_bytes(json, "sum_received", r, r->sums.received);
	jsonout_number(json, "requests", r->sums.requests);
	jsonout_real(json, "requests_per_second", r->rps);
	jsonout_number(json, "connects", r->sums.connects);
	jsonout_real(json, "connections_per_second", r->cps);
	jsonout_real(json, "opening_seconds", r->opening_s);
	jsonout_number(json, "connections", r->sums.open);
	jsonout_number(json, "failed", r->sums.failed);
	jsonout_number(json, "resets", r->sums.resets);
	jsonout_number(json, "timeouts", r->sums.timeouts);
	put_times(json, "latency", r->latency);
	put_times(json, "connect_latency", r->connect);
	put_schedule(json, r);
	jsonout_open(json, "cpu_utilization_percent");
	jsonout_real(json, "host_total", r->busy * 100);
	jsonout_close(json);
	jsonout_real(json, "busy_ns_per_request", r->busy_ns);
	put_stages(json, perf);
	jsonout_close(json);
}

static void
put_criteria(struct jsonout *json, const struct perf *perf, const struct result *r)
{
	const struct require *require = &perf->options->require;

	jsonout_array(json, "require");
	for (unsigned int i = 0; i < require->count; i++) {
		jsonout_item(json);
		jsonout_text(json, "text", require->list[i].text);
		jsonout_real(json, "value", require_value(&require->list[i], &r->measured));
		jsonout_bool(json, "met", require_met(&require->list[i], &r->measured));
		jsonout_close(json);
	}
	jsonout_array_end(json);
	jsonout_bool(json, "pass", r->is_met);
}

void
report_json(const struct perf *perf, const struct result *result, FILE *out)
{
	struct jsonout json = jsonout_begin(out);

	put_start(&json, perf);
	jsonout_array(&json, "intervals");
	for (unsigned int i = 0; i < perf->n_intervals; i++)
		put_interval(&json, &perf->intervals[i]);
	jsonout_array_end(&json);
	put_end(&json, perf, result);
	put_criteria(&json, perf, result);
	jsonout_end(&json);
}
