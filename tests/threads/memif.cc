/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads/memif.h"

#include <stdexcept>

#include <rte_ethdev.h>

#include "support/frame.h"

namespace threads
{

namespace
{

constexpr uint16_t DESCRIPTORS = 1024;

void
must(int rc, const char *what)
{
	if (rc != 0)
		throw std::runtime_error(what);
}

} // namespace

Memif::Memif(unsigned int lcores, const pln_steer *rule, uint8_t mac_last)
    : rule_(rule), mac_(support::mac(mac_last))
{
	rte_eth_conf config{};
	auto queues = static_cast<uint16_t>(lcores * lcores);

	for (unsigned int i = 0; i < lcores; i++)
		lanes_.push_back({ this, i });
	must(rte_eth_dev_configure(port_, queues, queues, &config), "configure");
	for (uint16_t i = 0; i < queues; i++)
		must(rte_eth_tx_queue_setup(port_, i, DESCRIPTORS, SOCKET_ID_ANY, nullptr), "tx");
}

Memif::~Memif()
{
	rte_eth_dev_stop(port_);
	rte_eth_dev_close(port_);
}

/* Lcore i receives from all: on queues i, n + i, 2n + i ...; it sends on queues in .. in + n - 1. */
pln_link
Memif::link(unsigned int i, rte_mempool *pool)
{
	auto lcores = lanes_.size();
	pln_link link{};

	for (size_t from = 0; from < lcores; from++)
		must(rte_eth_rx_queue_setup(port_, static_cast<uint16_t>(from * lcores + i),
		                            DESCRIPTORS, SOCKET_ID_ANY, nullptr, pool),
		     "rx");
	link.rx = rx;
	link.tx = tx;
	link.ctx = &lanes_[i];
	link.capabilities = PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_EAL_MEMORY;
	link.mac = mac_;
	link.mtu = 1500;
	return link;
}

void
Memif::start()
{
	must(rte_eth_dev_start(port_), "start");
}

bool
Memif::connected() const
{
	rte_eth_link link{};

	return rte_eth_link_get_nowait(port_, &link) == 0 && link.link_status != 0;
}

uint16_t
Memif::rx(void *ctx, rte_mbuf **frames, uint16_t n)
{
	const auto *lane = static_cast<const Lane *>(ctx);
	auto lcores = static_cast<uint16_t>(lane->device->lanes_.size());
	uint16_t count = 0;

	for (uint16_t from = 0; from < lcores; from++)
		count = static_cast<uint16_t>(
			count +
			rte_eth_rx_burst(lane->device->port_,
		                         static_cast<uint16_t>(from * lcores + lane->index),
		                         frames + count,
		                         static_cast<uint16_t>((n - count) / (lcores - from))));
	return count;
}

uint16_t
Memif::tx(void *ctx, rte_mbuf **frames, uint16_t n)
{
	const auto *lane = static_cast<const Lane *>(ctx);
	auto lcores = static_cast<unsigned int>(lane->device->lanes_.size());
	uint16_t i;

	for (i = 0; i < n; i++) {
		unsigned int to = arrival(lane->device->rule_, lcores, frames[i]);

		if (rte_eth_tx_burst(lane->device->port_,
		                     static_cast<uint16_t>(lane->index * lcores + to), &frames[i],
		                     1) == 0)
			break;
	}
	return i;
}

} // namespace threads
