/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 4821 §7 on a connection. A probe is the next data of the send queue in one segment that is larger than the others, with enough
 * behind it that its loss shows at once. Arrived, it raises the size of all that follow. Lost alone, it says nothing about congestion:
 * its data is sent again in segments of the size that is known to get through, and the window stays. Without SACK nobody can tell that
 * it was lost alone: then nothing is probed.
 *
 * A black hole is a path that drops what is too large and does not say so, or whose word is eaten on the way. It shows as time-outs of
 * the same full segment again and again; the second one in a row lowers the size to the base (§7.7), and the search begins there.
 */
#include "tcp/probe_mtu.h"

#include "tcp/emit.h"
#include "tcp/recovery.h"
#include "tcp/snd/mss.h"

#define HDRS_LEN 40U /* IPv4 and TCP without options */
#define LAST_RESTO                                                                                 \
	576U /* RFC 791 §3.1: "All hosts must be prepared to accept datagrams of up to 576 octets" */

static uint32_t
overhead(const struct pln_tcp_conn *c)
{
	return HDRS_LEN + (c->ts.on ? 12U : 0U);
}

static uint16_t
base_mtu(const struct pln_tcp_conn *c)
{
	return (uint16_t)c->tcp->cfg.pmtud_base;
}

/* What the link carries and the peer takes (§7.2, search_high). */
static uint16_t
most(const struct pln_tcp_conn *c)
{
	uint16_t link = c->tcp->ip->mtu;
	uint32_t mss = pln_mss_effective(c->peer_mss, link, c->opts.user_mss, 0) + HDRS_LEN;

	return mss < link ? (uint16_t)mss : link;
}

static void
use(struct pln_tcp_conn *c, uint16_t mtu)
{
	c->path.mtu = mtu;
	pln_conn_sync_mss(c);
}

/* A search that is over tells others who send there (§5.2). */
static void
share(struct pln_tcp_conn *c)
{
	if (c->probe.search.over && c->probe.search.low < most(c))
		pln_ip_pmtu_learn(c->tcp->ip, c->path.dst, c->probe.search.low);
}

void
pln_probe_mtu_begin(struct pln_tcp_conn *c)
{
	uint16_t known = c->path.mtu;

	c->probe.search.interval_ns = c->tcp->cfg.pmtud_interval_ns;
	if (c->opts.pmtud != PLN_PMTUD_PROBE || !c->sack_ok)
		return;
	/* What has been found out before is no guess. */
	if (known < c->tcp->ip->mtu) {
		pln_plpmtu_begin(&c->probe.search, known, known, pln_conn_now(c));
		return;
	}
	if (known > base_mtu(c))
		c->path.mtu = base_mtu(c);
	pln_plpmtu_begin(&c->probe.search, c->path.mtu, most(c), pln_conn_now(c));
}

uint32_t
pln_probe_mtu_due(struct pln_tcp_conn *c)
{
	uint16_t size;

	/* SACK blocks would take from its size. */
	if (c->ca_state != PLN_TCP_CA_OPEN || c->sendq.board.sacked_bytes > 0 || c->probe.mending ||
	    pln_emit_full(c) != c->smss)
		return 0;
	size = pln_plpmtu_next(&c->probe.search, most(c), pln_conn_now(c));
	return size > overhead(c) + c->smss ? size - overhead(c) : 0;
}

int
pln_probe_mtu_emit(struct pln_tcp_conn *c, uint32_t seq, uint32_t len)
{
	struct pln_emit want = { .seq = seq, .len = len, .flags = 0 };
	uint16_t smss = c->smss, mtu = c->path.mtu;
	int sent;

	/* For this one segment the path is as wide as it may be. */
	c->smss = (uint16_t)len;
	c->path.mtu = (uint16_t)(len + overhead(c));
	sent = pln_emit_segment(c, &want);
	c->smss = smss;
	c->path.mtu = mtu;
	/* Too many small pieces for one packet: it was none. */
	if (sent <= (int)smss)
		return sent;
	pln_plpmtu_sent(&c->probe.search, (uint16_t)((uint32_t)sent + overhead(c)));
	c->probe.start = seq;
	c->probe.end = seq + (uint32_t)sent;
	c->probe.sent++;
	pln_recovery_say(c, PLN_TCP_MTU_PROBE, "a larger segment is tried");
	return sent;
}

