/* SPDX-License-Identifier: BSD-3-Clause */
/* STATUS (RFC 9293 §3.9.1.6): what a connection can say about itself: snapshot, readiness, error. In words: tcp/why. */
#include "base/ip4.h"
#include "tcp/conn.h"
#include "tcp/loss_sack.h"
#include "tcp/output.h"
#include "tcp/pacing.h"
#include "tcp/rating.h"
#include "tcp/snd/mss.h"
#include "tcp/trace.h"
#include "tcp/urgent.h"
#include "tcp/user.h"
#include "tcp/why.h"

#define REORDERING_LEAST 3U /* segments: RFC 5681 §3.2 waits for as many duplicates */

enum limit {
	LIMIT_NONE = 0,
	LIMIT_BUSY,
	LIMIT_RWND,
	LIMIT_SNDBUF,
	LIMIT_PACING,
	LIMIT_CWND,
};

/* What holds this connection back now? */
static enum limit
limited_by(const struct pln_tcp_conn *c)
{
	uint32_t unsent = pln_sendq_unsent(&c->sendq);

	if (c->snd.una == c->snd.nxt && unsent == 0)
		return LIMIT_NONE;
	if (unsent > 0 && c->snd.w.wnd < (uint64_t)(c->snd.nxt - c->snd.una) + c->smss)
		return LIMIT_RWND;
	if (unsent == 0 && pln_conn_has(c, PLN_CONN_WANT_WRITE))
		return LIMIT_SNDBUF;
	if (pln_pacing_waits(c))
		return LIMIT_PACING;
	/* Before the handshake is over there is no congestion control yet. */
	if (unsent > 0 && c->cc.ops != NULL && pln_output_cwnd_room(c) < c->smss)
		return LIMIT_CWND;
	return LIMIT_BUSY;
}

/* The time since it was last charged goes to what has held the connection back since. */
static void
charge(struct pln_conn_stats *s, uint64_t now)
{
	uint64_t spent = now - s->limited_since;

	if (s->limited_by != LIMIT_NONE)
		s->busy_ns += spent;
	if (s->limited_by == LIMIT_RWND)
		s->rwnd_limited_ns += spent;
	if (s->limited_by == LIMIT_SNDBUF)
		s->sndbuf_limited_ns += spent;
	if (s->limited_by == LIMIT_PACING)
		s->pacing_limited_ns += spent;
	if (s->limited_by == LIMIT_CWND)
		s->cwnd_limited_ns += spent;
	s->limited_since = now;
}

void
pln_conn_chrono(struct pln_tcp_conn *c)
{
	enum limit limit = limited_by(c);

	if (limit == c->stats.limited_by)
		return;
	charge(&c->stats, pln_conn_now(c));
	c->stats.limited_by = (uint8_t)limit;
}

static uint32_t
in_segments(const struct pln_tcp_conn *c, uint32_t bytes)
{
	return c->smss == 0 ? 0 : (bytes + c->smss - 1) / c->smss;
}

static void
fill_identity(const struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	info->local = pln_ip4_endpoint(c->key.local, c->key.local_port);
	info->remote = pln_ip4_endpoint(c->key.remote, c->key.remote_port);
	info->state = pln_why_state(c);
	info->ca_state = (enum pln_tcp_ca_state)c->ca_state;
	info->error = c->error;
	info->soft_error = c->soft_error;
	info->cc = c->opts.cc->name;
	info->timestamps = c->ts.on;
	info->sack = c->sack_ok;
	info->ecn = c->ecn.on;
	info->wscale = pln_conn_has(c, PLN_CONN_WSCALE);
	info->snd_wscale = c->snd.w.scale;
	info->rcv_wscale = c->rcv.w.scale;
	info->waiting = pln_why_phrase(c);
}

