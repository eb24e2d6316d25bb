/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP between two stacks and over the switchboard, through public headers alone (RFC 768, RFC 1122 §4.1). */
#include <gtest/gtest.h>
#include <pollen/icmp.h>
#include <pollen/udp.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class UdpStack : public ::testing::Test
{
      protected:
	UdpStack()
	{
		w = std::make_unique<TwoHosts>();
	}

	static uint64_t
	open(const Host &host, uint16_t port, void *cookie = nullptr)
	{
		pln_endpoint local{ {}, port };
		uint64_t sock = 0;

		EXPECT_EQ(pln_udp_open(host.stack(), cookie, &sock), 0);
		if (port != 0) {
			EXPECT_EQ(pln_udp_bind(host.stack(), sock, &local), 0);
		}
		return sock;
	}

	static ssize_t
	send(const Host &host, uint64_t sock, const Bytes &data, pln_endpoint to = {})
	{
		pln_udp_out out{};

		out.size = sizeof(out);
		out.data = data.data();
		out.len = data.size();
		out.to = to;
		return pln_udp_send(host.stack(), sock, &out);
	}

	static ssize_t
	receive(const Host &host, uint64_t sock, Bytes &data, pln_endpoint *from = nullptr)
	{
		pln_udp_in in{};
		ssize_t n;

		data.resize(65535);
		in.size = sizeof(in);
		in.buf = data.data();
		in.room = data.size();
		n = pln_udp_receive(host.stack(), sock, &in);
		data.resize(n > 0 ? static_cast<size_t>(n) : 0);
		if (n >= 0 && from != nullptr)
			*from = in.from;
		return n;
	}

	static Bytes
	pattern(size_t len)
	{
		Bytes data(len);

		for (size_t i = 0; i < len; i++)
			data[i] = static_cast<uint8_t>(i * 7 + 1);
		return data;
	}

	/* A datagram to host a as bytes of a frame, summed right unless `cksum` says otherwise. */
	Frame
	datagram(uint16_t dport, const Bytes &payload, std::optional<uint16_t> cksum = {}) const
	{
		uint16_t len = static_cast<uint16_t>(8 + payload.size());
		Bytes hdr = { 0x27,
			      0x0f,
			      static_cast<uint8_t>(dport >> 8),
			      static_cast<uint8_t>(dport),
			      static_cast<uint8_t>(len >> 8),
			      static_cast<uint8_t>(len),
			      0,
			      0 };
		Bytes sum;
		uint16_t value;
		Frame f;

		f.dst = w->a.mac;
		f.src = w->b.mac;
		f.ip.emplace();
		f.ip->src = w->b.addr;
		f.ip->dst = w->a.addr;
		f.ip->proto = PROTO_UDP;
		hdr.insert(hdr.end(), payload.begin(), payload.end());
		sum = pseudo_header(*f.ip, len);
		sum.insert(sum.end(), hdr.begin(), hdr.end());
		value = cksum.value_or(internet_cksum(sum));
		hdr[6] = static_cast<uint8_t>(value >> 8);
		hdr[7] = static_cast<uint8_t>(value);
		f.payload = hdr;
		return f;
	}

	/* What host a sends in answer to a frame. */
	std::vector<Frame>
	answers(const Frame &f, int flags = 0)
	{
		Bytes bytes = f.bytes();
		std::vector<Frame> all;

		w->settle();
		EXPECT_EQ(pln_memlink_inject(w->a.link(), bytes.data(), bytes.size(), flags), 0);
		pln_stack_run(w->a.stack(), w->now);
		while (auto sent = w->a.collect())
			all.push_back(*sent);
		return all;
	}

	std::unique_ptr<TwoHosts> w;
};

