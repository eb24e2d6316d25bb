/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams between the user and IP (RFC 768; RFC 1122 §4.1.3.4 to 6). Sending: from which address, whether it may be fragmented,
 * with which checksum. A socket keeps the way to its last destination. Receiving takes
 * the oldest datagram, by copy or where it lies.
 */
#include "base/ip4.h"
#include "udp/usock.h"
#include "wire/cksum.h"
#include "wire/udp_hdr.h"

#define COPY_MAX 256U /* bytes: below this a reference costs more than the copy */

enum discover {
	DISCOVER_DONT = 0,
	DISCOVER_WANT,
	DISCOVER_DO,
};

static int
errno_of_path(int rc)
{
	return rc == -ENOSPC ? -ENOBUFS : rc;
}

/* A broadcast has no next hop to ask for: the frame goes to everybody on the link. */
static void
open_broadcast_path(struct pln_udp_sock *s, struct pln_be32 dst, struct pln_be32 src)
{
	struct pln_ip *ip = s->udp->ip;

	s->path = (struct pln_ip_path){
		.src = src,
		.dst = dst,
		.next_hop = dst,
		.neigh = &s->udp->everybody,
		.generation = ip->generation,
		.mtu = ip->mtu,
	};
}

/* The way to `dst`, as addresses, routes and path MTUs are now. */
static int
ready_path(struct pln_udp_sock *s, struct pln_be32 dst, bool broadcast)
{
	struct pln_ip *ip = s->udp->ip;
	struct pln_be32 src = s->key.local;
	int rc = 0;

	if (s->path.neigh != NULL && s->path.dst.raw == dst.raw &&
	    s->path.generation == ip->generation)
		return 0;
	pln_usock_forget_path(s);
	if (src.raw == 0)
		rc = pln_usock_source_for(s, dst, &src);
	if (rc == 0 && broadcast)
		open_broadcast_path(s, dst, src);
	else if (rc == 0)
		rc = pln_ip_path_open(ip, dst, src, &s->path);
	return errno_of_path(rc);
}

/* May it go, and with DF? RFC 1122 §3.3.6 has broadcasts whole; so does Linux. */
static int
decide_df(struct pln_udp_sock *s, uint32_t len, bool broadcast)
{
	bool fits = pln_ip_fits(s->udp->ip, &s->path, PLN_UDP_HDR_LEN + len);

	if (!fits && (broadcast || s->opts.mtu_discover == DISCOVER_DO))
		return -EMSGSIZE;
	s->path.df = s->opts.mtu_discover == DISCOVER_DO ||
	             (s->opts.mtu_discover == DISCOVER_WANT && fits);
	s->path.ttl = s->opts.ttl;
	s->path.tos = s->opts.tos;
	return 0;
}

/* The checksum goes into the header when all is in its place; or the link completes it, from the pseudo-header's sum. */
static void
seal(const struct pln_ip *ip, struct rte_mbuf *m, const struct pln_ip_path *path)
{
	uint32_t sum =
		pln_cksum_pseudo4(path->src, path->dst, PLN_IP4_PROTO_UDP, (uint16_t)m->pkt_len);
	uint16_t cksum;

	if ((ip->txq->link.capabilities & PLN_LINK_TX_UDP_CKSUM) != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4;
		cksum = (uint16_t)~pln_cksum_finish(sum);
	} else {
		sum = pln_cksum_join(pln_mbuf_cksum(m, 0), sum, 0);
		cksum = pln_udp_hdr_cksum(pln_cksum_finish(sum));
	}
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, PLN_UDP_HDR_CKSUM_OFF), &cksum, sizeof(cksum));
}

/* By reference, in mbufs that point to the caller's bytes, where there is one and it is worth it; else by copy. */
static bool
append_payload(const struct pln_ip *ip, struct rte_mbuf *m, const struct pln_udp_out *out,
               struct pln_sendref *ref)
{
	enum pln_mbuf_reach reach = pln_mbuf_reach_of(ip->txq->link.capabilities);
	struct pln_pieces pieces = { .count = 1, .len = (uint32_t)out->len };

	pieces.piece[0] = (struct pln_piece){ ref, out->data, (uint32_t)out->len };
	if (ref != NULL && reach != PLN_MBUF_REACH_NONE && out->len > COPY_MAX)
		return pln_mbuf_append(m, &pieces, reach, COPY_MAX);
	return pln_mbuf_put(m, out->data, (uint32_t)out->len);
}

static struct rte_mbuf *
build(struct pln_udp_sock *s, const struct pln_udp_out *out, uint16_t to_port,
      struct pln_sendref *ref)
{
	const struct pln_ip *ip = s->udp->ip;
	struct pln_udp_hdr hdr = {
		.src_port = s->key.local_port,
		.dst_port = to_port,
		.len = (uint16_t)(PLN_UDP_HDR_LEN + out->len),
	};
	struct rte_mbuf *m = pln_mbuf_alloc(ip->mempool);

	if (m == NULL)
		return NULL;
	pln_udp_hdr_emit((uint8_t *)rte_pktmbuf_append(m, PLN_UDP_HDR_LEN), &hdr);
	if (!append_payload(ip, m, out, ref)) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	if (!s->opts.no_checksum)
		seal(ip, m, &s->path);
	return m;
}

