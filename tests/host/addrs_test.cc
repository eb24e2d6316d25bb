/* SPDX-License-Identifier: BSD-3-Clause */
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "host/host.h"

namespace
{

struct Completed {
	int rc;
	std::string text;
};

Completed
complete(pln_addr addr, uint8_t prefix_len, pln_addr gateway)
{
	auto host = std::make_unique<pln_host>();
	auto port = std::make_unique<pln_host_port>();
	pln_error error = {};

	port->host = host.get();
	port->config.addr = addr;
	port->config.prefix_len = prefix_len;
	port->config.gateway = gateway;
	int rc = pln_host_complete_addrs(port.get(), &error);
	return { rc, error.text };
}

const pln_addr none = {};
const pln_addr ours = pln_addr_ip4(10, 0, 0, 2);

} // namespace

TEST(HostAddrs, AddressWithPrefixAndGatewayIsTaken)
{
	EXPECT_EQ(complete(ours, 24, none).rc, 0);
	EXPECT_EQ(complete(ours, 24, pln_addr_ip4(10, 0, 0, 1)).rc, 0);
	EXPECT_EQ(complete(ours, 8, pln_addr_ip4(10, 200, 0, 1)).rc, 0);
}

TEST(HostAddrs, MissingAddressOrPrefixSaysHowToGiveIt)
{
	Completed done = complete(none, 0, none);

	EXPECT_EQ(done.rc, -EINVAL);
	EXPECT_NE(done.text.find("--ip 10.0.0.2/24"), std::string::npos) << done.text;
	done = complete(ours, 0, none);
	EXPECT_EQ(done.rc, -EINVAL);
	EXPECT_NE(done.text.find("--ip 10.0.0.2/24"), std::string::npos) << done.text;
}

TEST(HostAddrs, AddressesNoHostCanHaveAreRefused)
{
	EXPECT_EQ(complete(pln_addr_ip4(127, 0, 0, 1), 8, none).rc, -EINVAL);
	EXPECT_EQ(complete(pln_addr_ip4(224, 0, 0, 1), 24, none).rc, -EINVAL);
	EXPECT_EQ(complete(pln_addr_ip4(0, 0, 0, 1), 24, none).rc, -EINVAL);
	EXPECT_EQ(complete(ours, 33, none).rc, -EINVAL);
	pln_addr six = {};
	six.family = PLN_FAMILY_IP6;
	EXPECT_EQ(complete(six, 64, none).rc, -EAFNOSUPPORT);
}

TEST(HostAddrs, GatewayOutsideTheSubnetOrOursIsRefused)
{
	Completed done = complete(ours, 24, pln_addr_ip4(10, 0, 1, 1));

	EXPECT_EQ(done.rc, -EINVAL);
	EXPECT_NE(done.text.find("outside our subnet 10.0.0.2/24"), std::string::npos) << done.text;
	EXPECT_EQ(complete(ours, 24, ours).rc, -EINVAL);
}

TEST(HostAddrs, TwoPortsNeverHaveOneAddress)
{
	auto host = std::make_unique<pln_host>();
	auto ports = std::make_unique<pln_host_port[]>(3);
	pln_error error = {};

	host->ports = ports.get();
	host->n_ports = 3;
	ports[0].config.addr = ours;
	ports[1].config.addr = pln_addr_ip4(10, 1, 0, 2);
	ports[2].config.addr = pln_addr_ip4(10, 2, 0, 2);
	EXPECT_EQ(pln_host_compare_addrs(host.get(), &error), 0);
	ports[2].config.addr = ours;
	EXPECT_EQ(pln_host_compare_addrs(host.get(), &error), -EINVAL);
	EXPECT_NE(strstr(error.text, "10.0.0.2 is given to two ports"), nullptr) << error.text;
}
