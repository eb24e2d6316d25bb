/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The addresses of one stack, and the questions asked about addresses: ours, a broadcast, a source that may be believed, the one
 * to send from (RFC 1122 §3.2.1.3, §3.3.4.3, §3.3.6). Sending is ip_tx.c's, reassembly ip_reasm.c's.
 *
 * Each packet asks twice whether an address is ours and twice whether it is a broadcast, so a stack of a thousand addresses must not look
 * at each: ours are found by a hash, and broadcasts are compared with subnets, of which there are few.
 */
#include "ip/ip.h"

#include "base/numa.h"
#include "ip/arp.h"

#define DEFAULT_TTL 64U /* RFC 1122 §3.2.1.7; the number is IANA's recommendation */
#define ADDR_BITS   32U
#define ADDRS_LEN   (PLN_IP_MAX_ADDRS * sizeof(struct pln_ip_addr))
#define POINT_TO_POINT                                                                             \
	31U /* RFC 3021: from this length on, every address of the subnet is a host's */

static const struct pln_be32 limited_broadcast = { UINT32_MAX };
static const struct pln_be32 none = { 0 };

int
pln_ip_init(struct pln_ip *ip, struct pln_env *env, struct pln_txq *txq,
            struct rte_mempool *mempool)
{
	int rc;

	memset(ip, 0, sizeof(*ip));
	ip->env = env;
	ip->txq = txq;
	ip->mempool = mempool;
	ip->id_key.k0 = pln_rand_u64(&env->rng);
	ip->id_key.k1 = pln_rand_u64(&env->rng);
	ip->mtu = txq->link.mtu;
	ip->ttl = DEFAULT_TTL;
	ip->generation = 1; /* a zeroed path is an old one */
	pln_pmtu_init(&ip->pmtu, env);
	ip->addrs = pln_numa_map(ADDRS_LEN); /* backed as it is touched */
	if (ip->addrs == NULL)
		return -ENOMEM;
	rc = pln_ip_reasm_init(&ip->reasm, env, mempool);
	if (rc != 0)
		goto fail_reasm;
	rc = pln_neigh_init(&ip->neighs, ip);
	if (rc != 0)
		goto fail_neighs;
	return 0;
fail_neighs:
	pln_ip_reasm_fini(&ip->reasm);
fail_reasm:
	pln_numa_unmap(ip->addrs, ADDRS_LEN);
	return rc;
}

void
pln_ip_fini(struct pln_ip *ip)
{
	unsigned int i;

	for (i = 0; i < ip->n_addrs; i++)
		pln_acd_stop(&ip->addrs[i].acd, ip);
	pln_neigh_fini(&ip->neighs);
	pln_ip_reasm_fini(&ip->reasm);
	pln_pmtu_fini(&ip->pmtu);
	pln_numa_unmap(ip->addrs, ADDRS_LEN);
}

static struct pln_be32
broadcast_of(const struct pln_ip_addr *a)
{
	struct pln_be32 broadcast = { a->addr.raw | ~a->mask.raw };

	return broadcast;
}

static struct pln_be32
network_of(const struct pln_ip_addr *a)
{
	struct pln_be32 network = { a->addr.raw & a->mask.raw };

	return network;
}

/* A subnet of one or two addresses has no broadcast. */
static bool
is_subnet_broadcast(const struct pln_ip_addr *a, struct pln_be32 addr)
{
	return a->prefix_len < POINT_TO_POINT &&
	       (addr.raw == broadcast_of(a).raw || addr.raw == network_of(a).raw);
}

static bool
is_host_address(const struct pln_ip_addr *a)
{
	return !pln_ip4_hdr_is_martian(a->addr) && !is_subnet_broadcast(a, a->addr);
}

/* Where the search for an address begins. Multiplied (Knuth), so that neighbours lie apart whatever the byte order. */
static unsigned int
slot_of(struct pln_be32 addr)
{
	return (addr.raw * UINT32_C(2654435769)) >> 16 & (PLN_IP_ADDR_SLOTS - 1);
}

/* Which of the subnets, n_subnets for a new one, is it in? */
static unsigned int
subnet_of(const struct pln_ip *ip, const struct pln_ip_addr *a)
{
	unsigned int i;

	for (i = 0; i < ip->n_subnets; i++) {
		const struct pln_ip_addr *b = &ip->addrs[ip->subnets[i]];

		if (a->prefix_len == b->prefix_len && network_of(a).raw == network_of(b).raw)
			break;
	}
	return i;
}

