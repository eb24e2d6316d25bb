/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP of one stack: made and unmade, datagrams in, and what the floors below have to tell its sockets (RFC 768, RFC 1122 §4.1). The
 * most particular socket gets a datagram: one with this peer, then one of this address, then one of any. Queues are bounded by
 * datagrams and by the bytes of buffers they pin; what finds one full is dropped and counted, by the stack and by the socket.
 */
#include "udp/udp.h"

#include "base/ip4.h"
#include "base/numa.h"
#include "udp/usock.h"
#include "wire/cksum.h"
#include "wire/udp_hdr.h"

#define PORTS 65536U

int
pln_udp_init(struct pln_udp *udp, const struct pln_udp_setup *setup)
{
	int rc;

	*udp = (struct pln_udp){ .env = setup->env, .ip = setup->ip };
	udp->cfg = (struct pln_udp_config){
		.rcvbuf = 1U << 20, .rcvq = 1024, .ttl = 64, .pmtud = true
	};
	udp->everybody.state = PLN_NEIGH_STATIC;
	udp->everybody.users = 1;
	memset(&udp->everybody.mac, 0xff, sizeof(udp->everybody.mac));
	pln_sport_init(&udp->sport, &setup->env->secret, PLN_SPORT_MIN, PLN_SPORT_MAX);
	udp->port_users = pln_numa_alloc(PORTS * sizeof(udp->port_users[0]));
	if (udp->port_users == NULL)
		return -ENOMEM;
	rc = pln_pool_init(&udp->socks, sizeof(struct pln_udp_sock), setup->max_socks);
	if (rc < 0)
		goto fail_pool;
	rc = pln_flow_table_init(&udp->flows, setup->max_socks, &setup->env->secret);
	if (rc < 0)
		goto fail_flows;
	return 0;
fail_flows:
	pln_pool_fini(&udp->socks);
fail_pool:
	pln_numa_free(udp->port_users, PORTS * sizeof(udp->port_users[0]));
	return rc;
}

void
pln_udp_fini(struct pln_udp *udp)
{
	struct pln_udp_sock *s;
	uint32_t cursor = 0;

	while ((s = pln_pool_iterate(&udp->socks, &cursor)) != NULL)
		pln_usock_close(s);
	pln_flow_table_fini(&udp->flows);
	pln_pool_fini(&udp->socks);
	pln_numa_free(udp->port_users, PORTS * sizeof(udp->port_users[0]));
}

static struct pln_udp_sock *
sock_of_key(const struct pln_udp *udp, const struct pln_flow_key *key)
{
	uint32_t index;

	return pln_flow_table_lookup(&udp->flows, key, &index) ? pln_pool_at(&udp->socks, index)
	                                                       : NULL;
}

/* Whose is a datagram between these two? */
static struct pln_udp_sock *
owner_of(const struct pln_udp *udp, const struct pln_flow_key *key)
{
	struct pln_flow_key k = *key;
	struct pln_udp_sock *s = sock_of_key(udp, &k);

	k.remote.raw = 0;
	k.remote_port = 0;
	if (s == NULL)
		s = sock_of_key(udp, &k);
	k.local.raw = 0;
	return s != NULL ? s : sock_of_key(udp, &k);
}

/* RFC 768, RFC 1122 §4.1.3.4: "If a UDP datagram is received with a checksum that is non-zero and invalid, UDP MUST silently discard the
 * datagram." */
static bool
checksum_holds(const struct pln_pkt *pkt, const struct pln_udp_hdr *hdr)
{
	uint32_t sum;

	if (!hdr->has_cksum || pkt->l4_good)
		return true;
	sum = pln_cksum_pseudo4(pkt->ip.src, pkt->ip.dst, PLN_IP4_PROTO_UDP, hdr->len);
	return pln_cksum_finish(pln_cksum_join(pln_mbuf_pkt_cksum(pkt), sum, 0)) == 0;
}

static enum pln_drop
enqueue(struct pln_udp_sock *s, struct pln_pkt *pkt)
{
	bool full = s->rxq.count > 0 && s->rx_bytes + (uint64_t)pkt->truesize > s->opts.rcvbuf;

	/* A buffer may be larger than the limit: one datagram is always let in. */
	if (full || s->rxq.count >= s->opts.rcvq) {
		s->dropped++;
		return PLN_UDP_QUEUE_FULL;
	}
	pkt->data += PLN_UDP_HDR_LEN;
	pkt->len -= PLN_UDP_HDR_LEN;
	s->rx_bytes += pkt->truesize;
	s->received++;
	s->bytes_received += pkt->len;
	pln_pktq_push(&s->rxq, pkt);
	pln_usock_tell(s, PLN_EV_READABLE);
	return PLN_ACCEPT;
}

