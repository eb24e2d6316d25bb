/* SPDX-License-Identifier: BSD-3-Clause */
/* Listeners and what waits in them: RFC 9293 §3.9.1.1, §3.10.7.2; backlog, DEFER_ACCEPT, inheritance. */
#include "peer.h"

using namespace peer;

namespace
{

class ListenRfc9293 : public PeerTest
{
      protected:
	/* A peer with another port; what it is answered is not looked at. */
	void
	half_open(uint16_t from)
	{
		remote_port = from;
		fresh_iss();
		send({ SYN, 0, 0 });
		expect(SYN | ACK, 0, 1);
	}

	void
	established(uint16_t from)
	{
		half_open(from);
		send({ ACK, 1, 1 });
	}

	int
	try_accept(uint64_t *conn)
	{
		return pln_tcp_accept(stack(), listener, nullptr, conn);
	}

	uint32_t
	alive()
	{
		return pln_tcp_conn_count(stack());
	}
};

TEST_F(ListenRfc9293, ClosingResetsWhatIsHalfOpenAndWhatNobodyAccepted)
{
	listen();
	established(50000);
	established(50001);
	half_open(50002);
	EXPECT_EQ(alive(), 3U);
	EXPECT_EQ(pln_tcp_close(stack(), listener), 0);
	run();
	unsigned int resets = 0;

	while (auto in = take())
		resets += (in->flags & RST) != 0;
	EXPECT_EQ(resets, 3U);
	EXPECT_EQ(alive(), 0U);
	EXPECT_TRUE(events().empty());
	uint64_t conn;
	EXPECT_EQ(try_accept(&conn), -EBADF);
	EXPECT_EQ(pln_tcp_close(stack(), listener), -EBADF);
	/* The port is nobody's now. */
	remote_port = 50003;
	send({ SYN, 0, 0 });
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	EXPECT_EQ(in->flags, RST | ACK);
}

TEST_F(ListenRfc9293, SegmentsBetweenCloseAndItsResetsDoNoHarm)
{
	listen();
	established(50000);
	half_open(50001);
	EXPECT_EQ(pln_tcp_close(stack(), listener), 0);
	inject({ ACK, 1, 1, 100 });
	inject({ FIN | ACK, 101, 1 });
	inject({ RST, 1, 0 });
	run();
	drain();
	EXPECT_EQ(alive(), 0U);
}

TEST_F(ListenRfc9293, ConnectionResetBeforeItWasAcceptedIsAcceptedWithItsError)
{
	uint64_t conn;
	uint8_t byte;

	listen(1);
	established(50000);
	send({ RST, 1, 0 });
	ASSERT_EQ(try_accept(&conn), 0);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	EXPECT_EQ(event_bits(conn), PLN_EV_CLOSED);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, &byte, 1, 0), -ECONNRESET);
	EXPECT_EQ(pln_tcp_close(stack(), conn), 0);
	/* Its place in the backlog is free. */
	established(50001);
	EXPECT_EQ(try_accept(&conn), 0);
}

TEST_F(ListenRfc9293, ConnectionsAreAcceptedInTheOrderTheyCame)
{
	uint64_t conn;

	listen();
	for (uint16_t i = 0; i < 5; i++)
		established(static_cast<uint16_t>(50000 + i));
	for (uint16_t i = 0; i < 5; i++) {
		ASSERT_EQ(try_accept(&conn), 0);
		EXPECT_EQ(host.info(conn).remote.port, 50000 + i);
	}
	EXPECT_EQ(try_accept(&conn), -EAGAIN);
}

TEST_F(ListenRfc9293, BacklogCountsUntilAccepted)
{
	uint64_t conn;

	listen(2);
	established(50000);
	established(50001);
	remote_port = 50002;
	send({ SYN, 0, 0 });
	expect_nothing();
	EXPECT_EQ(counter("tcp_backlog_full"), 1U);
	ASSERT_EQ(try_accept(&conn), 0);
	established(50002);
	EXPECT_EQ(alive(), 3U);
}

