/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo (RFC 792; RFC 1122 §3.2.2.6). Requests are answered with all their data, from the address they were sent to. Our own requests
 * leave here; their replies, and errors that quote them, gather in a ring until the program takes them, with the packet that holds the
 * payload while there is room for it. What exceeds the MTU is handed to IP whole, to be sent in fragments. Which reply answers what,
 * duplicates and payloads are for the program to judge.
 */
#include "icmp/echo.h"

#include <rte_mbuf.h>

#include "base/ip4.h"
#include "wire/cksum.h"

#define IP_MAX UINT16_MAX /* bytes of an IP packet */

/* The next free slot, at the ring's end; NULL when the program does not keep up, which is the caller's drop. */
static struct pln_icmp_slot *
new_slot(struct pln_icmp *icmp, enum pln_icmp_event_kind kind, struct pln_be32 from)
{
	struct pln_icmp_slot *slot;
	uint32_t index = (icmp->head + icmp->count) % PLN_ICMP_SLOTS;

	if (icmp->count == PLN_ICMP_EVENTS)
		return NULL;
	slot = &icmp->slots[index];
	icmp->count++;
	*slot = (struct pln_icmp_slot){ .event = { .kind = kind,
		                                   .from = pln_ip4_addr(from),
		                                   .now = icmp->env->now,
		                                   .slot = index } };
	return slot;
}

static void
fill_arrival(struct pln_icmp_event *ev, const struct pln_pkt *pkt)
{
	ev->ttl = pkt->ip.ttl;
	ev->tos = pkt->ip.tos;
	ev->to = pln_ip4_addr(pkt->ip.dst);
}

/* An ICMP message of `len` bytes with nothing in it; NULL: no buffer. */
static struct rte_mbuf *
new_message(const struct pln_icmp *icmp, uint8_t type)
{
	struct rte_mbuf *m = pln_mbuf_alloc(icmp->ip->mempool);
	uint8_t *p = m != NULL ? (uint8_t *)rte_pktmbuf_append(m, PLN_ICMP_HDR_LEN) : NULL;
	struct pln_icmp_hdr hdr = { .type = type };

	if (p == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	pln_icmp_hdr_emit_echo(p, &hdr);
	return m;
}

/* The checksum over the whole chain. */
static void
seal(struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t cksum = pln_cksum_finish(pln_mbuf_cksum(m, 0));

	memcpy(p + PLN_ICMP_HDR_CKSUM_OFF, &cksum, sizeof(cksum));
}

/*
 * RFC 1122 §3.2.2.6: "Data received in an ICMP Echo Request MUST be entirely included in the resulting Echo Reply."
 */
enum pln_drop
pln_echo_answer(struct pln_icmp *icmp, const struct pln_pkt *pkt)
{
	struct pln_ip_once to = { .src = pkt->ip.dst,
		                  .dst = pkt->ip.src,
		                  .proto = PLN_IP4_PROTO_ICMP,
		                  .tos = pkt->ip.tos };
	struct rte_mbuf *m = new_message(icmp, PLN_ICMP_ECHO_REPLY);

	if (!pln_ip_is_ours(icmp->ip, to.src))
		to.src.raw =
			0; /* asked of everybody: answered from the address that the route has */
	if (m == NULL || !pln_mbuf_put_pkt(m, pkt, PLN_ICMP_HDR_LEN)) {
		rte_pktmbuf_free(m);
		return PLN_RX_DROP_NO_MBUF;
	}
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, 4), pkt->data + 4, 4); /* id, seq */
	seal(m);
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_ECHO);
	pln_ip_tx_once(icmp->ip, &to, m); /* counts its own drops */
	return PLN_ACCEPT;
}

/* The event's 64 bytes are not all: keep the packet, while there is room. */
static void
hold_payload(struct pln_icmp *icmp, struct pln_icmp_slot *slot, struct pln_pkt *pkt)
{
	if (slot->event.len <= sizeof(slot->event.data) ||
	    icmp->held + pkt->truesize > PLN_ICMP_HELD)
		return;
	slot->m = pln_mbuf_of_pkt(pkt);
	slot->offset = pln_mbuf_pkt_offset(pkt) + PLN_ICMP_HDR_LEN;
	slot->truesize = pkt->truesize;
	icmp->held += pkt->truesize;
	rte_pktmbuf_refcnt_update(slot->m, 1);
}

static void
let_go(struct pln_icmp *icmp, struct pln_icmp_slot *slot)
{
	if (slot->m == NULL)
		return;
	icmp->held -= slot->truesize;
	rte_pktmbuf_free(slot->m);
	slot->m = NULL;
}

