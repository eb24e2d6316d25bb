/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fast Open, RFC 7413 §4.2: the handshake with data. It decides which SYN's data is taken and which SYN of ours brings some; what a cookie
 * is, tcp/ext/fo_cookie says.
 *
 * A server that takes the data of a SYN has a connection in SYN-RECEIVED that the program already reads from and writes to; such ones are
 * pending until their handshake is complete, and each listener has but so many (§5.1). One that is reset meanwhile counts on for a minute:
 * else an attacker who has cookies of many hosts could have the program run as often as he likes.
 *
 * A client's first SYN asks for a cookie, or brings it with the first bytes of the program. One that is sent again has neither, and what
 * the server did not take is sent after the handshake (§4.2.1, §4.2.2). Where such a SYN was lost, none is sent to that server for an hour:
 * the path may not carry them.
 */
#include "tcp/fastopen.h"

#include "dev/mbuf.h"
#include "tcp/judge.h"
#include "tcp/listen.h"
#include "tcp/loss_sack.h"
#include "tcp/pacing.h"
#include "tcp/snd/mss.h"

#define RESET_COUNTS_NS (60 * PLN_NS_PER_S)

/* The listener of a connection that has been offered, or accepted, already; NULL: it is gone. */
static struct pln_tcp_conn *
listener_of(const struct pln_tcp_conn *c)
{
	return pln_pool_lookup(&c->tcp->conns, c->fo.listener);
}

/* RFC 7413 §5.1: "it is important to limit the maximum number of total pending TFO connection requests". */
static bool
may_take(struct pln_tcp_conn *listener)
{
	if (pln_conn_now(listener) >= listener->fo.resets_until) {
		listener->fo.pending -= listener->fo.resets;
		listener->fo.resets = 0;
	}
	return listener->fo.pending < listener->opts.fastopen;
}

static void
give_cookie(struct pln_tcp_conn *c)
{
	c->fo.due = true;
	c->fo.option.len = PLN_FASTOPEN_COOKIE;
	pln_fo_cookie_make(&c->tcp->fo_keys, c->key.remote, c->key.local, pln_conn_now(c),
	                   c->fo.option.cookie);
}

/* The data of the SYN becomes the user's. True: the packet was taken. */
static bool
take_data(struct pln_tcp_conn *c, struct pln_pkt *pkt)
{
	pln_judge_trim(pkt, c->rcv.nxt, c->opts.rcvbuf);
	pkt->fin = false; /* it comes again */
	if (pkt->len == 0)
		return false;
	c->rcv.nxt += pkt->len;
	c->ts.last_ack_sent = c->rcv.nxt;
	c->stats.bytes_received += pkt->len;
	c->stats.last_data_rx = pln_conn_now(c);
	pln_conn_tell(c, PLN_EV_READABLE);
	return pln_recvq_push(&c->recvq, pkt);
}

static bool
open_early(struct pln_tcp_conn *c, struct pln_pkt *pkt)
{
	struct pln_tcp_conn *listener = c->listener;
	bool taken = take_data(c, pkt);

	pln_conn_not_half_open(c);
	c->flags |= PLN_CONN_FASTOPEN;
	c->fo.listener = listener->handle;
	listener->fo.pending++;
	pln_cc_init(&c->cc, c->opts.cc,
	            pln_cc_initial_window(c->smss, c->tcp->cfg.init_cwnd, false));
	pln_loss_sack_begin(c);
	pln_pacing_update(c);
	pln_conn_count(c, PLN_TCP_FASTOPEN_TAKEN);
	pln_listen_offer(c);
	return taken;
}