TEST_F(UdpStack, DatagramsGoBothWaysWithEvents)
{
	int cookie;
	uint64_t server = open(w->b, 7, &cookie), client = open(w->a, 0);
	pln_endpoint to{ w->b.addr, 7 }, from{};
	pln_event event{};
	Bytes data;

	EXPECT_EQ(send(w->a, client, pattern(100), to), 100);
	ASSERT_TRUE(w->run_until([&] { return pln_stack_events(w->b.stack(), &event, 1) == 1; },
	                         PLN_NS_PER_S));
	EXPECT_EQ(event.conn, server);
	EXPECT_EQ(event.cookie, &cookie);
	EXPECT_EQ(event.bits, static_cast<uint32_t>(PLN_EV_READABLE));
	EXPECT_EQ(receive(w->b, server, data, &from), 100);
	EXPECT_EQ(data, pattern(100));
	EXPECT_TRUE(from.addr == w->a.addr);
	EXPECT_EQ(send(w->b, server, pattern(3), from), 3);
	w->run_for(PLN_NS_PER_MS);
	EXPECT_EQ(pln_udp_readiness(w->a.stack(), client), PLN_UDP_READY_IN | PLN_UDP_READY_OUT);
	EXPECT_EQ(receive(w->a, client, data), 3);
	EXPECT_EQ(receive(w->a, client, data), -EAGAIN);
	EXPECT_EQ(pln_udp_count(w->a.stack()), 1U);
	EXPECT_EQ(pln_udp_close(w->a.stack(), client), 0);
	EXPECT_EQ(pln_udp_close(w->a.stack(), client), -EBADF);
	EXPECT_EQ(pln_udp_count(w->a.stack()), 0U);
}

TEST_F(UdpStack, AnEventIsToldOnceAndTheNextSaysWhatIsNewAlone)
{
	uint64_t server = open(w->b, 7), client = open(w->a, 0);
	pln_endpoint to{ w->b.addr, 7 };
	pln_event event{};
	Bytes data;

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(send(w->a, client, pattern(10), to), 10);
		w->run_for(PLN_NS_PER_MS);
		ASSERT_EQ(pln_stack_events(w->b.stack(), &event, 1), 1U);
		EXPECT_EQ(event.bits, static_cast<uint32_t>(PLN_EV_READABLE)) << i;
		EXPECT_EQ(pln_stack_events(w->b.stack(), &event, 1), 0U);
		EXPECT_EQ(receive(w->b, server, data), 10);
	}
}

TEST_F(UdpStack, EventsOfTcpAndUdpTakeTurns)
{
	auto [client, server] = w->established_pair();
	uint64_t sock = open(w->b, 7);
	pln_event event{};
	bool seen_udp = false, seen_tcp = false;

	while (pln_stack_events(w->b.stack(), &event, 1) == 1)
		continue;
	send(w->a, open(w->a, 0), { 1 }, { w->b.addr, 7 });
	EXPECT_EQ(pln_tcp_send(w->a.stack(), client, "x", 1, 0), 1);
	w->run_for(PLN_NS_PER_MS);
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(pln_stack_events(w->b.stack(), &event, 1), 1U);
		seen_udp |= event.conn == sock;
		seen_tcp |= event.conn == server;
	}
	EXPECT_TRUE(seen_udp && seen_tcp);
}

TEST_F(UdpStack, ACallWithADeadHandleIsRefused)
{
	auto [client, server] = w->established_pair();
	struct pln_udp_info info = {};
	pln_endpoint ep{};
	pln_udp_in in{};
	int64_t value;

	info.size = sizeof(info);
	in.size = sizeof(in);
	for (uint64_t bad : { UINT64_C(0), client, open(w->a, 0) + 1 }) {
		EXPECT_EQ(pln_udp_bind(w->a.stack(), bad, &ep), -EBADF);
		EXPECT_EQ(pln_udp_connect(w->a.stack(), bad, &ep), -EBADF);
		EXPECT_EQ(send(w->a, bad, {}), -EBADF);
		EXPECT_EQ(pln_udp_receive(w->a.stack(), bad, &in), -EBADF);
		EXPECT_EQ(pln_udp_receive_views(w->a.stack(), bad, nullptr, nullptr, 0), -EBADF);
		EXPECT_EQ(pln_udp_consume(w->a.stack(), bad), -EBADF);
		EXPECT_EQ(pln_udp_opt_set(w->a.stack(), bad, PLN_UDP_OPT_TTL, 1), -EBADF);
		EXPECT_EQ(pln_udp_opt_get(w->a.stack(), bad, PLN_UDP_OPT_TTL, &value), -EBADF);
		EXPECT_EQ(pln_udp_error_take(w->a.stack(), bad), -EBADF);
		EXPECT_EQ(pln_udp_errors(w->a.stack(), bad, nullptr, 0), -EBADF);
		EXPECT_EQ(pln_udp_info(w->a.stack(), bad, &info), -EBADF);
		EXPECT_EQ(pln_udp_readiness(w->a.stack(), bad), -EBADF);
		EXPECT_EQ(pln_udp_cookie_set(w->a.stack(), bad, nullptr), -EBADF);
	}
	EXPECT_EQ(pln_tcp_readiness(w->a.stack(), open(w->a, 0)), -EBADF)
		<< "a socket is no connection";
	info.size = 0;
	EXPECT_EQ(pln_udp_info(w->a.stack(), open(w->a, 0), &info), -EINVAL);
}

