/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/steer: which mode follows from which facts, and where packets then go. */
#include "flow/steer.h"

#include <map>
#include <set>

#include "flow/steering.h"

namespace
{

constexpr pln_steer_mode asked_modes[] = { PLN_STEER_RSS, PLN_STEER_PAIRED, PLN_STEER_RULES,
	                                   PLN_STEER_ADOPT, PLN_STEER_SOFTWARE };

/* The mode, and that its reason has the words. */
void
expect_mode(const Facts &facts, pln_steer_mode mode, const char *why = "")
{
	auto steer = facts.choose();

	EXPECT_STREQ(pln_steer_name(mode), pln_steer_name(steer->mode));
	EXPECT_NE(nullptr, strstr(steer->why, why)) << steer->why;
}

std::string
refusal(const Facts &facts)
{
	auto steer = std::make_unique<pln_steer>();
	pln_error error = {};

	EXPECT_EQ(-ENOTSUP, pln_steer_choose(steer.get(), &facts.facts, &error));
	return error.text;
}

} // namespace

TEST(Steer, OneLcoreNeedsNoSteering)
{
	expect_mode(Facts(1, 1), PLN_STEER_SINGLE);
	expect_mode(Facts(1, 4).hash(128), PLN_STEER_SINGLE);
	expect_mode(Facts(1, 1).ask(PLN_STEER_RSS), PLN_STEER_SINGLE);
}

TEST(Steer, KnownHashWithPortsIsUsed)
{
	expect_mode(Facts(4, 4).hash(128), PLN_STEER_RSS, "read back.");
}

TEST(Steer, ArrivalsConfirmTheHash)
{
	Facts facts = Facts(4, 4).hash(128);

	facts.facts.proof = PLN_STEER_PROVEN;
	expect_mode(facts, PLN_STEER_RSS, "packets arrive as computed");
}

TEST(Steer, FewerQueuesThanLcoresAreDealtOutInSoftware)
{
	expect_mode(Facts(4, 1), PLN_STEER_SOFTWARE, "There are 4 lcores and 1 receive queue.");
	expect_mode(Facts(4, 2).hash(128), PLN_STEER_SOFTWARE, "2 receive queues.");
}

TEST(Steer, WireToAnotherProcessIsPairedWhateverItSaysOfHashes)
{
	expect_mode(Facts(2, 2).pair(), PLN_STEER_PAIRED);
	expect_mode(Facts(2, 2).pair().hash(128), PLN_STEER_PAIRED);
}

TEST(Steer, HashThatWasNotReadBackIsNotUsed)
{
	Facts facts = Facts(4, 4).hash(128);

	facts.facts.trusted = false;
	facts.facts.doubt = "The key was not the one set.";
	expect_mode(facts, PLN_STEER_ADOPT, "The key was not the one set.");
	EXPECT_FALSE(facts.choose()->known);
	facts.facts.doubt = NULL;
	expect_mode(facts, PLN_STEER_ADOPT, "not known");
}

TEST(Steer, HashWithoutPortsLeavesItToArrivals)
{
	Facts facts = Facts(4, 4).hash(128, 40, PLN_STEER_HASH_IP4);

	expect_mode(facts, PLN_STEER_ADOPT, "TCP without ports");
	EXPECT_TRUE(facts.choose()->known);
}

TEST(Steer, KeyThatDoesNotLookAtPortsIsNotUsed)
{
	Facts facts = Facts(4, 4).hash(128);

	std::fill(facts.key.begin(), facts.key.end(), 0);
	expect_mode(facts, PLN_STEER_ADOPT, "do not lead to every lcore");
	facts.hash(128);
	std::fill(facts.key.begin() + 8, facts.key.end(), 0);
	expect_mode(facts, PLN_STEER_ADOPT, "do not lead to every lcore");
}

TEST(Steer, TableThatLeavesAnLcoreOutIsNotUsed)
{
	Facts facts = Facts(4, 4).hash(128);

	for (uint16_t &queue : facts.reta)
		queue = queue == 3 ? 0 : queue;
	expect_mode(facts, PLN_STEER_ADOPT, "do not lead to every lcore");
}

