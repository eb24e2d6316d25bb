/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets on connections: what POSIX and Linux say of numbers, binding, connecting, flags, errors and readiness. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <gtest/gtest.h>
#include <pollen/socket.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class Sock : public ::testing::Test
{
      protected:
	Sock()
	{
		EXPECT_EQ(pln_sock_table_create(w_.a.stack(), 16, &a_), 0);
		EXPECT_EQ(pln_sock_table_create(w_.b.stack(), 16, &b_), 0);
	}

	~Sock() override
	{
		pln_sock_table_destroy(a_);
		pln_sock_table_destroy(b_);
	}

	static int
	stream_socket(pln_socks *socks)
	{
		int s = pln_sock_socket(socks, AF_INET, SOCK_STREAM, 0);
		EXPECT_GE(s, 0);
		return s;
	}

	int
	listening(uint16_t port, int backlog = 5)
	{
		int s = stream_socket(b_);
		pln_endpoint local = { {}, port };

		EXPECT_EQ(pln_sock_bind(b_, s, &local), 0);
		EXPECT_EQ(pln_sock_listen(b_, s, backlog), 0);
		return s;
	}

	int
	connecting(uint16_t port)
	{
		int s = stream_socket(a_);
		pln_endpoint remote = { w_.b.addr, port };

		EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EINPROGRESS);
		return s;
	}

	void
	settle()
	{
		w_.run_for(PLN_NS_PER_MS);
	}

	/* Connected: number on a and on b. */
	std::pair<int, int>
	pair(uint16_t port = 80)
	{
		int listener = listening(port), client = connecting(port);

		settle();
		int server = pln_sock_accept(b_, listener, nullptr);
		EXPECT_GE(server, 0);
		EXPECT_EQ(pln_sock_close(b_, listener), 0);
		return { client, server };
	}

	static int
	set(pln_socks *socks, int s, int level, int name, int value)
	{
		pln_sock_opt opt = { level, name, &value, sizeof(value) };

		return pln_sock_setsockopt(socks, s, &opt);
	}

	/* The value, or the error. */
	static int
	get(pln_socks *socks, int s, int level, int name)
	{
		int value = 0;
		pln_sock_opt opt = { level, name, &value, sizeof(value) };
		int ret = pln_sock_getsockopt(socks, s, &opt);

		return ret != 0 ? ret : value;
	}

	int
	error_of(pln_socks *socks, int s)
	{
		return get(socks, s, SOL_SOCKET, SO_ERROR);
	}

	static ssize_t
	send(pln_socks *socks, int s, const std::string &text, int flags = 0)
	{
		return pln_sock_send(socks, s, text.data(), text.size(), flags);
	}

	static std::string
	receive(pln_socks *socks, int s, int flags = 0)
	{
		char buf[4096];
		ssize_t n = pln_sock_recv(socks, s, buf, sizeof(buf), flags);

		return n < 0 ? "error " + std::to_string(n)
		             : std::string(buf, static_cast<size_t>(n));
	}

	TwoHosts w_;
	pln_socks *a_ = nullptr, *b_ = nullptr;
};

TEST_F(Sock, NumbersAreTheLowestFree)
{
	EXPECT_EQ(stream_socket(a_), 0);
	EXPECT_EQ(stream_socket(a_), 1);
	EXPECT_EQ(stream_socket(a_), 2);
	EXPECT_EQ(pln_sock_close(a_, 1), 0);
	EXPECT_EQ(pln_sock_close(a_, 1), -EBADF);
	EXPECT_EQ(stream_socket(a_), 1);
	for (int i = 3; i < 16; i++)
		EXPECT_EQ(stream_socket(a_), i);
	EXPECT_EQ(pln_sock_socket(a_, AF_INET, SOCK_STREAM, 0), -EMFILE);
	EXPECT_EQ(pln_sock_readiness(a_, -1), -EBADF);
	EXPECT_EQ(pln_sock_readiness(a_, 16), -EBADF);
}

