/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public calls about addresses, routes, neighbours and the MTU: from the API's addresses of either
 * family to the IPv4 layer's, and back. What each promises stands in <pollen/stack.h>.
 */
#include "base/ip4.h"
#include "stack/sized.h"
#include "stack/stack.h"
#include "wire/eth_hdr.h"

#define MTU_MIN 68U /* RFC 791 */

/* The next hop towards dst, or -ENETUNREACH. */
static int
find_next_hop(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *out)
{
	static const struct pln_be32 none = { 0 };
	const struct pln_route *route = pln_route_pick(&ip->routes, dst, none);

	if (route == NULL)
		return -ENETUNREACH;
	*out = route->gateway.raw != 0 ? route->gateway : dst;
	return 0;
}

int
pln_stack_addr_add(struct pln_stack *stack, const struct pln_addr *addr, uint8_t prefix_len)
{
	struct pln_be32 ip4;
	int ret = pln_stack_take_ip4(addr, &ip4);

	/* Of several stacks that share it, the first asks and announces. */
	return ret != 0 ? ret
	                : pln_ip_addr_add(&stack->ip, ip4, prefix_len,
	                                  stack->home.self == PLN_HOME_CONTROL);
}

static int
give_addr(const struct pln_ip_addr *a, struct pln_addr_info *out)
{
	struct pln_addr_info info = {
		.addr = pln_ip4_addr(a->addr),
		.prefix_len = a->prefix_len,
		.checked = a->acd.checked,
		.state = (enum pln_addr_state)a->acd.state,
		.conflicts = a->acd.conflicts,
		.rival = a->acd.rival,
		.conflict_ns = a->acd.conflict_ns,
	};

	return pln_sized_give(out, &info, sizeof(info));
}

int
pln_stack_addr_state(const struct pln_stack *stack, const struct pln_addr *addr,
                     struct pln_addr_info *out)
{
	const struct pln_ip_addr *a;
	struct pln_be32 ip4;
	int ret = pln_stack_take_ip4(addr, &ip4);

	if (ret != 0)
		return ret;
	a = pln_ip_addr_find(&stack->ip, ip4);
	return a != NULL ? give_addr(a, out) : -ENOENT;
}

int
pln_stack_addr_next(const struct pln_stack *stack, const struct pln_addr *after,
                    struct pln_addr_info *out)
{
	const struct pln_ip_addr *a = stack->ip.addrs;
	struct pln_be32 ip4;
	int ret = 0;

	if (after != NULL && after->family != PLN_FAMILY_NONE) {
		ret = pln_stack_take_ip4(after, &ip4);
		a = ret == 0 ? pln_ip_addr_find(&stack->ip, ip4) : NULL;
		if (a == NULL)
			return ret != 0 ? ret : -ENOENT;
		a++;
	}
	return a < stack->ip.addrs + stack->ip.n_addrs ? give_addr(a, out) : -ENOENT;
}

int
pln_stack_route_add(struct pln_stack *stack, const struct pln_addr *dst, uint8_t prefix_len,
                    const struct pln_addr *gateway)
{
	struct pln_be32 to, via;
	int ret = pln_stack_take_ip4(dst, &to);

	if (ret == 0)
		ret = pln_stack_take_ip4(gateway, &via);
	return ret != 0 ? ret : pln_ip_route_add(&stack->ip, to, prefix_len, via);
}

int
pln_stack_neigh_set(struct pln_stack *stack, const struct pln_addr *addr, const struct pln_mac *mac)
{
	struct pln_be32 ip4;
	int ret = pln_stack_take_ip4(addr, &ip4);

	if (ret != 0)
		return ret;
	if (pln_eth_hdr_is_group(mac) || pln_ip4_hdr_is_martian(ip4))
		return -EINVAL;
	return pln_neigh_set_static(&stack->ip.neighs, ip4, mac);
}

