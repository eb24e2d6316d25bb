/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/{split,contentrange}: a file in parts, each fetched once, by whoever takes it; nothing behind a gap counts. */
#include "fetch/split.h"

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/contentrange.h"

namespace
{

constexpr uint64_t mib = UINT64_C(1) << 20;

class Split : public ::testing::Test
{
      protected:
	void
	TearDown() override
	{
		split_destroy(split);
	}
	void
	make(uint64_t begin, uint64_t end, uint32_t connections, uint32_t lcores = 1)
	{
		split_destroy(split);
		split = split_create(begin, end, connections, lcores);
		ASSERT_NE(split, nullptr);
	}
	uint64_t
	length(uint32_t i) const
	{
		return split->part[i].end - split->part[i].first;
	}
	/* Its holder has written so much of a part. */
	void
	release(int part, uint64_t got)
	{
		split->part[part].got += got;
		split_release(split, part);
	}

	struct split *split = nullptr;
};

TEST_F(Split, PartsCoverTheRangeWithoutGapOrOverlap)
{
	for (uint64_t size : { mib + 1, 2 * mib, 5 * mib + 7, 256 * mib, 4096 * mib }) {
		make(100, 100 + size, 4);
		uint64_t at = 100;
		for (uint32_t i = 0; i < split->parts; i++) {
			EXPECT_EQ(split->part[i].first, at);
			EXPECT_GT(length(i), 0u);
			EXPECT_LE(length(i), 64 * mib);
			at = split->part[i].end;
		}
		EXPECT_EQ(at, 100 + size);
		EXPECT_EQ(length(0), SPLIT_FIRST);
	}
}

TEST_F(Split, EachConnectionHasSomePartsAndNoneIsSmall)
{
	make(0, 257 * mib, 4);
	EXPECT_GE(split->parts, 16u);
	EXPECT_LE(split->parts, 18u);
	for (uint32_t i = 0; i + 1 < split->parts; i++)
		EXPECT_GE(length(i), mib);
}

TEST_F(Split, HelpersAreSharedOutAndNoMoreThanPartsWantThem)
{
	make(0, 257 * mib, 4, 2);
	EXPECT_EQ(split->wanted[0] + split->wanted[1], 3u);
	EXPECT_TRUE(split_join(split, 0));
	EXPECT_TRUE(split_join(split, 1));
	EXPECT_TRUE(split_join(split, 1));
	EXPECT_FALSE(split_join(split, 0));
	EXPECT_FALSE(split_join(split, 1));
	EXPECT_EQ(split_workers(split), 3u);
	split_leave(split, 2);
	EXPECT_EQ(split_workers(split), 2u);
	EXPECT_EQ(split->connects, 2u);

	make(0, 2 * mib, 8);
	EXPECT_EQ(split->parts, 2u);
	EXPECT_EQ(split->wanted[0], 1u);
}

TEST_F(Split, PartsAreTakenFromTheFrontAndOnce)
{
	make(0, 5 * mib, 4);
	EXPECT_EQ(split_claim(split), 1) << "the first is the leader's from the beginning";
	EXPECT_EQ(split_claim(split), 2);
	release(1, 0);
	EXPECT_EQ(split_claim(split), 1) << "what was given back is taken again";
}

TEST_F(Split, APartGivenBackKeepsWhatWasWrittenOfIt)
{
	make(0, 3 * mib, 2);
	int part = split_claim(split);
	release(part, 1000);
	EXPECT_EQ(split_claim(split), part);
	EXPECT_EQ(split->part[part].got, 1000u);
	release(part, length((uint32_t)part) - 1000);
	EXPECT_NE(split_claim(split), part);
	EXPECT_FALSE(split_is_complete(split));
}

TEST_F(Split, WhatIsWholeEndsAtTheFirstGap)
{
	make(500, 500 + 4 * mib, 4);
	EXPECT_EQ(split_whole(split), 500u);
	int second = split_claim(split);
	int third = split_claim(split);
	release(third, length((uint32_t)third));
	EXPECT_EQ(split_whole(split), 500u) << "of a part that is held nothing counts";
	release(0, mib);
	EXPECT_EQ(split_whole(split), 500 + mib);
	release(second, 17);
	EXPECT_EQ(split_whole(split), 500 + mib + 17);
	EXPECT_EQ(split_received(split), 2 * mib + 17);
	release(split_claim(split), length((uint32_t)second) - 17);
	EXPECT_EQ(split_whole(split), split->part[third].end);
	while ((second = split_claim(split)) >= 0)
		release(second, length((uint32_t)second));
	EXPECT_TRUE(split_is_complete(split));
	EXPECT_EQ(split_whole(split), split->end);
}

TEST_F(Split, TheFirstReasonToStopCountsAndNobodyJoinsAfterIt)
{
	struct pln_error error {
	};

	make(0, 100 * mib, 4);
	(void)fault_set(&error, CODE_WRITE, "the disk is full.");
	split_stop(split, CODE_WRITE, &error);
	split_stop(split, SPLIT_CHANGED, nullptr);
	EXPECT_EQ(split_stopped(split), CODE_WRITE);
	EXPECT_STREQ(split->error.text, "the disk is full.");
	EXPECT_FALSE(split_join(split, 0));
	EXPECT_EQ(split_workers(split), 0u);
}

TEST_F(Split, ThreadsFetchEachByteOnce)
{
	make(0, 512 * mib, 64);
	std::vector<std::atomic<int>> times(split->parts);
	std::vector<std::thread> threads;

	times[0] = 1;
	release(0, mib);
	for (int i = 0; i < 4; i++)
		threads.emplace_back([&, i] {
			int part;

			for (int n = 0; (part = split_claim(split)) >= 0; n++) {
				/* Now and then half of it, and another goes on. */
				uint64_t left = split->part[part].end - split->part[part].first -
				                split->part[part].got;
				uint64_t got = n % 3 == i % 3 ? (left + 1) / 2 : left;

				times[(size_t)part] += got == left;
				release(part, got);
			}
		});
	for (std::thread &thread : threads)
		thread.join();
	EXPECT_TRUE(split_is_complete(split));
	EXPECT_EQ(split_received(split), 512 * mib);
	for (const std::atomic<int> &n : times)
		EXPECT_EQ(n, 1);
}

TEST(ContentRangeRfc9110, ReadsWhatIsThereAndNothingElse)
{
	struct contentrange r;
	constexpr uint64_t none = UINT64_MAX;
	const struct {
		const char *value;
		uint64_t first, last, whole;
	} cases[] = {
		{ "bytes 0-99/200", 0, 99, 200 },
		{ "Bytes 5-5/6", 5, 5, 6 },
		{ "bytes */200", none, none, 200 },
		{ "bytes 0-99/*", 0, 99, none },
		{ "bytes 18446744073709551615-1/99999999999999999999999", none, 1, none },
		{ "bytes -1/3", none, 1, 3 },
		{ "items 0-1/2", none, none, none },
		{ "bytes 0-1", none, none, none },
		{ "bytes 0/1-2", none, none, 1 },
		{ "", none, none, none },
		{ nullptr, none, none, none },
	};

	for (const auto &c : cases) {
		contentrange_parse(c.value, &r);
		EXPECT_EQ(r.first, c.first) << c.value;
		EXPECT_EQ(r.last, c.last) << c.value;
		EXPECT_EQ(r.whole, c.whole) << c.value;
	}
}

} // namespace
