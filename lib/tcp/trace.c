/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace ring and its one line of text per record. Sequence numbers are shown relative to ISS and IRS. */
#include "tcp/trace.h"

#include <inttypes.h>

#include "base/ip4.h"
#include "base/numa.h"
#include "base/text.h"
#include "tcp/conn.h"
#include "wire/tcp_opts.h"

static size_t
ring_size(uint32_t capacity)
{
	return sizeof(struct pln_trace_ring) + capacity * sizeof(struct pln_trace_record);
}

struct pln_trace_ring *
pln_trace_create(struct pln_env *env, uint32_t records)
{
	uint32_t capacity = 16;
	struct pln_trace_ring *ring;

	while (capacity < records && capacity < (1U << 24))
		capacity *= 2;
	ring = pln_numa_alloc(ring_size(capacity));
	if (ring == NULL)
		return NULL;
	ring->env = env;
	ring->mask = capacity - 1;
	return ring;
}

void
pln_trace_destroy(struct pln_trace_ring *ring)
{
	if (ring != NULL)
		pln_numa_free(ring, ring_size(ring->mask + 1));
}

/* The next slot, zeroed; the oldest record is lost when nobody has read it. */
static struct pln_trace_record *
next_slot(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, enum pln_trace_kind kind)
{
	struct pln_trace_record *rec = &ring->rec[ring->written & ring->mask];

	if (ring->written - ring->read > ring->mask) {
		ring->read++;
		pln_counters_inc(&ring->env->counters, PLN_TRACE_LOST);
	}
	ring->written++;
	memset(rec, 0, sizeof(*rec));
	rec->now = ring->env->now;
	rec->kind = (uint8_t)kind;
	if (c == NULL)
		return rec;
	rec->conn = c->handle;
	rec->from = c->state;
	rec->local = pln_ip4_endpoint(c->key.local, c->key.local_port);
	rec->remote = pln_ip4_endpoint(c->key.remote, c->key.remote_port);
	return rec;
}

void
pln_trace_state(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, uint8_t to,
                const char *why)
{
	struct pln_trace_record *rec;

	if (ring == NULL)
		return;
	rec = next_slot(ring, c, PLN_TRACE_STATE);
	rec->to = to;
	rec->step = why;
}

void
pln_trace_recovery(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, const char *why)
{
	struct pln_trace_record *rec;

	if (ring == NULL)
		return;
	rec = next_slot(ring, c, PLN_TRACE_RECOVERY);
	rec->step = why;
	rec->seq = c->snd.una - c->snd.iss;
	rec->len = pln_conn_flight(c);
	rec->wnd = c->cc.cwnd;
}

static void
fill_segment(struct pln_trace_record *rec, const struct pln_seg *seg, const uint8_t *hdr)
{
	rec->flags = seg->flags;
	rec->len = seg->payload_len;
	rec->wnd = seg->wnd;
	rec->up = seg->up;
	rec->opts_len = (uint8_t)(seg->hdr_len - PLN_TCP_HDR_LEN);
	memcpy(rec->opts, hdr + PLN_TCP_HDR_LEN, rec->opts_len);
}

struct pln_trace_record *
pln_trace_rx(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, const struct pln_pkt *pkt)
{
	struct pln_trace_record *rec;
	const struct pln_seg *seg = &pkt->seg;

	if (ring == NULL)
		return NULL;
	rec = next_slot(ring, c, PLN_TRACE_RX);
	fill_segment(rec, seg, pkt->data - seg->hdr_len);
	if (c == NULL) {
		rec->local = pln_ip4_endpoint(pkt->ip.dst, seg->dst_port);
		rec->remote = pln_ip4_endpoint(pkt->ip.src, seg->src_port);
	}
	rec->seq = c != NULL && c->rcv.irs != 0      ? seg->seq - c->rcv.irs
	           : (seg->flags & PLN_TCP_SYN) != 0 ? 0
	                                             : seg->seq;
	rec->ack_base = c != NULL ? c->snd.iss : 0;
	rec->ack = (seg->flags & PLN_TCP_ACK) != 0 ? seg->ack - rec->ack_base : 0;
	return rec;
}

void
pln_trace_tx(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, const struct pln_seg *seg,
             const uint8_t *hdr, bool retransmission)
{
	struct pln_trace_record *rec;

	if (ring == NULL)
		return;
	rec = next_slot(ring, c, PLN_TRACE_TX);
	fill_segment(rec, seg, hdr);
	rec->retransmission = retransmission;
	rec->seq = c != NULL ? seg->seq - c->snd.iss : seg->seq;
	rec->ack_base = c != NULL ? c->rcv.irs : 0;
	rec->ack = (seg->flags & PLN_TCP_ACK) != 0 ? seg->ack - rec->ack_base : 0;
}

unsigned int
pln_trace_take(struct pln_trace_ring *ring, struct pln_trace_record *out, unsigned int max)
{
	unsigned int n = 0;

	if (ring == NULL)
		return 0;
	while (n < max && ring->read != ring->written)
		out[n++] = ring->rec[ring->read++ & ring->mask];
	return n;
}

/* Text. */

static void
put_flags(struct pln_text *l, uint8_t flags)
{
	static const char letters[8] = { 'F', 'S', 'R', 'P', 'A', 'U', 'E', 'C' };

	pln_text_add(l, "[");
	for (unsigned int i = 0; i < 8; i++)
		if ((flags >> i & 1U) != 0)
			pln_text_add(l, "%c", letters[i]);
	pln_text_add(l, "]");
}

