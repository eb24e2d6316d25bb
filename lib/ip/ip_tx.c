/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way out: an IPv4 header (RFC 791 §3.1), an Ethernet header, and the neighbour. A path keeps the answers to "which next
 * hop, which neighbour" until addresses or routes change. What exceeds the path's MTU goes in fragments (RFC 791 §3.2), or is refused
 * where DF forbids them, unless the device is to segment it. Frames shorter than Ethernet's minimum are padded by the device.
 */
#include "ip/ip.h"
#include "wire/cksum.h"
#include "wire/udp_hdr.h"

#define OFFLOADS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG)

#define IP4_CKSUM_OFF 10U
#define PMTU_LOW      552U /* RFC 5927 §7.2: no router of today asks for less */
#define FRAG_UNIT     8U

static bool
may_send_from(const struct pln_ip *ip, struct pln_be32 src)
{
	const struct pln_ip_addr *a = pln_ip_addr_find(ip, src);

	return a != NULL && pln_acd_may_send(&a->acd);
}

/* Complete a path that has its ends, and perhaps a gateway to avoid. 0 or as pln_ip_path_open. */
static int
find_way(struct pln_ip *ip, struct pln_ip_path *path)
{
	const struct pln_route *route;
	int rc = pln_ip_next_hop(ip, path->dst, &path->next_hop);

	if (rc != 0)
		return rc;
	route = pln_route_pick(&ip->routes, path->dst, path->avoid);
	if (route->gateway.raw != 0)
		path->next_hop = route->gateway;
	if (!may_send_from(ip, path->src))
		return -EADDRNOTAVAIL;
	path->neigh = pln_neigh_get(&ip->neighs, path->next_hop);
	if (path->neigh == NULL)
		return -ENOSPC;
	pln_neigh_hold(path->neigh);
	path->mtu = pln_ip_pmtu(ip, path->dst);
	path->generation = ip->generation;
	return 0;
}

int
pln_ip_path_open(struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 src,
                 struct pln_ip_path *path)
{
	struct pln_ip_path p = { .src = src, .dst = dst, .ttl = ip->ttl, .df = true };
	int rc = src.raw == 0 ? pln_ip_source_for(ip, dst, &p.src) : 0;

	if (rc == 0)
		rc = find_way(ip, &p);
	if (rc == 0)
		*path = p;
	return rc;
}

void
pln_ip_path_close(struct pln_ip *ip, struct pln_ip_path *path)
{
	if (path->neigh == NULL)
		return;
	pln_neigh_release(&ip->neighs, path->neigh);
	path->neigh = NULL;
}

void
pln_ip_pmtu_learn(struct pln_ip *ip, struct pln_be32 dst, uint16_t mtu)
{
	uint16_t low = ip->mtu < PMTU_LOW ? ip->mtu : PMTU_LOW;

	pln_pmtu_learn(&ip->pmtu, dst, mtu < low ? low : mtu);
	ip->generation++;
}

uint16_t
pln_ip_pmtu(const struct pln_ip *ip, struct pln_be32 dst)
{
	return pln_pmtu_get(&ip->pmtu, dst, ip->mtu);
}

static enum pln_drop
drop_of_errno(int rc)
{
	return rc == -ENOSPC ? PLN_ARP_TABLE_FULL : PLN_IP_NO_ROUTE;
}

/* Addresses, routes or the MTU have changed: look again, and keep what its owner chose. */
static enum pln_drop
refresh(struct pln_ip *ip, struct pln_ip_path *path)
{
	struct pln_ip_path fresh = *path;
	int rc = find_way(ip, &fresh);

	if (rc != 0)
		return drop_of_errno(rc);
	pln_ip_path_close(ip, path);
	*path = fresh;
	return PLN_ACCEPT;
}

void
pln_ip_path_suspect(struct pln_ip *ip, struct pln_ip_path *path)
{
	pln_neigh_suspect(&ip->neighs, path->neigh);
	if (path->next_hop.raw == path->dst.raw)
		return;
	path->avoid = path->next_hop;
	path->generation = ip->generation - 1;
}

/* Dead gateways are asked again, now that there is something to send; nobody waits for them. */
static void
retry_gateways(struct pln_ip *ip)
{
	struct pln_be32 gateway;
	struct pln_neigh *n;

	while (pln_route_take_retry(&ip->routes, ip->env->now, &gateway)) {
		n = pln_neigh_get(&ip->neighs, gateway);
		if (n != NULL)
			pln_neigh_probe(&ip->neighs, n);
	}
}

/*
 * RFC 6864 §4: the identification means nothing in atomic datagrams; all others are unique for their addresses and protocol. A
 * counter for each group of destinations, and an offset that an outsider cannot compute: what one of them sees tells nothing
 * about the traffic with another (RFC 7739 §5.3).
 */
