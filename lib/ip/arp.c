/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP (RFC 826) as a host speaks it. What is learned follows the merge rule: an entry that exists is brought up to date by any
 * ARP packet of its owner, one is made only for a sender who asks for us, and an answer that nobody asked for makes none.
 * A sender address that no host may have is not believed (RFC 1122 §3.2.1.3, RFC 5227 §1.1), nor is one that is ours: that is
 * a conflict, which is counted. Probing before use and defending (RFC 5227 §2.1, §2.4) are not here; no proxy ARP either.
 */
#include "ip/arp.h"

static const struct pln_mac broadcast_mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct pln_mac zero_mac;

static bool
same_mac(const struct pln_mac *a, const struct pln_mac *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Send an ARP packet, in which our hardware address is filled in, to `dst`. */
static bool
transmit(struct pln_ip *ip, struct pln_arp_hdr *hdr, const struct pln_mac *dst)
{
	struct rte_mbuf *m = pln_mbuf_alloc(ip->mempool);

	if (m == NULL) {
		pln_counters_inc(&ip->env->counters, PLN_TX_NO_MBUF);
		return false;
	}
	hdr->sha = ip->txq->link.mac;
	pln_arp_hdr_emit((uint8_t *)rte_pktmbuf_append(m, PLN_ARP_HDR_LEN), hdr);
	pln_ip_prepend_eth(ip, m, PLN_ETH_TYPE_ARP, dst);
	pln_txq_push(ip->txq, m);
	return true;
}

static void
transmit_request(struct pln_ip *ip, struct pln_arp_hdr *hdr, const struct pln_mac *dst)
{
	hdr->opcode = PLN_ARP_REQUEST;
	if (transmit(ip, hdr, dst))
		pln_counters_inc(&ip->env->counters, PLN_ARP_TX_REQUEST);
}

void
pln_arp_request(struct pln_ip *ip, struct pln_be32 target, const struct pln_mac *mac)
{
	struct pln_arp_hdr hdr = { .tpa = target };

	if (ip->asker.ask != NULL)
		ip->asker.ask(ip->asker.ctx, target);
	else if (pln_ip_source_for(ip, target, &hdr.spa) == 0)
		transmit_request(ip, &hdr, mac != NULL ? mac : &broadcast_mac);
}

void
pln_arp_announce(struct pln_ip *ip, struct pln_be32 addr)
{
	/* RFC 5227 §2.3: "identical to the ARP Probe described above, except that now the sender and target IP addresses are
	 * both set to the host's newly selected IPv4 address". */
	struct pln_arp_hdr hdr = { .spa = addr, .tpa = addr };

	transmit_request(ip, &hdr, &broadcast_mac);
}

void
pln_arp_probe(struct pln_ip *ip, struct pln_be32 addr)
{
	/* RFC 5227 §1.1: "an ARP Request packet, broadcast on the local link, with an all-zero 'sender IP address'", so that nobody's
	 * cache is touched before it is known whose the address is. */
	struct pln_arp_hdr hdr = { .tpa = addr };

	transmit_request(ip, &hdr, &broadcast_mac);
}

static void
answer(struct pln_ip *ip, const struct pln_arp_hdr *request)
{
	struct pln_arp_hdr hdr = {
		.opcode = PLN_ARP_REPLY,
		.spa = request->tpa,
		.tha = request->sha,
		.tpa = request->spa,
	};

	if (transmit(ip, &hdr, &request->sha))
		pln_counters_inc(&ip->env->counters, PLN_ARP_TX_REPLY);
}

static bool
is_station(const struct pln_mac *mac)
{
	return !pln_eth_hdr_is_group(mac) && !same_mac(mac, &zero_mac);
}

/* RFC 5227 §1.1: a request from 0.0.0.0 asks whether anybody has the address; its sender has none to be learned. */
static bool
is_probe_for_us(const struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	return hdr->opcode == PLN_ARP_REQUEST && hdr->spa.raw == 0 && pln_ip_is_ours(ip, hdr->tpa);
}

/*
 * RFC 5227 §2.1.1, §2.4: another host uses an address of ours, or probes for one that we are probing for. One that we have given up
 * is its own.
 */
static struct pln_acd *
disputed(const struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	struct pln_ip_addr *a;

	if (same_mac(&hdr->sha, &ip->txq->link.mac))
		return NULL;
	if (hdr->spa.raw != 0) {
		a = pln_ip_addr_find(ip, hdr->spa);
		return a != NULL && a->acd.state != PLN_ADDR_CONFLICT ? &a->acd : NULL;
	}
	a = pln_ip_addr_find(ip, hdr->tpa);
	return a != NULL && a->acd.state == PLN_ADDR_PROBING && hdr->opcode == PLN_ARP_REQUEST
	               ? &a->acd
	               : NULL;
}

/* May the sender be believed? */
static enum pln_drop
check_sender(const struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	if (!is_station(&hdr->sha))
		return PLN_ARP_BAD_SENDER;
	if (is_probe_for_us(ip, hdr))
		return PLN_ACCEPT;
	if (pln_ip_is_ours(ip, hdr->spa))
		return PLN_ARP_BAD_SENDER; /* our own packet, come back */
	if (pln_ip4_hdr_is_martian(hdr->spa) || pln_ip_is_broadcast(ip, hdr->spa))
		return PLN_ARP_BAD_SENDER;
	return PLN_ACCEPT;
}

/* Do we know this neighbour, or want to? A path that has not been used yet asks for nothing. */
static bool
is_in_cache(const struct pln_neigh *n)
{
	return n != NULL && n->state != PLN_NEIGH_NONE;
}

static bool
is_waited_for(const struct pln_neigh *n)
{
	return n->state == PLN_NEIGH_INCOMPLETE || (n->state == PLN_NEIGH_PROBE && n->tries > 0);
}

static bool
is_on_link(const struct pln_ip *ip, struct pln_be32 addr)
{
	const struct pln_route *route = pln_route_find(&ip->routes, addr);

	return route != NULL && route->gateway.raw == 0;
}

/* RFC 826: "?Am I the target protocol address? Yes: If Merge_flag is false, add the triplet [...] to the translation table." */
static void
learn_asker(struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	struct pln_neigh *n;

	if (!is_on_link(ip, hdr->spa))
		return;
	n = pln_neigh_get(&ip->neighs, hdr->spa);
	if (n != NULL)
		pln_neigh_learn(&ip->neighs, n, &hdr->sha, false);
}

/* Is the request for us, or at least its sender somebody we know? */
static enum pln_drop
learn_from_request(struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	struct pln_neigh *n = pln_neigh_find(&ip->neighs, hdr->spa);
	bool known = is_in_cache(n);

	if (known)
		pln_neigh_learn(&ip->neighs, n, &hdr->sha, false);
	if (!pln_ip_is_ours(ip, hdr->tpa))
		return known ? PLN_ACCEPT : PLN_ARP_NOT_FOR_US;
	if (!known)
		learn_asker(ip, hdr);
	return PLN_ACCEPT;
}

static enum pln_drop
rx_request(struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	enum pln_drop drop = learn_from_request(ip, hdr);

	if (drop == PLN_ACCEPT && pln_ip_is_ours(ip, hdr->tpa))
		answer(ip, hdr);
	return drop;
}

static enum pln_drop
rx_reply(struct pln_ip *ip, const struct pln_arp_hdr *hdr)
{
	struct pln_neigh *n = pln_neigh_find(&ip->neighs, hdr->spa);

	if (!is_in_cache(n))
		return PLN_ARP_UNSOLICITED;
	pln_neigh_learn(&ip->neighs, n, &hdr->sha,
	                is_waited_for(n) && pln_ip_is_ours(ip, hdr->tpa));
	return PLN_ACCEPT;
}

enum pln_drop
pln_arp_rx(struct pln_ip *ip, const uint8_t *p, size_t len)
{
	struct pln_arp_hdr hdr;
	struct pln_acd *acd;
	bool is_reply;
	enum pln_drop drop = pln_arp_hdr_parse(p, len, &hdr);

	if (drop != PLN_ACCEPT)
		return drop;
	is_reply = hdr.opcode == PLN_ARP_REPLY;
	pln_counters_inc(&ip->env->counters, is_reply ? PLN_ARP_RX_REPLY : PLN_ARP_RX_REQUEST);
	acd = is_station(&hdr.sha) ? disputed(ip, &hdr) : NULL;
	if (acd != NULL) {
		pln_acd_conflict(acd, ip, &hdr.sha);
		return PLN_ARP_CONFLICT;
	}
	drop = check_sender(ip, &hdr);
	if (drop != PLN_ACCEPT)
		return drop;
	return is_reply ? rx_reply(ip, &hdr) : rx_request(ip, &hdr);
}

void
pln_arp_overhear(struct pln_ip *ip, const uint8_t *p, size_t len)
{
	struct pln_arp_hdr hdr;

	if (pln_arp_hdr_parse(p, len, &hdr) != PLN_ACCEPT || check_sender(ip, &hdr) != PLN_ACCEPT)
		return;
	if (hdr.opcode == PLN_ARP_REQUEST)
		learn_from_request(ip, &hdr);
	else if (rx_reply(ip, &hdr) == PLN_ARP_UNSOLICITED)
		learn_asker(ip, &hdr); /* it was asked for by the other */
}
