/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP on the wire (RFC 826, RFC 1122 §2.3.2, RFC 5227 §2.4 for conflicts): requests, replies, announcements, and what they teach. */
#ifndef POLLEN_IP_ARP_H
#define POLLEN_IP_ARP_H

#include "ip/ip.h"
#include "wire/arp_hdr.h"

PLN_C_BEGIN

/* An ARP packet arrived; p points behind the Ethernet header. PLN_ACCEPT or why it was dropped (counted by the caller). */
enum pln_drop pln_arp_rx(struct pln_ip *ip, const uint8_t *p, size_t len);

/* The same, but another stack of ours, on the same link, has received it, found it good and answered it: what does it teach us? */
void pln_arp_overhear(struct pln_ip *ip, const uint8_t *p, size_t len);

/* Ask for `target`; broadcast, or unicast to `mac` when not NULL (re-probe). Where another stack asks for us (ip->asker),
 * it is told. */
void pln_arp_request(struct pln_ip *ip, struct pln_be32 target, const struct pln_mac *mac);

/* Ask whether anybody has `addr`, which is not ours yet (RFC 5227 §2.1.1). */
void pln_arp_probe(struct pln_ip *ip, struct pln_be32 addr);

/* Announce one of our addresses (RFC 5227 §2.3). */
void pln_arp_announce(struct pln_ip *ip, struct pln_be32 addr);

PLN_C_END

#endif