TEST(Steer, IncompleteHashIsNotKnown)
{
	Facts facts = Facts(4, 4).hash(128);
	std::vector<uint16_t> large(PLN_STEER_RETA_MAX + 1);

	facts.facts.key_len = 15;
	expect_mode(facts, PLN_STEER_ADOPT, "not known");
	facts.hash(128).facts.reta_size = 0;
	expect_mode(facts, PLN_STEER_ADOPT, "not known");
	facts.hash(128).facts.reta = large.data();
	facts.facts.reta_size = PLN_STEER_RETA_MAX + 1;
	expect_mode(facts, PLN_STEER_ADOPT, "not known");
}

TEST(Steer, WhatArrivesOutranksWhatWasReadBack)
{
	Facts facts = Facts(4, 4).hash(128);

	facts.facts.proof = PLN_STEER_ELSEWHERE;
	expect_mode(facts, PLN_STEER_ADOPT, "other queues than computed");
	EXPECT_FALSE(facts.choose()->known);
	facts.facts.proof = PLN_STEER_ONE_QUEUE;
	expect_mode(facts, PLN_STEER_SOFTWARE, "on one queue");
}

TEST(Steer, RulesServeWhereTheHashDoesNot)
{
	expect_mode(Facts(4, 4).rules(), PLN_STEER_RULES);
	expect_mode(Facts(4, 4).hash(128).rules(), PLN_STEER_RSS);
	expect_mode(Facts(4, 4).hash(128, 40, PLN_STEER_HASH_IP4).rules(), PLN_STEER_RULES);
}

TEST(Steer, RulesThatAreTakenAndIgnoredEndInSoftware)
{
	Facts facts = Facts(4, 4).rules();

	facts.facts.proof = PLN_STEER_ONE_QUEUE;
	expect_mode(facts, PLN_STEER_SOFTWARE);
}

TEST(Steer, DeviceThatDoesNotSpreadIsDealtOut)
{
	expect_mode(Facts(4, 4), PLN_STEER_SOFTWARE);
}

TEST(Steer, ModeAskedForIsHadOrSaidWhyNot)
{
	EXPECT_NE(std::string::npos, refusal(Facts(4, 1).ask(PLN_STEER_RSS)).find("1 receive"));
	EXPECT_NE(std::string::npos, refusal(Facts(4, 4).ask(PLN_STEER_RSS)).find("--steer=rss"));
	EXPECT_NE(std::string::npos, refusal(Facts(4, 4).ask(PLN_STEER_PAIRED)).find("no wire"));
	EXPECT_NE(std::string::npos, refusal(Facts(4, 4).ask(PLN_STEER_RULES)).find("rules"));
	EXPECT_NE(std::string::npos, refusal(Facts(4, 2).ask(PLN_STEER_ADOPT)).find("4 lcores"));
	for (pln_steer_mode mode : asked_modes)
		expect_mode(Facts(4, 4).hash(128).rules().pair().ask(mode), mode);
}

TEST(Steer, UnconfirmedHashIsUsedWhenAskedFor)
{
	Facts facts = Facts(4, 4).hash(128).ask(PLN_STEER_RSS);

	facts.facts.trusted = false;
	expect_mode(facts, PLN_STEER_RSS, "did not confirm");
	EXPECT_TRUE(facts.choose()->known);
	facts.facts.proof = PLN_STEER_ELSEWHERE;
	EXPECT_NE(std::string::npos, refusal(facts).find("other queues"));
}

