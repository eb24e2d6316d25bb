/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that move to the stack where the answer to their SYN arrives: none is lost or doubled, no port is given twice, and what
 * arrives anywhere else finds them.
 */
#include <deque>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <pollen/tcp.h>

#include "stack/stack.h"
#include "support/groups.h"

namespace
{

using namespace support;

constexpr uint16_t PORT = 80;
constexpr uint64_t LIMIT_NS = 120 * PLN_NS_PER_S;

/* The left side opens with leave to move; the right side, one stack, echoes. */
class Adopt : public ::testing::Test
{
      protected:
	struct Place {
		unsigned int stack;
		uint64_t conn;
	};

	/* Cookies are numbers of connections. */
	uint64_t
	open(Groups &w, unsigned int i, uintptr_t number, bool may_move = true)
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { w.right.hosts[0]->addr, PORT };
		args.cookie = reinterpret_cast<void *>(number);
		args.may_move = may_move;
		rc = pln_tcp_open(w.left.stack(i), &args, &conn);
		return conn;
	}

	void
	listen(Groups &w)
	{
		pln_tcp_listen_args args{};

		args.size = sizeof(args);
		args.local.port = PORT;
		args.backlog = 4096;
		ASSERT_EQ(pln_tcp_listen(w.right.stack(0), &args, &listener), 0);
		w.app = [this, &w] { return turn(w); };
	}

	void
	serve(Groups &w, const pln_event &event)
	{
		uint8_t buf[512];
		uint64_t conn;
		ssize_t n;

		if (event.conn == listener) {
			while (pln_tcp_accept(w.right.stack(0), listener, nullptr, &conn) == 0)
				accepted++;
			return;
		}
		while ((n = pln_tcp_receive(w.right.stack(0), event.conn, buf, sizeof(buf), 0)) > 0)
			EXPECT_EQ(pln_tcp_send(w.right.stack(0), event.conn, buf,
			                       static_cast<size_t>(n), 0),
			          n);
		if ((event.bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) != 0)
			pln_tcp_close(w.right.stack(0), event.conn);
	}

	void
	hear(Groups &w, unsigned int i, const pln_event &event)
	{
		auto number = reinterpret_cast<uintptr_t>(event.cookie);
		uintptr_t got = 0;

		if ((event.bits & PLN_EV_CONNECTED) != 0) {
			EXPECT_EQ(places.count(number), 0U) << "connected once";
			places[number] = { i, event.conn };
			EXPECT_EQ(pln_tcp_send(w.left.stack(i), event.conn, &number, sizeof(number),
			                       0),
			          static_cast<ssize_t>(sizeof(number)));
		}
		if ((event.bits & PLN_EV_READABLE) != 0) {
			EXPECT_EQ(
				pln_tcp_receive(w.left.stack(i), event.conn, &got, sizeof(got), 0),
				static_cast<ssize_t>(sizeof(got)));
			EXPECT_EQ(got, number);
			echoed++;
		}
		if ((event.bits & PLN_EV_CLOSED) != 0)
			closed[number] = event.error;
	}

	bool
	turn(Groups &w)
	{
		pln_event events[64];
		unsigned int n = pln_stack_events(w.right.stack(0), events, 64), total = n;

		for (unsigned int k = 0; k < n; k++)
			serve(w, events[k]);
		for (unsigned int i = 0; i < w.left.count(); i++) {
			n = pln_stack_events(w.left.stack(i), events, 64);
			for (unsigned int k = 0; k < n; k++)
				hear(w, i, events[k]);
			total += n;
		}
		return total > 0;
	}

	static void
	close_all(Groups &w, const std::map<uintptr_t, Place> &places)
	{
		for (const auto &[number, place] : places)
			EXPECT_EQ(pln_tcp_close(w.left.stack(place.stack), place.conn), 0);
	}

	/* As a program that polls: a few of the connections that moved are looked at in each turn. */
	static void
	turn_idly(Groups &w)
	{
		for (int n = 0; n < 100; n++)
			w.settle();
	}

	static unsigned int
	spread(uint16_t port)
	{
		return (port * 2654435761U) >> 16;
	}

	/* Frames of a flow always come to one stack, which our own rule does not know. */
	static unsigned int
	by_port(const Frame &f)
	{
		return f.tcp ? spread(f.tcp->dport) : 0;
	}

