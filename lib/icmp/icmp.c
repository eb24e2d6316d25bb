/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP for a host (RFC 792, RFC 1122 §3.2.2). Echo requests are answered with all their data, from the address they were sent to;
 * our own echo requests leave here, and their replies and errors gather in a ring until the program takes them. Errors about
 * TCP and UDP are decoded and handed back: whose they are, stack/ knows. Nothing larger than the MTU is sent, and no errors yet.
 */
#include "icmp/icmp.h"

#include <rte_mbuf.h>

static struct pln_addr
addr_of(struct pln_be32 ip4)
{
	struct pln_addr addr = { .family = PLN_FAMILY_IP4 };

	memcpy(addr.bytes, &ip4, sizeof(ip4));
	return addr;
}

void
pln_icmp_init(struct pln_icmp *icmp, struct pln_env *env, struct pln_ip *ip)
{
	memset(icmp, 0, sizeof(*icmp));
	icmp->env = env;
	icmp->ip = ip;
}

/* The next free event, at the ring's end; NULL when the program does not keep up, which is the caller's drop. */
static struct pln_icmp_event *
new_event(struct pln_icmp *icmp, enum pln_icmp_event_kind kind, struct pln_be32 from)
{
	struct pln_icmp_event *ev;

	if (icmp->count == PLN_ICMP_EVENTS)
		return NULL;
	ev = &icmp->events[(icmp->head + icmp->count) % PLN_ICMP_EVENTS];
	icmp->count++;
	*ev = (struct pln_icmp_event){ .kind = kind, .from = addr_of(from), .now = icmp->env->now };
	return ev;
}

/*
 * RFC 1122 §3.2.2.6: "Data received in an ICMP Echo Request MUST be entirely included in the resulting Echo Reply. However, if
 * sending the Echo Reply requires intentional fragmentation that is not implemented, the datagram MUST be truncated to maximum
 * transmission size (see Section 3.3.3) and sent."
 */
static uint32_t
reply_len(const struct pln_icmp *icmp, const struct rte_mbuf *m, uint32_t request_len)
{
	uint32_t max = icmp->ip->mtu - PLN_IP4_HDR_LEN;
	uint32_t room = rte_pktmbuf_tailroom(m);

	max = room < max ? room : max;
	return request_len < max ? request_len : max;
}

static enum pln_drop
answer_echo(struct pln_icmp *icmp, const struct pln_pkt *pkt)
{
	struct pln_ip_once to = { .src = pkt->ip.dst,
		                  .dst = pkt->ip.src,
		                  .proto = PLN_IP4_PROTO_ICMP,
		                  .tos = pkt->ip.tos };
	struct rte_mbuf *m = pln_mbuf_alloc(icmp->ip->mempool);
	uint32_t len;
	uint8_t *p;

	if (m == NULL)
		return PLN_RX_DROP_NO_MBUF;
	len = reply_len(icmp, m, pkt->len);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	memcpy(p, pkt->data, len);
	p[0] = PLN_ICMP_ECHO_REPLY;
	pln_icmp_hdr_seal(p, len);
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_ECHO);
	pln_ip_tx_once(icmp->ip, &to, m); /* counts its own drops */
	return PLN_ACCEPT;
}

static enum pln_drop
take_reply(struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_hdr *hdr)
{
	uint32_t payload = pkt->len - PLN_ICMP_HDR_LEN;
	struct pln_icmp_event *ev;

	if (icmp->last_dst.raw == 0)
		return PLN_ICMP_NO_OWNER; /* nobody here ever asked */
	ev = new_event(icmp, PLN_ICMP_REPLY, pkt->ip.src);
	if (ev == NULL)
		return PLN_ICMP_EVENTS_FULL;
	ev->id = hdr->id;
	ev->seq = hdr->seq;
	ev->ttl = pkt->ip.ttl;
	ev->len = (uint16_t)payload;
	memcpy(ev->data, pkt->data + PLN_ICMP_HDR_LEN,
	       payload < sizeof(ev->data) ? payload : sizeof(ev->data));
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_ECHO_REPLY);
	return PLN_ACCEPT;
}

/* An error about an echo request of ours, whose first fragment it quotes. pln_icmp_hdr_quote has seen the eight bytes. */
static enum pln_drop
report_echo_error(struct pln_icmp *icmp, const struct pln_pkt *pkt,
                  const struct pln_icmp_error *error)
{
	const uint8_t *inner = pkt->data + PLN_ICMP_HDR_LEN + error->quote.ip.hdr_len;
	struct pln_icmp_event *ev;

	if (error->quote.ip.frag_off != 0 || inner[0] != PLN_ICMP_ECHO || icmp->last_dst.raw == 0)
		return PLN_ICMP_NO_OWNER;
	ev = new_event(icmp, PLN_ICMP_ERROR_REPORT, pkt->ip.src);
	if (ev == NULL)
		return PLN_ICMP_EVENTS_FULL;
	ev->id = pln_bytes_get16(inner + 4);
	ev->seq = pln_bytes_get16(inner + 6);
	ev->ttl = pkt->ip.ttl;
	ev->type = error->type;
	ev->code = error->code;
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_ERROR);
	return PLN_ACCEPT;
}

