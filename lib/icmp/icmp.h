/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for a host (RFC 792, RFC 1122 §3.2.2): answers echo, sends echo and collects its replies, decodes errors for their owners. */
#ifndef POLLEN_ICMP_ICMP_H
#define POLLEN_ICMP_ICMP_H

#include <pollen/icmp.h>

#include "ip/ip.h"
#include "wire/icmp_hdr.h"

PLN_C_BEGIN

#define PLN_ICMP_EVENTS 64U

struct pln_icmp {
	struct pln_env *env;
	struct pln_ip *ip;
	struct pln_icmp_event events[PLN_ICMP_EVENTS];
	unsigned int head, count;
	struct pln_be32
		last_dst; /* of the last echo request: for neighbour failures; zero before it */
	uint16_t last_id, last_seq; /* of the same */
};

void pln_icmp_init(struct pln_icmp *icmp, struct pln_env *env, struct pln_ip *ip);

/* A message arrived (pkt->data is the ICMP header). When it is an error about a TCP or UDP packet, *error is filled and *has_error
 * set. PLN_ACCEPT or the drop (counted by the caller, as are errors handed to it). The packet stays the caller's. */
enum pln_drop pln_icmp_rx(struct pln_icmp *icmp, struct pln_pkt *pkt, struct pln_icmp_error *error,
                          bool *has_error);

/* As pln_icmp_echo. A next hop that failed to answer ARP a moment ago is no error here but an event. */
int pln_icmp_send_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args);

/* As pln_icmp_events. */
unsigned int pln_icmp_take_events(struct pln_icmp *icmp, struct pln_icmp_event *events,
                                  unsigned int max);

/* The next hop of our echo requests did not answer ARP. */
void pln_icmp_neigh_failed(struct pln_icmp *icmp, struct pln_be32 next_hop);

PLN_C_END

#endif
