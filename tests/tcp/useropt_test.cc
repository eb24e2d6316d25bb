/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of a connection: their ranges, what they answer, and what they do on the wire. */
#include "peer.h"

using namespace peer;

namespace
{

class TcpOption : public PeerTest
{
      protected:
	int
	set(uint64_t conn, pln_tcp_opt opt, int64_t value)
	{
		int rc = pln_tcp_opt_set(stack(), conn, opt, value);

		run();
		return rc;
	}

	int64_t
	get(uint64_t conn, pln_tcp_opt opt)
	{
		int64_t value = -99;

		EXPECT_EQ(pln_tcp_opt_get(stack(), conn, opt, &value), 0);
		return value;
	}
};

struct Range {
	pln_tcp_opt opt;
	int64_t min, max;
};

constexpr Range ranges[] = {
	{ PLN_TCP_OPT_NODELAY, 0, 1 },
	{ PLN_TCP_OPT_CORK, 0, 1 },
	{ PLN_TCP_OPT_MAXSEG, 48, 65495 },
	{ PLN_TCP_OPT_SNDBUF, 2048, 1 << 30 },
	{ PLN_TCP_OPT_RCVBUF, 1024, 1 << 30 },
	{ PLN_TCP_OPT_LINGER, -1, 86400 },
	{ PLN_TCP_OPT_KEEPALIVE, 0, 1 },
	{ PLN_TCP_OPT_KEEPIDLE, 1, 32767 },
	{ PLN_TCP_OPT_KEEPINTVL, 1, 32767 },
	{ PLN_TCP_OPT_KEEPCNT, 1, 127 },
	{ PLN_TCP_OPT_USER_TIMEOUT, 0, INT32_MAX },
	{ PLN_TCP_OPT_SYNCNT, 0, 127 },
	{ PLN_TCP_OPT_DEFER_ACCEPT, 0, 255 },
	{ PLN_TCP_OPT_QUICKACK, 0, 1 },
	{ PLN_TCP_OPT_TOS, 0, 255 },
	{ PLN_TCP_OPT_TTL, 1, 255 },
	{ PLN_TCP_OPT_UTO, 0, 2 },
	{ PLN_TCP_OPT_MTU_DISCOVER, 0, 3 },
	{ PLN_TCP_OPT_REUSEADDR, 0, 1 },
};

TEST_F(TcpOption, TakesItsRangeAndAnswersWhatWasSet)
{
	uint64_t l = listen();

	for (const Range &r : ranges) {
		EXPECT_EQ(set(l, r.opt, r.min - 1), -EINVAL) << r.opt;
		EXPECT_EQ(set(l, r.opt, r.max + 1), -EINVAL) << r.opt;
		EXPECT_EQ(set(l, r.opt, INT64_MIN), -EINVAL) << r.opt;
		EXPECT_EQ(set(l, r.opt, INT64_MAX), -EINVAL) << r.opt;
		EXPECT_EQ(set(l, r.opt, r.max), 0) << r.opt;
		EXPECT_EQ(get(l, r.opt), r.max) << r.opt;
		EXPECT_EQ(set(l, r.opt, r.min), 0) << r.opt;
		EXPECT_EQ(get(l, r.opt), r.min) << r.opt;
	}
	expect_nothing();
}

TEST_F(TcpOption, UnknownOneOrDeadHandleIsRefused)
{
	uint64_t conn = connect();
	int64_t value;

	EXPECT_EQ(set(conn, static_cast<pln_tcp_opt>(0), 1), -ENOPROTOOPT);
	EXPECT_EQ(set(conn, static_cast<pln_tcp_opt>(PLN_TCP_OPT_UTO + 1), 1), -ENOPROTOOPT);
	EXPECT_EQ(pln_tcp_opt_get(stack(), conn, static_cast<pln_tcp_opt>(0), &value),
	          -ENOPROTOOPT);
	pln_tcp_abort(stack(), conn);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_NODELAY, 1), -EBADF);
	EXPECT_EQ(pln_tcp_opt_get(stack(), conn, PLN_TCP_OPT_NODELAY, &value), -EBADF);
}

