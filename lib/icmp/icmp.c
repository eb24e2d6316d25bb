/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP for a host (RFC 792, RFC 1122 §3.2.2): what arrives is told apart here. Echo is echo.c's. Errors about TCP and UDP are decoded
 * and handed back: whose they are, stack/ knows. Redirects move no route and source quench slows nobody down (RFC 6633); both are
 * counted, and told to a program whose echo request they quote. What a host does not know it drops without a word.
 */
#include "icmp/icmp.h"

#include <rte_mbuf.h>

#include "icmp/echo.h"
#include "wire/cksum.h"

#define TIMESTAMP_LEN 20U /* bytes: header and three times */

void
pln_icmp_init(struct pln_icmp *icmp, struct pln_env *env, struct pln_ip *ip)
{
	memset(icmp, 0, sizeof(*icmp));
	icmp->env = env;
	icmp->ip = ip;
	icmp->key = pln_siphash_derive(&env->secret, "icmp errors");
	icmp->cfg = (struct pln_icmp_config){ .rate = 10, .rate_all = 1000, .min_pmtu = 552 };
	icmp->everybody.state = PLN_NEIGH_STATIC;
	icmp->everybody.users = 1;
	memset(&icmp->everybody.mac, 0xff, sizeof(icmp->everybody.mac));
}

/* Of an ICMP message that we sent: only echo requests are ever quoted at us. */
static enum pln_drop
deal_quote(struct pln_icmp *icmp, const struct pln_pkt *pkt, struct pln_icmp_error *error,
           bool *has_error)
{
	switch (error->quote.ip.proto) {
	case PLN_IP4_PROTO_ICMP:
		return pln_echo_error(icmp, pkt, error);
	case PLN_IP4_PROTO_TCP:
	case PLN_IP4_PROTO_UDP:
		*has_error = true;
		return PLN_ACCEPT;
	default:
		return PLN_ICMP_NO_OWNER;
	}
}

/* RFC 1191 §3, RFC 5927 §7: whatever a router says, below some length nothing has to be fragmented. Echo's owner reads what it said. */
static void
believe_mtu(const struct pln_icmp *icmp, struct pln_icmp_error *error)
{
	uint32_t floor = icmp->cfg.min_pmtu < icmp->ip->mtu ? icmp->cfg.min_pmtu : icmp->ip->mtu;
	uint16_t mtu = pln_icmp_hdr_next_mtu(error);

	if (error->quote.ip.proto != PLN_IP4_PROTO_ICMP)
		error->next_mtu = mtu < floor ? (uint16_t)floor : mtu;
}

/* Unreachable, time exceeded, parameter problem. Only what we could have sent is looked at. */
static enum pln_drop
take_error(struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_hdr *hdr,
           struct pln_icmp_error *error)
{
	enum pln_drop drop = pln_icmp_hdr_quote(pkt->data, pkt->len, &error->quote);

	if (drop != PLN_ACCEPT)
		return drop;
	if (!pln_ip_is_ours(icmp->ip, error->quote.ip.src))
		return PLN_ICMP_NO_OWNER;
	error->type = hdr->type;
	error->code = hdr->code;
	error->next_mtu = hdr->next_mtu;
	if (hdr->type == PLN_ICMP_UNREACHABLE && hdr->code == PLN_ICMP_CODE_TOO_BIG)
		believe_mtu(icmp, error);
	error->pointer = hdr->pointer;
	error->gateway = hdr->gateway;
	return PLN_ACCEPT;
}

/*
 * RFC 1122 §3.2.2.8. There is no clock of the day here: so "any time can be inserted" (RFC 792), the stack's in milliseconds, "provided
 * the high order bit of the timestamp is also set".
 */
