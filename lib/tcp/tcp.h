/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP of one stack: its connections and listeners, and its doors. Three doors lead in, RFC 9293 §3.10's own chapters: user calls
 * (tcp/user), a segment arrives (pln_tcp_rx, tcp/input), a timer expires (tcp/timeout). They change a connection and mark it
 * dirty; only pln_tcp_output (tcp/output) decides to transmit.
 */
#ifndef POLLEN_TCP_TCP_H
#define POLLEN_TCP_TCP_H

#include <pollen/tcp.h>
#include <pollen/trace.h>

#include "base/pool.h"
#include "flow/flow_table.h"
#include "flow/home.h"
#include "flow/sport.h"
#include "ip/ip.h"
#include "tcp/config.h"
#include "tcp/ext/fo_cookie.h"
#include "tcp/timewait.h"
#include "wire/icmp_hdr.h"

PLN_C_BEGIN

struct pln_tcp_conn;

struct pln_trace_ring;

/* A place in one of the lists of connections below. */
struct pln_tcp_link {
	struct pln_tcp_conn *next, *prev;
};

struct pln_tcp_list {
	struct pln_tcp_conn *head, *tail;
};

/* Are buffers of the packet pool short? */
enum pln_buffers_level {
	PLN_BUFFERS_PLENTY,
	PLN_BUFFERS_SHORT, /* less than an eighth is free */
	PLN_BUFFERS_DIRE,  /* less than a sixteenth */
};

struct pln_buffers {
	uint64_t ooo_held; /* bytes of buffers that all reassembly queues pin */
	uint64_t ooo_max;  /* of them: a quarter of the pool */
	uint32_t
		grown_max; /* bytes: no buffer of a connection grows beyond a quarter of the pool */
	uint32_t segs;     /* since the pool was looked at */
	uint32_t cursor;   /* of the connections that were told */
	uint64_t again_ns; /* when they are told again, from the first on */
	enum pln_buffers_level level;
};

struct pln_tcp {
	struct pln_env *env;
	struct pln_ip *ip;
	struct pln_txq *txq;
	struct rte_mempool *mempool;
	struct pln_tcp_config cfg;
	struct pln_pool conns;  /* struct pln_tcp_conn: connections and listeners */
	struct pln_pool ranges; /* struct pln_range */
	struct pln_flow_table flows;
	struct pln_sport sport;
	struct pln_home home; /* which flows are this stack's */
	struct pln_timewait timewait;
	struct pln_tcp_list dirty; /* owe the peer something */
	struct pln_tcp_list ready; /* owe the application an event */
	struct pln_tcp_conn *listeners;
	struct pln_trace_ring *trace;  /* NULL: off */
	struct pln_tcp_list half_open; /* SYN-RECEIVED after a passive open, oldest first */
	uint32_t half_open_count;
	struct pln_siphash_key cookie_key;
	struct pln_fo_cookie_keys fo_keys;
	struct pln_fo_cookie_cache fo_cache;
	uint64_t cookie_until; /* ns: when the last SYN cookie that was sent will have expired */
	struct pln_buffers buffers;
	uint32_t max_conns; /* of the pool */
	uint32_t alive;     /* connections, listeners not counted */
};

struct pln_tcp_setup {
	struct pln_env *env;
	struct pln_ip *ip;
	struct pln_txq *txq;
	struct rte_mempool *mempool;
	uint32_t max_conns, max_time_wait, trace_records;
};

int pln_tcp_init(struct pln_tcp *tcp, const struct pln_tcp_setup *setup);
void pln_tcp_fini(struct pln_tcp *tcp); /* frees everything, sends nothing */

/* DOOR 2: a packet of protocol 6 for us: pkt->ip is set, pkt->data is the TCP header. The packet becomes TCP's. */
void pln_tcp_rx(struct pln_tcp *tcp, struct pln_pkt *pkt);

/*
 * Of two stacks with one address, is a segment that has arrived this one's? It belongs to a connection here, or it is the SYN of a new
 * one for a listener, or brings a SYN cookie back; a segment cut off in its header is, too: to be refused. pkt as for pln_tcp_rx.
 */
bool pln_tcp_owns(struct pln_tcp *tcp, const struct pln_pkt *pkt);

/* DOOR 3: a connection's timer node fired; `room` is the struct pln_tcp. */
void pln_tcp_timeout(struct pln_timer *timer, void *room);

/* THE EXIT: run output for every dirty connection while the transmit queue has room. */
void pln_tcp_flush(struct pln_tcp *tcp);

/* Is anything waiting to be sent? */
bool pln_tcp_busy(const struct pln_tcp *tcp);

unsigned int pln_tcp_take_events(struct pln_tcp *tcp, struct pln_event *events, unsigned int max);

/* An ICMP error quotes a segment of ours (RFC 5461, RFC 5927); PLN_ACCEPT or PLN_ICMP_NO_OWNER. */
enum pln_drop pln_tcp_icmp_error(struct pln_tcp *tcp, const struct pln_icmp_error *error);

/* A next hop did not answer ARP: connections that are being opened by way of it fail with EHOSTUNREACH, others note it. */
void pln_tcp_neigh_failed(struct pln_tcp *tcp, struct pln_be32 next_hop);

/*
 * Another host has an address of ours, and we give it up: connections from there are reset and end with EADDRNOTAVAIL (RFC 5227 §2.4:
 * "hosts SHOULD actively attempt to reset any existing connections using that address"); listeners note it and stay.
 */
void pln_tcp_addr_lost(struct pln_tcp *tcp, struct pln_be32 addr);

/* The MTU has changed: segment sizes follow. */
void pln_tcp_mtu_changed(struct pln_tcp *tcp);

PLN_C_END

#endif
