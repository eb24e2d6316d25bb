/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One target, sequence numbers from 1 as iputils counts. A reply is known by identifier and sequence number (RFC 792); the
 * time of its turn, less the time its request was handed over, is the round trip. The first 64 bytes of payload are compared.
 */
#include "ping/ping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define EVENTS    32
#define TIMED_MIN 16 /* bytes: what iputils needs for its time stamp */

int
ping_init(struct ping *ping, const struct ping_options *options, struct pln_stack *stack,
          const struct pln_addr *addr)
{
	struct pln_addr number;

	memset(ping, 0, sizeof(*ping));
	ping->options = options;
	ping->stack = stack;
	ping->addr = *addr;
	ping->out = stdout;
	ping->end = PLN_NEVER;
	ping->tally.is_timed = options->size >= TIMED_MIN;
	ping->is_named = !options->numeric && pln_addr_parse(options->target, &number) < 0;
	(void)getrandom(&ping->id, sizeof(ping->id), 0);
	ping->payload = malloc(options->size > 0 ? options->size : 1);
	ping->sent_at = calloc(PING_SEQUENCES, sizeof(*ping->sent_at));
	ping->is_answered = calloc(PING_SEQUENCES, sizeof(*ping->is_answered));
	if (ping->payload == NULL || ping->sent_at == NULL || ping->is_answered == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < options->size; i++)
		ping->payload[i] = (uint8_t)i;
	return 0;
}

void
ping_print_head(const struct ping *ping)
{
	char text[PLN_ADDR_TEXT_LEN];

	(void)fprintf(ping->out, "PING %s (%s) %u(%u) bytes of data.\n", ping->options->target,
	              pln_addr_format(&ping->addr, text), ping->options->size,
	              ping->options->size + 28U);
	(void)fflush(ping->out);
}

static void
print_from(const struct ping *ping, const struct pln_addr *from)
{
	char text[PLN_ADDR_TEXT_LEN];

	pln_addr_format(from, text);
	if (ping->is_named && memcmp(from, &ping->addr, sizeof(*from)) == 0)
		(void)fprintf(ping->out, "%s (%s)", ping->options->target, text);
	else
		(void)fputs(text, ping->out);
}

static void
print_wrong_data(const struct ping *ping, const struct pln_icmp_event *event)
{
	unsigned int len = event->len < sizeof(event->data) ? event->len : sizeof(event->data);

	for (unsigned int i = 0; i < len && i < ping->options->size; i++) {
		if (event->data[i] != ping->payload[i]) {
			(void)fprintf(ping->out,
			              "\nwrong data byte #%u should be 0x%x but was 0x%x", i,
			              ping->payload[i], event->data[i]);
			return;
		}
	}
}

static void
take_reply(struct ping *ping, const struct pln_icmp_event *event)
{
	uint64_t rtt_ns = event->now - ping->sent_at[event->seq];
	bool is_duplicate = ping->is_answered[event->seq];
	uint16_t behind = (uint16_t)((uint16_t)ping->tally.sent - event->seq);
	char text[24];

	if (ping->sent_at[event->seq] == 0)
		return;
	ping->is_answered[event->seq] = true;
	if (behind < 0x8000 && behind + 1U > ping->tally.pipe)
		ping->tally.pipe = behind + 1U;
	tally_reply(&ping->tally, rtt_ns / PLN_NS_PER_US, is_duplicate);
	if (ping->options->quiet)
		return;
	(void)fprintf(ping->out, "%u bytes from ", event->len + 8U);
	print_from(ping, &event->from);
	(void)fprintf(ping->out, ": icmp_seq=%u ttl=%u", event->seq, event->ttl);
	if (ping->tally.is_timed)
		(void)fprintf(ping->out, " time=%s ms",
		              tally_format_ms(rtt_ns / PLN_NS_PER_US, text));
	if (is_duplicate)
		(void)fputs(" (DUP!)", ping->out);
	print_wrong_data(ping, event);
	(void)fputc('\n', ping->out);
}

