/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connect, send, receive, in steps. Received bytes are read where they lie (pln_tcp_receive_views), stretches of body go to
 * the sink as pointers, and only what the sink has written is consumed: a slow disk closes the TCP window.
 *
 * Positions are counted in bytes of the connection's stream: link->seen is how far we have read, link->consumed how far it
 * was given back, and each item in the sink says up to where it lets us consume.
 */
#include "fetch/exchange.h"

#include <errno.h>
#include <string.h>

#include "common/conflict.h"
#include "common/fault.h"
#include "fetch/code.h"

#define VIEWS 64

static void
on_body(void *ctx, const void *data, size_t len)
{
	struct exchange *x = ctx;
	/* Up to the end of these bytes; what is between stretches (chunk sizes) follows with the next one. */
	uint64_t end = x->position + (uint64_t)((const char *)data + len - x->stretch);

	sink_put(x->sink, x->fd, data, len, end);
}

void
exchange_begin(struct exchange *exchange, bool is_head, uint64_t now)
{
	struct exchange *x = exchange;

	x->state = x->link->is_connected ? EXCHANGE_SENDING : EXCHANGE_CONNECTING;
	x->fd = -1;
	x->is_stale = false;
	x->request_sent = 0;
	x->base = x->link->seen;
	x->connected_at = x->link->is_connected ? now : 0;
	x->sent_at = 0;
	x->first_byte_at = 0;
	x->extra_bytes = 0;
	x->error.text[0] = '\0';
	x->response.body = on_body;
	x->response.ctx = x;
	x->response.error = &x->error;
	response_begin(&x->response, is_head);
}

static void
send_request(struct exchange *x)
{
	while (x->request_sent < x->request_len) {
		ssize_t n =
			pln_tcp_send(x->link->stack, x->link->conn, x->request + x->request_sent,
		                     x->request_len - x->request_sent, 0);

		/* A server may answer and close before it has read all: what it says counts. */
		if (n <= 0)
			return;
		x->request_sent += (size_t)n;
	}
	if (x->sent_at == 0)
		x->sent_at = x->now;
}

/* Fast Open: what is sent before the SYN leaves may go with it. */
static void
send_early(struct exchange *x)
{
	if (x->link->is_early)
		send_request(x);
}

static bool
has_reply(const struct exchange *x)
{
	return x->link->seen > x->base;
}

/* The connection ended with an error. Which exit code that is depends on how far we were. */
static void
fail_link(struct exchange *x, int error)
{
	if (x->state == EXCHANGE_CONNECTING && error == -ETIMEDOUT)
		(void)fault_set(&x->error, CODE_TIMEOUT, "Connecting timed out: no answer came.");
	else if (x->state == EXCHANGE_CONNECTING && error == -ECONNREFUSED)
		(void)fault_set(&x->error, CODE_CONNECT,
		                "Connection refused: nothing listens on that port.");
	else if (x->state == EXCHANGE_CONNECTING)
		(void)fault_set(&x->error, CODE_CONNECT, "Could not connect: %s.",
		                strerror(-error));
	else if (error == -ECONNRESET)
		(void)fault_set(&x->error, CODE_RECV,
		                "The server reset the connection after %llu bytes of body.",
		                (unsigned long long)x->response.body_bytes);
	else
		(void)fault_set(&x->error, CODE_RECV,
		                "The connection broke after %llu bytes of body: %s.",
		                (unsigned long long)x->response.body_bytes, strerror(-error));
	if (error == -EADDRNOTAVAIL && x->state != EXCHANGE_CONNECTING)
		(void)conflict_explain(x->link->stack, &x->error);
	x->is_stale = x->link->is_used && !has_reply(x);
	x->state = EXCHANGE_FAILED;
}

static void
step_connecting(struct exchange *x)
{
	send_early(x);
	if (x->link->is_over && !x->link->is_connected) {
		fail_link(x, x->link->error != 0 ? x->link->error : -ECONNREFUSED);
	} else if (x->link->is_connected) {
		x->connected_at = x->now;
		x->state = EXCHANGE_SENDING;
	}
}

/* How much of a view may be parsed, so that the sink has room for every stretch it can make. */
static size_t
bounded(const struct exchange *x, size_t len)
{
	size_t room = sink_room(x->sink);

	while (len > 0 && response_stretches(len) > room)
		len /= 2;
	return len;
}

