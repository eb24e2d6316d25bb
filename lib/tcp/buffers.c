/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that connections hold (RFC 9293 §3.8.6: the window is what a receiver is able to accept). It decides how large buffers are, and
 * what is dropped when there are too few; windows and queues are told.
 *
 * Theory: a received packet pins a whole buffer of the pool, however few bytes of it are of use, and the device receives into the same
 * pool. A peer that has us hold packets (tiny ones, or every second one, or more than the program reads) would stop the device from
 * receiving anything, the acknowledgments included that would free memory. So what is pinned counts, not what it carries, and three
 * lines are drawn in the pool:
 *
 *      free:  1                   1/4       1/8      1/16        0
 *             |--------------------|---------|--------|----------|
 *             buffers grow         |         |        what is not read yet: no more of it
 *                                  |         what is out of order is dropped, small payloads move together,
 *                                  |         buffers that have grown shrink
 *                                  all that is out of order pins less than a quarter
 *
 * What is out of order goes first: the peer still has it, and RFC 2018 §8 lets a receiver discard it although it was reported. What is in
 * order and acknowledged is never dropped. A window that was announced stays (SHLD-14): a buffer becomes smaller only by what has been
 * read, and a packet that is refused inside the window is as one that was lost.
 */
#include "tcp/buffers.h"

#include "dev/mbuf.h"

#define WATCH_SEGS    32U /* segments between two looks at the pool */
#define TELL_CONNS    64U /* connections that give back at each look */
#define TELL_AGAIN_NS (10 * PLN_NS_PER_MS)
#define SHORT_PART    8U
#define DIRE_PART     16U
#define HELD_PART     4U

void
pln_buffers_init(struct pln_tcp *tcp)
{
	uint64_t all = (uint64_t)tcp->mempool->size * pln_mbuf_pool_truesize(tcp->mempool);
	uint64_t part = all / HELD_PART;

	tcp->buffers = (struct pln_buffers){ .ooo_max = part };
	tcp->buffers.grown_max = part < UINT32_MAX / 4 ? (uint32_t)part : UINT32_MAX / 4;
}

/* Buffers that have grown go back to what they began with; a receive buffer no further than what was promised. */
static void
shrink(struct pln_tcp_conn *c)
{
	const struct pln_tcp_config *cfg = &c->tcp->cfg;
	uint32_t promised = c->recvq.bytes + pln_rwnd_open(&c->rcv.w, c->rcv.nxt);
	uint32_t to = promised > cfg->rcvbuf ? promised : cfg->rcvbuf;

	if (c->opts.snd_auto && c->opts.sndbuf > cfg->sndbuf)
		c->opts.sndbuf = cfg->sndbuf;
	if (!c->opts.rcv_auto || c->opts.rcvbuf <= to)
		return;
	c->opts.rcvbuf = to;
	pln_conn_size_queues(c);
	pln_conn_count(c, PLN_TCP_RCVBUF_SHRUNK);
}

/* A connection gives back what it can. */
static void
relieve(struct pln_tcp_conn *c)
{
	struct pln_pktq dead = { 0 };

	pln_counters_add(&c->tcp->env->counters, PLN_TCP_OOO_DISCARDED, c->reasm.count);
	pln_conn_drop_received(c, false);
	pln_recvq_compact(&c->recvq, &dead);
	pln_mbuf_free_pkts(&dead);
	shrink(c);
}

static void
relieve_some(struct pln_tcp *tcp)
{
	struct pln_tcp_conn *c;

	if (tcp->env->now < tcp->buffers.again_ns)
		return;
	for (unsigned int i = 0; i < TELL_CONNS; i++) {
		c = pln_pool_iterate(&tcp->conns, &tcp->buffers.cursor);
		if (c == NULL) { /* through */
			tcp->buffers.cursor = 0;
			tcp->buffers.again_ns = tcp->env->now + TELL_AGAIN_NS;
			return;
		}
		if (!pln_conn_has(c, PLN_CONN_LISTENER))
			relieve(c);
	}
}

void
pln_buffers_watch(struct pln_tcp *tcp)
{
	struct pln_buffers *b = &tcp->buffers;
	enum pln_buffers_level before = b->level;
	unsigned int size = tcp->mempool->size, free;

	if (b->segs++ % WATCH_SEGS != 0)
		return;
	free = pln_mbuf_pool_free(tcp->mempool);
	b->level = free >= size / SHORT_PART  ? PLN_BUFFERS_PLENTY
	           : free >= size / DIRE_PART ? PLN_BUFFERS_SHORT
	                                      : PLN_BUFFERS_DIRE;
	if (b->level == PLN_BUFFERS_PLENTY)
		return;
	if (before == PLN_BUFFERS_PLENTY)
		pln_counters_inc(&tcp->env->counters, PLN_TCP_BUFFERS_SHORT);
	relieve_some(tcp);
}

