/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets of type SOCK_DGRAM, held to what Linux does with them. */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <gtest/gtest.h>
#include <pollen/socket.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class SockDgram : public ::testing::Test
{
      protected:
	SockDgram()
	{
		EXPECT_EQ(pln_sock_table_create(w.a.stack(), 8, &a), 0);
		EXPECT_EQ(pln_sock_table_create(w.b.stack(), 8, &b), 0);
		client = pln_sock_socket(a, AF_INET, SOCK_DGRAM, 0);
		server = pln_sock_socket(b, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP);
		EXPECT_EQ(pln_sock_bind(b, server, &at_port_7), 0);
	}

	~SockDgram() override
	{
		pln_sock_table_destroy(a);
		pln_sock_table_destroy(b);
		EXPECT_EQ(pln_udp_count(w.a.stack()), 0U);
	}

	static ssize_t
	send_to(pln_socks *socks, int s, const std::string &text, pln_endpoint to = {},
	        int flags = 0)
	{
		std::string copy = text;
		pln_sock_msg msg{};

		msg.buf = copy.data();
		msg.len = copy.size();
		msg.addr = to;
		msg.flags = flags;
		return pln_sock_sendto(socks, s, &msg);
	}

	struct Received {
		ssize_t ret;
		std::string text;
		int flags;
		pln_endpoint from;
	};

	static Received
	receive(pln_socks *socks, int s, int flags = 0, size_t room = 100)
	{
		std::string buf(room, '\0');
		pln_sock_msg msg{};
		ssize_t ret;

		msg.buf = buf.data();
		msg.len = room;
		msg.flags = flags;
		ret = pln_sock_recvfrom(socks, s, &msg);
		buf.resize(ret > 0 ? std::min(room, static_cast<size_t>(ret)) : 0);
		return { ret, buf, msg.flags, msg.addr };
	}

	static int
	get(pln_socks *socks, int s, int level, int name)
	{
		int value = -1;
		pln_sock_opt opt{ level, name, &value, sizeof(value) };
		int ret = pln_sock_getsockopt(socks, s, &opt);

		return ret < 0 ? ret : value;
	}

	static int
	set(pln_socks *socks, int s, int level, int name, int value)
	{
		pln_sock_opt opt{ level, name, &value, sizeof(value) };

		return pln_sock_setsockopt(socks, s, &opt);
	}

	TwoHosts w;
	pln_socks *a = nullptr, *b = nullptr;
	pln_endpoint at_port_7{ {}, 7 };
	int client, server;
};

TEST_F(SockDgram, TypesAndProtocolsAreThoseThereAre)
{
	EXPECT_EQ(pln_sock_socket(a, AF_INET, SOCK_DGRAM, IPPROTO_TCP), -EPROTONOSUPPORT);
	EXPECT_EQ(pln_sock_socket(a, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	EXPECT_EQ(pln_sock_socket(a, AF_INET, SOCK_RAW, 0), -ESOCKTNOSUPPORT);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EXPECT_EQ(pln_sock_listen(a, client, 1), -EOPNOTSUPP);
	EXPECT_EQ(pln_sock_accept(a, client, nullptr), -EOPNOTSUPP);
}

TEST_F(SockDgram, SendsAndReceivesWithAddresses)
{
	EXPECT_EQ(send_to(a, client, "hello", { w.b.addr, 7 }), 5);
	EXPECT_EQ(pln_sock_readiness(b, server), POLLOUT);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(pln_sock_readiness(b, server), POLLIN | POLLOUT);
	EXPECT_EQ(pln_sock_inq(b, server), 5);
	EXPECT_EQ(pln_sock_outq(a, client), 0);

	Received got = receive(b, server);

	EXPECT_EQ(got.text, "hello");
	EXPECT_TRUE(got.from.addr == w.a.addr);
	EXPECT_EQ(send_to(b, server, "there", got.from), 5);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(receive(a, client).text, "there");
	EXPECT_EQ(receive(a, client).ret, -EAGAIN);
	EXPECT_EQ(pln_sock_inq(b, server), 0);
}

TEST_F(SockDgram, PeekAndTruncation)
{
	send_to(a, client, "abcdefgh", { w.b.addr, 7 });
	w.run_for(PLN_NS_PER_MS);

	Received got = receive(b, server, MSG_PEEK | MSG_TRUNC, 3);

	EXPECT_EQ(got.ret, 8);
	EXPECT_EQ(got.text, "abc");
	EXPECT_EQ(got.flags, MSG_TRUNC);
	EXPECT_EQ(receive(b, server, 0, 3).ret, 3);
	EXPECT_EQ(receive(b, server).ret, -EAGAIN);
	EXPECT_EQ(receive(b, server, MSG_OOB).ret, -EOPNOTSUPP);
	EXPECT_EQ(send_to(a, client, "x", { w.b.addr, 7 }, MSG_OOB), -EOPNOTSUPP);
}

TEST_F(SockDgram, ConnectNamesThePeerAndNoneDissolvesIt)
{
	pln_endpoint to{ w.b.addr, 7 }, name{}, none{};

	EXPECT_EQ(send_to(a, client, "x"), -EDESTADDRREQ);
	EXPECT_EQ(pln_sock_peername(a, client, &name), -ENOTCONN);
	EXPECT_EQ(pln_sock_connect(a, client, &to), 0) << "at once";
	EXPECT_EQ(pln_sock_peername(a, client, &name), 0);
	EXPECT_EQ(name.port, 7);
	EXPECT_EQ(pln_sock_sockname(a, client, &name), 0);
	EXPECT_TRUE(name.addr == w.a.addr);
	EXPECT_EQ(pln_sock_send(a, client, "hello", 5, 0), 5);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(receive(b, server).text, "hello");
	EXPECT_EQ(pln_sock_connect(a, client, &none), 0);
	EXPECT_EQ(pln_sock_send(a, client, "hello", 5, 0), -EDESTADDRREQ);
}

TEST_F(SockDgram, ARefusalIsToldBySoErrorOnceAndByEvents)
{
	pln_endpoint to{ w.b.addr, 9 };
	pln_sock_event event{};

	EXPECT_EQ(pln_sock_connect(a, client, &to), 0);
	pln_sock_send(a, client, "hello", 5, 0);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(pln_sock_readiness(a, client), POLLIN | POLLOUT | POLLERR);
	EXPECT_EQ(pln_sock_events(a, &event, 1), 1U);
	EXPECT_EQ(event.s, client);
	EXPECT_EQ(event.bits, static_cast<uint32_t>(PLN_EV_ERROR));
	EXPECT_EQ(event.error, -ECONNREFUSED);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_ERROR), 0);
	pln_sock_send(a, client, "hello", 5, 0);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(receive(a, client).ret, -ECONNREFUSED);
}

