/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of an open connection: acceptability, acknowledgments, windows (RFC 9293 §3.4, §3.8.6, §3.10.7.4). */
#include <algorithm>

#include "peer.h"

using namespace peer;

namespace
{

class TextRfc9293 : public PeerTest
{
};

TEST_F(TextRfc9293, BytesArriveInOrder)
{
	uint64_t conn = connect();
	Bytes got;

	send({ ACK, 1, 1, 100 });
	send({ ACK, 101, 1, 100 });
	got = read(conn);
	ASSERT_EQ(got.size(), 200U);
	EXPECT_EQ(got[0], 1);
	EXPECT_EQ(got[150], 151);
}

TEST_F(TextRfc9293, EveryOrderOfFiveSegmentsIsPutTogether)
{
	std::vector<int> order = { 0, 1, 2, 3, 4 };
	uint64_t conn = connect();
	uint32_t base = 1;

	do {
		for (int i : order)
			send({ ACK, base + static_cast<uint32_t>(i) * 20, 1, 20 });
		Bytes got = read(conn);
		ASSERT_EQ(got.size(), 100U);
		for (size_t i = 0; i < got.size(); i++)
			ASSERT_EQ(got[i], static_cast<uint8_t>(base + i));
		base += 100;
		drain();
	} while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(TextRfc9293, OverlapIsTrimmedOnBothSides)
{
	uint64_t conn = connect();

	send({ ACK, 21, 1, 20 });
	send({ ACK, 1, 1, 30 });
	send({ ACK, 11, 1, 60 });
	Bytes got = read(conn);
	ASSERT_EQ(got.size(), 70U);
	for (size_t i = 0; i < got.size(); i++)
		EXPECT_EQ(got[i], static_cast<uint8_t>(1 + i));
}

TEST_F(TextRfc9293, SegmentOutsideTheWindowIsAcknowledgedAndDropped)
{
	uint64_t conn = connect();

	send({ ACK, static_cast<uint32_t>(-50), 1, 20 });
	expect(ACK, 1, 1);
	send({ ACK, 0x40000000, 1, 20 });
	expect(ACK, 1, 1);
	EXPECT_EQ(counter("tcp_out_of_window"), 2U);
	EXPECT_EQ(host.info(conn).inq_bytes, 0U);
}

TEST_F(TextRfc9293, KeepAliveOfThePeerIsAnswered)
{
	connect();
	send({ ACK, 0, 1 });
	expect(ACK, 1, 1);
	send({ ACK, 0, 1, 1 });
	expect(ACK, 1, 1);
}

TEST_F(TextRfc9293, SegmentWithoutAckIsDropped)
{
	uint64_t conn = connect();

	send({ 0, 1, 0, 10 });
	expect_nothing();
	EXPECT_EQ(host.info(conn).inq_bytes, 0U);
	EXPECT_EQ(counter("tcp_no_ack"), 1U);
}

TEST_F(TextRfc9293, UnknownAndBrokenOptionsDoNotHurt)
{
	uint64_t conn = connect();
	Bytes unknown = { 253, 4, 0, 0, 1, 1, 1, 0 }, broken = { 253, 0, 0, 0 };

	send({ ACK, 1, 1, 10, 65535, unknown, 0 });
	EXPECT_EQ(host.info(conn).inq_bytes, 10U);
	drain();
	send({ ACK, 11, 1, 10, 65535, broken, 0 });
	EXPECT_EQ(host.info(conn).inq_bytes, 10U);
	EXPECT_EQ(counter("tcp_bad_option"), 1U);
}

class DelackRfc9293 : public TextRfc9293
{
      protected:
	DelackRfc9293()
	{
		EXPECT_EQ(pln_stack_opt_set(stack(), "quickack_segs", "0"), 0);
	}
};

TEST_F(DelackRfc9293, SecondFullSegmentIsAcknowledgedAtOnceTheFirstWaits)
{
	connect();
	send({ ACK, 1, 1, 1000 });
	expect_nothing();
	send({ ACK, 1001, 1, 1000 });
	expect(ACK, 1, 2001);
	send({ ACK, 2001, 1, 1000 });
	expect_nothing();
	pass(500 * PLN_NS_PER_MS);
	expect(ACK, 1, 3001);
}

TEST_F(DelackRfc9293, AckRidesOnData)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 1000 });
	write(conn, 10);
	expect(ACK, 1, 1001, 10);
	pass(500 * PLN_NS_PER_MS);
	EXPECT_EQ(counter("tcp_rto"), 1U);
}

