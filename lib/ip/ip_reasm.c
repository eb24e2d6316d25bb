/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly: which datagrams are begun, who may hold how much, and for how long; what of one datagram has come is dgram.c's. A
 * fragment that came before, byte for byte and with the same ends, does no harm. Any other overlap rejects the datagram and
 * whatever comes of it until its time is over, as RFC 5722 has it for IPv6: two readers of the same fragments must not see two
 * datagrams (RFC 1858, RFC 3128). The device's word on checksums of fragments is not asked for.
 */
#include "ip/ip_reasm.h"

#include "base/numa.h"
#include "ip/dgram.h"

#define POOL_SHARE 4U /* a quarter of the pool */
#define TCP_SECOND 8U /* RFC 1858 §4: a fragment at this offset cuts a TCP header */
#define TCP_TINY                                                                                   \
	16U /* RFC 1858 §3.2: a first fragment must show ports, sequence numbers and flags */

/* ------------------------------------------------------------------------------------- datagrams */

static void
free_blocks(struct pln_ip_reasm *reasm, struct pln_dgram *d)
{
	uint32_t i;

	for (i = 0; i < PLN_DGRAM_BLOCKS; i++) {
		rte_pktmbuf_free(d->block[i]);
		d->block[i] = NULL;
	}
	reasm->held_bytes -= d->held_bytes;
	d->held_bytes = 0;
}

static void
forget(struct pln_ip_reasm *reasm, struct pln_dgram *d)
{
	free_blocks(reasm, d);
	d->used = false;
	reasm->count--;
	if (reasm->count == 0)
		pln_env_cancel(reasm->env, &reasm->timer);
}

static bool
belongs(const struct pln_dgram *d, const struct pln_ip4_hdr *ip)
{
	return d->used && d->ip.id == ip->id && d->ip.src.raw == ip->src.raw &&
	       d->ip.dst.raw == ip->dst.raw && d->ip.proto == ip->proto;
}

static struct pln_dgram *
find(struct pln_ip_reasm *reasm, const struct pln_ip4_hdr *ip)
{
	unsigned int i;

	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		if (belongs(&reasm->dgrams[i], ip))
			return &reasm->dgrams[i];
	}
	return NULL;
}

/* For `but` below: no datagram. */
static const struct pln_dgram *
none_of(const struct pln_ip_reasm *reasm)
{
	return reasm->dgrams + PLN_IP_REASM_DATAGRAMS;
}

/* The one begun first, of those by `src` (zero: by anybody), `but` excepted; NULL: none. */
static struct pln_dgram *
oldest(struct pln_ip_reasm *reasm, struct pln_be32 src, const struct pln_dgram *but)
{
	struct pln_dgram *best = NULL;
	unsigned int i;

	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		struct pln_dgram *d = &reasm->dgrams[i];

		if (!d->used || d == but || (src.raw != 0 && d->ip.src.raw != src.raw))
			continue;
		if (best == NULL || d->serial < best->serial)
			best = d;
	}
	return best;
}

static bool
evict(struct pln_ip_reasm *reasm, struct pln_be32 src, const struct pln_dgram *but)
{
	struct pln_dgram *d = oldest(reasm, src, but);

	if (d == NULL)
		return false;
	if (!d->rejected)
		pln_counters_inc(&reasm->env->counters, PLN_IP_REASM_EVICTED);
	forget(reasm, d);
	return true;
}

/* Datagrams of one sender and the memory they hold. */
static unsigned int
usage_of(const struct pln_ip_reasm *reasm, struct pln_be32 src, uint32_t *held_bytes)
{
	unsigned int i, n = 0;

	*held_bytes = 0;
	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		const struct pln_dgram *d = &reasm->dgrams[i];

		if (!d->used || d->ip.src.raw != src.raw)
			continue;
		n++;
		*held_bytes += d->held_bytes;
	}
	return n;
}

