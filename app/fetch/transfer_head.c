/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a response's head decides: follow a redirect, try again, refuse (--fail), go on with a file (RFC 9110 §14.4, §15.3.7,
 * §15.5.17), or begin one. Nothing is opened, and no file changed, before the head says that its body is wanted.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "fetch/checksum.h"
#include "fetch/code.h"
#include "fetch/contentrange.h"
#include "fetch/session.h"
#include "fetch/writeout.h"

static bool
goes_to_stdout(const struct transfer *t)
{
	return t->target.name == NULL;
}

int
transfer_name_target(struct transfer *transfer)
{
	const struct options *o = transfer->options;
	struct transfer *t = transfer;
	char *name;
	int ret;

	if (t->number < o->outputs.count && o->outputs.at[t->number] != NULL)
		name = strdup(o->outputs.at[t->number]);
	else if (o->head)
		name = strdup("-");
	else
		name = url_file_name(&t->url);
	if (name == NULL)
		return fault_set(t->error, CODE_MEMORY, "out of memory.");
	target_free(&t->target);
	ret = target_init(&t->target, o->output_dir, name, t->error);
	free(name);
	t->target.create_dirs = o->create_dirs;
	if (ret == CODE_OK && o->checksum != NULL && (goes_to_stdout(t) || t->target.is_special))
		ret = fault_set(t->error, CODE_INIT, "--checksum wants the body in a file.");
	return ret == CODE_OK ? target_check(&t->target, t->error) : ret;
}

/* -J: the server's name for it. It never replaces a file that exists. */
static int
take_server_name(struct transfer *t)
{
	const char *value = response_field(&t->exchange.response, "Content-Disposition");
	const struct strings *outputs = &t->options->outputs;
	bool is_named = t->number < outputs->count && outputs->at[t->number] != NULL;
	char *name;
	int ret;

	if (!t->options->remote_header_name || value == NULL || is_named || t->is_resumed)
		return CODE_OK;
	name = target_name_from_disposition(value);
	if (name == NULL)
		return CODE_OK;
	target_free(&t->target);
	ret = target_init(&t->target, t->options->output_dir, name, t->error);
	t->target.create_dirs = t->options->create_dirs;
	free(name);
	if (ret == CODE_OK && access(t->target.name, F_OK) == 0)
		ret = fault_set(t->error, CODE_WRITE,
		                "%s exists; a file of the server's naming (-J) replaces none.",
		                t->target.name);
	return ret;
}