static uint16_t
identification(struct pln_ip *ip, const struct pln_ip_path *path, uint8_t proto)
{
	uint32_t flow[3] = { path->src.raw, path->dst.raw, proto };
	uint64_t hash;

	if (path->df)
		return 0;
	hash = pln_siphash(&ip->id_key, flow, sizeof(flow));
	return (uint16_t)((hash >> 32) + ip->id_next[hash % PLN_IP_ID_COUNTERS]++);
}

static struct pln_ip4_hdr
header_for(struct pln_ip *ip, const struct pln_ip_path *path, uint8_t proto)
{
	return (struct pln_ip4_hdr){
		.src = path->src,
		.dst = path->dst,
		.id = identification(ip, path, proto),
		.df = path->df,
		.tos = path->tos,
		.ttl = path->ttl,
		.proto = proto,
	};
}

static void
prepend_ip4(struct pln_ip *ip, struct pln_ip4_hdr *hdr, struct rte_mbuf *m)
{
	uint8_t *p;

	hdr->total_len = (uint16_t)(m->pkt_len + PLN_IP4_HDR_LEN);
	p = (uint8_t *)rte_pktmbuf_prepend(m, PLN_IP4_HDR_LEN);
	PLN_ASSERT(p != NULL); /* pln_mbuf_alloc left room for every header */
	pln_ip4_hdr_emit(p, hdr);
	if ((ip->txq->link.capabilities & PLN_LINK_TX_IP4_CKSUM) == 0)
		return;
	memset(p + IP4_CKSUM_OFF, 0, sizeof(uint16_t)); /* rte_mbuf wants it so */
	m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
}

void
pln_ip_prepend_eth(const struct pln_ip *ip, struct rte_mbuf *m, uint16_t type,
                   const struct pln_mac *dst)
{
	const struct pln_link *link = &ip->txq->link;
	uint16_t len = link->vlan != 0 ? PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN : PLN_ETH_HDR_LEN;
	struct pln_eth_hdr hdr = { .src = link->mac, .type = type };
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, len);

	PLN_ASSERT(p != NULL);
	if (dst != NULL)
		hdr.dst = *dst;
	hdr.vlan = link->vlan != 0 ? link->vlan : PLN_ETH_NO_VLAN;
	pln_eth_hdr_emit(p, &hdr);
}

/* The device completes something: it must know where the headers stand. */
static void
describe_headers(const struct pln_ip *ip, struct rte_mbuf *m)
{
	bool tagged = ip->txq->link.vlan != 0;

	if ((m->ol_flags & OFFLOADS) == 0)
		return;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4;
	m->l2_len = tagged ? PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN : PLN_ETH_HDR_LEN;
	m->l3_len = PLN_IP4_HDR_LEN;
	m->packet_type =
		RTE_PTYPE_L3_IPV4 | (tagged ? RTE_PTYPE_L2_ETHER_VLAN : RTE_PTYPE_L2_ETHER);
	if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		m->packet_type |= RTE_PTYPE_L4_TCP;
	else if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM)
		m->packet_type |= RTE_PTYPE_L4_UDP;
}

/* Bytes of IP packet that may leave in one piece: what TSO makes of it fits the MTU by the mbuf's tso_segsz. */
static uint32_t
size_limit(const struct pln_ip_path *path, const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ? UINT16_MAX : path->mtu;
}

/* One packet, or a fragment of one, as a frame. */
static enum pln_drop
send_packet(struct pln_ip *ip, const struct pln_ip_path *path, struct pln_ip4_hdr *hdr,
            struct rte_mbuf *m)
{
	prepend_ip4(ip, hdr, m);
	pln_ip_prepend_eth(ip, m, PLN_ETH_TYPE_IP4, NULL);
	describe_headers(ip, m);
	pln_counters_inc(&ip->env->counters, PLN_IP_TX);
	return pln_neigh_tx(&ip->neighs, path->neigh, m);
}

static enum pln_drop
refuse(struct pln_ip *ip, struct rte_mbuf *m, enum pln_drop why)
{
	pln_counters_inc(&ip->env->counters, why);
	rte_pktmbuf_free(m);
	return why;
}

/* No device sums a segment over fragments: what was left to it is done here. The field holds the pseudo-header's sum. */
static void
complete_cksum(struct rte_mbuf *m)
{
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	bool is_udp = l4 == RTE_MBUF_F_TX_UDP_CKSUM;
	uint16_t off = is_udp ? PLN_UDP_HDR_CKSUM_OFF : PLN_TCP_HDR_CKSUM_OFF;
	uint16_t cksum;

	if (l4 != RTE_MBUF_F_TX_TCP_CKSUM && !is_udp)
		return;
	cksum = pln_cksum_finish(pln_mbuf_cksum(m, 0));
	if (is_udp)
		cksum = pln_udp_hdr_cksum(cksum);
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, off), &cksum, sizeof(cksum));
}

