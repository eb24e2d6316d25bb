/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as a peer would send them, or as no honest one would: any header field can be given, checksums are right unless the line says
 * otherwise, and a packet can be cut or sent as a fragment of a larger one.
 */
#include "script/build.h"

#include <algorithm>
#include <cstring>

namespace script_run
{
namespace
{

class Line
{
      public:
	Line(const script &s, const script_record &r) : s_(s), r_(r)
	{
	}

	const script_field *
	find(script_key key) const
	{
		return script_find(&s_, &r_, key);
	}

	int64_t
	number(script_key key, int64_t otherwise) const
	{
		const script_field *f = find(key);

		return f == nullptr || f->count == 0 ? otherwise : f->items[0].lo;
	}

	bool
	is(script_key key, const char *word) const
	{
		const script_field *f = find(key);

		return f != nullptr && strcmp(f->text, word) == 0;
	}

	const script_record &
	record() const
	{
		return r_;
	}

      private:
	const script &s_;
	const script_record &r_;
};

void
put16(Bytes &b, int64_t v)
{
	b.push_back(static_cast<uint8_t>(v >> 8));
	b.push_back(static_cast<uint8_t>(v));
}

void
put32(Bytes &b, int64_t v)
{
	put16(b, v >> 16);
	put16(b, v);
}

void
put_mac(Bytes &b, int64_t v)
{
	put16(b, v >> 32);
	put32(b, v);
}

void
set16(Bytes &b, size_t at, int64_t v)
{
	b[at] = static_cast<uint8_t>(v >> 8);
	b[at + 1] = static_cast<uint8_t>(v);
}

Bytes
from_hex(const char *text)
{
	Bytes out;

	for (; *text != '\0'; text += 2)
		out.push_back(static_cast<uint8_t>(std::stoi(std::string(text, 2), nullptr, 16)));
	return out;
}

void
put_bytes(Bytes &b, const Bytes &more)
{
	b.insert(b.end(), more.begin(), more.end());
}

/* Payload: as written, or bytes of the pattern from an offset on. */
void
put_payload(Bytes &b, const Line &line, int64_t offset)
{
	const script_field *text = line.find(SCRIPT_KEY_TEXT), *data = line.find(SCRIPT_KEY_DATA);

	if (text != nullptr) {
		b.insert(b.end(), text->text, text->text + strlen(text->text));
		return;
	}
	if (data != nullptr) {
		put_bytes(b, from_hex(data->text));
		return;
	}
	for (int64_t i = 0; i < line.number(SCRIPT_KEY_LEN, 0); i++)
		b.push_back(peer_byte(offset + i));
}

/* The one that the stack gave last, or what a peer that is a server gives. */
Bytes
fastopen_cookie(const Flow &flow, size_t len)
{
	Bytes cookie = flow.cookie;

	if (cookie.size() == len)
		return cookie;
	cookie.clear();
	while (cookie.size() < len)
		cookie.push_back(peer_cookie_byte(cookie.size()));
	return cookie;
}

void
put_tcp_options(Bytes &b, const Line &line, const Flow &flow)
{
	const script_field *f;

	if (line.find(SCRIPT_KEY_MSS) != nullptr) {
		put16(b, 0x0204);
		put16(b, line.number(SCRIPT_KEY_MSS, 0));
	}
	if (line.find(SCRIPT_KEY_WSCALE) != nullptr) {
		put16(b, 0x0103);
		put16(b, 0x0300 | line.number(SCRIPT_KEY_WSCALE, 0));
	}
	if (line.find(SCRIPT_KEY_SACKOK) != nullptr)
		put32(b, 0x01010402);
	if ((f = line.find(SCRIPT_KEY_TS)) != nullptr) {
		int64_t echo = f->count > 1 ? f->items[1].lo + flow.ts_zero : flow.ts_last;

		put32(b, 0x0101080a);
		put32(b, f->items[0].lo + flow.ts_base);
		put32(b, echo);
	}
	if ((f = line.find(SCRIPT_KEY_SACK)) != nullptr) {
		put32(b, 0x01010500 | (2 + f->count * 8));
		for (unsigned i = 0; i < f->count; i++) {
			put32(b, f->items[i].lo + flow.iss);
			put32(b, f->items[i].hi + flow.iss);
		}
	}
	if ((f = line.find(SCRIPT_KEY_FASTOPEN)) != nullptr) {
		const Bytes cookie = fastopen_cookie(flow, static_cast<size_t>(f->items[0].lo));

		put16(b, 0x2200 | static_cast<int64_t>(2 + cookie.size()));
		put_bytes(b, cookie);
	}
	if ((f = line.find(SCRIPT_KEY_UTO)) != nullptr) {
		put16(b, 0x1c04);
		put16(b, f->items[0].lo);
	}
	if ((f = line.find(SCRIPT_KEY_OPTS)) != nullptr)
		put_bytes(b, from_hex(f->text));
	while (b.size() % 4 != 0)
		b.push_back(1);
}

int64_t
based(const Line &line, script_key key, int64_t otherwise, uint32_t base)
{
	const script_field *f = line.find(key);

	return line.number(key, otherwise) + (f != nullptr && f->absolute ? 0 : base);
}

Bytes
tcp_segment(const Line &line, Flow &flow)
{
	uint8_t flags = line.record().flags;
	int64_t seq = line.number(SCRIPT_KEY_SEQ, flow.peer_nxt), end;
	bool ack = (flags & SCRIPT_ACK) != 0 || line.find(SCRIPT_KEY_ACK) != nullptr;
	Bytes b;

	put16(b, line.number(SCRIPT_KEY_SPORT, flow.remote_port));
	put16(b, line.number(SCRIPT_KEY_DPORT, flow.local_port));
	put32(b, based(line, SCRIPT_KEY_SEQ, flow.peer_nxt, flow.irs));
	put32(b, ack ? based(line, SCRIPT_KEY_ACK, flow.heard, flow.iss) : 0);
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_RESERVED, 0)));
	b.push_back(flags);
	put16(b, line.number(SCRIPT_KEY_WIN, 65535));
	put16(b, 0);
	put16(b, line.number(SCRIPT_KEY_UP, 0));
	put_tcp_options(b, line, flow);
	b[12] |= static_cast<uint8_t>(
		line.number(SCRIPT_KEY_DOFF, static_cast<int64_t>(b.size()) / 4) << 4);
	size_t head = b.size();

	put_payload(b, line, seq - ((flags & SCRIPT_SYN) != 0 ? 0 : 1));
	end = seq + static_cast<int64_t>(b.size() - head) + ((flags & SCRIPT_SYN) != 0 ? 1 : 0) +
	      ((flags & SCRIPT_FIN) != 0 ? 1 : 0);
	if (seq <= flow.peer_nxt && (flags & SCRIPT_RST) == 0)
		flow.peer_nxt = std::max(flow.peer_nxt, end);
	if ((flags & SCRIPT_SYN) != 0)
		flow.peer_scale = static_cast<int>(line.number(SCRIPT_KEY_WSCALE, -1));
	return b;
}

