/* SPDX-License-Identifier: BSD-3-Clause */
/* A turn's cycles by stage, into counters: stages.h. */
#include "stack/stages.h"

void
pln_stages_begin(struct pln_stages *stages)
{
	if (!stages->on)
		return;
	memset(stages->spent, 0, sizeof(stages->spent));
	stages->worked = false;
	stages->last = rte_rdtsc();
}

void
pln_stages_end(struct pln_stages *stages, struct pln_counters *counters, unsigned int sent)
{
	unsigned int i;

	if (!stages->on || (!stages->worked && sent == 0))
		return;
	pln_counters_inc(counters, PLN_STAGE_TURNS);
	for (i = 0; i < PLN_STAGE_COUNT; i++)
		pln_counters_add(counters, (enum pln_drop)(PLN_STAGE_RX_CYCLES + i),
		                 stages->spent[i]);
	memset(stages->spent, 0, sizeof(stages->spent));
	stages->worked = false;
}
