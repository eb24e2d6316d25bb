/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sockets of type SOCK_DGRAM over <pollen/udp.h>, as Linux has them for a socket that does not block. Decides what the system's words
 * mean there: flags, readiness, shutdown, options and their ranges. Nothing is remembered but a direction that was shut down: the UDP
 * socket exists from socket(2) on.
 */
#include "stack/sock_dgram.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <pollen/udp.h>

#define SO_NO_CHECK_NAME 11 /* Linux' SO_NO_CHECK, which <sys/socket.h> has only by asm/socket.h */

int
pln_sock_dgram_bind(struct pln_socks *socks, struct pln_sock *sock,
                    const struct pln_endpoint *local)
{
	return pln_udp_bind(socks->stack, sock->conn, local);
}

int
pln_sock_dgram_connect(struct pln_socks *socks, struct pln_sock *sock,
                       const struct pln_endpoint *remote)
{
	return pln_udp_connect(socks->stack, sock->conn, remote);
}

ssize_t
pln_sock_dgram_send(struct pln_socks *socks, struct pln_sock *sock, const struct pln_sock_msg *msg)
{
	const struct pln_udp_out out = {
		.size = sizeof(out), .data = msg->buf, .len = msg->len, .to = msg->addr
	};

	if ((msg->flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) != 0)
		return -EOPNOTSUPP;
	if (sock->wr_shut)
		return -EPIPE;
	return pln_udp_send(socks->stack, sock->conn, &out);
}

ssize_t
pln_sock_dgram_recv(struct pln_socks *socks, struct pln_sock *sock, struct pln_sock_msg *msg)
{
	struct pln_udp_in in = { .size = sizeof(in), .buf = msg->buf, .room = msg->len };
	int asked = msg->flags;
	ssize_t n;

	if ((asked & ~(MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL)) != 0)
		return -EOPNOTSUPP;
	in.flags = (asked & MSG_PEEK) != 0 ? PLN_UDP_PEEK : 0;
	n = pln_udp_receive(socks->stack, sock->conn, &in);
	if (n == -EAGAIN && sock->rd_shut)
		return 0;
	if (n < 0)
		return n;
	msg->addr = in.from;
	msg->flags = in.len > in.room ? MSG_TRUNC : 0;
	return (asked & MSG_TRUNC) != 0 ? (ssize_t)in.len : n;
}

int
pln_sock_dgram_shutdown(struct pln_socks *socks, struct pln_sock *sock, int how)
{
	struct pln_endpoint local, remote;

	(void)pln_sock_dgram_name(socks, sock, &local, &remote);
	if (remote.addr.family == PLN_FAMILY_NONE)
		return -ENOTCONN;
	sock->rd_shut |= how != SHUT_WR;
	sock->wr_shut |= how != SHUT_RD;
	return 0;
}

int
pln_sock_dgram_readiness(struct pln_socks *socks, const struct pln_sock *sock)
{
	int ready = pln_udp_readiness(socks->stack, sock->conn), mask = POLLOUT;

	if (ready < 0)
		return ready;
	if ((ready & PLN_UDP_READY_IN) != 0 || sock->rd_shut)
		mask |= POLLIN;
	if ((ready & PLN_UDP_READY_ERR) != 0)
		mask |= POLLERR;
	if (sock->rd_shut)
		mask |= POLLRDHUP;
	if (sock->rd_shut && sock->wr_shut)
		mask |= POLLHUP;
	return mask;
}

int
pln_sock_dgram_name(struct pln_socks *socks, const struct pln_sock *sock,
                    struct pln_endpoint *local, struct pln_endpoint *remote)
{
	struct pln_udp_info info = { .size = sizeof(info) };
	int ret = pln_udp_info(socks->stack, sock->conn, &info);

	*local = info.local;
	*remote = info.remote;
	return ret;
}

/* FIONREAD: the payload of the oldest datagram, as Linux has it. */
ssize_t
pln_sock_dgram_inq(struct pln_socks *socks, const struct pln_sock *sock)
{
	struct pln_udp_in in = { .size = sizeof(in) };
	struct pln_udp_view view;
	int ret = pln_udp_receive_views(socks->stack, sock->conn, &in, &view, 1);

	if (ret == -EAGAIN)
		return 0;
	return ret < 0 ? ret : (ssize_t)in.len;
}

