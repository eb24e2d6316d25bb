/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sums of the workers' counts between the beginning and the end of the measured time. Connections a second are those of that time; of conns,
 * whose connections are open before, those of the opening.
 */
#include "perf/result.h"

#include <errno.h>
#include <stdlib.h>

static void
add_worker(struct result *r, const struct worker *w)
{
	struct worker_counts *s = &r->sums;
	const struct worker_counts *a = &w->begin, *b = &w->end;
	double seconds = (double)(w->end_ns - w->begin_ns) / (double)PLN_NS_PER_S;

	s->requests += b->requests - a->requests;
	s->sent += b->sent - a->sent;
	s->received += b->received - a->received;
	s->connects += b->connects - a->connects;
	s->failed += b->failed; /* those that could not be opened, too */
	s->resets += b->resets;
	s->timeouts += b->timeouts;
	s->intended += b->intended - a->intended;
	s->issued += b->issued - a->issued;
	s->open += b->open;
	s->busy_ns += b->busy_ns - a->busy_ns;
	r->arrived += w->acked_end - w->acked_begin;
	r->retransmits += w->retransmits_end - w->retransmits_begin;
	r->seconds = seconds > r->seconds ? seconds : r->seconds;
	hdr_merge(r->latency, w->latency);
	hdr_merge(r->connect, w->connect);
	hdr_merge(r->lag, w->lag);
}

static void
judge(struct result *r, const struct require *require)
{
	r->measured = (struct require_measured){
		.latency = r->latency,
		.rps = r->rps,
		.cps = r->cps,
		.bps = r->bps,
		.failed = r->sums.failed,
		.connections = r->sums.open,
		.retransmits = r->retransmits,
	};
	r->is_met = true;
	for (unsigned int i = 0; i < require->count; i++)
		r->is_met = r->is_met && require_met(&require->list[i], &r->measured);
}

static void
compute_rates(struct result *r, const struct perf *perf)
{
	const struct plan *plan = &perf->options->plan;
	uint64_t sent = plan->workload == PLAN_BULK && !plan->is_server ? r->arrived : r->sums.sent;

	r->opening_s = (double)perf->opening_ns / (double)PLN_NS_PER_S;
	if (r->sums.requests > 0)
		r->busy_ns = (double)r->sums.busy_ns / (double)r->sums.requests;
	if (r->seconds <= 0)
		return;
	r->busy = (double)r->sums.busy_ns / (double)PLN_NS_PER_S / r->seconds / perf->n_lcores;
	r->rps = (double)r->sums.requests / r->seconds;
	r->cps = (double)r->sums.connects / r->seconds;
	r->bps = (double)(sent + r->sums.received) * 8 / r->seconds;
	if (plan->workload == PLAN_CONNS && r->opening_s > 0)
		r->cps = plan->connections / r->opening_s;
}

int
result_make(struct result *result, const struct perf *perf)
{
	*result = (struct result){
		.latency = hdr_create(),
		.connect = hdr_create(),
		.lag = hdr_create(),
	};
	if (result->latency == NULL || result->connect == NULL || result->lag == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < perf->n_lcores; i++)
		add_worker(result, &perf->lcores[i].worker);
	compute_rates(result, perf);
	judge(result, &perf->options->require);
	return 0;
}

void
result_free(struct result *result)
{
	free(result->latency);
	free(result->connect);
	free(result->lag);
}
