/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sockets on connections: implements <pollen/socket.h> but for the options. Decides what POSIX and
 * Linux ask of a socket and RFC 9293's calls do not have: numbers, binding before there is a
 * connection, and how connect tells its outcome. Everything about the connection itself is asked of
 * <pollen/tcp.h>.
 */
#include "stack/sock.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "stack/sock_dgram.h"
#include "stack/stack.h"

#define SOCKS_MAX (1U << 24)

int
pln_sock_table_create(struct pln_stack *stack, unsigned int max, struct pln_socks **out)
{
	struct pln_socks *socks;

	if (max == 0 || max > SOCKS_MAX)
		return -EINVAL;
	socks = calloc(1, sizeof(*socks) + max * sizeof(socks->sock[0]));
	if (socks == NULL)
		return -ENOMEM;
	socks->stack = stack;
	socks->max = max;
	*out = socks;
	return 0;
}

void
pln_sock_table_destroy(struct pln_socks *socks)
{
	unsigned int s;

	if (socks == NULL)
		return;
	for (s = 0; s < socks->max; s++)
		pln_sock_close(socks, (int)s);
	free(socks);
}

/* The lowest number not in use, or -EMFILE. */
static int
take_number(struct pln_socks *socks)
{
	unsigned int s;

	for (s = 0; s < socks->max; s++) {
		if (socks->sock[s].state != PLN_SOCK_FREE)
			continue;
		memset(&socks->sock[s], 0, sizeof(socks->sock[s]));
		socks->sock[s].state = PLN_SOCK_NEW;
		return (int)s;
	}
	return -EMFILE;
}

/* A UDP socket exists from the beginning: it can send without a word before. */
static int
take_dgram(struct pln_socks *socks)
{
	int s = take_number(socks);
	struct pln_sock *sock;
	int ret;

	if (s < 0)
		return s;
	sock = &socks->sock[s];
	ret = pln_udp_open(socks->stack, sock, &sock->conn);
	sock->dgram = true;
	if (ret == 0)
		return s;
	sock->state = PLN_SOCK_FREE;
	return -ENOBUFS;
}

int
pln_sock_socket(struct pln_socks *socks, int domain, int type, int protocol)
{
	bool dgram;

	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	dgram = type == SOCK_DGRAM;
	if (domain != AF_INET)
		return -EAFNOSUPPORT;
	if (type != SOCK_STREAM && !dgram)
		return -ESOCKTNOSUPPORT;
	if (protocol != 0 && protocol != (dgram ? IPPROTO_UDP : IPPROTO_TCP))
		return -EPROTONOSUPPORT;
	return dgram ? take_dgram(socks) : take_number(socks);
}

