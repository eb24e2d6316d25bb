/* SPDX-License-Identifier: BSD-3-Clause */
/* app/common/number: numbers that users type and read. */
#include "common/number.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

namespace
{

std::string
size(uint64_t bytes)
{
	char buf[32];

	return number_format_size(bytes, buf, sizeof(buf));
}

std::string
duration(uint64_t ns)
{
	char buf[32];

	return number_format_time(ns, buf, sizeof(buf));
}

TEST(Number, ParsesWithinBoundsAndNothingElse)
{
	uint64_t value = 7;

	EXPECT_EQ(number_parse("1500", 68, 65535, &value), 0);
	EXPECT_EQ(value, 1500u);
	for (const char *bad : { "", "-1", "+1", " 1", "1 ", "0x10", "1k", "ten" })
		EXPECT_EQ(number_parse(bad, 0, 100, &value), -EINVAL) << bad;
	EXPECT_EQ(number_parse("67", 68, 100, &value), -ERANGE);
	EXPECT_EQ(number_parse("101", 68, 100, &value), -ERANGE);
	EXPECT_EQ(number_parse("99999999999999999999", 0, UINT64_MAX, &value), -ERANGE);
	EXPECT_EQ(value, 1500u);
}

TEST(Number, ParsesSecondsWithAFraction)
{
	uint64_t ns = 0;

	EXPECT_EQ(number_parse_seconds("2", &ns), 0);
	EXPECT_EQ(ns, 2000000000u);
	EXPECT_EQ(number_parse_seconds("0.25", &ns), 0);
	EXPECT_EQ(ns, 250000000u);
	EXPECT_EQ(number_parse_seconds(".5", &ns), 0);
	EXPECT_EQ(ns, 500000000u);
	EXPECT_EQ(number_parse_seconds("1.0000000019", &ns), 0);
	EXPECT_EQ(ns, 1000000001u);
	for (const char *bad : { "", ".", "1.", "1.x", "x", "-1", "1,5" })
		EXPECT_EQ(number_parse_seconds(bad, &ns), -EINVAL) << bad;
	EXPECT_EQ(number_parse_seconds("4000000000", &ns), -ERANGE);
}

TEST(Number, FormatsSizesInThreeDigits)
{
	EXPECT_EQ(size(0), "0 B");
	EXPECT_EQ(size(999), "999 B");
	EXPECT_EQ(size(1000), "0.98 KiB");
	EXPECT_EQ(size(1024), "1.00 KiB");
	EXPECT_EQ(size(67108864), "64.0 MiB");
	EXPECT_EQ(size(UINT64_C(1) << 30), "1.00 GiB");
	EXPECT_EQ(size(500 * UINT64_C(1024)), "500 KiB");
	EXPECT_EQ(size(UINT64_MAX), "16.0 EiB");
}

TEST(Number, FormatsTimesShort)
{
	EXPECT_EQ(duration(0), "0s");
	EXPECT_EQ(duration(59 * PLN_NS_PER_S), "59s");
	EXPECT_EQ(duration(125 * PLN_NS_PER_S), "2m05s");
	EXPECT_EQ(duration(12000 * PLN_NS_PER_S), "3h20m");
	EXPECT_EQ(duration(10 * 24 * 3600 * PLN_NS_PER_S), "10d00h");
}

} // namespace