TEST(Steer, ImpossibleNumbersAreRefused)
{
	auto steer = std::make_unique<pln_steer>();
	const uint16_t beyond[] = { 0, 4 };
	Facts facts = Facts(2, 2).hash(4);

	for (auto [lcores, queues] : std::vector<std::pair<uint16_t, uint16_t>>{
		     { 0, 1 }, { 1, 0 }, { 257, 1 }, { 1, 257 } }) {
		Facts impossible(lcores, queues);
		EXPECT_EQ(-EINVAL, pln_steer_choose(steer.get(), &impossible.facts, NULL));
	}
	facts.reta[3] = 2;
	EXPECT_EQ(-EINVAL, pln_steer_choose(steer.get(), &facts.facts, NULL));
	facts.reta[3] = 1;
	facts.facts.lcore_of = beyond;
	EXPECT_EQ(-EINVAL, pln_steer_choose(steer.get(), &facts.facts, NULL));
}

TEST(Steer, WordsOfTheOption)
{
	const std::pair<const char *, pln_steer_mode> words[] = {
		{ "auto", PLN_STEER_AUTO },   { "rss", PLN_STEER_RSS },
		{ "pair", PLN_STEER_PAIRED }, { "flow", PLN_STEER_RULES },
		{ "adopt", PLN_STEER_ADOPT }, { "software", PLN_STEER_SOFTWARE },
	};
	pln_steer_mode mode;

	for (auto [word, expected] : words) {
		ASSERT_EQ(0, pln_steer_parse(word, &mode)) << word;
		EXPECT_EQ(expected, mode);
		EXPECT_NE(nullptr, pln_steer_sentence(mode));
	}
	EXPECT_EQ(-EINVAL, pln_steer_parse("single", &mode));
	EXPECT_EQ(-EINVAL, pln_steer_parse("", &mode));
	EXPECT_EQ(PLN_STEER_SOFTWARE, mode);
}

/* Against the definition: the slow hash, the remainder, the table. */
TEST(Steer, QueueIsTheTablesEntryForTheHash)
{
	std::mt19937 random(5);

	for (uint16_t size : { 64, 100, 128, 512, 1 }) {
		Facts facts = Facts(4, 4).hash(size);
		auto steer = facts.choose();

		for (int i = 0; i < 500; i++) {
			pln_steer_pkt pkt = reply(static_cast<uint32_t>(random()),
			                          static_cast<uint16_t>(random()),
			                          static_cast<uint16_t>(random()));
			uint8_t input[12];

			pln_bytes_put32(input, pln_be32_get(pkt.key.remote));
			pln_bytes_put32(input + 4, pln_be32_get(pkt.key.local));
			pln_bytes_put16(input + 8, pkt.key.remote_port);
			pln_bytes_put16(input + 10, pkt.key.local_port);
			for (auto [len, fragment] :
			     { std::pair(12U, false), std::pair(8U, true) }) {
				uint32_t hash = pln_toeplitz_slow(facts.key.data(), input, len);
				pkt.fragment = fragment;
				ASSERT_EQ(facts.reta[hash % size],
				          pln_steer_queue(steer.get(), &pkt));
			}
		}
	}
}

TEST(Steer, FunctionSaysWhichPacketsAreHashedByWhat)
{
	auto tcp_only = Facts(4, 4).hash(128, 40, PLN_STEER_HASH_TCP).choose();
	auto fragments =
		Facts(4, 4).hash(128, 40, PLN_STEER_HASH_TCP | PLN_STEER_HASH_FRAG).choose();
	std::set<int> of_tcp, of_udp, of_fragments;

	for (uint32_t i = 0; i < 100; i++) {
		pln_steer_pkt pkt = reply(0x0a000100 + i, 443, 5000);

		of_tcp.insert(pln_steer_queue(tcp_only.get(), &pkt));
		pkt.fragment = true;
		EXPECT_EQ(0, pln_steer_queue(tcp_only.get(), &pkt));
		of_fragments.insert(pln_steer_queue(fragments.get(), &pkt));
		pkt = reply(0x0a000100 + i, 443, 5000, PLN_IP4_PROTO_UDP);
		of_udp.insert(pln_steer_queue(tcp_only.get(), &pkt));
	}
	EXPECT_EQ(4U, of_tcp.size());
	EXPECT_EQ(4U, of_fragments.size());
	EXPECT_EQ(std::set<int>{ 0 }, of_udp);
}