static void
put_sack(struct pln_text *l, const struct pln_tcp_opts *o, uint32_t base)
{
	for (unsigned int i = 0; i < o->n_sack; i++)
		pln_text_add(l, "%s%" PRIu32 ":%" PRIu32, i == 0 ? "sack " : " ",
		             o->sack[i].start - base, o->sack[i].end - base);
}

static void
put_option(struct pln_text *l, const struct pln_tcp_opts *o, enum pln_tcp_opt_bit kind,
           uint32_t base)
{
	switch (kind) {
	case PLN_TCP_OPT_MSS:
		pln_text_add(l, "mss %u", o->mss);
		break;
	case PLN_TCP_OPT_SACK_OK:
		pln_text_add(l, "sackOK");
		break;
	case PLN_TCP_OPT_TS:
		pln_text_add(l, "TS val %" PRIu32 " ecr %" PRIu32, o->tsval, o->tsecr);
		break;
	case PLN_TCP_OPT_WSCALE:
		pln_text_add(l, "wscale %u", o->wscale);
		break;
	case PLN_TCP_OPT_SACK:
		put_sack(l, o, base);
		break;
	case PLN_TCP_OPT_UTIMEOUT:
		pln_text_add(l, "uto %" PRIu64 " s", pln_uto_ns(o->user_timeout) / PLN_NS_PER_S);
		break;
	case PLN_TCP_OPT_FO_COOKIE:
		pln_text_add(l, "fastopen %u", o->fastopen.len);
		break;
	}
}

static void
put_options(struct pln_text *l, const struct pln_trace_record *rec)
{
	static const enum pln_tcp_opt_bit order[] = { PLN_TCP_OPT_MSS,     PLN_TCP_OPT_SACK_OK,
		                                      PLN_TCP_OPT_TS,      PLN_TCP_OPT_WSCALE,
		                                      PLN_TCP_OPT_SACK,    PLN_TCP_OPT_FO_COOKIE,
		                                      PLN_TCP_OPT_UTIMEOUT };
	struct pln_tcp_opts o;
	const char *before = " <";

	if (pln_tcp_opts_parse(rec->opts, rec->opts_len, &o) != PLN_ACCEPT || o.present == 0)
		return;
	for (size_t i = 0; i < PLN_ARRAY_LEN(order); i++) {
		if ((o.present & order[i]) == 0)
			continue;
		pln_text_add(l, "%s", before);
		put_option(l, &o, order[i], rec->ack_base);
		before = ",";
	}
	pln_text_add(l, ">");
}

static void
put_segment(struct pln_text *l, const struct pln_trace_record *rec)
{
	pln_text_add(l, " ");
	put_flags(l, rec->flags);
	pln_text_add(l, " seq %" PRIu32, rec->seq);
	if (rec->len > 0)
		pln_text_add(l, ":%" PRIu32, rec->seq + rec->len);
	if ((rec->flags & PLN_TCP_ACK) != 0)
		pln_text_add(l, " ack %" PRIu32, rec->ack);
	pln_text_add(l, " len %" PRIu32 " win %" PRIu32, rec->len, rec->wnd);
	if ((rec->flags & PLN_TCP_URG) != 0)
		pln_text_add(l, " urg %u", rec->up);
	put_options(l, rec);
	if (rec->retransmission)
		pln_text_add(l, " retransmission");
	if (rec->kind == PLN_TRACE_RX)
		pln_text_add(l, " {%s: %s}", pln_tcp_state_name((enum pln_tcp_state)rec->from),
		             rec->step != NULL ? rec->step : "-");
}

int
pln_trace_format(const struct pln_trace_record *rec, uint64_t epoch, char *buf, size_t len)
{
	struct pln_text l = pln_text_init(buf, len);
	char local[PLN_ADDR_TEXT_LEN], remote[PLN_ADDR_TEXT_LEN];
	uint64_t t = rec->now - epoch;

	pln_endpoint_format(&rec->local, local);
	pln_endpoint_format(&rec->remote, remote);
	pln_text_add(&l, "%" PRIu64 ".%06" PRIu64 " ", t / PLN_NS_PER_S,
	             t % PLN_NS_PER_S / PLN_NS_PER_US);
	if (rec->kind == PLN_TRACE_STATE) {
		pln_text_add(&l, "= %s %s: %s -> %s (%s)", local, remote,
		             pln_tcp_state_name((enum pln_tcp_state)rec->from),
		             pln_tcp_state_name((enum pln_tcp_state)rec->to),
		             rec->step != NULL ? rec->step : "");
		return (int)l.wanted;
	}
	if (rec->kind == PLN_TRACE_RECOVERY) {
		pln_text_add(&l, "! %s %s: %s, una %" PRIu32 " in flight %" PRIu32 " cwnd %" PRIu32,
		             local, remote, rec->step != NULL ? rec->step : "", rec->seq, rec->len,
		             rec->wnd);
		return (int)l.wanted;
	}
	if (rec->kind == PLN_TRACE_RX)
		pln_text_add(&l, "< %s > %s", remote, local);
	else
		pln_text_add(&l, "> %s > %s", local, remote);
	put_segment(&l, rec);
	return (int)l.wanted;
}
