/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors that a host sends (RFC 792, RFC 1122 §3.2.2): about which packets, how much of them is quoted, and how often. */
#ifndef POLLEN_ICMP_ICMP_ERROR_H
#define POLLEN_ICMP_ICMP_ERROR_H

#include "icmp/icmp.h"

PLN_C_BEGIN

/* What an error says. */
struct pln_icmp_report {
	uint8_t type, code;
	uint8_t pointer; /* of a parameter problem: which byte of the header */
};

/*
 * Send an error about a received packet, whose IP header's bytes stand right before pkt->data. The packet stays the caller's. Silent,
 * but counted, where RFC 1122 §3.2.2 forbids it or a limit is reached.
 */
void pln_icmp_error_send(struct pln_icmp *icmp, const struct pln_pkt *pkt,
                         const struct pln_icmp_report *report);

PLN_C_END

#endif