TEST_F(ListenRfc9293, HalfOpenConnectionsGiveTheirPlaceBack)
{
	listen(1);
	for (uint16_t i = 0; i < 10; i++) {
		half_open(static_cast<uint16_t>(50000 + i));
		if (i % 2 == 0)
			send({ RST, 1, 0 });
		else
			send({ SYN, 5, 0 }); /* another SYN inside the window: back to LISTEN */
		EXPECT_EQ(alive(), 0U);
	}
	half_open(60000);
	icmp_error(3, 1, 0); /* soft: it stays */
	EXPECT_EQ(alive(), 1U);
	icmp_error(3, 3, 0); /* nobody there any more */
	EXPECT_EQ(alive(), 0U);
	half_open(60001);
}

TEST_F(ListenRfc9293, ListenerForOneAddressGoesBeforeOneForAny)
{
	pln_tcp_listen_args args{};
	uint64_t any, one, conn;

	args.size = sizeof(args);
	args.local.port = 7;
	ASSERT_EQ(pln_tcp_listen(stack(), &args, &any), 0);
	args.local.addr = host.addr;
	ASSERT_EQ(pln_tcp_listen(stack(), &args, &one), 0);
	port = 7;
	established(50000);
	EXPECT_EQ(pln_tcp_accept(stack(), any, nullptr, &conn), -EAGAIN);
	EXPECT_EQ(pln_tcp_accept(stack(), one, nullptr, &conn), 0);
}

TEST_F(ListenRfc9293, ArgumentsThatMakeNoSenseAreRefused)
{
	pln_tcp_listen_args args{};
	uint64_t l = 42;

	args.size = sizeof(args);
	args.local = { support::ip4("10.0.0.77"), 7 };
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &l), -EADDRNOTAVAIL);
	args.local.addr.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &l), -EAFNOSUPPORT);
	args.local.addr.family = 99;
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &l), -EINVAL);
	EXPECT_EQ(l, 42U);
}

TEST_F(ListenRfc9293, PortIsChosenWhenNoneIsGiven)
{
	pln_tcp_listen_args args{};
	uint64_t l = 0;

	args.size = sizeof(args);
	ASSERT_EQ(pln_tcp_listen(stack(), &args, &l), 0);
	EXPECT_GE(host.info(l).local.port, 1024);
	EXPECT_EQ(host.info(l).state, PLN_TCP_LISTEN);
}

TEST_F(ListenRfc9293, ListeningDisturbsNoConnectionOfThePort)
{
	pln_tcp_open_args args{};
	uint64_t conn = 0;

	args.size = sizeof(args);
	args.remote = { addr, remote_port };
	args.local.port = 7;
	ASSERT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	run();
	expect(SYN, 0, 0);
	{
		uint16_t server = remote_port;
		listen(); /* MUST-42: while it is in SYN-SENT */
		remote_port = server;
		iss = host.info(conn).iss;
	}
	send({ SYN | ACK, 0, 1 });
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	send({ ACK, 1, 1, 10 });
	EXPECT_EQ(host.info(conn).inq_bytes, 10U);
	drain();
	established(50000);
	EXPECT_EQ(alive(), 2U);
}

TEST_F(ListenRfc9293, OptionsOfAListenerAreInherited)
{
	uint64_t conn;
	int64_t value = 0;

	listen();
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_TTL, 9), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_TOS, 0xb8), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_NODELAY, 1), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_KEEPIDLE, 10), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_KEEPALIVE, 1), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_RCVBUF, 5000), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_MAXSEG, 700), 0);
	send({ SYN, 0, 0 });
	In in = expect(SYN | ACK, 0, 1);
	EXPECT_EQ(in.frame.ip->ttl, 9);
	EXPECT_EQ(in.frame.ip->tos, 0xb8);
	EXPECT_EQ(in.frame.tcp->mss(), 700);
	EXPECT_EQ(in.wnd, 5000);
	send({ ACK, 1, 1 });
	ASSERT_EQ(try_accept(&conn), 0);
	EXPECT_EQ(pln_tcp_opt_get(stack(), conn, PLN_TCP_OPT_NODELAY, &value), 0);
	EXPECT_EQ(value, 1);
	pass(11 * PLN_NS_PER_S);
	expect(ACK, 0, 1);
}

