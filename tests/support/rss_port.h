/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port with a receive side scaling of its own, that may lie. Its data path is net_ring's, one ring a queue, so it can be configured,
 * started and polled like any other. What it is told about hashes, tables and rules goes to this class: the control calls of
 * rte_ethdev and rte_flow are defined in rss_port.cc, before DPDK's in the link, and handed on for every other port (the headers that a
 * driver of its own would need are not installed with DPDK). Frames that a test delivers are sorted by what the device truly does.
 */
#ifndef POLLEN_TESTS_SUPPORT_RSS_PORT_H
#define POLLEN_TESTS_SUPPORT_RSS_PORT_H

#include <list>
#include <string>
#include <vector>

#include <rte_ethdev.h>
#include <rte_flow.h>

namespace support
{

/* What the device offers, and where it does otherwise. */
struct RssTraits {
	uint16_t queues = 4;
	uint16_t reta_size = 128;
	uint8_t key_size = 40;
	uint64_t types =
		RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	bool has_rules = false;
	std::string driver = "net_rss_test";

	bool refuses_key = false;    /* -EINVAL, already when it is configured with one */
	bool keeps_key = false;      /* takes a key and goes on with its own, which it shows */
	bool hides_key = false;      /* shows zeros */
	bool echoes_key = false;     /* goes on with its own, and shows ours */
	bool refuses_reta = false;   /* has a table that nobody may write */
	bool hides_reta = false;     /* cannot be asked for it */
	bool swaps_reta = false;     /* takes a table and turns it round */
	bool ignores_ports = false;  /* says that it hashes ports */
	bool first_queue = false;    /* puts everything on queue 0 */
	bool forgets_rules = false;  /* takes rules and does not follow them */
	size_t rules_max = SIZE_MAX; /* refuses to create more */
};

class RssPort
{
      public:
	RssPort(const std::string &name, const RssTraits &traits);
	~RssPort();
	RssPort(const RssPort &) = delete;
	RssPort &operator=(const RssPort &) = delete;

	/* Which queue a frame comes to. */
	uint16_t queue_of(const rte_mbuf *frame) const;

	/* A frame arrives, on the queue that the device chooses or on one that the other end has; false, and it is freed, when the
	 * queue is full. */
	bool deliver(rte_mbuf *frame);
	bool deliver(rte_mbuf *frame, uint16_t queue);

	/* Stop, and free the frames that are in it; before their pool goes, if that is before this object does. */
	void shut();

	/* The next frame that was sent on a queue; NULL. */
	rte_mbuf *sent(uint16_t queue);

	uint16_t port = UINT16_MAX;
	size_t
	rules() const
	{
		return flows.size();
	}

	/* What the control calls do on this port. */
	void info(rte_eth_dev_info *out) const;
	int configure(uint16_t rx_queues, const rte_eth_conf *conf);
	int hash_update(const rte_eth_rss_conf *conf);
	int hash_get(rte_eth_rss_conf *conf) const;
	int reta_update(const rte_eth_rss_reta_entry64 *groups, uint16_t size);
	int reta_query(rte_eth_rss_reta_entry64 *groups, uint16_t size) const;
	bool takes_rule(const rte_flow_item *pattern, const rte_flow_action *actions) const;
	rte_flow *add_rule(const rte_flow_item *pattern, const rte_flow_action *actions);
	int remove_rule(rte_flow *flow);

	static RssPort *find(uint16_t port);

      private:
	struct Rule {
		uint8_t proto;
		uint16_t src, src_mask, dst, dst_mask, queue;
	};

	int set_key(const uint8_t *key, uint8_t len);

	RssTraits traits;
	std::vector<uint8_t> key, shown_key;
	uint64_t types_in_force = 0;
	std::vector<uint16_t> reta;
	std::list<Rule> flows;
	std::vector<rte_ring *> rx, tx;
};

} // namespace support

#endif
