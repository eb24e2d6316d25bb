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
#include "icmp/icmp.h"
#include "ip/arp_watch.h"
#include "ip/ip.h"
#include "tcp/tcp.h"
#include "udp/udp.h"

PLN_C_BEGIN

struct pln_stack {
	struct pln_env env;
	struct pln_txq txq; /* the link is in it */
	struct pln_ip ip;
	struct pln_icmp icmp;
	struct pln_udp udp;
	struct pln_tcp tcp;
	struct pln_arp_watch arp_watch; /* for programs that listen; off at first */
	struct rte_mempool *mempool;
	uint64_t seed;  /* as configured, 0: none */
	bool udp_first; /* whose events are taken first; by turns */
};

/* An address of the public API as IPv4: 0, -EAFNOSUPPORT for IPv6, -EINVAL for anything else. */
int pln_stack_take_ip4(const struct pln_addr *addr, struct pln_be32 *out);

PLN_C_END

#endif
