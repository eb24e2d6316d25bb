/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT: RFC 9293 §3.6.1, §3.10.7.4; RFC 1337; RFC 6191. Records, their end, and what may come over them. */
#include "peer.h"

using namespace peer;

namespace
{

class TimeWait : public PeerTest
{
      protected:
	using PeerTest::PeerTest;

	/* A connection of the listener's, closed by us first; the last ACK is the stack's. */
	uint64_t
	into_time_wait(uint16_t from, const Bytes &options = {})
	{
		uint64_t conn = 0;

		remote_port = from;
		fresh_iss();
		send({ SYN, 0, 0, 0, 65535, options, 0 });
		expect(SYN | ACK, 0, 1);
		send({ ACK, 1, 1, 0, 65535, options, 0 });
		EXPECT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
		EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
		run();
		expect(FIN | ACK, 1, 1);
		send({ FIN | ACK, 1, 2, 0, 65535, options, 0 });
		expect(ACK, 2, 2);
		EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
		return conn;
	}

	void
	SetUp() override
	{
		listen();
	}
};

TEST_F(TimeWait, EndsWhenItsTimeIsUpNotBefore)
{
	uint64_t conn = into_time_wait(50000);

	pass(60 * PLN_NS_PER_S - PLN_NS_PER_MS);
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	pass(2 * PLN_NS_PER_MS);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	EXPECT_EQ(pln_stack_next(stack()), PLN_NEVER);
}

TEST_F(TimeWait, IsNoConnectionAlive)
{
	uint64_t conn = into_time_wait(50000);

	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
	EXPECT_EQ(event_bits(conn) & PLN_EV_CLOSED, PLN_EV_CLOSED);
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), -ENOTCONN);
	EXPECT_EQ(pln_tcp_send(stack(), conn, "x", 1, 0), -EPIPE);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, nullptr, 0, 0), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_QUICKACK, 1), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_CORK, 0), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_RCVBUF, 4 << 20), 0);
	EXPECT_EQ(pln_tcp_close(stack(), conn), 0);
	run();
	expect_nothing();
	EXPECT_EQ(pln_tcp_close(stack(), conn), -EBADF);
}

TEST_F(TimeWait, HandleOutlivesTheRecordAndAnotherConnectionInItsPlace)
{
	uint64_t old = into_time_wait(50000), conn = 0;

	irs += 100000;
	fresh_iss();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ ACK, 1, 1 });
	ASSERT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(state(old), PLN_TCP_CLOSED);
	EXPECT_EQ(pln_tcp_close(stack(), old), 0);
	send({ ACK, 1, 1, 10 });
	EXPECT_EQ(host.info(conn).inq_bytes, 10U);
}

TEST_F(TimeWait, NewConnectionBeginsBeyondTheOldOnesSequenceNumbers)
{
	uint32_t before;

	/* More bytes than the ISN's clock counts in that time: 250 kB/s. */
	remote_port = 50000;
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, support::mss_option(1460), 0 });
	expect(SYN | ACK, 0, 1);
	send({ ACK, 1, 1 });
	uint64_t conn = 0;
	ASSERT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	uint32_t sent = 1;
	for (int i = 0; i < 50; i++) {
		write(conn, 10000);
		while (auto in = take()) {
			sent = in->seq + static_cast<uint32_t>(in->len);
			send({ ACK, 1, sent });
		}
	}
	ASSERT_EQ(sent, 500001U);
	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, sent, 1);
	send({ FIN | ACK, 1, sent + 1 });
	expect(ACK, sent + 1, 2);
	before = iss + sent + 1;
	irs += 1000;
	fresh_iss();
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_GT(static_cast<int32_t>(iss - before), 0);
}

TEST_F(TimeWait, NewerTimestampReopensWithASmallerSequenceNumber)
{
	into_time_wait(50000, support::timestamps_option(1000, 0));
	irs -= 5000;
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, support::timestamps_option(999, 0), 0 });
	EXPECT_EQ(take()->flags, ACK);
	EXPECT_EQ(counter("tcp_time_wait_reused"), 0U);
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, support::timestamps_option(1001, 0), 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(counter("tcp_time_wait_reused"), 1U);
}

/* RFC 6191 §2, its second case: PAWS will keep old segments out of the new connection. */
TEST_F(TimeWait, TimestampsReopenWhereThereWereNone)
{
	into_time_wait(50000);
	irs -= 5000;
	fresh_iss();
	send({ SYN, 0, 0 });
	EXPECT_EQ(take()->flags, ACK) << "an old sequence number, and nothing else";
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, support::timestamps_option(1, 0), 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(counter("tcp_time_wait_reused"), 1U);
}

