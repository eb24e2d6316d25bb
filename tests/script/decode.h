/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as the keys of segment scripts: what a frame holds, key by key, in absolute numbers. Written apart from lib/wire on purpose:
 * what the stack sends is read by other eyes than its own.
 */
#ifndef POLLEN_TESTS_SCRIPT_DECODE_H
#define POLLEN_TESTS_SCRIPT_DECODE_H

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/script.h"

namespace script_run
{

using Bytes = std::vector<uint8_t>;

struct Seen {
	script_proto proto = SCRIPT_ETH;
	uint8_t flags = 0;
	/* Each key's values, in the order they stand in the packet; a pair where the key has pairs, else twice the number. */
	std::map<script_key, std::vector<std::pair<int64_t, int64_t>>> values;
	Bytes payload;
	Bytes cookie;                    /* of Fast Open */
	std::vector<std::string> faults; /* what no sender may do: checksums, reserved bits … */

	int64_t get(script_key key, int64_t otherwise = -1) const;
	void put(script_key key, int64_t value);
	std::string text() const;
};

Seen decode(const Bytes &frame);

/* RFC 1071 over bytes, an odd one padded with zero; `sum` carries over. */
uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum = 0);
uint16_t fold16(uint32_t sum);
/* The pseudo header's part of TCP's and UDP's checksum, from an IPv4 header. */
uint32_t pseudo_sum(const uint8_t *ip, uint8_t proto, size_t len);

std::string address_text(int64_t addr);
std::string mac_text(int64_t mac);

} // namespace script_run

#endif