static void
fill_estimates(const struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	info->backoff = c->rto.backoff;
	info->retransmits = c->retries;
	info->total_retrans = c->stats.retrans_segs;
	info->rto_ns = pln_rto_get(&c->rto);
	info->ato_ns = c->delack.delay_ns;
	info->rtt_ns = c->rtt.srtt_ns;
	info->rttvar_ns = c->rtt.rttvar_ns;
	info->min_rtt_ns = pln_rack_min_rtt(&c->loss.rack);
	info->snd_mss = c->smss;
	info->rcv_mss = c->delack.rcv_mss;
	info->advmss = pln_mss_advertise(c->tcp->ip->mtu, c->opts.user_mss);
	info->pmtu = c->path.mtu;
	info->reordering = in_segments(c, c->loss.distance);
	if (info->reordering < REORDERING_LEAST)
		info->reordering = REORDERING_LEAST;
	info->reord_seen = c->loss.reordered;
	info->cwnd_validated = c->validate.since_ns == 0;
	info->pipe_ack_bytes = pln_validate_pipe(&c->validate);
	info->mtu_probe = c->probe.search.size;
	info->mtu_probes = c->probe.sent;
	info->user_timeout_ns = c->opts.user_timeout_ns;
	info->peer_user_timeout_ns = c->uto.remote_ns;
	info->rcv_rtt_ns = c->autotune.rtt_ns;
	info->sndbuf = c->opts.sndbuf;
	info->cwnd_bytes = c->cc.cwnd;
	info->snd_cwnd = c->smss == 0 ? 0 : c->cc.cwnd / c->smss;
	info->snd_ssthresh =
		c->cc.ssthresh >= INT32_MAX || c->smss == 0 ? UINT32_MAX : c->cc.ssthresh / c->smss;
}

/* What recovery believes of what is outstanding. Without SACK there is no more than a mark that walks (tcp/loss_dupack). */
static void
fill_recovery(const struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	const struct pln_scoreboard *board = &c->sendq.board;
	const struct pln_rack_now now = pln_loss_sack_rack_now(c);

	info->pipe_bytes = pln_conn_flight(c);
	info->dsacks = c->loss.dsacks;
	info->undone = c->loss.undone;
	info->tail_probes = c->loss.probes;
	info->lost_again = board->lost_again;
	info->reordering_seen = c->loss.rack.reordering_seen;
	if (c->sack_ok && c->opts.rack)
		info->reo_wnd_ns = pln_rack_reo_wnd(&c->loss.rack, &now);
	if (c->sack_ok) {
		info->sacked = in_segments(c, board->sacked_bytes);
		info->lost = in_segments(c, board->lost_bytes);
		/* Rounded up, both together may be one too many. */
		if (info->lost > info->unacked - info->sacked)
			info->lost = info->unacked - info->sacked;
		info->retrans = in_segments(c, board->resent_bytes);
		return;
	}
	info->lost = in_segments(c, c->snd.nxt - c->snd.una - pln_conn_flight(c));
	if (c->ca_state == PLN_TCP_CA_LOSS)
		info->retrans = in_segments(c, c->snd.high_rxt - c->snd.una);
	else if (c->ca_state == PLN_TCP_CA_RECOVERY)
		info->retrans = 1;
}

static void
fill_sequence_space(const struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	uint32_t outstanding = c->snd.nxt - c->snd.una;

	info->unacked = in_segments(c, outstanding);
	fill_recovery(c, info);
	info->iss = c->snd.iss;
	info->irs = c->rcv.irs;
	info->snd_una = c->snd.una;
	info->snd_nxt = c->snd.nxt;
	info->snd_wnd = c->snd.w.wnd;
	info->rcv_nxt = c->rcv.nxt;
	info->rcv_wnd = pln_rwnd_open(&c->rcv.w, c->rcv.nxt);
	info->rcv_space = c->opts.rcvbuf;
	info->notsent_bytes = pln_sendq_unsent(&c->sendq);
	info->inq_bytes = c->recvq.bytes;
	info->ooo_bytes = c->reasm.bytes;
	info->urgent_bytes = pln_urgent_left(c);
}

static void
fill_rates(struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	uint64_t rate = pln_pacing_rate(c);

	pln_rating_begin(c);
	info->delivery_rate = pln_rate_told(&c->rate);
	info->delivery_rate_app_limited = c->rate.told_app_limited;
	info->pacing_rate = rate == UINT64_MAX ? 0 : rate;
}

