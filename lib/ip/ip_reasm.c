/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly. A datagram is a row of buffers, allocated as they are needed, and two bitmaps with a bit for each 8 bytes, as in
 * RFC 815's predecessor, RFC 791 §3.2: what has come, and where fragments began.
 *
 *     units     0         185       370       555    ...   65535 / 8
 *     got       1111111111111111111100000000001111   ...          what has come
 *     start     1000000000100000000000000000001000   ...          first units of fragments
 *     buffers   [ block 0        ][ (none)    ][ block 2 ] ...
 *
 * A fragment that came before, byte for byte and with the same ends, does no harm. Any other overlap rejects the datagram and
 * whatever comes of it until its time is over, as RFC 5722 has it for IPv6: two readers of the same fragments must not see two
 * datagrams (RFC 1858, RFC 3128). Options of the first fragment become those of the whole (RFC 791 §3.1); congestion marks are
 * merged (RFC 3168 §5.3). The device's word on checksums of fragments is not asked for.
 */
#include "ip/ip_reasm.h"

#include <stdlib.h>

#include "wire/cksum.h"

#define UNIT      8U
#define UNITS     8192U /* of 65 536 bytes */
#define WORD_BITS 64U
#define BLOCKS                                                                                     \
	64U /* buffers of a datagram: pools whose buffers hold less than 1 KiB reassemble less */
#define POOL_SHARE 4U /* a quarter of the pool */
#define TCP_SECOND 8U /* RFC 1858 §4: a fragment at this offset cuts a TCP header */
#define TCP_TINY                                                                                   \
	16U /* RFC 1858 §3.1: a first fragment must show ports, sequence numbers and flags */
#define ECN_MASK    3U
#define ECN_NOT_ECT 0U
#define ECN_CE      3U
#define TOTAL_OFF   2U
#define FRAG_OFF    6U
#define CKSUM_OFF   10U

struct pln_ip_dgram {
	struct pln_ip4_hdr
		ip; /* of the first fragment once it is here; before, addresses, protocol and id */
	struct pln_mac src_mac;
	bool used;
	bool rejected; /* an overlap: swallows the rest */
	bool has_first, has_last;
	bool link_broadcast; /* of any fragment */
	uint8_t ecn_seen;    /* a bit for each codepoint */
	uint16_t first_len;  /* bytes of payload in the first fragment */
	uint32_t total;      /* bytes of payload in all, once the last fragment is here */
	uint32_t end;        /* behind the highest byte that has come */
	uint32_t bytes;      /* have come */
	uint32_t held_bytes; /* memory of its buffers */
	uint64_t serial;     /* when it was begun, in order */
	uint64_t deadline_ns;
	struct rte_mbuf *block[BLOCKS];
	uint64_t got[UNITS / WORD_BITS];
	uint64_t start[UNITS / WORD_BITS];
};

/* The bytes of a fragment: [off, off + len) of the datagram's payload. */
struct frag {
	struct pln_pkt *pkt;
	uint32_t off, len;
	bool last;
};

/* ------------------------------------------------------------------------------------- bitmaps */

static bool
bit(const uint64_t *map, uint32_t i)
{
	return (map[i / WORD_BITS] >> (i % WORD_BITS) & 1U) != 0;
}

/* The bits of word `w` that lie in [from, to). */
static uint64_t
mask_in(uint32_t w, uint32_t from, uint32_t to)
{
	uint32_t base = w * WORD_BITS;
	uint64_t mask = UINT64_MAX;

	if (from > base)
		mask &= UINT64_MAX << (from - base);
	if (to < base + WORD_BITS)
		mask &= UINT64_MAX >> (base + WORD_BITS - to);
	return mask;
}

/* How many of the bits in [from, to) are set; from < to. */
static uint32_t
count_bits(const uint64_t *map, uint32_t from, uint32_t to)
{
	uint32_t w, n = 0;

	for (w = from / WORD_BITS; w <= (to - 1) / WORD_BITS; w++)
		n += (uint32_t)__builtin_popcountll(map[w] & mask_in(w, from, to));
	return n;
}

static void
set_bits(uint64_t *map, uint32_t from, uint32_t to)
{
	uint32_t w;

	for (w = from / WORD_BITS; w <= (to - 1) / WORD_BITS; w++)
		map[w] |= mask_in(w, from, to);
}

static uint32_t
first_unit(const struct frag *f)
{
	return f->off / UNIT;
}

/* Behind its last. */
static uint32_t
end_unit(const struct frag *f)
{
	return (f->off + f->len + UNIT - 1) / UNIT;
}

/* ------------------------------------------------------------------------------------- datagrams */