TEST(Steer, LcoreIsWhoPollsTheQueue)
{
	const uint16_t polled_by[] = { 2, 2, 0, 1 };
	Facts facts = Facts(3, 4).hash(128);

	facts.facts.lcore_of = polled_by;
	auto steer = facts.choose();
	for (uint16_t port = 1; port < 200; port++) {
		pln_steer_pkt pkt = reply(0x0a000002, 80, port);

		ASSERT_EQ(polled_by[pln_steer_queue(steer.get(), &pkt)],
		          pln_steer_lcore(steer.get(), &pkt));
	}
	pln_steer_pkt ping = reply(0x0a000002, 0, 0, PLN_IP4_PROTO_ICMP);
	EXPECT_EQ(polled_by[pln_steer_queue(steer.get(), &ping)],
	          pln_steer_lcore(steer.get(), &ping));
}

TEST(Steer, WhereNothingIsKnownOnlyArrivalTells)
{
	pln_steer_pkt pkt = reply(0x0a000002, 80, 5000);

	EXPECT_EQ(PLN_STEER_UNKNOWN, pln_steer_lcore(Facts(2, 2).pair().choose().get(), &pkt));
	EXPECT_EQ(PLN_STEER_UNKNOWN,
	          pln_steer_lcore(Facts(2, 2).ask(PLN_STEER_ADOPT).choose().get(), &pkt));
	EXPECT_EQ(PLN_STEER_UNKNOWN,
	          pln_steer_queue(Facts(2, 2).ask(PLN_STEER_ADOPT).choose().get(), &pkt));
	EXPECT_EQ(0, pln_steer_lcore(Facts(1, 1).choose().get(), &pkt));
}

/* What a device that obeys rules does with a packet: the queue of the one rule that matches. */
TEST(Steer, ExactlyOneRuleMatchesAndItIsTheOneComputed)
{
	for (uint16_t queues : { 2, 3, 4, 7, 8 }) {
		std::vector<pln_port_rule> rules(pln_steer_rules(queues, NULL));
		auto steer = Facts(queues, queues).rules().choose();
		std::map<int, int> shares;

		ASSERT_EQ(rules.size(), pln_steer_rules(queues, rules.data()));
		for (uint32_t port = 0; port < 65536; port += 7) {
			pln_steer_pkt pkt = reply(0x0a000002, static_cast<uint16_t>(port * 31),
			                          static_cast<uint16_t>(port));
			int matches = 0, queue = -1;

			for (const pln_port_rule &r : rules) {
				if (r.proto != pkt.proto ||
				    (pkt.key.remote_port & r.src_mask) != r.src ||
				    (pkt.key.local_port & r.dst_mask) != r.dst)
					continue;
				matches++;
				queue = r.queue;
			}
			ASSERT_EQ(1, matches);
			ASSERT_EQ(queue, pln_steer_queue(steer.get(), &pkt));
			shares[queue]++;
		}
		for (auto [queue, share] : shares)
			EXPECT_NEAR(9363.0 / queues, share, 9363.0 / queues / 4) << queue;
		EXPECT_EQ(queues, shares.size());
	}
}

TEST(Steer, OneServiceIsSpreadByRules)
{
	auto steer = Facts(4, 4).rules().choose();
	std::set<int> lcores;

	for (uint16_t client = 40000; client < 40016; client++) {
		pln_steer_pkt pkt = reply(0x0a000002, client, 80);
		lcores.insert(pln_steer_lcore(steer.get(), &pkt));
	}
	EXPECT_EQ(4U, lcores.size());
}

TEST(Steer, MoreQueuesThanRulesCanServe)
{
	EXPECT_EQ(0U, pln_steer_rules(0, NULL));
	EXPECT_EQ(PLN_STEER_RULES_MAX, pln_steer_rules(256, NULL));
	EXPECT_EQ(0U, pln_steer_rules(255, NULL));
	EXPECT_EQ(0U, pln_steer_rules(257, NULL));
	expect_mode(Facts(255, 255).rules(), PLN_STEER_SOFTWARE);
}

