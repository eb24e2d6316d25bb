/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dev/rss and dev/rule on a port that does as it says, and on ports that lie: what is found out by asking, what only by the packets
 * that arrive, and in which mode flow/steer ends.
 */
#include "dev/rss.h"

#include <memory>

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "dev/rule.h"
#include "dev/vdev.h"
#include "flow/probe.h"
#include "support/rss_port.h"

namespace
{

using support::RssPort;
using support::RssTraits;

/* A port as a program brings it up, and what it then knows. */
class Nic
{
      public:
	explicit Nic(const RssTraits &traits, uint16_t queues = 4)
	    : pool(make_pool(), rte_mempool_free), device("rss_test", traits), queues(queues)
	{
		rte_eth_conf conf = {};

		EXPECT_EQ(0, rte_eth_dev_info_get(device.port, &info));
		known = *pln_device_find(info.driver_name, false);
		pln_rss_look(rss.get(), device.port, &info, &known);
		EXPECT_EQ(0, pln_rss_ask(rss.get(), &info, queues, true, &conf));
		rc = rte_eth_dev_configure(device.port, queues, queues, &conf);
		if (rc != 0) {
			EXPECT_EQ(0, pln_rss_ask(rss.get(), &info, queues, false, conf_again()));
			rc = rte_eth_dev_configure(device.port, queues, queues, &again);
		}
		for (uint16_t q = 0; rc == 0 && q < queues; q++) {
			EXPECT_EQ(0,
			          rte_eth_rx_queue_setup(device.port, q, 128, 0, NULL, pool.get()));
			EXPECT_EQ(0, rte_eth_tx_queue_setup(device.port, q, 128, 0, NULL));
		}
		EXPECT_EQ(0, rc);
		EXPECT_EQ(0, rte_eth_dev_start(device.port));
		pln_rss_settle(rss.get());
	}
	~Nic()
	{
		pln_rule_remove(&rules);
	}

	/* What a host makes of it. */
	pln_steer_mode
	choose(pln_steer_mode asked = PLN_STEER_AUTO)
	{
		pln_steer_facts facts = {};

		facts.asked = asked;
		facts.lcores = facts.queues = queues;
		facts.spreads = rss->spreads;
		facts.rules = rules.count > 0;
		facts.trusted = rss->trusted;
		facts.proof = proof;
		facts.hashes = rss->hashes;
		facts.key = rss->key_read;
		facts.key_len = rss->key_read_len;
		facts.reta = rss->reta_read;
		facts.reta_size = rss->reta_read_size;
		facts.doubt = rss->doubt;
		EXPECT_EQ(0, pln_steer_choose(steer.get(), &facts, NULL));
		return steer->mode;
	}

	int
	install_rules()
	{
		std::vector<pln_port_rule> wanted(pln_steer_rules(queues, NULL));

		pln_steer_rules(queues, wanted.data());
		return pln_rule_install(&rules, device.port, wanted.data(), wanted.size(), &error);
	}

	/* Replies are delivered, received, judged; then choose again. */
	pln_steer_mode
	probe(uint8_t proto = PLN_IP4_PROTO_TCP)
	{
		auto seen = std::make_unique<pln_probe>();
		pln_steer_pkt pkt = reply(40000, proto);
		uint16_t ports[PLN_PROBE_EACH], any_port = 0;

		pln_probe_init(seen.get(), steer.get());
		for (uint16_t q = 0; q < queues; q++) {
			pkt.key.local_port = 40000;
			size_t n = pln_probe_make(steer.get(), q, &pkt, ports, PLN_PROBE_EACH);
			for (size_t i = 0; i < n; i++) {
				pkt.key.local_port = ports[i];
				arrive(seen.get(), pkt);
			}
			/* Nothing can be computed: any ports, that differ in many bits. */
			for (size_t i = 0; n == 0 && i < PLN_PROBE_EACH; i++) {
				pkt.key.local_port = any_port += 40503;
				arrive(seen.get(), pkt);
			}
		}
		proof = pln_probe_judge(seen.get());
		return choose();
	}

