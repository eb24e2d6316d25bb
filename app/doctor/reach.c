/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An echo with DF that comes back in one piece proves its size for both ways; the link's MTU is tried first, then sizes are halved
 * between what was carried and what was not, each tried twice. A router that says what it carries shortens that (RFC 1191).
 */
#include "doctor/reach.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <pollen/stats.h>

#define EVENTS       16
#define ECHO_ID      0x504c
#define ECHO_LEN     56 /* ping's */
#define HEADERS      28 /* IPv4 and ICMP */
#define ARP_NS       (6 * PLN_NS_PER_S)
#define ECHO_GAP_NS  (100 * PLN_NS_PER_MS)
#define ECHO_WAIT_NS PLN_NS_PER_S
#define TRY_WAIT_NS  (150 * PLN_NS_PER_MS)
#define TRIES        2

void
reach_init(struct reach *reach, struct pln_stack *stack, const struct pln_addr *target)
{
	memset(reach, 0, sizeof(*reach));
	reach->stack = stack;
	reach->target = *target;
	reach->mtu = pln_stack_mtu_get(stack);
	reach->rtt_ns = PLN_NEVER;
}

static void
enter(struct reach *reach, enum reach_phase phase, uint64_t now)
{
	reach->phase = phase;
	reach->since = now;
}

static int
send_echo(struct reach *reach, uint16_t packet, bool df)
{
	static const uint8_t zeroes[UINT16_MAX];
	const struct pln_icmp_echo_args args = {
		.size = sizeof(args),
		.dst = reach->target,
		.id = ECHO_ID,
		.seq = reach->sent,
		.data = zeroes,
		.len = (uint16_t)(packet - HEADERS),
		.df = df,
	};

	return pln_icmp_echo(reach->stack, &args);
}

static uint64_t
fragments(const struct reach *reach)
{
	uint64_t value = 0;

	(void)pln_stats_counter(reach->stack, "ip_reasm_ok", &value);
	return value;
}

/* ---------------------------------------------------------------------------------------------------- ARP */

static void
start(struct reach *reach, uint64_t now)
{
	reach->neigh.size = sizeof(reach->neigh);
	reach->no_route = pln_stack_next_hop(reach->stack, &reach->target, &reach->hop) < 0 ||
	                  pln_stack_resolve(reach->stack, &reach->target) < 0;
	enter(reach, reach->no_route ? REACH_OVER : REACH_ARP, now);
}

bool
reach_is_there(const struct reach *reach)
{
	switch (reach->neigh.state) {
	case PLN_NEIGH_REACHABLE:
	case PLN_NEIGH_STALE:
	case PLN_NEIGH_PROBE:
	case PLN_NEIGH_STATIC:
		return true;
	case PLN_NEIGH_NONE:
	case PLN_NEIGH_INCOMPLETE:
	case PLN_NEIGH_FAILED:
		return false;
	}
	return false;
}

static void
step_arp(struct reach *reach, uint64_t now)
{
	(void)pln_stack_neigh_get(reach->stack, &reach->hop, &reach->neigh);
	if (reach_is_there(reach))
		enter(reach, REACH_PING, now);
	else if (reach->neigh.state == PLN_NEIGH_FAILED || now - reach->since > ARP_NS)
		enter(reach, REACH_OVER, now);
}

/* ---------------------------------------------------------------------------------------------------- ping */

static void
step_ping(struct reach *reach, uint64_t now)
{
	bool is_due = reach->sent == 0 || now - reach->since >= ECHO_GAP_NS;

	if (reach->sent < REACH_ECHOES && is_due) {
		(void)send_echo(reach, HEADERS + ECHO_LEN, false);
		reach->sent_ns[reach->sent++] = now;
		reach->since = now;
		return;
	}
	if (reach->replies < REACH_ECHOES && now - reach->since < ECHO_WAIT_NS)
		return;
	enter(reach, REACH_OVER, now);
}

/* ---------------------------------------------------------------------------------------------------- MTU */

