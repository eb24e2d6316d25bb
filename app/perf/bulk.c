/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes, as many as go. Both ends do the same: who is to send keeps TCP's buffer full, who is to receive empties it. Copied in and out as
 * read(2) and write(2) would, or by reference.
 */
#include <errno.h>

#include <pollen/tcp.h>

#include "perf/worker.h"

#define VIEWS   16U
#define REF_MAX 65535U

static bool
sends(const struct worker *w)
{
	return w->plan->is_server ? w->plan->down : w->plan->up;
}

/* The bytes stay where they are until the worker goes, which is after the stack. */
static void
keep(void *ctx)
{
	(void)ctx;
}

static ssize_t
send_some(struct worker *w, struct call *s)
{
	const struct pln_tcp_ref ref = {
		.data = w->message,
		.len = w->message_len < REF_MAX ? w->message_len : REF_MAX,
		.release = keep,
	};

	if (w->plan->zerocopy)
		return pln_tcp_send_ref(w->stack, s->conn, &ref, 0);
	return pln_tcp_send(w->stack, s->conn, w->message, w->message_len, 0);
}

/* As much as TCP takes: it says when there is room again. */
static int
fill(struct worker *w, struct call *s)
{
	for (;;) {
		ssize_t n = send_some(w, s);

		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		worker_add(&w->counts.sent, (uint64_t)n);
	}
}

static ssize_t
receive_some(struct worker *w, struct call *s)
{
	struct pln_tcp_view views[VIEWS];
	size_t len = 0;
	int n;

	if (!w->plan->zerocopy)
		return pln_tcp_receive(w->stack, s->conn, w->buffer, w->buffer_len, 0);
	n = pln_tcp_receive_views(w->stack, s->conn, 0, views, VIEWS);
	if (n <= 0)
		return n;
	for (int i = 0; i < n; i++)
		len += views[i].len;
	(void)pln_tcp_consume(w->stack, s->conn, len);
	return (ssize_t)len;
}

static int
empty(struct worker *w, struct call *s)
{
	for (;;) {
		ssize_t n = receive_some(w, s);

		if (n == 0)
			s->is_ending = true;
		if (n <= 0)
			return n == -EAGAIN ? 0 : (int)n;
		worker_add(&w->counts.received, (uint64_t)n);
	}
}

static void
start(struct worker *w, struct call *s)
{
	int ret = sends(w) ? fill(w, s) : 0;

	if (ret < 0)
		call_fail(w, s, ret);
}

/* A server's peer ends when it has what it wants, in mid-stream too. */
static void
end(struct worker *w, struct call *s, int error)
{
	if (error == 0 || (w->plan->is_server && error == -ECONNRESET))
		call_close(w, s);
	else
		call_fail(w, s, error);
}

static void
on_event(struct worker *w, const struct pln_event *event)
{
	struct call *s = event->cookie;
	int ret = 0;

	if (event->conn == w->listener && w->plan->is_server) {
		call_accept(w, start);
		return;
	}
	if (s == NULL || s->state == CALL_UNUSED || s->conn != event->conn)
		return;
	if ((event->bits & PLN_EV_CLOSED) != 0) {
		end(w, s, event->error != 0 || w->plan->is_server ? event->error : -ECONNRESET);
		return;
	}
	if ((event->bits & PLN_EV_CONNECTED) != 0)
		call_established(w, s, worker_now(w));
	if ((event->bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED)) != 0)
		ret = empty(w, s);
	if (ret == 0 && s->is_ending) {
		end(w, s, w->plan->is_server ? 0 : -ECONNRESET);
		return;
	}
	if (ret == 0 && sends(w) && (event->bits & (PLN_EV_CONNECTED | PLN_EV_WRITABLE)) != 0)
		ret = fill(w, s);
	if (ret < 0)
		end(w, s, ret);
}

static void
on_turn(struct worker *w, uint64_t now)
{
	if (!w->plan->is_server && w->next_open < w->n_calls && w->stage < WORKER_OVER)
		call_open_more(w, now);
}

const struct worker_ops bulk_ops = { on_event, on_turn, call_abort_all };