/* Enter an address: to be found, and as its subnet's if it is the first there. */
static void
enter_addr(struct pln_ip *ip, const struct pln_ip_addr *a)
{
	unsigned int at = slot_of(a->addr);
	unsigned int subnet = subnet_of(ip, a);

	while (ip->slots[at] != 0)
		at = (at + 1) & (PLN_IP_ADDR_SLOTS - 1);
	if (subnet == ip->n_subnets)
		ip->subnets[ip->n_subnets++] = (uint16_t)ip->n_addrs;
	ip->addrs[ip->n_addrs++] = *a;
	ip->slots[at] = (uint16_t)ip->n_addrs;
	ip->generation++;
}

int
pln_ip_addr_add(struct pln_ip *ip, struct pln_be32 addr, uint8_t prefix_len, bool announce)
{
	struct pln_ip_addr a = { .addr = addr, .prefix_len = prefix_len };
	int rc;

	if (prefix_len == 0 || prefix_len > ADDR_BITS)
		return -EINVAL;
	a.mask = pln_be32(UINT32_MAX << (ADDR_BITS - prefix_len));
	if (!is_host_address(&a))
		return -EINVAL;
	if (pln_ip_addr_find(ip, addr) != NULL)
		return -EEXIST;
	if (ip->n_addrs == PLN_IP_MAX_ADDRS || subnet_of(ip, &a) == PLN_IP_MAX_SUBNETS)
		return -ENOSPC;
	rc = pln_route_add(&ip->routes, network_of(&a), prefix_len, none);
	if (rc != 0 && rc != -EEXIST) /* a second address in the same subnet */
		return rc;
	enter_addr(ip, &a);
	pln_acd_start(&ip->addrs[ip->n_addrs - 1].acd, ip, addr,
	              announce ? (enum pln_acd_mode)ip->acd : PLN_ACD_OFF);
	if (announce && ip->acd == PLN_ACD_OFF)
		pln_arp_announce(ip, addr);
	return 0;
}

static bool
is_usable(const struct pln_ip_addr *a)
{
	return a->acd.state == PLN_ADDR_USABLE;
}

/* A usable address is better than one that is not, a narrower subnet better than a wider one. */
static bool
is_better_source(const struct pln_ip_addr *a, const struct pln_ip_addr *b)
{
	if (b == NULL || is_usable(a) != is_usable(b))
		return b == NULL || is_usable(a);
	return a->prefix_len > b->prefix_len;
}

static const struct pln_ip_addr *
addr_on_subnet_of(const struct pln_ip *ip, struct pln_be32 host)
{
	const struct pln_ip_addr *best = NULL;
	unsigned int i;

	for (i = 0; i < ip->n_addrs; i++) {
		const struct pln_ip_addr *a = &ip->addrs[i];

		if (((a->addr.raw ^ host.raw) & a->mask.raw) == 0 && is_better_source(a, best))
			best = a;
	}
	return best;
}

int
pln_ip_route_add(struct pln_ip *ip, struct pln_be32 dst, uint8_t prefix_len,
                 struct pln_be32 gateway)
{
	unsigned int i, n = 0;
	int rc;

	if (addr_on_subnet_of(ip, gateway) == NULL || pln_ip_is_ours(ip, gateway) ||
	    pln_ip_is_broadcast(ip, gateway))
		return -ENETUNREACH;
	for (i = 0; i < ip->routes.count; i++)
		n += ip->routes.route[i].gateway.raw != 0;
	if (n == PLN_IP_MAX_ROUTES)
		return -ENOSPC;
	rc = pln_route_add(&ip->routes, dst, prefix_len, gateway);
	if (rc == 0)
		ip->generation++;
	return rc;
}

int
pln_ip_mtu_set(struct pln_ip *ip, uint16_t mtu)
{
	if (mtu < PLN_IP_MTU_MIN)
		return -EINVAL;
	ip->mtu = mtu;
	ip->generation++;
	return 0;
}

struct pln_ip_addr *
pln_ip_addr_find(const struct pln_ip *ip, struct pln_be32 addr)
{
	unsigned int at;

	for (at = slot_of(addr); ip->slots[at] != 0; at = (at + 1) & (PLN_IP_ADDR_SLOTS - 1)) {
		const struct pln_ip_addr *a = &ip->addrs[ip->slots[at] - 1];

		if (a->addr.raw == addr.raw)
			return (struct pln_ip_addr *)a;
	}
	return NULL;
}

bool
pln_ip_find_parting(const struct pln_ip *ip, struct pln_be32 *addr)
{
	unsigned int i;

	for (i = 0; ip->parting > 0 && i < ip->n_addrs; i++) {
		if (!ip->addrs[i].acd.parting)
			continue;
		*addr = ip->addrs[i].addr;
		return true;
	}
	return false;
}

