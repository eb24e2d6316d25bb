/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN cookies: what they keep, how long they are good, and that nobody else can make one. */
#include "tcp/ext/cookie.h"

#include <gtest/gtest.h>

namespace
{

struct Tuple {
	uint32_t src, dst;
	uint16_t sport, dport;
};

constexpr struct pln_siphash_key SECRET = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
constexpr Tuple FLOW = { 0x0a000001, 0x0a000002, 40000, 80 };
constexpr uint64_t PERIOD = PLN_COOKIE_PERIOD_NS;

class CookieRfc4987 : public ::testing::Test
{
      protected:
	struct pln_siphash_key key = pln_cookie_key(&SECRET);
	Tuple tuple = FLOW;
	uint32_t irs = 12345;
	uint64_t now = 100 * PERIOD;

	uint32_t
	make(const pln_cookie_syn &syn)
	{
		struct pln_cookie_flow flow = { &tuple, sizeof(tuple), irs, now };

		return pln_cookie_make(&key, &flow, &syn);
	}

	bool
	good(uint32_t cookie, pln_cookie_syn *syn)
	{
		struct pln_cookie_flow flow = { &tuple, sizeof(tuple), irs, now };

		return pln_cookie_check(&key, &flow, cookie, syn);
	}

	bool
	good(uint32_t cookie)
	{
		struct pln_cookie_syn syn = {};

		return good(cookie, &syn);
	}
};

} // namespace

TEST_F(CookieRfc4987, MssComesBackAndIsNeverMoreThanWasAnnounced)
{
	for (uint32_t mss = 48; mss <= 65535; mss++) {
		struct pln_cookie_syn syn = {}, back = {};

		syn.mss = uint16_t(mss);
		ASSERT_TRUE(good(make(syn), &back)) << mss;
		ASSERT_LE(back.mss, mss);
	}
	for (unsigned int usual : { 536, 1220, 1360, 1400, 1440, 1460, 8960 }) {
		struct pln_cookie_syn syn = {}, back = {};

		syn.mss = uint16_t(usual);
		ASSERT_TRUE(good(make(syn), &back));
		EXPECT_EQ(back.mss, usual);
	}
}

TEST_F(CookieRfc4987, WithoutAnMssTheDefaultIsKept)
{
	struct pln_cookie_syn syn = {}, back = {};

	ASSERT_TRUE(good(make(syn), &back));
	EXPECT_EQ(back.mss, 536);
}

TEST_F(CookieRfc4987, TimestampKeepsScaleSackAndEcn)
{
	for (unsigned int bits = 0; bits < 64; bits++) {
		struct pln_cookie_syn syn = {}, back = {};
		uint32_t clock = 0xffffffe0U + 3 * bits, cookie;

		syn.mss = 1460;
		syn.ts = true;
		syn.wscale = bits & 15;
		syn.sack = (bits & 16) != 0;
		syn.ecn = (bits & 32) != 0;
		cookie = make(syn);
		pln_cookie_take_ts(pln_cookie_tsval(clock, &syn), &back);
		EXPECT_EQ(back.wscale, syn.wscale);
		EXPECT_EQ(back.sack, syn.sack);
		EXPECT_EQ(back.ecn, syn.ecn);
		EXPECT_TRUE(good(cookie, &back));
		back.sack = !back.sack;
		EXPECT_FALSE(good(cookie, &back)) << "what the timestamp says is sealed too";
		EXPECT_FALSE(good(cookie)) << "and so is that there was one";
	}
}

TEST_F(CookieRfc4987, TimestampIsNeverAheadOfTheClockAndNeverRunsBack)
{
	for (unsigned int bits = 0; bits < 64; bits++) {
		struct pln_cookie_syn syn = {};
		uint32_t last = 0;

		pln_cookie_take_ts(bits, &syn);
		for (uint32_t i = 0; i < 300; i++) {
			uint32_t clock = 0xffffff80U + i, val = pln_cookie_tsval(clock, &syn);

			ASSERT_LT(clock - val, 64U);
			ASSERT_TRUE(i == 0 || pln_seq_geq(val, last));
			last = val;
		}
	}
}

TEST_F(CookieRfc4987, IsGoodForOneToTwoPeriods)
{
	struct pln_cookie_syn syn = {};
	uint32_t cookie;

	now = 100 * PERIOD;
	cookie = make(syn);
	now = 102 * PERIOD - 1;
	EXPECT_TRUE(good(cookie));
	now = 102 * PERIOD;
	EXPECT_FALSE(good(cookie));
	now = 99 * PERIOD;
	EXPECT_FALSE(good(cookie)) << "from the future";
	now = 101 * PERIOD - 1;
	cookie = make(syn);
	now += PERIOD;
	EXPECT_TRUE(good(cookie));
	now++;
	EXPECT_FALSE(good(cookie));
}

TEST_F(CookieRfc4987, BelongsToOneFlowOneSynAndOneStack)
{
	struct pln_cookie_syn syn = {};
	uint32_t cookie = make(syn);
	struct pln_siphash_key other = { SECRET.k0 + 1, SECRET.k1 };

	EXPECT_TRUE(good(cookie));
	tuple.sport++;
	EXPECT_FALSE(good(cookie));
	tuple = FLOW;
	tuple.dst++;
	EXPECT_FALSE(good(cookie));
	tuple = FLOW;
	irs++;
	EXPECT_FALSE(good(cookie));
	irs--;
	key = pln_cookie_key(&other);
	EXPECT_FALSE(good(cookie));
}

TEST_F(CookieRfc4987, AGuessIsRightOnceIn268Million)
{
	struct pln_cookie_syn syn = {};
	uint32_t cookie = make(syn);
	unsigned int hits = 0;

	for (uint32_t i = 1; i < 1000000; i++)
		hits += good(cookie + i) || good(i * 0x9e3779b1U) ? 1 : 0;
	EXPECT_LE(hits, 1U);
	for (unsigned int bit = 0; bit < 32; bit++)
		EXPECT_FALSE(good(cookie ^ (1U << bit))) << bit;
}
