/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP for programs: packets in their own words, and a ring of what was heard (RFC 826, RFC 5227). */
#ifndef POLLEN_IP_ARP_WATCH_H
#define POLLEN_IP_ARP_WATCH_H

#include <pollen/arp.h>

#include "ip/ip.h"
#include "wire/arp_hdr.h"

PLN_C_BEGIN

#define PLN_ARP_WATCH_EVENTS 128U

struct pln_arp_watch {
	bool on;
	unsigned int head, count;
	struct pln_arp_event events[PLN_ARP_WATCH_EVENTS];
};

void pln_arp_watch_set(struct pln_arp_watch *watch, bool on);

/* An ARP packet arrived (p points behind the Ethernet header): keep it, if somebody wants it. Damaged ones are not kept. */
void pln_arp_watch_hear(struct pln_arp_watch *watch, const uint8_t *p, size_t len,
                        const struct pln_arp_event *frame);

unsigned int pln_arp_watch_take(struct pln_arp_watch *watch, struct pln_arp_event *events,
                                unsigned int max);

/* Send hdr, in which our hardware address is filled in, to `to`. 0 or -ENOMEM. */
int pln_arp_watch_send(struct pln_ip *ip, struct pln_arp_hdr *hdr, const struct pln_mac *to);

PLN_C_END

#endif
