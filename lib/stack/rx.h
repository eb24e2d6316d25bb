/* SPDX-License-Identifier: BSD-3-Clause */
/* The switchboard: what a received frame is, whether it is sound and ours, and whose it is. */
#ifndef POLLEN_STACK_RX_H
#define POLLEN_STACK_RX_H

#include "stack/stack.h"

PLN_C_BEGIN

#define PLN_RX_BURST 32U /* frames: what the link is asked for in one turn */

/* Receive one burst and deal it out; returns the frames received. */
unsigned int pln_rx_burst(struct pln_stack *stack);

/* A packet whose headers have been read goes to the protocol that it belongs to. */
void pln_rx_deal(struct pln_stack *stack, struct rte_mbuf *m);

/* Deal out what other stacks of the group have handed to this one; returns the packets. */
unsigned int pln_rx_handed(struct pln_stack *stack);

PLN_C_END

#endif
