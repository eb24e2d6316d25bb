/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A socket behind its number: what the caller said before there was a connection, and then the
 * connection. Options are remembered as they were given and brought to the connection when it is made.
 */
#ifndef POLLEN_STACK_SOCK_H
#define POLLEN_STACK_SOCK_H

#include <pollen/socket.h>

#include "base/decl.h"

PLN_C_BEGIN

enum pln_sock_state {
	PLN_SOCK_FREE = 0,
	PLN_SOCK_NEW,        /* no connection yet, or none any more */
	PLN_SOCK_LISTENING,  /* conn is a listener */
	PLN_SOCK_CONNECTING, /* connect has not yet told the outcome */
	PLN_SOCK_CONNECTED,  /* it has, or the connection was accepted */
};

#define PLN_SOCK_OPTS ((unsigned int)PLN_TCP_OPT_FASTOPEN_CONNECT + 1U)

struct pln_sock {
	enum pln_sock_state state;
	bool bound;
	bool dgram;                 /* conn is a UDP socket; of the rest only the next two matter */
	bool rd_shut, wr_shut;      /* shutdown(2) of a datagram socket */
	uint32_t given;             /* bit i: opt[i] was set */
	int32_t opt[PLN_SOCK_OPTS]; /* by enum pln_tcp_opt, as pln_tcp_opt_set takes it */
	int32_t mtu_discover;       /* as given: IP_PMTUDISC_… says more than the option has */
	const char *cc;             /* congestion control asked for; NULL: the stack's */
	uint64_t conn;              /* handle, 0 in NEW */
	struct pln_endpoint local;  /* when bound */
};

struct pln_socks {
	struct pln_stack *stack;
	unsigned int max;
	struct pln_sock sock[];
};

static_assert(PLN_SOCK_OPTS <= 32, "pln_sock.given has a bit for each option");

/* The socket of a number in use, else NULL. */
static inline struct pln_sock *
pln_sock_find(struct pln_socks *socks, int s)
{
	if (s < 0 || (unsigned int)s >= socks->max || socks->sock[s].state == PLN_SOCK_FREE)
		return NULL;
	return &socks->sock[s];
}

/* Bring the options given so far to a fresh connection or listener. 0, or what pln_tcp_opt_set answered. */
int pln_sock_apply_opts(struct pln_socks *socks, const struct pln_sock *sock);

PLN_C_END

#endif
