/* SPDX-License-Identifier: BSD-3-Clause */
/* Timestamps: our clock, PAWS, TS.Recent and round trips by echo, with every wrap. */
#include "tcp/ext/ts.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t MS = PLN_NS_PER_MS;
constexpr uint64_t DAY = UINT64_C(86400) * PLN_NS_PER_S;

struct pln_ts
ts_of(uint32_t recent, uint64_t recent_ns, uint32_t last_ack_sent = 1000)
{
	struct pln_ts ts = {};

	ts.recent = recent;
	ts.recent_ns = recent_ns;
	ts.last_ack_sent = last_ack_sent;
	ts.on = true;
	return ts;
}

} // namespace

TEST(TsRfc7323, ClockTicksEachMillisecond)
{
	struct pln_ts ts = {};

	EXPECT_EQ(pln_ts_val(&ts, 0), 0U);
	EXPECT_EQ(pln_ts_val(&ts, MS - 1), 0U);
	EXPECT_EQ(pln_ts_val(&ts, MS), 1U);
	EXPECT_EQ(pln_ts_val(&ts, 12345 * MS + 999), 12345U);
}

TEST(TsRfc7323, OffsetShiftsTheClockAndWraps)
{
	struct pln_ts ts = {};

	ts.offset = 0xffffffff;
	EXPECT_EQ(pln_ts_val(&ts, 0), 0xffffffffU);
	EXPECT_EQ(pln_ts_val(&ts, MS), 0U);
	ts.offset = 5;
	EXPECT_EQ(pln_ts_val(&ts, (UINT64_C(1) << 32) * MS), 5U);
}

TEST(PawsRfc7323, OlderIsRejectedAndSameOrNewerIsNot)
{
	struct pln_ts ts = ts_of(500, 0);

	EXPECT_TRUE(pln_ts_paws_reject(&ts, 499, MS));
	EXPECT_TRUE(pln_ts_paws_reject(&ts, 0, MS));
	EXPECT_FALSE(pln_ts_paws_reject(&ts, 500, MS));
	EXPECT_FALSE(pln_ts_paws_reject(&ts, 501, MS));
}

TEST(PawsRfc7323, ComparesModulo)
{
	struct pln_ts before = ts_of(0xfffffff0, 0), after = ts_of(0x10, 0);

	EXPECT_FALSE(pln_ts_paws_reject(&before, 0x10, MS));
	EXPECT_TRUE(pln_ts_paws_reject(&after, 0xfffffff0, MS));
	EXPECT_FALSE(pln_ts_paws_reject(&after, 0x7fffffffU + 0x10, MS));
	EXPECT_TRUE(pln_ts_paws_reject(&after, 0x80000001U + 0x10, MS));
}

TEST(PawsRfc7323, RecentOlderThanTwentyFourDaysIsVoid)
{
	struct pln_ts ts = ts_of(500, 7 * MS);

	EXPECT_TRUE(pln_ts_paws_reject(&ts, 499, 7 * MS + 24 * DAY));
	EXPECT_FALSE(pln_ts_paws_reject(&ts, 499, 7 * MS + 24 * DAY + 1));
	EXPECT_FALSE(pln_ts_paws_reject(&ts, 499, 7 * MS + 25 * DAY));
}

TEST(TsRfc7323, RecentIsTakenFromTheSegmentThatSpansLastAckSent)
{
	struct pln_ts ts = ts_of(500, 0);

	pln_ts_update(&ts, 510, 1000, 3 * MS);
	EXPECT_EQ(ts.recent, 510U);
	EXPECT_EQ(ts.recent_ns, 3 * MS);
	pln_ts_update(&ts, 520, 999, 4 * MS);
	EXPECT_EQ(ts.recent, 520U);
}

TEST(TsRfc7323, SegmentBeyondLastAckSentIsIgnored)
{
	struct pln_ts ts = ts_of(500, 0);

	pln_ts_update(&ts, 510, 1001, 3 * MS);
	EXPECT_EQ(ts.recent, 500U);
	EXPECT_EQ(ts.recent_ns, 0U);
}

TEST(TsRfc7323, DelayedAckEchoesTheEarliestSegment)
{
	struct pln_ts ts = ts_of(500, 0, 1000);

	pln_ts_update(&ts, 501, 1000, MS);     /* first of two, not acknowledged yet */
	pln_ts_update(&ts, 502, 2000, 2 * MS); /* second */
	EXPECT_EQ(ts.recent, 501U);
	ts.last_ack_sent = 3000;
	pln_ts_update(&ts, 503, 3000, 3 * MS);
	EXPECT_EQ(ts.recent, 503U);
}

