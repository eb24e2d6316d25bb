/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records come from a pool. Time limits are lists, one a kind: who is armed last is due last, so arming and ending cost the
 * same for one client and for a hundred thousand. A response that was cut off is logged as far as it got.
 */
#include "serve/client.h"

#include <errno.h>
#include <string.h>

#include <pollen/tcp.h>

#include "serve/journal.h"

#define VIEWS 16

/* What all clients together may have in TCP's hands, about, and one at least. */
#define SEND_ALL (INT64_C(8) << 20)
#define SEND_ONE (INT64_C(64) << 10)

void
client_disarm(struct client *client)
{
	struct server_timers *list = &client->server->timers[client->timer];

	if (!client->is_armed)
		return;
	*(client->earlier != NULL ? &client->earlier->later : &list->first) = client->later;
	*(client->later != NULL ? &client->later->earlier : &list->last) = client->earlier;
	client->is_armed = false;
}

void
client_arm(struct client *client, enum server_timer timer)
{
	struct server *server = client->server;
	struct server_timers *list = &server->timers[timer];

	client_disarm(client);
	client->timer = timer;
	client->deadline = server->now + server->config.timer_ns[timer];
	client->earlier = list->last;
	client->later = NULL;
	*(list->last != NULL ? &list->last->later : &list->first) = client;
	list->last = client;
	client->is_armed = true;
}

void
client_again(struct client *client)
{
	if (client->is_again)
		return;
	client->is_again = true;
	client->next_again = client->server->again;
	client->server->again = client;
}

static void
forget_again(struct client *client)
{
	struct client **at = &client->server->again;

	if (!client->is_again)
		return;
	while (*at != client)
		at = &(*at)->next_again;
	*at = client->next_again;
	client->is_again = false;
}

void
client_log(struct client *client)
{
	if (client->status != 0)
		journal_note(client);
	client->status = 0;
}

void
client_release(struct client *client)
{
	struct server *server = client->server;

	files_cancel(&client->want);
	if (client->stream != NULL)
		server->streams--;
	stream_end(client->stream);
	if (client->file != NULL)
		files_put(client->file);
	client->stream = NULL;
	client->file = NULL;
	client->left = 0;
}

void
client_end(struct client *client, bool reset)
{
	struct server *server = client->server;

	client_log(client);
	client_release(client);
	client_disarm(client);
	forget_again(client);
	if (reset)
		(void)pln_tcp_abort(client->owner.stack, client->owner.handle);
	else
		(void)pln_tcp_close(client->owner.stack, client->owner.handle);
	client->owner.handle = 0;
	client->next_free = server->free;
	server->free = client;
	server_add(&server->stats.clients, UINT64_MAX);
}

/* No record is free: the connection is refused with a reset, all that is left to say. */
static void
turn_away(struct server *server, const struct server_owner *listener)
{
	uint64_t conn;

	if (pln_tcp_accept(listener->stack, listener->handle, NULL, &conn) < 0)
		return;
	(void)pln_tcp_abort(listener->stack, conn);
	server_add(&server->stats.refused, 1);
}

/*
 * Each reference that TCP holds takes one of the stack's buffers. The more clients there are, the less may wait for each, so
 * that a crowd that does not read leaves buffers to hear the others with.
 */
static void
bound_sending(const struct server *server, struct pln_stack *stack, uint64_t conn)
{
	int64_t share = SEND_ALL / (int64_t)server->stats.clients;
	int64_t now;

	if (share < SEND_ONE)
		share = SEND_ONE;
	if (pln_tcp_opt_get(stack, conn, PLN_TCP_OPT_SNDBUF, &now) == 0 && now > share)
		(void)pln_tcp_opt_set(stack, conn, PLN_TCP_OPT_SNDBUF, share);
}

/* The record as it is for a new connection; its memory stays. */
static void
begin(struct client *client, const struct server_owner *listener)
{
	struct server *server = client->server;
	struct pln_tcp_info info = { .size = sizeof(info) };
	struct client fresh = { .server = server, .out = client->out, .head = client->head };

	fresh.owner = (struct server_owner){ .stack = listener->stack,
		                             .service = listener->service,
		                             .handle = client->owner.handle };
	fresh.state = listener->service == SERVER_HTTP ? CLIENT_READING : CLIENT_SERVICE;
	if (pln_tcp_info(listener->stack, fresh.owner.handle, &info) == 0)
		fresh.peer = info.remote.addr;
	*client = fresh;
	head_begin(&client->head);
	client_arm(client, client->state == CLIENT_SERVICE ? SERVER_TIMER_IDLE : SERVER_TIMER_HEAD);
}

struct client *
client_accept(struct server *server, const struct server_owner *listener)
{
	struct client *client = server->free;

	if (client == NULL) {
		turn_away(server, listener);
		return NULL;
	}
	if (pln_tcp_accept(listener->stack, listener->handle, client, &client->owner.handle) < 0)
		return NULL;
	server->free = client->next_free;
	server_add(&server->stats.accepted, 1);
	server_add(&server->stats.clients, 1);
	bound_sending(server, listener->stack, client->owner.handle);
	begin(client, listener);
	/* Its first bytes may be here already. */
	client_again(client);
	return client;
}

bool
client_discard(struct client *client)
{
	struct pln_stack *stack = client->owner.stack;
	struct pln_tcp_view views[VIEWS];
	int n;

	while ((n = pln_tcp_receive_views(stack, client->owner.handle, 0, views, VIEWS)) > 0) {
		size_t len = 0;

		for (int i = 0; i < n; i++)
			len += views[i].len;
		(void)pln_tcp_consume(stack, client->owner.handle, len);
	}
	return n == -EAGAIN;
}

enum client_rest
client_rest(struct client *client)
{
	struct pln_tcp_info info = { .size = sizeof(info) };
	uint64_t before = client->acked;

	if (pln_tcp_info(client->owner.stack, client->owner.handle, &info) < 0)
		return CLIENT_STUCK;
	client->acked = info.bytes_acked;
	if (info.unacked == 0 && info.notsent_bytes == 0)
		return CLIENT_TAKEN;
	return info.bytes_acked >= before + SLAB_CHUNK ? CLIENT_MOVING : CLIENT_STUCK;
}