static bool
same_place(const struct pln_endpoint *a, const struct pln_endpoint *b)
{
	if (a->port != b->port)
		return false;
	return a->addr.family == PLN_FAMILY_NONE || b->addr.family == PLN_FAMILY_NONE ||
	       memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

/* Is the place taken by another socket? SO_REUSEADDR on both lets them share what nobody listens on. */
static bool
is_taken(const struct pln_socks *socks, const struct pln_sock *sock,
         const struct pln_endpoint *local)
{
	const struct pln_sock *other = socks->sock;
	bool shared;

	for (; other < socks->sock + socks->max; other++) {
		if (other == sock || other->state == PLN_SOCK_FREE || !other->bound || other->dgram)
			continue;
		shared = sock->opt[PLN_TCP_OPT_REUSEADDR] != 0 &&
		         other->opt[PLN_TCP_OPT_REUSEADDR] != 0 &&
		         other->state != PLN_SOCK_LISTENING;
		if (!shared && same_place(&other->local, local))
			return true;
	}
	return false;
}

/* Port 0: one that RFC 6056 chooses, and no other socket has. */
static int
choose_port(struct pln_socks *socks, const struct pln_sock *sock, struct pln_endpoint *local)
{
	const struct pln_flow_key key = { 0 };
	struct pln_sport_iter iter;

	pln_sport_begin(&iter, &socks->stack->tcp.sport, &key);
	while (pln_sport_next(&iter, &local->port)) {
		if (is_taken(socks, sock, local))
			continue;
		pln_sport_taken(&iter);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

int
pln_sock_bind(struct pln_socks *socks, int s, const struct pln_endpoint *local)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	struct pln_endpoint place = *local;
	struct pln_be32 addr;
	int ret;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_bind(socks, sock, local);
	if (sock->state != PLN_SOCK_NEW || sock->bound)
		return -EINVAL;
	if (place.addr.family != PLN_FAMILY_NONE) {
		ret = pln_stack_take_ip4(&place.addr, &addr);
		if (ret != 0)
			return ret;
		if (addr.raw == 0) /* INADDR_ANY */
			memset(&place.addr, 0, sizeof(place.addr));
		else if (!pln_ip_is_ours(&socks->stack->ip, addr))
			return -EADDRNOTAVAIL;
	}
	if (place.port == 0) {
		ret = choose_port(socks, sock, &place);
		if (ret != 0)
			return ret;
	} else if (is_taken(socks, sock, &place)) {
		return -EADDRINUSE;
	}
	sock->local = place;
	sock->bound = true;
	return 0;
}

/* A connection or listener was made: options go to it, or it goes again. */
static int
adopt(struct pln_socks *socks, struct pln_sock *sock, uint64_t conn, enum pln_sock_state state)
{
	int ret;

	sock->conn = conn;
	ret = pln_sock_apply_opts(socks, sock);
	if (ret != 0) {
		pln_tcp_abort(socks->stack, conn);
		sock->conn = 0;
		return ret;
	}
	sock->state = state;
	return 0;
}

int
pln_sock_listen(struct pln_socks *socks, int s, int backlog)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	struct pln_tcp_listen_args args = { .size = sizeof(args), .cookie = sock };
	uint64_t conn;
	int ret;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return -EOPNOTSUPP;
	if (sock->state == PLN_SOCK_LISTENING)
		return 0;
	if (sock->state != PLN_SOCK_NEW)
		return -EINVAL;
	if (sock->bound)
		args.local = sock->local;
	args.backlog = backlog > 0 ? (uint32_t)backlog : 1;
	ret = pln_tcp_listen(socks->stack, &args, &conn);
	return ret != 0 ? ret : adopt(socks, sock, conn, PLN_SOCK_LISTENING);
}

int
pln_sock_accept(struct pln_socks *socks, int s, struct pln_endpoint *peer)
{
	struct pln_sock *listener = pln_sock_find(socks, s);
	struct pln_tcp_info info = { .size = sizeof(info) };
	int number, ret;

	if (listener == NULL)
		return -EBADF;
	if (listener->dgram)
		return -EOPNOTSUPP;
	if (listener->state != PLN_SOCK_LISTENING)
		return -EINVAL;
	number = take_number(socks);
	if (number < 0)
		return number;
	ret = pln_tcp_accept(socks->stack, listener->conn, &socks->sock[number],
	                     &socks->sock[number].conn);
	if (ret != 0) {
		socks->sock[number].state = PLN_SOCK_FREE;
		return ret;
	}
	socks->sock[number].state = PLN_SOCK_CONNECTED;
	if (peer != NULL && pln_tcp_info(socks->stack, socks->sock[number].conn, &info) == 0)
		*peer = info.remote;
	return number;
}

static int
connect_first(struct pln_socks *socks, struct pln_sock *sock, const struct pln_endpoint *remote)
{
	struct pln_tcp_open_args args = {
		.size = sizeof(args),
		.remote = *remote,
		.cookie = sock,
	};
	uint64_t conn;
	int ret;

	if (sock->bound)
		args.local = sock->local;
	ret = pln_tcp_open(socks->stack, &args, &conn);
	if (ret == 0)
		ret = adopt(socks, sock, conn, PLN_SOCK_CONNECTING);
	return ret != 0 ? ret : -EINPROGRESS;
}

/* connect was called again: how did it end? */
static int
connect_outcome(struct pln_socks *socks, struct pln_sock *sock)
{
	struct pln_tcp_info info = { .size = sizeof(info) };
	int ret = pln_tcp_info(socks->stack, sock->conn, &info);

	if (ret != 0)
		return ret;
	if (info.state == PLN_TCP_SYN_SENT || info.state == PLN_TCP_SYN_RECEIVED)
		return -EALREADY;
	if (info.state != PLN_TCP_CLOSED) {
		sock->state = PLN_SOCK_CONNECTED;
		return 0;
	}
	ret = pln_tcp_error_take(socks->stack, sock->conn);
	pln_tcp_close(socks->stack, sock->conn);
	sock->conn = 0;
	sock->state = PLN_SOCK_NEW;
	return ret != 0 ? ret : -ECONNABORTED; /* SO_ERROR has told it already */
}

int
pln_sock_connect(struct pln_socks *socks, int s, const struct pln_endpoint *remote)
{
	struct pln_sock *sock = pln_sock_find(socks, s);

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_connect(socks, sock, remote);
	switch (sock->state) {
	case PLN_SOCK_NEW:
		return connect_first(socks, sock, remote);
	case PLN_SOCK_CONNECTING:
		return connect_outcome(socks, sock);
	case PLN_SOCK_FREE:
	case PLN_SOCK_LISTENING:
	case PLN_SOCK_CONNECTED:
		break;
	}
	return -EISCONN;
}

static bool
has_connection(const struct pln_sock *sock)
{
	return sock->state == PLN_SOCK_CONNECTING || sock->state == PLN_SOCK_CONNECTED;
}

ssize_t
pln_sock_sendto(struct pln_socks *socks, int s, const struct pln_sock_msg *msg)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	int flags = msg->flags, how = (flags & MSG_MORE) != 0 ? PLN_TCP_MORE : 0, ret;

	how |= (flags & MSG_OOB) != 0 ? PLN_TCP_URGENT : 0;
	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_send(socks, sock, msg);
	if ((flags & ~(MSG_MORE | MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_FASTOPEN)) != 0)
		return -EOPNOTSUPP;
	if ((flags & MSG_FASTOPEN) != 0 && sock->state == PLN_SOCK_NEW) {
		sock->opt[PLN_TCP_OPT_FASTOPEN_CONNECT] = 1;
		sock->given |= 1U << PLN_TCP_OPT_FASTOPEN_CONNECT;
		ret = connect_first(socks, sock, &msg->addr);
		if (ret != -EINPROGRESS)
			return ret;
	}
	if (!has_connection(sock))
		return -ENOTCONN;
	return pln_tcp_send(socks->stack, sock->conn, msg->buf, msg->len, how);
}

