/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection's life: made, entered in the tables, told about, ended. What a segment, a call or a timer means to it is decided in
 * the doors; here stands what they have in common.
 */
#include "tcp/conn.h"

#include "tcp/buffers.h"
#include "tcp/ext/isn.h"
#include "tcp/fastopen.h"
#include "tcp/listen.h"
#include "tcp/loss_sack.h"
#include "tcp/pacing.h"
#include "tcp/probe_mtu.h"
#include "tcp/reset.h"
#include "tcp/snd/mss.h"
#include "tcp/trace.h"

static_assert(sizeof(struct pln_timewait_rec) <= 64, "a TIME-WAIT record is one cache line");

/* Lists. */

static void
list_append(struct pln_tcp_list *list, struct pln_tcp_conn *c, struct pln_tcp_link *link,
            size_t offset)
{
	link->next = NULL;
	link->prev = list->tail;
	if (list->tail != NULL)
		((struct pln_tcp_link *)(void *)((char *)list->tail + offset))->next = c;
	else
		list->head = c;
	list->tail = c;
}

static void
list_remove(struct pln_tcp_list *list, struct pln_tcp_link *link, size_t offset)
{
	if (link->prev != NULL)
		((struct pln_tcp_link *)(void *)((char *)link->prev + offset))->next = link->next;
	else
		list->head = link->next;
	if (link->next != NULL)
		((struct pln_tcp_link *)(void *)((char *)link->next + offset))->prev = link->prev;
	else
		list->tail = link->prev;
	link->next = link->prev = NULL;
}

void
pln_conn_owe(struct pln_tcp_conn *c, unsigned int owe)
{
	c->owe |= (uint8_t)owe;
	if (pln_conn_has(c, PLN_CONN_DIRTY))
		return;
	c->flags |= PLN_CONN_DIRTY;
	list_append(&c->tcp->dirty, c, &c->dirty_link, offsetof(struct pln_tcp_conn, dirty_link));
}

void
pln_conn_soft_error(struct pln_tcp_conn *c, int error)
{
	c->soft_error = error;
	c->flags |= PLN_CONN_SOFT_ERROR;
	if (c->tcp->cfg.soft_errors)
		pln_conn_tell(c, PLN_EV_SOFT_ERROR);
}

void
pln_conn_half_open(struct pln_tcp_conn *c)
{
	PLN_ASSERT(c->listener != NULL);
	c->flags |= PLN_CONN_HALF_OPEN;
	c->tcp->half_open_count++;
	c->listener->half_open_here++;
	list_append(&c->listener->syn_queue, c, &c->syn_link,
	            offsetof(struct pln_tcp_conn, syn_link));
	list_append(&c->tcp->half_open, c, &c->half_link, offsetof(struct pln_tcp_conn, half_link));
}

void
pln_conn_not_half_open(struct pln_tcp_conn *c)
{
	if (!pln_conn_has(c, PLN_CONN_HALF_OPEN))
		return;
	PLN_ASSERT(c->listener != NULL);
	c->flags &= ~(uint32_t)PLN_CONN_HALF_OPEN;
	c->tcp->half_open_count--;
	c->listener->half_open_here--;
	list_remove(&c->listener->syn_queue, &c->syn_link, offsetof(struct pln_tcp_conn, syn_link));
	list_remove(&c->tcp->half_open, &c->half_link, offsetof(struct pln_tcp_conn, half_link));
}

/* MUST-39 means the Eff.snd.MSS of the peer; it knows best, but before it has sent a full segment our own word bounds it. */
uint32_t
pln_conn_rcv_mss(const struct pln_tcp_conn *c)
{
	uint32_t told = pln_mss_advertise(c->tcp->ip->mtu, c->opts.user_mss);

	return c->delack.rcv_mss > told ? c->delack.rcv_mss : told;
}

void
pln_conn_clean(struct pln_tcp_conn *c)
{
	if (!pln_conn_has(c, PLN_CONN_DIRTY))
		return;
	c->flags &= ~(uint32_t)PLN_CONN_DIRTY;
	list_remove(&c->tcp->dirty, &c->dirty_link, offsetof(struct pln_tcp_conn, dirty_link));
}

