/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks on a line: line.h. */
#include "line.h"

#include <rte_mbuf.h>

namespace
{

constexpr uint16_t port = 80;
constexpr size_t chunk = 65536;
constexpr uint64_t step_ns = 20 * PLN_NS_PER_US;
constexpr uint64_t capabilities = PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM |
                                  PLN_LINK_TX_MULTI_SEGS | PLN_LINK_RX_CKSUM_FLAGS;

struct pln_addr
addr_of(uint8_t number)
{
	return pln_addr_ip4(10, 0, 0, number);
}

struct pln_mac
mac_of(uint8_t number)
{
	return { { 2, 0, 0, 0, 0, number } };
}

uint16_t
rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	auto *end = static_cast<perf::Line::End *>(ctx);
	uint16_t i = 0;

	for (; i < n && !end->in.empty(); i++) {
		frames[i] = end->in.front();
		end->in.pop_front();
	}
	return i;
}

uint16_t
tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	auto *end = static_cast<perf::Line::End *>(ctx);

	end->out.insert(end->out.end(), frames, frames + n);
	return n;
}

} // namespace

void
perf::Line::add_end(End &end, uint8_t number)
{
	struct pln_link link = {};
	struct pln_stack_config config = {};
	const uint8_t other = number == 1 ? 2 : 1;
	const struct pln_addr self = addr_of(number), peer = addr_of(other);
	const struct pln_mac peer_mac = mac_of(other);

	link.rx = rx;
	link.tx = tx;
	link.ctx = &end;
	link.capabilities = capabilities;
	link.mac = mac_of(number);
	link.mtu = 1500;
	config.size = sizeof(config);
	config.link = &link;
	config.seed = number;
	config.now = now;
	ok = pln_stack_create(&config, &end.stack) == 0 &&
	     pln_stack_opt_set(end.stack, "acd", "off") == 0 &&
	     pln_stack_addr_add(end.stack, &self, 24) == 0 &&
	     pln_stack_neigh_set(end.stack, &peer, &peer_mac) == 0 && ok;
	settle();
}

perf::Line::Line() : bytes(chunk, 0x5a), ok(true)
{
	struct pln_tcp_listen_args args = {};

	pool = rte_pktmbuf_pool_create(
		"line", 8191, 0,
		static_cast<uint16_t>(RTE_ALIGN(pln_link_priv_size(), RTE_MBUF_PRIV_ALIGN)),
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	add_end(a, 1);
	add_end(b, 2);
	args.size = sizeof(args);
	args.local.port = port;
	ok = ok && pool != nullptr && pln_tcp_listen(b.stack, &args, &listener) == 0;
}

perf::Line::~Line()
{
	for (End *end : { &a, &b }) {
		pln_stack_destroy(end->stack);
		for (auto *queue : { &end->in, &end->out })
			for (struct rte_mbuf *m : *queue)
				rte_pktmbuf_free(m);
	}
	rte_mempool_free(pool);
}

void
perf::Line::open()
{
	struct pln_tcp_open_args args = {};

	args.size = sizeof(args);
	args.remote = { addr_of(2), port };
	if (pln_tcp_open(a.stack, &args, &a.conn) < 0)
		abort();
	settle();
	if (pln_tcp_accept(b.stack, listener, nullptr, &b.conn) < 0)
		abort();
}

void
perf::Line::close()
{
	pln_tcp_close(a.stack, a.conn);
	settle();
	pln_tcp_close(b.stack, b.conn);
	settle();
	now += 300 * PLN_NS_PER_S;
	settle();
}

unsigned int
perf::Line::carry(End &from, End &to, const std::function<bool(unsigned int)> &lost)
{
	unsigned int number = 0, came = 0;

	for (struct rte_mbuf *m : from.out) {
		struct rte_mbuf *copy =
			lost && lost(number) ? nullptr : rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

		number++;
		rte_pktmbuf_free(m);
		if (copy == nullptr)
			continue;
		copy->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		to.in.push_back(copy);
		came++;
	}
	from.out.clear();
	return came;
}

void
perf::Line::send(End &end, size_t len)
{
	while (len > 0) {
		ssize_t n = pln_tcp_send(end.stack, end.conn, bytes.data(),
		                         len < chunk ? len : chunk, 0);

		if (n <= 0)
			return;
		len -= static_cast<size_t>(n);
	}
}

size_t
perf::Line::receive(End &end)
{
	struct pln_event events[16];
	size_t total = 0;
	ssize_t n;

	while (pln_stack_events(end.stack, events, 16) > 0)
		;
	while ((n = pln_tcp_receive(end.stack, end.conn, bytes.data(), chunk, 0)) > 0)
		total += static_cast<size_t>(n);
	return total;
}

void
perf::Line::flush(End &end)
{
	pln_stack_flush(end.stack, now);
}

void
perf::Line::settle()
{
	unsigned int moved;

	do {
		moved = 0;
		now += step_ns;
		for (End *end : { &a, &b }) {
			if (end->stack == nullptr)
				continue;
			moved += pln_stack_poll(end->stack, now);
			receive(*end);
			moved += pln_stack_flush(end->stack, now);
		}
		if (a.stack != nullptr && b.stack != nullptr)
			moved += carry(a, b) + carry(b, a);
	} while (moved > 0);
}

void
perf::Line::transfer(size_t len)
{
	while (len > 0) {
		size_t part = len < chunk ? len : chunk;

		send(a, part);
		settle();
		len -= part;
	}
}
