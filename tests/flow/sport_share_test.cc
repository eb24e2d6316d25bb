/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/sport among several lcores: ports that bring the reply home, none used by two, none left out, whatever the mode. */
#include <map>
#include <set>

#include "flow/sport.h"
#include "flow/steering.h"

namespace
{

constexpr uint32_t range = PLN_SPORT_MAX - PLN_SPORT_MIN + 1;

pln_flow_key
to(uint32_t remote, uint16_t port, uint32_t local = 0x0a000001)
{
	return { pln_be32(local), pln_be32(remote), 0, port };
}

/* The ports of one lcore, each with a secret of its own, as stacks have; whose home it is they agree on. */
struct Share : pln_sport {
	Share(const pln_steer *steer, uint16_t lcore, uint16_t min = PLN_SPORT_MIN,
	      uint16_t max = PLN_SPORT_MAX, bool by_flow = true)
	    : pln_sport{}
	{
		const pln_siphash_key own{ lcore, 77 }, common{ 3, 4 };

		pln_home_init(&at, &common, steer, steer->lcores, lcore);
		pln_sport_init(this, &own, min, max);
		pln_sport_share(this, &at, by_flow);
	}
	Share(const Share &) = delete;
	Share &operator=(const Share &) = delete;

	pln_home at{};
};

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

/* How many each lcore has; fails where two have the same or somebody has one outside the range. */
std::map<uint16_t, size_t>
shares(const pln_steer *steer, const pln_flow_key &key, uint16_t min = PLN_SPORT_MIN,
       uint16_t max = PLN_SPORT_MAX)
{
	std::map<uint16_t, size_t> share;
	std::vector<int> owners(65536);
	size_t wrong = 0;

	for (uint16_t lcore = 0; lcore < steer->lcores; lcore++) {
		Share sport(steer, lcore, min, max);
		std::vector<uint16_t> ports = all_ports(sport, key);

		for (uint16_t port : ports)
			owners[port]++;
		share[lcore] = ports.size();
	}
	for (uint32_t port = 0; port < 65536; port++)
		wrong += owners[port] != (port >= min && port <= max ? 1 : 0) ? 1 : 0;
	EXPECT_EQ(0U, wrong);
	return share;
}

} // namespace

TEST(SportShare, EveryPortIsExactlyOneLcoresInEveryMode)
{
	for (uint16_t lcores : { 2, 3 })
		for (const auto &steer : one_of_each_mode(lcores)) {
			SCOPED_TRACE(pln_steer_name(steer->mode));
			for (uint16_t remote : { 80, 443 })
				shares(steer.get(), to(0x0a000002, remote));
		}
}

TEST(SportShare, SharesAreFair)
{
	constexpr uint16_t min = 32768;

	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		std::map<uint16_t, size_t> sum;

		for (uint32_t host = 0; host < 8; host++)
			for (auto [lcore, n] :
			     shares(steer.get(), to(0x0a000100 + host * 7, 443), min, min + 4095))
				sum[lcore] += n;
		for (uint16_t lcore = 0; lcore < 4; lcore++)
			EXPECT_NEAR(8192, sum[lcore], 900);
	}
}

/* Below 32768 rules look at the peer's port alone: those ports come last, and are not lost. */
TEST(SportShare, PortsThatRulesCannotSteerComeLast)
{
	auto steer = Facts(4, 4).rules().choose();
	pln_flow_key key = to(0x0a000002, 442); /* of class 2 */

	for (uint16_t lcore = 0; lcore < 4; lcore++) {
		Share sport(steer.get(), lcore);
		std::vector<uint16_t> ports = all_ports(sport, key);

		ASSERT_EQ(8192U + (lcore == 2 ? 31744 : 0), ports.size());
		for (size_t i = 0; i < ports.size(); i++)
			ASSERT_EQ(i < 8192, ports[i] >= 32768);
	}
}

/* The reply is hashed here as a device does it, from the definition. */
TEST(SportShare, RepliesHashHome)
{
	Facts facts = Facts(4, 4).hash(100, 52);
	auto steer = facts.choose();
	pln_flow_key key = to(0xc0000201, 443);

	for (uint16_t lcore = 0; lcore < 4; lcore++) {
		Share sport(steer.get(), lcore);

		for (uint16_t port : all_ports(sport, key)) {
			uint8_t arrives[12];

			pln_bytes_put32(arrives, pln_be32_get(key.remote));
			pln_bytes_put32(arrives + 4, pln_be32_get(key.local));
			pln_bytes_put16(arrives + 8, key.remote_port);
			pln_bytes_put16(arrives + 10, port);
			ASSERT_EQ(
				lcore,
				facts.reta[pln_toeplitz_slow(facts.key.data(), arrives, 12) % 100]);
		}
	}
}

/* Sockets that have no peer: nothing to aim at, so by lanes, whatever the mode. */
TEST(SportShare, PortsWithoutAPeerGoByLanes)
{
	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		shares(steer.get(), {});
		for (uint16_t lcore = 0; lcore < 4; lcore++) {
			Share sport(steer.get(), lcore);

			for (uint16_t port : all_ports(sport, {}))
				ASSERT_EQ(lcore, port % 4);
		}
	}
}

/* A socket of UDP has its port for all peers. */
TEST(SportShare, PortsForAllPeersGoByLanesWhoeverIsTheFirst)
{
	auto steer = Facts(4, 4).hash(128).choose();
	Share sport(steer.get(), 2, PLN_SPORT_MIN, PLN_SPORT_MAX, false);

	for (uint16_t port : all_ports(sport, to(0xc0000201, 53)))
		ASSERT_EQ(2, port % 4);
}

