/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/sport: RFC 6056's algorithm 4 with the steps of algorithm 5, one by one and from an outsider's point of view. */
#include "flow/sport.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace
{

constexpr pln_siphash_key secret = { 11, 22 };

pln_flow_key
to(uint32_t remote, uint16_t port)
{
	return { pln_be32(0x0a000001), pln_be32(remote), 0, port };
}

pln_sport
sport_of(uint16_t min, uint16_t max, const pln_siphash_key &key = secret)
{
	pln_sport sport;

	pln_sport_init(&sport, &key, min, max);
	return sport;
}

/* One connection: the first port offered is taken. */
uint16_t
connect(pln_sport &sport, const pln_flow_key &key)
{
	pln_sport_iter iter;
	uint16_t port = 0;

	pln_sport_begin(&iter, &sport, &key);
	EXPECT_TRUE(pln_sport_next(&iter, &port));
	pln_sport_taken(&iter);
	return port;
}

std::vector<uint16_t>
all_ports(pln_sport &sport, const pln_flow_key &key)
{
	std::vector<uint16_t> ports;
	pln_sport_iter iter;
	uint16_t port;

	pln_sport_begin(&iter, &sport, &key);
	while (pln_sport_next(&iter, &port))
		ports.push_back(port);
	EXPECT_FALSE(pln_sport_next(&iter, &port));
	return ports;
}

/* "no endless loop": each port of the range once, then the end. */
TEST(SportRfc6056, EveryPortOfTheRangeOnce)
{
	for (auto [min, max] : std::vector<std::pair<uint16_t, uint16_t>>{
		     { 1024, 65535 }, { 1, 65535 }, { 40000, 40009 }, { 5000, 5000 } }) {
		pln_sport sport = sport_of(min, max);

		for (uint16_t remote = 1; remote < 20; remote++) {
			std::vector<uint16_t> ports = all_ports(sport, to(0x0a000002, remote));
			std::set<uint16_t> distinct(ports.begin(), ports.end());

			ASSERT_EQ(size_t{ max } - min + 1, ports.size());
			ASSERT_EQ(ports.size(), distinct.size());
			ASSERT_EQ(min, *distinct.begin());
			ASSERT_EQ(max, *distinct.rbegin());
		}
	}
}

/* Steps of 1 to 500, each as likely as the others, and none told by those before it. */
TEST(SportRfc6056, SuccessivePortsAreARandomStepApart)
{
	pln_sport sport = sport_of(1024, 65535);
	pln_flow_key key = to(0xc0000201, 443);
	std::vector<int> seen(PLN_SPORT_STEP + 1);
	int last = connect(sport, key), same = 0, before = 0;

	for (int i = 0; i < 100000; i++) {
		int port = connect(sport, key), step = (port - last + 64512) % 64512;

		ASSERT_GE(step, 1);
		ASSERT_LE(step, static_cast<int>(PLN_SPORT_STEP));
		seen[static_cast<size_t>(step)]++;
		same += step == before ? 1 : 0;
		before = step;
		last = port;
	}
	for (size_t step = 1; step <= PLN_SPORT_STEP; step++)
		EXPECT_NEAR(200, seen[step], 75) << step; /* five standard deviations */
	EXPECT_NEAR(200, same, 75);
}

/* "no short cycle": the second time round the range other ports are taken. */
TEST(SportRfc6056, PortsComeBackLateAndInAnotherOrder)
{
	pln_sport sport = sport_of(1024, 65535);
	pln_flow_key key = to(0xc0000201, 443);
	std::set<uint16_t> first, again;

	for (int i = 0; i < 128; i++)
		EXPECT_TRUE(first.insert(connect(sport, key)).second);
	for (int i = 0; i < 128; i++)
		connect(sport, key);
	for (int i = 0; i < 256; i++)
		if (uint16_t port = connect(sport, key); first.count(port) != 0)
			again.insert(port);
	EXPECT_LT(again.size(), 8U);
}

/* What other destinations do is not to be seen, but where they share a counter. */
TEST(SportRfc6056, OtherDestinationsHaveCountersOfTheirOwn)
{
	int moved = 0;

	for (uint16_t i = 0; i < 1000; i++) {
		pln_sport sport = sport_of(1024, 65535), other = sport;
		pln_flow_key key = to(0xc0000201, 443);

		connect(sport, to(0xc0000202, static_cast<uint16_t>(1 + i)));
		moved += connect(sport, key) != connect(other, key) ? 1 : 0;
	}
	EXPECT_NEAR(1000.0 / PLN_SPORT_TABLE, moved, 10);
}

TEST(SportRfc6056, NextSearchBeginsBehindThePortTaken)
{
	pln_sport sport = sport_of(1024, 65535);
	pln_flow_key key = to(0xc0000201, 443);
	pln_sport_iter iter;
	uint16_t port = 0;
	int step;

	pln_sport_begin(&iter, &sport, &key);
	for (int refused = 0; refused < 5000; refused++)
		ASSERT_TRUE(pln_sport_next(&iter, &port));
	pln_sport_taken(&iter);
	step = (connect(sport, key) - port + 64512) % 64512;
	EXPECT_GE(step, 1);
	EXPECT_LE(step, static_cast<int>(PLN_SPORT_STEP));
}

TEST(SportRfc6056, SearchThatTakesNothingChangesNothing)
{
	pln_sport sport = sport_of(1024, 65535);
	pln_flow_key key = to(0xc0000201, 443);
	std::vector<uint16_t> first = all_ports(sport, key);

	EXPECT_EQ(first, all_ports(sport, key));
}

TEST(SportRfc6056, LocalPortOfTheKeyIsNotRead)
{
	pln_sport a = sport_of(1024, 65535), b = a;
	pln_flow_key key = to(0xc0000201, 443), other = key;

	other.local_port = 12345;
	EXPECT_EQ(connect(a, key), connect(b, other));
}

/* Each of address, remote address, remote port and secret gives a starting point of its own. */
TEST(SportRfc6056, StartingPointsAreSpreadOverTheRange)
{
	constexpr int n = 64000, buckets = 64;
	std::vector<int> seen(buckets);

	for (int i = 0; i < n; i++) {
		pln_sport sport = sport_of(1024, 65535);

		seen[(connect(sport, to(0x0b000000 + static_cast<uint32_t>(i), 443)) - 1024) /
		     1008]++;
	}
	for (int count : seen)
		EXPECT_NEAR(n / buckets, count, 160); /* five standard deviations */
}

TEST(SportRfc6056, SecretAndEachPartOfTheDestinationMatter)
{
	std::set<uint16_t> starts;
	pln_flow_key key = to(0xc0000201, 443);

	for (uint64_t k = 0; k < 100; k++) {
		pln_sport sport = sport_of(1024, 65535, { k, 22 });

		starts.insert(connect(sport, key));
	}
	for (uint16_t port = 1; port <= 100; port++) {
		pln_sport sport = sport_of(1024, 65535);

		starts.insert(connect(sport, to(0xc0000201, port)));
	}
	for (uint32_t local = 1; local <= 100; local++) {
		pln_sport sport = sport_of(1024, 65535);

		key.local = pln_be32(local);
		starts.insert(connect(sport, key));
	}
	EXPECT_GT(starts.size(), 290U); /* of 300, chance makes a few meet */
}

} // namespace
