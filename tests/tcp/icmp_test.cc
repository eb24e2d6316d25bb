/* SPDX-License-Identifier: BSD-3-Clause */
/* What ICMP errors do to connections: RFC 9293 §3.9.2.2, RFC 5927, RFC 1191. */
#include "peer.h"

using namespace peer;

namespace
{

/* A router's or the peer's word about a segment of ours. */
struct Error {
	uint8_t type, code;
	uint32_t seq = 1;      /* quoted, relative to our ISS */
	uint16_t next_mtu = 0; /* of "fragmentation needed" */
};

class IcmpErrorRfc9293 : public PeerTest
{
      protected:
	void
	icmp(const Error &error)
	{
		icmp_error(error.type, error.code, error.seq, error.next_mtu);
	}

	/* A connection with 1000 bytes of ours in flight, from sequence number 1 on. */
	uint64_t
	in_flight()
	{
		uint64_t conn =
			connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 });

		events();
		write(conn, 1000);
		expect(ACK, 1, 1, 1000);
		return conn;
	}
};

TEST_F(IcmpErrorRfc9293, SoftErrorsAreKeptForTheApplicationAndEndNothing)
{
	uint64_t conn = in_flight();

	for (Error error : { Error{ 3, 0 }, Error{ 3, 1 }, Error{ 3, 5 }, Error{ 11, 0 },
	                     Error{ 11, 1 }, Error{ 12, 0 } }) {
		icmp(error);
		EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED) << int(error.type) << int(error.code);
		EXPECT_LT(host.info(conn).soft_error, 0) << int(error.type) << int(error.code);
		EXPECT_EQ(host.info(conn).error, 0);
		EXPECT_EQ(event_bits(conn), PLN_EV_SOFT_ERROR);
	}
	send({ ACK, 1, 1001 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(IcmpErrorRfc9293, SoftErrorWhileOpeningEndsNothing)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	icmp({ 3, 1, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_SYN_SENT);
	EXPECT_EQ(host.info(conn).soft_error, -EHOSTUNREACH);
}

TEST_F(IcmpErrorRfc9293, HardErrorWhileOpeningIsRefusal)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	icmp({ 3, 3, 0 });
	EXPECT_EQ(state(conn), PLN_TCP_CLOSED);
	auto ev = events();
	ASSERT_EQ(ev.size(), 1U);
	EXPECT_TRUE(ev[0].bits & PLN_EV_CLOSED);
	EXPECT_EQ(ev[0].error, -ECONNREFUSED);
}

TEST_F(IcmpErrorRfc9293, HardErrorOfAnOpenConnectionIsSoft)
{
	uint64_t conn = in_flight();

	icmp({ 3, 2 });
	icmp({ 3, 3 });
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(host.info(conn).soft_error, -ECONNREFUSED);
}

TEST_F(IcmpErrorRfc9293, QuoteThatIsNotInFlightIsIgnored)
{
	uint64_t conn = in_flight();
	uint64_t before = counter("icmp_no_owner");

	icmp({ 3, 3, 0 });    /* acknowledged already */
	icmp({ 3, 3, 1001 }); /* never sent */
	icmp({ 3, 4, 50000, 600 });
	EXPECT_EQ(host.info(conn).soft_error, 0);
	EXPECT_EQ(host.info(conn).pmtu, 1500U);
	EXPECT_EQ(counter("icmp_no_owner"), before + 3);
	icmp({ 3, 3, 1000 }); /* the last byte */
	EXPECT_EQ(host.info(conn).soft_error, -ECONNREFUSED);
}

TEST_F(IcmpErrorRfc9293, QuoteOfAnotherFlowIsIgnored)
{
	uint64_t conn = in_flight();

	port++;
	icmp({ 3, 3 });
	EXPECT_EQ(host.info(conn).soft_error, 0);
	EXPECT_GT(counter("icmp_no_owner"), 0U);
}

TEST_F(IcmpErrorRfc9293, SourceQuenchIsIgnored)
{
	uint64_t conn = in_flight();
	uint32_t cwnd = host.info(conn).cwnd_bytes;

	icmp({ 4, 0 });
	EXPECT_EQ(host.info(conn).cwnd_bytes, cwnd);
	EXPECT_EQ(host.info(conn).soft_error, 0);
	EXPECT_EQ(counter("icmp_quench_ignored"), 1U);
}

TEST_F(IcmpErrorRfc9293, RedirectDoesNotMoveTheRoute)
{
	uint64_t conn = in_flight();

	icmp({ 5, 1 });
	EXPECT_EQ(counter("icmp_redirect_ignored"), 1U);
	send({ ACK, 1, 1001 });
	write(conn, 10);
	EXPECT_TRUE(expect(ACK, 1001, 1, 10).frame.dst == support::mac(9));
}

TEST_F(IcmpErrorRfc9293, FragmentationNeededLowersTheSegmentAndSendsAgain)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1460), 0 });

	write(conn, 1460);
	expect(ACK, 1, 1, 1460);
	icmp({ 3, 4, 1, 1000 });
	EXPECT_EQ(host.info(conn).pmtu, 1000U);
	expect(ACK, 1, 1, 960);
	send({ ACK, 1, 961 });
	expect(ACK, 961, 1, 500);
}

TEST_F(IcmpErrorRfc9293, PathMtuIsNeverRaisedByIcmp)
{
	uint64_t conn = in_flight();

	icmp({ 3, 4, 1, 9000 });
	EXPECT_EQ(host.info(conn).pmtu, 1500U);
}

} // namespace