enum pln_drop
pln_udp_rx(struct pln_udp *udp, struct pln_pkt *pkt)
{
	struct pln_flow_key key = { .local = pkt->ip.dst, .remote = pkt->ip.src };
	struct pln_udp_sock *s;
	struct pln_udp_hdr hdr;
	enum pln_drop drop = pln_udp_hdr_parse(pkt->data, pkt->len, pkt->len, &hdr);

	if (drop != PLN_ACCEPT)
		return drop;
	pkt->len = hdr.len;
	if (!checksum_holds(pkt, &hdr))
		return PLN_UDP_BAD_CHECKSUM;
	key.local_port = hdr.dst_port;
	key.remote_port = hdr.src_port;
	s = hdr.dst_port != 0 ? owner_of(udp, &key) : NULL;
	if (s == NULL)
		return PLN_UDP_NO_SOCKET;
	drop = enqueue(s, pkt);
	if (drop == PLN_ACCEPT)
		pln_counters_inc(&udp->env->counters, PLN_UDP_RX);
	return drop;
}

/* RFC 1191 §6: every path there follows, ip/ sees to it. Where DF is never set no router had a reason to complain. */
static void
lower_path_mtu(struct pln_udp_sock *s, const struct pln_icmp_error *error)
{
	struct pln_ip *ip = s->udp->ip;

	if (s->opts.mtu_discover == 0 || s->path.neigh == NULL ||
	    s->path.dst.raw != error->quote.ip.dst.raw ||
	    error->next_mtu >= pln_ip_pmtu(ip, s->path.dst))
		return;
	pln_ip_pmtu_learn(ip, s->path.dst, error->next_mtu);
	s->path.mtu = pln_ip_pmtu(ip, s->path.dst);
}

static void
queue_error(struct pln_udp_sock *s, const struct pln_icmp_error *error, struct pln_be32 from,
            int code)
{
	struct pln_udp_error *e;

	if (s->errors_count == PLN_USOCK_ERRORS) {
		pln_counters_inc(&s->udp->env->counters, PLN_UDP_ERRORS_FULL);
		return;
	}
	e = &s->errors[(s->errors_head + s->errors_count++) % PLN_USOCK_ERRORS];
	*e = (struct pln_udp_error){ .error = code,
		                     .type = error->type,
		                     .code = error->code,
		                     .mtu = error->next_mtu,
		                     .from = pln_ip4_addr(from),
		                     .to = pln_ip4_endpoint(error->quote.ip.dst,
		                                            error->quote.dst_port) };
}

/*
 * RFC 1122 §4.1.3.3: "UDP MUST pass to the application layer all ICMP error messages that it receives from the IP layer." As Linux does
 * it: hard ones become the error of a socket with a peer, others can only be noted; who wants all of them says so.
 */
static void
deliver(struct pln_udp_sock *s, const struct pln_icmp_error *error, struct pln_be32 from)
{
	bool hard;
	int code = pln_icmp_hdr_errno(error->type, error->code, &hard);

	s->icmp_errors++;
	if (code == -EMSGSIZE) {
		hard = s->opts.mtu_discover != 0;
		lower_path_mtu(s, error);
	}
	if (s->opts.errors)
		queue_error(s, error, from, code);
	if (s->opts.errors || (hard && s->has_peer))
		pln_usock_fail(s, code);
	else
		s->soft_error = code;
}

enum pln_drop
pln_udp_icmp_error(struct pln_udp *udp, const struct pln_icmp_error *error, struct pln_be32 from)
{
	const struct pln_icmp_quote *q = &error->quote;
	struct pln_flow_key key = { q->ip.src, q->ip.dst, q->src_port, q->dst_port };
	struct pln_udp_sock *s;

	/* Ports went with the first fragment; it alone says whose it was. */
	if (q->ip.frag_off != 0)
		return PLN_ICMP_NO_OWNER;
	s = owner_of(udp, &key);
	if (s == NULL || s->sent == 0)
		return PLN_ICMP_NO_OWNER;
	deliver(s, error, from);
	return PLN_ACCEPT;
}

void
pln_udp_neigh_failed(struct pln_udp *udp, struct pln_be32 next_hop)
{
	struct pln_udp_sock *s;
	uint32_t cursor = 0;

	while ((s = pln_pool_iterate(&udp->socks, &cursor)) != NULL) {
		if (s->path.neigh == NULL || s->path.next_hop.raw != next_hop.raw)
			continue;
		if (s->has_peer || s->opts.errors)
			pln_usock_fail(s, -EHOSTUNREACH);
		else
			s->soft_error = -EHOSTUNREACH;
	}
}

void
pln_udp_addr_lost(struct pln_udp *udp, struct pln_be32 addr)
{
	struct pln_udp_sock *s;
	uint32_t cursor = 0;

	while ((s = pln_pool_iterate(&udp->socks, &cursor)) != NULL)
		if (s->is_bound && s->key.local.raw == addr.raw)
			pln_usock_fail(s, -EADDRNOTAVAIL);
}

unsigned int
pln_udp_take_events(struct pln_udp *udp, struct pln_event *events, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && udp->ready != NULL) {
		struct pln_udp_sock *s = udp->ready;

		udp->ready = s->ready_next;
		if (udp->ready == NULL)
			udp->ready_end = NULL;
		events[n++] = (struct pln_event){
			.conn = s->handle,
			.cookie = s->cookie,
			.bits = s->ev_bits,
			.error = (s->ev_bits & PLN_EV_ERROR) != 0 ? s->error : 0,
		};
		s->ev_bits = 0;
		s->is_ready = false;
	}
	return n;
}