TEST_F(TextRfc9293, WindowClosesAsTheBufferFillsAndOpensWhenRead)
{
	uint64_t conn = connect();
	uint32_t seq = 1;
	uint16_t wnd = 65535;

	while (host.info(conn).rcv_wnd > 0 && seq < 4000000) {
		size_t len = std::min<size_t>(1400, host.info(conn).rcv_wnd);

		send({ ACK, seq, 1, len });
		seq += static_cast<uint32_t>(len);
		drain();
	}
	pass(500 * PLN_NS_PER_MS); /* what was delayed */
	drain();
	send({ ACK, seq, 1, 1 });
	wnd = expect(ACK, 1, seq).wnd;
	EXPECT_EQ(wnd, 0);
	EXPECT_EQ(host.info(conn).inq_bytes, seq - 1);
	/* A probe is answered, an ACK in it taken, its byte not. */
	write(conn, 10);
	drain();
	send({ ACK, seq, 11, 1 });
	expect(ACK, 11, seq);
	EXPECT_EQ(host.info(conn).unacked, 0U);
	/* One byte read: no update; half of the buffer: one. */
	read(conn, 1);
	expect_nothing();
	while (host.info(conn).inq_bytes > 0)
		read(conn);
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	EXPECT_GT(in->wnd, 0);
}

TEST_F(TextRfc9293, ResetIsTakenAtAZeroWindow)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "rcvbuf", "2000"), 0);
	uint64_t conn = connect();

	send({ ACK, 1, 1, 1000 });
	send({ ACK, 1001, 1, 1000 });
	EXPECT_EQ(host.info(conn).rcv_wnd, 0U);
	send({ RST, 2001, 0 });
	EXPECT_EQ(host.info(conn).error, -ECONNRESET);
}

class SendRfc9293 : public TextRfc9293
{
};

TEST_F(SendRfc9293, InitialWindowIsTenSegmentsOfThePeersMss)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	unsigned int n = 0;

	write(conn, 50000);
	while (auto in = take()) {
		EXPECT_EQ(in->len, 1000U);
		n++;
	}
	EXPECT_EQ(n, 10U);
}

TEST_F(SendRfc9293, WithoutMssOptionSegmentsHave536Bytes)
{
	uint64_t conn = connect();

	write(conn, 5000);
	expect(ACK, 1, 1, 536);
}

TEST_F(SendRfc9293, TimestampsTakeTwelveBytesOfEachSegment)
{
	Bytes options = support::mss_option(1460);
	Bytes ts = support::timestamps_option(7, 0);
	uint64_t conn;

	open();
	In syn = expect(SYN, 0, 0);
	options.insert(options.end(), ts.begin(), ts.end());
	send({ SYN | ACK, 0, 1, 0, 65535, options, 0 });
	take();
	conn = events().at(0).conn;
	write(conn, 5000);
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	EXPECT_EQ(in->len, 1448U);
	EXPECT_EQ(in->frame.tcp->timestamps()->second, 7U);
	EXPECT_EQ(syn.frame.tcp->timestamps()->second, 0U);
}

TEST_F(SendRfc9293, PeersWindowLimitsTheFlight)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 1500, support::mss_option(1000), 0 });

	write(conn, 5000);
	expect(ACK, 1, 1, 1000);
	expect_nothing(); /* 500 bytes are open: less than a segment, and something is in flight */
	send({ ACK, 1, 1001, 0, 3000 });
	expect(ACK, 1001, 1, 1000);
	expect(ACK, 2001, 1, 1000);
	expect(ACK, 3001, 1, 1000);
}

TEST_F(SendRfc9293, ShrunkWindowStopsNewData)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 10000, support::mss_option(1000), 0 });

	write(conn, 20000);
	drain();
	send({ ACK, 1, 1001, 0, 500 });
	expect_nothing();
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	pass(3 * PLN_NS_PER_S);
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	EXPECT_EQ(in->seq, 1001U);
}

TEST_F(SendRfc9293, NagleHoldsTheSecondSmallSegmentAndNodelayDoesNot)
{
	uint64_t conn = connect();

	write(conn, 10);
	expect(ACK, 1, 1, 10);
	write(conn, 10);
	write(conn, 10);
	expect_nothing();
	send({ ACK, 1, 11 });
	expect(ACK, 11, 1, 20);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_NODELAY, 1), 0);
	write(conn, 10);
	expect(ACK, 31, 1, 10);
}

TEST_F(SendRfc9293, CorkHoldsFor200MsOrUntilUncorked)
{
	uint64_t conn = connect();

	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_CORK, 1);
	write(conn, 10);
	expect_nothing();
	pass(250 * PLN_NS_PER_MS);
	expect(ACK, 1, 1, 10);
	send({ ACK, 1, 11 });
	write(conn, 10);
	expect_nothing();
	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_CORK, 0);
	run();
	expect(ACK, 11, 1, 10);
}

