/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doors and order: what happened on the stack, what the reader brought, who wanted another look, whose time is up. Records
 * for a few clients more than are wanted are there to say 503 to those that are too many.
 */
#include "serve/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <pollen/tcp.h>
#include <pollen/udp.h>

#include "common/fault.h"
#include "serve/answer.h"
#include "serve/client.h"
#include "serve/services.h"
#include "serve/talk.h"

#define SPARE   32 /* clients over the limit, to be told so */
#define BACKLOG 1024
#define WALL_NS (50 * PLN_NS_PER_MS)

/* ------------------------------------------------------------------------------------------------ making one */

static int
make_clients(struct server *server)
{
	const struct server_config *config = &server->config;
	size_t count = config->max_clients + SPARE;
	size_t room = CLIENT_OUT + (head_room(&config->head) + 63) / 64 * 64;
	void *memory = mmap(NULL, count * room, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	server->clients = calloc(count, sizeof(*server->clients));
	if (memory == MAP_FAILED || server->clients == NULL)
		return -ENOMEM;
	server->memory = memory;
	server->memory_bytes = count * room;
	for (size_t i = count; i-- > 0;) {
		struct client *client = &server->clients[i];

		client->server = server;
		client->out = (char *)server->memory + i * room;
		head_init(&client->head, &server->config.head, client->out + CLIENT_OUT);
		client->next_free = server->free;
		server->free = client;
	}
	return 0;
}

static int
listen_tcp(struct server *server, struct server_owner *listener)
{
	enum server_service service = listener->service;
	struct pln_tcp_listen_args args = { .size = sizeof(args),
		                            .local = { .port = server->config.port[service] },
		                            .backlog = BACKLOG,
		                            .cookie = listener };
	int ret = pln_tcp_listen(listener->stack, &args, &listener->handle);

	listener->is_listener = true;
	if (ret < 0)
		return ret;
	(void)pln_tcp_opt_set(listener->stack, listener->handle, PLN_TCP_OPT_NODELAY, 1);
	(void)pln_tcp_opt_set(listener->stack, listener->handle, PLN_TCP_OPT_FASTOPEN,
	                      server->config.fastopen);
	/* Heads and bodies are consumed as they come; what waits are requests behind the one that is answered. */
	if (service == SERVER_HTTP)
		(void)pln_tcp_opt_set(listener->stack, listener->handle, PLN_TCP_OPT_RCVBUF,
		                      SERVER_RCVBUF);
	/* Who has vanished keeps the chunks that are on their way to him no longer than who is slow. */
	(void)pln_tcp_opt_set(
		listener->stack, listener->handle, PLN_TCP_OPT_USER_TIMEOUT,
		(int64_t)(server->config.timer_ns[SERVER_TIMER_WRITE] / PLN_NS_PER_MS));
	return 0;
}

static int
bind_udp(struct server *server, struct server_owner *socket)
{
	struct pln_endpoint local = { .port = server->config.port[socket->service] };
	int ret = pln_udp_open(socket->stack, socket, &socket->handle);

	socket->is_udp = true;
	if (ret < 0)
		return ret;
	return pln_udp_bind(socket->stack, socket->handle, &local);
}

static int
open_door(struct server *server, struct server_door *door, struct pln_stack *stack,
          struct pln_error *error)
{
	static const char *const options[] = { "--port", "--echo", "--discard", "--chargen" };

	for (int i = 0; i < SERVER_SERVICES; i++) {
		enum server_service service = (enum server_service)i;
		uint16_t port = server->config.port[i];
		int ret;

		door->listeners[i] = (struct server_owner){ .stack = stack, .service = service };
		door->sockets[i] = door->listeners[i];
		ret = port != 0 ? listen_tcp(server, &door->listeners[i]) : 0;
		if (ret == 0 && port != 0 && service != SERVER_HTTP)
			ret = bind_udp(server, &door->sockets[i]);
		if (ret < 0)
			return fault_set(error, ret, "%s %u: %s.", options[i], port,
			                 strerror(-ret));
	}
	return 0;
}

static int
make_files(struct server *server)
{
	const struct server_config *config = &server->config;
	const struct files_config files = {
		.root = config->root,
		.cache = config->cache,
		.cache_bytes = config->cache_bytes,
		.max_clients = config->max_clients + SPARE,
		.fresh_ns = config->fresh_ns,
		.threaded = config->threaded,
		.cpus = config->cpus,
	};
	int ret = config->port[SERVER_HTTP] != 0 ? files_init(&server->files, &files) : 0;

	server->has_files = config->port[SERVER_HTTP] != 0 && ret == 0;
	return ret;
}

static int
open_doors(struct server *server, struct pln_stack *const *stacks, struct pln_error *error)
{
	int ret = 0;

	for (unsigned int i = 0; i < server->door_count && ret == 0; i++)
		ret = open_door(server, &server->doors[i], stacks[i], error);
	return ret;
}

int
server_create(struct pln_stack *const *stacks, unsigned int count,
              const struct server_config *config, struct server **out, struct pln_error *error)
{
	struct server *server = calloc(1, sizeof(*server));
	int ret;

	if (server == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	server->config = *config;
	server->doors = calloc(count, sizeof(*server->doors));
	server->door_count = server->doors != NULL ? count : 0;
	ret = server->doors != NULL ? make_clients(server) : -ENOMEM;
	if (ret == 0)
		ret = make_files(server);
	if (ret < 0)
		(void)fault_set(error, ret, "the server's memory could not be had: %s.",
		                strerror(-ret));
	else
		ret = open_doors(server, stacks, error);
	if (ret < 0) {
		server_destroy(server);
		return ret;
	}
	*out = server;
	return 0;
}

/* ------------------------------------------------------------------------------------------------ a turn */

static void
read_wall(struct server *server)
{
	struct timespec t;

	if (server->wall_read_ns != 0 && server->now - server->wall_read_ns < WALL_NS)
		return;
	server->wall_read_ns = server->now;
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &t);
	if (t.tv_sec != server->wall_s || server->date[0] == '\0')
		(void)httpdate_format(t.tv_sec, server->date);
	server->wall_s = t.tv_sec;
}

/* Who is one too many is told so and sent away. */
static void
accept_all(struct server *server, const struct server_owner *listener)
{
	struct client *client;

	while ((client = client_accept(server, listener)) != NULL) {
		if (server->stats.clients <= server->config.max_clients ||
		    client->state == CLIENT_SERVICE)
			continue;
		server_add(&server->stats.refused, 1);
		client->is_closing = true;
		answer_status(client, 503);
	}
}

static void
step(struct client *client)
{
	if (client->state == CLIENT_SERVICE)
		services_step(client);
	else
		talk_step(client);
}

static void
act(struct server *server, const struct pln_stack *stack, const struct pln_event *event)
{
	struct server_owner *owner = event->cookie;

	/* What is said of a handle that was given back means nobody. Each stack has handles of its own. */
	if (owner == NULL || owner->handle != event->conn || owner->stack != stack)
		return;
	if (owner->is_listener)
		accept_all(server, owner);
	else if (owner->is_udp)
		services_datagrams(owner);
	else if ((event->bits & PLN_EV_CLOSED) != 0)
		client_end((struct client *)owner, false);
	else
		step((struct client *)owner);
}

static void
look_again(struct server *server)
{
	struct client *client = server->again;

	server->again = NULL;
	while (client != NULL) {
		struct client *next = client->next_again;

		client->is_again = false;
		step(client);
		client = next;
	}
}

static void
run_timers(struct server *server)
{
	for (int i = 0; i < SERVER_TIMERS; i++) {
		struct client *client;

		while ((client = server->timers[i].first) != NULL &&
		       client->deadline <= server->now) {
			server->is_busy = true;
			if (client->state == CLIENT_SERVICE)
				client_end(client, true);
			else
				talk_late(client);
		}
	}
}

void
server_begin(struct server *server, uint64_t now)
{
	server->is_busy = false;
	server->now = now;
	server->files.now = now;
	read_wall(server);
}

void
server_act(struct server *server, const struct pln_stack *stack, const struct pln_event *events,
           unsigned int count)
{
	if (count > 0)
		server->is_busy = true;
	for (unsigned int i = 0; i < count; i++)
		act(server, stack, &events[i]);
}

bool
server_turn(struct server *server)
{
	if (server->has_files && reader_collect(server->files.reader) > 0)
		server->is_busy = true;
	look_again(server);
	run_timers(server);
	return server->is_busy;
}

/* ------------------------------------------------------------------------------------------------ the end */

static void
close_door(struct server *server, struct server_door *door)
{
	for (int i = 0; i < SERVER_SERVICES; i++) {
		struct server_owner *listener = &door->listeners[i];
		struct server_owner *socket = &door->sockets[i];

		if (listener->handle != 0) {
			accept_all(server, listener);
			(void)pln_tcp_close(listener->stack, listener->handle);
		}
		if (socket->handle != 0)
			(void)pln_udp_close(socket->stack, socket->handle);
		listener->handle = 0;
		socket->handle = 0;
	}
}

void
server_drain(struct server *server)
{
	for (unsigned int i = 0; i < server->door_count; i++)
		close_door(server, &server->doors[i]);
	server->is_draining = true;
	for (size_t i = 0; i < server->config.max_clients + SPARE; i++) {
		struct client *client = &server->clients[i];

		if (client->owner.handle == 0)
			continue;
		if (client->state == CLIENT_SERVICE)
			client_end(client, false);
		else
			talk_drain(client);
	}
}

uint64_t
server_clients(const struct server *server)
{
	return server_count(&server->stats.clients);
}

void
server_reset(struct server *server)
{
	for (size_t i = 0; i < server->config.max_clients + SPARE; i++)
		if (server->clients[i].owner.handle != 0)
			client_end(&server->clients[i], true);
}

void
server_destroy(struct server *server)
{
	if (server == NULL)
		return;
	if (server->has_files)
		files_free(&server->files);
	if (server->memory != NULL)
		(void)munmap(server->memory, server->memory_bytes);
	free(server->clients);
	free(server->doors);
	free(server);
}