	/* The queue that a packet is received on. */
	uint16_t
	arrives_on(const pln_steer_pkt &pkt)
	{
		rte_mbuf *got;

		EXPECT_TRUE(device.deliver(frame(pkt)));
		for (uint16_t q = 0; q < queues; q++) {
			if (rte_eth_rx_burst(device.port, q, &got, 1) == 0)
				continue;
			rte_pktmbuf_free(got);
			return q;
		}
		ADD_FAILURE() << "lost";
		return 0;
	}

	static pln_steer_pkt
	reply(uint16_t local_port, uint8_t proto = PLN_IP4_PROTO_TCP, uint32_t from = 0x0a000002)
	{
		return { { pln_be32(0x0a000001), pln_be32(from), local_port, 9 }, proto, false };
	}

	rte_eth_dev_info info = {};
	pln_device known = {};
	std::unique_ptr<rte_mempool, decltype(&rte_mempool_free)> pool;
	RssPort device; /* ends before the pool does */
	uint16_t queues;
	int rc = 0;
	std::unique_ptr<pln_rss_state> rss = std::make_unique<pln_rss_state>();
	std::unique_ptr<pln_steer> steer = std::make_unique<pln_steer>();
	pln_steer_proof proof = PLN_STEER_UNPROVEN;
	pln_rule_set rules = {};
	pln_error error = {};

      private:
	static rte_mempool *
	make_pool()
	{
		return pln_eal_ensure() == 0
		               ? pln_mbuf_pool_create("rss_test", 1023, 2048, SOCKET_ID_ANY)
		               : nullptr;
	}

	rte_eth_conf *
	conf_again()
	{
		again = {};
		return &again;
	}

	void
	arrive(pln_probe *seen, const pln_steer_pkt &pkt)
	{
		pln_probe_saw(seen, &pkt, arrives_on(pkt));
	}

	rte_mbuf *
	frame(const pln_steer_pkt &pkt)
	{
		rte_mbuf *m = rte_pktmbuf_alloc(pool.get());
		auto *eth = reinterpret_cast<rte_ether_hdr *>(rte_pktmbuf_append(m, 60));
		auto *ip = reinterpret_cast<rte_ipv4_hdr *>(eth + 1);
		auto *ports = reinterpret_cast<uint8_t *>(ip + 1);

		memset(eth, 0, 60);
		eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
		ip->version_ihl = 0x45;
		ip->next_proto_id = pkt.proto;
		ip->src_addr = pkt.key.remote.raw;
		ip->dst_addr = pkt.key.local.raw;
		ip->fragment_offset = rte_cpu_to_be_16(pkt.fragment ? RTE_IPV4_HDR_MF_FLAG : 0);
		pln_bytes_put16(ports, pkt.key.remote_port);
		pln_bytes_put16(ports + 2, pkt.key.local_port);
		return m;
	}

	rte_eth_conf again = {};
};

RssTraits
honest(uint16_t reta_size = 128, uint8_t key_size = 40)
{
	RssTraits traits;

	traits.reta_size = reta_size;
	traits.key_size = key_size;
	return traits;
}

} // namespace

TEST(Rss, HonestDeviceIsTrustedAndProven)
{
	Nic nic(honest());

	EXPECT_TRUE(nic.rss->trusted) << nic.rss->doubt;
	EXPECT_STREQ("", nic.rss->doubt);
	EXPECT_EQ(0, memcmp(nic.rss->key, nic.rss->key_read, 40));
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_RSS, nic.probe());
	EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
}

TEST(Rss, KeysAreDrawnAnew)
{
	uint8_t first[40];
	{
		Nic nic(honest());
		memcpy(first, nic.rss->key_read, sizeof(first));
	}
	Nic nic(honest());
	EXPECT_NE(0, memcmp(first, nic.rss->key_read, sizeof(first)));
}

