/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A steering put to the test, before the program runs: each stack of a group sends segments that belong to no connection to a peer,
 * from ports that are at home with it, and what the peer answers (a reset) must arrive there. One thread turns all stacks meanwhile.
 * What to make of the verdict is the host's matter.
 */
#ifndef POLLEN_STACK_PROVE_H
#define POLLEN_STACK_PROVE_H

#include "flow/probe.h"
#include "wire/pkt.h"

PLN_C_BEGIN

struct pln_group;

struct pln_prove {
	struct pln_group *group;
	struct pln_be32 peer;
	struct pln_siphash_key secret; /* says which sequence number answers which segment */
	uint32_t sent;
	struct pln_probe seen; /* the answers */
};

/*
 * Begin: the peer, a host on the link, is asked for its MAC. The group has joined, and its steering counts a queue for each stack.
 * `secret` may serve others too.
 */
void pln_prove_begin(struct pln_prove *prove, struct pln_group *group,
                     const struct pln_siphash_key *secret, struct pln_be32 peer);

/* Between turns: sends as soon as all stacks know the peer. False: all has been answered. */
bool pln_prove_step(struct pln_prove *prove);

/* The end: what was seen. */
enum pln_steer_proof pln_prove_end(struct pln_prove *prove);

/* A packet has arrived at stack number `stack`. True: it is an answer, noted, and nobody else's. */
bool pln_prove_saw(struct pln_prove *prove, uint32_t stack, const struct pln_pkt *pkt);

PLN_C_END

#endif
