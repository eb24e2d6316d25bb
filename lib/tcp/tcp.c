/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP of one stack: made and unmade, its events, and what the floors below have to tell its connections. */
#include "tcp/tcp.h"

#include "tcp/buffers.h"
#include "tcp/conn.h"
#include "tcp/ext/cookie.h"
#include "tcp/fastopen.h"
#include "tcp/listen.h"
#include "tcp/move.h"
#include "tcp/pacing.h"
#include "tcp/probe_mtu.h"
#include "tcp/recovery.h"
#include "tcp/trace.h"

#define FLAGS_OFF 13U /* of the header, RFC 9293 §3.1 */
/* Records of transmissions; a connection without one sends all the same, only knows less. Memory that is not used costs nothing. */
#define RANGES_PER_CONN 16U
#define RANGES_AT_LEAST 32768U

void
pln_tcp_config_default(struct pln_tcp_config *cfg)
{
	*cfg = (struct pln_tcp_config){
		.rto_init_ns = PLN_NS_PER_S,
		.rto_min_ns = 200 * PLN_NS_PER_MS,
		.rto_max_ns = 120 * PLN_NS_PER_S,
		.delack_ns = 40 * PLN_NS_PER_MS,
		.fin_timeout_ns = 60 * PLN_NS_PER_S,
		.time_wait_ns = 60 * PLN_NS_PER_S,
		.keepalive_idle_ns = 7200 * PLN_NS_PER_S,
		.keepalive_interval_ns = 75 * PLN_NS_PER_S,
		.keepalive_count = 9,
		.syn_retries =
			7, /* 1 + 2 + … + 64 s, then 120 s: beyond the 3 minutes of MUST-23 */
		.synack_retries = 5,
		.retries1 = 3,
		.retries2 = 15,
		.init_cwnd = 10,
		.rcvbuf = 1U << 20,
		.sndbuf = 1U << 20,
		.rcvbuf_max = 6U << 20,
		.sndbuf_max = 6U << 20,
		.delack_segs = 2,
		.quickack_segs = 16,
		.challenge_ack_limit = 10,
		.invalid_ratelimit_ns = 500 * PLN_NS_PER_MS,
		.soft_errors = true,
		.port_min = 1024,
		.port_max = 65535,
		.ttl = 64,
		.timestamps = true,
		.wscale = true,
		.sack = true,
		.dsack = true,
		.rack = true,
		.tlp = true,
		.prr = true,
		.nagle = true,
		.slow_start_after_idle = true,
		.cwnd_validation = true,
		.tw_reuse = true,
		.pmtud = PLN_PMTUD_ICMP,
		.pmtud_base = 1024,
		.pmtud_interval_ns = 600 * PLN_NS_PER_S,
		.uto_min_ns = 100 * PLN_NS_PER_S,
		.uto_max_ns = 86400 * PLN_NS_PER_S,
		.ecn = PLN_ECN_AGREE,
		.syncookies = PLN_COOKIE_WHEN_FULL,
		.fastopen = PLN_FASTOPEN_CLIENT | PLN_FASTOPEN_SERVER,
		.pacing = PLN_PACING_IF_ASKED,
		.cc = &pln_cubic_ops,
	};
}