void
reach_begin_mtu(struct reach *reach, uint64_t now)
{
	if (reach->replies == 0)
		return;
	reach->carried = reach->mtu < HEADERS + ECHO_LEN ? reach->mtu : HEADERS + ECHO_LEN;
	reach->limit = reach->mtu;
	enter(reach, REACH_MTU, now);
}

/* How long an answer is waited for. */
static uint64_t
patience(const struct reach *reach)
{
	return TRY_WAIT_NS + 2 * reach->rtt_ns;
}

static void
try_size(struct reach *reach, uint64_t now)
{
	reach->fragments = fragments(reach);
	reach->tries++;
	reach->since = now;
	if (send_echo(reach, reach->trying, true) < 0) { /* it is known to be too large */
		reach->limit = (uint16_t)(reach->trying - 1);
		reach->trying = 0;
	}
	reach->sent++;
}

/* Where nothing larger than ping's echo was carried, another of those must be. */
static void
end_mtu(struct reach *reach, uint64_t now)
{
	if (reach->carried > HEADERS + ECHO_LEN || reach->carried == reach->mtu) {
		enter(reach, REACH_OVER, now);
		return;
	}
	reach->is_stuck = true;
	reach->trying = HEADERS + ECHO_LEN;
	enter(reach, REACH_AGAIN, now);
	(void)send_echo(reach, reach->trying, false);
	reach->sent++;
}

static void
step_again(struct reach *reach, uint64_t now)
{
	if (!reach->is_stuck || now - reach->since >= ECHO_WAIT_NS)
		enter(reach, REACH_OVER, now);
}

static void
step_mtu(struct reach *reach, uint64_t now)
{
	bool is_first = reach->limit == reach->mtu || reach->told;

	if (reach->trying != 0 && now - reach->since < patience(reach))
		return;
	if (reach->trying != 0 && reach->tries < TRIES) {
		try_size(reach, now);
		return;
	}
	if (reach->trying != 0) {
		reach->limit = (uint16_t)(reach->trying - 1);
		is_first = false;
	}
	reach->trying = 0;
	reach->told = false;
	if (reach->carried >= reach->limit) {
		end_mtu(reach, now);
		return;
	}
	reach->trying =
		is_first ? reach->limit : (uint16_t)((reach->carried + reach->limit + 1) / 2);
	reach->tries = 0;
	try_size(reach, now);
}

/* ---------------------------------------------------------------------------------------------------- what came back */

/* Each counts once. */
static void
hear_ping(struct reach *reach, const struct pln_icmp_event *event)
{
	uint64_t rtt = event->now - reach->sent_ns[event->seq];

	if (reach->sent_ns[event->seq] == 0)
		return;
	reach->sent_ns[event->seq] = 0;
	reach->replies++;
	reach->rtt_ns = rtt < reach->rtt_ns ? rtt : reach->rtt_ns;
}

static void
hear_reply(struct reach *reach, const struct pln_icmp_event *event)
{
	if (event->seq < REACH_ECHOES) {
		hear_ping(reach, event);
		return;
	}
	if (reach->trying == 0 || event->len + HEADERS != reach->trying)
		return;
	if (reach->phase == REACH_AGAIN)
		reach->is_stuck = false;
	else if (fragments(reach) > reach->fragments)
		reach->limit = (uint16_t)(reach->trying - 1);
	else
		reach->carried = reach->trying;
	reach->trying = 0;
}

/* RFC 1191 §4: a router that does not say how much leaves zero there. */
static void
hear_too_big(struct reach *reach, uint16_t mtu)
{
	if (reach->trying == 0)
		return;
	reach->told = mtu > reach->carried && mtu < reach->trying;
	reach->limit = reach->told ? mtu : (uint16_t)(reach->trying - 1);
	reach->trying = 0;
}

static void
hear(struct reach *reach)
{
	struct pln_icmp_event events[EVENTS];
	unsigned int count = pln_icmp_events(reach->stack, events, EVENTS);

	for (unsigned int i = 0; i < count; i++) {
		if (events[i].id != ECHO_ID)
			continue;
		if (events[i].kind == PLN_ICMP_REPLY && !events[i].bad_checksum)
			hear_reply(reach, &events[i]);
		else if (events[i].kind == PLN_ICMP_ERROR_REPORT && events[i].type == 3 &&
		         events[i].code == 4)
			hear_too_big(reach, events[i].mtu);
	}
}

