/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program outside this tree can do with stacks: this file includes the public headers and nothing else, not even the
 * other tests' helpers. One test for each thing such a program needs; the other suites go into depth.
 */
#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <gtest/gtest.h>
#include <pollen/memlink.h>
#include <pollen/socket.h>
#include <pollen/stack.h>
#include <pollen/stats.h>
#include <pollen/tcp.h>

namespace
{

using Bytes = std::vector<uint8_t>;

struct Instance {
	pln_memlink *link = nullptr;
	pln_stack *stack = nullptr;
	pln_socks *socks = nullptr;
	pln_addr addr{};
};

class Harness : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		make(a, 1);
		make(b, 2);
	}

	void
	TearDown() override
	{
		for (Instance *i : { &a, &b }) {
			pln_sock_table_destroy(i->socks);
			pln_stack_destroy(i->stack);
			pln_memlink_destroy(i->link);
		}
	}

	static void
	make(Instance &i, uint8_t n)
	{
		pln_memlink_config link{};
		pln_stack_config config{};

		link.size = sizeof(link);
		link.mac = { { 2, 0, 0, 0, 0, n } };
		ASSERT_EQ(pln_memlink_create(&link, &i.link), 0);
		config.size = sizeof(config);
		config.link = pln_memlink_link(i.link);
		config.seed = n;
		ASSERT_EQ(pln_stack_create(&config, &i.stack), 0);
		i.addr = pln_addr_ip4(10, 0, 0, n);
		ASSERT_EQ(pln_stack_addr_add(i.stack, &i.addr, 24), 0);
		ASSERT_EQ(pln_sock_table_create(i.stack, 16, &i.socks), 0);
	}

	void
	know_each_other()
	{
		pln_mac mac_a = { { 2, 0, 0, 0, 0, 1 } }, mac_b = { { 2, 0, 0, 0, 0, 2 } };

		ASSERT_EQ(pln_stack_neigh_set(a.stack, &b.addr, &mac_b), 0);
		ASSERT_EQ(pln_stack_neigh_set(b.stack, &a.addr, &mac_a), 0);
	}

	static Bytes
	collect(Instance &i)
	{
		Bytes frame(2048);
		ssize_t n = pln_memlink_collect(i.link, frame.data(), frame.size());

		frame.resize(n > 0 ? static_cast<size_t>(n) : 0);
		return frame;
	}

	bool
	carry(Instance &from, Instance &to)
	{
		bool any = false;

		for (Bytes f = collect(from); !f.empty(); f = collect(from)) {
			EXPECT_EQ(pln_memlink_inject(to.link, f.data(), f.size(), 0), 0);
			any = true;
		}
		return any;
	}

	void
	settle()
	{
		bool any;

		do {
			pln_stack_run(a.stack, now);
			pln_stack_run(b.stack, now);
			any = carry(a, b);
			any |= carry(b, a);
		} while (any);
	}

	/* A connected pair of sockets. */
	void
	connect_pair(int &client, int &server)
	{
		pln_endpoint local{}, remote = { b.addr, 80 }, peer{};
		int listener = pln_sock_socket(b.socks, AF_INET, SOCK_STREAM, 0);

		local.port = 80;
		ASSERT_EQ(pln_sock_bind(b.socks, listener, &local), 0);
		ASSERT_EQ(pln_sock_listen(b.socks, listener, 8), 0);
		client = pln_sock_socket(a.socks, AF_INET, SOCK_STREAM, 0);
		ASSERT_EQ(pln_sock_connect(a.socks, client, &remote), -EINPROGRESS);
		settle();
		server = pln_sock_accept(b.socks, listener, &peer);
		ASSERT_GE(server, 0);
		EXPECT_EQ(memcmp(&peer.addr, &a.addr, sizeof(peer.addr)), 0);
		EXPECT_TRUE(pln_sock_readiness(a.socks, client) & POLLOUT);
	}

	Instance a, b;
	uint64_t now = PLN_NS_PER_S;
};

uint64_t
counter(pln_stack *stack, const char *name)
{
	uint64_t value = 0;

	EXPECT_EQ(pln_stats_counter(stack, name, &value), 0) << name;
	return value;
}

