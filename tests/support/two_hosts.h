/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two stacks, a cable between them and a clock: a discrete-event world that jumps from one deadline to the next. It knows
 * the public headers only, so whatever a test does with it, a program outside this tree could do.
 */
#ifndef POLLEN_TESTS_SUPPORT_TWO_HOSTS_H
#define POLLEN_TESTS_SUPPORT_TWO_HOSTS_H

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pollen/memlink.h>
#include <pollen/stack.h>
#include <pollen/tcp.h>

#include "support/cable.h"
#include "support/frame.h"

namespace support
{

struct HostOptions {
	uint32_t capabilities = 0; /* enum pln_link_capability */
	uint16_t mtu = 1500;
	uint16_t vlan = 0;
	uint64_t seed = 1; /* 0: random */
	uint32_t max_conns = 64;
	uint32_t trace_records = 0;
	const pln_link *kernel = nullptr;     /* another stack on the same wire */
	std::function<void(pln_link &)> wrap; /* may put itself between stack and link */
	std::vector<std::pair<std::string, std::string>> options; /* pln_stack_opt_set */
};

/* A stack on a link in memory. */
class Host
{
      public:
	Host(const HostOptions &options, const char *addr, uint8_t mac_last, uint64_t now = 0);
	~Host();
	Host(const Host &) = delete;
	Host &operator=(const Host &) = delete;

	pln_stack *
	stack() const
	{
		return stack_;
	}

	pln_memlink *
	link() const
	{
		return link_;
	}

	uint64_t counter(const char *name) const;
	struct pln_tcp_info info(uint64_t conn) const;
	std::string option(const char *name) const;
	std::string dump() const;

	/* The next frame it sent, if any. */
	std::optional<Frame> collect();

	const pln_addr addr;
	const pln_mac mac;

      private:
	pln_memlink *link_ = nullptr;
	pln_stack *stack_ = nullptr;
};

struct TwoHostsOptions {
	HostOptions a, b;
	bool arp = false;  /* false: both know each other from the start */
	uint64_t seed = 1; /* of the cable */
	uint64_t start = PLN_NS_PER_S;
};

class TwoHosts
{
      public:
	explicit TwoHosts(const TwoHostsOptions &options = {});

	/* Everything that can happen at this time happens. */
	void settle();

	/* Run on until `done` or the time is up; false: it was not done by then. */
	bool run_until(const std::function<bool()> &done, uint64_t limit_ns);
	void run_for(uint64_t ns);

	/* A listener on b, a connection from a to it, both ESTABLISHED; throws when that fails. */
	std::pair<uint64_t, uint64_t> established_pair(uint16_t port = 80);

	uint64_t now;
	Host a, b;
	Cable cable;

	/* The application: called whenever both stacks are at rest; true when it did something. */
	std::function<bool()> app;

      private:
	uint64_t next() const;
	void jump(uint64_t limit);
};

} // namespace support

#endif
