/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/session: by which of several ports a connection goes. */
#include "fetch/session.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "support/two_hosts.h"

namespace
{

using support::Host;
using support::ip4;

/* Three ports on subnets of their own, the first two with a gateway. */
class Ports : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		const pln_addr all = ip4("0.0.0.0");

		for (const auto &[host, gateway] :
		     { std::pair{ &a, "10.0.1.9" }, { &b, "10.0.2.9" } }) {
			const pln_addr by = ip4(gateway);

			ASSERT_EQ(pln_stack_route_add(host->stack(), &all, 0, &by), 0);
		}
		session.run.stack = a.stack();
		more[0].stack = b.stack();
		more[1].stack = c.stack();
		session.more = more.data();
		session.n_more = 2;
	}

	std::string
	ways_to(const char *text, unsigned int count)
	{
		const pln_addr to = ip4(text);
		std::string ways;

		for (unsigned int i = 0; i < count; i++) {
			const run *chosen = session_choose_run(&session, &to);

			ways += chosen->stack == a.stack()   ? 'a'
			        : chosen->stack == b.stack() ? 'b'
			                                     : 'c';
		}
		return ways;
	}

	const support::HostOptions options{};
	Host a{ options, "10.0.1.1", 1 }, b{ options, "10.0.2.1", 2 }, c{ options, "10.0.3.1", 3 };
	std::array<run, 2> more{};
	struct session session {
	};
};

} // namespace

TEST_F(Ports, ThoseWithAGatewayTakeTurns)
{
	EXPECT_EQ(ways_to("192.0.2.7", 4), "abab");
}

TEST_F(Ports, ASubnetOfOursIsNearerThanAGateway)
{
	EXPECT_EQ(ways_to("10.0.3.7", 2), "cc");
	EXPECT_EQ(ways_to("10.0.2.7", 2), "bb");
	EXPECT_EQ(ways_to("192.0.2.7", 2), "ab");
}

TEST_F(Ports, AnotherLcoreBeginsWithAnother)
{
	session.turn = 1;
	EXPECT_EQ(ways_to("192.0.2.7", 3), "bab");
}

TEST_F(Ports, WithoutAWayItIsTheFirstThatSaysSo)
{
	session.run.stack = c.stack();
	more[0].stack = c.stack();
	EXPECT_EQ(session_choose_run(&session, &a.addr), &session.run);
}

TEST_F(Ports, AStacksRunIsFound)
{
	EXPECT_EQ(session_run_of(&session, b.stack()), &more[0]);
	EXPECT_EQ(session_run_of(&session, nullptr), &session.run);
}