void
pln_conn_tell(struct pln_tcp_conn *c, unsigned int bits)
{
	c->ev_bits |= bits;
	if (!pln_conn_has(c, PLN_CONN_ANNOUNCED) || pln_conn_has(c, PLN_CONN_READY) ||
	    c->ev_bits == 0)
		return;
	c->flags |= PLN_CONN_READY;
	list_append(&c->tcp->ready, c, &c->ready_link, offsetof(struct pln_tcp_conn, ready_link));
}

void
pln_conn_told(struct pln_tcp_conn *c)
{
	if (!pln_conn_has(c, PLN_CONN_READY))
		return;
	c->flags &= ~(uint32_t)PLN_CONN_READY;
	list_remove(&c->tcp->ready, &c->ready_link, offsetof(struct pln_tcp_conn, ready_link));
}

/* Timers. */

void
pln_conn_set_timer(struct pln_tcp_conn *c, enum pln_timer_id id, uint64_t at)
{
	c->deadline[id] = at;
	if (at == PLN_NEVER)
		return;
	if (!pln_wheel_armed(&c->timer.node) || at < c->timer.node.deadline)
		pln_env_arm(c->tcp->env, &c->timer, at);
}

static void
stop_timers(struct pln_tcp_conn *c)
{
	for (unsigned int i = 0; i < PLN_TIMER_COUNT; i++)
		c->deadline[i] = PLN_NEVER;
	pln_env_cancel(c->tcp->env, &c->timer);
}

/* Birth. */

static void
copy_settings(struct pln_tcp_conn *c, const struct pln_tcp_config *cfg)
{
	c->opts = (struct pln_conn_opts){
		.sndbuf = cfg->sndbuf,
		.rcvbuf = cfg->rcvbuf,
		.user_timeout_ns = cfg->user_timeout_ns,
		.user_mss = (uint16_t)cfg->max_segment,
		.linger = -1,
		.syn_retries = (uint8_t)cfg->syn_retries,
		.ttl = (uint8_t)cfg->ttl,
		.nodelay = !cfg->nagle,
		.pmtud = (uint8_t)cfg->pmtud,
		.timestamps = cfg->timestamps,
		.wscale = cfg->wscale,
		.sack = cfg->sack,
		.dsack = cfg->dsack,
		.rack = cfg->rack,
		.tlp = cfg->tlp,
		.prr = cfg->prr,
		.cc = cfg->cc,
		.pacing = (uint8_t)cfg->pacing,
		.rcv_auto = cfg->rcvbuf_max > cfg->rcvbuf,
		.snd_auto = cfg->sndbuf_max > cfg->sndbuf,
		.rcv_scale = pln_rwnd_scale(cfg->rcvbuf_max > cfg->rcvbuf ? cfg->rcvbuf_max
		                                                          : cfg->rcvbuf),
	};
	pln_keepalive_init(&c->keepalive);
	c->keepalive.idle_ns = cfg->keepalive_idle_ns;
	c->keepalive.interval_ns = cfg->keepalive_interval_ns;
	c->keepalive.count = (uint8_t)cfg->keepalive_count;
	c->keepalive.on = cfg->keepalive;
	c->validate.on = cfg->cwnd_validation;
	c->uto = (struct pln_uto){ .adv_ns = cfg->user_timeout_ns,
		                   .low_ns = cfg->uto_min_ns,
		                   .high_ns = cfg->uto_max_ns,
		                   .mode = (uint8_t)cfg->uto };
	pln_rto_init(&c->rto, cfg->rto_init_ns, cfg->rto_min_ns, cfg->rto_max_ns);
	pln_delack_init(&c->delack, cfg->delack_ns, (uint16_t)cfg->delack_segs,
	                (uint16_t)cfg->quickack_segs);
}

struct pln_tcp_conn *
pln_conn_alloc(struct pln_tcp *tcp)
{
	struct pln_tcp_conn *c = pln_pool_alloc(&tcp->conns);

	if (c == NULL)
		return NULL;
	c->tcp = tcp;
	c->handle = pln_pool_handle(&tcp->conns, c);
	c->state = PLN_TCP_CLOSED;
	c->timer.fire = pln_tcp_timeout;
	c->timer.room = tcp;
	for (unsigned int i = 0; i < PLN_TIMER_COUNT; i++)
		c->deadline[i] = PLN_NEVER;
	copy_settings(c, &tcp->cfg);
	pln_rtt_init(&c->rtt);
	pln_conn_size_queues(c);
	return c;
}