TEST_F(SockDgram, ShutdownClosesDirections)
{
	pln_endpoint to{ w.b.addr, 7 };

	EXPECT_EQ(pln_sock_shutdown(a, client, SHUT_RD), -ENOTCONN);
	EXPECT_EQ(pln_sock_connect(a, client, &to), 0);
	EXPECT_EQ(pln_sock_shutdown(a, client, 9), -EINVAL);
	EXPECT_EQ(pln_sock_shutdown(a, client, SHUT_RD), 0);
	EXPECT_EQ(receive(a, client).ret, 0);
	EXPECT_EQ(pln_sock_readiness(a, client), POLLIN | POLLOUT | POLLRDHUP);
	EXPECT_EQ(pln_sock_send(a, client, "x", 1, 0), 1);
	EXPECT_EQ(pln_sock_shutdown(a, client, SHUT_WR), 0);
	EXPECT_EQ(pln_sock_send(a, client, "x", 1, 0), -EPIPE);
	EXPECT_EQ(pln_sock_readiness(a, client), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

TEST_F(SockDgram, BroadcastNeedsItsOption)
{
	pln_endpoint everybody{ ip4("255.255.255.255"), 7 };

	EXPECT_EQ(send_to(a, client, "x", everybody), -EACCES);
	EXPECT_EQ(set(a, client, SOL_SOCKET, SO_BROADCAST, 5), 0);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_BROADCAST), 1);
	EXPECT_EQ(send_to(a, client, "x", everybody), 1);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(receive(b, server).text, "x");
}

TEST_F(SockDgram, OptionsAreLinuxs)
{
	pln_endpoint to{ w.b.addr, 7 };
	char byte = 0;
	pln_sock_opt short_one{ IPPROTO_IP, IP_TTL, &byte, 1 };

	EXPECT_EQ(set(a, client, SOL_SOCKET, SO_RCVBUF, 1), 0);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_RCVBUF), 2048);
	EXPECT_EQ(set(a, client, SOL_SOCKET, SO_RCVBUF, 1 << 20), 0);
	EXPECT_EQ(get(a, client, SOL_SOCKET, SO_RCVBUF), 1 << 20);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_TTL, 0), -EINVAL);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_TTL, 3), 0);
	EXPECT_EQ(get(a, client, IPPROTO_IP, IP_TTL), 3);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_TOS, 0x10), 0);
	EXPECT_EQ(get(a, client, IPPROTO_IP, IP_TOS), 0x10);
	EXPECT_EQ(get(a, client, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE), -EOPNOTSUPP);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_MTU_DISCOVER, 77), -EINVAL);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	EXPECT_EQ(set(a, client, IPPROTO_IP, IP_RECVERR, 1), 0);
	EXPECT_EQ(set(a, client, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(set(a, client, SOL_SOCKET, SO_KEEPALIVE, 1), -ENOPROTOOPT);
	EXPECT_EQ(get(a, client, IPPROTO_TCP, 1), -ENOPROTOOPT);
	EXPECT_EQ(pln_sock_setsockopt(a, client, &short_one), -EINVAL);
	EXPECT_EQ(pln_sock_getsockopt(a, client, &short_one), -EINVAL);
	EXPECT_EQ(get(a, client, IPPROTO_IP, IP_MTU), -ENOTCONN);
	EXPECT_EQ(pln_sock_connect(a, client, &to), 0);
	EXPECT_EQ(pln_sock_send(a, client, "x", 1, 0), 1);
	EXPECT_EQ(get(a, client, IPPROTO_IP, IP_MTU), 1500);
}

TEST_F(SockDgram, AStreamAndADatagramSocketMayHaveTheSamePort)
{
	int stream = pln_sock_socket(b, AF_INET, SOCK_STREAM, 0);

	EXPECT_EQ(pln_sock_bind(b, stream, &at_port_7), 0);
	EXPECT_EQ(pln_sock_listen(b, stream, 1), 0);
	EXPECT_EQ(send_to(a, client, "x", { w.b.addr, 7 }), 1);
	w.run_for(PLN_NS_PER_MS);
	EXPECT_EQ(receive(b, server).text, "x");
}

TEST_F(SockDgram, ManyCanBeOpenAndThenNoMore)
{
	std::vector<int> open;
	int s;

	while ((s = pln_sock_socket(a, AF_INET, SOCK_DGRAM, 0)) >= 0)
		open.push_back(s);
	EXPECT_EQ(s, -EMFILE);
	EXPECT_EQ(open.size(), 7U);
	for (int one : open)
		EXPECT_EQ(pln_sock_close(a, one), 0);
	EXPECT_EQ(pln_udp_count(w.a.stack()), 1U);
}

} // namespace
