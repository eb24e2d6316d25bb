/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/wire.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace simulator
{

namespace
{

using Bytes = std::vector<uint8_t>;

constexpr size_t IP_MIN = 20, TCP_MIN = 20, ICMP_LEN = 8, QUOTED = 8;
constexpr uint8_t PROTO_ICMP = 1, PROTO_TCP = 6;
constexpr uint8_t OPT_END = 0, OPT_NOP = 1, OPT_WSCALE = 3, OPT_SACK = 5;

uint16_t
get16(const uint8_t *p)
{
	return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

uint32_t
get32(const uint8_t *p)
{
	return static_cast<uint32_t>(get16(p)) << 16 | get16(p + 2);
}

void
put16(uint8_t *p, uint32_t value)
{
	p[0] = static_cast<uint8_t>(value >> 8);
	p[1] = static_cast<uint8_t>(value);
}

void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? static_cast<uint32_t>(p[i]) << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

size_t
ip_header_len(const Bytes &bytes)
{
	return static_cast<size_t>(bytes[ETH_LEN] & 0x0f) * 4;
}

void
sign_ip(Bytes &bytes)
{
	uint8_t *ip = bytes.data() + ETH_LEN;

	put16(ip + 10, 0);
	put16(ip + 10, checksum(ip, ip_header_len(bytes)));
}

void
read_option(const uint8_t *opt, uint8_t len, Segment &seg)
{
	if (opt[0] == OPT_WSCALE && len == 3) {
		seg.has_wscale = true;
		seg.wscale = opt[2];
	}
	if (opt[0] != OPT_SACK)
		return;
	for (uint8_t at = 2; at + 8 <= len && seg.sacks < 4; at += 8)
		seg.sack[seg.sacks++] = { get32(opt + at), get32(opt + at + 4) };
}

void
read_options(const uint8_t *opts, size_t len, Segment &seg)
{
	size_t at = 0;

	while (at < len && opts[at] != OPT_END) {
		if (opts[at] == OPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > len || opts[at + 1] < 2 || at + opts[at + 1] > len)
			return;
		read_option(opts + at, opts[at + 1], seg);
		at += opts[at + 1];
	}
}

} // namespace

bool
is_ip4(const Bytes &bytes)
{
	return bytes.size() >= ETH_LEN + IP_MIN && get16(&bytes[12]) == 0x0800 &&
	       bytes.size() >= ETH_LEN + ip_header_len(bytes);
}

bool
dont_fragment(const Bytes &bytes)
{
	return (bytes[ETH_LEN + 6] & 0x40) != 0;
}

void
read_segment(const Bytes &bytes, Segment &seg)
{
	const uint8_t *ip = bytes.data() + ETH_LEN;

	seg = Segment();
	if (!is_ip4(bytes) || ip[9] != PROTO_TCP || (get16(ip + 6) & 0x3fff) != 0)
		return;
	size_t header = ip_header_len(bytes), total = get16(ip + 2);
	const uint8_t *tcp = ip + header;
	if (total < header + TCP_MIN || bytes.size() < ETH_LEN + total)
		return;
	size_t tcp_header = static_cast<size_t>(tcp[12] >> 4) * 4;
	if (tcp_header < TCP_MIN || header + tcp_header > total)
		return;
	seg.tcp = true;
	seg.src = get32(ip + 12);
	seg.dst = get32(ip + 16);
	seg.sport = get16(tcp);
	seg.dport = get16(tcp + 2);
	seg.seq = get32(tcp + 4);
	seg.ack = get32(tcp + 8);
	seg.flags = tcp[13];
	seg.wnd = get16(tcp + 14);
	seg.len = static_cast<uint32_t>(total - header - tcp_header);
	read_options(tcp + TCP_MIN, tcp_header - TCP_MIN, seg);
}

bool
mark_ce(Bytes &bytes)
{
	if (!is_ip4(bytes) || (bytes[ETH_LEN + 1] & 0x03) == 0)
		return false;
	bytes[ETH_LEN + 1] |= 0x03;
	sign_ip(bytes);
	return true;
}

std::vector<Bytes>
fragments_of(const Bytes &bytes, uint16_t mtu)
{
	std::vector<Bytes> out;
	size_t header = ip_header_len(bytes), total = get16(&bytes[ETH_LEN + 2]);
	size_t room = (mtu - header) & ~size_t{ 7 };
	uint16_t before = get16(&bytes[ETH_LEN + 6]); /* it may be a fragment already */

	for (size_t at = 0; header + at < total; at += room) {
		size_t len = std::min(room, total - header - at);
		bool more = header + at + len < total || (before & 0x2000) != 0;
		auto from = bytes.begin() + static_cast<ptrdiff_t>(ETH_LEN + header + at);
		Bytes piece(bytes.begin(),
		            bytes.begin() + static_cast<ptrdiff_t>(ETH_LEN + header));

		piece.insert(piece.end(), from, from + static_cast<ptrdiff_t>(len));
		put16(&piece[ETH_LEN + 2], static_cast<uint32_t>(header + len));
		put16(&piece[ETH_LEN + 6],
		      static_cast<uint32_t>((before & 0x1fff) + at / 8) | (more ? 0x2000U : 0U));
		sign_ip(piece);
		out.push_back(std::move(piece));
	}
	return out;
}

Bytes
too_big(const Bytes &bytes, uint16_t mtu, uint32_t router)
{
	size_t quoted = ip_header_len(bytes) + QUOTED;
	Bytes out(ETH_LEN + IP_MIN + ICMP_LEN + quoted);
	uint8_t *ip = out.data() + ETH_LEN, *icmp = ip + IP_MIN;

	std::copy_n(bytes.begin() + 6, 6, out.begin());
	std::copy_n(bytes.begin(), 6, out.begin() + 6);
	put16(&out[12], 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, static_cast<uint32_t>(IP_MIN + ICMP_LEN + quoted));
	ip[8] = 64;
	ip[9] = PROTO_ICMP;
	put32(ip + 12, router);
	std::memcpy(ip + 16, &bytes[ETH_LEN + 12], 4);
	sign_ip(out);
	icmp[0] = 3;
	icmp[1] = 4;
	put16(icmp + 6, mtu);
	std::memcpy(icmp + ICMP_LEN, &bytes[ETH_LEN], quoted);
	put16(icmp + 2, checksum(icmp, ICMP_LEN + quoted));
	return out;
}

std::string
text_of(const Frame &frame)
{
	const Segment &s = frame.seg;
	char line[160];

	if (!s.tcp) {
		snprintf(line, sizeof(line), "%zu bytes, no TCP segment", frame.bytes.size());
		return line;
	}
	snprintf(line, sizeof(line), "10.0.0.%u:%u > 10.0.0.%u:%u %s%s%s%s seq %u ack %u len %u%s",
	         s.src & 0xff, s.sport, s.dst & 0xff, s.dport, s.has(TCP_SYN) ? "S" : "",
	         s.has(TCP_FIN) ? "F" : "", s.has(TCP_RST) ? "R" : "", s.has(TCP_ACK) ? "." : "",
	         s.seq, s.ack, s.len, s.again ? " (again)" : "");
	return line;
}

} // namespace simulator
