/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for the fuzz target `stack`: with right checksums and, for most, with numbers near those the stack is waiting for, so that
 * inputs get deep.
 */
#include "fuzz/stack_frames.h"

#include <cstring>

namespace fuzz
{

using support::Frame;

static Bytes
stream_bytes(uint32_t seq, size_t len)
{
	Bytes bytes(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = fuzz::byte_in(seq + static_cast<uint32_t>(i));
	return bytes;
}

static Frame
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

static Frame
segment(const Rig &rig, const Flow &flow)
{
	Frame frame = ip_frame(rig, support::PROTO_TCP);

	frame.tcp.emplace();
	frame.tcp->sport = flow.peer_port;
	frame.tcp->dport = flow.our_port;
	return frame;
}

/* A number near one of those that matter. */
static uint32_t
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

static void
put_sack(Bytes &options, uint32_t start, uint32_t end)
{
	options.insert(options.end(), { 1, 1, 5, 10 });
	for (uint32_t edge : { start, end }) {
		for (unsigned int shift = 32; shift > 0; shift -= 8)
			options.push_back(static_cast<uint8_t>(edge >> (shift - 8)));
	}
}

static Bytes
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
static Bytes
timestamps(const Rig &rig, const Flow &flow)
{
	return support::timestamps_option(static_cast<uint32_t>(rig.now / PLN_NS_PER_MS),
	                                  flow.our_tsval);
}

/* The options of an honest SYN: each may be there. */
static Bytes
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

} // namespace fuzz
