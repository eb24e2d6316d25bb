/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options by name: the table, and how text becomes a value in its place and goes back. Values are
 * copied by connections when they are made, so a change never reaches what was agreed before. Ranges
 * are those within which the algorithms make sense; whether a value is wise is the caller's matter.
 */
#include "stack/opt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tcp/snd/plpmtu.h"

#define HOUR_MS  UINT64_C(3600000)
#define DAY_MS   (24 * HOUR_MS)
#define GIB      (UINT64_C(1) << 30)
#define RETRIES  UINT64_C(255)
#define SEGMENTS "segments"

#define AT(field)        offsetof(struct pln_stack, field)
#define TCP_MS(f, a, b)  PLN_OPT_MS, AT(tcp.cfg.f), a, b, "ms"
#define TCP_U32(f, a, b) PLN_OPT_U32, AT(tcp.cfg.f), a, b
#define TCP_BOOL(f)      PLN_OPT_BOOL, AT(tcp.cfg.f), 0, 1, "0 or 1"
#define NEIGH_MS(f)      PLN_OPT_MS, AT(ip.neighs.f), 1, DAY_MS, "ms"
#define LATER            PLN_OPT_LATER, 0, 0, 0, ""

static const struct pln_opt options[] = {
	{ "rto_init_ms", TCP_MS(rto_init_ns, 1, HOUR_MS),
	  "retransmission timeout before the first round-trip sample (RFC 6298 §2.1)" },
	{ "rto_min_ms", TCP_MS(rto_min_ns, 1, HOUR_MS),
	  "lower bound of the retransmission timeout (RFC 6298 §2.4 asks for 1000)" },
	{ "rto_max_ms", TCP_MS(rto_max_ns, 1, HOUR_MS),
	  "upper bound of the retransmission timeout, with back-off (RFC 6298 §2.5)" },
	{ "syn_retries", TCP_U32(syn_retries, 0, RETRIES), "SYNs",
	  "retransmissions of a SYN before the open fails" },
	{ "synack_retries", TCP_U32(synack_retries, 0, RETRIES), "SYN-ACKs",
	  "retransmissions of a SYN-ACK before the half-open connection is dropped" },
	{ "retries1", TCP_U32(retries1, 0, RETRIES), "timeouts",
	  "R1: timeouts of the same segment before the way to the peer is doubted (RFC 9293 "
	  "§3.8.3)" },
	{ "retries2", TCP_U32(retries2, 0, RETRIES), "timeouts",
	  "R2: timeouts of the same segment before the connection is given up (RFC 9293 §3.8.3)" },
	{ "user_timeout_ms", TCP_MS(user_timeout_ns, 0, 24 * DAY_MS),
	  "time without an acknowledgment before the connection is given up; 0: by retries2" },
	{ "uto", TCP_U32(uto, 0, 2), "mode",
	  "user timeout option (RFC 5482): 0 neither sent nor heard, 1 the user timeout is told, "
	  "and the "
	  "peer's followed unless the program has set one for the connection, 2 followed in any "
	  "case" },
	{ "uto_min_ms", TCP_MS(uto_min_ns, 1, 24 * DAY_MS),
	  "least user timeout that a peer can ask for (RFC 5482 §3.1: L_LIMIT)" },
	{ "uto_max_ms", TCP_MS(uto_max_ns, 1, 24 * DAY_MS),
	  "longest user timeout that a peer can ask for (RFC 5482 §3.1: U_LIMIT)" },
	{ "init_cwnd", TCP_U32(init_cwnd, 1, 1000), SEGMENTS,
	  "initial congestion window (RFC 6928 has 10)" },
	{ "cc", PLN_OPT_CC, AT(tcp.cfg.cc), 0, 0, "name",
	  "congestion control of new connections: cubic (RFC 9438), newreno (RFC 5681, 6582), "
	  "bbr (draft-ietf-ccwg-bbr, paced) or dctcp (RFC 8257: between hosts of one data centre "
	  "alone; asks for ECN unless ecn is "
	  "0)" },
	{ "pacing", TCP_U32(pacing, 0, 2), "mode",
	  "data leaves in small bursts over the round trip: 0 never, 1 always, 2 where the "
	  "congestion control or a ceiling of the connection asks for it" },
	{ "slow_start_after_idle", TCP_BOOL(slow_start_after_idle),
	  "begin again with the restart window after an idle time (RFC 5681 §4.1)" },
	{ "cwnd_validation", TCP_BOOL(cwnd_validation),
	  "a congestion window that is not used does not grow, and is halved after five minutes "
	  "(RFC "
	  "7661)" },
	{ "nagle", TCP_BOOL(nagle),
	  "hold small segments back while data is unacknowledged (RFC 9293 §3.7.4)" },
	{ "timestamps", TCP_BOOL(timestamps),
	  "offer and accept the timestamp option (RFC 7323 §3)" },
	{ "wscale", TCP_BOOL(wscale), "offer and accept window scaling (RFC 7323 §2)" },
	{ "sack", TCP_BOOL(sack),
	  "tell the peer what arrived out of order, and find what was lost by what it tells, where "
	  "it "
	  "agrees (RFC 2018); without: by duplicate ACKs (RFC 6582)" },
	{ "dsack", TCP_BOOL(dsack),
	  "with sack: tell the peer also what arrived a second time (RFC 2883)" },
	{ "rack", TCP_BOOL(rack),
	  "with sack: losses are found by time (RFC 8985 §6); without: by what lies above (RFC "
	  "6675)" },
	{ "tlp", TCP_BOOL(tlp),
	  "with rack: probe for losses at the tail of a flight (RFC 8985 §7)" },
	{ "prr", TCP_BOOL(prr),
	  "with sack: bring the congestion window down in proportion to what arrives (RFC 9937, "
	  "formerly RFC 6937); without: at once (RFC 6675)" },
	{ "ecn", TCP_U32(ecn, 0, 2), "mode",
	  "explicit congestion notification (RFC 3168): 0 never, 1 ask for it and agree to it, 2 "
	  "agree where the peer asks" },
	{ "rcvbuf", TCP_U32(rcvbuf, 256, GIB), "bytes",
	  "receive buffer that a connection begins with" },
	{ "rcvbuf_max", TCP_U32(rcvbuf_max, 256, GIB), "bytes",
	  "up to where it grows with what the program reads in a round trip, and no further than a "
	  "quarter of the packet pool; the window scale is chosen for it. Not above rcvbuf: it "
	  "stays "
	  "as it is" },
	{ "sndbuf", TCP_U32(sndbuf, 256, GIB), "bytes",
	  "send buffer that a connection begins with" },
	{ "sndbuf_max", TCP_U32(sndbuf_max, 256, GIB), "bytes",
	  "up to where it grows, to twice the congestion window; not above sndbuf: it stays as it "
	  "is" },
	{ "delack_ms", TCP_MS(delack_ns, 0, 500),
	  "longest delay of an acknowledgment (RFC 9293 MUST-40: at most 500)" },
	{ "delack_segs", TCP_U32(delack_segs, 1, RETRIES), SEGMENTS,
	  "acknowledge at least every so many full segments (RFC 5681 §4.2)" },
	{ "quickack_segs", TCP_U32(quickack_segs, 0, UINT16_MAX), SEGMENTS,
	  "first segments of a connection that are acknowledged at once; 65535: all" },
	{ "fin_timeout_ms", TCP_MS(fin_timeout_ns, 1, DAY_MS),
	  "longest stay in FIN-WAIT-2 after the application has closed" },
	{ "time_wait_ms", TCP_MS(time_wait_ns, 0, DAY_MS),
	  "stay in TIME-WAIT: twice the maximum segment lifetime (RFC 9293 §3.4.2). Its 2 minutes "
	  "are a choice of 1981; no segment lives for 30 s today, and 60 s is what Linux waits. "
	  "240000 is the RFC's own value" },
	{ "tw_reuse", TCP_BOOL(tw_reuse), "a new SYN may reopen a TIME-WAIT record (RFC 6191)" },
	{ "challenge_ack_limit", TCP_U32(challenge_ack_limit, 0, 1000000), "ACKs",
	  "challenge ACKs a second and connection (RFC 5961 §7); 0: none" },
	{ "invalid_ratelimit", TCP_MS(invalid_ratelimit_ns, 0, HOUR_MS),
	  "time between ACKs of a connection to segments that are out of window and carry nothing "
	  "(RFC "
	  "5961 §7); 0: no bound" },
	{ "max_half_open", TCP_U32(max_half_open, 0, 1U << 24), "connections",
	  "connections of all listeners in SYN-RECEIVED; 0: half of max_conns" },
	{ "syncookies", TCP_U32(syncookies, 0, 2), "mode",
	  "SYN cookies (RFC 4987 §3.6): 0 never, 1 where there is no room for another half-open "
	  "connection, 2 always" },
	{ "soft_errors", TCP_BOOL(soft_errors),
	  "tell the application of errors that end nothing (RFC 9293 §3.9.1.8)" },
	{ "keepalive", TCP_BOOL(keepalive), "probe idle connections (RFC 9293 §3.8.4)" },
	{ "keepalive_idle_ms", TCP_MS(keepalive_idle_ns, 1, 24 * DAY_MS),
	  "idle time before the first keep-alive probe" },
	{ "keepalive_interval_ms", TCP_MS(keepalive_interval_ns, 1, DAY_MS),
	  "time between keep-alive probes" },
	{ "keepalive_count", TCP_U32(keepalive_count, 1, RETRIES), "probes",
	  "unanswered keep-alive probes before the connection is given up" },
	{ "port_range", PLN_OPT_PORTS, 0, 1, UINT16_MAX, "first-last",
	  "ports that active opens choose from (RFC 6056)" },
	{ "ttl", TCP_U32(ttl, 1, UINT8_MAX), "hops", "time to live of segments" },
	{ "max_segment", TCP_U32(max_segment, 0, UINT16_MAX), "bytes",
	  "upper bound of the MSS that is announced; 0: by the MTU" },
	{ "pmtud", PLN_OPT_PMTUD, AT(tcp.cfg.pmtud), 0, 0, "word",
	  "the path's MTU: 0 without DF, whatever the link carries; 1 with DF, as routers say (RFC "
	  "1191); blackhole: and by segments that get through, where time-outs show that larger "
	  "ones do "
	  "not; probe: by segments from the beginning (RFC 4821), with SACK" },
	{ "pmtud_base", TCP_U32(pmtud_base, 576, UINT16_MAX), "bytes",
	  "packets that a search for the path's MTU begins with (RFC 4821 §7.2)" },
	{ "pmtud_interval_ms", TCP_MS(pmtud_interval_ns, 1, DAY_MS),
	  "after so long larger packets are tried again (RFC 4821 §7.6)" },
	{ "acd", PLN_OPT_ACD, AT(ip.acd), 0, 0, "word",
	  "address conflict detection of addresses added later (RFC 5227): off, detect (beside "
	  "their use) or full (before it)" },
	{ "udp_rcvbuf", PLN_OPT_U32, AT(udp.cfg.rcvbuf), 2048, GIB, "bytes",
	  "buffers that received datagrams of one UDP socket may hold" },
	{ "udp_rcvq", PLN_OPT_U32, AT(udp.cfg.rcvq), 1, GIB, "datagrams",
	  "datagrams that may wait in one UDP socket" },
	{ "udp_ttl", PLN_OPT_U32, AT(udp.cfg.ttl), 1, UINT8_MAX, "hops",
	  "time to live of datagrams" },
	{ "udp_pmtud", PLN_OPT_BOOL, AT(udp.cfg.pmtud), 0, 1, "0 or 1",
	  "send datagrams with DF set where they fit the path's MTU (RFC 1191)" },
	{ "icmp_ratelimit", PLN_OPT_U32, AT(icmp.cfg.rate), 0, 1000000, "errors",
	  "ICMP errors sent a second to one destination (RFC 1812 §4.3.2.8); 0: none at all" },
	{ "icmp_ratelimit_all", PLN_OPT_U32, AT(icmp.cfg.rate_all), 0, 1000000, "errors",
	  "ICMP errors sent a second in all, about; 0: none at all" },
	{ "icmp_timestamp", PLN_OPT_BOOL, AT(icmp.cfg.timestamp), 0, 1, "0 or 1",
	  "answer ICMP timestamp requests, which tells anybody how long the stack has been running "
	  "(RFC 1122 §3.2.2.8)" },
	{ "icmp_echo_broadcast", PLN_OPT_BOOL, AT(icmp.cfg.echo_broadcast), 0, 1, "0 or 1",
	  "answer echo requests to broadcast addresses (RFC 1122 §3.2.2.6)" },
	{ "min_pmtu", PLN_OPT_U32, AT(icmp.cfg.min_pmtu), 552, UINT16_MAX, "bytes",
	  "smallest path MTU that an ICMP error may impose (RFC 5927 §7)" },
	{ "arp_reachable_ms", NEIGH_MS(reachable_ns),
	  "how long an answer makes a neighbour reachable" },
	{ "arp_stale_ms", NEIGH_MS(stale_ns), "how long an unused neighbour is remembered" },
	{ "arp_retry_ms", NEIGH_MS(retry_ns),
	  "time between ARP requests for one address (RFC 1122 §2.3.2.1: at least 1000)" },
	{ "arp_tries", PLN_OPT_U8, AT(ip.neighs.tries_max), 1, RETRIES, "requests",
	  "unanswered ARP requests before a neighbour counts as failed" },
	{ "pmtu_age_ms", PLN_OPT_MS, AT(ip.pmtu.lifetime_ns), 1, DAY_MS, "ms",
	  "how long a path MTU that was learned is believed (RFC 1191 §6.3: 300000 or more)" },
	{ "reasm_timeout_ms", PLN_OPT_MS, AT(ip.reasm.timeout_ns), 1, DAY_MS, "ms",
	  "how long fragments wait for each other (RFC 1122 §3.3.2: 60000 to 120000)" },
	{ "stages", PLN_OPT_BOOL, AT(stages.on), 0, 1, "0 or 1",
	  "count the cycles of each stage of turns with work, in the counters stage_*" },
	{ "seed", PLN_OPT_CREATE, AT(seed), 0, 0, "number",
	  "fixes ISNs, ports and hashes; 0: random; set by pln_stack_config.seed when the stack is "
	  "created" },
	{ "fastopen", TCP_U32(fastopen, 0, 3), "bits",
	  "TCP Fast Open (RFC 7413) where the program asks for it: 1 for connections that are "
	  "opened, 2 "
	  "for listeners, 3 both, 0 never" },
	{ "fastopen_key", PLN_OPT_KEY, AT(tcp.fo_keys), 0, 0, "hex",
	  "key of the Fast Open cookies that listeners make, 32 hexadecimal digits, for several "
	  "servers "
	  "behind one address; cookies of the one before stay good. Without one: a secret of the "
	  "stack's, another every day" },
};

