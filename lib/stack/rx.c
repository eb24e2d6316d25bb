/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receives a burst in two passes. Pass A reads every frame's Ethernet and IPv4 headers and refuses what
 * is damaged or not for this host (RFC 894, IEEE 802.1Q, RFC 791, RFC 1122 §3.2.1); pass B hands each
 * of the others to the protocol it belongs to, in order of arrival. What is refused is counted and
 * freed here, once: the protocols answer with the reason. A source address equal to ours is none: some
 * devices share their peer's MAC. Fragments are put together between the passes, by ip/ip_reasm. Of
 * several stacks that share an address, one may receive what another is to deal with: it is handed over
 * between the passes. Where the kernel is on the same wire, what would be refused may be its own: stack/share.
 */
#include "stack/rx.h"

#include <rte_mbuf.h>

#include "dev/mbuf.h"
#include "ip/arp.h"
#include "stack/deal.h"
#include "stack/group.h"
#include "stack/resegment.h"
#include "wire/cksum.h"
#include "wire/eth_hdr.h"

/* Bytes that the first buffer of a chain must hold: Ethernet with tag, IPv4 and TCP with all their options. */
#define HEADERS_MAX (PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN + 60U + 60U)

static void
refuse(struct pln_stack *stack, struct rte_mbuf *m, enum pln_drop why)
{
	bool given = pln_share_takes(&stack->share, why);

	if (!given ||
	    why == PLN_ARP_CONFLICT) /* a frame that is given is no drop; this is more than one */
		pln_counters_inc(&stack->env.counters, why);
	if (given)
		pln_share_give(stack, m);
	else
		rte_pktmbuf_free(m);
}

static struct pln_pkt *
init_pkt(struct rte_mbuf *m, const struct pln_eth_hdr *eth)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	uint32_t offset = eth->hdr_len;

	PLN_ASSERT(m->priv_size >= pln_link_priv_size());
	pkt->next = NULL;
	pkt->data = rte_pktmbuf_mtod_offset(m, uint8_t *, offset);
	pkt->len = m->pkt_len - offset;
	pkt->room = 0;
	pkt->truesize = m->nb_segs * ((uint32_t)sizeof(*m) + m->priv_size + m->buf_len);
	pkt->seq = 0;
	pkt->fin = false;
	pkt->link_broadcast = pln_eth_hdr_is_broadcast(&eth->dst);
	pkt->l4_good = false;
	pkt->eth_type = eth->type;
	pkt->src_mac = eth->src;
	return pkt;
}

/* A tag with identifier 0 carries a priority only (IEEE 802.1Q §9.6): the frame counts as untagged. */
static bool
vlan_matches(const struct pln_stack *stack, const struct rte_mbuf *m, const struct pln_eth_hdr *eth)
{
	uint16_t id = eth->vlan;

	if (id == PLN_ETH_NO_VLAN && (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)
		id = m->vlan_tci & 0xfffU;
	return stack->txq.link.vlan == (id == PLN_ETH_NO_VLAN ? 0 : id);
}

static enum pln_drop
check_eth(const struct pln_stack *stack, const struct rte_mbuf *m, struct pln_eth_hdr *eth)
{
	enum pln_drop drop =
		pln_eth_hdr_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, eth);

	if (drop != PLN_ACCEPT)
		return drop;
	if (memcmp(&eth->dst, &stack->txq.link.mac, sizeof(eth->dst)) != 0 &&
	    !pln_eth_hdr_is_broadcast(&eth->dst))
		return pln_eth_hdr_is_group(&eth->dst) ? PLN_ETH_MULTICAST : PLN_ETH_NOT_FOR_US;
	if (!vlan_matches(stack, m, eth))
		return PLN_ETH_VLAN;
	if (eth->type != PLN_ETH_TYPE_IP4 && eth->type != PLN_ETH_TYPE_ARP)
		return PLN_ETH_TYPE_UNKNOWN;
	return PLN_ACCEPT;
}

