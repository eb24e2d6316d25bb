/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits a segment at its buffers' ends, the reverse of what a device does that gathers segments. Each piece gets the header
 * (RFC 9293 §3.1) with its own sequence number; SYN and CWR stay with the first, FIN and PSH go with the last, and the urgent
 * pointer counts from each piece's own number. Checksums are not made: they have been verified over the whole.
 */
#include "stack/resegment.h"

#define SEQ_OFF    4U
#define OFFSET_OFF 12U
#define FLAGS_OFF  13U
#define URGENT_OFF 18U

#define FIRST_ONLY (PLN_TCP_SYN | PLN_TCP_CWR)
#define LAST_ONLY  (PLN_TCP_FIN | PLN_TCP_PSH)

/* Where the next piece stands in the segment. */
struct place {
	const uint8_t *hdr; /* of the whole */
	uint32_t hdr_len;
	uint32_t seq;    /* of its first byte */
	uint32_t before; /* bytes of payload before it */
	uint32_t left;   /* from it on */
	uint8_t flags;   /* of the whole */
};

/* The urgent pointer counts from a sequence number that is `before` less. */
static void
move_urgent(uint8_t *p, uint32_t before)
{
	uint32_t up = pln_bytes_get16(p + URGENT_OFF);

	if (up > before)
		pln_bytes_put16(p + URGENT_OFF, (uint16_t)(up - before));
	else
		p[FLAGS_OFF] &= (uint8_t)~PLN_TCP_URG;
}

static void
write_header(uint8_t *p, const struct place *at, uint32_t len)
{
	memmove(p, at->hdr, at->hdr_len);
	p[FLAGS_OFF] = at->flags;
	if (at->before > 0) {
		pln_bytes_put32(p + SEQ_OFF, at->seq);
		p[FLAGS_OFF] &= (uint8_t)~FIRST_ONLY;
		move_urgent(p, at->before);
	}
	if (at->left > len)
		p[FLAGS_OFF] &= (uint8_t)~LAST_ONLY;
}

/* A packet of its own: `len` bytes of payload stand where m's data is. */
static void
make_piece(struct rte_mbuf *m, const struct pln_pkt *whole, const struct place *at, uint32_t len)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	uint8_t *payload = rte_pktmbuf_mtod(m, uint8_t *);

	*pkt = *whole;
	pkt->data = payload - at->hdr_len;
	pkt->len = at->hdr_len + len;
	pkt->truesize = (uint32_t)sizeof(*m) + m->priv_size + m->buf_len;
	pkt->room = m->data_len - len + rte_pktmbuf_tailroom(m);
	write_header(pkt->data, at, len);
}

static struct rte_mbuf *
detach(struct rte_mbuf *m)
{
	struct rte_mbuf *next = m->next;

	m->next = NULL;
	m->nb_segs = 1;
	m->pkt_len = m->data_len;
	return next;
}

static bool
has_header(const struct pln_pkt *pkt, uint32_t here)
{
	uint32_t hdr_len = (uint32_t)(pkt->data[OFFSET_OFF] >> 4) * 4;

	return hdr_len >= PLN_TCP_HDR_LEN && hdr_len <= here;
}

static void
move_on(struct place *at, uint32_t len)
{
	at->seq += len;
	at->before += len;
	at->left -= len;
}

void
pln_resegment(struct rte_mbuf *m, struct pln_pktq *out)
{
	struct pln_pkt whole = *pln_mbuf_pkt(m);
	uint32_t offset = pln_mbuf_pkt_offset(pln_mbuf_pkt(m)), len;
	uint8_t hdr[60];
	struct place at = { .hdr = hdr };
	struct rte_mbuf *next;

	if (whole.len < PLN_TCP_HDR_LEN || !has_header(&whole, m->data_len - offset)) {
		rte_pktmbuf_free(detach(m));
		pln_mbuf_pkt(m)->len = RTE_MIN(whole.len, m->data_len - offset);
		pln_pktq_push(out, pln_mbuf_pkt(m));
		return;
	}
	at.hdr_len = (uint32_t)(whole.data[OFFSET_OFF] >> 4) * 4;
	memcpy(hdr, whole.data, at.hdr_len);
	at.flags = hdr[FLAGS_OFF];
	at.seq = pln_bytes_get32(hdr + SEQ_OFF) + ((at.flags & PLN_TCP_SYN) != 0 ? 1 : 0);
	at.left = whole.len - at.hdr_len;
	rte_pktmbuf_adj(m, (uint16_t)(offset + at.hdr_len));
	for (; m != NULL; m = next) {
		next = detach(m);
		len = RTE_MIN(at.left, m->data_len);
		if (at.before > 0 && len == 0) {
			rte_pktmbuf_free(m); /* padding alone */
			continue;
		}
		make_piece(m, &whole, &at, len);
		move_on(&at, len);
		pln_pktq_push(out, pln_mbuf_pkt(m));
	}
}
