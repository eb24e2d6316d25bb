/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/rss_host.h"

#include <algorithm>
#include <cstring>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>
#include <pollen/udp.h>

#include "dev/mbuf.h"

namespace support
{

namespace
{

constexpr uint16_t PORT = 80;
constexpr const char *US = "10.9.0.1", *PEER = "10.9.0.2";

pln_host *
blank_host(unsigned int lcores, const char *steer)
{
	auto *host = static_cast<pln_host *>(calloc(1, sizeof(pln_host)));
	void *memory = nullptr;

	if (host == nullptr ||
	    posix_memalign(&memory, RTE_CACHE_LINE_SIZE, sizeof(pln_host_port)) != 0)
		throw std::bad_alloc();
	memset(memory, 0, sizeof(pln_host_port));
	host->ports = static_cast<pln_host_port *>(memory);
	host->n_ports = 1;
	host->ports->host = host;
	host->ports->config.addr = ip4(US);
	host->ports->config.prefix_len = 24;
	host->ports->config.gateway = ip4(PEER);
	host->ports->secret = { 7, 8 };
	host->ports->memory.buffers = 4095;
	host->ports->memory.frame_len = 2048;
	host->config.acd = PLN_HOST_ACD_OFF;
	host->config.max_conns = 4096;
	host->config.seed = 5;
	host->config.steer = steer;
	host->n_lcores = lcores;
	pln_clock_init(&host->clock, PLN_NS_PER_S, rte_get_tsc_cycles());
	return host;
}

HostOptions
peer_options()
{
	HostOptions options;

	options.max_conns = 8192;
	return options;
}

void
make_lcores(pln_host *host)
{
	host->lcores =
		static_cast<pln_host_lcore *>(calloc(host->n_lcores, sizeof(pln_host_lcore)));
	if (host->lcores == nullptr)
		throw std::bad_alloc();
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		host->lcores[i].host = host;
		host->lcores[i].index = host->lcores[i].id = i;
	}
}

int
start_device(pln_host_port *port, uint16_t id, pln_error *error)
{
	std::vector<rte_mempool *> pools;
	pln_ethdev_config config{};

	config.queues = static_cast<uint16_t>(port->host->n_lcores);
	config.mac = mac(1);
	config.rx_desc = config.tx_desc = 512;
	int rc = pln_ethdev_open(&port->dev, id, &config, error);
	if (rc == 0)
		rc = pln_host_lanes_open(port, error);
	for (unsigned int i = 0; rc == 0 && i < port->host->n_lcores; i++)
		pools.push_back(port->lanes[i].pool);
	return rc == 0 ? pln_ethdev_start(&port->dev, pools.data(), error) : rc;
}

uint64_t
listen(pln_stack *stack)
{
	pln_tcp_listen_args args{};
	uint64_t listener = 0;

	args.size = sizeof(args);
	args.local.port = PORT;
	args.backlog = 4096;
	EXPECT_EQ(pln_tcp_listen(stack, &args, &listener), 0);
	return listener;
}

} // namespace

RssHost::RssHost(const RssTraits &traits, unsigned int lcores, const char *steer)
    : host(blank_host(lcores, steer)), port(host->ports), device("rss_host", traits),
      peer(peer_options(), PEER, 2, now), accepted(lcores)
{
	make_lcores(host);
	rc = start_device(port, device.port, &error);
	if (rc == 0)
		rc = pln_host_steer(port, &error);
	if (rc == 0)
		rc = pln_host_lanes_start(port, &error);
	if (rc == 0)
		rc = pln_host_claim(host, &error);
}

RssHost::~RssHost()
{
	pln_host_lanes_stop(port);
	pln_host_steer_end(port);
	device.shut();
	pln_host_lanes_close(port);
	free(host->lcores);
	free(host->ports);
	free(host);
}

uint64_t
RssHost::counter(const char *name) const
{
	uint64_t sum = 0, one = 0;

	for (unsigned int i = 0; i < host->n_lcores; i++)
		sum += pln_stats_counter(stack(i), name, &one) == 0 ? one : 0;
	return sum;
}

/* ------------------------------------------------------------------------------------------------ the wire */

