/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tools like arping need of ARP (RFC 826, RFC 5227 §2.1.1): to send a packet as they word it, and to hear those of others. It
 * stands beside ip/arp, which resolves neighbours and neither asks nor hears of this. A full ring keeps its oldest packets.
 */
#include "ip/arp_watch.h"

#include "base/ip4.h"

void
pln_arp_watch_set(struct pln_arp_watch *watch, bool on)
{
	watch->on = on;
	watch->head = 0;
	watch->count = 0;
}

void
pln_arp_watch_hear(struct pln_arp_watch *watch, const uint8_t *p, size_t len,
                   const struct pln_arp_event *frame)
{
	struct pln_arp_event *event;
	struct pln_arp_hdr hdr;

	if (!watch->on || watch->count == PLN_ARP_WATCH_EVENTS ||
	    pln_arp_hdr_parse(p, len, &hdr) != PLN_ACCEPT)
		return;
	event = &watch->events[(watch->head + watch->count++) % PLN_ARP_WATCH_EVENTS];
	*event = *frame;
	event->sender = pln_ip4_addr(hdr.spa);
	event->target = pln_ip4_addr(hdr.tpa);
	event->sender_mac = hdr.sha;
	event->target_mac = hdr.tha;
	event->is_reply = hdr.opcode == PLN_ARP_REPLY;
}

unsigned int
pln_arp_watch_take(struct pln_arp_watch *watch, struct pln_arp_event *events, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && watch->count > 0) {
		events[n++] = watch->events[watch->head];
		watch->head = (watch->head + 1) % PLN_ARP_WATCH_EVENTS;
		watch->count--;
	}
	return n;
}

int
pln_arp_watch_send(struct pln_ip *ip, struct pln_arp_hdr *hdr, const struct pln_mac *to)
{
	struct rte_mbuf *m = pln_mbuf_alloc(ip->mempool);

	if (m == NULL) {
		pln_counters_inc(&ip->env->counters, PLN_TX_NO_MBUF);
		return -ENOMEM;
	}
	hdr->sha = ip->txq->link.mac;
	pln_arp_hdr_emit((uint8_t *)rte_pktmbuf_append(m, PLN_ARP_HDR_LEN), hdr);
	pln_ip_prepend_eth(ip, m, PLN_ETH_TYPE_ARP, to);
	pln_txq_push(ip->txq, m);
	pln_counters_inc(&ip->env->counters,
	                 hdr->opcode == PLN_ARP_REPLY ? PLN_ARP_TX_REPLY : PLN_ARP_TX_REQUEST);
	return 0;
}
