/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table of a host (RFC 1122 §3.3.1.1): "local/remote decision" and gateways in one sorted array, so that the first
 * match is the longest, and the first of its gateways the preferred one. Dead gateways (§3.3.1.4-5) are those that ARP finds silent;
 * they are asked again after 30 s at first, and twice as long after each failure, when there is something to send. So a gateway that
 * comes and goes does not take the traffic with it each time.
 */
#include "ip/route.h"

#define ADDR_BITS 32U
#define HOLD_NS   (30 * PLN_NS_PER_S)
#define DOUBLINGS 5U /* 16 minutes */
#define FORGIVEN_NS                                                                                \
	(UINT64_C(600) * PLN_NS_PER_S) /* alive for so long: its failures are forgotten */

static struct pln_be32
mask_of(uint8_t prefix_len)
{
	/* A shift by 32 is undefined: the default route has no bits. */
	return pln_be32(prefix_len == 0 ? 0 : UINT32_MAX << (ADDR_BITS - prefix_len));
}

/* A prefix is on-link or behind gateways, each of them once. */
static bool
excludes(const struct pln_route *r, struct pln_be32 gateway)
{
	return r->gateway.raw == gateway.raw || r->gateway.raw == 0 || gateway.raw == 0;
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
		if (r[at].prefix_len == prefix_len && r[at].dst.raw == dst.raw &&
		    excludes(&r[at], gateway))
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

static bool
same_prefix(const struct pln_route *a, const struct pln_route *b)
{
	return a->prefix_len == b->prefix_len && a->dst.raw == b->dst.raw;
}

const struct pln_route *
pln_route_pick(const struct pln_routes *routes, struct pln_be32 dst, struct pln_be32 avoid)
{
	const struct pln_route *first = pln_route_find(routes, dst), *r;
	const struct pln_route *end = routes->route + routes->count, *second = NULL;

	if (first == NULL || (!first->dead && first->gateway.raw != avoid.raw))
		return first;
	for (r = first; r < end && same_prefix(r, first); r++) {
		if (r->dead)
			continue;
		if (r->gateway.raw != avoid.raw)
			return r;
		second = r;
	}
	return second != NULL ? second : first;
}

static bool
has_alternative(const struct pln_routes *routes, const struct pln_route *of)
{
	unsigned int i;

	for (i = 0; i < routes->count; i++) {
		if (&routes->route[i] != of && same_prefix(&routes->route[i], of))
			return true;
	}
	return false;
}

bool
pln_route_gateway_failed(struct pln_routes *routes, struct pln_be32 gateway, uint64_t now)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; i < routes->count; i++) {
		struct pln_route *r = &routes->route[i];

		if (r->gateway.raw != gateway.raw || !has_alternative(routes, r))
			continue;
		if (!r->dead && now - r->retry_ns > FORGIVEN_NS)
			r->failures = 0;
		changed |= !r->dead;
		routes->dead += !r->dead;
		r->dead = true;
		r->retry_ns = now + (HOLD_NS << r->failures);
		if (r->failures < DOUBLINGS)
			r->failures++;
	}
	return changed;
}

bool
pln_route_gateway_lives(struct pln_routes *routes, struct pln_be32 gateway, uint64_t now)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; routes->dead > 0 && i < routes->count; i++) {
		struct pln_route *r = &routes->route[i];

		if (!r->dead || r->gateway.raw != gateway.raw)
			continue;
		r->dead = false;
		r->retry_ns = now;
		routes->dead--;
		changed = true;
	}
	return changed;
}

bool
pln_route_take_retry(struct pln_routes *routes, uint64_t now, struct pln_be32 *gateway)
{
	unsigned int i;

	for (i = 0; routes->dead > 0 && i < routes->count; i++) {
		struct pln_route *r = &routes->route[i];

		if (!r->dead || r->retry_ns > now)
			continue;
		r->retry_ns = now + HOLD_NS; /* it fails, or lives, long before */
		*gateway = r->gateway;
		return true;
	}
	return false;
}
