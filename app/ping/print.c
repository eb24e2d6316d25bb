/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of words in a line is iputils': length, from, number, identifier, TTL, then what is wrong with the reply, or its
 * time and what is wrong with that. Flooding prints a dot for each request and takes it back for each reply.
 */
#include "ping/print.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "ping/icmptext.h"
#include "ping/json.h"

#define TIMED_BYTES 16 /* iputils' time stamp: its bytes are not compared */
#define ROW         32 /* bytes of a line of the dump */

void
print_head(const struct ping *ping)
{
	const struct ping_options *o = ping->options;
	char addr[PLN_ADDR_TEXT_LEN];
	char source[PLN_ADDR_TEXT_LEN];

	if (o->json)
		return;
	if (o->pattern_len > 0 && !o->quiet) {
		(void)fputs("PATTERN: 0x", ping->out);
		for (unsigned int i = 0; i < o->pattern_len; i++)
			(void)fprintf(ping->out, "%02x", o->pattern[i]);
		(void)fputc('\n', ping->out);
	}
	(void)fprintf(ping->out, "PING %s (%s) ", ping->name, pln_addr_format(&ping->addr, addr));
	if (o->device != NULL)
		(void)fprintf(ping->out, "from %s %s: ", pln_addr_format(&ping->source, source),
		              o->device);
	(void)fprintf(ping->out, "%u(%u) bytes of data.\n", o->size, o->size + 28U);
	(void)fflush(ping->out);
}

static void
print_timestamp(const struct ping *ping)
{
	struct timespec now;

	if (!ping->options->timestamps)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)fprintf(ping->out, "[%lld.%06ld] ", (long long)now.tv_sec, now.tv_nsec / 1000);
}

static void
put_mark(const struct ping *ping, const char *mark)
{
	(void)fputs(mark, ping->out);
	(void)fflush(ping->out);
}

void
print_sent(const struct ping *ping, unsigned int in_flight)
{
	const struct ping_options *o = ping->options;

	if (!o->quiet && !o->json && o->flood && in_flight < ping->width)
		put_mark(ping, ".");
}

void
print_outstanding(const struct ping *ping)
{
	uint16_t seq = (uint16_t)ping->tally.sent;

	if (!ping->options->outstanding || ping->options->json || ping->tally.sent == 0 ||
	    ping->state[seq] == PING_ANSWERED)
		return;
	print_timestamp(ping);
	(void)fprintf(ping->out, "no answer yet for icmp_seq=%u\n", seq);
	(void)fflush(ping->out);
}

void
print_failure(const struct ping *ping, int error)
{
	const struct ping_options *o = ping->options;

	if (o->json)
		json_failure(ping, error);
	else if (!o->quiet && o->flood)
		put_mark(ping, "E");
	else if (!o->quiet && error == -EMSGSIZE)
		(void)fprintf(ping->err, "pollen-ping: local error: message too long, mtu=%u\n",
		              ping->path_mtu);
	else if (!o->quiet)
		(void)fprintf(ping->err, "pollen-ping: sendmsg: %s\n", strerror(-error));
}

static void
print_dump(const struct ping *ping, const struct ping_reply *reply)
{
	size_t first = reply->wrong_at < TIMED_BYTES ? 0 : TIMED_BYTES;
	unsigned int at = (unsigned int)reply->wrong_at;

	(void)fprintf(ping->out, "\nwrong data byte #%u should be 0x%x but was 0x%x", at,
	              ping->payload[at], reply->data[at]);
	for (size_t i = first; i < reply->len && i < ping->options->size; i++) {
		if (i % ROW == first)
			(void)fprintf(ping->out, "\n#%zu\t", i);
		(void)fprintf(ping->out, "%x ", reply->data[i]);
	}
}

/* What follows the TTL. */
static void
print_rest(const struct ping *ping, const struct ping_reply *reply)
{
	char text[24];

	if (reply->is_truncated) {
		(void)fputs(" (truncated)", ping->out);
		return;
	}
	if (ping->tally.is_timed)
		(void)fprintf(ping->out, " time=%s ms", tally_format_ms(reply->rtt_ns, text));
	if (reply->is_duplicate)
		(void)fputs(" (DUP!)", ping->out);
	if (reply->event->bad_checksum)
		(void)fputs(" (BAD CHECKSUM!)", ping->out);
	if (reply->is_late && ping->options->verbose)
		(void)fputs(" (OUT OF ORDER)", ping->out);
	if (reply->wrong_at >= 0)
		print_dump(ping, reply);
}

static void
print_reply_line(struct ping *ping, const struct ping_reply *reply)
{
	const struct pln_icmp_event *event = reply->event;

	print_timestamp(ping);
	(void)fprintf(ping->out, "%u bytes from %s: icmp_seq=%u", event->len + 8U,
	              names_get(&ping->names, &event->from), event->seq);
	if (ping->options->verbose)
		(void)fprintf(ping->out, " ident=%u", event->id);
	(void)fprintf(ping->out, " ttl=%u", event->ttl);
	print_rest(ping, reply);
	if (ping->options->audible)
		(void)fputc('\a', ping->out);
	(void)fputc('\n', ping->out);
	(void)fflush(ping->out);
}

void
print_reply(struct ping *ping, const struct ping_reply *reply)
{
	const struct ping_options *o = ping->options;

	if (o->json)
		json_reply(ping, reply);
	else if (o->quiet)
		return;
	else if (o->flood)
		put_mark(ping, reply->event->bad_checksum ? "\bC" : "\b \b");
	else
		print_reply_line(ping, reply);
}

void
print_error(struct ping *ping, const struct pln_icmp_event *event)
{
	const struct ping_options *o = ping->options;
	bool is_advice = icmptext_is_advice(event);
	/* A neighbour that is silent is ours to report, as a kernel does from its own address. */
	const struct pln_addr *from =
		event->kind == PLN_ICMP_NEIGH_FAILED ? &ping->source : &event->from;
	char text[96];

	if (o->json) {
		json_error(ping, event);
		return;
	}
	if (o->quiet || (o->flood && is_advice))
		return;
	if (o->flood) {
		put_mark(ping, "\bE");
		return;
	}
	print_timestamp(ping);
	(void)fprintf(ping->out, "From %s%s icmp_seq=%u %s\n", names_get(&ping->names, from),
	              is_advice ? ":" : "", event->seq, icmptext_write(event, text, sizeof(text)));
	(void)fflush(ping->out);
}

void
print_arp(const struct ping *ping, const struct pln_neigh_info *info)
{
	const uint8_t *m = info->mac.bytes;
	char text[PLN_ADDR_TEXT_LEN];

	if (ping->options->json)
		return;
	(void)fprintf(ping->out, "ARP %s is-at %02x:%02x:%02x:%02x:%02x:%02x  %.2fms\n",
	              pln_addr_format(&info->addr, text), m[0], m[1], m[2], m[3], m[4], m[5],
	              (double)info->resolve_ns / 1e6);
}

void
print_summary(const struct ping *ping)
{
	if (ping->options->json)
		json_summary(ping);
	else
		tally_print_summary(&ping->tally, ping->name, ping->out);
	(void)fflush(ping->out);
}
