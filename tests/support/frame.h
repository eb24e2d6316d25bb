/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for tests, field by field: one record that is built into bytes and read back from them. It has a codec of its
 * own, so that the library's cannot be wrong in the same way twice, and it can build what no honest host sends.
 */
#ifndef POLLEN_TESTS_SUPPORT_FRAME_H
#define POLLEN_TESTS_SUPPORT_FRAME_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pollen/types.h>

namespace support
{

using Bytes = std::vector<uint8_t>;

constexpr uint16_t ETH_IP4 = 0x0800, ETH_ARP = 0x0806;
constexpr uint8_t PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17;
constexpr uint8_t FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20;

struct Arp {
	uint16_t hardware = 1, protocol = ETH_IP4;
	uint16_t opcode = 1;
	pln_mac sha{}, tha{};
	pln_addr spa{}, tpa{};
};

struct Ip4 {
	pln_addr src{}, dst{};
	uint8_t version = 4;
	std::optional<uint8_t> ihl; /* words; unset: what the options make of it */
	uint8_t tos = 0, ttl = 64, proto = 0;
	uint16_t id = 0;
	bool df = true, mf = false;
	uint16_t frag_off = 0; /* bytes */
	Bytes options;
	std::optional<uint16_t> total_len; /* unset: the right one */
	bool cksum_good = true;            /* build: make it right; parse: it was */
};

struct Icmp {
	uint8_t type = 8, code = 0;
	uint16_t id = 0, seq = 0; /* or whatever the second word is */
	bool cksum_good = true;
};

struct Tcp {
	uint16_t sport = 0, dport = 0;
	uint32_t seq = 0, ack = 0;
	uint8_t flags = 0;
	uint16_t wnd = 65535, up = 0;
	std::optional<uint8_t> offset; /* words; unset: what the options make of it */
	Bytes options;
	bool cksum_good = true;

	std::optional<uint16_t> mss() const;
	std::optional<uint8_t> wscale() const;
	/* TSval and TSecr */
	std::optional<std::pair<uint32_t, uint32_t>> timestamps() const;

      private:
	const uint8_t *option(uint8_t kind, uint8_t len) const;
};

struct Frame {
	pln_mac dst{}, src{};
	std::optional<uint16_t> vlan; /* tag control information */
	uint16_t type = ETH_IP4;
	std::optional<Arp> arp;
	std::optional<Ip4> ip;
	std::optional<Icmp> icmp;
	std::optional<Tcp> tcp;
	Bytes payload;      /* behind the last header there is */
	size_t padding = 0; /* bytes behind the IP packet */

	Bytes bytes() const;
	/* The IP packet alone. */
	Bytes ip_bytes() const;
	/* One line, for failure messages. */
	std::string text() const;
};

/* Read a frame; what is cut off or unknown stays payload. */
Frame parse(const Bytes &bytes);

/* TCP options as bytes. */
Bytes mss_option(uint16_t mss);
Bytes wscale_option(uint8_t shift);
Bytes timestamps_option(uint32_t tsval, uint32_t tsecr);

/* The pseudo-header that a segment of `len` bytes is summed with. */
Bytes pseudo_header(const Ip4 &ip, size_t len);

/* The Internet checksum of some bytes, as a host integer; 0 over bytes that carry a right one. */
uint16_t internet_cksum(const Bytes &bytes);

pln_addr ip4(const char *text);
pln_mac mac(uint8_t last);
bool operator==(const pln_mac &a, const pln_mac &b);
bool operator==(const pln_addr &a, const pln_addr &b);

} // namespace support

using support::operator==;

#endif
