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
	uint16_t len;        /* bytes, at most 65507 */
	uint8_t ttl;         /* 0: default */
	uint8_t tos;         /* DS field and ECN */
	struct pln_addr src; /* one of our addresses; family NONE: chosen by the route */
	bool df;             /* not to be fragmented, here or on the way */
	bool broadcast;      /* dst may be a broadcast; such requests are never fragmented */
};

/**
 * Send an echo request with the next flush; in fragments, where it exceeds the MTU and df is not set.
 *
 * @return 0; -EINVAL; -ENETUNREACH (no route, a multicast group, ourselves); -EACCES (a broadcast, and that is not allowed); -EADDRNOTAVAIL (src is not ours); -EMSGSIZE (more than an IP
 *         packet holds, or more than the MTU with df); -ENOMEM; -EAFNOSUPPORT
 */
PLN_API int pln_icmp_echo(struct pln_stack *stack, const struct pln_icmp_echo_args *args);

/* What came of an echo request. */
enum pln_icmp_event_kind {
	PLN_ICMP_REPLY = 1, /* an echo reply */
	PLN_ICMP_ERROR_REPORT, /* an ICMP error (or redirect, or source quench) quoted our echo request */
	PLN_ICMP_NEIGH_FAILED, /* the next hop did not answer ARP */
};

/*
 * An echo reply, or what came in its place. Every reply is told, in the order of arrival: duplicates, and those that come late or
 * out of order, are for the program to know by id and seq.
 */
struct pln_icmp_event {
	enum pln_icmp_event_kind kind; /* which of them */
	struct pln_addr from;          /* who answered; of NEIGH_FAILED: who did not */
	uint16_t id, seq;              /* of our request; of an error: as quoted in it */
	uint8_t ttl;                   /* of the message's IP header */
	uint8_t type, code;            /* of an error */
	uint16_t len;                  /* ICMP payload bytes received */
	uint64_t now;                  /* ns: the turn it arrived in */
	uint8_t data[64];              /* the first payload bytes */
	uint8_t tos;                   /* of the message's IP header: DS field and ECN */
	bool bad_checksum; /* a reply whose ICMP checksum is wrong: nothing in it can be relied on */
	uint16_t mtu;      /* of "fragmentation needed": bytes, 0 where the router did not say */
	uint8_t pointer;   /* of a parameter problem: the byte of the quoted header that is meant */
	struct pln_addr gateway; /* of a redirect: the one to use instead (the stack does not) */
	struct pln_addr to;      /* our address that the message came to */
	struct pln_addr dst;     /* of an error: whom the quoted request was for */
	uint32_t slot;           /* the stack's, for pln_icmp_payload */
};

/**
 * Take echo replies and errors about our requests, oldest first; at most 64 wait, later ones are dropped, and at most 64 are taken at
 * a time. Payloads of those taken before are let go of.
 *
 * @return how many
 */
PLN_API unsigned int pln_icmp_events(struct pln_stack *stack, struct pln_icmp_event *events,
                                     unsigned int max);

/**
 * Copy payload of a reply that the last call of pln_icmp_events gave: all of it, where event->data has the first 64 bytes. While
 * replies that wait hold more than 256 KiB of buffers, only those first bytes of the next ones are kept.
 *
 * @param offset  bytes to skip
 * @return bytes copied: fewer than `len` at the payload's end, or at the end of what was kept
 */
PLN_API size_t pln_icmp_payload(const struct pln_stack *stack, const struct pln_icmp_event *event,
                                size_t offset, void *buf, size_t len);

PLN_C_END

#endif
