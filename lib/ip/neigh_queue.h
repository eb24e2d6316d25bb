/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that wait until their neighbour's MAC is known. */
#ifndef POLLEN_IP_NEIGH_QUEUE_H
#define POLLEN_IP_NEIGH_QUEUE_H

#include "ip/neigh.h"

PLN_C_BEGIN

/* Let m wait. PLN_ACCEPT, or PLN_ARP_QUEUE_FULL (counted): the neighbour's oldest was dropped in its place, or m if it has none. */
enum pln_drop pln_neigh_queue_push(struct pln_neigh_table *table, struct pln_neigh *n,
                                   struct rte_mbuf *m);

/* The oldest; NULL: none waits. */
struct rte_mbuf *pln_neigh_queue_pop(struct pln_neigh_table *table, struct pln_neigh *n);

/* Drop all, each counted as `why`. */
void pln_neigh_queue_drop(struct pln_neigh_table *table, struct pln_neigh *n, enum pln_drop why);

PLN_C_END

#endif
