/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A checksum that the device computes is believed when a peer has answered what carried it; one that it checks, when no answer was
 * found wrong. Steering is believed when the replies to each lcore's connections came to that lcore, in the modes that promise it.
 */
#include "doctor/port.h"

#include <inttypes.h>
#include <string.h>

static const char *
who(uint32_t capabilities, uint32_t bit)
{
	return (capabilities & bit) != 0 ? "the device" : "software";
}

struct finding
port_judge_link(const struct pln_port_info *port)
{
	struct finding f = finding_of(VERDICT_OK, "link", "%s (%s)", port->name, port->driver);

	if (port->interface[0] != '\0')
		finding_add(&f, " on %s", port->interface);
	finding_add(&f, " is %s, MTU %u, %u %s each way", port->up ? "up" : "down", port->mtu,
	            port->queues, port->queues == 1 ? "queue" : "queues");
	if (port->up)
		return f;
	f.verdict = VERDICT_FAILED;
	if (port->interface[0] != '\0')
		finding_mend(&f, "ip link set %s up, and what it is connected to", port->interface);
	else
		finding_mend(&f, "the cable, the switch's port, or the other end's program");
	return f;
}

static unsigned int
sum_answers(const struct knock *knocks, unsigned int n)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += knock_answers(&knocks[i]);
	return sum;
}

static unsigned int
sum_opened(const struct knock *knocks, unsigned int n)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += knocks[i].opened;
	return sum;
}

struct finding
port_judge_sent(const struct pln_port_info *port, const struct knock *knocks, unsigned int n,
                const struct port_sums *sums)
{
	const char *by = who(port->capabilities, PLN_LINK_TX_TCP_CKSUM);
	unsigned int answers = sum_answers(knocks, n);
	struct finding f;

	if (sum_opened(knocks, n) == 0)
		return finding_of(VERDICT_WARNING, "checksums-out",
		                  "not tested: nobody to send to (computed by %s)", by);
	f = finding_of(VERDICT_OK, "checksums-out",
	               "computed by %s: %u of %u TCP connections were answered, UDP %s", by,
	               answers, sum_opened(knocks, n), knocks[0].udp_back ? "too" : "was not");
	if (answers > 0 || sums->bad_tcp > 0)
		return f;
	f.verdict = VERDICT_WARNING;
	if ((port->capabilities & PLN_LINK_TX_TCP_CKSUM) == 0) {
		finding_add(&f, ": filtered, likely");
		finding_mend(&f, "--peer A:PORT, where a server listens");
		return f;
	}
	finding_add(&f, ": filtered, or the device computes them wrong");
	finding_mend(&f, "--csum sw; if that is answered, the device is to blame");
	return f;
}

struct finding
port_judge_received(const struct pln_port_info *port, const struct knock *knocks, unsigned int n,
                    const struct port_sums *sums)
{
	const char *by = who(port->capabilities, PLN_LINK_RX_CKSUM_FLAGS);
	bool is_open = false;
	struct finding f;

	if (sum_opened(knocks, n) == 0)
		return finding_of(VERDICT_WARNING, "checksums-in",
		                  "not tested: nobody to hear from");
	for (unsigned int i = 0; i < n; i++)
		is_open = is_open || knocks[i].accepted > 0;
	if (sums->bad_tcp + sums->bad_other > 0) {
		f = finding_of(VERDICT_FAILED, "checksums-in",
		               "%" PRIu64 " of %" PRIu64 " TCP segments and %" PRIu64
		               " other packets had a wrong one: the peer leaves them to a device "
		               "that is not there",
		               sums->bad_tcp, sums->tcp_segs, sums->bad_other);
		finding_mend(&f, "on the peer's machine: ethtool -K INTERFACE tx off");
		return f;
	}
	if (is_open)
		return finding_of(VERDICT_OK, "checksums-in",
		                  "%" PRIu64 " TCP segments, none wrong (checked by %s)",
		                  sums->tcp_segs, by);
	f = finding_of(VERDICT_WARNING, "checksums-in",
	               "%" PRIu64 " TCP segments, none wrong, but none of a connection",
	               sums->tcp_segs);
	finding_mend(&f, "--peer A:PORT, where a server listens");
	return f;
}

