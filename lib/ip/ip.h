/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv4 layer of one stack: its addresses, and the way out. Receiving is stack/rx's matter; here it is only decided whether a
 * packet is for us. RFC 791, RFC 1122 §3.2-3.3, RFC 6864 (identification).
 */
#ifndef POLLEN_IP_IP_H
#define POLLEN_IP_IP_H

#include "base/env.h"
#include "dev/txq.h"
#include "ip/acd.h"
#include "ip/ip_reasm.h"
#include "ip/neigh.h"
#include "ip/pmtu.h"
#include "ip/route.h"
#include "wire/pkt.h"

PLN_C_BEGIN

#define PLN_IP_MAX_ADDRS   1024U
#define PLN_IP_MAX_SUBNETS 8U                     /* that they are in */
#define PLN_IP_ADDR_SLOTS  (2 * PLN_IP_MAX_ADDRS) /* of their hash table; a power of two */
#define PLN_IP_MAX_ROUTES  32U                    /* by way of gateways */
#define PLN_IP_ID_COUNTERS 64U /* destinations share one where their hashes agree; a power of two */
#define PLN_IP_MTU_MIN     68U /* RFC 791: what every module must forward in one piece */

struct pln_ip_addr {
	struct pln_be32 addr;
	struct pln_be32 mask;
	uint8_t prefix_len;
	struct pln_acd acd; /* may it be used? */
};

/* Another stack of ours on the same link, which asks neighbours for their addresses in our place; what they answer comes by
 * pln_arp_overhear. */
struct pln_ip_asker {
	void (*ask)(void *ctx, struct pln_be32 target); /* NULL: there is none */
	void *ctx;
};

struct pln_ip {
	struct pln_env *env;
	struct pln_txq *txq;
	struct rte_mempool *mempool;
	struct pln_ip_addr *addrs; /* PLN_IP_MAX_ADDRS, which stay where they are */
	unsigned int n_addrs;
	unsigned int n_subnets;
	uint16_t subnets[PLN_IP_MAX_SUBNETS]; /* of each subnet the first address */
	uint16_t slots[PLN_IP_ADDR_SLOTS];    /* by address: its number plus 1; 0: empty */
	struct pln_routes routes;
	struct pln_neigh_table neighs;
	struct pln_ip_reasm reasm;
	struct pln_pmtu pmtu;
	struct pln_ip_asker asker;
	struct pln_siphash_key id_key; /* identification of datagrams that are not atomic */
	uint16_t id_next[PLN_IP_ID_COUNTERS];
	uint16_t mtu;        /* bytes */
	uint8_t ttl;         /* default of packets we originate: 64 */
	uint8_t acd;         /* enum pln_acd_mode of addresses that are added */
	uint8_t parting;     /* addresses that were given up, and whose users do not know yet */
	uint32_t generation; /* changes with addresses, routes and MTU: paths look again */
};

/* The way to one destination, kept by whoever sends there often (a connection). */
struct pln_ip_path {
	struct pln_be32 src, dst;
	struct pln_be32 next_hop;
	struct pln_be32 avoid; /* a gateway that seems to lead nowhere; zero: none */
	struct pln_neigh *
		neigh; /* never NULL once set; entries in use by a path are not evicted (use count) */
	uint32_t generation; /* of the ip when next_hop was looked up */
	uint16_t mtu;        /* path MTU, bytes */
	uint8_t ttl, tos;
	bool df;
};

int pln_ip_init(struct pln_ip *ip, struct pln_env *env, struct pln_txq *txq,
                struct rte_mempool *mempool);
void pln_ip_fini(struct pln_ip *ip);

/* 0, -EINVAL, -EEXIST, -ENOSPC. With `announce`, others are asked or told by ARP, as ip->acd says. */
int pln_ip_addr_add(struct pln_ip *ip, struct pln_be32 addr, uint8_t prefix_len, bool announce);

/* A route by way of a gateway, after those that the prefix has; prefix_len 0: the default. 0; -EINVAL (bits of dst behind the prefix); -EEXIST; -ENETUNREACH (the
 * gateway is on no subnet of ours, or is ourselves); -ENOSPC. */
int pln_ip_route_add(struct pln_ip *ip, struct pln_be32 dst, uint8_t prefix_len,
                     struct pln_be32 gateway);

/* 0 or -EINVAL (below PLN_IP_MTU_MIN). Paths take it with their next packet. */
int pln_ip_mtu_set(struct pln_ip *ip, uint16_t mtu);

/* Where a packet to `dst` goes first: `dst` itself or a gateway. 0; -ENETUNREACH: no route, or no single other host (a broadcast,
 * a multicast group, ourselves: there is no loopback here). */
int pln_ip_next_hop(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *next_hop);

/* One of our addresses, in whatever state; NULL: none of ours. */
struct pln_ip_addr *pln_ip_addr_find(const struct pln_ip *ip, struct pln_be32 addr);

