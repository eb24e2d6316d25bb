/* SPDX-License-Identifier: BSD-3-Clause */
/* The host of ip_host.h with UDP: sockets, datagrams handed to it, and what it sends taken apart. */
#ifndef POLLEN_TESTS_UDP_HOST_H
#define POLLEN_TESTS_UDP_HOST_H

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "support/ip_host.h"
#include "udp/usock.h"
#include "wire/udp_hdr.h"

using Bytes = std::vector<uint8_t>;

inline pln_addr
address(Be32 ip4)
{
	pln_addr addr{};

	addr.family = PLN_FAMILY_IP4;
	memcpy(addr.bytes, &ip4, sizeof(ip4));
	return addr;
}

inline pln_endpoint
endpoint(Be32 ip4, uint16_t port)
{
	return { address(ip4), port };
}

inline const pln_endpoint nowhere{};

/* `len` bytes that differ from their neighbours. */
inline Bytes
pattern(size_t len)
{
	Bytes bytes(len);

	std::iota(bytes.begin(), bytes.end(), 1);
	return bytes;
}

/* A datagram as it was sent. */
struct Datagram {
	pln_ip4_hdr ip{};
	pln_mac dst_mac{};
	uint16_t src_port, dst_port, len, cksum;
	bool cksum_good;
	Bytes payload;

	explicit Datagram(const Sent &sent) : ip(sent.ip()), dst_mac(sent.eth.dst)
	{
		Bytes bytes = sent.transport();
		uint32_t sum = pln_cksum_pseudo4(ip.src, ip.dst, PLN_IP4_PROTO_UDP,
		                                 static_cast<uint16_t>(bytes.size()));

		src_port = pln_bytes_get16(&bytes[0]);
		dst_port = pln_bytes_get16(&bytes[2]);
		len = pln_bytes_get16(&bytes[4]);
		cksum = pln_bytes_get16(&bytes[6]);
		cksum_good = pln_cksum_finish(pln_cksum_add(sum, bytes.data(), bytes.size())) == 0;
		payload.assign(bytes.begin() + PLN_UDP_HDR_LEN, bytes.end());
	}
};

/* What arrives, and what is wrong with it. */
struct Arrival {
	Be32 src = peer_addr, dst = our_addr;
	uint16_t src_port = 9999, dst_port = 5000;
	Bytes payload = { 1, 2, 3 };
	std::optional<uint16_t> length; /* of the header; unset: the right one */
	bool with_cksum = true, cksum_good = true;
	size_t behind = 0; /* bytes behind the datagram */
	size_t each = 0;   /* bytes in a buffer; 0: all */
	uint32_t truesize = 2048;
	bool l4_good = false;
};

class UdpHost : public IpHost
{
      protected:
	void
	SetUp() override
	{
		IpHost::SetUp();

		pln_udp_setup setup{};
		setup.env = &env;
		setup.ip = &ip;
		setup.max_socks = 64;
		ASSERT_EQ(pln_udp_init(&udp, &setup), 0);
		make_reachable(peer_addr, peer_mac);
	}

	void
	TearDown() override
	{
		pln_udp_fini(&udp);
		EXPECT_EQ(udp.flows.used, 0U);
		IpHost::TearDown();
	}

	pln_udp_sock *
	open(void *cookie = nullptr)
	{
		uint64_t handle = 0;

		EXPECT_EQ(pln_usock_open(&udp, cookie, &handle), 0);
		return pln_usock_find(&udp, handle);
	}

	pln_udp_sock *
	bound(uint16_t port = 5000, Be32 addr = any_addr)
	{
		pln_udp_sock *s = open();
		pln_endpoint local = endpoint(addr, port);

		EXPECT_EQ(pln_usock_bind(s, &local), 0);
		return s;
	}

	pln_udp_sock *
	connected(uint16_t port = 5000, Be32 to = peer_addr, uint16_t to_port = 9999)
	{
		pln_udp_sock *s = bound(port);
		pln_endpoint remote = endpoint(to, to_port);

		EXPECT_EQ(pln_usock_connect(s, &remote), 0);
		return s;
	}

