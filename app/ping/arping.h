/* SPDX-License-Identifier: BSD-3-Clause */
/* --arp: who has an address, does anybody, or: it is ours. Lines and exit codes are those of iputils' arping. */
#ifndef POLLEN_APP_PING_ARPING_H
#define POLLEN_APP_PING_ARPING_H

#include <stdio.h>

#include <pollen/arp.h>

#include "ping/options.h"

PLN_C_BEGIN

struct arping {
	const struct ping_options *options;
	struct pln_stack *stack;
	struct pln_addr target;
	struct pln_addr source; /* the requests' sender: 0.0.0.0 in a probe */
	const char *device;     /* printed */
	FILE *out;
	struct pln_mac mac; /* whom to ask, once somebody answered */
	bool is_unicasting;
	uint64_t started;   /* ns: first request, 0 before */
	uint64_t last;      /* ns: last request */
	uint64_t next;      /* ns: when the next one is due */
	unsigned int ticks; /* times that one was due */
	unsigned int sent, broadcasts;
	unsigned int received, broadcasts_received, requests_received;
	bool is_over;
};

/** @param target  whom it is about; options must stay */
void arping_init(struct arping *arping, const struct ping_options *options, struct pln_stack *stack,
                 const struct pln_addr *target);

/** The first line. */
void arping_print_head(const struct arping *arping);

/** Take one packet that was heard. */
void arping_hear(struct arping *arping, const struct pln_arp_event *event);

/** After each turn. @return true when it is over */
bool arping_step(struct arping *arping, uint64_t now);

void arping_print_summary(const struct arping *arping);

/** As arping's: with -D 1 when somebody has it, with -U and -A 0, else 1 when nobody answered. */
int arping_exit_code(const struct arping *arping);

PLN_C_END

#endif
