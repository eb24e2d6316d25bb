/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program is told of a connection (RFC 9293 §3.9.1.6): times, estimates, what holds it up; and when it is told at all. */
#include <string>

#include <rte_mempool.h>

#include "dev/mbuf.h"
#include "peer.h"

using namespace peer;

namespace
{

class StatusRfc9293 : public PeerTest
{
      protected:
	uint64_t
	with_mss(uint16_t mss = 1000)
	{
		return connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(mss), 0 });
	}
};

TEST_F(StatusRfc9293, DumpTellsInMicrosecondsWhenTimersAreDue)
{
	uint64_t conn = with_mss();

	write(conn, 1000);
	drain();
	std::string due = " rto " + std::to_string(host.info(conn).rto_ns / 1000) + "us";
	EXPECT_NE(host.dump().find(due), std::string::npos) << due << '\n' << host.dump();
	EXPECT_NE(host.dump().find(" snd una 1 nxt 1001 "), std::string::npos) << host.dump();
}

TEST_F(StatusRfc9293, DumpSaysThatAByteWaitsForAcknowledgments)
{
	uint64_t conn = with_mss();

	write(conn, 1000);
	EXPECT_NE(host.dump().find("the peer to acknowledge what was sent"), std::string::npos)
		<< host.dump();
	write(conn, 1); /* Nagle */
	EXPECT_NE(host.dump().find("acknowledgments, to send a small segment (Nagle)"),
	          std::string::npos)
		<< host.dump();
}

TEST_F(StatusRfc9293, TimeIsCountedWhileSomethingIsOutstanding)
{
	uint64_t conn = with_mss();

	advance(PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).busy_ns, 0U);
	EXPECT_TRUE(host.info(conn).cwnd_validated);
	write(conn, 1000);
	advance(50 * PLN_NS_PER_MS);
	send({ ACK, 1, 1001 });
	EXPECT_EQ(host.info(conn).busy_ns, 50 * PLN_NS_PER_MS);
	advance(PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).busy_ns, 50 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).rwnd_limited_ns, 0U);
}

TEST_F(StatusRfc9293, TimeIsCountedWhilePacingHoldsUsBack)
{
	uint64_t conn = with_mss();

	ASSERT_EQ(pln_tcp_opt_set(host.stack(), conn, PLN_TCP_OPT_MAX_PACING_RATE, 100000), 0);
	write(conn, 12000);
	EXPECT_EQ(drain(), 10U);
	EXPECT_EQ(host.info(conn).pacing_rate, 100000U);
	send({ ACK, 1, 10001 });
	EXPECT_EQ(drain(), 0U);
	EXPECT_NE(host.dump().find("its turn to send"), std::string::npos) << host.dump();
	advance(101 * PLN_NS_PER_MS);
	EXPECT_EQ(drain(), 2U);
	EXPECT_GE(host.info(conn).pacing_limited_ns, 100 * PLN_NS_PER_MS);
	EXPECT_LE(host.info(conn).pacing_limited_ns, 101 * PLN_NS_PER_MS);
}

TEST_F(StatusRfc9293, DeliveryRateIsToldAndWhoHeldItDown)
{
	uint64_t conn = with_mss();

	EXPECT_EQ(host.info(conn).delivery_rate, 0U);
	write(conn, 5000);
	drain();
	advance(100 * PLN_NS_PER_MS);
	send({ ACK, 1, 5001 });
	EXPECT_NEAR(static_cast<double>(host.info(conn).delivery_rate), 50000, 100);
	EXPECT_TRUE(host.info(conn).delivery_rate_app_limited);
}

TEST_F(StatusRfc9293, TimeIsCountedWhileThePeersWindowHoldsUsBack)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 2000, support::mss_option(1000), 0 });

	write(conn, 5000);
	EXPECT_EQ(drain(), 2U);
	advance(50 * PLN_NS_PER_MS);
	send({ ACK, 1, 2001, 0, 10000 });
	EXPECT_EQ(host.info(conn).rwnd_limited_ns, 50 * PLN_NS_PER_MS);
}

