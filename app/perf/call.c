/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection's life, whatever it is used for: opened or accepted, sent on, ended, counted. */
#include <errno.h>
#include <string.h>

#include <pollen/tcp.h>

#include "common/fault.h"
#include "perf/worker.h"

#define OPENING_MAX 512U /* connections being opened at once, unless --ramp paces them */

static void
tell(struct worker *w, int code, const char *what)
{
	char text[PLN_ADDR_TEXT_LEN];

	if (w->error.code == 0)
		(void)fault_set(&w->error, code, "%s %s: %s.",
		                pln_endpoint_format(&w->plan->remote, text), what, strerror(-code));
}

static void
count_failure(struct worker *w, int error)
{
	worker_add(&w->counts.failed, 1);
	if (error == -ECONNRESET)
		worker_add(&w->counts.resets, 1);
	else if (error == -ETIMEDOUT)
		worker_add(&w->counts.timeouts, 1);
}

int
call_open(struct worker *w, struct call *s)
{
	struct pln_tcp_open_args args = {
		.size = sizeof(args),
		.remote = w->plan->remote,
		.cookie = s,
	};
	int ret;

	if (w->plan->sources > 0) {
		args.local.addr = plan_source(w->plan, w->next_source);
		w->next_source = w->next_source + 1 < w->plan->sources ? w->next_source + 1 : 0;
	}
	*s = (struct call){ .state = CALL_OPENING };
	ret = pln_tcp_open(w->stack, &args, &s->conn);
	if (ret < 0) {
		s->state = CALL_UNUSED;
		count_failure(w, ret);
		tell(w, ret, "cannot be connected to");
		return ret;
	}
	(void)pln_tcp_opt_set(w->stack, s->conn, PLN_TCP_OPT_NODELAY,
	                      w->plan->workload != PLAN_BULK);
	w->n_opening++;
	if (w->opened != NULL)
		w->opened[call_index(w, s)] = worker_now(w);
	return 0;
}

void
call_established(struct worker *w, struct call *s, uint64_t now)
{
	s->state = CALL_OPEN;
	w->n_opening--;
	worker_add(&w->counts.connects, 1);
	worker_add(&w->counts.open, 1);
	if (w->opened != NULL && w->stage < WORKER_OVER)
		hdr_add(w->connect, now - w->opened[call_index(w, s)]);
}

int
call_push(struct worker *w, struct call *s)
{
	while (s->owed > 0) {
		uint32_t len = w->message_room - s->at;
		ssize_t n;

		n = pln_tcp_send(w->stack, s->conn, w->message + s->at,
		                 s->owed < len ? s->owed : len, 0);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		worker_add(&w->counts.sent, (uint64_t)n);
		s->owed -= (uint32_t)n;
		s->at = (s->at + (uint32_t)n) % w->message_len;
	}
	return 0;
}

static void
let_go(struct worker *w, struct call *s)
{
	if (s->state == CALL_OPENING)
		w->n_opening--;
	else
		worker_add(&w->counts.open, (uint64_t)-1);
	w->n_in_flight -= s->count;
	s->count = 0;
	s->state = CALL_UNUSED;
	if (w->plan->is_server)
		w->free[w->n_free++] = call_index(w, s);
}

void
call_fail(struct worker *w, struct call *s, int error)
{
	bool was_opening = s->state == CALL_OPENING;

	count_failure(w, error);
	tell(w, error, was_opening ? "cannot be connected to" : "connection lost");
	(void)pln_tcp_abort(w->stack, s->conn);
	let_go(w, s);
}

void
call_close(struct worker *w, struct call *s)
{
	(void)pln_tcp_close(w->stack, s->conn);
	let_go(w, s);
}

static bool
may_open(const struct worker *w, uint64_t now)
{
	if (w->next_open == w->n_calls)
		return false;
	/* The first one finds the way: while ARP asks, few can wait. */
	if (w->next_open > 0 && w->counts.connects == 0)
		return false;
	if (w->plan->ramp > 0)
		return arrivals_next(&w->ramp) <= now;
	return w->n_opening < OPENING_MAX;
}

void
call_open_more(struct worker *w, uint64_t now)
{
	while (may_open(w, now)) {
		if (w->plan->ramp > 0)
			arrivals_step(&w->ramp);
		if (call_open(w, &w->calls[w->next_open++]) < 0)
			return;
	}
}

void
call_accept(struct worker *w, void (*start)(struct worker *w, struct call *s))
{
	for (w->is_full = true; w->n_free > 0;) {
		struct call *s = &w->calls[w->free[w->n_free - 1]];

		*s = (struct call){ .state = CALL_OPEN };
		if (pln_tcp_accept(w->stack, w->listener, s, &s->conn) < 0) {
			s->state = CALL_UNUSED;
			w->is_full = false;
			return;
		}
		w->n_free--;
		worker_add(&w->counts.connects, 1);
		worker_add(&w->counts.open, 1);
		start(w, s);
	}
}

void
call_abort_all(struct worker *w)
{
	for (uint32_t i = 0; i < w->n_calls; i++) {
		struct call *s = &w->calls[i];

		if (s->state == CALL_UNUSED)
			continue;
		(void)pln_tcp_abort(w->stack, s->conn);
		let_go(w, s);
	}
	if (w->plan->is_server)
		(void)pln_tcp_close(w->stack, w->listener);
}
