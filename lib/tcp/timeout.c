/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DOOR 3: a timer expires (RFC 9293 §3.10.8). The connection's one wheel node fires; every deadline that has come goes to its handler;
 * the node is armed again for the earliest that is left. A handler may end the connection: then nothing more is touched.
 */
#include "tcp/listen.h"
#include "tcp/loss_sack.h"
#include "tcp/probe_mtu.h"
#include "tcp/rating.h"
#include "tcp/recovery.h"
#include "tcp/tail_probe.h"

/* Has the peer been silent for the user timeout? */
static bool
user_timeout_over(const struct pln_tcp_conn *c)
{
	return c->opts.user_timeout_ns != 0 && c->retries > 0 &&
	       pln_conn_now(c) - c->silent_since_ns >= c->opts.user_timeout_ns;
}

/* R2 (RFC 9293 §3.8.3): a time if the user has set one (MUST-21), else a number of time-outs. */
static bool
r2_passed(const struct pln_tcp_conn *c)
{
	if (c->opts.user_timeout_ns != 0)
		return user_timeout_over(c);
	return c->retries >= c->tcp->cfg.retries2;
}

static void
give_up(struct pln_tcp_conn *c, const char *why)
{
	pln_conn_count(c, PLN_TCP_TIMED_OUT);
	pln_conn_closed(c, pln_conn_has(c, PLN_CONN_SOFT_ERROR) ? c->soft_error : -ETIMEDOUT, why);
}

/* One more time-out without an answer: counts it, doubles the RTO and arms the timer again (RFC 6298 §5.5, §5.6). The user timeout is
 * not slept through. */
static void
retry(struct pln_tcp_conn *c, enum pln_timer_id id)
{
	uint64_t now = pln_conn_now(c), at, limit;

	if (c->retries == 0)
		c->silent_since_ns = now - pln_rto_get(&c->rto);
	c->retries++;
	pln_rto_back_off(&c->rto);
	at = now + pln_rto_get(&c->rto);
	limit = c->silent_since_ns + c->opts.user_timeout_ns;
	pln_conn_set_timer(c, id, limit > now && limit < at ? limit : at);
}

/* R1: tell those below that the path may be bad, and the application that data is late (MUST-20, SHLD-9): the neighbour is asked again. */
static void
pass_r1(struct pln_tcp_conn *c)
{
	if (c->retries < c->tcp->cfg.retries1 || pln_conn_has(c, PLN_CONN_R1))
		return;
	c->flags |= PLN_CONN_R1;
	pln_ip_path_suspect(c->tcp->ip, &c->path);
	if (!pln_conn_has(c, PLN_CONN_SOFT_ERROR))
		pln_conn_soft_error(c, -ETIMEDOUT);
}

/* SYN or SYN,ACK unanswered (MUST-22, MUST-23). Returns false when the connection is gone. */
static bool
syn_timeout(struct pln_tcp_conn *c)
{
	uint32_t limit =
		c->state == PLN_TCP_SYN_SENT ? c->opts.syn_retries : c->tcp->cfg.synack_retries;

	if (c->retries >= limit || user_timeout_over(c)) {
		give_up(c, "no answer to our SYN");
		return false;
	}
	pln_conn_count(c, PLN_TCP_RTO);
	c->flags |= PLN_CONN_SYN_LOST;
	if (c->ecn.asks) /* RFC 3168 §6.1.1.1: perhaps it was lost for what it asked */
		pln_conn_count(c, PLN_TCP_ECN_UNANSWERED);
	c->ecn.asks = false;
	retry(c, PLN_TIMER_RTO);
	pass_r1(c);
	pln_conn_owe(c, PLN_OWE_SYN);
	return true;
}

static bool
on_persist(struct pln_tcp_conn *c)
{
	if (c->snd.una == c->snd.nxt && pln_sendq_unsent(&c->sendq) == 0)
		return true; /* all was taken after all */
	/* Probes that are answered reset `retries` (step_ack): only a silent peer gets here. */
	if (r2_passed(c)) {
		give_up(c, "zero-window probes unanswered");
		return false;
	}
	retry(c, PLN_TIMER_PERSIST);
	pass_r1(c);
	pln_conn_owe(c, PLN_OWE_PROBE);
	return true;
}

