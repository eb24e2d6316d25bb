/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/{ring,sink}: bytes from one thread to another, in order, each once; a writer that is stuck holds nobody up. */
#include "fetch/sink.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "fetch/ring.h"

namespace
{

TEST(Ring, HoldsItsSizeAndKeepsOrder)
{
	struct ring *ring = ring_create(4);
	struct ring_item out[8];

	for (uint64_t lap = 0; lap < 3; lap++) {
		EXPECT_EQ(ring_room(ring), 4u);
		for (uint64_t i = 0; i < 4; i++) {
			const struct ring_item item = { nullptr, (size_t)i, lap * 4 + i, 7, -1 };

			EXPECT_TRUE(ring_put(ring, &item));
		}
		const struct ring_item one_more = {};
		EXPECT_FALSE(ring_put(ring, &one_more));
		EXPECT_EQ(ring_room(ring), 0u);
		EXPECT_EQ(ring_peek(ring, out, 8), 4u);
		EXPECT_EQ(out[3].end, lap * 4 + 3);
		EXPECT_EQ(out[3].fd, 7);
		ring_drop(ring, 3);
		EXPECT_EQ(ring_room(ring), 3u);
		EXPECT_EQ(ring_peek(ring, out, 8), 1u);
		EXPECT_EQ(out[0].end, lap * 4 + 3);
		ring_drop(ring, 1);
		EXPECT_EQ(ring_peek(ring, out, 8), 0u);
	}
	ring_destroy(ring);
}

TEST(Ring, TwoThreadsSeeEachItemOnceInOrder)
{
	constexpr uint64_t items = 200000;
	struct ring *ring = ring_create(64);
	uint64_t wrong = 0;

	std::thread taker([&] {
		struct ring_item out[16];
		uint64_t next = 0;

		while (next < items) {
			size_t n = ring_peek(ring, out, 16);

			for (size_t i = 0; i < n; i++, next++)
				wrong += out[i].end != next || out[i].len != next * 3;
			ring_drop(ring, n);
			if (n == 0)
				sched_yield();
		}
	});
	for (uint64_t i = 0; i < items;) {
		const struct ring_item item = { nullptr, (size_t)i * 3, i, -1, -1 };

		if (ring_put(ring, &item))
			i++;
		else
			sched_yield();
	}
	taker.join();
	EXPECT_EQ(wrong, 0u);
	ring_destroy(ring);
}

class Sink : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		ASSERT_EQ(sink_create(&sink, nullptr), 0);
		ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
	}
	void
	TearDown() override
	{
		sink_destroy(sink);
		close(fds[0]);
		if (fds[1] >= 0)
			close(fds[1]);
	}
	void
	wait_idle()
	{
		while (!sink_is_idle(sink))
			sched_yield();
	}

	struct sink *sink = nullptr;
	int fds[2] = { -1, -1 };
};

TEST_F(Sink, WritesFromWhereTheBytesLieAndTellsHowFarItIs)
{
	sink_put(sink, fds[1], "hello ", 6, 100);
	sink_put(sink, -1, "ignored", 7, 107);
	sink_put(sink, fds[1], "world", 5, 112);
	wait_idle();
	EXPECT_EQ(sink_position(sink), 112u);
	EXPECT_EQ(sink_error(sink), 0);
	char buf[32] = {};
	EXPECT_EQ(read(fds[0], buf, sizeof(buf)), 11);
	EXPECT_STREQ(buf, "hello world");
	sink_reset(sink);
	EXPECT_EQ(sink_position(sink), 0u);
}

TEST_F(Sink, PlacedBytesGoToTheirPlaceInTheFile)
{
	FILE *file = tmpfile();
	struct sink *other = nullptr;
	char buf[16] = {};

	ASSERT_NE(file, nullptr);
	ASSERT_EQ(sink_create(&other, nullptr), 0);
	sink_place(sink, 8);
	sink_put(sink, fileno(file), "89", 2, 2);
	sink_put(sink, fileno(file), "ab", 2, 4);
	sink_place(other, 0);
	sink_put(other, fileno(file), "0123", 4, 4);
	sink_place(other, 4);
	sink_put(other, fileno(file), "4567", 4, 8);
	wait_idle();
	while (!sink_is_idle(other))
		sched_yield();
	EXPECT_EQ(pread(fileno(file), buf, sizeof(buf), 0), 12);
	EXPECT_STREQ(buf, "0123456789ab");
	/* A new beginning has no place. */
	sink_reset(sink);
	sink_put(sink, fileno(file), "XY", 2, 2);
	wait_idle();
	EXPECT_EQ(pread(fileno(file), buf, 4, 0), 4);
	EXPECT_STREQ(buf, "XY23456789ab");
	sink_destroy(other);
	fclose(file);
}

TEST_F(Sink, ManyPiecesArriveInOrderThroughShortWrites)
{
	std::string sent, got;
	std::vector<std::string> pieces;

	for (int i = 0; i < 3000; i++)
		pieces.push_back(std::string((size_t)(i % 700) + 1, (char)('a' + i % 26)));
	std::thread reader([&] {
		char buf[4097];
		ssize_t n;

		while ((n = read(fds[0], buf, sizeof(buf))) > 0)
			got.append(buf, (size_t)n);
	});
	for (const std::string &piece : pieces) {
		while (sink_room(sink) == 0)
			sched_yield();
		sink_put(sink, fds[1], piece.data(), piece.size(), sent.size() + piece.size());
		sent += piece;
	}
	wait_idle();
	EXPECT_EQ(sink_position(sink), sent.size());
	close(fds[1]);
	fds[1] = -1;
	reader.join();
	EXPECT_EQ(got, sent);
}

TEST_F(Sink, AnErrorIsKeptAndTheRestThrownAway)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ASSERT_GE(full, 0);
	sink_put(sink, full, "x", 1, 1);
	wait_idle();
	EXPECT_EQ(sink_error(sink), ENOSPC);
	sink_put(sink, fds[1], "y", 1, 2);
	wait_idle();
	EXPECT_EQ(sink_position(sink), 2u);
	close(full);
	EXPECT_EQ(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	char c;
	EXPECT_EQ(read(fds[0], &c, 1), -1);
	sink_reset(sink);
	EXPECT_EQ(sink_error(sink), 0);
}

TEST_F(Sink, AWriterStuckInAPipeThatNobodyReadsCanBeEnded)
{
	std::string big(1 << 20, 'x');

	sink_put(sink, fds[1], big.data(), big.size(), big.size());
	EXPECT_FALSE(sink_is_idle(sink));
	/* TearDown destroys it; that must not wait for a reader. */
}

} // namespace