/* What the device says of the checksums; a device that is not trusted says nothing. */
static uint64_t
cksum_flags(const struct pln_stack *stack, const struct rte_mbuf *m)
{
	if ((stack->txq.link.capabilities & PLN_LINK_RX_CKSUM_FLAGS) == 0)
		return RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN | RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN;
	return m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
}

/* Payload without the padding of short frames, and the room that leaves behind it. */
static void
trim_padding(struct pln_stack *stack, struct rte_mbuf *m, struct pln_pkt *pkt)
{
	uint32_t padding = pkt->len - pkt->ip.total_len;

	if (padding > 0)
		pln_counters_inc(&stack->env.counters, PLN_ETH_PADDED);
	/* Nobody may write into a buffer that others refer to. */
	if (m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)
		pkt->room = padding + rte_pktmbuf_tailroom(m);
	pkt->data += pkt->ip.hdr_len;
	pkt->len = (uint32_t)pkt->ip.total_len - pkt->ip.hdr_len;
}

/* RFC 9293 §3.1: MUST-3. A segment shorter than its header has no checksum to speak of; TCP refuses it. */
static enum pln_drop
check_tcp_cksum(struct pln_pkt *pkt, uint64_t flags)
{
	uint32_t sum;

	switch (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		return PLN_TCP_BAD_CHECKSUM;
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
	case RTE_MBUF_F_RX_L4_CKSUM_NONE: /* the data is good, the field was never filled in */
		pkt->l4_good = true;
		return PLN_ACCEPT;
	}
	if (pkt->len < PLN_TCP_HDR_LEN)
		return PLN_ACCEPT;
	sum = pln_cksum_pseudo4(pkt->ip.src, pkt->ip.dst, PLN_IP4_PROTO_TCP, (uint16_t)pkt->len);
	if (pln_cksum_finish(pln_cksum_join(pln_mbuf_pkt_cksum(pkt), sum, 0)) != 0)
		return PLN_TCP_BAD_CHECKSUM;
	pkt->l4_good = true;
	return PLN_ACCEPT;
}

/*
 * A fragment is copied to its datagram, and here ends. The one that completes it is replaced by the whole, about whose checksums no
 * device has said anything: each has seen a part.
 */