TEST_F(TcpOption, CongestionControlIsChosenForOneAndForThoseThatAListenerAccepts)
{
	uint64_t l = listen(),
		 conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	uint32_t cwnd = host.info(conn).snd_cwnd;

	EXPECT_STREQ(host.info(conn).cc, "cubic");
	EXPECT_EQ(pln_tcp_cc_set(stack(), conn, "newreno"), 0);
	EXPECT_STREQ(host.info(conn).cc, "newreno");
	EXPECT_EQ(host.info(conn).snd_cwnd, cwnd) << "the window stays";
	EXPECT_EQ(pln_tcp_cc_set(stack(), conn, "no_such_control"), -ENOENT);
	EXPECT_EQ(pln_tcp_cc_set(stack(), conn + 1, "cubic"), -EBADF);
	EXPECT_STREQ(host.info(l).cc, "cubic") << "of others nothing has changed";
	EXPECT_EQ(pln_tcp_cc_set(stack(), l, "newreno"), 0);
	EXPECT_STREQ(host.info(l).cc, "newreno");
}

TEST_F(TcpOption, SegmentSizeIsForBeforeTheOpen)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_MAXSEG, 500), -EISCONN);
	EXPECT_EQ(get(conn, PLN_TCP_OPT_MAXSEG), 536);
}

TEST_F(TcpOption, TtlAndTosAreOnTheNextSegment)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_TTL, 7), 0);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_TOS, 0x20), 0);
	write(conn, 1);
	In in = expect(ACK, 1, 1, 1);
	EXPECT_EQ(in.frame.ip->ttl, 7);
	EXPECT_EQ(in.frame.ip->tos, 0x20);
}

TEST_F(TcpOption, ReceiveBufferBeforeTheSynSetsTheScale)
{
	pln_tcp_open_args args{};
	uint64_t conn = 0;

	args.size = sizeof(args);
	args.remote = { addr, remote_port };
	ASSERT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	ASSERT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_RCVBUF, 1 << 30), 0);
	run();
	In syn = expect(SYN, 0, 0);
	EXPECT_EQ(syn.frame.tcp->wscale(), 14);
	EXPECT_EQ(syn.wnd, 65535);
}

TEST_F(TcpOption, LargerSendBufferIsWritableAtOnce)
{
	uint64_t conn = connect();
	Bytes bytes(10000);

	EXPECT_EQ(set(conn, PLN_TCP_OPT_SNDBUF, 2048), 0);
	events();
	EXPECT_EQ(pln_tcp_send(stack(), conn, bytes.data(), bytes.size(), 0), 2048);
	EXPECT_EQ(pln_tcp_send(stack(), conn, bytes.data(), 1, 0), -EAGAIN);
	EXPECT_EQ(pln_tcp_readiness(stack(), conn), 0);
	EXPECT_EQ(event_bits(conn), 0U);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_SNDBUF, 8192), 0);
	EXPECT_EQ(event_bits(conn), PLN_EV_WRITABLE);
	EXPECT_EQ(pln_tcp_readiness(stack(), conn), PLN_TCP_READY_OUT);
}

TEST_F(TcpOption, QuickackAcknowledgesWhatWaitsAndAllThatFollows)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "quickack_segs", "0"), 0);
	uint64_t conn = connect();

	send({ ACK, 1, 1, 100 });
	send({ ACK, 101, 1, 1000 });
	drain();
	send({ ACK, 1101, 1, 10 });
	expect_nothing();
	EXPECT_EQ(set(conn, PLN_TCP_OPT_QUICKACK, 1), 0);
	expect(ACK, 1, 1111);
	send({ ACK, 1111, 1, 10 });
	expect(ACK, 1, 1121);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_QUICKACK, 0), 0);
	send({ ACK, 1121, 1, 10 });
	expect_nothing();
}

TEST_F(TcpOption, QuickackOnAConnectionThatHasEndedSendsNothing)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "quickack_segs", "0"), 0);
	uint64_t conn = connect();

	send({ ACK, 1, 1, 100 });
	send({ ACK, 101, 1, 1000 });
	drain();
	send({ ACK, 1101, 1, 10 });
	send({ RST, 1111, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	for (const Range &r : ranges) {
		if (r.opt != PLN_TCP_OPT_MAXSEG) {
			EXPECT_EQ(set(conn, r.opt, r.max), 0) << r.opt;
		}
	}
	expect_nothing();
	EXPECT_EQ(pln_stack_next(stack()), PLN_NEVER);
}

TEST_F(TcpOption, NothingSetInSynSentMakesASegmentOfItsOwn)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	for (const Range &r : ranges) {
		if (r.opt != PLN_TCP_OPT_MAXSEG) {
			EXPECT_EQ(set(conn, r.opt, r.max), 0) << r.opt;
		}
	}
	expect_nothing();
}

