/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv4 layer of one stack: its addresses, and the way out. Receiving is stack/rx's matter; here it is only decided whether a
 * packet is for us. RFC 791, RFC 1122 §3.2-3.3, RFC 6864 (identification).
 */
#ifndef POLLEN_IP_IP_H
#define POLLEN_IP_IP_H

#include "base/env.h"
#include "dev/txq.h"
#include "ip/neigh.h"
#include "ip/route.h"
#include "wire/pkt.h"

PLN_C_BEGIN

#define PLN_IP_MAX_ADDRS 8U

struct pln_ip_addr {
	struct pln_be32 addr;
	struct pln_be32 mask;
	uint8_t prefix_len;
};

struct pln_ip {
	struct pln_env *env;
	struct pln_txq *txq;
	struct rte_mempool *mempool;
	struct pln_ip_addr addrs[PLN_IP_MAX_ADDRS];
	unsigned int n_addrs;
	struct pln_routes routes;
	struct pln_neigh_table neighs;
	struct pln_siphash_key id_key; /* identification of datagrams that are not atomic */
	uint32_t id_next;
	uint16_t mtu;        /* bytes */
	uint8_t ttl;         /* default of packets we originate: 64 */
	uint32_t generation; /* changes with addresses, routes and MTU: paths look again */
};

/* The way to one destination, kept by whoever sends there often (a connection). */
struct pln_ip_path {
	struct pln_be32 src, dst;
	struct pln_be32 next_hop;
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

/* 0, -EINVAL, -EEXIST, -ENOSPC. A new address is announced (gratuitous ARP) when `announce`. */
int pln_ip_addr_add(struct pln_ip *ip, struct pln_be32 addr, uint8_t prefix_len, bool announce);

bool pln_ip_is_ours(const struct pln_ip *ip, struct pln_be32 addr);

/* Limited broadcast, or the directed broadcast of one of our subnets (or its zero form). */
bool pln_ip_is_broadcast(const struct pln_ip *ip, struct pln_be32 addr);

/* Source checks and destination of a received packet: PLN_ACCEPT, PLN_IP_BAD_SOURCE, PLN_IP_NOT_FOR_US. Broadcasts are accepted:
 * the protocol decides. */
enum pln_drop pln_ip_rx_check(const struct pln_ip *ip, const struct pln_ip4_hdr *hdr);

/* The address we send from to reach `dst` (RFC 1122 §3.3.4.3): the one whose subnet holds the next hop. 0 or -ENETUNREACH. */
int pln_ip_source_for(const struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 *src);

/* Make a path. src zero: chosen. 0; -ENETUNREACH; -EADDRNOTAVAIL (src not ours); -ENOSPC (neighbour table full). */
int pln_ip_path_open(struct pln_ip *ip, struct pln_be32 dst, struct pln_be32 src,
                     struct pln_ip_path *path);
void pln_ip_path_close(struct pln_ip *ip, struct pln_ip_path *path);

/*
 * Send a packet: m's data starts with the transport header, which is complete. Prepends IPv4 and Ethernet headers and queues the
 * frame, or lets it wait for ARP. m is always consumed. PLN_ACCEPT, or why it was dropped (counted here).
 * When the link completes IPv4 checksums, sets the flags and l2_len/l3_len; a TCP checksum left to the link is marked by the
 * caller in ol_flags before.
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

PLN_C_END

#endif
