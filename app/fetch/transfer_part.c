/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --split. The first part is asked for alone. An answer that has it, the file's length and something to know the file by (a
 * strong entity tag, or a date that is one: RFC 9110 §8.8) makes a split; the rest is asked for under If-Range. Each answer
 * must be exactly the range that was asked for, of a file of that length and mark. Anything else means that the file is
 * another one by now: all that came is thrown away and the file fetched whole, on one connection. So is a file of which no
 * parts can be had at all.
 *
 * A part whose connection breaks is asked for again from where it stands. A helper that gets nothing twice in a row leaves,
 * for the server may not want so many connections; when the one that leads gets nothing, several times, the fetch has failed.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/contentrange.h"
#include "fetch/crew.h"
#include "fetch/request.h"

#define FRUITLESS_HELPER 2
#define FRUITLESS_LEADER 4
#define PAUSE_FIRST_NS   PLN_NS_PER_S

bool
transfer_may_split(const struct transfer *transfer)
{
	const struct transfer *t = transfer;

	return t->options->split > 1 && !t->no_parts && t->target.name != NULL &&
	       !t->target.is_special && !request_overrides(t->options, "Range") &&
	       !request_overrides(t->options, "If-Range");
}

/* ---------------------------------------------------------------- is there more than one part to be had? */

/* A date may be compared as a strong mark if the file was not changed within the second in which it was sent. */
static bool
is_strong_date(const struct response *r, const char *modified)
{
	const char *date = response_field(r, "Date");
	time_t then = modified != NULL ? curl_getdate(modified, NULL) : -1;
	time_t now = date != NULL ? curl_getdate(date, NULL) : -1;

	return then >= 0 && now > then;
}

/* What the file is to be known by; NULL: nothing. */
static const char *
find_validator(const struct response *r)
{
	const char *etag = response_field(r, "ETag");
	const char *modified = response_field(r, "Last-Modified");

	if (etag != NULL && etag[0] == '"')
		return etag;
	return is_strong_date(r, modified) ? modified : NULL;
}

/* Parts cannot be had: the same again, whole. */
static int
ask_whole(struct transfer *t, const char *why)
{
	session_note(t->session, "%s: one connection it is", why);
	t->no_parts = true;
	t->asks_anew = true;
	return fault_set(t->error, CODE_RANGE, "%s.", why);
}

/* Is this response the range [first, last] of a file, with its length? */
static bool
is_range(const struct response *r, uint64_t first, uint64_t last)
{
	struct contentrange range;

	contentrange_parse(response_field(r, "Content-Range"), &range);
	return r->status == 206 && range.first == first && range.last == last && r->has_length &&
	       r->length == last - first + 1;
}

static uint64_t
length_of_file(const struct response *r)
{
	struct contentrange range;

	contentrange_parse(response_field(r, "Content-Range"), &range);
	return range.whole;
}

static int
take_partial(struct transfer *t)
{
	const struct response *r = &t->exchange.response;
	uint64_t first = t->target.offset;
	uint64_t whole = length_of_file(r);
	uint64_t last = first + SPLIT_FIRST - 1;

	if (whole == UINT64_MAX || whole <= first)
		return ask_whole(t, "The server does not say how long the file is");
	if (whole <= last)
		last = whole - 1;
	if (!is_range(r, first, last))
		return t->is_resumed ? transfer_take_resumed(t)
		                     : ask_whole(t, "The server sends other ranges than asked for");
	t->wants_parts = whole > last + 1;
	if (t->wants_parts && find_validator(r) == NULL)
		return ask_whole(t, "Nothing would show that parts are of the same file");
	return CODE_OK;
}

int
transfer_take_first_part(struct transfer *transfer)
{
	struct transfer *t = transfer;
	unsigned int status = t->exchange.response.status;

	if (status == 206)
		return take_partial(t);
	t->wants_parts = false;
	if (t->is_resumed)
		return transfer_take_resumed(t);
	if (status == 416)
		return ask_whole(t, "There is no first part");
	if (status == 200)
		session_note(t->session, "The server does not send ranges: one connection it is");
	return CODE_OK;
}

/* ---------------------------------------------------------------- the one that leads */

static char *
copy(const char *string)
{
	return string != NULL ? strdup(string) : NULL;
}