/* The packet an ICMP error quotes: one that the stack has sent, its IP header and `qlen` bytes behind it. */
Bytes
quoted(const Line &line, const Flow &flow)
{
	int64_t proto = line.number(SCRIPT_KEY_QPROTO, 6), len = line.number(SCRIPT_KEY_QLEN, 8);
	Bytes b = { 0x45, 0 };

	put16(b, 1500);
	put16(b, 0x1234);
	put16(b, line.number(SCRIPT_KEY_QOFF, 0) / 8);
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_QTTL, 63)));
	b.push_back(static_cast<uint8_t>(proto));
	put16(b, 0);
	put32(b, line.number(SCRIPT_KEY_QSRC, flow.local));
	put32(b, line.number(SCRIPT_KEY_QDST, flow.remote));
	set16(b, 10, fold16(sum16(b.data(), 20)));
	size_t head = b.size();

	put16(b, line.number(SCRIPT_KEY_QSPORT, flow.local_port));
	put16(b, line.number(SCRIPT_KEY_QDPORT, flow.remote_port));
	if (proto == 6)
		put32(b, based(line, SCRIPT_KEY_QUOTE, 1, flow.iss));
	else
		put32(b, line.number(SCRIPT_KEY_QUOTE, 0));
	b.resize(head + static_cast<size_t>(len));
	return b;
}

