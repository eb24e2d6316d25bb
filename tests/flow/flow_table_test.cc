/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/flow_table against std::map, full and busy, and the shape that removals must leave. */
#include "flow/flow_table.h"

#include <algorithm>
#include <arpa/inet.h>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace
{

constexpr pln_siphash_key secret = { 1, 2 };

class FlowTable : public ::testing::Test
{
      protected:
	void
	init(uint32_t capacity)
	{
		ASSERT_EQ(0, pln_flow_table_init(&table, capacity, &secret));
	}

	void
	TearDown() override
	{
		pln_flow_table_fini(&table);
	}

	/* The value of a key, -1 without one. */
	int64_t
	get(const pln_flow_key &key) const
	{
		uint32_t value;

		return pln_flow_table_lookup(&table, &key, &value) ? int64_t{ value } : -1;
	}

	int
	put(const pln_flow_key &key, uint32_t value)
	{
		return pln_flow_table_insert(&table, &key, value);
	}

	bool
	remove(const pln_flow_key &key)
	{
		return pln_flow_table_remove(&table, &key);
	}

	/* No record lies behind an empty slot of its own run, or it would not be found. */
	void
	check_shape() const
	{
		uint32_t used = 0;

		for (uint32_t i = 0; i <= table.mask; i++) {
			if (table.slots[i].hash == 0)
				continue;
			used++;
			for (uint32_t j = table.slots[i].hash & table.mask; j != i;
			     j = (j + 1) & table.mask)
				ASSERT_NE(0U, table.slots[j].hash) << "a hole before slot " << i;
		}
		ASSERT_EQ(table.used, used);
	}

	pln_flow_table table = {};
};

pln_flow_key
key_of(uint32_t n)
{
	return { pln_be32(0x0a000001), pln_be32(0x0a000002 + (n >> 16)),
		 static_cast<uint16_t>(n & 0xffff), 80 };
}

TEST_F(FlowTable, FindsWhatWasInserted)
{
	init(16);
	EXPECT_EQ(-1, get(key_of(1)));
	EXPECT_EQ(0, put(key_of(1), 77));
	EXPECT_EQ(77, get(key_of(1)));
	EXPECT_EQ(-1, get(key_of(2)));
	EXPECT_EQ(1U, table.used);
}

TEST_F(FlowTable, EachPartOfTheKeyTellsFlowsApart)
{
	pln_flow_key keys[5];

	init(16);
	for (pln_flow_key &key : keys)
		key = key_of(1);
	keys[1].local = pln_be32(1);
	keys[2].remote = pln_be32(2);
	keys[3].local_port = 3;
	keys[4].remote_port = 4;
	for (uint32_t i = 0; i < 5; i++)
		ASSERT_EQ(0, put(keys[i], i));
	for (uint32_t i = 0; i < 5; i++)
		EXPECT_EQ(i, get(keys[i]));
}

TEST_F(FlowTable, ValuesMayBeAnything)
{
	init(4);
	EXPECT_EQ(0, put(key_of(1), 0));
	EXPECT_EQ(0, put(key_of(2), UINT32_MAX));
	EXPECT_EQ(0, get(key_of(1)));
	EXPECT_EQ(UINT32_MAX, get(key_of(2)));
}

TEST_F(FlowTable, SecondInsertOfAKeyIsRefusedAndChangesNothing)
{
	init(16);
	ASSERT_EQ(0, put(key_of(1), 77));
	EXPECT_EQ(-EEXIST, put(key_of(1), 78));
	EXPECT_EQ(77, get(key_of(1)));
	EXPECT_EQ(1U, table.used);
}

TEST_F(FlowTable, RemovedKeyIsGoneAndMayComeBack)
{
	init(16);
	ASSERT_EQ(0, put(key_of(1), 77));
	EXPECT_TRUE(remove(key_of(1)));
	EXPECT_EQ(-1, get(key_of(1)));
	EXPECT_FALSE(remove(key_of(1)));
	EXPECT_EQ(0, put(key_of(1), 78));
	EXPECT_EQ(78, get(key_of(1)));
}

TEST_F(FlowTable, HoldsItsCapacityExactly)
{
	for (uint32_t capacity : { 1, 2, 3, 4, 5, 63, 64, 65, 1000 }) {
		init(capacity);
		for (uint32_t n = 0; n < capacity; n++)
			ASSERT_EQ(0, put(key_of(n), n));
		EXPECT_EQ(-ENOSPC, put(key_of(capacity), 0));
		EXPECT_EQ(-EEXIST, put(key_of(0), 0));
		for (uint32_t n = 0; n < capacity; n++)
			ASSERT_EQ(n, get(key_of(n)));
		EXPECT_EQ(-1, get(key_of(capacity)));
		EXPECT_TRUE(remove(key_of(0)));
		EXPECT_EQ(0, put(key_of(capacity), 9));
		pln_flow_table_fini(&table);
	}
}

TEST_F(FlowTable, RandomUseAgreesWithAMap)
{
	for (uint32_t seed = 1; seed <= 4; seed++) {
		std::map<uint32_t, uint32_t> model;
		std::mt19937 rng(seed);

		init(100);
		for (int round = 0; round < 20000; round++) {
			uint32_t n = rng() % 150;

			if (rng() % 2 == 0) {
				int expected = model.count(n) != 0   ? -EEXIST
				               : model.size() == 100 ? -ENOSPC
				                                     : 0;

				ASSERT_EQ(expected, put(key_of(n), n + seed));
				if (expected == 0)
					model[n] = n + seed;
			} else {
				ASSERT_EQ(model.erase(n) != 0, remove(key_of(n)));
			}
			ASSERT_EQ(model.size(), table.used);
			uint32_t probe = rng() % 150;
			ASSERT_EQ(model.count(probe) != 0 ? int64_t{ model[probe] } : -1,
			          get(key_of(probe)));
			if (round % 100 == 0)
				check_shape();
		}
		check_shape();
		pln_flow_table_fini(&table);
	}
}

/* A run of records with the same home, across the table's end, closes every gap it is given. */
TEST_F(FlowTable, RunsAcrossTheEndCloseTheirGaps)
{
	std::vector<pln_flow_key> run;

	init(8); /* 16 slots */
	for (uint32_t n = 0; run.size() < 6; n++) {
		pln_flow_key key = key_of(n);
		uint32_t home = pln_flow_key_hash(&key, &table.secret) & table.mask;

		if (home == 14 || home == 15 || home == 0)
			run.push_back(key);
	}
	for (size_t victim = 0; victim < run.size(); victim++) {
		for (uint32_t i = 0; i < run.size(); i++)
			ASSERT_EQ(0, put(run[i], i));
		ASSERT_TRUE(remove(run[victim]));
		check_shape();
		for (uint32_t i = 0; i < run.size(); i++)
			ASSERT_EQ(i == victim ? -1 : int64_t{ i }, get(run[i]));
		for (size_t i = 0; i < run.size(); i++)
			ASSERT_EQ(i != victim, remove(run[i]));
		ASSERT_EQ(0U, table.used);
		check_shape();
	}
}

/*
 * A million connections come and go through a small table: no decay, or the searches would end it.
 */
TEST_F(FlowTable, ChurnLeavesNothingBehind)
{
	init(64);
	for (uint32_t n = 0; n < 64; n++)
		ASSERT_EQ(0, put(key_of(n), n));
	for (uint32_t n = 64; n < 1000000; n++) {
		ASSERT_TRUE(remove(key_of(n - 64)));
		ASSERT_EQ(0, put(key_of(n), n));
	}
	check_shape();
	for (uint32_t n = 0; n < 64; n++)
		ASSERT_TRUE(remove(key_of(1000000 - 1 - n)));
	for (uint32_t i = 0; i <= table.mask; i++)
		ASSERT_EQ(0U, table.slots[i].hash);
}

TEST_F(FlowTable, SearchesStayShortWhenFull)
{
	constexpr uint32_t n_flows = 1 << 16;
	uint64_t distance = 0;

	init(n_flows);
	for (uint32_t n = 0; n < n_flows; n++)
		ASSERT_EQ(0, put(key_of(n), n));
	for (uint32_t i = 0; i <= table.mask; i++)
		if (table.slots[i].hash != 0)
			distance += (i - table.slots[i].hash) & table.mask;
	/* Knuth 6.4: half full, a search that succeeds looks at 1.5 slots. */
	EXPECT_LT(distance, n_flows * 55 / 100);
}

TEST_F(FlowTable, OtherSecretOtherPlaces)
{
	constexpr pln_siphash_key other_secret = { 1, 3 };
	pln_flow_table other;

	init(16);
	ASSERT_EQ(0, pln_flow_table_init(&other, 16, &other_secret));
	pln_flow_key key = key_of(1);
	EXPECT_NE(pln_flow_key_hash(&key, &table.secret), pln_flow_key_hash(&key, &other.secret));
	EXPECT_NE(pln_flow_key_hash(&key, &secret), pln_flow_key_hash(&key, &table.secret));
	pln_flow_table_fini(&other);
}

/* 10 000 times the table of 4 million flows: with any work per slot this would not end. */
TEST_F(FlowTable, CreatingALargeTableCostsNothing)
{
	for (int i = 0; i < 10000; i++) {
		pln_flow_table big;

		ASSERT_EQ(0, pln_flow_table_init(&big, 1U << 22, &secret));
		pln_flow_table_fini(&big);
	}
}

TEST_F(FlowTable, FiniTwiceIsHarmless)
{
	init(4);
	pln_flow_table_fini(&table);
	pln_flow_table_fini(&table);
	EXPECT_EQ(nullptr, table.slots);
}

/* Slots looked at to find all of these keys, which are inserted into a table with this secret. */
uint64_t
steps_to_find(const std::vector<pln_flow_key> &keys, const pln_siphash_key &with, uint64_t *longest)
{
	pln_flow_table table;
	uint64_t sum = 0;

	EXPECT_EQ(0, pln_flow_table_init(&table, 8192, &with));
	for (uint32_t i = 0; i < keys.size(); i++)
		EXPECT_EQ(0, pln_flow_table_insert(&table, &keys[i], i));
	*longest = 0;
	for (uint32_t i = 0; i <= table.mask; i++) {
		uint64_t steps = 1 + ((i - table.slots[i].hash) & table.mask);

		if (table.slots[i].hash == 0)
			continue;
		sum += steps;
		*longest = std::max(*longest, steps);
	}
	pln_flow_table_fini(&table);
	return sum;
}

/* Flows of one attacker to one listener of which `pick` says that they fall into one slot. */
template <typename Pick>
std::vector<pln_flow_key>
chosen_flows(size_t count, Pick pick)
{
	std::vector<pln_flow_key> keys;
	pln_flow_key key{};

	key.local.raw = 0x0100000a;
	key.local_port = 80;
	for (uint32_t i = 0; keys.size() < count; i++) {
		key.remote.raw = 0x0a + (i >> 16 << 8);
		key.remote_port = static_cast<uint16_t>(i);
		if (pick(key))
			keys.push_back(key);
	}
	return keys;
}

TEST(FlowTableAttack, FlowsChosenForAnotherSecretCollideThereAndNotHere)
{
	const pln_siphash_key guessed = { 0, 0 };
	const pln_siphash_key derived = pln_siphash_derive(&guessed, "flow_table");
	const auto keys = chosen_flows(1000, [&](const pln_flow_key &key) {
		return (pln_flow_key_hash(&key, &derived) & 16383) == 7;
	});
	uint64_t longest;

	EXPECT_GE(steps_to_find(keys, guessed, &longest), 1000U * 1001 / 2) << "who knows it, wins";
	EXPECT_EQ(longest, 1000U);
	EXPECT_LE(steps_to_find(keys, secret, &longest), 1200U);
	EXPECT_LE(longest, 12U);
}

TEST(FlowTableAttack, FlowsThatAnUnkeyedHashPutsTogetherAreSpread)
{
	const auto keys = chosen_flows(4000, [&](const pln_flow_key &key) {
		return ((ntohl(key.remote.raw) ^ key.remote_port) & 255) == 0;
	});
	uint64_t longest;

	EXPECT_LE(steps_to_find(keys, secret, &longest), 5200U);
	EXPECT_LE(longest, 24U);
}

} // namespace
