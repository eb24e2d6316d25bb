/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A few TCP connections to a host, opened on one lcore and given up as soon as they are answered; on the first lcore a UDP datagram to
 * a port that nobody has, besides. Any answer proves that our checksums are right, and, by the lcore it came to, how packets are steered.
 */
#ifndef POLLEN_APP_DOCTOR_KNOCK_H
#define POLLEN_APP_DOCTOR_KNOCK_H

#include <pollen/tcp.h>
#include <pollen/udp.h>

PLN_C_BEGIN

#define KNOCK_CONNS 4

struct knock {
	struct pln_stack *stack;
	uint64_t conns[KNOCK_CONNS]; /* 0: over, or never opened */
	uint64_t sock;               /* of UDP, 0: none */
	unsigned int opened;
	unsigned int accepted;   /* connections that were established */
	unsigned int refused;    /* that were reset */
	bool udp_sent, udp_back; /* a port unreachable came for it */
	uint64_t started;        /* ns; 0: not yet */
	uint64_t handed_before;  /* segments that had arrived here and were another lcore's */
	uint64_t handed;         /* meanwhile */
};

/** Open them. @param peer  port 0: 22, 53, 80 and 443, one each. @param udp  a datagram as well */
void knock_start(struct knock *knock, struct pln_stack *stack, const struct pln_endpoint *peer,
                 bool udp, uint64_t now);

/** Take an event of the stack. */
void knock_hear(struct knock *knock, const struct pln_event *event);

/** Has everything been answered, or waited for long enough? What is still open is given up then. */
bool knock_over(struct knock *knock, uint64_t now);

/** Connections that were answered, whichever way. */
unsigned int knock_answers(const struct knock *knock);

PLN_C_END

#endif