static enum pln_drop
check_fragment(struct pln_stack *stack, struct rte_mbuf **m, struct pln_pkt *pkt)
{
	struct pln_pkt *whole;
	enum pln_drop drop;

	if ((*m)->nb_segs > 1)
		return PLN_IP_FRAG_TOO_BIG;
	drop = pln_ip_reasm_rx(&stack->ip.reasm, pkt, &whole);
	if (drop != PLN_ACCEPT)
		return drop;
	rte_pktmbuf_free(*m);
	*m = whole != NULL ? pln_mbuf_of_pkt(whole) : NULL;
	if (whole != NULL)
		pln_share_frame(stack, *m);
	if (whole == NULL || whole->ip.proto != PLN_IP4_PROTO_TCP)
		return PLN_ACCEPT;
	return check_tcp_cksum(whole, RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
}

/* RFC 1122 §3.3.6: "A host SHOULD silently discard a datagram that is received via a link-layer broadcast ... but does not specify an
 * IP multicast or broadcast destination address." */
static enum pln_drop
check_addrs(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	enum pln_drop drop = pln_ip_rx_check(&stack->ip, &pkt->ip);

	if (drop == PLN_ACCEPT && pkt->link_broadcast &&
	    !pln_ip_is_broadcast(&stack->ip, pkt->ip.dst))
		return PLN_IP_LINK_BROADCAST;
	return drop;
}

static bool
is_fragment(const struct pln_pkt *pkt)
{
	return pkt->ip.mf || pkt->ip.frag_off != 0;
}

/* Headers of fragments are summed here, whatever the device says: few understand them. */
static enum pln_drop
check_ip4_hdr(struct pln_stack *stack, uint64_t ip_flag, struct pln_pkt *pkt)
{
	bool done = ip_flag != RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN;
	enum pln_drop drop;

	if (ip_flag == RTE_MBUF_F_RX_IP_CKSUM_BAD)
		return PLN_IP_BAD_CHECKSUM;
	drop = pln_ip4_hdr_parse(pkt->data, pkt->len, done, &pkt->ip);
	if (drop == PLN_ACCEPT && done && is_fragment(pkt))
		drop = pln_ip4_hdr_parse(pkt->data, pkt->len, false, &pkt->ip);
	return drop == PLN_ACCEPT ? check_addrs(stack, pkt) : drop;
}

/* *m becomes NULL when the packet has been taken, and another when it completes a datagram. */
static enum pln_drop
check_ip4(struct pln_stack *stack, struct rte_mbuf **m, struct pln_pkt *pkt)
{
	uint64_t flags = cksum_flags(stack, *m);
	enum pln_drop drop = check_ip4_hdr(stack, flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, pkt);

	if (drop != PLN_ACCEPT)
		return drop;
	pln_counters_inc(&stack->env.counters, PLN_IP_RX);
	trim_padding(stack, *m, pkt);
	if (is_fragment(pkt)) {
		if (pln_group_hand_over(stack, *m)) {
			*m = NULL;
			return PLN_ACCEPT;
		}
		return check_fragment(stack, m, pkt);
	}
	return pkt->ip.proto == PLN_IP4_PROTO_TCP ? check_tcp_cksum(pkt, flags) : PLN_ACCEPT;
}

/* One buffer, or a chain whose first holds all headers; NULL: no buffers, and m is freed. */
static struct rte_mbuf *
gather(struct rte_mbuf *m)
{
	if (m->nb_segs > 1)
		m = pln_mbuf_linearise(m);
	if (m != NULL && m->nb_segs > 1 && m->data_len < HEADERS_MAX) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	return m;
}

/* Pass A for one frame: the one that goes on to pass B, or NULL. */
static struct rte_mbuf *
check_frame(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_counters *counters = &stack->env.counters;
	struct pln_eth_hdr eth;
	enum pln_drop drop;

	pln_counters_inc(counters, PLN_RX_FRAMES);
	pln_counters_add(counters, PLN_RX_BYTES, m->pkt_len);
	m = gather(m);
	if (m == NULL) {
		pln_counters_inc(counters, PLN_RX_DROP_NO_MBUF);
		return NULL;
	}
	drop = check_eth(stack, m, &eth);
	if (drop == PLN_ACCEPT) {
		struct pln_pkt *pkt = init_pkt(m, &eth);

		if (eth.type == PLN_ETH_TYPE_IP4)
			drop = check_ip4(stack, &m, pkt);
		if (drop == PLN_IP_BAD_OPTION && !pln_share_takes(&stack->share, drop))
			pln_deal_bad_option(stack, pkt);
	}
	if (drop == PLN_ACCEPT)
		return m;
	refuse(stack, m, drop);
	return NULL;
}

static enum pln_drop
deal_arp(struct pln_stack *stack, struct pln_pkt *pkt)
{
	const struct pln_arp_event event = { .is_broadcast = pkt->link_broadcast,
		                             .now = stack->env.now };
	enum pln_drop drop;

	pln_arp_watch_hear(&stack->arp_watch, pkt->data, pkt->len, &event);
	drop = pln_arp_rx(&stack->ip, pkt->data, pkt->len);
	if (drop == PLN_ACCEPT)
		pln_group_tell_others(stack, pkt);
	return drop;
}

/* Pass B for what keeps no packet. */
static enum pln_drop
deal_small(struct pln_stack *stack, struct pln_pkt *pkt)
{
	if (pkt->eth_type == PLN_ETH_TYPE_ARP)
		return deal_arp(stack, pkt);
	if (pkt->ip.proto == PLN_IP4_PROTO_ICMP)
		return pln_deal_icmp(stack, pkt);
	return pln_deal_unknown(stack, pkt);
}

static void
deal_udp(struct pln_stack *stack, struct rte_mbuf *m)
{
	uint64_t flags = cksum_flags(stack, m) & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	enum pln_drop drop = pln_deal_udp(stack, pln_mbuf_pkt(m), flags);

	if (drop != PLN_ACCEPT)
		refuse(stack, m, drop);
	else if (pln_share_wants_too(stack, pln_mbuf_pkt(m)))
		pln_share_give_copy(stack, m);
}

/* TCP keeps the buffers of what it receives, one packet each. */
static void
deal_tcp(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_pktq pieces = { 0 };
	struct pln_pkt *pkt;

	if (pln_share_is_on(&stack->share) && !pln_tcp_owns(&stack->tcp, pln_mbuf_pkt(m))) {
		refuse(stack, m, PLN_TCP_NO_CONNECTION);
		return;
	}
	if (m->nb_segs == 1) {
		pln_tcp_rx(&stack->tcp, pln_mbuf_pkt(m));
		return;
	}
	pln_resegment(m, &pieces);
	while ((pkt = pln_pktq_pop(&pieces)) != NULL)
		pln_tcp_rx(&stack->tcp, pkt);
}

void
pln_rx_deal(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	enum pln_drop drop;

	if (pkt->eth_type == PLN_ETH_TYPE_IP4 && pkt->ip.proto == PLN_IP4_PROTO_TCP) {
		deal_tcp(stack, m);
		return;
	}
	if (pkt->eth_type == PLN_ETH_TYPE_IP4 && pkt->ip.proto == PLN_IP4_PROTO_UDP) {
		deal_udp(stack, m);
		return;
	}
	drop = deal_small(stack, pkt);
	if (drop != PLN_ACCEPT)
		refuse(stack, m, drop);
	else if (pln_share_wants_too(stack, pkt))
		pln_share_give(stack, m);
	else
		rte_pktmbuf_free(m);
}

unsigned int
pln_rx_burst(struct pln_stack *stack)
{
	struct pln_link *link = &stack->txq.link;
	struct rte_mbuf *mbufs[PLN_RX_BURST];
	unsigned int received = link->rx(link->ctx, mbufs, PLN_RX_BURST);
	unsigned int i, count = 0;

	pln_stages_mark(&stack->stages, PLN_STAGE_RX);
	for (i = 0; i < received; i++) {
		if (i + 1 < received)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + 1], const void *));
		mbufs[count] = check_frame(stack, mbufs[i]);
		if (mbufs[count] != NULL)
			count++;
	}
	pln_stages_mark(&stack->stages, PLN_STAGE_PARSE);
	for (i = 0; i < count; i++) {
		if (!pln_group_hand_over(stack, mbufs[i]))
			pln_rx_deal(stack, mbufs[i]);
	}
	pln_stages_mark(&stack->stages, PLN_STAGE_INPUT);
	return received;
}

