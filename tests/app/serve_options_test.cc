/* SPDX-License-Identifier: BSD-3-Clause */
/* app/serve/{options,journal}: the command line; lines on their way into a file. */
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/spsc.h"
#include "serve/journal.h"
#include "serve/options.h"
#include "support/folder.h"

namespace
{

class ServeOptions : public testing::Test
{
      protected:
	~ServeOptions() override
	{
		serve_options_free(&options);
	}

	int
	parse(const std::vector<std::string> &words)
	{
		serve_options_free(&options);
		kept = { "pollen-serve" };
		kept.insert(kept.end(), words.begin(), words.end());
		argv.clear();
		for (std::string &word : kept)
			argv.push_back(word.data());
		argv.push_back(nullptr);
		error.text[0] = '\0';
		return serve_options_parse(&options, static_cast<int>(kept.size()), argv.data(),
		                           &error);
	}

	struct serve_options options = {};
	struct pln_error error = {};
	std::vector<std::string> kept;
	std::vector<char *> argv;
};

TEST_F(ServeOptions, AFolderIsServedOnPort80AndTheAddressIsAskedForInFull)
{
	ASSERT_EQ(parse({ "--root", "/srv", "--ip", "10.0.0.1/24" }), 0) << error.text;
	EXPECT_STREQ(options.root, "/srv");
	EXPECT_EQ(options.server.port[SERVER_HTTP], 80);
	EXPECT_EQ(options.server.port[SERVER_ECHO], 0);
	EXPECT_EQ(options.host.config.acd, PLN_HOST_ACD_FULL);
	EXPECT_GT(options.host.config.max_conns, options.server.max_clients);
	ASSERT_EQ(parse({ "--root", "/srv", "--acd", "off" }), 0);
	EXPECT_EQ(options.host.config.acd, PLN_HOST_ACD_OFF);
}

TEST_F(ServeOptions, EveryLcoreIsUsedAndSteeringIsNamed)
{
	ASSERT_EQ(parse({ "-r." }), 0);
	EXPECT_EQ(options.host.config.max_stacks, UINT32_MAX);
	EXPECT_EQ(options.host.config.steer, nullptr);
	for (const char *word : { "auto", "rss", "pair", "flow", "adopt", "software" }) {
		ASSERT_EQ(parse({ "-r.", "--steer", word }), 0) << word;
		EXPECT_STREQ(options.host.config.steer, word);
	}
	EXPECT_FALSE(options.host.config.no_probe);
	ASSERT_EQ(parse({ "-r.", "--no-probe" }), 0);
	EXPECT_TRUE(options.host.config.no_probe);
	EXPECT_EQ(parse({ "-r.", "--steer", "hash" }), -EINVAL);
	EXPECT_NE(std::string(error.text).find("it is one of auto, rss"), std::string::npos)
		<< error.text;
}

TEST_F(ServeOptions, EachNumberGoesToItsPlace)
{
	ASSERT_EQ(parse({ "-r.",
	                  "-p",
	                  "8080",
	                  "--cache=2M",
	                  "--fresh",
	                  "0",
	                  "--max-clients",
	                  "7",
	                  "--fastopen",
	                  "6",
	                  "--max-header",
	                  "4K",
	                  "--max-fields",
	                  "9",
	                  "--max-body",
	                  "0",
	                  "--header-timeout",
	                  "1.5",
	                  "--body-timeout",
	                  "2",
	                  "--idle-timeout",
	                  "3",
	                  "--write-timeout",
	                  "4",
	                  "--drain",
	                  "5",
	                  "--stats",
	                  "6",
	                  "--echo",
	                  "7",
	                  "--discard",
	                  "9",
	                  "--chargen",
	                  "19",
	                  "--access-log",
	                  "-" }),
	          0)
		<< error.text;
	const server_config &s = options.server;
	EXPECT_EQ(s.port[SERVER_HTTP], 8080);
	EXPECT_EQ(s.port[SERVER_ECHO], 7);
	EXPECT_EQ(s.port[SERVER_DISCARD], 9);
	EXPECT_EQ(s.port[SERVER_CHARGEN], 19);
	EXPECT_EQ(s.cache_bytes, 2u << 20);
	EXPECT_EQ(s.fresh_ns, 0u);
	EXPECT_EQ(s.max_clients, 7u);
	EXPECT_EQ(s.head.bytes, 4096u);
	EXPECT_EQ(s.head.fields, 9u);
	EXPECT_EQ(s.head.body, 0u);
	EXPECT_EQ(s.timer_ns[SERVER_TIMER_HEAD], 1500 * PLN_NS_PER_MS);
	EXPECT_EQ(s.timer_ns[SERVER_TIMER_BODY], 2 * PLN_NS_PER_S);
	EXPECT_EQ(s.timer_ns[SERVER_TIMER_IDLE], 3 * PLN_NS_PER_S);
	EXPECT_EQ(s.timer_ns[SERVER_TIMER_WRITE], 4 * PLN_NS_PER_S);
	EXPECT_EQ(options.drain_ns, 5 * PLN_NS_PER_S);
	EXPECT_EQ(options.stats_ns, 6 * PLN_NS_PER_S);
	EXPECT_STREQ(options.access_log, "-");
}

TEST_F(ServeOptions, WhatMakesNoSenseIsRefusedByName)
{
	const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
		{ {}, "there is nothing to serve" },
		{ { "folder" }, "'folder' is no option" },
		{ { "-r.", "-p", "0" }, "--port 0: give a number from 1 to 65535" },
		{ { "-r.", "-p", "80x" }, "--port 80x" },
		{ { "-r.", "--echo", "80" }, "port 80 is given to two services" },
		{ { "-r.", "--cache", "1K" }, "--cache 1K: give a size" },
		{ { "-r.", "--cache", "1024G" }, "more than this machine has" },
		{ { "-r.", "--drain", "soon" }, "--drain soon: give seconds" },
		{ { "-r.", "--max-clients", "0" }, "--max-clients 0" },
		{ { "-r.", "--frobnicate" }, "--frobnicate is not known" },
	};

