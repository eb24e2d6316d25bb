/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show asks three times, a second apart, for each address that has not answered, or listens. scan goes twice through its prefix,
 * as fast as -r allows, leaving out who has answered. probe does what RFC 5227 §2.1.1 does: a random wait of up to a second,
 * three requests from 0.0.0.0 one to two seconds apart, two seconds of listening; it does not claim the address.
 */
#include "arp/ask.h"

#include <stdlib.h>
#include <string.h>

#include "common/jsonout.h"

#define EVENTS           32
#define SHOW_ROUNDS      3
#define SCAN_ROUNDS      2
#define LATE_MAX_NS      (20 * PLN_NS_PER_MS)
#define PROBE_NUM        3 /* RFC 5227 §1.1 */
#define PROBE_WAIT_NS    PLN_NS_PER_S
#define PROBE_MIN_NS     PLN_NS_PER_S
#define ANNOUNCE_WAIT_NS (2 * PLN_NS_PER_S)

void
ask_init(struct ask *ask, const struct arp_options *options, struct pln_stack *stack, uint64_t seed)
{
	memset(ask, 0, sizeof(*ask));
	ask->options = options;
	ask->stack = stack;
	ask->out = stdout;
	ask->seed = seed;
	ask->device =
		options->host.config.interface != NULL ? options->host.config.interface : "port0";
}

/* Up to a second. */
static uint64_t
random_ns(struct ask *ask)
{
	ask->seed = ask->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (ask->seed >> 33) % PROBE_WAIT_NS;
}

static bool
has_answered(const struct ask *ask, const struct pln_addr *addr)
{
	for (size_t i = 0; i < ask->table.count; i++)
		if (memcmp(ask->table.entries[i].addr.bytes, addr->bytes, 4) == 0)
			return true;
	return false;
}

static void
send_request(struct ask *ask, const struct pln_addr *target, uint64_t now)
{
	const struct pln_arp_args args = {
		.size = sizeof(args),
		.sender = ask->options->host.config.addr,
		.target = *target,
	};

	(void)pln_arp_send(ask->stack, &args);
	ask->last = now;
}