TEST_F(Sock, KindsThatAreNotHereAreRefused)
{
	pln_socks *none = nullptr;

	EXPECT_EQ(pln_sock_socket(a_, AF_INET6, SOCK_STREAM, 0), -EAFNOSUPPORT);
	EXPECT_EQ(pln_sock_socket(a_, AF_INET, SOCK_RAW, 0), -ESOCKTNOSUPPORT);
	EXPECT_EQ(pln_sock_socket(a_, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	EXPECT_EQ(pln_sock_socket(a_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	                          IPPROTO_TCP),
	          0);
	EXPECT_EQ(pln_sock_table_create(w_.a.stack(), 0, &none), -EINVAL);
	EXPECT_EQ(none, nullptr);
}

TEST_F(Sock, BindChecksThePlace)
{
	int s = stream_socket(a_), t = stream_socket(a_);
	pln_endpoint mine = { w_.a.addr, 4000 }, other = { w_.b.addr, 4000 }, any = { {}, 4000 };
	pln_endpoint six = { w_.a.addr, 1 }, zero = { ip4("0.0.0.0"), 4001 }, got;

	six.addr.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_sock_bind(a_, s, &other), -EADDRNOTAVAIL);
	EXPECT_EQ(pln_sock_bind(a_, s, &six), -EAFNOSUPPORT);
	EXPECT_EQ(pln_sock_bind(a_, s, &mine), 0);
	EXPECT_EQ(pln_sock_bind(a_, s, &mine), -EINVAL) << "bound already";
	EXPECT_EQ(pln_sock_bind(a_, t, &mine), -EADDRINUSE);
	EXPECT_EQ(pln_sock_bind(a_, t, &any), -EADDRINUSE);
	EXPECT_EQ(set(a_, s, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(set(a_, t, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(pln_sock_bind(a_, t, &any), 0) << "both said SO_REUSEADDR and none listens";
	int u = stream_socket(a_);
	EXPECT_EQ(pln_sock_bind(a_, u, &zero), 0);
	EXPECT_EQ(pln_sock_sockname(a_, u, &got), 0);
	EXPECT_EQ(got.port, 4001);
	EXPECT_EQ(got.addr.family, PLN_FAMILY_NONE);
}

TEST_F(Sock, BindToPortZeroChoosesAtOnceAndKeepsIt)
{
	int s = stream_socket(a_);
	pln_endpoint any = { {}, 0 }, bound, connected;
	pln_endpoint remote = { w_.b.addr, 80 };

	listening(80);
	ASSERT_EQ(pln_sock_bind(a_, s, &any), 0);
	ASSERT_EQ(pln_sock_sockname(a_, s, &bound), 0);
	EXPECT_GE(bound.port, 1024);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EINPROGRESS);
	settle();
	ASSERT_EQ(pln_sock_sockname(a_, s, &connected), 0);
	EXPECT_EQ(connected.port, bound.port);
	EXPECT_TRUE(connected.addr == w_.a.addr);
}

TEST_F(Sock, ConnectTellsItsOutcomeOnceBySucceeding)
{
	pln_endpoint remote = { w_.b.addr, 80 };
	int s;

	listening(80);
	s = connecting(80);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EALREADY);
	EXPECT_EQ(pln_sock_readiness(a_, s) & (POLLOUT | POLLERR | POLLHUP), 0);
	settle();
	EXPECT_TRUE(pln_sock_readiness(a_, s) & POLLOUT);
	EXPECT_EQ(error_of(a_, s), 0);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), 0);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EISCONN);
}

TEST_F(Sock, RefusedConnectTellsItBySoErrorOnceAndMayBeTriedAgain)
{
	pln_endpoint remote = { w_.b.addr, 80 };
	int s = connecting(80);

	settle();
	EXPECT_TRUE(pln_sock_readiness(a_, s) & POLLERR);
	EXPECT_TRUE(pln_sock_readiness(a_, s) & POLLHUP);
	EXPECT_EQ(error_of(a_, s), ECONNREFUSED);
	EXPECT_EQ(error_of(a_, s), 0);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -ECONNABORTED) << "the outcome has been told";
	listening(80);
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EINPROGRESS);
	settle();
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), 0);
}