TEST(Rss, TableOfNoPowerOfTwoAndALongKey)
{
	Nic nic(honest(100, 52));

	EXPECT_EQ(100, nic.rss->reta_read_size);
	for (uint16_t i = 0; i < 100; i++)
		EXPECT_EQ(i % 4, nic.rss->reta_read[i]);
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_RSS, nic.probe());
	EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
}

/* Every packet, not only those that a probe makes. */
TEST(Rss, EveryPacketArrivesWhereItIsComputedTo)
{
	for (uint16_t size : { 64, 100, 512 }) {
		Nic nic(honest(size));

		ASSERT_EQ(PLN_STEER_RSS, nic.choose());
		for (uint16_t i = 0; i < 300; i++) {
			pln_steer_pkt pkt = Nic::reply(
				static_cast<uint16_t>(1024 + 211 * i),
				i % 3 ? PLN_IP4_PROTO_TCP : PLN_IP4_PROTO_UDP, 0x0a000002 + 7U * i);
			pkt.fragment = i % 7 == 0;
			ASSERT_EQ(pln_steer_queue(nic.steer.get(), &pkt), nic.arrives_on(pkt));
		}
	}
}

TEST(Rss, KeyThatCannotBeSetIsReadInstead)
{
	RssTraits traits = honest();

	traits.refuses_key = true;
	Nic nic(traits);
	EXPECT_FALSE(nic.rss->key_taken);
	EXPECT_TRUE(nic.rss->trusted) << nic.rss->doubt;
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_RSS, nic.probe());
	EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
}

TEST(Rss, KeyThatIsTakenAndNotUsedIsNotTrusted)
{
	RssTraits traits = honest();

	traits.keeps_key = true;
	Nic nic(traits);
	EXPECT_FALSE(nic.rss->key_ok);
	EXPECT_STREQ("net_rss_test took a hash key and shows another one.", nic.rss->doubt);
	EXPECT_EQ(PLN_STEER_ADOPT, nic.choose());
	EXPECT_STREQ(nic.rss->doubt, nic.steer->why);
}

TEST(Rss, KeyThatCannotBeReadIsNotTrusted)
{
	RssTraits traits = honest();

	traits.hides_key = true;
	Nic nic(traits);
	EXPECT_STREQ("net_rss_test does not show its hash key.", nic.rss->doubt);
	EXPECT_EQ(PLN_STEER_ADOPT, nic.choose());
	EXPECT_EQ(PLN_STEER_ADOPT, nic.probe());
}

/* Nothing that can be asked shows it: only arrivals do. */
TEST(Rss, KeyThatIsEchoedAndNotUsedIsFoundOutByProbes)
{
	RssTraits traits = honest();

	traits.echoes_key = true;
	Nic nic(traits);
	EXPECT_TRUE(nic.rss->trusted);
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_ADOPT, nic.probe());
	EXPECT_EQ(PLN_STEER_ELSEWHERE, nic.proof);
	EXPECT_FALSE(nic.steer->known);
}

TEST(Rss, FunctionWithoutPortsLeavesItToArrivals)
{
	RssTraits traits = honest();

	traits.types = RTE_ETH_RSS_IPV4;
	Nic nic(traits);
	EXPECT_TRUE(nic.rss->trusted);
	EXPECT_EQ(PLN_STEER_ADOPT, nic.choose());
	EXPECT_NE(nullptr, strstr(nic.steer->why, "without ports"));
	pln_steer_pkt pkt = Nic::reply(40000);
	EXPECT_EQ(pln_steer_queue(nic.steer.get(), &pkt), nic.arrives_on(pkt));
}

TEST(Rss, PortsThatAreSaidToBeHashedAndAreNotAreFoundOutByProbes)
{
	RssTraits traits = honest();

	traits.ignores_ports = true;
	Nic nic(traits);
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_SOFTWARE, nic.probe());
	EXPECT_EQ(PLN_STEER_ONE_QUEUE, nic.proof);
}

TEST(Rss, HashThatIsAcceptedAndIgnoredIsFoundOutByProbes)
{
	RssTraits traits = honest();

	traits.first_queue = true;
	Nic nic(traits);
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_SOFTWARE, nic.probe());
	EXPECT_EQ(PLN_STEER_ONE_QUEUE, nic.proof);
}

