/* SPDX-License-Identifier: BSD-3-Clause */
/* What the wire must not show is seen: each rule of the monitor is broken once. */
#include "simulator/monitor.h"

#include <gtest/gtest.h>

namespace
{

using namespace simulator;

constexpr uint32_t CLIENT = 1, SERVER = 2, ISS = 0xfffffff0, IRS = 5000;

class SimulatedMonitor : public ::testing::Test
{
      protected:
	/* A handshake with scaling by 4 both ways: client window 1000 << 2, server window 2000 << 2. */
	SimulatedMonitor()
	{
		pass(client(ISS, 0, TCP_SYN, 0));
		pass(server(IRS, ISS + 1, TCP_SYN | TCP_ACK, 0));
		pass(client(ISS + 1, IRS + 1, TCP_ACK, 0));
	}

	static Segment
	make(uint32_t seq, uint32_t ack, uint8_t flags, uint32_t len)
	{
		Segment seg;
		seg.tcp = true;
		seg.seq = seq;
		seg.ack = ack;
		seg.flags = flags;
		seg.len = len;
		if ((flags & TCP_SYN) != 0) {
			seg.has_wscale = true;
			seg.wscale = 2;
		}
		return seg;
	}

	static Segment
	client(uint32_t seq, uint32_t ack, uint8_t flags, uint32_t len)
	{
		Segment seg = make(seq, ack, flags, len);
		seg.src = CLIENT;
		seg.dst = SERVER;
		seg.sport = 1000;
		seg.dport = 80;
		seg.wnd = 1000;
		return seg;
	}

	static Segment
	server(uint32_t seq, uint32_t ack, uint8_t flags, uint32_t len)
	{
		Segment seg = make(seq, ack, flags, len);
		seg.src = SERVER;
		seg.dst = CLIENT;
		seg.sport = 80;
		seg.dport = 1000;
		seg.wnd = 2000;
		return seg;
	}

	/* It is sent and arrives. */
	Segment
	pass(Segment seg)
	{
		monitor.sent(seg);
		monitor.delivered(seg);
		return seg;
	}

	bool
	is_broken(const char *rule) const
	{
		return monitor.broken.find(rule) != std::string::npos;
	}

	Monitor monitor{ CLIENT, SERVER, 1000, 80 };
};

TEST_F(SimulatedMonitor, AnHonestExchangeBreaksNothing)
{
	pass(client(ISS + 1, IRS + 1, TCP_ACK, 500));
	pass(server(IRS + 1, ISS + 501, TCP_ACK, 300));
	pass(client(ISS + 501, IRS + 301, TCP_ACK | TCP_FIN, 0));
	pass(server(IRS + 301, ISS + 502, TCP_ACK | TCP_FIN, 0));
	pass(client(ISS + 502, IRS + 302, TCP_ACK, 0));
	EXPECT_EQ(monitor.broken, "");
}

TEST_F(SimulatedMonitor, AnAckOfWhatWasLostIsSeen)
{
	Segment lost = client(ISS + 1, IRS + 1, TCP_ACK, 500);
	monitor.sent(lost);
	pass(server(IRS + 1, ISS + 501, TCP_ACK, 0));
	EXPECT_TRUE(is_broken("what is acknowledged was received")) << monitor.broken;
}

TEST_F(SimulatedMonitor, AnAckAcrossAGapIsSeen)
{
	Segment lost = client(ISS + 1, IRS + 1, TCP_ACK, 100);
	monitor.sent(lost);
	pass(client(ISS + 101, IRS + 1, TCP_ACK, 100));
	pass(server(IRS + 1, ISS + 201, TCP_ACK, 0));
	EXPECT_TRUE(is_broken("what is acknowledged was received")) << monitor.broken;
}

TEST_F(SimulatedMonitor, ASackOfWhatWasLostIsSeen)
{
	Segment lost = client(ISS + 1, IRS + 1, TCP_ACK, 100), ack;
	monitor.sent(lost);
	pass(client(ISS + 101, IRS + 1, TCP_ACK, 100));
	ack = server(IRS + 1, ISS + 1, TCP_ACK, 0);
	ack.sacks = 1;
	ack.sack[0] = { ISS + 101, ISS + 201 };
	pass(ack);
	EXPECT_EQ(monitor.broken, "");
	ack.sack[0] = { ISS + 51, ISS + 201 };
	pass(ack);
	EXPECT_TRUE(is_broken("what a SACK block names was received")) << monitor.broken;
}

TEST_F(SimulatedMonitor, AByteBeyondTheWindowIsSeen)
{
	pass(server(IRS + 1, ISS + 1, TCP_ACK, 0));
	pass(client(ISS + 1, IRS + 1, TCP_ACK, 8000));
	EXPECT_EQ(monitor.broken, "") << "2000 << 2";
	pass(client(ISS + 8001, IRS + 1, TCP_ACK, 1));
	EXPECT_EQ(monitor.broken, "") << "a probe";
	pass(client(ISS + 8002, IRS + 1, TCP_ACK, 1));
	EXPECT_TRUE(is_broken("no byte is sent outside of the window")) << monitor.broken;
}

TEST_F(SimulatedMonitor, AWindowTakenBackIsSeen)
{
	Segment ack = server(IRS + 1, ISS + 1, TCP_ACK, 0);
	pass(ack);
	ack.wnd = 1999;
	pass(ack);
	EXPECT_TRUE(is_broken("an offered window is not taken back")) << monitor.broken;
}

TEST_F(SimulatedMonitor, DataBehindAFinAndGapsAreSeen)
{
	Monitor before = monitor;
	pass(client(ISS + 1, IRS + 1, TCP_ACK | TCP_FIN, 10));
	pass(client(ISS + 11, IRS + 1, TCP_ACK, 10));
	EXPECT_TRUE(is_broken("nothing is behind a FIN")) << monitor.broken;

	monitor = before;
	pass(client(ISS + 2, IRS + 1, TCP_ACK, 10));
	EXPECT_TRUE(is_broken("data is sent without a gap")) << monitor.broken;
}

TEST_F(SimulatedMonitor, KnowsWhatIsSentAgainAndWhatIsLast)
{
	monitor.expect(0, 200);
	EXPECT_FALSE(pass(client(ISS + 1, IRS + 1, TCP_ACK, 100)).again);
	Segment again = pass(client(ISS + 1, IRS + 1, TCP_ACK, 100));
	EXPECT_TRUE(again.again);
	EXPECT_TRUE(again.first_again);
	EXPECT_FALSE(again.last);
	again = pass(client(ISS + 1, IRS + 1, TCP_ACK, 100));
	EXPECT_TRUE(again.again);
	EXPECT_FALSE(again.first_again);
	EXPECT_TRUE(pass(client(ISS + 101, IRS + 1, TCP_ACK, 100)).last);
}

} // namespace
