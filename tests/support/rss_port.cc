/* SPDX-License-Identifier: BSD-3-Clause */
/* The device behind RssPort, and the calls of DPDK's that lead to it. It hashes with DPDK's function, not with ours. */
#include "support/rss_port.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <link.h>

#include <rte_dev.h>
#include <rte_eth_ring.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_thash.h>
#include <rte_udp.h>

#include "dev/eal.h"

namespace support
{

namespace
{

constexpr unsigned int ring_size = 1024;

std::vector<RssPort *> &
ports()
{
	static std::vector<RssPort *> all;

	return all;
}

rte_ring *
make_ring(const std::string &name)
{
	return rte_ring_create(name.c_str(), ring_size, SOCKET_ID_ANY, 0);
}

/* The environment loads drivers by itself and shows their names to nobody: the one that makes ports of rings, by its file. */
int
find_ring_driver(dl_phdr_info *library, size_t, void *path)
{
	if (strstr(library->dlpi_name, "librte_net_ring.so") == nullptr)
		return 0;
	*static_cast<std::string *>(path) = library->dlpi_name;
	return 1;
}

int
port_of_rings(const std::string &name, std::vector<rte_ring *> &rx, std::vector<rte_ring *> &tx)
{
	std::string path;

	if (dl_iterate_phdr(find_ring_driver, &path) == 0)
		return -1;
	void *driver = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
	auto *make = driver == nullptr ? nullptr
	                               : reinterpret_cast<decltype(rte_eth_from_rings) *>(
						 dlsym(driver, "rte_eth_from_rings"));
	int port = make == nullptr ? -1
	                           : make(name.c_str(), rx.data(), static_cast<unsigned>(rx.size()),
	                                  tx.data(), static_cast<unsigned>(tx.size()), 0);
	if (driver != nullptr)
		dlclose(driver);
	return port;
}

struct Packet {
	uint32_t src, dst; /* host order, as rte_softrss wants them */
	uint16_t sport = 0, dport = 0;
	uint8_t proto;
	bool has_ports = false;
};

bool
parse(const rte_mbuf *frame, Packet &out)
{
	const auto *eth = rte_pktmbuf_mtod(frame, const rte_ether_hdr *);
	const auto *ip = reinterpret_cast<const rte_ipv4_hdr *>(eth + 1);

	if (frame->data_len < sizeof(*eth) + sizeof(*ip) ||
	    eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		return false;
	out.src = rte_be_to_cpu_32(ip->src_addr);
	out.dst = rte_be_to_cpu_32(ip->dst_addr);
	out.proto = ip->next_proto_id;
	if ((ip->fragment_offset & rte_cpu_to_be_16(0x3fff)) != 0 ||
	    (out.proto != IPPROTO_TCP && out.proto != IPPROTO_UDP))
		return true;
	const auto *l4 = reinterpret_cast<const rte_udp_hdr *>(
		reinterpret_cast<const uint8_t *>(ip) + rte_ipv4_hdr_len(ip));
	out.sport = rte_be_to_cpu_16(l4->src_port);
	out.dport = rte_be_to_cpu_16(l4->dst_port);
	out.has_ports = true;
	return true;
}

} // namespace

RssPort::RssPort(const std::string &name, const RssTraits &what)
    : traits(what), key(what.key_size, 0), reta(what.reta_size)
{
	if (pln_eal_ensure() != 0)
		return;
	for (size_t i = 0; i < key.size(); i++)
		key[i] = static_cast<uint8_t>(0x6d + 37 * i * i + 11 * i);
	shown_key = key;
	for (uint16_t q = 0; q < traits.queues; q++) {
		rx.push_back(make_ring(name + "_rx" + std::to_string(q)));
		tx.push_back(make_ring(name + "_tx" + std::to_string(q)));
	}
	int got = port_of_rings(name, rx, tx);
	if (got < 0)
		return;
	port = static_cast<uint16_t>(got);
	ports().push_back(this);
}

RssPort::~RssPort()
{
	shut();
}

void
RssPort::shut()
{
	ports().erase(std::remove(ports().begin(), ports().end(), this), ports().end());
	char name[RTE_ETH_NAME_MAX_LEN];
	if (port != UINT16_MAX && rte_eth_dev_get_name_by_port(port, name) == 0) {
		rte_eth_dev_stop(port);
		rte_eal_hotplug_remove("vdev", name);
	}
	port = UINT16_MAX;
	for (auto *rings : { &rx, &tx })
		for (rte_ring *ring : *rings) {
			void *frame;
			while (rte_ring_dequeue(ring, &frame) == 0)
				rte_pktmbuf_free(static_cast<rte_mbuf *>(frame));
			rte_ring_free(ring);
		}
	rx.clear();
	tx.clear();
}

RssPort *
RssPort::find(uint16_t port)
{
	for (RssPort *p : ports())
		if (p->port == port)
			return p;
	return nullptr;
}

/* ------------------------------------------------------------------------------------------------ frames */

uint16_t
RssPort::queue_of(const rte_mbuf *frame) const
{
	Packet p;

	if (traits.first_queue || !parse(frame, p))
		return 0;
	for (const Rule &rule : flows)
		if (!traits.forgets_rules && p.has_ports && rule.proto == p.proto &&
		    (p.sport & rule.src_mask) == rule.src && (p.dport & rule.dst_mask) == rule.dst)
			return rule.queue;
	uint64_t by_ports = p.proto == IPPROTO_TCP ? RTE_ETH_RSS_NONFRAG_IPV4_TCP
	                                           : RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	bool ports = p.has_ports && (types_in_force & by_ports) != 0;
	if (reta.empty() || (!ports && (types_in_force & RTE_ETH_RSS_IPV4) == 0))
		return 0;
	uint32_t tuple[3] = { p.src, p.dst, static_cast<uint32_t>(p.sport) << 16 | p.dport };
	uint32_t hash = rte_softrss(tuple, ports && !traits.ignores_ports ? 3 : 2, key.data());
	return reta[hash % reta.size()];
}

bool
RssPort::deliver(rte_mbuf *frame)
{
	return deliver(frame, queue_of(frame));
}

bool
RssPort::deliver(rte_mbuf *frame, uint16_t queue)
{
	if (rte_ring_enqueue(rx[queue], frame) == 0)
		return true;
	rte_pktmbuf_free(frame);
	return false;
}

rte_mbuf *
RssPort::sent(uint16_t queue)
{
	void *frame = nullptr;

	return rte_ring_dequeue(tx[queue], &frame) == 0 ? static_cast<rte_mbuf *>(frame) : nullptr;
}

/* ------------------------------------------------------------------------------------------------ being told */

void
RssPort::info(rte_eth_dev_info *out) const
{
	out->driver_name = traits.driver.c_str();
	out->reta_size = traits.reta_size;
	out->hash_key_size = traits.key_size;
	out->flow_type_rss_offloads = traits.types;
}

int
RssPort::set_key(const uint8_t *wanted, uint8_t len)
{
	if (traits.refuses_key || len != traits.key_size)
		return -EINVAL;
	if (traits.keeps_key)
		return 0;
	shown_key.assign(wanted, wanted + len);
	if (!traits.echoes_key)
		key = shown_key;
	return 0;
}

int
RssPort::hash_update(const rte_eth_rss_conf *conf)
{
	if ((conf->rss_hf & ~traits.types) != 0)
		return -EINVAL;
	if (conf->rss_key != nullptr) {
		int rc = set_key(conf->rss_key, conf->rss_key_len);
		if (rc != 0)
			return rc;
	}
	types_in_force = conf->rss_hf;
	return 0;
}

int
RssPort::configure(uint16_t rx_queues, const rte_eth_conf *conf)
{
	types_in_force = 0;
	for (size_t i = 0; i < reta.size(); i++)
		reta[i] = static_cast<uint16_t>(i % rx_queues);
	return conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS ? hash_update(&conf->rx_adv_conf.rss_conf)
	                                                 : 0;
}

int
RssPort::hash_get(rte_eth_rss_conf *conf) const
{
	if (traits.types == 0)
		return -ENOTSUP;
	conf->rss_hf = types_in_force;
	if (conf->rss_key == nullptr || conf->rss_key_len < key.size())
		return 0;
	conf->rss_key_len = traits.key_size;
	if (!traits.hides_key)
		std::copy(shown_key.begin(), shown_key.end(), conf->rss_key);
	return 0;
}

int
RssPort::reta_update(const rte_eth_rss_reta_entry64 *groups, uint16_t size)
{
	if (traits.refuses_reta)
		return -ENOTSUP;
	if (size != reta.size())
		return -EINVAL;
	for (size_t i = 0; i < reta.size(); i++)
		if (groups[i / 64].mask >> i % 64 & 1)
			reta[i] = groups[i / 64].reta[i % 64];
	if (traits.swaps_reta)
		std::reverse(reta.begin(), reta.end());
	return 0;
}

int
RssPort::reta_query(rte_eth_rss_reta_entry64 *groups, uint16_t size) const
{
	if (traits.hides_reta)
		return -ENOTSUP;
	if (size != reta.size())
		return -EINVAL;
	for (size_t i = 0; i < reta.size(); i++)
		if (groups[i / 64].mask >> i % 64 & 1)
			groups[i / 64].reta[i % 64] = reta[i];
	return 0;
}

/* Of all patterns there are, this device knows: any Ethernet, any IPv4, TCP or UDP with a mask; to a queue. */
bool
RssPort::takes_rule(const rte_flow_item *pattern, const rte_flow_action *actions) const
{
	return traits.has_rules && pattern[0].type == RTE_FLOW_ITEM_TYPE_ETH &&
	       pattern[1].type == RTE_FLOW_ITEM_TYPE_IPV4 &&
	       (pattern[2].type == RTE_FLOW_ITEM_TYPE_TCP ||
	        pattern[2].type == RTE_FLOW_ITEM_TYPE_UDP) &&
	       pattern[2].spec != nullptr && pattern[2].mask != nullptr &&
	       pattern[3].type == RTE_FLOW_ITEM_TYPE_END &&
	       actions[0].type == RTE_FLOW_ACTION_TYPE_QUEUE &&
	       actions[1].type == RTE_FLOW_ACTION_TYPE_END &&
	       static_cast<const rte_flow_action_queue *>(actions[0].conf)->index < traits.queues;
}

rte_flow *
RssPort::add_rule(const rte_flow_item *pattern, const rte_flow_action *actions)
{
	if (!takes_rule(pattern, actions) || flows.size() >= traits.rules_max)
		return nullptr;
	/* Source and destination port come first in both headers. */
	uint16_t spec[2], mask[2];
	std::memcpy(spec, pattern[2].spec, sizeof(spec));
	std::memcpy(mask, pattern[2].mask, sizeof(mask));
	flows.push_back(
		{ static_cast<uint8_t>(pattern[2].type == RTE_FLOW_ITEM_TYPE_TCP ? IPPROTO_TCP
	                                                                         : IPPROTO_UDP),
	          rte_be_to_cpu_16(spec[0]), rte_be_to_cpu_16(mask[0]), rte_be_to_cpu_16(spec[1]),
	          rte_be_to_cpu_16(mask[1]),
	          static_cast<const rte_flow_action_queue *>(actions[0].conf)->index });
	return reinterpret_cast<rte_flow *>(&flows.back());
}

int
RssPort::remove_rule(rte_flow *flow)
{
	size_t before = flows.size();

	flows.remove_if(
		[&](const Rule &r) { return reinterpret_cast<const rte_flow *>(&r) == flow; });
	return flows.size() < before ? 0 : -ENOENT;
}

} // namespace support

/* ------------------------------------------------------------------------------------------------ DPDK's calls */

namespace
{

/* DPDK's own, behind ours. */
template <typename Function>
Function *
behind(const char *name)
{
	return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

int
rte_eth_dev_info_get(uint16_t port, rte_eth_dev_info *info)
{
	int rc = behind<decltype(rte_eth_dev_info_get)>("rte_eth_dev_info_get")(port, info);

	if (support::RssPort *p = support::RssPort::find(port); rc == 0 && p != nullptr)
		p->info(info);
	return rc;
}

int
rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const rte_eth_conf *conf)
{
	auto *dpdks = behind<decltype(rte_eth_dev_configure)>("rte_eth_dev_configure");
	support::RssPort *p = support::RssPort::find(port);

	if (p == nullptr)
		return dpdks(port, rx, tx, conf);
	rte_eth_conf plain = *conf;
	plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	plain.rx_adv_conf.rss_conf = {};
	int rc = dpdks(port, rx, tx, &plain);
	return rc == 0 ? p->configure(rx, conf) : rc;
}

int
rte_eth_dev_rss_hash_update(uint16_t port, rte_eth_rss_conf *conf)
{
	support::RssPort *p = support::RssPort::find(port);

	return p != nullptr ? p->hash_update(conf)
	                    : behind<decltype(rte_eth_dev_rss_hash_update)>(
				      "rte_eth_dev_rss_hash_update")(port, conf);
}

int
rte_eth_dev_rss_hash_conf_get(uint16_t port, rte_eth_rss_conf *conf)
{
	support::RssPort *p = support::RssPort::find(port);

	return p != nullptr ? p->hash_get(conf)
	                    : behind<decltype(rte_eth_dev_rss_hash_conf_get)>(
				      "rte_eth_dev_rss_hash_conf_get")(port, conf);
}

int
rte_eth_dev_rss_reta_update(uint16_t port, rte_eth_rss_reta_entry64 *groups, uint16_t size)
{
	support::RssPort *p = support::RssPort::find(port);

	return p != nullptr ? p->reta_update(groups, size)
	                    : behind<decltype(rte_eth_dev_rss_reta_update)>(
				      "rte_eth_dev_rss_reta_update")(port, groups, size);
}

int
rte_eth_dev_rss_reta_query(uint16_t port, rte_eth_rss_reta_entry64 *groups, uint16_t size)
{
	support::RssPort *p = support::RssPort::find(port);

	return p != nullptr ? p->reta_query(groups, size)
	                    : behind<decltype(rte_eth_dev_rss_reta_query)>(
				      "rte_eth_dev_rss_reta_query")(port, groups, size);
}

int
rte_flow_validate(uint16_t port, const rte_flow_attr *attr, const rte_flow_item pattern[],
                  const rte_flow_action actions[], rte_flow_error *error)
{
	support::RssPort *p = support::RssPort::find(port);

	if (p == nullptr)
		return behind<decltype(rte_flow_validate)>("rte_flow_validate")(port, attr, pattern,
		                                                                actions, error);
	if (p->takes_rule(pattern, actions))
		return 0;
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, nullptr,
	                          "this device knows no such rule");
}

rte_flow *
rte_flow_create(uint16_t port, const rte_flow_attr *attr, const rte_flow_item pattern[],
                const rte_flow_action actions[], rte_flow_error *error)
{
	support::RssPort *p = support::RssPort::find(port);

	if (p == nullptr)
		return behind<decltype(rte_flow_create)>("rte_flow_create")(port, attr, pattern,
		                                                            actions, error);
	rte_flow *flow = p->add_rule(pattern, actions);
	if (flow == nullptr)
		rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_HANDLE, nullptr,
		                   "its table of rules is full");
	return flow;
}

int
rte_flow_destroy(uint16_t port, rte_flow *flow, rte_flow_error *error)
{
	support::RssPort *p = support::RssPort::find(port);

	return p != nullptr
	               ? p->remove_rule(flow)
	               : behind<decltype(rte_flow_destroy)>("rte_flow_destroy")(port, flow, error);
}

} /* extern "C" */