int
pln_tcp_init(struct pln_tcp *tcp, const struct pln_tcp_setup *setup)
{
	uint32_t flows = setup->max_conns + setup->max_time_wait;
	int rc;

	*tcp = (struct pln_tcp){
		.env = setup->env, .ip = setup->ip, .txq = setup->txq, .mempool = setup->mempool
	};
	pln_tcp_config_default(&tcp->cfg);
	tcp->max_conns = setup->max_conns;
	pln_buffers_init(tcp);
	tcp->cookie_key = pln_cookie_key(&setup->env->secret);
	pln_fo_cookie_keys_init(&tcp->fo_keys, &setup->env->secret);
	pln_sport_init(&tcp->sport, &setup->env->secret, (uint16_t)tcp->cfg.port_min,
	               (uint16_t)tcp->cfg.port_max);
	rc = pln_flow_table_init(&tcp->flows, flows, &setup->env->secret);
	if (rc < 0)
		return rc;
	rc = pln_pool_init(&tcp->conns, sizeof(struct pln_tcp_conn), setup->max_conns);
	if (rc < 0)
		goto fail_conns;
	rc = pln_pool_init(&tcp->ranges, sizeof(struct pln_range),
	                   setup->max_conns * RANGES_PER_CONN + RANGES_AT_LEAST);
	if (rc < 0)
		goto fail_ranges;
	rc = pln_timewait_init(&tcp->timewait, setup->env, &tcp->flows, setup->max_time_wait);
	if (rc < 0)
		goto fail_timewait;
	if (setup->trace_records == 0)
		return 0;
	tcp->trace = pln_trace_create(setup->env, setup->trace_records);
	if (tcp->trace != NULL)
		return 0;
	rc = -ENOMEM;
	pln_timewait_fini(&tcp->timewait);
fail_timewait:
	pln_pool_fini(&tcp->ranges);
fail_ranges:
	pln_pool_fini(&tcp->conns);
fail_conns:
	pln_flow_table_fini(&tcp->flows);
	return rc;
}

void
pln_tcp_fini(struct pln_tcp *tcp)
{
	struct pln_tcp_conn *c;
	uint32_t cursor = 0;

	while ((c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL) {
		c->listener = NULL; /* it, and its lists, may be gone already */
		c->flags &= ~(uint32_t)PLN_CONN_HALF_OPEN;
		pln_conn_free(c);
	}
	pln_trace_destroy(tcp->trace);
	pln_timewait_fini(&tcp->timewait);
	pln_pool_fini(&tcp->ranges);
	pln_pool_fini(&tcp->conns);
	pln_flow_table_fini(&tcp->flows);
}

unsigned int
pln_tcp_take_events(struct pln_tcp *tcp, struct pln_event *events, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && tcp->ready.head != NULL) {
		struct pln_tcp_conn *c = tcp->ready.head;

		events[n++] = (struct pln_event){
			.conn = c->handle,
			.cookie = c->cookie,
			.bits = c->ev_bits,
			.error = (c->ev_bits & PLN_EV_CLOSED) != 0 ? c->error : 0,
		};
		c->ev_bits = 0;
		pln_conn_told(c);
	}
	return n;
}

/* SHLD-26: hard errors end a connection that is being opened, and only that one (RFC 5461, RFC 5927 §5.2); all others are noted. */
static bool
is_hard(const struct pln_icmp_error *error)
{
	return error->type == PLN_ICMP_UNREACHABLE &&
	       (error->code == PLN_ICMP_CODE_PROTOCOL || error->code == PLN_ICMP_CODE_PORT);
}

static bool
being_opened(const struct pln_tcp_conn *c)
{
	return c->state == PLN_TCP_SYN_SENT || c->state == PLN_TCP_SYN_RECEIVED;
}

/* RFC 1191 §6.3: only lower. How low at most icmp/ has decided (min_pmtu). */
static void
lower_path_mtu(struct pln_tcp_conn *c, uint16_t mtu)
{
	if (c->opts.pmtud == PLN_PMTUD_OFF)
		return;
	(void)pln_probe_mtu_told(c, mtu);
	if (mtu >= c->path.mtu)
		return;
	c->path.mtu = mtu;
	pln_ip_pmtu_learn(c->tcp->ip, c->path.dst, mtu);
	pln_conn_sync_mss(c);
	if (!being_opened(c))
		pln_recovery_rewind(c);
}