/* Parse one view. @return false: no more can be parsed now. */
static bool
feed_view(struct exchange *x, const char *data, size_t len)
{
	while (len > 0) {
		size_t part = bounded(x, len);
		size_t used;

		if (part == 0)
			return false;
		x->stretch = data;
		x->position = x->link->seen;
		used = response_feed(&x->response, data, part);
		x->link->seen += used;
		if (x->state != EXCHANGE_BODY && x->response.state != RESPONSE_HEAD)
			return false;
		if (x->response.state == RESPONSE_DONE || x->response.state == RESPONSE_FAILED)
			return false;
		data += used;
		len -= used;
	}
	return true;
}

static void
end_of_stream(struct exchange *x)
{
	if (response_eof(&x->response) != RESPONSE_FAILED)
		return;
	x->is_stale = x->link->is_used && !has_reply(x);
}

/* Bytes behind the message's end: nobody asked for them. */
static void
count_extra(struct exchange *x)
{
	struct pln_tcp_view views[VIEWS];
	int count =
		pln_tcp_receive_views(x->link->stack, x->link->conn,
	                              (size_t)(x->link->seen - x->link->consumed), views, VIEWS);

	x->extra_bytes = 0;
	for (int i = 0; i < count; i++)
		x->extra_bytes += views[i].len;
}

static void
receive(struct exchange *x)
{
	struct pln_tcp_view views[VIEWS];
	struct link *link = x->link;
	int count = pln_tcp_receive_views(link->stack, link->conn,
	                                  (size_t)(link->seen - link->consumed), views, VIEWS);

	if (count == -EAGAIN)
		return;
	if (count == 0) {
		end_of_stream(x);
		return;
	}
	if (count < 0) {
		fail_link(x, count);
		return;
	}
	if (x->first_byte_at == 0)
		x->first_byte_at = x->now;
	for (int i = 0; i < count && feed_view(x, views[i].data, views[i].len); i++) {
	}
}

static void
judge_response(struct exchange *x)
{
	if (x->state == EXCHANGE_FAILED)
		return;
	if (x->response.state == RESPONSE_FAILED) {
		x->state = EXCHANGE_FAILED;
		return;
	}
	if (x->state == EXCHANGE_SENDING &&
	    (x->response.state == RESPONSE_BODY || x->response.state == RESPONSE_DONE))
		x->state = EXCHANGE_HEAD;
	else if (x->state == EXCHANGE_BODY && x->response.state == RESPONSE_DONE)
		x->state = EXCHANGE_DRAINING;
}

void
exchange_consume(struct exchange *exchange)
{
	struct link *link = exchange->link;
	/* Nothing in the sink points behind what it has done with; when it is idle, nothing points anywhere. */
	uint64_t end = sink_is_idle(exchange->sink) ? link->seen : sink_position(exchange->sink);

	if (link->conn == 0 || end <= link->consumed)
		return;
	if (pln_tcp_consume(link->stack, link->conn, (size_t)(end - link->consumed)) == 0)
		link->consumed = end;
}

static void
check_sink(struct exchange *x)
{
	int error = sink_error(x->sink);

	if (error == 0 || x->state == EXCHANGE_FAILED)
		return;
	x->state = EXCHANGE_FAILED;
	(void)fault_set(&x->error, CODE_WRITE, "Writing the body failed after %llu bytes: %s.%s",
	                (unsigned long long)x->response.body_bytes, strerror(error),
	                error == ENOSPC ? " Make room and run it again with -C - to go on." : "");
}

static void
drain(struct exchange *x)
{
	if (!sink_is_idle(x->sink))
		return;
	exchange_consume(x); /* what was written meanwhile: a close over unread bytes would reset */
	count_extra(x);
	x->state = EXCHANGE_DONE;
}

enum exchange_state
exchange_step(struct exchange *exchange, uint64_t now)
{
	struct exchange *x = exchange;

	x->now = now;
	if (x->state == EXCHANGE_CONNECTING)
		step_connecting(x);
	/* A server may begin its answer before it has read the whole request. */
	if (x->state == EXCHANGE_SENDING || x->state == EXCHANGE_BODY)
		send_request(x);
	if (x->state == EXCHANGE_SENDING || x->state == EXCHANGE_BODY) {
		receive(x);
		judge_response(x);
	}
	check_sink(x);
	exchange_consume(x);
	if (x->state == EXCHANGE_DRAINING)
		drain(x);
	return x->state;
}

void
exchange_go_on(struct exchange *exchange)
{
	exchange->state = EXCHANGE_BODY;
	judge_response(exchange);
}

void
exchange_free(struct exchange *exchange)
{
	response_free(&exchange->response);
}