/* A hash without ports leads all of a peer's to one lcore: the others have ports for it all the same. */
TEST(SportShare, HashWithoutPortsLeavesNobodyWithout)
{
	auto steer = Facts(4, 4).hash(128, 40, PLN_STEER_HASH_IP4).choose();

	ASSERT_TRUE(steer->known);
	for (auto [lcore, n] : shares(steer.get(), to(0x0a000002, 443)))
		EXPECT_NEAR(16128, n, 600) << lcore;
}

TEST(SportShare, ConfiguredRangeIsCutToTheLastPort)
{
	for (uint16_t lcores : { 2, 3, 4 })
		for (const auto &steer : one_of_each_mode(lcores)) {
			SCOPED_TRACE(pln_steer_name(steer->mode));
			shares(steer.get(), to(0x0a000002, 80), 40000, 40009);
			shares(steer.get(), {}, 40001, 40003);
			shares(steer.get(), {}, 65535, 65535);
		}
}

TEST(SportShare, RangeSmallerThanTheLcoresLeavesSomeWithoutAPort)
{
	auto steer = Facts(4, 4).ask(PLN_STEER_ADOPT).choose();
	size_t with = 0;

	for (uint16_t lcore = 0; lcore < 4; lcore++) {
		Share sport(steer.get(), lcore, 5000, 5001);
		with += all_ports(sport, to(0x0a000002, 80)).size();
	}
	EXPECT_EQ(2U, with);
}

/* Where one address has run out another has its ports still: they multiply. */
TEST(SportShare, EachLocalAddressHasPortsOfItsOwn)
{
	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		for (uint32_t local : { 0x0a000001U, 0x0a000009U, 0xc0a80001U })
			shares(steer.get(), to(0x0a000002, 443, local), 40000, 44095);
	}
}

/* Connections by the thousand, each taking the first port offered that is free: all of them are had, then none. */
TEST(SportShare, AllPortsAreHadThenNone)
{
	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		pln_flow_key key = to(0x0a000002, 443);
		std::set<uint16_t> taken;

		for (uint16_t lcore = 0; lcore < 4; lcore++) {
			Share sport(steer.get(), lcore, 32000, 33023);
			bool more = true;

			while (more) {
				pln_sport_iter iter;
				uint16_t port;

				pln_sport_begin(&iter, &sport, &key);
				while ((more = pln_sport_next(&iter, &port)) &&
				       taken.count(port) != 0)
					;
				if (!more)
					break;
				taken.insert(port);
				pln_sport_taken(&iter);
			}
		}
		EXPECT_EQ(1024U, taken.size());
	}
}

/* One candidate for each lcore on average, and never more than the range. */
TEST(SportShare, SearchLooksAtFewCandidates)
{
	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		Share sport(steer.get(), 1);
		uint64_t looked = 0;
		uint32_t worst = 0;

		for (uint32_t host = 0; host < 4000; host++) {
			pln_flow_key key = to(0x0b000000 + host, 443);
			pln_sport_iter iter;
			uint16_t port;

			pln_sport_begin(&iter, &sport, &key);
			ASSERT_TRUE(pln_sport_next(&iter, &port));
			looked += iter.tried;
			worst = std::max(worst, iter.tried);
		}
		EXPECT_LE(looked, 4000U * 5);
		EXPECT_LE(worst, 300U);
	}
}

/* RFC 6056 §3.3.5, the steps: of the ports that are ours, the next one lies a random way on. */
TEST(SportRfc6056, SharedPortsAreARandomStepApart)
{
	for (const auto &steer : one_of_each_mode(4)) {
		SCOPED_TRACE(pln_steer_name(steer->mode));
		Share sport(steer.get(), 1);
		pln_flow_key key = to(0xc0000201, 443);
		std::set<int> steps;
		int last = 0;

		for (int i = 0; i < 400; i++) {
			pln_sport_iter iter;
			uint16_t port = 0;

			pln_sport_begin(&iter, &sport, &key);
			ASSERT_TRUE(pln_sport_next(&iter, &port));
			pln_sport_taken(&iter);
			steps.insert((port - last + static_cast<int>(range)) %
			             static_cast<int>(range));
			last = port;
		}
		EXPECT_GT(steps.size(),
		          100U); /* multiples of four, where lanes and rules have every fourth */
	}
}

/* The starting points of many destinations lie anywhere in the range, not at one end of a share. */
TEST(SportRfc6056, SharedStartingPointsAreSpreadOverTheRange)
{
	constexpr int n = 16000, buckets = 16;

	for (const auto &steer : one_of_each_mode(4)) {
		if (steer->mode == PLN_STEER_RULES)
			continue; /* begins in the upper half */
		SCOPED_TRACE(pln_steer_name(steer->mode));
		Share sport(steer.get(), 3);
		std::vector<int> seen(buckets);

		for (int i = 0; i < n; i++) {
			pln_flow_key key = to(0x0b000000 + static_cast<uint32_t>(i), 443);
			pln_sport_iter iter;
			uint16_t port = 0;

			pln_sport_begin(&iter, &sport, &key);
			ASSERT_TRUE(pln_sport_next(&iter, &port));
			seen[static_cast<size_t>(port - 1024) / 4032]++;
		}
		for (int count : seen)
			EXPECT_NEAR(n / buckets, count, 160); /* five standard deviations */
	}
}

TEST(SportShare, OneLcoreHasThemAll)
{
	auto steer = Facts(1, 1).choose();
	Share sport(steer.get(), 0);

	EXPECT_EQ(range, all_ports(sport, to(0x0a000002, 80)).size());
	pln_sport_share(&sport, NULL, true);
	EXPECT_EQ(range, all_ports(sport, to(0x0a000002, 80)).size());
}
