/* SPDX-License-Identifier: BSD-3-Clause */
/* Urgent data (RFC 9293 §3.8.5, RFC 6093): told, in line, of any length, at a closed window too. */
#include "peer.h"

using namespace peer;

namespace
{

class UrgentRfc9293 : public PeerTest
{
      protected:
	explicit UrgentRfc9293(std::vector<std::pair<std::string, std::string>> options = {},
	                       uint32_t capabilities = 0)
	    : PeerTest(std::move(options), 1500, capabilities)
	{
	}

	void
	urgent(uint32_t seq, size_t len, uint16_t up)
	{
		Out out;

		out.flags = ACK | URG;
		out.seq = seq;
		out.len = len;
		out.up = up;
		send(out);
	}

	uint32_t
	left(uint64_t conn)
	{
		return host.info(conn).urgent_bytes;
	}

	bool
	told(uint64_t conn)
	{
		return (event_bits(conn) & PLN_EV_URGENT) != 0;
	}
};

TEST_F(UrgentRfc9293, IsToldWhenItStartsAndHowMuchRemains)
{
	uint64_t conn = connect();

	urgent(1, 10, 4);
	EXPECT_TRUE(told(conn));
	EXPECT_EQ(left(conn), 4U);
	EXPECT_TRUE(pln_tcp_readiness(stack(), conn) & PLN_TCP_READY_PRI);
	EXPECT_EQ(read(conn, 3).size(), 3U);
	EXPECT_EQ(left(conn), 1U);
	EXPECT_EQ(read(conn, 1).size(), 1U);
	EXPECT_EQ(left(conn), 0U) << "the pointer names the byte behind the last urgent one";
	EXPECT_FALSE(pln_tcp_readiness(stack(), conn) & PLN_TCP_READY_PRI);
	EXPECT_EQ(read(conn).size(), 6U);
}

TEST_F(UrgentRfc9293, BytesStayInLineAndInOrder)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 5 });
	urgent(6, 5, 1);
	EXPECT_EQ(read(conn), (Bytes{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }));
}

TEST_F(UrgentRfc9293, IsToldAgainOnlyWhenThePointerMovesOn)
{
	uint64_t conn = connect();

	urgent(1, 10, 20);
	EXPECT_TRUE(told(conn));
	urgent(11, 5, 10);
	EXPECT_FALSE(told(conn)) << "the same mark";
	urgent(16, 1, 2);
	EXPECT_FALSE(told(conn)) << "an older one";
	urgent(17, 1, 50);
	EXPECT_TRUE(told(conn));
	EXPECT_EQ(left(conn), 66U);
}

TEST_F(UrgentRfc9293, MarkThatWasReadAlreadyIsNone)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 10 });
	read(conn);
	events();
	urgent(5, 6, 6);
	EXPECT_FALSE(told(conn));
	urgent(11, 0, 0);
	EXPECT_FALSE(told(conn));
	EXPECT_EQ(left(conn), 0U);
}

TEST_F(UrgentRfc9293, MayRunForHundredThousandBytes)
{
	uint64_t conn = connect();
	uint32_t seq = 1;
	size_t got = 0;

	while (seq < 100001) {
		uint32_t ahead = 100001 - seq;

		urgent(seq, 1000, static_cast<uint16_t>(std::min(ahead, 65535U)));
		seq += 1000;
		EXPECT_GT(left(conn), 0U);
		got += read(conn).size();
	}
	EXPECT_EQ(got, 100000U);
	EXPECT_EQ(left(conn), 0U);
}

TEST_F(UrgentRfc9293, BeyondTheFinIsIgnored)
{
	uint64_t conn = connect();

	send({ FIN | ACK, 1, 1 });
	events();
	urgent(2, 0, 100);
	EXPECT_FALSE(told(conn));
	EXPECT_EQ(left(conn), 0U);
}

TEST_F(UrgentRfc9293, IsAlsoTakenFromASynAck)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send({ SYN | ACK | URG, 0, 1, 5, 65535, {}, 3 });
	EXPECT_TRUE(told(conn));
	EXPECT_EQ(left(conn), 2U);
}

class UrgentSmallBuffer : public UrgentRfc9293
{
      protected:
	UrgentSmallBuffer() : UrgentRfc9293({ { "rcvbuf", "2000" } })
	{
	}
};

