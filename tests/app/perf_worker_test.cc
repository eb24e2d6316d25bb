/* SPDX-License-Identifier: BSD-3-Clause */
/* app/perf/{worker,call,client,server,bulk}: both ends on two stacks, in virtual time; what is counted must add up. */
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "perf/worker.h"
#include "support/two_hosts.h"

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS;

struct Ends {
	support::TwoHosts net;
	struct plan plan {
	};
	struct plan server_plan {
	};
	struct worker client {
	};
	struct worker server {
	};
	bool server_stands_still = false;

	Ends(enum plan_workload workload, uint32_t connections)
	    : net([] {
		      support::TwoHostsOptions o;

		      o.a.max_conns = o.b.max_conns = 256;
		      return o;
	      }())
	{
		plan.workload = workload;
		plan.remote = { net.b.addr, 5201 };
		plan.request = 100;
		plan.response = 300;
		plan.depth = 1;
		plan.connections = connections;
		plan.up = true;
		plan.length = 10000;
	}

	~Ends()
	{
		worker_fini(&client);
		worker_fini(&server);
	}

	static uint64_t
	clock(const void *ctx)
	{
		return static_cast<const Ends *>(ctx)->net.now;
	}

	void
	make(struct worker *w, struct plan *p, pln_stack *stack)
	{
		struct worker_place place {
		};
		struct pln_error error {
		};

		place.stack = stack;
		place.count = 1;
		place.clock = clock;
		place.clock_ctx = this;
		place.max_conns = 64;
		ASSERT_EQ(worker_init(w, p, &place, &error), 0) << error.text;
	}

	bool
	turn(struct worker *w)
	{
		struct pln_event events[8];
		unsigned int n = pln_stack_events(w->stack, events, 8);

		worker_act(w, events, n);
		worker_turn(w, net.now);
		return n > 0;
	}

	void
	start()
	{
		server_plan = plan;
		server_plan.is_server = true;
		make(&server, &server_plan, net.b.stack());
		make(&client, &plan, net.a.stack());
		net.app = [this] {
			bool did = turn(&client);

			return (!server_stands_still && turn(&server)) || did;
		};
	}

	void
	wire(uint64_t bits_per_s)
	{
		for (support::Faults &f : net.cable.faults)
			f.bits_per_s = bits_per_s;
	}

	/* Open, and measure for so long. */
	void
	measure(uint64_t ns)
	{
		start();
		ASSERT_TRUE(net.run_until([this] { return worker_is_open(&client); }, 1000 * MS));
		worker_enter(&client, WORKER_WARMING, net.now);
		worker_enter(&client, WORKER_MEASURING, net.now);
		run(ns);
	}

	/* A stack alone jumps from one of its deadlines to the next; a program polls. */
	void
	run(uint64_t ns)
	{
		for (uint64_t end = net.now + ns; net.now < end;)
			net.run_for(10000);
	}

	void
	stop()
	{
		worker_enter(&client, WORKER_OVER, net.now);
		run(10 * MS);
	}
};

TEST(PerfRr, RequestsAndBytesAddUpAtBothEnds)
{
	Ends e(PLAN_RR, 5);

	e.measure(100 * MS);
	e.stop();
	/* 100 us there and back. */
	EXPECT_NEAR((double)(e.client.end.requests - e.client.begin.requests), 5 * 1000, 10);
	EXPECT_EQ(e.client.counts.requests, e.server.counts.requests);
	EXPECT_EQ(e.client.counts.sent, e.server.counts.received);
	EXPECT_EQ(e.client.counts.received, e.server.counts.sent);
	EXPECT_EQ(e.client.counts.received, e.client.counts.requests * 300);
	EXPECT_EQ(e.client.counts.connects, 5u);
	EXPECT_EQ(e.server.counts.connects, 5u);
	EXPECT_EQ(e.client.counts.failed, 0u);
	EXPECT_EQ(e.server.counts.failed, 0u);
	EXPECT_EQ(e.client.counts.open, 0u);
	EXPECT_EQ(e.server.counts.open, 0u);
	EXPECT_NEAR((double)hdr_at(e.client.latency, 0.5), 100000, 200);
}