void
pln_probe_mtu_ack(struct pln_tcp_conn *c)
{
	struct pln_conn_probe *p = &c->probe;

	if (!pln_seq_geq(c->snd.una, p->end))
		return;
	p->mending = false;
	if (p->search.size == 0)
		return;
	pln_plpmtu_arrived(&p->search, pln_conn_now(c));
	use(c, p->search.low);
	pln_recovery_say(c, PLN_TCP_MTU_RAISED, "a larger segment arrived: all may be so large");
	share(c);
}

void
pln_probe_mtu_resent(struct pln_tcp_conn *c)
{
	/* Whether the probe or its repetition is acknowledged, nobody can tell. */
	pln_plpmtu_unknown(&c->probe.search);
}

bool
pln_probe_mtu_lost(struct pln_tcp_conn *c)
{
	const struct pln_scoreboard *board = &c->sendq.board;
	struct pln_conn_probe *p = &c->probe;
	bool alone = board->lost.head != NULL && pln_seq_geq(board->lost.head->start, p->start) &&
	             pln_seq_leq(board->lost.tail->end, p->end);

	if (p->search.size == 0 && !p->mending)
		return false;
	/* What is lost besides, or again, is lost to congestion. */
	if (!alone || (p->mending && board->lost_again != p->lost_again)) {
		pln_plpmtu_unknown(&p->search);
		p->mending = false;
		return false;
	}
	if (p->mending)
		return true;
	/* §7.6.2: "In this case alone, the loss SHOULD NOT be interpreted as congestion signal." */
	pln_plpmtu_lost(&p->search, pln_conn_now(c));
	p->mending = true;
	p->lost_again = board->lost_again;
	pln_recovery_say(c, PLN_TCP_MTU_PROBE_LOST, "a larger segment was lost, alone");
	share(c);
	return true;
}

/* §7.7, full-stop timeout: a full segment has timed out twice, or at the base size four times. Deviates: nothing goes below 576 bytes,
 * because no link of today is as narrow as 68. */
static uint16_t
black_hole(const struct pln_tcp_conn *c)
{
	uint32_t held = c->snd.nxt - c->snd.una, len = held < c->smss ? held : c->smss;
	uint16_t base = base_mtu(c);

	if (c->opts.pmtud < PLN_PMTUD_BLACK_HOLE)
		return 0;
	if (c->retries >= 1 && len + overhead(c) > base)
		return base;
	return c->retries >= 3 && len + overhead(c) > LAST_RESTO ? LAST_RESTO : 0;
}

void
pln_probe_mtu_timeout(struct pln_tcp_conn *c)
{
	uint16_t before = c->path.mtu, mtu = black_hole(c);

	pln_plpmtu_unknown(&c->probe.search);
	c->probe.mending = false;
	if (mtu == 0)
		return;
	use(c, mtu);
	if (c->sack_ok)
		pln_plpmtu_begin(&c->probe.search, mtu, before, pln_conn_now(c));
	else
		pln_ip_pmtu_learn(c->tcp->ip, c->path.dst, mtu);
	pln_recovery_say(c, PLN_TCP_MTU_BLACK_HOLE,
	                 "nothing so large gets through: smaller segments");
}

uint16_t
pln_probe_mtu_told(struct pln_tcp_conn *c, uint16_t mtu)
{
	struct pln_plpmtu *search = &c->probe.search;

	if (!search->on)
		return mtu;
	pln_plpmtu_limit(search, mtu, pln_conn_now(c));
	return search->low;
}
