/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole hosts on devices that steer as they say, and on devices that lie: whatever the device does, each connection works, nothing is
 * lost, and the counters and sentences say what it costs.
 */
#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "host/rss_host.h"

namespace
{

using namespace support;

constexpr unsigned int LCORES = 4, EACH = 40, ALL = 2 * LCORES * EACH;

RssTraits
honest(uint16_t reta_size = 128, uint8_t key_size = 40)
{
	RssTraits traits;

	traits.reta_size = reta_size;
	traits.key_size = key_size;
	return traits;
}

RssTraits
without_hash()
{
	RssTraits traits = honest(0);

	traits.types = 0;
	return traits;
}

/* All connections work, those that we open and those that others open; every lcore has its share. */
void
expect_all_work(RssHost &w)
{
	ASSERT_EQ(w.rc, 0) << w.error.text;
	EXPECT_EQ(w.converse(EACH), ALL);
	EXPECT_EQ(w.ports.size(), ALL / 2);
	/* With paired queues they are where the peer sends them. */
	for (size_t accepted : w.accepted)
		EXPECT_TRUE(accepted > 0 || w.mode() == PLN_STEER_PAIRED);
	EXPECT_EQ(w.counter("group_full"), 0U);
	EXPECT_EQ(w.counter("tcp_no_connection"), 0U);
	EXPECT_EQ(w.counter("tcp_retransmit"), 0U);
	EXPECT_EQ(w.counter("group_handed"), w.counter("group_taken"));
}

/* ARP's packets go to the first lcore, which tells all others. */
uint64_t
arp_told(const RssHost &w)
{
	return LCORES * (w.counter("arp_rx_request") + w.counter("arp_rx_reply"));
}

/* Nothing of TCP is handed over. */
void
expect_at_home(RssHost &w)
{
	expect_all_work(w);
	EXPECT_LE(w.counter("group_handed"), arp_told(w));
}

void
expect_handed_over(RssHost &w)
{
	expect_all_work(w);
	EXPECT_GT(w.counter("group_handed"), ALL);
}

TEST(Steering, AHashThatIsKnownLeadsEverythingHome)
{
	RssHost w(honest(), LCORES);

	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_PROVEN);
	EXPECT_EQ(w.counter("steer_probed"), 24U);
	EXPECT_EQ(w.counter("steer_answered"), 24U);
	EXPECT_NE(strstr(w.port->steer->why, "packets arrive as computed"), nullptr);
	expect_at_home(w);
}

TEST(Steering, SoDoesATableOfNoPowerOfTwoWithALongKey)
{
	for (unsigned int lcores : { 3U, 4U }) {
		RssHost w(honest(100, 52), lcores);

		EXPECT_EQ(w.prove(), 0);
		EXPECT_EQ(w.port->proof.verdict, PLN_STEER_PROVEN);
		EXPECT_EQ(w.converse(EACH), 2U * lcores * EACH);
		EXPECT_LE(w.counter("group_handed"), arp_told(w));
	}
}

TEST(Steering, SoDoesAKeyThatCannotBeSet)
{
	RssTraits traits = honest();

	traits.refuses_key = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	expect_at_home(w);
}

TEST(Steering, SoDoRulesByPort)
{
	RssTraits traits = without_hash();

	traits.has_rules = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_RULES);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_PROVEN);
	expect_at_home(w);
}

TEST(Steering, AKeyThatCannotBeReadMeansHandingOver)
{
	RssTraits hides = honest(), keeps = honest();

	hides.hides_key = keeps.keeps_key = true;
	for (const RssTraits &traits : { hides, keeps }) {
		RssHost w(traits, LCORES);

		EXPECT_EQ(w.prove(), 0);
		EXPECT_EQ(w.mode(), PLN_STEER_ADOPT);
		expect_handed_over(w);
	}
}

/* Nothing that the device says shows it. */
TEST(Steering, AKeyThatIsShownAndNotUsedIsFoundOutBeforeAnythingIsOpen)
{
	RssTraits traits = honest();

	traits.echoes_key = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_ADOPT);
	EXPECT_STREQ(w.port->steer->why, "Packets arrive on other queues than computed.");
	expect_handed_over(w);
}