	/* The right side's stacks each accept, count bytes and close. */
	unsigned int
	serve_each(Groups &w, const std::vector<uint64_t> &listeners, uint64_t &bytes)
	{
		pln_event events[64];
		unsigned int total = 0;

		for (unsigned int i = 0; i < w.right.count(); i++) {
			pln_stack *stack = w.right.stack(i);
			unsigned int n = pln_stack_events(stack, events, 64);
			uint64_t conn;
			char byte;

			total += n;
			while (pln_tcp_accept(stack, listeners[i], nullptr, &conn) == 0)
				accepted++;
			for (unsigned int k = 0; k < n; k++) {
				if (events[k].conn == listeners[i])
					continue;
				while (pln_tcp_receive(stack, events[k].conn, &byte, 1, 0) == 1)
					bytes++;
				if ((events[k].bits & PLN_EV_PEER_CLOSED) != 0)
					pln_tcp_close(stack, events[k].conn);
			}
		}
		return total;
	}

	/* The left side's only stack notes what is connected. */
	unsigned int
	connect_left(Groups &w)
	{
		pln_event events[64];
		unsigned int n = pln_stack_events(w.left.stack(0), events, 64);

		for (unsigned int k = 0; k < n; k++)
			if ((events[k].bits & PLN_EV_CONNECTED) != 0)
				places[reinterpret_cast<uintptr_t>(events[k].cookie)] = {
					0, events[k].conn
				};
		return n;
	}

	/* As if the right side's device were a wire to another process. */
	void
	pair_queues(Groups &w)
	{
		paired.mode = PLN_STEER_PAIRED;
		paired.lcores = paired.queues = static_cast<uint16_t>(w.right.count());
		for (unsigned int i = 0; i < w.right.count(); i++)
			w.right.stack(i)->home.steer = &paired;
	}

	pln_steer paired{};
	uint64_t listener = 0;
	size_t accepted = 0, echoed = 0;
	std::map<uintptr_t, Place> places;
	std::map<uintptr_t, int> closed;
	int rc = 0;
};

TEST_F(Adopt, ConnectionsLiveWhereTheirAnswersArrive)
{
	Groups w(3, 1);
	uint64_t handed;

	listen(w);
	w.arrival[1] = by_port;
	for (uintptr_t n = 1; n <= 300; n++)
		open(w, n % 3, n);
	EXPECT_TRUE(w.run_until([&] { return echoed == 300; }, LIMIT_NS));
	EXPECT_EQ(accepted, 300U);
	EXPECT_EQ(w.left.counter("tcp_connected"), 300U);
	EXPECT_GT(w.left.counter("adopt_taken"), 150U);
	EXPECT_EQ(w.left.counter("adopt_taken"), w.left.counter("adopt_given"));
	EXPECT_EQ(w.left.counter("tcp_no_connection"), 0U);
	for (const auto &[number, place] : places) {
		struct pln_tcp_info info {
		};

		info.size = sizeof(info);
		ASSERT_EQ(pln_tcp_info(w.left.stack(place.stack), place.conn, &info), 0);
		EXPECT_EQ(place.stack, spread(info.local.port) % 3);
	}
	/* From now on nothing is handed over. */
	handed = w.left.counter("group_handed");
	for (const auto &[number, place] : places)
		EXPECT_GT(pln_tcp_send(w.left.stack(place.stack), place.conn, &number,
		                       sizeof(number), 0),
		          0);
	EXPECT_TRUE(w.run_until([&] { return echoed == 600; }, LIMIT_NS));
	EXPECT_EQ(w.left.counter("group_handed"), handed);
}

TEST_F(Adopt, TheOldHandleIsDeadAndTheNewOneHasTheCookie)
{
	Groups w(2, 1);
	uint64_t old;

	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	old = open(w, 0, 7);
	EXPECT_TRUE(w.run_until([&] { return echoed == 1; }, LIMIT_NS));
	EXPECT_EQ(places.at(7).stack, 1U);
	EXPECT_EQ(pln_tcp_close(w.left.stack(0), old), -EBADF);
	EXPECT_EQ(pln_tcp_close(w.left.stack(1), places.at(7).conn), 0);
}