TEST(Rss, DriverKnownToLieIsNotTrustedUnproven)
{
	RssTraits traits = honest();

	traits.driver = "net_vmxnet3";
	traits.first_queue = true;
	Nic nic(traits);
	EXPECT_STREQ("net_vmxnet3 is known to accept RSS and to do otherwise.", nic.rss->doubt);
	EXPECT_FALSE(nic.rss->key_taken);
	EXPECT_EQ(PLN_STEER_SOFTWARE, nic.choose());
}

TEST(Rss, TableThatCannotBeWrittenIsReadInstead)
{
	RssTraits traits = honest();

	traits.refuses_reta = true;
	Nic nic(traits);
	EXPECT_FALSE(nic.rss->reta_taken);
	EXPECT_TRUE(nic.rss->trusted) << nic.rss->doubt;
	EXPECT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_NE(0, pln_rss_spread(nic.rss.get(), 2));
	EXPECT_EQ(4, nic.rss->queues);
}

TEST(Rss, TableThatIsNotTheOneWrittenIsNotTrusted)
{
	RssTraits traits = honest();

	traits.swaps_reta = true;
	Nic nic(traits);
	EXPECT_NE(nullptr, strstr(nic.rss->doubt, "took a redirection table and shows another"));
	EXPECT_EQ(PLN_STEER_ADOPT, nic.choose());
}

TEST(Rss, TableThatCannotBeSeenIsNotTrusted)
{
	RssTraits hidden = honest(), none = honest(0);

	hidden.hides_reta = true;
	EXPECT_NE(nullptr, strstr(Nic(hidden).rss->doubt, "does not show its redirection table"));
	EXPECT_NE(nullptr, strstr(Nic(none).rss->doubt, "has no redirection table to be seen"));
	EXPECT_EQ(PLN_STEER_ADOPT, Nic(none).choose());
}

TEST(Rss, TableIsRewrittenWhileThePortRuns)
{
	Nic nic(honest(100));

	ASSERT_EQ(0, pln_rss_spread(nic.rss.get(), 3));
	EXPECT_TRUE(nic.rss->trusted);
	for (uint16_t i = 0; i < 100; i++)
		EXPECT_EQ(i % 3, nic.rss->reta_read[i]);
	ASSERT_EQ(0, pln_rss_spread(nic.rss.get(), 4));
	ASSERT_EQ(PLN_STEER_RSS, nic.choose());
	EXPECT_EQ(PLN_STEER_RSS, nic.probe());
	EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
}

TEST(Rss, DeviceWithoutRssIsAskedForNothing)
{
	RssTraits traits = honest(0, 0);

	traits.types = 0;
	Nic nic(traits);
	EXPECT_FALSE(nic.rss->asked);
	EXPECT_FALSE(nic.rss->spreads);
	EXPECT_STREQ("net_rss_test offers no RSS.", nic.rss->doubt);
	EXPECT_NE(0, pln_rss_spread(nic.rss.get(), 2));
	EXPECT_EQ(PLN_STEER_SOFTWARE, nic.choose());
}

TEST(Rss, OneQueueIsAskedForNothing)
{
	Nic nic(honest(), 1);

	EXPECT_FALSE(nic.rss->asked);
	EXPECT_NE(nullptr, strstr(nic.rss->doubt, "one receive queue"));
	EXPECT_EQ(PLN_STEER_SINGLE, nic.choose());
}

TEST(Rss, KernelsSpreadIsKnownByTheDriver)
{
	auto rss = std::make_unique<pln_rss_state>();
	rte_eth_dev_info info = {};

	info.driver_name = "net_tap";
	pln_rss_look(rss.get(), 0, &info, pln_device_find("net_tap", true));
	EXPECT_TRUE(rss->spreads);
	pln_rss_look(rss.get(), 0, &info, pln_device_find("net_memif", true));
	EXPECT_FALSE(rss->spreads);
}