TEST_F(UdpStack, APortNobodyHasIsRefusedByIcmpAndTheSenderHearsOfItRfc1122)
{
	uint64_t sock = open(w->a, 5000);
	pln_endpoint to{ w->b.addr, 9 };
	pln_event event{};

	EXPECT_EQ(pln_udp_connect(w->a.stack(), sock, &to), 0);
	EXPECT_EQ(send(w->a, sock, pattern(700)), 700);
	ASSERT_TRUE(w->run_until([&] { return pln_stack_events(w->a.stack(), &event, 1) == 1; },
	                         PLN_NS_PER_S));
	EXPECT_EQ(event.bits, static_cast<uint32_t>(PLN_EV_ERROR));
	EXPECT_EQ(event.error, -ECONNREFUSED);
	EXPECT_EQ(pln_udp_error_take(w->a.stack(), sock), -ECONNREFUSED);
	EXPECT_EQ(w->b.counter("udp_no_socket"), 1U);
	EXPECT_EQ(w->b.counter("icmp_tx_error"), 1U);
	EXPECT_EQ(w->a.counter("icmp_rx_error"), 1U);
}

TEST_F(UdpStack, ABroadcastToAPortNobodyHasIsNotAnsweredRfc1122)
{
	uint64_t sock = open(w->a, 5000);
	pln_endpoint to{ ip4("10.0.0.255"), 9 };

	EXPECT_EQ(pln_udp_opt_set(w->a.stack(), sock, PLN_UDP_OPT_BROADCAST, 1), 0);
	EXPECT_EQ(send(w->a, sock, pattern(5), to), 5);
	w->run_for(PLN_NS_PER_MS);
	EXPECT_EQ(w->b.counter("udp_no_socket"), 1U);
	EXPECT_EQ(w->b.counter("icmp_tx_error"), 0U);
	EXPECT_EQ(w->b.counter("icmp_error_forbidden"), 1U);
}

TEST_F(UdpStack, AProtocolNobodySpeaksIsAnsweredRfc1122)
{
	Frame f = datagram(1, {});
	std::vector<Frame> sent;

	f.ip->proto = 47;
	sent = answers(f);
	ASSERT_EQ(sent.size(), 1U);
	ASSERT_TRUE(sent[0].icmp);
	EXPECT_EQ(sent[0].icmp->type, 3);
	EXPECT_EQ(sent[0].icmp->code, 2);
	EXPECT_TRUE(sent[0].icmp->cksum_good);
	EXPECT_EQ(sent[0].payload, f.ip_bytes());
	EXPECT_EQ(w->a.counter("ip_proto_unknown"), 1U);
}

TEST_F(UdpStack, AnIllegalOptionIsAParameterProblemRfc1122)
{
	Frame f = datagram(1, {});
	std::vector<Frame> sent;

	f.ip->options = { 1, 1, 7, 99 }; /* record route, beyond the header */
	sent = answers(f);
	ASSERT_EQ(sent.size(), 1U);
	ASSERT_TRUE(sent[0].icmp);
	EXPECT_EQ(sent[0].icmp->type, 12);
	EXPECT_EQ(sent[0].icmp->code, 0);
	EXPECT_EQ(sent[0].icmp->id, 22 << 8) << "the byte where the option begins";
	EXPECT_EQ(sent[0].payload, f.ip_bytes());
	EXPECT_EQ(w->a.counter("ip_bad_option"), 1U);
	f.ip->dst = ip4("10.0.0.255");
	EXPECT_TRUE(answers(f).empty());
}

