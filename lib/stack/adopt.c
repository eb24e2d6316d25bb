/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parcel is a buffer with a connection's record in it, and behind it, as the next buffer of a chain, the SYN,ACK: whatever becomes of
 * the parcel, both go together. It travels to the other stack and comes back as its own answer. Of a connection that a peer opens there is
 * no record yet: its SYN travels alone, from where it arrived to the home and back.
 */
#include "stack/adopt.h"

#include <rte_mbuf.h>

#include "dev/mbuf.h"
#include "stack/dispatch.h"
#include "stack/group.h"
#include "stack/rx.h"
#include "tcp/move.h"

/* Instead of an Ethernet type, which is never so low. */
#define PARCEL  0U
#define NEWBORN 1U /* a SYN: its flow is to live where it arrived */

#define SWEEP      4U /* connections looked at in a turn */
#define AWAY_SHARE 4U /* of so many flows that a stack may know, one may be born elsewhere */

enum verdict {
	OFFERED,
	TAKEN,
	REFUSED
};

struct parcel {
	uint32_t home;
	enum verdict verdict;
	struct pln_move move;
};

int
pln_adopt_init(struct pln_adopt *adopt, uint32_t max)
{
	*adopt = (struct pln_adopt){ 0 };
	return pln_pool_init(&adopt->recs, sizeof(struct pln_adopt_rec), max);
}

void
pln_adopt_fini(struct pln_adopt *adopt)
{
	pln_mbuf_free_pkts(&adopt->answers);
	if (adopt->recs.capacity > 0)
		pln_pool_fini(&adopt->recs);
}

/* ------------------------------------------------------------------------------------------------ parcels */

static struct parcel *
open_parcel(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct parcel *);
}

/* The SYN,ACK behind it; then it stands for itself. */
static struct rte_mbuf *
unpack(struct rte_mbuf *m)
{
	struct rte_mbuf *syn_ack = m->next;

	m->next = NULL;
	m->nb_segs = 1;
	return syn_ack;
}

static struct rte_mbuf *
make_parcel(const struct pln_stack *stack, const struct pln_tcp_conn *c)
{
	struct rte_mbuf *m = pln_mbuf_alloc(stack->mempool);
	struct parcel *parcel;

	if (m == NULL)
		return NULL;
	parcel = (struct parcel *)(void *)rte_pktmbuf_append(m, sizeof(*parcel));
	if (parcel == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	parcel->home = stack->home.self;
	parcel->verdict = OFFERED;
	pln_move_pack(c, &parcel->move);
	pln_mbuf_pkt(m)->eth_type = PARCEL;
	return m;
}

/* To whom an answer goes. */
static uint32_t
home_of(const struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	struct pln_flow_key flow = { 0 };

	if (pkt->eth_type == PARCEL)
		return open_parcel(m)->home;
	pkt->eth_type = PLN_ETH_TYPE_IP4;
	(void)pln_dispatch_flow(pkt, &flow);
	pkt->eth_type = NEWBORN;
	return pln_home_of_flow(&stack->home, &flow);
}

/* ------------------------------------------------------------------------------------------------ at home */

/* Where packets are dealt out by ourselves, where one arrives says nothing. */
static bool
arrivals_matter(const struct pln_stack *stack)
{
	return stack->home.steer == NULL || stack->home.steer->mode != PLN_STEER_SOFTWARE;
}

/* True: the SYN,ACK, and the connection that it opens, have gone to the stack where it arrived. */
static bool
offer(struct pln_stack *stack, struct rte_mbuf *syn_ack)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(syn_ack);
	uint32_t to = pkt->lcore;
	struct pln_tcp_conn *c;
	struct rte_mbuf *m;

	if (!arrivals_matter(stack) || syn_ack->nb_segs > 1)
		return false;
	c = pln_move_find(&stack->tcp, pkt);
	m = c != NULL ? make_parcel(stack, c) : NULL;
	if (m == NULL)
		return false;
	m->next = syn_ack;
	m->nb_segs = 2;
	if (!pln_group_send(stack, m, to)) {
		unpack(m);
		rte_pktmbuf_free(m);
		return false;
	}
	pln_move_leave(c, to);
	stack->adopt.away++;
	return true;
}