static uint32_t
bits_of(const struct pln_addr *addr)
{
	return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
	       (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

/* How many addresses there are to ask for, in one round. */
static uint64_t
target_count(const struct ask *ask)
{
	const struct arp_options *o = ask->options;
	uint64_t all = UINT64_C(1) << (32 - o->prefix_len);

	if (o->verb == ARP_SHOW)
		return (uint64_t)o->operand_count;
	return all > 2 ? all - 2
	               : all; /* neither the subnet nor its broadcast (RFC 3021: but of two) */
}

static struct pln_addr
target_at(const struct ask *ask, uint64_t i)
{
	const struct arp_options *o = ask->options;
	uint64_t all = UINT64_C(1) << (32 - o->prefix_len);
	struct pln_addr addr = { 0 };
	uint32_t bits;

	if (o->verb == ARP_SHOW) {
		(void)pln_addr_parse(o->operands[i], &addr);
		return addr;
	}
	bits = (uint32_t)(bits_of(&o->addr) & ~(all - 1)) + (uint32_t)i + (all > 2 ? 1 : 0);
	return pln_addr_ip4((uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
	                    (uint8_t)bits);
}

static bool
is_asked_for(const struct ask *ask, const struct pln_addr *addr)
{
	const struct arp_options *o = ask->options;

	if (o->verb == ARP_SCAN)
		return ((bits_of(addr) ^ bits_of(&o->addr)) >> (32 - o->prefix_len)) == 0;
	for (int i = 0; i < o->operand_count; i++) {
		struct pln_addr target = target_at(ask, (uint64_t)i);

		if (bits_of(&target) == bits_of(addr))
			return true;
	}
	return o->operand_count == 0;
}

/* RFC 5227 §2.1.1: any ARP packet from the address, or another's probe for it, is a conflict. */
static void
hear_conflict(struct ask *ask, const struct pln_arp_event *event)
{
	uint32_t probed = bits_of(&ask->options->addr);
	bool is_rival = !event->is_reply && bits_of(&event->sender) == 0 &&
	                bits_of(&event->target) == probed;

	if (bits_of(&event->sender) != probed && !is_rival)
		return;
	ask->answers++;
	ask->taker = event->sender_mac;
	ask->is_taken = true;
}

void
ask_hear(struct ask *ask, const struct pln_arp_event *event)
{
	struct table_entry entry = {
		.addr = event->sender,
		.mac = event->sender_mac,
		.state = event->is_reply && !event->is_broadcast ? PLN_NEIGH_REACHABLE
		                                                 : PLN_NEIGH_STALE,
	};
	bool is_new;

	if (ask->options->verb == ARP_PROBE) {
		hear_conflict(ask, event);
		return;
	}
	if (bits_of(&event->sender) == 0 || !is_asked_for(ask, &event->sender))
		return;
	is_new = table_put(&ask->table, &entry) > 0;
	ask->answers += is_new;
	if (is_new && ask->options->verb == ARP_SCAN && !ask->options->json)
		table_print(&entry, ask->device, false, ask->out);
}

/* One request of a round, and when the next is due. True behind the last round. */
static bool
ask_next(struct ask *ask, uint64_t now, unsigned int rounds)
{
	struct pln_addr target;

	while (ask->asked < target_count(ask)) {
		target = target_at(ask, ask->asked++);
		if (has_answered(ask, &target))
			continue;
		send_request(ask, &target, now);
		/* A turn that came late is made up for, but for no more than a few requests. */
		if (ask->next + LATE_MAX_NS < now)
			ask->next = now - LATE_MAX_NS;
		ask->next += PLN_NS_PER_S / ask->options->rate;
		return false;
	}
	ask->round++;
	ask->asked = 0;
	if (ask->options->verb == ARP_SHOW)
		ask->next = ask->last + PLN_NS_PER_S;
	return ask->round >= rounds || ask->answers >= target_count(ask);
}

static bool
step_probe(struct ask *ask, uint64_t now)
{
	if (ask->is_taken)
		return true;
	if (now < ask->next)
		return false;
	if (ask->asked == 0 && ask->round == 0) {
		ask->round = 1;
		ask->next = now + random_ns(ask);
		return false;
	}
	if (ask->asked == PROBE_NUM)
		return true;
	send_request(ask, &ask->options->addr, now);
	ask->asked++;
	ask->next =
		now + (ask->asked < PROBE_NUM ? PROBE_MIN_NS + random_ns(ask) : ANNOUNCE_WAIT_NS);
	return false;
}

static bool
step_table(struct ask *ask, uint64_t now)
{
	const struct arp_options *o = ask->options;
	unsigned int rounds = o->verb == ARP_SHOW ? SHOW_ROUNDS : SCAN_ROUNDS;

	if (o->verb == ARP_SHOW && o->operand_count == 0)
		return now - ask->started >= o->wait_ns;
	if (o->verb == ARP_SHOW &&
	    (now - ask->started >= o->wait_ns || ask->answers >= target_count(ask)))
		return true;
	while (ask->round < rounds && now >= ask->next && ask_next(ask, now, rounds))
		ask->round = rounds;
	return ask->round >= rounds && o->verb == ARP_SCAN && now - ask->last >= o->wait_ns;
}

bool
ask_step(struct ask *ask, uint64_t now)
{
	struct pln_arp_event events[EVENTS];
	unsigned int count = pln_arp_events(ask->stack, events, EVENTS);

	if (ask->started == 0) {
		ask->started = now;
		ask->next = now;
	}
	for (unsigned int i = 0; i < count; i++)
		ask_hear(ask, &events[i]);
	return ask->options->verb == ARP_PROBE ? step_probe(ask, now) : step_table(ask, now);
}

static void
print_probe(const struct ask *ask)
{
	const uint8_t *m = ask->taker.bytes;
	char addr[PLN_ADDR_TEXT_LEN];
	char mac[24] = "";

	pln_addr_format(&ask->options->addr, addr);
	if (ask->is_taken)
		(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
		               m[3], m[4], m[5]);
	if (ask->options->json) {
		struct jsonout object = jsonout_begin(ask->out);

		jsonout_text(&object, "type", "probe");
		jsonout_text(&object, "address", addr);
		jsonout_bool(&object, "taken", ask->is_taken);
		if (ask->is_taken)
			jsonout_text(&object, "mac", mac);
		jsonout_number(&object, "probes", ask->asked);
		jsonout_end(&object);
	} else if (ask->is_taken) {
		(void)fprintf(ask->out, "%s is taken: lladdr %s\n", addr, mac);
	} else {
		(void)fprintf(ask->out, "%s is free: nobody answered %u probes\n", addr,
		              (unsigned int)ask->asked);
	}
}

static void
print_scan_summary(const struct ask *ask)
{
	uint64_t elapsed_ms = (ask->last - ask->started) / PLN_NS_PER_MS;

	if (ask->options->json) {
		struct jsonout object = jsonout_begin(ask->out);

		jsonout_text(&object, "type", "summary");
		jsonout_number(&object, "asked", target_count(ask));
		jsonout_number(&object, "answered", ask->table.count);
		jsonout_number(&object, "elapsed_ns", ask->last - ask->started);
		jsonout_end(&object);
		return;
	}
	(void)fprintf(ask->out, "%llu addresses asked for in %llu.%llu s, %zu answered\n",
	              (unsigned long long)target_count(ask),
	              (unsigned long long)(elapsed_ms / 1000),
	              (unsigned long long)(elapsed_ms % 1000 / 100), ask->table.count);
}

/* show: what the stack knows besides (neighbours set by hand), and who did not answer. */
static void
complete_table(struct ask *ask)
{
	struct pln_neigh_info info = { .size = sizeof(info) };
	struct pln_addr after = { 0 };

	while (pln_stack_neigh_next(ask->stack, &after, &info) == 0) {
		const struct table_entry entry = { .addr = info.addr,
			                           .mac = info.mac,
			                           .state = info.state };

		after = info.addr;
		if (info.state != PLN_NEIGH_NONE && is_asked_for(ask, &info.addr))
			(void)table_put(&ask->table, &entry);
	}
	for (int i = 0; i < ask->options->operand_count; i++) {
		const struct table_entry entry = { .addr = target_at(ask, (uint64_t)i),
			                           .state = PLN_NEIGH_FAILED };

		(void)table_put(&ask->table, &entry);
	}
}

void
ask_print(struct ask *ask)
{
	enum arp_verb verb = ask->options->verb;

	if (verb == ARP_PROBE) {
		print_probe(ask);
		return;
	}
	if (verb == ARP_SHOW)
		complete_table(ask);
	table_sort(&ask->table);
	for (size_t i = 0; i < ask->table.count; i++)
		if (verb == ARP_SHOW || ask->options->json || ask->table.entries[i].is_doubled)
			table_print(&ask->table.entries[i], ask->device, ask->options->json,
			            ask->out);
	if (verb == ARP_SCAN)
		print_scan_summary(ask);
}

int
ask_exit_code(const struct ask *ask)
{
	if (ask->options->verb == ARP_PROBE)
		return ask->is_taken;
	if (ask->options->verb == ARP_SHOW)
		return ask->answers < target_count(ask);
	return ask->answers == 0;
}

void
ask_free(struct ask *ask)
{
	table_free(&ask->table);
}