/* Rules by port come before handing over, and are put to the test as well. */
TEST(Steering, AHashThatIsDisprovenMakesRoomForRules)
{
	RssTraits traits = honest();
	char said[512];

	traits.echoes_key = traits.has_rules = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	EXPECT_EQ(w.device.rules(), 0U);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_RULES);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_PROVEN);
	EXPECT_EQ(w.counter("steer_answered"), 48U);
	EXPECT_STREQ(w.port->steer->why,
	             "Packets arrived on other queues than the device's hash says.");
	ASSERT_GT(pln_host_notices(w.host, said, sizeof(said)), 0U);
	EXPECT_NE(strstr(said, "does not follow the hash that it shows"), nullptr) << said;
	EXPECT_NE(strstr(said, "rules by port instead"), nullptr) << said;
	expect_at_home(w);
}

TEST(Steering, ABadHashAndRulesThatAreForgottenEndInHandingOver)
{
	RssTraits traits = honest();

	traits.echoes_key = traits.has_rules = traits.forgets_rules = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_ADOPT);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_ELSEWHERE);
	EXPECT_EQ(w.device.rules(), 0U) << "they are taken back";
	expect_handed_over(w);
}

/* Who asked for the hash is told that it cannot be had, and given nothing else. */
TEST(Steering, RulesAreNotTriedForAHashThatWasAskedFor)
{
	RssTraits traits = honest();

	traits.echoes_key = traits.has_rules = true;
	RssHost w(traits, LCORES, "rss");
	EXPECT_EQ(w.prove(), -ENOTSUP);
	EXPECT_EQ(w.device.rules(), 0U);
}

/* And if nobody answered, it works all the same, and is told while it runs. */
TEST(Steering, AKeyThatIsShownAndNotUsedCostsNoConnectionUnproven)
{
	RssTraits traits = honest();
	char news[512];

	traits.echoes_key = true;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	expect_handed_over(w);
	ASSERT_GT(pln_host_news(w.host, news, sizeof(news)), 0U);
	EXPECT_NE(strstr(news, "does not follow the hash that it shows"), nullptr) << news;
}

TEST(Steering, AHashWithoutPortsLeavesNoLcoreWithoutPorts)
{
	RssTraits traits = honest();

	traits.types = RTE_ETH_RSS_IPV4;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_ADOPT);
	EXPECT_NE(strstr(w.port->steer->why, "without ports"), nullptr);
	expect_handed_over(w);
}

TEST(Steering, WhatIsAcceptedAndIgnoredEndsInSoftware)
{
	RssTraits ports = honest(), hash = honest(), rules = without_hash();

	ports.ignores_ports = true;
	hash.first_queue = true;
	rules.has_rules = rules.forgets_rules = true;
	for (const RssTraits &traits : { ports, hash, rules }) {
		RssHost w(traits, LCORES);

		EXPECT_NE(w.mode(), PLN_STEER_SOFTWARE);
		EXPECT_EQ(w.prove(), 0);
		EXPECT_EQ(w.port->proof.verdict, PLN_STEER_ONE_QUEUE);
		EXPECT_EQ(w.mode(), PLN_STEER_SOFTWARE);
		EXPECT_STREQ(w.port->steer->why, "Everything arrives on one queue.");
		EXPECT_EQ(w.device.rules(), 0U) << "rules that do nothing are taken back";
		expect_handed_over(w);
	}
}

TEST(Steering, OneQueueServesAll)
{
	RssTraits traits = without_hash();

	traits.queues = 1;
	RssHost w(traits, LCORES);
	EXPECT_EQ(w.mode(), PLN_STEER_SOFTWARE);
	expect_handed_over(w);
	for (unsigned int i = 1; i < LCORES; i++) {
		uint64_t frames = 1;

		EXPECT_EQ(pln_stats_counter(w.stack(i), "rx_frames", &frames), 0);
		EXPECT_EQ(frames, 0U);
	}
}

TEST(Steering, PairedQueuesAreProvenByAnswersThatComeBackWhereTheyWereAsked)
{
	RssTraits traits = without_hash();

	traits.driver = "net_memif";
	RssHost w(traits, LCORES);
	w.paired = true;
	EXPECT_EQ(w.mode(), PLN_STEER_PAIRED);
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_PROVEN);
	EXPECT_EQ(w.mode(), PLN_STEER_PAIRED);
	expect_all_work(w);
}