static struct split *
make_split(struct transfer *t)
{
	const struct response *r = &t->exchange.response;
	struct crew *crew = t->session->crew;
	struct split *split = split_create(t->target.offset, length_of_file(r),
	                                   (uint32_t)t->options->split, crew->n_sessions);

	if (split == NULL)
		return NULL;
	split->url = copy(t->url.text);
	split->user = copy(t->url.user);
	split->password = copy(t->url.password);
	split->etag = copy(response_field(r, "ETag"));
	split->modified = copy(response_field(r, "Last-Modified"));
	split->validator =
		split->etag != NULL && split->etag[0] == '"' ? split->etag : split->modified;
	split->is_foreign = t->first_host != NULL && (strcmp(t->first_host, t->url.host) != 0 ||
	                                              t->first_port != t->url.port);
	split->peer = t->remote;
	split->fd = t->target.fd;
	if (split->url == NULL || split->validator == NULL) {
		split_destroy(split);
		return NULL;
	}
	return split;
}

int
transfer_start_parts(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct session *s = t->session;
	int ret = target_mark(&t->target, t->target.offset, t->error);

	if (ret != CODE_OK)
		return ret;
	t->split = make_split(t);
	if (t->split == NULL)
		return fault_set(t->error, CODE_MEMORY, "out of memory.");
	t->split->older = s->spent;
	s->spent = t->split;
	t->part = 0;
	t->is_placing = true;
	t->fruitless = 0;
	t->marked = t->split->begin;
	t->total = t->split->end - t->split->begin;
	sink_place(t->seat->sink, (int64_t)t->split->begin);
	session_note(s, "Fetching %llu bytes in %u parts over up to %llu connections",
	             (unsigned long long)t->total, t->split->parts,
	             (unsigned long long)t->options->split);
	crew_publish(s->crew, t->number, t->split);
	return CODE_OK;
}

/* What is whole can be gone on from whatever happens to us. A failure to say so costs no more than that. */
static void
renew_mark(struct transfer *t)
{
	uint64_t whole = split_whole(t->split);
	struct pln_error ignored;

	if (whole - t->marked < SPLIT_FIRST)
		return;
	t->marked = whole;
	(void)target_mark(&t->target, whole, &ignored);
}

/* Another file by now. What an earlier fetch left may be of the old one, too: that is the user's to decide. */
static void
begin_anew(struct transfer *t, const struct split *split)
{
	int ret = target_unmark(&t->target, split->begin, t->error);

	t->split = NULL;
	if (ret == CODE_OK && t->is_resumed)
		ret = fault_set(t->error, CODE_RESUME,
		                "The server's file has changed while its parts were fetched. Fetch "
		                "anew, without -C.");
	if (ret != CODE_OK) {
		transfer_tried(t, ret);
		return;
	}
	if (!t->options->silent || t->options->show_error)
		session_say(t->session,
		            "pollen-fetch: the server's file has changed while its parts were "
		            "fetched; it is fetched whole.\n");
	transfer_count_end(t);
	t->no_parts = true;
	t->state = TRANSFER_TRYING;
}

/* All helpers have gone. */
static void
finish_parts(struct transfer *t, const struct split *split)
{
	int reason = split_stopped(split);
	int code;

	crew_withdraw(t->session->crew, t->number);
	t->fetched = split_received(split);
	t->result->connects += __atomic_load_n(&split->connects, __ATOMIC_RELAXED);
	if (reason == SPLIT_CHANGED) {
		begin_anew(t, split);
		return;
	}
	code = target_unmark(&t->target, split_whole(split), t->error);
	if (reason != SPLIT_OVER) {
		*t->error = split->error;
		code = reason;
	}
	t->split = NULL;
	transfer_tried(t, code);
}

/* ---------------------------------------------------------------- parts, one after the other */

static bool
is_transient(unsigned int status)
{
	return status == 408 || status == 429 || status >= 500;
}

/* A validator that is not repeated is none that differs. */
static bool
is_same(const char *known, const char *said)
{
	return known == NULL || said == NULL || strcmp(known, said) == 0;
}

int
transfer_take_part_head(struct transfer *transfer)
{
	struct transfer *t = transfer;
	const struct response *r = &t->exchange.response;
	struct split *split = t->split;
	const struct split_part *p = &split->part[t->part];
	uint64_t from = p->first + p->got;

	transfer_print_head(t);
	if (is_transient(r->status))
		return fault_set(t->error, CODE_HTTP,
		                 "The server answers %u to the request for a part.", r->status);
	if (!is_range(r, from, p->end - 1) || length_of_file(r) != split->end ||
	    !is_same(split->etag, response_field(r, "ETag")) ||
	    !is_same(split->modified, response_field(r, "Last-Modified"))) {
		(void)fault_set(t->error, CODE_RANGE, "The server's file has changed.");
		split_stop(split, SPLIT_CHANGED, NULL);
		return CODE_RANGE;
	}
	t->is_placing = true;
	t->exchange.fd = split->fd;
	sink_place(t->seat->sink, (int64_t)from);
	return CODE_OK;
}