/* Another stack has read the headers. A fragment is put together here, and what it completes may have its home elsewhere again. */
static void
deal_handed(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	enum pln_drop drop;

	if (pln_adopt_open(stack, m))
		return;
	pln_counters_inc(&stack->env.counters, PLN_GROUP_TAKEN);
	if (pln_adopt_pass_on(stack, m))
		return;
	if (pkt->eth_type == PLN_ETH_TYPE_ARP && stack->home.self != PLN_HOME_CONTROL) {
		pln_arp_overhear(&stack->ip, pkt->data, pkt->len);
		rte_pktmbuf_free(m);
		return;
	}
	if (pkt->eth_type == PLN_ETH_TYPE_IP4 && is_fragment(pkt)) {
		drop = check_fragment(stack, &m, pkt);
		if (drop != PLN_ACCEPT) {
			refuse(stack, m, drop);
			return;
		}
		if (m == NULL || pln_group_hand_over(stack, m))
			return;
	}
	pln_rx_deal(stack, m);
}

unsigned int
pln_rx_handed(struct pln_stack *stack)
{
	struct rte_mbuf *mbufs[PLN_RX_BURST];
	unsigned int i, count = pln_group_take(stack, mbufs, PLN_RX_BURST);

	pln_adopt_turn(stack);
	for (i = 0; i < count; i++)
		deal_handed(stack, mbufs[i]);
	return count;
}
