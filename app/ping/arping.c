/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request each interval, by broadcast until somebody answers, then by unicast to whom answered (RFC 826; -D: RFC 5227 §2.1.1;
 * -U and -A: RFC 5944 §4.6). Answers count when they are for the address we ask from; with -D, when they come from the address
 * that is asked about.
 */
#include "ping/arping.h"

#include <string.h>

#include "common/jsonout.h"

#define EVENTS 32

static bool
is_announcing(const struct arping *a)
{
	return a->options->arp_mode == PING_ARP_REQUESTS ||
	       a->options->arp_mode == PING_ARP_REPLIES;
}

void
arping_init(struct arping *arping, const struct ping_options *options, struct pln_stack *stack,
            const struct pln_addr *target)
{
	const struct pln_addr none = pln_addr_ip4(0, 0, 0, 0);

	memset(arping, 0, sizeof(*arping));
	arping->options = options;
	arping->stack = stack;
	arping->target = *target;
	arping->out = stdout;
	arping->device =
		options->host.config.interface != NULL ? options->host.config.interface : "port0";
	arping->source = options->source;
	if (options->arp_mode == PING_ARP_WHO && arping->source.family == PLN_FAMILY_NONE)
		arping->source = options->host.config.addr;
	if (is_announcing(arping))
		arping->source = *target;
	if (arping->source.family == PLN_FAMILY_NONE)
		arping->source = none;
}

void
arping_print_head(const struct arping *arping)
{
	char target[PLN_ADDR_TEXT_LEN];
	char source[PLN_ADDR_TEXT_LEN];

	if (arping->options->quiet || arping->options->json)
		return;
	(void)fprintf(arping->out, "ARPING %s from %s %s\n",
	              pln_addr_format(&arping->target, target),
	              pln_addr_format(&arping->source, source), arping->device);
	(void)fflush(arping->out);
}

static bool
same_addr(const struct pln_addr *a, const struct pln_addr *b)
{
	return memcmp(a->bytes, b->bytes, 4) == 0;
}

/* Is it an answer to what we ask? */
static bool
is_answer(const struct arping *a, const struct pln_arp_event *event)
{
	if (!same_addr(&event->sender, &a->target))
		return false;
	if (a->options->arp_mode == PING_ARP_DAD)
		return true;
	return same_addr(&event->target, &a->source);
}

static char *
format_mac(const struct pln_mac *mac, char *buf, size_t len)
{
	const uint8_t *m = mac->bytes;

	(void)snprintf(buf, len, "%02X:%02X:%02X:%02X:%02X:%02X", m[0], m[1], m[2], m[3], m[4],
	               m[5]);
	return buf;
}

static void
print_json(const struct arping *a, const struct pln_arp_event *event, uint64_t rtt_ns)
{
	struct jsonout json = jsonout_begin(a->out);
	char mac[24];

	jsonout_text(&json, "type", "arp");
	jsonout_addr(&json, "from", &event->sender);
	jsonout_text(&json, "mac", format_mac(&event->sender_mac, mac, sizeof(mac)));
	jsonout_bool(&json, "reply", event->is_reply);
	jsonout_bool(&json, "broadcast", event->is_broadcast);
	jsonout_number(&json, "rtt_ns", rtt_ns);
	jsonout_end(&json);
}

static void
print_answer(const struct arping *a, const struct pln_arp_event *event)
{
	uint64_t us = (event->now - a->last) / PLN_NS_PER_US;
	char text[PLN_ADDR_TEXT_LEN];
	char mac[24];

	if (a->options->json)
		print_json(a, event, event->now - a->last);
	if (a->options->json || a->options->quiet)
		return;
	(void)fprintf(a->out, "%s %s from %s [%s] ", event->is_broadcast ? "Broadcast" : "Unicast",
	              event->is_reply ? "reply" : "request", pln_addr_format(&event->sender, text),
	              format_mac(&event->sender_mac, mac, sizeof(mac)));
	if (!same_addr(&event->target, &a->source))
		(void)fprintf(a->out, "for %s", pln_addr_format(&event->target, text));
	(void)fprintf(a->out, " %llu.%03ums\n", (unsigned long long)(us / 1000),
	              (unsigned int)(us % 1000));
	(void)fflush(a->out);
}

