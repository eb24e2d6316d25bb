/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/two_hosts.h"

#include <algorithm>
#include <stdexcept>

#include <pollen/stats.h>

namespace support
{

namespace
{

constexpr uint64_t STUCK_STEP_NS =
	PLN_NS_PER_MS; /* a link that refuses frames is tried again this often */

void
must(int ret, const char *what)
{
	if (ret != 0)
		throw std::runtime_error(std::string(what) + ": " + std::to_string(ret));
}

} // namespace

Host::Host(const HostOptions &options, const char *addr_text, uint8_t mac_last, uint64_t now)
    : addr(ip4(addr_text)), mac(support::mac(mac_last))
{
	pln_memlink_config link_config{};
	pln_stack_config config{};
	pln_link link;

	link_config.size = sizeof(link_config);
	link_config.mac = mac;
	link_config.mtu = options.mtu;
	link_config.capabilities = options.capabilities;
	must(pln_memlink_create(&link_config, &link_), "memlink");
	config.size = sizeof(config);
	link = *pln_memlink_link(link_);
	link.vlan = options.vlan;
	if (options.wrap)
		options.wrap(link);
	config.link = &link;
	config.seed = options.seed;
	config.now = now;
	config.max_conns = options.max_conns;
	config.trace_records = options.trace_records;
	config.kernel = options.kernel;
	must(pln_stack_create(&config, &stack_), "stack");
	for (const auto &[name, value] : options.options)
		must(pln_stack_opt_set(stack_, name.c_str(), value.c_str()), name.c_str());
	must(pln_stack_addr_add(stack_, &addr, 24), "address");
}

Host::~Host()
{
	pln_stack_destroy(stack_);
	pln_memlink_destroy(link_);
}

uint64_t
Host::counter(const char *name) const
{
	uint64_t value = 0;

	must(pln_stats_counter(stack_, name, &value), name);
	return value;
}

struct pln_tcp_info
Host::info(uint64_t conn) const
{
	struct pln_tcp_info info {
	};

	info.size = sizeof(info);
	must(pln_tcp_info(stack_, conn, &info), "info");
	return info;
}

std::string
Host::option(const char *name) const
{
	char buf[64];

	must(pln_stack_opt_get(stack_, name, buf, sizeof(buf)), name);
	return buf;
}

std::string
Host::dump() const
{
	std::string text(pln_tcp_dump(stack_, nullptr, 0) + 1, '\0');

	text.resize(pln_tcp_dump(stack_, text.data(), text.size()));
	return text;
}

std::optional<Frame>
Host::collect()
{
	Bytes bytes(65535 + 18);
	ssize_t len = pln_memlink_collect(link_, bytes.data(), bytes.size());

	if (len <= 0)
		return std::nullopt;
	bytes.resize(static_cast<size_t>(len));
	return parse(bytes);
}

TwoHosts::TwoHosts(const TwoHostsOptions &options)
    : now(options.start), a(options.a, "10.0.0.1", 1, now), b(options.b, "10.0.0.2", 2, now),
      cable(a.link(), b.link(), options.seed)
{
	if (!options.arp) {
		must(pln_stack_neigh_set(a.stack(), &b.addr, &b.mac), "neighbour");
		must(pln_stack_neigh_set(b.stack(), &a.addr, &a.mac), "neighbour");
	}
}

void
TwoHosts::settle()
{
	bool progress;

	do {
		progress = pln_stack_run(a.stack(), now) > 0;
		progress |= pln_stack_run(b.stack(), now) > 0;
		progress |= cable.collect(now);
		progress |= cable.deliver(now);
		if (app)
			progress |= app();
	} while (progress);
}

uint64_t
TwoHosts::next() const
{
	return std::min({ pln_stack_next(a.stack()), pln_stack_next(b.stack()), cable.next() });
}

void
TwoHosts::jump(uint64_t limit)
{
	uint64_t to = next();

	if (to <= now)
		to = now + STUCK_STEP_NS;
	now = std::min(to, limit);
}

bool
TwoHosts::run_until(const std::function<bool()> &done, uint64_t limit_ns)
{
	uint64_t limit = now + limit_ns;

	settle();
	while (!done()) {
		if (now >= limit)
			return false;
		jump(limit);
		settle();
	}
	return true;
}

void
TwoHosts::run_for(uint64_t ns)
{
	run_until([] { return false; }, ns);
}

std::pair<uint64_t, uint64_t>
TwoHosts::established_pair(uint16_t port)
{
	pln_tcp_listen_args listen{};
	pln_tcp_open_args open{};
	uint64_t listener, client, server = 0;

	listen.size = sizeof(listen);
	listen.local.port = port;
	must(pln_tcp_listen(b.stack(), &listen, &listener), "listen");
	open.size = sizeof(open);
	open.remote = { b.addr, port };
	must(pln_tcp_open(a.stack(), &open, &client), "open");
	auto accepted = [&] { return pln_tcp_accept(b.stack(), listener, nullptr, &server) == 0; };
	if (!run_until(accepted, 60 * PLN_NS_PER_S))
		throw std::runtime_error("no connection:\n" + a.dump() + b.dump());
	must(pln_tcp_close(b.stack(), listener), "close");
	return { client, server };
}

} // namespace support