/* An address that was given up and whose users have not been told; it may be sent from, for resets, until pln_ip_part. false: none. */
bool pln_ip_find_parting(const struct pln_ip *ip, struct pln_be32 *addr);
void pln_ip_part(struct pln_ip *ip, struct pln_be32 addr);

/* An address of ours that may be used. */
bool pln_ip_is_ours(const struct pln_ip *ip, struct pln_be32 addr);

/* Limited broadcast, or the directed broadcast of one of our subnets (or their zero forms, RFC 1122 §3.3.6). */
bool pln_ip_is_broadcast(const struct pln_ip *ip, struct pln_be32 addr);

/* Destination and source of a received packet: PLN_ACCEPT, PLN_IP_NOT_FOR_US, PLN_IP_BAD_SOURCE. Broadcasts are accepted: the
 * protocol decides. */
enum pln_drop pln_ip_rx_check(const struct pln_ip *ip, const struct pln_ip4_hdr *hdr);

/* The address we send from to reach `dst` (RFC 1122 §3.3.4.3): the one whose subnet holds the next hop, the
 * narrowest where there are several; for a broadcast, its subnet's. 0; -ENETUNREACH; -EADDRNOTAVAIL (none that may be used yet, or any more). */
int pln_ip_source_for(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *src);

/* All addresses that we may send from to reach `dst`, one by one; *at is 0 at first. False: that was the last. */
bool pln_ip_source_next(const struct pln_ip *ip, struct pln_be32 dst, unsigned int *at,
                        struct pln_be32 *src);

/* Make a path, with the stack's MTU and TTL, and df set. src zero: chosen. 0; -ENETUNREACH (see pln_ip_next_hop); -EADDRNOTAVAIL
 * (src not ours, or not to be used); -ENOSPC (neighbour table full). */
int pln_ip_path_open(struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 src,
                     struct pln_ip_path *path);
void pln_ip_path_close(struct pln_ip *ip, struct pln_ip_path *path);

/* The transport's doubt: what goes this way is not acknowledged (RFC 1122 §3.3.1.4-5). The neighbour is asked again, and this path
 * takes another gateway if there is one. */
void pln_ip_path_suspect(struct pln_ip *ip, struct pln_ip_path *path);

/* ARP's word on a neighbour that may be a gateway: silent, or alive. */
void pln_ip_neigh_failed(struct pln_ip *ip, struct pln_be32 addr);
void pln_ip_neigh_lives(struct pln_ip *ip, struct pln_be32 addr);

/* A router has said that packets to `dst` may have `mtu` bytes at most, and whoever sent them believes it: all paths there follow,
 * and those opened later, for ten minutes (RFC 1191 §6.3). Never below 552 bytes, or the link's own MTU if that is less. */
void pln_ip_pmtu_learn(struct pln_ip *ip, struct pln_be32 dst, uint16_t mtu);

/* What may be sent to `dst` in one piece, bytes: the link's MTU, or what was learned of the path. */
uint16_t pln_ip_pmtu(const struct pln_ip *ip, struct pln_be32 dst);

/* May `len` bytes of transport leave in one piece? They must fit the path, and one buffer where the link takes no chains. */
bool pln_ip_fits(const struct pln_ip *ip, const struct pln_ip_path *path, uint32_t len);

/*
 * Send a packet: m's data starts with the transport header, which is complete. Prepends IPv4 and Ethernet headers in its headroom
 * and queues the frame, or lets it wait for ARP. Short frames are not padded: that is the device's. m is always consumed.
 * m may be a chain, of up to 65 515 bytes: what exceeds the path's MTU goes in fragments unless path->df; then it is PLN_IP_TOO_BIG.
 * PLN_ACCEPT, or why a packet was dropped (counted here): this one, or with PLN_ARP_QUEUE_FULL an older one in its place.
 * When the link completes IPv4 checksums, sets the flags and l2_len/l3_len; a TCP or UDP checksum left to the link is marked by
 * the caller in ol_flags before.
 */
enum pln_drop pln_ip_tx(struct pln_ip *ip, struct pln_ip_path *path, struct rte_mbuf *m,
                        uint8_t proto);

/* One packet to somebody with no path: opens one, sends, closes it. For resets and echo replies. ttl 0: default. */
struct pln_ip_once {
	struct pln_be32 src, dst;
	uint8_t proto, ttl, tos;
	bool df;
};
enum pln_drop pln_ip_tx_once(struct pln_ip *ip, const struct pln_ip_once *to, struct rte_mbuf *m);

/* Prepend an Ethernet header, tagged where the link is; dst NULL leaves the destination to pln_neigh_tx. */
void pln_ip_prepend_eth(const struct pln_ip *ip, struct rte_mbuf *m, uint16_t type,
                        const struct pln_mac *dst);

PLN_C_END

#endif