void
pln_conn_start_sending(struct pln_tcp_conn *c)
{
	c->snd.una = c->snd.nxt = c->snd.high_rxt = c->snd.recover = c->snd.iss;
	pln_sendq_init(&c->sendq, c->snd.iss + 1);
	pln_validate_begin(&c->validate, c->snd.iss + 1);
	c->uto.due = true;
	pln_ecn_init(&c->ecn, (enum pln_ecn_mode)c->tcp->cfg.ecn, c->opts.cc->exact_marks,
	             c->snd.iss);
	c->ts.offset = pln_isn_ts_offset(&c->tcp->env->secret, &c->key, sizeof(c->key));
}

/* Tables. */

int
pln_conn_bind_flow(struct pln_tcp_conn *c)
{
	uint32_t index = (uint32_t)(c->handle & UINT32_MAX) - 1;
	int rc = pln_flow_table_insert(&c->tcp->flows, &c->key, index);

	if (rc < 0)
		return rc == -EEXIST ? -EADDRINUSE : rc;
	c->flags |= PLN_CONN_IN_FLOWS;
	c->tcp->alive++;
	return 0;
}

static void
unbind_flow(struct pln_tcp_conn *c)
{
	if (!pln_conn_has(c, PLN_CONN_IN_FLOWS))
		return;
	c->flags &= ~(uint32_t)PLN_CONN_IN_FLOWS;
	c->tcp->alive--;
	pln_flow_table_remove(&c->tcp->flows, &c->key);
}

struct pln_tcp_conn *
pln_conn_lookup(struct pln_tcp *tcp, uint64_t handle)
{
	struct pln_tcp_conn *c = pln_pool_lookup(&tcp->conns, handle);

	return c != NULL && !pln_conn_has(c, PLN_CONN_ORPHAN | PLN_CONN_MOVING) ? c : NULL;
}

/* States. */

void
pln_conn_set_state(struct pln_tcp_conn *c, enum pln_tcp_state to, const char *why)
{
	PLN_ASSERT(pln_state_legal((enum pln_tcp_state)c->state, to));
	pln_trace_state(c->tcp->trace, c, (uint8_t)to, why);
	c->state = (uint8_t)to;
}

void
pln_conn_sync_mss(struct pln_tcp_conn *c)
{
	uint8_t every_segment = c->ts.on ? 12 : 0;

	c->smss = pln_mss_effective(c->peer_mss, c->path.mtu, c->opts.user_mss, every_segment);
	/* A window of less than a segment would wait for ever. */
	if (c->cc.ops != NULL && c->cc.cwnd < c->smss)
		c->cc.cwnd = c->smss;
}

void
pln_conn_agree(struct pln_tcp_conn *c, const struct pln_seg *syn)
{
	uint8_t present = syn->opts.present;

	c->peer_mss = (present & PLN_TCP_OPT_MSS) != 0 ? syn->opts.mss : 0;
	/* RFC 7323 §1.3, §2.2: scaling is in force when both SYNs carried it; a shift above 14 is taken as 14. */
	if ((present & PLN_TCP_OPT_WSCALE) != 0 && c->opts.wscale) {
		c->snd.w.scale = syn->opts.wscale > PLN_TCP_OPTS_MAX_WSCALE
		                         ? (uint8_t)PLN_TCP_OPTS_MAX_WSCALE
		                         : syn->opts.wscale;
		c->rcv.w.scale = c->opts.rcv_scale;
		c->flags |= PLN_CONN_WSCALE;
	}
	if ((syn->flags & PLN_TCP_ACK) != 0)
		pln_ecn_syn_ack(&c->ecn, syn->flags);
	else
		pln_ecn_syn(&c->ecn, (enum pln_ecn_mode)c->tcp->cfg.ecn, syn->flags);
	pln_conn_user_timeout(c, syn);
	c->sack_ok = (present & PLN_TCP_OPT_SACK_OK) != 0 && c->opts.sack;
	c->ts.last_ack_sent = c->rcv.nxt;
	if ((present & PLN_TCP_OPT_TS) != 0 && c->opts.timestamps) {
		c->ts.on = true;
		c->ts.recent = syn->opts.tsval;
		c->ts.recent_ns = pln_conn_now(c);
	}
	pln_probe_mtu_begin(c);
	pln_conn_sync_mss(c);
}

