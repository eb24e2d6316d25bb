/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * llhttp, held strict where being lenient would guess, but for one point: Transfer-Encoding overrides Content-Length (RFC 9112
 * §6.3 rule 3), and the connection is then not used again.
 *
 * llhttp is paused behind every head. HEAD, 1xx, 204 and 304 have no body (rule 1); that is decided here, since llhttp would
 * wait for the Content-Length of a 304. Interim responses are read over, the final one is kept.
 */
#include "fetch/response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/fault.h"
#include "fetch/code.h"

/* "1\r\nx\r\n": the shortest chunk. */
#define CHUNK_MIN 6

static int
on_span(struct text *text, const char *at, size_t len)
{
	text_add(text, at, len);
	return 0;
}

static int
on_name(llhttp_t *parser, const char *at, size_t len)
{
	return on_span(&((struct response *)parser->data)->name, at, len);
}

static int
on_value(llhttp_t *parser, const char *at, size_t len)
{
	return on_span(&((struct response *)parser->data)->value, at, len);
}

/* A field is complete. Fields of a chunked body's trailer, behind the head, are not kept. */
static int
on_value_complete(llhttp_t *parser)
{
	struct response *r = parser->data;

	if (r->state == RESPONSE_HEAD) {
		text_add(&r->fields, text_get(&r->name), r->name.len);
		text_add(&r->fields, "", 1);
		text_add(&r->fields, text_get(&r->value), r->value.len);
		text_add(&r->fields, "", 1);
		r->field_count++;
	}
	text_clear(&r->name);
	text_clear(&r->value);
	return 0;
}

static int
on_pause(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static int
on_message_complete(llhttp_t *parser)
{
	struct response *r = parser->data;

	r->state = RESPONSE_DONE;
	return HPE_PAUSED;
}

static int
on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct response *r = parser->data;

	r->body_bytes += len;
	if (len > 0)
		r->body(r->ctx, at, len);
	return 0;
}

static void
begin_message(struct response *r)
{
	llhttp_init(&r->parser, HTTP_RESPONSE, &r->settings);
	llhttp_set_lenient_chunked_length(&r->parser, 1);
	r->parser.data = r;
	r->field_count = 0;
	text_clear(&r->fields);
	text_clear(&r->name);
	text_clear(&r->value);
}

void
response_begin(struct response *response, bool is_head)
{
	struct response fresh = {
		.body = response->body,
		.ctx = response->ctx,
		.error = response->error,
		.is_head = is_head,
	};

	*response = fresh;
	llhttp_settings_init(&response->settings);
	response->settings.on_header_field = on_name;
	response->settings.on_header_value = on_value;
	response->settings.on_header_value_complete = on_value_complete;
	response->settings.on_headers_complete = on_pause;
	response->settings.on_body = on_body;
	response->settings.on_message_complete = on_message_complete;
	begin_message(response);
}

static void
fail(struct response *r, int code, const char *sentence)
{
	r->state = RESPONSE_FAILED;
	(void)fault_set(r->error, code, "%s", sentence);
}

/* What llhttp stumbled over, in words for whoever fetches. */
static void
fail_parse(struct response *r)
{
	const char *reason = llhttp_get_error_reason(&r->parser);
	char text[256];

	switch (llhttp_get_errno(&r->parser)) {
	case HPE_INVALID_CONSTANT:
	case HPE_INVALID_VERSION:
		fail(r, CODE_PROTOCOL,
		     "The server speaks no HTTP: its reply does not begin with HTTP/1. "
		     "Is it the right port?");
		return;
	case HPE_UNEXPECTED_CONTENT_LENGTH:
	case HPE_INVALID_CONTENT_LENGTH:
		(void)snprintf(text, sizeof(text),
		               "The server's Content-Length is contradictory or no number (%s).",
		               reason);
		fail(r, CODE_WEIRD, text);
		return;
	case HPE_INVALID_CHUNK_SIZE:
	case HPE_STRICT:
	case HPE_CR_EXPECTED:
	case HPE_LF_EXPECTED:
		if (r->state != RESPONSE_HEAD) {
			(void)snprintf(
				text, sizeof(text),
				"The chunks of the body are malformed after %llu bytes (%s).",
				(unsigned long long)r->body_bytes, reason);
			fail(r, CODE_RECV, text);
			return;
		}
		break;
	default:
		break;
	}
	(void)snprintf(text, sizeof(text), "The server's reply is malformed HTTP (%s).",
	               reason != NULL ? reason : "no reason given");
	fail(r, CODE_WEIRD, text);
}

static bool
has_no_body(const struct response *r)
{
	return r->is_head || r->status == 204 || r->status == 304;
}

static bool
is_chunked(const struct response *r)
{
	return (r->parser.flags & F_CHUNKED) != 0;
}

