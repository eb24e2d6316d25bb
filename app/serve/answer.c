/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From request to response, RFC 9110: methods (§9), the file's path, what opening it said (§15), preconditions (§13), ranges
 * (§14), validators (§8.8). The entity tag is made of a version's time, size and inode, so it changes with them and is
 * strong: bytes under one tag are the same.
 */
#include "serve/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve/byterange.h"
#include "serve/condition.h"
#include "serve/mime.h"
#include "serve/reply.h"
#include "serve/talk.h"
#include "serve/uripath.h"

#define STREAM_SHARES 2 /* all streams' read-ahead together takes at most 1/2 of the cache */

static struct reply
new_reply(const struct client *client, unsigned int status)
{
	return (struct reply){
		.status = status,
		.date = client->server->date,
		.is_closing = client->is_closing,
		.is_http10 = client->head.parser.http_minor == 0,
	};
}

static void
begin(struct client *client, unsigned int status)
{
	struct server *server = client->server;

	client->status = status;
	client->state = CLIENT_SENDING;
	client->out_sent = 0;
	client->sent = 0;
	if (client->began_ns == 0)
		client->began_ns = server->now;
	server_add(&server->stats.requests, 1);
	if (status >= 400)
		server_add(&server->stats.failed, 1);
	client_arm(client, SERVER_TIMER_WRITE);
}

static void
begin_status(struct client *client, const struct reply *reply)
{
	client->out_len = reply_status(reply, client->is_head, client->out, CLIENT_OUT);
	client_release(client);
	begin(client, reply->status);
}

void
answer_status(struct client *client, unsigned int status)
{
	struct reply reply = new_reply(client, status);

	begin_status(client, &reply);
}

/* ------------------------------------------------------------------------------------------------ a file */

static const char *
format_etag(const struct fileid *id, char *buf, size_t room)
{
	(void)snprintf(buf, room, "\"%llx-%llx-%llx\"", (unsigned long long)id->modified_ns,
	               (unsigned long long)id->size, (unsigned long long)id->ino);
	return buf;
}

/* 200, 206 or 416; where the content begins, and how long it is. */
static void
choose_bytes(struct client *client, const struct condition_file *file, struct reply *reply)
{
	const char *range = head_field(&client->head, "Range", NULL);

	reply->first = 0;
	reply->len = reply->size;
	if (range == NULL || client->is_head || !condition_allows_range(&client->head, file))
		return;
	switch (byterange_parse(range, reply->size, &reply->first, &reply->len)) {
	case BYTERANGE_WHOLE:
		return;
	case BYTERANGE_PART:
		reply->status = 206;
		return;
	case BYTERANGE_NONE:
		reply->status = 416;
		return;
	}
}

/* Chunks that one more stream may read ahead. */
static size_t
fair_share(const struct server *server)
{
	size_t share = server->files.slab.count / STREAM_SHARES / (server->streams + 1);

	return share > 1 ? share : 1;
}

static void
on_stream(void *ctx)
{
	talk_step(ctx);
}

/* The content comes from the disk. @return false: memory is out. */
static bool
begin_stream(struct client *client, const struct reply *reply)
{
	struct server *server = client->server;

	client->stream = stream_begin(client->file, reply->first, reply->len, fair_share(server));
	if (client->stream == NULL)
		return false;
	client->file = NULL; /* the stream's now */
	client->stream->ready = on_stream;
	client->stream->ctx = client;
	server->streams++;
	return true;
}

static void
answer_file(struct client *client)
{
	const struct fileid *id = &client->file->id;
	struct reply reply = new_reply(client, 200);
	struct condition_file version = { .modified = id->modified_ns / (int64_t)PLN_NS_PER_S };
	bool has_content;
	char modified[HTTPDATE_LEN];
	char etag[64];

	version.etag = format_etag(id, etag, sizeof(etag));
	reply.etag = etag;
	reply.modified = httpdate_format(version.modified, modified);
	reply.type = mime_type(client->file->path);
	reply.size = id->size;
	reply.status = condition_check(&client->head, &version);
	if (reply.status == 0) {
		reply.status = 200;
		choose_bytes(client, &version, &reply);
	}
	if (reply.status >= 400 || reply.status == 304) {
		begin_status(client, &reply);
		return;
	}
	has_content = !client->is_head && reply.len > 0;
	client->out_len = reply_head(&reply, client->out, CLIENT_OUT);
	client->at = reply.first;
	client->left = has_content ? reply.len : 0;
	if (has_content && client->file->is_streamed && !begin_stream(client, &reply)) {
		answer_status(client, 503);
		return;
	}
	begin(client, reply.status);
}

