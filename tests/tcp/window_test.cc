/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows at their edges, closed ones, probes, and how many ACKs a burst makes (RFC 9293 §3.8.6, RFC 5681 §4.2). */
#include <algorithm>

#include "peer.h"

using namespace peer;

namespace
{

/* The whole stream the stack has sent, put together; its bytes are those of write(): each write begins at 0. */
struct Stream {
	Bytes bytes;

	void
	take(const In &in)
	{
		size_t at = in.seq - 1;

		bytes.resize(std::max(bytes.size(), at + in.len));
		std::copy(in.frame.payload.begin(), in.frame.payload.end(),
		          bytes.begin() + static_cast<ptrdiff_t>(at));
	}
};

class AckRfc5681 : public PeerTest
{
};

TEST_F(AckRfc5681, EverySegmentOutOfOrderOfABurstIsAnswered)
{
	connect();
	for (uint32_t i = 1; i <= 5; i++)
		inject({ ACK, 1 + i * 100, 1, 100 });
	run();
	for (int i = 0; i < 5; i++)
		expect(ACK, 1, 1);
	expect_nothing();
}

TEST_F(AckRfc5681, BurstInOrderIsAnsweredOnce)
{
	connect();
	for (uint32_t i = 0; i < 20; i++)
		inject({ ACK, 1 + i * 100, 1, 100 });
	run();
	expect(ACK, 1, 2001);
	expect_nothing();
}

TEST_F(AckRfc5681, NewDataIsAcknowledgedBeforeTheDuplicates)
{
	connect();
	inject({ ACK, 1, 1, 100 });
	for (uint32_t i = 2; i <= 4; i++)
		inject({ ACK, 1 + i * 100, 1, 100 });
	run();
	for (int i = 0; i < 4; i++)
		expect(ACK, 1, 101);
	expect_nothing();
}

TEST_F(AckRfc5681, GapFilledInTheSameBurstLeavesOneAck)
{
	connect();
	for (uint32_t i : { 2U, 3U, 1U, 0U })
		inject({ ACK, 1 + i * 100, 1, 100 });
	run();
	expect(ACK, 1, 401);
	expect_nothing();
}

TEST_F(AckRfc5681, DuplicatesAreBareAlthoughDataIsSentToo)
{
	uint64_t conn = connect();
	uint8_t byte = 0;

	for (uint32_t i = 1; i <= 3; i++)
		inject({ ACK, 1 + i * 100, 1, 100 });
	EXPECT_EQ(pln_tcp_send(stack(), conn, &byte, 1, 0), 1);
	run();
	expect(ACK, 1, 1, 1);
	for (int i = 0; i < 3; i++)
		expect(ACK, 2, 1, 0);
	expect_nothing();
}

TEST_F(AckRfc5681, DuplicatesSurviveATransmitQueueThatIsFull)
{
	connect();
	pln_memlink_block_tx(host.link(), true);
	for (uint32_t i = 1; i <= 5; i++)
		inject({ ACK, 1 + i * 100, 1, 100 });
	run();
	pln_memlink_block_tx(host.link(), false);
	run();
	EXPECT_EQ(drain(), 5U);
}

class EdgeRfc9293 : public PeerTest
{
      protected:
	EdgeRfc9293() : PeerTest({ { "rcvbuf", "2000" } })
	{
	}
};

TEST_F(EdgeRfc9293, SegmentsAreJudgedByTheWindowsEdges)
{
	uint64_t conn = connect();

	/* Window [1, 2001): the last byte of it is in, the one behind is not. */
	send({ ACK, 2000, 1, 1 });
	EXPECT_EQ(counter("tcp_rx_ooo"), 1U);
	send({ ACK, 2001, 1, 1 });
	EXPECT_EQ(counter("tcp_out_of_window"), 1U);
	send({ ACK, 0, 1, 1 });
	EXPECT_EQ(counter("tcp_out_of_window"), 2U);
	send({ ACK, 0, 1, 2 });
	EXPECT_EQ(host.info(conn).rcv_nxt, irs + 2);
}

TEST_F(EdgeRfc9293, PayloadBehindTheWindowIsCutOffAndItsFinWithIt)
{
	uint64_t conn = connect();

	send({ ACK | FIN, 1, 1, 1400 });
	EXPECT_EQ(host.info(conn).state, PLN_TCP_CLOSE_WAIT);
	drain();
	conn = connect();
	send({ ACK, 1, 1, 1400 });
	send({ ACK | FIN, 1401, 1, 1400 });
	EXPECT_EQ(host.info(conn).inq_bytes, 2000U);
	EXPECT_EQ(host.info(conn).state, PLN_TCP_ESTABLISHED);
}

TEST_F(EdgeRfc9293, AckAtTheRightEdgeIsTakenWhenTheFirstSegmentIsMissing)
{
	uint64_t conn = connect();

	write(conn, 10);
	drain();
	send({ ACK, 1001, 1, 1000 }); /* the window is used up, its first half lost */
	drain();
	send({ ACK, 2001, 11 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(EdgeRfc9293, ResetAtTheRightEdgeIsChallengedBehindItDropped)
{
	uint64_t conn = connect();

	send({ RST, 2001, 0 });
	expect(ACK, 1, 1);
	send({ RST, 2002, 0 });
	expect_nothing();
	EXPECT_EQ(host.info(conn).state, PLN_TCP_ESTABLISHED);
}

TEST_F(EdgeRfc9293, WindowOfOurSynHoldsBeforeOurFirstAck)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	inject({ SYN | ACK, 0, 1 });
	inject({ ACK, 1, 1, 100 });
	run();
	EXPECT_EQ(host.info(conn).inq_bytes, 100U);
	expect(ACK, 1, 101);
	expect_nothing();
}

TEST_F(EdgeRfc9293, LargerReceiveBufferIsToldToThePeerAtOnce)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 1000 });
	send({ ACK, 1001, 1, 1000 });
	drain();
	EXPECT_EQ(host.info(conn).rcv_wnd, 0U);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_RCVBUF, 10000), 0);
	run();
	EXPECT_EQ(expect(ACK, 1, 2001).wnd, 8000);
}