/* The first round trip: by the SYN, if it was sent once (Karn), else by the echoed timestamp. */
static void
measure_syn(struct pln_tcp_conn *c, const struct pln_seg *ack)
{
	uint64_t now = pln_conn_now(c), rtt = now - c->stats.last_tx;

	if (pln_conn_has(c, PLN_CONN_BY_COOKIE))
		return; /* and the echo is of a timestamp that says other things too */
	if (pln_conn_has(c, PLN_CONN_SYN_AGAIN)) {
		rtt = c->ts.on ? pln_ts_rtt(&c->ts, ack->opts.tsecr, now) : 0;
		if (rtt == 0)
			return;
	}
	pln_rtt_sample(&c->rtt, rtt, 0);
	pln_rto_update(&c->rto, &c->rtt);
}

void
pln_conn_established(struct pln_tcp_conn *c, const struct pln_seg *ack)
{
	const struct pln_tcp_config *cfg = &c->tcp->cfg;
	bool syn_lost = pln_conn_has(c, PLN_CONN_SYN_LOST);

	measure_syn(c, ack);
	c->snd.una = c->snd.iss +
	             1; /* SEG.ACK may cover data that went with the SYN: step_ack sees to it */
	c->owe &= (uint8_t)~PLN_OWE_SYN;
	c->flags &= ~(uint32_t)(PLN_CONN_R1 | PLN_CONN_SOFT_ERROR);
	pln_conn_not_half_open(c);
	pln_conn_set_state(c, PLN_TCP_ESTABLISHED, "our SYN is acknowledged");
	pln_conn_count(c, PLN_TCP_CONNECTED);
	pln_cc_init(&c->cc, c->opts.cc, pln_cc_initial_window(c->smss, cfg->init_cwnd, syn_lost));
	/* RFC 6298 §5.7: after a lost SYN, and no sample, start with 3 s. */
	if (syn_lost && !pln_rtt_valid(&c->rtt) && c->rto.rto_ns < 3 * PLN_NS_PER_S)
		c->rto.rto_ns = 3 * PLN_NS_PER_S;
	c->rto.backoff = 0;
	c->retries = 0;
	c->stats.last_ack_rx = pln_conn_now(c);
	c->snd.recover =
		c->snd.iss -
		1; /* so that the loss of the very first segment counts as new (RFC 6582 §3.2 step 2) */
	pln_loss_sack_begin(c);
	pln_pacing_update(c);
	pln_conn_stop_timer(c, PLN_TIMER_RTO);
	if (c->snd.nxt != c->snd.una)
		pln_conn_set_timer(c, PLN_TIMER_RTO, pln_conn_now(c) + pln_rto_get(&c->rto));
	pln_conn_set_timer(c, PLN_TIMER_KEEPALIVE,
	                   pln_keepalive_deadline(&c->keepalive, pln_conn_now(c)));
	if (pln_conn_has(c, PLN_CONN_FIN_QUEUED))
		pln_conn_set_state(c, PLN_TCP_FIN_WAIT_1, "closed before it was open");
	if (pln_conn_has(c, PLN_CONN_FASTOPEN))
		pln_fastopen_done(c); /* offered long ago */
	else if (c->listener == NULL)
		pln_conn_tell(c, PLN_EV_CONNECTED | PLN_EV_WRITABLE);
	else if (c->opts.defer_accept == 0)
		pln_listen_offer(c);
	else
		pln_conn_set_timer(c, PLN_TIMER_ORPHAN,
		                   pln_conn_now(c) + c->opts.defer_accept * PLN_NS_PER_S);
}

uint32_t
pln_conn_flight(const struct pln_tcp_conn *c)
{
	uint32_t outstanding = c->snd.nxt - c->snd.una;
	uint32_t again = pln_seq_max(c->snd.high_rxt, c->snd.una);
	int64_t pipe = (int64_t)outstanding - pln_scoreboard_gone(&c->sendq.board);

	if (c->sack_ok)
		return pipe > 0 ? (uint32_t)pipe : 0;
	if (c->ca_state == PLN_TCP_CA_LOSS && pln_seq_lt(again, c->snd.recover))
		return outstanding - (c->snd.recover - again);
	return outstanding;
}

