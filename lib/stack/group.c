/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings between the stacks of a group, and what goes over them: packets whose headers have been read; what was read travels in the
 * private area of their buffers. The reader takes from each writer in turn, so that none starves.
 */
#include "stack/group.h"

#include <rte_mbuf.h>

#include "base/numa.h"
#include "dev/mbuf.h"
#include "dev/ring.h"
#include "stack/dispatch.h"
#include "stack/prove.h"

/* From stack `from` to stack `to`. */
static struct rte_ring **
ring_at(const struct pln_group *group, unsigned int from, unsigned int to)
{
	return &group->rings[from * group->count + to];
}

static size_t
table_size(const struct pln_group *group)
{
	return (size_t)group->count * group->count * sizeof(struct rte_ring *);
}

static int
make_rings(struct pln_group *group)
{
	unsigned int from, to;

	for (from = 0; from < group->count; from++) {
		for (to = 0; to < group->count; to++) {
			if (from == to)
				continue;
			*ring_at(group, from, to) = pln_ring_create(PLN_GROUP_RING, sizeof(void *),
			                                            RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (*ring_at(group, from, to) == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

int
pln_group_create(unsigned int count, const struct pln_siphash_key *secret,
                 const struct pln_steer *steer, struct pln_group **out)
{
	struct pln_group *group;
	int ret;

	if (count < 2 || count > PLN_GROUP_MAX)
		return -EINVAL;
	group = pln_numa_alloc(sizeof(*group));
	if (group == NULL)
		return -ENOMEM;
	group->count = count;
	group->secret = *secret;
	group->steer = steer;
	group->rings = pln_numa_alloc(table_size(group));
	ret = group->rings != NULL ? make_rings(group) : -ENOMEM;
	if (ret != 0) {
		pln_group_destroy(group);
		return ret;
	}
	*out = group;
	return 0;
}

void
pln_group_destroy(struct pln_group *group)
{
	unsigned int i;

	if (group == NULL)
		return;
	for (i = 0; i < group->count; i++)
		if (group->stacks[i] != NULL)
			group->stacks[i]->group = NULL;
	for (i = 0; group->rings != NULL && i < group->count * group->count; i++)
		pln_ring_free_frames(group->rings[i]);
	pln_numa_free(group->rings, table_size(group));
	pln_numa_free(group, sizeof(*group));
}

/* On the control stack: another one waits for this neighbour. An answer a moment ago was told to all, so it is asked now or has been. */
static void
ask_for_other(struct pln_stack *control, void *ctx)
{
	const struct pln_be32 *target = ctx;
	struct pln_neigh *n = pln_neigh_get(&control->ip.neighs, *target);

	if (n != NULL)
		pln_neigh_probe(&control->ip.neighs, n);
}

/* What does not fit is asked again a second later: neighbours are retried. */
static void
ask_control(void *ctx, struct pln_be32 target)
{
	struct pln_group *group = ctx;

	pln_mbox_post_bytes(&group->stacks[PLN_HOME_CONTROL]->mbox, ask_for_other, &target,
	                    sizeof(target));
}

int
pln_group_join(struct pln_group *group, unsigned int index, struct pln_stack *stack)
{
	int ret = pln_adopt_init(&stack->adopt, stack->tcp.flows.capacity);

	if (ret != 0)
		return ret;
	pln_home_init(&stack->home, &group->secret, group->steer, group->count, index);
	stack->tcp.home = stack->home;
	pln_fo_cookie_keys_init(&stack->tcp.fo_keys,
	                        &group->secret); /* a client comes to one, then to another */
	pln_sport_share(&stack->tcp.sport, &stack->home, true);
	pln_sport_share(&stack->udp.sport, &stack->home, false);
	if (index != PLN_HOME_CONTROL)
		stack->ip.asker = (struct pln_ip_asker){ ask_control, group };
	stack->group = group;
	group->stacks[index] = stack;
	return 0;
}

bool
pln_group_send(struct pln_stack *stack, struct rte_mbuf *m, uint32_t to)
{
	struct rte_ring *ring = *ring_at(stack->group, stack->home.self, to);

	pln_mbuf_pkt(m)->lcore = (uint8_t)stack->home.self;
	if (rte_ring_sp_enqueue(ring, m) != 0)
		return false;
	/* One that falls asleep this moment may be missed: it sleeps for a millisecond at most, and a fence for each packet would cost more. */
	pln_mbox_wake(&stack->group->stacks[to]->mbox);
	return true;
}

void
pln_group_hand(struct pln_stack *stack, struct rte_mbuf *m, uint32_t to)
{
	if (pln_group_send(stack, m, to)) {
		pln_counters_inc(&stack->env.counters, PLN_GROUP_HANDED);
		return;
	}
	pln_counters_inc(&stack->env.counters, PLN_GROUP_FULL);
	rte_pktmbuf_free(m);
}

/* Segments of TCP, handed over: of so many, one in TOLERATED received is too much. */
#define WATCHED   256U
#define TOLERATED 4U

static void
watch(struct pln_stack *stack)
{
	const struct pln_steer *steer = stack->home.steer;
	struct pln_group_watch *w = &stack->watch;
	uint64_t frames = stack->env.counters.value[PLN_RX_FRAMES];

	if (steer == NULL || (steer->mode != PLN_STEER_RSS && steer->mode != PLN_STEER_RULES) ||
	    ++w->count < WATCHED)
		return;
	if (frames - w->frames < (uint64_t)TOLERATED * WATCHED)
		__atomic_store_n(&stack->group->astray, stack->home.self + 1, __ATOMIC_RELAXED);
	*w = (struct pln_group_watch){ .frames = frames };
}

bool
pln_group_is_astray(struct pln_group *group, uint32_t *stack)
{
	uint32_t astray = __atomic_load_n(&group->astray, __ATOMIC_RELAXED);

	if (astray == 0)
		return false;
	__atomic_store_n(&group->astray, 0, __ATOMIC_RELAXED);
	*stack = astray - 1;
	return true;
}

static bool
has_flow(const struct pln_pkt *pkt)
{
	return pkt->eth_type == PLN_ETH_TYPE_IP4 && pkt->ip.proto == PLN_IP4_PROTO_TCP &&
	       !pkt->ip.mf && pkt->ip.frag_off == 0;
}

bool
pln_group_hand_over(struct pln_stack *stack, struct rte_mbuf *m)
{
	const struct pln_pkt *pkt = pln_mbuf_pkt(m);
	struct pln_group *group = stack->group;
	uint32_t to;

	if (group == NULL)
		return false;
	if (group->prove != NULL && pln_prove_saw(group->prove, stack->home.self, pkt)) {
		pln_counters_inc(&stack->env.counters, PLN_STEER_ANSWERED);
		rte_pktmbuf_free(m);
		return true;
	}
	to = pln_dispatch(stack, pkt);
	if (to == stack->home.self)
		return false;
	if (has_flow(pkt)) {
		pln_counters_inc(&stack->env.counters, PLN_GROUP_HANDED_TCP);
		watch(stack);
	}
	pln_group_hand(stack, m, to);
	return true;
}

unsigned int
pln_group_take(struct pln_stack *stack, struct rte_mbuf **m, unsigned int max)
{
	const struct pln_group *group = stack->group;
	unsigned int i, from, count = 0;

	PLN_ASSERT(group->count > 0);
	for (i = 1; i <= group->count && count < max; i++) {
		from = (stack->group_turn + i) % group->count;
		if (from == stack->home.self)
			continue;
		count += rte_ring_sc_dequeue_burst(*ring_at(group, from, stack->home.self),
		                                   (void **)(m + count), max - count, NULL);
	}
	stack->group_turn = (stack->group_turn + 1) % group->count;
	return count;
}

bool
pln_group_waits(const struct pln_stack *stack)
{
	const struct pln_group *group = stack->group;
	unsigned int from;

	for (from = 0; group != NULL && from < group->count; from++) {
		if (from != stack->home.self &&
		    !rte_ring_empty(*ring_at(group, from, stack->home.self)))
			return true;
	}
	return false;
}

/* A copy in one buffer of this stack's, with what was read of it. */
static struct rte_mbuf *
copy_packet(const struct pln_stack *stack, struct pln_pkt *pkt)
{
	struct rte_mbuf *m = pln_mbuf_alloc(stack->mempool);
	struct pln_pkt *copy;

	if (m == NULL)
		return NULL;
	if (!pln_mbuf_put_pkt(m, pkt, 0)) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	copy = pln_mbuf_pkt(m);
	*copy = *pkt;
	copy->next = NULL;
	copy->data = rte_pktmbuf_mtod(m, uint8_t *);
	return m;
}

void
pln_group_tell_others(struct pln_stack *stack, struct pln_pkt *pkt)
{
	uint32_t to, count = stack->group != NULL ? stack->group->count : 0;
	struct rte_mbuf *m;

	for (to = 0; to < count; to++) {
		if (to == stack->home.self)
			continue;
		m = copy_packet(stack, pkt);
		if (m != NULL)
			pln_group_hand(stack, m, to);
		else
			pln_counters_inc(&stack->env.counters, PLN_RX_DROP_NO_MBUF);
	}
}

static void
lose_addr(struct pln_stack *stack, void *ctx)
{
	const struct pln_be32 *addr = ctx;
	struct pln_ip_addr *a = pln_ip_addr_find(&stack->ip, *addr);

	if (a != NULL)
		pln_acd_lose(&a->acd, &stack->ip);
}

void
pln_group_tell_addr_lost(struct pln_stack *stack, struct pln_be32 addr)
{
	unsigned int to, count = stack->group != NULL ? stack->group->count : 0;

	for (to = 0; to < count && stack->home.self == PLN_HOME_CONTROL; to++)
		if (to != stack->home.self)
			pln_mbox_post_bytes(&stack->group->stacks[to]->mbox, lose_addr, &addr,
			                    sizeof(addr));
}