TEST_F(EdgeRfc9293, SmallerReceiveBufferMovesNoEdgeToTheLeft)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_RCVBUF, 1024), 0);
	send({ ACK, 1, 1, 500 });
	EXPECT_GE(expect(ACK, 1, 501).wnd, 1500);
}

class ClosedWindowRfc9293 : public PeerTest
{
      protected:
	/* Bytes are queued, the peer's window is closed, and the first probe is in flight. */
	uint64_t
	probing(size_t len, uint16_t wnd = 0)
	{
		uint64_t conn = connect({ SYN | ACK, 0, 1, 0, wnd, support::mss_option(1000), 0 });

		write(conn, len);
		expect_nothing();
		pass(300 * PLN_NS_PER_MS);
		expect(ACK, 1, 1, 1);
		return conn;
	}
};

TEST_F(ClosedWindowRfc9293, ProbeInFlightDoesNotPushOurAcksOutOfThePeersWindow)
{
	probing(3000);
	send({ ACK, 1, 1, 100, 0 });
	expect(ACK, 1, 101);
	expect_nothing();
}

TEST_F(ClosedWindowRfc9293, ProbeInFlightDoesNotPushOurResetOutOfThePeersWindow)
{
	uint64_t conn = probing(3000);

	pln_tcp_abort(stack(), conn);
	run();
	expect(RST | ACK, 1, 1);
}

TEST_F(ClosedWindowRfc9293, WindowOpensWhileTheProbeIsInFlight)
{
	uint64_t conn = probing(3000);
	Stream stream;

	send({ ACK, 1, 1, 0, 10000 });
	while (auto in = take()) {
		stream.take(*in);
		send({ ACK, 1, in->seq + static_cast<uint32_t>(in->len), 0, 10000 });
	}
	ASSERT_EQ(stream.bytes.size(), 3000U);
	for (size_t i = 0; i < stream.bytes.size(); i++)
		ASSERT_EQ(stream.bytes[i], static_cast<uint8_t>(i));
	EXPECT_EQ(host.info(conn).unacked, 0U);
	pass(3600 * PLN_NS_PER_S);
	expect_nothing();
}

