/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking by ARP: an address, a prefix, nobody at all; stepped between turns, by the stack's clock. */
#ifndef POLLEN_APP_ARP_ASK_H
#define POLLEN_APP_ARP_ASK_H

#include "arp/options.h"
#include "arp/table.h"

PLN_C_BEGIN

struct ask {
	const struct arp_options *options;
	struct pln_stack *stack;
	const char *device;
	FILE *out;
	struct table table;
	uint64_t started; /* ns, 0 before the first step */
	uint64_t next;    /* ns: when something is due */
	uint64_t asked;   /* addresses that were asked for, in this round */
	uint64_t last;    /* ns: last request */
	unsigned int round;
	uint64_t seed;        /* of probe's random waits */
	uint64_t answers;     /* packets that answered */
	struct pln_mac taker; /* probe: who has it */
	bool is_taken;
};

/** @param seed of RFC 5227's random waits */
void ask_init(struct ask *ask, const struct arp_options *options, struct pln_stack *stack,
              uint64_t seed);

/** Take one packet that was heard. */
void ask_hear(struct ask *ask, const struct pln_arp_event *event);

/** After each turn, before the flush. @return true when it is over */
bool ask_step(struct ask *ask, uint64_t now);

/** What came of it. */
void ask_print(struct ask *ask);

/** 0: somebody answered; of a probe: nobody has it. 1: the other way. */
int ask_exit_code(const struct ask *ask);

void ask_free(struct ask *ask);

PLN_C_END

#endif