TEST_F(TcpOption, ShutdownForReadingInSynSentSendsNothing)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_RD), 0);
	run();
	expect_nothing();
	EXPECT_EQ(pln_tcp_receive(stack(), conn, nullptr, 0, 0), 0);
}

TEST_F(TcpOption, SynCountBoundsTheSyns)
{
	uint64_t conn = open();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_SYNCNT, 2), 0);
	pass(8 * PLN_NS_PER_S);
	EXPECT_EQ(drain(), 3U);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

TEST_F(TcpOption, UserTimeoutIsKeptToTheTimeAndReplacesTheRetries)
{
	uint64_t conn = connect(), start = now;

	EXPECT_EQ(pln_stack_opt_set(stack(), "retries2", "1"), 0);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_USER_TIMEOUT, 20000), 0);
	write(conn, 100);
	pass(20 * PLN_NS_PER_S - PLN_NS_PER_MS);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	pass(2 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
	EXPECT_NEAR(static_cast<double>(now - start), 20e9, 2e6);
}

TEST_F(TcpOption, UserTimeoutBeginsAnewWithEveryAnswer)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });

	EXPECT_EQ(set(conn, PLN_TCP_OPT_USER_TIMEOUT, 5000), 0);
	write(conn, 3000);
	pass(4 * PLN_NS_PER_S);
	send({ ACK, 1, 1001 });
	pass(4 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	pass(2 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

TEST_F(TcpOption, UserTimeoutBoundsUnansweredProbes)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0 });

	EXPECT_EQ(set(conn, PLN_TCP_OPT_USER_TIMEOUT, 5000), 0);
	write(conn, 100);
	pass(10 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

TEST_F(TcpOption, KeepaliveCountsFromWhenThePeerWasHeard)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_KEEPIDLE, 100), 0);
	pass(90 * PLN_NS_PER_S);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_KEEPALIVE, 1), 0);
	pass(9 * PLN_NS_PER_S);
	expect_nothing();
	pass(2 * PLN_NS_PER_S);
	expect(ACK, 0, 1);
	send({ ACK, 1, 1 });
	pass(99 * PLN_NS_PER_S);
	expect_nothing();
	pass(2 * PLN_NS_PER_S);
	expect(ACK, 0, 1);
}

TEST_F(TcpOption, KeepaliveWaitsWhileDataIsOutstanding)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_KEEPIDLE, 1), 0);
	EXPECT_EQ(set(conn, PLN_TCP_OPT_KEEPALIVE, 1), 0);
	write(conn, 10);
	expect(ACK, 1, 1, 10);
	pass(5 * PLN_NS_PER_S);
	while (auto in = take())
		EXPECT_EQ(in->len, 10U);
	EXPECT_EQ(counter("tcp_keepalive"), 0U);
}

TEST_F(TcpOption, LingerOfATimeIsAnOrdinaryClose)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_LINGER, 30), 0);
	EXPECT_EQ(pln_tcp_close(stack(), conn), 0);
	run();
	expect(FIN | ACK, 1, 1);
}

TEST_F(TcpOption, MoreHoldsAPartialSegmentUntilTheRestComes)
{
	uint64_t conn = connect();

	write(conn, 10, PLN_TCP_MORE);
	expect_nothing();
	write(conn, 10);
	In in = expect(ACK, 1, 1, 20);
	EXPECT_TRUE(in.flags & PSH);
	send({ ACK, 1, 21 });
	write(conn, 10, PLN_TCP_MORE);
	pass(250 * PLN_NS_PER_MS);
	expect(ACK, 21, 1, 10);
}

TEST_F(TcpOption, CorkedFullSegmentsGoAndCloseFlushesTheRest)
{
	uint64_t conn = connect();

	EXPECT_EQ(set(conn, PLN_TCP_OPT_CORK, 1), 0);
	write(conn, 600);
	expect(ACK, 1, 1, 536);
	expect_nothing();
	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 537, 1, 64);
}

} // namespace