TEST_F(ClosedWindowRfc9293, RefusedProbeIsNeitherLossNorARoundTrip)
{
	uint64_t conn = probing(3000);
	struct pln_tcp_info before = host.info(conn);

	pass(PLN_NS_PER_S);
	drain();
	send({ ACK, 1, 1, 0, 10000 });
	expect(ACK, 1, 1, 1000);
	expect(ACK, 1001, 1, 1000);
	expect(ACK | PSH, 2001, 1, 1000);
	struct pln_tcp_info info = host.info(conn);
	EXPECT_EQ(info.ca_state, PLN_TCP_CA_OPEN);
	EXPECT_EQ(info.bytes_sent, 3000U);
	EXPECT_GE(info.bytes_retrans, 2U);
	EXPECT_EQ(info.total_retrans, 0U);
	EXPECT_EQ(counter("tcp_retransmit") + counter("tcp_rto"), 0U);
	EXPECT_EQ(info.snd_cwnd, before.snd_cwnd);
	send({ ACK, 1, 1001, 0, 10000 });
	EXPECT_EQ(host.info(conn).rtt_ns, before.rtt_ns) << "which copy was it?";
}

TEST_F(ClosedWindowRfc9293, AckOfARefusedProbesByteAloneIsNoRoundTripOfTheProbe)
{
	uint64_t conn = probing(3000);
	uint64_t before = host.info(conn).rtt_ns;

	pass(PLN_NS_PER_S);
	drain();
	send({ ACK, 1, 1, 0, 10000 });
	drain();
	send({ ACK, 1, 2, 0, 10000 });
	EXPECT_EQ(host.info(conn).rtt_ns, before);
}

TEST_F(ClosedWindowRfc9293, SegmentOverARefusedProbeIsRepeatedLikeAnyOther)
{
	uint64_t conn = probing(3000);

	send({ ACK, 1, 1, 0, 10000 });
	EXPECT_EQ(drain(), 3U);
	pass(2 * PLN_NS_PER_S);
	expect(ACK, 1, 1, 1000);
	EXPECT_GE(host.info(conn).total_retrans, 1U);
	EXPECT_GE(counter("tcp_rto"), 1U);
}

TEST_F(ClosedWindowRfc9293, ProbeIsTakenAndTheWindowOpensWithItsAck)
{
	uint64_t conn = probing(3000);
	Stream stream;

	send({ ACK, 1, 2, 0, 10000 });
	while (auto in = take()) {
		EXPECT_GE(in->seq, 2U);
		stream.take(*in);
		send({ ACK, 1, in->seq + static_cast<uint32_t>(in->len), 0, 10000 });
	}
	EXPECT_EQ(stream.bytes.size(), 3000U);
	EXPECT_EQ(host.info(conn).notsent_bytes, 0U);
}

TEST_F(ClosedWindowRfc9293, ProbeIsTakenAndTheWindowStaysClosed)
{
	uint64_t conn = probing(3);

	for (uint32_t next = 2; next <= 3; next++) {
		send({ ACK, 1, next, 0, 0 });
		expect_nothing();
		pass(130 * PLN_NS_PER_S);
		expect(ACK, next, 1, 1);
		drain();
	}
	send({ ACK, 1, 4, 0, 0 });
	/* Nothing is left to ask for. */
	pass(3600 * PLN_NS_PER_S);
	expect_nothing();
	EXPECT_EQ(host.info(conn).state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(ClosedWindowRfc9293, WindowClosedOverDataInFlightIsProbedNotPunished)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 5000, support::mss_option(1000), 0 });
	uint32_t cwnd;

	write(conn, 5000);
	EXPECT_EQ(drain(), 5U);
	send({ ACK, 1, 1001, 0, 0 });
	cwnd = host.info(conn).snd_cwnd;
	for (int i = 0; i < 200; i++) {
		pass(10 * PLN_NS_PER_S);
		while (auto in = take()) {
			EXPECT_LE(in->len, 1U);
			send({ ACK, 1, 1001, 0, 0 });
		}
	}
	EXPECT_EQ(host.info(conn).state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(host.info(conn).snd_cwnd, cwnd);
	send({ ACK, 1, 1001, 0, 5000 });
	expect(ACK, 1001, 1, 1000);
	EXPECT_EQ(drain(), 3U);
}

