/* SPDX-License-Identifier: BSD-3-Clause */
/* Times are nanoseconds, but for "time", which is seconds since 1970. A key that has nothing to say is left out. */
#include "ping/json.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/jsonout.h"
#include "ping/icmptext.h"

static struct jsonout
begin(const struct ping *ping, const char *type)
{
	struct jsonout json = jsonout_begin(ping->out);
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	jsonout_text(&json, "type", type);
	(void)fprintf(ping->out, ",\"time\":%lld.%06ld", (long long)now.tv_sec, now.tv_nsec / 1000);
	return json;
}

static void
put_wrong_byte(struct jsonout *json, const struct ping *ping, const struct ping_reply *reply)
{
	if (reply->wrong_at < 0)
		return;
	jsonout_open(json, "wrong_byte");
	jsonout_number(json, "offset", (unsigned int)reply->wrong_at);
	jsonout_number(json, "sent", ping->payload[reply->wrong_at]);
	jsonout_number(json, "received", reply->data[reply->wrong_at]);
	jsonout_close(json);
}

void
json_reply(const struct ping *ping, const struct ping_reply *reply)
{
	const struct pln_icmp_event *event = reply->event;
	struct jsonout json = begin(ping, "reply");

	jsonout_number(&json, "seq", event->seq);
	jsonout_addr(&json, "from", &event->from);
	jsonout_number(&json, "bytes", event->len + 8U);
	jsonout_number(&json, "ttl", event->ttl);
	jsonout_number(&json, "tos", event->tos);
	jsonout_number(&json, "rtt_ns", reply->rtt_ns);
	jsonout_bool(&json, "duplicate", reply->is_duplicate);
	jsonout_bool(&json, "out_of_order", reply->is_late);
	jsonout_bool(&json, "truncated", reply->is_truncated);
	jsonout_bool(&json, "bad_checksum", event->bad_checksum);
	put_wrong_byte(&json, ping, reply);
	jsonout_end(&json);
}

void
json_error(const struct ping *ping, const struct pln_icmp_event *event)
{
	struct jsonout json =
		begin(ping, event->kind == PLN_ICMP_NEIGH_FAILED ? "no_neighbour" : "icmp_error");
	char text[96];

	jsonout_number(&json, "seq", event->seq);
	jsonout_addr(&json, "from", &event->from);
	if (event->kind == PLN_ICMP_ERROR_REPORT) {
		jsonout_number(&json, "icmp_type", event->type);
		jsonout_number(&json, "icmp_code", event->code);
		if (event->mtu > 0)
			jsonout_number(&json, "mtu", event->mtu);
	}
	jsonout_text(&json, "text", icmptext_write(event, text, sizeof(text)));
	jsonout_end(&json);
}

void
json_failure(const struct ping *ping, int error)
{
	struct jsonout json = begin(ping, "local_error");

	jsonout_number(&json, "seq", (uint16_t)ping->tally.sent);
	jsonout_number(&json, "errno", (uint64_t)-error);
	jsonout_text(&json, "text", strerror(-error));
	if (error == -EMSGSIZE)
		jsonout_number(&json, "mtu", ping->path_mtu);
	jsonout_end(&json);
}

static void
put_round_trips(struct jsonout *json, const struct ping *ping)
{
	static const struct {
		const char *key;
		double part;
	} parts[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99_9", 0.999 } };
	const struct tally *t = &ping->tally;

	jsonout_open(json, "rtt_ns");
	jsonout_number(json, "min", t->min_ns);
	jsonout_number(json, "avg", tally_mean(t));
	jsonout_number(json, "max", t->max_ns);
	jsonout_number(json, "mdev", tally_deviation(t));
	jsonout_number(json, "ewma", t->ewma_ns8 / 8);
	for (size_t i = 0; ping->hdr != NULL && i < sizeof(parts) / sizeof(parts[0]); i++)
		jsonout_number(json, parts[i].key, hdr_at(ping->hdr, parts[i].part));
	jsonout_close(json);
}

void
json_summary(const struct ping *ping)
{
	const struct tally *t = &ping->tally;
	struct jsonout json = begin(ping, "summary");

	jsonout_text(&json, "target", ping->name);
	jsonout_addr(&json, "address", &ping->addr);
	jsonout_addr(&json, "source", &ping->source);
	jsonout_number(&json, "size", ping->options->size);
	jsonout_number(&json, "transmitted", t->sent);
	jsonout_number(&json, "received", t->received);
	jsonout_number(&json, "duplicates", t->duplicates);
	jsonout_number(&json, "out_of_order", t->out_of_order);
	jsonout_number(&json, "corrupted", t->corrupted);
	jsonout_number(&json, "errors", t->errors);
	if (t->sent > 0)
		jsonout_real(&json, "loss_percent",
		             (double)(t->sent - t->received) * 100.0 / (double)t->sent);
	jsonout_number(&json, "elapsed_ns", t->last - t->first);
	jsonout_number(&json, "pipe", t->pipe);
	if (t->received + t->duplicates > 0)
		put_round_trips(&json, ping);
	jsonout_end(&json);
}
