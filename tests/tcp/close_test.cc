/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing: RFC 9293 §3.6, §3.10.4, §3.10.5, §3.10.7.4 eighth; RFC 1337, RFC 6191; resets by RFC 5961 §3. */
#include "peer.h"

using namespace peer;

namespace
{

class CloseRfc9293 : public PeerTest
{
};

TEST_F(CloseRfc9293, ActiveCloseWalksThroughFinWaitToTimeWait)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_FIN_WAIT_1);
	send({ ACK, 1, 2 });
	EXPECT_EQ(state(conn), PLN_TCP_FIN_WAIT_2);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	EXPECT_EQ(counter("tcp_enter_time_wait"), 1U);
	pass(59 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	pass(2 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
}

TEST_F(CloseRfc9293, PassiveCloseWalksThroughCloseWaitAndLastAck)
{
	uint64_t conn = connect();
	uint8_t buf[4];

	send({ FIN | ACK, 1, 1 });
	expect(ACK, 1, 2);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSE_WAIT);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, buf, sizeof(buf), 0), 0);
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 2);
	EXPECT_EQ(state(conn), PLN_TCP_LAST_ACK);
	send({ ACK, 2, 2 });
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	EXPECT_EQ(host.info(conn).error, 0);
}

TEST_F(CloseRfc9293, SimultaneousCloseGoesThroughClosing)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 1 });
	expect(ACK, 2, 2);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSING);
	send({ ACK, 2, 2 });
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
}

TEST_F(CloseRfc9293, FinThatAcknowledgesOursGoesStraightToTimeWait)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
}

TEST_F(CloseRfc9293, FinFollowsTheLastByte)
{
	uint64_t conn = connect();

	write(conn, 100);
	expect(ACK, 1, 1, 100);
	write(conn, 50); /* held by Nagle */
	expect_nothing();
	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 101, 1, 50);
	send({ ACK, 1, 152 });
	EXPECT_EQ(pln_tcp_receive(stack(), conn, nullptr, 0, 0), -EBADF);
}

TEST_F(CloseRfc9293, HalfClosedSideStillReceives)
{
	uint64_t conn = connect();
	uint8_t buf[100];

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ ACK, 1, 2, 60 });
	expect(ACK, 2, 61);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, buf, sizeof(buf), 0), 60);
	EXPECT_EQ(pln_tcp_send(stack(), conn, buf, 1, 0), -EPIPE);
}

TEST_F(CloseRfc9293, FinIsRetransmittedAndAnsweredWithoutASecondOne)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	pass(2 * PLN_NS_PER_S);
	expect(FIN | ACK, 1, 1);
	EXPECT_GE(counter("tcp_retransmit"), 1U);
}

TEST_F(CloseRfc9293, FinOutOfOrderWaitsForTheGap)
{
	uint64_t conn = connect();

	send({ FIN | ACK, 11, 1, 10 });
	expect(ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	send({ ACK, 1, 1, 10 });
	expect(ACK, 1, 22);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSE_WAIT);
}

TEST_F(CloseRfc9293, BareFinOutOfOrderWaitsForTheGap)
{
	uint64_t conn = connect();

	send({ FIN | ACK, 11, 1 });
	expect(ACK, 1, 1);
	send({ ACK, 1, 1, 10 });
	expect(ACK, 1, 12);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSE_WAIT);
}

TEST_F(CloseRfc9293, RepeatedFinInTimeWaitIsAcknowledgedAndRestartsTheWait)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	pass(50 * PLN_NS_PER_S);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	pass(50 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	pass(11 * PLN_NS_PER_S);
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
}

TEST_F(CloseRfc9293, ResetInTimeWaitIsIgnored)
{
	uint64_t conn = connect();

	pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	send({ RST, 2, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_TIME_WAIT);
	EXPECT_EQ(counter("tcp_rst_time_wait"), 1U);
}

TEST_F(CloseRfc9293, NewerSynReopensATimeWaitOfAListener)
{
	uint64_t conn = accept();

	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	irs += 1000;
	send({ SYN, 0, 0 });
	EXPECT_TRUE(take());
	EXPECT_EQ(counter("tcp_time_wait_reused"), 1U);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 1U);
}

TEST_F(CloseRfc9293, OldSynInTimeWaitIsOnlyAcknowledged)
{
	uint64_t conn = accept();

	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 2 });
	expect(ACK, 2, 2);
	send({ SYN, static_cast<uint32_t>(-100), 0 });
	expect(ACK, 2, 2);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(CloseRfc9293, CloseWithUnreadBytesResets)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 10 });
	take();
	pln_tcp_close(stack(), conn);
	run();
	In rst = expect(RST | ACK, 1, 11);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
	EXPECT_EQ(rst.len, 0U);
}