TEST_F(Sock, RefusedConnectTellsItByASecondCall)
{
	pln_endpoint remote = { w_.b.addr, 80 };
	int s = connecting(80);

	settle();
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -ECONNREFUSED);
	EXPECT_EQ(error_of(a_, s), 0);
}

TEST_F(Sock, ConnectRefusesAtOnceWhatCannotBe)
{
	int s = stream_socket(a_);
	pln_endpoint far = { ip4("192.0.2.1"), 80 }, no_port = { w_.b.addr, 0 },
		     six = { w_.b.addr, 80 };
	pln_endpoint broadcast = { ip4("10.0.0.255"), 80 };

	six.addr.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_sock_connect(a_, s, &far), -ENETUNREACH);
	EXPECT_EQ(pln_sock_connect(a_, s, &no_port), -EINVAL);
	EXPECT_EQ(pln_sock_connect(a_, s, &six), -EAFNOSUPPORT);
	EXPECT_EQ(pln_sock_connect(a_, s, &broadcast), -EINVAL);
	EXPECT_EQ(pln_sock_readiness(a_, s), POLLOUT | POLLHUP) << "as if nothing had been tried";
}

TEST_F(Sock, SilentPeerTimesOutAndNeighbourThatIsNotThereIsUnreachable)
{
	pln_endpoint remote = { w_.b.addr, 80 };
	int s = stream_socket(a_);

	ASSERT_EQ(set(a_, s, IPPROTO_TCP, TCP_SYNCNT, 2), 0);
	w_.cable.faults[0].loss = 1;
	EXPECT_EQ(pln_sock_connect(a_, s, &remote), -EINPROGRESS);
	w_.run_for(100 * PLN_NS_PER_S);
	EXPECT_EQ(error_of(a_, s), ETIMEDOUT);
	EXPECT_EQ(w_.a.counter("tcp_retransmit"), 2u);
	remote.addr = ip4("10.0.0.77");
	int t = stream_socket(a_);
	EXPECT_EQ(pln_sock_connect(a_, t, &remote), -EINPROGRESS);
	w_.run_for(100 * PLN_NS_PER_S);
	EXPECT_EQ(error_of(a_, t), EHOSTUNREACH);
}

TEST_F(Sock, AcceptGivesConnectionsInOrderWithTheirPeers)
{
	int listener = listening(80);
	pln_endpoint peer, name;

	EXPECT_EQ(pln_sock_accept(b_, listener, nullptr), -EAGAIN);
	EXPECT_EQ(pln_sock_readiness(b_, listener) & POLLIN, 0);
	for (int i = 0; i < 2; i++) {
		int client = connecting(80);
		settle();
		EXPECT_TRUE(pln_sock_readiness(b_, listener) & POLLIN);
		int server = pln_sock_accept(b_, listener, &peer);
		ASSERT_GE(server, 0);
		ASSERT_EQ(pln_sock_sockname(a_, client, &name), 0);
		EXPECT_EQ(peer.port, name.port);
		EXPECT_TRUE(peer.addr == w_.a.addr);
		ASSERT_EQ(pln_sock_peername(a_, client, &peer), 0);
		ASSERT_EQ(pln_sock_sockname(b_, server, &name), 0);
		EXPECT_EQ(peer.port, 80);
		EXPECT_TRUE(name.addr == w_.b.addr);
	}
	EXPECT_EQ(pln_sock_accept(b_, listener, nullptr), -EAGAIN);
	EXPECT_EQ(pln_sock_accept(a_, 0, nullptr), -EINVAL) << "not listening";
}

