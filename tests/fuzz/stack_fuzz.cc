/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole stack: an input is a line of steps, each a frame, a call of the program or a step of the clock. Frames are made with right
 * checksums and, for most, with numbers near those the stack is waiting for, so that inputs get deep: through handshakes, data,
 * closes, time-outs. What must hold after each step is in stack_rig.cc; an invariant more is that the input ends: all windows,
 * retries and queues are bounded.
 */
#include <cstring>

#include "dev/eal.h"
#include "fuzz/stack_rig.h"

namespace
{

using fuzz::Bytes;
using fuzz::Flow;
using fuzz::Input;
using fuzz::Rig;
using support::Frame;

constexpr unsigned int max_steps = 200;
constexpr uint64_t max_clock_ns = UINT64_C(2000) * PLN_NS_PER_S;

Bytes
stream_bytes(uint32_t seq, size_t len)
{
	Bytes bytes(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = fuzz::byte_in(seq + static_cast<uint32_t>(i));
	return bytes;
}

Frame
ip_frame(const Rig &rig, uint8_t proto)
{
	Frame frame;

	frame.dst = rig.our_mac;
	frame.src = rig.peer_mac;
	frame.ip.emplace();
	frame.ip->src = rig.peer_addr;
	frame.ip->dst = rig.our_addr;
	frame.ip->proto = proto;
	return frame;
}

Frame
segment(const Rig &rig, const Flow &flow)
{
	Frame frame = ip_frame(rig, support::PROTO_TCP);

	frame.tcp.emplace();
	frame.tcp->sport = flow.peer_port;
	frame.tcp->dport = flow.our_port;
	return frame;
}

/* A number near one of those that matter. */
uint32_t
near(Input &in, uint32_t base, uint32_t window)
{
	unsigned int how = in.u8();
	auto delta = static_cast<uint32_t>(static_cast<int8_t>(in.u8()));

	switch (how % 6) {
	case 0:
	case 1:
		return base;
	case 2:
		return base + delta;
	case 3:
		return base + window + delta;
	case 4:
		return base + delta * 536;
	default:
		return in.u32();
	}
}

void
put_sack(Bytes &options, uint32_t start, uint32_t end)
{
	options.insert(options.end(), { 1, 1, 5, 10 });
	for (uint32_t edge : { start, end }) {
		for (unsigned int shift = 32; shift > 0; shift -= 8)
			options.push_back(static_cast<uint8_t>(edge >> (shift - 8)));
	}
}

Bytes
tcp_options(Input &in, const Flow &flow)
{
	unsigned int which = in.u8();
	Bytes out;
	auto add = [&out](const Bytes &more) { out.insert(out.end(), more.begin(), more.end()); };

	if ((which & 1U) != 0)
		add(support::mss_option(in.u16()));
	if ((which & 2U) != 0)
		add({ 4, 2 });
	if ((which & 4U) != 0)
		add(support::wscale_option(in.u8()));
	if ((which & 8U) != 0)
		add(support::timestamps_option(near(in, 100000, 1000), flow.our_tsval - in.u8()));
	for (unsigned int i = 0; i < (which >> 4 & 3U); i++) {
		uint32_t start = near(in, flow.our_next, 0) - in.u16(), end = start + in.u16();

		put_sack(out, start, end);
	}
	if ((which & 0x40U) != 0)
		add(in.take(in.u8() % 12));
	out.resize(std::min<size_t>(out.size(), 40));
	return out;
}

/* Any segment, its numbers near what the stack expects. */
void
any_segment(Rig &rig, Input &in)
{
	const Flow &flow = rig.flows[in.u8() % fuzz::flow_count];
	Frame frame = segment(rig, flow);
	support::Tcp &tcp = *frame.tcp;
	unsigned int len_mode;

	tcp.flags = in.u8();
	tcp.seq = near(in, flow.is_seen ? flow.our_ack : flow.peer_iss, flow.our_wnd);
	tcp.ack = near(in, flow.our_next, 0);
	tcp.wnd = in.u16();
	len_mode = in.u8();
	if ((len_mode & 0x80U) != 0)
		tcp.options = tcp_options(in, flow);
	if ((len_mode & 0x40U) != 0)
		tcp.up = in.u16();
	size_t len = (len_mode & 0x20U) != 0 ? (len_mode & 31U) * 47 : len_mode & 7U;
	frame.payload = stream_bytes(tcp.seq + ((tcp.flags & support::SYN) != 0 ? 1U : 0U), len);
	rig.inject(frame.bytes());
}

/* A clock of milliseconds, as hosts have. */
Bytes
timestamps(const Rig &rig, const Flow &flow)
{
	return support::timestamps_option(static_cast<uint32_t>(rig.now / PLN_NS_PER_MS),
	                                  flow.our_tsval);
}

/* The options of an honest SYN: each may be there. */
Bytes
syn_options(const Rig &rig, const Flow &flow, unsigned int how)
{
	Bytes out = support::mss_option(1460);
	auto add = [&out](const Bytes &more) { out.insert(out.end(), more.begin(), more.end()); };

	if ((how & 1U) != 0)
		add({ 4, 2, 1, 1 });
	if ((how & 2U) != 0)
		add({ 1, 3, 3, 7 });
	if ((how & 4U) != 0)
		add(timestamps(rig, flow));
	return out;
}

/* What an honest peer would send now: SYN, SYN-ACK or an ACK of all, with data or FIN if wanted. */
void
honest_segment(Rig &rig, Input &in)
{
	Flow &flow = rig.flows[in.u8() % fuzz::flow_count];
	unsigned int how = in.u8();
	bool is_first = !flow.is_seen, is_passive = flow.our_port == fuzz::listen_port;
	bool is_syn = is_first || (flow.was_syn && flow.our_ack == 0 && !is_passive);
	Frame frame = segment(rig, flow);
	support::Tcp &tcp = *frame.tcp;

	tcp.flags = is_syn ? support::SYN : support::ACK;
	tcp.seq = is_syn ? flow.peer_iss : flow.our_ack;
	if (!is_first) {
		tcp.flags |= support::ACK;
		tcp.ack = flow.peer_acked = flow.our_next;
	}
	if (is_syn) {
		tcp.options = syn_options(rig, flow, how);
	} else {
		frame.payload = stream_bytes(tcp.seq, (how >> 2 & 31U) * 40);
		tcp.flags |= (how & 1U) != 0 ? support::FIN : 0;
		tcp.wnd = (how & 2U) != 0 ? in.u16() : 65535;
		tcp.options = flow.has_ts ? timestamps(rig, flow) : Bytes();
	}
	rig.inject(frame.bytes());
}

/* What an honest peer sends when segments are lost: the same ACK again and again, or part of what is out, and SACK blocks. */
void
lagging_acks(Rig &rig, Input &in)
{
	Flow &flow = rig.flows[in.u8() % fuzz::flow_count];
	unsigned int how = in.u8(), count = 1 + (how & 7U);
	uint32_t out = flow.our_next - flow.peer_acked, hole = 536 * (1 + (how >> 3 & 3U));
	Frame frame = segment(rig, flow);
	support::Tcp &tcp = *frame.tcp;

	if ((how & 0x20U) != 0)
		flow.peer_acked += std::min(out, hole);
	for (unsigned int i = 0; i < count; i++) {
		uint32_t start = flow.peer_acked + hole, end = start + (i + 1) * 536;

		tcp.flags = support::ACK;
		tcp.seq = flow.our_ack;
		tcp.ack = flow.peer_acked;
		tcp.options = flow.has_ts ? timestamps(rig, flow) : Bytes();
		if ((how & 0x40U) != 0 && end - flow.peer_acked <= out)
			put_sack(tcp.options, start, end);
		rig.inject(frame.bytes());
	}
}

void
icmp_error(Rig &rig, Input &in)
{
	Frame frame = ip_frame(rig, support::PROTO_ICMP);
	size_t quoted = 28 + in.u8() % 64;

	frame.icmp.emplace();
	frame.icmp->type = in.u8() % 20;
	frame.icmp->code = in.u8() % 20;
	frame.icmp->id = in.u16();
	frame.icmp->seq = in.u16();
	if (rig.last_sent.size() > 14)
		frame.payload.assign(rig.last_sent.begin() + 14, rig.last_sent.end());
	frame.payload.resize(std::min(frame.payload.size(), quoted));
	if (!frame.payload.empty() && in.flag())
		frame.payload[in.u8() % frame.payload.size()] ^= in.u8();
	rig.inject(frame.bytes());
}

void
arp(Rig &rig, Input &in)
{
	Frame frame;
	unsigned int how = in.u8();

	frame.dst = rig.our_mac;
	frame.src = rig.peer_mac;
	frame.type = support::ETH_ARP;
	frame.arp.emplace();
	frame.arp->opcode = (how & 1U) != 0 ? 2 : 1;
	frame.arp->sha = (how & 2U) != 0 ? support::mac(in.u8()) : rig.peer_mac;
	frame.arp->tha = rig.our_mac;
	frame.arp->spa = (how & 4U) != 0 ? pln_addr_ip4(10, 0, 0, in.u8()) : rig.peer_addr;
	frame.arp->tpa = (how & 8U) != 0 ? pln_addr_ip4(10, 0, 0, in.u8()) : rig.our_addr;
	rig.inject(frame.bytes());
}

/* Bytes as they are behind an IPv4 header, or behind Ethernet's alone. */
void
raw(Rig &rig, Input &in)
{
	unsigned int how = in.u8();
	static const uint8_t protos[] = { 1, 2, 6, 17 };
	Frame frame = ip_frame(rig, protos[how & 3U]);

	rig.is_tainted = true;
	if ((how & 4U) != 0) {
		frame.ip.reset();
		frame.type = (how & 8U) != 0 ? support::ETH_IP4 : in.u16();
	} else {
		frame.ip->options = in.take(in.u8() % 16);
		if ((how & 8U) != 0)
			frame.ip->src = pln_addr_ip4(in.u8(), in.u8(), in.u8(), in.u8());
		if ((how & 0x10U) != 0)
			frame.ip->dst = pln_addr_ip4(in.u8(), in.u8(), in.u8(), in.u8());
		if ((how & 0x20U) != 0)
			frame.ip->total_len = in.u16();
		frame.ip->ttl = (how & 0x40U) != 0 ? in.u8() : 64;
	}
	frame.padding = (how & 0x80U) != 0 ? in.u8() : 0;
	frame.payload = in.take(in.u8());
	rig.inject(frame.bytes());
}

/* A datagram in fragments: an echo request or a segment of a stream. */
void
fragments(Rig &rig, Input &in)
{
	Frame frame = ip_frame(rig, support::PROTO_ICMP);
	unsigned int how = in.u8(), order = in.u8();
	size_t each = 8 + (how & 0x1cU) * 2;

	if ((how & 1U) != 0) {
		const Flow &flow = rig.flows[in.u8() % fuzz::flow_count];

		frame = segment(rig, flow);
		frame.tcp->flags = support::ACK;
		frame.tcp->seq = flow.our_ack;
		frame.tcp->ack = flow.our_next;
		frame.payload = stream_bytes(flow.our_ack, in.u8());
	} else {
		frame.icmp.emplace();
		frame.payload = Bytes(in.u8() * 4U, 0x55);
	}
	frame.ip->df = false;
	Bytes packet = frame.ip_bytes();
	frame.tcp.reset();
	frame.icmp.reset();
	frame.ip->id = in.u8();
	for (unsigned int i = 0; 20 + i * each < packet.size() && i < 8; i++) {
		unsigned int k = i ^ (order & 1U);
		size_t from = 20 + k * each, to = std::min(from + each, packet.size());

		if (from >= packet.size() || (order >> (i % 7 + 1) & 1U) != 0)
			continue; /* lost */
		frame.ip->frag_off = static_cast<uint16_t>(k * each);
		frame.ip->mf = to < packet.size();
		frame.payload.assign(packet.begin() + static_cast<long>(from),
		                     packet.begin() + static_cast<long>(to));
		rig.inject(frame.bytes());
	}
}

void
open_conn(Rig &rig, Input &in)
{
	const Flow &flow = rig.flows[2 + in.u8() % 2];
	pln_tcp_open_args args{};
	uint64_t conn = 0;

	args.size = sizeof(args);
	args.remote = { rig.peer_addr, flow.peer_port };
	args.local.port = flow.our_port;
	if (pln_tcp_open(rig.stack, &args, &conn) == 0)
		rig.add(conn);
}

void
set_option(Rig &rig, Input &in, uint64_t conn)
{
	static const int64_t values[] = { -1, 0, 1, 2, 10, 536, 4096, 65535, 1 << 20, INT64_MAX };
	auto opt = static_cast<pln_tcp_opt>(1 + in.u8() % 19);
	int64_t value = values[in.u8() % 10], back = 0;

	if (pln_tcp_opt_set(rig.stack, conn, opt, value) == 0)
		FUZZ_CHECK(pln_tcp_opt_get(rig.stack, conn, opt, &back) == 0);
}

void
set_stack_option(Rig &rig, Input &in)
{
	static const char *const values[] = { "0", "1", "2", "10", "100", "1000", "65536", "off" };
	bool is_supported = false;
	const char *name = pln_stack_opt_name(in.u8() % 64, &is_supported);
	const char *value = values[in.u8() % 8];
	char buf[64];

	if (name == nullptr || !is_supported)
		return;
	(void)pln_stack_opt_set(rig.stack, name, value);
	FUZZ_CHECK(pln_stack_opt_get(rig.stack, name, buf, sizeof(buf)) == 0);
}

void
end_conn(Rig &rig, Input &in, uint64_t conn)
{
	int ret = in.flag() ? pln_tcp_close(rig.stack, conn) : pln_tcp_abort(rig.stack, conn);

	FUZZ_CHECK(ret == 0);
	rig.forget(conn);
}

void
ping(Rig &rig, Input &in)
{
	Bytes payload(in.u16() % 4000);
	pln_icmp_echo_args args{};

	args.size = sizeof(args);
	args.dst = in.flag() ? rig.peer_addr : pln_addr_ip4(192, 0, 2, in.u8());
	args.data = payload.data();
	args.len = static_cast<uint16_t>(payload.size());
	(void)pln_icmp_echo(rig.stack, &args);
}

/* Calls that concern no connection. */
void
stack_call(Rig &rig, Input &in)
{
	pln_neigh_info info{};

	info.size = sizeof(info);
	switch (in.u8() % 7) {
	case 0:
		ping(rig, in);
		break;
	case 1:
		set_stack_option(rig, in);
		break;
	case 2:
		rig.mtu = std::max<uint16_t>(rig.mtu, 1500);
		(void)pln_stack_mtu_set(rig.stack, static_cast<uint16_t>(68 + in.u8() * 5));
		break;
	case 3:
		(void)pln_stack_neigh_del(rig.stack, &rig.peer_addr);
		break;
	case 4:
		(void)pln_stack_neigh_probe(rig.stack, &rig.peer_addr);
		break;
	case 5:
		(void)pln_stack_neigh_get(rig.stack, &rig.peer_addr, &info);
		break;
	default:
		rig.is_blocked = !rig.is_blocked;
		pln_memlink_block_tx(rig.link, rig.is_blocked);
	}
	rig.settle();
}

void
call(Rig &rig, Input &in)
{
	unsigned int what = in.u8() % 12;
	uint64_t conn = rig.conn(in.u8());
	size_t len = in.u8() * 16U;

	if (what == 0 || conn == 0) {
		open_conn(rig, in);
		rig.settle();
		return;
	}
	switch (what) {
	case 1:
	case 2:
		rig.send(conn, len, in.u8() % 8 & (PLN_TCP_MORE | PLN_TCP_URGENT));
		break;
	case 3:
		rig.send_ref(conn, len + 1);
		break;
	case 4:
		rig.receive(conn, len, in.flag() ? PLN_TCP_PEEK : 0);
		break;
	case 5:
		rig.receive_views(conn, len);
		break;
	case 6:
		rig.apps[conn].is_blind = true;
		(void)pln_tcp_shutdown(rig.stack, conn, static_cast<pln_tcp_how>(in.u8() % 3));
		break;
	case 7:
	case 8:
		(void)pln_tcp_shutdown(rig.stack, conn, PLN_TCP_SHUT_WR);
		break;
	case 9:
		end_conn(rig, in, conn);
		break;
	case 10:
		set_option(rig, in, conn);
		break;
	default:
		FUZZ_CHECK(pln_tcp_error_take(rig.stack, conn) <= 0);
	}
	rig.settle();
}

void
step(Rig &rig, Input &in)
{
	switch (in.u8() % 16) {
	case 0:
	case 1:
	case 2:
		any_segment(rig, in);
		break;
	case 3:
	case 4:
		honest_segment(rig, in);
		break;
	case 5:
		lagging_acks(rig, in);
		break;
	case 6:
		icmp_error(rig, in);
		break;
	case 7:
		arp(rig, in);
		break;
	case 8:
		raw(rig, in);
		break;
	case 9:
		fragments(rig, in);
		break;
	case 10:
	case 11:
	case 12:
		call(rig, in);
		break;
	case 13:
		stack_call(rig, in);
		break;
	default:
		rig.advance(PLN_NS_PER_US << in.u8() % 28);
	}
}

} // namespace

int
LLVMFuzzerInitialize(int *, char ***)
{
	FUZZ_CHECK(pln_eal_ensure() == 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input in(data, size);
	unsigned int how = in.u8();
	fuzz::RigConfig config{};

	config.capabilities = in.u8() & (PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM |
	                                 PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TSO);
	if ((config.capabilities & PLN_LINK_TX_TSO) != 0) /* who cuts segments sums them, too */
		config.capabilities |= PLN_LINK_TX_TCP_CKSUM;
	config.mtu = (how & 1U) != 0 ? 576 : 1500;
	config.knows_peer = (how & 2U) == 0;
	config.is_pool_small = (how & 12U) == 12;
	config.seed = 1 + (how >> 4);
	Rig rig(config);
	for (unsigned int i = 0;
	     i < max_steps && !in.empty() && rig.now < 1000 * PLN_NS_PER_S + max_clock_ns; i++)
		step(rig, in);
	return 0;
}
