/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of rr, crr, conns and open-loop: for every `request` bytes it owes `response` bytes. It knows nothing of who asks, so
 * any program may. It closes when its peer has, or with --closes server after its first answer.
 */
#include <errno.h>

#include <pollen/tcp.h>

#include "perf/worker.h"

#define OWED_MAX (4U << 20) /* bytes: beyond it no more requests are read, until some were taken */

static void
start(struct worker *w, struct call *s)
{
	(void)w;
	(void)s;
}

static bool
has_room(const struct worker *w, const struct call *s)
{
	uint64_t most = (uint64_t)(w->buffer_len / w->plan->request + 1) * w->plan->response;

	return s->owed < OWED_MAX && s->owed + most < UINT32_MAX;
}

/* All that has arrived. @return 0; negative errno */
static int
receive(struct worker *w, struct call *s)
{
	while (has_room(w, s)) {
		ssize_t n = pln_tcp_receive(w->stack, s->conn, w->buffer, w->buffer_len, 0);

		if (n == -EAGAIN)
			return 0;
		if (n <= 0) {
			s->is_ending = n == 0;
			return (int)n;
		}
		worker_add(&w->counts.received, (uint64_t)n);
		for (s->got += (uint32_t)n; s->got >= w->plan->request;
		     s->got -= w->plan->request) {
			s->owed += w->plan->response;
			worker_add(&w->counts.requests, 1);
			s->count = 1;
		}
		if (n < (ssize_t)w->buffer_len)
			return 0;
	}
	return 0;
}

static void
go_on(struct worker *w, struct call *s)
{
	bool is_done;
	int ret = s->owed > 0 ? call_push(w, s) : 0;

	if (ret < 0) {
		call_fail(w, s, ret);
		return;
	}
	is_done = s->is_ending || (w->plan->server_closes && s->count > 0);
	if (is_done && s->owed == 0) {
		s->count = 0;
		call_close(w, s);
	}
}

/* A peer that resets a connection has its reasons: a load generator that stops does. It is counted as one that failed all the same. */
static void
on_event(struct worker *w, const struct pln_event *event)
{
	struct call *s = event->cookie;
	int ret = 0;

	if (event->conn == w->listener) {
		call_accept(w, start);
		return;
	}
	if (s == NULL || s->state == CALL_UNUSED || s->conn != event->conn)
		return;
	if ((event->bits & PLN_EV_CLOSED) != 0 && event->error != 0) {
		call_fail(w, s, event->error);
		return;
	}
	if ((event->bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED | PLN_EV_WRITABLE)) != 0)
		ret = receive(w, s);
	if ((event->bits & PLN_EV_CLOSED) != 0)
		s->is_ending = true;
	if (ret < 0)
		call_fail(w, s, ret);
	else
		go_on(w, s);
}

/* Those for whom there was no call have waited for one. */
static void
on_turn(struct worker *w, uint64_t now)
{
	(void)now;
	if (w->is_full && w->n_free > 0)
		call_accept(w, start);
}

const struct worker_ops server_ops = { on_event, on_turn, call_abort_all };