TEST_F(ListenRfc9293, CallsForConnectionsAreRefusedOnAListener)
{
	uint8_t byte = 0;
	pln_tcp_ref ref = { &byte, 1, nullptr, nullptr };
	pln_tcp_view view;

	listen();
	EXPECT_EQ(pln_tcp_send(stack(), listener, &byte, 1, 0), -ENOTCONN);
	EXPECT_EQ(pln_tcp_send_ref(stack(), listener, &ref, 0), -ENOTCONN);
	EXPECT_EQ(pln_tcp_receive(stack(), listener, &byte, 1, 0), -ENOTCONN);
	EXPECT_EQ(pln_tcp_receive_views(stack(), listener, 0, &view, 1), -ENOTCONN);
	EXPECT_EQ(pln_tcp_shutdown(stack(), listener, PLN_TCP_SHUT_RDWR), -ENOTCONN);
	EXPECT_EQ(pln_tcp_readiness(stack(), listener), 0);
	run();
	expect_nothing();
}

class DeferAccept : public ListenRfc9293
{
      protected:
	void
	SetUp() override
	{
		listen(1);
		EXPECT_EQ(pln_tcp_opt_set(stack(), listener, PLN_TCP_OPT_DEFER_ACCEPT, 5), 0);
	}
};

TEST_F(DeferAccept, ConnectionIsOfferedWithItsFirstBytes)
{
	uint64_t conn;

	established(50000);
	EXPECT_EQ(try_accept(&conn), -EAGAIN);
	EXPECT_TRUE(events().empty());
	send({ ACK, 1, 1, 10 });
	EXPECT_EQ(event_bits(listener), PLN_EV_ACCEPTED);
	ASSERT_EQ(try_accept(&conn), 0);
	EXPECT_EQ(event_bits(conn), PLN_EV_READABLE);
	EXPECT_EQ(read(conn).size(), 10U);
}

TEST_F(DeferAccept, SilentConnectionIsOfferedWhenItsTimeIsUp)
{
	uint64_t conn;

	established(50000);
	pass(4900 * PLN_NS_PER_MS);
	EXPECT_EQ(try_accept(&conn), -EAGAIN);
	pass(200 * PLN_NS_PER_MS);
	ASSERT_EQ(try_accept(&conn), 0);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	pass(1000 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(DeferAccept, ConnectionThatIsClosedWithoutBytesIsOffered)
{
	uint64_t conn;

	established(50000);
	send({ FIN | ACK, 1, 1 });
	ASSERT_EQ(try_accept(&conn), 0);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSE_WAIT);
	pass(100 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSE_WAIT);
}

TEST_F(DeferAccept, ResetFreesThePlaceInTheBacklog)
{
	uint64_t conn;

	established(50000);
	send({ RST, 1, 0 });
	EXPECT_EQ(alive(), 0U);
	established(50001);
	send({ ACK, 1, 1, 1 });
	EXPECT_EQ(try_accept(&conn), 0);
}

TEST_F(DeferAccept, ClosingTheListenerResetsWhatWaits)
{
	established(50000);
	EXPECT_EQ(pln_tcp_close(stack(), listener), 0);
	run();
	expect(RST | ACK, 1, 1);
	EXPECT_EQ(alive(), 0U);
	pass(10 * PLN_NS_PER_S);
	expect_nothing();
}

class HandshakeRfc9293 : public PeerTest
{
};

TEST_F(HandshakeRfc9293, SynAckSentTwiceGivesNoSample)
{
	uint64_t conn;

	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	now += 10 * PLN_NS_PER_MS;
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	now += PLN_NS_PER_MS;
	send({ ACK, 1, 1 });
	ASSERT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(host.info(conn).rtt_ns, 0U);
}

TEST_F(HandshakeRfc9293, SynAckSentOnceGivesOne)
{
	uint64_t conn;

	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	now += 10 * PLN_NS_PER_MS;
	send({ ACK, 1, 1 });
	ASSERT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(host.info(conn).rtt_ns, 10 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).rto_ns, 200 * PLN_NS_PER_MS);
}

