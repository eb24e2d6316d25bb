/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/relax.h"

#include <random>

#include <gtest/gtest.h>

#include "base/wheel.h"

namespace
{

constexpr pln_relax_rule vdev = { PLN_HOST_POLL_ADAPTIVE, false, true, false };
constexpr pln_relax_rule nic = { PLN_HOST_POLL_ADAPTIVE, false, false, false };
constexpr pln_relax_rule woken = { PLN_HOST_POLL_ADAPTIVE, true, true, false };
constexpr pln_relax_rule interrupt = { PLN_HOST_POLL_INTERRUPT, true, false, false };
constexpr pln_relax_rule busy = { PLN_HOST_POLL_BUSY, false, false, false };
constexpr pln_relax_rule busy_vdev = { PLN_HOST_POLL_BUSY, false, true, false };
constexpr pln_relax_rule busy_crowd = { PLN_HOST_POLL_BUSY, false, false, true };

pln_relax
what(const pln_relax_rule &rule, unsigned int idle, uint64_t now = 0, uint64_t next = PLN_NEVER)
{
	return pln_relax_choose(&rule, idle, now, next).what;
}

} // namespace

TEST(Relax, BusyTurnsNeverPause)
{
	for (const pln_relax_rule &rule :
	     { vdev, nic, woken, interrupt, busy, busy_vdev, busy_crowd }) {
		EXPECT_EQ(what(rule, 0), PLN_RELAX_SPIN);
		EXPECT_EQ(what(rule, 1), PLN_RELAX_SPIN);
	}
}

TEST(Relax, LadderOnlyGoesDown)
{
	for (const pln_relax_rule &rule : { vdev, nic, woken, interrupt }) {
		int last = PLN_RELAX_SPIN;

		for (unsigned int idle = 0; idle < 100000; idle++) {
			EXPECT_GE(what(rule, idle), last);
			last = what(rule, idle);
		}
		EXPECT_EQ(last, PLN_RELAX_SLEEP);
	}
}

TEST(Relax, PeerOnThisMachineGetsTheProcessorSooner)
{
	EXPECT_EQ(what(vdev, 100), PLN_RELAX_YIELD);
	EXPECT_EQ(what(nic, 100), PLN_RELAX_PAUSE);
}

TEST(Relax, BusyPollingNeverSleepsAndYieldsOnlyWhereAnotherNeedsTheProcessor)
{
	EXPECT_EQ(what(busy, UINT32_MAX), PLN_RELAX_PAUSE);
	EXPECT_EQ(what(busy_vdev, UINT32_MAX), PLN_RELAX_YIELD);
	EXPECT_EQ(what(busy_crowd, 100), PLN_RELAX_YIELD);
	EXPECT_EQ(what(busy_crowd, UINT32_MAX), PLN_RELAX_YIELD);
}

TEST(Relax, SleepsGrowTo150Microseconds)
{
	uint64_t first = pln_relax_choose(&vdev, 256, 0, PLN_NEVER).sleep_ns;
	uint64_t late = pln_relax_choose(&vdev, UINT32_MAX, 0, PLN_NEVER).sleep_ns;

	EXPECT_GT(first, 0U);
	EXPECT_LT(first, late);
	EXPECT_EQ(late, 150 * PLN_NS_PER_US);
}

TEST(Relax, WhomTheDeviceWakesSleepsLonger)
{
	EXPECT_EQ(pln_relax_choose(&woken, UINT32_MAX, 0, PLN_NEVER).sleep_ns, PLN_NS_PER_MS);
	EXPECT_EQ(pln_relax_choose(&interrupt, UINT32_MAX, 0, PLN_NEVER).sleep_ns,
	          10 * PLN_NS_PER_MS);
}

/* What a program waits for and nobody tells of (a file that was read) is not noticed much later than it took. */
TEST(Relax, SleepsStayShortBesideTheTimeThatNothingHappened)
{
	for (const pln_relax_rule &rule : { vdev, nic, woken, interrupt }) {
		uint64_t idle_ns = 0;

		for (unsigned int idle = 0; idle < 100000; idle++) {
			uint64_t ns = pln_relax_choose(&rule, idle, 0, PLN_NEVER).sleep_ns;

			ASSERT_LE(ns, 20 * PLN_NS_PER_US + idle_ns / 8);
			idle_ns += ns;
		}
	}
}

TEST(Relax, SleepEndsBeforeTheDeadline)
{
	uint64_t now = 5 * PLN_NS_PER_S;

	for (uint64_t in : { 0ULL, 1000ULL, 60'000ULL, 100'000ULL, 250'000ULL }) {
		pln_relax_step step = pln_relax_choose(&vdev, 100000, now, now + in);

		EXPECT_LE(step.sleep_ns, in);
		EXPECT_LE(pln_relax_choose(&woken, 100000, now, now + in).sleep_ns, in);
	}
	/* A deadline that is due or past: no sleep at all. */
	EXPECT_EQ(what(vdev, 100000, now, now), PLN_RELAX_PAUSE);
	EXPECT_EQ(what(vdev, 100000, now, 0), PLN_RELAX_PAUSE);
	EXPECT_EQ(what(vdev, 100000, now, now + 300'000), PLN_RELAX_SLEEP);
}

/* Who took the processor keeps it for up to 4 ms. */
TEST(Relax, NoTimerIsLateBecauseTheProcessorWasGivenAway)
{
	std::mt19937 random(8);

	for (const pln_relax_rule &rule : { vdev, nic, woken, interrupt }) {
		for (int run = 0; run < 2000; run++) {
			uint64_t now = PLN_NS_PER_S, next = now + random() % 30'000'000;
			unsigned int idle = 0;

			while (now < next) {
				pln_relax_step step = pln_relax_choose(&rule, idle++, now, next);

				now += 1000;
				if (step.what == PLN_RELAX_YIELD)
					now += random() % 4'000'000;
				if (step.what == PLN_RELAX_SLEEP)
					now += step.sleep_ns + random() % 60'000;
			}
			ASSERT_LE(now - next, 1U << PLN_WHEEL_TICK_SHIFT);
		}
	}
}

/* A turn takes a microsecond; the kernel wakes up to 60 us late; a timer may come a tick of the wheel after its time. */
TEST(Relax, NoTimerIsLateByMoreThanATickBecauseOfSleeps)
{
	std::mt19937 random(7);

	for (const pln_relax_rule &rule : { vdev, nic, woken, interrupt, busy, busy_vdev }) {
		for (int run = 0; run < 2000; run++) {
			uint64_t now = PLN_NS_PER_S, next = now + random() % 30'000'000;
			unsigned int idle = random() % 50'000;

			while (now < next) {
				pln_relax_step step = pln_relax_choose(&rule, idle++, now, next);

				now += 1000;
				if (step.what == PLN_RELAX_SLEEP)
					now += step.sleep_ns + random() % 60'000;
			}
			ASSERT_LE(now - next, 1U << PLN_WHEEL_TICK_SHIFT);
		}
	}
}
