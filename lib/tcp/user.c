/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DOOR 1: OPEN, SEND, RECEIVE, CLOSE, ABORT (RFC 9293 §3.10.1-5). A call changes the connection and marks what it owes; the next flush
 * sends it. Passive OPEN is in tcp/user_listen.c, options and STATUS in tcp/useropt.c and tcp/info.c.
 */
#include "tcp/user.h"

#include "base/ip4.h"
#include "tcp/buffers.h"
#include "tcp/conn.h"
#include "tcp/ext/isn.h"
#include "tcp/listen.h"
#include "tcp/rating.h"
#include "tcp/trace.h"
#include "tcp/urgent.h"

/* MUST-46: no OPEN to an address that is not one host's. */
static int
check_remote(const struct pln_tcp *tcp, const struct pln_endpoint *remote)
{
	struct pln_be32 addr = pln_ip4_of(&remote->addr);

	if (remote->addr.family != PLN_FAMILY_IP4)
		return remote->addr.family == PLN_FAMILY_IP6 ? -EAFNOSUPPORT : -EINVAL;
	if (remote->port == 0 || pln_ip4_hdr_is_martian(addr) || pln_ip_is_broadcast(tcp->ip, addr))
		return -EINVAL;
	return 0;
}

/* Of several stacks, are its segments dealt with by this one? */
static bool
is_at_home(const struct pln_tcp_conn *c)
{
	const struct pln_home *home = &c->tcp->home;

	return pln_home_is_alone(home) || pln_home_of_flow(home, &c->key) == home->self;
}

static bool
is_listened_to(const struct pln_tcp_conn *c)
{
	return pln_listen_find(c->tcp, c->key.local, c->key.local_port) != NULL;
}

/* Enter the flow table under the port asked for, or under one that RFC 6056 chooses. */
static int
claim_port(struct pln_tcp_conn *c, uint16_t port)
{
	struct pln_sport_iter iter;
	int rc = -EADDRNOTAVAIL;

	if (port != 0) {
		c->key.local_port = port;
		return is_at_home(c) ? pln_conn_bind_flow(c) : -EADDRNOTAVAIL;
	}
	pln_sport_begin(&iter, &c->tcp->sport, &c->key);
	while (pln_sport_next(&iter, &c->key.local_port)) {
		if (is_listened_to(c))
			continue;
		rc = pln_conn_bind_flow(c);
		if (rc != -EADDRINUSE)
			break;
		rc = -EADDRNOTAVAIL;
	}
	if (rc == 0)
		pln_sport_taken(&iter);
	return rc;
}

static void
start_sequence_space(struct pln_tcp_conn *c)
{
	const struct pln_siphash_key *secret = &c->tcp->env->secret;

	c->snd.iss = pln_isn(secret, &c->key, sizeof(c->key), pln_conn_now(c));
	pln_conn_start_sending(c);
}

/* From one address of ours; zero: the one that the route has. */
static int
open_from(struct pln_tcp_conn *c, const struct pln_tcp_open_args *args, struct pln_be32 src)
{
	int rc = pln_ip_path_open(c->tcp->ip, pln_ip4_of(&args->remote.addr), src, &c->path);

	if (rc < 0)
		return rc;
	c->path.ttl = c->opts.ttl;
	c->path.tos = c->opts.tos;
	c->path.df = c->opts.pmtud != PLN_PMTUD_OFF;
	c->key = (struct pln_flow_key){ c->path.src, c->path.dst, 0, args->remote.port };
	rc = claim_port(c, args->local.port);
	if (rc < 0)
		pln_ip_path_close(c->tcp->ip, &c->path);
	return rc;
}