ssize_t
pln_sock_send(struct pln_socks *socks, int s, const void *buf, size_t len, int flags)
{
	/* The record serves both directions; of what is sent it is only read. */
	const struct pln_sock_msg msg = { .buf = (void *)buf, .len = len, .flags = flags };

	return pln_sock_sendto(socks, s, &msg);
}

ssize_t
pln_sock_recvfrom(struct pln_socks *socks, int s, struct pln_sock_msg *msg)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	int flags = msg->flags, peek = (flags & MSG_PEEK) != 0 ? PLN_TCP_PEEK : 0;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_recv(socks, sock, msg);
	if ((flags & MSG_OOB) != 0)
		return -EINVAL; /* as Linux with SO_OOBINLINE: there is nothing out of line */
	if ((flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL)) != 0)
		return -EOPNOTSUPP;
	if (!has_connection(sock))
		return -ENOTCONN;
	msg->flags = 0;
	return pln_tcp_receive(socks->stack, sock->conn, msg->buf, msg->len, peek);
}

ssize_t
pln_sock_recv(struct pln_socks *socks, int s, void *buf, size_t len, int flags)
{
	struct pln_sock_msg msg = { .buf = buf, .len = len, .flags = flags };

	return pln_sock_recvfrom(socks, s, &msg);
}

int
pln_sock_shutdown(struct pln_socks *socks, int s, int how)
{
	static_assert((int)SHUT_RD == (int)PLN_TCP_SHUT_RD &&
	                      (int)SHUT_WR == (int)PLN_TCP_SHUT_WR &&
	                      (int)SHUT_RDWR == (int)PLN_TCP_SHUT_RDWR,
	              "the same numbers");
	struct pln_sock *sock = pln_sock_find(socks, s);

	if (sock == NULL)
		return -EBADF;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (sock->dgram)
		return pln_sock_dgram_shutdown(socks, sock, how);
	if (!has_connection(sock))
		return -ENOTCONN;
	return pln_tcp_shutdown(socks->stack, sock->conn, (enum pln_tcp_how)how);
}

int
pln_sock_close(struct pln_socks *socks, int s)
{
	struct pln_sock *sock = pln_sock_find(socks, s);

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		pln_udp_close(socks->stack, sock->conn);
	else if (sock->conn != 0)
		pln_tcp_close(socks->stack, sock->conn);
	sock->state = PLN_SOCK_FREE;
	return 0;
}

int
pln_sock_readiness(struct pln_socks *socks, int s)
{
	static const struct {
		int ready, poll;
	} bits[] = {
		{ PLN_TCP_READY_IN, POLLIN },       { PLN_TCP_READY_OUT, POLLOUT },
		{ PLN_TCP_READY_ERR, POLLERR },     { PLN_TCP_READY_HUP, POLLHUP },
		{ PLN_TCP_READY_RDHUP, POLLRDHUP }, { PLN_TCP_READY_PRI, POLLPRI },
	};
	struct pln_sock *sock = pln_sock_find(socks, s);
	int ready, mask = 0;
	size_t i;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_readiness(socks, sock);
	if (sock->conn == 0)
		return POLLOUT | POLLHUP; /* as Linux: neither call would wait */
	ready = pln_tcp_readiness(socks->stack, sock->conn);
	if (ready < 0)
		return ready;
	for (i = 0; i < PLN_ARRAY_LEN(bits); i++)
		mask |= (ready & bits[i].ready) != 0 ? bits[i].poll : 0;
	return mask;
}

int
pln_sock_sockname(struct pln_socks *socks, int s, struct pln_endpoint *local)
{
	struct pln_tcp_info info = { .size = sizeof(info) };
	struct pln_sock *sock = pln_sock_find(socks, s);
	struct pln_endpoint remote;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_name(socks, sock, local, &remote);
	if (sock->conn != 0 && pln_tcp_info(socks->stack, sock->conn, &info) == 0)
		*local = info.local;
	else
		*local = sock->local;
	return 0;
}

int
pln_sock_peername(struct pln_socks *socks, int s, struct pln_endpoint *remote)
{
	struct pln_tcp_info info = { .size = sizeof(info) };
	struct pln_sock *sock = pln_sock_find(socks, s);
	struct pln_endpoint local;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram) {
		(void)pln_sock_dgram_name(socks, sock, &local, remote);
		return remote->addr.family == PLN_FAMILY_NONE ? -ENOTCONN : 0;
	}
	if (!has_connection(sock) || pln_tcp_info(socks->stack, sock->conn, &info) != 0 ||
	    info.state < PLN_TCP_ESTABLISHED) /* closed, or not open yet */
		return -ENOTCONN;
	*remote = info.remote;
	return 0;
}
