/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/meter: how far, how fast, how long still. Time is the test's. */
#include "fetch/meter.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "app/printed.h"

namespace
{

constexpr uint64_t second = PLN_NS_PER_S;
constexpr uint64_t mib = 1024 * 1024;

class Meter : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		out = tmpfile();
		ASSERT_NE(out, nullptr);
		meter_init(&meter, out);
		meter_start(&meter, 0, 0);
	}
	void
	TearDown() override
	{
		fclose(out);
	}
	std::string
	line(uint64_t now, uint64_t bytes, uint64_t total)
	{
		char buf[256];

		const struct meter_sample at = { now, bytes };

		meter_format(&meter, &at, total, buf, sizeof(buf));
		return buf;
	}
	std::string
	printed()
	{
		return printed_to(out);
	}

	FILE *out = nullptr;
	struct meter meter {
	};
};

TEST_F(Meter, SaysPercentageSizeRatesAndRemainingTime)
{
	EXPECT_EQ(line(second, 16 * mib, 64 * mib),
	          " 25% 16.0 MiB of 64.0 MiB  16.0 MiB/s  avg 16.0 MiB/s  ETA 3s");
	EXPECT_EQ(line(4 * second, 64 * mib, 64 * mib),
	          "100% 64.0 MiB of 64.0 MiB  16.0 MiB/s  avg 16.0 MiB/s  in 4s");
}

TEST_F(Meter, WithoutASizeItSaysWhatItKnows)
{
	EXPECT_EQ(line(second, 1024, UINT64_MAX), "  1.00 KiB    1.00 KiB/s  avg   1.00 KiB/s");
}

TEST_F(Meter, SeveralTransfersAreCounted)
{
	(void)snprintf(meter.note, sizeof(meter.note), "3 of 20 done, 5 live  ");
	EXPECT_EQ(line(second, 16 * mib, 64 * mib),
	          " 25% 16.0 MiB of 64.0 MiB  3 of 20 done, 5 live  16.0 MiB/s  avg 16.0 MiB/s  "
	          "ETA 3s");
	EXPECT_NE(line(second, 1024, UINT64_MAX).find("KiB  3 of 20 done, 5 live  "),
	          std::string::npos);
}

TEST_F(Meter, NothingYetHasNoRemainingTime)
{
	EXPECT_EQ(line(0, 0, 64 * mib), "  0% 0 B of 64.0 MiB  0 B/s  avg 0 B/s  ETA --");
	EXPECT_NE(line(0, 0, 0).find("100%"), std::string::npos);
}

TEST_F(Meter, AResumedTransferCountsWhatWasThereButNotInItsRate)
{
	meter_start(&meter, 0, 32 * mib);
	EXPECT_EQ(line(second, 16 * mib, 32 * mib),
	          " 75% 48.0 MiB of 64.0 MiB  16.0 MiB/s  avg 16.0 MiB/s  ETA 1s");
}

TEST_F(Meter, WithoutATerminalALineEveryThreeSeconds)
{
	for (uint64_t ms = 0; ms <= 10000; ms += 10)
		meter_update(&meter, ms * PLN_NS_PER_MS, ms * 1000, 20000000);
	std::string text = printed();
	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
	EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST_F(Meter, OnATerminalAtMostTenDrawsASecondInOneLine)
{
	meter.is_terminal = true;
	meter_start(&meter, 0, 0);
	for (uint64_t ms = 1; ms <= 1000; ms++)
		meter_update(&meter, ms * PLN_NS_PER_MS, ms * 1000, 2000000);
	meter_end(&meter, second, 2000000, 2000000);
	std::string text = printed();
	EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 11) << text;
	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(Meter, TheCurrentRateForgetsWhatIsLongAgo)
{
	meter.is_terminal = true;
	meter.width = 60;
	/* Ten fast seconds, then ten slow ones. */
	uint64_t bytes = 0;
	for (uint64_t ms = 1; ms <= 20000; ms++) {
		bytes += ms <= 10000 ? 10000 : 100;
		meter_update(&meter, ms * PLN_NS_PER_MS, bytes, UINT64_C(1) << 40);
	}
	std::string now = line(20 * second, bytes, UINT64_MAX);
	EXPECT_NE(now.find("97.7 KiB/s  avg"), std::string::npos) << now;
	EXPECT_NE(now.find("avg   4.82 MiB/s"), std::string::npos) << now;
}

TEST_F(Meter, AWideTerminalHasABarAndANarrowOneIsNotOverrun)
{
	meter.is_terminal = true;
	meter.width = 120;
	EXPECT_NE(line(second, 32 * mib, 64 * mib).find("[====================>"),
	          std::string::npos);
	EXPECT_LT(line(second, 32 * mib, 64 * mib).size(), 120u);
	meter.width = 20;
	meter_end(&meter, second, 32 * mib, 64 * mib);
	std::string text = printed();
	EXPECT_LE(text.find("\033[K"), 20u) << text;
}

TEST_F(Meter, SilentPrintsNothing)
{
	struct meter silent;

	meter_init(&silent, nullptr);
	meter_start(&silent, 0, 0);
	meter_update(&silent, 100 * second, 1, 2);
	meter_end(&silent, 100 * second, 2, 2);
	meter_hide(&silent);
}

TEST_F(Meter, HidingMakesRoomForAnotherLine)
{
	meter.is_terminal = true;
	meter_start(&meter, 0, 0);
	meter_update(&meter, second, 1, 2);
	meter_hide(&meter);
	meter_hide(&meter);
	std::string text = printed();
	EXPECT_EQ(text.substr(text.size() - 4), "\r\033[K");
	EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 2);
}

} // namespace