TEST_F(UdpStack, ThePaddingOfAShortFrameIsNotQuoted)
{
	Frame f = datagram(1, {});
	std::vector<Frame> sent;

	f.padding = 18;
	sent = answers(f);
	ASSERT_EQ(sent.size(), 1U);
	EXPECT_EQ(sent[0].payload, f.ip_bytes());
}

TEST_F(UdpStack, ChecksumsAreVerifiedRfc1122)
{
	uint64_t sock = open(w->a, 5000);
	Bytes data;

	EXPECT_TRUE(answers(datagram(5000, { 1, 2 }, 0x1111)).empty());
	EXPECT_EQ(w->a.counter("udp_bad_checksum"), 1U);
	answers(datagram(5000, { 1, 2 }));
	answers(datagram(5000, { 3, 4 }, 0));
	EXPECT_EQ(receive(w->a, sock, data), 2);
	EXPECT_EQ(data[0], 1);
	EXPECT_EQ(receive(w->a, sock, data), 2);
	EXPECT_EQ(data[0], 3) << "zero: none was made";
}

TEST_F(UdpStack, ADeviceCompletesTheChecksumOfEverySize)
{
	TwoHostsOptions options;
	uint64_t server, client;
	Bytes data;

	options.a.capabilities = PLN_LINK_TX_UDP_CKSUM | PLN_LINK_TX_IP4_CKSUM;
	w = std::make_unique<TwoHosts>(options);
	server = open(w->b, 7);
	client = open(w->a, 5000);
	for (size_t len = 0; len < 1480; len += 37) {
		send(w->a, client, pattern(len), { w->b.addr, 7 });
		w->run_for(PLN_NS_PER_MS);
		ASSERT_EQ(receive(w->b, server, data), static_cast<ssize_t>(len));
		EXPECT_TRUE(data == pattern(len)) << len;
	}
	EXPECT_EQ(w->b.counter("udp_bad_checksum"), 0U);
}

TEST_F(UdpStack, DumpHasALineForEachAndSaysHowLongItIs)
{
	uint64_t server = open(w->b, 7), client = open(w->a, 5000);
	char buf[512], small[40];
	size_t len;

	EXPECT_EQ(pln_udp_dump(w->b.stack(), nullptr, 0), strlen("0.0.0.0:7 0.0.0.0:0 UDP unread 0 "
	                                                         "of 0 bytes sent 0 received 0 "
	                                                         "dropped 0 errors 0 pending error "
	                                                         "0\n"));
	send(w->a, client, pattern(10), { w->b.addr, 7 });
	w->run_for(PLN_NS_PER_MS);
	open(w->b, 8);
	len = pln_udp_dump(w->b.stack(), buf, sizeof(buf));

	std::string text = buf;

	EXPECT_EQ(len, text.size());
	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
	EXPECT_EQ(text.find("0.0.0.0:7 0.0.0.0:0 UDP unread 1 of "), 0U) << text;
	EXPECT_NE(text.find(" sent 0 received 1 dropped 0 errors 0 "), std::string::npos) << text;
	EXPECT_EQ(pln_udp_dump(w->b.stack(), small, sizeof(small)), len);
	EXPECT_EQ(std::string(small), text.substr(0, sizeof(small) - 1));
	EXPECT_EQ(pln_udp_close(w->b.stack(), server), 0);
}

TEST_F(UdpStack, WhatTheDeviceSaysOfTheChecksumIsHonoured)
{
	TwoHostsOptions options;
	uint64_t sock;
	Bytes data;

	options.a.capabilities = PLN_LINK_RX_CKSUM_FLAGS;
	w = std::make_unique<TwoHosts>(options);
	sock = open(w->a, 5000);
	answers(datagram(5000, { 1 }, 0x1111), PLN_MEMLINK_CKSUM_GOOD);
	EXPECT_EQ(receive(w->a, sock, data), 1) << "verified there, not again";
	answers(datagram(5000, { 2 }, 0x1111), PLN_MEMLINK_CKSUM_NONE);
	EXPECT_EQ(receive(w->a, sock, data), 1) << "never filled in";
	EXPECT_EQ(w->a.counter("udp_bad_checksum"), 0U);
}

