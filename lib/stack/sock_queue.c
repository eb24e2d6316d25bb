/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What waits in a socket, and what happened to it: FIONREAD and SIOCOUTQ, and the stack's events by socket
 * number. Which events there are <pollen/stack.h> says; whose they are the cookie does.
 */
#include "stack/sock_dgram.h"

/* The connection's snapshot for the two queue lengths; 1: there is none, nothing is queued. */
static int
queue_info(struct pln_socks *socks, int s, struct pln_tcp_info *info)
{
	struct pln_sock *sock = pln_sock_find(socks, s);

	if (sock == NULL)
		return -EBADF;
	if (sock->state == PLN_SOCK_LISTENING)
		return -EINVAL;
	if (sock->conn == 0 || sock->dgram) /* datagrams leave at once */
		return 1;
	info->size = sizeof(*info);
	return pln_tcp_info(socks->stack, sock->conn, info);
}

ssize_t
pln_sock_inq(struct pln_socks *socks, int s)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	struct pln_tcp_info info = { 0 };
	int ret;

	if (sock != NULL && sock->dgram)
		return pln_sock_dgram_inq(socks, sock);
	ret = queue_info(socks, s, &info);
	return ret < 0 ? ret : (ssize_t)info.inq_bytes;
}

ssize_t
pln_sock_outq(struct pln_socks *socks, int s)
{
	struct pln_tcp_info info = { 0 };
	int ret = queue_info(socks, s, &info);

	if (ret < 0)
		return ret;
	return (ssize_t)(uint32_t)(info.snd_nxt - info.snd_una) + (ssize_t)info.notsent_bytes;
}

int
pln_sock_of(const struct pln_socks *socks, const struct pln_event *event)
{
	/* The cookie is the socket, unless the connection is somebody else's: then it may be anything. */
	uintptr_t offset = (uintptr_t)event->cookie - (uintptr_t)socks->sock;
	size_t s = offset / sizeof(socks->sock[0]);

	if (s >= socks->max || event->cookie != &socks->sock[s])
		return -ENOENT;
	if (socks->sock[s].state == PLN_SOCK_FREE || socks->sock[s].conn != event->conn)
		return -ENOENT;
	return (int)s;
}

unsigned int
pln_sock_events(struct pln_socks *socks, struct pln_sock_event *events, unsigned int max)
{
	struct pln_event event;
	unsigned int count = 0;

	while (count < max && pln_stack_events(socks->stack, &event, 1) == 1) {
		events[count].s = pln_sock_of(socks, &event);
		events[count].bits = event.bits;
		events[count].error = event.error;
		if (events[count].s >= 0)
			count++;
	}
	return count;
}