const struct pln_opt *
pln_opt_at(unsigned int i)
{
	return i < PLN_ARRAY_LEN(options) ? &options[i] : NULL;
}

static const struct pln_opt *
find(const char *name)
{
	size_t i;

	for (i = 0; i < PLN_ARRAY_LEN(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	return NULL;
}

/* Decimal digits only, up to `end`: no sign, no space, no other base. 0, -EINVAL or -ERANGE. */
static int
parse_number(const char *text, const char *end, uint64_t *out)
{
	uint64_t value = 0;

	if (text == end)
		return -EINVAL;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (value > (UINT64_MAX - 9) / 10)
			return -ERANGE;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*out = value;
	return 0;
}

/* The kinds whose value is a number: PLN_OPT_BOOL, _U8, _U32 and _MS. */
static void
store(struct pln_stack *stack, const struct pln_opt *opt, uint64_t value)
{
	uint8_t *field = (uint8_t *)stack + opt->offset;
	uint64_t ns = value * PLN_NS_PER_MS;
	uint32_t number = (uint32_t)value;

	if (opt->kind == PLN_OPT_MS)
		memcpy(field, &ns, sizeof(ns));
	else if (opt->kind == PLN_OPT_U32)
		memcpy(field, &number, sizeof(number));
	else
		*field = (uint8_t)value;
}

/* The same kinds, and PLN_OPT_CREATE. */
static uint64_t
load(const struct pln_stack *stack, const struct pln_opt *opt)
{
	const uint8_t *field = (const uint8_t *)stack + opt->offset;
	uint32_t number;
	uint64_t wide;

	if (opt->kind == PLN_OPT_MS || opt->kind == PLN_OPT_CREATE) {
		memcpy(&wide, field, sizeof(wide));
		return opt->kind == PLN_OPT_MS ? wide / PLN_NS_PER_MS : wide;
	}
	if (opt->kind == PLN_OPT_U32) {
		memcpy(&number, field, sizeof(number));
		return number;
	}
	return *field;
}

static int
set_number(struct pln_stack *stack, const struct pln_opt *opt, const char *text)
{
	uint64_t value, before;
	int ret = parse_number(text, text + strlen(text), &value);

	if (ret != 0)
		return ret;
	if (value < opt->min || value > opt->max)
		return -ERANGE;
	before = load(stack, opt);
	store(stack, opt, value);
	if (stack->tcp.cfg.rto_min_ns > stack->tcp.cfg.rto_max_ns) {
		store(stack, opt, before);
		return -ERANGE;
	}
	return 0;
}

static int
set_cc(struct pln_stack *stack, const char *text)
{
	const struct pln_cc_ops *ops = pln_cc_find(text);

	if (ops == NULL)
		return -EINVAL;
	stack->tcp.cfg.cc = ops;
	return 0;
}

/* 16 bytes in hexadecimal digits: a key of Fast Open; empty: the stack's own again. */
static int
set_key(struct pln_stack *stack, const char *text)
{
	struct pln_siphash_key key = { 0 };
	uint64_t *half[2] = { &key.k0, &key.k1 };

	if (text[0] == '\0') {
		pln_fo_cookie_keys_init(&stack->tcp.fo_keys, &stack->env.secret);
		return 0;
	}
	if (strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
		return -EINVAL;
	for (unsigned int i = 0; i < 2; i++) {
		char digits[17] = { 0 };

		memcpy(digits, text + (size_t)i * 16, 16);
		*half[i] = strtoull(digits, NULL, 16);
	}
	pln_fo_cookie_keys_turn(&stack->tcp.fo_keys, &key);
	return 0;
}

static int
set_acd(struct pln_stack *stack, const char *text)
{
	const char *name;
	uint8_t mode;

	for (mode = 0; (name = pln_acd_mode_name(mode)) != NULL; mode++) {
		if (strcmp(text, name) != 0)
			continue;
		stack->ip.acd = mode;
		return 0;
	}
	return -EINVAL;
}

static const char *const pmtud_modes[] = {
	[PLN_PMTUD_OFF] = "0",
	[PLN_PMTUD_ICMP] = "1",
	[PLN_PMTUD_BLACK_HOLE] = "blackhole",
	[PLN_PMTUD_PROBE] = "probe",
};

static int
set_pmtud(struct pln_stack *stack, const char *text)
{
	for (uint32_t mode = 0; mode < PLN_ARRAY_LEN(pmtud_modes); mode++) {
		if (strcmp(text, pmtud_modes[mode]) != 0)
			continue;
		stack->tcp.cfg.pmtud = mode;
		return 0;
	}
	return -EINVAL;
}

static int
set_ports(struct pln_stack *stack, const struct pln_opt *opt, const char *text)
{
	const char *dash = strchr(text, '-');
	uint64_t first, last;
	int ret;

	if (dash == NULL)
		return -EINVAL;
	ret = parse_number(text, dash, &first);
	if (ret == 0)
		ret = parse_number(dash + 1, text + strlen(text), &last);
	if (ret != 0)
		return ret;
	if (first < opt->min || last > opt->max || first > last)
		return -ERANGE;
	stack->tcp.cfg.port_min = (uint32_t)first;
	stack->tcp.cfg.port_max = (uint32_t)last;
	pln_sport_range(&stack->tcp.sport, (uint16_t)first, (uint16_t)last);
	pln_sport_range(&stack->udp.sport, (uint16_t)first, (uint16_t)last);
	return 0;
}

int
pln_stack_opt_set(struct pln_stack *stack, const char *name, const char *value)
{
	const struct pln_opt *opt = find(name);

	if (opt == NULL)
		return -ENOENT;
	switch (opt->kind) {
	case PLN_OPT_LATER:
	case PLN_OPT_CREATE:
		return -EOPNOTSUPP;
	case PLN_OPT_CC:
		return set_cc(stack, value);
	case PLN_OPT_ACD:
		return set_acd(stack, value);
	case PLN_OPT_KEY:
		return set_key(stack, value);
	case PLN_OPT_PORTS:
		return set_ports(stack, opt, value);
	case PLN_OPT_PMTUD:
		return set_pmtud(stack, value);
	case PLN_OPT_BOOL:
	case PLN_OPT_U8:
	case PLN_OPT_U32:
	case PLN_OPT_MS:
		break;
	}
	return set_number(stack, opt, value);
}

int
pln_stack_opt_get(const struct pln_stack *stack, const char *name, char *buf, size_t len)
{
	const struct pln_tcp_config *cfg = &stack->tcp.cfg;
	const struct pln_opt *opt = find(name);
	int n = -1;

	if (opt == NULL)
		return -ENOENT;
	switch (opt->kind) {
	case PLN_OPT_LATER:
		return -EOPNOTSUPP;
	case PLN_OPT_CC:
		n = snprintf(buf, len, "%s", cfg->cc->name);
		break;
	case PLN_OPT_KEY:
		n = !stack->tcp.fo_keys.given
		            ? snprintf(buf, len, "%s", "")
		            : snprintf(buf, len, "%016" PRIx64 "%016" PRIx64,
		                       stack->tcp.fo_keys.key[0].k0, stack->tcp.fo_keys.key[0].k1);
		break;
	case PLN_OPT_ACD:
		n = snprintf(buf, len, "%s", pln_acd_mode_name(stack->ip.acd));
		break;
	case PLN_OPT_PMTUD:
		n = snprintf(buf, len, "%s", pmtud_modes[cfg->pmtud]);
		break;
	case PLN_OPT_PORTS:
		n = snprintf(buf, len, "%" PRIu32 "-%" PRIu32, cfg->port_min, cfg->port_max);
		break;
	case PLN_OPT_BOOL:
	case PLN_OPT_U8:
	case PLN_OPT_U32:
	case PLN_OPT_MS:
	case PLN_OPT_CREATE:
		n = snprintf(buf, len, "%" PRIu64, load(stack, opt));
		break;
	}
	return n < 0 || (size_t)n >= len ? -ENOSPC : 0;
}

const char *
pln_stack_opt_name(unsigned int i, bool *supported)
{
	const struct pln_opt *opt = pln_opt_at(i);

	if (opt == NULL)
		return NULL;
	if (supported != NULL)
		*supported = opt->kind != PLN_OPT_LATER && opt->kind != PLN_OPT_CREATE;
	return opt->name;
}