/* ---------------------------------------------------------------------------------------------------- steering */

/* Modes in which a reply comes to the lcore that asked. */
static bool
promises(const char *mode)
{
	return strcmp(mode, "rss-verified") == 0 || strcmp(mode, "queue-paired") == 0 ||
	       strcmp(mode, "flow-rule") == 0;
}

static struct finding
judge_promise(const struct pln_port_info *port, const struct knock *knocks, unsigned int n)
{
	unsigned int silent = 0;
	uint64_t astray = 0;
	struct finding f;

	for (unsigned int i = 0; i < n; i++) {
		silent += knock_answers(&knocks[i]) == 0;
		astray += knocks[i].handed;
	}
	f = finding_of(VERDICT_OK, "steering",
	               "%s: %u lcores; %u replies, %" PRIu64 " segments came to another lcore",
	               port->steering, n, sum_answers(knocks, n), astray);
	if (astray > 0) {
		f.verdict = VERDICT_FAILED;
		finding_add(&f, " than the device's word says; they were handed over");
		finding_mend(&f, "--steer adopt");
	} else if (silent > 0) {
		f.verdict = VERDICT_WARNING;
		finding_add(&f, "; %u lcores had no answer, so it is not proven", silent);
		finding_mend(&f, "--peer A:PORT, where a server listens");
	}
	return f;
}

/* The other modes say why they were chosen, and nothing of where a reply comes to. */
static struct finding
judge_choice(const struct pln_port_info *port, unsigned int n)
{
	struct finding f;

	f = finding_of(VERDICT_OK, "steering", "%s: %s", port->steering, port->steering_why);
	if (port->queues < n) {
		f.verdict = VERDICT_WARNING;
		finding_add(&f, "; %u lcores share %u %s", n, port->queues,
		            port->queues == 1 ? "queue" : "queues");
		finding_mend(&f, "-l with %u %s", port->queues,
		             port->queues == 1 ? "lcore" : "lcores");
	}
	return f;
}

struct finding
port_judge_steering(const struct pln_port_info *port, const struct knock *knocks, unsigned int n)
{
	struct finding f;

	if (n == 1)
		return finding_of(VERDICT_OK, "steering", "one lcore: everything comes to it");
	f = promises(port->steering) ? judge_promise(port, knocks, n) : judge_choice(port, n);
	if (port->probes_sent > 0)
		finding_add(&f, " (of %u probes at the start %u were answered, %u elsewhere)",
		            port->probes_sent, port->probes_answered, port->probes_astray);
	return f;
}

/* ---------------------------------------------------------------------------------------------------- address */

struct finding
port_judge_address(const struct pln_addr_info *info, bool asks)
{
	const uint8_t *m = info->rival.bytes;
	char text[PLN_ADDR_TEXT_LEN];
	struct finding f;

	if (info->addr.family == PLN_FAMILY_NONE) {
		f = finding_of(VERDICT_WARNING, "address",
		               "none was given: what is behind the link was not tested");
		finding_mend(&f, "--ip A/LEN");
		return f;
	}
	pln_addr_format(&info->addr, text);
	if (info->conflicts > 0) {
		f = finding_of(VERDICT_FAILED, "address",
		               "%s is the address of %02x:%02x:%02x:%02x:%02x:%02x, too", text,
		               m[0], m[1], m[2], m[3], m[4], m[5]);
		finding_mend(&f, "--ip with an address that nobody has");
		return f;
	}
	if (info->checked)
		return finding_of(VERDICT_OK, "address", "%s/%u: nobody else has it", text,
		                  info->prefix_len);
	f = finding_of(VERDICT_WARNING, "address", "%s/%u: %s", text, info->prefix_len,
	               asks ? "not all probes were sent" : "nobody was asked");
	finding_mend(&f, asks ? "the link" : "--acd detect");
	return f;
}
