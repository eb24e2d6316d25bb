/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT records: a pool, a queue by expiry, one timer. All last equally long, so the queue stays sorted by appending. */
#include "tcp/timewait.h"

static void
enqueue(struct pln_timewait *tw, struct pln_timewait_rec *rec)
{
	struct pln_timewait_rec *after = tw->tail;

	/* The length may have been changed meanwhile: walk back over records that outlive this one. */
	while (after != NULL && after->expires > rec->expires)
		after = after->prev;
	rec->prev = after;
	rec->next = after != NULL ? after->next : tw->head;
	if (rec->next != NULL)
		rec->next->prev = rec;
	else
		tw->tail = rec;
	if (after != NULL)
		after->next = rec;
	else
		tw->head = rec;
}

static void
dequeue(struct pln_timewait *tw, struct pln_timewait_rec *rec)
{
	if (rec->prev != NULL)
		rec->prev->next = rec->next;
	else
		tw->head = rec->next;
	if (rec->next != NULL)
		rec->next->prev = rec->prev;
	else
		tw->tail = rec->prev;
}

static void
arm(struct pln_timewait *tw)
{
	if (tw->head != NULL)
		pln_env_arm(tw->env, &tw->timer, tw->head->expires);
	else
		pln_env_cancel(tw->env, &tw->timer);
}

static void
expire(struct pln_timer *timer, void *room)
{
	struct pln_timewait *tw = room;

	(void)timer;
	while (tw->head != NULL && tw->head->expires <= tw->env->now)
		pln_timewait_remove(tw, tw->head);
	arm(tw);
}

int
pln_timewait_init(struct pln_timewait *tw, struct pln_env *env, struct pln_flow_table *flows,
                  uint32_t max)
{
	*tw = (struct pln_timewait){ .env = env,
		                     .flows = flows,
		                     .timer = { .fire = expire, .room = tw } };
	return pln_pool_init(&tw->pool, sizeof(struct pln_timewait_rec), max);
}

void
pln_timewait_fini(struct pln_timewait *tw)
{
	pln_env_cancel(tw->env, &tw->timer);
	pln_pool_fini(&tw->pool);
}

void
pln_timewait_add(struct pln_timewait *tw, const struct pln_timewait_rec *rec, uint64_t length_ns)
{
	struct pln_timewait_rec *mine = pln_pool_alloc(&tw->pool);
	uint32_t index;

	if (mine == NULL) {
		pln_timewait_remove(tw, tw->head);
		mine = pln_pool_alloc(&tw->pool);
	}
	*mine = *rec;
	index = (uint32_t)(pln_pool_handle(&tw->pool, mine) & UINT32_MAX) - 1;
	if (pln_flow_table_insert(tw->flows, &mine->key, index | PLN_TIMEWAIT_FLOW) < 0) {
		pln_pool_free(&tw->pool, mine);
		return;
	}
	mine->expires = tw->env->now + length_ns;
	enqueue(tw, mine);
	arm(tw);
}

struct pln_timewait_rec *
pln_timewait_at(struct pln_timewait *tw, uint32_t flow_value)
{
	return pln_pool_at(&tw->pool, flow_value & ~PLN_TIMEWAIT_FLOW);
}

void
pln_timewait_restart(struct pln_timewait *tw, struct pln_timewait_rec *rec, uint64_t length_ns)
{
	dequeue(tw, rec);
	rec->expires = tw->env->now + length_ns;
	enqueue(tw, rec);
	arm(tw);
}

void
pln_timewait_remove(struct pln_timewait *tw, struct pln_timewait_rec *rec)
{
	dequeue(tw, rec);
	pln_flow_table_remove(tw->flows, &rec->key);
	pln_pool_free(&tw->pool, rec);
}

bool
pln_timewait_may_ack(const struct pln_timewait *tw, struct pln_timewait_rec *rec,
                     uint64_t interval_ns)
{
	uint32_t now = (uint32_t)(tw->env->now / PLN_NS_PER_MS) + 1;

	if (rec->acked_ms != 0 && now - rec->acked_ms < interval_ns / PLN_NS_PER_MS)
		return false;
	rec->acked_ms = now;
	return true;
}

bool
pln_timewait_may_reopen(const struct pln_timewait_rec *rec, const struct pln_seg *syn,
                        bool timestamps)
{
	bool ts = timestamps && (syn->opts.present & PLN_TCP_OPT_TS) != 0;

	/* RFC 6191 §2: a newer timestamp, or an equal one with a newer sequence number; without timestamps the sequence number alone.
	 * Where the old connection had none, "If TCP Timestamps would be enabled for the new incarnation of the connection, honor the
	 * incoming connection request": PAWS will tell old segments from new ones. */
	if (ts && !rec->ts_on)
		return true;
	if (ts && syn->opts.tsval != rec->ts_recent)
		return pln_seq_gt(syn->opts.tsval, rec->ts_recent);
	return pln_seq_gt(syn->seq, rec->rcv_nxt);
}