/* Where the peer keeps a flow on its queue. A device of which nothing is known may put all on one. */
static bool
keeps_queues(const struct pln_stack *stack)
{
	const struct pln_steer *steer = stack->home.steer;

	return steer != NULL && steer->mode == PLN_STEER_PAIRED;
}

static bool
is_first_syn(const struct pln_pkt *pkt)
{
	struct pln_seg seg;

	return pkt->ip.proto == PLN_IP4_PROTO_TCP &&
	       pln_tcp_hdr_parse(pkt->data, pkt->len, &seg) == PLN_ACCEPT &&
	       (seg.flags & (PLN_TCP_SYN | PLN_TCP_ACK | PLN_TCP_RST | PLN_TCP_FIN)) == PLN_TCP_SYN;
}

/* True: the SYN has gone back to the stack where it arrived, and the home knows that its flow lives there. */
static bool
bear(struct pln_stack *stack, struct rte_mbuf *m, const struct pln_flow_key *flow)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	uint32_t to = pkt->lcore;

	if (!keeps_queues(stack) || !is_first_syn(pkt) ||
	    pln_home_of_flow(&stack->home, flow) != stack->home.self ||
	    stack->adopt.away >= stack->adopt.recs.capacity / AWAY_SHARE ||
	    !pln_move_note(&stack->tcp, flow, to))
		return false;
	pkt->eth_type = NEWBORN;
	if (pln_group_send(stack, m, to)) {
		stack->adopt.away++;
		return true;
	}
	pkt->eth_type = PLN_ETH_TYPE_IP4;
	(void)pln_move_forget(&stack->tcp, flow);
	return false;
}

/* There was no room for it where it arrived. */
static void
hear_unborn(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_pkt *pkt = pln_mbuf_pkt(m);
	struct pln_flow_key flow = { 0 };

	pkt->eth_type = PLN_ETH_TYPE_IP4;
	(void)pln_dispatch_flow(pkt, &flow);
	stack->adopt.away -= pln_move_forget(&stack->tcp, &flow);
	pln_rx_deal(stack, m);
}

/* The answer to an offer. */
static void
hear_answer(struct pln_stack *stack, struct rte_mbuf *m)
{
	const struct parcel *parcel = open_parcel(m);
	struct rte_mbuf *syn_ack = unpack(m);

	if (parcel->verdict == TAKEN) {
		pln_counters_inc(&stack->env.counters, PLN_ADOPT_GIVEN);
		pln_move_done(&stack->tcp, parcel->move.handle);
	} else {
		pln_counters_inc(&stack->env.counters, PLN_ADOPT_REFUSED);
		stack->adopt.away--;
		pln_move_return(&stack->tcp, parcel->move.handle);
		pln_rx_deal(stack, syn_ack);
	}
	rte_pktmbuf_free(m);
}

/* The other stack says that a connection is over. */
static void
hear_gone(struct pln_stack *stack, void *ctx)
{
	const struct pln_flow_key *key = ctx;

	stack->adopt.away -= pln_move_forget(&stack->tcp, key);
}

/* ------------------------------------------------------------------------------------------------ where it lives */

static void
append(struct pln_adopt *adopt, struct pln_adopt_rec *rec)
{
	rec->next = NULL;
	if (adopt->tail != NULL)
		adopt->tail->next = rec;
	else
		adopt->head = rec;
	adopt->tail = rec;
	adopt->count++;
}

static bool
adopt(struct pln_stack *stack, const struct parcel *parcel)
{
	struct pln_adopt_rec *rec = pln_pool_alloc(&stack->adopt.recs);

	if (rec == NULL)
		return false;
	if (pln_move_enter(&stack->tcp, &parcel->move) != 0) {
		pln_pool_free(&stack->adopt.recs, rec);
		return false;
	}
	rec->key = parcel->move.key;
	rec->home = parcel->home;
	append(&stack->adopt, rec);
	return true;
}

static void
answer(struct pln_stack *stack, struct rte_mbuf *m)
{
	if (stack->adopt.answers.count > 0 || !pln_group_send(stack, m, home_of(stack, m)))
		pln_pktq_push(&stack->adopt.answers, pln_mbuf_pkt(m));
}

