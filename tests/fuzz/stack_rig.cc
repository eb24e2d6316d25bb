/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz/stack_rig.h"

#include <cerrno>
#include <cstring>
#include <tuple>

#include <rte_mempool.h>

#include "base/ip4.h"
#include "dev/mbuf.h"
#include "wire/cksum.h"
#include "wire/ip4_hdr.h"
#include "wire/udp_hdr.h"

namespace fuzz
{

namespace
{

constexpr uint32_t max_conns = 8, max_time_wait = 4;
constexpr uint32_t large_pool = 1023, small_pool = 31;
constexpr unsigned int deadlines_a_step = 12;
/* A turn may send what windows allow, and each frame may be answered: far more than that is a loop. */
constexpr unsigned int max_work_a_turn = 20000;

/* Pools are made once: an input that left them short would be found by its own check. */
rte_mempool *
pool_of(bool is_small)
{
	static rte_mempool *large =
		pln_mbuf_pool_create("fuzz_large", large_pool, 2048, SOCKET_ID_ANY);
	static rte_mempool *small =
		pln_mbuf_pool_create("fuzz_small", small_pool, 2048, SOCKET_ID_ANY);

	FUZZ_CHECK(large != nullptr && small != nullptr);
	return is_small ? small : large;
}

/* Links are kept, one of a kind: making one costs more than most inputs. */
pln_memlink *
link_of(const RigConfig &config, const pln_mac &mac)
{
	using Key = std::tuple<uint32_t, uint16_t, bool>;
	/* never freed: it outlives the search for leaks at the end */
	static auto &links = *new std::map<Key, pln_memlink *>;
	pln_memlink *&link = links[{ config.capabilities, config.mtu, config.is_pool_small }];
	pln_memlink_config c{};

	if (link != nullptr)
		return link;
	c.size = sizeof(c);
	c.mac = mac;
	c.mtu = config.mtu;
	c.capabilities = config.capabilities;
	c.mempool = pool_of(config.is_pool_small);
	FUZZ_CHECK(pln_memlink_create(&c, &link) == 0);
	return link;
}

/* As it was when it was new. */
void
clean_link(pln_memlink *link)
{
	const pln_link *seam = pln_memlink_link(link);
	rte_mbuf *frame = nullptr;
	Bytes buf(65536);

	while (seam->rx(seam->ctx, &frame, 1) == 1)
		rte_pktmbuf_free(frame);
	while (pln_memlink_collect(link, buf.data(), buf.size()) > 0) {
	}
	pln_memlink_block_tx(link, false);
}

pln_stack *
make_stack(const RigConfig &config, pln_memlink *link, uint64_t now)
{
	pln_stack_config c{};
	pln_stack *stack = nullptr;

	c.size = sizeof(c);
	c.link = pln_memlink_link(link);
	c.mempool = pool_of(config.is_pool_small);
	c.seed = config.seed;
	c.now = now;
	c.max_conns = max_conns;
	c.max_time_wait = max_time_wait;
	c.trace_records = 16;
	FUZZ_CHECK(pln_stack_create(&c, &stack) == 0);
	return stack;
}

bool
leq(uint32_t a, uint32_t b)
{
	return static_cast<int32_t>(a - b) <= 0;
}

} // namespace

Rig::Rig(const RigConfig &config)
    : our_addr(pln_addr_ip4(10, 0, 0, 1)), peer_addr(pln_addr_ip4(10, 0, 0, 2)),
      our_mac(support::mac(1)), peer_mac(support::mac(2)), mtu(config.mtu)
{
	const pln_tcp_listen_args args = { sizeof(args), { our_addr, listen_port }, 4, nullptr };
	const pln_addr any = pln_addr_ip4(0, 0, 0, 0), gateway = pln_addr_ip4(10, 0, 0, 254);

	for (unsigned int i = 0; i < flow_count; i++) {
		flows[i].peer_port = static_cast<uint16_t>(i < 2 ? 4000 + i : 90 + i);
		flows[i].our_port = static_cast<uint16_t>(i < 2 ? listen_port : 5000 + i);
		/* the second of each kind wraps soon */
		flows[i].peer_iss = i % 2 == 0 ? 1000 : UINT32_MAX - 300;
	}
	link = link_of(config, our_mac);
	stack = make_stack(config, link, now);
	FUZZ_CHECK(pln_stack_addr_add(stack, &our_addr, 24) == 0);
	FUZZ_CHECK(pln_stack_route_add(stack, &any, 0, &gateway) == 0);
	if (config.knows_peer)
		FUZZ_CHECK(pln_stack_neigh_set(stack, &peer_addr, &peer_mac) == 0);
	FUZZ_CHECK(pln_tcp_listen(stack, &args, &listener) == 0);
}

Rig::~Rig()
{
	rte_mempool *pools[] = { pool_of(false), pool_of(true) };

	pln_stack_destroy(stack);
	clean_link(link);
	FUZZ_CHECK(refs_ == 0);
	for (rte_mempool *pool : pools)
		FUZZ_CHECK(rte_mempool_full(pool) == 1);
}

Flow *
Rig::flow_of(uint16_t our_port, uint16_t peer_port)
{
	for (Flow &flow : flows) {
		if (flow.our_port == our_port && flow.peer_port == peer_port)
			return &flow;
	}
	return nullptr;
}

void
Rig::inject(const Bytes &frame)
{
	int ret = pln_memlink_inject(link, frame.data(), frame.size(), 0);

	FUZZ_CHECK(ret == 0 || ret == -ENOMEM || ret == -ENOBUFS || frame.empty());
	settle();
}

void
Rig::settle()
{
	FUZZ_CHECK(pln_stack_run(stack, now) < max_work_a_turn);
	take_events();
	FUZZ_CHECK(pln_stack_run(stack, now) < max_work_a_turn);
	collect();
	FUZZ_CHECK(pln_tcp_conn_count(stack) <= max_conns);
	for (const auto &[conn, app] : apps)
		check_conn(conn);
}

void
Rig::advance(uint64_t ns)
{
	uint64_t target = now + ns;

	for (unsigned int i = 0; i < deadlines_a_step && now < target; i++) {
		now = std::clamp(pln_stack_next(stack), now + 1, target);
		settle();
	}
	now = target;
	settle();
}

void
Rig::take_events()
{
	pln_event events[4];
	uint64_t conn = 0;
	unsigned int n;

	while ((n = pln_stack_events(stack, events, 4)) > 0) {
		for (unsigned int i = 0; i < n; i++) {
			FUZZ_CHECK(events[i].conn == listener || apps.count(events[i].conn) == 1 ||
			           std::count(socks.begin(), socks.end(), events[i].conn) == 1);
			FUZZ_CHECK(events[i].bits != 0 && events[i].error <= 0);
		}
	}
	while (pln_tcp_accept(stack, listener, nullptr, &conn) == 0)
		add(conn);
	pln_arp_event arp[4];
	while (pln_arp_events(stack, arp, 4) > 0) {
	}
	pln_icmp_event icmp[4];
	while (pln_icmp_events(stack, icmp, 4) > 0) {
	}
}

void
Rig::collect()
{
	Bytes buf(65536);
	ssize_t len;

	while ((len = pln_memlink_collect(link, buf.data(), buf.size())) > 0) {
		Bytes bytes(buf.begin(), buf.begin() + len);

		see(support::parse(bytes));
		if (bytes.size() > 34 && bytes[12] == 8 && bytes[13] == 0)
			last_sent = std::move(bytes);
	}
	FUZZ_CHECK(len == 0);
}

/* What we send is well formed, whatever was received. */
void
Rig::see(const support::Frame &frame)
{
	FUZZ_CHECK(frame.src == our_mac);
	if (frame.arp) {
		FUZZ_CHECK(frame.arp->sha == our_mac);
		return;
	}
	FUZZ_CHECK(frame.ip && frame.ip->cksum_good && frame.ip->ihl == 5);
	FUZZ_CHECK(*frame.ip->total_len <= mtu && frame.ip->ttl > 0);
	FUZZ_CHECK(frame.ip->src == our_addr);
	FUZZ_CHECK(!frame.icmp || frame.icmp->cksum_good);
	if (frame.tcp)
		see_segment(frame);
	if (frame.ip->proto == support::PROTO_UDP && frame.ip->frag_off == 0 && !frame.ip->mf)
		see_datagram(frame);
}

/* Length and checksum agree with the bytes, and these are what the program gave. */
void
Rig::see_datagram(const support::Frame &frame) const
{
	const Bytes &bytes = frame.payload;
	pln_udp_hdr hdr{};

	FUZZ_CHECK(pln_udp_hdr_parse(bytes.data(), bytes.size(), bytes.size(), &hdr) == PLN_ACCEPT);
	FUZZ_CHECK(hdr.len == bytes.size() && hdr.src_port != 0 && hdr.dst_port != 0);
	for (size_t i = PLN_UDP_HDR_LEN; i < bytes.size(); i++)
		FUZZ_CHECK(bytes[i] == byte_out(i - PLN_UDP_HDR_LEN));
	if (!hdr.has_cksum)
		return;
	uint32_t sum = pln_cksum_pseudo4(pln_ip4_of(&frame.ip->src), pln_ip4_of(&frame.ip->dst),
	                                 PLN_IP4_PROTO_UDP, hdr.len);
	FUZZ_CHECK(pln_cksum_finish(pln_cksum_add(sum, bytes.data(), bytes.size())) == 0);
}

void
Rig::see_segment(const support::Frame &frame)
{
	const support::Tcp &tcp = *frame.tcp;
	Flow *flow = flow_of(tcp.sport, tcp.dport);
	uint32_t len = static_cast<uint32_t>(frame.payload.size());

	FUZZ_CHECK(tcp.cksum_good);
	FUZZ_CHECK((tcp.flags & support::RST) == 0 || len == 0);
	FUZZ_CHECK((tcp.flags & support::SYN) == 0 ||
	           (tcp.flags & (support::FIN | support::RST)) == 0);
	if (flow == nullptr || !(frame.ip->dst == peer_addr) || (tcp.flags & support::RST) != 0)
		return;
	if ((tcp.flags & support::SYN) != 0) {
		flow->our_iss = flow->our_next = tcp.seq;
		flow->peer_acked = tcp.seq + 1;
		flow->was_syn = true;
	}
	flow->is_seen = true;
	for (uint32_t i = 0; i < len && flow->was_syn; i++)
		FUZZ_CHECK(frame.payload[i] == byte_out(tcp.seq + i - flow->our_iss - 1));
	uint32_t end = tcp.seq + len + ((tcp.flags & (support::SYN | support::FIN)) != 0 ? 1U : 0U);
	if (leq(flow->our_next, end))
		flow->our_next = end;
	if ((tcp.flags & support::ACK) != 0)
		flow->our_ack = tcp.ack;
	flow->our_wnd = tcp.wnd;
	flow->has_ts = tcp.timestamps().has_value();
	if (flow->has_ts)
		flow->our_tsval = tcp.timestamps()->first;
}

std::optional<struct pln_tcp_info>
Rig::info(uint64_t conn) const
{
	struct pln_tcp_info info {
	};

	info.size = sizeof(info);
	if (pln_tcp_info(stack, conn, &info) != 0)
		return std::nullopt;
	return info;
}

void
Rig::check_conn(uint64_t conn)
{
	std::optional<struct pln_tcp_info> i = info(conn);
	char line[4096];

	FUZZ_CHECK(i.has_value());
	FUZZ_CHECK(i->state < PLN_TCP_STATE_COUNT && i->state != PLN_TCP_LISTEN);
	FUZZ_CHECK(i->error <= 0 && i->waiting != nullptr && i->cc != nullptr);
	FUZZ_CHECK(pln_tcp_readiness(stack, conn) >= 0);
	FUZZ_CHECK(pln_tcp_dump(stack, line, sizeof(line)) > 0);
	if (i->state == PLN_TCP_CLOSED)
		return;
	FUZZ_CHECK(leq(i->snd_una, i->snd_nxt));
	if (i->state >= PLN_TCP_ESTABLISHED)
		FUZZ_CHECK(i->snd_mss > 0 && i->pmtu >= 68 && i->cwnd_bytes > 0);
	FUZZ_CHECK(i->rto_ns >= PLN_NS_PER_MS && i->rto_ns <= 300 * PLN_NS_PER_S);
	FUZZ_CHECK(i->snd_wscale <= 14 && i->rcv_wscale <= 14);
	FUZZ_CHECK(i->rcv_wnd <= UINT32_C(65535) << 14);
	FUZZ_CHECK(i->bytes_acked <= i->bytes_sent);
	FUZZ_CHECK(i->sacked + i->lost <= i->unacked && i->retrans <= i->unacked);
	/* each connection can be told what it waits for, and so is the stack */
	FUZZ_CHECK(is_blocked || i->snd_una == i->snd_nxt || pln_stack_next(stack) != PLN_NEVER);
}

void
Rig::send(uint64_t conn, size_t len, int flags)
{
	App &app = apps[conn];
	Bytes bytes(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_out(app.sent + i);
	ssize_t n = pln_tcp_send(stack, conn, bytes.data(), len, flags);
	FUZZ_CHECK(n <= static_cast<ssize_t>(len));
	if (n > 0)
		app.sent += static_cast<uint64_t>(n);
}

void
Rig::send_ref(uint64_t conn, size_t len)
{
	struct Lent {
		int *refs;
		Bytes bytes;
	};
	App &app = apps[conn];
	auto *lent = new Lent{ &refs_, Bytes(len) };
	pln_tcp_ref ref = { lent->bytes.data(), len,
		            [](void *ctx) {
				    auto *l = static_cast<Lent *>(ctx);

				    --*l->refs;
				    delete l;
			    },
		            lent };

	for (size_t i = 0; i < len; i++)
		lent->bytes[i] = byte_out(app.sent + i);
	ssize_t n = pln_tcp_send_ref(stack, conn, &ref, 0);
	if (n < 0) {
		delete lent;
		return;
	}
	FUZZ_CHECK(static_cast<size_t>(n) == len);
	refs_++;
	app.sent += len;
}

/* Bytes of the stream from `skip` behind what was taken on. */
void
Rig::check_bytes(uint64_t conn, App &app, const uint8_t *bytes, size_t len, size_t skip)
{
	std::optional<struct pln_tcp_info> i = info(conn);

	FUZZ_CHECK(i.has_value());
	if (is_tainted || app.is_blind)
		return;
	uint32_t seq = i->irs + 1 + static_cast<uint32_t>(app.received + skip);
	for (size_t k = 0; k < len; k++)
		FUZZ_CHECK(bytes[k] == byte_in(seq + static_cast<uint32_t>(k)));
}

void
Rig::receive(uint64_t conn, size_t len, int flags)
{
	App &app = apps[conn];
	Bytes bytes(len);
	ssize_t n = pln_tcp_receive(stack, conn, bytes.data(), len, flags);

	FUZZ_CHECK(n <= static_cast<ssize_t>(len));
	if (n <= 0)
		return;
	check_bytes(conn, app, bytes.data(), static_cast<size_t>(n), 0);
	if ((flags & PLN_TCP_PEEK) == 0)
		app.received += static_cast<uint64_t>(n);
}

void
Rig::receive_views(uint64_t conn, size_t len)
{
	App &app = apps[conn];
	pln_tcp_view views[3];
	size_t at = 0;
	int n = pln_tcp_receive_views(stack, conn, 0, views, 3);

	for (int i = 0; i < n; i++) {
		check_bytes(conn, app, static_cast<const uint8_t *>(views[i].data), views[i].len,
		            at);
		at += views[i].len;
	}
	len = std::min(len, at);
	if (n > 0) {
		FUZZ_CHECK(pln_tcp_consume(stack, conn, len) == 0);
		app.received += len;
	}
}

void
Rig::add(uint64_t conn)
{
	FUZZ_CHECK(conn != 0 && apps.count(conn) == 0);
	apps[conn] = {};
}

void
Rig::forget(uint64_t conn)
{
	apps.erase(conn);
	FUZZ_CHECK(!info(conn).has_value());
}

uint64_t
Rig::conn(unsigned int i) const
{
	if (apps.empty())
		return 0;
	return std::next(apps.begin(), static_cast<long>(i % apps.size()))->first;
}

} // namespace fuzz
