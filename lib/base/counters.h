/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One array of counters per stack, written by its lcore alone. counters.def is the list:
 * identifier, sentence, kind. A data path function that refuses a packet returns the counter's id
 * (enum pln_drop); 0 means "go on".
 */
#ifndef POLLEN_BASE_COUNTERS_H
#define POLLEN_BASE_COUNTERS_H

#include "base/decl.h"

PLN_C_BEGIN

/* Both kinds share one numbering, so a drop is its counter. PLN_ACCEPT is 0. */
enum pln_drop {
	PLN_ACCEPT = 0,
#define PLN_COUNTER(id, kind, sentence) PLN_##id,
#include "base/counters.def"
#undef PLN_COUNTER
	PLN_COUNTER_COUNT
};

struct pln_counters {
	uint64_t value[PLN_COUNTER_COUNT];
};

static inline void
pln_counters_inc(struct pln_counters *c, enum pln_drop id)
{
	c->value[id]++;
}

static inline void
pln_counters_add(struct pln_counters *c, enum pln_drop id, uint64_t n)
{
	c->value[id] += n;
}

/*
 * Lower-case name, "arp_bad_opcode"; the sentence; whether it counts lost packets. 0 < id <
 * PLN_COUNTER_COUNT.
 */
const char *pln_counters_name(enum pln_drop id);
const char *pln_counters_sentence(enum pln_drop id);
bool pln_counters_is_drop(enum pln_drop id);

PLN_C_END

#endif