TEST_F(ClosedWindowRfc9293, FinIsSentAgainstAClosedWindowAndRepeatedUntilItOpens)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0 });

	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	run();
	expect(FIN | ACK, 1, 1);
	for (int i = 0; i < 20; i++) {
		pass(130 * PLN_NS_PER_S);
		while (take())
			send({ ACK, 1, 1, 0, 0 });
	}
	EXPECT_EQ(state(conn), PLN_TCP_FIN_WAIT_1);
	send({ ACK, 1, 1, 0, 1000 });
	expect(FIN | ACK, 1, 1);
	send({ ACK, 1, 2, 0, 1000 });
	EXPECT_EQ(state(conn), PLN_TCP_FIN_WAIT_2);
}

TEST_F(ClosedWindowRfc9293, FinBehindBytesWaitsForTheWindowWithThem)
{
	uint64_t conn = probing(10);

	pln_tcp_close(stack(), conn);
	run();
	drain();
	send({ ACK, 1, 1, 0, 1000 });
	/* The probe's byte again, then the rest with the FIN. */
	std::optional<In> in;
	uint32_t end = 1;
	bool fin = false;

	while ((in = take()).has_value()) {
		EXPECT_EQ(in->seq, end);
		end += static_cast<uint32_t>(in->len);
		fin = (in->flags & FIN) != 0;
		send({ ACK, 1, end, 0, 1000 });
	}
	EXPECT_EQ(end, 11U);
	EXPECT_TRUE(fin);
	send({ ACK, 1, 12, 0, 1000 });
	EXPECT_NE(host.dump().find("FIN-WAIT-2"), std::string::npos) << host.dump();
}

TEST_F(ClosedWindowRfc9293, NothingIsResentBehindAShrunkWindowButTheFirstSegment)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 10000, support::mss_option(1000), 0 });

	write(conn, 10000);
	EXPECT_EQ(drain(), 10U);
	send({ ACK, 1, 1001, 0, 2000 });
	pass(5 * PLN_NS_PER_S);
	drain();
	send({ ACK, 1, 2001, 0, 1000 }); /* the edge stays at 3001 */
	expect(ACK, 2001, 1, 1000);
	expect_nothing();
	send({ ACK, 1, 3001, 0, 0 });
	send({ ACK, 1, 3001, 0, 9000 });
	while (auto in = take())
		send({ ACK, 1, in->seq + static_cast<uint32_t>(in->len), 0, 9000 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(ClosedWindowRfc9293, SillyWindowIsWaitedOutForAFraction)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 10000, support::mss_option(1000), 0 });
	uint64_t start;

	write(conn, 10000);
	EXPECT_EQ(drain(), 10U);
	write(conn, 5000);
	send({ ACK, 1, 10001, 0, 100 }); /* MUST-38: not worth a segment */
	expect_nothing();
	start = now;
	while (now < start + 2 * PLN_NS_PER_S) {
		pass(10 * PLN_NS_PER_MS);
		if (auto in = take()) {
			EXPECT_EQ(in->len, 100U);
			break;
		}
	}
	EXPECT_GE(now - start, 100 * PLN_NS_PER_MS);
	EXPECT_LE(now - start, PLN_NS_PER_S);
}

TEST_F(ClosedWindowRfc9293, ScaledWindowIsUsedInFull)
{
	Bytes options = support::mss_option(1460), scale = support::wscale_option(14);
	uint64_t conn, written = 0;
	ssize_t n;

	options.insert(options.end(), scale.begin(), scale.end());
	conn = connect({ SYN | ACK, 0, 1, 0, 65535, options, 0 });
	send({ ACK, 1, 1, 0, 40 }); /* 640 KiB */
	while ((n = write(conn, 100000)) > 0)
		written += static_cast<uint64_t>(n);
	EXPECT_EQ(host.info(conn).snd_wscale, 14);
	EXPECT_EQ(host.info(conn).snd_wnd, 40U << 14);
	EXPECT_GT(written, 65535U);
}

