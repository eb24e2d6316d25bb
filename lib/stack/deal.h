/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of ICMP, UDP and protocols nobody speaks: each to its room, and errors about them to their senders. */
#ifndef POLLEN_STACK_DEAL_H
#define POLLEN_STACK_DEAL_H

#include "stack/stack.h"

PLN_C_BEGIN

/* An ICMP message; an error goes to the protocol whose packet it quotes. The packet stays the caller's. */
enum pln_drop pln_deal_icmp(struct pln_stack *stack, struct pln_pkt *pkt);

/* A datagram; `l4_flags` is what the device says of its checksum (RTE_MBUF_F_RX_L4_CKSUM_…). PLN_ACCEPT: it is UDP's from here on. */
enum pln_drop pln_deal_udp(struct pln_stack *stack, struct pln_pkt *pkt, uint64_t l4_flags);

/* A packet of a protocol that nobody here speaks. It stays the caller's. */
enum pln_drop pln_deal_unknown(struct pln_stack *stack, struct pln_pkt *pkt);

/* A packet refused for its options; pkt->data is its IP header, pkt->ip what that says. It stays the caller's. */
void pln_deal_bad_option(struct pln_stack *stack, struct pln_pkt *pkt);

PLN_C_END

#endif