TEST_F(Harness, InstancesAreIndependentAndDestroySendsNothing)
{
	Instance c;
	int s;

	make(c, 3);
	pln_endpoint remote = { a.addr, 80 };
	s = pln_sock_socket(c.socks, AF_INET, SOCK_STREAM, 0);
	while (!collect(c).empty())
		;
	EXPECT_EQ(pln_sock_connect(c.socks, s, &remote), -EINPROGRESS);
	pln_sock_table_destroy(c.socks);
	pln_stack_destroy(c.stack);
	EXPECT_EQ(pln_memlink_pending(c.link), 0U);
	pln_memlink_destroy(c.link);
	EXPECT_EQ(pln_tcp_conn_count(a.stack), 0U);
}

TEST_F(Harness, NextDeadlineIsNeverLateAndNothingHappensBeforeIt)
{
	pln_endpoint remote = { b.addr, 80 };
	int s = pln_sock_socket(a.socks, AF_INET, SOCK_STREAM, 0);
	uint64_t next, due = now + PLN_NS_PER_S; /* the initial RTO */

	know_each_other();
	pln_stack_set_time(a.stack, now);
	ASSERT_EQ(pln_sock_connect(a.socks, s, &remote), -EINPROGRESS);
	pln_stack_run(a.stack, now);
	while (!collect(a).empty())
		;
	while ((next = pln_stack_next(a.stack)) < due) {
		ASSERT_GT(next, now);
		now = next;
		pln_stack_run(a.stack, now);
		EXPECT_TRUE(collect(a).empty()) << "a retransmission before its time";
	}
	EXPECT_LE(next, due + 64 * PLN_NS_PER_US) << "later than a tick";
	now = next;
	pln_stack_run(a.stack, now);
	EXPECT_FALSE(collect(a).empty());
	EXPECT_EQ(pln_stack_run(a.stack, now), 0U) << "a second turn at the same time does nothing";
}

TEST_F(Harness, AMillionIdleSecondsCostNothing)
{
	int client, server;
	unsigned int turns = 0;

	connect_pair(client, server);
	while (now < UINT64_C(1000000) * PLN_NS_PER_S && turns < 100000) {
		uint64_t next = std::min(pln_stack_next(a.stack), pln_stack_next(b.stack));

		now = std::min(std::max(next, now + 1), UINT64_C(1000000) * PLN_NS_PER_S);
		settle();
		turns++;
	}
	EXPECT_LT(turns, 10000U);
	EXPECT_EQ(pln_tcp_conn_count(a.stack), 1U);
}

TEST_F(Harness, FramesOfEveryKindGoInAndWhatIsSentComesOutInOrder)
{
	Bytes echo = { 0x45, 0, 0,  28, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0,
		       0,    2, 10, 0,  0, 1, 8, 0, 0,  0, 0, 1, 0,  1 };
	Bytes junk(60, 0xff);

	know_each_other();
	pln_stack_run(a.stack, now);
	while (!collect(a).empty())
		;
	/* Bare IP with checksums that nobody filled in: good by flag, bad without. */
	EXPECT_EQ(pln_memlink_inject(a.link, echo.data(), echo.size(), PLN_MEMLINK_IP), 0);
	pln_stack_run(a.stack, now);
	EXPECT_EQ(counter(a.stack, "ip_bad_checksum"), 1U);
	EXPECT_TRUE(collect(a).empty());
	EXPECT_EQ(pln_memlink_inject(a.link, junk.data(), junk.size(), 0), 0);
	pln_stack_run(a.stack, now);
	EXPECT_EQ(counter(a.stack, "eth_type_unknown") + counter(a.stack, "eth_not_for_us") +
	                  counter(a.stack, "eth_vlan"),
	          1U);
	EXPECT_EQ(pln_memlink_inject(a.link, junk.data(), 100000, 0), -EMSGSIZE);
}

