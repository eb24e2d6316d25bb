/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace: what is recorded of a connection's life, in which order, and its line of text. */
#include <pollen/trace.h>

#include "peer.h"

using namespace peer;

namespace
{

/* Without timestamps, whose values are random. */
class Trace : public PeerTest
{
      protected:
	explicit Trace(
		std::vector<std::pair<std::string, std::string>> options = { { "timestamps", "0" },
	                                                                     { "sack", "0" } })
	    : PeerTest(std::move(options))
	{
	}

	std::vector<pln_trace_record>
	records()
	{
		std::vector<pln_trace_record> all(512);

		all.resize(pln_trace_read(stack(), all.data(), 512));
		return all;
	}

	std::vector<std::string>
	lines()
	{
		std::vector<std::string> text;
		char buf[512];

		for (const pln_trace_record &rec : records()) {
			int len = pln_trace_format(&rec, PLN_NS_PER_S, buf, sizeof(buf));

			EXPECT_EQ(static_cast<size_t>(len), strlen(buf));
			text.push_back(buf);
		}
		return text;
	}

	/* The local port is chosen at random: named P. */
	std::string
	plain(std::string line) const
	{
		const std::string local = "10.0.0.1:" + std::to_string(port);

		for (size_t at; (at = line.find(local)) != std::string::npos;)
			line.replace(at, local.size(), "P");
		return line;
	}

	void
	expect_lines(const std::vector<std::string> &expected)
	{
		std::vector<std::string> got = lines();

		for (std::string &line : got)
			line = plain(line);
		EXPECT_EQ(got, expected);
	}
};

TEST_F(Trace, TellsTheLifeOfAConnection)
{
	uint64_t conn = connect();

	write(conn, 10);
	run();
	drain();
	advance(20 * PLN_NS_PER_MS);
	send({ ACK, 1, 11 });
	send({ ACK | PSH, 1, 11, 100 });
	send({ RST, 101, 11 });
	expect_lines({
		"0.000000 = P 10.0.0.9:80: CLOSED -> SYN-SENT (active open)",
		"0.000000 > P > 10.0.0.9:80 [S] seq 0 len 0 win 65535 <mss 1460,wscale 7>",
		"0.000000 < 10.0.0.9:80 > P [SA] seq 0 ack 1 len 0 win 65535 {SYN-SENT: 3.10.7.3 "
		"SYN-SENT: accepted}",
		"0.000000 = P 10.0.0.9:80: SYN-SENT -> ESTABLISHED (our SYN is acknowledged)",
		"0.000000 > P > 10.0.0.9:80 [A] seq 1 ack 1 len 0 win 65535",
		"0.000000 > P > 10.0.0.9:80 [PA] seq 1:11 ack 1 len 10 win 65535",
		"0.020000 < 10.0.0.9:80 > P [A] seq 1 ack 11 len 0 win 65535 {ESTABLISHED: "
		"accepted}",
		"0.020000 < 10.0.0.9:80 > P [PA] seq 1:101 ack 11 len 100 win 65535 {ESTABLISHED: "
		"accepted}",
		"0.020000 > P > 10.0.0.9:80 [A] seq 11 ack 101 len 0 win 65435",
		"0.020000 < 10.0.0.9:80 > P [R] seq 101 len 0 win 65535 {ESTABLISHED: 3.10.7.4 "
		"second: RST}",
		"0.020000 = P 10.0.0.9:80: ESTABLISHED -> CLOSED (reset by peer)",
	});
}

TEST_F(Trace, NamesTheRetransmissionAndTheStepThatRefused)
{
	uint64_t conn = connect();

	records();
	write(conn, 10);
	run();
	pass(300 * PLN_NS_PER_MS);
	send({ ACK, 400000, 1 });

	std::vector<std::string> got = lines();

	ASSERT_GE(got.size(), 4u);
	EXPECT_EQ(got[0].find("retransmission"), std::string::npos);
	EXPECT_NE(got[1].find("retransmission timeout, una 1 in flight 0 cwnd 536"),
	          std::string::npos)
		<< got[1];
	EXPECT_NE(got[2].find("seq 1:11 ack 1 len 10 win 65535 retransmission"), std::string::npos)
		<< got[2];
	EXPECT_NE(got[3].find("seq 400000 ack 1 len 0 win 65535 {ESTABLISHED: 3.10.7.4 first"),
	          std::string::npos)
		<< got[3];
}

TEST_F(Trace, SegmentForNobodyHasAbsoluteNumbers)
{
	port = 99;
	send({ ACK, 5, 7000 });

	std::vector<pln_trace_record> got = records();

	ASSERT_EQ(got.size(), 2u);
	EXPECT_EQ(got[0].conn, 0u);
	EXPECT_EQ(got[0].kind, PLN_TRACE_RX);
	EXPECT_EQ(got[0].ack, 7000u);
	EXPECT_EQ(got[1].kind, PLN_TRACE_TX);
	EXPECT_EQ(got[1].flags, RST);
	EXPECT_EQ(got[1].seq, 7000u);
}

class TraceSack : public Trace
{
      protected:
	TraceSack() : Trace({ { "sack", "1" }, { "timestamps", "0" } })
	{
	}
};

TEST_F(TraceSack, BlocksAreRelativeLikeTheAcknowledgment)
{
	connect({ SYN | ACK, 0, 1, 0, 65535, { 1, 1, 4, 2 }, 0 });
	records();
	send({ ACK, 1001, 1, 500 });

	std::vector<std::string> got = lines();

	ASSERT_EQ(got.size(), 2u);
	EXPECT_NE(got[1].find("[A] seq 1 ack 1 len 0 win 65535 <sack 1001:1501>"),
	          std::string::npos)
		<< got[1];
}

TEST_F(Trace, UrgentPointerIsShownWithItsFlag)
{
	connect();
	records();
	send({ ACK | URG, 1, 1, 5, 65535, {}, 3 });
	EXPECT_NE(lines().at(0).find("[AU] seq 1:6 ack 1 len 5 win 65535 urg 3 {"),
	          std::string::npos);
}

TEST_F(Trace, FullRingLosesTheOldestAndSaysSo)
{
	uint64_t conn = connect();

	records();
	for (unsigned int i = 0; i < 300; i++)
		send({ ACK | PSH, 1 + i, 1, 1 });
	(void)conn;

	std::vector<pln_trace_record> got = records();

	EXPECT_EQ(got.size(), 256u);
	EXPECT_GT(counter("trace_lost"), 0u);
	EXPECT_EQ(got.back().seq + got.back().len, got.back().kind == PLN_TRACE_RX ? 301u : 1u);
}

TEST_F(Trace, ShortBufferIsCutAndTheLengthTold)
{
	pln_trace_record rec = {};
	char buf[8];

	rec.kind = PLN_TRACE_TX;
	EXPECT_GT(pln_trace_format(&rec, 0, buf, sizeof(buf)), 20);
	EXPECT_STREQ(buf, "0.00000");
}

} // namespace
