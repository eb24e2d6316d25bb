/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DOOR 1: the passive OPEN (RFC 9293 §3.9.1.1, §3.10.1) and what follows it, accepting. It decides whether an address and a port may be
 * listened on; what SYNs make of it is tcp/listen's.
 */
#include "base/ip4.h"
#include "tcp/conn.h"
#include "tcp/listen.h"
#include "tcp/user.h"

static int
check_local(const struct pln_tcp *tcp, const struct pln_endpoint *local)
{
	if (local->addr.family == PLN_FAMILY_IP6)
		return -EAFNOSUPPORT;
	if (local->addr.family != PLN_FAMILY_IP4 && local->addr.family != PLN_FAMILY_NONE)
		return -EINVAL;
	if (local->addr.family == PLN_FAMILY_IP4 && pln_ip4_of(&local->addr).raw != 0 &&
	    !pln_ip_is_ours(tcp->ip, pln_ip4_of(&local->addr)))
		return -EADDRNOTAVAIL;
	return 0;
}

/* Is another listener in the way? One for a single address may stand beside one for any: it goes first. */
static bool
port_taken(const struct pln_tcp *tcp, struct pln_be32 addr, uint16_t port)
{
	for (const struct pln_tcp_conn *l = tcp->listeners; l != NULL; l = l->listener_next)
		if (l->key.local_port == port && l->key.local.raw == addr.raw)
			return true;
	return false;
}

static int
choose_listen_port(struct pln_tcp *tcp, struct pln_flow_key *key)
{
	struct pln_sport_iter iter;

	pln_sport_begin(&iter, &tcp->sport, key);
	while (pln_sport_next(&iter, &key->local_port)) {
		if (port_taken(tcp, key->local, key->local_port))
			continue;
		pln_sport_taken(&iter);
		return 0;
	}
	return -EADDRINUSE;
}

int
pln_user_listen(struct pln_tcp *tcp, const struct pln_tcp_listen_args *args, uint64_t *listener)
{
	struct pln_flow_key key = { .local = pln_ip4_of(&args->local.addr),
		                    .local_port = args->local.port };
	int rc = args->size == sizeof(*args) ? check_local(tcp, &args->local) : -EINVAL;
	struct pln_tcp_conn *l;

	if (rc == 0 && key.local_port == 0)
		rc = choose_listen_port(tcp, &key);
	else if (rc == 0 && port_taken(tcp, key.local, key.local_port))
		rc = -EADDRINUSE;
	if (rc < 0)
		return rc;
	l = pln_conn_alloc(tcp);
	if (l == NULL)
		return -ENOMEM;
	l->key = key;
	l->cookie = args->cookie;
	l->backlog = args->backlog == 0 ? 128 : args->backlog;
	l->flags |= PLN_CONN_ANNOUNCED | PLN_CONN_LISTENER;
	pln_conn_set_state(l, PLN_TCP_LISTEN, "passive open");
	l->listener_next = tcp->listeners;
	tcp->listeners = l;
	*listener = l->handle;
	return 0;
}

int
pln_user_accept(struct pln_tcp *tcp, uint64_t listener, void *cookie, uint64_t *conn)
{
	struct pln_tcp_conn *l = pln_conn_lookup(tcp, listener), *c;

	if (l == NULL)
		return -EBADF;
	if (!pln_conn_has(l, PLN_CONN_LISTENER))
		return -EINVAL;
	c = pln_listen_take(l);
	if (c == NULL)
		return -EAGAIN;
	c->cookie = cookie;
	c->flags |= PLN_CONN_ANNOUNCED;
	pln_conn_tell(c, 0); /* what happened before anybody could hear of it */
	*conn = c->handle;
	return 0;
}
