/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP of one stack (RFC 768, RFC 1122 §4.1): its sockets, and what the floors below have to tell them. What the user asks of a socket
 * is usock.h's.
 */
#ifndef POLLEN_UDP_UDP_H
#define POLLEN_UDP_UDP_H

#include <pollen/udp.h>

#include "base/pool.h"
#include "flow/flow_table.h"
#include "flow/sport.h"
#include "ip/ip.h"
#include "wire/icmp_hdr.h"

PLN_C_BEGIN

#define PLN_UDP_MAX_SOCKS 65535U

struct pln_udp_sock;

/* What new sockets take. */
struct pln_udp_config {
	uint32_t rcvbuf; /* bytes of buffers: 1 MiB */
	uint32_t rcvq;   /* datagrams: 1024 */
	uint32_t ttl;    /* 64 */
	bool pmtud;      /* DF set where it fits (RFC 1191) */
};

struct pln_udp {
	struct pln_env *env;
	struct pln_ip *ip;
	struct pln_udp_config cfg;
	struct pln_pool socks;
	struct pln_flow_table flows; /* a socket's key: parts that are zero match anything */
	struct pln_sport sport;
	uint16_t *port_users;                   /* sockets for each port, 65536 */
	struct pln_neigh everybody;             /* whom broadcasts go to; in no table */
	struct pln_udp_sock *ready, *ready_end; /* sockets that owe the application an event */
};

struct pln_udp_setup {
	struct pln_env *env;
	struct pln_ip *ip;
	uint32_t max_socks; /* 1 to PLN_UDP_MAX_SOCKS */
};

/* 0 or -ENOMEM. */
int pln_udp_init(struct pln_udp *udp, const struct pln_udp_setup *setup);
void pln_udp_fini(struct pln_udp *udp); /* frees everything, sends nothing */

/*
 * A packet of protocol 17 for us: pkt->ip is set, pkt->data is the UDP header. PLN_ACCEPT: the packet is UDP's. Else it stays the
 * caller's: PLN_UDP_SHORT, _BAD_LENGTH, _BAD_CHECKSUM, _NO_SOCKET, _QUEUE_FULL (counted by the caller).
 */
enum pln_drop pln_udp_rx(struct pln_udp *udp, struct pln_pkt *pkt);

/* An ICMP error quotes a datagram of ours, from `from`; PLN_ACCEPT or PLN_ICMP_NO_OWNER. */
enum pln_drop pln_udp_icmp_error(struct pln_udp *udp, const struct pln_icmp_error *error,
                                 struct pln_be32 from);

/* A next hop did not answer ARP: sockets that sent by way of it hear of it. */
void pln_udp_neigh_failed(struct pln_udp *udp, struct pln_be32 next_hop);

/* Another host has an address of ours, and we give it up: the sockets bound to it fail with EADDRNOTAVAIL. */
void pln_udp_addr_lost(struct pln_udp *udp, struct pln_be32 addr);

unsigned int pln_udp_take_events(struct pln_udp *udp, struct pln_event *events, unsigned int max);

PLN_C_END

#endif
