/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Half-open connections that move to the stack where their SYN,ACK or SYN has arrived. Of two stacks of a group, the flow's home (flow/home)
 * has opened it and goes on knowing where it lives; the other one tells it when the connection is over.
 *
 *     home                                         where the SYN,ACK arrived
 *      |  <---------------- SYN,ACK ------------------  |    handed over, as all that belongs elsewhere
 *      |  ------------ offer, SYN,ACK --------------->  |    the home's entry now says who has it
 *      |  <----------- taken, or refused -------------  |    and CONNECTED is an event here; or all is as it was
 *      |  <----------------- gone --------------------  |    after TIME-WAIT: the port is free
 *
 * What a peer opens is born where its SYN has arrived, if queues are paired (flow/steer): the home, to which the SYN goes first, makes its entry and sends it back, or keeps
 * it as its own where it has no room for more of them.
 *
 * Offers and answers go over the group's rings, in order with packets; the last by the letter box. None is lost: what does not fit is
 * tried again in the next turn, and without an answer nothing is given up.
 */
#ifndef POLLEN_STACK_ADOPT_H
#define POLLEN_STACK_ADOPT_H

#include "base/pool.h"
#include "flow/flow_key.h"
#include "wire/pkt.h"

PLN_C_BEGIN

struct rte_mbuf;
struct pln_stack;

/* A flow that lives here and has its home elsewhere. */
struct pln_adopt_rec {
	struct pln_adopt_rec *next;
	struct pln_flow_key key;
	uint32_t home;
};

struct pln_adopt {
	struct pln_pool recs;              /* one for each flow that there may be */
	struct pln_adopt_rec *head, *tail; /* looked at in turn: does it still live? */
	uint32_t count;                    /* of them */
	uint32_t away;                     /* flows whose home is here and who live elsewhere */
	struct pln_pktq answers;           /* that did not fit into a ring */
};

/* 0 or -ENOMEM; room for `max` flows, those in TIME-WAIT among them. */
int pln_adopt_init(struct pln_adopt *adopt, uint32_t max);
void pln_adopt_fini(struct pln_adopt *adopt);

/* Another stack has handed this over. True: it was no packet, but about adopting, and is gone. */
bool pln_adopt_open(struct pln_stack *stack, struct rte_mbuf *m);

/* A packet that another stack has handed over. True: it has gone on to where its connection lives, or to where both are to live. */
bool pln_adopt_pass_on(struct pln_stack *stack, struct rte_mbuf *m);

/* Each turn: answers that wait; connections that are over. */
void pln_adopt_turn(struct pln_stack *stack);

PLN_C_END

#endif
