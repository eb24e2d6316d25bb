/* SPDX-License-Identifier: BSD-3-Clause */
/* dev/tap: what it refuses before it asks the kernel for anything. Taps themselves are opened in tests/interop/share. */
#include "dev/tap.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

namespace
{

TEST(Tap, NamesThatAnInterfaceCanHave)
{
	pln_error error{};

	for (const char *name : { "kern0", "a", "fifteen_charact", "x.7", "t-0" })
		EXPECT_EQ(pln_tap_check_name(name, &error), 0) << name;
}

TEST(Tap, NamesThatNoneCanHave)
{
	for (const char *name :
	     { "", ".", "..", "sixteen_characte", "a b", "a/b", "tap%d", "a:1", "a\tb", "\x80" }) {
		pln_error error{};

		EXPECT_EQ(pln_tap_check_name(name, &error), -EINVAL) << name;
		EXPECT_NE(std::string(error.text).find("cannot be called"), std::string::npos);
	}
}

TEST(Tap, AnInterfaceThatIsNoTapIsRefused)
{
	pln_tap_config config{ "lo", { { 2, 0, 0, 0, 0, 1 } }, 1500 };
	pln_error error{};
	pln_tap tap;

	EXPECT_EQ(pln_tap_open(&tap, &config, &error), -EINVAL);
	EXPECT_NE(std::string(error.text).find("lo is no tap"), std::string::npos) << error.text;
	EXPECT_EQ(tap.fd, -1);
	pln_tap_close(&tap);
}

} // namespace
