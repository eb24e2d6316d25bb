/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/eal_log.h"

#include <string>

#include <gtest/gtest.h>

namespace
{

void
say(pln_eal_log *log, const std::string &line)
{
	pln_eal_log_remember(log, line.c_str(), line.size());
}

std::string
quote(pln_eal_log *log, unsigned int max)
{
	char buf[1024];

	pln_eal_log_quote(log, max, buf, sizeof(buf));
	return buf;
}

} // namespace

TEST(EalLog, LastLinesAreQuotedOldestFirst)
{
	pln_eal_log log = {};

	EXPECT_EQ(quote(&log, 3), "");
	say(&log, "one\n");
	say(&log, "two\n");
	say(&log, "three\n");
	EXPECT_EQ(quote(&log, 2), "two; three");
	EXPECT_EQ(quote(&log, 9), "one; two; three");
}

TEST(EalLog, HarmlessAndRepeatedLinesAreNotRemembered)
{
	pln_eal_log log = {};

	say(&log, "tap_mp_req_on_rxtx(): Failed to send start req to secondary 95\n");
	say(&log, "same\n");
	say(&log, "same\n");
	say(&log, "\n");
	EXPECT_EQ(quote(&log, 9), "same");
}

TEST(EalLog, OldLinesGiveWayAndLongOnesAreCut)
{
	pln_eal_log log = {};
	char buf[64];

	for (int i = 0; i < 100; i++)
		say(&log, "line " + std::to_string(i));
	EXPECT_EQ(quote(&log, 1), "line 99");
	EXPECT_EQ(quote(&log, 1000).find("line 84; line 85"), 0U);
	say(&log, std::string(5000, 'x'));
	EXPECT_EQ(quote(&log, 1), std::string(PLN_EAL_LOG_LINE_LEN - 1, 'x'));
	EXPECT_EQ(pln_eal_log_quote(&log, 1, buf, sizeof(buf)), sizeof(buf) - 1);
}