TEST(Steer, OwnHashSpreadsEvenlyAndStaysPut)
{
	auto steer = Facts(3, 1).choose();
	std::vector<int> shares(3);

	for (uint16_t port = 0; port < 30000; port++) {
		pln_steer_pkt pkt = reply(0x0a000002, 443, port);
		int lcore = pln_steer_lcore(steer.get(), &pkt);

		ASSERT_EQ(lcore, pln_steer_lcore(steer.get(), &pkt));
		shares[static_cast<size_t>(lcore)]++;
	}
	for (int share : shares)
		EXPECT_NEAR(10000, share, 420); /* five standard deviations */
}

/* One remote host varies its port against one service: it cannot choose the lcore by arithmetic. */
TEST(Steer, OwnHashIsKeyedAndNotLinear)
{
	Facts other_secret(2, 1);
	int same_key = 0, linear = 0;

	other_secret.facts.secret = { 3, 5 };
	auto a = Facts(2, 1).choose(), b = other_secret.choose();
	for (uint16_t port = 0; port < 4096; port++) {
		uint16_t x = port, y = static_cast<uint16_t>(port * 40503 + 1);
		auto at = [&](const pln_steer *steer, uint16_t remote_port) {
			pln_steer_pkt pkt = reply(0x0a000002, remote_port, 80);
			return pln_steer_lcore(steer, &pkt);
		};

		same_key += at(a.get(), x) == at(b.get(), x) ? 1 : 0;
		linear += (at(a.get(), x) ^ at(a.get(), y) ^ at(a.get(), 0)) ==
		                          at(a.get(), static_cast<uint16_t>(x ^ y))
		                  ? 1
		                  : 0;
	}
	EXPECT_NEAR(2048, same_key, 160);
	EXPECT_NEAR(2048, linear, 160);
}

TEST(Steer, AllFragmentsOfADatagramMeet)
{
	auto steer = Facts(4, 1).choose();
	std::set<int> lcores;

	for (uint32_t host = 0; host < 64; host++) {
		pln_steer_pkt first = reply(0x0a000100 + host, 53, 5000, PLN_IP4_PROTO_UDP), last;

		first.fragment = true;
		last = first;
		last.key.local_port = last.key.remote_port = 0; /* has none to show */
		ASSERT_EQ(pln_steer_lcore(steer.get(), &first),
		          pln_steer_lcore(steer.get(), &last));
		lcores.insert(pln_steer_lcore(steer.get(), &last));
	}
	EXPECT_EQ(4U, lcores.size());
}

TEST(Steer, ProtocolsAreFlowsOfTheirOwn)
{
	auto steer = Facts(2, 1).choose();
	int same = 0;

	for (uint16_t port = 1; port <= 1000; port++) {
		pln_steer_pkt tcp = reply(0x0a000002, 53, port);
		pln_steer_pkt udp = reply(0x0a000002, 53, port, PLN_IP4_PROTO_UDP);

		same += pln_steer_lcore(steer.get(), &tcp) == pln_steer_lcore(steer.get(), &udp)
		                ? 1
		                : 0;
	}
	EXPECT_NEAR(500, same, 80);
}

/* An error from any router goes where the flow is that it is about. */

/* Arrivals outrank what a driver is known for. */
TEST(Steer, PairedQueuesThatAreNotArePaidForByHandingOver)
{
	Facts facts = Facts(2, 2).pair();

	facts.facts.proof = PLN_STEER_ELSEWHERE;
	EXPECT_EQ(PLN_STEER_ADOPT, facts.choose()->mode);
	EXPECT_STREQ("Packets arrive on other queues than computed.", facts.choose()->why);
	facts.facts.proof = PLN_STEER_ONE_QUEUE;
	EXPECT_EQ(PLN_STEER_SOFTWARE, facts.choose()->mode);
	facts.facts.proof = PLN_STEER_PROVEN;
	EXPECT_EQ(PLN_STEER_PAIRED, facts.choose()->mode);
}