void
pln_ip_part(struct pln_ip *ip, struct pln_be32 addr)
{
	struct pln_ip_addr *a = pln_ip_addr_find(ip, addr);

	PLN_ASSERT(a != NULL && a->acd.parting);
	a->acd.parting = false;
	ip->parting--;
}

bool
pln_ip_is_ours(const struct pln_ip *ip, struct pln_be32 addr)
{
	const struct pln_ip_addr *a = pln_ip_addr_find(ip, addr);

	return a != NULL && is_usable(a);
}

bool
pln_ip_is_broadcast(const struct pln_ip *ip, struct pln_be32 addr)
{
	unsigned int i;

	if (addr.raw == limited_broadcast.raw || addr.raw == none.raw)
		return true;
	for (i = 0; i < ip->n_subnets; i++) {
		if (is_subnet_broadcast(&ip->addrs[ip->subnets[i]], addr))
			return true;
	}
	return false;
}

enum pln_drop
pln_ip_rx_check(const struct pln_ip *ip, const struct pln_ip4_hdr *hdr)
{
	/* RFC 1122 §3.2.1.3: "A host MUST silently discard an incoming datagram that is not destined for the host." */
	if (!pln_ip_is_ours(ip, hdr->dst) && !pln_ip_is_broadcast(ip, hdr->dst))
		return PLN_IP_NOT_FOR_US;
	/* And one "containing an IP source address that is invalid by the rules of this section". */
	if (pln_ip4_hdr_is_martian(hdr->src) || pln_ip_is_ours(ip, hdr->src) ||
	    pln_ip_is_broadcast(ip, hdr->src))
		return PLN_IP_BAD_SOURCE;
	return PLN_ACCEPT;
}

int
pln_ip_next_hop(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *next_hop)
{
	const struct pln_route *route;

	if (pln_ip4_hdr_is_martian(dst) || pln_ip_is_broadcast(ip, dst) || pln_ip_is_ours(ip, dst))
		return -ENETUNREACH;
	route = pln_route_pick(&ip->routes, dst, none);
	if (route == NULL)
		return -ENETUNREACH;
	*next_hop = route->gateway.raw != 0 ? route->gateway : dst;
	return 0;
}

/* A broadcast leaves from the address whose subnet it is for; the limited one from the first that may be used. */
static const struct pln_ip_addr *
broadcast_source(const struct pln_ip *ip, struct pln_be32 dst)
{
	const struct pln_ip_addr *best = addr_on_subnet_of(ip, dst);
	unsigned int i;

	for (i = 0; i < ip->n_addrs && (best == NULL || !is_usable(best)); i++)
		best = &ip->addrs[i];
	return best;
}

int
pln_ip_source_for(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *src)
{
	bool broadcast = pln_ip_is_broadcast(ip, dst);
	const struct pln_ip_addr *a;
	struct pln_be32 next_hop;
	int rc = broadcast ? 0 : pln_ip_next_hop(ip, dst, &next_hop);

	if (rc != 0)
		return rc;
	a = broadcast ? broadcast_source(ip, dst) : addr_on_subnet_of(ip, next_hop);
	if (a == NULL)
		return -ENETUNREACH;
	if (!is_usable(a))
		return -EADDRNOTAVAIL;
	*src = a->addr;
	return 0;
}

bool
pln_ip_source_next(const struct pln_ip *ip, struct pln_be32 dst, unsigned int *at,
                   struct pln_be32 *src)
{
	struct pln_be32 next_hop;

	if (pln_ip_next_hop(ip, dst, &next_hop) != 0)
		return false;
	while (*at < ip->n_addrs) {
		const struct pln_ip_addr *a = &ip->addrs[(*at)++];

		if (((a->addr.raw ^ next_hop.raw) & a->mask.raw) != 0 || !is_usable(a))
			continue;
		*src = a->addr;
		return true;
	}
	return false;
}

void
pln_ip_neigh_failed(struct pln_ip *ip, struct pln_be32 addr)
{
	if (!pln_route_gateway_failed(&ip->routes, addr, ip->env->now))
		return;
	ip->generation++;
	pln_counters_inc(&ip->env->counters, PLN_IP_GATEWAY_DEAD);
}

void
pln_ip_neigh_lives(struct pln_ip *ip, struct pln_be32 addr)
{
	if (pln_route_gateway_lives(&ip->routes, addr, ip->env->now))
		ip->generation++;
}