TEST(Steering, QueuesThatAreNotPairedAreFoundOut)
{
	RssTraits traits = without_hash();

	traits.driver = "net_memif";
	RssHost w(traits, LCORES);
	w.paired = true;
	w.shift = 1;
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.mode(), PLN_STEER_ADOPT);
	expect_handed_over(w);
}

/* Answers are awaited for a third of a second; without them what was read back stands. */
TEST(Steering, AGatewayThatDoesNotAnswerProvesNothing)
{
	RssHost w(honest(), LCORES);
	uint64_t before = w.now;

	w.port->config.gateway = ip4("10.9.0.77");
	EXPECT_EQ(w.prove(), 0);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_UNPROVEN);
	EXPECT_EQ(w.counter("steer_probed"), 0U);
	EXPECT_EQ(w.mode(), PLN_STEER_RSS);
	EXPECT_LE(w.now - before, PLN_NS_PER_S);
}

/* Only who was asked can answer: resets that bear other numbers say nothing. */
TEST(Steering, StrangersCannotAnswer)
{
	RssHost w(honest(), 2);
	Frame reset;

	w.port->config.gateway = ip4("10.9.0.77");
	reset.dst = mac(1);
	reset.src = mac(9);
	reset.ip = Ip4{};
	reset.ip->src = ip4("10.9.0.77");
	reset.ip->dst = ip4("10.9.0.1");
	reset.ip->proto = PROTO_TCP;
	reset.tcp = Tcp{};
	reset.tcp->sport = 9;
	reset.tcp->flags = RST;
	auto prove = std::make_unique<pln_prove>();
	struct pln_be32 gateway {
	};
	memcpy(&gateway, w.port->config.gateway.bytes, sizeof(gateway));
	pln_prove_begin(prove.get(), w.port->group, &w.port->secret, gateway);
	for (uint16_t n = 0; n < 100; n++) {
		reset.tcp->dport = static_cast<uint16_t>(33000 + n);
		reset.tcp->seq = n;
		w.arrive(reset.bytes());
	}
	w.settle();
	EXPECT_EQ(prove->seen.seen, 0U);
	EXPECT_EQ(pln_host_judge(w.port, prove.get(), &w.error), 0);
	EXPECT_EQ(w.port->proof.verdict, PLN_STEER_UNPROVEN);
}

TEST(Steering, ATableThatIsChangedWhileItRunsCostsHandOversAndIsTold)
{
	RssHost w(honest(), LCORES);
	rte_eth_rss_reta_entry64 groups[2];
	char news[512];

	EXPECT_EQ(w.prove(), 0);
	expect_at_home(w);
	EXPECT_EQ(pln_host_news(w.host, news, sizeof(news)), 0U);
	for (unsigned int i = 0; i < 128; i++) {
		groups[i / 64].mask = UINT64_MAX;
		groups[i / 64].reta[i % 64] = static_cast<uint16_t>((i + 1) % LCORES);
	}
	ASSERT_EQ(w.device.reta_update(groups, 128), 0);
	expect_handed_over(w);
	ASSERT_GT(pln_host_news(w.host, news, sizeof(news)), 0U);
	EXPECT_NE(strstr(news, "redirection table is not what it was at the start"), nullptr)
		<< news;
	expect_handed_over(w);
	EXPECT_EQ(pln_host_news(w.host, news, sizeof(news)), 0U) << "told once";
}

/* A device hashes them without ports, and a datagram may be any lcore's. */
TEST(Steering, FragmentsMeetWhateverTheDeviceDoes)
{
	RssTraits hides = honest(), rules = without_hash();

	hides.hides_key = rules.has_rules = true;
	for (const RssTraits &traits : { honest(), honest(100), hides, rules, without_hash() }) {
		RssHost w(traits, LCORES);

		EXPECT_EQ(w.receive_datagrams(20, 5000), 20U);
		EXPECT_EQ(w.counter("group_full"), 0U);
	}
}

/* A router's word on a packet of ours: its header and eight bytes. */
Bytes
unreachable(const Bytes &sent)
{
	Frame error;

	error.dst = mac(1);
	error.src = mac(9);
	error.ip = Ip4{};
	error.ip->src = ip4("10.9.0.99");
	error.ip->dst = ip4("10.9.0.1");
	error.ip->proto = PROTO_ICMP;
	error.icmp = Icmp{};
	error.icmp->type = 3;
	error.icmp->code = 1;
	error.payload.assign(sent.begin() + 14, sent.begin() + 14 + 28);
	return error.bytes();
}

