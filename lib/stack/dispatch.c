/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a packet belongs among the stacks of a group:
 *
 *     ARP                      the control stack, which tells the others what it learned
 *     a fragment               by both addresses: later ones tell no ports, and all must meet to be put together
 *     TCP                      by the flow: an active open has chosen its port so that this is here, a listener is on every stack
 *     UDP                      here, if a socket has the port; else where that port can have been chosen
 *     an ICMP error            where the packet it quotes came from
 *     an echo reply            the control stack, which alone sends requests
 *     anything else            here
 */
#include "stack/dispatch.h"

#include "stack/group.h"
#include "wire/icmp_hdr.h"
#include "wire/udp_hdr.h"

#define PORTS_LEN 4U /* bytes: TCP and UDP begin with both ports */

static struct pln_flow_key
received_flow(const struct pln_pkt *pkt)
{
	return (struct pln_flow_key){ .local = pkt->ip.dst,
		                      .remote = pkt->ip.src,
		                      .remote_port = pln_bytes_get16(pkt->data),
		                      .local_port = pln_bytes_get16(pkt->data + 2) };
}

/* Of the packet that an ICMP error quotes: one that we sent. */
static struct pln_flow_key
quoted_flow(const struct pln_icmp_quote *quote)
{
	return (struct pln_flow_key){ .local = quote->ip.src,
		                      .remote = quote->ip.dst,
		                      .local_port = quote->src_port,
		                      .remote_port = quote->dst_port };
}

static uint32_t
home_of_udp(const struct pln_stack *stack, uint16_t port)
{
	if (stack->udp.port_users[port] > 0)
		return stack->home.self;
	return pln_home_of_port(&stack->home, port);
}

/* What is too short to tell is refused where it is. */
static uint32_t
home_of_icmp(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	struct pln_icmp_quote quote;
	struct pln_flow_key flow;

	if (pkt->len < PLN_ICMP_HDR_LEN)
		return stack->home.self;
	if (pkt->data[0] == PLN_ICMP_ECHO_REPLY)
		return PLN_HOME_CONTROL;
	if (pkt->data[0] == PLN_ICMP_ECHO || pln_icmp_hdr_quote(pkt->data, pkt->len, &quote) != 0)
		return stack->home.self;
	flow = quoted_flow(&quote);
	switch (quote.ip.proto) {
	case PLN_IP4_PROTO_ICMP:
		return PLN_HOME_CONTROL;
	case PLN_IP4_PROTO_TCP:
		return pln_home_of_flow(&stack->home, &flow);
	case PLN_IP4_PROTO_UDP:
		return home_of_udp(stack, flow.local_port);
	default:
		return stack->home.self;
	}
}

static uint32_t
home_of_ip4(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	struct pln_flow_key flow;

	if (pkt->ip.mf || pkt->ip.frag_off != 0) {
		flow = (struct pln_flow_key){ .local = pkt->ip.dst, .remote = pkt->ip.src };
		return pln_home_of_pair(&stack->home, &flow, pkt->ip.proto);
	}
	if (pkt->ip.proto == PLN_IP4_PROTO_ICMP)
		return home_of_icmp(stack, pkt);
	if (pkt->len < PORTS_LEN)
		return stack->home.self;
	flow = received_flow(pkt);
	switch (pkt->ip.proto) {
	case PLN_IP4_PROTO_TCP:
		return pln_home_of_flow(&stack->home, &flow);
	case PLN_IP4_PROTO_UDP:
		return home_of_udp(stack, flow.local_port);
	default:
		return stack->home.self;
	}
}

uint32_t
pln_dispatch(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	return pkt->eth_type == PLN_ETH_TYPE_ARP ? PLN_HOME_CONTROL : home_of_ip4(stack, pkt);
}