TEST_F(ClosedWindowRfc9293, ShiftAboveFourteenIsTakenAsFourteen)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::wscale_option(15), 0 });

	EXPECT_EQ(host.info(conn).snd_wscale, 14);
}

/* A receiver that reads by fits: its right edge never moves to the left (SHLD-14), whatever the scale and the buffer. */
class EdgeNeverMovesLeft : public ::testing::TestWithParam<std::pair<const char *, const char *>>
{
};

TEST_P(EdgeNeverMovesLeft, WhileTheUserReadsByFits)
{
	support::TwoHostsOptions options;
	options.b.options = { { "rcvbuf", GetParam().first }, { "rcvbuf_max", GetParam().second } };
	support::TwoHosts hosts(options);
	auto [a, b] = hosts.established_pair();
	unsigned int shift = hosts.b.info(b).rcv_wscale, moves = 0;
	std::optional<uint32_t> edge;
	Bytes chunk(5000, 7);
	uint64_t got = 0, sent = 0;
	uint32_t turn = 0;

	hosts.cable.tap = [&](int from, const Bytes &bytes, uint64_t) {
		support::Frame f = support::parse(bytes);
		if (from != 1 || !f.tcp || (f.tcp->flags & SYN) != 0)
			return;
		uint32_t at = f.tcp->ack + (static_cast<uint32_t>(f.tcp->wnd) << shift);
		if (edge)
			moves += static_cast<int32_t>(at - *edge) < 0;
		edge = at;
	};
	while (got < 200000) {
		if (sent < 200000) {
			ssize_t n = pln_tcp_send(hosts.a.stack(), a, chunk.data(), chunk.size(), 0);
			sent += n > 0 ? static_cast<uint64_t>(n) : 0;
		}
		hosts.run_for(PLN_NS_PER_MS * (1 + turn % 7));
		if (++turn % 3 == 0) {
			uint8_t buf[3001];
			ssize_t n =
				pln_tcp_receive(hosts.b.stack(), b, buf, 1 + turn * 37 % 3000, 0);
			got += n > 0 ? static_cast<uint64_t>(n) : 0;
		}
		ASSERT_LT(turn, 100000U) << hosts.a.dump() << hosts.b.dump();
	}
	EXPECT_EQ(moves, 0U);
}

INSTANTIATE_TEST_SUITE_P(Buffers, EdgeNeverMovesLeft,
                         ::testing::Values(std::pair("4096", "4096"), std::pair("20000", "65535"),
                                           std::pair("30000", "6000000"),
                                           std::pair("200000", "200000")));

TEST(LostUpdate, OfAWindowIsFoundOutByAProbe)
{
	support::TwoHostsOptions options;
	options.b.options = { { "rcvbuf", "8000" } };
	support::TwoHosts hosts(options);
	auto [a, b] = hosts.established_pair();
	Bytes all(20000, 1), buf(20000);
	size_t got = 0;
	ssize_t n;

	EXPECT_EQ(pln_tcp_send(hosts.a.stack(), a, all.data(), all.size(), 0), 20000);
	hosts.run_for(300 * PLN_NS_PER_MS);
	hosts.cable.faults[1].loss = 1; /* b reads, and nobody hears of it */
	got += static_cast<size_t>(pln_tcp_receive(hosts.b.stack(), b, buf.data(), buf.size(), 0));
	hosts.run_for(10 * PLN_NS_PER_MS);
	hosts.cable.faults[1].loss = 0;
	for (int i = 0; i < 100 && got < all.size(); i++) {
		hosts.run_for(PLN_NS_PER_S);
		while ((n = pln_tcp_receive(hosts.b.stack(), b, buf.data(), buf.size(), 0)) > 0)
			got += static_cast<size_t>(n);
	}
	EXPECT_EQ(got, all.size());
}

} // namespace