bool
pln_fastopen_syn(struct pln_tcp_conn *c, struct pln_pkt *pkt)
{
	const struct pln_be32 ends[2] = { c->key.remote, c->key.local };
	const struct pln_tcp_opts *opts = &pkt->seg.opts;
	enum pln_fo_cookie_verdict v;

	if ((opts->present & PLN_TCP_OPT_FO_COOKIE) == 0 || c->opts.fastopen == 0 ||
	    (c->tcp->cfg.fastopen & PLN_FASTOPEN_SERVER) == 0)
		return false;
	if (opts->fastopen.len == 0) {
		give_cookie(c);
		return false;
	}
	v = pln_fo_cookie_check(&c->tcp->fo_keys, ends, pln_conn_now(c), &opts->fastopen);
	/* §4.2.2 (5): "The packet MAY include a Fast Open option": it gives a new cookie for a bad one, or an old one. */
	if (v != PLN_FASTOPEN_GOOD)
		give_cookie(c);
	if (v == PLN_FASTOPEN_BAD) {
		pln_conn_count(c, PLN_TCP_FASTOPEN_BAD_COOKIE);
		return false;
	}
	if (!may_take(c->listener)) {
		pln_conn_count(c, PLN_TCP_FASTOPEN_FULL);
		return false;
	}
	return open_early(c, pkt);
}

void
pln_fastopen_done(struct pln_tcp_conn *c)
{
	struct pln_tcp_conn *listener = listener_of(c);

	c->flags &= ~(uint32_t)PLN_CONN_FASTOPEN;
	if (listener != NULL)
		listener->fo.pending--;
}

void
pln_fastopen_reset(struct pln_tcp_conn *c)
{
	struct pln_tcp_conn *listener = listener_of(c);

	c->flags &= ~(uint32_t)PLN_CONN_FASTOPEN;
	if (listener == NULL)
		return;
	listener->fo.resets++;
	listener->fo.resets_until = pln_conn_now(c) + RESET_COUNTS_NS;
}

/* Bytes that a SYN to this server may bring. §4.2.2: "up to the cached server MSS", less what options take; we leave room for all of them. */
static uint32_t
room_for_data(struct pln_tcp_conn *c, const struct pln_fo_cookie_server *server)
{
	uint32_t mss;

	c->peer_mss = server->mss;
	pln_conn_sync_mss(c);
	mss = c->smss > PLN_TCP_OPTS_MAX_LEN ? c->smss - PLN_TCP_OPTS_MAX_LEN : 0;
	return mss < pln_sendq_unsent(&c->sendq) ? mss : pln_sendq_unsent(&c->sendq);
}

uint32_t
pln_fastopen_ask(struct pln_tcp_conn *c)
{
	const struct pln_fo_cookie_server *server;
	uint32_t len;

	if (c->opts.fastopen == 0 || c->state != PLN_TCP_SYN_SENT ||
	    (c->tcp->cfg.fastopen & PLN_FASTOPEN_CLIENT) == 0)
		return 0;
	c->fo.due = true;
	server = pln_fo_cookie_find(&c->tcp->fo_cache, c->key.remote, pln_conn_now(c));
	c->fo.option.len = 0;
	if (server == NULL)
		return 0;
	c->fo.option = server->cookie;
	len = room_for_data(c, server);
	if (len > 0)
		pln_conn_count(c, PLN_TCP_FASTOPEN_SENT);
	return len;
}

void
pln_fastopen_again(struct pln_tcp_conn *c)
{
	if (c->state != PLN_TCP_SYN_SENT || !c->fo.due)
		return;
	c->fo.due = false;
	pln_fo_cookie_shun(&c->tcp->fo_cache, c->key.remote, pln_conn_now(c));
}

void
pln_fastopen_answer(struct pln_tcp_conn *c, const struct pln_seg *syn_ack)
{
	struct pln_fo_cookie_server server = { .addr = c->key.remote,
		                               .mss = c->peer_mss,
		                               .learned_ns = pln_conn_now(c) };

	if (c->snd.nxt != c->snd.iss + 1 && syn_ack->ack == c->snd.iss + 1)
		pln_conn_count(c, PLN_TCP_FASTOPEN_NOT_TAKEN);
	if (c->opts.fastopen == 0 || (syn_ack->opts.present & PLN_TCP_OPT_FO_COOKIE) == 0 ||
	    syn_ack->opts.fastopen.len == 0)
		return;
	server.cookie = syn_ack->opts.fastopen;
	pln_fo_cookie_learn(&c->tcp->fo_cache, &server);
}
