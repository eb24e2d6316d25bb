/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request: the name resolved, the port started the first time, a connection opened or used again, the exchange stepped
 * until it is done or patience ends. Every failure to reach the peer comes with what the stack knows of the way there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/explain.h"
#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/request.h"
#include "fetch/transfer.h"

/* How long what has arrived may take to reach the disk after a failure. */
#define SETTLE_NS (10 * PLN_NS_PER_S)

/* Was the program told to end, or is time up? The phase is for the sentence. */
static int
check_patience(struct transfer *t, const char *phase)
{
	const struct options *o = t->options;
	uint64_t now = run_clock();
	bool is_connecting = t->exchange.state == EXCHANGE_CONNECTING;
	int number = interrupt_signal(t->session->interrupt);
	uint64_t limit = 0;

	if (number != 0)
		return fault_set(t->error, 128 + number, "Interrupted.");
	if (is_connecting && o->connect_timeout_ns > 0 &&
	    now - t->request_begin >= o->connect_timeout_ns)
		limit = now - t->request_begin;
	else if (o->max_time_ns > 0 && now - t->begin >= o->max_time_ns)
		limit = now - t->begin;
	if (limit == 0)
		return CODE_OK;
	(void)fault_set(t->error, CODE_TIMEOUT, "%s timed out after %llu ms", phase,
	                (unsigned long long)(limit / PLN_NS_PER_MS));
	if (t->exchange.state == EXCHANGE_BODY)
		fault_add(t->error, "with %llu bytes received.",
		          (unsigned long long)t->exchange.response.body_bytes);
	else
		fault_add(t->error, "with no answer.");
	return CODE_TIMEOUT;
}

static int
resolve_host(struct transfer *t, struct pln_endpoint *remote)
{
	struct session *s = t->session;
	int ret;

	t->exchange.state = EXCHANGE_CONNECTING;
	while ((ret = resolve_get(s->resolve, t->url.host, t->url.port, &remote->addr, t->error)) ==
	       -EINPROGRESS) {
		ret = check_patience(t, "Resolving");
		if (ret != CODE_OK)
			return ret;
		session_turn(s);
		if (s->run.host != NULL)
			run_flush(&s->run);
	}
	remote->port = t->url.port;
	t->result->time_namelookup = run_clock() - t->begin;
	return ret < 0 ? (t->error->code = CODE_RESOLVE) : CODE_OK;
}

/* "Failed to connect to host port 80 after 12 ms: …" and the evidence. */
static int
explain_connect(struct transfer *t, int code, const struct pln_addr *addr)
{
	struct pln_error why = *t->error;
	char text[PLN_ADDR_TEXT_LEN];

	(void)fault_set(t->error, code, "Failed to connect to %s (%s) port %u after %llu ms: %s",
	                t->url.host, pln_addr_format(addr, text), t->url.port,
	                (unsigned long long)((run_clock() - t->request_begin) / PLN_NS_PER_MS),
	                why.text);
	if (t->session->link.error != -ECONNREFUSED)
		explain_path(&t->session->run, addr, t->error);
	return code;
}

static int
open_link(struct transfer *t, const struct pln_endpoint *remote)
{
	struct session *s = t->session;
	int ret;

	session_unlink(s, false);
	pln_stack_set_time(s->run.stack, run_now(&s->run));
	ret = link_open(&s->link, s->run.stack, remote);
	if (ret < 0) {
		(void)fault_set(t->error, CODE_CONNECT, "%s.", link_why(ret));
		s->link.error = ret;
		return explain_connect(t, CODE_CONNECT, &remote->addr);
	}
	s->link_host = strdup(t->url.host);
	s->link_port = t->url.port;
	t->result->connects++;
	session_note(s, "Connecting to %s port %u", t->url.host, t->url.port);
	return CODE_OK;
}

/* The request's lines, each behind "> ". */
static void
print_request(struct transfer *t, size_t head)
{
	const char *at = text_get(&t->request);
	const char *end = at + head;

	if (!t->options->verbose)
		return;
	meter_hide(&t->session->meter);
	while (at < end) {
		size_t len = strcspn(at, "\r\n");

		(void)fprintf(stderr, "> %.*s\n", (int)len, at);
		at += len + 2;
	}
}

static int
write_request(struct transfer *t)
{
	const struct request request = {
		.url = &t->url,
		.method = t->method,
		.range = t->range[0] != '\0' ? t->range : t->options->range,
		.has_body = t->has_body,
		.is_foreign = t->first_host != NULL && (strcmp(t->first_host, t->url.host) != 0 ||
		                                        t->first_port != t->url.port),
	};
	size_t head = request_write(&request, t->options, &t->request);

	if (t->request.failed)
		return fault_set(t->error, CODE_MEMORY, "out of memory.");
	t->exchange.request = t->request.data;
	t->exchange.request_len = t->request.len;
	t->result->size_request += head;
	t->result->size_upload = t->request.len - head;
	print_request(t, head);
	return CODE_OK;
}

