/* SPDX-License-Identifier: BSD-3-Clause */
/* Which next hop: on-link, or a gateway; the longest prefix wins (RFC 1122 §3.3.1). A host has few routes: a sorted array. */
#ifndef POLLEN_IP_ROUTE_H
#define POLLEN_IP_ROUTE_H

#include "base/bytes.h"

PLN_C_BEGIN

#define PLN_ROUTE_MAX 40U /* 32 of the user's, 8 of our subnets */

struct pln_route {
	struct pln_be32 dst, mask;
	struct pln_be32 gateway; /* zero: on-link */
	uint8_t prefix_len;
};

struct pln_routes {
	struct pln_route route[PLN_ROUTE_MAX]; /* longest prefix first */
	unsigned int count;
};

/* 0, -EINVAL (bits of dst behind the prefix), -EEXIST, -ENOSPC. */
int pln_route_add(struct pln_routes *routes, struct pln_be32 dst, uint8_t prefix_len,
                  struct pln_be32 gateway);

/* NULL: unreachable. */
const struct pln_route *pln_route_find(const struct pln_routes *routes, struct pln_be32 dst);

PLN_C_END

#endif
