/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passive opens without a half-open connection (RFC 4987 §3.6): the SYN,ACK is made from the SYN and forgotten; the ACK that brings its
 * cookie back makes the connection, which goes on as any other. What a cookie is, tcp/ext/cookie says; when one is sent, tcp/listen.
 *
 * An ACK is looked at for a cookie only while one that was sent can still be good: at other times a flood of ACKs costs no hash. An ACK
 * whose cookie is forged or has expired is answered as any ACK in LISTEN, with a reset. So is a good one for which there is no room: its
 * sender believes that it is connected, and is told otherwise.
 */
#include "tcp/emit.h"
#include "tcp/ext/cookie.h"
#include "tcp/ext/isn.h"
#include "tcp/listen.h"
#include "tcp/snd/mss.h"

static struct pln_flow_key
key_of(const struct pln_pkt *pkt)
{
	return (struct pln_flow_key){ pkt->ip.dst, pkt->ip.src, pkt->seg.dst_port,
		                      pkt->seg.src_port };
}

/* What of the SYN can be agreed to without remembering more of it. */
static struct pln_cookie_syn
keep(const struct pln_tcp_conn *listener, const struct pln_seg *syn)
{
	const struct pln_conn_opts *ours = &listener->opts;
	uint8_t present = syn->opts.present, scale = syn->opts.wscale;
	struct pln_cookie_syn kept = { .wscale = PLN_COOKIE_NO_WSCALE };
	struct pln_ecn ecn = { 0 };

	if ((present & PLN_TCP_OPT_MSS) != 0)
		kept.mss = syn->opts.mss;
	kept.ts = (present & PLN_TCP_OPT_TS) != 0 && ours->timestamps;
	if (!kept.ts)
		return kept;
	if ((present & PLN_TCP_OPT_WSCALE) != 0 && ours->wscale)
		kept.wscale =
			scale > PLN_TCP_OPTS_MAX_WSCALE ? (uint8_t)PLN_TCP_OPTS_MAX_WSCALE : scale;
	kept.sack = (present & PLN_TCP_OPT_SACK_OK) != 0 && ours->sack;
	pln_ecn_syn(&ecn, (enum pln_ecn_mode)listener->tcp->cfg.ecn, syn->flags);
	kept.ecn = ecn.on;
	return kept;
}

static void
fill_options(const struct pln_tcp_conn *listener, const struct pln_cookie_syn *kept, uint32_t clock,
             struct pln_tcp_opts *o)
{
	o->present = PLN_TCP_OPT_MSS;
	o->mss = pln_mss_advertise(listener->tcp->ip->mtu, listener->opts.user_mss);
	if (!kept->ts)
		return;
	o->present |= PLN_TCP_OPT_TS;
	o->tsval = pln_cookie_tsval(clock, kept);
	if (kept->sack)
		o->present |= PLN_TCP_OPT_SACK_OK;
	if (kept->wscale != PLN_COOKIE_NO_WSCALE) {
		o->present |= PLN_TCP_OPT_WSCALE;
		o->wscale = listener->opts.rcv_scale;
	}
}

const char *
pln_listen_cookie_send(struct pln_tcp_conn *listener, const struct pln_pkt *pkt)
{
	struct pln_tcp *tcp = listener->tcp;
	const struct pln_seg *syn = &pkt->seg;
	const struct pln_flow_key key = key_of(pkt);
	const struct pln_cookie_flow flow = { &key, sizeof(key), syn->seq, tcp->env->now };
	const struct pln_cookie_syn kept = keep(listener, syn);
	const struct pln_ts ts = { .offset = pln_isn_ts_offset(&tcp->env->secret, &key,
		                                               sizeof(key)) };
	const struct pln_ip_once to = { .src = key.local,
		                        .dst = key.remote,
		                        .proto = PLN_IP4_PROTO_TCP,
		                        .ttl = listener->opts.ttl,
		                        .tos = listener->opts.tos,
		                        .df = listener->opts.pmtud != PLN_PMTUD_OFF };
	uint32_t wnd = listener->opts.rcvbuf;
	struct pln_seg answer = {
		.src_port = key.local_port,
		.dst_port = key.remote_port,
		.seq = pln_cookie_make(&tcp->cookie_key, &flow, &kept),
		.ack = syn->seq + 1,
		.wnd = wnd < UINT16_MAX ? wnd : UINT16_MAX, /* RFC 7323 §2.2: not scaled */
		.flags = (uint8_t)(PLN_TCP_SYN | PLN_TCP_ACK | (kept.ecn ? PLN_TCP_ECE : 0)),
	};

	fill_options(listener, &kept, pln_ts_val(&ts, tcp->env->now), &answer.opts);
	answer.opts.tsecr = syn->opts.tsval;
	tcp->cookie_until = tcp->env->now + 2 * PLN_COOKIE_PERIOD_NS;
	if (pln_emit_bare(tcp, &to, &answer))
		pln_counters_inc(&tcp->env->counters, PLN_TCP_COOKIE_SENT);
	return "3.10.7.2 third: SYN, answered with a cookie (RFC 4987 3.6)";
}

