/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet buffers as the floors above see them. A buffer is either a received packet (struct pln_pkt in its private area), bytes
 * to send (struct pln_sendref there), or a frame on its way out (a link to the next one).
 *
 * Bytes to send are held by a buffer that is never itself sent. A frame points to them with mbufs of its own: indirect ones
 * where the holder has copied the bytes, mbufs with an external buffer where they are the caller's. Both count a reference, so
 * what is retired while a device still reads it stays until the device is done.
 *
 * DPDK counts such references by atomic instructions as soon as there are two. Where an lcore has its pool to itself, and frees what it
 * sent, plain numbers do: each mbuf that points then has a count of its own, always one, in its private area, whose end calls back.
 */
#include "dev/mbuf.h"

#include <rte_eal.h>
#include <rte_memory.h>

#include "dev/mbuf_store.h"
#include "wire/cksum.h"

/* Private area of a buffer that holds bytes to send. */
struct holder {
	struct pln_sendref ref;
	bool wrapped;    /* the bytes are the caller's: what follows is in use */
	bool retired;    /* `ref` is gone, frames still point here */
	uint32_t frames; /* that point here and are counted plainly */
	struct rte_mbuf_ext_shared_info shinfo; /* one count for `ref`, one for each other frame */
	void (*release)(void *ctx);             /* NULL: the caller does not want to know */
	void *ctx;
};

/* Whatever a private area may be; the sizes of all of them count. */
union private_area {
	struct pln_pkt pkt;
	struct holder holder;
	struct rte_mbuf_ext_shared_info
		pointer; /* of an mbuf that points, with a count of its own */
	struct rte_mbuf *next;
};

static struct rte_mbuf *
mbuf_of_private(void *private_area)
{
	return (struct rte_mbuf *)private_area - 1;
}

static struct holder *
holder_of(struct pln_sendref *ref)
{
	return PLN_CONTAINER_OF(ref, struct holder, ref);
}

size_t
pln_link_priv_size(void)
{
	return RTE_ALIGN(sizeof(union private_area), RTE_MBUF_PRIV_ALIGN);
}

struct rte_mbuf *
pln_mbuf_of_pkt(struct pln_pkt *pkt)
{
	return mbuf_of_private(pkt);
}

void
pln_mbuf_free_pkt(struct pln_pkt *pkt)
{
	rte_pktmbuf_free(pln_mbuf_of_pkt(pkt));
}

void
pln_mbuf_free_pkts(struct pln_pktq *q)
{
	struct pln_pkt *pkt;

	while ((pkt = pln_pktq_pop(q)) != NULL)
		pln_mbuf_free_pkt(pkt);
}

static bool
is_private(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

struct rte_mbuf *
pln_mbuf_linearise(struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (rte_pktmbuf_is_contiguous(m))
		return m;
	if (is_private(m) && rte_pktmbuf_linearize(m) == 0)
		return m;
	copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);
	rte_pktmbuf_free(m);
	return copy;
}

struct rte_mbuf *
pln_mbuf_alloc(struct rte_mempool *pool)
{
	return rte_pktmbuf_alloc(pool);
}

struct pln_sendref *
pln_mbuf_sendref_alloc(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct holder *holder;

	if (m == NULL)
		return NULL;
	m->data_off = 0; /* headers go into mbufs of their own */
	holder = rte_mbuf_to_priv(m);
	holder->wrapped = holder->retired = false;
	holder->frames = 0;
	holder->ref = (struct pln_sendref){ .data = m->buf_addr, .room = m->buf_len };
	return &holder->ref;
}

/* The last count of a wrapped buffer is gone: rte_mbuf's callback. */
static void
release_wrapped(void *addr, void *opaque)
{
	struct rte_mbuf *m = opaque;
	struct holder *holder = rte_mbuf_to_priv(m);

	(void)addr;
	if (holder->release != NULL)
		holder->release(holder->ctx);
	rte_pktmbuf_free(m);
}

struct pln_sendref *
pln_mbuf_sendref_wrap(struct rte_mempool *pool, const void *data, uint16_t len,
                      void (*release)(void *ctx), void *ctx)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct holder *holder;

	if (m == NULL)
		return NULL;
	holder = rte_mbuf_to_priv(m);
	holder->ref = (struct pln_sendref){ .data = data, .len = len };
	holder->wrapped = true;
	holder->retired = false;
	holder->frames = 0;
	holder->release = release;
	holder->ctx = ctx;
	holder->shinfo.free_cb = release_wrapped;
	holder->shinfo.fcb_opaque = m;
	rte_mbuf_ext_refcnt_set(&holder->shinfo, 1);
	return &holder->ref;
}

/* Neither `ref` nor a frame that is counted plainly is left. */
static void
drop_holder(struct holder *holder)
{
	struct rte_mbuf *m = mbuf_of_private(holder);

	if (!holder->wrapped)
		rte_pktmbuf_free(m);
	else if (rte_mbuf_ext_refcnt_update(&holder->shinfo, -1) == 0)
		release_wrapped(NULL, m);
}