	for (const auto &[words, sentence] : cases) {
		EXPECT_LT(parse(words), 0) << sentence;
		EXPECT_NE(std::string(error.text).find(sentence), std::string::npos) << error.text;
	}
}

TEST_F(ServeOptions, ServicesAloneNeedNoFolder)
{
	ASSERT_EQ(parse({ "--echo", "7" }), 0) << error.text;
	EXPECT_EQ(options.server.port[SERVER_HTTP], 0);
}

TEST_F(ServeOptions, AFileHasASectionForIt)
{
	Folder folder;

	folder.file("a.ini", "[host]\nip = 10.0.0.1/24\n[serve]\nroot = /srv\nmax-clients = "
	                     "5\n[ping]\ncount = 3\n");
	ASSERT_EQ(parse({ "-c", folder.at("a.ini") }), 0) << error.text;
	EXPECT_EQ(options.server.max_clients, 5u);
}

TEST(Journal, WritesWhatEachLaneWasGivenBehindWhatIsThere)
{
	Folder folder;
	struct journal *journal = nullptr;
	struct journal_entry entry = {};
	struct pln_error error;

	folder.file("log", "before\n");
	ASSERT_EQ(journal_create(folder.at("log").c_str(), &journal, &error), 0);
	ASSERT_EQ(journal_start(journal, 2, nullptr, &error), 0);
	entry.peer = pln_addr_ip4(10, 0, 0, 9);
	entry.status = 200;
	snprintf(entry.request, sizeof(entry.request), "GET /\n HTTP/1.1");
	for (unsigned int i = 0; i < 100; i++) {
		entry.bytes = i;
		ASSERT_TRUE(spsc_put(journal_lane(journal, i % 2), &entry));
	}
	EXPECT_EQ(journal_destroy(journal), 0);
	std::stringstream text;
	std::string line;
	text << std::ifstream(folder.at("log")).rdbuf();
	ASSERT_TRUE(std::getline(text, line));
	EXPECT_EQ(line, "before");
	unsigned int lines = 0;
	while (std::getline(text, line)) {
		EXPECT_EQ(line.rfind("10.0.0.9 - - [01/Jan/1970:00:00:00 +0000] \"GET /\\x0a "
		                     "HTTP/1.1\" 200 ",
		                     0),
		          0u)
			<< line;
		lines++;
	}
	EXPECT_EQ(lines, 100u);
}

TEST(Journal, TellsWhatCannotBeOpenedOrWritten)
{
	struct journal *journal = nullptr;
	struct journal_entry entry = {};
	struct pln_error error;

	EXPECT_EQ(journal_create("/nonexistent/log", &journal, &error), -ENOENT);
	EXPECT_NE(std::string(error.text).find("/nonexistent/log"), std::string::npos);
	ASSERT_EQ(journal_create("/dev/full", &journal, &error), 0);
	ASSERT_EQ(journal_start(journal, 1, nullptr, &error), 0);
	spsc_put(journal_lane(journal, 0), &entry);
	EXPECT_EQ(journal_destroy(journal), -ENOSPC);
}

TEST(Journal, NeedNotHaveStarted)
{
	Folder folder;
	struct journal *journal = nullptr;
	struct pln_error error;

	ASSERT_EQ(journal_create(folder.at("log").c_str(), &journal, &error), 0);
	EXPECT_EQ(journal_destroy(journal), 0);
	EXPECT_EQ(journal_destroy(nullptr), 0);
}

TEST(Spsc, KeepsOrderAndRefusesWhatDoesNotFit)
{
	struct spsc *ring = spsc_create(4, sizeof(int));
	int out = -1;

	EXPECT_FALSE(spsc_take(ring, &out));
	for (int lap = 0; lap < 3; lap++) {
		for (int i = 0; i < 4; i++) {
			int in = lap * 4 + i;

			EXPECT_TRUE(spsc_put(ring, &in));
		}
		EXPECT_FALSE(spsc_put(ring, &lap));
		for (int i = 0; i < 4; i++) {
			EXPECT_TRUE(spsc_take(ring, &out));
			EXPECT_EQ(out, lap * 4 + i);
		}
	}
	spsc_destroy(ring);
}

} // namespace
