/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port that can fall ill: its link goes down, it loses frames, takes none, asks for a reset, does not start again. It is RssPort's rings
 * (support/rss_port.h), and what a driver would say of its state is said by this class: the calls of rte_ethdev for it are defined in
 * sick_port.cc, before DPDK's in the link, and handed on for every other port.
 */
#ifndef POLLEN_TESTS_SUPPORT_SICK_PORT_H
#define POLLEN_TESTS_SUPPORT_SICK_PORT_H

#include <map>

#include "support/rss_port.h"

namespace support
{

class SickPort : public RssPort
{
      public:
	SickPort(const std::string &name, uint16_t queues);
	~SickPort();

	/* Fill a queue's transmit ring: it takes nothing until the port is started again. */
	void jam(uint16_t queue, rte_mempool *pool);

	/* The device tells of something, as if by an interrupt. */
	void raise(rte_eth_event_type what);

	bool link_up = true;
	uint64_t missed = 0, no_mbuf = 0;
	bool can_reset = true;
	int start_rc = 0; /* of the next starts */
	unsigned int starts = 0, stops = 0, resets = 0;

	/* What the calls do on this port. */
	int start();
	void listen(rte_eth_event_type what, rte_eth_dev_cb_fn call, void *ctx);
	void ignore(rte_eth_event_type what);
	size_t
	listeners() const
	{
		return calls.size();
	}

	static SickPort *find(uint16_t port);

      private:
	struct Call {
		rte_eth_dev_cb_fn make;
		void *ctx;
	};

	uint16_t queues;
	std::map<rte_eth_event_type, Call> calls;
};

} // namespace support

#endif