	static Bytes
	bytes_of(const Arrival &a)
	{
		Bytes bytes(PLN_UDP_HDR_LEN + a.payload.size());
		pln_udp_hdr hdr{};
		uint16_t cksum;

		hdr.src_port = a.src_port;
		hdr.dst_port = a.dst_port;
		hdr.len = a.length.value_or(static_cast<uint16_t>(bytes.size()));
		pln_udp_hdr_emit(bytes.data(), &hdr);
		std::copy(a.payload.begin(), a.payload.end(), bytes.begin() + PLN_UDP_HDR_LEN);
		if (a.with_cksum) {
			cksum = pln_udp_hdr_cksum(pln_cksum_finish(pln_cksum_add(
				pln_cksum_pseudo4(a.src, a.dst, PLN_IP4_PROTO_UDP, hdr.len),
				bytes.data(), bytes.size())));
			cksum = static_cast<uint16_t>(a.cksum_good ? cksum : cksum ^ 0x1000);
			memcpy(&bytes[PLN_UDP_HDR_CKSUM_OFF], &cksum, sizeof(cksum));
		}
		bytes.resize(bytes.size() + a.behind, 0xee);
		return bytes;
	}

	rte_mbuf *
	buffer(const Bytes &bytes, size_t each)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool), *last = m;

		for (size_t done = 0; done < bytes.size();) {
			size_t room = rte_pktmbuf_tailroom(last);
			size_t n = std::min({ each != 0 ? each : room, room, bytes.size() - done });

			memcpy(rte_pktmbuf_append(last, static_cast<uint16_t>(n)), &bytes[done], n);
			done += n;
			if (done == bytes.size())
				break;
			last = last->next = pln_mbuf_alloc(pool);
			m->nb_segs++;
		}
		m->pkt_len = static_cast<uint32_t>(bytes.size());
		return m;
	}

	pln_drop
	receive(const Arrival &a = {})
	{
		return receive_bytes(bytes_of(a), a);
	}

	pln_drop
	receive_bytes(const Bytes &bytes, const Arrival &a)
	{
		rte_mbuf *m = buffer(bytes, a.each);
		pln_pkt *pkt = pln_mbuf_pkt(m);
		pln_drop drop;

		*pkt = pln_pkt{};
		pkt->data = rte_pktmbuf_mtod(m, uint8_t *);
		pkt->len = static_cast<uint32_t>(bytes.size());
		pkt->truesize = a.truesize;
		pkt->l4_good = a.l4_good;
		pkt->ip.src = a.src;
		pkt->ip.dst = a.dst;
		pkt->ip.ttl = 55;
		pkt->ip.tos = 0x28;
		pkt->ip.proto = PLN_IP4_PROTO_UDP;
		drop = pln_udp_rx(&udp, pkt);
		if (drop != PLN_ACCEPT)
			rte_pktmbuf_free(m);
		return drop;
	}

	/* The oldest datagram, "-EAGAIN" and the like as text. */
	static std::string
	text_of(pln_udp_sock *s)
	{
		char buf[256];
		pln_udp_in in{};

		in.buf = buf;
		in.room = sizeof(buf);

		ssize_t n = pln_usock_receive(s, &in);

		return n < 0 ? strerrorname_np(static_cast<int>(-n))
		             : std::string(buf, static_cast<size_t>(n));
	}

	static Bytes
	words(const char *text)
	{
		return { text, text + strlen(text) };
	}

	ssize_t
	send(pln_udp_sock *s, const Bytes &data, pln_endpoint to = nowhere)
	{
		pln_udp_out out{};

		out.data = data.data();
		out.len = data.size();
		out.to = to;
		return pln_usock_send(s, &out);
	}

	std::vector<Datagram>
	take_datagrams()
	{
		std::vector<Datagram> all;

		for (const Sent &sent : take_sent())
			all.emplace_back(sent);
		return all;
	}

	std::vector<pln_event>
	take_events()
	{
		std::vector<pln_event> events(100);

		events.resize(pln_udp_take_events(&udp, events.data(), 100));
		return events;
	}

	pln_udp udp{};
};

#endif