static void
free_blocks(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	uint32_t i;

	for (i = 0; i < BLOCKS; i++) {
		rte_pktmbuf_free(d->block[i]);
		d->block[i] = NULL;
	}
	reasm->held_bytes -= d->held_bytes;
	d->held_bytes = 0;
}

static void
forget(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	free_blocks(reasm, d);
	d->used = false;
	reasm->count--;
	if (reasm->count == 0)
		pln_env_cancel(reasm->env, &reasm->timer);
}

static bool
belongs(const struct pln_ip_dgram *d, const struct pln_ip4_hdr *ip)
{
	return d->used && d->ip.id == ip->id && d->ip.src.raw == ip->src.raw &&
	       d->ip.dst.raw == ip->dst.raw && d->ip.proto == ip->proto;
}

static struct pln_ip_dgram *
find(struct pln_ip_reasm *reasm, const struct pln_ip4_hdr *ip)
{
	unsigned int i;

	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		if (belongs(&reasm->dgrams[i], ip))
			return &reasm->dgrams[i];
	}
	return NULL;
}

/* The one begun first, of those by `src` (zero: by anybody), `but` excepted; NULL: none. */
static struct pln_ip_dgram *
oldest(struct pln_ip_reasm *reasm, struct pln_be32 src, const struct pln_ip_dgram *but)
{
	struct pln_ip_dgram *best = NULL;
	unsigned int i;

	for (i = 0; i < PLN_IP_REASM_DATAGRAMS; i++) {
		struct pln_ip_dgram *d = &reasm->dgrams[i];

		if (!d->used || d == but || (src.raw != 0 && d->ip.src.raw != src.raw))
			continue;
		if (best == NULL || d->serial < best->serial)
			best = d;
	}
	return best;
}

static bool
evict(struct pln_ip_reasm *reasm, struct pln_be32 src, const struct pln_ip_dgram *but)
{
	struct pln_ip_dgram *d = oldest(reasm, src, but);

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
		const struct pln_ip_dgram *d = &reasm->dgrams[i];

		if (!d->used || d->ip.src.raw != src.raw)
			continue;
		n++;
		*held_bytes += d->held_bytes;
	}
	return n;
}

static struct pln_ip_dgram *
begin(struct pln_ip_reasm *reasm, const struct pln_ip4_hdr *ip)
{
	static const struct pln_be32 anybody = { 0 };
	struct pln_ip_dgram *d = reasm->dgrams;
	uint32_t held;

	if (usage_of(reasm, ip->src, &held) == PLN_IP_REASM_PER_SOURCE)
		evict(reasm, ip->src, NULL);
	else if (reasm->count == PLN_IP_REASM_DATAGRAMS)
		evict(reasm, anybody, NULL);
	while (d->used)
		d++;
	memset(d, 0, sizeof(*d));
	d->used = true;
	d->ip = *ip;
	d->serial = reasm->serial++;
	d->deadline_ns = reasm->env->now + reasm->timeout_ns;
	if (reasm->count++ == 0)
		pln_env_arm(reasm->env, &reasm->timer, d->deadline_ns);
	return d;
}

/* RFC 5722 §3, for IPv4: nothing of this datagram is believed any more. */
static enum pln_drop
reject(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	free_blocks(reasm, d);
	d->rejected = true;
	return PLN_IP_FRAG_OVERLAP;
}

/* ------------------------------------------------------------------------------------- time */

/* The first buffer as the first fragment was: a packet to be quoted. */
static struct pln_pkt *
first_fragment(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	struct rte_mbuf *m = d->block[0];
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	uint32_t len = d->first_len < reasm->block_len ? d->first_len : reasm->block_len;

	d->block[0] = NULL;
	d->held_bytes -= reasm->truesize;
	reasm->held_bytes -= reasm->truesize;
	*pkt = (struct pln_pkt){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.len = len,
		.truesize = reasm->truesize,
		.link_broadcast = d->link_broadcast,
		.src_mac = d->src_mac,
		.ip = d->ip,
	};
	rte_pktmbuf_prepend(m, d->ip.hdr_len);
	rte_pktmbuf_append(m, (uint16_t)len);
	return pkt;
}

/*
 * RFC 1122 §3.3.2: "If this timeout expires, the partially-reassembled datagram MUST be discarded and an ICMP Time Exceeded
 * message sent to the source host (if fragment zero has been received)."
 */
static void
expire(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	if (!d->rejected)
		pln_counters_inc(&reasm->env->counters, PLN_IP_REASM_TIMEOUT);
	if (!d->rejected && d->has_first && reasm->expired.count < PLN_IP_REASM_EXPIRED)
		pln_pktq_push(&reasm->expired, first_fragment(reasm, d));
	forget(reasm, d);
}