Bytes
icmp_message(const Line &line, const Flow &flow)
{
	Bytes b;

	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_TYPE, 8)));
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_CODE, 0)));
	put16(b, 0);
	if (line.find(SCRIPT_KEY_REST) != nullptr || line.find(SCRIPT_KEY_GATEWAY) != nullptr) {
		put32(b, line.number(SCRIPT_KEY_REST, line.number(SCRIPT_KEY_GATEWAY, 0)));
	} else {
		put16(b, line.number(SCRIPT_KEY_ID, 0));
		put16(b, line.number(SCRIPT_KEY_MTU, line.number(SCRIPT_KEY_SEQ, 0)));
	}
	if (line.find(SCRIPT_KEY_QUOTE) != nullptr || line.find(SCRIPT_KEY_QPROTO) != nullptr)
		put_bytes(b, quoted(line, flow));
	put_payload(b, line, 0);
	return b;
}

Bytes
udp_datagram(const Line &line, const Flow &flow)
{
	Bytes b;

	put16(b, line.number(SCRIPT_KEY_SPORT, flow.remote_port));
	put16(b, line.number(SCRIPT_KEY_DPORT, flow.local_port));
	put32(b, 0);
	put_payload(b, line, 0);
	set16(b, 4, line.number(SCRIPT_KEY_ULEN, static_cast<int64_t>(b.size())));
	return b;
}

Bytes
ip_header(const Line &line, const Flow &flow, int64_t proto)
{
	const script_field *options = line.find(SCRIPT_KEY_IPOPT);
	Bytes b;

	b.push_back(0);
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_TOS, 0)));
	put16(b, 0);
	put16(b, line.number(SCRIPT_KEY_IPID, 0));
	put16(b, line.number(SCRIPT_KEY_DF, 0) << 14 | line.number(SCRIPT_KEY_MF, 0) << 13 |
	                 line.number(SCRIPT_KEY_OFF, 0) / 8);
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_TTL, 64)));
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_PROTO, proto)));
	put16(b, 0);
	put32(b, line.number(SCRIPT_KEY_SRC, flow.remote));
	put32(b, line.number(SCRIPT_KEY_DST, flow.local));
	if (options != nullptr)
		put_bytes(b, from_hex(options->text));
	while (b.size() % 4 != 0)
		b.push_back(0);
	b[0] = static_cast<uint8_t>(
		line.number(SCRIPT_KEY_VERSION, 4) << 4 |
		line.number(SCRIPT_KEY_IHL, static_cast<int64_t>(b.size()) / 4));
	return b;
}

/* TCP's, UDP's and ICMP's checksum over the whole datagram, before it is cut into fragments. */
void
close_checksum(Bytes &l4, size_t at, uint32_t pseudo, const Line &line, bool udp)
{
	uint16_t sum = fold16(sum16(l4.data(), l4.size(), pseudo));

	if (udp && sum == 0)
		sum = 0xffff;
	if (line.is(SCRIPT_KEY_CKSUM, "bad"))
		sum = static_cast<uint16_t>(sum + 1);
	if (line.is(SCRIPT_KEY_CKSUM, "0"))
		sum = 0;
	set16(l4, at, sum);
}