/* Does this ACK acknowledge a cookie of ours? Then what it keeps. */
static bool
check(const struct pln_tcp *tcp, const struct pln_flow_key *key, const struct pln_seg *ack,
      struct pln_cookie_syn *kept)
{
	const struct pln_cookie_flow flow = { key, sizeof(*key), ack->seq - 1, tcp->env->now };

	*kept = (struct pln_cookie_syn){ .wscale = PLN_COOKIE_NO_WSCALE };
	if ((ack->opts.present & PLN_TCP_OPT_TS) != 0 && tcp->cfg.timestamps)
		pln_cookie_take_ts(ack->opts.tsecr, kept);
	return pln_cookie_check(&tcp->cookie_key, &flow, ack->ack - 1, kept);
}

/* Cookies that may still come back were sent, and this could be one. */
static bool
may_be(const struct pln_tcp *tcp, uint8_t flags)
{
	return tcp->env->now < tcp->cookie_until &&
	       (flags & (PLN_TCP_SYN | PLN_TCP_ACK | PLN_TCP_RST)) == PLN_TCP_ACK;
}

/* The SYN, as far as it is known. */
static struct pln_seg
recall(const struct pln_seg *ack, const struct pln_cookie_syn *kept)
{
	struct pln_seg syn = { .seq = ack->seq - 1, .flags = PLN_TCP_SYN };

	syn.opts.present = PLN_TCP_OPT_MSS;
	syn.opts.mss = kept->mss;
	if (!kept->ts)
		return syn;
	syn.opts.present |= PLN_TCP_OPT_TS;
	syn.opts.tsval = ack->opts.tsval;
	if (kept->sack)
		syn.opts.present |= PLN_TCP_OPT_SACK_OK;
	if (kept->wscale != PLN_COOKIE_NO_WSCALE)
		syn.opts.present |= PLN_TCP_OPT_WSCALE;
	syn.opts.wscale = kept->wscale;
	if (kept->ecn)
		syn.flags |= PLN_TCP_ECE | PLN_TCP_CWR;
	return syn;
}

struct pln_tcp_conn *
pln_listen_cookie_take(struct pln_tcp_conn *listener, const struct pln_pkt *pkt)
{
	struct pln_tcp *tcp = listener->tcp;
	struct pln_counters *counters = &tcp->env->counters;
	const struct pln_flow_key key = key_of(pkt);
	struct pln_cookie_syn kept;
	struct pln_tcp_conn *c;
	struct pln_seg syn;

	if (!may_be(tcp, pkt->seg.flags))
		return NULL;
	if (!check(tcp, &key, &pkt->seg, &kept)) {
		pln_counters_inc(counters, PLN_TCP_COOKIE_BAD);
		return NULL;
	}
	c = pln_listen_queue_full(listener) ? NULL : pln_listen_spawn(listener, pkt);
	if (c == NULL) {
		pln_counters_inc(counters, PLN_TCP_COOKIE_NO_ROOM);
		return NULL;
	}
	syn = recall(&pkt->seg, &kept);
	pln_listen_begin(c, &syn, pkt->seg.ack - 1);
	c->flags |= PLN_CONN_BY_COOKIE;
	c->snd.nxt = c->snd.iss + 1;
	c->stats.last_tx = pln_conn_now(c);
	/* The SYN,ACK has announced a window. */
	pln_rwnd_announce(&c->rcv.w, c->rcv.nxt, c->opts.rcvbuf, true);
	pln_conn_count(c, PLN_TCP_COOKIE_TAKEN);
	return c;
}

bool
pln_listen_cookie_is(const struct pln_tcp *tcp, const struct pln_pkt *pkt)
{
	struct pln_cookie_syn kept;
	struct pln_flow_key key;
	struct pln_seg seg;

	if (tcp->env->now >= tcp->cookie_until ||
	    pln_tcp_hdr_parse(pkt->data, pkt->len, &seg) != PLN_ACCEPT || !may_be(tcp, seg.flags))
		return false;
	key = (struct pln_flow_key){ pkt->ip.dst, pkt->ip.src, seg.dst_port, seg.src_port };
	return check(tcp, &key, &seg, &kept);
}
