/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One target, sequence numbers from 1 as iputils counts. A reply is known by identifier and sequence number (RFC 792); the
 * time of its turn, less the time its request was handed over, is the round trip. All of its payload is compared.
 *
 * Sending: time buys requests, one an interval, and unused time is saved for `preload` of them. Where the interval is zero,
 * replies buy requests; without replies a hundred are sent a second.
 */
#include "ping/ping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "ping/icmptext.h"
#include "ping/print.h"

#define EVENTS      32
#define TIMED_MIN   16 /* bytes: what iputils needs for its time stamp */
#define FLOOD_NS    (10 * PLN_NS_PER_MS)
#define HALF_RANGE  0x8000U
#define WIDTH_GUESS 80

static uint16_t
terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
	                                                                       : WIDTH_GUESS;
}

static void
fill(struct ping *ping)
{
	const struct ping_options *o = ping->options;

	for (uint32_t i = 0; i < o->size && i < PING_SIZE_MAX; i++)
		ping->payload[i] = o->pattern_len > 0 ? o->pattern[i % o->pattern_len] : (uint8_t)i;
}

int
ping_init(struct ping *ping, const struct ping_options *options, struct pln_stack *stack,
          const struct pln_addr *addr, const char *name)
{
	struct pln_addr number;
	size_t room = options->size < PING_SIZE_MAX ? options->size + 1 : PING_SIZE_MAX;

	memset(ping, 0, sizeof(*ping));
	ping->options = options;
	ping->stack = stack;
	ping->addr = *addr;
	ping->source = options->host.config.addr;
	ping->name = name;
	ping->out = stdout;
	ping->err = stderr;
	ping->end = PLN_NEVER;
	ping->not_after = PLN_NEVER;
	ping->interval_ns = options->interval_ns;
	ping->width = terminal_width();
	ping->path_mtu = stack != NULL ? pln_stack_mtu_get(stack) : 0;
	ping->tally.is_timed = options->size >= TIMED_MIN;
	ping->tally.is_paced = options->interval_ns == 0 || options->flood || options->adaptive;
	ping->names.is_numeric = options->numeric ||
	                         (!options->named && pln_addr_parse(options->target, &number) == 0);
	ping->id = (uint16_t)options->ident;
	if (options->ident < 0)
		(void)getrandom(&ping->id, sizeof(ping->id), 0);
	ping->payload = malloc(room);
	ping->answer = malloc(PING_SIZE_MAX + 1);
	ping->sent_at = calloc(PING_SEQUENCES, sizeof(*ping->sent_at));
	ping->state = calloc(PING_SEQUENCES, sizeof(*ping->state));
	if (options->hdr_path != NULL || options->json)
		ping->hdr = hdr_create();
	if (ping->payload == NULL || ping->answer == NULL || ping->sent_at == NULL ||
	    ping->state == NULL ||
	    (ping->hdr == NULL && (options->hdr_path != NULL || options->json)))
		return -ENOMEM;
	fill(ping);
	return 0;
}

/* Requests that are not answered yet. */
static unsigned int
in_flight(const struct ping *ping)
{
	const struct tally *t = &ping->tally;
	uint16_t behind = (uint16_t)((uint16_t)t->sent - ping->acked);

	if (behind < HALF_RANGE)
		return behind;
	return (unsigned int)(t->sent - t->received - t->errors);
}

/* Whatever came of request `seq`, nothing more is waited for: how many were on their way until then? */
static void
acknowledge(struct ping *ping, uint16_t seq)
{
	uint16_t behind = (uint16_t)((uint16_t)ping->tally.sent - seq);

	if (behind >= HALF_RANGE)
		return;
	if (behind + 1U > ping->tally.pipe)
		ping->tally.pipe = behind + 1U;
	if ((uint16_t)(seq - ping->acked) < HALF_RANGE ||
	    (uint16_t)((uint16_t)ping->tally.sent - ping->acked) >= HALF_RANGE)
		ping->acked = seq;
}

static int
find_wrong_byte(const struct ping *ping, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && i < ping->options->size; i++)
		if (data[i] != ping->payload[i])
			return (int)i;
	return -1;
}

/* With -A the next request leaves when, on the average, the last is answered. */
static void
adapt(struct ping *ping)
{
	if (ping->options->adaptive)
		ping->interval_ns = (ping->tally.ewma_ns8 / 8 + PLN_NS_PER_MS / 2) / PLN_NS_PER_MS *
		                    PLN_NS_PER_MS;
}