/* Bytes of transport in one buffer of ours. */
static uint32_t
buffer_room(const struct pln_ip *ip)
{
	return (uint32_t)rte_pktmbuf_data_room_size(ip->mempool) - PLN_MBUF_HEADROOM;
}

bool
pln_ip_fits(const struct pln_ip *ip, const struct pln_ip_path *path, uint32_t len)
{
	bool chains = (ip->txq->link.capabilities & PLN_LINK_TX_MULTI_SEGS) != 0;

	return len + PLN_IP4_HDR_LEN <= path->mtu && (chains || len <= buffer_room(ip));
}

/* Bytes of payload in each fragment but the last: what the path and a buffer hold, in units of eight. */
static uint32_t
fragment_len(const struct pln_ip *ip, const struct pln_ip_path *path)
{
	uint32_t room = buffer_room(ip);
	uint32_t fits = (uint32_t)path->mtu - PLN_IP4_HDR_LEN;

	return (fits < room ? fits : room) / FRAG_UNIT * FRAG_UNIT;
}

/* RFC 791 §3.2: one identification, offsets in units of eight, MF on all but the last. We send no options that could be copied. */
static enum pln_drop
send_fragments(struct pln_ip *ip, const struct pln_ip_path *path, struct pln_ip4_hdr *hdr,
               struct rte_mbuf *m)
{
	uint32_t total = m->pkt_len, each = fragment_len(ip, path), off, len;
	enum pln_drop drop = PLN_ACCEPT, first = PLN_ACCEPT;

	complete_cksum(m);
	for (off = 0; off < total; off += len) {
		struct rte_mbuf *piece = pln_mbuf_alloc(ip->mempool);

		if (piece == NULL)
			return refuse(ip, m, PLN_IP_FRAG_NO_MBUF);
		len = total - off < each ? total - off : each;
		pln_mbuf_get(m, off, rte_pktmbuf_append(piece, (uint16_t)len), len);
		hdr->frag_off = (uint16_t)off;
		hdr->mf = off + len < total;
		drop = send_packet(ip, path, hdr, piece);
		first = first == PLN_ACCEPT ? drop : first;
	}
	pln_counters_inc(&ip->env->counters, PLN_IP_TX_FRAGMENTED);
	rte_pktmbuf_free(m);
	return first;
}

/* A link that takes no chains gets one buffer; where none is large enough, fragments do. */
static bool
suits_link(const struct pln_ip *ip, struct rte_mbuf **m)
{
	if ((*m)->nb_segs == 1 || (ip->txq->link.capabilities & PLN_LINK_TX_MULTI_SEGS) != 0)
		return true;
	*m = pln_mbuf_linearise(*m);
	return *m == NULL || (*m)->nb_segs == 1;
}

enum pln_drop
pln_ip_tx(struct pln_ip *ip, struct pln_ip_path *path, struct rte_mbuf *m, uint8_t proto)
{
	enum pln_drop drop = PLN_ACCEPT;
	struct pln_ip4_hdr hdr;
	bool fits;

	if (ip->routes.dead > 0)
		retry_gateways(ip);
	if (path->generation != ip->generation)
		drop = refresh(ip, path);
	if (drop != PLN_ACCEPT)
		return refuse(ip, m, drop);
	fits = m->pkt_len + PLN_IP4_HDR_LEN <= size_limit(path, m);
	if (fits)
		fits = suits_link(ip, &m);
	if (m == NULL) {
		pln_counters_inc(&ip->env->counters, PLN_IP_FRAG_NO_MBUF);
		return PLN_IP_FRAG_NO_MBUF;
	}
	if (!fits && (path->df || m->pkt_len + PLN_IP4_HDR_LEN > UINT16_MAX))
		return refuse(ip, m, PLN_IP_TOO_BIG);
	hdr = header_for(ip, path, proto);
	return fits ? send_packet(ip, path, &hdr, m) : send_fragments(ip, path, &hdr, m);
}

enum pln_drop
pln_ip_tx_once(struct pln_ip *ip, const struct pln_ip_once *to, struct rte_mbuf *m)
{
	struct pln_ip_path path;
	enum pln_drop drop;
	int rc = pln_ip_path_open(ip, to->dst, to->src, &path);

	if (rc != 0) {
		drop = drop_of_errno(rc);
		pln_counters_inc(&ip->env->counters, drop);
		rte_pktmbuf_free(m);
		return drop;
	}
	path.tos = to->tos;
	path.df = to->df;
	if (to->ttl != 0)
		path.ttl = to->ttl;
	drop = pln_ip_tx(ip, &path, m, to->proto);
	pln_ip_path_close(ip, &path);
	return drop;
}
