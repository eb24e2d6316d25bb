/* SPDX-License-Identifier: BSD-3-Clause */
/* The search for a path's MTU: which size is tried next, what arrivals and losses make of it, when it is over. */
#include "tcp/snd/plpmtu.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MINUTE = 60 * PLN_NS_PER_S;

class PlpmtuRfc4821 : public ::testing::Test
{
      protected:
	PlpmtuRfc4821()
	{
		p_.interval_ns = 10 * MINUTE;
		pln_plpmtu_begin(&p_, 1024, 1500, now_);
	}

	uint16_t
	next(uint16_t most = 1500)
	{
		return pln_plpmtu_next(&p_, most, now_);
	}

	/* The next probe leaves, on a path that carries `carries` bytes. Returns its size. */
	uint16_t
	probe(uint16_t carries, uint16_t most = 1500)
	{
		uint16_t size = next(most);

		if (size == 0)
			return 0;
		pln_plpmtu_sent(&p_, size);
		EXPECT_EQ(next(most), 0) << "one at a time";
		if (size <= carries)
			pln_plpmtu_arrived(&p_, now_);
		else
			pln_plpmtu_lost(&p_, now_);
		return size;
	}

	struct pln_plpmtu p_ = {};
	uint64_t now_ = 100 * PLN_NS_PER_S;
};

TEST_F(PlpmtuRfc4821, LargestIsTriedFirst)
{
	EXPECT_EQ(probe(1500), 1500);
	EXPECT_EQ(p_.low, 1500);
	EXPECT_TRUE(p_.over);
	EXPECT_EQ(next(), 0);
}

TEST_F(PlpmtuRfc4821, EachSizeIsTriedTwice)
{
	EXPECT_EQ(probe(0), 1500);
	EXPECT_EQ(probe(0), 1500);
	EXPECT_LT(next(), 1500);
	EXPECT_EQ(p_.high, 1499);
	EXPECT_EQ(p_.low, 1024);
}

TEST_F(PlpmtuRfc4821, FindsEveryMtuToAFewBytesInAFewProbes)
{
	for (uint16_t carries = 1024; carries <= 1500; carries++) {
		int probes = 0;

		pln_plpmtu_begin(&p_, 1024, 1500, now_);
		while (probe(carries) != 0)
			ASSERT_LT(probes++, 16) << carries;
		EXPECT_LE(p_.low, carries);
		EXPECT_GT(p_.low + 16, carries);
		EXPECT_TRUE(p_.over);
	}
}

TEST_F(PlpmtuRfc4821, FindsJumboFramesToo)
{
	pln_plpmtu_begin(&p_, 1024, 9000, now_);
	while (probe(4352, 9000) != 0) {
	}
	EXPECT_LE(p_.low, 4352);
	EXPECT_GT(p_.low + 16, 4352);
}

TEST_F(PlpmtuRfc4821, TenMinutesLaterMoreIsTried)
{
	while (probe(1200) != 0) {
	}
	now_ += 10 * MINUTE - 1;
	EXPECT_EQ(next(), 0);
	now_ += 1;
	EXPECT_EQ(next(), 1500);
	EXPECT_EQ(probe(1500), 1500);
	EXPECT_EQ(p_.low, 1500);
	now_ += 20 * MINUTE;
	EXPECT_EQ(next(), 0) << "there is nothing above";
	EXPECT_EQ(next(9000), 0) << "and what there is now is found when the time has come";
	now_ += 10 * MINUTE;
	EXPECT_EQ(next(9000), 9000);
}

TEST_F(PlpmtuRfc4821, NobodyKnowsChangesNothing)
{
	pln_plpmtu_sent(&p_, next());
	pln_plpmtu_unknown(&p_);
	EXPECT_EQ(next(), 1500);
	EXPECT_EQ(p_.low, 1024);
	EXPECT_EQ(p_.high, 1500);
}

TEST_F(PlpmtuRfc4821, WordOfARouterIsTriedNext)
{
	pln_plpmtu_sent(&p_, next());
	pln_plpmtu_limit(&p_, 1400, now_);
	EXPECT_EQ(p_.size, 1500) << "it is on its way";
	pln_plpmtu_lost(&p_, now_);
	EXPECT_EQ(p_.low, 1024);
	EXPECT_EQ(probe(1400), 1400) << "not a second time what is known to be too large";
	EXPECT_TRUE(p_.over);
}

TEST_F(PlpmtuRfc4821, WordOfARouterBelowWhatCarriedDataLowersIt)
{
	probe(1500);
	pln_plpmtu_limit(&p_, 900, now_);
	EXPECT_EQ(p_.low, 900);
	EXPECT_EQ(next(), 0);
	now_ += 10 * MINUTE;
	EXPECT_EQ(next(), 1500);
	pln_plpmtu_limit(&p_, 1600, now_);
	EXPECT_EQ(next(), 1500) << "nothing is raised by a word";
}

TEST_F(PlpmtuRfc4821, NoMoreThanThePeerTakesIsTried)
{
	EXPECT_EQ(next(1300), 1300);
	EXPECT_EQ(next(1024), 0);
	EXPECT_EQ(next(600), 0);
}

TEST_F(PlpmtuRfc4821, WithoutASearchNothingIsTried)
{
	p_ = {};
	EXPECT_EQ(next(), 0);
	pln_plpmtu_limit(&p_, 100, now_);
	EXPECT_EQ(p_.low, 0);
}

} // namespace