static void
take_reply(struct ping *ping, const struct pln_icmp_event *event, const uint8_t *data, size_t len)
{
	struct ping_reply reply = {
		.event = event,
		.data = data,
		.len = len,
		.rtt_ns = event->now - ping->sent_at[event->seq],
		.is_duplicate = ping->state[event->seq] == PING_ANSWERED && !event->bad_checksum,
		.is_truncated = event->len < ping->options->size,
		.wrong_at = find_wrong_byte(ping, data, len),
	};

	if (ping->state[event->seq] == PING_UNKNOWN)
		return;
	if (event->bad_checksum) {
		ping->tally.corrupted++;
		print_reply(ping, &reply);
		return;
	}
	reply.is_late = !reply.is_duplicate && (uint16_t)(event->seq - ping->acked) >= HALF_RANGE;
	ping->tally.out_of_order += reply.is_late;
	acknowledge(ping, event->seq);
	ping->state[event->seq] = PING_ANSWERED;
	tally_reply(&ping->tally, reply.rtt_ns, reply.is_duplicate);
	if (ping->hdr != NULL)
		hdr_add(ping->hdr, reply.rtt_ns);
	adapt(ping);
	print_reply(ping, &reply);
}

static void
refuse(struct ping *ping, const struct pln_icmp_event *event)
{
	if (!icmptext_is_advice(event)) {
		acknowledge(ping, event->seq);
		ping->state[event->seq] = PING_REFUSED;
		ping->tally.errors++;
	}
	print_error(ping, event);
}

/* The neighbour is silent, and with it go all requests that waited for it. */
static void
take_silence(struct ping *ping, const struct pln_icmp_event *event)
{
	struct pln_icmp_event each = *event;

	for (each.seq = (uint16_t)(ping->acked + 1); each.seq != event->seq; each.seq++)
		if (ping->state[each.seq] == PING_WAITING)
			refuse(ping, &each);
	if (ping->state[event->seq] == PING_WAITING || ping->state[event->seq] == PING_SENT)
		refuse(ping, event);
}

static void
take_error(struct ping *ping, const struct pln_icmp_event *event)
{
	if (ping->state[event->seq] == PING_UNKNOWN)
		return;
	if (event->mtu > 0 && event->mtu < ping->path_mtu)
		ping->path_mtu = event->mtu;
	refuse(ping, event);
}

void
ping_take(struct ping *ping, const struct pln_icmp_event *event, const uint8_t *data, size_t len)
{
	if (event->id != ping->id)
		return;
	if (event->kind == PLN_ICMP_REPLY)
		take_reply(ping, event, data, len);
	else if (event->kind == PLN_ICMP_NEIGH_FAILED)
		take_silence(ping, event);
	else
		take_error(ping, event);
}

static void
take_events(struct ping *ping)
{
	struct pln_icmp_event events[EVENTS];
	unsigned int count = pln_icmp_events(ping->stack, events, EVENTS);

	for (unsigned int i = 0; i < count; i++) {
		size_t len = 0;

		if (events[i].kind == PLN_ICMP_REPLY)
			len = pln_icmp_payload(ping->stack, &events[i], 0, ping->answer,
			                       PING_SIZE_MAX);
		ping_take(ping, &events[i], ping->answer, len);
	}
}

static void
tell_arp(struct ping *ping)
{
	struct pln_neigh_info info = { .size = sizeof(info) };
	struct pln_addr hop;

	if (!ping->options->verbose || ping->has_told_arp ||
	    pln_stack_next_hop(ping->stack, &ping->addr, &hop) < 0 ||
	    pln_stack_neigh_get(ping->stack, &hop, &info) < 0 || info.state != PLN_NEIGH_REACHABLE)
		return;
	ping->has_told_arp = true;
	print_arp(ping, &info);
}