/* A real driver of DPDK's that takes a hash configuration, and hands every queue the same. */
TEST(Rss, NetNullIsNotTrusted)
{
	Vdev null("net_null_rss", "");
	auto rss = std::make_unique<pln_rss_state>();
	rte_eth_dev_info info;
	rte_eth_conf conf = {};

	ASSERT_TRUE(null.plugged);
	ASSERT_EQ(0, rte_eth_dev_info_get(null.port, &info));
	EXPECT_GT(info.reta_size, 0);
	pln_rss_look(rss.get(), null.port, &info, pln_device_find(info.driver_name, true));
	ASSERT_EQ(0, pln_rss_ask(rss.get(), &info, 2, true, &conf));
	ASSERT_EQ(0, rte_eth_dev_configure(null.port, 2, 2, &conf));
	pln_rss_settle(rss.get());
	EXPECT_FALSE(rss->trusted);
	EXPECT_FALSE(rss->spreads);
}

TEST(Rule, RulesAreInstalledProvenAndRemoved)
{
	RssTraits traits = honest(0);

	traits.types = 0;
	traits.has_rules = true;
	for (uint16_t queues : { 4, 3 }) {
		Nic nic(traits, queues);

		ASSERT_EQ(0, nic.install_rules()) << nic.error.text;
		EXPECT_EQ(pln_steer_rules(queues, NULL), nic.device.rules());
		EXPECT_EQ(PLN_STEER_RULES, nic.choose());
		EXPECT_EQ(PLN_STEER_RULES, nic.probe());
		EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
		EXPECT_EQ(PLN_STEER_RULES, nic.probe(PLN_IP4_PROTO_UDP));
		EXPECT_EQ(PLN_STEER_PROVEN, nic.proof);
		pln_rule_remove(&nic.rules);
		EXPECT_EQ(0U, nic.device.rules());
		pln_rule_remove(&nic.rules);
	}
}

TEST(Rule, RulesThatAreTakenAndForgottenAreFoundOutByProbes)
{
	RssTraits traits = honest(0);

	traits.types = 0;
	traits.has_rules = traits.forgets_rules = true;
	Nic nic(traits);
	ASSERT_EQ(0, nic.install_rules());
	EXPECT_EQ(PLN_STEER_RULES, nic.choose());
	EXPECT_EQ(PLN_STEER_SOFTWARE, nic.probe());
	EXPECT_EQ(PLN_STEER_ONE_QUEUE, nic.proof);
}

TEST(Rule, DeviceWithoutRulesSaysSo)
{
	Nic nic(honest());

	EXPECT_EQ(0, pln_rule_install(&nic.rules, nic.device.port, NULL, 0, &nic.error));
	EXPECT_EQ(-ENOTSUP, nic.install_rules());
	EXPECT_NE(nullptr, strstr(nic.error.text, "this device knows no such rule"))
		<< nic.error.text;
	EXPECT_EQ(0U, nic.rules.count);
}

TEST(Rule, AllRulesOrNone)
{
	RssTraits traits = honest();

	traits.has_rules = true;
	traits.rules_max = 5;
	Nic nic(traits);
	EXPECT_EQ(-ENOSPC, nic.install_rules());
	EXPECT_NE(nullptr, strstr(nic.error.text, "its table of rules is full")) << nic.error.text;
	EXPECT_EQ(0U, nic.device.rules());
	EXPECT_EQ(0U, nic.rules.count);
}

/* What a device without rules of its own (net_ring) answers through the true rte_flow. */
TEST(Rule, DpdksOwnRefusalIsASentence)
{
	Vdev ring("net_ring_rule", "");
	pln_port_rule rule = {};
	pln_rule_set set = {};
	pln_error error = {};

	rule.proto = PLN_IP4_PROTO_TCP;
	EXPECT_GT(0, pln_rule_install(&set, ring.port, &rule, 1, &error));
	EXPECT_NE(nullptr, strstr(error.text, "refuses a rule")) << error.text;
}
