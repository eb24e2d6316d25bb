/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour cache: who has which MAC, how fresh that is, and the packets that wait for an answer (RFC 1122 §2.3.2, RFC 826;
 * states in the manner of RFC 4861). Asking is ip/arp's matter; this room decides when to ask and whom to forget.
 *
 *         use                   answer                  30 s without proof
 *   NONE ------> INCOMPLETE ---------------> REACHABLE --------------------> STALE ----> forgotten
 *                  |    ^                      ^                               |   20 min unused
 *       3 requests |    | 3 requests           | answer, or TCP's word         | use
 *                  v    | without answer       |                               |
 *                FAILED +-------------------- PROBE <--------------------------+
 *
 * FAILED is asked again on use, a second later at the earliest. In STALE and PROBE packets flow to the MAC known so far; PROBE
 * waits a second for TCP's word before it asks, by unicast.
 */
#ifndef POLLEN_IP_NEIGH_H
#define POLLEN_IP_NEIGH_H

#include <pollen/stack.h>

#include "base/env.h"
#include "dev/mbuf.h"

PLN_C_BEGIN

#define PLN_NEIGH_MAX 1024U
#define PLN_NEIGH_QUEUE_MAX                                                                        \
	64U /* packets waiting per neighbour, the newest: 65 535 bytes in fragments of 1500 are 45 */
#define PLN_NEIGH_TOTAL_MAX 512U /* packets waiting in all */

struct pln_neigh {
	struct pln_be32 addr;
	struct pln_mac mac;
	uint8_t state;         /* enum pln_neigh_state */
	uint8_t tries;         /* requests in this state */
	bool failed_news;      /* in the table's list of news */
	uint16_t queued;       /* packets waiting */
	uint32_t users;        /* paths that point here */
	uint32_t requests;     /* sent since it was last resolved */
	uint64_t asked_ns;     /* when this resolution began */
	uint64_t next_ask_ns;  /* no request before then */
	uint64_t resolve_ns;   /* duration of the last resolution */
	uint64_t confirmed_ns; /* last proof that it is there */
	struct pln_timer timer;
	struct rte_mbuf *head,
		*tail; /* waiting frames, complete but for the destination MAC; linked by pln_mbuf_next */
	struct pln_neigh *hash_next;   /* or the next free entry */
	struct pln_neigh *failed_next; /* in the table's list of news */
};

struct pln_ip;

struct pln_neigh_table {
	struct pln_ip *ip;
	struct pln_neigh *entries; /* PLN_NEIGH_MAX, handed out from a high-water mark */
	unsigned int high;         /* entries ever used */
	unsigned int queued;       /* packets waiting in all */
	struct pln_neigh *bucket[256];
	struct pln_neigh *free;
	struct pln_neigh *
		failed; /* did not answer, and the stack has not been told: see pln_neigh_take_failed */
	uint64_t reachable_ns; /* 30 s: then STALE */
	uint64_t stale_ns;     /* 20 min without use: forgotten */
	uint64_t retry_ns;     /* 1 s between requests (RFC 1122 §2.3.2.1) */
	uint8_t tries_max;     /* 3 */
};

int pln_neigh_init(struct pln_neigh_table *table, struct pln_ip *ip);
void pln_neigh_fini(struct pln_neigh_table *table);

struct pln_neigh *pln_neigh_find(const struct pln_neigh_table *table, struct pln_be32 addr);

/* Has ARP told its MAC? One that was set by hand has it from there. */
bool pln_neigh_has_mac(const struct pln_neigh *n);

/* Find or make; an unused entry is evicted when the table is full. NULL: all are in use. */
struct pln_neigh *pln_neigh_get(struct pln_neigh_table *table, struct pln_be32 addr);

/* A path points to n; n is not evicted or forgotten before the last pln_neigh_release. */
void pln_neigh_hold(struct pln_neigh *n);
void pln_neigh_release(struct pln_neigh_table *table, struct pln_neigh *n);

/* Begin asking unless it is resolved, being asked, or failed less than a second ago. */
void pln_neigh_resolve(struct pln_neigh_table *table, struct pln_neigh *n);

/* Send a frame whose Ethernet header lacks only the destination MAC: now, or when the neighbour has answered. Consumes m.
 * PLN_ACCEPT, PLN_ARP_QUEUE_FULL (the oldest waiting one was dropped in its place; this one, when all PLN_NEIGH_TOTAL_MAX wait for
 * others) or PLN_ARP_FAILED. Drops are counted here. */
enum pln_drop pln_neigh_tx(struct pln_neigh_table *table, struct pln_neigh *n, struct rte_mbuf *m);

/* An ARP packet told us the address: merge rule of RFC 826. `solicited`: it answers a request of ours, which proves both ways. */
void pln_neigh_learn(struct pln_neigh_table *table, struct pln_neigh *n, const struct pln_mac *mac,
                     bool solicited);

/* For good. 0 or -ENOSPC. */
int pln_neigh_set_static(struct pln_neigh_table *table, struct pln_be32 addr,
                         const struct pln_mac *mac);

/* Forget one: gone when no path points to it, else as if it had never been asked. */
void pln_neigh_delete(struct pln_neigh_table *table, struct pln_neigh *n);

/* The neighbour with the lowest address above `after` (zero: the lowest of all) of which something is known or asked; NULL: none. */
const struct pln_neigh *pln_neigh_after(const struct pln_neigh_table *table, struct pln_be32 after);

/* Ask now, whatever is believed of it, unless it was asked less than a second ago. Not for STATIC. */
void pln_neigh_probe(struct pln_neigh_table *table, struct pln_neigh *n);

/* TCP's word that the neighbour is alive (an ACK of new data came by way of it): no probe is needed. */
void pln_neigh_confirm(struct pln_neigh_table *table, struct pln_neigh *n);

/* TCP's doubt: retransmissions go unanswered (RFC 1122 §4.2.3.5, R1). Ask it again before relying on it. NULL is allowed. */
void pln_neigh_suspect(struct pln_neigh_table *table, struct pln_neigh *n);

/* The next neighbour that has failed and not been told; false when there is none. One that has answered since is no news. */
bool pln_neigh_take_failed(struct pln_neigh_table *table, struct pln_be32 *addr);

PLN_C_END

#endif
