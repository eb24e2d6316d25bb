/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decides where a flow's record lies: open addressing with linear probing, at most half full. The
 * hash stands beside the key, so a probe compares four bytes before it compares twelve, and a
 * removal needs no hashing.
 *
 * A removal leaves no tombstone. It closes the gap: of the records that follow in the same run,
 * each that may lie in the gap (its home is not behind it) moves there, and leaves the next gap. So
 * the table stays as fast as on its first day, however often connections come and go.
 */
#include "flow/flow_table.h"

#include "base/numa.h"

#define MAX_CAPACITY (1U << 30)
#define MIN_SLOTS    8U

static size_t
mapping_len(const struct pln_flow_table *table)
{
	return ((size_t)table->mask + 1) * sizeof(*table->slots);
}

static uint32_t
hash_of(const struct pln_flow_table *table, const struct pln_flow_key *key)
{
	uint32_t hash = pln_flow_key_hash(key, &table->secret);

	return hash != 0 ? hash : 1;
}

/* The slot that holds the key, or the empty one where the search for it ends. */
static uint32_t
find(const struct pln_flow_table *table, const struct pln_flow_key *key, uint32_t hash)
{
	uint32_t at = hash & table->mask;
	const struct pln_flow_slot *slot = &table->slots[at];

	while (slot->hash != 0 && (slot->hash != hash || !pln_flow_key_equal(&slot->key, key))) {
		at = (at + 1) & table->mask;
		slot = &table->slots[at];
	}
	return at;
}

int
pln_flow_table_init(struct pln_flow_table *table, uint32_t capacity,
                    const struct pln_siphash_key *secret)
{
	uint32_t slots = MIN_SLOTS;
	void *mapping;

	PLN_ASSERT(capacity > 0 && capacity <= MAX_CAPACITY);
	while (slots / 2 < capacity)
		slots *= 2;
	mapping = pln_numa_map(slots * sizeof(*table->slots));
	if (mapping == NULL)
		return -ENOMEM;
	memset(table, 0, sizeof(*table));
	table->slots = mapping;
	table->mask = slots - 1;
	table->capacity = capacity;
	table->secret = pln_siphash_derive(secret, "flow_table");
	return 0;
}

void
pln_flow_table_fini(struct pln_flow_table *table)
{
	if (table->slots != NULL)
		pln_numa_unmap(table->slots, mapping_len(table));
	memset(table, 0, sizeof(*table));
}

int
pln_flow_table_insert(struct pln_flow_table *table, const struct pln_flow_key *key, uint32_t value)
{
	uint32_t hash = hash_of(table, key);
	uint32_t at = find(table, key, hash);

	if (table->slots[at].hash != 0)
		return -EEXIST;
	if (table->used == table->capacity)
		return -ENOSPC;
	table->slots[at] = (struct pln_flow_slot){ .hash = hash, .value = value, .key = *key };
	table->used++;
	return 0;
}

bool
pln_flow_table_lookup(const struct pln_flow_table *table, const struct pln_flow_key *key,
                      uint32_t *value)
{
	const struct pln_flow_slot *slot = &table->slots[find(table, key, hash_of(table, key))];

	if (slot->hash == 0)
		return false;
	*value = slot->value;
	return true;
}

void
pln_flow_table_set(struct pln_flow_table *table, const struct pln_flow_key *key, uint32_t value)
{
	struct pln_flow_slot *slot = &table->slots[find(table, key, hash_of(table, key))];

	PLN_ASSERT(slot->hash != 0);
	slot->value = value;
}

bool
pln_flow_table_remove(struct pln_flow_table *table, const struct pln_flow_key *key)
{
	uint32_t mask = table->mask;
	uint32_t gap = find(table, key, hash_of(table, key));
	uint32_t at = gap;

	if (table->slots[gap].hash == 0)
		return false;
	for (;;) {
		uint32_t hash;

		at = (at + 1) & mask;
		hash = table->slots[at].hash;
		if (hash == 0)
			break;
		/*
		 * Distances behind `at`: a home at or before the gap lets the record move into it.
		 */
		if (((at - hash) & mask) >= ((at - gap) & mask)) {
			table->slots[gap] = table->slots[at];
			gap = at;
		}
	}
	table->slots[gap] = (struct pln_flow_slot){ 0 };
	table->used--;
	return true;
}