static bool
is_redirect(unsigned int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool
is_transient(unsigned int status)
{
	return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
	       status == 504;
}

static int
take_redirect(struct transfer *t, const char *location)
{
	struct pln_error ignored;
	int ret;

	if (t->options->follow && t->result->redirects >= t->options->max_redirs)
		return fault_set(t->error, CODE_REDIRECTS,
		                 "More than %llu redirects: stopped at %s.",
		                 (unsigned long long)t->options->max_redirs, t->url.text);
	ret = url_follow(&t->url, location, &t->next, t->options->follow ? t->error : &ignored);
	t->has_next = ret == CODE_OK && t->options->follow;
	if (ret == CODE_OK && !t->options->follow) {
		free(t->result->redirect_url);
		t->result->redirect_url = strdup(t->next.text);
		url_free(&t->next);
	}
	return t->options->follow ? ret : CODE_OK;
}

/* The answer to a request for the rest of a file. */
int
transfer_take_resumed(struct transfer *transfer)
{
	struct transfer *t = transfer;
	unsigned int status = t->exchange.response.status;
	struct contentrange range;

	contentrange_parse(response_field(&t->exchange.response, "Content-Range"), &range);
	if (status == 206 && range.first == t->target.offset)
		return CODE_OK;
	if (status == 206)
		return fault_set(t->error, CODE_RESUME,
		                 "The server sends another range than the one asked for.");
	if (status == 416 && range.whole == t->target.offset) {
		t->is_complete_already = true;
		return CODE_OK;
	}
	if (status == 416)
		return fault_set(
			t->error, CODE_RESUME,
			"%s does not fit the server's file: it has %llu bytes. Fetch anew, "
			"without -C.",
			t->target.found != NULL ? t->target.found : t->typed,
			(unsigned long long)t->target.offset);
	if (status == 200)
		return fault_set(
			t->error, CODE_RANGE,
			"The server does not send ranges, so the rest cannot be asked for. "
			"Fetch anew, without -C.");
	return fault_set(
		t->error, CODE_HTTP,
		"The server answers %u to the request for the rest; what is there is kept.",
		status);
}

/* Hand the heads themselves to the file. They stay where they are until the next try. */
static void
put_heads(struct transfer *t)
{
	if (t->heads.len > 0)
		sink_put(t->seat->sink, t->target.fd, t->heads.data, t->heads.len,
		         t->seat->link.seen);
}

static void
start_meter(struct transfer *t)
{
	const struct options *o = t->options;
	struct session *s = t->session;
	bool on_screen = t->target.name == NULL && isatty(STDOUT_FILENO) == 1;

	if (o->parallel)
		return;
	t->is_metered = !o->silent && !o->head && !on_screen;
	meter_init(&s->meter, t->is_metered ? stderr : NULL);
	meter_start(&s->meter, run_clock(), t->target.offset);
}

static int
start_saving(struct transfer *t)
{
	const struct response *r = &t->exchange.response;
	int ret = take_server_name(t);

	if (ret == CODE_OK)
		ret = target_open(&t->target, t->is_resumed ? t->target.offset : 0, t->error);
	if (ret != CODE_OK)
		return ret;
	t->is_saving = true;
	t->total = r->has_length ? r->length : r->state == RESPONSE_DONE ? 0 : UINT64_MAX;
	t->exchange.fd = t->target.fd;
	if (t->options->include || t->options->head)
		put_heads(t);
	if (t->wants_parts)
		ret = transfer_start_parts(t);
	transfer_count_begin(t);
	start_meter(t);
	return ret;
}

void
transfer_print_head(struct transfer *transfer)
{
	struct transfer *t = transfer;
	const char *at = text_get(&t->exchange.response.raw);
	struct text text = { 0 };

	if (!t->options->verbose)
		return;
	while (*at != '\0') {
		size_t len = strcspn(at, "\r\n");

		text_printf(&text, "< %.*s\n", (int)len, at);
		at += len;
		at += *at == '\r';
		at += *at == '\n';
	}
	console_put(&t->session->console, stderr, &text);
	text_free(&text);
}

static void
add_json_fields(struct text *out, const struct response *r)
{
	const char *at = text_get(&r->fields);
	const char *end = at + r->fields.len;

	text_puts(out, "{");
	for (const char *sep = ""; at < end; sep = ",") {
		text_puts(out, sep);
		writeout_json_string(out, at);
		at += strlen(at) + 1;
		text_puts(out, ":[");
		writeout_json_string(out, at);
		text_puts(out, "]");
		at += strlen(at) + 1;
	}
	text_puts(out, "}");
}

static void
note_head(struct transfer *t)
{
	const struct response *r = &t->exchange.response;
	const char *type = response_field(r, "Content-Type");
	struct result *result = t->result;
	struct text json = { 0 };

	result->status = r->status;
	result->headers = r->field_count;
	result->size_header += r->raw.len;
	response_version(r, result->http_version);
	free(result->content_type);
	result->content_type = type != NULL ? strdup(type) : NULL;
	add_json_fields(&json, r);
	free(result->headers_json);
	result->headers_json = json.data;
}

static uint64_t
retry_after(const struct response *r)
{
	const char *value = response_field(r, "Retry-After");

	return value != NULL ? strtoull(value, NULL, 10) * PLN_NS_PER_S : 0;
}

int
transfer_take_head(struct transfer *transfer)
{
	struct transfer *t = transfer;
	const struct response *r = &t->exchange.response;
	const char *location = response_field(r, "Location");
	int ret = CODE_OK;

	note_head(t);
	transfer_print_head(t);
	text_add(&t->heads, text_get(&r->raw), r->raw.len);
	t->is_saving = false;
	if (is_redirect(r->status) && location != NULL) {
		ret = take_redirect(t, location);
		if (ret != CODE_OK || t->has_next)
			return ret;
	}
	t->is_transient = is_transient(r->status);
	t->retry_after_ns = retry_after(r);
	if (t->is_transient && t->result->retries < t->options->retries)
		return CODE_OK;
	if (t->options->fail && r->status >= 400)
		return fault_set(t->error, CODE_HTTP, "The requested URL returned error: %u.",
		                 r->status);
	if (t->range[0] != '\0') {
		ret = t->wants_parts ? transfer_take_first_part(t) : transfer_take_resumed(t);
		if (ret != CODE_OK || t->is_complete_already)
			return ret;
	}
	return start_saving(t);
}

static int64_t
server_time(const struct transfer *t)
{
	const char *value = response_field(&t->exchange.response, "Last-Modified");

	return t->options->remote_time && value != NULL ? (int64_t)curl_getdate(value, NULL) : -1;
}

/* A 416 said that all is there: a part only lacks its name. */
static int
finish_complete(struct transfer *t)
{
	session_note(t->session, "All %llu bytes were there already",
	             (unsigned long long)t->target.offset);
	if (t->target.found != t->target.part)
		return CODE_OK;
	return target_commit(&t->target, -1, t->error);
}

int
transfer_finish_target(struct transfer *transfer, int code)
{
	struct transfer *t = transfer;
	uint64_t kept;

	if (code == CODE_OK && t->is_complete_already)
		return finish_complete(t);
	if (t->is_metered && t->is_saving)
		meter_end(&t->session->meter, run_clock(), transfer_received(t), t->total);
	if (code == CODE_OK && t->is_saving && t->options->checksum != NULL)
		code = checksum_check(t->target.part, t->options->checksum, t->error);
	if (code == CODE_OK && t->is_saving)
		return target_commit(&t->target, server_time(t), t->error);
	kept = target_keep(&t->target);
	if (code != CODE_OK && kept > 0)
		fault_add(t->error, "%llu bytes are kept in %s; -C - goes on from there.",
		          (unsigned long long)kept, t->target.part);
	return code;
}