/* Where the ports of an address have run out, another one has its own for the same peer. */
static int
prepare_open(struct pln_tcp_conn *c, const struct pln_tcp_open_args *args)
{
	struct pln_be32 remote = pln_ip4_of(&args->remote.addr);
	struct pln_be32 src = pln_ip4_of(&args->local.addr);
	bool is_free = src.raw == 0 && args->local.port == 0;
	unsigned int at = 0;
	int rc = open_from(c, args, src);
	struct pln_be32 first = c->key.local;

	while (rc == -EADDRNOTAVAIL && is_free &&
	       pln_ip_source_next(c->tcp->ip, remote, &at, &src)) {
		if (src.raw != first.raw)
			rc = open_from(c, args, src);
	}
	return rc == -ENOSPC ? -ENOMEM : rc;
}

int
pln_user_open(struct pln_tcp *tcp, const struct pln_tcp_open_args *args, uint64_t *conn)
{
	struct pln_tcp_conn *c;
	int rc = args->size == sizeof(*args) ? check_remote(tcp, &args->remote) : -EINVAL;

	if (rc < 0)
		return rc;
	c = pln_conn_alloc(tcp);
	if (c == NULL)
		return -ENOMEM;
	rc = prepare_open(c, args);
	if (rc < 0) {
		pln_conn_free(c);
		return rc;
	}
	c->cookie = args->cookie;
	c->flags |= PLN_CONN_ANNOUNCED;
	if (args->may_move)
		c->flags |= PLN_CONN_MAY_MOVE;
	start_sequence_space(c);
	pln_conn_sync_mss(c);
	pln_conn_set_state(c, PLN_TCP_SYN_SENT, "active open");
	pln_conn_count(c, PLN_TCP_ACTIVE_OPEN);
	pln_conn_owe(c, PLN_OWE_SYN);
	*conn = c->handle;
	return 0;
}

int
pln_user_cookie_set(struct pln_tcp *tcp, uint64_t conn, void *cookie)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	c->cookie = cookie;
	return 0;
}

/* May the user send now? 0, or the error of the call. */
static int
check_sendable(const struct pln_tcp_conn *c)
{
	if (c->state == PLN_TCP_CLOSED)
		return c->error != 0 && !pln_conn_has(c, PLN_CONN_ERROR_TAKEN) ? c->error : -EPIPE;
	if (pln_conn_has(c, PLN_CONN_LISTENER))
		return -ENOTCONN;
	if (pln_conn_has(c, PLN_CONN_FIN_QUEUED) || c->state == PLN_TCP_TIME_WAIT)
		return -EPIPE;
	return 0;
}

static uint32_t
send_space(const struct pln_tcp_conn *c)
{
	uint32_t held = pln_sendq_bytes(&c->sendq);

	return c->opts.sndbuf > held ? c->opts.sndbuf - held : 0;
}

static void
fill_ref(struct pln_sendref *ref, const uint8_t *bytes, uint32_t n)
{
	/* Our own buffer: nobody else writes there. */
	memcpy((uint8_t *)ref->data + ref->len, bytes, n);
	ref->len += n;
	ref->room -= n;
}

#define STARVED_NS (10 * PLN_NS_PER_MS)

/* No buffer for a send. No acknowledgment need ever come to say that there is one again: a timer does. */
static void
starved(struct pln_tcp_conn *c)
{
	uint64_t at = pln_conn_now(c) + STARVED_NS;

	pln_conn_count(c, PLN_TX_NO_MBUF);
	c->flags |= PLN_CONN_WANT_WRITE;
	if (at < c->deadline[PLN_TIMER_PUSH])
		pln_conn_set_timer(c, PLN_TIMER_PUSH, at);
}

/* Copy bytes behind the queue: into the last buffer's room, then into new buffers. Returns the bytes taken. */
static uint32_t
copy_in(struct pln_tcp_conn *c, const uint8_t *bytes, uint32_t len)
{
	uint32_t done = pln_sendq_fill(&c->sendq, bytes, len), n;
	struct pln_sendref *ref;

	while (done < len) {
		ref = pln_mbuf_sendref_alloc(c->tcp->mempool);
		if (ref == NULL) {
			starved(c);
			break;
		}
		n = len - done < ref->room ? len - done : ref->room;
		fill_ref(ref, bytes + done, n);
		pln_sendq_append(&c->sendq, ref);
		done += n;
	}
	return done;
}

