/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts IPv4 fragments together (RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2). Each datagram has buffers of its own, into which every
 * fragment is copied to its place: however many fragments there are and in whatever order, a datagram of 65 535 bytes pins what
 * that many bytes need, and a fragment costs the same. Datagrams, memory and time are bounded; the oldest goes first.
 */
#ifndef POLLEN_IP_IP_REASM_H
#define POLLEN_IP_IP_REASM_H

#include "base/env.h"
#include "dev/mbuf.h"

PLN_C_BEGIN

#define PLN_IP_REASM_DATAGRAMS  64U        /* begun at one time */
#define PLN_IP_REASM_PER_SOURCE 16U        /* of those, by one sender */
#define PLN_IP_REASM_BYTES      (4U << 20) /* of buffers, or a quarter of the pool if that is less */
#define PLN_IP_REASM_EXPIRED    16U        /* first fragments that wait to be reported */

struct pln_dgram; /* a datagram of which something is missing */

struct pln_ip_reasm {
	struct pln_env *env;
	struct rte_mempool *mempool;
	struct pln_dgram *dgrams; /* PLN_IP_REASM_DATAGRAMS */
	unsigned int count;       /* of them in use */
	uint32_t block_len;       /* bytes of datagram that one buffer holds */
	uint32_t truesize;        /* bytes of memory that it takes */
	uint32_t held_bytes,
		limit_bytes;     /* of buffers: now, and at most; half of it for one sender */
	uint64_t serial;         /* datagrams ever begun */
	uint64_t timeout_ns;     /* 60 s from the first fragment that came (RFC 1122 §3.3.2) */
	struct pln_timer timer;  /* armed while a datagram waits */
	struct pln_pktq expired; /* see pln_ip_reasm_take_expired */
};

int pln_ip_reasm_init(struct pln_ip_reasm *reasm, struct pln_env *env, struct rte_mempool *mempool);
void pln_ip_reasm_fini(struct pln_ip_reasm *reasm);

/*
 * A fragment for us, in one buffer: pkt->ip is its header, whose bytes stand right before pkt->data. It stays the caller's and is to be freed. When
 * it completes its datagram, *whole is that: a packet of the caller's, as received in one piece, pkt->data behind the header, no
 * word from the device about its checksums. NULL otherwise.
 * PLN_ACCEPT, or why it was refused: PLN_IP_FRAG_BAD, _TINY, _TOO_BIG, _DUPLICATE, _OVERLAP, _REJECTED, PLN_IP_REASM_ECN or
 * PLN_RX_DROP_NO_MBUF (counted by the caller).
 */
enum pln_drop pln_ip_reasm_rx(struct pln_ip_reasm *reasm, struct pln_pkt *pkt,
                              struct pln_pkt **whole);

/*
 * The first fragment of a datagram that was given up because its time was over: what RFC 1122 §3.3.2 wants reported by an ICMP
 * Time Exceeded, code 1. pkt->ip is its header, whose bytes stand right before pkt->data. The caller's to free; NULL: none.
 */
struct pln_pkt *pln_ip_reasm_take_expired(struct pln_ip_reasm *reasm);

PLN_C_END

#endif
