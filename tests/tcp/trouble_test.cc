/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may go wrong for long: R1 and R2 (RFC 9293 §3.8.3), soft errors (§3.9.1.8), half-open connections and floods of SYNs (§3.5, RFC
 * 4987), ends that disagree (RFC 5961 §7).
 */
#include <set>

#include "peer.h"

using namespace peer;

namespace
{

class PatienceRfc9293 : public PeerTest
{
      protected:
	using PeerTest::PeerTest;

	/* Retransmissions that were sent until the event came, after which nothing of the kind is told again. */
	unsigned int
	sent_until_told(uint64_t conn)
	{
		unsigned int sent = 0;

		for (int i = 0; i < 1000; i++) {
			pass(100 * PLN_NS_PER_MS);
			sent += drain();
			if ((event_bits(conn) & PLN_EV_SOFT_ERROR) != 0)
				return sent;
		}
		return 0;
	}
};

TEST_F(PatienceRfc9293, ApplicationIsToldAtR1WhichIsThreeRetransmissions)
{
	uint64_t conn = connect();

	write(conn, 10);
	EXPECT_EQ(drain(), 1U);
	EXPECT_EQ(sent_until_told(conn), 3U);
	EXPECT_EQ(host.info(conn).soft_error, -ETIMEDOUT);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED) << "R2 is far away";
	send({ ACK, 1, 11 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
	write(conn, 10);
	drain();
	EXPECT_EQ(sent_until_told(conn), 3U) << "told again for another loss";
}

TEST_F(PatienceRfc9293, SynHasTheSameThreshold)
{
	uint64_t conn = open();

	EXPECT_EQ(drain(), 1U);
	EXPECT_EQ(sent_until_told(conn), 3U);
	EXPECT_EQ(state(conn), PLN_TCP_SYN_SENT);
	send({ SYN | ACK, 0, 1 });
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(PatienceRfc9293, EndComesAtR2AndNotBefore)
{
	uint64_t conn = connect();
	uint64_t began;

	write(conn, 10);
	began = now;
	while (state(conn) == PLN_TCP_ESTABLISHED && now - began < 3600 * PLN_NS_PER_S)
		pass(PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
	EXPECT_GE(now - began, 100 * PLN_NS_PER_S) << "SHLD-11";
	EXPECT_EQ(drain(), 16U) << "once, and fifteen times again";
}

/* The way to the peer is asked for again (MUST-20 a) while nothing comes back. */
TEST(PatienceOfTwoRfc9293, NextHopIsAskedAgainAtR1)
{
	support::TwoHostsOptions options;
	options.arp = true;
	support::TwoHosts hosts(options);
	auto [a, b] = hosts.established_pair();
	uint64_t asked, began;

	hosts.run_for(5 * PLN_NS_PER_S);
	asked = hosts.a.counter("arp_tx_request");
	began = hosts.now;
	hosts.cable.faults[0].loss = 1;
	EXPECT_EQ(pln_tcp_send(hosts.a.stack(), a, "x", 1, 0), 1);
	hosts.run_for(PLN_NS_PER_S);
	EXPECT_EQ(hosts.a.counter("arp_tx_request"), asked);
	hosts.run_for(15 * PLN_NS_PER_S);
	EXPECT_GT(hosts.a.counter("arp_tx_request"), asked);
	EXPECT_LT(hosts.now - began, 20 * PLN_NS_PER_S)
		<< "before age alone would have had it asked";
	(void)b;
}

class NoSoftErrors : public PatienceRfc9293
{
      protected:
	NoSoftErrors() : PatienceRfc9293({ { "soft_errors", "0" } })
	{
	}
};

TEST_F(NoSoftErrors, ReportsCanBeDisabled)
{
	uint64_t conn = connect();

	events();
	write(conn, 10);
	icmp_error(3, 1, 1);
	pass(30 * PLN_NS_PER_S);
	EXPECT_EQ(event_bits(conn), 0U);
	EXPECT_EQ(host.info(conn).soft_error, -EHOSTUNREACH) << "kept, for who asks";
}

class HalfOpenRfc4987 : public PeerTest
{
      protected:
	/* Without cookies, which would answer what the queue has no room for. */
	explicit HalfOpenRfc4987(const char *max_half_open = "0")
	    : PeerTest({ { "syncookies", "0" }, { "max_half_open", max_half_open } })
	{
	}

	bool
	answered(uint16_t from, uint16_t to = 7)
	{
		std::optional<In> in;

		remote_port = from;
		port = to;
		fresh_iss();
		send({ SYN, 0, 0 });
		in = take();
		drain();
		return in && in->flags == (SYN | ACK);
	}
};

TEST_F(HalfOpenRfc4987, OldestGivesWayOnceItsSynAckWentUnanswered)
{
	uint64_t conn;

	listen(2);
	EXPECT_TRUE(answered(50000));
	EXPECT_TRUE(answered(50001));
	EXPECT_FALSE(answered(50002)) << "the others may still be on their way";
	EXPECT_EQ(counter("tcp_backlog_full"), 1U);
	pass(1100 * PLN_NS_PER_MS);
	drain();
	EXPECT_TRUE(answered(50002));
	EXPECT_EQ(counter("tcp_half_open_evicted"), 1U);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 2U);
	send({ ACK, 1, 1 });
	EXPECT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(host.info(conn).remote.port, 50002);
}

TEST_F(HalfOpenRfc4987, EstablishedConnectionsGiveWayToNobody)
{
	listen(1);
	EXPECT_TRUE(answered(50000));
	send({ ACK, 1, 1 });
	pass(10 * PLN_NS_PER_S);
	EXPECT_FALSE(answered(50001));
	EXPECT_EQ(counter("tcp_half_open_evicted"), 0U);
}

TEST_F(HalfOpenRfc4987, FloodLeavesMemoryFlatAndTheListenerOpen)
{
	unsigned int n = 0;

	listen(8);
	for (uint32_t i = 0; i < 20000; i++) {
		n += answered(static_cast<uint16_t>(1024 + i % 60000)) ? 1 : 0;
		ASSERT_LE(pln_tcp_conn_count(stack()), 8U);
		advance(10 * PLN_NS_PER_MS);
		drain();
	}
	EXPECT_GT(n, 1000U) << "the queue turns over";
	pass(1100 * PLN_NS_PER_MS);
	drain();
	EXPECT_TRUE(answered(65000));
	pass(3600 * PLN_NS_PER_S);
	drain();
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

class HalfOpenOfTheStack : public HalfOpenRfc4987
{
      protected:
	HalfOpenOfTheStack() : HalfOpenRfc4987("3")
	{
	}
};

TEST_F(HalfOpenOfTheStack, AreBoundedOverAllListeners)
{
	pln_tcp_listen_args args{};
	uint64_t other;

	listen();
	args.size = sizeof(args);
	args.local.port = 8;
	ASSERT_EQ(pln_tcp_listen(stack(), &args, &other), 0);
	for (uint16_t i = 0; i < 3; i++)
		EXPECT_TRUE(answered(static_cast<uint16_t>(50000 + i)));
	EXPECT_FALSE(answered(50010, 8));
	EXPECT_EQ(counter("tcp_half_open_full"), 1U);
	pass(1100 * PLN_NS_PER_MS);
	drain();
	EXPECT_TRUE(answered(50010, 8)) << "the oldest of another listener gave way";
	EXPECT_EQ(pln_tcp_conn_count(stack()), 3U);
	EXPECT_EQ(pln_tcp_close(stack(), listener), 0);
	EXPECT_EQ(pln_tcp_close(stack(), other), 0);
	run();
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

/* RFC 9293 §3.5.1, figure 10: one end has forgotten, and opens anew from the same port. */
TEST(HalfOpenRecoveryRfc9293, CrashedEndThatConnectsAgainIsLetInAfterAReset)
{
	support::TwoHosts hosts;
	pln_tcp_listen_args listen{};
	pln_tcp_open_args open{};
	uint64_t listener, first, again, old = 0;

	listen.size = sizeof(listen);
	listen.local.port = 80;
	ASSERT_EQ(pln_tcp_listen(hosts.b.stack(), &listen, &listener), 0);
	open.size = sizeof(open);
	open.remote = { hosts.b.addr, 80 };
	open.local.port = 4000;
	ASSERT_EQ(pln_tcp_open(hosts.a.stack(), &open, &first), 0);
	hosts.run_for(PLN_NS_PER_S);
	ASSERT_EQ(pln_tcp_accept(hosts.b.stack(), listener, nullptr, &old), 0);
	hosts.cable.faults[0].loss = 1;
	pln_tcp_abort(hosts.a.stack(), first); /* "crash": nobody hears of it */
	hosts.run_for(PLN_NS_PER_S);
	hosts.cable.faults[0].loss = 0;
	ASSERT_EQ(hosts.b.info(old).state, PLN_TCP_ESTABLISHED);
	ASSERT_EQ(pln_tcp_open(hosts.a.stack(), &open, &again), 0);
	hosts.run_for(10 * PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.info(old).state, PLN_TCP_CLOSED);
	EXPECT_EQ(hosts.b.info(old).error, -ECONNRESET);
	EXPECT_EQ(hosts.a.info(again).state, PLN_TCP_ESTABLISHED);
}

/* Figure 11: data from the end that remembers is reset by the one that has forgotten. */
TEST(HalfOpenRecoveryRfc9293, DataToAnEndThatForgotIsAnsweredWithReset)
{
	support::TwoHosts hosts;
	auto [a, b] = hosts.established_pair();

	hosts.cable.faults[0].loss = 1;
	pln_tcp_abort(hosts.a.stack(), a);
	hosts.run_for(PLN_NS_PER_S);
	hosts.cable.faults[0].loss = 0;
	EXPECT_EQ(pln_tcp_send(hosts.b.stack(), b, "x", 1, 0), 1);
	hosts.run_for(PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.info(b).error, -ECONNRESET);
}

class LoopRfc5961 : public PeerTest
{
};

TEST_F(LoopRfc5961, BareSegmentsOutOfWindowAreAnsweredNowAndThen)
{
	connect();
	for (int i = 0; i < 10; i++)
		send({ ACK, 0x80000000, 1 });
	EXPECT_EQ(drain(), 1U);
	EXPECT_EQ(counter("tcp_invalid_limited"), 9U);
	advance(499 * PLN_NS_PER_MS);
	send({ ACK, 0x80000000, 1 });
	EXPECT_EQ(drain(), 0U);
	advance(PLN_NS_PER_MS);
	send({ ACK, 0x80000000, 1 });
	EXPECT_EQ(drain(), 1U);
}

TEST_F(LoopRfc5961, BytesReceivedTwiceAreAlwaysAnswered)
{
	connect();
	send({ ACK, 1, 1, 10 });
	pass(PLN_NS_PER_S);
	drain();
	for (int i = 0; i < 10; i++)
		send({ ACK, 1, 1, 10 });
	EXPECT_EQ(drain(), 10U);
}

/* Each connection counts for itself: what one is refused says nothing about another. */
TEST_F(LoopRfc5961, LimitIsNoChannelBetweenConnections)
{
	connect();
	for (int i = 0; i < 50; i++)
		send({ RST, 100, 0 });
	EXPECT_EQ(drain(), 10U);
	remote_port++;
	connect();
	for (int i = 0; i < 50; i++)
		send({ RST, 100, 0 });
	EXPECT_EQ(drain(), 10U);
}

/* Two ends that disagree about sequence numbers come to rest, though each answers the other. */
TEST(LoopOfTwoRfc5961, EndsThatDisagreeComeToRest)
{
	support::TwoHosts hosts;
	auto [a, b] = hosts.established_pair();
	support::Frame f;
	support::Ip4 ip;
	support::Tcp tcp;
	Bytes bytes;
	uint64_t frames;

	/* An ACK with a sequence number of the past and one of data never sent, forged to both. */
	ip.src = hosts.a.addr;
	ip.dst = hosts.b.addr;
	ip.proto = support::PROTO_TCP;
	tcp.sport = hosts.a.info(a).local.port;
	tcp.dport = 80;
	tcp.flags = ACK;
	tcp.seq = hosts.a.info(a).snd_nxt - 5000;
	tcp.ack = hosts.b.info(b).snd_nxt;
	f.dst = hosts.b.mac;
	f.src = hosts.a.mac;
	f.ip = ip;
	f.tcp = tcp;
	bytes = f.bytes();
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(pln_memlink_inject(hosts.b.link(), bytes.data(), bytes.size(), 0), 0);
	hosts.run_for(60 * PLN_NS_PER_S);
	frames = hosts.cable.counts[0].frames + hosts.cable.counts[1].frames;
	EXPECT_LT(frames, 20U);
	hosts.run_for(60 * PLN_NS_PER_S);
	EXPECT_EQ(hosts.cable.counts[0].frames + hosts.cable.counts[1].frames, frames);
}

} // namespace