/* Bytes were queued: note where the user's data ends, and have output look. */
static void
queued(struct pln_tcp_conn *c, int flags)
{
	if ((flags & PLN_TCP_MORE) != 0) {
		c->flags |= PLN_CONN_MORE;
	} else {
		c->flags &= ~(uint32_t)PLN_CONN_MORE;
		c->sendq.pushed = c->sendq.end;
	}
	if ((flags & PLN_TCP_URGENT) != 0)
		pln_urgent_mark(c);
	pln_conn_owe(c, 0);
}

ssize_t
pln_user_send(struct pln_tcp *tcp, uint64_t conn, const void *buf, size_t len, int flags)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	uint32_t space, want, done;
	int rc = c == NULL ? -EBADF : check_sendable(c);

	if (rc < 0 || len == 0)
		return rc;
	if (c->rate.on)
		pln_rating_check(c);
	space = send_space(c);
	want = len < space ? (uint32_t)len : space;
	done = copy_in(c, buf, want);
	if (done < len)
		c->flags |= PLN_CONN_WANT_WRITE;
	if (done == 0)
		return -EAGAIN;
	queued(c, done < len ? flags | PLN_TCP_MORE : flags);
	return done;
}

ssize_t
pln_user_send_ref(struct pln_tcp *tcp, uint64_t conn, const struct pln_tcp_ref *ref, int flags)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	struct pln_sendref *mine;
	int rc = c == NULL ? -EBADF : check_sendable(c);

	if (rc < 0)
		return rc;
	if (ref->len == 0 || ref->len > UINT16_MAX)
		return -EINVAL;
	/* One reference may overshoot the buffer's end: it is memory of the caller, not ours. */
	if (send_space(c) == 0) {
		c->flags |= PLN_CONN_WANT_WRITE;
		return -EAGAIN;
	}
	mine = pln_mbuf_sendref_wrap(tcp->mempool, ref->data, (uint16_t)ref->len, ref->release,
	                             ref->ctx);
	if (mine == NULL) {
		starved(c);
		return -EAGAIN;
	}
	if (c->rate.on)
		pln_rating_check(c);
	pln_sendq_append(&c->sendq, mine);
	queued(c, flags);
	return (ssize_t)ref->len;
}

/* Nothing is readable at this offset: 0 for the end of the stream, or the error of the call. */
static int
nothing_to_read(const struct pln_tcp_conn *c)
{
	if (pln_conn_has(c, PLN_CONN_LISTENER))
		return -ENOTCONN;
	if (pln_conn_has(c, PLN_CONN_PEER_FIN | PLN_CONN_RD_SHUT))
		return 0;
	if (c->state == PLN_TCP_CLOSED)
		return pln_conn_has(c, PLN_CONN_ERROR_TAKEN) ? 0 : c->error;
	return -EAGAIN;
}

/* Bytes were consumed: free their buffers, and announce the window when that is worth a segment. */
static void
consume(struct pln_tcp_conn *c, uint32_t n)
{
	struct pln_pktq dead = { 0 };

	pln_recvq_consume(&c->recvq, n, &dead);
	pln_mbuf_free_pkts(&dead);
	pln_urgent_read(c);
	pln_buffers_read(c, n);
	pln_conn_offer_window(c);
}

ssize_t
pln_user_receive(struct pln_tcp *tcp, uint64_t conn, void *buf, size_t len, int flags)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	uint32_t n;

	if (c == NULL)
		return -EBADF;
	if (c->recvq.bytes == 0)
		return nothing_to_read(c);
	n = pln_recvq_copy(&c->recvq, 0, buf, len < UINT32_MAX ? (uint32_t)len : UINT32_MAX);
	if ((flags & PLN_TCP_PEEK) == 0)
		consume(c, n);
	return n;
}

