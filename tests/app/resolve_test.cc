/* SPDX-License-Identifier: BSD-3-Clause */
/* app/common/resolve: names the user fixed and numbers; the system's resolver is asked only for what it always knows. */
#include "common/resolve.h"

#include <cerrno>
#include <sched.h>
#include <string>

#include <gtest/gtest.h>

namespace
{

class Resolve : public ::testing::Test
{
      protected:
	void
	TearDown() override
	{
		resolve_destroy(resolve);
	}

	int
	get(const char *host, uint16_t port)
	{
		int ret;

		while ((ret = resolve_get(resolve, host, port, &addr, &error)) == -EINPROGRESS)
			sched_yield();
		return ret;
	}

	struct resolve *resolve = resolve_create();
	struct pln_addr addr {
	};
	struct pln_error error {
	};
};

TEST_F(Resolve, ANumberNeedsNobody)
{
	EXPECT_EQ(resolve_get(resolve, "192.0.2.7", 80, &addr, &error), 0);
	EXPECT_EQ(addr.bytes[3], 7);
}

TEST_F(Resolve, WhatTheUserFixedComesFirst)
{
	ASSERT_EQ(resolve_add_text(resolve, "example.org:80:192.0.2.1", &error), 0);
	ASSERT_EQ(resolve_add_text(resolve, "any.org:*:192.0.2.2", &error), 0);
	EXPECT_EQ(resolve_get(resolve, "EXAMPLE.org", 80, &addr, &error), 0);
	EXPECT_EQ(addr.bytes[3], 1);
	EXPECT_EQ(resolve_get(resolve, "any.org", 8080, &addr, &error), 0);
	EXPECT_EQ(addr.bytes[3], 2);
}

TEST_F(Resolve, ATextThatIsNoAnswerIsRefused)
{
	for (const char *bad : { "", "host", "host:80", ":80:192.0.2.1", "host:0:192.0.2.1",
	                         "host:99999:192.0.2.1", "host:80:no", "host:80:" }) {
		EXPECT_EQ(resolve_add_text(resolve, bad, &error), -EINVAL) << bad;
		EXPECT_NE(std::string(error.text).find("HOST:PORT:ADDR"), std::string::npos);
	}
	EXPECT_EQ(resolve_add_text(resolve, "host:80:::1", &error), -EAFNOSUPPORT);
}

TEST_F(Resolve, AnIpv6AddressIsSaidToBeOne)
{
	EXPECT_EQ(resolve_get(resolve, "2001:db8::1", 80, &addr, &error), -EAFNOSUPPORT);
	EXPECT_NE(std::string(error.text).find("IPv6"), std::string::npos);
}

TEST_F(Resolve, TheSystemKnowsLocalhost)
{
	ASSERT_EQ(get("localhost", 80), 0) << error.text;
	EXPECT_EQ(addr.bytes[0], 127);
	/* Remembered: the second answer is there at once. */
	EXPECT_EQ(resolve_get(resolve, "localhost", 81, &addr, &error), 0);
}

TEST_F(Resolve, SeveralNamesMayBeAskedForInTurns)
{
	struct pln_addr a {
	};
	struct pln_addr b {
	};
	int one, two;

	do {
		one = resolve_get(resolve, "localhost", 80, &a, &error);
		two = resolve_get(resolve, "no such name", 80, &b, &error);
		sched_yield();
	} while (one == -EINPROGRESS || two == -EINPROGRESS);
	EXPECT_EQ(one, 0);
	EXPECT_EQ(a.bytes[0], 127);
	EXPECT_LT(two, 0);
}

TEST_F(Resolve, ANameThatCannotBeIsNamedInTheError)
{
	EXPECT_LT(get("no such name", 80), 0);
	EXPECT_NE(std::string(error.text).find("Could not resolve host: no such name"),
	          std::string::npos)
		<< error.text;
}

TEST_F(Resolve, ALookupNobodyWaitsForIsLeftAlone)
{
	int ret = resolve_get(resolve, "localhost", 80, &addr, &error);

	EXPECT_TRUE(ret == -EINPROGRESS || ret == 0) << ret;
	/* TearDown destroys while the thread may still run; the address sanitizer watches. */
}

} // namespace
