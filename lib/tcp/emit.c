/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a wish of output to a frame. The header goes into a fresh buffer; payload is referenced (indirect buffers) where the link takes
 * chains and the payload is worth it, else copied behind the header. The checksum is computed here unless the link completes it.
 */
#include "tcp/emit.h"

#include "tcp/snd/mss.h"
#include "tcp/trace.h"
#include "tcp/urgent.h"
#include "wire/cksum.h"

#define SACK_HEAD  4U /* bytes: kind and length, padded to a word */
#define SACK_BLOCK 8U
#define TS_BYTES   12U

#define COPY_MAX 256U /* bytes: below this an indirect buffer costs more than the copy */

/* Leave the checksum to the link, seeded with the pseudo-header, or compute it over the chain. */
static void
put_checksum(const struct pln_tcp *tcp, struct rte_mbuf *m, struct pln_be32 src,
             struct pln_be32 dst)
{
	uint8_t *field = rte_pktmbuf_mtod(m, uint8_t *) + PLN_TCP_HDR_CKSUM_OFF;
	bool tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	uint16_t len = tso ? 0 : (uint16_t)m->pkt_len;
	uint32_t sum = pln_cksum_pseudo4(src, dst, PLN_IP4_PROTO_TCP, len);
	uint16_t value;

	if (tso || (tcp->txq->link.capabilities & PLN_LINK_TX_TCP_CKSUM) != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
		value = (uint16_t)~pln_cksum_finish(sum);
	} else {
		value = pln_cksum_finish(pln_cksum_join(sum, pln_mbuf_cksum(m, 0), 0));
	}
	memcpy(field, &value, sizeof(value));
}

/* The options every segment, or every SYN, of this connection carries. */
static void
fill_options(const struct pln_tcp_conn *c, struct pln_seg *seg)
{
	bool syn = (seg->flags & PLN_TCP_SYN) != 0, answer = syn && (seg->flags & PLN_TCP_ACK) != 0;
	struct pln_tcp_opts *o = &seg->opts;

	if (syn) {
		o->present |= PLN_TCP_OPT_MSS;
		o->mss = pln_mss_advertise(c->tcp->ip->mtu, c->opts.user_mss);
		if (answer ? pln_conn_has(c, PLN_CONN_WSCALE) : c->opts.wscale)
			o->present |= PLN_TCP_OPT_WSCALE;
		o->wscale = c->opts.rcv_scale;
	}
	if (syn && (answer ? c->sack_ok : c->opts.sack))
		o->present |= PLN_TCP_OPT_SACK_OK;
	if (syn && c->fo.due) {
		o->present |= PLN_TCP_OPT_FO_COOKIE;
		o->fastopen = c->fo.option;
	}
	if (syn && !answer ? c->opts.timestamps : c->ts.on) {
		o->present |= PLN_TCP_OPT_TS;
		o->tsval = pln_ts_val(&c->ts, pln_conn_now(c));
		o->tsecr = (seg->flags & PLN_TCP_ACK) != 0 ? c->ts.recent : 0;
	}
}

/* SACK blocks that fit into a segment, with data or without. Data yields its room to them, but never more than half of it. */
static unsigned int
sack_blocks(const struct pln_tcp_conn *c, bool data)
{
	uint32_t room = PLN_TCP_OPTS_MAX_LEN - (c->ts.on ? TS_BYTES : 0), due;

	if (!c->sack_ok)
		return 0;
	if (data && room >= c->smss / 2U)
		room = c->smss / 2U - 1;
	if (room < SACK_HEAD + SACK_BLOCK)
		return 0;
	due = pln_sackgen_due(&c->sackgen);
	room = (room - SACK_HEAD) / SACK_BLOCK;
	return due < room ? due : room;
}

uint32_t
pln_emit_full(const struct pln_tcp_conn *c)
{
	unsigned int blocks = sack_blocks(c, true);

	return blocks == 0 ? c->smss : c->smss - SACK_HEAD - blocks * SACK_BLOCK;
}