enum pln_drop
pln_tcp_icmp_error(struct pln_tcp *tcp, const struct pln_icmp_error *error)
{
	const struct pln_icmp_quote *q = &error->quote;
	struct pln_flow_key key = { q->ip.src, q->ip.dst, q->src_port, q->dst_port };
	struct pln_tcp_conn *c;
	bool for_datagrams; /* how hard it is to them */
	uint32_t value;
	int rc;

	if (!pln_flow_table_lookup(&tcp->flows, &key, &value) ||
	    (value & (PLN_TIMEWAIT_FLOW | PLN_MOVED_FLOW)) != 0)
		return PLN_ICMP_NO_OWNER;
	c = pln_pool_at(&tcp->conns, value);
	/* RFC 5927 §4.1: the quoted sequence number must be in flight. */
	if (!pln_seq_in(q->seq, c->snd.una, c->snd.nxt))
		return PLN_ICMP_NO_OWNER;
	if (error->type == PLN_ICMP_UNREACHABLE && error->code == 4) {
		lower_path_mtu(c, error->next_mtu);
		return PLN_ACCEPT;
	}
	rc = pln_icmp_hdr_errno(error->type, error->code, &for_datagrams);
	pln_conn_soft_error(c, rc);
	if (is_hard(error) && being_opened(c))
		pln_conn_closed(c, rc, "the destination refused it by ICMP");
	return PLN_ACCEPT;
}

/* Another gateway has taken over (RFC 1122 §3.3.1.5): the next segment goes by way of it. */
static bool
has_another_way(const struct pln_tcp_conn *c)
{
	struct pln_be32 hop;

	return pln_ip_next_hop(c->tcp->ip, c->path.dst, &hop) == 0 &&
	       hop.raw != c->path.next_hop.raw;
}

void
pln_tcp_neigh_failed(struct pln_tcp *tcp, struct pln_be32 next_hop)
{
	struct pln_tcp_conn *c;
	uint32_t cursor = 0;

	while ((c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL) {
		if (!pln_conn_has(c, PLN_CONN_IN_FLOWS) || c->path.next_hop.raw != next_hop.raw ||
		    has_another_way(c))
			continue;
		pln_conn_soft_error(c, -EHOSTUNREACH);
		if (being_opened(c))
			pln_conn_closed(c, -EHOSTUNREACH, "the next hop does not answer ARP");
	}
}

/* As an ABORT would (RFC 9293 §3.10.5): no reset for a peer that never heard of us, nor where both have said all they had to. */
static void
lose_addr(struct pln_tcp_conn *c)
{
	static const char why[] = "another host has our address";
	bool done = (c->state == PLN_TCP_CLOSING || c->state == PLN_TCP_LAST_ACK) &&
	            pln_conn_has(c, PLN_CONN_FIN_SENT);

	if (c->state == PLN_TCP_SYN_SENT || done || !pln_conn_reset(c, -EADDRNOTAVAIL, why))
		pln_conn_closed(c, -EADDRNOTAVAIL, why);
}

void
pln_tcp_addr_lost(struct pln_tcp *tcp, struct pln_be32 addr)
{
	struct pln_tcp_conn *c;
	uint32_t cursor = 0;

	while ((c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL) {
		if (c->key.local.raw != addr.raw)
			continue;
		if (pln_conn_has(c, PLN_CONN_IN_FLOWS))
			lose_addr(c);
		else if (pln_conn_has(c, PLN_CONN_LISTENER))
			pln_conn_soft_error(c, -EADDRNOTAVAIL);
	}
}

void
pln_tcp_mtu_changed(struct pln_tcp *tcp)
{
	struct pln_tcp_conn *c;
	uint32_t cursor = 0;

	while ((c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL) {
		if (!pln_conn_has(c, PLN_CONN_IN_FLOWS))
			continue;
		c->path.mtu = pln_probe_mtu_told(c, pln_ip_pmtu(tcp->ip, c->path.dst));
		pln_conn_sync_mss(c);
	}
}

bool
pln_tcp_owns(struct pln_tcp *tcp, const struct pln_pkt *pkt)
{
	struct pln_flow_key key = { .local = pkt->ip.dst, .remote = pkt->ip.src };
	uint32_t value;

	if (pkt->len < PLN_TCP_HDR_LEN)
		return true;
	key.remote_port = pln_bytes_get16(pkt->data);
	key.local_port = pln_bytes_get16(pkt->data + 2);
	if (pln_flow_table_lookup(&tcp->flows, &key, &value))
		return true;
	if ((pkt->data[FLAGS_OFF] & (PLN_TCP_SYN | PLN_TCP_ACK | PLN_TCP_RST)) == PLN_TCP_SYN)
		return pln_listen_find(tcp, key.local, key.local_port) != NULL;
	return pln_listen_cookie_is(tcp, pkt);
}