bool
pln_buffers_may_hold(const struct pln_tcp_conn *c, const struct pln_pkt *pkt)
{
	const struct pln_buffers *b = &c->tcp->buffers;

	return b->level == PLN_BUFFERS_PLENTY && b->ooo_held + pkt->truesize <= b->ooo_max;
}

bool
pln_buffers_may_take(const struct pln_tcp_conn *c, const struct pln_pkt *pkt)
{
	/* A program that has read all it was given may always have one more. */
	return c->tcp->buffers.level != PLN_BUFFERS_DIRE || c->recvq.bytes == 0 ||
	       !pln_recvq_pins(&c->recvq, pkt);
}

void
pln_buffers_settle(struct pln_tcp_conn *c)
{
	c->tcp->buffers.ooo_held += (uint64_t)c->reasm.truesize - c->ooo_counted;
	c->ooo_counted = c->reasm.truesize;
}

void
pln_buffers_arrived(struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	uint64_t now = pln_conn_now(c);

	c->recvq.tight = c->tcp->buffers.level != PLN_BUFFERS_PLENTY;
	if (!c->opts.rcv_auto)
		return;
	if (c->ts.on)
		pln_autotune_echo(&c->autotune, seg->opts.tsecr,
		                  pln_ts_rtt(&c->ts, seg->opts.tsecr, now));
	else
		pln_autotune_data(&c->autotune, c->rcv.nxt, pln_rwnd_open(&c->rcv.w, c->rcv.nxt),
		                  now);
}

void
pln_buffers_read(struct pln_tcp_conn *c, uint32_t n)
{
	const struct pln_buffers *b = &c->tcp->buffers;
	uint32_t want, most = c->tcp->cfg.rcvbuf_max;

	if (!c->opts.rcv_auto)
		return;
	want = pln_autotune_read(&c->autotune, n, pln_conn_rcv_mss(c), pln_conn_now(c));
	if (b->level != PLN_BUFFERS_PLENTY) {
		shrink(c);
		return;
	}
	most = most < b->grown_max ? most : b->grown_max;
	want = want < most ? want : most;
	if (want <= c->opts.rcvbuf)
		return;
	c->opts.rcvbuf = want;
	pln_conn_size_queues(c);
	pln_conn_count(c, PLN_TCP_RCVBUF_GROWN);
}

/*
 * A send buffer holds what is in flight, to be sent again if need be, and what is to follow it while the user is told that there is room:
 * a congestion window of each.
 */
void
pln_buffers_acked(struct pln_tcp_conn *c)
{
	const struct pln_buffers *b = &c->tcp->buffers;
	uint64_t want = 2 * (uint64_t)c->cc.cwnd;
	uint32_t most = c->tcp->cfg.sndbuf_max;

	most = most < b->grown_max ? most : b->grown_max;
	if (!c->opts.snd_auto || b->level != PLN_BUFFERS_PLENTY || want <= c->opts.sndbuf ||
	    c->opts.sndbuf >= most)
		return;
	c->opts.sndbuf = want < most ? (uint32_t)want : most;
	pln_conn_count(c, PLN_TCP_SNDBUF_GROWN);
}

/* Buffers may be much larger than what lies in them: some are always allowed. */
#define PINNED_MIN (64U << 10)

void
pln_conn_size_queues(struct pln_tcp_conn *c)
{
	c->rcv.w.buf = c->opts.rcvbuf;
	c->reasm.limit = 2 * c->opts.rcvbuf + PINNED_MIN;
	c->recvq.limit = 2 * c->opts.rcvbuf + PINNED_MIN;
}

void
pln_conn_writable(struct pln_tcp_conn *c)
{
	pln_buffers_acked(c);
	if (!pln_conn_has(c, PLN_CONN_WANT_WRITE) ||
	    pln_sendq_bytes(&c->sendq) > c->opts.sndbuf - c->opts.sndbuf / 3)
		return;
	c->flags &= ~(uint32_t)PLN_CONN_WANT_WRITE;
	pln_conn_tell(c, PLN_EV_WRITABLE);
}

void
pln_conn_offer_window(struct pln_tcp_conn *c)
{
	/* Only who still receives has a window. */
	if (!pln_conn_has(c, PLN_CONN_IN_FLOWS) ||
	    !pln_state_may_receive((enum pln_tcp_state)c->state))
		return;
	if (pln_rwnd_update_due(&c->rcv.w, c->rcv.nxt, c->recvq.bytes, pln_conn_rcv_mss(c)))
		pln_conn_owe(c, PLN_OWE_ACK);
}
