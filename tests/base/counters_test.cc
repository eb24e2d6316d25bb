/* SPDX-License-Identifier: BSD-3-Clause */
/* base/counters: every counter has a name of its own, a sentence and a kind. */
#include "base/counters.h"

#include <cctype>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace
{

template <typename F>
void
for_each_counter(F f)
{
	for (int id = 1; id < PLN_COUNTER_COUNT; id++)
		f(static_cast<pln_drop>(id));
}

TEST(Counters, NamesAreLowerCaseAndDistinct)
{
	std::set<std::string> names;

	for_each_counter([&](pln_drop id) {
		ASSERT_NE(nullptr, pln_counters_name(id)) << id;
		std::string name = pln_counters_name(id);

		EXPECT_FALSE(name.empty());
		for (char c : name)
			EXPECT_TRUE(islower(c) || isdigit(c) || c == '_') << name;
		EXPECT_TRUE(names.insert(name).second) << name;
	});
}

TEST(Counters, NameIsTheIdentifierInLowerCase)
{
	EXPECT_STREQ("rx_frames", pln_counters_name(PLN_RX_FRAMES));
	EXPECT_STREQ("arp_bad_opcode", pln_counters_name(PLN_ARP_BAD_OPCODE));
#define PLN_COUNTER(id, kind, sentence) EXPECT_STRCASEEQ(#id, pln_counters_name(PLN_##id));
#include "base/counters.def"
#undef PLN_COUNTER
}

TEST(Counters, EachHasASentence)
{
	for_each_counter([](pln_drop id) {
		EXPECT_GT(std::string(pln_counters_sentence(id)).size(), 10U)
			<< pln_counters_name(id);
	});
}

TEST(Counters, DropsAreToldFromCounts)
{
	EXPECT_TRUE(pln_counters_is_drop(PLN_IP_BAD_CHECKSUM));
	EXPECT_TRUE(pln_counters_is_drop(PLN_TCP_PAWS));
	EXPECT_FALSE(pln_counters_is_drop(PLN_RX_FRAMES));
	EXPECT_FALSE(pln_counters_is_drop(PLN_TCP_RTO));
}

TEST(Counters, IncrementAndAddTouchOneCounter)
{
	pln_counters c = {};

	pln_counters_inc(&c, PLN_RX_FRAMES);
	pln_counters_add(&c, PLN_RX_BYTES, 60);
	for_each_counter([&](pln_drop id) {
		EXPECT_EQ(id == PLN_RX_FRAMES ? 1U : id == PLN_RX_BYTES ? 60U : 0U, c.value[id]);
	});
}

} // namespace