/* RFC 2018 §4: "SACK options SHOULD be included in all ACKs which do not ACK the highest sequence number in the data receiver's queue":
 * those that ride on data too, however much of it there is. */
static void
fill_sack(const struct pln_tcp_conn *c, const struct pln_emit *want, struct pln_tcp_opts *o)
{
	unsigned int blocks = sack_blocks(c, want->len > 0);

	/* What is sent again fills the hole that it left, whole. */
	while (want->retransmission && blocks > 0 &&
	       want->len + SACK_HEAD + blocks * SACK_BLOCK > c->smss)
		blocks--;
	o->n_sack = (uint8_t)pln_sackgen_fill(&c->sackgen, o->sack, blocks);
	if (o->n_sack > 0)
		o->present |= PLN_TCP_OPT_SACK;
}

/* RFC 5482 §3: our user timeout: on SYNs, and on a bare ACK when it has changed; where there is no room it waits for the next. */
static void
fill_user_timeout(const struct pln_tcp_conn *c, const struct pln_emit *want, struct pln_seg *seg)
{
	bool syn = (seg->flags & PLN_TCP_SYN) != 0;

	if (c->uto.mode == PLN_UTO_OFF || (!syn && (!c->uto.due || want->len > 0)))
		return;
	seg->opts.present |= PLN_TCP_OPT_UTIMEOUT;
	seg->opts.user_timeout =
		pln_uto_field(c->uto.adv_ns != 0 ? c->uto.adv_ns : PLN_UTO_DEFAULT_NS);
	if (pln_tcp_opts_len(&seg->opts) > PLN_TCP_OPTS_MAX_LEN)
		seg->opts.present &= (uint8_t)~PLN_TCP_OPT_UTIMEOUT;
}

/* Data, and nothing of it sent before: what RFC 3168 §6.1 calls new. */
static bool
is_fresh(const struct pln_emit *want)
{
	return want->len > 0 && !want->retransmission && !want->probe && want->probed == 0;
}

static void
fill_ecn(const struct pln_tcp_conn *c, const struct pln_emit *want, struct pln_seg *seg)
{
	if ((want->flags & PLN_TCP_SYN) != 0)
		seg->flags |= pln_ecn_syn_flags(&c->ecn, c->state != PLN_TCP_SYN_SENT);
	else if ((want->flags & PLN_TCP_RST) == 0)
		seg->flags |= pln_ecn_flags(&c->ecn, is_fresh(want));
}

/* An ACK of what came earlier in this turn: the right edge is where it was announced. */
static void
fill_past(const struct pln_tcp_conn *c, const struct pln_ecn_past *past, struct pln_seg *seg)
{
	uint32_t wnd = pln_rwnd_open(&c->rcv.w, past->ack) >> c->rcv.w.scale;

	seg->flags = (uint8_t)(PLN_TCP_ACK | (past->marked ? PLN_TCP_ECE : 0));
	seg->ack = past->ack;
	seg->wnd = (uint16_t)(wnd < UINT16_MAX ? wnd : UINT16_MAX);
	fill_options(c, seg);
}

static void
fill_segment(struct pln_tcp_conn *c, const struct pln_emit *want, struct pln_seg *seg)
{
	uint32_t wnd;

	*seg = (struct pln_seg){
		.seq = want->seq,
		.flags = want->flags,
		.src_port = c->key.local_port,
		.dst_port = c->key.remote_port,
	};
	if (want->past != NULL) {
		fill_past(c, want->past, seg);
		return;
	}
	/* Everything but the first SYN of an active open acknowledges (RFC 9293 §3.1: "Once a connection is established, this is always
	 * sent"). */
	if (c->state != PLN_TCP_SYN_SENT) {
		seg->flags |= PLN_TCP_ACK;
		seg->ack = c->rcv.nxt;
	}
	wnd = c->state == PLN_TCP_SYN_SENT
	              ? c->opts.rcvbuf
	              : pln_rwnd_offer(&c->rcv.w, c->rcv.nxt, c->recvq.bytes, pln_conn_rcv_mss(c));
	seg->wnd = pln_rwnd_announce(&c->rcv.w, c->rcv.nxt, wnd, (seg->flags & PLN_TCP_SYN) != 0);
	pln_urgent_fill(c, seg);
	fill_ecn(c, want, seg);
	fill_options(c, seg);
	fill_user_timeout(c, want, seg);
	if ((want->flags & (PLN_TCP_SYN | PLN_TCP_RST)) == 0)
		fill_sack(c, want, &seg->opts);
}