/* The final head is complete. */
static void
end_final_head(struct response *r)
{
	r->state = RESPONSE_BODY;
	r->has_length =
		(r->parser.flags & (F_CONTENT_LENGTH | F_TRANSFER_ENCODING)) == F_CONTENT_LENGTH;
	r->length = r->has_length ? r->parser.content_length : 0;
	r->until_close = !r->has_length && !is_chunked(r) && !has_no_body(r);
	/* RFC 9112 §6.3: a message that had both is suspicious; its connection ends with it. */
	r->keep_alive =
		!r->until_close && (r->parser.flags & F_CONNECTION_CLOSE) == 0 &&
		(r->parser.http_minor > 0 || (r->parser.flags & F_CONNECTION_KEEP_ALIVE) != 0) &&
		!((r->parser.flags & F_CONTENT_LENGTH) != 0 && is_chunked(r));
	if (has_no_body(r) || (r->has_length && r->length == 0))
		r->state = RESPONSE_DONE;
}

/* A head is complete: an interim one is read over. */
static void
end_head(struct response *r)
{
	r->status = r->parser.status_code;
	if (r->parser.http_major != 1) {
		fail(r, CODE_PROTOCOL, "The server answers in another HTTP version than 1.");
	} else if (r->status == 101) {
		fail(r, CODE_WEIRD, "The server switches protocols, which nobody asked for.");
	} else if (r->status < 200) {
		r->final_at = r->raw.len;
		begin_message(r);
	} else {
		end_final_head(r);
	}
}

/* Bytes that llhttp looked at before it stopped. */
static size_t
stopped_at(const struct response *r, const char *data, size_t len)
{
	const char *pos = llhttp_get_error_pos(&r->parser);

	return pos >= data && pos <= data + len ? (size_t)(pos - data) : len;
}

static size_t
feed_head(struct response *r, const char *data, size_t len)
{
	llhttp_errno_t code = llhttp_execute(&r->parser, data, len);
	size_t used = code == HPE_OK ? len : stopped_at(r, data, len);

	text_add(&r->raw, data, used);
	if (r->raw.failed || r->fields.failed || r->name.failed || r->value.failed)
		fail(r, CODE_MEMORY, "out of memory.");
	else if (code == HPE_PAUSED)
		end_head(r);
	else if (code != HPE_OK)
		fail_parse(r);
	if (r->state == RESPONSE_HEAD && r->raw.len > RESPONSE_HEAD_MAX)
		fail(r, CODE_WEIRD, "The server's headers do not end: 256 KiB of them are here.");
	return used;
}

static size_t
feed_body(struct response *r, const char *data, size_t len)
{
	llhttp_errno_t code;

	if (llhttp_get_errno(&r->parser) == HPE_PAUSED)
		llhttp_resume(&r->parser);
	code = llhttp_execute(&r->parser, data, len);
	if (code == HPE_OK)
		return len;
	if (r->state != RESPONSE_DONE)
		fail_parse(r);
	return stopped_at(r, data, len);
}

size_t
response_feed(struct response *response, const void *data, size_t len)
{
	const char *bytes = data;
	size_t used = 0;

	while (used < len && response->state == RESPONSE_HEAD)
		used += feed_head(response, bytes + used, len - used);
	/* The head's end is a stop of its own. */
	if (used == 0 && response->state == RESPONSE_BODY)
		used = feed_body(response, bytes, len);
	response->total_bytes += used;
	return used;
}

enum response_state
response_eof(struct response *response)
{
	struct response *r = response;

	if (r->state == RESPONSE_DONE || r->state == RESPONSE_FAILED)
		return r->state;
	if (r->state == RESPONSE_HEAD) {
		if (r->total_bytes == 0)
			fail(r, CODE_EMPTY,
			     "Empty reply: the server closed the connection without a byte.");
		else
			fail(r, CODE_PARTIAL,
			     "The server closed the connection within the headers of its reply.");
	} else if (r->until_close) {
		r->state = RESPONSE_DONE;
	} else if (r->has_length) {
		r->state = RESPONSE_FAILED;
		(void)fault_set(
			r->error, CODE_PARTIAL,
			"The server closed the connection with %llu bytes remaining: %llu of "
			"%llu arrived.",
			(unsigned long long)(r->length - r->body_bytes),
			(unsigned long long)r->body_bytes, (unsigned long long)r->length);
	} else {
		r->state = RESPONSE_FAILED;
		(void)fault_set(
			r->error, CODE_PARTIAL,
			"The server closed the connection before the last chunk; %llu bytes "
			"arrived.",
			(unsigned long long)r->body_bytes);
	}
	return r->state;
}

const char *
response_field(const struct response *response, const char *name)
{
	const char *at = text_get(&response->fields);
	const char *end = at + response->fields.len;

	while (at < end) {
		const char *value = at + strlen(at) + 1;

		if (strcasecmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

size_t
response_stretches(size_t len)
{
	return len / CHUNK_MIN + 2;
}

void
response_version(const struct response *response, char buf[8])
{
	(void)snprintf(buf, 8, "%u.%u", response->parser.http_major % 10u,
	               response->parser.http_minor % 10u);
}

void
response_free(struct response *response)
{
	text_free(&response->raw);
	text_free(&response->fields);
	text_free(&response->name);
	text_free(&response->value);
}
