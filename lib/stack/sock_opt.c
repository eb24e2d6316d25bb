/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setsockopt and getsockopt by the system's names, over pln_tcp_opt_set and pln_tcp_opt_get. What is
 * set before there is a connection is remembered and applied when there is one; so ranges are checked
 * here, as Linux has them. Options that are not one integer have functions of their own.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "stack/sock_dgram.h"
#include "stack/stack.h"
#include "tcp/cc/cc.h"

#define LINGER_MAX_S 86400
#define CC_NAME_MAX  16U /* Linux' TCP_CA_NAME_MAX */

/*
 * An option that is one integer. max 1: yes or no, and every number but 0 is yes. Buffers, and the
 * seconds of TCP_DEFER_ACCEPT, are brought into their range, as Linux does; other values outside are
 * refused.
 */
struct int_opt {
	int level, name;
	enum pln_tcp_opt opt;
	int32_t min, max;
	bool clamp;
	const char *stack_opt; /* what a new connection takes; NULL: 0 */
	int32_t unit;          /* of stack_opt in one of ours */
};

static const struct int_opt int_opts[] = {
	{ SOL_SOCKET, SO_REUSEADDR, PLN_TCP_OPT_REUSEADDR, 0, 1, false, NULL, 1 },
	{ SOL_SOCKET, SO_SNDBUF, PLN_TCP_OPT_SNDBUF, 2048, 1 << 30, true, "sndbuf", 1 },
	{ SOL_SOCKET, SO_RCVBUF, PLN_TCP_OPT_RCVBUF, 1024, 1 << 30, true, "rcvbuf", 1 },
	{ SOL_SOCKET, SO_KEEPALIVE, PLN_TCP_OPT_KEEPALIVE, 0, 1, false, "keepalive", 1 },
	{ IPPROTO_IP, IP_TOS, PLN_TCP_OPT_TOS, 0, 255, false, NULL, 1 },
	{ IPPROTO_IP, IP_TTL, PLN_TCP_OPT_TTL, 1, 255, false, "ttl", 1 },
	{ IPPROTO_TCP, TCP_NODELAY, PLN_TCP_OPT_NODELAY, 0, 1, false, NULL, 1 },
	{ IPPROTO_TCP, TCP_CORK, PLN_TCP_OPT_CORK, 0, 1, false, NULL, 1 },
	{ IPPROTO_TCP, TCP_MAXSEG, PLN_TCP_OPT_MAXSEG, 88, 32767, false, "max_segment", 1 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, PLN_TCP_OPT_KEEPIDLE, 1, 32767, false, "keepalive_idle_ms",
	  1000 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, PLN_TCP_OPT_KEEPINTVL, 1, 32767, false,
	  "keepalive_interval_ms", 1000 },
	{ IPPROTO_TCP, TCP_KEEPCNT, PLN_TCP_OPT_KEEPCNT, 1, 127, false, "keepalive_count", 1 },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, PLN_TCP_OPT_USER_TIMEOUT, 0, INT32_MAX, false,
	  "user_timeout_ms", 1 },
	{ IPPROTO_TCP, TCP_SYNCNT, PLN_TCP_OPT_SYNCNT, 1, 127, false, "syn_retries", 1 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, PLN_TCP_OPT_DEFER_ACCEPT, 0, 255, true, NULL, 1 },
	{ IPPROTO_TCP, TCP_QUICKACK, PLN_TCP_OPT_QUICKACK, 0, 1, false, NULL, 1 },
	{ IPPROTO_TCP, TCP_FASTOPEN, PLN_TCP_OPT_FASTOPEN, 0, UINT16_MAX, false, NULL, 1 },
	{ IPPROTO_TCP, TCP_FASTOPEN_CONNECT, PLN_TCP_OPT_FASTOPEN_CONNECT, 0, 1, false, NULL, 1 },
};

static const struct int_opt *
find_int_opt(int level, int name)
{
	size_t i;

	for (i = 0; i < PLN_ARRAY_LEN(int_opts); i++) {
		if (int_opts[i].level == level && int_opts[i].name == name)
			return &int_opts[i];
	}
	return NULL;
}

int
pln_sock_apply_opts(struct pln_socks *socks, const struct pln_sock *sock)
{
	unsigned int i;
	int ret;

	for (i = 0; i < PLN_SOCK_OPTS; i++) {
		if ((sock->given & 1U << i) == 0)
			continue;
		ret = pln_tcp_opt_set(socks->stack, sock->conn, (enum pln_tcp_opt)i, sock->opt[i]);
		if (ret != 0)
			return ret;
	}
	return sock->cc != NULL ? pln_tcp_cc_set(socks->stack, sock->conn, sock->cc) : 0;
}

/* To the connection, if there is one, and into memory. */
static int
give(struct pln_socks *socks, struct pln_sock *sock, enum pln_tcp_opt opt, int32_t value)
{
	int ret = 0;

	if (sock->conn != 0)
		ret = pln_tcp_opt_set(socks->stack, sock->conn, opt, value);
	if (ret != 0)
		return ret;
	sock->opt[opt] = value;
	sock->given |= 1U << opt;
	return 0;
}

