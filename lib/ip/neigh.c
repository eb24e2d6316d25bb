/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour cache: the states drawn in neigh.h, the frames that wait, and whom to forget. A frame to a neighbour that is
 * REACHABLE costs one comparison and six bytes; ageing is one timer for each neighbour that looks every 30 s whether there was
 * proof of life in the meantime, so that proof is only a time stamp.
 *
 * RFC 1122 §2.3.2.1: entries are flushed when out of date (here by a unicast poll, its method 2), and requests to one destination
 * are at least a second apart. §2.3.2.2: packets wait for the answer, and the newest are kept.
 */
#include "ip/neigh.h"

#include "base/numa.h"
#include "ip/arp.h"
#include "ip/neigh_queue.h"

#define BACKOFF_MAX 5U /* doublings: half a minute between requests */

static size_t
bucket_of(const struct pln_neigh_table *table, struct pln_be32 addr)
{
	uint64_t hash = pln_siphash(&table->ip->id_key, &addr, sizeof(addr));

	return hash % PLN_ARRAY_LEN(table->bucket);
}

static uint64_t
now_of(const struct pln_neigh_table *table)
{
	return table->ip->env->now;
}

static void
count(struct pln_neigh_table *table, enum pln_drop id)
{
	pln_counters_inc(&table->ip->env->counters, id);
}

static void
send_waiting(struct pln_neigh_table *table, struct pln_neigh *n)
{
	struct rte_mbuf *m;

	while ((m = pln_neigh_queue_pop(table, n)) != NULL)
		pln_neigh_tx(table, n, m);
}

/* ------------------------------------------------------------------------------------- states */

static void
enter(struct pln_neigh_table *table, struct pln_neigh *n, enum pln_neigh_state state,
      uint64_t delay_ns)
{
	n->state = (uint8_t)state;
	n->tries = 0;
	pln_env_arm(table->ip->env, &n->timer, now_of(table) + delay_ns);
}

/*
 * Each broadcast is waited for twice as long as the one before; the last only as long as the first, since its answer may come late.
 * A neighbour that answered before is asked in steady time: nobody else is disturbed.
 */
static uint64_t
patience_ns(const struct pln_neigh_table *table, const struct pln_neigh *n)
{
	unsigned int doublings = n->tries - 1U;

	if (n->state == PLN_NEIGH_PROBE || n->tries >= table->tries_max)
		return table->retry_ns;
	return table->retry_ns << (doublings < BACKOFF_MAX ? doublings : BACKOFF_MAX);
}

static void
ask(struct pln_neigh_table *table, struct pln_neigh *n)
{
	n->tries++;
	n->requests++;
	n->next_ask_ns = now_of(table) + patience_ns(table, n);
	pln_env_arm(table->ip->env, &n->timer, n->next_ask_ns);
	pln_arp_request(table->ip, n->addr, n->state == PLN_NEIGH_PROBE ? &n->mac : NULL);
}

static void
enter_incomplete(struct pln_neigh_table *table, struct pln_neigh *n)
{
	n->asked_ns = now_of(table);
	enter(table, n, PLN_NEIGH_INCOMPLETE, table->retry_ns);
	ask(table, n);
}

static void
enter_probe(struct pln_neigh_table *table, struct pln_neigh *n)
{
	n->asked_ns = now_of(table);
	enter(table, n, PLN_NEIGH_PROBE, table->retry_ns);
}

static void
enter_reachable(struct pln_neigh_table *table, struct pln_neigh *n)
{
	n->confirmed_ns = now_of(table);
	n->requests = 0;
	enter(table, n, PLN_NEIGH_REACHABLE, table->reachable_ns);
	pln_ip_neigh_lives(table->ip, n->addr);
}

static void
enter_failed(struct pln_neigh_table *table, struct pln_neigh *n)
{
	enter(table, n, PLN_NEIGH_FAILED, table->stale_ns);
	n->next_ask_ns = now_of(table) + table->retry_ns;
	pln_neigh_queue_drop(table, n, PLN_ARP_FAILED);
	pln_ip_neigh_failed(table->ip, n->addr);
	if (n->failed_news)
		return;
	n->failed_news = true;
	n->failed_next = table->failed;
	table->failed = n;
}

