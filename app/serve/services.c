/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader that is slow closes its own window: echo consumes what it has sent back, no more. Datagrams from ports below 1024
 * and to broadcast addresses get no answer, so that two such services never keep each other talking.
 */
#include "serve/services.h"

#include <errno.h>

#include <pollen/tcp.h>
#include <pollen/udp.h>

#define VIEWS        16
#define DATAGRAMS    64     /* in one turn */
#define LINE         74U    /* RFC 864: 72 characters, CR, LF */
#define LINES        14U    /* made at a time */
#define SPILL        65536U /* bytes of chargen in one turn */
#define PRINTABLE    95U
#define ANSWERED_MIN 1024

/* Send what was received back. @return false: the other end has closed and has all. */
static bool
echo(struct client *client)
{
	struct pln_stack *stack = client->owner.stack;
	uint64_t conn = client->owner.handle;
	struct pln_tcp_view views[VIEWS];
	int n;

	while ((n = pln_tcp_receive_views(stack, conn, 0, views, VIEWS)) > 0) {
		ssize_t sent = pln_tcp_send(stack, conn, views[0].data, views[0].len, 0);

		if (sent <= 0)
			return sent == -EAGAIN;
		(void)pln_tcp_consume(stack, conn, (size_t)sent);
		client_arm(client, SERVER_TIMER_IDLE);
	}
	return n == -EAGAIN;
}

static void
fill_lines(char *buf, unsigned int first)
{
	for (unsigned int i = 0; i < LINES; i++, buf += LINE) {
		for (unsigned int k = 0; k < LINE - 2; k++)
			buf[k] = (char)(' ' + (first + i + k) % PRINTABLE);
		buf[LINE - 2] = '\r';
		buf[LINE - 1] = '\n';
	}
}

/* What is received is thrown away (RFC 864). @return false: the other end is gone. */
static bool
chargen(struct client *client)
{
	char lines[LINE * LINES];
	uint64_t begin = client->spilled;

	if (!client_discard(client))
		return false;
	while (client->spilled - begin < SPILL) {
		size_t from = (size_t)(client->spilled % LINE);
		ssize_t n;

		fill_lines(lines, (unsigned int)(client->spilled / LINE % PRINTABLE));
		n = pln_tcp_send(client->owner.stack, client->owner.handle, lines + from,
		                 sizeof(lines) - from, 0);
		if (n < 0)
			return n == -EAGAIN;
		client->spilled += (uint64_t)n;
		client_arm(client, SERVER_TIMER_IDLE);
	}
	client_again(client);
	return true;
}

void
services_step(struct client *client)
{
	bool goes_on;

	if (client->owner.service == SERVER_ECHO)
		goes_on = echo(client);
	else if (client->owner.service == SERVER_CHARGEN)
		goes_on = chargen(client);
	else
		goes_on = client_discard(client);
	client->server->is_busy = true;
	if (!goes_on)
		client_end(client, false);
	else if (client->owner.service == SERVER_DISCARD)
		client_arm(client, SERVER_TIMER_IDLE);
}

static void
answer_datagram(const struct server_owner *socket, const struct pln_udp_in *in, size_t len)
{
	struct pln_udp_out out = {
		.size = sizeof(out), .data = in->buf, .len = len, .to = in->from
	};
	char lines[LINE * LINES];

	if (in->broadcast || in->from.port < ANSWERED_MIN || socket->service == SERVER_DISCARD)
		return;
	if (socket->service == SERVER_CHARGEN) {
		fill_lines(lines, 0);
		out.data = lines;
		out.len = LINE;
	}
	(void)pln_udp_send(socket->stack, socket->handle, &out);
}

void
services_datagrams(const struct server_owner *socket)
{
	char buf[PLN_UDP_PAYLOAD_MAX];

	for (unsigned int i = 0; i < DATAGRAMS; i++) {
		struct pln_udp_in in = { .size = sizeof(in), .buf = buf, .room = sizeof(buf) };
		ssize_t n = pln_udp_receive(socket->stack, socket->handle, &in);

		if (n == -EAGAIN)
			return;
		if (n >= 0)
			answer_datagram(socket, &in, (size_t)n);
	}
}
