/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening: RFC 9293 §3.5, §3.10.1, §3.10.7.1 to §3.10.7.3. */
#include "peer.h"

using namespace peer;

namespace
{

class OpenRfc9293 : public PeerTest
{
};

TEST_F(OpenRfc9293, ActiveOpenSendsSynWithOptionsAndCompletes)
{
	uint64_t conn = open();
	In syn = expect(SYN, 0, 0);

	EXPECT_EQ(syn.frame.tcp->mss(), 1460);
	EXPECT_TRUE(syn.frame.tcp->wscale().has_value());
	EXPECT_TRUE(syn.frame.tcp->timestamps().has_value());
	EXPECT_EQ(state(conn), PLN_TCP_SYN_SENT);
	EXPECT_EQ(pln_tcp_readiness(stack(), conn), 0);
	send({ SYN | ACK, 0, 1, 0, 1000, support::mss_option(1000), 0 });
	expect(ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	auto ev = events();
	ASSERT_EQ(ev.size(), 1U);
	EXPECT_EQ(ev[0].conn, conn);
	EXPECT_TRUE(ev[0].bits & PLN_EV_CONNECTED);
}

TEST_F(OpenRfc9293, PassiveOpenCompletesAndIsAccepted)
{
	uint64_t conn = accept();

	EXPECT_EQ(host.info(conn).remote.port, remote_port);
	auto ev = events();
	ASSERT_GE(ev.size(), 1U);
	EXPECT_EQ(ev[0].conn, listener);
	EXPECT_TRUE(ev[0].bits & PLN_EV_ACCEPTED);
}

TEST_F(OpenRfc9293, SynIsRepeatedAtOneThreeAndSevenSeconds)
{
	uint64_t start = now;
	std::vector<uint64_t> when;

	open();
	expect(SYN, 0, 0);
	while (now < start + 20 * PLN_NS_PER_S) {
		pass(100 * PLN_NS_PER_MS);
		while (take())
			when.push_back((now - start) / (100 * PLN_NS_PER_MS));
	}
	ASSERT_EQ(when.size(), 4U);
	EXPECT_NEAR(static_cast<double>(when[0]), 10, 1);
	EXPECT_NEAR(static_cast<double>(when[1]), 30, 1);
	EXPECT_NEAR(static_cast<double>(when[2]), 70, 1);
	EXPECT_NEAR(static_cast<double>(when[3]), 150, 1);
}

TEST_F(OpenRfc9293, SilentPeerIsGivenUpAfterThreeMinutesOrMore)
{
	uint64_t start = now, conn = open();

	while (state(conn) == PLN_TCP_SYN_SENT && now < start + 600 * PLN_NS_PER_S)
		pass(PLN_NS_PER_S);
	EXPECT_GE(now - start, 180 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
	auto ev = events();
	ASSERT_EQ(ev.size(), 1U);
	EXPECT_EQ(ev[0].error, -ETIMEDOUT);
}

TEST_F(OpenRfc9293, ResetInSynSentMeansRefused)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ RST | ACK, 0, 1 });
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	EXPECT_EQ(pln_tcp_error_take(stack(), conn), -ECONNREFUSED);
	EXPECT_EQ(pln_tcp_error_take(stack(), conn), 0);
	expect_nothing();
}

TEST_F(OpenRfc9293, ResetWithoutAckInSynSentIsIgnored)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ RST, 0, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_SYN_SENT);
	EXPECT_EQ(counter("tcp_synsent_ignored"), 1U);
}

TEST_F(OpenRfc9293, WrongAckInSynSentIsResetAndStateStays)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN | ACK, 0, 7 });
	expect(RST, 7, 0);
	EXPECT_EQ(state(conn), PLN_TCP_SYN_SENT);
	send({ ACK, 0, 0 });
	expect(RST, 0, 0);
	EXPECT_EQ(counter("tcp_synsent_bad_ack"), 2U);
}

TEST_F(OpenRfc9293, SimultaneousOpenReachesEstablished)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(state(conn), PLN_TCP_SYN_RECEIVED);
	send({ ACK, 1, 1 });
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(OpenRfc9293, ResetInSynReceivedOfActiveOriginMeansRefused)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ RST, 1, 0 });
	EXPECT_EQ(host.info(conn).error, -ECONNREFUSED);
}

TEST_F(OpenRfc9293, ResetInSynReceivedOfPassiveOriginGoesBackToListen)
{
	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ RST, 1, 0 });
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
	send({ SYN, 0, 0 });
	EXPECT_TRUE(take());
}

TEST_F(OpenRfc9293, RepeatedSynGetsSynAckAgain)
{
	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
}

TEST_F(OpenRfc9293, SynAckIsRepeatedAndHalfOpenConnectionGivenUp)
{
	unsigned int syn_acks = 0;

	listen();
	send({ SYN, 0, 0 });
	for (int i = 0; i < 120; i++) {
		pass(PLN_NS_PER_S);
		while (take())
			syn_acks++;
	}
	EXPECT_EQ(syn_acks, 6U);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(OpenRfc9293, BadAckOfSynReceivedIsReset)
{
	listen();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ ACK, 1, 5 });
	expect(RST, 5, 0);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 1U);
}

