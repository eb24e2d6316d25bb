/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a counter is called, what its sentence is and whether it counts lost packets: three tables
 * over counters.def. The lower-case names come from counter_names.inc, which the build writes from
 * the same list.
 */
#include "base/counters.h"

enum kind {
	COUNT,
	DROP,
};

static const char *const names[PLN_COUNTER_COUNT] = {
#include "base/counter_names.inc"
};

static const char *const sentences[PLN_COUNTER_COUNT] = {
#define PLN_COUNTER(id, kind, sentence) [PLN_##id] = (sentence),
#include "base/counters.def"
#undef PLN_COUNTER
};

static const uint8_t kinds[PLN_COUNTER_COUNT] = {
#define PLN_COUNTER(id, kind, sentence) [PLN_##id] = (kind),
#include "base/counters.def"
#undef PLN_COUNTER
};

const char *
pln_counters_name(enum pln_drop id)
{
	PLN_ASSERT(id > PLN_ACCEPT && id < PLN_COUNTER_COUNT);
	return names[id];
}

const char *
pln_counters_sentence(enum pln_drop id)
{
	PLN_ASSERT(id > PLN_ACCEPT && id < PLN_COUNTER_COUNT);
	return sentences[id];
}

bool
pln_counters_is_drop(enum pln_drop id)
{
	PLN_ASSERT(id > PLN_ACCEPT && id < PLN_COUNTER_COUNT);
	return kinds[id] == DROP;
}
