/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/console: one thread speaks; the words of others come whole, in their order, and none is lost. */
#include "fetch/console.h"

#include <atomic>
#include <cstdio>
#include <sched.h>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "app/printed.h"

namespace
{

class Console : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		out = tmpfile();
		ASSERT_NE(out, nullptr);
		meter_init(&meter, nullptr);
		console_init(&speaker, &meter);
		ASSERT_EQ(console_init_remote(&remote), 0);
	}
	void
	TearDown() override
	{
		console_free(&remote);
		console_free(&speaker);
		fclose(out);
	}
	void
	put(struct console *console, const std::string &line)
	{
		struct text text = {};

		text_puts(&text, line.c_str());
		console_put(console, out, &text);
		text_free(&text);
	}
	std::string
	said()
	{
		return printed_to(out);
	}

	FILE *out = nullptr;
	struct meter meter {
	};
	struct console speaker {
	};
	struct console remote {
	};
};

TEST_F(Console, TheOneThatSpeaksSaysItAtOnceOthersWhenAsked)
{
	put(&speaker, "a\n");
	put(&remote, "b\n");
	EXPECT_EQ(said(), "a\n");
	EXPECT_TRUE(console_pull(&speaker, &remote));
	EXPECT_FALSE(console_pull(&speaker, &remote));
	EXPECT_EQ(said(), "a\nb\n");
}

TEST_F(Console, NothingIsLostWhenTheRingIsFull)
{
	std::string expected;

	for (int i = 0; i < 1000; i++) {
		put(&remote, std::to_string(i) + "\n");
		expected += std::to_string(i) + "\n";
	}
	EXPECT_FALSE(console_push(&remote));
	EXPECT_TRUE(console_pull(&speaker, &remote));
	console_drain(&speaker, &remote);
	EXPECT_EQ(said(), expected);
	EXPECT_TRUE(console_push(&remote));
}

TEST_F(Console, WhatWasNeverSaidIsFreed)
{
	for (int i = 0; i < 1000; i++)
		put(&remote, "never said\n");
	/* TearDown frees; the address sanitizer watches. */
	EXPECT_EQ(said(), "");
}

TEST_F(Console, TwoThreadsKeepOrder)
{
	constexpr int lines = 20000;
	std::atomic<bool> is_over = false;
	std::string expected;

	std::thread other([&] {
		for (int i = 0; i < lines; i++)
			put(&remote, std::to_string(i) + "\n");
		while (!console_push(&remote))
			sched_yield();
		is_over = true;
	});
	for (bool was_over = false; !was_over;) {
		was_over = is_over;
		if (!console_pull(&speaker, &remote))
			sched_yield();
	}
	other.join();
	for (int i = 0; i < lines; i++)
		expected += std::to_string(i) + "\n";
	EXPECT_EQ(said(), expected);
}

} // namespace
