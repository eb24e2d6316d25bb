/* SPDX-License-Identifier: BSD-3-Clause */
/* What two ends agree on in their SYNs (RFC 7323, RFC 9293 §3.7.1), and what the application asks of IP (§3.9.1, §3.9.2). */
#include <algorithm>

#include "peer.h"

using namespace peer;

namespace
{

Bytes
operator+(Bytes a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

class AgreeRfc7323 : public PeerTest
{
      protected:
	/* A connection with timestamps; the peer's clock stands at 100. */
	uint64_t
	with_timestamps()
	{
		uint64_t conn = open();

		expect(SYN, 0, 0);
		send({ SYN | ACK, 0, 1, 0, 65535,
		       support::mss_option(1000) + support::timestamps_option(100, 0), 0 });
		expect(ACK, 1, 1);
		EXPECT_TRUE(host.info(conn).timestamps);
		events();
		return conn;
	}
};

TEST_F(AgreeRfc7323, WithoutThePeersWordThereIsNoScale)
{
	uint64_t conn = connect();

	EXPECT_FALSE(host.info(conn).wscale);
	EXPECT_EQ(host.info(conn).snd_wscale, 0);
	EXPECT_EQ(host.info(conn).rcv_wscale, 0);
	EXPECT_EQ(host.info(conn).snd_wnd, 65535U);
}

TEST_F(AgreeRfc7323, AnswerHasNoOptionThatTheSynDidNotOffer)
{
	listen();
	send({ SYN, 0, 0 });
	In answer = expect(SYN | ACK, 0, 1);

	EXPECT_FALSE(answer.frame.tcp->wscale().has_value());
	EXPECT_FALSE(answer.frame.tcp->timestamps().has_value());
	EXPECT_TRUE(answer.frame.tcp->mss().has_value());
}

TEST_F(AgreeRfc7323, AnswerTakesUpWhatTheSynOffers)
{
	listen();
	send({ SYN, 0, 0, 0, 65535,
	       support::mss_option(1000) + support::wscale_option(3) +
	               support::timestamps_option(5, 0),
	       0 });
	In answer = expect(SYN | ACK, 0, 1);

	EXPECT_TRUE(answer.frame.tcp->wscale().has_value());
	ASSERT_TRUE(answer.frame.tcp->timestamps().has_value());
	EXPECT_EQ(answer.frame.tcp->timestamps()->second, 5U);
}

TEST_F(AgreeRfc7323, ShiftBeyondFourteenCountsAsFourteen)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535, support::wscale_option(15), 0 });

	EXPECT_EQ(host.info(conn).snd_wscale, 14);
	send({ ACK, 1, 1, 0, 2 });
	EXPECT_EQ(host.info(conn).snd_wnd, 2U << 14);
}

TEST_F(AgreeRfc7323, MssAndScaleStandOnSynsAlone)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535,
	                          support::mss_option(1000) + support::wscale_option(2), 0 });
	unsigned int frames = 0;

	write(conn, 5000);
	send({ ACK, 1, 5001, 100 });
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	pass(5 * PLN_NS_PER_S);
	while (auto in = take()) {
		EXPECT_FALSE(in->frame.tcp->mss().has_value()) << in->frame.text();
		EXPECT_FALSE(in->frame.tcp->wscale().has_value()) << in->frame.text();
		frames++;
	}
	EXPECT_GT(frames, 6U);
}

TEST_F(AgreeRfc7323, EverySegmentCarriesTheTimestampAgreedOn)
{
	uint64_t conn = with_timestamps();
	unsigned int frames = 0;

	write(conn, 3000);
	send({ ACK, 1, 3001, 10, 65535, support::timestamps_option(101, 0), 0 });
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	pass(5 * PLN_NS_PER_S);
	while (auto in = take()) {
		EXPECT_TRUE(in->frame.tcp->timestamps().has_value()) << in->frame.text();
		frames++;
	}
	EXPECT_GT(frames, 4U);
}

TEST_F(AgreeRfc7323, OurClockNeverGoesBack)
{
	uint64_t conn = with_timestamps();
	uint32_t last = 0;

	for (int i = 0; i < 5; i++) {
		write(conn, 10);
		std::optional<In> in = take();
		ASSERT_TRUE(in);
		uint32_t tsval = in->frame.tcp->timestamps()->first;
		if (i > 0) {
			EXPECT_EQ(tsval - last, 7U);
		}
		last = tsval;
		send({ ACK, 1, 11U + 10 * static_cast<uint32_t>(i), 0, 65535,
		       support::timestamps_option(101, tsval), 0 });
		advance(7 * PLN_NS_PER_MS);
	}
}

TEST_F(AgreeRfc7323, SegmentWithoutTheTimestampAgreedOnIsDropped)
{
	uint64_t conn = with_timestamps();

	send({ ACK, 1, 1, 10 });
	EXPECT_EQ(counter("tcp_no_timestamp"), 1U);
	EXPECT_EQ(host.info(conn).bytes_received, 0U);
}