bool
reach_step(struct reach *reach, uint64_t now)
{
	hear(reach);
	switch (reach->phase) {
	case REACH_START:
		start(reach, now);
		break;
	case REACH_ARP:
		step_arp(reach, now);
		break;
	case REACH_PING:
		step_ping(reach, now);
		break;
	case REACH_MTU:
		step_mtu(reach, now);
		break;
	case REACH_AGAIN:
		step_again(reach, now);
		break;
	case REACH_OVER:
		break;
	}
	return reach->phase == REACH_OVER;
}

/* ---------------------------------------------------------------------------------------------------- verdicts */

struct finding
reach_judge_arp(const struct reach *reach)
{
	const uint8_t *m = reach->neigh.mac.bytes;
	char text[PLN_ADDR_TEXT_LEN];
	struct finding f;

	if (reach->no_route) {
		f = finding_of(VERDICT_FAILED, "arp", "there is no route to %s",
		               pln_addr_format(&reach->target, text));
		finding_mend(&f, "--gw A");
		return f;
	}
	pln_addr_format(&reach->hop, text);
	if (reach_is_there(reach))
		return finding_of(VERDICT_OK, "arp", "%s is at %02x:%02x:%02x:%02x:%02x:%02x", text,
		                  m[0], m[1], m[2], m[3], m[4], m[5]);
	f = finding_of(VERDICT_FAILED, "arp", "%s does not answer", text);
	if (reach->neigh.requests > 0)
		finding_add(&f, " %u requests", reach->neigh.requests);
	finding_mend(&f, "another --gw or --ip, or the VLAN (--vlan); who is there: pollen-arp "
	                 "scan PREFIX");
	return f;
}

struct finding
reach_judge_ping(const struct reach *reach)
{
	char text[PLN_ADDR_TEXT_LEN];
	struct finding f;

	pln_addr_format(&reach->target, text);
	if (reach->replies >= REACH_ECHOES)
		return finding_of(VERDICT_OK, "ping",
		                  "%s answered %u of %u, in %" PRIu64 " us at best", text,
		                  REACH_ECHOES, REACH_ECHOES, reach->rtt_ns / PLN_NS_PER_US);
	f = finding_of(VERDICT_WARNING, "ping", "%s answered %u of %u", text, reach->replies,
	               REACH_ECHOES);
	if (!reach_is_there(reach)) {
		f = finding_of(VERDICT_WARNING, "ping", "not tested: no answer to ARP");
	} else if (reach->replies == 0) {
		finding_add(&f, ": it, or a filter before it, takes no echo requests");
		finding_mend(&f, "--peer A, a host that does");
	} else {
		finding_add(&f, ": packets are lost");
		finding_mend(&f, "look at the cable and the switch's counters");
	}
	return f;
}

struct finding
reach_judge_mtu(const struct reach *reach)
{
	char text[PLN_ADDR_TEXT_LEN];
	struct finding f;

	pln_addr_format(&reach->target, text);
	if (reach->replies == 0)
		return finding_of(VERDICT_WARNING, "mtu",
		                  "not tested: no answer to ping (our link's is %u)", reach->mtu);
	if (reach->is_stuck) {
		f = finding_of(VERDICT_FAILED, "mtu",
		               "after packets of up to %u bytes %s answers nothing any more: one "
		               "of them was too long for the next link, and the device is stuck",
		               reach->mtu, text);
		finding_mend(&f, "--mtu with what the other end of the link has");
		return f;
	}
	if (reach->carried == reach->mtu)
		return finding_of(VERDICT_OK, "mtu", "%u bytes both ways to %s, as our link's",
		                  reach->mtu, text);
	f = finding_of(VERDICT_WARNING, "mtu",
	               "%u bytes both ways to %s, but our link's is %u: larger packets are lost",
	               reach->carried, text, reach->mtu);
	finding_mend(&f, "--mtu %u, or raise it at %s", reach->carried, text);
	return f;
}