/* ------------------------------------------------------------------------------------- entries */

static void
forget_news(struct pln_neigh_table *table, const struct pln_neigh *n)
{
	struct pln_neigh **at = &table->failed;

	while (*at != NULL && *at != n)
		at = &(*at)->failed_next;
	if (*at != NULL)
		*at = n->failed_next;
}

static void
forget(struct pln_neigh_table *table, struct pln_neigh *n)
{
	struct pln_neigh **at = &table->bucket[bucket_of(table, n->addr)];

	while (*at != n)
		at = &(*at)->hash_next;
	*at = n->hash_next;
	if (n->failed_news)
		forget_news(table, n);
	pln_neigh_queue_drop(table, n, PLN_ARP_TABLE_FULL);
	pln_env_cancel(table->ip->env, &n->timer);
	n->addr.raw = 0; /* no host's: not in the table */
	n->state = PLN_NEIGH_NONE;
	n->hash_next = table->free;
	table->free = n;
}

/* Nobody needs it and it has not been heard of for a while: in use is kept, not in use is kept until it is idle for stale_ns. */
static void
forget_or_keep(struct pln_neigh_table *table, struct pln_neigh *n)
{
	if (n->users == 0)
		forget(table, n);
	else
		pln_env_arm(table->ip->env, &n->timer, now_of(table) + table->stale_ns);
}

static void
on_timer(struct pln_timer *timer, void *room)
{
	struct pln_neigh_table *table = room;
	struct pln_neigh *n = PLN_CONTAINER_OF(timer, struct pln_neigh, timer);
	uint64_t doubtful_ns = n->confirmed_ns + table->reachable_ns;

	switch ((enum pln_neigh_state)n->state) {
	case PLN_NEIGH_INCOMPLETE:
		if (n->tries < table->tries_max)
			ask(table, n);
		else
			enter_failed(table, n);
		break;
	case PLN_NEIGH_PROBE:
		if (n->tries < table->tries_max)
			ask(table, n);
		else
			enter_incomplete(table, n);
		break;
	case PLN_NEIGH_REACHABLE:
		if (now_of(table) < doubtful_ns)
			pln_env_arm(table->ip->env, timer, doubtful_ns);
		else
			enter(table, n, PLN_NEIGH_STALE, table->stale_ns);
		break;
	case PLN_NEIGH_STALE:
	case PLN_NEIGH_FAILED:
		forget_or_keep(table, n);
		break;
	case PLN_NEIGH_NONE:
	case PLN_NEIGH_STATIC:
		break;
	}
}

/* Of those nobody points to, the one longest without proof of life; packets waiting are a reason to stay. */
static bool
is_better_victim(const struct pln_neigh *a, const struct pln_neigh *b)
{
	if (b == NULL)
		return true;
	if ((a->queued == 0) != (b->queued == 0))
		return a->queued == 0;
	return a->confirmed_ns < b->confirmed_ns;
}

static void
evict_one(struct pln_neigh_table *table)
{
	struct pln_neigh *victim = NULL;
	unsigned int i;

	for (i = 0; i < PLN_NEIGH_MAX; i++) {
		struct pln_neigh *n = &table->entries[i];

		if (n->users == 0 && n->state != PLN_NEIGH_STATIC && is_better_victim(n, victim))
			victim = n;
	}
	if (victim != NULL)
		forget(table, victim);
}

static struct pln_neigh *
take_entry(struct pln_neigh_table *table)
{
	struct pln_neigh *n;

	if (table->free == NULL && table->high < PLN_NEIGH_MAX)
		return &table->entries[table->high++];
	if (table->free == NULL)
		evict_one(table);
	n = table->free;
	if (n != NULL)
		table->free = n->hash_next;
	return n;
}

