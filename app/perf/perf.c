/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages: a client opens its connections, warms up, measures, is over; a server measures until it is asked to end. The first lcore decides;
 * the others look in every turn, so that all measure the same time but for a turn. The end of opening is what all of them have reported.
 */
#include "perf/perf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "perf/report.h"

#define EVENTS     64
#define GOODBYE_NS PLN_NS_PER_S /* for connections to close */

static enum worker_stage
stage_of(const struct perf *perf)
{
	return (enum worker_stage)__atomic_load_n(&perf->stage, __ATOMIC_ACQUIRE);
}

static void
enter(struct perf *perf, enum worker_stage stage, uint64_t now)
{
	if (stage_of(perf) == WORKER_OPENING)
		perf->opening_ns = now - perf->start_ns;
	report_stage(perf, stage, now);
	perf->stage_ns = now;
	__atomic_store_n(&perf->stage, stage, __ATOMIC_RELEASE);
}

/* What the first lcore decides: is it time to go on? */
/* It is ended from outside, or has lasted as long as was asked for. */
static bool
is_over(const struct perf *perf, uint64_t now)
{
	const struct plan *plan = &perf->options->plan;

	return interrupt_signal(perf->interrupt) != 0 ||
	       __atomic_load_n(&perf->is_broken, __ATOMIC_ACQUIRE) ||
	       (stage_of(perf) == WORKER_MEASURING && plan->duration_ns > 0 &&
	        now - perf->stage_ns >= plan->duration_ns);
}

static void
lead(struct perf *perf, uint64_t now)
{
	enum worker_stage stage = stage_of(perf);

	if (stage == WORKER_OVER)
		return;
	if (is_over(perf, now))
		enter(perf, WORKER_OVER, now);
	else if (stage == WORKER_OPENING &&
	         __atomic_load_n(&perf->n_open, __ATOMIC_ACQUIRE) == perf->n_lcores)
		enter(perf, WORKER_WARMING, now);
	else if (stage == WORKER_WARMING && now - perf->stage_ns >= perf->options->plan.warmup_ns)
		enter(perf, WORKER_MEASURING, now);
	report_live(perf, now);
}

/* A client that cannot open its connections need not begin; afterwards it measures what is left, and says what failed. */
static bool
cannot_go_on(const struct perf_lcore *l)
{
	const struct worker *w = &l->worker;

	if (w->plan->is_server || w->stage == WORKER_OVER)
		return false;
	if (w->stage == WORKER_OPENING)
		return w->error.code != 0;
	return w->plan->workload != PLAN_CRR && w->n_calls > 0 && w->n_opening == 0 &&
	       w->n_again == 0 && worker_count(&w->counts.open) == 0;
}

static void
turn(struct perf *perf, struct perf_lcore *l)
{
	struct pln_event events[EVENTS];
	uint64_t now = run_now(&l->run);
	unsigned int count = run_turn(&l->run, events, EVENTS);

	worker_act(&l->worker, events, count);
	worker_turn(&l->worker, now);
	run_send(&l->run);
	run_connections(&l->run, perf->interrupt);
	if (l->run.busy)
		worker_add(&l->worker.counts.busy_ns, run_now(&l->run) - now);
	run_rest(&l->run, l->run.busy);
	if (l == &perf->lcores[0])
		lead(perf, now);
}

/* Answers that are on their way are waited for, then all is closed. */
static void
part(struct perf *perf, struct perf_lcore *l)
{
	uint64_t end = run_now(&l->run) + GOODBYE_NS;

	while (!l->worker.plan->is_server && l->worker.counts.open > 0 && run_now(&l->run) < end)
		turn(perf, l);
	call_abort_all(&l->worker);
	run_settle(&l->run, GOODBYE_NS);
}

/* On each lcore. */
static int
work(struct pln_host *host, unsigned int i, void *ctx)
{
	struct perf *perf = ctx;
	struct perf_lcore *l = &perf->lcores[i];
	bool has_told = false;

	(void)host;
	while (l->worker.stage != WORKER_OVER) {
		turn(perf, l);
		if (!has_told && worker_is_open(&l->worker)) {
			has_told = true;
			__atomic_fetch_add(&perf->n_open, 1, __ATOMIC_RELEASE);
		}
		if (cannot_go_on(l) || l->run.conflict.is_lost)
			__atomic_store_n(&perf->is_broken, true, __ATOMIC_RELEASE);
		worker_enter(&l->worker, stage_of(perf), run_now(&l->run));
	}
	part(perf, l);
	return 0;
}

static uint64_t
clock_of(const void *ctx)
{
	return run_now(ctx);
}

static int
add_sources(const struct plan *plan, struct pln_stack *stack, uint8_t prefix_len,
            struct pln_error *error)
{
	for (uint32_t i = 0; i < plan->sources; i++) {
		struct pln_addr addr = plan_source(plan, i);
		char text[PLN_ADDR_TEXT_LEN];
		int ret = pln_stack_addr_add(stack, &addr, prefix_len);

		if (ret < 0 && ret != -EEXIST)
			return fault_set(error, ret, "--sources: %s cannot be ours: %s.",
			                 pln_addr_format(&addr, text), strerror(-ret));
	}
	return 0;
}

static int
man_lcore(struct perf *perf, struct run *first, unsigned int i, struct pln_error *error)
{
	const struct perf_options *o = perf->options;
	struct perf_lcore *l = &perf->lcores[i];
	struct pln_port_info port = { .size = sizeof(port) };
	struct worker_place place = {
		.index = i,
		.count = perf->n_lcores,
		.clock = clock_of,
		.clock_ctx = &l->run,
		.max_conns = o->host.config.max_conns,
	};
	int ret = pln_host_port_info(first->host, 0, &port);

	l->run = *first;
	if (ret == 0 && i > 0)
		ret = run_join(&l->run, first, i, &o->host, error);
	if (ret < 0)
		return ret;
	if (add_sources(&o->plan, l->run.stack, port.prefix_len, error) < 0)
		return error->code;
	place.stack = l->run.stack;
	l->is_made = true;
	return worker_init(&l->worker, &o->plan, &place, error);
}

int
perf_run(struct perf *perf, struct run *first, struct pln_error *error)
{
	int ret;

	perf->n_lcores = pln_host_lcore_count(first->host);
	perf->lcores = calloc(perf->n_lcores, sizeof(*perf->lcores));
	if (perf->lcores == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	for (unsigned int i = 0; i < perf->n_lcores; i++)
		if (man_lcore(perf, first, i, error) < 0)
			return error->code;
	perf->stage = perf->options->plan.is_server ? WORKER_MEASURING : WORKER_OPENING;
	perf->start_ns = perf->stage_ns = perf->told_ns = run_now(first);
	if (perf->options->plan.is_server && !perf->options->quiet)
		(void)fprintf(stderr, "* serving\n");
	ret = pln_host_run(first->host, work, perf);
	if (ret < 0)
		return fault_set(error, ret, "an lcore could not be started: %s.", strerror(-ret));
	return 0;
}

void
perf_free(struct perf *perf)
{
	for (unsigned int i = 0; perf->lcores != NULL && i < perf->n_lcores; i++)
		if (perf->lcores[i].is_made)
			worker_fini(&perf->lcores[i].worker);
	free(perf->lcores);
	free(perf->intervals);
}
