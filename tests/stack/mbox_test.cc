/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that other threads ask of a stack: made in its own turn, in order, never more than fit, and they wake one that sleeps. */
#include <atomic>
#include <poll.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <pollen/stats.h>
#include <pollen/tcp.h>

#include "stack/stack.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

struct Note {
	std::vector<int> *made;
	int number;
	pln_stack *on = nullptr;
};

void
note(pln_stack *stack, void *ctx)
{
	auto *n = static_cast<Note *>(ctx);

	n->on = stack;
	n->made->push_back(n->number);
}

TEST(Mbox, CallsAreMadeByTheStacksNextTurnInTheirOrder)
{
	Host host({}, "10.0.0.1", 1);
	std::vector<int> made;
	Note notes[3] = { { &made, 1 }, { &made, 2 }, { &made, 3 } };

	for (Note &n : notes)
		EXPECT_EQ(pln_stack_post(host.stack(), note, &n), 0);
	EXPECT_TRUE(made.empty());
	EXPECT_EQ(pln_stack_poll(host.stack(), 1), 3U);
	EXPECT_EQ(made, (std::vector<int>{ 1, 2, 3 }));
	EXPECT_EQ(notes[0].on, host.stack());
	EXPECT_EQ(host.counter("mbox_calls"), 3U);
	EXPECT_EQ(pln_stack_poll(host.stack(), 2), 0U);
}

TEST(Mbox, WhatDoesNotFitIsRefusedAndCounted)
{
	Host host({}, "10.0.0.1", 1);
	std::vector<int> made;
	Note n{ &made, 0 };

	for (int i = 0; i < 1023; i++)
		ASSERT_EQ(pln_stack_post(host.stack(), note, &n), 0) << i;
	EXPECT_EQ(pln_stack_post(host.stack(), note, &n), -EAGAIN);
	EXPECT_EQ(pln_stack_post(host.stack(), note, &n), -EAGAIN);
	pln_stack_run(host.stack(), 1);
	EXPECT_EQ(made.size(), 1023U);
	EXPECT_EQ(host.counter("mbox_full"), 2U);
	EXPECT_EQ(pln_stack_post(host.stack(), note, &n), 0);
}

TEST(Mbox, OneTurnMakesSixtyFourCallsAtMost)
{
	Host host({}, "10.0.0.1", 1);
	std::vector<int> made;
	Note n{ &made, 0 };

	for (int i = 0; i < 100; i++)
		ASSERT_EQ(pln_stack_post(host.stack(), note, &n), 0);
	pln_stack_poll(host.stack(), 1);
	EXPECT_EQ(made.size(), 64U);
	pln_stack_poll(host.stack(), 2);
	EXPECT_EQ(made.size(), 100U);
}

/* Had it not been woken, it would sleep for an hour. */
TEST(Mbox, ASleepingStackIsWoken)
{
	Host host({}, "10.0.0.1", 1);
	std::vector<int> made;
	Note n{ &made, 5 };

	for (int i = 0; i < 100; i++) {
		std::thread other([&] { EXPECT_EQ(pln_stack_post(host.stack(), note, &n), 0); });

		pln_stack_doze(host.stack(), 3600 * PLN_NS_PER_S);
		pln_stack_poll(host.stack(), 1);
		other.join();
		pln_stack_poll(host.stack(), 2);
	}
	EXPECT_EQ(made.size(), 100U);
}

/* Three ports, one lcore: it sleeps for all of its stacks, whichever is named, and wakes for each. */
TEST(Mbox, AnLcoreIsWokenForAnyOfItsStacks)
{
	Host a({}, "10.0.0.1", 1), b({}, "10.0.0.2", 2), c({}, "10.0.0.3", 3);
	Host *const hosts[] = { &a, &b, &c };
	std::vector<int> made;
	Note n{ &made, 5 };

	pln_stack_share_lcore(b.stack(), a.stack());
	pln_stack_share_lcore(c.stack(), a.stack());
	for (int i = 0; i < 90; i++) {
		pln_stack *asked = hosts[i % 3]->stack();
		std::thread other([&] { EXPECT_EQ(pln_stack_post(asked, note, &n), 0); });

		pln_stack_doze(hosts[i / 3 % 3]->stack(), 3600 * PLN_NS_PER_S);
		other.join();
		for (Host *host : hosts)
			pln_stack_poll(host->stack(), 2);
		EXPECT_EQ(n.on, asked);
	}
	EXPECT_EQ(made.size(), 90U);
}