TEST_F(SendRfc9293, PatienceWithACorkIsNotRenewedByWhatArrives)
{
	uint64_t conn = connect();

	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_CORK, 1);
	write(conn, 10);
	for (uint32_t i = 0; i < 3; i++) {
		pass(60 * PLN_NS_PER_MS);
		send({ ACK, 1 + i, 1, 1 });
		In answer = expect(ACK, 1, 2 + i);
		EXPECT_EQ(answer.len, 0U);
	}
	pass(25 * PLN_NS_PER_MS);
	expect(ACK, 1, 4, 10);
}

TEST_F(SendRfc9293, LastSegmentOfABurstCarriesPush)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_NODELAY, 1), 0);
	write(conn, 1200);
	EXPECT_FALSE(take()->flags & PSH);
	EXPECT_FALSE(take()->flags & PSH);
	EXPECT_TRUE(take()->flags & PSH);
}

TEST_F(SendRfc9293, ZeroWindowIsProbedWithGrowingIntervalsForEver)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, support::mss_option(1000), 0 });
	std::vector<uint64_t> when;
	uint64_t start = now;

	write(conn, 3000);
	expect_nothing();
	while (now < start + 3600 * PLN_NS_PER_S) {
		pass(100 * PLN_NS_PER_MS);
		while (auto in = take()) {
			EXPECT_LE(in->len, 1U);
			when.push_back(now);
			send({ ACK, 1, 1, 0, 0 });
		}
	}
	ASSERT_GT(when.size(), 10U);
	EXPECT_GT(when[3] - when[2], when[1] - when[0]);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	send({ ACK, 1, 1, 0, 10000 });
	while (auto in = take())
		send({ ACK, 1, in->seq + static_cast<uint32_t>(in->len), 0, 10000 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
	EXPECT_EQ(host.info(conn).notsent_bytes, 0U);
}

TEST_F(SendRfc9293, UnansweredProbesEndTheConnection)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0 });

	write(conn, 100);
	pass(3600 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

class RetransmitRfc6298 : public TextRfc9293
{
};

TEST_F(RetransmitRfc6298, TimeoutResendsTheOldestAndDoubles)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	std::vector<uint64_t> when;
	uint64_t start = now;

	write(conn, 3000);
	drain();
	while (now < start + 7 * PLN_NS_PER_S) {
		pass(10 * PLN_NS_PER_MS);
		while (auto in = take()) {
			EXPECT_EQ(in->seq, 1U);
			EXPECT_EQ(in->len, 1000U);
			when.push_back(now - start);
		}
	}
	ASSERT_GE(when.size(), 4U);
	for (size_t i = 1; i < when.size(); i++)
		EXPECT_NEAR(static_cast<double>(when[i]),
		            static_cast<double>(2 * when[i - 1] + when[0]), 5e7);
	EXPECT_EQ(host.info(conn).cwnd_bytes, 1000U);
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_LOSS);
}

TEST_F(RetransmitRfc6298, AfterATimeoutEverythingIsResentInSlowStart)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });

	write(conn, 5000);
	drain();
	pass(1500 * PLN_NS_PER_MS);
	expect(ACK, 1, 1, 1000);
	drain();
	send({ ACK, 1, 1001 });
	expect(ACK, 1001, 1, 1000);
	expect(ACK, 2001, 1, 1000);
	expect_nothing();
	send({ ACK, 1, 5001 });
	expect_nothing();
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_OPEN);
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(RetransmitRfc6298, MutePeerEndsInTimeout)
{
	uint64_t start = now, conn = connect();

	write(conn, 100);
	while (state(conn) == PLN_TCP_ESTABLISHED && now < start + 7200 * PLN_NS_PER_S)
		pass(PLN_NS_PER_S);
	EXPECT_GE(now - start, 100 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

TEST_F(RetransmitRfc6298, UserTimeoutIsR2)
{
	uint64_t start = now, conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_USER_TIMEOUT, 5000), 0);
	write(conn, 100);
	while (state(conn) == PLN_TCP_ESTABLISHED && now < start + 600 * PLN_NS_PER_S)
		pass(100 * PLN_NS_PER_MS);
	EXPECT_GE(now - start, 5 * PLN_NS_PER_S);
	EXPECT_LE(now - start, 15 * PLN_NS_PER_S);
}

TEST_F(RetransmitRfc6298, NoSampleFromWhatWasSentTwice)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	uint64_t before;

	write(conn, 100);
	drain();
	now += 10 * PLN_NS_PER_MS;
	send({ ACK, 1, 101 });
	before = host.info(conn).rtt_ns;
	write(conn, 100);
	pass(3 * PLN_NS_PER_S);
	drain();
	send({ ACK, 1, 201 });
	EXPECT_EQ(host.info(conn).rtt_ns, before);
}