TEST_F(OpenRfc9293, SegmentForNobodyIsResetAsTheRfcSays)
{
	port = 99;
	send({ SYN, 5, 0, 0 });
	expect(RST | ACK, 0, 6);
	send({ SYN, 5, 0, 10 });
	expect(RST | ACK, 0, 16);
	send({ FIN, 5, 0, 0 });
	expect(RST | ACK, 0, 6);
	send({ ACK, 5, 77 });
	expect(RST, 77, 0);
	send({ RST, 5, 0 });
	expect_nothing();
	send({ RST | ACK, 5, 77 });
	expect_nothing();
	EXPECT_EQ(counter("tcp_no_connection"), 6U);
}

TEST_F(OpenRfc9293, ListenerIgnoresResetResetsAckAndDropsOthers)
{
	listen();
	send({ RST, 0, 0 });
	expect_nothing();
	send({ ACK, 0, 9 });
	expect(RST, 9, 0);
	send({ FIN, 0, 0 });
	expect_nothing();
	EXPECT_EQ(counter("tcp_listen_not_syn"), 3U);
}

TEST_F(OpenRfc9293, BacklogBoundsHalfOpenConnections)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "syncookies", "0"), 0);
	listen(2);
	for (uint16_t i = 0; i < 3; i++) {
		remote_port = static_cast<uint16_t>(50000 + i);
		send({ SYN, 0, 0 });
	}
	EXPECT_EQ(pln_tcp_conn_count(stack()), 2U);
	EXPECT_EQ(counter("tcp_backlog_full"), 1U);
}

TEST_F(OpenRfc9293, PayloadOfSynAckIsDelivered)
{
	uint64_t conn = open();
	uint8_t buf[16];

	expect(SYN, 0, 0);
	send({ SYN | ACK, 0, 1, 5 });
	expect(ACK, 1, 6);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, buf, sizeof(buf), 0), 5);
}

/* A crossed SYN,ACK's window is not scaled although scaling was agreed on (RFC 7323 §2.2). */
TEST_F(OpenRfc9293, WindowOfACrossedSynAckIsNotScaled)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN, 0, 0, 0, 1000, support::wscale_option(7), 0 });
	expect(SYN | ACK, 0, 1);
	send({ SYN | ACK, 0, 1, 0, 1000, support::wscale_option(7), 0 });
	ASSERT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(host.info(conn).snd_wnd, 1000U);
	send({ ACK, 1, 1, 0, 1000 });
	EXPECT_EQ(host.info(conn).snd_wnd, 1000U << 7);
}

class OpenTinyBuffer : public PeerTest
{
      protected:
	OpenTinyBuffer() : PeerTest({ { "rcvbuf", "1000" } })
	{
	}
};

TEST_F(OpenTinyBuffer, PayloadOfSynAckIsTrimmedToTheWindow)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN | ACK, 0, 1, 1400 });
	EXPECT_EQ(host.info(conn).inq_bytes, 1000U);
	expect(ACK, 1, 1001);
}

TEST_F(OpenRfc9293, PayloadOfSynIsNeverDeliveredEarly)
{
	uint64_t conn = 0;
	uint8_t buf[16];

	listen();
	send({ SYN, 0, 0, 5 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), -EAGAIN);
	send({ ACK, 1, 1, 5 });
	EXPECT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, buf, sizeof(buf), 0), 5);
}

TEST_F(OpenRfc9293, OpenToNoHostIsRefusedWithAnError)
{
	pln_tcp_open_args args{};
	uint64_t conn = 42;

	args.size = sizeof(args);
	args.remote.port = 80;
	for (const char *bad :
	     { "255.255.255.255", "10.0.0.255", "224.0.0.1", "0.0.0.0", "127.0.0.1" }) {
		args.remote.addr = support::ip4(bad);
		EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), -EINVAL) << bad;
	}
	args.remote = { addr, 0 };
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), -EINVAL);
	args.remote = { support::ip4("192.0.2.1"), 80 };
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), -ENETUNREACH);
	args.remote = { addr, 80 };
	args.local.addr = support::ip4("10.0.0.77");
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), -EADDRNOTAVAIL);
	EXPECT_EQ(conn, 42U);
}

TEST_F(OpenRfc9293, SecondListenerOnAPortIsRefused)
{
	pln_tcp_listen_args args{};
	uint64_t other;

	listen();
	args.size = sizeof(args);
	args.local.port = 7;
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &other), -EADDRINUSE);
}

TEST_F(OpenRfc9293, SynToBroadcastOrFromNobodyIsDropped)
{
	Frame f;
	support::Ip4 ip;
	support::Tcp tcp;

	listen();
	f.dst = host.mac;
	f.src = support::mac(9);
	ip.proto = support::PROTO_TCP;
	tcp.sport = 1;
	tcp.dport = 7;
	tcp.flags = SYN;
	for (auto [src, dst] :
	     { std::pair("10.0.0.9", "10.0.0.255"), std::pair("10.0.0.9", "255.255.255.255"),
	       std::pair("0.0.0.0", "10.0.0.1"), std::pair("127.0.0.1", "10.0.0.1"),
	       std::pair("224.0.0.5", "10.0.0.1"), std::pair("10.0.0.1", "10.0.0.1") }) {
		ip.src = support::ip4(src);
		ip.dst = support::ip4(dst);
		f.ip = ip;
		f.tcp = tcp;
		Bytes bytes = f.bytes();
		ASSERT_EQ(pln_memlink_inject(host.link(), bytes.data(), bytes.size(), 0), 0);
		run();
		expect_nothing();
	}
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

} // namespace