static void
take_error(struct ping *ping, const struct pln_icmp_event *event)
{
	char text[64];

	ping->tally.errors++;
	if (ping->options->quiet)
		return;
	(void)fputs("From ", ping->out);
	print_from(ping, &event->from);
	(void)fprintf(ping->out, " icmp_seq=%u %s\n", event->seq,
	              event->kind == PLN_ICMP_NEIGH_FAILED
	                      ? "Destination Host Unreachable"
	                      : tally_error_text(event->type, event->code, text, sizeof(text)));
}

static void
take_events(struct ping *ping, uint64_t now)
{
	struct pln_icmp_event events[EVENTS];
	unsigned int count = pln_icmp_events(ping->stack, events, EVENTS);

	for (unsigned int i = 0; i < count; i++) {
		if (events[i].id != ping->id)
			continue;
		if (events[i].kind == PLN_ICMP_REPLY)
			take_reply(ping, &events[i]);
		else
			take_error(ping, &events[i]);
		ping->tally.last = now;
	}
	if (count > 0)
		(void)fflush(ping->out);
}

/* With -v, once: who answered ARP, and how long it took. */
static void
tell_arp(struct ping *ping)
{
	struct pln_neigh_info info = { .size = sizeof(info) };
	char text[PLN_ADDR_TEXT_LEN];
	struct pln_addr hop;
	const uint8_t *m = info.mac.bytes;

	if (!ping->options->verbose || ping->has_told_arp ||
	    pln_stack_next_hop(ping->stack, &ping->addr, &hop) < 0 ||
	    pln_stack_neigh_get(ping->stack, &hop, &info) < 0 || info.state != PLN_NEIGH_REACHABLE)
		return;
	ping->has_told_arp = true;
	(void)fprintf(ping->out, "ARP %s is-at %02x:%02x:%02x:%02x:%02x:%02x  %.2fms\n",
	              pln_addr_format(&hop, text), m[0], m[1], m[2], m[3], m[4], m[5],
	              (double)info.resolve_ns / 1e6);
}

static void
complain(struct ping *ping, int error)
{
	ping->tally.errors++;
	if (!ping->options->quiet)
		(void)fprintf(stderr, "pollen-ping: sending failed: %s\n", strerror(-error));
}

static void
send_one(struct ping *ping, uint64_t now)
{
	uint16_t seq = (uint16_t)(ping->tally.sent + 1);
	const struct pln_icmp_echo_args args = {
		.size = sizeof(args),
		.dst = ping->addr,
		.id = ping->id,
		.seq = seq,
		.data = ping->payload,
		.len = ping->options->size,
		.ttl = ping->options->ttl,
	};
	int ret = pln_icmp_echo(ping->stack, &args);

	if (ping->tally.sent == 0)
		ping->tally.first = now;
	ping->sent_at[seq] = now;
	ping->is_answered[seq] = false;
	ping->tally.sent++;
	ping->tally.last = now;
	ping->next_send = now + ping->options->interval_ns;
	if (ret < 0)
		complain(ping, ret);
}

/* After the last echo: twice the longest round trip so far, an interval at least; without any reply -W. */
static uint64_t
last_wait(const struct ping *ping)
{
	uint64_t wait = 2 * ping->tally.max_us * PLN_NS_PER_US;

	if (ping->tally.received == 0)
		return ping->options->linger_ns;
	return wait > ping->options->interval_ns ? wait : ping->options->interval_ns;
}

bool
ping_step(struct ping *ping, uint64_t now)
{
	const struct ping_options *o = ping->options;
	bool is_all_sent = o->count > 0 && ping->tally.sent >= o->count;

	tell_arp(ping);
	take_events(ping, now);
	if (o->deadline_ns > 0 && ping->tally.sent > 0 && now - ping->tally.first >= o->deadline_ns)
		return true;
	if (o->count > 0 && ping->tally.received + ping->tally.errors >= o->count)
		return true;
	if (!is_all_sent && now >= ping->next_send)
		send_one(ping, now);
	else if (is_all_sent && ping->end == PLN_NEVER && o->deadline_ns == 0)
		ping->end = now + last_wait(ping);
	return now >= ping->end;
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
	free(ping->sent_at);
	free(ping->is_answered);
}