/* Where to, and may it? */
static int
choose_destination(const struct pln_udp_sock *s, const struct pln_udp_out *out,
                   struct pln_flow_key *to, bool *broadcast)
{
	const struct pln_endpoint peer = pln_ip4_endpoint(s->key.remote, s->key.remote_port);

	if (out->len > PLN_UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (out->to.addr.family != PLN_FAMILY_NONE) {
		to->remote_port = out->to.port;
		return pln_usock_check_remote(s, &out->to, &to->remote, broadcast);
	}
	if (!s->has_peer)
		return -EDESTADDRREQ;
	to->remote_port = peer.port;
	return pln_usock_check_remote(s, &peer, &to->remote, broadcast);
}

static int
errno_of_drop(enum pln_drop drop)
{
	switch ((unsigned int)drop) {
	case PLN_IP_TOO_BIG:
		return -EMSGSIZE;
	case PLN_IP_NO_ROUTE:
		return -ENETUNREACH;
	case PLN_ARP_FAILED:
		return -EHOSTUNREACH;
	case PLN_ARP_TABLE_FULL:
	case PLN_RX_DROP_NO_MBUF:
		return -ENOBUFS;
	default: /* a queue was full on the way: datagrams get lost */
		return 0;
	}
}

static int
send_to(struct pln_udp_sock *s, const struct pln_udp_out *out, struct pln_sendref *ref)
{
	struct pln_flow_key to = { 0 };
	struct rte_mbuf *m;
	bool broadcast;
	int rc = choose_destination(s, out, &to, &broadcast);

	if (rc == 0)
		rc = pln_usock_autobind(s, &to);
	if (rc == 0)
		rc = ready_path(s, to.remote, broadcast);
	if (rc == 0)
		rc = decide_df(s, (uint32_t)out->len, broadcast);
	if (rc != 0)
		return rc;
	m = build(s, out, to.remote_port, ref);
	if (m == NULL)
		return -ENOBUFS;
	rc = errno_of_drop(pln_ip_tx(s->udp->ip, &s->path, m, PLN_IP4_PROTO_UDP));
	if (rc != 0)
		return rc;
	s->sent++;
	s->bytes_sent += out->len;
	pln_counters_inc(&s->udp->env->counters, PLN_UDP_TX);
	return 0;
}

ssize_t
pln_usock_send(struct pln_udp_sock *s, const struct pln_udp_out *out)
{
	struct pln_sendref *ref = NULL;
	int rc = pln_usock_error_take(s);

	if (out->release != NULL && out->len <= PLN_UDP_PAYLOAD_MAX)
		ref = pln_mbuf_sendref_wrap(s->udp->ip->mempool, out->data, (uint16_t)out->len,
		                            out->release, out->ctx);
	if (out->release != NULL && ref == NULL) {
		out->release(out->ctx);
		return out->len > PLN_UDP_PAYLOAD_MAX ? -EMSGSIZE : -ENOBUFS;
	}
	if (rc == 0)
		rc = send_to(s, out, ref);
	pln_mbuf_sendref_free(ref);
	return rc != 0 ? rc : (ssize_t)out->len;
}

static void
describe(const struct pln_udp_sock *s, const struct pln_pkt *pkt, struct pln_udp_in *in)
{
	const uint8_t *hdr = pkt->data - PLN_UDP_HDR_LEN;

	in->len = pkt->len;
	in->from = pln_ip4_endpoint(pkt->ip.src, pln_bytes_get16(hdr));
	in->to = pln_ip4_endpoint(pkt->ip.dst, pln_bytes_get16(hdr + 2));
	in->ttl = pkt->ip.ttl;
	in->tos = pkt->ip.tos;
	in->broadcast = pln_ip_is_broadcast(s->udp->ip, pkt->ip.dst);
}

int
pln_usock_consume(struct pln_udp_sock *s)
{
	struct pln_pkt *pkt = pln_pktq_pop(&s->rxq);

	if (pkt == NULL)
		return -EAGAIN;
	s->rx_bytes -= pkt->truesize;
	pln_mbuf_free_pkt(pkt);
	return 0;
}

ssize_t
pln_usock_receive(struct pln_udp_sock *s, struct pln_udp_in *in)
{
	const struct pln_pkt *pkt = s->rxq.head;
	int rc = pln_usock_error_take(s);
	uint32_t len = in->room < UINT16_MAX ? (uint32_t)in->room : UINT16_MAX;

	if (rc != 0)
		return rc;
	if (pkt == NULL)
		return -EAGAIN;
	describe(s, pkt, in);
	len = pln_mbuf_get_pkt(pkt, 0, in->buf, len);
	if ((in->flags & PLN_UDP_PEEK) == 0)
		(void)pln_usock_consume(s);
	return (ssize_t)len;
}

int
pln_usock_receive_views(struct pln_udp_sock *s, struct pln_udp_in *in, struct pln_udp_view *views,
                        unsigned int max)
{
	const struct pln_pkt *pkt = s->rxq.head;
	uint32_t done = 0, len;
	unsigned int n = 0;

	if (pkt == NULL)
		return -EAGAIN;
	if (in != NULL)
		describe(s, pkt, in);
	while (n < max && done < pkt->len) {
		views[n].data = pln_mbuf_pkt_at(pkt, done, &len);
		views[n++].len = len;
		done += len;
	}
	return (int)n;
}
