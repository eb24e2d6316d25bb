/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack: everything it touches, by value, in the order of the floors. An instance points only
 * downward; the siblings on the fourth floor meet here and nowhere else.
 */
#ifndef POLLEN_STACK_STACK_H
#define POLLEN_STACK_STACK_H

#include <pollen/stack.h>

#include "base/env.h"
#include "dev/txq.h"
#include "flow/home.h"
#include "icmp/icmp.h"
#include "ip/arp_watch.h"
#include "ip/ip.h"
#include "stack/adopt.h"
#include "stack/mbox.h"
#include "stack/share.h"
#include "stack/stages.h"
#include "tcp/tcp.h"
#include "udp/udp.h"

PLN_C_BEGIN

/* What a stack has seen of segments that came to it and are others'. */
struct pln_group_watch {
	uint32_t count; /* of them, since `frames` */
	uint64_t frames;
};

struct pln_stack {
	struct pln_env env;
	struct pln_txq txq; /* the link is in it */
	struct pln_ip ip;
	struct pln_icmp icmp;
	struct pln_udp udp;
	struct pln_tcp tcp;
	struct pln_arp_watch arp_watch; /* for programs that listen; off at first */
	struct pln_mbox mbox;           /* calls that other threads ask for */
	struct pln_group *group;        /* the other stacks of this host, NULL: there are none */
	struct pln_home home;           /* which of them this is */
	struct pln_adopt adopt;         /* connections that moved */
	struct pln_group_watch watch;
	unsigned int group_turn; /* whose packets were taken last */
	struct pln_stack
		*neighbour; /* in a circle, those that the same lcore turns; NULL: it is alone */
	struct pln_share share; /* the kernel on the same wire, if there is one */
	struct pln_stages stages;
	struct rte_mempool *mempool;
	uint64_t seed;  /* as configured, 0: none */
	bool udp_first; /* whose events are taken first; by turns */
};

/* One lcore turns both, each on a link of its own. Before either turns; none turns any more when the first of them is destroyed. */
void pln_stack_share_lcore(struct pln_stack *stack, struct pln_stack *with);

/* As pln_stack_next, for all that its lcore turns. */
uint64_t pln_stack_next_of_all(const struct pln_stack *stack);

/* Sleep until another thread has something for the stack, or for another of its lcore, `ns` at most; what a link receives wakes nobody. Between
 * turns. */
void pln_stack_doze(struct pln_stack *stack, uint64_t ns);

/* An address of the public API as IPv4: 0, -EAFNOSUPPORT for IPv6, -EINVAL for anything else. */
int pln_stack_take_ip4(const struct pln_addr *addr, struct pln_be32 *out);

PLN_C_END

#endif