static void
hear_offer(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct parcel *parcel = open_parcel(m);
	struct rte_mbuf *syn_ack = NULL;

	if (adopt(stack, parcel)) {
		pln_counters_inc(&stack->env.counters, PLN_ADOPT_TAKEN);
		parcel->verdict = TAKEN;
		syn_ack = unpack(m);
	} else {
		parcel->verdict = REFUSED;
	}
	answer(stack, m);
	if (syn_ack != NULL)
		pln_rx_deal(stack, syn_ack);
}

static void
hear_newborn(struct pln_stack *stack, struct rte_mbuf *m)
{
	struct pln_adopt_rec *rec = pln_pool_alloc(&stack->adopt.recs);
	struct pln_pkt *pkt = pln_mbuf_pkt(m);

	if (rec == NULL) {
		answer(stack, m);
		return;
	}
	rec->home = home_of(stack, m);
	pkt->eth_type = PLN_ETH_TYPE_IP4;
	(void)pln_dispatch_flow(pkt, &rec->key);
	append(&stack->adopt, rec);
	pln_counters_inc(&stack->env.counters, PLN_ADOPT_BORN);
	pln_rx_deal(stack, m);
}

/* ------------------------------------------------------------------------------------------------ both */

bool
pln_adopt_open(struct pln_stack *stack, struct rte_mbuf *m)
{
	if (pln_mbuf_pkt(m)->eth_type > NEWBORN)
		return false;
	if (pln_mbuf_pkt(m)->eth_type == NEWBORN && home_of(stack, m) == stack->home.self)
		hear_unborn(stack, m);
	else if (pln_mbuf_pkt(m)->eth_type == NEWBORN)
		hear_newborn(stack, m);
	else if (open_parcel(m)->verdict == OFFERED)
		hear_offer(stack, m);
	else
		hear_answer(stack, m);
	return true;
}

bool
pln_adopt_pass_on(struct pln_stack *stack, struct rte_mbuf *m)
{
	const struct pln_pkt *pkt = pln_mbuf_pkt(m);
	struct pln_flow_key flow;
	uint32_t to;

	if (!arrivals_matter(stack) || !pln_dispatch_flow(pkt, &flow))
		return false;
	if (stack->adopt.away > 0 && pln_move_is_away(&stack->tcp, &flow, &to)) {
		pln_group_hand(stack, m, to);
		return true;
	}
	if (pkt->ip.proto != PLN_IP4_PROTO_TCP)
		return false;
	if (offer(stack, m) || bear(stack, m, &flow))
		return true;
	if (pln_home_of_flow(&stack->home, &flow) == stack->home.self ||
	    pln_move_is_here(&stack->tcp, &flow))
		return false;
	/* It was sent on for a connection that is over, or was refused: its home, which hears of it, will answer. */
	pln_counters_inc(&stack->env.counters, PLN_ADOPT_LATE);
	rte_pktmbuf_free(m);
	return true;
}

static void
send_answers(struct pln_stack *stack)
{
	struct pln_pktq *answers = &stack->adopt.answers;
	struct pln_pkt *pkt;
	struct rte_mbuf *m;

	while ((pkt = pln_pktq_pop(answers)) != NULL) {
		m = pln_mbuf_of_pkt(pkt);
		if (!pln_group_send(stack, m, home_of(stack, m))) {
			pln_pktq_push(answers, pkt);
			return;
		}
	}
}

/* One that is over is forgotten when its home has been told; until then it is looked at again. */
static void
look_at_first(struct pln_stack *stack)
{
	struct pln_adopt *adopt = &stack->adopt;
	struct pln_adopt_rec *rec = adopt->head;

	adopt->head = rec->next;
	adopt->tail = adopt->head != NULL ? adopt->tail : NULL;
	adopt->count--;
	if (pln_move_is_here(&stack->tcp, &rec->key) ||
	    pln_mbox_post_bytes(&stack->group->stacks[rec->home]->mbox, hear_gone, &rec->key,
	                        sizeof(rec->key)) != 0)
		append(adopt, rec);
	else
		pln_pool_free(&adopt->recs, rec);
}

void
pln_adopt_turn(struct pln_stack *stack)
{
	uint32_t count = stack->adopt.count < SWEEP ? stack->adopt.count : SWEEP;

	send_answers(stack);
	while (count-- > 0)
		look_at_first(stack);
}