TEST_F(Sock, ListenChecksTheState)
{
	auto [client, server] = pair();
	int s = stream_socket(b_), t = stream_socket(b_);
	pln_endpoint local = { {}, 80 };

	EXPECT_EQ(pln_sock_listen(a_, client, 1), -EINVAL);
	EXPECT_EQ(pln_sock_bind(b_, s, &local), 0)
		<< "an accepted connection does not hold the port";
	EXPECT_EQ(pln_sock_listen(b_, s, 1), 0);
	EXPECT_EQ(pln_sock_listen(b_, s, 1), 0);
	EXPECT_EQ(get(b_, s, SOL_SOCKET, SO_ACCEPTCONN), 1);
	EXPECT_EQ(get(b_, t, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EXPECT_EQ(pln_sock_bind(b_, t, &local), -EADDRINUSE);
	EXPECT_EQ(pln_sock_listen(b_, t, 1), 0) << "unbound: a port is chosen";
	EXPECT_EQ(pln_sock_sockname(b_, t, &local), 0);
	EXPECT_NE(local.port, 0);
}

TEST_F(Sock, TableThatIsFullLeavesTheConnectionToBeAccepted)
{
	int listener = listening(80);

	connecting(80);
	settle();
	while (pln_sock_socket(b_, AF_INET, SOCK_STREAM, 0) >= 0)
		;
	EXPECT_EQ(pln_sock_accept(b_, listener, nullptr), -EMFILE);
	EXPECT_EQ(pln_sock_close(b_, 15), 0);
	EXPECT_EQ(pln_sock_accept(b_, listener, nullptr), 15);
}

TEST_F(Sock, SendsAndReceivesWithFlags)
{
	auto [client, server] = pair();

	EXPECT_EQ(receive(b_, server), "error " + std::to_string(-EAGAIN));
	EXPECT_EQ(send(a_, client, "hello", MSG_NOSIGNAL | MSG_DONTWAIT), 5);
	settle();
	EXPECT_TRUE(pln_sock_readiness(b_, server) & POLLIN);
	EXPECT_EQ(pln_sock_inq(b_, server), 5);
	EXPECT_EQ(receive(b_, server, MSG_PEEK), "hello");
	EXPECT_EQ(receive(b_, server, MSG_WAITALL), "hello");
	EXPECT_EQ(pln_sock_inq(b_, server), 0);
	EXPECT_FALSE(pln_sock_readiness(b_, server) & POLLIN);
	EXPECT_EQ(send(a_, client, "x", MSG_TRUNC), -EOPNOTSUPP);
	EXPECT_EQ(pln_sock_recv(b_, server, nullptr, 0, MSG_TRUNC), -EOPNOTSUPP);
	EXPECT_EQ(pln_sock_recv(b_, server, nullptr, 0, MSG_OOB), -EINVAL);
	EXPECT_EQ(send(a_, client, "he", MSG_MORE), 2);
	settle();
	EXPECT_EQ(receive(b_, server), "error " + std::to_string(-EAGAIN)) << "more was promised";
	EXPECT_EQ(send(a_, client, "llo"), 3);
	settle();
	EXPECT_EQ(receive(b_, server), "hello");
}

TEST_F(Sock, UrgentBytesComeInLineAndAreTold)
{
	auto [client, server] = pair();

	EXPECT_FALSE(pln_sock_readiness(b_, server) & POLLPRI);
	EXPECT_EQ(send(a_, client, "hurry", MSG_OOB), 5);
	EXPECT_EQ(send(a_, client, " up"), 3);
	settle();
	EXPECT_TRUE(pln_sock_readiness(b_, server) & POLLPRI);
	EXPECT_EQ(receive(b_, server), "hurry up");
	EXPECT_FALSE(pln_sock_readiness(b_, server) & POLLPRI);
}

TEST_F(Sock, QueueLengthsAreBytesNotAcknowledgedAndBytesNotRead)
{
	auto [client, server] = pair();

	EXPECT_EQ(pln_sock_outq(a_, client), 0);
	w_.cable.faults[0].loss = 1;
	EXPECT_EQ(send(a_, client, std::string(3000, 'x')), 3000);
	EXPECT_EQ(pln_sock_outq(a_, client), 3000) << "not sent yet";
	settle();
	EXPECT_EQ(pln_sock_outq(a_, client), 3000) << "sent, not acknowledged";
	w_.cable.faults[0].loss = 0;
	w_.run_for(10 * PLN_NS_PER_S);
	EXPECT_EQ(pln_sock_outq(a_, client), 0);
	EXPECT_EQ(pln_sock_inq(b_, server), 3000);
	int listener = listening(81);
	EXPECT_EQ(pln_sock_inq(b_, listener), -EINVAL);
	EXPECT_EQ(pln_sock_outq(b_, listener), -EINVAL);
	EXPECT_EQ(pln_sock_inq(a_, stream_socket(a_)), 0);
}

TEST_F(Sock, WithoutAConnectionNothingIsConnected)
{
	int s = stream_socket(a_), listener = listening(80);
	pln_endpoint peer;

	EXPECT_EQ(send(a_, s, "x"), -ENOTCONN);
	EXPECT_EQ(receive(a_, s), "error " + std::to_string(-ENOTCONN));
	EXPECT_EQ(pln_sock_shutdown(a_, s, SHUT_WR), -ENOTCONN);
	EXPECT_EQ(pln_sock_peername(a_, s, &peer), -ENOTCONN);
	EXPECT_EQ(send(b_, listener, "x"), -ENOTCONN);
	EXPECT_EQ(pln_sock_peername(b_, listener, &peer), -ENOTCONN);
}

TEST_F(Sock, ShutdownEndsOneDirection)
{
	auto [client, server] = pair();

	EXPECT_EQ(pln_sock_shutdown(a_, client, 3), -EINVAL);
	EXPECT_EQ(send(a_, client, "last"), 4);
	EXPECT_EQ(pln_sock_shutdown(a_, client, SHUT_WR), 0);
	EXPECT_EQ(send(a_, client, "x"), -EPIPE);
	settle();
	EXPECT_TRUE(pln_sock_readiness(b_, server) & POLLRDHUP);
	EXPECT_FALSE(pln_sock_readiness(b_, server) & POLLHUP);
	EXPECT_EQ(receive(b_, server), "last");
	EXPECT_EQ(receive(b_, server), "") << "the end";
	EXPECT_EQ(send(b_, server, "answer"), 6);
	settle();
	EXPECT_EQ(receive(a_, client), "answer");
	EXPECT_EQ(pln_sock_shutdown(b_, server, SHUT_RDWR), 0);
	settle();
	EXPECT_EQ(receive(a_, client), "");
	EXPECT_TRUE(pln_sock_readiness(a_, client) & POLLHUP);
}

TEST_F(Sock, CloseWithUnreadDataResets)
{
	auto [client, server] = pair();

	EXPECT_EQ(send(a_, client, "unread"), 6);
	settle();
	EXPECT_EQ(pln_sock_close(b_, server), 0);
	settle();
	EXPECT_TRUE(pln_sock_readiness(a_, client) & POLLERR);
	EXPECT_EQ(receive(a_, client), "error " + std::to_string(-ECONNRESET));
	EXPECT_EQ(error_of(a_, client), ECONNRESET);
	EXPECT_EQ(send(a_, client, "x"), -EPIPE);
}

TEST_F(Sock, LingerZeroResets)
{
	auto [client, server] = pair();
	linger now = { 1, 0 };
	pln_sock_opt opt = { SOL_SOCKET, SO_LINGER, &now, sizeof(now) };

	EXPECT_EQ(pln_sock_setsockopt(a_, client, &opt), 0);
	EXPECT_EQ(pln_sock_close(a_, client), 0);
	settle();
	EXPECT_EQ(error_of(b_, server), ECONNRESET);
	EXPECT_EQ(w_.a.counter("tcp_tx_rst"), 1u);
}

TEST_F(Sock, EventsAreEdgesOfTheTablesSockets)
{
	int listener = listening(80), client = connecting(80);
	pln_sock_event events[8];

	settle();
	ASSERT_EQ(pln_sock_events(a_, events, 8), 1u);
	EXPECT_EQ(events[0].s, client);
	EXPECT_TRUE(events[0].bits & PLN_EV_CONNECTED);
	ASSERT_EQ(pln_sock_events(b_, events, 8), 1u);
	EXPECT_EQ(events[0].s, listener);
	EXPECT_TRUE(events[0].bits & PLN_EV_ACCEPTED);
	int server = pln_sock_accept(b_, listener, nullptr);
	EXPECT_EQ(pln_sock_events(a_, events, 8), 0u) << "an edge is told once";
	send(a_, client, "x");
	settle();
	ASSERT_EQ(pln_sock_events(b_, events, 8), 1u);
	EXPECT_EQ(events[0].s, server);
	EXPECT_TRUE(events[0].bits & PLN_EV_READABLE);
	pln_sock_close(b_, server);
	settle();
	ASSERT_EQ(pln_sock_events(a_, events, 8), 1u);
	EXPECT_TRUE(events[0].bits & PLN_EV_CLOSED);
	EXPECT_EQ(events[0].error, -ECONNRESET);
	EXPECT_EQ(error_of(a_, client), ECONNRESET) << "the event does not take it";
}

TEST_F(Sock, EventsOfOthersAreNotMistakenForOurs)
{
	pln_tcp_open_args args{};
	pln_event events[8];
	int listener = listening(80), client;
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { w_.b.addr, 80 };
	args.cookie = &args;
	ASSERT_EQ(pln_tcp_open(w_.a.stack(), &args, &conn), 0);
	client = connecting(80);
	settle();
	unsigned int n = pln_stack_events(w_.a.stack(), events, 8);
	ASSERT_EQ(n, 2u);
	for (unsigned int i = 0; i < n; i++)
		EXPECT_EQ(pln_sock_of(a_, &events[i]), events[i].conn == conn ? -ENOENT : client);
	EXPECT_GE(pln_sock_accept(b_, listener, nullptr), 0);
}

TEST_F(Sock, DestroyingTheTableClosesWhatIsOpen)
{
	auto [client, server] = pair();

	send(a_, client, "bye");
	pln_sock_table_destroy(a_);
	a_ = nullptr;
	settle();
	EXPECT_EQ(receive(b_, server), "bye");
	EXPECT_EQ(receive(b_, server), "");
}

/* RFC 7413: the second time the request goes with the SYN, and is answered before the handshake is complete. */
TEST_F(Sock, FastOpenBringsTheRequestWithTheSyn)
{
	std::string request = "hello";
	pln_sock_msg msg{};
	int listener;

	listener = stream_socket(b_);
	EXPECT_EQ(set(b_, listener, IPPROTO_TCP, TCP_FASTOPEN, 5), 0);
	const pln_endpoint local = { {}, 80 };
	EXPECT_EQ(pln_sock_bind(b_, listener, &local), 0);
	EXPECT_EQ(pln_sock_listen(b_, listener, 5), 0);
	msg.buf = request.data();
	msg.len = request.size();
	msg.flags = MSG_FASTOPEN;
	msg.addr = { w_.b.addr, 80 };
	for (int round = 0; round < 2; round++) {
		int client = stream_socket(a_), server;
		char text[8] = {};

		EXPECT_EQ(pln_sock_sendto(a_, client, &msg), 5);
		settle();
		server = pln_sock_accept(b_, listener, nullptr);
		ASSERT_GE(server, 0);
		EXPECT_EQ(pln_sock_recv(b_, server, text, sizeof(text), 0), 5);
		EXPECT_STREQ(text, "hello");
		EXPECT_EQ(pln_sock_close(a_, client), 0);
		EXPECT_EQ(pln_sock_close(b_, server), 0);
		EXPECT_EQ(w_.b.counter("tcp_fastopen_taken"), round);
		settle();
	}
}

} // namespace
