/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LISTEN (RFC 9293 §3.10.7.2). A SYN makes a connection in SYN-RECEIVED, counted against the listener's backlog until it is accepted.
 * Half-open connections belong to the listener: nobody else holds their handle. Where there is no room for another one the SYN,ACK is a
 * cookie, and its ACK makes the connection (tcp/listen_cookie).
 */
#include "tcp/listen.h"

#include "tcp/ext/cookie.h"
#include "tcp/ext/isn.h"
#include "tcp/fastopen.h"
#include "tcp/reset.h"

struct pln_tcp_conn *
pln_listen_find(struct pln_tcp *tcp, struct pln_be32 addr, uint16_t port)
{
	struct pln_tcp_conn *any = NULL;

	for (struct pln_tcp_conn *l = tcp->listeners; l != NULL; l = l->listener_next) {
		if (l->key.local_port != port)
			continue;
		if (l->key.local.raw == addr.raw)
			return l;
		if (l->key.local.raw == 0)
			any = l;
	}
	return any;
}

/* Options of the listener that its connections inherit. */
static void
inherit(struct pln_tcp_conn *c, struct pln_tcp_conn *listener)
{
	c->opts = listener->opts;
	c->opts.reuseaddr = false;
	c->keepalive = listener->keepalive;
	c->uto = listener->uto;
	c->delack = listener->delack;
	c->listener = listener;
	pln_conn_size_queues(c);
}

/* RFC 9293 MAY-2: the ISS of a connection that follows one in TIME-WAIT lies beyond what that one used. */
#define ISS_BEYOND_TIME_WAIT (64U << 10)

static uint32_t
choose_iss(const struct pln_tcp_conn *c, const uint32_t *used)
{
	uint32_t iss = pln_isn(&c->tcp->env->secret, &c->key, sizeof(c->key), pln_conn_now(c));

	return used != NULL && pln_seq_leq(iss, *used) ? *used + ISS_BEYOND_TIME_WAIT : iss;
}

void
pln_listen_begin(struct pln_tcp_conn *c, const struct pln_seg *syn, uint32_t iss)
{
	c->rcv.irs = syn->seq;
	c->rcv.nxt = syn->seq + 1;
	pln_rwnd_init(&c->rcv.w, c->opts.rcvbuf, c->rcv.nxt);
	c->snd.iss = iss;
	pln_conn_start_sending(c);
	pln_swnd_init(&c->snd.w, syn->seq, 0, syn->wnd);
	pln_conn_count(c, PLN_TCP_PASSIVE_OPEN);
	pln_conn_set_state(c, PLN_TCP_LISTEN, "passive open");
	pln_conn_set_state(c, PLN_TCP_SYN_RECEIVED, "SYN received");
	pln_conn_half_open(c);
	pln_conn_agree(c, syn);
}

struct pln_tcp_conn *
pln_listen_spawn(struct pln_tcp_conn *listener, const struct pln_pkt *pkt)
{
	struct pln_tcp *tcp = listener->tcp;
	struct pln_tcp_conn *c = pln_conn_alloc(tcp);

	if (c == NULL)
		return NULL;
	inherit(c, listener);
	listener->backlog_used++;
	c->flags |= PLN_CONN_ORPHAN | PLN_CONN_PASSIVE;
	c->key = (struct pln_flow_key){ pkt->ip.dst, pkt->ip.src, pkt->seg.dst_port,
		                        pkt->seg.src_port };
	if (pln_ip_path_open(tcp->ip, pkt->ip.src, pkt->ip.dst, &c->path) < 0 ||
	    pln_conn_bind_flow(c) < 0) {
		pln_conn_free(c);
		return NULL;
	}
	c->path.ttl = c->opts.ttl;
	c->path.tos = c->opts.tos;
	c->path.df = c->opts.pmtud != PLN_PMTUD_OFF;
	return c;
}

/*
 * The oldest half-open connection makes room for a new one (RFC 4987 §3.4), once its SYN,ACK has gone unanswered for a timeout: nobody
 * may be there. A younger one stays, else a burst of honest clients would push each other out, each believing that it is connected.
 */
static bool
give_way(struct pln_tcp_conn *oldest)
{
	if (oldest == NULL || oldest->retries == 0)
		return false;
	pln_conn_count(oldest, PLN_TCP_HALF_OPEN_EVICTED);
	pln_conn_closed(oldest, 0, "half-open for too long: a new SYN takes its place");
	return true;
}

static uint32_t
half_open_limit(const struct pln_tcp *tcp)
{
	uint32_t half = tcp->max_conns > 1 ? tcp->max_conns / 2 : 1;

	return tcp->cfg.max_half_open != 0 ? tcp->cfg.max_half_open : half;
}

/* Room for one more half-open connection? If not, why. */
static enum pln_drop
check_room(const struct pln_tcp_conn *listener)
{
	const struct pln_tcp *tcp = listener->tcp;

	if (listener->backlog_used >= listener->backlog)
		return PLN_TCP_BACKLOG_FULL;
	return tcp->half_open_count >= half_open_limit(tcp) ? PLN_TCP_HALF_OPEN_FULL : PLN_ACCEPT;
}

