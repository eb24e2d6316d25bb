/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors about datagrams: whose they are, which are reported and how, path MTU (RFC 1122 §4.1.3.3, RFC 1191, RFC 5927). */
#include "udp/udp_host.h"

namespace
{
class UdpError : public UdpHost
{
      protected:
	/* An error about a datagram from port 5000 to the peer's 9999, from a router on the way. */
	pln_drop
	error(uint8_t type, uint8_t code, uint16_t mtu = 0)
	{
		about.type = type;
		about.code = code;
		about.next_mtu = mtu;
		return pln_udp_icmp_error(&udp, &about, gateway_addr);
	}

	static pln_icmp_error
	quoting()
	{
		pln_icmp_error e{};

		e.quote.ip.src = our_addr;
		e.quote.ip.dst = peer_addr;
		e.quote.ip.proto = PLN_IP4_PROTO_UDP;
		e.quote.ip.total_len = 1500;
		e.quote.src_port = 5000;
		e.quote.dst_port = 9999;
		return e;
	}

	pln_udp_sock *
	with_peer()
	{
		pln_udp_sock *s = connected();

		send(s, pattern(3));
		take_sent();
		return s;
	}

	pln_icmp_error about = quoting();
};

constexpr uint8_t UNREACHABLE = PLN_ICMP_UNREACHABLE, PORT = 3, TOO_BIG = 4;

TEST_F(UdpError, PortUnreachableRefusesASocketWithAPeerOnceRfc1122)
{
	pln_udp_sock *s = with_peer();

	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ACCEPT);

	std::vector<pln_event> events = take_events();

	ASSERT_EQ(events.size(), 1U);
	EXPECT_EQ(events[0].bits, static_cast<uint32_t>(PLN_EV_ERROR));
	EXPECT_EQ(events[0].error, -ECONNREFUSED);
	EXPECT_EQ(pln_usock_readiness(s), PLN_UDP_READY_IN | PLN_UDP_READY_OUT | PLN_UDP_READY_ERR);
	EXPECT_EQ(pln_usock_error_take(s), -ECONNREFUSED);
	EXPECT_EQ(pln_usock_error_take(s), 0);
	EXPECT_EQ(pln_usock_readiness(s), PLN_UDP_READY_OUT);
}

TEST_F(UdpError, SendAndReceiveReportAPendingErrorOnce)
{
	pln_udp_sock *s = with_peer();

	receive();
	error(UNREACHABLE, PORT);
	EXPECT_EQ(text_of(s), "ECONNREFUSED");
	EXPECT_EQ(text_of(s), "\1\2\3") << "what had come is not lost";
	error(UNREACHABLE, PORT);
	EXPECT_EQ(send(s, pattern(3)), -ECONNREFUSED);
	EXPECT_EQ(send(s, pattern(3)), 3);
}

TEST_F(UdpError, HardErrorsAreReportedAndSoftOnesKept)
{
	struct Case {
		uint8_t type, code;
		int error;
		bool hard;
	};
	pln_udp_sock *s = with_peer();

	for (const Case &c :
	     { Case{ UNREACHABLE, 0, -ENETUNREACH, false },
	       Case{ UNREACHABLE, 1, -EHOSTUNREACH, false },
	       Case{ UNREACHABLE, 2, -ENOPROTOOPT, true },
	       Case{ UNREACHABLE, 3, -ECONNREFUSED, true },
	       Case{ UNREACHABLE, 5, -EOPNOTSUPP, false },
	       Case{ UNREACHABLE, 6, -ENETUNREACH, true }, Case{ UNREACHABLE, 7, -EHOSTDOWN, true },
	       Case{ UNREACHABLE, 9, -ENETUNREACH, true },
	       Case{ UNREACHABLE, 10, -EHOSTUNREACH, true },
	       Case{ UNREACHABLE, 11, -ENETUNREACH, false },
	       Case{ UNREACHABLE, 12, -EHOSTUNREACH, false },
	       Case{ UNREACHABLE, 13, -EHOSTUNREACH, true },
	       Case{ UNREACHABLE, 99, -EHOSTUNREACH, false },
	       Case{ PLN_ICMP_TIME_EXCEEDED, 0, -EHOSTUNREACH, false },
	       Case{ PLN_ICMP_PARAM_PROBLEM, 0, -EPROTO, true } }) {
		s->soft_error = 0;
		EXPECT_EQ(error(c.type, c.code), PLN_ACCEPT);
		EXPECT_EQ(pln_usock_error_take(s), c.hard ? c.error : 0) << int(c.code);
		EXPECT_EQ(s->soft_error, c.hard ? 0 : c.error) << int(c.code);
	}
	EXPECT_EQ(s->icmp_errors, 15U);
}

TEST_F(UdpError, WithoutAPeerErrorsAreOnlyNotedUnlessAskedFor)
{
	pln_udp_sock *s = bound();
	pln_udp_error errors[10];

	send(s, pattern(3), endpoint(peer_addr, 9999));
	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ACCEPT);
	EXPECT_TRUE(take_events().empty());
	EXPECT_EQ(s->soft_error, -ECONNREFUSED);
	EXPECT_EQ(pln_usock_errors(s, errors, 10), 0);

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_ERRORS, 1), 0);
	EXPECT_EQ(error(PLN_ICMP_TIME_EXCEEDED, 0), PLN_ACCEPT);
	EXPECT_EQ(take_events().size(), 1U);
	EXPECT_EQ(pln_usock_error_take(s), -EHOSTUNREACH);
	EXPECT_EQ(pln_usock_readiness(s) & PLN_UDP_READY_ERR, PLN_UDP_READY_ERR);
	ASSERT_EQ(pln_usock_errors(s, errors, 10), 1);
	EXPECT_EQ(errors[0].error, -EHOSTUNREACH);
	EXPECT_EQ(errors[0].type, PLN_ICMP_TIME_EXCEEDED);
	EXPECT_EQ(errors[0].code, 0);
	EXPECT_EQ(memcmp(errors[0].from.bytes, &gateway_addr, 4), 0);
	EXPECT_EQ(memcmp(errors[0].to.addr.bytes, &peer_addr, 4), 0);
	EXPECT_EQ(errors[0].to.port, 9999);
	EXPECT_EQ(pln_usock_readiness(s), PLN_UDP_READY_OUT);
}