class RecoveryRfc6582 : public TextRfc9293
{
      protected:
	uint64_t
	ten_in_flight()
	{
		uint64_t conn =
			connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });

		write(conn, 60000);
		for (uint32_t i = 0; i < 10; i++)
			expect(ACK, 1 + i * 1000, 1, 1000);
		return conn;
	}
};

TEST_F(RecoveryRfc6582, ThirdDuplicateRetransmitsTheFirstTwoSendNewData)
{
	uint64_t conn = ten_in_flight();

	send({ ACK, 1, 1 });
	expect(ACK, 10001, 1, 1000);
	send({ ACK, 1, 1 });
	expect(ACK, 11001, 1, 1000);
	send({ ACK, 1, 1 });
	expect(ACK, 1, 1, 1000);
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_RECOVERY);
	EXPECT_EQ(host.info(conn).snd_ssthresh,
	          7U); /* CUBIC's part of the ten, not of what limited transmit added */
	EXPECT_EQ(counter("tcp_fast_retransmit"), 1U);
}

TEST_F(RecoveryRfc6582, PartialAckRetransmitsTheNextHoleAndFullAckEnds)
{
	uint64_t conn = ten_in_flight();

	for (int i = 0; i < 3; i++)
		send({ ACK, 1, 1 });
	drain();
	send({ ACK, 1, 3001 });
	EXPECT_EQ(take()->seq, 3001U);
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_RECOVERY);
	drain();
	send({ ACK, 1, 12001 });
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_OPEN);
	EXPECT_LE(host.info(conn).snd_cwnd, 6U);
}

TEST_F(RecoveryRfc6582, WindowUpdateIsNoDuplicate)
{
	uint64_t conn = ten_in_flight();

	send({ ACK, 1, 1, 0, 60000 });
	send({ ACK, 1, 1, 0, 61000 });
	send({ ACK, 1, 1, 0, 62000 });
	EXPECT_EQ(host.info(conn).ca_state, PLN_TCP_CA_OPEN);
}

TEST_F(RecoveryRfc6582, DuplicatesOfTheSameWindowStartNoSecondRecovery)
{
	ten_in_flight();
	for (int i = 0; i < 3; i++)
		send({ ACK, 1, 1 });
	drain();
	pass(3 * PLN_NS_PER_S);
	drain();
	for (int i = 0; i < 5; i++)
		send({ ACK, 1, 1 });
	EXPECT_EQ(counter("tcp_fast_retransmit"), 1U);
}

class PawsRfc7323 : public TextRfc9293
{
};

TEST_F(PawsRfc7323, OldTimestampIsAcknowledgedAndDropped)
{
	uint64_t conn;

	open();
	expect(SYN, 0, 0);
	send({ SYN | ACK, 0, 1, 0, 65535, support::timestamps_option(1000, 0), 0 });
	expect(ACK, 1, 1);
	conn = events().at(0).conn;
	send({ ACK, 1, 1, 10, 65535, support::timestamps_option(1001, 0), 0 });
	expect(ACK, 1, 11);
	send({ ACK, 11, 1, 10, 65535, support::timestamps_option(999, 0), 0 });
	expect(ACK, 1, 11);
	EXPECT_EQ(counter("tcp_paws"), 1U);
	send({ ACK, 11, 1, 10 });
	expect_nothing();
	EXPECT_EQ(counter("tcp_no_timestamp"), 1U);
	EXPECT_EQ(host.info(conn).inq_bytes, 10U);
}

class KeepaliveRfc9293 : public TextRfc9293
{
};

TEST_F(KeepaliveRfc9293, OffByDefault)
{
	connect();
	pass(UINT64_C(1000000) * PLN_NS_PER_S);
	expect_nothing();
}

TEST_F(KeepaliveRfc9293, ProbesAfterTwoHoursAndGivesUpAfterNine)
{
	uint64_t conn = connect(), start = now;
	unsigned int probes = 0;

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_KEEPALIVE, 1), 0);
	pass(7199 * PLN_NS_PER_S);
	expect_nothing();
	while (state(conn) == PLN_TCP_ESTABLISHED && now < start + 20000 * PLN_NS_PER_S) {
		pass(PLN_NS_PER_S);
		while (auto in = take()) {
			EXPECT_EQ(in->seq, 0U);
			EXPECT_EQ(in->len, 0U);
			probes++;
		}
	}
	EXPECT_EQ(probes, 9U);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
}

} // namespace
