/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One conversation: READING, WAITING, SENDING, round and round; LINGERING at its end. The next request stays in the receive
 * buffer until the last one is answered, so pipelined requests are answered in their order (RFC 9112 §9.3.2) and a client
 * that asks faster than it reads closes its own window. Bodies are read over before the answer, so that what comes behind
 * them is a request; a client that waits to be told to send its body is answered at once, and the connection ends.
 */
#include "serve/talk.h"

#include <errno.h>
#include <strings.h>

#include <pollen/tcp.h>

#include "serve/answer.h"

#define VIEWS    16
#define REQUESTS 16 /* in one turn: others wait */

enum progress {
	PROGRESS_ON,      /* go on */
	PROGRESS_BLOCKED, /* something has to happen first */
	PROGRESS_GONE,    /* the client is */
};

/* ------------------------------------------------------------------------------------------------ the end */

static enum progress
end(struct client *client, bool reset)
{
	client_end(client, reset);
	return PROGRESS_GONE;
}

/* RFC 9112 §9.6: a reset, which unread bytes would cause, could destroy the response on its way. */
static enum progress
linger(struct client *client)
{
	(void)pln_tcp_shutdown(client->owner.stack, client->owner.handle, PLN_TCP_SHUT_WR);
	client->state = CLIENT_LINGERING;
	client_arm(client, SERVER_TIMER_LINGER);
	return PROGRESS_ON;
}

/* ------------------------------------------------------------------------------------------------ sending */

static enum progress
blocked_or_gone(struct client *client, ssize_t ret)
{
	return ret == -EAGAIN ? PROGRESS_BLOCKED : end(client, true);
}

static enum progress
send_head(struct client *client)
{
	struct pln_stack *stack = client->owner.stack;

	while (client->out_sent < client->out_len) {
		ssize_t n = pln_tcp_send(
			stack, client->owner.handle, client->out + client->out_sent,
			client->out_len - client->out_sent, client->left > 0 ? PLN_TCP_MORE : 0);

		if (n < 0)
			return blocked_or_gone(client, n);
		client->out_sent += (size_t)n;
	}
	return PROGRESS_ON;
}

/* Bytes of a chunk, of which TCP gets a reference of its own. */
static ssize_t
send_bytes(struct client *client, const struct chunk *chunk, size_t from, size_t len)
{
	struct server *server = client->server;
	struct pln_tcp_ref ref = {
		.data = chunk->data + from,
		.len = len,
		.release = chunk_drop,
		.ctx = (void *)chunk,
	};
	ssize_t n = pln_tcp_send_ref(client->owner.stack, client->owner.handle, &ref,
	                             client->left > len ? PLN_TCP_MORE : 0);

	if (n < 0)
		return n;
	client->at += len;
	client->left -= len;
	client->sent += len;
	server_add(&server->stats.bytes, len);
	client_arm(client, SERVER_TIMER_WRITE);
	return n;
}

static enum progress
send_cached(struct client *client)
{
	while (client->left > 0) {
		struct chunk *chunk = client->file->chunks[client->at / SLAB_CHUNK];
		size_t from = (size_t)(client->at % SLAB_CHUNK);
		size_t len = SLAB_CHUNK - from;
		ssize_t n;

		if (len > client->left)
			len = (size_t)client->left;
		chunk_hold(chunk);
		n = send_bytes(client, chunk, from, len);
		if (n < 0) {
			chunk_drop(chunk);
			return blocked_or_gone(client, n);
		}
	}
	return PROGRESS_ON;
}

/* A response that cannot be finished as it began must not look finished. */
static enum progress
break_off(struct client *client)
{
	if (client->stream->error == -ESTALE)
		server_add(&client->server->stats.changed, 1);
	return end(client, true);
}

static enum progress
send_stream(struct client *client)
{
	while (client->left > 0) {
		const struct chunk *chunk;
		size_t len;
		ssize_t n;

		if (client->stream->error != 0)
			return break_off(client);
		if (!stream_pump(client->stream))
			client_again(client);
		chunk = stream_peek(client->stream, &len);
		if (chunk == NULL)
			return PROGRESS_BLOCKED;
		n = send_bytes(client, chunk, 0, len);
		if (n < 0)
			return blocked_or_gone(client, n);
		(void)stream_take(client->stream);
	}
	return PROGRESS_ON;
}

/* The response is TCP's. */
static enum progress
finish(struct client *client)
{
	client_log(client);
	client_release(client);
	if (client->is_closing || client->server->is_draining)
		return linger(client);
	client->state = CLIENT_READING;
	client->began_ns = 0;
	head_begin(&client->head);
	client_arm(client, SERVER_TIMER_IDLE);
	return PROGRESS_ON;
}

