/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet, ARP, IPv4, ICMP, UDP and TCP, read field by field (RFC 826, 791, 792, 768, 9293 §3.1). */
#include "script/decode.h"

#include <cstdio>
#include <cstring>

namespace script_run
{
namespace
{

uint16_t
be16(const uint8_t *p)
{
	return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

uint32_t
be32(const uint8_t *p)
{
	return static_cast<uint32_t>(be16(p)) << 16 | be16(p + 2);
}

int64_t
mac48(const uint8_t *p)
{
	return static_cast<int64_t>(be16(p)) << 32 | be32(p + 2);
}

bool
is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

std::string
hex(const uint8_t *p, size_t len)
{
	std::string out;
	char two[3];

	for (size_t i = 0; i < len; i++) {
		snprintf(two, sizeof(two), "%02x", p[i]);
		out += two;
	}
	return out;
}

void
one_option(Seen &s, const uint8_t *p, size_t len)
{
	switch (p[0]) {
	case 2:
		s.put(SCRIPT_KEY_MSS, be16(p + 2));
		break;
	case 3:
		s.put(SCRIPT_KEY_WSCALE, p[2]);
		break;
	case 4:
		s.put(SCRIPT_KEY_SACKOK, 1);
		break;
	case 5:
		for (size_t at = 2; at + 8 <= len; at += 8)
			s.values[SCRIPT_KEY_SACK].push_back({ be32(p + at), be32(p + at + 4) });
		break;
	case 8:
		s.put(SCRIPT_KEY_TS, be32(p + 2));
		s.put(SCRIPT_KEY_TS, be32(p + 6));
		break;
	case 28:
		s.put(SCRIPT_KEY_UTO, be16(p + 2));
		break;
	case 34:
		s.put(SCRIPT_KEY_FASTOPEN, static_cast<int64_t>(len) - 2);
		s.cookie.assign(p + 2, p + len);
		break;
	default:
		s.faults.push_back("unknown TCP option " + hex(p, len));
	}
}

void
tcp_options(Seen &s, const uint8_t *p, size_t len)
{
	static const size_t lengths[] = { 1, 1, 4, 3, 2, 0, 0, 0, 10 };

	for (size_t at = 0; at < len;) {
		size_t n = p[at] <= 1 ? 1 : at + 1 < len ? p[at + 1] : 0;

		if (p[at] == 0) {
			if (!is_zero(p + at, len - at))
				s.faults.push_back("bytes behind the end of the options (MUST-69)");
			return;
		}
		if (p[at] > 1 && (n < 2 || n > len - at ||
		                  (p[at] <= 8 && lengths[p[at]] != 0 && lengths[p[at]] != n))) {
			s.faults.push_back("malformed TCP options " + hex(p, len));
			return;
		}
		if (p[at] > 1)
			one_option(s, p + at, n);
		at += n;
	}
}

void
decode_tcp(Seen &s, const uint8_t *ip, const uint8_t *p, size_t len)
{
	size_t head = len >= 20 ? (p[12] >> 4) * 4U : 0;

	if (head < 20 || head > len) {
		s.faults.push_back("no TCP header");
		return;
	}
	s.proto = SCRIPT_TCP;
	s.flags = p[13];
	s.put(SCRIPT_KEY_SPORT, be16(p));
	s.put(SCRIPT_KEY_DPORT, be16(p + 2));
	s.put(SCRIPT_KEY_SEQ, be32(p + 4));
	s.put(SCRIPT_KEY_ACK, be32(p + 8));
	s.put(SCRIPT_KEY_WIN, be16(p + 14));
	s.put(SCRIPT_KEY_UP, be16(p + 18));
	s.put(SCRIPT_KEY_DOFF, p[12] >> 4);
	s.put(SCRIPT_KEY_RESERVED, p[12] & 0xf);
	if (fold16(sum16(p, len, pseudo_sum(ip, 6, len))) != 0)
		s.faults.push_back("wrong TCP checksum (MUST-2)");
	if ((p[12] & 0xf) != 0)
		s.faults.push_back("reserved bits are set");
	tcp_options(s, p + 20, head - 20);
	if (s.values.count(SCRIPT_KEY_MSS) != 0 && (s.flags & SCRIPT_SYN) == 0)
		s.faults.push_back("MSS without SYN (MUST-65)");
	if ((s.flags & SCRIPT_ACK) == 0 && be32(p + 8) != 0)
		s.faults.push_back("an acknowledgment number without ACK");
	if ((s.flags & SCRIPT_URG) == 0 && be16(p + 18) != 0)
		s.faults.push_back("an urgent pointer without URG");
	s.payload.assign(p + head, p + len);
}

void
decode_icmp(Seen &s, const uint8_t *p, size_t len)
{
	if (len < 8) {
		s.faults.push_back("no ICMP header");
		return;
	}
	s.proto = SCRIPT_ICMP;
	s.put(SCRIPT_KEY_TYPE, p[0]);
	s.put(SCRIPT_KEY_CODE, p[1]);
	s.put(SCRIPT_KEY_ID, be16(p + 4));
	s.put(SCRIPT_KEY_SEQ, be16(p + 6));
	s.put(SCRIPT_KEY_MTU, be16(p + 6));
	s.put(SCRIPT_KEY_REST, be32(p + 4));
	s.put(SCRIPT_KEY_GATEWAY, be32(p + 4));
	if (fold16(sum16(p, len)) != 0)
		s.faults.push_back("wrong ICMP checksum");
	s.payload.assign(p + 8, p + len);
	if ((p[0] == 3 || p[0] == 11 || p[0] == 12) && len >= 8 + 28) {
		const uint8_t *q = p + 8;
		size_t head = (q[0] & 0xf) * 4U;

		s.put(SCRIPT_KEY_QPROTO, q[9]);
		s.put(SCRIPT_KEY_QSRC, be32(q + 12));
		s.put(SCRIPT_KEY_QDST, be32(q + 16));
		s.put(SCRIPT_KEY_QTTL, q[8]);
		s.put(SCRIPT_KEY_QLEN, static_cast<int64_t>(len - 8 - head));
		s.put(SCRIPT_KEY_QSPORT, be16(q + head));
		s.put(SCRIPT_KEY_QDPORT, be16(q + head + 2));
	}
}

void
decode_udp(Seen &s, const uint8_t *ip, const uint8_t *p, size_t len)
{
	if (len < 8) {
		s.faults.push_back("no UDP header");
		return;
	}
	s.proto = SCRIPT_UDP;
	s.put(SCRIPT_KEY_SPORT, be16(p));
	s.put(SCRIPT_KEY_DPORT, be16(p + 2));
	s.put(SCRIPT_KEY_ULEN, be16(p + 4));
	if (be16(p + 4) != len)
		s.faults.push_back("UDP length is not that of its datagram");
	if (be16(p + 6) == 0)
		s.faults.push_back("UDP without a checksum");
	else if (fold16(sum16(p, len, pseudo_sum(ip, 17, len))) != 0)
		s.faults.push_back("wrong UDP checksum");
	s.payload.assign(p + 8, p + len);
}

void
ip_header(Seen &s, const uint8_t *p, size_t head)
{
	uint16_t frag = be16(p + 6);

	s.put(SCRIPT_KEY_VERSION, p[0] >> 4);
	s.put(SCRIPT_KEY_IHL, p[0] & 0xf);
	s.put(SCRIPT_KEY_TOS, p[1]);
	s.put(SCRIPT_KEY_TOTLEN, be16(p + 2));
	s.put(SCRIPT_KEY_IPID, be16(p + 4));
	s.put(SCRIPT_KEY_DF, frag >> 14 & 1);
	s.put(SCRIPT_KEY_MF, frag >> 13 & 1);
	s.put(SCRIPT_KEY_OFF, (frag & 0x1fff) * 8);
	s.put(SCRIPT_KEY_TTL, p[8]);
	s.put(SCRIPT_KEY_PROTO, p[9]);
	s.put(SCRIPT_KEY_SRC, be32(p + 12));
	s.put(SCRIPT_KEY_DST, be32(p + 16));
	if (fold16(sum16(p, head)) != 0)
		s.faults.push_back("wrong IPv4 header checksum");
	if (p[8] == 0)
		s.faults.push_back("sent with a time to live of 0");
}

void
decode_ip(Seen &s, const uint8_t *p, size_t len)
{
	size_t head = len >= 20 ? (p[0] & 0xf) * 4U : 0, total = len >= 20 ? be16(p + 2) : 0;

	if (head < 20 || head > total || total > len) {
		s.faults.push_back("no IPv4 header");
		return;
	}
	s.proto = SCRIPT_IP;
	ip_header(s, p, head);
	s.payload.assign(p + head, p + total);
	if (s.get(SCRIPT_KEY_MF) == 0 && s.get(SCRIPT_KEY_OFF) == 0) {
		if (p[9] == 6)
			decode_tcp(s, p, p + head, total - head);
		else if (p[9] == 1)
			decode_icmp(s, p + head, total - head);
		else if (p[9] == 17)
			decode_udp(s, p, p + head, total - head);
	}
	s.put(SCRIPT_KEY_LEN, static_cast<int64_t>(s.payload.size()));
}

void
decode_arp(Seen &s, const uint8_t *p, size_t len)
{
	if (len < 28) {
		s.faults.push_back("no ARP packet");
		return;
	}
	s.proto = SCRIPT_ARP;
	s.put(SCRIPT_KEY_HTYPE, be16(p));
	s.put(SCRIPT_KEY_PTYPE, be16(p + 2));
	s.put(SCRIPT_KEY_HLEN, p[4]);
	s.put(SCRIPT_KEY_PLEN, p[5]);
	s.put(SCRIPT_KEY_OP, be16(p + 6));
	s.put(SCRIPT_KEY_SHA, mac48(p + 8));
	s.put(SCRIPT_KEY_SPA, be32(p + 14));
	s.put(SCRIPT_KEY_THA, mac48(p + 18));
	s.put(SCRIPT_KEY_TPA, be32(p + 24));
	if (be16(p) != 1 || be16(p + 2) != 0x0800 || p[4] != 6 || p[5] != 4)
		s.faults.push_back("ARP of other than Ethernet and IPv4");
}

std::string
flags_text(uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";
	std::string out;

	for (int i : { 1, 0, 2, 3, 5, 6, 7, 4 })
		if ((flags >> i & 1) != 0)
			out += letters[i];
	return out.empty() ? "." : out;
}

std::string
value_text(script_key key, const std::pair<int64_t, int64_t> &v)
{
	if (script_key_type(key) == SCRIPT_TYPE_ADDRESS)
		return address_text(v.first);
	if (script_key_type(key) == SCRIPT_TYPE_MAC)
		return mac_text(v.first);
	return v.first == v.second ? std::to_string(v.first)
	                           : std::to_string(v.first) + ":" + std::to_string(v.second);
}

} // namespace

uint32_t
sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += be16(p + i);
	if (len % 2 != 0)
		sum += static_cast<uint32_t>(p[len - 1]) << 8;
	return (sum & 0xffff) + (sum >> 16);
}

uint16_t
fold16(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

uint32_t
pseudo_sum(const uint8_t *ip, uint8_t proto, size_t len)
{
	return sum16(ip + 12, 8, static_cast<uint32_t>(proto + len));
}

std::string
address_text(int64_t a)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%d.%d.%d.%d", static_cast<int>(a >> 24 & 255),
	         static_cast<int>(a >> 16 & 255), static_cast<int>(a >> 8 & 255),
	         static_cast<int>(a & 255));
	return buf;
}

