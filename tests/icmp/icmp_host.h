/* SPDX-License-Identifier: BSD-3-Clause */
/* The host of ip_host.h with ICMP, and messages to hand to it. */
#ifndef POLLEN_TESTS_ICMP_HOST_H
#define POLLEN_TESTS_ICMP_HOST_H

#include <numeric>
#include <vector>

#include "icmp/icmp.h"
#include "support/ip_host.h"

using Bytes = std::vector<uint8_t>;

class IcmpHost : public IpHost
{
      protected:
	void
	SetUp() override
	{
		IpHost::SetUp();
		pln_icmp_init(&icmp, &env, &ip);
		make_reachable(peer_addr, peer_mac);
	}

	/* `len` bytes that differ from their neighbours. */
	static Bytes
	pattern(size_t len)
	{
		Bytes bytes(len);

		std::iota(bytes.begin(), bytes.end(), 1);
		return bytes;
	}

	static Bytes
	echo(uint8_t type, uint16_t id, uint16_t seq, const Bytes &data)
	{
		Bytes message(PLN_ICMP_HDR_LEN + data.size());
		pln_icmp_hdr hdr{};

		hdr.type = type;
		hdr.id = id;
		hdr.seq = seq;
		pln_icmp_hdr_emit_echo(message.data(), &hdr);
		std::copy(data.begin(), data.end(), message.begin() + PLN_ICMP_HDR_LEN);
		pln_icmp_hdr_seal(message.data(), message.size());
		return message;
	}

	void
	TearDown() override
	{
		pln_icmp_fini(&icmp);
		IpHost::TearDown();
	}

	/* A message arrives, in a buffer, or in several of `each` bytes, as a reassembled one does. */
	pln_drop
	receive(const Bytes &message, size_t each = 0)
	{
		rte_mbuf *m = buffer(message, each);
		pln_pkt *pkt = pln_mbuf_pkt(m);
		pln_drop drop;

		*pkt = arriving;
		pkt->data = rte_pktmbuf_mtod(m, uint8_t *);
		pkt->len = static_cast<uint32_t>(message.size());
		pkt->truesize = m->nb_segs * 2048U;
		drop = pln_icmp_rx(&icmp, pkt, &error, &has_error);
		rte_pktmbuf_free(m);
		return drop;
	}

	rte_mbuf *
	buffer(const Bytes &bytes, size_t each)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool), *last = m;
		size_t done = 0;

		while (done < bytes.size()) {
			size_t room = rte_pktmbuf_tailroom(last);
			size_t n = std::min({ each != 0 ? each : room, room, bytes.size() - done });

			memcpy(rte_pktmbuf_append(last, static_cast<uint16_t>(n)), &bytes[done], n);
			done += n;
			if (done == bytes.size())
				break;
			last->next = pln_mbuf_alloc(pool);
			last = last->next;
			m->nb_segs++;
		}
		m->pkt_len = static_cast<uint32_t>(bytes.size());
		return m;
	}

	int
	send_echo(Be32 dst, uint16_t seq = 1, const Bytes &data = {})
	{
		pln_icmp_echo_args args = arguments(dst);

		args.seq = seq;
		args.data = data.data();
		args.len = static_cast<uint16_t>(data.size());
		return pln_icmp_send_echo(&icmp, &args);
	}

	static pln_icmp_echo_args
	arguments(Be32 dst)
	{
		pln_icmp_echo_args args{};

		args.size = sizeof(args);
		args.dst.family = PLN_FAMILY_IP4;
		memcpy(args.dst.bytes, &dst, sizeof(dst));
		args.id = 0x1234;
		args.seq = 1;
		return args;
	}

	std::vector<pln_icmp_event>
	take_events(unsigned int max = 100)
	{
		std::vector<pln_icmp_event> events(max);

		events.resize(pln_icmp_take_events(&icmp, events.data(), max));
		return events;
	}

	static Be32
	ip4_of(const pln_addr &addr)
	{
		Be32 ip4{};

		EXPECT_EQ(addr.family, PLN_FAMILY_IP4);
		memcpy(&ip4, addr.bytes, sizeof(ip4));
		return ip4;
	}

	static pln_pkt
	from_peer()
	{
		pln_pkt pkt{};

		pkt.ip.src = peer_addr;
		pkt.ip.dst = our_addr;
		pkt.ip.ttl = 55;
		pkt.ip.proto = PLN_IP4_PROTO_ICMP;
		return pkt;
	}

	pln_pkt arriving = from_peer(); /* what the IP header of the next message said */
	pln_icmp icmp{};
	pln_icmp_error error{};
	bool has_error = true;
};

#endif
