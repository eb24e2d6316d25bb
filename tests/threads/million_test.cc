/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts of two lcores each, four threads: a million connections are opened, used, and closed or reset by either end. What is said
 * over each follows from its addresses, ports and number, so that a byte that got lost or into another one shows; afterwards every
 * connection, port and buffer has been given back. POLLEN_SOAK=N in the environment makes N hundred.
 * The same source is built once more with the library under ThreadSanitizer.
 */
#include <sched.h>

#include <gtest/gtest.h>

#include "threads/crew.h"
#include "threads/nic.h"
#include "threads/rule.h"

namespace
{

using namespace threads;

constexpr uint64_t CONNECTIONS = 1000000;
constexpr uint64_t POSTS = 2000; /* to each stack */

uint64_t
how_many()
{
	const char *asked = getenv("POLLEN_SOAK");

	return asked != nullptr ? 100 * strtoull(asked, nullptr, 10) : CONNECTIONS;
}

class Threads : public ::testing::Test
{
      protected:
	Threads() : verified_(verified())
	{
	}

	/* Both sides; `queues` of the servers' device, which tells its rule if it has one for each stack. */
	void
	build(unsigned int queues)
	{
		const pln_steer *rule = queues > 1 ? verified_.get() : nullptr;

		nics_[0] = std::make_unique<Nic>(2, rule, 1);
		nics_[1] = std::make_unique<Nic>(queues, rule, 2);
		Nic::wire(*nics_[0], *nics_[1]);
		clients_ = std::make_unique<Side>(
			SideOptions{ 1,
		                     2,
		                     2,
		                     nics_[0].get(),
		                     { "10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.4" },
		                     rule });
		servers_ = std::make_unique<Side>(
			SideOptions{ 2, 2, queues, nics_[1].get(), { "10.9.1.1" }, rule });
		for (unsigned int i = 0; i < 2; i++) {
			callers_.push_back(std::make_unique<Client>(
				clients_->stacks[i], clients_->addrs, servers_->addrs[0]));
			crew_.add(*callers_[i], *clients_, i);
		}
		for (unsigned int i = 0; i < 2; i++) {
			answerers_.push_back(
				std::make_unique<Server>(servers_->stacks[i], crew_.calling));
			crew_.add(*answerers_[i], *servers_, i);
		}
	}

	void
	run(uint64_t connections)
	{
		crew_.calling = 2;
		for (unsigned int i = 0; i < 2; i++)
			callers_[i]->numbers(i, 2, connections);
		crew_.run([this] { post_to_all(); });
		for (const auto &server : answerers_)
			server->close();
	}

	void
	expect_all_of(uint64_t connections)
	{
		Tally sum{};

		for (const auto &client : callers_) {
			EXPECT_GT(client->tally.opened, connections / 8) << "each has its share";
			sum += client->tally;
		}
		for (const auto &server : answerers_) {
			EXPECT_GT(server->tally.accepted, connections / 8) << "each has its share";
			sum += server->tally;
		}
		EXPECT_EQ(sum.opened, connections);
		EXPECT_EQ(sum.accepted, connections);
		EXPECT_EQ(sum.served, connections);
		EXPECT_EQ(sum.answered, connections / WAYS * (WAYS - 1));
		EXPECT_EQ(sum.reset, connections / WAYS);
		EXPECT_EQ(sum.mixed, 0U);
		EXPECT_EQ(sum.lost, 0U);
		for (const Side *side : { clients_.get(), servers_.get() }) {
			EXPECT_EQ(side->leaks(), Leaks{});
			EXPECT_GE(side->counter("mbox_calls"), 2 * POSTS);
			EXPECT_EQ(side->counter("group_handed"), side->counter("group_taken"));
			EXPECT_EQ(side->counter("group_full"), 0U);
			EXPECT_EQ(side->counter("tcp_no_connection"), 0U);
		}
		for (const Calls &calls : calls_)
			EXPECT_EQ(calls.made, POSTS);
	}

	std::unique_ptr<Nic> nics_[2];
	std::unique_ptr<Side> clients_, servers_;

      private:
	struct alignas(64) Calls {
		uint64_t made = 0;
	};

	/* From a thread without a stack, while all turn: each stack counts its calls with a plain number. */
	void
	post_to_all()
	{
		for (uint64_t n = 0; n < POSTS; n++) {
			for (unsigned int i = 0; i < 2; i++) {
				post(clients_->stacks[i], calls_[i]);
				post(servers_->stacks[i], calls_[2 + i]);
			}
			if (n % 64 == 0)
				sched_yield();
		}
	}

	static void
	post(pln_stack *stack, Calls &calls)
	{
		auto count = [](pln_stack *, void *ctx) { ++*static_cast<uint64_t *>(ctx); };

		while (pln_stack_post(stack, count, &calls.made) != 0)
			sched_yield();
	}

	std::unique_ptr<pln_steer> verified_;
	Calls calls_[4];
	std::vector<std::unique_ptr<Client>> callers_;
	std::vector<std::unique_ptr<Server>> answerers_;
	Crew crew_;
};

TEST_F(Threads, AMillionConnectionsComeHomeByTheDevicesHash)
{
	build(2);
	run(how_many());
	expect_all_of(how_many());
}

/* The servers have one queue for two: half of what arrives is handed over, half of what is sent goes by the other's queue. */
TEST_F(Threads, OneQueueForTwoLosesNothingEither)
{
	build(1);
	run(how_many() / 10);
	expect_all_of(how_many() / 10);
	EXPECT_GT(servers_->counter("group_handed"), how_many() / 20);
	EXPECT_GT(clients_->counter("group_handed"), 0U);
}

} // namespace