TEST_F(UrgentSmallBuffer, PointerIsTakenAtAZeroWindow)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 1000 });
	send({ ACK, 1001, 1, 1000 });
	ASSERT_EQ(host.info(conn).rcv_wnd, 0U);
	events();
	urgent(2001, 1, 1);
	EXPECT_TRUE(told(conn));
	EXPECT_EQ(left(conn), 2001U);
	EXPECT_EQ(host.info(conn).inq_bytes, 2000U) << "the byte itself had no room";
}

TEST_F(UrgentSmallBuffer, BarePointerIsTakenAtAZeroWindow)
{
	uint64_t conn = connect();

	send({ ACK, 1, 1, 1000 });
	send({ ACK, 1001, 1, 1000 });
	ASSERT_EQ(host.info(conn).rcv_wnd, 0U);
	events();
	urgent(2001, 0, 5);
	EXPECT_TRUE(told(conn));
	EXPECT_EQ(left(conn), 2005U);
}

TEST_F(UrgentRfc9293, SentSegmentsPointBehindTheLastUrgentByte)
{
	uint64_t conn = connect();

	EXPECT_EQ(write(conn, 5, PLN_TCP_URGENT), 5);
	In in = expect(ACK | URG, 1, 1, 5);
	EXPECT_EQ(in.frame.tcp->up, 5);
	EXPECT_EQ(write(conn, 1000), 1000);
	in = expect(ACK, 6, 1, 536);
	EXPECT_EQ(in.frame.tcp->up, 0);
}

TEST_F(UrgentRfc9293, RetransmissionIsUrgentUntilItIsAcknowledged)
{
	uint64_t conn = connect();

	write(conn, 5, PLN_TCP_URGENT);
	expect(ACK | URG, 1, 1, 5);
	pass(PLN_NS_PER_S);
	EXPECT_EQ(expect(ACK | URG, 1, 1, 5).frame.tcp->up, 5);
	drain();
	send({ ACK, 1, 6 });
	write(conn, 5);
	expect(ACK, 6, 1, 5);
}

TEST_F(UrgentRfc9293, PointerIsSentAtOnceAlthoughTheWindowIsClosed)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, {}, 0 });

	write(conn, 5, PLN_TCP_URGENT);
	EXPECT_EQ(expect(ACK | URG, 1, 1, 0).frame.tcp->up, 5);
	expect_nothing();
}

TEST_F(UrgentRfc9293, LongRunIsUrgentAllTheWay)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	uint32_t acked = 1;
	size_t sent = 0;

	EXPECT_EQ(write(conn, 100000, PLN_TCP_URGENT), 100000);
	while (auto in = take()) {
		if (in->len > 0) {
			EXPECT_TRUE(in->flags & URG) << in->seq;
			EXPECT_EQ(in->frame.tcp->up, std::min(100001U - in->seq, 65535U));
		}
		sent += in->len;
		acked = std::max(acked, in->seq + static_cast<uint32_t>(in->len));
		send({ ACK, 1, acked });
	}
	EXPECT_EQ(sent, 100000U);
}

TEST_F(UrgentRfc9293, WaitsForTheConnectionToOpen)
{
	uint64_t conn = open();

	EXPECT_EQ(write(conn, 5, PLN_TCP_URGENT), 5);
	In syn = expect(SYN, 0, 0);
	EXPECT_FALSE(syn.flags & URG);
	expect_nothing();
	send({ SYN | ACK, 0, 1 });
	EXPECT_EQ(expect(ACK | URG, 1, 1, 5).frame.tcp->up, 5);
}

class UrgentTso : public UrgentRfc9293
{
      protected:
	UrgentTso()
	    : UrgentRfc9293({}, PLN_LINK_TX_TSO | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TCP_CKSUM |
	                                PLN_LINK_TX_IP4_CKSUM)
	{
	}
};

TEST_F(UrgentTso, EverySegmentHasAPointerOfItsOwn)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	unsigned int segments = 0;

	write(conn, 5000, PLN_TCP_URGENT);
	while (auto in = take()) {
		EXPECT_EQ(in->frame.tcp->up, 5001U - in->seq);
		segments++;
	}
	EXPECT_EQ(segments, 5U);
}

} // namespace
