/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A row of buffers, allocated as they are needed, and two bitmaps with a bit for each 8 bytes, as RFC 791 §3.2 proposes: what has
 * come, and where fragments began.
 *
 *     units     0         185       370       555    ...   65535 / 8
 *     got       1111111111111111111100000000001111   ...          what has come
 *     start     1000000000100000000000000000001000   ...          first units of fragments
 *     buffers   [ block 0        ][ (none)    ][ block 2 ] ...
 *
 * Options of the first fragment become those of the whole (RFC 791 §3.1); congestion marks are merged (RFC 3168 §5.3). When a
 * datagram is begun, given up or refused, and who may hold how much, is ip_reasm.c's matter.
 */
#include "ip/dgram.h"

#include "wire/cksum.h"

#define UNITS       (PLN_DGRAM_WORDS * WORD_BITS)
#define WORD_BITS   64U
#define ECN_MASK    3U
#define ECN_NOT_ECT 0U
#define ECN_CE      3U
#define TOTAL_OFF   2U
#define FRAG_OFF    6U
#define CKSUM_OFF   10U

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
first_unit(const struct pln_frag *f)
{
	return f->off / PLN_DGRAM_UNIT;
}

/* Behind its last. */
static uint32_t
end_unit(const struct pln_frag *f)
{
	return (f->off + f->len + PLN_DGRAM_UNIT - 1) / PLN_DGRAM_UNIT;
}

/* Do all fragments agree where the datagram ends? */
static bool
ends_agree(const struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t end = f->off + f->len;

	if (!f->last)
		return !d->has_last || end < d->total;
	return d->has_last ? end == d->total : d->end <= end;
}

/* Are the bytes of f what stands in its place? */
static bool
same_bytes(const struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t at, len;

	for (at = f->off; at < f->off + f->len; at += len) {
		const struct rte_mbuf *block = d->block[at / d->block_len];
		uint32_t in_block = at % d->block_len;
		const uint8_t *have = rte_pktmbuf_mtod_offset(block, const uint8_t *, in_block);

		len = RTE_MIN(d->block_len - in_block, f->off + f->len - at);
		if (memcmp(have, f->pkt->data + (at - f->off), len) != 0)
			return false;
	}
	return true;
}

/* All of it has come: as one fragment with the same ends and bytes? */
static bool
is_duplicate(const struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t from = first_unit(f), to = end_unit(f);

	if (!bit(d->start, from) || count_bits(d->start, from, to) != 1)
		return false;
	if (to < UNITS && bit(d->got, to) && !bit(d->start, to))
		return false;
	return same_bytes(d, f);
}

enum pln_dgram_verdict
pln_dgram_judge(const struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t from = first_unit(f), to = end_unit(f), have;

	if (!ends_agree(d, f))
		return PLN_DGRAM_CONTRADICTS;
	have = count_bits(d->got, from, to);
	if (have == to - from && is_duplicate(d, f))
		return PLN_DGRAM_DUPLICATE;
	return have == 0 ? PLN_DGRAM_NEW : PLN_DGRAM_CONTRADICTS;
}

static void
copy_in(struct pln_dgram *d, const struct pln_frag *f)
{
	uint32_t at, len;

	for (at = f->off; at < f->off + f->len; at += len) {
		struct rte_mbuf *block = d->block[at / d->block_len];
		uint32_t in_block = at % d->block_len;

		len = RTE_MIN(d->block_len - in_block, f->off + f->len - at);
		memcpy(rte_pktmbuf_mtod_offset(block, uint8_t *, in_block),
		       f->pkt->data + (at - f->off), len);
	}
}

/* The header, with its options, is the first fragment's; it goes into the headroom of the first buffer. */
static void
take_first(struct pln_dgram *d, const struct pln_frag *f)
{
	const struct pln_pkt *pkt = f->pkt;

	d->has_first = true;
	d->first_len = (uint16_t)f->len;
	d->ip = pkt->ip;
	d->src_mac = pkt->src_mac;
	memcpy(rte_pktmbuf_mtod(d->block[0], uint8_t *) - pkt->ip.hdr_len,
	       pkt->data - pkt->ip.hdr_len, pkt->ip.hdr_len);
}

void
pln_dgram_put(struct pln_dgram *d, const struct pln_frag *f)
{
	copy_in(d, f);
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

/*
 * RFC 3168 §5.3: a congestion mark on one fragment is one on the whole; but where another fragment says that its sender does not
 * understand marks, the packet is dropped. Mixed codepoints without a mark: the first fragment's counts.
 */
bool
pln_dgram_merge_ecn(struct pln_dgram *d)
{
	if ((d->ecn_seen & 1U << ECN_CE) == 0)
		return true;
	d->ip.tos |= ECN_CE;
	return (d->ecn_seen & 1U << ECN_NOT_ECT) == 0;
}

/* The header's bytes, so that whoever quotes the packet quotes what it is now. */
static void
seal_header(const struct pln_dgram *d, uint8_t *p)
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
chain(struct pln_dgram *d)
{
	struct rte_mbuf *head = d->block[0], **next = &head;
	uint32_t i, left = d->total;

	for (i = 0; left > 0; i++) {
		struct rte_mbuf *m = d->block[i];

		*next = m;
		next = &m->next;
		m->data_len = (uint16_t)RTE_MIN(left, d->block_len);
		left -= m->data_len;
		d->block[i] = NULL;
	}
	head->nb_segs = (uint16_t)i;
	head->pkt_len = d->total;
	d->held_bytes = 0;
	return head;
}

struct pln_pkt *
pln_dgram_finish(struct pln_dgram *d)
{
	struct rte_mbuf *m = chain(d);
	struct pln_pkt *pkt = pln_mbuf_pkt(m);

	d->ip.mf = false;
	d->ip.total_len = (uint16_t)(d->total + d->ip.hdr_len);
	*pkt = (struct pln_pkt){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.len = d->total,
		.room = m->nb_segs == 1 ? rte_pktmbuf_tailroom(m) : 0,
		.truesize = m->nb_segs * d->truesize,
		.link_broadcast = d->link_broadcast,
		.eth_type = PLN_ETH_TYPE_IP4,
		.src_mac = d->src_mac,
		.ip = d->ip,
	};
	seal_header(d, (uint8_t *)rte_pktmbuf_prepend(m, d->ip.hdr_len));
	return pkt;
}

/* The first buffer as the first fragment was: a packet to be quoted. */
struct pln_pkt *
pln_dgram_first(struct pln_dgram *d)
{
	struct rte_mbuf *m = d->block[0];
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	uint32_t len = d->first_len < d->block_len ? d->first_len : d->block_len;

	d->block[0] = NULL;
	d->held_bytes -= d->truesize;
	*pkt = (struct pln_pkt){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.len = len,
		.truesize = d->truesize,
		.link_broadcast = d->link_broadcast,
		.eth_type = PLN_ETH_TYPE_IP4,
		.src_mac = d->src_mac,
		.ip = d->ip,
	};
	rte_pktmbuf_prepend(m, d->ip.hdr_len);
	rte_pktmbuf_append(m, (uint16_t)len);
	return pkt;
}