static struct pln_dgram *
begin(struct pln_ip_reasm *reasm, const struct pln_ip4_hdr *ip)
{
	static const struct pln_be32 anybody = { 0 };
	struct pln_dgram *d = reasm->dgrams;
	uint32_t held;

	if (usage_of(reasm, ip->src, &held) == PLN_IP_REASM_PER_SOURCE)
		evict(reasm, ip->src, none_of(reasm));
	else if (reasm->count == PLN_IP_REASM_DATAGRAMS)
		evict(reasm, anybody, none_of(reasm));
	while (d->used)
		d++;
	memset(d, 0, sizeof(*d));
	d->used = true;
	d->ip = *ip;
	d->block_len = reasm->block_len;
	d->truesize = reasm->truesize;
	d->serial = reasm->serial++;
	d->deadline_ns = reasm->env->now + reasm->timeout_ns;
	if (reasm->count++ == 0)
		pln_env_arm(reasm->env, &reasm->timer, d->deadline_ns);
	return d;
}

/* RFC 5722 §3, for IPv4: nothing of this datagram is believed any more. */
static enum pln_drop
reject(struct pln_ip_reasm *reasm, struct pln_dgram *d)
{
	free_blocks(reasm, d);
	d->rejected = true;
	return PLN_IP_FRAG_OVERLAP;
}

/* ------------------------------------------------------------------------------------- time */

/*
 * RFC 1122 §3.3.2: "If this timeout expires, the partially-reassembled datagram MUST be discarded and an ICMP Time Exceeded
 * message sent to the source host (if fragment zero has been received)."
 */
static void
expire(struct pln_ip_reasm *reasm, struct pln_dgram *d)
{
	if (!d->rejected)
		pln_counters_inc(&reasm->env->counters, PLN_IP_REASM_TIMEOUT);
	if (!d->rejected && d->has_first && reasm->expired.count < PLN_IP_REASM_EXPIRED) {
		reasm->held_bytes -= reasm->truesize;
		pln_pktq_push(&reasm->expired, pln_dgram_first(d));
	}
	forget(reasm, d);
}

static void
on_timer(struct pln_timer *timer, void *room)
{
	static const struct pln_be32 anybody = { 0 };
	struct pln_ip_reasm *reasm = room;
	struct pln_dgram *d;

	while ((d = oldest(reasm, anybody, none_of(reasm))) != NULL &&
	       d->deadline_ns <= reasm->env->now)
		expire(reasm, d);
	if (d != NULL)
		pln_env_arm(reasm->env, timer, d->deadline_ns);
}

struct pln_pkt *
pln_ip_reasm_take_expired(struct pln_ip_reasm *reasm)
{
	return pln_pktq_pop(&reasm->expired);
}

/* ------------------------------------------------------------------------------------- fragments */

/* What a fragment says of itself. */
static enum pln_drop
check_shape(const struct pln_frag *f)
{
	if (f->len == 0 || (!f->last && f->len % PLN_DGRAM_UNIT != 0))
		return PLN_IP_FRAG_BAD;
	if (f->off + f->len + f->pkt->ip.hdr_len > UINT16_MAX)
		return PLN_IP_FRAG_TOO_BIG;
	if (f->pkt->ip.proto != PLN_IP4_PROTO_TCP)
		return PLN_ACCEPT;
	if (f->off == TCP_SECOND || (f->off == 0 && f->len < TCP_TINY))
		return PLN_IP_FRAG_TINY;
	return PLN_ACCEPT;
}

static bool
has_room(const struct pln_ip_reasm *reasm, struct pln_be32 src)
{
	uint32_t held;

	usage_of(reasm, src, &held);
	return held + reasm->truesize <= reasm->limit_bytes / 2 &&
	       reasm->held_bytes + reasm->truesize <= reasm->limit_bytes;
}

/* A buffer for d, for which older datagrams may have to go: the sender's own, then anybody's. */
static struct rte_mbuf *
new_block(struct pln_ip_reasm *reasm, struct pln_dgram *d)
{
	static const struct pln_be32 anybody = { 0 };
	struct rte_mbuf *m;

	while (!has_room(reasm, d->ip.src)) {
		if (!evict(reasm, d->ip.src, d) && !evict(reasm, anybody, d))
			return NULL;
	}
	m = pln_mbuf_alloc(reasm->mempool);
	if (m == NULL)
		return NULL;
	d->held_bytes += reasm->truesize;
	reasm->held_bytes += reasm->truesize;
	return m;
}