enum pln_drop
pln_echo_reply(struct pln_icmp *icmp, struct pln_pkt *pkt, bool damaged)
{
	struct pln_icmp_slot *slot;
	struct pln_icmp_event *ev;

	if (icmp->last_dst.raw == 0)
		return PLN_ICMP_NO_OWNER; /* nobody here ever asked */
	slot = new_slot(icmp, PLN_ICMP_REPLY, pkt->ip.src);
	if (slot == NULL)
		return PLN_ICMP_EVENTS_FULL;
	ev = &slot->event;
	fill_arrival(ev, pkt);
	ev->id = pln_bytes_get16(pkt->data + 4);
	ev->seq = pln_bytes_get16(pkt->data + 6);
	ev->bad_checksum = damaged;
	ev->len = (uint16_t)(pkt->len - PLN_ICMP_HDR_LEN);
	pln_mbuf_get_pkt(pkt, PLN_ICMP_HDR_LEN, ev->data, sizeof(ev->data));
	hold_payload(icmp, slot, pkt);
	pln_counters_inc(&icmp->env->counters,
	                 damaged ? PLN_ICMP_BAD_CHECKSUM : PLN_ICMP_RX_ECHO_REPLY);
	return PLN_ACCEPT;
}

enum pln_drop
pln_echo_error(struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_error *error)
{
	const uint8_t *inner = pkt->data + PLN_ICMP_HDR_LEN + error->quote.ip.hdr_len;
	struct pln_icmp_slot *slot;
	struct pln_icmp_event *ev;

	if (error->quote.ip.frag_off != 0 || inner[0] != PLN_ICMP_ECHO || icmp->last_dst.raw == 0)
		return PLN_ICMP_NO_OWNER;
	slot = new_slot(icmp, PLN_ICMP_ERROR_REPORT, pkt->ip.src);
	if (slot == NULL)
		return PLN_ICMP_EVENTS_FULL;
	ev = &slot->event;
	fill_arrival(ev, pkt);
	ev->id = pln_bytes_get16(inner + 4);
	ev->seq = pln_bytes_get16(inner + 6);
	ev->type = error->type;
	ev->code = error->code;
	ev->mtu = error->next_mtu;
	ev->pointer = error->pointer;
	ev->dst = pln_ip4_addr(error->quote.ip.dst);
	if (error->type == PLN_ICMP_REDIRECT)
		ev->gateway = pln_ip4_addr(error->gateway);
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_ERROR);
	return PLN_ACCEPT;
}

/* An echo request with its payload and checksum; NULL: no buffer. */
static struct rte_mbuf *
build_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args)
{
	struct pln_icmp_hdr hdr = { .type = PLN_ICMP_ECHO, .id = args->id, .seq = args->seq };
	struct rte_mbuf *m = new_message(icmp, PLN_ICMP_ECHO);

	if (m == NULL || !pln_mbuf_put(m, args->data, args->len)) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	pln_icmp_hdr_emit_echo(rte_pktmbuf_mtod(m, uint8_t *), &hdr);
	seal(m);
	return m;
}

/* The next hop of our last echo request does not answer ARP. */
static void
report_neigh_failed(struct pln_icmp *icmp, struct pln_be32 next_hop)
{
	struct pln_icmp_slot *slot = new_slot(icmp, PLN_ICMP_NEIGH_FAILED, next_hop);

	if (slot == NULL) {
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_EVENTS_FULL);
		return;
	}
	slot->event.id = icmp->last_id;
	slot->event.seq = icmp->last_seq;
}

/* What may be said of the request before there is a packet: 0 and where it goes, or the error. */
static int
check_echo(const struct pln_icmp *icmp, const struct pln_icmp_echo_args *args,
           struct pln_ip_once *to, struct pln_be32 *next_hop)
{
	if (args->dst.family != PLN_FAMILY_IP4)
		return args->dst.family == PLN_FAMILY_IP6 ? -EAFNOSUPPORT : -EINVAL;
	memcpy(&to->dst, args->dst.bytes, sizeof(to->dst));
	if (args->src.family == PLN_FAMILY_IP6)
		return -EAFNOSUPPORT;
	if (args->src.family == PLN_FAMILY_IP4) {
		memcpy(&to->src, args->src.bytes, sizeof(to->src));
		if (to->src.raw != 0 && !pln_ip_is_ours(icmp->ip, to->src))
			return -EADDRNOTAVAIL;
	}
	if (PLN_IP4_HDR_LEN + PLN_ICMP_HDR_LEN + args->len > IP_MAX)
		return -EMSGSIZE;
	if (!pln_ip_is_broadcast(icmp->ip, to->dst))
		return pln_ip_next_hop(icmp->ip, to->dst, next_hop);
	if (!args->broadcast)
		return -EACCES;
	return to->src.raw != 0 ? 0 : pln_ip_source_for(icmp->ip, to->dst, &to->src);
}

