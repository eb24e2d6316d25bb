/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP for IPv4 over Ethernet (RFC 826). */
#ifndef POLLEN_WIRE_ARP_HDR_H
#define POLLEN_WIRE_ARP_HDR_H

#include "base/bytes.h"
#include "base/counters.h"

PLN_C_BEGIN

#define PLN_ARP_HDR_LEN 28U
#define PLN_ARP_REQUEST 1U
#define PLN_ARP_REPLY   2U

struct pln_arp_hdr {
	uint16_t opcode;     /* PLN_ARP_REQUEST or PLN_ARP_REPLY */
	struct pln_mac sha;  /* sender hardware address */
	struct pln_mac tha;  /* target hardware address */
	struct pln_be32 spa; /* sender protocol address */
	struct pln_be32 tpa; /* target protocol address */
};

/* PLN_ACCEPT, PLN_ARP_SHORT, PLN_ARP_BAD_TYPE or PLN_ARP_BAD_OPCODE. */
enum pln_drop pln_arp_hdr_parse(const uint8_t *p, size_t len, struct pln_arp_hdr *out);

/* Write 28 bytes. */
void pln_arp_hdr_emit(uint8_t *p, const struct pln_arp_hdr *hdr);

PLN_C_END

#endif