TEST_F(UdpStack, ASocketThatNobodyReadsDropsAndCounts)
{
	uint64_t server = open(w->b, 7), client = open(w->a, 0);
	struct pln_udp_info info = {};
	pln_endpoint to{ w->b.addr, 7 };

	EXPECT_EQ(pln_udp_opt_set(w->b.stack(), server, PLN_UDP_OPT_RCVQ, 5), 0);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(send(w->a, client, pattern(10), to), 10);
	w->run_for(PLN_NS_PER_MS);
	info.size = sizeof(info);
	EXPECT_EQ(pln_udp_info(w->b.stack(), server, &info), 0);
	EXPECT_EQ(info.queued, 5U);
	EXPECT_EQ(info.dropped, 3U);
	EXPECT_EQ(w->b.counter("udp_queue_full"), 3U);
	EXPECT_EQ(w->b.counter("icmp_tx_error"), 0U) << "the port has an owner";
}

TEST_F(UdpStack, OptionsOfTheStackAreThoseOfNewSockets)
{
	uint64_t sock;
	int64_t value;

	EXPECT_EQ(pln_stack_opt_set(w->a.stack(), "udp_rcvbuf", "5000"), 0);
	EXPECT_EQ(pln_stack_opt_set(w->a.stack(), "udp_rcvq", "7"), 0);
	EXPECT_EQ(pln_stack_opt_set(w->a.stack(), "udp_ttl", "9"), 0);
	EXPECT_EQ(pln_stack_opt_set(w->a.stack(), "udp_pmtud", "0"), 0);
	EXPECT_EQ(pln_stack_opt_set(w->a.stack(), "port_range", "2000-2000"), 0);
	sock = open(w->a, 0);
	for (auto [opt, expected] : { std::pair{ PLN_UDP_OPT_RCVBUF, 5000 },
	                              { PLN_UDP_OPT_RCVQ, 7 },
	                              { PLN_UDP_OPT_TTL, 9 },
	                              { PLN_UDP_OPT_MTU_DISCOVER, 0 } }) {
		EXPECT_EQ(pln_udp_opt_get(w->a.stack(), sock, opt, &value), 0);
		EXPECT_EQ(value, expected);
	}
	send(w->a, sock, {}, { w->b.addr, 9 });

	struct pln_udp_info info = {};
	info.size = sizeof(info);
	EXPECT_EQ(pln_udp_info(w->a.stack(), sock, &info), 0);
	EXPECT_EQ(info.local.port, 2000);
}

TEST_F(UdpStack, DatagramsUpTo65507BytesGoInFragmentsBothWays)
{
	for (uint32_t capabilities :
	     { 0U, uint32_t{ PLN_LINK_TX_MULTI_SEGS }, uint32_t{ PLN_LINK_TX_UDP_CKSUM } }) {
		TwoHostsOptions options;
		uint64_t server, client;
		pln_endpoint from{};
		Bytes data;

		options.a.capabilities = options.b.capabilities = capabilities;
		w = std::make_unique<TwoHosts>(options);
		server = open(w->b, 7);
		client = open(w->a, 0);
		for (size_t len : { 1472U, 1473U, 2953U, 20000U, 65507U }) {
			EXPECT_EQ(send(w->a, client, pattern(len), { w->b.addr, 7 }),
			          static_cast<ssize_t>(len));
			w->run_for(10 * PLN_NS_PER_MS);
			ASSERT_EQ(receive(w->b, server, data, &from), static_cast<ssize_t>(len));
			EXPECT_TRUE(data == pattern(len)) << len;
			EXPECT_EQ(send(w->b, server, data, from), static_cast<ssize_t>(len));
			w->run_for(10 * PLN_NS_PER_MS);
			ASSERT_EQ(receive(w->a, client, data), static_cast<ssize_t>(len));
			EXPECT_TRUE(data == pattern(len)) << len;
		}
	}
}