TEST_F(Harness, RoutesAndMtuAreTheProgramsToSet)
{
	pln_addr gateway = pln_addr_ip4(10, 0, 0, 254), far = pln_addr_ip4(192, 0, 2, 1),
		 any = pln_addr_ip4(0, 0, 0, 0), hop{};
	int client, server;
	Bytes big(6000, 'x');

	EXPECT_EQ(pln_stack_next_hop(a.stack, &far, &hop), -ENETUNREACH);
	EXPECT_EQ(pln_stack_route_add(a.stack, &any, 0, &gateway), 0);
	EXPECT_EQ(pln_stack_next_hop(a.stack, &far, &hop), 0);
	EXPECT_EQ(memcmp(&hop, &gateway, sizeof(hop)), 0);
	connect_pair(client, server);
	EXPECT_EQ(pln_stack_mtu_set(a.stack, 600), 0);
	EXPECT_EQ(pln_sock_send(a.socks, client, big.data(), big.size(), 0),
	          static_cast<ssize_t>(big.size()));
	pln_stack_run(a.stack, now);
	for (Bytes f = collect(a); !f.empty(); f = collect(a)) {
		EXPECT_LE(f.size(), 614U);
		EXPECT_EQ(pln_memlink_inject(b.link, f.data(), f.size(), 0), 0);
	}
}

TEST_F(Harness, OptionsHaveNamesAndMissingAlgorithmsSaySo)
{
	char text[32];
	unsigned int i = 0;
	bool supported;

	EXPECT_EQ(pln_stack_opt_set(a.stack, "rto_min_ms", "1000"), 0);
	EXPECT_EQ(pln_stack_opt_get(a.stack, "rto_min_ms", text, sizeof(text)), 0);
	EXPECT_STREQ(text, "1000");
	EXPECT_EQ(pln_stack_opt_set(a.stack, "no_such_option", "1"), -ENOENT);
	EXPECT_EQ(pln_stack_opt_set(a.stack, "rto_min_ms", "soon"), -EINVAL);
	for (const char *name = pln_stack_opt_name(0, &supported); name != nullptr;
	     name = pln_stack_opt_name(++i, &supported)) {
		if (supported)
			continue;
		EXPECT_EQ(pln_stack_opt_set(a.stack, name, "1"), -EOPNOTSUPP) << name;
	}
	EXPECT_GT(i, 30U);
}

TEST_F(Harness, SocketsSendReceiveShutDownAndSayWhy)
{
	int client, server, error = 0;
	std::array<char, 64> buf{};
	pln_sock_opt opt{};
	pln_endpoint ep{};

	connect_pair(client, server);
	EXPECT_EQ(pln_sock_send(a.socks, client, "hello", 5, 0), 5);
	EXPECT_EQ(pln_sock_outq(a.socks, client), 5);
	settle();
	EXPECT_EQ(pln_sock_outq(a.socks, client), 0);
	EXPECT_EQ(pln_sock_inq(b.socks, server), 5);
	EXPECT_TRUE(pln_sock_readiness(b.socks, server) & POLLIN);
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), MSG_PEEK), 5);
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), 0), 5);
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), 0), -EAGAIN);
	EXPECT_EQ(pln_sock_send(a.socks, client, "!", 1, MSG_OOB), 1);
	settle();
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), MSG_OOB), -EINVAL);
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), 0), 1);
	EXPECT_EQ(pln_sock_peername(a.socks, client, &ep), 0);
	EXPECT_EQ(ep.port, 80);
	EXPECT_EQ(pln_sock_shutdown(a.socks, client, SHUT_WR), 0);
	settle();
	EXPECT_EQ(pln_sock_recv(b.socks, server, buf.data(), buf.size(), 0), 0);
	EXPECT_TRUE(pln_sock_readiness(b.socks, server) & POLLRDHUP);
	EXPECT_EQ(pln_sock_send(a.socks, client, "x", 1, 0), -EPIPE);
	/* Bytes that nobody reads: close resets, and the other side learns of it. */
	EXPECT_EQ(pln_sock_send(b.socks, server, "late", 4, 0), 4);
	settle();
	EXPECT_EQ(pln_sock_close(a.socks, client), 0);
	settle();
	opt = { SOL_SOCKET, SO_ERROR, &error, sizeof(error) };
	EXPECT_EQ(pln_sock_getsockopt(b.socks, server, &opt), 0);
	EXPECT_EQ(error, ECONNRESET);
}