/* More pieces than one record holds, and still less than a segment: copied, they become one. */
static bool
append_crumbs(const struct pln_tcp_conn *c, struct rte_mbuf *m, uint32_t seq, uint32_t len)
{
	struct pln_pieces pieces;

	for (uint32_t done = 0; done < len; done += pieces.len) {
		pln_sendq_pieces(&c->sendq, seq + done, len - done, &pieces);
		if (!pln_mbuf_append(m, &pieces, PLN_MBUF_REACH_NONE, 0))
			return false;
	}
	return true;
}

/* Payload behind the header; *len becomes what really goes: full segments, when it is not all that was asked for. */
static bool
append_payload(const struct pln_tcp_conn *c, struct rte_mbuf *m, uint32_t seq, uint32_t *len)
{
	enum pln_mbuf_reach reach = pln_mbuf_reach_of(c->tcp->txq->link.capabilities);
	uint32_t full = pln_emit_full(c);
	struct pln_pieces pieces;

	pln_sendq_pieces(&c->sendq, seq, *len, &pieces);
	if (pieces.len < *len && pieces.len <= full) {
		*len = *len <= c->smss ? *len : full;
		return append_crumbs(c, m, seq, *len);
	}
	if (pieces.len < *len)
		pln_sendq_pieces(&c->sendq, seq, pieces.len - pieces.len % full, &pieces);
	*len = pieces.len;
	return pln_mbuf_append(m, &pieces, reach, COPY_MAX);
}

/* As much of it as can be had: what is too large for the buffers there are may do with one segment. */
static bool
append_some(const struct pln_tcp_conn *c, struct rte_mbuf *m, uint32_t seq, uint32_t *len)
{
	uint32_t full = pln_emit_full(c);

	if (append_payload(c, m, seq, len))
		return true;
	if (*len <= c->smss)
		return false;
	rte_pktmbuf_free(m->next);
	m->next = NULL;
	m->nb_segs = 1;
	m->pkt_len = m->data_len;
	*len = full;
	return append_payload(c, m, seq, len);
}

/* An ACK has left: nothing is owed any more but the duplicates of it. */
static void
acknowledged(struct pln_tcp_conn *c)
{
	pln_delack_acked(&c->delack);
	pln_conn_stop_timer(c, PLN_TIMER_DELACK);
	if (c->dup_acks_owed == 0)
		c->owe &= (uint8_t)~PLN_OWE_ACK;
	c->ts.last_ack_sent = c->rcv.nxt;
}

static void
account(struct pln_tcp_conn *c, const struct pln_emit *want, uint32_t len)
{
	uint32_t full = pln_emit_full(c);
	uint32_t segs = len > c->smss ? len / full : 1; /* what a device cuts is whole segments */

	c->stats.segs_out += segs;
	c->stats.data_segs_out += len > 0 ? segs : 0;
	pln_counters_add(&c->tcp->env->counters, PLN_TCP_TX_SEGS, segs);
	if (!want->retransmission) {
		c->stats.bytes_sent += len - want->probed;
		c->stats.bytes_retrans += want->probed;
		return;
	}
	c->stats.retrans_segs++;
	c->stats.bytes_retrans += len;
	pln_conn_count(c, PLN_TCP_RETRANSMIT);
}