static enum pln_drop
answer_timestamp(struct pln_icmp *icmp, const struct pln_pkt *pkt)
{
	struct pln_ip_once to = { .src = pkt->ip.dst,
		                  .dst = pkt->ip.src,
		                  .proto = PLN_IP4_PROTO_ICMP,
		                  .tos = pkt->ip.tos };
	uint32_t time = (uint32_t)(icmp->env->now / PLN_NS_PER_MS) | UINT32_C(0x80000000);
	struct rte_mbuf *m;
	uint8_t *p;

	if (!icmp->cfg.timestamp)
		return PLN_ICMP_TYPE_IGNORED;
	if (pkt->len < TIMESTAMP_LEN)
		return PLN_ICMP_SHORT;
	m = pln_mbuf_alloc(icmp->ip->mempool);
	if (m == NULL)
		return PLN_RX_DROP_NO_MBUF;
	p = (uint8_t *)rte_pktmbuf_append(m, TIMESTAMP_LEN);
	pln_mbuf_get_pkt(pkt, 0, p, TIMESTAMP_LEN); /* id, seq and the sender's time stay */
	p[0] = PLN_ICMP_TIMESTAMP_REPLY;
	p[1] = 0;
	pln_bytes_put32(p + 12, time);
	pln_bytes_put32(p + 16, time);
	pln_icmp_hdr_seal(p, TIMESTAMP_LEN);
	pln_counters_inc(&icmp->env->counters, PLN_ICMP_RX_TIMESTAMP);
	pln_ip_tx_once(icmp->ip, &to, m); /* counts its own drops */
	return PLN_ACCEPT;
}

/* Redirect: the safe default is to ignore it; source quench: RFC 6633. A ping may still want to print them. */
static enum pln_drop
ignore_advice(struct pln_icmp *icmp, const struct pln_pkt *pkt, const struct pln_icmp_hdr *hdr)
{
	bool redirect = hdr->type == PLN_ICMP_REDIRECT;
	struct pln_icmp_error error;

	if (take_error(icmp, pkt, hdr, &error) == PLN_ACCEPT &&
	    error.quote.ip.proto == PLN_IP4_PROTO_ICMP)
		(void)pln_echo_error(icmp, pkt, &error);
	return redirect ? PLN_ICMP_REDIRECT_IGNORED : PLN_ICMP_QUENCH_IGNORED;
}

static enum pln_drop
deal(struct pln_icmp *icmp, struct pln_pkt *pkt, struct pln_icmp_error *error, bool *has_error)
{
	struct pln_icmp_hdr hdr;
	enum pln_drop drop;

	pln_icmp_hdr_decode(pkt->data, &hdr);
	switch (hdr.type) {
	case PLN_ICMP_ECHO:
		return pln_echo_answer(icmp, pkt);
	case PLN_ICMP_ECHO_REPLY:
		return pln_echo_reply(icmp, pkt, false);
	case PLN_ICMP_UNREACHABLE:
	case PLN_ICMP_TIME_EXCEEDED:
	case PLN_ICMP_PARAM_PROBLEM:
		drop = take_error(icmp, pkt, &hdr, error);
		return drop != PLN_ACCEPT ? drop : deal_quote(icmp, pkt, error, has_error);
	case PLN_ICMP_REDIRECT:
	case PLN_ICMP_SOURCE_QUENCH:
		return ignore_advice(icmp, pkt, &hdr);
	case PLN_ICMP_TIMESTAMP:
		return answer_timestamp(icmp, pkt);
	default:
		/* Address masks are asked of their authority, which no host is unless told (RFC 1122 §3.2.2.9); information requests are
		 * obsolete (§3.2.2.7). */
		/* RFC 1122 §3.2.2: "If an ICMP message of unknown type is received, it MUST be silently discarded." */
		return PLN_ICMP_TYPE_IGNORED;
	}
}

/* RFC 1122 §3.2.2.6: an echo to a broadcast "MAY be silently discarded"; no other message has business there. */
static bool
may_listen(const struct pln_icmp *icmp, const struct pln_pkt *pkt)
{
	if (!pkt->link_broadcast && pln_ip_is_ours(icmp->ip, pkt->ip.dst))
		return true;
	return icmp->cfg.echo_broadcast && pkt->data[0] == PLN_ICMP_ECHO;
}

enum pln_drop
pln_icmp_rx(struct pln_icmp *icmp, struct pln_pkt *pkt, struct pln_icmp_error *error,
            bool *has_error)
{
	*has_error = false;
	if (pkt->len < PLN_ICMP_HDR_LEN)
		return PLN_ICMP_SHORT;
	if (!may_listen(icmp, pkt))
		return PLN_ICMP_BROADCAST;
	if (pln_cksum_finish(pln_mbuf_pkt_cksum(pkt)) == 0)
		return deal(icmp, pkt, error, has_error);
	/* A ping wants to know of it. */
	return pkt->data[0] == PLN_ICMP_ECHO_REPLY && pln_echo_reply(icmp, pkt, true) == PLN_ACCEPT
	               ? PLN_ACCEPT
	               : PLN_ICMP_BAD_CHECKSUM;
}