static void
free_holder(struct holder *holder)
{
	holder->retired = true;
	if (holder->frames == 0)
		drop_holder(holder);
}

/* One frame less: the callback of its pointer's own count. */
static void
end_pointer(void *addr, void *opaque)
{
	struct holder *holder = opaque;

	(void)addr;
	holder->frames--;
	if (holder->frames == 0 && holder->retired)
		drop_holder(holder);
}

void
pln_mbuf_sendref_free(struct pln_sendref *refs)
{
	while (refs != NULL) {
		struct pln_sendref *next = refs->next;

		free_holder(holder_of(refs));
		refs = next;
	}
}

/* Is it memory that EAL has mapped for its devices, all of it? External memory may be registered, and still not shared. */
static bool
is_eals(const struct pln_piece *piece)
{
	const struct rte_memseg_list *list = rte_mem_virt2memseg_list(piece->data);

	return list != NULL && list->external == 0 &&
	       rte_mem_virt2memseg_list(piece->data + piece->len - 1) == list;
}

/* Without one address space for CPU and device, the caller's memory cannot be pointed to. */
static bool
can_point_to(const struct pln_piece *piece, enum pln_mbuf_reach reach)
{
	return !holder_of(piece->ref)->wrapped || (rte_eal_iova_mode() == RTE_IOVA_VA &&
	                                           (reach == PLN_MBUF_REACH_ALL || is_eals(piece)));
}

static bool
can_point_to_all(const struct pln_pieces *pieces, enum pln_mbuf_reach reach)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		if (!can_point_to(&pieces->piece[i], reach))
			return false;
	}
	return true;
}

/* Of the caller's bytes, CPU and device have the same address. */
static rte_iova_t
iova_of(const struct pln_piece *piece, const struct rte_mbuf *m)
{
	if (holder_of(piece->ref)->wrapped)
		return (rte_iova_t)(uintptr_t)piece->data;
	return rte_mbuf_data_iova(m) +
	       (rte_iova_t)(piece->data - rte_pktmbuf_mtod(m, const uint8_t *));
}

/* rte_mbuf has no word for bytes it must not write; nobody here writes to a sent segment. */
static void
attach_plainly(struct rte_mbuf *seg, const struct pln_piece *piece)
{
	struct holder *holder = holder_of(piece->ref);
	struct rte_mbuf_ext_shared_info *pointer = rte_mbuf_to_priv(seg);

	holder->frames++;
	pointer->free_cb = end_pointer;
	pointer->fcb_opaque = holder;
	rte_mbuf_ext_refcnt_set(pointer, 1);
	rte_pktmbuf_attach_extbuf(seg, (void *)piece->data, iova_of(piece, mbuf_of_private(holder)),
	                          (uint16_t)piece->len, pointer);
}

static void
attach_shared(struct rte_mbuf *seg, const struct pln_piece *piece)
{
	struct holder *holder = holder_of(piece->ref);
	struct rte_mbuf *m = mbuf_of_private(holder);

	if (holder->wrapped) {
		rte_mbuf_ext_refcnt_update(&holder->shinfo, 1);
		rte_pktmbuf_attach_extbuf(seg, (void *)piece->data, iova_of(piece, m),
		                          (uint16_t)piece->len, &holder->shinfo);
	} else {
		rte_pktmbuf_attach(seg, m);
		seg->data_off = (uint16_t)(piece->data - (const uint8_t *)m->buf_addr);
	}
}

static void
attach_piece(struct rte_mbuf *seg, const struct pln_piece *piece)
{
	if (pln_mbuf_store_is_owned(seg->pool))
		attach_plainly(seg, piece);
	else
		attach_shared(seg, piece);
	seg->data_len = (uint16_t)piece->len;
}

/* One more buffer at the end of a chain, with all its room. */
static struct rte_mbuf *
lengthen(struct rte_mbuf *m, struct rte_mbuf *last)
{
	struct rte_mbuf *seg = rte_pktmbuf_alloc(m->pool);

	if (seg == NULL)
		return NULL;
	seg->data_off = 0;
	last->next = seg;
	m->nb_segs++;
	return seg;
}

/* The chain's new last buffer; NULL: no buffer. */
static struct rte_mbuf *
append_reference(struct rte_mbuf *m, struct rte_mbuf *last, const struct pln_piece *piece)
{
	struct rte_mbuf *seg = lengthen(m, last);

	if (seg == NULL)
		return NULL;
	attach_piece(seg, piece);
	m->pkt_len += piece->len;
	return seg;
}

/* What is out of the device's reach is copied into further buffers. */
static bool
append_chain(struct rte_mbuf *m, const struct pln_pieces *pieces, enum pln_mbuf_reach reach)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	for (unsigned int i = 0; last != NULL && i < pieces->count; i++) {
		const struct pln_piece *piece = &pieces->piece[i];

		if (can_point_to(piece, reach))
			last = append_reference(m, last, piece);
		else if (pln_mbuf_put(m, piece->data, piece->len))
			last = rte_pktmbuf_lastseg(last);
		else
			return false;
	}
	return last != NULL;
}

