/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * To which of several stacks of one host does a flow belong? All of them answer alike, without asking each other and whatever the
 * device does: so a packet that arrives elsewhere has exactly one place to go to, and two stacks never open the same flow. Where it is
 * known how the device steers by ports, a flow belongs where it arrives. With one stack everything is at home.
 *
 * A flow may live elsewhere (stack/adopt): then its home is who knows where.
 */
#ifndef POLLEN_FLOW_HOME_H
#define POLLEN_FLOW_HOME_H

#include "flow/steer.h"

PLN_C_BEGIN

#define PLN_HOME_CONTROL                                                                           \
	0U /* the stack that does for all what is done once: ARP, address conflicts, echo */

struct pln_home {
	struct pln_siphash_key key;    /* the same in all stacks, as is what follows */
	const struct pln_steer *steer; /* what is known of the device; NULL: nothing */
	uint32_t count;                /* stacks; 0 and 1: there is only this one */
	uint32_t self;                 /* which of them this is */
};

/* A secret that all stacks share; how the device steers among them (kept, NULL: unknown); how many there are, and which this is. */
void pln_home_init(struct pln_home *home, const struct pln_siphash_key *secret,
                   const struct pln_steer *steer, uint32_t count, uint32_t self);

/* Of a TCP connection. */
uint32_t pln_home_of_flow(const struct pln_home *home, const struct pln_flow_key *key);

/* Of a port that only one stack has, for all peers: its packets come from anywhere. Every n-th is one stack's. Host order. */
static inline uint32_t
pln_home_of_port(const struct pln_home *home, uint16_t port)
{
	return home->count <= 1 ? home->self : port % home->count;
}

/* Of the fragments of a protocol that a host sends us, which do not all tell their ports. */
uint32_t pln_home_of_pair(const struct pln_home *home, const struct pln_flow_key *key,
                          uint8_t proto);

/* The homes of many flows of TCP that differ in their local port alone. */
struct pln_home_aim {
	const struct pln_home *home;
	struct pln_flow_key key;
	struct pln_steer_aim device;
	bool by_device; /* its rule is known, and ports decide */
};

/* key->local_port is not read. */
void pln_home_aim(const struct pln_home *home, const struct pln_flow_key *key,
                  struct pln_home_aim *aim);
uint32_t pln_home_aim_at(const struct pln_home_aim *aim, uint16_t local_port);

static inline bool
pln_home_is_alone(const struct pln_home *home)
{
	return home->count <= 1;
}

PLN_C_END

#endif