/* RFC 3168 §6.1.1: what our SYN asked for counts where its answer is dealt with; so do the options of the connection. */
TEST_F(Adopt, WhatTheSynOfferedIsAgreedOnElsewhere)
{
	Groups w(2, 1);
	struct pln_tcp_info info {
	};
	uint64_t conn;
	int64_t value = 0;

	for (pln_stack *stack : { w.left.stack(0), w.left.stack(1), w.right.stack(0) })
		ASSERT_EQ(pln_stack_opt_set(stack, "ecn", "1"), 0);
	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	conn = open(w, 0, 7);
	EXPECT_EQ(pln_tcp_opt_set(w.left.stack(0), conn, PLN_TCP_OPT_TTL, 9), 0);
	EXPECT_TRUE(w.run_until([&] { return echoed == 1; }, LIMIT_NS));
	ASSERT_EQ(places.at(7).stack, 1U);
	info.size = sizeof(info);
	ASSERT_EQ(pln_tcp_info(w.left.stack(1), places.at(7).conn, &info), 0);
	EXPECT_TRUE(info.ecn);
	EXPECT_EQ(pln_tcp_opt_get(w.left.stack(1), places.at(7).conn, PLN_TCP_OPT_TTL, &value), 0);
	EXPECT_EQ(value, 9);
}

/* What a peer opens lives where its SYN arrived, and no segment of it but that is handed over; afterwards all is forgotten. */
TEST_F(Adopt, WhatAPeerOpensLivesWhereItsSynArrives)
{
	Groups w(1, 3);
	std::vector<uint64_t> listeners(3);
	pln_tcp_listen_args args{};
	uint64_t echoes = 0;

	pair_queues(w);

	args.size = sizeof(args);
	args.local.port = PORT;
	args.backlog = 4096;
	for (unsigned int i = 0; i < 3; i++)
		ASSERT_EQ(pln_tcp_listen(w.right.stack(i), &args, &listeners[i]), 0);
	w.arrival[0] = [](const Frame &f) { return f.tcp ? spread(f.tcp->sport) % 3 : 0; };
	w.app = [&] { return serve_each(w, listeners, echoes) + connect_left(w) > 0; };
	EXPECT_EQ(pln_stack_resolve(w.left.stack(0), &w.right.hosts[0]->addr), 0);
	w.settle();
	for (uintptr_t n = 1; n <= 300; n++)
		open(w, 0, n);
	EXPECT_TRUE(w.run_until([&] { return accepted == 300 && places.size() == 300; }, LIMIT_NS));
	uint64_t born = w.right.counter("adopt_born"), handed = w.right.counter("group_handed_tcp");
	EXPECT_GT(born, 150U);
	EXPECT_EQ(handed, born) << "the SYNs";
	for (const auto &[number, place] : places)
		EXPECT_EQ(pln_tcp_send(w.left.stack(0), place.conn, "x", 1, 0), 1);
	EXPECT_TRUE(w.run_until([&] { return echoes == 300; }, LIMIT_NS));
	EXPECT_EQ(w.right.counter("group_handed_tcp"), handed) << "nothing more";
	close_all(w, places);
	w.run_until([] { return false; }, LIMIT_NS);
	turn_idly(w);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(w.right.stack(i)->adopt.away, 0U);
		EXPECT_EQ(w.right.stack(i)->adopt.count, 0U);
		EXPECT_EQ(w.right.stack(i)->tcp.flows.used, 0U);
	}
	EXPECT_EQ(w.right.counter("tcp_no_connection"), 0U);
	EXPECT_EQ(w.left.counter("tcp_retransmit") + w.right.counter("tcp_retransmit"), 0U);
}

/* However few it has room for: what is not born elsewhere stays at home, and is handed over. */
TEST_F(Adopt, ABirthForWhichThereIsNoRoomIsAtHome)
{
	Groups w(1, 2);
	pln_tcp_listen_args args{};
	uint64_t at[2];

	pair_queues(w);

	args.size = sizeof(args);
	args.local.port = PORT;
	args.backlog = 4096;
	for (unsigned int i = 0; i < 2; i++)
		ASSERT_EQ(pln_tcp_listen(w.right.stack(i), &args, &at[i]), 0);
	w.arrival[0] = [](const Frame &f) { return f.tcp ? spread(f.tcp->sport) % 2 : 0; };
	/* Nobody can take any. */
	for (unsigned int i = 0; i < 2; i++)
		while (pln_pool_alloc(&w.right.stack(i)->adopt.recs) != nullptr) {
		}
	for (uintptr_t n = 1; n <= 40; n++)
		open(w, 0, n);
	EXPECT_TRUE(w.run_until([&] { return w.left.counter("tcp_connected") == 40; }, LIMIT_NS));
	EXPECT_EQ(w.right.counter("adopt_born"), 0U);
	EXPECT_EQ(w.right.stack(0)->adopt.away + w.right.stack(1)->adopt.away, 0U);
	EXPECT_EQ(w.left.counter("tcp_retransmit"), 0U);
}

