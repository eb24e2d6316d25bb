/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/routes.h"

#include <gtest/gtest.h>

namespace
{

/* As a little-endian machine prints 10.77.0.0/24 and 10.77.0.0/16 on v1, two default routes, and others'. */
const char *const table =
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	"eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
	"v1\t00000000\tFE004D0A\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
	"v1\t00000000\t01004D0A\t0003\t0\t0\t50\t00000000\t0\t0\t0\n"
	"v1\t00004D0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	"v1\t00004D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	"v1\t02004D0A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
	"eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

} // namespace

TEST(Routes, LongestSubnetThatHoldsTheAddressWins)
{
	pln_addr addr = pln_addr_ip4(10, 77, 0, 2);

	EXPECT_EQ(pln_routes_parse(table, "v1", &addr).prefix_len, 24);
	addr = pln_addr_ip4(10, 77, 1, 2);
	EXPECT_EQ(pln_routes_parse(table, "v1", &addr).prefix_len, 16);
	addr = pln_addr_ip4(192, 0, 2, 1);
	EXPECT_EQ(pln_routes_parse(table, "v1", &addr).prefix_len, 0);
}

TEST(Routes, OtherInterfacesDoNotCount)
{
	pln_addr addr = pln_addr_ip4(192, 168, 2, 7);

	EXPECT_EQ(pln_routes_parse(table, "v1", &addr).prefix_len, 0);
	EXPECT_EQ(pln_routes_parse(table, "eth0", &addr).prefix_len, 24);
	EXPECT_EQ(pln_routes_parse(table, "v", &addr).gateway.family, PLN_FAMILY_NONE);
}

TEST(Routes, DefaultRouteOfLowestMetricIsTheGateway)
{
	pln_addr addr = pln_addr_ip4(10, 77, 0, 2), want = pln_addr_ip4(10, 77, 0, 1);
	pln_routes routes = pln_routes_parse(table, "v1", &addr);

	EXPECT_EQ(memcmp(&routes.gateway, &want, sizeof(want)), 0);
}

TEST(Routes, LinesThatAreDownRejectedOrBrokenArePassedOver)
{
	pln_addr addr = pln_addr_ip4(10, 77, 0, 2);

	for (const char *text : { "v1\t00004D0A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
	                          "v1\t00004D0A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
	                          "v1\t00004D0A\t00000000", "", "\n\n" }) {
		EXPECT_EQ(pln_routes_parse(text, "v1", &addr).prefix_len, 0) << text;
		EXPECT_EQ(pln_routes_parse(text, "v1", &addr).gateway.family, PLN_FAMILY_NONE);
	}
}

TEST(Routes, UnreadableFileHasNone)
{
	pln_addr addr = pln_addr_ip4(10, 77, 0, 2);

	EXPECT_EQ(pln_routes_read("/nonexistent/route", "v1", &addr).prefix_len, 0);
}
