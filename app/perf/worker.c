/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker made and unmade, and its stages: what is counted before WORKER_MEASURING and after it is left out of what is told. */
#include "perf/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/stats.h>
#include <pollen/tcp.h>

#include "common/fault.h"
#include "perf/http.h"

#define MESSAGE_ROOM 65536U /* bytes of messages side by side: what one call can send */
#define BUFFER_LEN   65536U

static const struct worker_ops *
ops_of(const struct plan *plan)
{
	if (plan->workload == PLAN_BULK)
		return &bulk_ops;
	return plan->is_server ? &server_ops : &client_ops;
}

/* Client's and server's part of what all lcores have to do together. */
static uint32_t
share_of(uint32_t all, const struct worker_place *place)
{
	return all / place->count + (place->index < all % place->count);
}

static bool
has_times(const struct worker *w)
{
	return !w->plan->is_server && w->plan->workload != PLAN_BULK;
}

static int
make_calls(struct worker *w, const struct worker_place *place)
{
	uint32_t n = w->plan->is_server ? place->max_conns : share_of(w->plan->connections, place);

	w->n_calls = n;
	n = n > 0 ? n : 1;
	w->calls = calloc(n, sizeof(*w->calls));
	w->free = calloc(n, sizeof(*w->free));
	w->again = calloc(n, sizeof(*w->again));
	if (w->calls == NULL || w->free == NULL || w->again == NULL)
		return -ENOMEM;
	if (has_times(w)) {
		w->times = calloc((size_t)n * w->plan->depth, sizeof(*w->times));
		w->opened = calloc(n, sizeof(*w->opened));
		if (w->times == NULL || w->opened == NULL)
			return -ENOMEM;
	}
	if (w->plan->workload != PLAN_HTTP)
		return 0;
	w->https = http_create(n);
	return w->https != NULL ? 0 : -ENOMEM;
}

/* One message, or as many as fit, so that what several requests owe goes in one call. */
static int
make_message(struct worker *w)
{
	const struct plan *plan = w->plan;
	uint32_t len = plan->is_server ? plan->response : plan->request;

	if (plan->workload == PLAN_BULK)
		len = plan->length;
	else if (plan->request_text != NULL)
		len = (uint32_t)strlen(plan->request_text);
	w->message_len = len;
	w->message_room = len >= MESSAGE_ROOM ? len : MESSAGE_ROOM / len * len;
	w->message = calloc(w->message_room, 1);
	w->buffer_len = plan->workload == PLAN_BULK ? plan->length : BUFFER_LEN;
	w->buffer = malloc(w->buffer_len);
	if (w->message == NULL || w->buffer == NULL)
		return -ENOMEM;
	if (plan->request_text == NULL)
		return 0;
	for (uint32_t at = 0; at < w->message_room; at += len)
		memcpy(w->message + at, plan->request_text, len);
	return 0;
}

static int
make_measures(struct worker *w)
{
	w->latency = hdr_create();
	w->connect = hdr_create();
	w->lag = hdr_create();
	return w->latency != NULL && w->connect != NULL && w->lag != NULL ? 0 : -ENOMEM;
}

static int
listen_here(struct worker *w, struct pln_error *error)
{
	const struct pln_tcp_listen_args args = {
		.size = sizeof(args),
		.local = { .port = w->plan->remote.port },
		.backlog = w->n_calls,
	};
	int ret = pln_tcp_listen(w->stack, &args, &w->listener);

	if (ret < 0)
		return fault_set(error, ret, "port %u cannot be listened to: %s.",
		                 w->plan->remote.port, strerror(-ret));
	(void)pln_tcp_opt_set(w->stack, w->listener, PLN_TCP_OPT_NODELAY,
	                      w->plan->workload != PLAN_BULK);
	return 0;
}

