/* SPDX-License-Identifier: BSD-3-Clause */
/* base/wheel against a naive model: never early, at most a tick late, and idle time is free. */
#include "base/wheel.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace
{

constexpr uint64_t tick_ns = UINT64_C(1) << PLN_WHEEL_TICK_SHIFT;
constexpr uint64_t second_ns = PLN_NS_PER_S;
constexpr uint64_t day_ns = 86400 * second_ns;

uint64_t
round_up(uint64_t ns)
{
	return (ns + tick_ns - 1) / tick_ns * tick_ns;
}

struct Fixture {
	explicit Fixture(uint64_t now = 0) : wheel(std::make_unique<pln_wheel>())
	{
		pln_wheel_init(wheel.get(), now);
	}

	void
	arm(pln_wheel_node &node, uint64_t deadline)
	{
		pln_wheel_arm(wheel.get(), &node, deadline);
	}

	pln_wheel_node *
	expire(uint64_t now)
	{
		return pln_wheel_expire(wheel.get(), now);
	}

	uint64_t
	next() const
	{
		return pln_wheel_next(wheel.get());
	}

	/* Follows pln_wheel_next until the node fires; says when, and counts the wake-ups. */
	uint64_t
	run_to_fire(const pln_wheel_node &node, int *wakes)
	{
		uint64_t now = 0;

		for (*wakes = 1; *wakes < 200; ++*wakes) {
			now = next();
			if (expire(now) == &node)
				return now;
		}
		return PLN_NEVER;
	}

	std::unique_ptr<pln_wheel> wheel;
};

TEST(Wheel, EmptyWheelWantsNothing)
{
	Fixture f(12345);

	EXPECT_EQ(PLN_NEVER, f.next());
	EXPECT_EQ(nullptr, f.expire(UINT64_MAX));
}

TEST(Wheel, NeverEarlyAndAtMostATickLate)
{
	for (uint64_t deadline :
	     { uint64_t{ 1 }, tick_ns - 1, tick_ns, tick_ns + 1, 10 * tick_ns }) {
		Fixture f;
		pln_wheel_node node = {};

		f.arm(node, deadline);
		EXPECT_EQ(round_up(deadline), f.next());
		EXPECT_EQ(nullptr, f.expire(deadline - 1));
		EXPECT_EQ(nullptr, f.expire(round_up(deadline) - 1));
		EXPECT_EQ(&node, f.expire(round_up(deadline)));
		EXPECT_FALSE(pln_wheel_armed(&node));
		EXPECT_EQ(nullptr, f.expire(round_up(deadline)));
	}
}

TEST(Wheel, EachSlotOfEachLevelFiresInItsTick)
{
	for (uint32_t level = 0; level < PLN_WHEEL_LEVELS; level++) {
		for (uint64_t slot = 1; slot < PLN_WHEEL_SLOTS; slot++) {
			Fixture f;
			pln_wheel_node node = {};
			uint64_t deadline = (slot << (level * PLN_WHEEL_SLOT_BITS)) * tick_ns + 5;
			int wakes;

			f.arm(node, deadline);
			ASSERT_EQ(round_up(deadline), f.run_to_fire(node, &wakes));
			ASSERT_LE(wakes, PLN_WHEEL_LEVELS);
		}
	}
}

TEST(Wheel, EachSlotFiresFromAnyStartingPoint)
{
	std::mt19937_64 rng(3);

	for (int round = 0; round < 20000; round++) {
		uint64_t start = rng() >> (rng() % 40 + 1);
		uint64_t deadline = start + (rng() >> (rng() % 50 + 9));
		Fixture f(start);
		pln_wheel_node node = {};
		int wakes;

		f.arm(node, deadline);
		ASSERT_EQ(std::max(round_up(deadline), start / tick_ns * tick_ns),
		          f.run_to_fire(node, &wakes));
		ASSERT_LE(wakes, PLN_WHEEL_LEVELS + 1);
	}
}

TEST(Wheel, PastDeadlineFiresAtTheNextExpire)
{
	Fixture f(100 * second_ns);
	pln_wheel_node node = {};

	f.arm(node, 99 * second_ns);
	EXPECT_LE(f.next(), 100 * second_ns);
	EXPECT_EQ(&node, f.expire(100 * second_ns));

	f.arm(node, 0);
	EXPECT_EQ(&node, f.expire(0)); /* even when the caller's clock stands still */
}

TEST(Wheel, DeadlineBeyondTheHorizonIsKept)
{
	for (uint64_t days : { 400, 417, 418, 500, 4170, 41700 }) {
		Fixture f(7 * second_ns);
		pln_wheel_node node = {};
		uint64_t deadline = days * day_ns + 3;
		int wakes;

		f.arm(node, deadline);
		EXPECT_LE(f.next(), deadline);
		EXPECT_EQ(nullptr, f.expire(399 * day_ns));
		EXPECT_EQ(round_up(deadline), f.run_to_fire(node, &wakes)) << days;
		EXPECT_LE(wakes, static_cast<int>(days / 416) + PLN_WHEEL_LEVELS + 1);
	}
}

TEST(Wheel, TopLevelWrapsAround)
{
	Fixture f(417 * day_ns);
	pln_wheel_node before = {}, behind = {};

	f.arm(behind, 500 * day_ns); /* its digit is smaller than the present one */
	f.arm(before, 418 * day_ns);
	EXPECT_EQ(nullptr, f.expire(418 * day_ns - 1));
	EXPECT_EQ(&before, f.expire(round_up(418 * day_ns)));
	EXPECT_EQ(nullptr, f.expire(500 * day_ns - 1));
	EXPECT_EQ(&behind, f.expire(round_up(500 * day_ns)));
}

TEST(Wheel, NeverDisarms)
{
	Fixture f;
	pln_wheel_node node = {};

	f.arm(node, second_ns);
	f.arm(node, PLN_NEVER);
	EXPECT_FALSE(pln_wheel_armed(&node));
	EXPECT_EQ(0U, f.wheel->armed);
	EXPECT_EQ(PLN_NEVER, f.next());
}

TEST(Wheel, LastInstantOfTimeIsHeld)
{
	Fixture f;
	pln_wheel_node node = {};

	f.arm(node, PLN_NEVER - 1);
	EXPECT_EQ(nullptr, f.expire(PLN_NEVER / 2));
	EXPECT_TRUE(pln_wheel_armed(&node));
	EXPECT_EQ(&node, f.expire(PLN_NEVER - 1));
}

TEST(Wheel, MovingReplacesTheOldDeadline)
{
	Fixture f;
	pln_wheel_node node = {};

	f.arm(node, 10 * second_ns);
	f.arm(node, 20 * second_ns);
	EXPECT_EQ(1U, f.wheel->armed);
	EXPECT_EQ(nullptr, f.expire(20 * second_ns - tick_ns));
	f.arm(node, 5 * second_ns); /* earlier than the wheel's time by now */
	EXPECT_EQ(&node, f.expire(20 * second_ns));
}

TEST(Wheel, CancelledNodeDoesNotFire)
{
	Fixture f;
	pln_wheel_node node = {}, other = {};

	f.arm(node, second_ns);
	f.arm(other, second_ns);
	pln_wheel_cancel(f.wheel.get(), &node);
	pln_wheel_cancel(f.wheel.get(), &node);
	EXPECT_EQ(&other, f.expire(2 * second_ns));
	EXPECT_EQ(nullptr, f.expire(2 * second_ns));
	EXPECT_EQ(0U, f.wheel->armed);
}

TEST(Wheel, HandlerMayCancelWhatIsDueInTheSameTick)
{
	Fixture f;
	pln_wheel_node nodes[3] = {};

	for (auto &node : nodes)
		f.arm(node, second_ns);
	pln_wheel_node *first = f.expire(2 * second_ns);
	ASSERT_NE(nullptr, first);
	for (auto &node : nodes)
		pln_wheel_cancel(f.wheel.get(), &node);
	EXPECT_EQ(nullptr, f.expire(2 * second_ns));
	EXPECT_EQ(PLN_NEVER, f.next());
}

TEST(Wheel, HandlerMayArmItselfAgain)
{
	Fixture f;
	pln_wheel_node node = {};
	uint64_t fired = 0, deadline = second_ns;

	f.arm(node, deadline);
	while (f.expire(10 * second_ns) != nullptr) {
		fired++;
		deadline += second_ns;
		f.arm(node, deadline);
	}
	EXPECT_EQ(9U, fired); /* 1 s to 9 s; the tenth is rounded up to a tick past 10 s */
	EXPECT_EQ(&node, f.expire(round_up(10 * second_ns)));
}

TEST(Wheel, FiresInOrderOfTicksHoweverLateItIsCalled)
{
	std::mt19937_64 rng(5);
	std::vector<pln_wheel_node> nodes(2000);
	uint64_t last = 0, fired = 0;
	Fixture f;

	for (auto &node : nodes)
		f.arm(node, rng() % (100 * day_ns));
	while (pln_wheel_node *node = f.expire(100 * day_ns)) {
		ASSERT_LE(last, round_up(node->deadline));
		last = round_up(node->deadline);
		fired++;
	}
	EXPECT_EQ(nodes.size(), fired);
}

/* Every step skips 3 * 10^10 ticks: were any of them visited, this would not end. */
TEST(Wheel, IdleTimeCostsNothing)
{
	Fixture f;
	pln_wheel_node node = {};
	uint64_t now = 0;

	f.arm(node, 150000 * day_ns);
	for (int i = 0; i < 10000; i++) {
		now += 1000000 * second_ns;
		ASSERT_EQ(nullptr, f.expire(now));
		ASSERT_GT(f.next(), now);
	}
	EXPECT_EQ(&node, f.expire(150000 * day_ns + tick_ns));
}

TEST(Wheel, ClockThatStepsBackFiresNothing)
{
	Fixture f(100 * second_ns);
	pln_wheel_node node = {};

	f.arm(node, 101 * second_ns);
	EXPECT_EQ(nullptr, f.expire(50 * second_ns));
	EXPECT_EQ(&node, f.expire(102 * second_ns));
}

/* The model: a plain list of armed nodes, searched from end to end. */
class WheelModel : public ::testing::TestWithParam<int>
{
      protected:
	static constexpr size_t n_nodes = 200;

	uint64_t
	random_delay()
	{
		return rng() >> (rng() % 58 + 6); /* each magnitude alike: 1 ns to nine years */
	}

	void
	check_next()
	{
		uint64_t earliest = PLN_NEVER;

		for (const auto &node : nodes)
			if (pln_wheel_armed(&node))
				earliest = std::min(earliest, round_up(node.deadline));
		if (earliest == PLN_NEVER) {
			ASSERT_EQ(PLN_NEVER, f.next());
		} else {
			ASSERT_LE(f.next(), std::max(earliest, now));
		}
	}

	/* Now and then a handler arms itself, or touches somebody else. */
	void
	handle(pln_wheel_node &node)
	{
		ASSERT_LE(node.deadline, now) << "fired early";
		if (rng() % 4 == 0)
			f.arm(node, now + 1 + random_delay());
		if (rng() % 8 == 0)
			pln_wheel_cancel(f.wheel.get(), &nodes[rng() % n_nodes]);
		if (rng() % 8 == 0)
			f.arm(nodes[rng() % n_nodes], now + 1 + random_delay());
	}

	void
	advance(uint64_t to)
	{
		now = to;
		while (pln_wheel_node *node = f.expire(now)) {
			ASSERT_FALSE(pln_wheel_armed(node));
			handle(*node);
		}
		for (const auto &node : nodes) {
			if (pln_wheel_armed(&node)) {
				ASSERT_GT(round_up(node.deadline), now / tick_ns * tick_ns)
					<< "late";
			}
		}
	}

	void
	random_op()
	{
		pln_wheel_node &node = nodes[rng() % n_nodes];

		switch (rng() % 5) {
		case 0:
		case 1:
			f.arm(node, now + random_delay());
			break;
		case 2:
			pln_wheel_cancel(f.wheel.get(), &node);
			break;
		case 3:
			advance(now + (random_delay() >> 8));
			break;
		case 4:
			if (f.next() != PLN_NEVER)
				advance(std::max(now, f.next()));
			break;
		}
	}

	std::mt19937_64 rng{ static_cast<uint64_t>(GetParam()) };
	uint64_t now = rng() >> 8;
	Fixture f{ now };
	std::vector<pln_wheel_node> nodes{ n_nodes };
};

TEST_P(WheelModel, AgreesWithASortedList)
{
	for (int op = 0; op < 20000 && now < PLN_NEVER / 2; op++) {
		random_op();
		ASSERT_FALSE(HasFatalFailure());
		check_next();
		ASSERT_FALSE(HasFatalFailure());
		auto armed = std::count_if(nodes.begin(), nodes.end(), [](const pln_wheel_node &n) {
			return pln_wheel_armed(&n);
		});
		ASSERT_EQ(static_cast<uint32_t>(armed), f.wheel->armed);
	}
}

INSTANTIATE_TEST_SUITE_P(Seeds, WheelModel, ::testing::Range(1, 13));

} // namespace