/* What happens to a SYN for which there is no room: an older one makes some, or it is lost. */
static enum pln_drop
make_room(struct pln_tcp_conn *listener)
{
	enum pln_drop drop = check_room(listener);

	if (drop == PLN_TCP_BACKLOG_FULL && give_way(listener->syn_queue.head))
		drop = check_room(listener);
	if (drop == PLN_TCP_HALF_OPEN_FULL && give_way(listener->tcp->half_open.head))
		drop = PLN_ACCEPT;
	return drop;
}

bool
pln_listen_queue_full(const struct pln_tcp_conn *listener)
{
	return listener->backlog_used - listener->half_open_here >= listener->backlog;
}

/* RFC 4987 §3.6: a cookie instead of a half-open connection, unless those that nobody accepts are too many already. */
static bool
wants_cookie(const struct pln_tcp_conn *listener)
{
	uint32_t mode = listener->tcp->cfg.syncookies;

	if (mode == PLN_COOKIE_NEVER || pln_listen_queue_full(listener))
		return false;
	return mode == PLN_COOKIE_ALWAYS || check_room(listener) != PLN_ACCEPT;
}

static const char *
accept_syn(struct pln_tcp_conn *listener, struct pln_pkt *pkt, const uint32_t *used, bool *taken)
{
	struct pln_tcp *tcp = listener->tcp;
	struct pln_tcp_conn *c;
	enum pln_drop drop;

	if (wants_cookie(listener))
		return pln_listen_cookie_send(listener, pkt);
	drop = make_room(listener);
	if (drop != PLN_ACCEPT) {
		pln_counters_inc(&tcp->env->counters, drop);
		return "3.10.7.2 third: SYN, but the backlog is full";
	}
	c = pln_listen_spawn(listener, pkt);
	if (c == NULL) {
		pln_counters_inc(&tcp->env->counters, PLN_TCP_NO_MEMORY);
		return "3.10.7.2 third: SYN, but there is no room for a connection";
	}
	pln_listen_begin(c, &pkt->seg, choose_iss(c, used));
	/* Payload of the SYN is not taken and not acknowledged: the peer sends it again (§3.10.7.2 allows both). But for Fast Open. */
	*taken = pln_fastopen_syn(c, pkt);
	pln_conn_owe(c, PLN_OWE_SYN);
	return "3.10.7.2 third: SYN, connection begun";
}

const char *
pln_listen_rx(struct pln_tcp_conn *listener, struct pln_pkt *pkt, const uint32_t *used, bool *taken)
{
	struct pln_counters *counters = &listener->tcp->env->counters;

	if ((pkt->seg.flags & PLN_TCP_RST) != 0) {
		pln_counters_inc(counters, PLN_TCP_LISTEN_NOT_SYN);
		return "3.10.7.2 first: RST ignored";
	}
	if ((pkt->seg.flags & PLN_TCP_ACK) != 0) {
		pln_counters_inc(counters, PLN_TCP_LISTEN_NOT_SYN);
		pln_reset_answer(listener->tcp, pkt);
		return "3.10.7.2 second: ACK without a connection, reset";
	}
	if ((pkt->seg.flags & PLN_TCP_SYN) == 0) {
		pln_counters_inc(counters, PLN_TCP_LISTEN_NOT_SYN);
		return "3.10.7.2 fourth: neither SYN nor ACK, dropped";
	}
	return accept_syn(listener, pkt, used, taken);
}

void
pln_listen_offer(struct pln_tcp_conn *c)
{
	struct pln_tcp_conn *l = c->listener;

	c->flags &= ~(uint32_t)PLN_CONN_ORPHAN;
	c->flags |= PLN_CONN_ON_ACCEPTQ;
	pln_conn_stop_timer(c, PLN_TIMER_ORPHAN);
	c->accept_next = NULL;
	if (l->accept_tail != NULL)
		l->accept_tail->accept_next = c;
	else
		l->accept_head = c;
	l->accept_tail = c;
	pln_conn_tell(l, PLN_EV_ACCEPTED);
}

struct pln_tcp_conn *
pln_listen_take(struct pln_tcp_conn *listener)
{
	struct pln_tcp_conn *c = listener->accept_head;

	if (c == NULL)
		return NULL;
	listener->accept_head = c->accept_next;
	if (listener->accept_head == NULL)
		listener->accept_tail = NULL;
	listener->backlog_used--;
	c->flags &= ~(uint32_t)PLN_CONN_ON_ACCEPTQ;
	c->listener = NULL;
	c->accept_next = NULL;
	return c;
}

/* End a connection that nobody will accept. */
static void
refuse(struct pln_tcp_conn *c)
{
	c->flags |= PLN_CONN_ORPHAN;
	if (c->state == PLN_TCP_CLOSED || c->state == PLN_TCP_TIME_WAIT)
		pln_conn_free(c);
	else
		pln_conn_owe(c, PLN_OWE_RST);
}

void
pln_listen_close(struct pln_tcp_conn *listener)
{
	struct pln_tcp *tcp = listener->tcp;
	struct pln_tcp_conn **link = &tcp->listeners, *c;
	uint32_t cursor = 0;

	while ((c = pln_listen_take(listener)) != NULL)
		refuse(c);
	while (listener->backlog_used > 0 && (c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL) {
		if (c->listener != listener)
			continue;
		listener->backlog_used--;
		pln_conn_not_half_open(c);
		c->listener = NULL;
		refuse(c);
	}
	while (*link != listener)
		link = &(*link)->listener_next;
	*link = listener->listener_next;
	pln_conn_free(listener);
}