int
pln_user_receive_views(struct pln_tcp *tcp, uint64_t conn, size_t offset,
                       struct pln_tcp_view *views, unsigned int max)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	struct pln_recvq_view view[16];
	unsigned int n;

	if (c == NULL)
		return -EBADF;
	if (offset >= c->recvq.bytes)
		return nothing_to_read(c);
	n = pln_recvq_peek(&c->recvq, (uint32_t)offset, view,
	                   max < PLN_ARRAY_LEN(view) ? max : PLN_ARRAY_LEN(view));
	for (unsigned int i = 0; i < n; i++)
		views[i] = (struct pln_tcp_view){ view[i].data, view[i].len };
	return (int)n;
}

int
pln_user_consume(struct pln_tcp *tcp, uint64_t conn, size_t len)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (len > c->recvq.bytes)
		return -EINVAL;
	consume(c, (uint32_t)len);
	return 0;
}

/* FIN behind the last byte; the state changes at once, the segment follows when its turn has come (§3.10.4). */
static void
queue_fin(struct pln_tcp_conn *c)
{
	if (pln_conn_has(c, PLN_CONN_FIN_QUEUED))
		return;
	c->flags |= PLN_CONN_FIN_QUEUED;
	c->sendq.pushed = c->sendq.end;
	if (c->state == PLN_TCP_ESTABLISHED)
		pln_conn_set_state(c, PLN_TCP_FIN_WAIT_1, "close");
	else if (c->state == PLN_TCP_CLOSE_WAIT)
		pln_conn_set_state(c, PLN_TCP_LAST_ACK, "close");
	pln_conn_owe(c, 0);
}

int
pln_user_shutdown(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_how how)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (!pln_conn_has(c, PLN_CONN_IN_FLOWS))
		return -ENOTCONN;
	if (how != PLN_TCP_SHUT_WR) {
		c->flags |= PLN_CONN_RD_SHUT;
		consume(c, c->recvq.bytes);
	}
	if (how != PLN_TCP_SHUT_RD)
		queue_fin(c);
	return 0;
}

/* The application lets go: no event, no lookup from here on. */
static void
orphan(struct pln_tcp_conn *c)
{
	c->flags |= PLN_CONN_ORPHAN;
	c->flags &= ~(uint32_t)PLN_CONN_ANNOUNCED;
	pln_conn_told(c);
}

/* Reset, or just vanish where no peer could know of us, or both have said all they had to (§3.10.5: CLOSING and LAST-ACK only enter
 * CLOSED; ours begin when the user closes, so bytes and FIN may still be unsent). */
static void
abort_conn(struct pln_tcp_conn *c)
{
	bool done = (c->state == PLN_TCP_CLOSING || c->state == PLN_TCP_LAST_ACK) &&
	            pln_conn_has(c, PLN_CONN_FIN_SENT);

	orphan(c);
	if (!pln_conn_has(c, PLN_CONN_IN_FLOWS) || c->state == PLN_TCP_SYN_SENT || done)
		pln_conn_free(c);
	else
		pln_conn_owe(c, PLN_OWE_RST);
}

int
pln_user_close(struct pln_tcp *tcp, uint64_t conn)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (pln_conn_has(c, PLN_CONN_LISTENER)) {
		pln_listen_close(c);
		return 0;
	}
	/* RFC 2525 §2.17, SHLD-3: bytes nobody will read mean a reset; so does linger 0. */
	if (c->recvq.bytes > 0 || c->opts.linger == 0 || !pln_conn_has(c, PLN_CONN_IN_FLOWS) ||
	    c->state == PLN_TCP_SYN_SENT) {
		abort_conn(c);
		return 0;
	}
	queue_fin(c);
	orphan(c);
	if (c->state == PLN_TCP_FIN_WAIT_2)
		pln_conn_set_timer(c, PLN_TIMER_ORPHAN, pln_conn_now(c) + tcp->cfg.fin_timeout_ns);
	return 0;
}

int
pln_user_abort(struct pln_tcp *tcp, uint64_t conn)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (pln_conn_has(c, PLN_CONN_LISTENER))
		pln_listen_close(c);
	else
		abort_conn(c);
	return 0;
}
