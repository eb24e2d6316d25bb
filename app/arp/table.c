/* SPDX-License-Identifier: BSD-3-Clause */
/* The states are those of ip neigh: PERMANENT for what was set by hand, and the rest by their names. */
#include "arp/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/jsonout.h"

static struct table_entry *
find(const struct table *table, const struct pln_addr *addr)
{
	for (size_t i = 0; i < table->count; i++)
		if (memcmp(&table->entries[i].addr, addr, sizeof(*addr)) == 0)
			return &table->entries[i];
	return NULL;
}

static int
grow(struct table *table)
{
	size_t room = table->room > 0 ? 2 * table->room : 64;
	struct table_entry *entries;

	if (table->count == TABLE_MAX)
		return -ENOSPC;
	if (table->count < table->room)
		return 0;
	entries = realloc(table->entries, room * sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	table->entries = entries;
	table->room = room;
	return 0;
}

/* How much is known: an answer is better than a word in passing. */
static int
worth(enum pln_neigh_state state)
{
	switch (state) {
	case PLN_NEIGH_NONE:
	case PLN_NEIGH_INCOMPLETE:
	case PLN_NEIGH_FAILED:
		return 0;
	case PLN_NEIGH_STALE:
	case PLN_NEIGH_PROBE:
		return 1;
	case PLN_NEIGH_REACHABLE:
		return 2;
	case PLN_NEIGH_STATIC:
		return 3;
	}
	return 0;
}

int
table_put(struct table *table, const struct table_entry *entry)
{
	struct table_entry *known = find(table, &entry->addr);
	int ret;

	if (known == NULL) {
		ret = grow(table);
		if (ret < 0)
			return ret;
		table->entries[table->count++] = *entry;
		return 1;
	}
	if (worth(known->state) > 0 && worth(entry->state) > 0 &&
	    memcmp(&known->mac, &entry->mac, sizeof(known->mac)) != 0)
		known->is_doubled = true;
	if (worth(entry->state) > worth(known->state)) {
		known->state = entry->state;
		known->mac = entry->mac;
	}
	return 0;
}

static int
by_addr(const void *a, const void *b)
{
	const struct table_entry *left = a;
	const struct table_entry *right = b;

	return memcmp(left->addr.bytes, right->addr.bytes, sizeof(left->addr.bytes));
}

void
table_sort(struct table *table)
{
	if (table->count > 1)
		qsort(table->entries, table->count, sizeof(*table->entries), by_addr);
}

static const char *
state_name(enum pln_neigh_state state)
{
	switch (state) {
	case PLN_NEIGH_NONE:
		return "NONE";
	case PLN_NEIGH_INCOMPLETE:
		return "INCOMPLETE";
	case PLN_NEIGH_REACHABLE:
		return "REACHABLE";
	case PLN_NEIGH_STALE:
		return "STALE";
	case PLN_NEIGH_PROBE:
		return "PROBE";
	case PLN_NEIGH_FAILED:
		return "FAILED";
	case PLN_NEIGH_STATIC:
		return "PERMANENT";
	}
	return "NONE";
}

void
table_print(const struct table_entry *entry, const char *device, bool json, FILE *out)
{
	const uint8_t *m = entry->mac.bytes;
	bool has_mac = worth(entry->state) > 0;
	char addr[PLN_ADDR_TEXT_LEN];
	char mac[24];

	(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
	               m[4], m[5]);
	if (json) {
		struct jsonout object = jsonout_begin(out);

		jsonout_text(&object, "type", "neighbour");
		jsonout_addr(&object, "address", &entry->addr);
		jsonout_text(&object, "device", device);
		if (has_mac)
			jsonout_text(&object, "mac", mac);
		jsonout_text(&object, "state", state_name(entry->state));
		jsonout_bool(&object, "doubled", entry->is_doubled);
		jsonout_end(&object);
		return;
	}
	(void)fprintf(out, "%s dev %s%s%s %s%s\n", pln_addr_format(&entry->addr, addr), device,
	              has_mac ? " lladdr " : "", has_mac ? mac : "", state_name(entry->state),
	              entry->is_doubled ? " (another host has it too)" : "");
	(void)fflush(out);
}

void
table_free(struct table *table)
{
	free(table->entries);
	memset(table, 0, sizeof(*table));
}
