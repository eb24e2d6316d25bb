/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of requests and answers. What differs between the workloads is when the next request is sent, and where:
 *   rr, http    as soon as one is answered, on the same connection
 *   crr         on a connection of its own, opened when the one before is closed, or when it is due
 *   open-loop,  when it is due, on any connection that has room; who is late is sent late, and counts from when it was due, so that
 *   conns       a server that stops does not also stop the measuring (coordinated omission); or as soon as one of --in-flight is answered
 */
#include <errno.h>

#include <pollen/tcp.h>

#include "perf/http.h"
#include "perf/worker.h"

#define ARRIVALS_A_TURN 256U /* so that a backlog does not keep the stack from turning */

static bool
is_timed(const struct worker *w)
{
	return w->plan->workload == PLAN_OPEN_LOOP || w->plan->workload == PLAN_CONNS;
}

static bool
goes_on(const struct worker *w)
{
	return w->stage < WORKER_OVER;
}

/* ------------------------------------------------------------------------------------------------ calls that take a request */

static void
offer(struct worker *w, struct call *s)
{
	if (s->is_free || s->count >= w->plan->depth)
		return;
	s->is_free = true;
	w->free[w->n_free++] = call_index(w, s);
}

static struct call *
draw(struct worker *w)
{
	while (w->n_free > 0) {
		uint64_t random = arrivals_random(&w->random) >> 32;
		uint32_t i = (uint32_t)(random * w->n_free >> 32);
		struct call *s = &w->calls[w->free[i]];

		if (s->state == CALL_OPEN && s->count + 1U < w->plan->depth)
			return s;
		w->free[i] = w->free[--w->n_free];
		s->is_free = false;
		if (s->state == CALL_OPEN)
			return s;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------ requests */

static uint64_t *
time_at(const struct worker *w, const struct call *s, uint32_t i)
{
	return &w->times[(size_t)call_index(w, s) * w->plan->depth + i % w->plan->depth];
}

/* A request that was due at `due`; call_push sends it. */
static void
issue(struct worker *w, struct call *s, uint64_t due)
{
	*time_at(w, s, (uint32_t)s->first + s->count) = due;
	s->count++;
	s->owed += w->message_len;
	w->n_in_flight++;
}

static void
push(struct worker *w, struct call *s)
{
	int ret = s->owed > 0 ? call_push(w, s) : 0;

	if (ret < 0)
		call_fail(w, s, ret);
}

/* A connection is over, in order; crr opens the next. */
static void
open_again(struct worker *w, const struct call *s)
{
	if (goes_on(w))
		w->again[w->n_again++] = call_index(w, s);
}

static void
lose(struct worker *w, struct call *s, int error)
{
	call_fail(w, s, error);
	if (w->plan->workload == PLAN_CRR)
		open_again(w, s);
}

static void
part(struct worker *w, struct call *s)
{
	call_close(w, s);
	open_again(w, s);
}

static void
answered(struct worker *w, struct call *s, uint64_t now)
{
	uint64_t due = *time_at(w, s, s->first);

	s->first = (uint16_t)((s->first + 1U) % w->plan->depth);
	s->count--;
	w->n_in_flight--;
	if (goes_on(w)) /* what comes after the end is waited for, not measured */
		hdr_add(w->latency, now - due);
	worker_add(&w->counts.requests, 1);
	if (is_timed(w))
		offer(w, s);
	else if (w->plan->workload != PLAN_CRR && goes_on(w))
		issue(w, s, now);
}

static void
connected(struct worker *w, struct call *s, uint64_t now)
{
	call_established(w, s, now);
	if (!goes_on(w)) {
		call_close(w, s);
		return;
	}
	if (w->https != NULL)
		http_begin(w->https, call_index(w, s));
	if (is_timed(w)) {
		offer(w, s);
		return;
	}
	/* A crr is measured from its SYN. */
	for (uint32_t i = 0; i < w->plan->depth; i++)
		issue(w, s, w->plan->workload == PLAN_CRR ? w->opened[call_index(w, s)] : now);
	push(w, s);
}

/* ------------------------------------------------------------------------------------------------ answers */

/* `n` bytes of answers of a fixed size. @return 0; -EBADMSG: more than was asked for */
static int
take_fixed(struct worker *w, struct call *s, uint32_t n, uint64_t now)
{
	for (s->got += n; s->got >= w->plan->response; s->got -= w->plan->response) {
		if (s->count == 0)
			return -EBADMSG;
		answered(w, s, now);
	}
	return 0;
}

static int
take_http(struct worker *w, struct call *s, uint32_t n, uint64_t now)
{
	struct http_news news = { 0 };
	int ret = n > 0 ? http_read(w->https, call_index(w, s), w->buffer, n, &news)
	                : http_end(w->https, call_index(w, s), &news);

	if (ret < 0 || news.complete > s->count)
		return -EBADMSG;
	worker_add(&w->counts.failed, news.refused);
	while (news.complete-- > 0)
		answered(w, s, now);
	s->is_ending = s->is_ending || news.is_last;
	return 0;
}

static int
take(struct worker *w, struct call *s, uint32_t n, uint64_t now)
{
	worker_add(&w->counts.received, n);
	return w->https != NULL ? take_http(w, s, n, now) : take_fixed(w, s, n, now);
}

/* All that has arrived. @return 0; negative errno: the connection is no good any more */
static int
receive(struct worker *w, struct call *s, uint64_t now)
{
	for (;;) {
		ssize_t n = pln_tcp_receive(w->stack, s->conn, w->buffer, w->buffer_len, 0);
		int ret;

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (n == 0)
			s->is_ending = true;
		if (n > 0 || w->https != NULL) {
			ret = take(w, s, (uint32_t)n, now);
			if (ret < 0)
				return ret;
		}
		if (n < (ssize_t)w->buffer_len)
			return 0;
	}
}

/* What becomes of a connection on which something was received. */
static void
go_on(struct worker *w, struct call *s)
{
	bool is_done = w->plan->workload == PLAN_CRR && s->count == 0;

	if (is_done && w->plan->server_closes && !s->is_ending) {
		s->state = CALL_PARTING;
		return;
	}
	if (!goes_on(w) && s->count == 0) {
		call_close(w, s);
		return;
	}
	if (is_done || (s->is_ending && w->https != NULL)) {
		part(w, s);
		return;
	}
	if (s->is_ending) {
		lose(w, s, -ECONNRESET);
		return;
	}
	push(w, s);
}

/* ------------------------------------------------------------------------------------------------ the worker */

static void
on_event(struct worker *w, const struct pln_event *event)
{
	struct call *s = event->cookie;
	uint64_t now = worker_now(w);
	int ret = 0;

	if (s == NULL || s->state == CALL_UNUSED || s->conn != event->conn)
		return;
	if ((event->bits & PLN_EV_CLOSED) != 0 && event->error != 0) {
		lose(w, s, event->error);
		return;
	}
	if ((event->bits & PLN_EV_CONNECTED) != 0)
		connected(w, s, now);
	if (s->state < CALL_OPEN)
		return;
	if ((event->bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED)) != 0)
		ret = receive(w, s, now);
	if ((event->bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) != 0)
		s->is_ending = true;
	if (ret < 0)
		lose(w, s, ret);
	else if ((event->bits & ~(uint32_t)PLN_EV_CONNECTED) != 0)
		go_on(w, s);
}

/* Those that are to be opened again; who fails is tried in the next turn. */
static void
open_those(struct worker *w, uint64_t now)
{
	uint32_t n = w->n_again;
	bool by_rate = w->plan->workload == PLAN_CRR && w->plan->rate > 0;

	for (uint32_t i = 0; i < n && goes_on(w); i++) {
		struct call *s = &w->calls[w->again[w->n_again - 1]];

		if (by_rate && arrivals_next(&w->arrivals) > now)
			return;
		if (by_rate)
			arrivals_step(&w->arrivals);
		if (call_open(w, s) < 0)
			return;
		w->n_again--;
	}
}

/* Requests that are due. What is due counts as intended also when no connection has room for it. */
static void
send_due(struct worker *w, uint64_t now)
{
	for (unsigned int i = 0; i < ARRIVALS_A_TURN; i++) {
		uint64_t due = w->in_flight > 0 ? now : arrivals_next(&w->arrivals);
		struct call *s;

		if (due > now || (w->in_flight > 0 && w->n_in_flight >= w->in_flight))
			return;
		s = draw(w);
		if (s == NULL)
			return;
		if (w->in_flight == 0)
			arrivals_step(&w->arrivals);
		worker_add(&w->counts.intended, 1);
		worker_add(&w->counts.issued, 1);
		hdr_add(w->lag, now - due);
		issue(w, s, due);
		push(w, s);
	}
}

static void
on_turn(struct worker *w, uint64_t now)
{
	if (w->n_again > 0)
		open_those(w, now);
	if (w->next_open < w->n_calls && goes_on(w))
		call_open_more(w, now);
	if (is_timed(w) && (w->plan->rate > 0 || w->in_flight > 0) && w->stage > WORKER_OPENING &&
	    goes_on(w))
		send_due(w, now);
}

/*
 * Requests that were due by the end and never sent are intended, too. Whoever waits for an answer closes when it has come.
 */
static void
on_stop(struct worker *w)
{
	if (is_timed(w) && w->plan->rate > 0 && w->begin_ns > 0) {
		for (; arrivals_next(&w->arrivals) <= w->end_ns; arrivals_step(&w->arrivals))
			w->end.intended++;
	}
	for (uint32_t i = 0; i < w->n_calls; i++) {
		struct call *s = &w->calls[i];

		if (s->state == CALL_OPEN && s->count == 0)
			call_close(w, s);
	}
}

const struct worker_ops client_ops = { on_event, on_turn, on_stop };