/* Nothing more is done for the split by this one. */
static void
end_parts(struct transfer *t)
{
	t->exchange.state = EXCHANGE_DONE;
	t->state = TRANSFER_WAITING;
	if (!t->is_helper)
		return;
	split_leave(t->split, t->result->connects);
	t->split = NULL;
	t->code = CODE_OK;
	t->state = TRANSFER_DONE;
}

static void
next_part(struct transfer *t)
{
	const struct split_part *p;
	unsigned long long from;
	unsigned long long last;

	t->part = split_stopped(t->split) == 0 ? split_claim(t->split) : -1;
	if (t->part < 0) {
		end_parts(t);
		return;
	}
	p = &t->split->part[t->part];
	from = p->first + p->got;
	last = p->end - 1;
	(void)snprintf(t->range, sizeof(t->range), "%llu-%llu", from, last);
	t->remote = t->split->peer;
	t->state = TRANSFER_READY;
}

/* Does this end it for all? What one connection met may be its own affair. */
static bool
is_for_all(const struct transfer *t, int code)
{
	const struct options *o = t->options;
	bool is_late = o->max_time_ns > 0 && run_clock() - t->begin >= o->max_time_ns;

	return code >= 128 || code == CODE_GIVEN_UP || code == CODE_WRITE || code == CODE_MEMORY ||
	       (code == CODE_TIMEOUT && is_late) ||
	       (!t->is_helper && t->fruitless >= FRUITLESS_LEADER);
}

static void
pause_parts(struct transfer *t)
{
	uint64_t delay = t->options->retry_delay_ns;

	if (delay == 0)
		delay = PAUSE_FIRST_NS << (t->fruitless - 1);
	t->until = run_clock() + delay;
	t->exchange.state = EXCHANGE_DONE;
	t->state = TRANSFER_PAUSING;
}

/* What of the part has been written: all that came, if the writer has come to an end with it. */
static uint64_t
settle_part(struct transfer *t)
{
	bool is_written = t->seat->sink != NULL && sink_error(t->seat->sink) == 0;
	uint64_t bytes = t->is_placing && is_written ? t->exchange.response.body_bytes : 0;

	t->is_placing = false;
	t->split->part[t->part].got += bytes;
	split_release(t->split, t->part);
	t->part = -1;
	return bytes;
}

void
transfer_part_asked(struct transfer *transfer, int code)
{
	struct transfer *t = transfer;
	uint64_t bytes = settle_part(t);

	t->fruitless = bytes > 0 ? 0 : t->fruitless + 1;
	if (code != CODE_OK && is_for_all(t, code))
		split_stop(t->split, code, t->error);
	else if (code != CODE_OK && split_stopped(t->split) == 0)
		session_note(t->session, "A part broke after %llu bytes: %s",
		             (unsigned long long)bytes, t->error->text);
	if (!t->is_helper)
		renew_mark(t);
	if (split_stopped(t->split) != 0 || (t->is_helper && t->fruitless >= FRUITLESS_HELPER))
		end_parts(t);
	else if (t->fruitless > 0)
		pause_parts(t);
	else
		next_part(t);
}

void
transfer_wait(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct split *split = t->split;
	int ret = CODE_OK;

	if (split_stopped(split) == 0)
		ret = transfer_patience(t, "The transfer");
	if (ret != CODE_OK)
		split_stop(split, ret, t->error);
	if (split_stopped(split) == 0 && t->state == TRANSFER_PAUSING) {
		if (run_clock() >= t->until)
			next_part(t);
		return;
	}
	if (t->is_helper) {
		end_parts(t);
		return;
	}
	renew_mark(t);
	transfer_draw(t);
	if (split_is_complete(split))
		split_stop(split, SPLIT_OVER, NULL);
	else if (split_stopped(split) == 0)
		next_part(t);
	if (t->state != TRANSFER_READY && split_stopped(split) != 0 && split_workers(split) == 0)
		finish_parts(t, split);
}

void
transfer_help(struct transfer *transfer, struct split *split)
{
	struct transfer *t = transfer;

	t->target.fd = -1;
	t->is_helper = true;
	t->split = split;
	t->method = "GET";
	t->first = t->begin = run_clock();
	t->exchange.state = EXCHANGE_DONE;
	if (url_parse(split->url, &t->url, t->error) != CODE_OK) {
		end_parts(t);
		return;
	}
	session_note(t->session, "Helping on lcore %u", t->session->index);
	t->url.user = copy(split->user);
	t->url.password = copy(split->password);
	next_part(t);
}
