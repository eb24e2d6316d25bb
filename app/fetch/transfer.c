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
#include "fetch/crew.h"

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
	t->result->method = t->method;
}

static void
write_range(struct transfer *t)
{
	unsigned long long from = t->target.offset;

	t->wants_parts = transfer_may_split(t);
	t->is_resumed = from > 0;
	t->range[0] = '\0';
	if (t->wants_parts)
		(void)snprintf(t->range, sizeof(t->range), "%llu-%llu", from,
		               from + SPLIT_FIRST - 1);
	else if (t->is_resumed)
		(void)snprintf(t->range, sizeof(t->range), "%llu-", from);
}

static int
prepare_resume(struct transfer *t)
{
	const struct options *o = t->options;

	if (o->resume)
		target_find_part(&t->target);
	if (o->resume && !o->resume_auto) {
		if (t->target.name != NULL && t->target.offset < o->resume_from)
			return fault_set(t->error, CODE_RESUME,
			                 "-C %llu: only %llu bytes are there to go on from.",
			                 (unsigned long long)o->resume_from,
			                 (unsigned long long)t->target.offset);
		t->target.offset = o->resume_from;
	}
	write_range(t);
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

/* From the typed URL on, along all redirects. */
static void
try_once(struct transfer *t)
{
	int ret;

	t->begin = run_clock();
	t->is_saving = false;
	t->is_complete_already = false;
	t->is_transient = false;
	t->retry_after_ns = 0;
	t->fetched = 0;
	text_clear(&t->heads);
	t->error->text[0] = '\0';
	ret = parse_typed(t);
	if (ret == CODE_OK)
		ret = transfer_name_target(t);
	if (ret == CODE_OK)
		ret = prepare_resume(t);
	if (ret != CODE_OK)
		transfer_tried(t, ret);
	else
		t->state = TRANSFER_RESOLVING;
}

static bool
may_retry(const struct transfer *t, int code)
{
	const struct options *o = t->options;
	bool is_worth_it = code == CODE_TIMEOUT || code == CODE_RESOLVE ||
	                   (code == CODE_CONNECT && o->retry_connrefused) ||
	                   (code != CODE_OK && o->retry_all_errors) ||
	                   (code == CODE_OK && t->is_transient && !t->is_saving);

	return is_worth_it && code < 128 && code != CODE_GIVEN_UP &&
	       !crew_is_over(t->session->crew) && t->result->retries < o->retries &&
	       (o->retry_max_time_ns == 0 || run_clock() - t->first < o->retry_max_time_ns);
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

static void
begin_rest(struct transfer *t, int code)
{
	uint64_t delay = retry_delay(t);

	t->state = TRANSFER_RESTING;
	t->until = run_clock() + delay;
	if (!t->options->silent) {
		char status[32];

		(void)snprintf(status, sizeof(status), "status %u.", t->result->status);
		session_say(t->session, "pollen-fetch: trying again in %.3g s (%llu of %llu): %s\n",
		            (double)delay / 1e9, (unsigned long long)t->result->retries + 1,
		            (unsigned long long)t->options->retries,
		            code == CODE_OK ? status : t->error->text);
	}
}

static void
note_result(struct transfer *t, int code)
{
	struct result *r = t->result;

	r->code = code;
	r->error = code != CODE_OK ? t->error->text : NULL;
	r->url = t->typed;
	r->number = t->number;
	r->lcore = t->session->index;
	r->size_download = transfer_received(t);
	r->time_total = run_clock() - t->begin;
	free(r->url_effective);
	free(r->filename);
	r->url_effective = strdup(t->url.text != NULL ? t->url.text : t->typed);
	r->filename = strdup(t->is_saving && t->target.name != NULL ? t->target.name : "");
}

static void
end(struct transfer *t, int code)
{
	t->code = code;
	t->state = TRANSFER_DONE;
	note_result(t, code);
}

static void
rest(struct transfer *t)
{
	int number = interrupt_signal(t->session->interrupt);

	if (number != 0) {
		end(t, fault_set(t->error, 128 + number, "Interrupted."));
	} else if (crew_is_over(t->session->crew)) {
		end(t, fault_set(t->error, CODE_GIVEN_UP, "Given up: another URL failed."));
	} else if (run_clock() >= t->until) {
		t->result->retries++;
		t->result->redirects = 0;
		t->state = TRANSFER_TRYING;
	}
}

void
transfer_tried(struct transfer *transfer, int code)
{
	struct transfer *t = transfer;

	transfer_count_end(t);
	code = transfer_finish_target(t, code);
	if (may_retry(t, code))
		begin_rest(t, code);
	else
		end(t, code);
}

void
transfer_asked(struct transfer *transfer, int code)
{
	struct transfer *t = transfer;

	if (t->split != NULL) {
		transfer_part_asked(t, code);
	} else if (t->asks_anew && code < 128) {
		t->asks_anew = false;
		t->state = TRANSFER_TRYING;
	} else if (code == CODE_OK && t->has_next) {
		follow(t);
		t->state = TRANSFER_RESOLVING;
	} else {
		transfer_tried(t, code);
	}
}

void
transfer_begin(struct transfer *transfer)
{
	transfer->target.fd = -1;
	transfer->first = run_clock();
	transfer->state = TRANSFER_TRYING;
}

static void
step(struct transfer *t)
{
	switch (t->state) {
	case TRANSFER_TRYING:
		try_once(t);
		break;
	case TRANSFER_RESOLVING:
		transfer_resolve(t);
		break;
	case TRANSFER_READY:
		transfer_open(t, false);
		break;
	case TRANSFER_ASKING:
		transfer_pump(t);
		break;
	case TRANSFER_SETTLING:
		transfer_settle(t);
		break;
	case TRANSFER_RESTING:
		rest(t);
		break;
	case TRANSFER_PAUSING:
	case TRANSFER_WAITING:
		transfer_wait(t);
		break;
	case TRANSFER_DONE:
		break;
	}
}

bool
transfer_step(struct transfer *transfer)
{
	enum transfer_state before;

	/* On to where only a turn of the stack, the writer or time brings it further. */
	do {
		before = transfer->state;
		step(transfer);
	} while (transfer->state != before && transfer->state != TRANSFER_DONE);
	return transfer->state == TRANSFER_DONE;
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