TEST_F(Harness, RefusedAndUnreachableAreReported)
{
	pln_endpoint nobody_listens = { b.addr, 81 },
		     nobody_there = { pln_addr_ip4(10, 0, 0, 77), 80 };
	int refused = pln_sock_socket(a.socks, AF_INET, SOCK_STREAM, 0),
	    lost = pln_sock_socket(a.socks, AF_INET, SOCK_STREAM, 0);
	int error = 0;
	pln_sock_opt opt = { SOL_SOCKET, SO_ERROR, &error, sizeof(error) };

	EXPECT_EQ(pln_sock_connect(a.socks, refused, &nobody_listens), -EINPROGRESS);
	EXPECT_EQ(pln_sock_connect(a.socks, lost, &nobody_there), -EINPROGRESS);
	for (int i = 0; i < 100; i++) {
		now += 100 * PLN_NS_PER_MS;
		settle();
	}
	EXPECT_EQ(pln_sock_getsockopt(a.socks, refused, &opt), 0);
	EXPECT_EQ(error, ECONNREFUSED);
	opt.len = sizeof(error);
	EXPECT_EQ(pln_sock_getsockopt(a.socks, lost, &opt), 0);
	EXPECT_EQ(error, EHOSTUNREACH);
}

TEST_F(Harness, TcpInfoTellsTheConnectionsState)
{
	int client, server;
	struct pln_tcp_info info {
	};
	pln_sock_opt opt{};
	Bytes bytes(50000, 'y');

	connect_pair(client, server);
	EXPECT_EQ(pln_sock_send(a.socks, client, bytes.data(), bytes.size(), 0), 50000);
	pln_stack_run(a.stack, now);
	info.size = sizeof(info);
	opt = { IPPROTO_TCP, TCP_INFO, &info, sizeof(info) };
	ASSERT_EQ(pln_sock_getsockopt(a.socks, client, &opt), 0);
	EXPECT_EQ(info.state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(info.snd_cwnd, 10U);
	EXPECT_EQ(info.unacked, 10U);
	EXPECT_EQ(info.snd_mss, 1448U);
	EXPECT_EQ(info.advmss, 1460U);
	EXPECT_EQ(info.pmtu, 1500U);
	EXPECT_EQ(info.notsent_bytes, 50000U - 14480U);
	EXPECT_TRUE(info.timestamps && info.wscale);
	EXPECT_EQ(info.snd_ssthresh, UINT32_MAX);
	EXPECT_EQ(info.rto_ns, 200 * PLN_NS_PER_MS);
	for (int i = 0; i < 20;
	     i++) { /* the last segment waits for ACKs, the last ACK for its delay */
		now += 10 * PLN_NS_PER_MS;
		settle();
	}
	info.size = sizeof(info);
	ASSERT_EQ(pln_sock_getsockopt(a.socks, client, &opt), 0);
	EXPECT_EQ(info.bytes_acked, 50000U);
	EXPECT_EQ(info.unacked, 0U);
	EXPECT_EQ(info.total_retrans, 0U);
	EXPECT_GT(info.rtt_ns, 0U);
	EXPECT_GT(info.last_ack_recv_ns, PLN_NS_PER_S);
}

TEST_F(Harness, EveryDropHasACounterAndDumpALinePerConnection)
{
	std::vector<pln_counter> all(512);
	unsigned int n = pln_stats_counters(a.stack, all.data(), 512);
	int client, server;
	std::string text(4096, '\0');

	ASSERT_LE(n, 512U);
	for (unsigned int i = 0; i < n; i++) {
		EXPECT_GT(strlen(all[i].name), 3U);
		EXPECT_GT(strlen(all[i].sentence), 8U) << all[i].name;
	}
	connect_pair(client, server);
	text.resize(pln_tcp_dump(b.stack, text.data(), text.size()));
	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
	EXPECT_NE(text.find("10.0.0.2:80 10.0.0.1:"), std::string::npos) << text;
	EXPECT_NE(text.find("ESTABLISHED"), std::string::npos) << text;
	EXPECT_NE(text.find("LISTEN"), std::string::npos) << text;
}

} // namespace