/* Options that are one integer. Buffers are brought into their range, as Linux does; a bool is true for every number but 0. */
struct int_opt {
	int level, name;
	enum pln_udp_opt opt;
	int32_t min, max;
	bool clamp, truth;
};

static const struct int_opt int_opts[] = {
	{ SOL_SOCKET, SO_RCVBUF, PLN_UDP_OPT_RCVBUF, 2048, 1 << 30, true, false },
	{ SOL_SOCKET, SO_BROADCAST, PLN_UDP_OPT_BROADCAST, 0, 1, false, true },
	{ SOL_SOCKET, SO_REUSEADDR, PLN_UDP_OPT_REUSEADDR, 0, 1, false, true },
	{ SOL_SOCKET, SO_NO_CHECK_NAME, PLN_UDP_OPT_NO_CHECKSUM, 0, 1, false, true },
	{ IPPROTO_IP, IP_TTL, PLN_UDP_OPT_TTL, 1, 255, false, false },
	{ IPPROTO_IP, IP_TOS, PLN_UDP_OPT_TOS, 0, 255, false, false },
	{ IPPROTO_IP, IP_RECVERR, PLN_UDP_OPT_ERRORS, 0, 1, false, true },
	{ IPPROTO_IP, IP_MTU_DISCOVER, PLN_UDP_OPT_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO,
	  false, false },
};

static const struct int_opt *
find(int level, int name)
{
	size_t i;

	for (i = 0; i < PLN_ARRAY_LEN(int_opts); i++) {
		if (int_opts[i].level == level && int_opts[i].name == name)
			return &int_opts[i];
	}
	return NULL;
}

int
pln_sock_dgram_setsockopt(struct pln_socks *socks, struct pln_sock *sock,
                          const struct pln_sock_opt *opt)
{
	const struct int_opt *row = find(opt->level, opt->name);
	int32_t value;

	if (row == NULL)
		return -ENOPROTOOPT;
	if (opt->len < sizeof(value))
		return -EINVAL;
	memcpy(&value, opt->value, sizeof(value));
	if (row->opt == PLN_UDP_OPT_MTU_DISCOVER && value == IP_PMTUDISC_PROBE)
		return -EOPNOTSUPP;
	if (row->truth)
		value = value != 0;
	if (row->clamp && value < row->min)
		value = row->min;
	if (row->clamp && value > row->max)
		value = row->max;
	return value < row->min || value > row->max
	               ? -EINVAL
	               : pln_udp_opt_set(socks->stack, sock->conn, row->opt, value);
}

static int
get_socket_level(struct pln_socks *socks, const struct pln_sock *sock, int name, int64_t *value)
{
	switch (name) {
	case SO_ERROR:
		*value = -pln_udp_error_take(socks->stack, sock->conn);
		return 0;
	case SO_TYPE:
		*value = SOCK_DGRAM;
		return 0;
	case SO_DOMAIN:
		*value = AF_INET;
		return 0;
	case SO_PROTOCOL:
		*value = IPPROTO_UDP;
		return 0;
	case SO_ACCEPTCONN:
		*value = 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* IP_MTU: of the path to the peer, once something was sent to it. */
static int
get_mtu(struct pln_socks *socks, const struct pln_sock *sock, int64_t *value)
{
	struct pln_udp_info info = { .size = sizeof(info) };
	int ret = pln_udp_info(socks->stack, sock->conn, &info);

	if (ret == 0 && (info.remote.addr.family == PLN_FAMILY_NONE || info.pmtu == 0))
		ret = -ENOTCONN;
	*value = info.pmtu;
	return ret;
}

int
pln_sock_dgram_getsockopt(struct pln_socks *socks, struct pln_sock *sock, struct pln_sock_opt *opt)
{
	const struct int_opt *row = find(opt->level, opt->name);
	int64_t wide = 0;
	int32_t value;
	int ret = -ENOPROTOOPT;

	if (row != NULL)
		ret = pln_udp_opt_get(socks->stack, sock->conn, row->opt, &wide);
	else if (opt->level == SOL_SOCKET)
		ret = get_socket_level(socks, sock, opt->name, &wide);
	else if (opt->level == IPPROTO_IP && opt->name == IP_MTU)
		ret = get_mtu(socks, sock, &wide);
	if (ret != 0)
		return ret;
	value = (int32_t)wide;
	if (opt->len < sizeof(value))
		return -EINVAL;
	memcpy(opt->value, &value, sizeof(value));
	opt->len = sizeof(value);
	return 0;
}