TEST(PerfRr, ADepthIsSoManyInFlight)
{
	Ends e(PLAN_RR, 1);

	e.plan.depth = 7;
	e.measure(100 * MS);
	EXPECT_EQ(e.client.n_in_flight, 7u);
	e.stop();
	EXPECT_EQ(e.client.n_in_flight, 0u);
	EXPECT_NEAR((double)(e.client.end.requests - e.client.begin.requests), 7 * 1000, 20);
	EXPECT_EQ(e.client.counts.requests, e.server.counts.requests);
}

TEST(PerfRr, MessagesLargerThanEveryBufferArriveWhole)
{
	Ends e(PLAN_RR, 2);

	e.plan.request = 1000000;
	e.plan.response = 999999;
	e.wire(UINT64_C(1000000000));
	e.measure(40 * MS);
	e.stop();
	e.run(60 * MS);
	EXPECT_GE(e.client.counts.requests, 2u);
	EXPECT_EQ(e.client.counts.requests, e.server.counts.requests);
	EXPECT_EQ(e.client.counts.received, e.client.counts.requests * 999999);
}

TEST(PerfRr, AServerThatIsNotThereIsAFailureWithASentence)
{
	Ends e(PLAN_RR, 1);

	e.start();
	e.plan.remote.port = 1; /* nobody listens there */
	e.run(10 * MS);
	EXPECT_EQ(e.client.counts.failed, 1u);
	EXPECT_STREQ(e.client.error.text, "10.0.0.2:1 cannot be connected to: Connection refused.");
}

TEST(PerfCrr, EachExchangeHasAConnectionOfItsOwn)
{
	for (bool server_closes : { false, true }) {
		Ends e(PLAN_CRR, 10);

		e.plan.server_closes = server_closes;
		e.measure(100 * MS);
		e.stop();
		EXPECT_GT(e.client.counts.requests, 2000u);
		EXPECT_EQ(e.client.counts.failed, 0u);
		EXPECT_EQ(e.server.counts.failed, 0u);
		/* Who was stopped between SYN and answer has connected for nothing. */
		EXPECT_LE(e.client.counts.connects - e.client.counts.requests, 10u);
		EXPECT_EQ(e.client.counts.requests, e.server.counts.requests);
		EXPECT_EQ(e.client.counts.open, 0u);
		/* A SYN and a request, each there and back. */
		EXPECT_NEAR((double)hdr_at(e.client.latency, 0.5), 200000, 400);
		EXPECT_NEAR((double)hdr_at(e.client.connect, 0.5), 100000, 200);
	}
}

TEST(PerfOpenLoop, SendsWhenItIsDue)
{
	Ends e(PLAN_OPEN_LOOP, 20);

	e.plan.rate = 1000;
	e.measure(1000 * MS);
	e.stop();
	EXPECT_NEAR((double)(e.client.end.intended - e.client.begin.intended), 1000, 2);
	EXPECT_NEAR((double)(e.client.end.requests - e.client.begin.requests), 1000, 2);
	EXPECT_EQ(e.client.end.intended, e.client.end.issued);
	EXPECT_LT(e.client.lag->max, 11000u);
	EXPECT_LT(e.client.latency->max, 120000u);
}

TEST(PerfOpenLoop, AServerThatStopsIsMeasuredFromWhenRequestsWereDue)
{
	Ends e(PLAN_OPEN_LOOP, 2);

	e.plan.rate = 1000;
	e.measure(200 * MS);
	e.server_stands_still = true;
	e.run(100 * MS);
	e.server_stands_still = false;
	e.run(200 * MS);
	e.stop();
	/* Closed loops would have sent two requests in that time, and told of two that were slow: here it is a hundred. */
	EXPECT_NEAR((double)(e.client.end.requests - e.client.begin.requests), 500, 3);
	EXPECT_GT(hdr_at(e.client.latency, 0.85), 10 * MS);
	EXPECT_GT(e.client.latency->max, 95 * MS);
	EXPECT_GT(e.client.lag->max, 90 * MS);
}

TEST(PerfOpenLoop, WhatWasNeverSentIsCountedAtTheEnd)
{
	Ends e(PLAN_OPEN_LOOP, 2);

	e.plan.rate = 1000;
	e.measure(100 * MS);
	e.server_stands_still = true;
	e.run(100 * MS);
	worker_enter(&e.client, WORKER_OVER, e.net.now);
	EXPECT_NEAR((double)(e.client.end.intended - e.client.begin.intended), 200, 2);
	EXPECT_NEAR((double)(e.client.end.intended - e.client.end.issued), 98, 3);
}

