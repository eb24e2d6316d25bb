/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the time of a turn goes: the TSC is read where one stage ends and the next begins, once a burst, not once a packet, and the cycles
 * are added to counters if the turn had work. Off unless the option "stages" says so; then a stage costs a comparison. Looking a flow up is
 * part of input, writing headers part of output: they alternate packet by packet, and reading the clock there would cost as much as they do.
 */
#ifndef POLLEN_STACK_STAGES_H
#define POLLEN_STACK_STAGES_H

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

#include "base/counters.h"

PLN_C_BEGIN

/* In the order of a turn, and of their counters. */
enum pln_stage {
	PLN_STAGE_RX,     /* the link's receive burst */
	PLN_STAGE_PARSE,  /* Ethernet and IPv4 headers, checksums */
	PLN_STAGE_INPUT,  /* flow lookup, TCP header, the connection */
	PLN_STAGE_TIMERS, /* timers, and what other threads and lcores handed over */
	PLN_STAGE_APP,    /* the program, from the end of poll to flush */
	PLN_STAGE_OUTPUT, /* what to send, headers, checksums */
	PLN_STAGE_TX,     /* the link's transmit burst */
	PLN_STAGE_COUNT
};

struct pln_stages {
	bool on;
	bool worked;                     /* this turn: something arrived or was due */
	uint64_t last;                   /* TSC, where the stage that runs began */
	uint64_t spent[PLN_STAGE_COUNT]; /* cycles, this turn */
};

/* A turn begins. */
void pln_stages_begin(struct pln_stages *stages);

/* And ends, having sent so many frames. */
void pln_stages_end(struct pln_stages *stages, struct pln_counters *counters, unsigned int sent);

static inline void
pln_stages_mark(struct pln_stages *stages, enum pln_stage ended)
{
	uint64_t now;

	if (likely(!stages->on))
		return;
	now = rte_rdtsc();
	stages->spent[ended] += now - stages->last;
	stages->last = now;
}

PLN_C_END

#endif
