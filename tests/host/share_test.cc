/* SPDX-License-Identifier: BSD-3-Clause */
/* host/share: the ports of our connections on an address that the kernel has too. */
#include <gtest/gtest.h>

#include "host/host.h"

namespace
{

pln_port_span
beside(uint16_t first, uint16_t last)
{
	pln_port_span kernel{ first, last }, ours{ 0, 0 };

	return pln_host_share_ports(&kernel, &ours) ? ours : pln_port_span{ 0, 0 };
}

void
expect_span(const pln_port_span &span, uint16_t first, uint16_t last)
{
	EXPECT_EQ(span.first, first);
	EXPECT_EQ(span.last, last);
}

TEST(SharePorts, LieAboveTheKernelsWhereThereIsRoom)
{
	expect_span(beside(32768, 60999), 61000, 65535);
	expect_span(beside(1024, 64511), 64512, 65535);
}

TEST(SharePorts, ElseBelow)
{
	expect_span(beside(32768, 65535), 1024, 32767);
	expect_span(beside(2048, 64512), 1024, 2047);
}

TEST(SharePorts, OrThereAreNone)
{
	expect_span(beside(1024, 65535), 0, 0);
	expect_span(beside(2047, 65000), 0, 0);
}

} // namespace
