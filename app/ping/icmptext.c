/* SPDX-License-Identifier: BSD-3-Clause */
/* Types and codes of RFC 792, RFC 1122 §3.2.2.1 and RFC 1812 §5.2.7.1, each in the words ping has for it. */
#include "ping/icmptext.h"

#include <stdio.h>

#define UNREACHABLE   3
#define SOURCE_QUENCH 4
#define REDIRECT      5
#define TIME_EXCEEDED 11
#define PARAM_PROBLEM 12
#define FRAG_NEEDED   4

static const char *
unreachable_text(uint8_t code)
{
	static const char *const texts[] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		"Frag needed and DF set",
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};

	return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : NULL;
}

static void
write_unreachable(const struct pln_icmp_event *event, char *buf, size_t len)
{
	const char *text = unreachable_text(event->code);

	if (text == NULL)
		(void)snprintf(buf, len, "Dest Unreachable, Bad Code: %u", event->code);
	else if (event->code == FRAG_NEEDED)
		(void)snprintf(buf, len, "%s (mtu = %u)", text, event->mtu);
	else
		(void)snprintf(buf, len, "%s", text);
}

static void
write_redirect(const struct pln_icmp_event *event, char *buf, size_t len)
{
	static const char *const texts[] = { "Redirect Network", "Redirect Host",
		                             "Redirect Type of Service and Network",
		                             "Redirect Type of Service and Host" };
	char gateway[PLN_ADDR_TEXT_LEN];

	pln_addr_format(&event->gateway, gateway);
	if (event->code < sizeof(texts) / sizeof(texts[0]))
		(void)snprintf(buf, len, "%s(New nexthop: %s)", texts[event->code], gateway);
	else
		(void)snprintf(buf, len, "Redirect, Bad Code: %u(New nexthop: %s)", event->code,
		               gateway);
}

static void
write_time_exceeded(const struct pln_icmp_event *event, char *buf, size_t len)
{
	if (event->code == 0)
		(void)snprintf(buf, len, "Time to live exceeded");
	else if (event->code == 1)
		(void)snprintf(buf, len, "Frag reassembly time exceeded");
	else
		(void)snprintf(buf, len, "Time exceeded, Bad Code: %u", event->code);
}

char *
icmptext_write(const struct pln_icmp_event *event, char *buf, size_t len)
{
	if (event->kind == PLN_ICMP_NEIGH_FAILED)
		(void)snprintf(buf, len, "Destination Host Unreachable");
	else if (event->type == UNREACHABLE)
		write_unreachable(event, buf, len);
	else if (event->type == SOURCE_QUENCH)
		(void)snprintf(buf, len, "Source Quench");
	else if (event->type == REDIRECT)
		write_redirect(event, buf, len);
	else if (event->type == TIME_EXCEEDED)
		write_time_exceeded(event, buf, len);
	else if (event->type == PARAM_PROBLEM)
		(void)snprintf(buf, len, "Parameter problem: pointer = %u", event->pointer);
	else
		(void)snprintf(buf, len, "Bad ICMP type: %u", event->type);
	return buf;
}

bool
icmptext_is_advice(const struct pln_icmp_event *event)
{
	return event->kind == PLN_ICMP_ERROR_REPORT &&
	       (event->type == SOURCE_QUENCH || event->type == REDIRECT);
}