TEST_F(AgreeRfc7323, ResetNeedsNoTimestampAndMayBeOld)
{
	uint64_t conn = with_timestamps();

	send({ RST, 1, 0 });
	EXPECT_EQ(host.info(conn).error, -ECONNRESET);
	conn = with_timestamps();
	send({ RST, 1, 0, 0, 0, support::timestamps_option(1, 0), 0 });
	EXPECT_EQ(host.info(conn).error, -ECONNRESET);
	EXPECT_EQ(counter("tcp_paws"), 0U);
}

TEST_F(AgreeRfc7323, TimestampIsJudgedBeforeTheSequenceNumber)
{
	with_timestamps();
	send({ ACK, 0x20000000, 1, 10, 65535, support::timestamps_option(1, 0), 0 });
	EXPECT_EQ(counter("tcp_paws"), 1U);
	EXPECT_EQ(counter("tcp_out_of_window"), 0U);
}

TEST_F(AgreeRfc7323, AckThatMovesNothingGivesNoRoundTrip)
{
	uint64_t conn = with_timestamps();

	write(conn, 10);
	std::optional<In> in = take();
	ASSERT_TRUE(in);
	uint64_t before = host.info(conn).rtt_ns;
	advance(500 * PLN_NS_PER_MS);
	send({ ACK, 1, 1, 10, 65535,
	       support::timestamps_option(101, in->frame.tcp->timestamps()->first), 0 });
	EXPECT_EQ(host.info(conn).rtt_ns, before);
}

class ServiceRfc9293 : public PeerTest
{
      protected:
	uint64_t
	open_from(const pln_addr &local)
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { addr, remote_port };
		args.local.addr = local;
		EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
		run();
		return conn;
	}
};

TEST_F(ServiceRfc9293, ApplicationSetsDsFieldAndTtlAndMayChangeThem)
{
	uint64_t conn = connect();

	write(conn, 10);
	In in = expect(ACK, 1, 1, 10);
	EXPECT_EQ(in.frame.ip->tos, 0);
	EXPECT_EQ(in.frame.ip->ttl, 64);
	send({ ACK, 1, 11 });
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_TOS, 0xb8), 0);
	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_TTL, 3), 0);
	write(conn, 10);
	in = expect(ACK, 11, 1, 10);
	EXPECT_EQ(in.frame.ip->tos, 0xb8);
	EXPECT_EQ(in.frame.ip->ttl, 3);
}

TEST_F(ServiceRfc9293, TtlOfNewConnectionsIsConfigurable)
{
	EXPECT_EQ(pln_stack_opt_set(stack(), "ttl", "17"), 0);
	open();
	EXPECT_EQ(expect(SYN, 0, 0).frame.ip->ttl, 17);
}

TEST_F(ServiceRfc9293, ApplicationChoosesTheLocalAddressAndItStays)
{
	pln_addr second = support::ip4("10.0.0.3"), third = support::ip4("10.0.0.4");
	uint64_t conn;

	ASSERT_EQ(pln_stack_addr_add(stack(), &second, 24), 0);
	conn = open_from(second);
	In syn = expect(SYN, 0, 0);
	EXPECT_TRUE(syn.frame.ip->src == second);
	EXPECT_TRUE(host.info(conn).local.addr == second);
	ASSERT_EQ(pln_stack_addr_add(stack(), &third, 24), 0);
	pass(2 * PLN_NS_PER_S);
	EXPECT_TRUE(expect(SYN, 0, 0).frame.ip->src == second);
}

TEST_F(ServiceRfc9293, PortsRunOutWithAnErrorAndNoneIsUsedTwice)
{
	pln_tcp_open_args args{};
	std::vector<uint16_t> ports;
	uint64_t conn;
	int rc;

	ASSERT_EQ(pln_stack_opt_set(stack(), "port_range", "40000-40009"), 0);
	args.size = sizeof(args);
	args.remote = { addr, 80 };
	while ((rc = pln_tcp_open(stack(), &args, &conn)) == 0 && ports.size() < 20)
		ports.push_back(host.info(conn).local.port);
	EXPECT_EQ(rc, -EADDRNOTAVAIL);
	std::sort(ports.begin(), ports.end());
	ASSERT_EQ(ports.size(), 10U);
	for (uint16_t i = 0; i < 10; i++)
		EXPECT_EQ(ports[i], 40000 + i);
	args.remote.port = 81; /* another destination: the same ports are free */
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
}

TEST_F(ServiceRfc9293, ListenerTakesNoPortFromConnectionsThatAreOpening)
{
	uint64_t first = listen(), second = 0;
	pln_tcp_listen_args args{};

	send({ SYN, 0, 0 });
	expect(SYN | ACK, 0, 1);
	EXPECT_EQ(pln_tcp_close(stack(), first), 0);
	run();
	args.size = sizeof(args);
	args.local.port = 7;
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &second), 0);
}

} // namespace