std::string
mac_text(int64_t m)
{
	std::string out;
	char buf[8];

	for (int shift = 40; shift >= 0; shift -= 8) {
		snprintf(buf, sizeof(buf), "%02x%s", static_cast<unsigned>(m >> shift & 255),
		         shift > 0 ? ":" : "");
		out += buf;
	}
	return out;
}

int64_t
Seen::get(script_key key, int64_t otherwise) const
{
	auto it = values.find(key);

	return it == values.end() ? otherwise : it->second.front().first;
}

void
Seen::put(script_key key, int64_t value)
{
	values[key].push_back({ value, value });
}

std::string
Seen::text() const
{
	static const std::map<script_proto, std::vector<script_key>> told = {
		{ SCRIPT_TCP,
		  { SCRIPT_KEY_SEQ, SCRIPT_KEY_ACK, SCRIPT_KEY_LEN, SCRIPT_KEY_WIN, SCRIPT_KEY_MSS,
		    SCRIPT_KEY_WSCALE, SCRIPT_KEY_SACKOK, SCRIPT_KEY_TS, SCRIPT_KEY_SACK,
		    SCRIPT_KEY_FASTOPEN, SCRIPT_KEY_UTO } },
		{ SCRIPT_ARP,
		  { SCRIPT_KEY_OP, SCRIPT_KEY_SHA, SCRIPT_KEY_SPA, SCRIPT_KEY_THA,
		    SCRIPT_KEY_TPA } },
		{ SCRIPT_ICMP,
		  { SCRIPT_KEY_SRC, SCRIPT_KEY_DST, SCRIPT_KEY_TYPE, SCRIPT_KEY_CODE, SCRIPT_KEY_ID,
		    SCRIPT_KEY_SEQ, SCRIPT_KEY_LEN } },
		{ SCRIPT_UDP,
		  { SCRIPT_KEY_SRC, SCRIPT_KEY_SPORT, SCRIPT_KEY_DST, SCRIPT_KEY_DPORT,
		    SCRIPT_KEY_LEN } },
		{ SCRIPT_IP,
		  { SCRIPT_KEY_SRC, SCRIPT_KEY_DST, SCRIPT_KEY_PROTO, SCRIPT_KEY_IPID,
		    SCRIPT_KEY_OFF, SCRIPT_KEY_MF, SCRIPT_KEY_LEN } },
		{ SCRIPT_ETH, { SCRIPT_KEY_DMAC, SCRIPT_KEY_ETHERTYPE, SCRIPT_KEY_LEN } },
	};
	static const char *const names[] = { "", "arp", "icmp", "udp", "ip", "eth" };
	std::string out = proto == SCRIPT_TCP ? flags_text(flags) : names[proto];

	for (script_key key : told.at(proto)) {
		auto it = values.find(key);
		std::string list;

		if (it == values.end())
			continue;
		for (const auto &v : it->second)
			list += (list.empty() ? "" : ",") + value_text(key, v);
		out += std::string(" ") + script_key_word(key) + "=" + list;
	}
	return out;
}

Seen
decode(const Bytes &frame)
{
	Seen s;
	size_t head = 14;

	if (frame.size() < head) {
		s.faults.push_back("no Ethernet header");
		return s;
	}
	s.put(SCRIPT_KEY_DMAC, mac48(frame.data()));
	s.put(SCRIPT_KEY_SMAC, mac48(frame.data() + 6));
	uint16_t type = be16(frame.data() + 12);

	if (type == 0x8100 && frame.size() >= 18) {
		s.put(SCRIPT_KEY_VLAN, be16(frame.data() + 14) & 0xfff);
		type = be16(frame.data() + 16);
		head = 18;
	}
	s.put(SCRIPT_KEY_ETHERTYPE, type);
	if (type == 0x0806) {
		decode_arp(s, frame.data() + head, frame.size() - head);
	} else if (type == 0x0800) {
		decode_ip(s, frame.data() + head, frame.size() - head);
	} else {
		s.payload.assign(frame.begin() + static_cast<ptrdiff_t>(head), frame.end());
		s.put(SCRIPT_KEY_LEN, static_cast<int64_t>(s.payload.size()));
	}
	return s;
}

} // namespace script_run
