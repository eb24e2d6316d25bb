/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo requests at an interval, replies as they come. It is stepped between turns; the clock is the stack's. */
#ifndef POLLEN_APP_PING_PING_H
#define POLLEN_APP_PING_PING_H

#include <pollen/icmp.h>

#include "ping/options.h"
#include "ping/tally.h"

PLN_C_BEGIN

#define PING_SEQUENCES 65536

struct ping {
	const struct ping_options *options;
	struct pln_stack *stack;
	struct pln_addr addr;
	FILE *out;
	struct tally tally;
	uint16_t id;
	uint8_t *payload;
	uint64_t *sent_at; /* ns by sequence number; PING_SEQUENCES of them */
	bool *is_answered;
	uint64_t next_send; /* ns */
	uint64_t end;       /* ns: after the last echo, PLN_NEVER before */
	bool has_told_arp;
	bool is_named; /* print the target's name beside its address */
};

/** @param addr the target's, whose name is options->target. @return 0 or -ENOMEM. */
int ping_init(struct ping *ping, const struct ping_options *options, struct pln_stack *stack,
              const struct pln_addr *addr);

/** The first line. */
void ping_print_head(const struct ping *ping);

/**
 * After each turn, before the flush: print replies, send what is due.
 *
 * @return true when it is over
 */
bool ping_step(struct ping *ping, uint64_t now);

/** 0: replies came; 1: none, or fewer than asked for before the deadline. */
int ping_exit_code(const struct ping *ping);

void ping_free(struct ping *ping);

PLN_C_END

#endif