TEST_F(TimeWait, SameTimestampReopensByTheSequenceNumber)
{
	into_time_wait(50000, support::timestamps_option(1000, 0));
	fresh_iss();
	irs -= 5000;
	send({ SYN, 0, 0, 0, 65535, support::timestamps_option(1000, 0), 0 });
	EXPECT_EQ(take()->flags, ACK);
	irs += 10000;
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, support::timestamps_option(1000, 0), 0 });
	expect(SYN | ACK, 0, 1);
}

/* RFC 5961 §7: two ends in TIME-WAIT that disagree must not acknowledge each other for ever. */
TEST_F(TimeWait, BareSegmentsBesideTheWindowAreAnsweredNowAndThen)
{
	into_time_wait(50000);
	for (int i = 0; i < 10; i++)
		send({ ACK, 100, 2 });
	EXPECT_EQ(drain(), 1U);
	EXPECT_EQ(counter("tcp_invalid_limited"), 9U);
	advance(600 * PLN_NS_PER_MS);
	send({ ACK, 100, 2 });
	EXPECT_EQ(drain(), 1U);
	for (int i = 0; i < 10; i++)
		send({ FIN | ACK, 1, 2 });
	EXPECT_EQ(drain(), 10U) << "a FIN is always answered";
}

TEST_F(TimeWait, ItsAcksCarryTimestamps)
{
	into_time_wait(50000, support::timestamps_option(1000, 0));
	send({ FIN | ACK, 1, 2, 0, 65535, support::timestamps_option(1000, 0), 0 });
	In in = expect(ACK, 2, 2);
	ASSERT_TRUE(in.frame.tcp->timestamps());
	EXPECT_EQ(in.frame.tcp->timestamps()->second, 1000U);
}

TEST_F(TimeWait, AcceptableAckIsNotAnswered)
{
	into_time_wait(50000);
	send({ ACK, 2, 2 });
	expect_nothing();
	send({ ACK, 3, 2, 10 });
	expect(ACK, 2, 2);
}

TEST_F(TimeWait, OldestRecordMakesRoom)
{
	uint64_t first = into_time_wait(20000), last = 0;

	for (uint16_t i = 1; i <= 4 * 64; i++) { /* as many records as there are, and one */
		last = into_time_wait(static_cast<uint16_t>(20000 + i));
		pass(PLN_NS_PER_MS);
		if (i < 4 * 64) {
			EXPECT_EQ(pln_tcp_close(stack(), last), 0);
		}
	}
	EXPECT_EQ(state(last), PLN_TCP_TIME_WAIT);
	EXPECT_EQ(state(first), PLN_TCP_CLOSED);
	pass(61 * PLN_NS_PER_S);
	EXPECT_EQ(state(last), PLN_TCP_CLOSED);
	EXPECT_EQ(pln_stack_next(stack()), PLN_NEVER);
}

TEST_F(TimeWait, ActiveOpenTakesNoTupleOfOne)
{
	pln_tcp_open_args args{};
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	args.size = sizeof(args);
	args.remote = { addr, remote_port };
	args.local.port = port;
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), -EADDRINUSE);
	pass(61 * PLN_NS_PER_S);
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
}

TEST_F(TimeWait, ClosingNeedsNoSecondAckOfTheFin)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 1 });
	expect(ACK, 2, 2);
	send({ ACK, 2, 2 });
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	expect_nothing();
}

TEST_F(TimeWait, AckOfTheFinIsNotLostWhenClosingEndsInTheSameTurn)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	inject({ FIN | ACK, 1, 1 });
	inject({ ACK, 2, 2 });
	run();
	expect(ACK, 2, 2);
	expect_nothing();
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
}

class ShortTimeWait : public TimeWait
{
      protected:
	ShortTimeWait() : TimeWait({ { "time_wait_ms", "0" } })
	{
	}
};

TEST_F(ShortTimeWait, OfNoTimeIsOverWithTheNextTurn)
{
	uint64_t conn = 0;

	remote_port = 50000;
	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	send({ ACK, 1, 1 });
	ASSERT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	drain();
	send({ FIN | ACK, 1, 2 });
	advance(PLN_NS_PER_MS);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
}

class NoReuse : public TimeWait
{
      protected:
	NoReuse() : TimeWait({ { "tw_reuse", "0" } })
	{
	}
};

TEST_F(NoReuse, KeepsNewSynsOut)
{
	into_time_wait(50000);
	irs += 1000;
	send({ SYN, 0, 0 });
	EXPECT_EQ(take()->flags, ACK);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

} // namespace