Bytes
ip_packet(const Line &line, Flow &flow)
{
	static const uint8_t protos[] = { 6, 0, 1, 17, 253 };
	static const size_t checksum_at[] = { 16, 0, 2, 6 };
	script_proto proto = line.record().proto;
	Bytes l4, head = ip_header(line, flow, protos[proto]);
	const script_field *frag = line.find(SCRIPT_KEY_FRAG);

	if (proto == SCRIPT_TCP)
		l4 = tcp_segment(line, flow);
	else if (proto == SCRIPT_ICMP)
		l4 = icmp_message(line, flow);
	else if (proto == SCRIPT_UDP)
		l4 = udp_datagram(line, flow);
	else
		put_payload(l4, line, 0);
	if (proto != SCRIPT_IP)
		close_checksum(l4, checksum_at[proto],
		               proto == SCRIPT_ICMP
		                       ? 0
		                       : pseudo_sum(head.data(), protos[proto], l4.size()),
		               line, proto == SCRIPT_UDP);
	if (frag != nullptr) {
		size_t from = std::min(static_cast<size_t>(frag->items[0].lo), l4.size());
		size_t to = std::min(static_cast<size_t>(frag->items[0].hi), l4.size());
		int64_t mf = line.number(SCRIPT_KEY_MF, to < l4.size() ? 1 : 0);

		l4 = Bytes(l4.begin() + static_cast<ptrdiff_t>(from),
		           l4.begin() + static_cast<ptrdiff_t>(to));
		set16(head, 6, mf << 13 | static_cast<int64_t>(from) / 8);
	}
	set16(head, 2,
	      line.number(SCRIPT_KEY_TOTLEN, static_cast<int64_t>(head.size() + l4.size())));
	set16(head, 10, fold16(sum16(head.data(), head.size())));
	if (line.is(SCRIPT_KEY_IPCKSUM, "bad"))
		head[10] ^= 0x55;
	put_bytes(head, l4);
	return head;
}

Bytes
arp_packet(const Line &line)
{
	Bytes b;

	put16(b, line.number(SCRIPT_KEY_HTYPE, 1));
	put16(b, line.number(SCRIPT_KEY_PTYPE, 0x0800));
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_HLEN, 6)));
	b.push_back(static_cast<uint8_t>(line.number(SCRIPT_KEY_PLEN, 4)));
	put16(b, line.number(SCRIPT_KEY_OP, 1));
	put_mac(b, line.number(SCRIPT_KEY_SHA, PEER_MAC));
	put32(b, line.number(SCRIPT_KEY_SPA, PEER_ADDR));
	put_mac(b, line.number(SCRIPT_KEY_THA, 0));
	put32(b, line.number(SCRIPT_KEY_TPA, STACK_ADDR));
	return b;
}

} // namespace

Bytes
build_frame(const script &s, const script_record &record, Flow &flow)
{
	Line line(s, record);
	Bytes frame, body;
	int64_t type = 0x0800;

	if (record.proto == SCRIPT_ARP) {
		body = arp_packet(line);
		type = 0x0806;
	} else if (record.proto == SCRIPT_ETH) {
		put_payload(body, line, 0);
		type = line.number(SCRIPT_KEY_ETHERTYPE, 0x88b5);
	} else {
		body = ip_packet(line, flow);
	}
	put_mac(frame, line.number(SCRIPT_KEY_DMAC, STACK_MAC));
	put_mac(frame, line.number(SCRIPT_KEY_SMAC, PEER_MAC));
	if (line.find(SCRIPT_KEY_VLAN) != nullptr) {
		put16(frame, 0x8100);
		put16(frame, line.number(SCRIPT_KEY_VLAN, 0));
	}
	put16(frame, type);
	put_bytes(frame, body);
	frame.resize(frame.size() + static_cast<size_t>(line.number(SCRIPT_KEY_PAD, 0)), 0xee);
	frame.resize(
		std::min(frame.size(), static_cast<size_t>(line.number(SCRIPT_KEY_CUT, 1 << 20))));
	return frame;
}

} // namespace script_run
