/* SPDX-License-Identifier: BSD-3-Clause */
/* app/common/words: a line into words as a shell would. */
#include "common/words.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

std::vector<std::string>
split(const char *text)
{
	char **words = nullptr;
	int count = words_split(text, &words);
	std::vector<std::string> out;

	EXPECT_GE(count, 0);
	for (int i = 0; i < count; i++)
		out.emplace_back(words[i]);
	EXPECT_EQ(words[count], nullptr);
	free(words);
	return out;
}

using Words = std::vector<std::string>;

TEST(Words, SplitsAtBlanksOfAnyKind)
{
	EXPECT_EQ(split("  -l 1\t--no-pci \n"), (Words{ "-l", "1", "--no-pci" }));
	EXPECT_EQ(split(""), Words{});
	EXPECT_EQ(split("a"), Words{ "a" });
	EXPECT_EQ(split("a b"), (Words{ "a", "b" }));
}

TEST(Words, QuotesAndBackslashKeepBlanks)
{
	EXPECT_EQ(split("'a b' \"c d\" e\\ f"), (Words{ "a b", "c d", "e f" }));
	EXPECT_EQ(split("--vdev='net_tap0,iface=x y'"), Words{ "--vdev=net_tap0,iface=x y" });
	EXPECT_EQ(split("'a\\b' \"a\\\"b\""), (Words{ "a\\b", "a\"b" }));
	EXPECT_EQ(split("'' \"\""), (Words{ "", "" }));
}

TEST(Words, RefusesAQuoteThatIsNotClosed)
{
	char **words = nullptr;

	EXPECT_EQ(words_split("a 'b", &words), -EINVAL);
	EXPECT_EQ(words_split("\"", &words), -EINVAL);
	EXPECT_EQ(words, nullptr);
}

} // namespace