/* A broadcast has no next hop to ask for: the frame goes to everybody on the link, whole. */
static enum pln_drop
transmit(struct pln_icmp *icmp, const struct pln_ip_once *to, struct rte_mbuf *m)
{
	struct pln_ip_path path = {
		.src = to->src,
		.dst = to->dst,
		.next_hop = to->dst,
		.neigh = &icmp->everybody,
		.generation = icmp->ip->generation,
		.mtu = icmp->ip->mtu,
		.ttl = to->ttl != 0 ? to->ttl : icmp->ip->ttl,
		.tos = to->tos,
		.df = true,
	};

	if (!pln_ip_is_broadcast(icmp->ip, to->dst))
		return pln_ip_tx_once(icmp->ip, to, m);
	return pln_ip_tx(icmp->ip, &path, m, to->proto);
}

int
pln_icmp_send_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args)
{
	struct pln_ip_once to = {
		.proto = PLN_IP4_PROTO_ICMP, .ttl = args->ttl, .tos = args->tos, .df = args->df
	};
	struct pln_be32 next_hop = { 0 };
	struct rte_mbuf *m;
	int rc = check_echo(icmp, args, &to, &next_hop);

	if (rc < 0)
		return rc;
	m = build_echo(icmp, args);
	if (m == NULL)
		return -ENOMEM;
	icmp->last_dst = to.dst;
	icmp->last_id = args->id;
	icmp->last_seq = args->seq;
	switch ((unsigned int)transmit(icmp, &to, m)) {
	case PLN_IP_TOO_BIG:
		return -EMSGSIZE;
	case PLN_ARP_TABLE_FULL:
		return -ENOMEM;
	case PLN_ARP_FAILED: /* a moment ago, and it is not asked again yet: that is news for this request too */
		report_neigh_failed(icmp, next_hop);
		return 0;
	default:
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_TX_ECHO);
		return 0;
	}
}

static struct pln_icmp_slot *
slot_before_head(struct pln_icmp *icmp, unsigned int back)
{
	return &icmp->slots[(icmp->head + PLN_ICMP_SLOTS - back) % PLN_ICMP_SLOTS];
}

unsigned int
pln_icmp_take_events(struct pln_icmp *icmp, struct pln_icmp_event *events, unsigned int max)
{
	for (; icmp->taken > 0; icmp->taken--)
		let_go(icmp, slot_before_head(icmp, icmp->taken));
	while (icmp->taken < max && icmp->count > 0) {
		events[icmp->taken++] = icmp->slots[icmp->head].event;
		icmp->head = (icmp->head + 1) % PLN_ICMP_SLOTS;
		icmp->count--;
	}
	return icmp->taken;
}

size_t
pln_icmp_read_payload(const struct pln_icmp *icmp, const struct pln_icmp_event *event,
                      size_t offset, void *buf, size_t len)
{
	const struct pln_icmp_slot *slot = &icmp->slots[event->slot % PLN_ICMP_SLOTS];
	size_t kept = event->len < sizeof(event->data) ? event->len : sizeof(event->data);
	bool whole = slot->m != NULL && slot->event.now == event->now &&
	             slot->event.id == event->id && slot->event.seq == event->seq;

	if (whole)
		kept = event->len;
	if (event->kind != PLN_ICMP_REPLY || offset >= kept)
		return 0;
	len = len < kept - offset ? len : kept - offset;
	if (!whole)
		memcpy(buf, event->data + offset, len);
	else
		pln_mbuf_get(slot->m, slot->offset + (uint32_t)offset, buf, (uint32_t)len);
	return len;
}

void
pln_icmp_fini(struct pln_icmp *icmp)
{
	unsigned int i;

	for (i = 0; i < PLN_ICMP_SLOTS; i++)
		let_go(icmp, &icmp->slots[i]);
}

void
pln_icmp_neigh_failed(struct pln_icmp *icmp, struct pln_be32 next_hop)
{
	struct pln_be32 hop;

	if (icmp->last_dst.raw == 0 || pln_ip_next_hop(icmp->ip, icmp->last_dst, &hop) < 0 ||
	    hop.raw != next_hop.raw)
		return;
	report_neigh_failed(icmp, next_hop);
}