/* All calls are to be had, the first one first. */
static int
start_server(struct worker *w, struct pln_error *error)
{
	for (uint32_t i = 0; i < w->n_calls; i++)
		w->free[i] = w->n_calls - 1 - i;
	w->n_free = w->n_calls;
	w->stage = WORKER_MEASURING;
	w->begin_ns = worker_now(w);
	return listen_here(w, error);
}

static void
start_client(struct worker *w, const struct worker_place *place)
{
	const struct plan *plan = w->plan;
	uint64_t now = worker_now(w);

	w->next_source = plan->sources > 0 ? place->index % plan->sources : 0;
	w->in_flight = share_of(plan->in_flight, place);
	if (plan->ramp > 0)
		arrivals_init(&w->ramp, (double)plan->ramp / place->count, false, w->random, now);
	if (plan->rate > 0)
		arrivals_init(&w->arrivals, (double)plan->rate / place->count, plan->is_poisson,
		              w->random, now);
}

int
worker_init(struct worker *w, const struct plan *plan, const struct worker_place *place,
            struct pln_error *error)
{
	memset(w, 0, sizeof(*w));
	w->plan = plan;
	w->ops = ops_of(plan);
	w->stack = place->stack;
	w->clock = place->clock;
	w->clock_ctx = place->clock_ctx;
	w->random = UINT64_C(0x9e3779b97f4a7c15) * (place->index + 1);
	if (make_calls(w, place) < 0 || make_message(w) < 0 || make_measures(w) < 0)
		return fault_set(error, -ENOMEM, "out of memory for %u connections.", w->n_calls);
	if (plan->is_server)
		return start_server(w, error);
	start_client(w, place);
	return 0;
}

void
worker_fini(struct worker *w)
{
	free(w->calls);
	free(w->times);
	free(w->opened);
	free(w->free);
	free(w->again);
	http_destroy(w->https);
	free(w->message);
	free(w->buffer);
	free(w->latency);
	free(w->connect);
	free(w->lag);
}

void
worker_act(struct worker *w, const struct pln_event *events, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		w->ops->event(w, &events[i]);
}

void
worker_turn(struct worker *w, uint64_t now)
{
	w->ops->turn(w, now);
}

bool
worker_is_open(const struct worker *w)
{
	return w->next_open == w->n_calls && (w->n_opening == 0 || w->plan->workload == PLAN_CRR);
}

/* Bytes of ours that the peers have. */
static uint64_t
acked(struct worker *w)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; w->plan->workload == PLAN_BULK && i < w->n_calls; i++) {
		struct pln_tcp_info info = { .size = sizeof(info) };

		if (w->calls[i].state == CALL_OPEN &&
		    pln_tcp_info(w->stack, w->calls[i].conn, &info) == 0)
			sum += info.bytes_acked;
	}
	return sum;
}

static uint64_t
retransmits(const struct worker *w)
{
	uint64_t value = 0;

	(void)pln_stats_counter(w->stack, "tcp_retransmit", &value);
	return value;
}

static void
begin_measuring(struct worker *w, uint64_t now)
{
	hdr_clear(w->latency);
	hdr_clear(w->connect);
	hdr_clear(w->lag);
	w->begin = w->counts;
	w->begin_ns = now;
	w->acked_begin = acked(w);
	w->retransmits_begin = retransmits(w);
}

static void
end_measuring(struct worker *w, uint64_t now)
{
	w->end = w->counts;
	w->end_ns = now;
	w->acked_end = acked(w);
	w->retransmits_end = retransmits(w);
}

void
worker_enter(struct worker *w, enum worker_stage stage, uint64_t now)
{
	if (stage == w->stage)
		return;
	if (stage >= WORKER_MEASURING && w->stage < WORKER_MEASURING)
		begin_measuring(w, now);
	if (stage == WORKER_OVER)
		end_measuring(w, now);
	/* What is due counts from here: nobody was late before. */
	if (stage == WORKER_WARMING && w->plan->rate > 0)
		w->arrivals.start = now - (uint64_t)w->arrivals.next_ns;
	w->stage = stage;
	if (stage == WORKER_OVER)
		w->ops->stop(w);
}
