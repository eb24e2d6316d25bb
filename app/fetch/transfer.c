/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A URL from beginning to end: redirects (RFC 9110 §15.4: 301, 302 and 303 turn POST into GET, 307 and 308 keep it), tries
 * (1, 2, 4 … seconds apart, or as told), and the result.
 */
#include "fetch/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "fetch/code.h"

#define RETRY_FIRST_NS PLN_NS_PER_S
#define RETRY_LAST_NS  (600 * PLN_NS_PER_S)

/* What a redirect changes in the next request. */
static void
follow(struct transfer *t)
{
	unsigned int status = t->exchange.response.status;
	bool becomes_get = status == 303 || ((status == 301 || status == 302) && t->has_body);

	session_note(t->session, "Redirected to %s", t->next.text);
	if (becomes_get && strcmp(t->method, "HEAD") != 0 && t->options->method == NULL)
		t->method = "GET";
	if (becomes_get)
		t->has_body = false;
	url_free(&t->url);
	t->url = t->next;
	memset(&t->next, 0, sizeof(t->next));
	t->has_next = false;
	t->result->redirects++;
	t->result->time_redirect = run_clock() - t->begin;
}

static int
prepare_resume(struct transfer *t)
{
	const struct options *o = t->options;

	t->range[0] = '\0';
	if (!o->resume)
		return CODE_OK;
	target_find_part(&t->target);
	if (!o->resume_auto) {
		if (t->target.name != NULL && t->target.offset < o->resume_from)
			return fault_set(t->error, CODE_RESUME,
			                 "-C %llu: only %llu bytes are there to go on from.",
			                 (unsigned long long)o->resume_from,
			                 (unsigned long long)t->target.offset);
		t->target.offset = o->resume_from;
	}
	if (t->target.offset > 0)
		(void)snprintf(t->range, sizeof(t->range), "%llu-",
		               (unsigned long long)t->target.offset);
	return CODE_OK;
}

static int
parse_typed(struct transfer *t)
{
	int ret;

	url_free(&t->url);
	ret = url_parse(t->typed, &t->url, t->error);
	if (ret != CODE_OK)
		return ret;
	free(t->first_host);
	t->first_host = strdup(t->url.host);
	t->first_port = t->url.port;
	t->method = options_method(t->options);
	t->has_body = t->options->has_data;
	t->result->method = t->method;
	return CODE_OK;
}

/* From the typed URL along all redirects. */
static int
try_once(struct transfer *t)
{
	int ret;

	t->begin = run_clock();
	t->is_saving = false;
	t->is_complete_already = false;
	t->is_transient = false;
	t->retry_after_ns = 0;
	text_clear(&t->heads);
	t->error->text[0] = '\0';
	ret = parse_typed(t);
	if (ret == CODE_OK)
		ret = transfer_name_target(t);
	if (ret == CODE_OK)
		ret = prepare_resume(t);
	while (ret == CODE_OK) {
		ret = transfer_ask(t);
		if (ret != CODE_OK || !t->has_next)
			break;
		follow(t);
		t->result->method = t->method;
	}
	return transfer_finish_target(t, ret);
}

static bool
may_retry(const struct transfer *t, int code, uint64_t first)
{
	const struct options *o = t->options;
	bool is_worth_it = code == CODE_TIMEOUT || code == CODE_RESOLVE ||
	                   (code == CODE_CONNECT && o->retry_connrefused) ||
	                   (code != CODE_OK && o->retry_all_errors) ||
	                   (code == CODE_OK && t->is_transient && !t->is_saving);

	return is_worth_it && code < 128 && t->result->retries < o->retries &&
	       (o->retry_max_time_ns == 0 || run_clock() - first < o->retry_max_time_ns);
}

static uint64_t
retry_delay(const struct transfer *t)
{
	uint64_t delay = t->options->retry_delay_ns;

	if (delay == 0) {
		unsigned int doublings = t->result->retries < 10 ? t->result->retries : 10;

		delay = RETRY_FIRST_NS << doublings;
	}
	if (t->retry_after_ns > delay)
		delay = t->retry_after_ns;
	return delay < RETRY_LAST_NS ? delay : RETRY_LAST_NS;
}

/* The stack keeps turning meanwhile. @return false when interrupted. */
static bool
rest(struct transfer *t, int code)
{
	struct session *s = t->session;
	uint64_t delay = retry_delay(t);
	uint64_t end = run_clock() + delay;

	if (!t->options->silent) {
		char status[32];

		(void)snprintf(status, sizeof(status), "status %u.", t->result->status);
		(void)fprintf(stderr, "pollen-fetch: trying again in %.3g s (%llu of %llu): %s\n",
		              (double)delay / 1e9, (unsigned long long)t->result->retries + 1,
		              (unsigned long long)t->options->retries,
		              code == CODE_OK ? status : t->error->text);
	}
	while (run_clock() < end) {
		if (interrupt_signal(s->interrupt) != 0)
			return false;
		session_turn(s);
		if (s->run.host != NULL)
			run_flush(&s->run);
	}
	return true;
}

static void
note_result(struct transfer *t, int code)
{
	struct result *r = t->result;

	r->code = code;
	r->error = code != CODE_OK ? t->error->text : NULL;
	r->url = t->typed;
	r->number = t->number;
	r->size_download = t->exchange.response.body_bytes;
	r->time_total = run_clock() - t->begin;
	free(r->url_effective);
	free(r->filename);
	r->url_effective = strdup(t->url.text != NULL ? t->url.text : t->typed);
	r->filename = strdup(t->is_saving && t->target.name != NULL ? t->target.name : "");
}

int
transfer_run(struct transfer *transfer)
{
	struct transfer *t = transfer;
	uint64_t first = run_clock();
	int code;

	t->target.fd = -1;
	for (;;) {
		code = try_once(t);
		if (!may_retry(t, code, first))
			break;
		if (!rest(t, code)) {
			code = fault_set(t->error, 128 + interrupt_signal(t->session->interrupt),
			                 "Interrupted.");
			break;
		}
		t->result->retries++;
		t->result->redirects = 0;
	}
	note_result(t, code);
	return code;
}

void
transfer_free(struct transfer *transfer)
{
	url_free(&transfer->url);
	url_free(&transfer->next);
	free(transfer->first_host);
	text_free(&transfer->request);
	text_free(&transfer->heads);
	target_free(&transfer->target);
	exchange_free(&transfer->exchange);
}