TEST_F(Adopt, WithoutLeaveTheOwnerStays)
{
	Groups w(2, 1);

	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	open(w, 0, 7, false);
	EXPECT_TRUE(w.run_until([&] { return echoed == 1; }, LIMIT_NS));
	EXPECT_EQ(places.at(7).stack, 0U);
	EXPECT_EQ(w.left.counter("adopt_given"), 0U);
	EXPECT_GT(w.left.counter("group_handed"), 0U);
}

TEST_F(Adopt, WhatHasDataToSendStays)
{
	Groups w(2, 1);
	const uintptr_t early = 7;
	uint64_t conn;

	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	conn = open(w, 0, 7);
	EXPECT_EQ(pln_tcp_send(w.left.stack(0), conn, &early, sizeof(early), 0),
	          static_cast<ssize_t>(sizeof(early)));
	EXPECT_TRUE(w.run_until([&] { return places.count(7) == 1; }, LIMIT_NS));
	EXPECT_EQ(places.at(7).stack, 0U);
}

/* By a table that somebody has changed, say: its home still knows where it is. */
TEST_F(Adopt, ASegmentThatArrivesAnywhereFindsTheConnection)
{
	Groups w(3, 1);
	uint64_t resets = 0;

	listen(w);
	w.arrival[1] = by_port;
	w.tap = [&](const Frame &f) { resets += f.tcp && (f.tcp->flags & RST) != 0; };
	for (uintptr_t n = 1; n <= 60; n++)
		open(w, n % 3, n);
	EXPECT_TRUE(w.run_until([&] { return echoed == 60; }, LIMIT_NS));
	w.arrival[1] = w.arrival[0];
	for (const auto &[number, place] : places)
		EXPECT_GT(pln_tcp_send(w.left.stack(place.stack), place.conn, &number,
		                       sizeof(number), 0),
		          0);
	EXPECT_TRUE(w.run_until([&] { return echoed == 120; }, LIMIT_NS));
	close_all(w, places);
	w.run_until([] { return false; }, 10 * PLN_NS_PER_S);
	EXPECT_EQ(resets, 0U);
	EXPECT_EQ(w.left.counter("tcp_retransmit") + w.right.counter("tcp_retransmit"), 0U);
}

/* RFC 1122 §3.2.2.1: an error about it is dealt with where it lives. */
TEST_F(Adopt, AnErrorAboutItFindsIt)
{
	Groups w(3, 1);
	struct pln_tcp_info info {
	};

	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	for (uintptr_t n = 1; n <= 12; n++)
		open(w, n % 3, n);
	EXPECT_TRUE(w.run_until([&] { return echoed == 12; }, LIMIT_NS));
	info.size = sizeof(info);
	for (const auto &[number, place] : places) {
		w.settle();
		EXPECT_GT(pln_tcp_send(w.left.stack(1), place.conn, "x", 1, 0), 0);
		pln_stack_flush(w.left.stack(1), w.now);
		uint8_t frame[2048];
		ssize_t len = pln_memlink_collect(w.left.hosts[1]->link(), frame, sizeof(frame));
		ASSERT_GT(len, 54);
		/* Its IPv4 header and eight bytes, quoted by a router, to stack 2. */
		Frame icmp;
		icmp.dst = w.left.hosts[2]->mac;
		icmp.src = mac(9);
		icmp.type = ETH_IP4;
		icmp.ip = Ip4{};
		icmp.ip->src = ip4("10.9.0.9");
		icmp.ip->dst = w.left.hosts[0]->addr;
		icmp.ip->proto = PROTO_ICMP;
		icmp.icmp = Icmp{};
		icmp.icmp->type = 3;
		icmp.icmp->code = 1;
		icmp.payload.assign(frame + 14, frame + 14 + 28);
		Bytes bytes = icmp.bytes();
		ASSERT_EQ(
			pln_memlink_inject(w.left.hosts[2]->link(), bytes.data(), bytes.size(), 0),
			0);
		w.settle();
		ASSERT_EQ(pln_tcp_info(w.left.stack(1), place.conn, &info), 0);
		EXPECT_EQ(info.soft_error, -EHOSTUNREACH);
	}
}

