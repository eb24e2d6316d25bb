/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole host on a port that steers as a test says (support/rss_port.h): a stack for each lcore, all turned by one thread, and at the
 * other end of the wire a single stack. Only EAL is the test's; port, steering, stacks and group are the host's own.
 */
#ifndef POLLEN_TESTS_HOST_RSS_HOST_H
#define POLLEN_TESTS_HOST_RSS_HOST_H

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "host/host.h"
#include "stack/prove.h"
#include "support/rss_port.h"
#include "support/two_hosts.h"

namespace support
{

class RssHost
{
      public:
	RssHost(const RssTraits &traits, unsigned int lcores, const char *steer = nullptr);
	~RssHost();
	RssHost(const RssHost &) = delete;
	RssHost &operator=(const RssHost &) = delete;

	/* As a host does it before its program runs. */
	int prove();

	/* Connections from each lcore to the peer and from the peer to listeners on all: each says a number and is told it again.
	 * How many were. */
	size_t converse(unsigned int each);

	/* Datagrams of `bytes` from the peer to a port of one lcore; how many arrived whole. */
	unsigned int receive_datagrams(unsigned int count, size_t bytes);

	void meet();
	void settle();
	bool run_until(const std::function<bool()> &done, uint64_t limit_ns);

	/* The next frame that the host sent. */
	Bytes take_sent();

	/* A frame of anybody's arrives. */
	void arrive(const Bytes &frame);

	pln_steer_mode
	mode() const
	{
		return port->steer->mode;
	}

	pln_stack *
	stack(unsigned int i) const
	{
		return port->lanes[i].stack;
	}

	uint64_t counter(const char *name) const; /* of all stacks */

	uint64_t now = PLN_NS_PER_S;
	pln_host *host;
	pln_host_port *port; /* its only one */
	pln_error error{};
	int rc = 0; /* of the start */
	RssPort device;
	Host peer;
	bool paired =
		false; /* the peer answers on the queue that it was asked on, moved on by `shift` */
	uint16_t shift = 0;
	std::vector<size_t> accepted;          /* by each lcore */
	std::set<uint16_t> ports;              /* that we opened from */
	std::map<uint64_t, unsigned int> open; /* our connections, by handle */

      private:
	bool carry();
	uint16_t answering_queue(const Frame &frame) const;
	bool turn();
	void serve(pln_stack *on, uint64_t listener, const pln_event &event, size_t *count);
	void ask(pln_stack *on, const pln_event &event);

	std::map<std::pair<uint16_t, uint16_t>, uint16_t> queue_of_flow;
	std::vector<uint64_t> listeners;
	uint64_t peer_listener = 0;
	size_t answered = 0;
	bool talking = false;
};

} // namespace support

#endif
