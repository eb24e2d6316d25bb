/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request: the name resolved, a connection opened or used again, the exchange stepped until it is done or patience ends,
 * and what it leaves behind settled. Every failure to reach the peer comes with what the stack knows of the way there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/explain.h"
#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/crew.h"
#include "fetch/moving.h"
#include "fetch/request.h"
#include "fetch/transfer.h"

/* How long what has arrived may take to reach the disk after a failure; when the program is to end. */
#define SETTLE_NS (10 * PLN_NS_PER_S)
#define HURRY_NS  (PLN_NS_PER_S / 4)
#define FROM_LEN  (PLN_ADDR_TEXT_LEN + 8)

int
transfer_patience(struct transfer *transfer, const char *phase)
{
	struct transfer *t = transfer;
	const struct options *o = t->options;
	uint64_t now = run_clock();
	bool is_connecting = t->exchange.state == EXCHANGE_CONNECTING;
	int number = interrupt_signal(t->session->interrupt);
	uint64_t limit = 0;

	if (number != 0)
		return fault_set(t->error, 128 + number, "Interrupted.");
	if (crew_is_over(t->session->crew))
		return fault_set(t->error, CODE_GIVEN_UP, "Given up: another URL failed.");
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

/* A request begins with its host's name. */
static void
begin_request(struct transfer *t)
{
	if (t->request_begin != 0)
		return;
	t->request_begin = run_clock();
	t->exchange.is_stale = false;
	t->exchange.state = EXCHANGE_CONNECTING;
}

/* There is no more to it; the next one begins anew. */
static void
end_request(struct transfer *t, int code)
{
	t->request_begin = 0;
	t->is_renewed = false;
	transfer_asked(t, code);
}

void
transfer_resolve(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct session *s = t->session;
	int ret;

	begin_request(t);
	ret = resolve_get(s->resolve, t->url.host, t->url.port, &t->remote.addr, t->error);
	if (ret == -EINPROGRESS) {
		ret = transfer_patience(t, "Resolving");
		if (ret != CODE_OK)
			end_request(t, ret);
		return;
	}
	t->remote.port = t->url.port;
	t->result->time_namelookup = run_clock() - t->begin;
	if (ret < 0)
		end_request(t, t->error->code = CODE_RESOLVE);
	else
		t->state = TRANSFER_READY;
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
	if (t->seat->link.error != -ECONNREFUSED)
		explain_path(session_run_of(t->session, t->seat->link.stack), addr, t->error);
	return code;
}

/* Where there are several ports: the address says by which. */
static const char *
from_text(const struct transfer *t, char text[FROM_LEN])
{
	const struct pln_addr *local = &t->seat->link.info.local.addr;
	char addr[PLN_ADDR_TEXT_LEN];

	text[0] = '\0';
	if (t->session->n_more > 0)
		(void)snprintf(text, FROM_LEN, " from %s", pln_addr_format(local, addr));
	return text;
}

static int
open_link(struct transfer *t)
{
	char text[FROM_LEN];
	struct session *s = t->session;
	struct seat *seat = t->seat;
	struct run *run = session_choose_run(s, &t->remote.addr);
	const struct link_wish wish = {
		.receive_bytes = s->receive_bytes,
		.keepalive_s = (uint32_t)t->options->keepalive_s,
		.may_move = moving_may(t),
	};
	int ret;

	session_unlink(seat, false);
	pln_stack_set_time(run->stack, run_now(run));
	ret = link_open(&seat->link, run->stack, &t->remote, &wish);
	if (ret < 0) {
		(void)fault_set(t->error, CODE_CONNECT, "%s.", link_why(ret));
		seat->link.error = ret;
		return explain_connect(t, CODE_CONNECT, &t->remote.addr);
	}
	if (t->options->tcp_fastopen)
		link_open_early(&seat->link);
	seat->link_host = strdup(t->url.host);
	seat->link_port = t->url.port;
	t->result->connects++;
	session_note(s, "Connecting to %s port %u%s", t->url.host, t->url.port, from_text(t, text));
	return CODE_OK;
}

/* The request's lines, each behind "> ". */
static void
print_request(struct transfer *t, size_t head)
{
	const char *at = text_get(&t->request);
	const char *end = at + head;
	struct text text = { 0 };

	if (!t->options->verbose)
		return;
	while (at < end) {
		size_t len = strcspn(at, "\r\n");

		text_printf(&text, "> %.*s\n", (int)len, at);
		at += len + 2;
	}
	console_put(&t->session->console, stderr, &text);
	text_free(&text);
}

static bool
is_foreign(const struct transfer *t)
{
	if (t->split != NULL)
		return t->split->is_foreign;
	return t->first_host != NULL &&
	       (strcmp(t->first_host, t->url.host) != 0 || t->first_port != t->url.port);
}

static int
write_request(struct transfer *t)
{
	const struct request request = {
		.url = &t->url,
		.method = t->method,
		.range = t->range[0] != '\0' ? t->range : t->options->range,
		.if_range = t->split != NULL ? t->split->validator : NULL,
		.has_body = t->has_body,
		.is_foreign = is_foreign(t),
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
begin_exchange(struct transfer *t)
{
	struct seat *seat = t->seat;

	sink_reset(seat->sink);
	seat->link.seen -= seat->link.consumed;
	seat->link.consumed = 0;
	t->exchange.link = &seat->link;
	t->exchange.sink = seat->sink;
	exchange_free(&t->exchange);
	exchange_begin(&t->exchange, strcmp(t->method, "HEAD") == 0, run_clock());
	t->counted = 0;
	if (t->split == NULL) {
		t->total = UINT64_MAX;
		t->is_metered = false;
	}
	t->state = TRANSFER_ASKING;
}

/* On a connection that was used before, or a new one. The writer is made before there is a port, where there is none. */
void
transfer_open(struct transfer *transfer, bool is_fresh)
{
	struct transfer *t = transfer;
	struct session *s = t->session;
	int ret;

	begin_request(t);
	ret = session_prepare(s, t->seat, t->error);
	if (ret == CODE_OK && s->run.host == NULL) {
		s->wants_port = true;
		return;
	}
	if (ret == CODE_OK && (is_fresh || !session_has_link(t->seat, &t->url)))
		ret = open_link(t);
	else if (ret == CODE_OK)
		session_note(s, "Using the connection to %s port %u again", t->url.host,
		             t->url.port);
	if (ret == CODE_OK)
		ret = write_request(t);
	if (ret != CODE_OK)
		end_request(t, ret);
	else
		begin_exchange(t);
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

/* The exchange has come to an end, or is brought to one; what it received may still have to be written. */
static void
begin_settling(struct transfer *t, int code)
{
	note_times(t);
	if (code != CODE_OK && code < 128 && code != CODE_GIVEN_UP &&
	    t->exchange.state != EXCHANGE_DONE && !t->seat->link.is_connected)
		code = explain_connect(t, code, &t->remote.addr);
	t->code = code;
	t->since = run_clock();
	t->state = TRANSFER_SETTLING;
}

static int
take_head(struct transfer *t)
{
	int ret = t->split != NULL ? transfer_take_part_head(t) : transfer_take_head(t);

	if (ret == CODE_OK)
		exchange_go_on(&t->exchange);
	return ret;
}

void
transfer_pump(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct session *s = t->session;
	struct exchange *x = &t->exchange;
	bool was_connecting = x->state == EXCHANGE_CONNECTING;
	int ret;

	(void)exchange_step(x, run_clock());
	if (was_connecting && x->state != EXCHANGE_CONNECTING && t->seat->link.is_connected)
		session_note(s, "Connected to %s port %u", t->url.host, t->url.port);
	transfer_count(t);
	if (x->state == EXCHANGE_DONE || x->state == EXCHANGE_FAILED) {
		if (x->state == EXCHANGE_FAILED)
			*t->error = x->error;
		begin_settling(t, x->state == EXCHANGE_FAILED ? x->error.code : CODE_OK);
		return;
	}
	ret = transfer_patience(t, x->state == EXCHANGE_CONNECTING ? "Connecting" : "The transfer");
	if (ret == CODE_OK && x->state == EXCHANGE_HEAD)
		ret = take_head(t);
	if (ret != CODE_OK)
		begin_settling(t, ret);
}

/* Is all written, or is there no waiting for it any longer? A writer that is stuck is ended; what it has not written is lost. */
static bool
is_settled(struct transfer *t)
{
	struct seat *seat = t->seat;
	uint64_t limit = t->code == CODE_TIMEOUT ? SETTLE_NS / 10 : SETTLE_NS;

	if (seat->sink == NULL || sink_is_idle(seat->sink))
		return true;
	if (interrupt_signal(t->session->interrupt) != 0 && limit > HURRY_NS)
		limit = HURRY_NS;
	if (run_clock() - t->since < limit)
		return false;
	sink_destroy(seat->sink);
	seat->sink = NULL;
	return true;
}

/* The connection is kept when both sides can go on with it. */
static void
leave_link(struct transfer *t)
{
	struct link *link = &t->seat->link;
	struct exchange *x = &t->exchange;

	t->result->extra_bytes = x->extra_bytes;
	if (t->code == CODE_OK && x->extra_bytes > 0)
		session_note(t->session,
		             "%llu bytes came behind the end of the body; they are ignored.",
		             (unsigned long long)x->extra_bytes);
	if (t->code == CODE_OK && x->response.keep_alive && x->extra_bytes == 0 &&
	    x->request_sent == x->request_len && !link->is_over && !link->is_closing) {
		exchange_consume(x);
		link->is_used = true;
		link_snapshot(link);
	} else {
		session_unlink(t->seat, t->code != CODE_OK || x->extra_bytes > 0);
	}
	if (link->info.size > 0)
		t->result->tcp = link->info;
}

void
transfer_settle(struct transfer *transfer)
{
	struct transfer *t = transfer;
	bool is_stale = t->exchange.is_stale && t->code != CODE_OK && t->code < 128;

	if (!is_settled(t))
		return;
	leave_link(t);
	if (!is_stale || t->is_renewed) {
		end_request(t, t->code);
		return;
	}
	session_note(t->session, "The connection was closed meanwhile; opening a new one");
	t->is_renewed = true;
	transfer_open(t, true);
}
