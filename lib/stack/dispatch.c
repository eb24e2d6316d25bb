/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a packet belongs among the stacks of a group:
 *
 *     ARP                      the control stack, which tells the others what it learned
 *     a fragment               by both addresses: later ones tell no ports, and all must meet to be put together
 *     TCP                      by the flow: an active open has chosen its port so that this is here, a listener is on every stack;
 *                              unless the connection has moved, which its home and the stack where it lives know (stack/adopt)
 *     UDP                      here, if a socket has the port; else where that port can have been chosen
 *     an ICMP error            where the packet it quotes came from
 *     an echo reply            the control stack, which alone sends requests
 *     anything else            here
 */
#include "stack/dispatch.h"

#include "stack/group.h"
#include "tcp/move.h"
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

/* Where a flow of TCP is dealt with: at home, or where it moved to. */
static uint32_t
place_of_flow(const struct pln_stack *stack, const struct pln_flow_key *flow)
{
	uint32_t home = pln_home_of_flow(&stack->home, flow), to;

	if (home != stack->home.self)
		return stack->adopt.count > 0 && pln_move_is_here(&stack->tcp, flow)
		               ? stack->home.self
		               : home;
	return stack->adopt.away > 0 && pln_move_is_away(&stack->tcp, flow, &to) ? to : home;
}

static uint32_t
home_of_udp(const struct pln_stack *stack, uint16_t port)
{
	if (stack->udp.port_users[port] > 0)
		return stack->home.self;
	return pln_home_of_port(&stack->home, port);
}

/* The packet that an error is about; what is none, or too short to tell, is refused where it is. */
static bool
quotes(const struct pln_pkt *pkt, struct pln_icmp_quote *quote)
{
	return pkt->len >= PLN_ICMP_HDR_LEN && pkt->data[0] != PLN_ICMP_ECHO &&
	       pkt->data[0] != PLN_ICMP_ECHO_REPLY &&
	       pln_icmp_hdr_quote(pkt->data, pkt->len, quote) == PLN_ACCEPT;
}

static uint32_t
home_of_icmp(const struct pln_stack *stack, const struct pln_pkt *pkt)
{
	struct pln_icmp_quote quote;
	struct pln_flow_key flow;

	if (pkt->len >= PLN_ICMP_HDR_LEN && pkt->data[0] == PLN_ICMP_ECHO_REPLY)
		return PLN_HOME_CONTROL;
	if (!quotes(pkt, &quote))
		return stack->home.self;
	flow = quoted_flow(&quote);
	switch (quote.ip.proto) {
	case PLN_IP4_PROTO_ICMP:
		return PLN_HOME_CONTROL;
	case PLN_IP4_PROTO_TCP:
		return place_of_flow(stack, &flow);
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
		return place_of_flow(stack, &flow);
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

bool
pln_dispatch_flow(const struct pln_pkt *pkt, struct pln_flow_key *flow)
{
	struct pln_icmp_quote quote;

	if (pkt->eth_type != PLN_ETH_TYPE_IP4 || pkt->ip.mf || pkt->ip.frag_off != 0)
		return false;
	if (pkt->ip.proto == PLN_IP4_PROTO_TCP && pkt->len >= PORTS_LEN) {
		*flow = received_flow(pkt);
		return true;
	}
	if (pkt->ip.proto != PLN_IP4_PROTO_ICMP || !quotes(pkt, &quote) ||
	    quote.ip.proto != PLN_IP4_PROTO_TCP)
		return false;
	*flow = quoted_flow(&quote);
	return true;
}
