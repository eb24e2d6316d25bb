/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A UDP socket's names and life: handle, port, address, peer (RFC 1122 §4.1.3.5, §4.1.4). Ports are chosen as RFC 6056 §3.3.3 has it.
 * Two sockets share a port only when each has an address of its own, or both ask for it and differ in address or peer: there is one
 * owner for every datagram.
 */
#include "udp/usock.h"

#define HANDLE_BIT UINT64_C(0x80000000) /* an index never has it: PLN_UDP_MAX_SOCKS */

struct pln_udp_sock *
pln_usock_find(struct pln_udp *udp, uint64_t handle)
{
	return (handle & HANDLE_BIT) != 0 ? pln_pool_lookup(&udp->socks, handle & ~HANDLE_BIT)
	                                  : NULL;
}

void
pln_usock_tell(struct pln_udp_sock *s, uint32_t bits)
{
	struct pln_udp *udp = s->udp;

	s->ev_bits |= bits;
	if (s->is_ready)
		return;
	s->is_ready = true;
	s->ready_next = NULL;
	if (udp->ready_end != NULL)
		udp->ready_end->ready_next = s;
	else
		udp->ready = s;
	udp->ready_end = s;
}

void
pln_usock_fail(struct pln_udp_sock *s, int error)
{
	s->error = error;
	pln_usock_tell(s, PLN_EV_ERROR);
}

int
pln_usock_open(struct pln_udp *udp, void *cookie, uint64_t *sock)
{
	struct pln_udp_sock *s = pln_pool_alloc(&udp->socks);

	if (s == NULL)
		return -ENOMEM;
	s->udp = udp;
	s->cookie = cookie;
	s->handle = pln_pool_handle(&udp->socks, s) | HANDLE_BIT;
	s->opts = (struct pln_usock_opts){
		.rcvbuf = udp->cfg.rcvbuf,
		.rcvq = udp->cfg.rcvq,
		.ttl = (uint8_t)udp->cfg.ttl,
		.mtu_discover = udp->cfg.pmtud ? 1 : 0,
	};
	*sock = s->handle;
	return 0;
}

static int
enter(struct pln_udp_sock *s, const struct pln_flow_key *key)
{
	uint32_t index = (uint32_t)(s->handle & ~HANDLE_BIT) - 1;
	int rc = pln_flow_table_insert(&s->udp->flows, key, index);

	if (rc != 0)
		return rc == -EEXIST ? -EADDRINUSE : rc;
	s->key = *key;
	s->is_bound = true;
	s->udp->port_users[key->local_port]++;
	return 0;
}

static void
leave(struct pln_udp_sock *s)
{
	if (!s->is_bound)
		return;
	s->udp->port_users[s->key.local_port]--;
	s->is_bound = false;
	pln_flow_table_remove(&s->udp->flows, &s->key);
}

/* Is the port, at this address, somebody else's? */
static bool
is_taken(const struct pln_udp_sock *s, struct pln_be32 addr, uint16_t port)
{
	const struct pln_udp_sock *other;
	uint32_t cursor = 0;

	if (s->udp->port_users[port] == 0)
		return false;
	while ((other = pln_pool_iterate(&s->udp->socks, &cursor)) != NULL) {
		if (other == s || !other->is_bound || other->key.local_port != port)
			continue;
		if (s->opts.reuseaddr && other->opts.reuseaddr)
			continue;
		if (addr.raw == 0 || other->key.local.raw == 0 || other->key.local.raw == addr.raw)
			return true;
	}
	return false;
}