static void
note_times(struct transfer *t)
{
	const struct exchange *x = &t->exchange;
	struct result *r = t->result;

	if (x->connected_at > 0)
		r->time_connect = x->connected_at - t->begin;
	if (x->sent_at > 0)
		r->time_pretransfer = x->sent_at - t->begin;
	if (x->first_byte_at > 0)
		r->time_starttransfer = x->first_byte_at - t->begin;
}

/* Turn and step until the exchange wants something, or patience ends. */
static int
pump(struct transfer *t)
{
	struct session *s = t->session;
	struct exchange *x = &t->exchange;
	int ret;

	do {
		bool was_connecting = x->state == EXCHANGE_CONNECTING;

		session_turn(s);
		(void)exchange_step(x, run_clock());
		if (was_connecting && x->state != EXCHANGE_CONNECTING && s->link.is_connected)
			session_note(s, "Connected to %s port %u", t->url.host, t->url.port);
		if (t->is_metered && x->state == EXCHANGE_BODY)
			meter_update(&s->meter, run_clock(), x->response.body_bytes, t->total);
		ret = x->state == EXCHANGE_FAILED || x->state == EXCHANGE_DONE
		              ? CODE_OK
		              : check_patience(t, x->state == EXCHANGE_CONNECTING ? "Connecting"
		                                                                  : "The transfer");
		run_flush(&s->run);
	} while (ret == CODE_OK && x->state != EXCHANGE_HEAD && x->state != EXCHANGE_DONE &&
	         x->state != EXCHANGE_FAILED);
	return ret;
}

static int
run_exchange(struct transfer *t)
{
	struct exchange *x = &t->exchange;
	int ret;

	for (;;) {
		ret = pump(t);
		if (ret != CODE_OK)
			return ret;
		if (x->state == EXCHANGE_DONE)
			return CODE_OK;
		if (x->state == EXCHANGE_FAILED) {
			*t->error = x->error;
			return x->error.code;
		}
		ret = transfer_take_head(t);
		if (ret != CODE_OK)
			return ret;
		exchange_go_on(x);
	}
}

/* The connection is kept when both sides can go on with it. */
static void
leave_link(struct transfer *t, int code)
{
	struct session *s = t->session;
	struct exchange *x = &t->exchange;

	session_drain(s, code == CODE_TIMEOUT ? SETTLE_NS / 10 : SETTLE_NS);
	t->result->extra_bytes = x->extra_bytes;
	if (code == CODE_OK && x->extra_bytes > 0)
		session_note(s, "%llu bytes came behind the end of the body; they are ignored.",
		             (unsigned long long)x->extra_bytes);
	if (code == CODE_OK && x->response.keep_alive && x->extra_bytes == 0 &&
	    x->request_sent == x->request_len && !s->link.is_over && !s->link.is_closing) {
		exchange_consume(x);
		s->link.is_used = true;
		link_snapshot(&s->link);
	} else {
		session_unlink(s, code != CODE_OK || x->extra_bytes > 0);
	}
	if (s->link.info.size > 0)
		t->result->tcp = s->link.info;
}

/* On a connection that was used before, or a new one. */
static int
ask_once(struct transfer *t, const struct pln_endpoint *remote, bool is_fresh)
{
	struct session *s = t->session;
	int ret = CODE_OK;

	if (is_fresh || !session_has_link(s, &t->url))
		ret = open_link(t, remote);
	else
		session_note(s, "Using the connection to %s port %u again", t->url.host,
		             t->url.port);
	if (ret == CODE_OK)
		ret = write_request(t);
	if (ret != CODE_OK)
		return ret;
	sink_reset(s->sink);
	s->link.seen -= s->link.consumed;
	s->link.consumed = 0;
	t->exchange.link = &s->link;
	t->exchange.sink = s->sink;
	exchange_free(&t->exchange);
	exchange_begin(&t->exchange, strcmp(t->method, "HEAD") == 0, run_clock());
	t->total = UINT64_MAX;
	t->is_metered = false;
	ret = run_exchange(t);
	note_times(t);
	if (ret != CODE_OK && ret < 128 && t->exchange.state != EXCHANGE_DONE &&
	    !s->link.is_connected)
		ret = explain_connect(t, ret, &remote->addr);
	leave_link(t, ret);
	return ret;
}

int
transfer_ask(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct pln_endpoint remote = { 0 };
	int ret;

	t->request_begin = run_clock();
	t->exchange.is_stale = false;
	ret = resolve_host(t, &remote);
	if (ret == CODE_OK)
		ret = session_prepare(t->session, t->error);
	if (ret == CODE_OK && t->session->run.host == NULL) {
		ret = session_start(t->session, t->error);
		t->result->time_start = t->session->run.start_ns;
		t->begin += t->session->run.start_ns;
		t->request_begin += t->session->run.start_ns;
	}
	if (ret == CODE_OK)
		ret = ask_once(t, &remote, false);
	if (ret != CODE_OK && t->exchange.is_stale && ret < 128) {
		session_note(t->session, "The connection was closed meanwhile; opening a new one");
		ret = session_prepare(t->session, t->error);
		if (ret == CODE_OK)
			ret = ask_once(t, &remote, true);
	}
	return ret;
}
