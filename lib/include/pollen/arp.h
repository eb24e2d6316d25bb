/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP in a program's own words (RFC 826, RFC 5227): for tools that ask, probe, announce and listen. The stack goes on resolving
 * its neighbours by itself; what is sent and heard here changes nothing but what any ARP packet changes.
 */
#ifndef POLLEN_ARP_H
#define POLLEN_ARP_H

#include <pollen/stack.h>

PLN_C_BEGIN

/* An ARP packet to send; our hardware address is filled in. */
struct pln_arp_args {
	size_t size;               /* sizeof(struct pln_arp_args) */
	struct pln_addr sender;    /* family NONE: 0.0.0.0, as in a probe */
	struct pln_addr target;    /* whom it is about */
	struct pln_mac target_mac; /* as the packet has it; a request has zeroes */
	struct pln_mac to;         /* the frame's destination; zero: broadcast */
	bool is_reply;             /* else a request */
};

/** Send an ARP packet with the next flush. @return 0; -EINVAL; -EAFNOSUPPORT; -ENOMEM. */
PLN_API int pln_arp_send(struct pln_stack *stack, const struct pln_arp_args *args);

/* An ARP packet that was heard. */
struct pln_arp_event {
	struct pln_addr sender;    /* 0.0.0.0 in a probe */
	struct pln_addr target;    /* whom it is about */
	struct pln_mac sender_mac; /* whose it is, as the packet says */
	struct pln_mac target_mac; /* as the packet has it */
	bool is_reply;             /* else a request */
	bool is_broadcast;         /* the frame was for everybody */
	uint64_t now;              /* ns: the turn it arrived in */
};

/** Begin or end to keep what is heard; off at first. What is kept is forgotten. */
PLN_API void pln_arp_listen(struct pln_stack *stack, bool on);

/** Take what was heard, oldest first; at most 128 packets wait, later ones are not kept. @return how many. */
PLN_API unsigned int pln_arp_events(struct pln_stack *stack, struct pln_arp_event *events,
                                    unsigned int max);

PLN_C_END

#endif