TEST_F(StatusRfc9293, RecoveryHasOneSegmentOutAgainAndATimeOutWhatItHasResent)
{
	uint64_t conn = with_mss();

	write(conn, 5000);
	drain();
	for (int i = 0; i < 3; i++)
		send({ ACK, 1, 1 });
	struct pln_tcp_info info = host.info(conn);
	EXPECT_EQ(info.ca_state, PLN_TCP_CA_RECOVERY);
	EXPECT_EQ(info.retrans, 1U);
	EXPECT_STREQ(info.waiting, "lost segments to be acknowledged");
	pass(PLN_NS_PER_S);
	info = host.info(conn);
	EXPECT_EQ(info.ca_state, PLN_TCP_CA_LOSS);
	EXPECT_EQ(info.retrans, 1U);
	EXPECT_STREQ(info.waiting, "lost segments to be acknowledged");
}

TEST_F(StatusRfc9293, ListenerHasNothingInFlight)
{
	EXPECT_EQ(host.info(listen()).unacked, 0U);
}

TEST_F(StatusRfc9293, SynWaitsForItsAnswerOnceTheNeighborIsKnown)
{
	uint64_t conn = open();

	run();
	EXPECT_STREQ(host.info(conn).waiting, "an answer to its SYN");
}

TEST_F(StatusRfc9293, NoTimerRunsForAConnectionThatWasReset)
{
	uint64_t conn = with_mss();

	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_KEEPALIVE, 1);
	write(conn, 1000);
	drain();
	EXPECT_NE(host.dump().find(" keepalive "), std::string::npos) << host.dump();
	send({ RST, 1, 1 });
	for (const char *timer : { " rto ", " keepalive ", " persist ", " delack ", " push " })
		EXPECT_EQ(host.dump().find(timer), std::string::npos) << host.dump();
	EXPECT_EQ(pln_stack_next(stack()), PLN_NEVER);
}

TEST_F(StatusRfc9293, RoundTripsOfAWindowWeighLessEach)
{
	uint64_t conn = with_mss(), before, sample = 80 * PLN_NS_PER_MS;

	write(conn, 1000);
	drain();
	advance(10 * PLN_NS_PER_MS);
	send({ ACK, 1, 1001 });
	for (unsigned int segments : { 3, 4 }) {
		uint32_t end = host.info(conn).snd_nxt - iss + segments * 1000;

		before = host.info(conn).rtt_ns;
		write(conn, segments * 1000);
		drain();
		advance(sample);
		send({ ACK, 1, end });
		/* RFC 7323 appendix G: one sample for every second segment */
		uint64_t weight = segments < 4 ? 8 : 16;
		EXPECT_NEAR(static_cast<double>(host.info(conn).rtt_ns),
		            static_cast<double>(before + (sample - before) / weight), 2000.0);
	}
}

TEST_F(StatusRfc9293, WriterIsToldWhenAThirdOfTheBufferIsFree)
{
	uint64_t conn = with_mss();

	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_SNDBUF, 6000);
	ASSERT_EQ(write(conn, 10000), 6000);
	drain();
	events();
	send({ ACK, 1, 2000 });
	EXPECT_FALSE(event_bits(conn) & PLN_EV_WRITABLE);
	send({ ACK, 1, 2001 });
	EXPECT_TRUE(event_bits(conn) & PLN_EV_WRITABLE);
}

TEST_F(StatusRfc9293, EndOfReadingThrowsAwayWhatWasNotRead)
{
	uint64_t conn = with_mss();
	unsigned int before = rte_mempool_avail_count(pln_mbuf_shared_pool());

	send({ ACK, 1, 1, 500 });
	drain();
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_RD), 0);
	EXPECT_EQ(host.info(conn).inq_bytes, 0U);
	EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), before);
}

TEST_F(StatusRfc9293, NextHopThatFailsIsNoNewsForOthers)
{
	uint64_t conn = with_mss(), opening = 0;
	pln_tcp_open_args args{};

	args.size = sizeof(args);
	args.remote = { support::ip4("10.0.0.50"), 80 };
	ASSERT_EQ(pln_tcp_open(stack(), &args, &opening), 0);
	pass(10 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(opening).error, -EHOSTUNREACH);
	EXPECT_EQ(host.info(conn).soft_error, 0);
	EXPECT_FALSE(event_bits(conn) & PLN_EV_SOFT_ERROR);
}

std::string
why_of(struct pln_stack *stack, uint64_t conn)
{
	char buf[256];

	EXPECT_GT(pln_tcp_why(stack, conn, buf, sizeof(buf)), 0);
	return buf;
}