void
arping_hear(struct arping *arping, const struct pln_arp_event *event)
{
	const struct ping_options *o = arping->options;

	if (arping->sent == 0 || arping->is_over || !is_answer(arping, event))
		return;
	print_answer(arping, event);
	arping->received++;
	arping->broadcasts_received += event->is_broadcast;
	arping->requests_received += !event->is_reply;
	if (o->first_only || o->arp_mode == PING_ARP_DAD ||
	    (o->deadline_ns > 0 && o->count > 0 && arping->received == o->count))
		arping->is_over = true;
	if (!o->broadcast) {
		arping->mac = event->sender_mac;
		arping->is_unicasting = true;
	}
}

static void
send_one(struct arping *a, uint64_t now)
{
	struct pln_arp_args args = {
		.size = sizeof(args),
		.sender = a->source,
		.target = a->target,
		.is_reply = a->options->arp_mode == PING_ARP_REPLIES,
	};

	if (a->is_unicasting)
		args.to = args.target_mac = a->mac;
	if (pln_arp_send(a->stack, &args) < 0)
		return;
	a->last = now;
	a->sent++;
	a->broadcasts += !a->is_unicasting;
}

/* A request is due: send it, unless -c of them have been and had their interval. */
static void
tick(struct arping *a, uint64_t now)
{
	uint64_t count = a->options->count;

	a->ticks++;
	a->next += a->options->interval_ns > 0 ? a->options->interval_ns : PLN_NS_PER_S;
	if (count > 0 && a->ticks > count)
		a->is_over = true;
	else
		send_one(a, now);
}

bool
arping_step(struct arping *arping, uint64_t now)
{
	struct pln_arp_event events[EVENTS];
	unsigned int count = pln_arp_events(arping->stack, events, EVENTS);
	uint64_t deadline = arping->options->deadline_ns;

	if (arping->started == 0) {
		arping->started = now;
		arping->next = now;
	}
	for (unsigned int i = 0; i < count; i++)
		arping_hear(arping, &events[i]);
	if (!arping->is_over && now >= arping->next)
		tick(arping, now);
	if (deadline > 0 && now - arping->started >= deadline)
		arping->is_over = true;
	return arping->is_over;
}

static void
print_json_summary(const struct arping *a)
{
	struct jsonout json = jsonout_begin(a->out);

	jsonout_text(&json, "type", "summary");
	jsonout_addr(&json, "target", &a->target);
	jsonout_number(&json, "sent", a->sent);
	jsonout_number(&json, "broadcasts", a->broadcasts);
	jsonout_number(&json, "received", a->received);
	jsonout_end(&json);
}

void
arping_print_summary(const struct arping *arping)
{
	const struct arping *a = arping;
	const char *comma = "";

	if (a->options->json)
		print_json_summary(a);
	if (a->options->json || a->options->quiet)
		return;
	(void)fprintf(a->out, "Sent %u probes (%u broadcast(s))\nReceived %u response(s)", a->sent,
	              a->broadcasts, a->received);
	if (a->requests_received > 0 || a->broadcasts_received > 0)
		(void)fputs(" (", a->out);
	if (a->requests_received > 0) {
		(void)fprintf(a->out, "%u request(s)", a->requests_received);
		comma = ", ";
	}
	if (a->broadcasts_received > 0)
		(void)fprintf(a->out, "%s%u broadcast(s)", comma, a->broadcasts_received);
	if (a->requests_received > 0 || a->broadcasts_received > 0)
		(void)fputc(')', a->out);
	(void)fputc('\n', a->out);
	(void)fflush(a->out);
}

int
arping_exit_code(const struct arping *arping)
{
	if (arping->options->arp_mode == PING_ARP_DAD)
		return arping->received > 0;
	return !is_announcing(arping) && arping->received == 0;
}
