/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/frame.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace support
{

namespace
{

void
put8(Bytes &out, unsigned int v)
{
	out.push_back(static_cast<uint8_t>(v));
}

void
put16(Bytes &out, unsigned int v)
{
	put8(out, v >> 8 & 0xff);
	put8(out, v & 0xff);
}

void
put32(Bytes &out, uint32_t v)
{
	put16(out, v >> 16);
	put16(out, v & 0xffff);
}

void
put(Bytes &out, const Bytes &more)
{
	out.insert(out.end(), more.begin(), more.end());
}

void
put_mac(Bytes &out, const pln_mac &mac)
{
	out.insert(out.end(), mac.bytes, mac.bytes + 6);
}

void
put_addr(Bytes &out, const pln_addr &addr)
{
	out.insert(out.end(), addr.bytes, addr.bytes + 4);
}

Bytes
padded_to_words(Bytes options)
{
	while (options.size() % 4 != 0)
		options.push_back(0);
	return options;
}

/* A wrong checksum differs from the right one in one bit, and is not its other zero. */
void
set_cksum(Bytes &bytes, size_t at, uint16_t value, bool good)
{
	value ^= good ? 0 : 0x0100;
	bytes[at] = static_cast<uint8_t>(value >> 8);
	bytes[at + 1] = static_cast<uint8_t>(value & 0xff);
}

Bytes
arp_bytes(const Arp &arp)
{
	Bytes out;

	put16(out, arp.hardware);
	put16(out, arp.protocol);
	put16(out, 6 << 8 | 4);
	put16(out, arp.opcode);
	put_mac(out, arp.sha);
	put_addr(out, arp.spa);
	put_mac(out, arp.tha);
	put_addr(out, arp.tpa);
	return out;
}

Bytes
icmp_bytes(const Icmp &icmp, const Bytes &payload)
{
	Bytes out;

	put8(out, icmp.type);
	put8(out, icmp.code);
	put16(out, 0);
	put16(out, icmp.id);
	put16(out, icmp.seq);
	put(out, payload);
	set_cksum(out, 2, internet_cksum(out), icmp.cksum_good);
	return out;
}

Bytes
tcp_bytes(const Ip4 &ip, const Tcp &tcp, const Bytes &payload)
{
	Bytes options = padded_to_words(tcp.options), out, sum;

	put16(out, tcp.sport);
	put16(out, tcp.dport);
	put32(out, tcp.seq);
	put32(out, tcp.ack);
	put8(out, tcp.offset.value_or(static_cast<uint8_t>(5 + options.size() / 4)) << 4);
	put8(out, tcp.flags);
	put16(out, tcp.wnd);
	put16(out, 0);
	put16(out, tcp.up);
	put(out, options);
	put(out, payload);
	sum = pseudo_header(ip, out.size());
	put(sum, out);
	set_cksum(out, 16, internet_cksum(sum), tcp.cksum_good);
	return out;
}

std::string
flag_names(uint8_t flags)
{
	static const char names[] = "FSRPAUEC";
	std::string out;

	for (int i = 0; i < 8; i++) {
		if ((flags >> i & 1) != 0)
			out += names[i];
	}
	return out;
}

std::string
address_text(const pln_addr &addr)
{
	char buf[PLN_ADDR_TEXT_LEN];

	return pln_addr_format(&addr, buf);
}

} // namespace

Bytes
Frame::ip_bytes() const
{
	Bytes options = padded_to_words(ip->options), inner = payload, out;
	unsigned int words = ip->ihl.value_or(static_cast<uint8_t>(5 + options.size() / 4));

	if (tcp)
		inner = tcp_bytes(*ip, *tcp, payload);
	else if (icmp)
		inner = icmp_bytes(*icmp, payload);
	put8(out, static_cast<unsigned int>(ip->version) << 4 | words);
	put8(out, ip->tos);
	put16(out,
	      ip->total_len.value_or(static_cast<uint16_t>(20 + options.size() + inner.size())));
	put16(out, ip->id);
	put16(out, (ip->df ? 0x4000U : 0U) | (ip->mf ? 0x2000U : 0U) | ip->frag_off / 8U);
	put8(out, ip->ttl);
	put8(out, ip->proto);
	put16(out, 0);
	put_addr(out, ip->src);
	put_addr(out, ip->dst);
	put(out, options);
	set_cksum(out, 10, internet_cksum(out), ip->cksum_good);
	put(out, inner);
	return out;
}

Bytes
Frame::bytes() const
{
	Bytes out;

	put_mac(out, dst);
	put_mac(out, src);
	if (vlan) {
		put16(out, 0x8100);
		put16(out, *vlan);
	}
	put16(out, type);
	if (arp)
		put(out, arp_bytes(*arp));
	else if (ip)
		put(out, ip_bytes());
	else
		put(out, payload);
	out.insert(out.end(), padding, 0);
	return out;
}

std::string
Frame::text() const
{
	char buf[160];

	if (arp)
		return "ARP op " + std::to_string(arp->opcode) + " who " + address_text(arp->tpa) +
		       " tell " + address_text(arp->spa);
	if (!ip)
		return "EtherType " + std::to_string(type) + ", " + std::to_string(payload.size()) +
		       " bytes";
	std::string out = address_text(ip->src) + " > " + address_text(ip->dst);
	if (tcp) {
		snprintf(buf, sizeof(buf), " %u > %u [%s] seq %u ack %u win %u len %zu%s",
		         tcp->sport, tcp->dport, flag_names(tcp->flags).c_str(), tcp->seq, tcp->ack,
		         tcp->wnd, payload.size(), tcp->cksum_good ? "" : " BAD CHECKSUM");
		return out + buf;
	}
	if (icmp) {
		snprintf(buf, sizeof(buf), " ICMP type %u code %u id %u seq %u len %zu", icmp->type,
		         icmp->code, icmp->id, icmp->seq, payload.size());
		return out + buf;
	}
	return out + " protocol " + std::to_string(ip->proto);
}

Bytes
pseudo_header(const Ip4 &ip, size_t len)
{
	Bytes out;

	put_addr(out, ip.src);
	put_addr(out, ip.dst);
	put16(out, ip.proto);
	put16(out, static_cast<unsigned int>(len));
	return out;
}

Bytes
mss_option(uint16_t mss)
{
	return { 2, 4, static_cast<uint8_t>(mss >> 8), static_cast<uint8_t>(mss & 0xff) };
}

Bytes
wscale_option(uint8_t shift)
{
	return { 1, 3, 3, shift };
}

Bytes
timestamps_option(uint32_t tsval, uint32_t tsecr)
{
	Bytes out = { 1, 1, 8, 10 };

	put32(out, tsval);
	put32(out, tsecr);
	return out;
}

uint16_t
internet_cksum(const Bytes &bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes.size(); i++)
		sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum & 0xffff);
}

pln_addr
ip4(const char *text)
{
	pln_addr addr{};

	if (pln_addr_parse(text, &addr) != 0)
		throw std::invalid_argument(text);
	return addr;
}

pln_mac
mac(uint8_t last)
{
	return { { 0x02, 0, 0, 0, 0, last } };
}

bool
operator==(const pln_mac &a, const pln_mac &b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

bool
operator==(const pln_addr &a, const pln_addr &b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

} // namespace support