static void
fill_statistics(struct pln_tcp_conn *c, struct pln_tcp_info *info)
{
	const struct pln_conn_stats *s = &c->stats;

	charge(&c->stats, pln_conn_now(c));
	pln_conn_chrono(c);
	info->bytes_sent = s->bytes_sent;
	info->bytes_acked = s->bytes_acked;
	info->bytes_received = s->bytes_received;
	info->bytes_retrans = s->bytes_retrans;
	info->segs_out = s->segs_out;
	info->segs_in = s->segs_in;
	info->delivered = s->delivered;
	info->delivered_ce = s->delivered_ce;
	info->last_data_sent_ns = s->bytes_sent > 0 ? s->last_tx : 0;
	info->last_data_recv_ns = s->last_data_rx;
	info->last_ack_recv_ns = s->last_ack_rx;
	info->busy_ns = s->busy_ns;
	info->rwnd_limited_ns = s->rwnd_limited_ns;
	info->sndbuf_limited_ns = s->sndbuf_limited_ns;
	info->pacing_limited_ns = s->pacing_limited_ns;
	info->cwnd_limited_ns = s->cwnd_limited_ns;
	info->data_segs_out = s->data_segs_out;
	info->data_segs_in = s->data_segs_in;
	info->ooo_segs = s->ooo_segs;
	info->received_ce = s->received_ce;
	info->timeouts = s->timeouts;
	info->recoveries = s->recoveries;
}

int
pln_user_info(struct pln_tcp *tcp, uint64_t conn, struct pln_tcp_info *info)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (info->size != sizeof(*info))
		return -EINVAL;
	*info = (struct pln_tcp_info){ .size = sizeof(*info) };
	fill_identity(c, info);
	fill_estimates(c, info);
	fill_sequence_space(c, info);
	fill_rates(c, info);
	fill_statistics(c, info);
	return 0;
}

static int
readiness_in(const struct pln_tcp_conn *c)
{
	bool over =
		c->state == PLN_TCP_CLOSED || pln_conn_has(c, PLN_CONN_PEER_FIN | PLN_CONN_RD_SHUT);

	return c->recvq.bytes > 0 || over ? PLN_TCP_READY_IN : 0;
}

static int
readiness_out(const struct pln_tcp_conn *c)
{
	uint32_t held = pln_sendq_bytes(&c->sendq);

	if (c->state == PLN_TCP_CLOSED)
		return PLN_TCP_READY_OUT; /* a send will not wait: it fails */
	if (c->state != PLN_TCP_ESTABLISHED && c->state != PLN_TCP_CLOSE_WAIT)
		return 0;
	return held < c->opts.sndbuf - c->opts.sndbuf / 3 ? PLN_TCP_READY_OUT : 0;
}

int
pln_user_readiness(struct pln_tcp *tcp, uint64_t conn)
{
	const struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	bool both, peer;
	int mask;

	if (c == NULL)
		return -EBADF;
	if (pln_conn_has(c, PLN_CONN_LISTENER))
		return c->accept_head != NULL ? PLN_TCP_READY_IN : 0;
	peer = c->state == PLN_TCP_CLOSED || pln_conn_has(c, PLN_CONN_PEER_FIN);
	both = c->state == PLN_TCP_CLOSED || (peer && pln_conn_has(c, PLN_CONN_FIN_QUEUED));
	mask = readiness_in(c) | readiness_out(c);
	mask |= peer || pln_conn_has(c, PLN_CONN_RD_SHUT) ? PLN_TCP_READY_RDHUP : 0;
	mask |= pln_urgent_left(c) > 0 ? PLN_TCP_READY_PRI : 0;
	mask |= both ? PLN_TCP_READY_HUP : 0;
	mask |= c->error != 0 && !pln_conn_has(c, PLN_CONN_ERROR_TAKEN) ? PLN_TCP_READY_ERR : 0;
	return mask;
}

int
pln_user_error_take(struct pln_tcp *tcp, uint64_t conn)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (pln_conn_has(c, PLN_CONN_ERROR_TAKEN))
		return 0;
	if (c->error != 0)
		c->flags |= PLN_CONN_ERROR_TAKEN;
	return c->error;
}

unsigned int
pln_user_trace_read(struct pln_tcp *tcp, struct pln_trace_record *out, unsigned int max)
{
	return pln_trace_take(tcp->trace, out, max);
}