/* Have buffers for the bytes of f. */
static enum pln_drop
make_blocks(struct pln_ip_reasm *reasm, struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t b = f->off / reasm->block_len, last = (f->off + f->len - 1) / reasm->block_len;

	if (last >= PLN_DGRAM_BLOCKS)
		return PLN_IP_FRAG_TOO_BIG;
	for (; b <= last; b++) {
		if (d->block[b] == NULL)
			d->block[b] = new_block(reasm, d);
		if (d->block[b] == NULL)
			return PLN_RX_DROP_NO_MBUF;
	}
	return PLN_ACCEPT;
}

static enum pln_drop
complete(struct pln_ip_reasm *reasm, struct pln_dgram *d, struct pln_pkt **whole)
{
	enum pln_drop drop = PLN_ACCEPT;

	if (d->total + d->ip.hdr_len > UINT16_MAX) {
		drop = PLN_IP_FRAG_TOO_BIG;
	} else if (!pln_dgram_merge_ecn(d)) {
		drop = PLN_IP_REASM_ECN;
	} else {
		reasm->held_bytes -= d->held_bytes;
		*whole = pln_dgram_finish(d);
		pln_counters_inc(&reasm->env->counters, PLN_IP_REASM_OK);
	}
	forget(reasm, d);
	return drop;
}

static enum pln_drop
insert(struct pln_ip_reasm *reasm, struct pln_dgram *d, const struct pln_frag *f)
{
	enum pln_drop drop;

	if (d->rejected)
		return PLN_IP_FRAG_REJECTED;
	switch (pln_dgram_judge(d, f)) {
	case PLN_DGRAM_DUPLICATE:
		return PLN_IP_FRAG_DUPLICATE;
	case PLN_DGRAM_CONTRADICTS:
		return reject(reasm, d);
	case PLN_DGRAM_NEW:
		break;
	}
	drop = make_blocks(reasm, d, f);
	if (drop == PLN_ACCEPT)
		pln_dgram_put(d, f);
	return drop;
}

enum pln_drop
pln_ip_reasm_rx(struct pln_ip_reasm *reasm, struct pln_pkt *pkt, struct pln_pkt **whole)
{
	struct pln_frag f = {
		.pkt = pkt,
		.off = pkt->ip.frag_off,
		.len = (uint32_t)pkt->ip.total_len - pkt->ip.hdr_len,
		.last = !pkt->ip.mf,
	};
	enum pln_drop drop = check_shape(&f);
	struct pln_dgram *d;

	*whole = NULL;
	if (drop != PLN_ACCEPT)
		return drop;
	d = find(reasm, &pkt->ip);
	if (d == NULL)
		d = begin(reasm, &pkt->ip);
	drop = insert(reasm, d, &f);
	if (drop != PLN_ACCEPT)
		return drop;
	pln_counters_inc(&reasm->env->counters, PLN_IP_RX_FRAGMENT);
	return pln_dgram_complete(d) ? complete(reasm, d, whole) : PLN_ACCEPT;
}

/* ------------------------------------------------------------------------------------- the room */

int
pln_ip_reasm_init(struct pln_ip_reasm *reasm, struct pln_env *env, struct rte_mempool *mempool)
{
	uint64_t share;

	memset(reasm, 0, sizeof(*reasm));
	reasm->dgrams = pln_numa_alloc(PLN_IP_REASM_DATAGRAMS * sizeof(*reasm->dgrams));
	if (reasm->dgrams == NULL)
		return -ENOMEM;
	reasm->env = env;
	reasm->mempool = mempool;
	reasm->block_len = (uint32_t)rte_pktmbuf_data_room_size(mempool) - PLN_MBUF_HEADROOM;
	reasm->truesize = mempool->elt_size;
	share = (uint64_t)mempool->size * mempool->elt_size / POOL_SHARE;
	reasm->limit_bytes = (uint32_t)RTE_MIN(share, PLN_IP_REASM_BYTES);
	reasm->timeout_ns = 60 * PLN_NS_PER_S;
	reasm->timer = (struct pln_timer){ .fire = on_timer, .room = reasm };
	return 0;
}

void
pln_ip_reasm_fini(struct pln_ip_reasm *reasm)
{
	unsigned int i;

	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		if (reasm->dgrams[i].used)
			forget(reasm, &reasm->dgrams[i]);
	}
	pln_mbuf_free_pkts(&reasm->expired);
	pln_numa_free(reasm->dgrams, PLN_IP_REASM_DATAGRAMS * sizeof(*reasm->dgrams));
	reasm->dgrams = NULL;
}