static enum progress
step_sending(struct client *client)
{
	enum progress progress = send_head(client);

	if (progress == PROGRESS_ON && client->left > 0)
		progress = client->stream != NULL ? send_stream(client) : send_cached(client);
	return progress == PROGRESS_ON ? finish(client) : progress;
}

/* ------------------------------------------------------------------------------------------------ reading */

/* Must the client be told first to send its body? */
static bool
waits_for_leave(const struct client *client)
{
	const char *expect = head_field(&client->head, "Expect", NULL);

	return expect != NULL && client->head.parser.http_minor > 0;
}

/* Behind the head: is there more to read of this request? */
static bool
wants_body(struct client *client)
{
	struct head *head = &client->head;

	if (head->state == HEAD_BODY)
		return true;
	if (head->state != HEAD_COMPLETE)
		return false;
	if (!head_has_body(head)) {
		head->state = HEAD_DONE;
		return false;
	}
	if (waits_for_leave(client))
		return false;
	client_arm(client, SERVER_TIMER_BODY);
	return true;
}

/* One stretch of what was received. @return the bytes of it that belong to this request. */
static size_t
feed(struct client *client, const struct pln_tcp_view *view)
{
	struct head *head = &client->head;
	const char *data = view->data;
	size_t used = 0;

	while (used < view->len && head->state != HEAD_DONE && head->state != HEAD_FAILED) {
		size_t n = head_feed(head, data + used, view->len - used);

		used += n;
		if (head->state == HEAD_COMPLETE && !wants_body(client))
			break;
	}
	return used;
}

static bool
is_read(const struct head *head)
{
	return head->state == HEAD_DONE || head->state == HEAD_FAILED ||
	       head->state == HEAD_COMPLETE;
}

/* Feed what lies there; what is not this request's stays. */
static void
feed_all(struct client *client, const struct pln_tcp_view *views, int count)
{
	struct server *server = client->server;
	size_t used = 0;

	if (client->head.seen == 0) {
		client->began_ns = server->now;
		client_arm(client, SERVER_TIMER_HEAD);
	}
	for (int i = 0; i < count && (i == 0 || !is_read(&client->head)); i++)
		used += feed(client, &views[i]);
	(void)pln_tcp_consume(client->owner.stack, client->owner.handle, used);
}

static enum progress
step_reading(struct client *client)
{
	struct pln_tcp_view views[VIEWS];
	int n = pln_tcp_receive_views(client->owner.stack, client->owner.handle, 0, views, VIEWS);

	if (n == -EAGAIN)
		return PROGRESS_BLOCKED;
	if (n <= 0)
		return end(client, n < 0);
	feed_all(client, views, n);
	if (is_read(&client->head))
		answer_request(client);
	return PROGRESS_ON;
}

/* ------------------------------------------------------------------------------------------------ the outside */

static enum progress
step(struct client *client)
{
	switch (client->state) {
	case CLIENT_READING:
		return step_reading(client);
	case CLIENT_SENDING:
		return step_sending(client);
	case CLIENT_LINGERING:
		return client_discard(client) ? PROGRESS_BLOCKED : end(client, false);
	case CLIENT_WAITING:
	case CLIENT_SERVICE:
		return PROGRESS_BLOCKED;
	}
	return PROGRESS_BLOCKED;
}

void
talk_step(struct client *client)
{
	struct server *server = client->server;
	enum progress progress = PROGRESS_ON;

	for (unsigned int i = 0; i < 2 * REQUESTS && progress == PROGRESS_ON; i++) {
		server->is_busy |= i > 0;
		progress = step(client);
	}
	if (progress == PROGRESS_ON)
		client_again(client);
}

/* Nothing is left to be said, but TCP may have to say it yet. */
static void
late_resting(struct client *client)
{
	switch (client_rest(client)) {
	case CLIENT_TAKEN:
		client_end(client, false);
		return;
	case CLIENT_MOVING:
		client_arm(client, client->timer);
		return;
	case CLIENT_STUCK:
		server_add(&client->server->stats.late, 1);
		client_end(client, true);
		return;
	}
}

/* A response to whoever was late with a request, or whose file was. */
static void
late_answer(struct client *client, unsigned int status)
{
	client->is_closing = true;
	answer_status(client, status);
	talk_step(client);
}

void
talk_late(struct client *client)
{
	if (client->state == CLIENT_LINGERING || client->timer == SERVER_TIMER_IDLE) {
		late_resting(client);
		return;
	}
	server_add(&client->server->stats.late, 1);
	if (client->state == CLIENT_WAITING)
		late_answer(client, 503);
	else if (client->state == CLIENT_READING && client->head.seen > 0)
		late_answer(client, 408);
	else
		client_end(client, client->state == CLIENT_SENDING);
}

void
talk_drain(struct client *client)
{
	client->is_closing = true;
	if (client->state == CLIENT_READING && client->head.seen == 0)
		(void)linger(client);
	talk_step(client);
}