TEST_F(CloseRfc9293, BytesAfterCloseAreAnsweredWithReset)
{
	uint64_t conn = connect();

	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 1, 1);
	send({ ACK, 1, 2, 10 });
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	EXPECT_TRUE(in->flags & RST);
	EXPECT_EQ(counter("tcp_rx_after_close"), 1U);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(CloseRfc9293, LingerZeroResets)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_LINGER, 0), 0);
	pln_tcp_close(stack(), conn);
	run();
	expect(RST | ACK, 1, 1);
}

TEST_F(CloseRfc9293, AbortSendsResetAtSndNxt)
{
	uint64_t conn = connect();

	write(conn, 100);
	take();
	pln_tcp_abort(stack(), conn);
	run();
	expect(RST | ACK, 101, 1);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

/* §3.10.5: in CLOSING and LAST-ACK there is nobody left to be told. */
TEST_F(CloseRfc9293, AbortInLastAckIsSilent)
{
	uint64_t conn = connect();

	send({ FIN | ACK, 1, 1 });
	drain();
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 2);
	ASSERT_EQ(state(conn), PLN_TCP_LAST_ACK);
	EXPECT_EQ(pln_tcp_abort(stack(), conn), 0);
	run();
	expect_nothing();
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(CloseRfc9293, AbortInClosingIsSilent)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 1);
	send({ FIN | ACK, 1, 1 });
	drain();
	ASSERT_EQ(state(conn), PLN_TCP_CLOSING);
	EXPECT_EQ(pln_tcp_abort(stack(), conn), 0);
	run();
	expect_nothing();
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

TEST_F(CloseRfc9293, AbortWithTheFinStillToComeResets)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, {}, 0 });

	write(conn, 10);
	send({ FIN | ACK, 1, 1, 0, 0 });
	drain();
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	ASSERT_EQ(state(conn), PLN_TCP_LAST_ACK);
	EXPECT_EQ(pln_tcp_abort(stack(), conn), 0);
	run();
	expect(RST | ACK, 1, 2);
}

TEST_F(CloseRfc9293, OrphanInFinWait2IsBounded)
{
	uint64_t conn = connect();

	pln_tcp_close(stack(), conn);
	run();
	expect(FIN | ACK, 1, 1);
	send({ ACK, 1, 2 });
	EXPECT_EQ(pln_tcp_conn_count(stack()), 1U);
	pass(61 * PLN_NS_PER_S);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

class ResetRfc5961 : public PeerTest
{
};

TEST_F(ResetRfc5961, ResetAtRcvNxtEndsTheConnection)
{
	uint64_t conn = connect();
	uint8_t b;

	send({ RST, 1, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	EXPECT_EQ(pln_tcp_receive(stack(), conn, &b, 1, 0), -ECONNRESET);
	expect_nothing();
}

TEST_F(ResetRfc5961, ResetElsewhereInTheWindowIsChallenged)
{
	uint64_t conn = connect();

	send({ RST, 100, 0 });
	expect(ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(counter("tcp_challenge_ack"), 1U);
}

TEST_F(ResetRfc5961, ResetOutsideTheWindowIsDropped)
{
	uint64_t conn = connect();

	send({ RST, static_cast<uint32_t>(-5), 0 });
	send({ RST, 0x7fffffff, 0 });
	expect_nothing();
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(counter("tcp_rst_out_of_window"), 2U);
}

TEST_F(ResetRfc5961, SynOnAnOpenConnectionIsChallenged)
{
	uint64_t conn = connect();

	send({ SYN, 5, 0 });
	expect(ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(ResetRfc5961, ChallengesAreLimited)
{
	connect();
	for (int i = 0; i < 50; i++)
		send({ RST, 100, 0 });
	EXPECT_EQ(counter("tcp_challenge_ack"), 10U);
	EXPECT_EQ(counter("tcp_challenge_limited"), 40U);
}

TEST_F(ResetRfc5961, AckOutsideItsRangeIsChallengedAndItsDataDropped)
{
	uint64_t conn = connect();

	send({ ACK, 1, 2, 10 });
	expect(ACK, 1, 1);
	EXPECT_EQ(counter("tcp_ack_unsent"), 1U);
	send({ ACK, 1, 0x80000000, 10 });
	expect(ACK, 1, 1);
	EXPECT_EQ(host.info(conn).inq_bytes, 0U);
}

} // namespace
