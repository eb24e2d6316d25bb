/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes: longest prefix, default, what is refused. */
#include "ip/route.h"

#include <gtest/gtest.h>

namespace
{
using Be32 = struct pln_be32; /* a function of that name hides it in C++ */

Be32
addr4(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	return pln_be32(a << 24 | b << 16 | c << 8 | d);
}

const Be32 on_link{};
const Be32 gw1 = addr4(10, 0, 0, 254);
const Be32 gw2 = addr4(10, 0, 0, 253);

class IpRoute : public ::testing::Test
{
      protected:
	uint32_t
	gateway_for(Be32 dst)
	{
		const pln_route *route = pln_route_find(&routes, dst);

		return route != nullptr ? route->gateway.raw : UINT32_MAX;
	}

	pln_routes routes{};
};

TEST_F(IpRoute, NothingIsReachableWithoutRoutes)
{
	EXPECT_EQ(pln_route_find(&routes, addr4(10, 0, 0, 2)), nullptr);
}

TEST_F(IpRoute, TheLongestPrefixWinsInWhateverOrderRoutesCame)
{
	ASSERT_EQ(pln_route_add(&routes, addr4(10, 1, 0, 0), 16, gw1), 0);
	ASSERT_EQ(pln_route_add(&routes, addr4(0, 0, 0, 0), 0, gw2), 0);
	ASSERT_EQ(pln_route_add(&routes, addr4(10, 1, 2, 3), 32, gw2), 0);
	ASSERT_EQ(pln_route_add(&routes, addr4(10, 1, 2, 0), 24, on_link), 0);

	EXPECT_EQ(gateway_for(addr4(10, 1, 2, 3)), gw2.raw);
	EXPECT_EQ(gateway_for(addr4(10, 1, 2, 4)), on_link.raw);
	EXPECT_EQ(gateway_for(addr4(10, 1, 3, 4)), gw1.raw);
	EXPECT_EQ(gateway_for(addr4(10, 2, 3, 4)), gw2.raw);
}

TEST_F(IpRoute, RefusesBitsBehindThePrefix)
{
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 1), 24, on_link), -EINVAL);
	EXPECT_EQ(pln_route_add(&routes, addr4(128, 0, 0, 0), 0, gw1), -EINVAL);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 33, on_link), -EINVAL);
	EXPECT_EQ(routes.count, 0U);
}

TEST_F(IpRoute, RefusesTheSamePrefixTwice)
{
	ASSERT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 24, on_link), 0);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 24, gw1), -EEXIST);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 23, gw1), 0);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 23, gw1), -EEXIST);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 23, gw2), 0);
	EXPECT_EQ(pln_route_add(&routes, addr4(10, 0, 0, 0), 23, on_link), -EEXIST);
}

TEST_F(IpRoute, HoldsFortyAndFindsEachOfThem)
{
	for (unsigned int i = 0; i < PLN_ROUTE_MAX; i++)
		ASSERT_EQ(pln_route_add(&routes, addr4(20, i, 0, 0), 16, addr4(10, 0, 0, i + 1)),
		          0);
	EXPECT_EQ(pln_route_add(&routes, addr4(30, 0, 0, 0), 16, gw1), -ENOSPC);
	for (unsigned int i = 0; i < PLN_ROUTE_MAX; i++)
		EXPECT_EQ(gateway_for(addr4(20, i, 1, 1)), addr4(10, 0, 0, i + 1).raw);
}
} // namespace
