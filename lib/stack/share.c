/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two stacks on one wire must never both answer, nor must neither. This one looks at every frame first. What it has a use for is its
 * own: segments of its connections and SYNs for its listeners, datagrams for its sockets, echo requests to its addresses and ARP
 * requests for them. What is damaged is nobody's. All else is the kernel's, which then answers as if it were alone: a SYN for a port
 * that only it listens on, a datagram for a port that nobody has, other addresses, protocols and tags. Both hear what may concern both
 * and asks for no answer: ARP that was not answered here, broadcasts, and of ICMP replies and errors those that found somebody here.
 */
#include "stack/share.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "stack/stack.h"
#include "wire/arp_hdr.h"

#define BURST 32U /* frames taken from the kernel in a turn, at most */

bool
pln_share_takes(const struct pln_share *share, enum pln_drop why)
{
	static const enum pln_drop nobodys[] = {
		PLN_ETH_MULTICAST,       PLN_ETH_TYPE_UNKNOWN,      PLN_ETH_VLAN,
		PLN_ARP_BAD_TYPE,        PLN_ARP_BAD_OPCODE,        PLN_ARP_BAD_SENDER,
		PLN_ARP_NOT_FOR_US,      PLN_ARP_UNSOLICITED,       PLN_ARP_CONFLICT,
		PLN_IP_BAD_SOURCE,       PLN_IP_NOT_FOR_US,         PLN_IP_LINK_BROADCAST,
		PLN_IP_BAD_OPTION,       PLN_IP_SOURCE_ROUTE,       PLN_IP_PROTO_UNKNOWN,
		PLN_ICMP_TYPE_IGNORED,   PLN_ICMP_NO_OWNER,         PLN_ICMP_BROADCAST,
		PLN_ICMP_QUENCH_IGNORED, PLN_ICMP_REDIRECT_IGNORED, PLN_UDP_NO_SOCKET,
		PLN_TCP_NO_CONNECTION,
	};

	if (!pln_share_is_on(share))
		return false;
	for (size_t i = 0; i < PLN_ARRAY_LEN(nobodys); i++)
		if (nobodys[i] == why)
			return true;
	return false;
}

/* A request that asks for us has been answered here. */
static bool
is_arp_for_us(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	struct pln_arp_hdr arp;

	return pln_arp_hdr_parse(pkt->data, pkt->len, &arp) == PLN_ACCEPT &&
	       arp.opcode == PLN_ARP_REQUEST && pln_ip_is_ours(&stack->ip, arp.tpa);
}

/* So has a message that asks for something; a reply may be to the kernel's own request, which the program knows by its number. */
static bool
is_icmp_request(const struct pln_pkt *pkt)
{
	return pkt->data[0] == PLN_ICMP_ECHO || pkt->data[0] == PLN_ICMP_TIMESTAMP;
}

bool
pln_share_wants_too(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	if (!pln_share_is_on(&stack->share))
		return false;
	if (pkt->eth_type == PLN_ETH_TYPE_ARP)
		return !is_arp_for_us(stack, pkt);
	return pln_ip_is_broadcast(&stack->ip, pkt->ip.dst) ||
	       (pkt->ip.proto == PLN_IP4_PROTO_ICMP && !is_icmp_request(pkt));
}

static void
hand_over(struct pln_stack *stack)
{
	struct pln_share *share = &stack->share;
	uint16_t took = share->link.tx(share->link.ctx, share->frames, share->count);

	pln_counters_add(&stack->env.counters, PLN_SHARE_TO_KERNEL, took);
	pln_counters_add(&stack->env.counters, PLN_SHARE_FULL, (uint64_t)share->count - took);
	rte_pktmbuf_free_bulk(share->frames + took, (unsigned int)share->count - took);
	share->count = 0;
}

void
pln_share_give(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_share *share = &stack->share;

	if (share->count == PLN_SHARE_LEN)
		hand_over(stack);
	share->frames[share->count++] = m;
}

void
pln_share_give_copy(struct pln_stack *stack, const struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, stack->mempool, 0, UINT32_MAX);

	if (copy != NULL)
		pln_share_give(stack, copy);
	else
		pln_counters_inc(&stack->env.counters, PLN_RX_DROP_NO_MBUF);
}

void
pln_share_frame(const struct pln_stack *stack, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth;

	if (!pln_share_is_on(&stack->share))
		return;
	pln_ip_prepend_eth(&stack->ip, m, PLN_ETH_TYPE_IP4, &stack->txq.link.mac);
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memcpy(&eth->src_addr, &pln_mbuf_pkt(m)->src_mac, sizeof(eth->src_addr));
}

/* Half of the transmit queue stays free for our own. */
static unsigned int
take(struct pln_stack *stack)
{
	struct pln_link *link = &stack->share.link;
	unsigned int i, count, room = pln_txq_room(&stack->txq);
	struct rte_mbuf *frames[BURST];

	if (room < PLN_TXQ_LEN / 2 + BURST)
		return 0;
	count = link->rx(link->ctx, frames, BURST);
	for (i = 0; i < count; i++)
		pln_txq_push(&stack->txq, frames[i]);
	pln_counters_add(&stack->env.counters, PLN_SHARE_FROM_KERNEL, count);
	return count;
}

unsigned int
pln_share_turn(struct pln_stack *stack)
{
	if (!pln_share_is_on(&stack->share))
		return 0;
	if (stack->share.count > 0)
		hand_over(stack);
	return take(stack);
}

void
pln_share_fini(struct pln_share *share)
{
	rte_pktmbuf_free_bulk(share->frames, share->count);
	share->count = 0;
}