/* Ask the link to cut a frame of more than one segment into several. */
static void
ask_for_tso(const struct pln_tcp_conn *c, struct rte_mbuf *m, uint32_t len, size_t hdr_len)
{
	uint32_t full = pln_emit_full(c);

	m->l4_len = hdr_len & 0xff;
	if (len <= c->smss)
		return;
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	m->tso_segsz = (uint16_t)full;
}

int
pln_emit_segment(struct pln_tcp_conn *c, const struct pln_emit *want)
{
	struct pln_tcp *tcp = c->tcp;
	struct rte_mbuf *m = pln_mbuf_alloc(tcp->mempool);
	struct pln_seg seg;
	uint32_t len = want->len;
	size_t hdr_len;
	uint8_t *hdr;

	if (m == NULL)
		goto no_buffer;
	fill_segment(c, want, &seg);
	hdr = rte_pktmbuf_mtod(m, uint8_t *);
	hdr_len = pln_tcp_hdr_emit(hdr, &seg);
	m->data_len = (uint16_t)hdr_len;
	m->pkt_len = (uint32_t)hdr_len;
	/* What rides on a SYN stands behind it (RFC 7413). */
	if (len > 0 &&
	    !append_some(c, m, want->seq + ((want->flags & PLN_TCP_SYN) != 0 ? 1 : 0), &len))
		goto no_payload;
	if (len < want->len) {
		/* PSH and FIN stand behind bytes that did not fit. */
		seg.flags &= (uint8_t) ~(PLN_TCP_PSH | PLN_TCP_FIN);
		hdr[13] = seg.flags;
	}
	seg.payload_len = (uint16_t)len;
	seg.hdr_len = (uint16_t)hdr_len;
	ask_for_tso(c, m, len, hdr_len);
	put_checksum(tcp, m, c->path.src, c->path.dst);
	pln_trace_tx(tcp->trace, c, &seg, hdr, want->retransmission);
	c->path.tos = pln_ecn_tos(&c->ecn, c->opts.tos, is_fresh(want));
	pln_ip_tx(tcp->ip, &c->path, m, PLN_IP4_PROTO_TCP);
	account(c, want, len);
	if ((seg.opts.present & PLN_TCP_OPT_UTIMEOUT) != 0)
		c->uto.due = false;
	if ((seg.flags & PLN_TCP_CWR) != 0)
		c->ecn.owes_cwr = false;
	if (want->past != NULL)
		return 0;
	if ((seg.flags & PLN_TCP_ACK) != 0)
		acknowledged(c);
	pln_sackgen_sent(&c->sackgen);
	return (int)len;
no_payload:
	rte_pktmbuf_free(m);
no_buffer:
	pln_conn_count(c, PLN_TX_NO_MBUF);
	return -ENOBUFS;
}

bool
pln_emit_bare(struct pln_tcp *tcp, const struct pln_ip_once *to, const struct pln_seg *seg)
{
	struct rte_mbuf *m = pln_mbuf_alloc(tcp->mempool);
	struct pln_seg traced = *seg;
	size_t hdr_len;
	uint8_t *hdr;

	if (m == NULL) {
		pln_counters_inc(&tcp->env->counters, PLN_TX_NO_MBUF);
		return false;
	}
	hdr = rte_pktmbuf_mtod(m, uint8_t *);
	hdr_len = pln_tcp_hdr_emit(hdr, seg);
	m->data_len = (uint16_t)hdr_len;
	m->pkt_len = (uint32_t)hdr_len;
	m->l4_len = hdr_len & 0xff;
	put_checksum(tcp, m, to->src, to->dst);
	traced.hdr_len = (uint16_t)hdr_len;
	pln_trace_tx(tcp->trace, NULL, &traced, hdr, false);
	pln_ip_tx_once(tcp->ip, to, m);
	pln_counters_inc(&tcp->env->counters, PLN_TCP_TX_SEGS);
	return true;
}