static void
append_by_copy(struct rte_mbuf *m, const struct pln_pieces *pieces)
{
	unsigned int i;

	for (i = 0; i < pieces->count; i++) {
		const struct pln_piece *piece = &pieces->piece[i];

		memcpy(rte_pktmbuf_append(m, (uint16_t)piece->len), piece->data, piece->len);
	}
}

bool
pln_mbuf_append(struct rte_mbuf *m, const struct pln_pieces *pieces, enum pln_mbuf_reach reach,
                uint32_t copy_max)
{
	bool chain = reach != PLN_MBUF_REACH_NONE;
	bool fits = pieces->len <= rte_pktmbuf_tailroom(rte_pktmbuf_lastseg(m));

	if (fits && (!chain || pieces->len <= copy_max || !can_point_to_all(pieces, reach))) {
		append_by_copy(m, pieces);
		return true;
	}
	return chain && append_chain(m, pieces, reach);
}

uint32_t
pln_mbuf_cksum(const struct rte_mbuf *m, uint32_t offset)
{
	uint32_t sum = 0;
	size_t done = 0;

	for (; m != NULL; m = m->next) {
		uint32_t skip = offset < m->data_len ? offset : m->data_len;
		size_t len = m->data_len - skip;
		const uint8_t *data = rte_pktmbuf_mtod_offset(m, const uint8_t *, skip);

		sum = pln_cksum_join(sum, pln_cksum_add(0, data, len), done);
		done += len;
		offset -= skip;
	}
	return sum;
}

bool
pln_mbuf_put(struct rte_mbuf *m, const void *data, uint32_t len)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);
	const uint8_t *p = data;
	uint16_t room;

	while (len > 0) {
		room = is_private(last) ? rte_pktmbuf_tailroom(last) : 0;
		if (room == 0) {
			last = lengthen(m, last);
			if (last == NULL)
				return false;
			continue;
		}
		room = room < len ? room : (uint16_t)len;
		memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len), p, room);
		last->data_len = (uint16_t)(last->data_len + room);
		m->pkt_len += room;
		p += room;
		len -= room;
	}
	return true;
}

/* The next stretch of a chain behind `offset`, at most `len` bytes; both move on. */
static const uint8_t *
next_stretch(const struct rte_mbuf **m, uint32_t *offset, uint32_t len, uint32_t *got)
{
	const uint8_t *p;

	while (*offset >= (*m)->data_len) {
		*offset -= (*m)->data_len;
		*m = (*m)->next;
	}
	p = rte_pktmbuf_mtod_offset(*m, const uint8_t *, *offset);
	*got = (*m)->data_len - *offset;
	*got = *got < len ? *got : len;
	*offset += *got;
	return p;
}

void
pln_mbuf_get(const struct rte_mbuf *m, uint32_t offset, void *buf, uint32_t len)
{
	uint8_t *to = buf;
	uint32_t got;

	for (; len > 0; len -= got, to += got) {
		const uint8_t *p = next_stretch(&m, &offset, len, &got);

		memcpy(to, p, got);
	}
}

static const struct rte_mbuf *
buffer_of(const struct pln_pkt *pkt)
{
	return (const struct rte_mbuf *)(const void *)pkt - 1;
}

uint32_t
pln_mbuf_pkt_offset(const struct pln_pkt *pkt)
{
	const struct rte_mbuf *m = buffer_of(pkt);

	return (uint32_t)(pkt->data - rte_pktmbuf_mtod(m, const uint8_t *));
}

bool
pln_mbuf_put_pkt(struct rte_mbuf *m, const struct pln_pkt *pkt, uint32_t offset)
{
	const struct rte_mbuf *from = buffer_of(pkt);
	uint32_t at = pln_mbuf_pkt_offset(pkt) + offset, len = pkt->len - offset, got;

	for (; len > 0; len -= got) {
		const uint8_t *p = next_stretch(&from, &at, len, &got);

		if (!pln_mbuf_put(m, p, got))
			return false;
	}
	return true;
}

uint32_t
pln_mbuf_get_pkt(const struct pln_pkt *pkt, uint32_t offset, void *buf, uint32_t len)
{
	uint32_t there = pkt->len - offset;

	len = len < there ? len : there;
	pln_mbuf_get(buffer_of(pkt), pln_mbuf_pkt_offset(pkt) + offset, buf, len);
	return len;
}

const uint8_t *
pln_mbuf_pkt_at(const struct pln_pkt *pkt, uint32_t offset, uint32_t *len)
{
	const struct rte_mbuf *m = buffer_of(pkt);
	uint32_t at = pln_mbuf_pkt_offset(pkt) + offset;

	return next_stretch(&m, &at, pkt->len - offset, len);
}

uint32_t
pln_mbuf_pkt_cksum(const struct pln_pkt *pkt)
{
	const struct rte_mbuf *m = buffer_of(pkt);
	uint32_t at = pln_mbuf_pkt_offset(pkt), done = 0, sum = 0, got;

	for (; done < pkt->len; done += got) {
		const uint8_t *p = next_stretch(&m, &at, pkt->len - done, &got);

		sum = pln_cksum_join(sum, pln_cksum_add(0, p, got), done);
	}
	return sum;
}
