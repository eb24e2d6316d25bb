/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two ends do. Exchange: the client keeps so many requests on the way, the server answers each; both write each header anew. Pump:
 * the client copies each payload from a buffer into the frame, the server from the frame into a buffer, so that both have touched every
 * byte once, as TCP with copies would.
 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "bare.h"

#define ETHER_TYPE 0x88b5U /* for local experiments (IEEE 802) */
#define HEADERS    66U     /* Ethernet, IPv4, TCP with timestamps */

struct header {
	struct rte_ether_hdr eth;
	uint64_t sent; /* TSC */
};

static void
write_header(struct rte_mbuf *m, uint64_t sent)
{
	struct header *h = rte_pktmbuf_mtod(m, struct header *);

	memset(&h->eth.dst_addr, 0xff, sizeof(h->eth.dst_addr));
	memset(&h->eth.src_addr, 0x02, sizeof(h->eth.src_addr));
	h->eth.ether_type = rte_cpu_to_be_16(ETHER_TYPE);
	h->sent = sent;
}

/* Send all, waiting for room; what a signal interrupts is freed. */
static void
send_all(struct rte_mbuf **frames, uint16_t n)
{
	uint16_t done = 0;

	while (done < n && !bare_stopped())
		done += rte_eth_tx_burst(0, 0, frames + done, n - done);
	rte_pktmbuf_free_bulk(frames + done, n - done);
}

static void
touch(struct bare *bare, uint8_t *payload, uint32_t len, bool is_written)
{
	uint8_t *app = bare->app + bare->app_at;

	if (is_written)
		memcpy(payload, app, len);
	else
		memcpy(app, payload, len);
	bare->app_at += len;
	if (bare->app_at + len > BARE_APP_BYTES)
		bare->app_at = 0;
}

/* Bulk: from the first frame to the last. */
static void
swallow(struct bare *bare, struct rte_mbuf **frames, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint32_t len = frames[i]->data_len - HEADERS;

		touch(bare, rte_pktmbuf_mtod_offset(frames[i], uint8_t *, HEADERS), len, false);
		bare->result.bytes += len;
	}
	rte_pktmbuf_free_bulk(frames, n);
}

static void
answer(const struct bare *bare, struct rte_mbuf **frames, uint16_t n)
{
	struct rte_mbuf *replies[BARE_BURST];

	if (rte_pktmbuf_alloc_bulk(bare->pool, replies, n) != 0) {
		rte_pktmbuf_free_bulk(frames, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++) {
		write_header(replies[i], rte_pktmbuf_mtod(frames[i], struct header *)->sent);
		replies[i]->data_len = bare->options->reply;
		replies[i]->pkt_len = bare->options->reply;
	}
	rte_pktmbuf_free_bulk(frames, n);
	send_all(replies, n);
}

static bool
is_ours(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type ==
	       rte_cpu_to_be_16(ETHER_TYPE);
}

/* Of what came, what is ours; the rest is freed. */
static uint16_t
receive(struct rte_mbuf **frames)
{
	uint16_t n = rte_eth_rx_burst(0, 0, frames, BARE_BURST), kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (is_ours(frames[i]))
			frames[kept++] = frames[i];
		else
			rte_pktmbuf_free(frames[i]);
	}
	return kept;
}

void
bare_serve(struct bare *bare)
{
	struct rte_mbuf *frames[BARE_BURST];
	uint64_t first = 0, last = 0;

	while (!bare_stopped() && rte_rdtsc() < bare->end) {
		uint16_t n = receive(frames);

		if (n == 0)
			continue;
		last = rte_rdtsc();
		first = first == 0 ? last : first;
		bare->result.frames += n;
		if (bare->options->is_bulk)
			swallow(bare, frames, n);
		else
			answer(bare, frames, n);
	}
	bare->result.cycles = last - first;
}

static void
ask(const struct bare *bare, uint32_t n)
{
	struct rte_mbuf *frames[BARE_BURST];

	for (; n > 0; n -= RTE_MIN(n, BARE_BURST)) {
		uint16_t some = (uint16_t)RTE_MIN(n, BARE_BURST);
		uint64_t now = rte_rdtsc();

		if (rte_pktmbuf_alloc_bulk(bare->pool, frames, some) != 0)
			return;
		for (uint16_t i = 0; i < some; i++) {
			write_header(frames[i], now);
			frames[i]->data_len = bare->options->frame;
			frames[i]->pkt_len = bare->options->frame;
		}
		send_all(frames, some);
	}
}

static void
hear(struct bare *bare, struct rte_mbuf **frames, uint16_t n)
{
	struct bare_result *r = &bare->result;
	uint64_t now = rte_rdtsc();

	for (uint16_t i = 0; now >= bare->begin && i < n; i++) {
		r->frames++;
		r->bytes += frames[i]->pkt_len;
		if (r->n_rtt < r->room)
			r->rtt[r->n_rtt++] =
				now - rte_pktmbuf_mtod(frames[i], struct header *)->sent;
	}
	rte_pktmbuf_free_bulk(frames, n);
}

void
bare_exchange(struct bare *bare)
{
	struct rte_mbuf *frames[BARE_BURST];
	uint64_t stale = rte_get_tsc_hz() / 10, heard = 0;

	while (!bare_stopped() && rte_rdtsc() < bare->end) {
		uint16_t n = receive(frames);

		if (n > 0) {
			heard = rte_rdtsc();
			hear(bare, frames, n);
			ask(bare, n);
		} else if (rte_rdtsc() - heard >
		           stale) { /* the peer is not there yet, or all are lost */
			heard = rte_rdtsc();
			ask(bare, bare->options->in_flight);
		}
	}
	bare->result.cycles = rte_rdtsc() - bare->begin;
}

void
bare_pump(struct bare *bare)
{
	struct rte_mbuf *frames[BARE_BURST];
	uint32_t payload = bare->options->frame - HEADERS;

	while (!bare_stopped() && rte_rdtsc() < bare->end) {
		if (rte_pktmbuf_alloc_bulk(bare->pool, frames, BARE_BURST) != 0)
			continue;
		for (uint16_t i = 0; i < BARE_BURST; i++) {
			write_header(frames[i], 0);
			touch(bare, rte_pktmbuf_mtod_offset(frames[i], uint8_t *, HEADERS), payload,
			      true);
			frames[i]->data_len = bare->options->frame;
			frames[i]->pkt_len = bare->options->frame;
		}
		send_all(frames, BARE_BURST);
		if (rte_rdtsc() < bare->begin)
			continue;
		bare->result.frames += BARE_BURST;
		bare->result.bytes += (uint64_t)BARE_BURST * payload;
	}
	bare->result.cycles = rte_rdtsc() - bare->begin;
}
