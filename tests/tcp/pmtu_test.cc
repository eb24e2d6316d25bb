/* SPDX-License-Identifier: BSD-3-Clause */
/* The path's MTU changes, by ICMP (RFC 1191, RFC 5927 §7) or because the link's does; errors as reasons for giving up. */
#include "peer.h"

using namespace peer;

namespace
{

constexpr uint8_t UNREACHABLE = 3;

class SoftErrorRfc5461 : public PeerTest
{
};

TEST_F(SoftErrorRfc5461, SoftErrorIsTheReasonWhenNothingElseComes)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	icmp_error(UNREACHABLE, 1, 0);
	pass(600 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -EHOSTUNREACH);
}

TEST_F(SoftErrorRfc5461, SoftErrorOfThePastIsNoReason)
{
	uint64_t conn = connect();

	write(conn, 10);
	drain();
	icmp_error(UNREACHABLE, 1, 1);
	send({ ACK, 1, 11 });
	write(conn, 10);
	pass(7200 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -ETIMEDOUT);
	EXPECT_EQ(host.info(conn).soft_error, -ETIMEDOUT) << "R1 of the second write";
}

class PmtuRfc1191 : public PeerTest
{
      protected:
	uint64_t
	ten_in_flight()
	{
		uint64_t conn =
			connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1460), 0 });

		write(conn, 14600);
		for (uint32_t i = 0; i < 10; i++)
			expect(ACK, 1 + i * 1460, 1, 1460);
		return conn;
	}

	/* Everything is acknowledged as it comes; returns the size of the largest segment. */
	size_t
	acknowledge_all(uint32_t end)
	{
		size_t largest = 0;
		uint32_t acked = 1;

		while (auto in = take()) {
			largest = std::max(largest, in->len);
			if (in->seq == acked)
				acked += static_cast<uint32_t>(in->len);
			send({ ACK, 1, acked });
		}
		EXPECT_EQ(acked, end);
		return largest;
	}
};

TEST_F(PmtuRfc1191, FragmentationNeededCutsWhatIsInFlightAnew)
{
	uint64_t conn = ten_in_flight();
	uint32_t cwnd = host.info(conn).cwnd_bytes;

	icmp_error(UNREACHABLE, 4, 1, 1000);
	EXPECT_EQ(host.info(conn).pmtu, 1000U);
	EXPECT_EQ(host.info(conn).snd_mss, 960U);
	EXPECT_EQ(host.info(conn).cwnd_bytes, cwnd); /* no congestion */
	EXPECT_EQ(counter("tcp_rto"), 0U);
	EXPECT_EQ(acknowledge_all(14601), 960U);
	EXPECT_EQ(host.info(conn).unacked, 0U);
}

TEST_F(PmtuRfc1191, ErrorsAboutTheSameWindowCutOnce)
{
	uint64_t conn = ten_in_flight();

	for (uint32_t i = 0; i < 10; i++)
		icmp_error(UNREACHABLE, 4, 1 + i * 1460, 1000);
	EXPECT_EQ(host.info(conn).total_retrans, 15U); /* 14600 / 960, once */
	acknowledge_all(14601);
}

TEST_F(PmtuRfc1191, IsNeverRaisedAndNeverBelievedBelow552)
{
	uint64_t conn = ten_in_flight();

	icmp_error(UNREACHABLE, 4, 1, 1500);
	icmp_error(UNREACHABLE, 4, 1, 9000);
	EXPECT_EQ(host.info(conn).pmtu, 1500U);
	icmp_error(UNREACHABLE, 4, 1, 68);
	EXPECT_EQ(host.info(conn).pmtu, 552U);
	EXPECT_EQ(acknowledge_all(14601), 512U);
}

TEST_F(PmtuRfc1191, ErrorWithoutAnMtuMeansTheNextPlateau)
{
	uint64_t conn = ten_in_flight();

	icmp_error(UNREACHABLE, 4, 1, 0);
	EXPECT_EQ(host.info(conn).pmtu, 1492U);
}

