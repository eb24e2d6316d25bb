/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where ICMP, UDP and TCP meet on the way in (RFC 1122 §3.2.2.1, §4.1.3): an ICMP error is handed to the transport whose packet it
 * quotes; a datagram for a port that nobody has, and a packet of a protocol nobody speaks, are answered by an error. Which packets may
 * be answered so, and how often, icmp/ decides.
 */
#include "stack/deal.h"

#include <rte_mbuf.h>

#include "icmp/icmp_error.h"
#include "wire/udp_hdr.h"

enum pln_drop
pln_deal_icmp(struct pln_stack *stack, struct pln_pkt *pkt)
{
	struct pln_icmp_error error;
	bool has_error = false;
	enum pln_drop drop = pln_icmp_rx(&stack->icmp, pkt, &error, &has_error);

	if (drop != PLN_ACCEPT || !has_error)
		return drop;
	if (error.quote.ip.proto == PLN_IP4_PROTO_TCP)
		drop = pln_tcp_icmp_error(&stack->tcp, &error);
	else
		drop = pln_udp_icmp_error(&stack->udp, &error, pkt->ip.src);
	if (drop == PLN_ACCEPT)
		pln_counters_inc(&stack->env.counters, PLN_ICMP_RX_ERROR);
	return drop;
}

/* A device that knows no checksum of zero may call it bad (RFC 768: it means that there is none). */
static bool
device_refuses(const struct pln_pkt *pkt, uint64_t l4_flags)
{
	return l4_flags == RTE_MBUF_F_RX_L4_CKSUM_BAD && pkt->len >= PLN_UDP_HDR_LEN &&
	       pln_bytes_get16(pkt->data + PLN_UDP_HDR_CKSUM_OFF) != 0;
}

enum pln_drop
pln_deal_udp(struct pln_stack *stack, struct pln_pkt *pkt, uint64_t l4_flags)
{
	const struct pln_icmp_report no_port = { .type = PLN_ICMP_UNREACHABLE,
		                                 .code = PLN_ICMP_CODE_PORT };
	uint32_t len = pkt->len;
	enum pln_drop drop;

	if (device_refuses(pkt, l4_flags))
		return PLN_UDP_BAD_CHECKSUM;
	pkt->l4_good =
		l4_flags == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4_flags == RTE_MBUF_F_RX_L4_CKSUM_NONE;
	drop = pln_udp_rx(&stack->udp, pkt);
	pkt->len = drop != PLN_ACCEPT ? len : pkt->len;
	/* RFC 1122 §4.1.3.1: "UDP SHOULD send an ICMP Port Unreachable message." */
	if (drop == PLN_UDP_NO_SOCKET && !pln_share_takes(&stack->share, drop))
		pln_icmp_error_send(&stack->icmp, pkt, &no_port);
	return drop;
}

enum pln_drop
pln_deal_unknown(struct pln_stack *stack, struct pln_pkt *pkt)
{
	const struct pln_icmp_report no_protocol = { .type = PLN_ICMP_UNREACHABLE,
		                                     .code = PLN_ICMP_CODE_PROTOCOL };

	if (!pln_share_takes(&stack->share, PLN_IP_PROTO_UNKNOWN))
		pln_icmp_error_send(&stack->icmp, pkt, &no_protocol);
	return PLN_IP_PROTO_UNKNOWN;
}

/* RFC 1122 §3.2.2.5: "A host SHOULD generate Parameter Problem messages." */
void
pln_deal_bad_option(struct pln_stack *stack, struct pln_pkt *pkt)
{
	const struct pln_icmp_report problem = {
		.type = PLN_ICMP_PARAM_PROBLEM,
		.pointer = pln_ip4_hdr_bad_option(pkt->data, pkt->ip.hdr_len),
	};

	pkt->data += pkt->ip.hdr_len;
	pkt->len = (uint32_t)pkt->ip.total_len - pkt->ip.hdr_len;
	pln_icmp_error_send(&stack->icmp, pkt, &problem);
}
