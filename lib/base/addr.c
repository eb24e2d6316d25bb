/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses as people write them, <pollen/types.h>. Strict on purpose: no octal, no hexadecimal, no
 * shortened forms (RFC 6943 §3.1.1 tells what the loose ones have cost). Names are not resolved
 * here.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/decl.h"

/* Room for the address part of any accepted text. */
#define TEXT_MAX INET6_ADDRSTRLEN

int
pln_addr_parse(const char *text, struct pln_addr *out)
{
	struct pln_addr addr = { PLN_FAMILY_IP4, { 0 } };
	struct in6_addr ignored;

	if (inet_pton(AF_INET, text, addr.bytes) == 1) {
		*out = addr;
		return 0;
	}
	return inet_pton(AF_INET6, text, &ignored) == 1 ? -EAFNOSUPPORT : -EINVAL;
}

/* One to three digits, no sign, no leading zero; -1 for anything else. */
static int
parse_bits(const char *text)
{
	int value = 0;
	const char *p = text;

	while (*p >= '0' && *p <= '9' && p - text < 3)
		value = value * 10 + (*p++ - '0');
	if (p == text || *p != '\0' || (text[0] == '0' && p - text > 1))
		return -1;
	return value;
}

int
pln_addr_parse_prefix(const char *text, struct pln_addr *out, uint8_t *prefix_len)
{
	const char *slash = strchr(text, '/');
	char host[TEXT_MAX];
	struct pln_addr addr;
	int bits, rc;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	rc = pln_addr_parse(host, &addr);
	if (rc != 0)
		return rc;
	bits = parse_bits(slash + 1);
	if (bits < 0 || bits > 32)
		return -EINVAL;
	*out = addr;
	*prefix_len = (uint8_t)bits;
	return 0;
}

/* -1 when `c` is no hexadecimal digit. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
pln_mac_parse(const char *text, struct pln_mac *out)
{
	struct pln_mac mac;
	size_t i;

	if (strlen(text) != 3 * sizeof(mac.bytes) - 1)
		return -EINVAL;
	for (i = 0; i < sizeof(mac.bytes); i++, text += 3) {
		int high = hex_value(text[0]), low = hex_value(text[1]);

		if (high < 0 || low < 0 || (i + 1 < sizeof(mac.bytes) && text[2] != ':'))
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = mac;
	return 0;
}

char *
pln_addr_format(const struct pln_addr *addr, char *buf)
{
	if (addr->family == PLN_FAMILY_NONE)
		snprintf(buf, PLN_ADDR_TEXT_LEN, "*");
	else
		inet_ntop(addr->family == PLN_FAMILY_IP6 ? AF_INET6 : AF_INET, addr->bytes, buf,
		          PLN_ADDR_TEXT_LEN);
	return buf;
}

char *
pln_endpoint_format(const struct pln_endpoint *ep, char *buf)
{
	bool bracket = ep->addr.family == PLN_FAMILY_IP6;
	char host[PLN_ADDR_TEXT_LEN];

	pln_addr_format(&ep->addr, host);
	snprintf(buf, PLN_ADDR_TEXT_LEN, "%s%.45s%s:%u", bracket ? "[" : "", host,
	         bracket ? "]" : "", (unsigned int)ep->port);
	return buf;
}