TEST_F(HandshakeRfc9293, EchoedTimestampMeasuresASynSentTwice)
{
	uint64_t conn = open();
	In syn = expect(SYN, 0, 0);

	pass(1100 * PLN_NS_PER_MS);
	syn = expect(SYN, 0, 0);
	now += 20 * PLN_NS_PER_MS;
	send({ SYN | ACK, 0, 1, 0, 65535,
	       support::timestamps_option(5, syn.frame.tcp->timestamps()->first), 0 });
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_GE(host.info(conn).rtt_ns, 20 * PLN_NS_PER_MS);
	EXPECT_LE(host.info(conn).rtt_ns, 130 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).snd_cwnd, 1U); /* a SYN was lost: IW is one segment */
}

TEST_F(HandshakeRfc9293, SynAckOwedIsNotSentIntoTheOpenConnection)
{
	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	inject({ SYN, 0, 0 });
	inject({ ACK, 1, 1 });
	run();
	expect_nothing();
	pass(10 * PLN_NS_PER_S);
	expect_nothing();
}

TEST_F(HandshakeRfc9293, OptionsAreThoseThatWereOffered)
{
	Bytes options = support::timestamps_option(5, 0), scale = support::wscale_option(3);
	uint64_t conn = open();

	options.insert(options.end(), scale.begin(), scale.end());
	expect(SYN, 0, 0);
	EXPECT_EQ(pln_stack_opt_set(stack(), "timestamps", "0"), 0);
	EXPECT_EQ(pln_stack_opt_set(stack(), "wscale", "0"), 0);
	send({ SYN | ACK, 0, 1, 0, 65535, options, 0 });
	EXPECT_TRUE(host.info(conn).timestamps);
	EXPECT_TRUE(host.info(conn).wscale);
	drain();
	conn = open();
	In syn = expect(SYN, 0, 0);
	EXPECT_FALSE(syn.frame.tcp->timestamps());
	EXPECT_FALSE(syn.frame.tcp->wscale());
	send({ SYN | ACK, 0, 1, 0, 65535, options, 0 });
	EXPECT_FALSE(host.info(conn).timestamps);
	EXPECT_FALSE(host.info(conn).wscale);
}

TEST_F(HandshakeRfc9293, MaxSegmentBoundsWhatIsAnnounced)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "max_segment", "900"), 0);
	open();
	EXPECT_EQ(expect(SYN, 0, 0).frame.tcp->mss(), 900);
}

TEST_F(HandshakeRfc9293, CloseInSynReceivedSendsFinWhenOpen)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(pln_tcp_close(stack(), conn), 0);
	run();
	expect_nothing();
	send({ ACK, 1, 1 });
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(HandshakeRfc9293, ShutdownInSynSentSendsItsBytesThenFin)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	EXPECT_EQ(write(conn, 10), 10);
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_RDWR), 0);
	run();
	expect_nothing();
	send({ SYN | ACK, 0, 1 });
	expect(FIN | ACK, 1, 1, 10);
	send({ ACK, 1, 12 });
	EXPECT_EQ(state(conn), PLN_TCP_FIN_WAIT_2);
}

TEST_F(HandshakeRfc9293, CrossingSynsOfTwoStacksMakeOneConnection)
{
	support::TwoHosts hosts;
	pln_tcp_open_args args{};
	uint64_t a = 0, b = 0;

	args.size = sizeof(args);
	args.remote = { hosts.b.addr, 2000 };
	args.local.port = 1000;
	ASSERT_EQ(pln_tcp_open(hosts.a.stack(), &args, &a), 0);
	args.remote = { hosts.a.addr, 1000 };
	args.local.port = 2000;
	ASSERT_EQ(pln_tcp_open(hosts.b.stack(), &args, &b), 0);
	hosts.run_for(100 * PLN_NS_PER_MS);
	EXPECT_EQ(hosts.a.info(a).state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(hosts.b.info(b).state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(pln_tcp_send(hosts.a.stack(), a, "x", 1, 0), 1);
	hosts.run_for(100 * PLN_NS_PER_MS);
	EXPECT_EQ(hosts.b.info(b).inq_bytes, 1U);
}

} // namespace
