/* SPDX-License-Identifier: BSD-3-Clause */
/* What timers do and when they are silent: RFC 6298 §5, RFC 9293 §3.8.4 and §3.8.6.1, and clocks that jump. */
#include "peer.h"

using namespace peer;

namespace
{

class TimerRfc6298 : public PeerTest
{
      protected:
	/* How many segments leave within a time. */
	unsigned int
	sent_within(uint64_t ns)
	{
		unsigned int n = 0;

		pass(ns);
		while (take())
			n++;
		return n;
	}
};

TEST_F(TimerRfc6298, NothingInFlightNothingHappens)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });

	write(conn, 1000);
	expect(ACK, 1, 1, 1000);
	send({ ACK, 1, 1001 });
	EXPECT_EQ(sent_within(1000000 * PLN_NS_PER_S), 0U);
	EXPECT_EQ(pln_stack_next(stack()), PLN_NEVER);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(TimerRfc6298, AckOfNewDataRestartsTheTimer)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	uint64_t rto;

	write(conn, 2000);
	expect(ACK, 1, 1, 1000);
	expect(ACK, 1001, 1, 1000);
	rto = host.info(conn).rto_ns;
	pass(rto * 8 / 10);
	send({ ACK, 1, 1001 });
	rto = host.info(conn).rto_ns;
	pass(rto * 8 / 10);
	expect_nothing();
	pass(rto * 4 / 10);
	expect(ACK, 1001, 1, 1000);
}

TEST_F(TimerRfc6298, SynThatTimedOutLeavesThreeSeconds)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	pass(1500 * PLN_NS_PER_MS);
	expect(SYN, 0, 0);
	send({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });
	expect(ACK, 1, 1);
	write(conn, 1000);
	expect(ACK, 1, 1, 1000);
	EXPECT_EQ(sent_within(2900 * PLN_NS_PER_MS), 0U);
	EXPECT_EQ(sent_within(200 * PLN_NS_PER_MS), 1U);
}

TEST_F(TimerRfc6298, ClockThatJumpsADayMakesNoStorm)
{
	uint64_t conn = connect();

	write(conn, 1000);
	while (take())
		;
	advance(86400 * PLN_NS_PER_S);
	unsigned int n = 0;
	while (take())
		n++;
	EXPECT_LE(n, 2U);
}

class ProbeRfc9293 : public TimerRfc6298
{
};

TEST_F(ProbeRfc9293, FirstZeroWindowProbeComesAfterOneTimeout)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, support::mss_option(1000), 0 });
	uint64_t rto = host.info(conn).rto_ns;

	write(conn, 3000);
	EXPECT_EQ(sent_within(rto * 9 / 10), 0U);
	EXPECT_EQ(sent_within(rto * 2 / 10), 1U);
}

TEST_F(ProbeRfc9293, LostWindowUpdateIsFoundOut)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, support::mss_option(1000), 0 });

	write(conn, 3000);
	while (!take())
		pass(100 * PLN_NS_PER_MS);
	/* The update was lost; the answer to the probe says the same. */
	send({ ACK, 1, 1, 0, 5000 });
	unsigned int bytes = 0;
	while (auto in = take())
		bytes += static_cast<unsigned int>(in->len);
	EXPECT_GE(bytes, 2000U);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

TEST_F(ProbeRfc9293, KeepaliveIsSilentWhileDataIsOutstanding)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_KEEPALIVE, 1), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_KEEPIDLE, 1), 0);
	write(conn, 100);
	pass(60 * PLN_NS_PER_S);
	while (auto in = take()) {
		EXPECT_EQ(in->seq, 1U) << in->frame.text();
		EXPECT_EQ(in->len, 100U) << in->frame.text();
	}
	send({ ACK, 1, 101 });
	pass(1500 * PLN_NS_PER_MS);
	expect(ACK, 100, 1, 0);
}

class BurstRfc9293 : public PeerTest
{
};

TEST_F(BurstRfc9293, BurstIsAcknowledgedAsOne)
{
	connect();
	for (uint32_t i = 0; i < 10; i++)
		inject({ ACK, 1 + i * 1000, 1, 1000 });
	run();
	expect(ACK, 1, 10001);
	expect_nothing();
}

TEST_F(BurstRfc9293, ResetWithPayloadIsAReset)
{
	uint64_t conn = connect();

	send({ RST, 1, 0, 20 });
	EXPECT_EQ(host.info(conn).error, -ECONNRESET);
}

} // namespace
