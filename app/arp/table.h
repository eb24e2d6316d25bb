/* SPDX-License-Identifier: BSD-3-Clause */
/* Who was heard on the link: addresses and MACs, bounded, in order of address; and the lines that say so. */
#ifndef POLLEN_APP_ARP_TABLE_H
#define POLLEN_APP_ARP_TABLE_H

#include <stdio.h>

#include <pollen/arp.h>

PLN_C_BEGIN

#define TABLE_MAX 65536

struct table_entry {
	struct pln_addr addr;
	struct pln_mac mac;
	enum pln_neigh_state state;
	bool is_doubled; /* another MAC was heard for it, too */
};

struct table {
	struct table_entry *entries;
	size_t count, room;
};

/**
 * Put in, or bring up to date: a better state wins, another MAC for the same address marks it.
 *
 * @return 1 new; 0 known; -ENOMEM; -ENOSPC
 */
int table_put(struct table *table, const struct table_entry *entry);

/** By ascending address. */
void table_sort(struct table *table);

/** "192.0.2.1 dev tap0 lladdr 02:00:00:00:00:01 REACHABLE", or an object. */
void table_print(const struct table_entry *entry, const char *device, bool json, FILE *out);

void table_free(struct table *table);

PLN_C_END

#endif