/* A folder asked for without its slash: relative links of its page need it (RFC 9110 §15.4.2). */
static void
answer_redirect(struct client *client)
{
	struct reply reply = new_reply(client, 301);
	char path[URIPATH_MAX];
	char location[3 * URIPATH_MAX + 512];
	const char *query;
	size_t len;

	if (uripath_parse(head_target(&client->head), path, &query) != 0) {
		answer_status(client, 400);
		return;
	}
	len = uripath_encode(path, location, sizeof(location));
	if (len + strlen(query) + 2 > sizeof(location)) {
		answer_status(client, 414);
		return;
	}
	(void)snprintf(location + len, sizeof(location) - len, "/%s", query);
	reply.location = location;
	begin_status(client, &reply);
}

static unsigned int
status_of(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
	case -ENAMETOOLONG:
	case -EISDIR: /* a folder called index.html */
		return 404;
	case -EACCES:
	case -EPERM:
	case -EXDEV:
	case -ELOOP:
	case -ENXIO:
		return 403;
	case -EBUSY:
	case -EAGAIN:
	case -ENFILE:
	case -EMFILE:
	case -ENOMEM:
		return 503;
	default:
		return 500;
	}
}

static void
on_file(struct file_want *want)
{
	struct client *client =
		(struct client *)(void *)((char *)want - offsetof(struct client, want));
	const char *target = head_target(&client->head);

	client->file = want->file;
	if (client->file != NULL)
		answer_file(client);
	else if (want->error == -EISDIR && target[strcspn(target, "?") - 1] != '/')
		answer_redirect(client);
	else
		answer_status(client, status_of(want->error));
}

static void
on_file_later(struct file_want *want)
{
	struct client *client =
		(struct client *)(void *)((char *)want - offsetof(struct client, want));

	on_file(want);
	talk_step(client);
}

static void
answer_path(struct client *client)
{
	struct server *server = client->server;
	char path[URIPATH_MAX];
	const char *query;
	unsigned int status = uripath_parse(head_target(&client->head), path, &query);
	int ret;

	if (status != 0) {
		answer_status(client, status);
		return;
	}
	client->want = (struct file_want){ .ready = on_file_later };
	ret = files_get(&server->files, path, &client->want);
	if (ret < 0) {
		answer_status(client, status_of(ret));
	} else if (ret > 0) {
		server_add(&server->stats.hits, 1);
		on_file(&client->want);
	} else {
		server_add(&server->stats.misses, 1);
		client->state = CLIENT_WAITING;
		client_arm(client, SERVER_TIMER_WRITE);
	}
}

/* ------------------------------------------------------------------------------------------------ methods */

/* RFC 9110 §9.1: what is known and not done here is 405, what is not known 501. */
static unsigned int
check_method(const struct client *client)
{
	switch (client->head.parser.method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return 0;
	case HTTP_OPTIONS:
		return 204;
	case HTTP_POST:
	case HTTP_PUT:
	case HTTP_DELETE:
	case HTTP_CONNECT:
	case HTTP_TRACE:
	case HTTP_PATCH:
		return 405;
	default:
		return 501;
	}
}

void
answer_request(struct client *client)
{
	const struct head *head = &client->head;
	const char *expect = head_field(head, "Expect", NULL);
	unsigned int status = head->status;

	client->is_head = head->fields != 0 && head->parser.method == HTTP_HEAD;
	client->is_closing = client->is_closing || client->server->is_draining ||
	                     head->state != HEAD_DONE || !head_keeps_alive(head);
	if (status == 0)
		status = check_method(client);
	if (status == 0 && expect != NULL && strcasecmp(expect, "100-continue") != 0)
		status = 417;
	if (status != 0)
		answer_status(client, status);
	else
		answer_path(client);
}
