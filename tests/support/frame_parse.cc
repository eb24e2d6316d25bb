/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdexcept>

#include "support/frame.h"

namespace support
{

namespace
{

/* Reads forward and answers what is there; throws at the end, which parse() turns into "the rest is payload". */
class Reader
{
      public:
	explicit Reader(const Bytes &bytes, size_t at = 0) : bytes_(bytes), at_(at)
	{
	}

	unsigned int
	u8()
	{
		need(1);
		return bytes_[at_++];
	}

	uint16_t
	u16()
	{
		unsigned int high = u8();
		return static_cast<uint16_t>(high << 8 | u8());
	}

	uint32_t
	u32()
	{
		uint32_t high = u16();
		return high << 16 | u16();
	}

	pln_mac
	hardware_address()
	{
		pln_mac out{};
		for (uint8_t &byte : out.bytes)
			byte = static_cast<uint8_t>(u8());
		return out;
	}

	pln_addr
	address()
	{
		pln_addr out{};
		out.family = PLN_FAMILY_IP4;
		for (int i = 0; i < 4; i++)
			out.bytes[i] = static_cast<uint8_t>(u8());
		return out;
	}

	Bytes
	take(size_t len)
	{
		need(len);
		Bytes out(bytes_.begin() + static_cast<long>(at_),
		          bytes_.begin() + static_cast<long>(at_ + len));
		at_ += len;
		return out;
	}

	Bytes
	rest()
	{
		return take(bytes_.size() - at_);
	}

      private:
	void
	need(size_t len) const
	{
		if (bytes_.size() - at_ < len)
			throw std::out_of_range("frame cut off");
	}

	const Bytes &bytes_;
	size_t at_;
};

Arp
parse_arp(Reader &in)
{
	Arp arp;

	arp.hardware = in.u16();
	arp.protocol = in.u16();
	in.u16();
	arp.opcode = in.u16();
	arp.sha = in.hardware_address();
	arp.spa = in.address();
	arp.tha = in.hardware_address();
	arp.tpa = in.address();
	return arp;
}

Ip4
parse_ip4(Reader &in)
{
	Ip4 ip;
	unsigned int first = in.u8(), fragment;

	ip.version = static_cast<uint8_t>(first >> 4);
	ip.ihl = static_cast<uint8_t>(first & 0xf);
	ip.tos = static_cast<uint8_t>(in.u8());
	ip.total_len = in.u16();
	ip.id = in.u16();
	fragment = in.u16();
	ip.df = (fragment & 0x4000) != 0;
	ip.mf = (fragment & 0x2000) != 0;
	ip.frag_off = static_cast<uint16_t>((fragment & 0x1fff) * 8);
	ip.ttl = static_cast<uint8_t>(in.u8());
	ip.proto = static_cast<uint8_t>(in.u8());
	in.u16();
	ip.src = in.address();
	ip.dst = in.address();
	ip.options = in.take(*ip.ihl > 5 ? (*ip.ihl - 5U) * 4 : 0);
	return ip;
}

Tcp
parse_tcp(Reader &in)
{
	Tcp tcp;

	tcp.sport = in.u16();
	tcp.dport = in.u16();
	tcp.seq = in.u32();
	tcp.ack = in.u32();
	tcp.offset = static_cast<uint8_t>(in.u8() >> 4);
	tcp.flags = static_cast<uint8_t>(in.u8());
	tcp.wnd = in.u16();
	in.u16();
	tcp.up = in.u16();
	tcp.options = in.take(*tcp.offset > 5 ? (*tcp.offset - 5U) * 4 : 0);
	return tcp;
}

Icmp
parse_icmp(Reader &in)
{
	Icmp icmp;

	icmp.type = static_cast<uint8_t>(in.u8());
	icmp.code = static_cast<uint8_t>(in.u8());
	in.u16();
	icmp.id = in.u16();
	icmp.seq = in.u16();
	return icmp;
}

void
parse_transport(Frame &frame, const Bytes &segment)
{
	Bytes sum = pseudo_header(*frame.ip, segment.size());
	Reader in(segment);

	frame.payload = segment;
	if (frame.ip->frag_off != 0 || frame.ip->mf)
		return;
	if (frame.ip->proto == PROTO_TCP) {
		frame.tcp = parse_tcp(in);
		sum.insert(sum.end(), segment.begin(), segment.end());
		frame.tcp->cksum_good = internet_cksum(sum) == 0;
		frame.payload = in.rest();
	} else if (frame.ip->proto == PROTO_ICMP) {
		frame.icmp = parse_icmp(in);
		frame.icmp->cksum_good = internet_cksum(segment) == 0;
		frame.payload = in.rest();
	}
}

void
parse_packet(Frame &frame, const Bytes &packet)
{
	Reader in(packet);
	size_t header, total;

	frame.payload = packet;
	if (frame.type == ETH_ARP)
		frame.arp = parse_arp(in);
	if (frame.type != ETH_IP4)
		return;
	frame.ip = parse_ip4(in);
	header = *frame.ip->ihl * 4U;
	total = *frame.ip->total_len;
	if (header < 20 || total < header || total > packet.size())
		return;
	frame.ip->cksum_good =
		internet_cksum(Bytes(packet.begin(), packet.begin() + static_cast<long>(header))) ==
		0;
	frame.padding = packet.size() - total;
	parse_transport(frame, Bytes(packet.begin() + static_cast<long>(header),
	                             packet.begin() + static_cast<long>(total)));
}

} // namespace

const uint8_t *
Tcp::option(uint8_t kind, uint8_t len) const
{
	size_t i = 0;

	while (i < options.size() && options[i] != 0) {
		if (options[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 >= options.size() || options[i + 1] < 2 ||
		    i + options[i + 1] > options.size())
			return nullptr;
		if (options[i] == kind && options[i + 1] == len)
			return &options[i + 2];
		i += options[i + 1];
	}
	return nullptr;
}

std::optional<uint16_t>
Tcp::mss() const
{
	const uint8_t *p = option(2, 4);

	return p != nullptr ? std::optional<uint16_t>(static_cast<uint16_t>(p[0] << 8 | p[1]))
	                    : std::nullopt;
}

std::optional<uint8_t>
Tcp::wscale() const
{
	const uint8_t *p = option(3, 3);

	return p != nullptr ? std::optional<uint8_t>(*p) : std::nullopt;
}

std::optional<std::pair<uint32_t, uint32_t>>
Tcp::timestamps() const
{
	const uint8_t *p = option(8, 10);

	if (p == nullptr)
		return std::nullopt;
	Bytes raw(p, p + 8);
	Reader in(raw);
	uint32_t tsval = in.u32();
	return std::make_pair(tsval, in.u32());
}

Frame
parse(const Bytes &bytes)
{
	Frame frame;
	Reader in(bytes);

	frame.payload = bytes;
	try {
		frame.dst = in.hardware_address();
		frame.src = in.hardware_address();
		frame.type = in.u16();
		if (frame.type == 0x8100) {
			frame.vlan = in.u16();
			frame.type = in.u16();
		}
		parse_packet(frame, in.rest());
	} catch (const std::out_of_range &) {
	}
	return frame;
}

} // namespace support