TEST(PerfConns, SomeOfManyAreTouched)
{
	Ends rate(PLAN_CONNS, 60), busy(PLAN_CONNS, 60);

	rate.plan.rate = 2000;
	rate.measure(100 * MS);
	EXPECT_EQ(rate.client.counts.open, 60u);
	EXPECT_NEAR((double)rate.client.counts.requests, 200, 3);
	rate.stop();
	busy.plan.in_flight = 10;
	busy.measure(100 * MS);
	EXPECT_EQ(busy.client.n_in_flight, 10u);
	EXPECT_GT(busy.client.counts.requests, 5000u);
	busy.stop();
	EXPECT_EQ(busy.client.counts.requests, busy.server.counts.requests);
}

TEST(PerfConns, ARampOpensNoFaster)
{
	Ends e(PLAN_CONNS, 50);

	e.plan.ramp = 1000;
	e.start();
	e.run(20 * MS);
	EXPECT_NEAR(e.client.next_open, 20, 2);
	e.run(60 * MS);
	EXPECT_EQ(e.client.counts.open, 50u);
}

TEST(PerfBulk, BytesGoEachWay)
{
	for (bool zerocopy : { false, true }) {
		Ends e(PLAN_BULK, 2);

		e.plan.down = true;
		e.plan.zerocopy = zerocopy;
		e.wire(UINT64_C(1000000000));
		e.measure(40 * MS);
		worker_enter(&e.client, WORKER_OVER, e.net.now);
		EXPECT_GT(e.client.acked_end - e.client.acked_begin, 2000000u);
		EXPECT_GT(e.client.end.received - e.client.begin.received, 2000000u);
		EXPECT_EQ(e.client.counts.failed, 0u);
		/* What was acknowledged had arrived; what was received had been sent. */
		EXPECT_LE(e.client.acked_end, e.client.end.sent);
		EXPECT_LE(e.server.counts.received, e.client.counts.sent);
		EXPECT_LE(e.client.counts.received, e.server.counts.sent);
		e.run(1000 * MS); /* buffers have grown: what is on the line takes a while */
		EXPECT_EQ(e.server.counts.open, 0u);
		EXPECT_EQ(e.server.counts.failed, 0u);
	}
}

TEST(PerfServer, AnswersWhoeverSendsSoManyBytes)
{
	Ends e(PLAN_RR, 1);
	uint64_t conn;
	pln_tcp_open_args open{};
	std::string heard;
	char buf[4096];

	e.start();
	e.net.app = [&] { return e.turn(&e.server); };
	open.size = sizeof(open);
	open.remote = e.plan.remote;
	ASSERT_EQ(pln_tcp_open(e.net.a.stack(), &open, &conn), 0);
	e.net.run_for(10 * MS);
	/* Two and a half requests, in pieces that are none. */
	for (int len : { 30, 150, 70 }) {
		ASSERT_EQ(pln_tcp_send(e.net.a.stack(), conn, buf, (size_t)len, 0), len);
		e.net.run_for(100 * MS);
	}
	ASSERT_EQ(pln_tcp_shutdown(e.net.a.stack(), conn, PLN_TCP_SHUT_WR), 0);
	e.net.run_for(100 * MS);
	EXPECT_EQ(pln_tcp_receive(e.net.a.stack(), conn, buf, sizeof(buf), 0), 600);
	EXPECT_EQ(pln_tcp_receive(e.net.a.stack(), conn, buf, sizeof(buf), 0), 0);
	EXPECT_EQ(e.server.counts.requests, 2u);
	EXPECT_EQ(e.server.counts.open, 0u);
	EXPECT_EQ(e.server.counts.failed, 0u);
}

TEST(PerfServer, WhoFindsNoRoomWaitsForIt)
{
	Ends e(PLAN_CONNS, 100);

	/* Who is answered with a cookie is open before there is room, and is reset: it does not wait. */
	ASSERT_EQ(pln_stack_opt_set(e.net.b.stack(), "syncookies", "0"), 0);
	e.start();
	e.net.run_for(1500 * MS); /* the backlog is 64, too: some ask again */
	EXPECT_EQ(e.server.counts.open, 64u);
	for (int i = 0; i < 10; i++)
		call_close(&e.client, &e.client.calls[i]);
	e.net.run_for(50 * MS);
	EXPECT_EQ(e.server.counts.open, 64u);
	EXPECT_EQ(e.server.counts.connects, 74u);
}

} // namespace
