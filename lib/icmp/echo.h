/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo (RFC 792, RFC 1122 §3.2.2.6): requests answered, replies to our own and errors about them collected. */
#ifndef POLLEN_ICMP_ECHO_H
#define POLLEN_ICMP_ECHO_H

#include "icmp/icmp.h"

PLN_C_BEGIN

/* An echo request to an address of ours: its reply is sent. */
enum pln_drop pln_echo_answer(struct pln_icmp *icmp, const struct pln_pkt *pkt);

/* An echo reply; `damaged`: its checksum is wrong. */
enum pln_drop pln_echo_reply(struct pln_icmp *icmp, struct pln_pkt *pkt, bool damaged);

/* An error, redirect or source quench that quotes an ICMP message of ours, eight bytes of it at least. */
enum pln_drop pln_echo_error(struct pln_icmp *icmp, const struct pln_pkt *pkt,
                             const struct pln_icmp_error *error);

PLN_C_END

#endif