static void
on_timer(struct pln_timer *timer, void *room)
{
	static const struct pln_be32 anybody = { 0 };
	struct pln_ip_reasm *reasm = room;
	struct pln_ip_dgram *d;

	while ((d = oldest(reasm, anybody, NULL)) != NULL && d->deadline_ns <= reasm->env->now)
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
check_shape(const struct frag *f)
{
	if (f->len == 0 || (!f->last && f->len % UNIT != 0))
		return PLN_IP_FRAG_BAD;
	if (f->off + f->len + f->pkt->ip.hdr_len > UINT16_MAX)
		return PLN_IP_FRAG_TOO_BIG;
	if (f->pkt->ip.proto != PLN_IP4_PROTO_TCP)
		return PLN_ACCEPT;
	if (f->off == TCP_SECOND || (f->off == 0 && f->len < TCP_TINY))
		return PLN_IP_FRAG_TINY;
	return PLN_ACCEPT;
}

/* Do all fragments agree where the datagram ends? */
static bool
ends_agree(const struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t end = f->off + f->len;

	if (!f->last)
		return !d->has_last || end < d->total;
	return d->has_last ? end == d->total : d->end <= end;
}

/* Are the bytes of f what stands in its place? */
static bool
same_bytes(const struct pln_ip_reasm *reasm, const struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t at, len;

	for (at = f->off; at < f->off + f->len; at += len) {
		const struct rte_mbuf *block = d->block[at / reasm->block_len];
		uint32_t in_block = at % reasm->block_len;
		const uint8_t *have = rte_pktmbuf_mtod_offset(block, const uint8_t *, in_block);

		len = RTE_MIN(reasm->block_len - in_block, f->off + f->len - at);
		if (memcmp(have, f->pkt->data + (at - f->off), len) != 0)
			return false;
	}
	return true;
}

/* All of it has come: as one fragment with the same ends and bytes? */
static bool
is_duplicate(const struct pln_ip_reasm *reasm, const struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t from = first_unit(f), to = end_unit(f);

	if (!bit(d->start, from) || count_bits(d->start, from, to) != 1)
		return false;
	if (to < UNITS && bit(d->got, to) && !bit(d->start, to))
		return false;
	return same_bytes(reasm, d, f);
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
new_block(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
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
make_blocks(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t b = f->off / reasm->block_len, last = (f->off + f->len - 1) / reasm->block_len;

	if (last >= BLOCKS)
		return PLN_IP_FRAG_TOO_BIG;
	for (; b <= last; b++) {
		if (d->block[b] == NULL)
			d->block[b] = new_block(reasm, d);
		if (d->block[b] == NULL)
			return PLN_RX_DROP_NO_MBUF;
	}
	return PLN_ACCEPT;
}

static void
copy_in(const struct pln_ip_reasm *reasm, struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t at, len;

	for (at = f->off; at < f->off + f->len; at += len) {
		struct rte_mbuf *block = d->block[at / reasm->block_len];
		uint32_t in_block = at % reasm->block_len;

		len = RTE_MIN(reasm->block_len - in_block, f->off + f->len - at);
		memcpy(rte_pktmbuf_mtod_offset(block, uint8_t *, in_block),
		       f->pkt->data + (at - f->off), len);
	}
}

/* The header, with its options, is the first fragment's; it goes into the headroom of the first buffer. */
static void
take_first(struct pln_ip_dgram *d, const struct frag *f)
{
	const struct pln_pkt *pkt = f->pkt;

	d->has_first = true;
	d->first_len = (uint16_t)f->len;
	d->ip = pkt->ip;
	d->src_mac = pkt->src_mac;
	memcpy(rte_pktmbuf_mtod(d->block[0], uint8_t *) - pkt->ip.hdr_len,
	       pkt->data - pkt->ip.hdr_len, pkt->ip.hdr_len);
}

static void
account(struct pln_ip_dgram *d, const struct frag *f)
{
	set_bits(d->got, first_unit(f), end_unit(f));
	set_bits(d->start, first_unit(f), first_unit(f) + 1);
	d->bytes += f->len;
	d->end = RTE_MAX(d->end, f->off + f->len);
	d->ecn_seen |= (uint8_t)(1U << (f->pkt->ip.tos & ECN_MASK));
	d->link_broadcast |= f->pkt->link_broadcast;
	if (f->off == 0)
		take_first(d, f);
	if (!f->last)
		return;
	d->has_last = true;
	d->total = f->off + f->len;
}

/* ------------------------------------------------------------------------------------- the whole */

/*
 * RFC 3168 §5.3: a congestion mark on one fragment is one on the whole; but where another fragment says that its sender does not
 * understand marks, the packet is dropped. Mixed codepoints without a mark: the first fragment's counts.
 */
static bool
merge_ecn(struct pln_ip_dgram *d)
{
	if ((d->ecn_seen & 1U << ECN_CE) == 0)
		return true;
	d->ip.tos |= ECN_CE;
	return (d->ecn_seen & 1U << ECN_NOT_ECT) == 0;
}

/* The header's bytes, so that whoever quotes the packet quotes what it is now. */
static void
seal_header(const struct pln_ip_dgram *d, uint8_t *p)
{
	uint16_t cksum;

	p[1] = d->ip.tos;
	pln_bytes_put16(p + TOTAL_OFF, d->ip.total_len);
	pln_bytes_put16(p + FRAG_OFF, d->ip.df ? PLN_IP4_DF : 0);
	pln_bytes_put16(p + CKSUM_OFF, 0);
	cksum = pln_cksum_finish(pln_cksum_add(0, p, d->ip.hdr_len));
	memcpy(p + CKSUM_OFF, &cksum, sizeof(cksum));
}

/* Link the buffers; they are the packet's from now on. */
static struct rte_mbuf *
chain(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	struct rte_mbuf *head = d->block[0], **next = &head;
	uint32_t i, left = d->total;

	for (i = 0; left > 0; i++) {
		struct rte_mbuf *m = d->block[i];

		*next = m;
		next = &m->next;
		m->data_len = (uint16_t)RTE_MIN(left, reasm->block_len);
		left -= m->data_len;
		d->block[i] = NULL;
	}
	head->nb_segs = (uint16_t)i;
	head->pkt_len = d->total;
	reasm->held_bytes -= d->held_bytes;
	d->held_bytes = 0;
	return head;
}

static struct pln_pkt *
finish(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d)
{
	struct rte_mbuf *m = chain(reasm, d);
	struct pln_pkt *pkt = pln_mbuf_pkt(m);

	d->ip.mf = false;
	d->ip.total_len = (uint16_t)(d->total + d->ip.hdr_len);
	*pkt = (struct pln_pkt){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.len = d->total,
		.room = m->nb_segs == 1 ? rte_pktmbuf_tailroom(m) : 0,
		.truesize = m->nb_segs * reasm->truesize,
		.link_broadcast = d->link_broadcast,
		.src_mac = d->src_mac,
		.ip = d->ip,
	};
	seal_header(d, (uint8_t *)rte_pktmbuf_prepend(m, d->ip.hdr_len));
	pln_counters_inc(&reasm->env->counters, PLN_IP_REASM_OK);
	return pkt;
}

static enum pln_drop
complete(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d, struct pln_pkt **whole)
{
	enum pln_drop drop = PLN_ACCEPT;

	if (d->total + d->ip.hdr_len > UINT16_MAX)
		drop = PLN_IP_FRAG_TOO_BIG;
	else if (!merge_ecn(d))
		drop = PLN_IP_REASM_ECN;
	else
		*whole = finish(reasm, d);
	forget(reasm, d);
	return drop;
}

static enum pln_drop
insert(struct pln_ip_reasm *reasm, struct pln_ip_dgram *d, const struct frag *f)
{
	uint32_t from = first_unit(f), to = end_unit(f), have;
	enum pln_drop drop;

	if (d->rejected)
		return PLN_IP_FRAG_REJECTED;
	if (!ends_agree(d, f))
		return reject(reasm, d);
	have = count_bits(d->got, from, to);
	if (have == to - from && is_duplicate(reasm, d, f))
		return PLN_IP_FRAG_DUPLICATE;
	if (have > 0)
		return reject(reasm, d);
	drop = make_blocks(reasm, d, f);
	if (drop != PLN_ACCEPT)
		return drop;
	copy_in(reasm, d, f);
	account(d, f);
	return PLN_ACCEPT;
}

enum pln_drop
pln_ip_reasm_rx(struct pln_ip_reasm *reasm, struct pln_pkt *pkt, struct pln_pkt **whole)
{
	struct frag f = {
		.pkt = pkt,
		.off = pkt->ip.frag_off,
		.len = (uint32_t)pkt->ip.total_len - pkt->ip.hdr_len,
		.last = !pkt->ip.mf,
	};
	enum pln_drop drop = check_shape(&f);
	struct pln_ip_dgram *d;

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
	if (d->has_last && d->bytes == d->total)
		return complete(reasm, d, whole);
	return PLN_ACCEPT;
}

/* ------------------------------------------------------------------------------------- the room */

int
pln_ip_reasm_init(struct pln_ip_reasm *reasm, struct pln_env *env, struct rte_mempool *mempool)
{
	uint64_t share;

	memset(reasm, 0, sizeof(*reasm));
	reasm->dgrams = calloc(PLN_IP_REASM_DATAGRAMS, sizeof(*reasm->dgrams));
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
	free(reasm->dgrams);
	reasm->dgrams = NULL;
}
