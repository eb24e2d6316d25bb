/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between rte_mbuf and the records of the floors above: a received mbuf carries a struct pln_pkt in its private area, a buffer of
 * bytes to send carries a struct pln_sendref there. Pools, headers with room for every layer, chains by reference, and the
 * checksum over a chain. Transmission never writes into shared bytes: each one has a fresh header mbuf.
 */
#ifndef POLLEN_DEV_MBUF_H
#define POLLEN_DEV_MBUF_H

#include <rte_mbuf.h>

#include <pollen/link.h>

#include "wire/pkt.h"
#include "wire/sendref.h"

PLN_C_BEGIN

#define PLN_MBUF_HEADROOM                                                                          \
	128U /* Ethernet with tag, IPv4, TCP with 40 bytes of options: 98 bytes, and some */

/* What the shared pool holds: 4096 buffers for frames of an MTU of 9000 and some, 40 MiB of EAL's memory. */
#define PLN_MBUF_SHARED_NAME  "pollen_shared"
#define PLN_MBUF_SHARED_COUNT 4096U
#define PLN_MBUF_SHARED_FRAME 9216U

/* The pool that every stack without one of its own shares; made on first use (EAL is started for it), found by name in EAL.
 * NULL with rte_errno: no memory. Control path. */
struct rte_mempool *pln_mbuf_shared_pool(void);

/* A pool of `n` buffers that hold frames of up to `frame_len` bytes, at most UINT16_MAX - PLN_MBUF_HEADROOM; it may be given to an
 * lcore (dev/mbuf_store). `socket` as in rte_pktmbuf_pool_create. Free it with rte_mempool_free. NULL with rte_errno. */
struct rte_mempool *pln_mbuf_pool_create(const char *name, uint32_t n, uint16_t frame_len,
                                         int socket);

/* Bytes of memory such a pool takes, for computing what EAL needs. */
size_t pln_mbuf_pool_bytes(uint32_t n, uint16_t frame_len);

/* Of its buffers, those that are free, but for a few that lcores keep at hand: a look, not a count. */
unsigned int pln_mbuf_pool_free(const struct rte_mempool *mp);

/* Bytes that a packet of one buffer pins. */
uint32_t pln_mbuf_pool_truesize(struct rte_mempool *mp);

static inline struct pln_pkt *
pln_mbuf_pkt(struct rte_mbuf *m)
{
	return (struct pln_pkt *)rte_mbuf_to_priv(m);
}

/* The next frame in a list of complete frames (those that wait for ARP); shares the private area, so not for packets in use. */
static inline struct rte_mbuf **
pln_mbuf_next(struct rte_mbuf *m)
{
	return (struct rte_mbuf **)rte_mbuf_to_priv(m);
}

struct rte_mbuf *pln_mbuf_of_pkt(struct pln_pkt *pkt);
void pln_mbuf_free_pkt(struct pln_pkt *pkt);
void pln_mbuf_free_pkts(struct pln_pktq *q);

/* Make a received chain contiguous, in a new buffer if need be; what is larger than a buffer becomes a chain of full ones, so that all
 * headers stand in the first. Returns the mbuf to go on with, or NULL (m is freed). */
struct rte_mbuf *pln_mbuf_linearise(struct rte_mbuf *m);

/* An empty mbuf with PLN_MBUF_HEADROOM before its data; NULL when the pool is empty. */
struct rte_mbuf *pln_mbuf_alloc(struct rte_mempool *pool);

/* References are counted by plain numbers where an lcore owns the pool: it must be the one that sends and frees what points to them.
 *
 * Bytes to send: an empty buffer with all its room (copied data), or one around the caller's memory, which must stay as it is until
 * `release` is called: when the reference is freed and no frame points there any more. NULL when the pool is empty; `release` is not
 * called then. */
struct pln_sendref *pln_mbuf_sendref_alloc(struct rte_mempool *pool);
struct pln_sendref *pln_mbuf_sendref_wrap(struct rte_mempool *pool, const void *data, uint16_t len,
                                          void (*release)(void *ctx), void *ctx);
void pln_mbuf_sendref_free(struct pln_sendref *refs); /* a whole list */

/* What a frame may point to. */
enum pln_mbuf_reach {
	PLN_MBUF_REACH_NONE, /* the link takes no chains: all is copied */
	PLN_MBUF_REACH_EAL,  /* the device reads memory itself, and knows EAL's alone */
	PLN_MBUF_REACH_ALL,  /* bytes are read by a CPU of this process */
};

static inline enum pln_mbuf_reach
pln_mbuf_reach_of(uint32_t capabilities) /* enum pln_link_capability */
{
	if ((capabilities & PLN_LINK_TX_MULTI_SEGS) == 0)
		return PLN_MBUF_REACH_NONE;
	return capabilities & PLN_LINK_TX_EAL_MEMORY ? PLN_MBUF_REACH_EAL : PLN_MBUF_REACH_ALL;
}

/* Append the bytes of `pieces` behind m's data: copied into m while they fit and are at most `copy_max` bytes in all or the link
 * takes no chains, else as mbufs that point to them, where they are in reach. false: no buffer, or they do not fit; m is then to be
 * freed. */
bool pln_mbuf_append(struct rte_mbuf *m, const struct pln_pieces *pieces, enum pln_mbuf_reach reach,
                     uint32_t copy_max);

/* Copy bytes behind m's data, into further buffers of its pool where they do not fit. false: no buffer; m is then to be freed. */
bool pln_mbuf_put(struct rte_mbuf *m, const void *data, uint32_t len);

/* Copy `len` bytes that lie at `offset` of the chain, which has them. */
void pln_mbuf_get(const struct rte_mbuf *m, uint32_t offset, void *buf, uint32_t len);

/* A packet may be a chain: pkt->data is in the first buffer, pkt->len counts the bytes in all. Where pkt->data is in that chain. */
uint32_t pln_mbuf_pkt_offset(const struct pln_pkt *pkt);

/* As pln_mbuf_put, of a packet's bytes from `offset` on. */
bool pln_mbuf_put_pkt(struct rte_mbuf *m, const struct pln_pkt *pkt, uint32_t offset);

/* Copy at most `len` of a packet's bytes from `offset` on. Returns how many there were. */
uint32_t pln_mbuf_get_pkt(const struct pln_pkt *pkt, uint32_t offset, void *buf, uint32_t len);

/* A packet's bytes from `offset`, which it has, on: as many as lie together, *len. */
const uint8_t *pln_mbuf_pkt_at(const struct pln_pkt *pkt, uint32_t offset, uint32_t *len);

/* Partial checksum of a packet's bytes. */
uint32_t pln_mbuf_pkt_cksum(const struct pln_pkt *pkt);

/* Partial checksum (wire/cksum) of the bytes from `offset` to the end of the chain. */
uint32_t pln_mbuf_cksum(const struct rte_mbuf *m, uint32_t offset);

PLN_C_END

#endif