static bool
on_rto(struct pln_tcp_conn *c)
{
	if (c->state == PLN_TCP_SYN_SENT || c->state == PLN_TCP_SYN_RECEIVED)
		return syn_timeout(c);
	if (c->snd.una == c->snd.nxt)
		return true;
	/* The peer has closed its window over data in flight: probe, it is not congestion (SHLD-17). */
	if (c->snd.w.wnd == 0)
		return on_persist(c);
	if (r2_passed(c)) {
		give_up(c, "retransmissions unanswered");
		return false;
	}
	pln_probe_mtu_timeout(c);
	pln_recovery_timeout(c);
	retry(c, PLN_TIMER_RTO);
	pass_r1(c);
	return true;
}

static bool
on_delack(struct pln_tcp_conn *c)
{
	pln_conn_owe(c, PLN_OWE_ACK);
	return true;
}

static bool
on_push(struct pln_tcp_conn *c)
{
	pln_conn_owe(c, PLN_OWE_PUSH);
	pln_conn_writable(c);
	return true;
}

static bool
on_pace(struct pln_tcp_conn *c)
{
	pln_conn_owe(c, 0);
	return true;
}

static bool
on_keepalive(struct pln_tcp_conn *c)
{
	uint64_t heard = c->stats.last_ack_rx, now = pln_conn_now(c);

	/* MUST-26: only when nothing is outstanding; data in flight has its own timer, and probes before it are history. */
	if (c->snd.una != c->snd.nxt) {
		pln_keepalive_heard(&c->keepalive);
		pln_conn_set_timer(c, PLN_TIMER_KEEPALIVE,
		                   pln_keepalive_deadline(&c->keepalive, now));
		return true;
	}
	switch (pln_keepalive_due(&c->keepalive, heard, now)) {
	case PLN_KEEPALIVE_WAIT:
		break;
	case PLN_KEEPALIVE_PROBE:
		pln_conn_owe(c, PLN_OWE_KEEPALIVE);
		break;
	case PLN_KEEPALIVE_GIVE_UP:
		pln_conn_count(c, PLN_TCP_TIMED_OUT);
		pln_conn_closed(c, -ETIMEDOUT, "keep-alive probes unanswered");
		return false;
	}
	pln_conn_set_timer(c, PLN_TIMER_KEEPALIVE, pln_keepalive_deadline(&c->keepalive, heard));
	return true;
}

/* DEFER_ACCEPT: the peer has had its time to say something. Else FIN-WAIT-2. */
static bool
on_orphan(struct pln_tcp_conn *c)
{
	if (c->listener != NULL) {
		pln_listen_offer(c);
		return true;
	}
	pln_conn_closed(c, -ETIMEDOUT, "the peer never closed its side");
	return false;
}

static bool
on_reorder(struct pln_tcp_conn *c)
{
	pln_loss_sack_reorder_timeout(c);
	return true;
}

static bool
on_probe_tail(struct pln_tcp_conn *c)
{
	pln_tail_probe_due(c);
	return true;
}

/* Each answers whether the connection still exists. */
static bool (*const handlers[PLN_TIMER_COUNT])(struct pln_tcp_conn *c) = {
	[PLN_TIMER_REORDER] = on_reorder, [PLN_TIMER_PROBE_TAIL] = on_probe_tail,
	[PLN_TIMER_RTO] = on_rto,         [PLN_TIMER_PERSIST] = on_persist,
	[PLN_TIMER_DELACK] = on_delack,   [PLN_TIMER_PACE] = on_pace,
	[PLN_TIMER_PUSH] = on_push,       [PLN_TIMER_KEEPALIVE] = on_keepalive,
	[PLN_TIMER_ORPHAN] = on_orphan,
};

void
pln_tcp_timeout(struct pln_timer *timer, void *room)
{
	struct pln_tcp_conn *c = PLN_CONTAINER_OF(timer, struct pln_tcp_conn, timer);
	const struct pln_tcp *tcp = room;
	uint64_t next;

	if (c->rate.on)
		pln_rating_check(c);
	for (unsigned int i = 0; i < PLN_TIMER_COUNT; i++) {
		if (c->deadline[i] > tcp->env->now)
			continue;
		c->deadline[i] = PLN_NEVER;
		if (!handlers[i](c))
			return;
	}
	next = pln_timers_next(c->deadline);
	if (next != PLN_NEVER)
		pln_env_arm(tcp->env, &c->timer, next);
}