int
pln_stack_mtu_set(struct pln_stack *stack, uint16_t mtu)
{
	if (mtu < MTU_MIN)
		return -EINVAL;
	stack->ip.mtu = mtu;
	stack->ip.generation++;
	pln_tcp_mtu_changed(&stack->tcp);
	return 0;
}

static int
give_neigh(const struct pln_neigh *n, struct pln_neigh_info *out)
{
	struct pln_neigh_info info = {
		.addr = pln_ip4_addr(n->addr),
		.mac = n->mac,
		.state = (enum pln_neigh_state)n->state,
		.requests = n->requests,
		.resolve_ns = n->resolve_ns,
		.confirmed_ns = n->confirmed_ns,
		.waiting = n->queued,
	};

	return pln_sized_give(out, &info, sizeof(info));
}

uint16_t
pln_stack_mtu_get(const struct pln_stack *stack)
{
	return stack->ip.mtu;
}

int
pln_stack_neigh_get(const struct pln_stack *stack, const struct pln_addr *addr,
                    struct pln_neigh_info *out)
{
	const struct pln_neigh *n;
	struct pln_be32 ip4;

	if (pln_stack_take_ip4(addr, &ip4) != 0)
		return -EINVAL;
	n = pln_neigh_find(&stack->ip.neighs, ip4);
	return n == NULL ? -ENOENT : give_neigh(n, out);
}

int
pln_stack_neigh_next(const struct pln_stack *stack, const struct pln_addr *after,
                     struct pln_neigh_info *out)
{
	const struct pln_neigh *n;
	struct pln_be32 ip4 = { 0 };

	if (after != NULL && after->family != PLN_FAMILY_NONE &&
	    pln_stack_take_ip4(after, &ip4) != 0)
		return -EINVAL;
	n = pln_neigh_after(&stack->ip.neighs, ip4);
	return n == NULL ? -ENOENT : give_neigh(n, out);
}

int
pln_stack_neigh_del(struct pln_stack *stack, const struct pln_addr *addr)
{
	struct pln_neigh *n;
	struct pln_be32 ip4;

	if (pln_stack_take_ip4(addr, &ip4) != 0)
		return -EINVAL;
	n = pln_neigh_find(&stack->ip.neighs, ip4);
	if (n == NULL || n->state == PLN_NEIGH_NONE)
		return -ENOENT;
	pln_neigh_delete(&stack->ip.neighs, n);
	return 0;
}

int
pln_stack_neigh_probe(struct pln_stack *stack, const struct pln_addr *addr)
{
	struct pln_be32 ip4, hop;
	struct pln_neigh *n;
	int ret = pln_stack_take_ip4(addr, &ip4);

	if (ret == 0)
		ret = pln_ip_next_hop(&stack->ip, ip4, &hop);
	if (ret != 0)
		return ret;
	if (hop.raw != ip4.raw)
		return -ENETUNREACH;
	n = pln_neigh_get(&stack->ip.neighs, ip4);
	if (n == NULL)
		return -ENOSPC;
	if (n->state == PLN_NEIGH_STATIC)
		return -EPERM;
	pln_neigh_probe(&stack->ip.neighs, n);
	return 0;
}

int
pln_stack_resolve(struct pln_stack *stack, const struct pln_addr *dst)
{
	struct pln_be32 to, hop;
	struct pln_neigh *n;
	int ret = pln_stack_take_ip4(dst, &to);

	if (ret == 0)
		ret = find_next_hop(&stack->ip, to, &hop);
	if (ret != 0)
		return ret;
	n = pln_neigh_get(&stack->ip.neighs, hop);
	if (n == NULL)
		return -ENOSPC;
	pln_neigh_resolve(&stack->ip.neighs, n);
	return 0;
}

int
pln_stack_next_hop(const struct pln_stack *stack, const struct pln_addr *dst, struct pln_addr *out)
{
	struct pln_be32 to, hop;

	if (pln_stack_take_ip4(dst, &to) != 0 || find_next_hop(&stack->ip, to, &hop) != 0)
		return -ENETUNREACH;
	*out = pln_ip4_addr(hop);
	return 0;
}