TEST_F(StatusRfc9293, WhySaysWhoseTurnItIs)
{
	uint64_t conn = with_mss();

	EXPECT_EQ(why_of(stack(), conn), "ESTABLISHED: waits for data, or the application");
	write(conn, 1000);
	drain();
	advance(20 * PLN_NS_PER_MS);
	EXPECT_EQ(
		why_of(stack(), conn)
			.find("ESTABLISHED: waits for the peer to acknowledge what was sent; 1000 "
	                      "bytes in flight of a window of 10000, the last sent 20 ms ago, sent "
	                      "again in "),
		0U)
		<< why_of(stack(), conn);
	send({ ACK, 1, 1001, 50 });
	EXPECT_EQ(why_of(stack(), conn),
	          "ESTABLISHED: waits for the application to read; 50 bytes not read");
	send({ ACK, 101, 1001, 30 });
	EXPECT_NE(why_of(stack(), conn).find("; 50 bytes not read; 30 bytes held out of order"),
	          std::string::npos)
		<< why_of(stack(), conn);
}

TEST_F(StatusRfc9293, WhyTellsTheWindowsApart)
{
	uint64_t conn = with_mss();

	write(conn, 30000);
	drain();
	EXPECT_NE(
		why_of(stack(), conn)
			.find("acknowledgments: the congestion window is full; 20000 bytes queued"),
		std::string::npos)
		<< why_of(stack(), conn);
	send({ ACK, 1, 10001, 0, 500 });
	drain();
	EXPECT_NE(why_of(stack(), conn).find("the peer's window to open further: no segment fits"),
	          std::string::npos)
		<< why_of(stack(), conn);
	send({ ACK, 1, 10001, 0, 0 });
	drain();
	EXPECT_NE(why_of(stack(), conn)
	                  .find("the peer to open its window; 20000 bytes queued; the window is 0, "
	                        "probed in "),
	          std::string::npos)
		<< why_of(stack(), conn);
}

TEST_F(StatusRfc9293, WhyIsCutAsSnprintfCutsAndKnowsDeadHandles)
{
	uint64_t conn = with_mss();
	char buf[12];
	int len = pln_tcp_why(stack(), conn, nullptr, 0);

	EXPECT_EQ(len, static_cast<int>(why_of(stack(), conn).size()));
	EXPECT_EQ(pln_tcp_why(stack(), conn, buf, sizeof(buf)), len);
	EXPECT_STREQ(buf, "ESTABLISHED");
	EXPECT_EQ(pln_tcp_why(stack(), conn + 1, buf, sizeof(buf)), -EBADF);
}

TEST_F(StatusRfc9293, TimeBehindTheCongestionWindowIsCounted)
{
	uint64_t conn = with_mss();

	write(conn, 30000);
	drain();
	advance(50 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).cwnd_limited_ns, 50 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).busy_ns, 50 * PLN_NS_PER_MS);
	advance(50 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).cwnd_limited_ns, 100 * PLN_NS_PER_MS) << "and goes on";
	EXPECT_EQ(host.info(conn).rwnd_limited_ns, 0U);
	send({ ACK, 1, 10001, 0, 1000 });
	drain();
	advance(30 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).cwnd_limited_ns, 100 * PLN_NS_PER_MS);
	EXPECT_EQ(host.info(conn).rwnd_limited_ns, 30 * PLN_NS_PER_MS);
}

TEST_F(StatusRfc9293, SegmentsWithDataAreCountedApart)
{
	uint64_t conn = with_mss();

	write(conn, 3000);
	drain();
	send({ ACK, 1, 3001, 10 });
	send({ ACK, 21, 3001, 10 });
	drain();
	struct pln_tcp_info info = host.info(conn);
	EXPECT_EQ(info.data_segs_out, 3U);
	EXPECT_EQ(info.data_segs_in, 2U);
	EXPECT_EQ(info.ooo_segs, 1U);
	EXPECT_EQ(info.timeouts, 0U);
	EXPECT_GT(info.sndbuf, 0U);
	EXPECT_FALSE(info.cwnd_validated) << "three segments of ten";
	EXPECT_EQ(info.pipe_ack_bytes, 3000U);
}

} // namespace
