/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep-alive: defaults, when probes are due, when the peer is given up, and jumps of the clock. */
#include "tcp/ext/keepalive.h"

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t S = PLN_NS_PER_S;

struct pln_keepalive
keepalive_of(uint64_t idle_s, uint64_t interval_s, uint8_t count)
{
	struct pln_keepalive ka;

	pln_keepalive_init(&ka);
	ka.idle_ns = idle_s * S;
	ka.interval_ns = interval_s * S;
	ka.count = count;
	ka.on = true;
	return ka;
}

} // namespace

TEST(KeepaliveRfc9293, IsOffByDefaultWithTwoHours)
{
	struct pln_keepalive ka;

	pln_keepalive_init(&ka);
	EXPECT_FALSE(ka.on);
	EXPECT_EQ(ka.idle_ns, 7200 * S);
	EXPECT_EQ(ka.interval_ns, 75 * S);
	EXPECT_EQ(ka.count, 9U);
	EXPECT_EQ(pln_keepalive_deadline(&ka, 0), PLN_NEVER);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, PLN_NEVER - 1), PLN_KEEPALIVE_WAIT);
	EXPECT_EQ(ka.sent, 0U);
}

TEST(KeepaliveRfc9293, FirstProbeIsDueWhenThePeerWasSilentForTheIdleTime)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	EXPECT_EQ(pln_keepalive_deadline(&ka, 5 * S), 105 * S);
	EXPECT_EQ(pln_keepalive_due(&ka, 5 * S, 105 * S - 1), PLN_KEEPALIVE_WAIT);
	EXPECT_EQ(pln_keepalive_due(&ka, 5 * S, 105 * S), PLN_KEEPALIVE_PROBE);
	EXPECT_EQ(ka.sent, 1U);
}

TEST(KeepaliveRfc9293, GivesUpAfterSeveralProbesAndOneMoreInterval)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	for (uint64_t at : { 100, 110, 120 }) {
		EXPECT_EQ(pln_keepalive_deadline(&ka, 0), at * S);
		EXPECT_EQ(pln_keepalive_due(&ka, 0, at * S), PLN_KEEPALIVE_PROBE);
		EXPECT_EQ(pln_keepalive_due(&ka, 0, at * S), PLN_KEEPALIVE_WAIT);
	}
	EXPECT_EQ(pln_keepalive_deadline(&ka, 0), 130 * S);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, 130 * S - 1), PLN_KEEPALIVE_WAIT);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, 130 * S), PLN_KEEPALIVE_GIVE_UP);
}

TEST(KeepaliveRfc9293, AnswerStartsOver)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	pln_keepalive_due(&ka, 0, 100 * S);
	pln_keepalive_due(&ka, 0, 110 * S);
	pln_keepalive_heard(&ka);

	EXPECT_EQ(ka.sent, 0U);
	EXPECT_EQ(pln_keepalive_deadline(&ka, 111 * S), 211 * S);
	EXPECT_EQ(pln_keepalive_due(&ka, 111 * S, 211 * S), PLN_KEEPALIVE_PROBE);
}

TEST(KeepaliveRfc9293, DataMovesTheDeadline)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	EXPECT_EQ(pln_keepalive_due(&ka, 90 * S, 100 * S), PLN_KEEPALIVE_WAIT);
	EXPECT_EQ(pln_keepalive_deadline(&ka, 90 * S), 190 * S);
}

TEST(KeepaliveRfc9293, JumpOfTheClockMakesOneProbe)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	EXPECT_EQ(pln_keepalive_due(&ka, 0, 86400 * S), PLN_KEEPALIVE_PROBE);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, 86400 * S), PLN_KEEPALIVE_WAIT);
	EXPECT_EQ(pln_keepalive_deadline(&ka, 0), 86410 * S);
}

TEST(KeepaliveRfc9293, NoPeerIsGivenUpWithoutAProbe)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 0);

	EXPECT_EQ(pln_keepalive_due(&ka, 0, 100 * S), PLN_KEEPALIVE_PROBE);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, 110 * S), PLN_KEEPALIVE_GIVE_UP);
}

TEST(KeepaliveRfc9293, TurningItOffSilencesIt)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	pln_keepalive_due(&ka, 0, 100 * S);
	ka.on = false;
	EXPECT_EQ(pln_keepalive_deadline(&ka, 0), PLN_NEVER);
	EXPECT_EQ(pln_keepalive_due(&ka, 0, 1000 * S), PLN_KEEPALIVE_WAIT);
}

TEST(KeepaliveRfc9293, EndlessIntervalsNeverComeDue)
{
	struct pln_keepalive ka = keepalive_of(100, 10, 3);

	ka.idle_ns = PLN_NEVER;
	EXPECT_EQ(pln_keepalive_deadline(&ka, 5 * S), PLN_NEVER);
	EXPECT_EQ(pln_keepalive_due(&ka, 5 * S, PLN_NEVER), PLN_KEEPALIVE_WAIT);
	ka.idle_ns = 1;
	EXPECT_EQ(pln_keepalive_deadline(&ka, PLN_NEVER - 1), PLN_NEVER);
}

TEST(KeepaliveRfc9293, LargestCountIsReached)
{
	struct pln_keepalive ka = keepalive_of(1, 1, UINT8_MAX);
	uint64_t now = 1;
	unsigned int probes = 0;

	for (; pln_keepalive_due(&ka, 0, now * S) == PLN_KEEPALIVE_PROBE; now++)
		probes++;
	EXPECT_EQ(probes, 255U);
}