static int
transmit(const struct ping *ping, uint16_t seq)
{
	bool fits = ping->options->size + 28U <= ping->path_mtu;
	const struct ping_options *o = ping->options;
	const struct pln_icmp_echo_args args = {
		.size = sizeof(args),
		.dst = ping->addr,
		.id = ping->id,
		.seq = seq,
		.data = ping->payload,
		.len = (uint16_t)o->size,
		.ttl = o->ttl,
		.tos = o->tos,
		.src = o->source,
		.df = ping->is_broadcast || o->pmtu == PING_PMTU_DO ||
		      (o->pmtu == PING_PMTU_WANT && fits),
		.broadcast = ping->is_broadcast,
	};

	if (o->size > PING_SIZE_MAX || ((ping->is_broadcast || o->pmtu == PING_PMTU_DO) && !fits))
		return -EMSGSIZE;
	return pln_icmp_echo(ping->stack, &args);
}

static enum ping_state
state_of_sent(const struct ping *ping)
{
	struct pln_neigh_info info = { .size = sizeof(info) };
	struct pln_addr hop;

	if (pln_stack_next_hop(ping->stack, &ping->addr, &hop) == 0 &&
	    pln_stack_neigh_get(ping->stack, &hop, &info) == 0 &&
	    info.state == PLN_NEIGH_INCOMPLETE)
		return PING_WAITING;
	return PING_SENT;
}

static void
send_one(struct ping *ping, uint64_t now)
{
	uint16_t seq = (uint16_t)(ping->tally.sent + 1);
	int ret;

	print_outstanding(ping);
	if (ping->tally.sent == 0) {
		ping->tally.first = now;
		ping->tokens = ping->interval_ns * (ping->options->preload - 1);
		if (ping->options->deadline_ns > 0)
			ping->not_after = now + ping->options->deadline_ns;
	}
	ret = transmit(ping, seq);
	ping->sent_at[seq] = now;
	ping->state[seq] = PING_SENT;
	ping->tally.sent++;
	ping->tally.last = now;
	if (ret >= 0) {
		ping->state[seq] = (uint8_t)state_of_sent(ping);
		print_sent(ping, in_flight(ping));
		return;
	}
	ping->tokens = 0;
	if (ret == -EMSGSIZE)
		ping->tally.errors++;
	print_failure(ping, ret);
}

/* May another request leave now? Takes its price out of the saved time. */
static bool
is_due(struct ping *ping, uint64_t now)
{
	const struct ping_options *o = ping->options;
	uint64_t passed = now - ping->tally.last;
	uint64_t saved, most;

	if (ping->tally.sent == 0)
		return true;
	if (ping->interval_ns == 0)
		return passed >= FLOOD_NS || in_flight(ping) < o->preload;
	saved = ping->tokens + passed;
	most = ping->interval_ns * o->preload;
	if (saved > most)
		saved = most;
	if (saved < ping->interval_ns)
		return false;
	ping->tokens = saved - ping->interval_ns;
	return true;
}

static bool
is_all_sent(const struct ping *ping)
{
	const struct ping_options *o = ping->options;

	return o->count > 0 && ping->tally.sent >= o->count && o->deadline_ns == 0;
}

/* After the last echo: twice the longest round trip so far, an interval at least; without any reply -W. */
static uint64_t
last_wait(const struct ping *ping)
{
	uint64_t wait = 2 * ping->tally.max_ns;

	if (ping->tally.received == 0)
		return ping->options->linger_ns;
	return wait > ping->interval_ns ? wait : ping->interval_ns;
}

static bool
is_over(const struct ping *ping, uint64_t now)
{
	const struct ping_options *o = ping->options;
	const struct tally *t = &ping->tally;

	if (o->count > 0 && t->received + t->errors >= o->count)
		return true;
	if (o->deadline_ns > 0 && t->errors > 0)
		return true;
	return now >= ping->end || now >= ping->not_after;
}

bool
ping_step(struct ping *ping, uint64_t now)
{
	tell_arp(ping);
	take_events(ping);
	if (is_over(ping, now))
		return true;
	while (!is_all_sent(ping) && is_due(ping, now))
		send_one(ping, now);
	if (is_all_sent(ping) && ping->end == PLN_NEVER) {
		uint64_t wait = last_wait(ping);

		ping->end = wait < PLN_NEVER ? now + wait : PLN_NEVER;
	}
	return false;
}

int
ping_exit_code(const struct ping *ping)
{
	const struct tally *t = &ping->tally;

	return t->received == 0 ||
	       (ping->options->deadline_ns > 0 && t->received < ping->options->count);
}

void
ping_free(struct ping *ping)
{
	free(ping->payload);
	free(ping->answer);
	free(ping->sent_at);
	free(ping->state);
	free(ping->hdr);
}