TEST(TsRfc7323, SegmentThatFillsTheGapIsEchoed)
{
	struct pln_ts ts = ts_of(500, 0, 1000);

	pln_ts_update(&ts, 502, 2000, 2 * MS); /* out of order */
	EXPECT_EQ(ts.recent, 500U);
	pln_ts_update(&ts, 503, 1000, 3 * MS); /* the hole, sent later */
	EXPECT_EQ(ts.recent, 503U);
}

TEST(TsRfc7323, OlderValueIsIgnored)
{
	struct pln_ts ts = ts_of(500, 0);

	pln_ts_update(&ts, 499, 1000, 3 * MS);
	EXPECT_EQ(ts.recent, 500U);
}

TEST(TsRfc7323, SameValueRenewsItsAge)
{
	struct pln_ts ts = ts_of(500, 0);

	pln_ts_update(&ts, 500, 1000, 20 * DAY);
	EXPECT_EQ(ts.recent_ns, 20 * DAY);
	EXPECT_TRUE(pln_ts_paws_reject(&ts, 499, 40 * DAY));
}

TEST(TsRfc7323, VoidRecentIsReplacedByWhateverComes)
{
	struct pln_ts ts = ts_of(500, 0);

	pln_ts_update(&ts, 3, 1000, 25 * DAY);
	EXPECT_EQ(ts.recent, 3U);
	EXPECT_EQ(ts.recent_ns, 25 * DAY);
}

TEST(TsRfc7323, UpdateComparesAcrossBothWraps)
{
	struct pln_ts ts = ts_of(0xffffffff, 0, 5);

	pln_ts_update(&ts, 1, 0xfffffffe, MS);
	EXPECT_EQ(ts.recent, 1U);
	pln_ts_update(&ts, 2, 6, MS);
	EXPECT_EQ(ts.recent, 1U);
}

TEST(TsRfc7323, EchoGivesTheRoundTrip)
{
	struct pln_ts ts = {};

	ts.offset = 0xdeadbeef;
	uint32_t sent = pln_ts_val(&ts, 100 * MS);

	EXPECT_EQ(pln_ts_rtt(&ts, sent, 150 * MS), 50 * MS);
}

TEST(TsRfc7323, RoundTripIsNeverTooShortAndAtMostATickTooLong)
{
	struct pln_ts ts = {};

	ts.offset = 77;
	for (uint64_t at = 5 * MS; at < 8 * MS; at += 130001) {
		for (uint64_t rtt = 1; rtt < 5 * MS; rtt += 170003) {
			uint64_t seen = pln_ts_rtt(&ts, pln_ts_val(&ts, at), at + rtt);

			ASSERT_GE(seen, rtt);
			ASSERT_LT(seen, rtt + MS);
		}
	}
}

TEST(TsRfc7323, RoundTripOfNoTimeIsStillASample)
{
	struct pln_ts ts = {};

	EXPECT_EQ(pln_ts_rtt(&ts, pln_ts_val(&ts, 5 * MS), 5 * MS), 1U);
}

TEST(TsRfc7323, EchoThatMakesNoSenseIsNoSample)
{
	struct pln_ts ts = {};

	EXPECT_EQ(pln_ts_rtt(&ts, 0, 100 * MS), 0U);
	EXPECT_EQ(pln_ts_rtt(&ts, 101, 100 * MS), 0U);        /* future */
	EXPECT_EQ(pln_ts_rtt(&ts, 0x80000064, 100 * MS), 0U); /* half way round */
	ts.offset = 1000;
	EXPECT_EQ(pln_ts_rtt(&ts, 999, 100 * MS), 0U); /* before the clock began */
	EXPECT_EQ(pln_ts_rtt(&ts, 1000, 100 * MS), 100 * MS);
}

TEST(TsRfc7323, EchoIsReadAcrossTheWrapOfTheClock)
{
	struct pln_ts ts = {};

	ts.offset = 0U - 50;
	EXPECT_EQ(pln_ts_rtt(&ts, pln_ts_val(&ts, 20 * MS), 120 * MS), 100 * MS);
	EXPECT_EQ(pln_ts_rtt(&ts, pln_ts_val(&ts, 100 * DAY), 100 * DAY + 7 * MS), 7 * MS);
}
