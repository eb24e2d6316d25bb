/* SPDX-License-Identifier: BSD-3-Clause */
/* A link that fails under a transfer, for a while: the connection goes on afterwards, every byte is right, and nothing is held meanwhile. */
#include <memory>

#include <gtest/gtest.h>

#include "stack/stack.h"
#include "support/stream.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

/* Stands between a stack and its link, and takes nothing while it is stuck. */
struct Gate {
	pln_link below = {};
	bool stuck = false;

	static uint16_t
	rx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *gate = static_cast<Gate *>(ctx);

		return gate->below.rx(gate->below.ctx, frames, n);
	}

	static uint16_t
	tx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *gate = static_cast<Gate *>(ctx);

		return gate->stuck ? 0 : gate->below.tx(gate->below.ctx, frames, n);
	}

	void
	wrap(pln_link &link)
	{
		below = link;
		link.rx = rx;
		link.tx = tx;
		link.ctx = this;
	}
};

class LinkTrouble : public ::testing::Test
{
      protected:
	static TwoHostsOptions
	through(Gate &gate)
	{
		TwoHostsOptions options;

		options.a.wrap = [&gate](pln_link &link) { gate.wrap(link); };
		return options;
	}

	LinkTrouble() : world(through(gate))
	{
		auto [client, server] = world.established_pair();

		stream = std::make_unique<Stream>(
			StreamEnds{ world.a.stack(), client, world.b.stack(), server }, total, 5);
		world.app = [this] { return stream->pump(); };
	}

	/* Half of it is through. */
	void
	go_half_way()
	{
		ASSERT_TRUE(world.run_until([this] { return stream->received() >= total / 2; },
		                            60 * PLN_NS_PER_S));
	}

	void
	expect_all_of_it()
	{
		EXPECT_TRUE(world.run_until([this] { return stream->over(); }, 120 * PLN_NS_PER_S));
		EXPECT_EQ(stream->error, "");
		EXPECT_EQ(stream->received(), total);
	}

	static constexpr uint64_t total = 8'000'000;
	Gate gate;
	TwoHosts world;
	std::unique_ptr<Stream> stream;
};

TEST_F(LinkTrouble, DeviceThatTakesNothingForFiveSecondsCostsNoByte)
{
	go_half_way();
	gate.stuck = true;
	world.run_for(5 * PLN_NS_PER_S);
	EXPECT_EQ(world.a.counter("tx_stuck"), 1U);
	EXPECT_GT(world.a.counter("tx_drop_stuck"), 0U);
	EXPECT_TRUE(pln_txq_stuck(&world.a.stack()->txq));
	EXPECT_LE(world.a.stack()->txq.count, 8U) << "what the first second left is gone";
	gate.stuck = false;
	expect_all_of_it();
	EXPECT_FALSE(pln_txq_stuck(&world.a.stack()->txq));
}

TEST_F(LinkTrouble, DeviceThatIsOnlySlowLosesNothing)
{
	go_half_way();
	gate.stuck = true;
	world.run_for(900 * PLN_NS_PER_MS);
	gate.stuck = false;
	expect_all_of_it();
	EXPECT_EQ(world.a.counter("tx_stuck"), 0U);
	EXPECT_EQ(world.a.counter("tx_drop_stuck"), 0U);
}

TEST_F(LinkTrouble, WhileTheDeviceTakesNothingTheStackWantsATurnAMillisecondLater)
{
	go_half_way();
	gate.stuck = true;
	world.run_for(100 * PLN_NS_PER_MS);
	EXPECT_GT(pln_stack_next(world.a.stack()), world.now);
	EXPECT_LE(pln_stack_next(world.a.stack()), world.now + PLN_NS_PER_MS);
}

TEST_F(LinkTrouble, LinkThatIsDownForTenSecondsCostsNoByte)
{
	bool down = true;

	go_half_way();
	for (Faults &direction : world.cable.faults)
		direction.drop = [&down](const Frame &, uint64_t) { return down; };
	world.run_for(10 * PLN_NS_PER_S);
	down = false;
	expect_all_of_it();
	for (Faults &direction : world.cable.faults)
		direction.drop = nullptr;
}

} // namespace