TEST_F(PmtuRfc1191, IsNotFollowedWhenTheUserSaysSo)
{
	uint64_t conn = connect();

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_MTU_DISCOVER, 0), 0);
	write(conn, 10);
	EXPECT_FALSE(take()->frame.ip->df);
	icmp_error(UNREACHABLE, 4, 1, 600);
	EXPECT_EQ(host.info(conn).pmtu, 1500U);
}

TEST_F(PmtuRfc1191, SegmentsHaveDfSet)
{
	uint64_t conn = open();

	EXPECT_TRUE(expect(SYN, 0, 0).frame.ip->df);
	send({ SYN | ACK, 0, 1 });
	EXPECT_TRUE(expect(ACK, 1, 1).frame.ip->df);
	write(conn, 10);
	EXPECT_TRUE(expect(ACK, 1, 1, 10).frame.ip->df);
}

TEST_F(PmtuRfc1191, LinksMtuChangesUnderATransfer)
{
	uint64_t conn = ten_in_flight();

	EXPECT_EQ(pln_stack_mtu_set(stack(), 700), 0);
	pass(3 * PLN_NS_PER_S); /* what is in flight is lost: it is cut anew */
	EXPECT_LE(acknowledge_all(14601), 660U);
	EXPECT_EQ(counter("ip_too_big"), 0U);
	EXPECT_EQ(pln_stack_mtu_set(stack(), 1500), 0);
	write(conn, 3000);
	EXPECT_EQ(take()->len, 1460U);
}

TEST_F(PmtuRfc1191, MssOptionFollowsTheLinkNotThePath)
{
	ten_in_flight();
	icmp_error(UNREACHABLE, 4, 1, 1000);
	drain();
	remote_port++;
	open();
	EXPECT_EQ(expect(SYN, 0, 0).frame.tcp->mss(), 1460);
	EXPECT_EQ(pln_stack_mtu_set(stack(), 576), 0);
	remote_port++;
	open();
	EXPECT_EQ(expect(SYN, 0, 0).frame.tcp->mss(), 536);
}

TEST_F(PmtuRfc1191, OutlivesANewRoute)
{
	uint64_t conn = ten_in_flight();
	pln_addr gw = support::ip4("10.0.0.77"), net = support::ip4("203.0.113.0");

	icmp_error(UNREACHABLE, 4, 1, 1000);
	ASSERT_EQ(pln_stack_route_add(stack(), &net, 24, &gw), 0);
	EXPECT_EQ(acknowledge_all(14601), 960U);
	write(conn, 3000);
	EXPECT_EQ(take()->len, 960U);
	EXPECT_EQ(host.info(conn).pmtu, 1000U);
	EXPECT_EQ(counter("ip_too_big"), 0U);
}

TEST_F(PmtuRfc1191, AnotherConnectionToTheSameHostProfits)
{
	ten_in_flight();
	icmp_error(UNREACHABLE, 4, 1, 1000);
	drain();
	remote_port++;

	uint64_t second = connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(1460), 0 });

	EXPECT_EQ(host.info(second).pmtu, 1000U);
	EXPECT_EQ(host.info(second).snd_mss, 960U);
}

TEST_F(PmtuRfc1191, TenMinutesLaterMoreIsTried)
{
	uint64_t conn = ten_in_flight();

	icmp_error(UNREACHABLE, 4, 1, 1000);
	acknowledge_all(14601);
	pass(599 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).pmtu, 1000U);
	pass(2 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).pmtu, 1500U);
	write(conn, 3000);
	EXPECT_EQ(take()->len, 1460U);
}

class NextHop : public PeerTest
{
      protected:
	uint64_t
	open_to(const char *whom)
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { support::ip4(whom), 80 };
		EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
		run();
		return conn;
	}
};

TEST_F(NextHop, ThatDoesNotAnswerEndsTheOpen)
{
	uint64_t conn = open_to("10.0.0.50");

	EXPECT_STREQ(host.info(conn).waiting, "an ARP reply from the next hop");
	pass(10 * PLN_NS_PER_S);
	EXPECT_EQ(host.info(conn).error, -EHOSTUNREACH);
	auto ev = events();
	ASSERT_EQ(ev.size(), 1U);
	EXPECT_EQ(ev[0].error, -EHOSTUNREACH);
}

} // namespace