int
pln_neigh_init(struct pln_neigh_table *table, struct pln_ip *ip)
{
	memset(table, 0, sizeof(*table));
	table->entries = pln_numa_alloc(PLN_NEIGH_MAX * sizeof(*table->entries));
	if (table->entries == NULL)
		return -ENOMEM;
	table->ip = ip;
	table->reachable_ns = 30 * PLN_NS_PER_S;
	table->stale_ns = UINT64_C(20) * 60 * PLN_NS_PER_S;
	table->retry_ns = PLN_NS_PER_S;
	table->tries_max = 3;
	return 0;
}

void
pln_neigh_fini(struct pln_neigh_table *table)
{
	unsigned int i;

	for (i = 0; i < table->high; i++) {
		pln_neigh_queue_drop(table, &table->entries[i], PLN_ARP_FAILED);
		pln_env_cancel(table->ip->env, &table->entries[i].timer);
	}
	pln_numa_free(table->entries, PLN_NEIGH_MAX * sizeof(*table->entries));
	memset(table, 0, sizeof(*table));
}

struct pln_neigh *
pln_neigh_find(const struct pln_neigh_table *table, struct pln_be32 addr)
{
	struct pln_neigh *n = table->bucket[bucket_of(table, addr)];

	while (n != NULL && n->addr.raw != addr.raw)
		n = n->hash_next;
	return n;
}

struct pln_neigh *
pln_neigh_get(struct pln_neigh_table *table, struct pln_be32 addr)
{
	struct pln_neigh *n = pln_neigh_find(table, addr);
	struct pln_neigh **bucket;

	if (n != NULL)
		return n;
	n = take_entry(table);
	if (n == NULL)
		return NULL;
	bucket = &table->bucket[bucket_of(table, addr)];
	*n = (struct pln_neigh){
		.addr = addr,
		.timer = { .fire = on_timer, .room = table },
		.hash_next = *bucket,
	};
	*bucket = n;
	return n;
}

void
pln_neigh_hold(struct pln_neigh *n)
{
	n->users++;
}

void
pln_neigh_release(struct pln_neigh_table *table, struct pln_neigh *n)
{
	PLN_ASSERT(n->users > 0);
	n->users--;
	if (n->users == 0 && n->state == PLN_NEIGH_NONE)
		forget(table, n); /* nobody ever sent anything */
}

void
pln_neigh_resolve(struct pln_neigh_table *table, struct pln_neigh *n)
{
	switch ((enum pln_neigh_state)n->state) {
	case PLN_NEIGH_NONE:
	case PLN_NEIGH_FAILED:
		if (now_of(table) >= n->next_ask_ns)
			enter_incomplete(table, n);
		break;
	case PLN_NEIGH_STALE:
		enter_probe(table, n);
		break;
	case PLN_NEIGH_INCOMPLETE:
	case PLN_NEIGH_PROBE:
	case PLN_NEIGH_REACHABLE:
	case PLN_NEIGH_STATIC:
		break;
	}
}

static enum pln_drop
send_to(struct pln_neigh_table *table, const struct pln_neigh *n, struct rte_mbuf *m)
{
	memcpy(rte_pktmbuf_mtod(m, void *), &n->mac, sizeof(n->mac));
	pln_txq_push(table->ip->txq, m);
	return PLN_ACCEPT;
}

enum pln_drop
pln_neigh_tx(struct pln_neigh_table *table, struct pln_neigh *n, struct rte_mbuf *m)
{
	if (n->state == PLN_NEIGH_REACHABLE || n->state == PLN_NEIGH_STATIC)
		return send_to(table, n, m);
	pln_neigh_resolve(table, n);
	if (n->state == PLN_NEIGH_PROBE)
		return send_to(table, n, m);
	if (n->state == PLN_NEIGH_INCOMPLETE)
		return pln_neigh_queue_push(table, n, m);
	count(table, PLN_ARP_FAILED);
	rte_pktmbuf_free(m);
	return PLN_ARP_FAILED;
}

