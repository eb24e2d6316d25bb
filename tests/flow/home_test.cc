/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/home: one answer for all stacks, evenly spread, that an outsider cannot compute. */
#include "flow/home.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "flow/steering.h"

namespace
{

constexpr pln_siphash_key SECRET{ 3, 4 };

pln_home
home(uint32_t count, uint32_t self = 0, pln_siphash_key secret = SECRET)
{
	pln_home h{};

	pln_home_init(&h, &secret, nullptr, count, self);
	return h;
}

pln_flow_key
flow(uint16_t remote_port)
{
	return { pln_be32(0x0a000001), pln_be32(0x0a000002), 80, remote_port };
}

TEST(Home, AloneEverythingIsAtHome)
{
	pln_home zero{}, one = home(1);
	pln_flow_key key = flow(5000);

	EXPECT_TRUE(pln_home_is_alone(&zero));
	EXPECT_TRUE(pln_home_is_alone(&one));
	EXPECT_EQ(pln_home_of_flow(&zero, &key), 0U);
	EXPECT_EQ(pln_home_of_flow(&one, &key), 0U);
	EXPECT_EQ(pln_home_of_port(&one, 53), 0U);
}

TEST(Home, AllStacksAnswerAlike)
{
	pln_home first = home(5, 0), last = home(5, 4);

	for (uint16_t port = 1; port < 1000; port++) {
		pln_flow_key key = flow(port);

		EXPECT_EQ(pln_home_of_flow(&first, &key), pln_home_of_flow(&last, &key));
		EXPECT_EQ(pln_home_of_port(&first, port), pln_home_of_port(&last, port));
	}
}

TEST(Home, FlowsAndPortsSpreadEvenly)
{
	for (uint32_t count : { 2U, 3U, 7U, 128U }) {
		pln_home h = home(count);
		std::vector<unsigned int> flows(count), ports(count);

		for (uint32_t port = 1; port <= 65535; port++) {
			pln_flow_key key = flow(static_cast<uint16_t>(port));

			flows.at(pln_home_of_flow(&h, &key))++;
			ports.at(pln_home_of_port(&h, static_cast<uint16_t>(port)))++;
		}
		/* Five standard deviations of chance. */
		double mean = 65535.0 / count, off = 5 * sqrt(mean);

		for (uint32_t i = 0; i < count; i++) {
			EXPECT_NEAR(flows[i], mean, off) << count;
			EXPECT_NEAR(ports[i], mean, off) << count;
		}
	}
}

TEST(Home, AnotherSecretSpreadsOtherwise)
{
	pln_home a = home(2), b = home(2, 0, { 4, 3 });
	unsigned int same = 0;

	for (uint16_t port = 1; port <= 1000; port++) {
		pln_flow_key key = flow(port);

		same += pln_home_of_flow(&a, &key) == pln_home_of_flow(&b, &key);
	}
	EXPECT_NEAR(same, 500, 80);
}

TEST(Home, FragmentsOfOneHostMeet)
{
	pln_home h = home(8);
	auto us = pln_be32(0x0a000001);
	std::vector<unsigned int> met(8);

	for (uint32_t host = 1; host <= 800; host++) {
		pln_flow_key key{ us, pln_be32(0x0a010000 + host), 80, 9 };
		pln_flow_key other_ports{ key.local, key.remote, 81, 10 };

		met.at(pln_home_of_pair(&h, &key, PLN_IP4_PROTO_UDP))++;
		EXPECT_EQ(pln_home_of_pair(&h, &key, PLN_IP4_PROTO_UDP),
		          pln_home_of_pair(&h, &other_ports, PLN_IP4_PROTO_UDP));
	}
	for (unsigned int n : met)
		EXPECT_NEAR(n, 100, 50);
}

TEST(Home, WhereTheDeviceIsKnownAFlowBelongsWhereItArrives)
{
	auto steer = Facts(4, 4).hash(128).choose();
	pln_home h{};

	pln_home_init(&h, &SECRET, steer.get(), 4, 1);
	for (uint16_t port = 1; port < 500; port++) {
		pln_steer_pkt pkt{ flow(port), PLN_IP4_PROTO_TCP, false };

		EXPECT_EQ(pln_home_of_flow(&h, &pkt.key),
		          static_cast<uint32_t>(pln_steer_queue(steer.get(), &pkt)));
		pkt.fragment = true;
		EXPECT_EQ(pln_home_of_pair(&h, &pkt.key, PLN_IP4_PROTO_TCP),
		          static_cast<uint32_t>(pln_steer_queue(steer.get(), &pkt)));
	}
}

/* All flows of two hosts would be one lcore's, and the others had no port for that peer. */
TEST(Home, ARuleThatLooksAtAddressesAloneDecidesForFragmentsOnly)
{
	auto steer = Facts(4, 4).hash(128, 40, PLN_STEER_HASH_IP4).choose();
	pln_home h{}, without = home(4);
	pln_flow_key key = flow(7);
	const pln_steer_pkt fragment{ key, PLN_IP4_PROTO_TCP, true };

	pln_home_init(&h, &SECRET, steer.get(), 4, 0);
	for (uint16_t port = 1; port < 500; port++) {
		key = flow(port);
		EXPECT_EQ(pln_home_of_flow(&h, &key), pln_home_of_flow(&without, &key));
	}
	EXPECT_EQ(pln_home_of_pair(&h, &key, PLN_IP4_PROTO_TCP),
	          static_cast<uint32_t>(pln_steer_queue(steer.get(), &fragment)));
}

TEST(Home, WhereItIsNotKnownTheHashDecides)
{
	auto steer = Facts(4, 4).ask(PLN_STEER_ADOPT).choose();
	pln_home h{}, without = home(4);

	pln_home_init(&h, &SECRET, steer.get(), 4, 0);
	for (uint16_t port = 1; port < 500; port++) {
		pln_flow_key key = flow(port);

		EXPECT_EQ(pln_home_of_flow(&h, &key), pln_home_of_flow(&without, &key));
	}
}

} // namespace