TEST_F(UdpError, EightErrorsWaitInOrderAndMoreAreCounted)
{
	pln_udp_sock *s = with_peer();
	pln_udp_error errors[10];

	pln_usock_opt_set(s, PLN_UDP_OPT_ERRORS, 1);
	for (uint8_t code = 0; code < 10; code++)
		error(UNREACHABLE, code);
	EXPECT_EQ(count(PLN_UDP_ERRORS_FULL), 2U);
	EXPECT_EQ(pln_usock_errors(s, errors, 3), 3);
	EXPECT_EQ(errors[2].code, 2);
	error(UNREACHABLE, 13);
	EXPECT_EQ(pln_usock_errors(s, errors, 10), 6);
	EXPECT_EQ(errors[0].code, 3);
	EXPECT_EQ(errors[5].code, 13);
	error(UNREACHABLE, 13);
	pln_usock_opt_set(s, PLN_UDP_OPT_ERRORS, 0);
	EXPECT_EQ(pln_usock_errors(s, errors, 10), 0);
}

TEST_F(UdpError, AQuoteOfNothingWeSentBelongsToNobodyRfc5927)
{
	pln_udp_sock *s = connected();

	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ICMP_NO_OWNER) << "nothing was sent";
	send(s, {});
	about.quote.src_port = 5001;
	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ICMP_NO_OWNER);
	about = quoting();
	about.quote.dst_port = 1;
	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ICMP_NO_OWNER);
	about = quoting();
	about.quote.ip.frag_off = 1480;
	EXPECT_EQ(error(UNREACHABLE, PORT), PLN_ICMP_NO_OWNER);
	EXPECT_TRUE(take_events().empty());
	EXPECT_EQ(s->icmp_errors, 0U);
}

TEST_F(UdpError, FragmentationNeededLowersThePathMtuRfc1191)
{
	pln_udp_sock *s = with_peer();
	struct pln_udp_info info = {};

	EXPECT_EQ(pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 2), 0);
	EXPECT_EQ(error(UNREACHABLE, TOO_BIG, 1400), PLN_ACCEPT);
	EXPECT_EQ(pln_usock_error_take(s), -EMSGSIZE);
	pln_usock_info(s, &info);
	EXPECT_EQ(info.pmtu, 1400U);
	EXPECT_EQ(send(s, pattern(1373)), -EMSGSIZE);
	EXPECT_EQ(send(s, pattern(1372)), 1372);
	error(UNREACHABLE, TOO_BIG, 1450);
	pln_usock_info(s, &info);
	EXPECT_EQ(info.pmtu, 1400U) << "never raised";
}

TEST_F(UdpError, ALoweredPathMtuIsForgottenAfterTenMinutesRfc1191)
{
	pln_udp_sock *s = with_peer();

	pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 2);
	error(UNREACHABLE, TOO_BIG, 1400);
	pln_usock_error_take(s);
	advance(599 * second);
	make_reachable(peer_addr, peer_mac);
	EXPECT_EQ(send(s, pattern(1400)), -EMSGSIZE);
	ip.generation++; /* a route changed: the path is made anew, and knows it still */
	EXPECT_EQ(send(s, pattern(1400)), -EMSGSIZE);
	advance(second + slack);
	ip.generation++; /* what the stack does at such news */
	EXPECT_EQ(send(s, pattern(1400)), 1400);
}

TEST_F(UdpError, ALoweredPathMtuIsOfOneDestination)
{
	pln_udp_sock *s = with_peer();

	make_reachable(third_addr, other_mac);
	pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 2);
	error(UNREACHABLE, TOO_BIG, 1400);
	pln_usock_error_take(s);
	EXPECT_EQ(send(s, pattern(1400), endpoint(third_addr, 9999)), 1400);
}

TEST_F(UdpError, WithoutDfFragmentationNeededChangesNothing)
{
	pln_udp_sock *s = with_peer();

	pln_usock_opt_set(s, PLN_UDP_OPT_MTU_DISCOVER, 0);
	EXPECT_EQ(error(UNREACHABLE, TOO_BIG, 1400), PLN_ACCEPT);
	EXPECT_EQ(pln_usock_error_take(s), 0);
	EXPECT_EQ(s->path.mtu, 1500);
}

TEST_F(UdpError, ANextHopThatDoesNotAnswerIsReported)
{
	pln_udp_sock *s = bound(5001);
	pln_endpoint remote = endpoint(third_addr, 53);

	send(s, {}, remote);
	pln_udp_neigh_failed(&udp, third_addr);
	EXPECT_EQ(s->soft_error, -EHOSTUNREACH);
	EXPECT_TRUE(take_events().empty());
	EXPECT_EQ(pln_usock_connect(s, &remote), 0);
	send(s, {});
	pln_udp_neigh_failed(&udp, peer_addr);
	EXPECT_EQ(pln_usock_error_take(s), 0);
	pln_udp_neigh_failed(&udp, third_addr);
	EXPECT_EQ(take_events().at(0).error, -EHOSTUNREACH);
	EXPECT_EQ(pln_usock_error_take(s), -EHOSTUNREACH);
}
} // namespace
