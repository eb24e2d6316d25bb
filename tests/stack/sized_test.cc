/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/sized.h"

#include <gtest/gtest.h>

namespace
{

struct Old {
	size_t size;
	uint32_t first;
};

struct New {
	size_t size;
	uint32_t first;
	uint32_t second;
	uint64_t third;
};

TEST(SizedTake, GivesAnOlderProgramDefaultsForWhatItDoesNotKnow)
{
	Old old = { sizeof(old), 7 };
	New out;

	memset(&out, 0xff, sizeof(out));
	EXPECT_EQ(pln_sized_take(&out, sizeof(out), &old), 0);
	EXPECT_EQ(out.size, sizeof(out));
	EXPECT_EQ(out.first, 7u);
	EXPECT_EQ(out.third, 0u);
}

TEST(SizedTake, TakesANewerProgramThatAsksForNothingNew)
{
	New in = { sizeof(in), 7, 0, 0 };
	Old out;

	EXPECT_EQ(pln_sized_take(&out, sizeof(out), &in), 0);
	EXPECT_EQ(out.first, 7u);
	EXPECT_EQ(out.size, sizeof(out));
}

TEST(SizedTake, RefusesANewerProgramThatAsksForSomethingNew)
{
	New in = { sizeof(in), 7, 0, 1 };
	Old out = { 99, 99 };

	EXPECT_EQ(pln_sized_take(&out, sizeof(out), &in), -EINVAL);
	EXPECT_EQ(out.first, 99u);
}

TEST(SizedTake, RefusesAForgottenSizeAndNull)
{
	New in = { 0, 7, 0, 0 };
	New out;

	EXPECT_EQ(pln_sized_take(&out, sizeof(out), &in), -EINVAL);
	EXPECT_EQ(pln_sized_take(&out, sizeof(out), nullptr), -EINVAL);
}

TEST(SizedGive, WritesNoByteBehindTheCallersStruct)
{
	New full = { sizeof(full), 1, 2, 3 };
	struct {
		Old old;
		uint64_t guard;
	} caller = { { sizeof(Old), 0 }, 0x5555555555555555 };

	EXPECT_EQ(pln_sized_give(&caller.old, &full, sizeof(full)), 0);
	EXPECT_EQ(caller.old.size, sizeof(Old));
	EXPECT_EQ(caller.old.first, 1u);
	EXPECT_EQ(caller.guard, 0x5555555555555555u);
}

TEST(SizedGive, ZeroesWhatALongerStructHasBeyondOurs)
{
	Old full = { sizeof(full), 1 };
	New caller = { sizeof(caller), 9, 9, 9 };

	EXPECT_EQ(pln_sized_give(&caller, &full, sizeof(full)), 0);
	EXPECT_EQ(caller.size, sizeof(caller));
	EXPECT_EQ(caller.first, 1u);
	EXPECT_EQ(caller.third, 0u);
}

} // namespace