/* A port that nobody has at any address, of those whose datagrams come to this stack. */
static int
choose_port(struct pln_udp_sock *s, const struct pln_flow_key *flow, uint16_t *port)
{
	struct pln_sport_iter iter;

	pln_sport_begin(&iter, &s->udp->sport, flow);
	while (pln_sport_next(&iter, port)) {
		if (s->udp->port_users[*port] > 0)
			continue;
		pln_sport_taken(&iter);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

int
pln_usock_autobind(struct pln_udp_sock *s, const struct pln_flow_key *remote)
{
	struct pln_flow_key key = { 0 };
	int rc = s->is_bound ? 0 : choose_port(s, remote, &key.local_port);

	return rc != 0 || s->is_bound ? rc : enter(s, &key);
}

int
pln_usock_bind(struct pln_udp_sock *s, const struct pln_endpoint *local)
{
	struct pln_flow_key key = { .local_port = local->port };
	int rc = 0;

	if (s->is_bound)
		return -EINVAL;
	if (local->addr.family == PLN_FAMILY_IP6)
		return -EAFNOSUPPORT;
	if (local->addr.family == PLN_FAMILY_IP4)
		memcpy(&key.local, local->addr.bytes, sizeof(key.local));
	if (key.local.raw != 0 && !pln_ip_is_ours(s->udp->ip, key.local))
		return -EADDRNOTAVAIL;
	if (key.local_port == 0)
		rc = choose_port(s, &key, &key.local_port);
	else if (is_taken(s, key.local, key.local_port))
		rc = -EADDRINUSE;
	if (rc == 0)
		rc = enter(s, &key);
	if (rc == 0)
		s->bound_addr = key.local;
	return rc;
}

int
pln_usock_check_remote(const struct pln_udp_sock *s, const struct pln_endpoint *remote,
                       struct pln_be32 *addr, bool *broadcast)
{
	if (remote->addr.family == PLN_FAMILY_IP6)
		return -EAFNOSUPPORT;
	if (remote->addr.family != PLN_FAMILY_IP4 || remote->port == 0)
		return -EINVAL;
	memcpy(addr, remote->addr.bytes, sizeof(*addr));
	if (addr->raw == 0)
		return -EINVAL;
	if (pln_ip4_hdr_is_multicast(*addr))
		return -EOPNOTSUPP;
	*broadcast = pln_ip_is_broadcast(s->udp->ip, *addr);
	return *broadcast && !s->opts.broadcast ? -EACCES : 0;
}

int
pln_usock_source_for(const struct pln_udp_sock *s, struct pln_be32 dst, struct pln_be32 *src)
{
	if (s->bound_addr.raw == 0)
		return pln_ip_source_for(s->udp->ip, dst, src);
	*src = s->bound_addr;
	return 0;
}

/* Under another key, or where it was. */
static int
move(struct pln_udp_sock *s, const struct pln_flow_key *key)
{
	struct pln_flow_key before = s->key;
	bool was_bound = s->is_bound;
	int rc;

	leave(s);
	rc = enter(s, key);
	if (rc != 0 && was_bound)
		(void)enter(s, &before); /* its place is free: it has just been left */
	return rc;
}

static int
disconnect(struct pln_udp_sock *s)
{
	struct pln_flow_key key = { .local = s->bound_addr, .local_port = s->key.local_port };

	if (!s->has_peer)
		return 0;
	pln_usock_forget_path(s);
	s->has_peer = false;
	return move(s, &key);
}

int
pln_usock_connect(struct pln_udp_sock *s, const struct pln_endpoint *remote)
{
	struct pln_flow_key key = { .local_port = s->key.local_port, .remote_port = remote->port };
	bool broadcast;
	int rc;

	if (remote->addr.family == PLN_FAMILY_NONE)
		return disconnect(s);
	rc = pln_usock_check_remote(s, remote, &key.remote, &broadcast);
	if (rc == 0)
		rc = pln_usock_source_for(s, key.remote, &key.local);
	if (rc == 0 && !s->is_bound)
		rc = choose_port(s, &key, &key.local_port);
	if (rc == 0)
		rc = move(s, &key);
	if (rc != 0)
		return rc;
	pln_usock_forget_path(s);
	s->has_peer = true;
	s->error = 0;
	s->soft_error = 0;
	return 0;
}

void
pln_usock_forget_path(struct pln_udp_sock *s)
{
	if (s->path.neigh != NULL && s->path.neigh != &s->udp->everybody)
		pln_ip_path_close(s->udp->ip, &s->path);
	s->path.neigh = NULL;
}

/* Off the list of those with news. */
static void
forget_events(struct pln_udp_sock *s)
{
	struct pln_udp *udp = s->udp;
	struct pln_udp_sock **at = &udp->ready, *before = NULL;

	if (!s->is_ready)
		return;
	while (*at != s) {
		before = *at;
		at = &before->ready_next;
	}
	*at = s->ready_next;
	if (udp->ready_end == s)
		udp->ready_end = before;
}

void
pln_usock_close(struct pln_udp_sock *s)
{
	forget_events(s);
	leave(s);
	pln_usock_forget_path(s);
	pln_mbuf_free_pkts(&s->rxq);
	pln_pool_free(&s->udp->socks, s);
}
