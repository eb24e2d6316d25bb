/* SPDX-License-Identifier: BSD-3-Clause */
/* The states behind SickPort, and the calls of DPDK's that ask for them. */
#include "support/sick_port.h"

#include <algorithm>
#include <dlfcn.h>

#include <rte_mbuf.h>

namespace support
{

namespace
{

std::vector<SickPort *> &
ports()
{
	static std::vector<SickPort *> all;

	return all;
}

RssTraits
without_rss(uint16_t queues)
{
	RssTraits traits;

	traits.queues = queues;
	traits.reta_size = 0;
	traits.key_size = 0;
	traits.types = 0;
	return traits;
}

} // namespace

SickPort::SickPort(const std::string &name, uint16_t n) : RssPort(name, without_rss(n)), queues(n)
{
	ports().push_back(this);
}

SickPort::~SickPort()
{
	ports().erase(std::remove(ports().begin(), ports().end(), this), ports().end());
}

SickPort *
SickPort::find(uint16_t port)
{
	for (SickPort *p : ports())
		if (p->port == port)
			return p;
	return nullptr;
}

void
SickPort::jam(uint16_t queue, rte_mempool *pool)
{
	rte_mbuf *m = rte_pktmbuf_alloc(pool);

	while (m != nullptr && rte_eth_tx_burst(port, queue, &m, 1) == 1)
		m = rte_pktmbuf_alloc(pool);
	rte_pktmbuf_free(m);
}

void
SickPort::raise(rte_eth_event_type what)
{
	auto call = calls.find(what);

	if (call != calls.end())
		call->second.make(port, what, call->second.ctx, nullptr);
}

void
SickPort::listen(rte_eth_event_type what, rte_eth_dev_cb_fn call, void *ctx)
{
	calls[what] = { call, ctx };
}

void
SickPort::ignore(rte_eth_event_type what)
{
	calls.erase(what);
}

int
SickPort::start()
{
	starts++;
	for (uint16_t q = 0; start_rc == 0 && q < queues; q++)
		while (rte_mbuf *m = sent(q))
			rte_pktmbuf_free(m);
	return start_rc;
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
rte_eth_link_get_nowait(uint16_t port, rte_eth_link *link)
{
	int rc = behind<decltype(rte_eth_link_get_nowait)>("rte_eth_link_get_nowait")(port, link);

	if (support::SickPort *p = support::SickPort::find(port); rc == 0 && p != nullptr)
		link->link_status = p->link_up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
	return rc;
}

int
rte_eth_stats_get(uint16_t port, rte_eth_stats *stats)
{
	int rc = behind<decltype(rte_eth_stats_get)>("rte_eth_stats_get")(port, stats);

	if (support::SickPort *p = support::SickPort::find(port); rc == 0 && p != nullptr) {
		stats->imissed = p->missed;
		stats->rx_nombuf = p->no_mbuf;
	}
	return rc;
}

int
rte_eth_dev_callback_register(uint16_t port, rte_eth_event_type what, rte_eth_dev_cb_fn call,
                              void *ctx)
{
	support::SickPort *p = support::SickPort::find(port);

	if (p == nullptr)
		return behind<decltype(rte_eth_dev_callback_register)>(
			"rte_eth_dev_callback_register")(port, what, call, ctx);
	p->listen(what, call, ctx);
	return 0;
}

int
rte_eth_dev_callback_unregister(uint16_t port, rte_eth_event_type what, rte_eth_dev_cb_fn call,
                                void *ctx)
{
	support::SickPort *p = support::SickPort::find(port);

	if (p == nullptr)
		return behind<decltype(rte_eth_dev_callback_unregister)>(
			"rte_eth_dev_callback_unregister")(port, what, call, ctx);
	p->ignore(what);
	return 0;
}

int
rte_eth_dev_reset(uint16_t port)
{
	support::SickPort *p = support::SickPort::find(port);

	if (p == nullptr)
		return behind<decltype(rte_eth_dev_reset)>("rte_eth_dev_reset")(port);
	if (!p->can_reset)
		return -ENOTSUP;
	p->resets++;
	return 0;
}

int
rte_eth_dev_start(uint16_t port)
{
	support::SickPort *p = support::SickPort::find(port);
	int rc = p == nullptr ? 0 : p->start();

	return rc != 0 ? rc : behind<decltype(rte_eth_dev_start)>("rte_eth_dev_start")(port);
}

int
rte_eth_dev_stop(uint16_t port)
{
	support::SickPort *p = support::SickPort::find(port);

	if (p != nullptr)
		p->stops++;
	return behind<decltype(rte_eth_dev_stop)>("rte_eth_dev_stop")(port);
}
}