bool
pln_neigh_has_mac(const struct pln_neigh *n)
{
	return n->state == PLN_NEIGH_REACHABLE || n->state == PLN_NEIGH_STALE ||
	       n->state == PLN_NEIGH_PROBE;
}

void
pln_neigh_learn(struct pln_neigh_table *table, struct pln_neigh *n, const struct pln_mac *mac,
                bool solicited)
{
	bool changed = !pln_neigh_has_mac(n) || memcmp(&n->mac, mac, sizeof(*mac)) != 0;

	if (n->state == PLN_NEIGH_STATIC || (!changed && !solicited))
		return;
	if (solicited || n->state == PLN_NEIGH_INCOMPLETE)
		n->resolve_ns = now_of(table) - n->asked_ns;
	n->mac = *mac;
	/* Only an answer proves that it hears us: what it says unasked is checked when it is used. */
	if (solicited) {
		enter_reachable(table, n);
	} else {
		n->confirmed_ns = now_of(table);
		n->requests = 0;
		enter(table, n, PLN_NEIGH_STALE, table->stale_ns);
	}
	send_waiting(table, n);
}

int
pln_neigh_set_static(struct pln_neigh_table *table, struct pln_be32 addr, const struct pln_mac *mac)
{
	struct pln_neigh *n = pln_neigh_get(table, addr);

	if (n == NULL)
		return -ENOSPC;
	pln_env_cancel(table->ip->env, &n->timer);
	n->mac = *mac;
	n->state = PLN_NEIGH_STATIC;
	n->requests = 0;
	send_waiting(table, n);
	return 0;
}

void
pln_neigh_delete(struct pln_neigh_table *table, struct pln_neigh *n)
{
	if (n->users == 0) {
		forget(table, n);
		return;
	}
	pln_neigh_queue_drop(table, n, PLN_ARP_FAILED);
	pln_env_cancel(table->ip->env, &n->timer);
	n->state = PLN_NEIGH_NONE;
	n->mac = (struct pln_mac){ 0 };
	n->requests = 0;
	n->next_ask_ns = 0;
	n->confirmed_ns = 0;
}

const struct pln_neigh *
pln_neigh_after(const struct pln_neigh_table *table, struct pln_be32 after)
{
	const struct pln_neigh *best = NULL;
	unsigned int i;

	for (i = 0; i < table->high; i++) {
		const struct pln_neigh *n = &table->entries[i];

		if (n->state == PLN_NEIGH_NONE || pln_be32_get(n->addr) <= pln_be32_get(after))
			continue;
		if (best == NULL || pln_be32_get(n->addr) < pln_be32_get(best->addr))
			best = n;
	}
	return best;
}

void
pln_neigh_probe(struct pln_neigh_table *table, struct pln_neigh *n)
{
	if (n->state == PLN_NEIGH_INCOMPLETE || n->state == PLN_NEIGH_STATIC ||
	    now_of(table) < n->next_ask_ns)
		return;
	if (!pln_neigh_has_mac(n)) {
		enter_incomplete(table, n);
		return;
	}
	if (n->state != PLN_NEIGH_PROBE)
		enter_probe(table, n);
	ask(table, n);
}

void
pln_neigh_confirm(struct pln_neigh_table *table, struct pln_neigh *n)
{
	if (n->state == PLN_NEIGH_REACHABLE)
		n->confirmed_ns = now_of(table);
	else if (pln_neigh_has_mac(n))
		enter_reachable(table, n);
}

void
pln_neigh_suspect(struct pln_neigh_table *table, struct pln_neigh *n)
{
	if (n != NULL && n->state == PLN_NEIGH_REACHABLE)
		enter(table, n, PLN_NEIGH_STALE, table->stale_ns);
}

bool
pln_neigh_take_failed(struct pln_neigh_table *table, struct pln_be32 *addr)
{
	while (table->failed != NULL) {
		struct pln_neigh *n = table->failed;

		table->failed = n->failed_next;
		n->failed_news = false;
		if (n->state == PLN_NEIGH_FAILED) {
			*addr = n->addr;
			return true;
		}
	}
	return false;
}
