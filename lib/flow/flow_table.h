/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose flow is it? A hash table from a flow's key to a number that its owner chose, of a capacity
 * fixed at the beginning. Memory is backed as it is touched. The hash is keyed, so a peer cannot
 * choose ports that collide. One owner, no lock.
 */
#ifndef POLLEN_FLOW_FLOW_TABLE_H
#define POLLEN_FLOW_FLOW_TABLE_H

#include "flow/flow_key.h"

PLN_C_BEGIN

struct pln_flow_slot {
	uint32_t hash; /* 0: empty */
	uint32_t value;
	struct pln_flow_key key;
};

struct pln_flow_table {
	struct pln_flow_slot *slots;
	uint32_t mask;                 /* slots - 1; slots is a power of two */
	uint32_t capacity;             /* flows, at most half of the slots */
	uint32_t used;                 /* flows */
	struct pln_siphash_key secret; /* of this table alone */
};

/* 0 or -ENOMEM; 0 < capacity <= 2^30. `secret` may serve others too: the table derives its own. */
int pln_flow_table_init(struct pln_flow_table *table, uint32_t capacity,
                        const struct pln_siphash_key *secret);
void pln_flow_table_fini(struct pln_flow_table *table);

/* 0, -EEXIST when the key is there already, -ENOSPC when `capacity` flows are. */
int pln_flow_table_insert(struct pln_flow_table *table, const struct pln_flow_key *key,
                          uint32_t value);

/* True, and the value in *value, when the key is there. */
bool pln_flow_table_lookup(const struct pln_flow_table *table, const struct pln_flow_key *key,
                           uint32_t *value);

/* Another value for a key that is there. */
void pln_flow_table_set(struct pln_flow_table *table, const struct pln_flow_key *key,
                        uint32_t value);

/* True when the key was there. */
bool pln_flow_table_remove(struct pln_flow_table *table, const struct pln_flow_key *key);

PLN_C_END

#endif