static int
set_int(struct pln_socks *socks, struct pln_sock *sock, const struct int_opt *row, int32_t value)
{
	if (row->max == 1)
		value = value != 0;
	if (row->clamp && value < row->min)
		value = row->min;
	if (row->clamp && value > row->max)
		value = row->max;
	if (value < row->min || value > row->max)
		return -EINVAL;
	return give(socks, sock, row->opt, value);
}

static int
set_linger(struct pln_socks *socks, struct pln_sock *sock, const struct pln_sock_opt *opt)
{
	struct linger linger;

	if (opt->len < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, opt->value, sizeof(linger));
	if (linger.l_onoff != 0 && linger.l_linger < 0)
		return -EINVAL;
	if (linger.l_linger > LINGER_MAX_S)
		linger.l_linger = LINGER_MAX_S;
	return give(socks, sock, PLN_TCP_OPT_LINGER, linger.l_onoff != 0 ? linger.l_linger : -1);
}

/* DF clear or set is all that a connection knows; "want" and "do" are the same to it. */
static int
set_mtu_discover(struct pln_socks *socks, struct pln_sock *sock, int32_t value)
{
	int32_t mode;
	int ret;

	if (value == IP_PMTUDISC_PROBE)
		return -EOPNOTSUPP;
	if (value != IP_PMTUDISC_DONT && value != IP_PMTUDISC_WANT && value != IP_PMTUDISC_DO)
		return -EINVAL;
	/* What the stack does beyond DF (RFC 4821) it does for sockets too. */
	mode = socks->stack->tcp.cfg.pmtud > 1 ? (int32_t)socks->stack->tcp.cfg.pmtud : 1;
	ret = give(socks, sock, PLN_TCP_OPT_MTU_DISCOVER, value != IP_PMTUDISC_DONT ? mode : 0);
	if (ret == 0)
		sock->mtu_discover = value;
	return ret;
}

static const char *
cc_name(struct pln_socks *socks, const struct pln_sock *sock, char *buf, size_t len)
{
	struct pln_tcp_info info = { .size = sizeof(info) };

	if (sock->conn != 0 && pln_tcp_info(socks->stack, sock->conn, &info) == 0)
		return info.cc;
	if (sock->cc != NULL)
		return sock->cc;
	return pln_stack_opt_get(socks->stack, "cc", buf, len) == 0 ? buf : "";
}

/* Before there is a connection the name is remembered. */
static int
set_congestion(struct pln_socks *socks, struct pln_sock *sock, const struct pln_sock_opt *opt)
{
	const struct pln_cc_ops *ops;
	char name[CC_NAME_MAX + 1] = "";

	memcpy(name, opt->value, opt->len < CC_NAME_MAX ? opt->len : CC_NAME_MAX);
	ops = pln_cc_find(name);
	if (ops == NULL)
		return -ENOENT;
	sock->cc = ops->name;
	return sock->conn != 0 ? pln_tcp_cc_set(socks->stack, sock->conn, ops->name) : 0;
}

/* Urgent bytes are always in line (RFC 6093 §5). */
static int
set_oobinline(const struct pln_sock_opt *opt)
{
	int32_t value;

	if (opt->len < sizeof(value))
		return -EINVAL;
	memcpy(&value, opt->value, sizeof(value));
	return value != 0 ? 0 : -EOPNOTSUPP;
}

int
pln_sock_setsockopt(struct pln_socks *socks, int s, const struct pln_sock_opt *opt)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	const struct int_opt *row = find_int_opt(opt->level, opt->name);
	bool mtu_discover = opt->level == IPPROTO_IP && opt->name == IP_MTU_DISCOVER;
	int32_t value;

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_setsockopt(socks, sock, opt);
	if (opt->level == SOL_SOCKET && opt->name == SO_LINGER)
		return set_linger(socks, sock, opt);
	if (opt->level == IPPROTO_TCP && opt->name == TCP_CONGESTION)
		return set_congestion(socks, sock, opt);
	if (opt->level == SOL_SOCKET && opt->name == SO_OOBINLINE)
		return set_oobinline(opt);
	if (row == NULL && !mtu_discover)
		return -ENOPROTOOPT;
	if (opt->len < sizeof(value))
		return -EINVAL;
	memcpy(&value, opt->value, sizeof(value));
	return mtu_discover ? set_mtu_discover(socks, sock, value)
	                    : set_int(socks, sock, row, value);
}

/* Write a value of `len` bytes where the caller has room. */
static int
put(struct pln_sock_opt *opt, const void *value, size_t len)
{
	if (opt->len < len)
		return -EINVAL;
	memcpy(opt->value, value, len);
	opt->len = len;
	return 0;
}

static int
put_int(struct pln_sock_opt *opt, int32_t value)
{
	return put(opt, &value, sizeof(value));
}

/* What a connection made now would take from the stack. */
static int32_t
stack_default(struct pln_socks *socks, const char *name, int32_t unit)
{
	char text[24];

	if (name == NULL || pln_stack_opt_get(socks->stack, name, text, sizeof(text)) != 0)
		return 0;
	return (int32_t)(strtoll(text, NULL, 10) / unit);
}

