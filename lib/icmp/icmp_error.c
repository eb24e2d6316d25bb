/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors that a host sends (RFC 792, RFC 1122 §3.2.2.1, .4, .5). Never about ICMP errors, broadcasts, later fragments, or to a source
 * that is no single host (§3.2.2); as much of the packet is quoted as fits 576 bytes (RFC 1812 §4.3.2.3), the transport's header and
 * some payload, so that the sender can be sure whose it is (RFC 5927 §4.1).
 *
 * Two limits (RFC 1812 §4.3.2.8): tokens for each destination, then tokens for all. A limit for all is visible to everybody: who can
 * spoof the addresses of others learns from it which ports are open (RFC 6056's protection gone in minutes). So the destination's own
 * is asked first, and each error takes one to three tokens of the common ones, at random: what is left tells nothing exact.
 */
#include "icmp/icmp_error.h"

#include <rte_mbuf.h>

#include "wire/cksum.h"

#define ERROR_MAX   576U /* bytes of IP packet */
#define QUOTE_MAX   (ERROR_MAX - PLN_IP4_HDR_LEN - PLN_ICMP_HDR_LEN)
#define PRECEDENCE  0xc0U        /* internetwork control: RFC 1812 §4.3.2.5 */
#define TOKEN       PLN_NS_PER_S /* a token is as many ns as a second has: a rate is tokens a second */
#define BURST_MIN   6U
#define COST_SPREAD 3U

/* Queries and their answers may be spoken about; everything else is an error, or may be one. */
static bool
is_query(uint8_t type)
{
	switch (type) {
	case PLN_ICMP_ECHO:
	case PLN_ICMP_ECHO_REPLY:
	case PLN_ICMP_TIMESTAMP:
	case PLN_ICMP_TIMESTAMP_REPLY:
		return true;
	default:
		return false;
	}
}

/* RFC 1122 §3.2.2: what "an ICMP error message MUST NOT be sent as the result of receiving". */
static bool
may_speak_of(const struct pln_icmp *icmp, const struct pln_pkt *pkt)
{
	const struct pln_ip4_hdr *ip = &pkt->ip;

	if (pkt->link_broadcast || ip->frag_off != 0 || !pln_ip_is_ours(icmp->ip, ip->dst))
		return false;
	if (pln_ip4_hdr_is_martian(ip->src) || pln_ip_is_broadcast(icmp->ip, ip->src))
		return false;
	return ip->proto != PLN_IP4_PROTO_ICMP || (pkt->len > 0 && is_query(pkt->data[0]));
}

/* What has come in since, up to `burst` tokens. */
static void
refill(struct pln_icmp_bucket *bucket, uint64_t now, uint32_t rate, uint64_t burst)
{
	uint64_t since = now - bucket->filled_ns, most = burst * TOKEN;

	/* Longer than it takes to fill it: full, and no product that overflows. */
	if (since >= most / rate || bucket->tokens + since * rate > most)
		bucket->tokens = most;
	else
		bucket->tokens += since * rate;
	bucket->filled_ns = now;
}

static bool
take(struct pln_icmp_bucket *bucket, uint64_t tokens)
{
	if (bucket->tokens < tokens * TOKEN)
		return false;
	bucket->tokens -= tokens * TOKEN;
	return true;
}

static bool
within_limits(struct pln_icmp *icmp, struct pln_be32 dst)
{
	uint64_t hash = pln_siphash(&icmp->key, &dst, sizeof(dst)), now = icmp->env->now;
	struct pln_icmp_bucket *own = &icmp->buckets[hash % PLN_ICMP_BUCKETS];
	uint32_t rate = icmp->cfg.rate, all = icmp->cfg.rate_all;

	if (rate == 0 || all == 0)
		return false;
	refill(own, now, rate, rate < BURST_MIN ? BURST_MIN : rate);
	refill(&icmp->common, now, 2 * all, all < 2 * BURST_MIN ? 2 * BURST_MIN : all);
	return take(own, 1) &&
	       take(&icmp->common, 1 + pln_rand_below(&icmp->env->rng, COST_SPREAD));
}

/* The message: header, then the quoted packet from its IP header on. NULL: no buffer. */
static struct rte_mbuf *
build(const struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_report *report)
{
	struct rte_mbuf *m = pln_mbuf_alloc(icmp->ip->mempool);
	uint32_t room = QUOTE_MAX - pkt->ip.hdr_len;
	uint32_t payload = pkt->len < room ? pkt->len : room;
	uint32_t len = PLN_ICMP_HDR_LEN + pkt->ip.hdr_len + payload;
	uint8_t *p = m != NULL ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (p == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memset(p, 0, PLN_ICMP_HDR_LEN);
	p[0] = report->type;
	p[1] = report->code;
	p[4] = report->pointer;
	memcpy(p + PLN_ICMP_HDR_LEN, pkt->data - pkt->ip.hdr_len, pkt->ip.hdr_len);
	pln_mbuf_get_pkt(pkt, 0, p + PLN_ICMP_HDR_LEN + pkt->ip.hdr_len, payload);
	pln_icmp_hdr_seal(p, len);
	return m;
}

void
pln_icmp_error_send(struct pln_icmp *icmp, const struct pln_pkt *pkt,
                    const struct pln_icmp_report *report)
{
	struct pln_ip_once to = {
		.src = pkt->ip.dst,
		.dst = pkt->ip.src,
		.proto = PLN_IP4_PROTO_ICMP,
		.tos = PRECEDENCE,
	};
	struct rte_mbuf *m;

	if (!may_speak_of(icmp, pkt)) {
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_ERROR_FORBIDDEN);
		return;
	}
	if (!within_limits(icmp, pkt->ip.src)) {
		pln_counters_inc(&icmp->env->counters, PLN_ICMP_ERROR_LIMITED);
		return;
	}
	m = build(icmp, pkt, report);
	if (m == NULL) {
		pln_counters_inc(&icmp->env->counters, PLN_TX_NO_MBUF);
		return;
	}
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_TX_ERROR);
	pln_ip_tx_once(icmp->ip, &to, m);
}
