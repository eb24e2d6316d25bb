/* SPDX-License-Identifier: BSD-3-Clause */
/* What a ping says while it runs: iputils' lines, to the byte; or objects, with --json. */
#ifndef POLLEN_APP_PING_PRINT_H
#define POLLEN_APP_PING_PRINT_H

#include "ping/ping.h"

PLN_C_BEGIN

/** "PATTERN: …" and "PING …": the first lines. */
void print_head(const struct ping *ping);

/** An echo request left: a dot, when flooding. @param in_flight unanswered requests */
void print_sent(const struct ping *ping, unsigned int in_flight);

/** The last request has no answer yet, and the next one is about to leave (-O). */
void print_outstanding(const struct ping *ping);

/** A request that could not be sent. @param error negative errno */
void print_failure(const struct ping *ping, int error);

void print_reply(struct ping *ping, const struct ping_reply *reply);

/** An ICMP error, or a neighbour that does not answer. */
void print_error(struct ping *ping, const struct pln_icmp_event *event);

/** With -v: who answered ARP, and how long it took. */
void print_arp(const struct ping *ping, const struct pln_neigh_info *info);

/** The block at the end. */
void print_summary(const struct ping *ping);

PLN_C_END

#endif