/* The value in force, `fallback` where nobody has said anything. */
static int
in_force(struct pln_socks *socks, const struct pln_sock *sock, enum pln_tcp_opt opt, int32_t *value)
{
	int64_t wide;
	int ret;

	if (sock->conn != 0) {
		ret = pln_tcp_opt_get(socks->stack, sock->conn, opt, &wide);
		*value = (int32_t)wide;
		return ret;
	}
	if ((sock->given & 1U << opt) == 0)
		return -ENOENT;
	*value = sock->opt[opt];
	return 0;
}

static int
get_int(struct pln_socks *socks, const struct pln_sock *sock, const struct int_opt *row,
        struct pln_sock_opt *opt)
{
	int32_t value;
	int ret = in_force(socks, sock, row->opt, &value);

	if (ret == -ENOENT)
		value = stack_default(socks, row->stack_opt, row->unit);
	else if (ret != 0)
		return ret;
	return put_int(opt, value);
}

static int
get_linger(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	struct linger linger = { 0, 0 };
	int32_t value = -1;
	int ret = in_force(socks, sock, PLN_TCP_OPT_LINGER, &value);

	if (ret != 0 && ret != -ENOENT)
		return ret;
	if (value >= 0) {
		linger.l_onoff = 1;
		linger.l_linger = value;
	}
	return put(opt, &linger, sizeof(linger));
}

static int
get_mtu_discover(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	bool given = (sock->given & 1U << PLN_TCP_OPT_MTU_DISCOVER) != 0;
	int32_t value;
	int ret = in_force(socks, sock, PLN_TCP_OPT_MTU_DISCOVER, &value);

	if (ret == -ENOENT)
		value = (int32_t)socks->stack->tcp.cfg.pmtud;
	else if (ret != 0)
		return ret;
	return put_int(opt, given        ? sock->mtu_discover
	                    : value != 0 ? IP_PMTUDISC_WANT
	                                 : IP_PMTUDISC_DONT);
}

/* The caller's size decides how much of the snapshot fits, and has to fit in what it says it has. */
static int
get_info(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	size_t size;

	if (sock->conn == 0)
		return -ENOTCONN;
	if (opt->len < sizeof(size))
		return -EINVAL;
	memcpy(&size, opt->value, sizeof(size));
	if (size > opt->len)
		return -EINVAL;
	opt->len = size;
	return pln_tcp_info(socks->stack, sock->conn, opt->value);
}

static int
get_ip_mtu(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	struct pln_tcp_info info = { .size = sizeof(info) };

	if (sock->conn == 0 || sock->state == PLN_SOCK_LISTENING ||
	    pln_tcp_info(socks->stack, sock->conn, &info) != 0)
		return -ENOTCONN;
	return put_int(opt, (int32_t)info.pmtu);
}

static int
get_congestion(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	char buf[32];
	const char *name = cc_name(socks, sock, buf, sizeof(buf));

	return put(opt, name, strlen(name) + 1);
}

/* Of SOL_SOCKET: what the table of integers does not have. */
static int
get_socket_level(struct pln_socks *socks, const struct pln_sock *sock, struct pln_sock_opt *opt)
{
	switch (opt->name) {
	case SO_ERROR:
		return put_int(opt,
		               sock->conn == 0 ? 0 : -pln_tcp_error_take(socks->stack, sock->conn));
	case SO_TYPE:
		return put_int(opt, SOCK_STREAM);
	case SO_DOMAIN:
		return put_int(opt, AF_INET);
	case SO_PROTOCOL:
		return put_int(opt, IPPROTO_TCP);
	case SO_ACCEPTCONN:
		return put_int(opt, sock->state == PLN_SOCK_LISTENING);
	case SO_OOBINLINE:
		return put_int(opt, 1);
	case SO_LINGER:
		return get_linger(socks, sock, opt);
	}
	return -ENOPROTOOPT;
}

int
pln_sock_getsockopt(struct pln_socks *socks, int s, struct pln_sock_opt *opt)
{
	struct pln_sock *sock = pln_sock_find(socks, s);
	const struct int_opt *row = find_int_opt(opt->level, opt->name);

	if (sock == NULL)
		return -EBADF;
	if (sock->dgram)
		return pln_sock_dgram_getsockopt(socks, sock, opt);
	if (row != NULL)
		return get_int(socks, sock, row, opt);
	if (opt->level == SOL_SOCKET)
		return get_socket_level(socks, sock, opt);
	if (opt->level == IPPROTO_IP && opt->name == IP_MTU_DISCOVER)
		return get_mtu_discover(socks, sock, opt);
	if (opt->level == IPPROTO_IP && opt->name == IP_MTU)
		return get_ip_mtu(socks, sock, opt);
	if (opt->level == IPPROTO_TCP && opt->name == TCP_INFO)
		return get_info(socks, sock, opt);
	if (opt->level == IPPROTO_TCP && opt->name == TCP_CONGESTION)
		return get_congestion(socks, sock, opt);
	return -ENOPROTOOPT;
}