void
RssHost::arrive(const Bytes &frame)
{
	rte_mbuf *m = rte_pktmbuf_alloc(port->lanes[0].pool);

	ASSERT_NE(m, nullptr);
	memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(frame.size())), frame.data(),
	       frame.size());
	ASSERT_TRUE(paired ? device.deliver(m, answering_queue(parse(frame))) : device.deliver(m));
}

/* Of a peer at the other end of a wire: where it was asked, as far as it was. */
uint16_t
RssHost::answering_queue(const Frame &frame) const
{
	auto asked = frame.tcp ? queue_of_flow.find({ frame.tcp->dport, frame.tcp->sport })
	                       : queue_of_flow.end();

	if (asked == queue_of_flow.end())
		return 0;
	return static_cast<uint16_t>((asked->second + shift) % port->dev.n_queues);
}

/* Empty: none. */
Bytes
RssHost::take_sent()
{
	uint8_t bytes[2048];

	for (uint16_t q = 0; q < port->dev.n_queues; q++) {
		rte_mbuf *m = device.sent(q);

		if (m == nullptr)
			continue;
		const auto *first =
			static_cast<const uint8_t *>(rte_pktmbuf_read(m, 0, m->pkt_len, bytes));
		Bytes sent(first, first + m->pkt_len);
		Frame f = parse(sent);

		if (f.tcp)
			queue_of_flow[{ f.tcp->sport, f.tcp->dport }] = q;
		rte_pktmbuf_free(m);
		return sent;
	}
	return {};
}

bool
RssHost::carry()
{
	uint8_t bytes[2048];
	bool moved = false;
	Bytes sent;
	ssize_t len;

	while (!(sent = take_sent()).empty()) {
		EXPECT_EQ(pln_memlink_inject(peer.link(), sent.data(), sent.size(), 0), 0);
		moved = true;
	}
	while ((len = pln_memlink_collect(peer.link(), bytes, sizeof(bytes))) > 0) {
		arrive(Bytes(bytes, bytes + len));
		moved = true;
	}
	return moved;
}

void
RssHost::settle()
{
	unsigned int work;

	do {
		work = pln_stack_run(peer.stack(), now);
		for (unsigned int i = 0; i < host->n_lcores; i++)
			work += pln_stack_run(stack(i), now);
		work += carry() ? 1 : 0;
	} while (work > 0);
}

bool
RssHost::run_until(const std::function<bool()> &done, uint64_t limit_ns)
{
	uint64_t end = now + limit_ns;

	for (;;) {
		do {
			settle();
		} while (talking && turn());
		if (done())
			return true;
		if (now >= end)
			return false;
		uint64_t next = std::min(end, pln_stack_next(peer.stack()));
		for (unsigned int i = 0; i < host->n_lcores; i++)
			next = std::min(next, pln_stack_next(stack(i)));
		now = std::max(next, now + 1);
	}
}

int
RssHost::prove()
{
	auto prove = std::make_unique<pln_prove>();
	struct pln_be32 gateway {
	};
	int rc;

	memcpy(&gateway, port->config.gateway.bytes, sizeof(gateway));
	do {
		pln_prove_begin(prove.get(), port->group, &port->secret, gateway);
		run_until([&] { return !pln_prove_step(prove.get()); }, PLN_NS_PER_S / 3);
		rc = pln_host_judge(port, prove.get(), &error);
	} while (rc > 0);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ what is said */

void
RssHost::serve(pln_stack *on, uint64_t listener, const pln_event &event, size_t *count)
{
	uint8_t buf[64];
	uint64_t conn;
	ssize_t n;

	if (event.conn == listener) {
		while (pln_tcp_accept(on, listener, nullptr, &conn) == 0)
			(*count)++;
		return;
	}
	while ((n = pln_tcp_receive(on, event.conn, buf, sizeof(buf), 0)) > 0)
		EXPECT_EQ(pln_tcp_send(on, event.conn, buf, static_cast<size_t>(n), 0), n);
	if ((event.bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) != 0)
		pln_tcp_close(on, event.conn);
}

/* Cookies are numbers. */
void
RssHost::ask(pln_stack *on, const pln_event &event)
{
	auto number = reinterpret_cast<uintptr_t>(event.cookie);
	uintptr_t answer = 0;

	EXPECT_EQ(event.error, 0);
	if ((event.bits & PLN_EV_CONNECTED) != 0) {
		EXPECT_GT(pln_tcp_send(on, event.conn, &number, sizeof(number), 0), 0);
	}
	if ((event.bits & PLN_EV_READABLE) == 0)
		return;
	EXPECT_GT(pln_tcp_receive(on, event.conn, &answer, sizeof(answer), 0), 0);
	EXPECT_EQ(answer, number);
	answered++;
	pln_tcp_close(on, event.conn);
}

bool
RssHost::turn()
{
	pln_event events[64];
	size_t by_peer = 0;
	unsigned int n = pln_stack_events(peer.stack(), events, 64), total = n;

	for (unsigned int k = 0; k < n; k++)
		if (events[k].cookie != nullptr)
			ask(peer.stack(), events[k]);
		else
			serve(peer.stack(), peer_listener, events[k], &by_peer);
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		n = pln_stack_events(stack(i), events, 64);
		for (unsigned int k = 0; k < n; k++)
			if (events[k].cookie != nullptr)
				ask(stack(i), events[k]);
			else
				serve(stack(i), listeners[i], events[k], &accepted[i]);
		total += n;
	}
	return total > 0;
}

