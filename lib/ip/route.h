/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which next hop: on-link, or a gateway; the longest prefix wins (RFC 1122 §3.3.1). A host has few routes: a sorted array. One prefix
 * may have several gateways, the first added is preferred; one that is dead is passed over until it lives again (§3.3.1.4).
 */
#ifndef POLLEN_IP_ROUTE_H
#define POLLEN_IP_ROUTE_H

#include "base/bytes.h"

PLN_C_BEGIN

#define PLN_ROUTE_MAX 40U /* 32 of the user's, 8 of our subnets */

struct pln_route {
	struct pln_be32 dst, mask;
	struct pln_be32 gateway; /* zero: on-link */
	uint8_t prefix_len;
	bool dead;         /* the gateway did not answer ARP */
	uint8_t failures;  /* in a row: how long it is left alone doubles with each */
	uint64_t retry_ns; /* dead: not asked again before then; alive: when it came back */
};

struct pln_routes {
	struct pln_route route[PLN_ROUTE_MAX]; /* longest prefix first */
	unsigned int count;
	unsigned int dead; /* of them */
};

/* 0; -EINVAL (bits of dst behind the prefix); -EEXIST (the prefix by that gateway, or on-link); -ENOSPC. */
int pln_route_add(struct pln_routes *routes, struct pln_be32 dst, uint8_t prefix_len,
                  struct pln_be32 gateway);

/* The longest prefix, by its first gateway. NULL: unreachable. */
const struct pln_route *pln_route_find(const struct pln_routes *routes, struct pln_be32 dst);

/* The longest prefix, by a gateway that lives and is not `avoid` (zero: whichever); where there is none, by its first. */
const struct pln_route *pln_route_pick(const struct pln_routes *routes, struct pln_be32 dst,
                                       struct pln_be32 avoid);

/* The gateway does not answer. Does anything change: has a prefix by way of it another gateway, and did it live until now? */
bool pln_route_gateway_failed(struct pln_routes *routes, struct pln_be32 gateway, uint64_t now);

/* It answers. True when it was dead. */
bool pln_route_gateway_lives(struct pln_routes *routes, struct pln_be32 gateway, uint64_t now);

/* A dead gateway whose time to be asked again has come, which is put off; false: none. */
bool pln_route_take_retry(struct pln_routes *routes, uint64_t now, struct pln_be32 *gateway);

PLN_C_END

#endif