/* Nobody is given a port whose connection lives elsewhere, TIME-WAIT included; then it is free. */
TEST_F(Adopt, PortsAreHeldUntilTheConnectionIsOver)
{
	Groups w(2, 1);

	for (unsigned int i = 0; i < 2; i++)
		ASSERT_EQ(pln_stack_opt_set(w.left.stack(i), "port_range", "40000-40019"), 0);
	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	uintptr_t n = 0;
	for (open(w, 0, ++n); rc == 0; open(w, 0, ++n)) {
	}
	const size_t first = n - 1;
	EXPECT_EQ(rc, -EADDRNOTAVAIL);
	EXPECT_TRUE(w.run_until([&] { return echoed == first; }, LIMIT_NS));
	EXPECT_EQ(w.left.counter("adopt_given"), first);
	open(w, 0, 100);
	EXPECT_EQ(rc, -EADDRNOTAVAIL) << "they are in use on the other stack";
	close_all(w, places);
	w.run_until([] { return false; }, 5 * PLN_NS_PER_S);
	open(w, 0, 100);
	EXPECT_EQ(rc, -EADDRNOTAVAIL) << "they are in TIME-WAIT there";
	w.run_until([] { return false; }, 90 * PLN_NS_PER_S);
	turn_idly(w);
	EXPECT_EQ(w.left.stack(0)->adopt.away, 0U);
	EXPECT_EQ(w.left.stack(1)->adopt.count, 0U);
	for (size_t i = 0; i < first; i++) {
		open(w, 0, 200 + i);
		EXPECT_EQ(rc, 0);
	}
}

TEST_F(Adopt, AStackWithoutRoomRefusesAndTheOwnerStays)
{
	Groups w(2, 1);
	std::deque<uint64_t> fill;
	uint64_t listen_at;

	listen(w);
	w.arrival[1] = [](const Frame &) { return 1U; };
	for (uint16_t port = 1;; port++) {
		pln_tcp_listen_args args{};

		args.size = sizeof(args);
		args.local.port = port;
		if (pln_tcp_listen(w.left.stack(1), &args, &listen_at) != 0)
			break;
		fill.push_back(listen_at);
	}
	for (uintptr_t n = 1; n <= 20; n++)
		open(w, 0, n);
	EXPECT_TRUE(w.run_until([&] { return echoed == 20; }, LIMIT_NS));
	EXPECT_EQ(w.left.counter("adopt_refused"), 20U);
	EXPECT_EQ(w.left.counter("adopt_given"), 0U);
	EXPECT_EQ(w.left.stack(0)->adopt.away, 0U);
	for (const auto &[number, place] : places)
		EXPECT_EQ(place.stack, 0U);
	close_all(w, places);
}

/* A refusal of the peer's is no move: its owner hears of it. */
TEST_F(Adopt, AConnectionThatIsRefusedEndsWhereItWasOpened)
{
	Groups w(2, 1);

	w.app = [&] { return turn(w); };
	w.arrival[1] = [](const Frame &) { return 1U; };
	open(w, 0, 3);
	EXPECT_TRUE(w.run_until([&] { return closed.size() == 1; }, LIMIT_NS));
	EXPECT_EQ(closed.at(3), -ECONNREFUSED);
}

/* Whatever is lost on the way. */
TEST_F(Adopt, LostSegmentsLoseNoConnection)
{
	Groups w(3, 1);
	std::mt19937 dice(5);

	listen(w);
	w.lose = [&](const Frame &f) { return f.tcp && dice() % 5 == 0; };
	for (uintptr_t n = 1; n <= 120; n++)
		open(w, n % 3, n);
	EXPECT_TRUE(w.run_until([&] { return echoed == 120; }, LIMIT_NS));
	EXPECT_EQ(w.left.counter("adopt_taken"), w.left.counter("adopt_given"));
	EXPECT_GT(w.left.counter("adopt_taken"), 30U);
	close_all(w, places);
	w.run_until([] { return false; }, 400 * PLN_NS_PER_S);
	turn_idly(w);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(w.left.stack(i)->adopt.away, 0U);
		EXPECT_EQ(w.left.stack(i)->adopt.count, 0U);
		EXPECT_EQ(w.left.stack(i)->tcp.flows.used, 0U);
		EXPECT_EQ(w.left.stack(i)->tcp.conns.used, 0U);
	}
}

} // namespace