/* Both ends know each other's MAC: else more would wait for ARP than may. */
void
RssHost::meet()
{
	const pln_addr us = ip4(US), them = ip4(PEER);

	EXPECT_EQ(pln_stack_resolve(peer.stack(), &us), 0);
	for (unsigned int i = 0; i < host->n_lcores; i++)
		EXPECT_EQ(pln_stack_resolve(stack(i), &them), 0);
	settle();
}

size_t
RssHost::converse(unsigned int each)
{
	const size_t all = 2UL * each * host->n_lcores;
	pln_tcp_open_args args{};
	struct pln_tcp_info info {
	};
	uint64_t conn = 0;

	if (!talking) {
		peer_listener = listen(peer.stack());
		for (unsigned int i = 0; i < host->n_lcores; i++)
			listeners.push_back(listen(stack(i)));
	}
	talking = true;
	answered = 0;
	meet();
	ports.clear();
	args.size = sizeof(args);
	info.size = sizeof(info);
	for (uintptr_t n = 1; n <= all; n++) {
		unsigned int i = n % host->n_lcores;
		bool ours = n > all / 2;

		args.remote = { ip4(ours ? PEER : US), PORT };
		args.cookie = reinterpret_cast<void *>(n);
		EXPECT_EQ(pln_tcp_open(ours ? stack(i) : peer.stack(), &args, &conn), 0);
		if (!ours)
			continue;
		EXPECT_EQ(pln_tcp_info(stack(i), conn, &info), 0);
		EXPECT_TRUE(ports.insert(info.local.port).second) << "given twice";
	}
	run_until([&] { return answered == all; }, 60 * PLN_NS_PER_S);
	return answered;
}

unsigned int
RssHost::receive_datagrams(unsigned int count, size_t bytes)
{
	const Bytes sent(bytes, 0x5a);
	const pln_endpoint here{ {}, 53 };
	uint64_t server = 0, client = 0;
	unsigned int got = 0;
	Bytes data(65535);

	meet();
	EXPECT_EQ(pln_udp_open(peer.stack(), nullptr, &client), 0);
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		EXPECT_EQ(pln_udp_open(stack(i), nullptr, &server), 0);
		EXPECT_EQ(pln_udp_bind(stack(i), server, &here), 0);
		listeners.push_back(server);
	}
	for (unsigned int n = 0; n < count; n++) {
		pln_udp_out out{};

		out.size = sizeof(out);
		out.data = sent.data();
		out.len = sent.size();
		out.to = { ip4(US), 53 };
		EXPECT_EQ(pln_udp_send(peer.stack(), client, &out), static_cast<ssize_t>(bytes));
		settle();
	}
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		pln_udp_in in{};

		in.size = sizeof(in);
		in.buf = data.data();
		in.room = data.size();
		while (pln_udp_receive(stack(i), listeners[listeners.size() - host->n_lcores + i],
		                       &in) == static_cast<ssize_t>(bytes))
			got += memcmp(data.data(), sent.data(), bytes) == 0;
	}
	return got;
}

} // namespace support
