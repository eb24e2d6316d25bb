/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP for a host (RFC 792, RFC 1122 §3.2.2): answers echo, sends echo and collects its replies, decodes errors for their owners.
 */
#ifndef POLLEN_ICMP_ICMP_H
#define POLLEN_ICMP_ICMP_H

#include <pollen/icmp.h>

#include "ip/ip.h"
#include "wire/icmp_hdr.h"

PLN_C_BEGIN

#define PLN_ICMP_EVENTS 64U /* that wait; as many again are those taken last */
#define PLN_ICMP_SLOTS  (2 * PLN_ICMP_EVENTS)
#define PLN_ICMP_HELD   (256U << 10) /* bytes of buffers with payload of replies */

/* An event, and the packet its payload lies in: NULL when the event has all of it, or it was not kept. */
struct pln_icmp_slot {
	struct pln_icmp_event event;
	struct rte_mbuf *m;
	uint32_t offset;   /* of the payload in m, bytes */
	uint32_t truesize; /* bytes that m pins */
};

#define PLN_ICMP_BUCKETS 1024U /* destinations of errors share one where their hashes agree */

/* Tokens for errors: they come with time, each error takes some (error.c). */
struct pln_icmp_bucket {
	uint64_t filled_ns, tokens;
};

struct pln_icmp_config {
	uint32_t rate;       /* errors a second to one destination: 10; 0: none at all */
	uint32_t rate_all;   /* to all of them: 1000 */
	uint32_t min_pmtu;   /* bytes: "fragmentation needed" below it means this: 552 */
	bool timestamp;      /* answer timestamp requests: no, they tell the uptime to anybody */
	bool echo_broadcast; /* answer echo requests to broadcasts: no (RFC 1122 §3.2.2.6) */
};

struct pln_icmp {
	struct pln_env *env;
	struct pln_ip *ip;
	struct pln_icmp_config cfg;
	struct pln_siphash_key key; /* of the buckets */
	struct pln_icmp_bucket common, buckets[PLN_ICMP_BUCKETS];
	struct pln_icmp_slot slots[PLN_ICMP_SLOTS];
	unsigned int head, count; /* waiting: from head on */
	unsigned int taken;       /* slots before head, taken by the last call */
	uint32_t held;            /* bytes pinned by all of them */
	struct pln_be32
		last_dst; /* of the last echo request: for neighbour failures; zero before it */
	uint16_t last_id, last_seq; /* of the same */
	struct pln_neigh everybody; /* whom broadcasts go to; in no table */
};

void pln_icmp_init(struct pln_icmp *icmp, struct pln_env *env, struct pln_ip *ip);
void pln_icmp_fini(struct pln_icmp *icmp);

/* A message arrived (pkt->data is the ICMP header). When it is an error about a TCP or UDP packet, *error is filled and *has_error
 * set. PLN_ACCEPT or the drop (counted by the caller, as are errors handed to it). The packet stays the caller's. */
enum pln_drop pln_icmp_rx(struct pln_icmp *icmp, struct pln_pkt *pkt, struct pln_icmp_error *error,
                          bool *has_error);

/* As pln_icmp_echo. A next hop that failed to answer ARP a moment ago is no error here but an event. */
int pln_icmp_send_echo(struct pln_icmp *icmp, const struct pln_icmp_echo_args *args);

/* As pln_icmp_events. */
unsigned int pln_icmp_take_events(struct pln_icmp *icmp, struct pln_icmp_event *events,
                                  unsigned int max);

/* As pln_icmp_payload. */
size_t pln_icmp_read_payload(const struct pln_icmp *icmp, const struct pln_icmp_event *event,
                             size_t offset, void *buf, size_t len);

/* The next hop of our echo requests did not answer ARP. */
void pln_icmp_neigh_failed(struct pln_icmp *icmp, struct pln_be32 next_hop);

PLN_C_END

#endif