TEST(Mbox, AnLcoreSleepsNoLongerThanAnyOfItsStacksCan)
{
	Host a({}, "10.0.0.1", 1), b({}, "10.0.0.2", 2);
	pln_tcp_open_args args = { .size = sizeof(args) };
	uint64_t conn;

	pln_stack_share_lcore(b.stack(), a.stack());
	for (Host *host : { &a, &b })
		pln_stack_run(host->stack(), 1);
	args.remote = { pln_addr_ip4(10, 0, 0, 9), 80 };
	ASSERT_EQ(pln_tcp_open(b.stack(), &args, &conn), 0);
	pln_stack_run(b.stack(), 2);
	EXPECT_LT(pln_stack_next(b.stack()), pln_stack_next(a.stack()));
	EXPECT_EQ(pln_stack_next_of_all(a.stack()), pln_stack_next(b.stack()));
	EXPECT_EQ(pln_stack_next_of_all(b.stack()), pln_stack_next(b.stack()));
}

TEST(Mbox, ManyThreadsPostAtOnceAndNothingIsLost)
{
	Host host({}, "10.0.0.1", 1);
	std::vector<int> made;
	Note n{ &made, 0 };
	std::vector<std::thread> others;

	for (int t = 0; t < 4; t++)
		others.emplace_back([&] {
			for (int i = 0; i < 2000;)
				i += pln_stack_post(host.stack(), note, &n) == 0;
		});
	while (made.size() < 8000)
		pln_stack_poll(host.stack(), 1);
	for (std::thread &t : others)
		t.join();
	EXPECT_EQ(pln_stack_poll(host.stack(), 2), 0U);
	EXPECT_EQ(made.size(), 8000U);
}

/* What one lcore wants to know of another's stack: asked by a call, answered by one. */
struct Snapshot {
	pln_stack *asker;
	uint64_t frames = 0;
	bool is_here = false;
};

TEST(Mbox, ASnapshotIsTakenWhereTheCountersLiveAndComesBack)
{
	Host asked({}, "10.0.0.1", 1), asker({}, "10.0.0.2", 2);
	Snapshot snapshot{ asker.stack() };
	std::atomic<bool> over = false;
	const uint8_t frame[60] = {};

	ASSERT_EQ(pln_memlink_inject(asked.link(), frame, sizeof(frame), 0), 0);
	pln_stack_poll(asked.stack(), 1);
	std::thread other([&] {
		while (!over)
			pln_stack_poll(asked.stack(), 1);
	});
	auto take = [](pln_stack *stack, void *ctx) {
		auto *s = static_cast<Snapshot *>(ctx);
		auto arrived = [](pln_stack *, void *back) {
			static_cast<Snapshot *>(back)->is_here = true;
		};

		EXPECT_EQ(pln_stats_counter(stack, "rx_frames", &s->frames), 0);
		EXPECT_EQ(pln_stack_post(s->asker, arrived, s), 0);
	};
	EXPECT_EQ(pln_stack_post(asked.stack(), take, &snapshot), 0);
	while (!snapshot.is_here)
		pln_stack_poll(asker.stack(), 1);
	over = true;
	other.join();
	EXPECT_EQ(snapshot.frames, 1U);
}

TEST(Mbox, ALetterBringsBytesWithIt)
{
	Host host({}, "10.0.0.1", 1);
	static constexpr char words[] = "sixteen letters";
	auto read = [](pln_stack *, void *ctx) { EXPECT_STREQ(static_cast<char *>(ctx), words); };

	for (int i = 0; i < 3; i++) {
		char copy[sizeof(words)];

		memcpy(copy, words, sizeof(words));
		EXPECT_EQ(pln_mbox_post_bytes(&host.stack()->mbox, read, copy, sizeof(copy)), 0);
		memset(copy, 0, sizeof(copy));
	}
	EXPECT_EQ(pln_stack_poll(host.stack(), 1), 3U);
}

TEST(Mbox, WhoeverSleepsOnADescriptorOfItsOwnFindsIt)
{
	Host host({}, "10.0.0.1", 1);
	pln_mbox *mbox = &host.stack()->mbox;
	std::vector<int> made;
	Note n{ &made, 0 };
	pollfd fd = { pln_mbox_wake_fd(mbox), POLLIN, 0 };

	ASSERT_GE(fd.fd, 0);
	EXPECT_EQ(pln_mbox_wake_fd(mbox), fd.fd);
	pln_stack_post(host.stack(), note, &n);
	EXPECT_EQ(poll(&fd, 1, 0), 0) << "it was awake";
	pln_mbox_lie_down(mbox);
	pln_stack_post(host.stack(), note, &n);
	EXPECT_EQ(poll(&fd, 1, 0), 1);
	pln_mbox_get_up(mbox);
	EXPECT_EQ(poll(&fd, 1, 0), 0);
	pln_stack_post(host.stack(), note, &n);
	EXPECT_EQ(poll(&fd, 1, 0), 0);
	EXPECT_EQ(pln_stack_poll(host.stack(), 1), 3U);
}

TEST(Mbox, CallsThatWaitWhenTheStackEndsAreNotMade)
{
	std::vector<int> made;
	Note n{ &made, 0 };
	{
		Host host({}, "10.0.0.1", 1);

		EXPECT_EQ(pln_stack_post(host.stack(), note, &n), 0);
	}
	EXPECT_TRUE(made.empty());
}

} // namespace
