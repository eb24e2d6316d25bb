/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A million SYNs from everywhere (RFC 4987), in virtual time: memory stays as it was, who is connected goes on, and who is real connects.
 */
#include <malloc.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr unsigned int SYNS = 1000000, BURST = 500;

TwoHostsOptions
small_backlog(const char *syncookies)
{
	TwoHostsOptions o;

	o.b.options = { { "syncookies", syncookies } };
	return o;
}

class SynFloodRfc4987 : public ::testing::TestWithParam<const char *>
{
      protected:
	SynFloodRfc4987() : hosts(small_backlog(GetParam()))
	{
		const pln_addr gateway = ip4("10.0.0.254");
		const pln_mac mac = support::mac(99); /* nobody's: the answers are lost */
		pln_tcp_listen_args args{};

		EXPECT_EQ(pln_stack_neigh_set(hosts.b.stack(), &gateway, &mac), 0);
		EXPECT_EQ(pln_stack_route_add(hosts.b.stack(), &any, 0, &gateway), 0);
		args.size = sizeof(args);
		args.local.port = 80;
		args.backlog = 16;
		EXPECT_EQ(pln_tcp_listen(hosts.b.stack(), &args, &listener), 0);
		syn = template_syn();
	}

	/* A SYN whose source, port and number are filled in for each. */
	Bytes
	template_syn()
	{
		Frame f;
		Ip4 ip;
		Tcp tcp;

		ip.src = ip4("198.51.100.1");
		ip.dst = hosts.b.addr;
		ip.proto = PROTO_TCP;
		tcp.dport = 80;
		tcp.flags = SYN;
		f.dst = hosts.b.mac;
		f.src = support::mac(99);
		f.ip = ip;
		f.tcp = tcp;
		return f.bytes();
	}

	void
	flood_once(uint64_t n)
	{
		uint8_t *ip = syn.data() + 14, *tcp = ip + 20;
		uint64_t r = n * 0x9e3779b97f4a7c15ULL;

		for (int i = 0; i < 3; i++)
			ip[13 + i] = static_cast<uint8_t>(r >> (8 * i));
		for (int i = 0; i < 4; i++)
			tcp[4 + i] = static_cast<uint8_t>(r >> (32 + 8 * i));
		tcp[0] = static_cast<uint8_t>(64 + (r >> 24) % 128);
		tcp[1] = static_cast<uint8_t>(r >> 24);
		ASSERT_EQ(pln_memlink_inject(hosts.b.link(), syn.data(), syn.size(),
		                             PLN_MEMLINK_CKSUM_GOOD),
		          0);
	}

	/* Bursts of SYNs, a millisecond apart; between them all else goes on. */
	void
	flood(unsigned int syns)
	{
		for (unsigned int i = 0; i < syns; i++) {
			flood_once(sent++);
			if (sent % BURST == 0)
				hosts.run_for(PLN_NS_PER_MS);
		}
	}

	uint64_t
	connect()
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { hosts.b.addr, 80 };
		EXPECT_EQ(pln_tcp_open(hosts.a.stack(), &args, &conn), 0);
		return conn;
	}

	/* What b reads within a tenth of a second of a stream that never ends, with or without SYNs beside it. */
	uint64_t
	bulk(uint64_t a, uint64_t b, bool flooded)
	{
		uint64_t read = 0;

		hosts.app = [&] {
			std::vector<uint8_t> bytes(65536);
			ssize_t out =
				pln_tcp_send(hosts.a.stack(), a, bytes.data(), bytes.size(), 0);
			ssize_t in =
				pln_tcp_receive(hosts.b.stack(), b, bytes.data(), bytes.size(), 0);

			read += in > 0 ? static_cast<uint64_t>(in) : 0;
			return out > 0 || in > 0;
		};
		for (int ms = 0; ms < 100; ms++) {
			if (flooded)
				flood(BURST);
			else
				hosts.run_for(PLN_NS_PER_MS);
		}
		hosts.app = nullptr;
		return read;
	}

	TwoHosts hosts;
	Bytes syn;
	uint64_t listener = 0, sent = 0;
	const pln_addr any = ip4("0.0.0.0");
};

TEST_P(SynFloodRfc4987, MemoryStaysFlatAndRealClientsConnect)
{
	auto [a, b] = hosts.established_pair(8080);
	const auto before = hosts.b.info(b);
	uint8_t bytes[1000] = {};
	unsigned int served = 0;
	size_t heap;

	flood(20000);
	heap = mallinfo2().uordblks;
	while (sent < SYNS) {
		uint64_t client = connect(), accepted = 0;

		flood(20000);
		ASSERT_EQ(pln_tcp_send(hosts.a.stack(), a, bytes, sizeof(bytes), 0), 1000);
		ASSERT_EQ(hosts.a.info(client).state, PLN_TCP_ESTABLISHED) << sent;
		ASSERT_LE(pln_tcp_conn_count(hosts.b.stack()), 1 + 16 + 1U);
		ASSERT_EQ(pln_tcp_send(hosts.a.stack(), client, "hello", 5, 0), 5);
		hosts.run_for(PLN_NS_PER_MS);
		ASSERT_EQ(pln_tcp_accept(hosts.b.stack(), listener, nullptr, &accepted), 0);
		ASSERT_EQ(pln_tcp_receive(hosts.b.stack(), accepted, bytes, sizeof(bytes), 0), 5);
		EXPECT_TRUE(hosts.b.info(accepted).sack) << "the timestamp has kept it";
		EXPECT_EQ(hosts.b.info(accepted).snd_mss, hosts.a.info(client).snd_mss);
		EXPECT_EQ(pln_tcp_abort(hosts.a.stack(), client), 0);
		EXPECT_EQ(pln_tcp_abort(hosts.b.stack(), accepted), 0);
		served++;
	}
	hosts.run_for(PLN_NS_PER_MS);
	EXPECT_LE(mallinfo2().uordblks, heap + 4096) << "the stack has taken nothing more";
	EXPECT_EQ(hosts.b.info(b).bytes_received - before.bytes_received, served * 1000U);
	EXPECT_EQ(hosts.a.info(a).total_retrans, 0U) << "nothing of an open connection was lost";
	EXPECT_GT(hosts.b.counter("tcp_cookie_sent"), SYNS - 100000);
	EXPECT_EQ(hosts.b.counter("tcp_cookie_bad"), 0U);
}

/* Half a million SYNs a second, answers and all, on a line of 1 Gbit/s that a stream fills. */
TEST_P(SynFloodRfc4987, OpenConnectionsKeepTheirThroughput)
{
	auto [a, b] = hosts.established_pair(8080);
	uint64_t quiet, beside;

	hosts.cable.faults[0].bits_per_s = hosts.cable.faults[1].bits_per_s = 1000000000;
	bulk(a, b, false);
	quiet = bulk(a, b, false);
	beside = bulk(a, b, true);
	EXPECT_GT(quiet, 10U << 20);
	EXPECT_GT(beside, quiet * 8 / 10);
	EXPECT_EQ(hosts.a.info(a).total_retrans, 0U);
	EXPECT_GT(hosts.b.counter("tcp_rx_segs"), 50000U);
}

INSTANTIATE_TEST_SUITE_P(Modes, SynFloodRfc4987, ::testing::Values("1", "2"));

} // namespace
