/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP echo (RFC 792, RFC 1122 §3.2.2.6): ask, and take what came back. Echo requests of others are answered by the stack. */
#ifndef POLLEN_ICMP_H
#define POLLEN_ICMP_H

#include <pollen/stack.h>

PLN_C_BEGIN

/* An echo request to send. */
struct pln_icmp_echo_args {
	size_t size;         /* sizeof(struct pln_icmp_echo_args) */
	struct pln_addr dst; /* whom to ask */
	uint16_t id, seq;    /* come back in the reply, host byte order */
	const void *data;    /* payload, copied */
	uint16_t len;        /* bytes; header and payload must fit the MTU */
	uint8_t ttl;         /* 0: default */
	uint8_t tos;         /* DS field and ECN */
};

/** Send an echo request with the next flush. @return 0; -ENETUNREACH; -EMSGSIZE; -ENOMEM; -EAFNOSUPPORT. */
PLN_API int pln_icmp_echo(struct pln_stack *stack, const struct pln_icmp_echo_args *args);

/* What came of an echo request. */
enum pln_icmp_event_kind {
	PLN_ICMP_REPLY = 1,    /* an echo reply */
	PLN_ICMP_ERROR_REPORT, /* an ICMP error quoted our echo request */
	PLN_ICMP_NEIGH_FAILED, /* the next hop did not answer ARP */
};

/* An echo reply, or what came in its place. */
struct pln_icmp_event {
	enum pln_icmp_event_kind kind; /* which of them */
	struct pln_addr from;          /* who answered; of NEIGH_FAILED: who did not */
	uint16_t id, seq;              /* of our request */
	uint8_t ttl;                   /* of the reply's IP header */
	uint8_t type, code;            /* of an error */
	uint16_t len;                  /* ICMP payload bytes received */
	uint64_t now;                  /* ns: the turn it arrived in */
	uint8_t data[64];              /* the first payload bytes */
};

/** Take echo replies and errors about our requests, oldest first; at most 64 wait, later ones are dropped. @return how many. */
PLN_API unsigned int pln_icmp_events(struct pln_stack *stack, struct pln_icmp_event *events,
                                     unsigned int max);

PLN_C_END

#endif
