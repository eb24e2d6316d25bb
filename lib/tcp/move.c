/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What SYN-SENT has to remember is little: a key, a sequence number, a timer, settings. All else begins with the SYN,ACK, on the stack
 * where it is dealt with. The record at the old place keeps its memory until the answer has come, so that a refusal never finds the
 * pool full.
 */
#include "tcp/move.h"

#define KEPT_FLAGS (PLN_CONN_SYN_LOST | PLN_CONN_SYN_AGAIN | PLN_CONN_R1)

static struct pln_tcp_conn *
find_conn(struct pln_tcp *tcp, const struct pln_flow_key *key)
{
	uint32_t value;

	if (!pln_flow_table_lookup(&tcp->flows, key, &value) ||
	    (value & (PLN_TIMEWAIT_FLOW | PLN_MOVED_FLOW)) != 0)
		return NULL;
	return pln_pool_at(&tcp->conns, value);
}

static bool
may_move(const struct pln_tcp_conn *c)
{
	return c->state == PLN_TCP_SYN_SENT && pln_conn_has(c, PLN_CONN_MAY_MOVE) &&
	       !pln_conn_has(c, PLN_CONN_FIN_QUEUED | PLN_CONN_ORPHAN) &&
	       pln_sendq_bytes(&c->sendq) == 0;
}

struct pln_tcp_conn *
pln_move_find(struct pln_tcp *tcp, const struct pln_pkt *pkt)
{
	struct pln_flow_key key = { .local = pkt->ip.dst, .remote = pkt->ip.src };
	struct pln_tcp_conn *c;
	struct pln_seg seg;

	if (pln_tcp_hdr_parse(pkt->data, pkt->len, &seg) != PLN_ACCEPT)
		return NULL;
	key.remote_port = seg.src_port;
	key.local_port = seg.dst_port;
	c = find_conn(tcp, &key);
	if (c == NULL || !may_move(c))
		return NULL;
	if ((seg.flags & (PLN_TCP_SYN | PLN_TCP_ACK | PLN_TCP_RST)) != (PLN_TCP_SYN | PLN_TCP_ACK))
		return NULL;
	return seg.ack == c->snd.nxt ? c : NULL;
}

void
pln_move_pack(const struct pln_tcp_conn *c, struct pln_move *out)
{
	*out = (struct pln_move){
		.key = c->key,
		.iss = c->snd.iss,
		.flags = c->flags & KEPT_FLAGS,
		.handle = c->handle,
		.cookie = c->cookie,
		.retries = c->retries,
		.silent_since_ns = c->silent_since_ns,
		.rto_at = c->deadline[PLN_TIMER_RTO],
		.rto = c->rto,
		.ts = c->ts,
		.ecn = c->ecn,
		.delack = c->delack,
		.keepalive = c->keepalive,
		.uto = c->uto,
		.opts = c->opts,
		.stats = c->stats,
	};
}

void
pln_move_leave(struct pln_tcp_conn *c, uint32_t to)
{
	struct pln_tcp *tcp = c->tcp;

	pln_flow_table_set(&tcp->flows, &c->key, to | PLN_MOVED_FLOW);
	c->flags &= ~(uint32_t)PLN_CONN_IN_FLOWS;
	c->flags |= PLN_CONN_MOVING;
	tcp->alive--;
	pln_conn_told(c);
	pln_conn_clean(c);
	pln_env_cancel(tcp->env, &c->timer);
}

void
pln_move_done(struct pln_tcp *tcp, uint64_t handle)
{
	struct pln_tcp_conn *c = pln_pool_lookup(&tcp->conns, handle);

	PLN_ASSERT(c != NULL && pln_conn_has(c, PLN_CONN_MOVING));
	pln_conn_set_state(c, PLN_TCP_CLOSED, "another lcore has taken it");
	pln_conn_free(c);
}

void
pln_move_return(struct pln_tcp *tcp, uint64_t handle)
{
	struct pln_tcp_conn *c = pln_pool_lookup(&tcp->conns, handle);

	PLN_ASSERT(c != NULL && pln_conn_has(c, PLN_CONN_MOVING));
	pln_flow_table_set(&tcp->flows, &c->key, (uint32_t)(handle & UINT32_MAX) - 1);
	c->flags &= ~(uint32_t)(PLN_CONN_MOVING | PLN_CONN_MAY_MOVE);
	c->flags |= PLN_CONN_IN_FLOWS;
	tcp->alive++;
	pln_conn_set_timer(c, PLN_TIMER_RTO, c->deadline[PLN_TIMER_RTO]);
	pln_conn_tell(c, 0);
	pln_conn_owe(c, 0);
}

static void
restore(struct pln_tcp_conn *c, const struct pln_move *move)
{
	uint64_t now = pln_conn_now(c);

	c->cookie = move->cookie;
	c->flags |= move->flags | PLN_CONN_ANNOUNCED;
	c->snd.iss = move->iss;
	pln_conn_start_sending(c);
	c->snd.nxt = move->iss + 1;
	c->retries = move->retries;
	c->silent_since_ns = move->silent_since_ns;
	c->rto = move->rto;
	c->ts = move->ts;
	c->ecn = move->ecn;
	c->delack = move->delack;
	c->keepalive = move->keepalive;
	c->uto = move->uto;
	c->opts = move->opts;
	c->stats = move->stats;
	/* Two lcores read their clocks one after the other. */
	if (c->stats.last_tx > now)
		c->stats.last_tx = now;
	c->path.ttl = c->opts.ttl;
	c->path.tos = c->opts.tos;
	c->path.df = c->opts.pmtud != PLN_PMTUD_OFF;
	pln_conn_size_queues(c);
	pln_conn_sync_mss(c);
	pln_conn_set_timer(c, PLN_TIMER_RTO, move->rto_at);
}

int
pln_move_enter(struct pln_tcp *tcp, const struct pln_move *move)
{
	struct pln_tcp_conn *c = pln_conn_alloc(tcp);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->key = move->key;
	rc = pln_ip_path_open(tcp->ip, move->key.remote, move->key.local, &c->path);
	if (rc == 0)
		rc = pln_conn_bind_flow(c);
	if (rc != 0) {
		pln_conn_free(c);
		return rc;
	}
	restore(c, move);
	pln_conn_set_state(c, PLN_TCP_SYN_SENT, "taken over from another lcore");
	return 0;
}

bool
pln_move_is_away(const struct pln_tcp *tcp, const struct pln_flow_key *key, uint32_t *stack)
{
	uint32_t value;

	if (!pln_flow_table_lookup(&tcp->flows, key, &value) ||
	    (value & (PLN_TIMEWAIT_FLOW | PLN_MOVED_FLOW)) != PLN_MOVED_FLOW)
		return false;
	*stack = value & ~PLN_MOVED_FLOW;
	return true;
}

bool
pln_move_is_here(const struct pln_tcp *tcp, const struct pln_flow_key *key)
{
	uint32_t value, elsewhere;

	return pln_flow_table_lookup(&tcp->flows, key, &value) &&
	       !pln_move_is_away(tcp, key, &elsewhere);
}

bool
pln_move_note(struct pln_tcp *tcp, const struct pln_flow_key *key, uint32_t stack)
{
	return pln_flow_table_insert(&tcp->flows, key, stack | PLN_MOVED_FLOW) == 0;
}

bool
pln_move_forget(struct pln_tcp *tcp, const struct pln_flow_key *key)
{
	uint32_t elsewhere;

	return pln_move_is_away(tcp, key, &elsewhere) && pln_flow_table_remove(&tcp->flows, key);
}