/* Unreachable, time exceeded, parameter problem. Only what we could have sent is looked at. */
static enum pln_drop
take_error(struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_hdr *hdr,
           struct pln_icmp_error *error, bool *has_error)
{
	enum pln_drop drop = pln_icmp_hdr_quote(pkt->data, pkt->len, &error->quote);

	if (drop != PLN_ACCEPT)
		return drop;
	if (!pln_ip_is_ours(icmp->ip, error->quote.ip.src))
		return PLN_ICMP_NO_OWNER;
	error->type = hdr->type;
	error->code = hdr->code;
	error->next_mtu = hdr->next_mtu;
	switch (error->quote.ip.proto) {
	case PLN_IP4_PROTO_ICMP:
		return report_echo_error(icmp, pkt, error);
	case PLN_IP4_PROTO_TCP:
	case PLN_IP4_PROTO_UDP:
		*has_error = true;
		return PLN_ACCEPT;
	default:
		return PLN_ICMP_NO_OWNER;
	}
}

enum pln_drop
pln_icmp_rx(struct pln_icmp *icmp, struct pln_pkt *pkt, struct pln_icmp_error *error,
            bool *has_error)
{
	struct pln_icmp_hdr hdr;
	enum pln_drop drop = pln_icmp_hdr_parse(pkt->data, pkt->len, &hdr);

	*has_error = false;
	if (drop != PLN_ACCEPT)
		return drop;
	/* RFC 1122 §3.2.2.6: an echo to a broadcast "MAY be silently discarded"; no other message has business there. */
	if (pkt->link_broadcast || !pln_ip_is_ours(icmp->ip, pkt->ip.dst))
		return PLN_ICMP_BROADCAST;
	switch (hdr.type) {
	case PLN_ICMP_ECHO:
		return answer_echo(icmp, pkt);
	case PLN_ICMP_ECHO_REPLY:
		return take_reply(icmp, pkt, &hdr);
	case PLN_ICMP_UNREACHABLE:
	case PLN_ICMP_TIME_EXCEEDED:
	case PLN_ICMP_PARAM_PROBLEM:
		return take_error(icmp, pkt, &hdr, error, has_error);
	default:
		/* Redirect: the safe default; source quench: RFC 6633; the rest: RFC 1122 §3.2.2.7-9. */
		return PLN_ICMP_TYPE_IGNORED;
	}
}

/* An echo request with its payload and checksum; NULL: no buffer. */
static struct rte_mbuf *
build_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args)
{
	struct pln_icmp_hdr hdr = { .type = PLN_ICMP_ECHO, .id = args->id, .seq = args->seq };
	uint16_t len = (uint16_t)(PLN_ICMP_HDR_LEN + args->len);
	struct rte_mbuf *m = pln_mbuf_alloc(icmp->ip->mempool);
	uint8_t *p = m != NULL ? (uint8_t *)rte_pktmbuf_append(m, len) : NULL;

	if (p == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	pln_icmp_hdr_emit_echo(p, &hdr);
	if (args->len > 0)
		memcpy(p + PLN_ICMP_HDR_LEN, args->data, args->len);
	pln_icmp_hdr_seal(p, len);
	return m;
}

/* The next hop of our last echo request does not answer ARP. */
static void
report_neigh_failed(struct pln_icmp *icmp, struct pln_be32 next_hop)
{
	struct pln_icmp_event *ev = new_event(icmp, PLN_ICMP_NEIGH_FAILED, next_hop);

	if (ev == NULL) {
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_EVENTS_FULL);
		return;
	}
	ev->id = icmp->last_id;
	ev->seq = icmp->last_seq;
}

int
pln_icmp_send_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args)
{
	struct pln_ip_once to = { .proto = PLN_IP4_PROTO_ICMP, .ttl = args->ttl, .tos = args->tos };
	struct pln_be32 next_hop;
	enum pln_drop drop;
	struct rte_mbuf *m;
	int rc;

	if (args->dst.family != PLN_FAMILY_IP4)
		return args->dst.family == PLN_FAMILY_IP6 ? -EAFNOSUPPORT : -EINVAL;
	if (PLN_IP4_HDR_LEN + PLN_ICMP_HDR_LEN + args->len > icmp->ip->mtu)
		return -EMSGSIZE;
	memcpy(&to.dst, args->dst.bytes, sizeof(to.dst));
	rc = pln_ip_next_hop(icmp->ip, to.dst, &next_hop);
	if (rc < 0)
		return rc;
	m = build_echo(icmp, args);
	if (m == NULL)
		return -ENOMEM;
	icmp->last_dst = to.dst;
	icmp->last_id = args->id;
	icmp->last_seq = args->seq;
	drop = pln_ip_tx_once(icmp->ip, &to, m);
	if (drop == PLN_ARP_TABLE_FULL)
		return -ENOMEM;
	if (drop ==
	    PLN_ARP_FAILED) /* it failed a moment ago and is not asked again yet: that is news for this request too */
		report_neigh_failed(icmp, next_hop);
	else
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_TX_ECHO);
	return 0;
}

unsigned int
pln_icmp_take_events(struct pln_icmp *icmp, struct pln_icmp_event *events, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && icmp->count > 0) {
		events[n++] = icmp->events[icmp->head];
		icmp->head = (icmp->head + 1) % PLN_ICMP_EVENTS;
		icmp->count--;
	}
	return n;
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
