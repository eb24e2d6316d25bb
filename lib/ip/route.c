/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table of a host (RFC 1122 §3.3.1.1): "local/remote decision" and gateways in one sorted array, so that the first
 * match is the longest. No metrics, no dead-gateway detection: ARP tells when a gateway does not answer.
 */
#include "ip/route.h"

#define ADDR_BITS 32U

static struct pln_be32
mask_of(uint8_t prefix_len)
{
	/* A shift by 32 is undefined: the default route has no bits. */
	return pln_be32(prefix_len == 0 ? 0 : UINT32_MAX << (ADDR_BITS - prefix_len));
}

int
pln_route_add(struct pln_routes *routes, struct pln_be32 dst, uint8_t prefix_len,
              struct pln_be32 gateway)
{
	struct pln_route *r = routes->route;
	unsigned int at, i;

	if (prefix_len > ADDR_BITS || (dst.raw & ~mask_of(prefix_len).raw) != 0)
		return -EINVAL;
	for (at = 0; at < routes->count && r[at].prefix_len >= prefix_len; at++) {
		if (r[at].prefix_len == prefix_len && r[at].dst.raw == dst.raw)
			return -EEXIST;
	}
	if (routes->count == PLN_ROUTE_MAX)
		return -ENOSPC;
	for (i = routes->count; i > at; i--)
		r[i] = r[i - 1];
	r[at] = (struct pln_route){ .dst = dst,
		                    .mask = mask_of(prefix_len),
		                    .gateway = gateway,
		                    .prefix_len = prefix_len };
	routes->count++;
	return 0;
}

const struct pln_route *
pln_route_find(const struct pln_routes *routes, struct pln_be32 dst)
{
	unsigned int i;

	for (i = 0; i < routes->count; i++) {
		if ((dst.raw & routes->route[i].mask.raw) == routes->route[i].dst.raw)
			return &routes->route[i];
	}
	return NULL;
}