/* It arrives by the router's address, and is about anybody's flow. */
TEST(Steering, AnIcmpErrorFindsTheFlowItIsAbout)
{
	for (const RssTraits &traits : { honest(), without_hash() }) {
		RssHost w(traits, LCORES);
		struct pln_tcp_info info {
		};
		pln_tcp_open_args args{};
		uint64_t conn;

		w.meet();
		args.size = sizeof(args);
		args.remote = { ip4("10.9.0.2"), 4000 };
		info.size = sizeof(info);
		for (unsigned int i = 0; i < LCORES; i++) {
			ASSERT_EQ(pln_tcp_open(w.stack(i), &args, &conn), 0);
			pln_stack_flush(w.stack(i), w.now);
			w.arrive(unreachable(w.take_sent()));
			for (unsigned int turn = 0; turn < 2 * LCORES; turn++)
				pln_stack_poll(w.stack(turn % LCORES), w.now);
			ASSERT_EQ(pln_tcp_info(w.stack(i), conn, &info), 0);
			EXPECT_EQ(info.soft_error, -EHOSTUNREACH) << i;
		}
	}
}

TEST(Steering, WhatIsAskedForAndCannotBeHadIsASentence)
{
	RssTraits lies = honest();

	lies.echoes_key = true;
	{
		RssHost w(lies, 2, "rss");

		EXPECT_EQ(w.rc, 0);
		EXPECT_EQ(w.prove(), -ENOTSUP);
		EXPECT_STREQ(w.error.text,
		             "--steer=rss cannot be had: Packets arrive on other queues than "
		             "computed. --steer=auto takes what works.");
	}
	const std::tuple<const char *, int, const char *> refused[] = {
		{ "pair", -ENOTSUP, "no wire to another process" },
		{ "flow", -ENOTSUP, "has not taken rules" },
		{ "magic", -EINVAL, "no way of steering called \"magic\"" },
	};
	for (auto [word, rc, sentence] : refused) {
		RssHost w(honest(), 2, word);

		EXPECT_EQ(w.rc, rc);
		EXPECT_NE(strstr(w.error.text, sentence), nullptr) << w.error.text;
	}
}

TEST(Steering, EachWayCanBeForced)
{
	const std::pair<const char *, pln_steer_mode> ways[] = {
		{ "auto", PLN_STEER_RSS },          { "rss", PLN_STEER_RSS },
		{ "flow", PLN_STEER_RULES },        { "adopt", PLN_STEER_ADOPT },
		{ "software", PLN_STEER_SOFTWARE },
	};
	RssTraits traits = honest();

	traits.has_rules = true;
	for (auto [word, mode] : ways) {
		RssHost w(traits, LCORES, word);

		SCOPED_TRACE(word);
		EXPECT_EQ(w.mode(), mode);
		expect_all_work(w);
	}
}

/* An option, an address, a route for all of them at once. */
TEST(Steering, EachStackMakesACallThatIsMeantForAll)
{
	RssHost w(honest(), LCORES);
	char value[16];
	unsigned int made = 0;

	auto call = [](pln_stack *stack, void *ctx) {
		const pln_addr addr = ip4("10.9.0.3");

		EXPECT_EQ(pln_stack_opt_set(stack, "ttl", "33"), 0);
		EXPECT_EQ(pln_stack_addr_add(stack, &addr, 24), 0);
		(*static_cast<unsigned int *>(ctx))++;
	};
	w.settle();
	uint64_t told = w.counter("arp_tx_request");
	EXPECT_EQ(pln_host_each(w.host, call, &made), LCORES);
	w.settle();
	EXPECT_EQ(made, LCORES);
	for (unsigned int i = 0; i < LCORES; i++) {
		EXPECT_EQ(pln_stack_opt_get(w.stack(i), "ttl", value, sizeof(value)), 0);
		EXPECT_STREQ(value, "33");
	}
	EXPECT_EQ(w.counter("arp_tx_request") - told, 1U) << "the first stack speaks for all";
	for (int n = 0; n < 1023; n++)
		ASSERT_EQ(pln_stack_post(w.stack(2), call, &made), 0);
	EXPECT_EQ(pln_host_each(w.host, call, &made), 2U) << "the third one's box is full";
}

} // namespace