/* Death. */

void
pln_conn_free_retired(struct pln_tcp *tcp, struct pln_retired *retired)
{
	while (retired->ranges != NULL) {
		struct pln_range *range = retired->ranges;

		retired->ranges = range->next;
		pln_pool_free(&tcp->ranges, range);
	}
	pln_mbuf_sendref_free(retired->refs);
	retired->refs = NULL;
}

static void
drop_send_queue(struct pln_tcp_conn *c)
{
	struct pln_retired retired;

	pln_sendq_drain(&c->sendq, &retired);
	pln_conn_free_retired(c->tcp, &retired);
}

void
pln_conn_drop_received(struct pln_tcp_conn *c, bool in_order_too)
{
	struct pln_pktq dead = { 0 };

	pln_reasm_drain(&c->reasm, &dead);
	pln_buffers_settle(c);
	c->sackgen = (struct pln_sackgen){ 0 };
	if (in_order_too)
		pln_recvq_consume(&c->recvq, c->recvq.bytes, &dead);
	pln_mbuf_free_pkts(&dead);
}

/* Out of the tables and timers, nothing left to send: only what the application may still want to read and ask stays. */
static void
disconnect(struct pln_tcp_conn *c)
{
	pln_conn_not_half_open(c);
	if (pln_conn_has(c, PLN_CONN_FASTOPEN))
		pln_fastopen_done(c);
	unbind_flow(c);
	stop_timers(c);
	drop_send_queue(c);
	pln_conn_drop_received(c, false);
	c->owe = 0;
	pln_conn_clean(c);
	pln_ip_path_close(c->tcp->ip, &c->path);
	if (c->listener != NULL && !pln_conn_has(c, PLN_CONN_ON_ACCEPTQ)) {
		c->listener->backlog_used--;
		c->listener = NULL;
	}
}

void
pln_conn_free(struct pln_tcp_conn *c)
{
	disconnect(c);
	pln_conn_drop_received(c, true);
	pln_conn_told(c);
	pln_pool_free(&c->tcp->conns, c);
}

void
pln_conn_closed(struct pln_tcp_conn *c, int error, const char *why)
{
	if (c->state != PLN_TCP_CLOSED)
		pln_conn_set_state(c, PLN_TCP_CLOSED, why);
	if (pln_conn_has(c, PLN_CONN_ORPHAN)) {
		pln_conn_free(c);
		return;
	}
	disconnect(c);
	c->error = error;
	c->ev_bits &=
		~(uint32_t)
			PLN_EV_SOFT_ERROR; /* it has become the error, or does not matter any more */
	pln_conn_tell(c, PLN_EV_CLOSED);
}

void
pln_conn_to_time_wait(struct pln_tcp_conn *c)
{
	uint32_t wnd = pln_rwnd_offer(&c->rcv.w, c->rcv.nxt, c->recvq.bytes, pln_conn_rcv_mss(c));
	struct pln_timewait_rec rec = {
		.key = c->key,
		.snd_nxt = c->snd.nxt,
		.rcv_nxt = c->rcv.nxt,
		.ts_recent = c->ts.recent,
		.ts_offset = c->ts.offset,
		.ts_on = c->ts.on,
		.wnd = (uint16_t)(wnd >> c->rcv.w.scale),
		.ttl = c->opts.ttl,
		.tos = c->opts.tos,
	};
	struct pln_tcp *tcp = c->tcp;
	bool owes_ack = (c->owe & PLN_OWE_ACK) != 0;

	pln_conn_set_state(c, PLN_TCP_TIME_WAIT, "both sides have closed");
	pln_conn_count(c, PLN_TCP_ENTER_TIME_WAIT);
	disconnect(c);
	pln_timewait_add(&tcp->timewait, &rec, tcp->cfg.time_wait_ns);
	if (owes_ack)
		pln_reset_ack_time_wait(tcp, &rec);
	if (pln_conn_has(c, PLN_CONN_ORPHAN))
		pln_conn_free(c);
	else
		pln_conn_tell(c, PLN_EV_PEER_CLOSED | PLN_EV_CLOSED);
}