TEST_F(UdpStack, AFragmentedDatagramByReferenceIsReleasedOnce)
{
	static int releases;
	TwoHostsOptions options;
	Bytes payload = pattern(30000), data;
	pln_udp_out out{};
	uint64_t server;

	options.a.capabilities = PLN_LINK_TX_MULTI_SEGS;
	w = std::make_unique<TwoHosts>(options);
	server = open(w->b, 7);
	releases = 0;
	out.size = sizeof(out);
	out.data = payload.data();
	out.len = payload.size();
	out.to = { w->b.addr, 7 };
	out.release = [](void *) { releases++; };
	EXPECT_EQ(pln_udp_send(w->a.stack(), open(w->a, 0), &out), 30000);
	w->run_for(10 * PLN_NS_PER_MS);
	EXPECT_EQ(releases, 1);
	EXPECT_EQ(receive(w->b, server, data), 30000);
	EXPECT_TRUE(data == payload);
}

TEST_F(UdpStack, EchoUpTo65507BytesComesBackWhole)
{
	for (size_t len : { 64U, 1473U, 65507U }) {
		Bytes data = pattern(len), back(len);
		pln_icmp_echo_args args{};
		pln_icmp_event event{};

		args.size = sizeof(args);
		args.dst = w->b.addr;
		args.id = 9;
		args.seq = 1;
		args.data = data.data();
		args.len = static_cast<uint16_t>(len);
		ASSERT_EQ(pln_icmp_echo(w->a.stack(), &args), 0);
		ASSERT_TRUE(
			w->run_until([&] { return pln_icmp_events(w->a.stack(), &event, 1) == 1; },
		                     PLN_NS_PER_S));
		EXPECT_EQ(event.kind, PLN_ICMP_REPLY);
		EXPECT_EQ(event.len, len);
		EXPECT_EQ(pln_icmp_payload(w->a.stack(), &event, 0, back.data(), back.size()), len);
		EXPECT_TRUE(back == data) << len;
	}
}

/* RFC 1122 §3.3.2, RFC 792: code 1, and the first fragment quoted. */
TEST_F(UdpStack, FragmentsThatStayIncompleteAreReportedIfTheFirstCame)
{
	Frame first = datagram(5000, pattern(80)), later;
	std::optional<Frame> sent;

	later = first;
	first.ip->id = later.ip->id = 77;
	first.ip->df = later.ip->df = false;
	first.ip->mf = true;
	later.ip->frag_off = 1480;
	EXPECT_TRUE(answers(first).empty());
	later.ip->id = 78; /* of another datagram, whose first never comes */
	EXPECT_TRUE(answers(later).empty());
	w->now += 61 * PLN_NS_PER_S;
	pln_stack_run(w->a.stack(), w->now);
	sent = w->a.collect();
	ASSERT_TRUE(sent && sent->icmp);
	EXPECT_EQ(sent->icmp->type, 11);
	EXPECT_EQ(sent->icmp->code, 1);
	EXPECT_EQ(sent->payload, first.ip_bytes());
	EXPECT_FALSE(w->a.collect());
	EXPECT_EQ(w->a.counter("icmp_tx_error"), 1U);
}

/* 2000 datagrams over a cable that loses, doubles, damages and reorders: whatever arrives is one of those sent. */
TEST_F(UdpStack, WhatArrivesOverABadCableIsWhatWasSent)
{
	uint64_t server = open(w->b, 7), client = open(w->a, 0);
	pln_endpoint to{ w->b.addr, 7 };
	size_t arrived = 0;
	Bytes data;

	for (Faults &f : w->cable.faults) {
		f.loss = 0.1;
		f.duplicate = 0.1;
		f.reorder = 0.1;
		f.corrupt = 0.1;
	}
	for (unsigned int i = 0; i < 2000; i++) {
		Bytes out = pattern(i % 1400);

		EXPECT_EQ(send(w->a, client, out, to), static_cast<ssize_t>(out.size()));
		w->run_for(PLN_NS_PER_MS / 10);
		while (receive(w->b, server, data) >= 0) {
			ASSERT_EQ(data, pattern(data.size()));
			arrived++;
		}
	}
	EXPECT_GT(arrived, 1500U);
	EXPECT_GT(w->b.counter("udp_bad_checksum"), 50U);
}

} // namespace
