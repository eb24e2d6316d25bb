/* SPDX-License-Identifier: BSD-3-Clause */
/* Which stack of a group deals with a packet: the rules for each protocol, in one place. */
#ifndef POLLEN_STACK_DISPATCH_H
#define POLLEN_STACK_DISPATCH_H

#include "stack/stack.h"

PLN_C_BEGIN

/* The number in the group of the stack that a packet belongs to; its Ethernet header, and IPv4's if it is one, have been read. */
uint32_t pln_dispatch(const struct pln_stack *stack, const struct pln_pkt *pkt);

/* The flow of TCP that a packet belongs to, or that an ICMP error is about. False: none, or a fragment's. */
bool pln_dispatch_flow(const struct pln_pkt *pkt, struct pln_flow_key *flow);

PLN_C_END

#endif
