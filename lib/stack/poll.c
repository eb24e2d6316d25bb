/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One turn, and nothing else: the clock is read into env.now, a burst is received, timers run, what the
 * IP layer learned is told to those it concerns; events are taken; what is owed is sent. Here alone
 * env.now is written. The model stands in <pollen/stack.h>.
 */
#include <rte_common.h>

#include "icmp/icmp_error.h"
#include "stack/group.h"
#include "stack/rx.h"
#include "stack/stack.h"

static void
set_time(struct pln_stack *stack, uint64_t now)
{
	if (now > stack->env.now)
		stack->env.now = now;
}

static unsigned int
run_timers(struct pln_stack *stack)
{
	struct pln_wheel_node *node;
	struct pln_timer *timer;
	unsigned int count = 0;

	while ((node = pln_wheel_expire(&stack->env.wheel, stack->env.now)) != NULL) {
		timer = PLN_CONTAINER_OF(node, struct pln_timer, node);
		timer->fire(timer, timer->room);
		count++;
	}
	return count;
}

/* Next hops that did not answer: the siblings above ip/ hear of it here, since ip/ knows neither. */
static void
tell_failed_neighbours(struct pln_stack *stack)
{
	struct pln_be32 addr;

	while (pln_neigh_take_failed(&stack->ip.neighs, &addr)) {
		pln_tcp_neigh_failed(&stack->tcp, addr);
		pln_udp_neigh_failed(&stack->udp, addr);
		pln_icmp_neigh_failed(&stack->icmp, addr);
	}
}

/* RFC 5227 §2.4: an address is given up. Resets leave from it first: nothing else may. */
static void
tell_lost_addrs(struct pln_stack *stack)
{
	struct pln_be32 addr;

	while (pln_ip_find_parting(&stack->ip, &addr)) {
		pln_tcp_addr_lost(&stack->tcp, addr);
		pln_udp_addr_lost(&stack->udp, addr);
		pln_group_tell_addr_lost(stack, addr);
		pln_ip_part(&stack->ip, addr);
	}
}

/* What one connection learned of a path concerns all on it, and what is forgotten too: they may try more (RFC 1191 §6.2-6.3). */
static void
tell_path_mtus(struct pln_stack *stack)
{
	if (!pln_pmtu_take_news(&stack->ip.pmtu))
		return;
	stack->ip.generation++;
	pln_tcp_mtu_changed(&stack->tcp);
}

/* RFC 1122 §3.3.2: a datagram that was never whole is reported, if its first fragment came. */
static void
tell_expired_fragments(struct pln_stack *stack)
{
	const struct pln_icmp_report too_late = { .type = PLN_ICMP_TIME_EXCEEDED,
		                                  .code = PLN_ICMP_CODE_REASSEMBLY };
	struct pln_pkt *pkt;

	while ((pkt = pln_ip_reasm_take_expired(&stack->ip.reasm)) != NULL) {
		pln_icmp_error_send(&stack->icmp, pkt, &too_late);
		pln_mbuf_free_pkt(pkt);
	}
}

/* What other threads ask for, and what other stacks hand over. */
static unsigned int
hear_others(struct pln_stack *stack)
{
	unsigned int work = pln_mbox_run(&stack->mbox, stack, &stack->env.counters);

	return stack->group != NULL ? work + pln_rx_handed(stack) : work;
}

static bool
owes_frames(const struct pln_stack *stack)
{
	return stack->txq.count > 0 || pln_tcp_busy(&stack->tcp);
}

/* Frames handed to the link, those included that left because the queue was full on the way. */
static unsigned int
send_owed(struct pln_stack *stack)
{
	uint64_t before = stack->env.counters.value[PLN_TX_FRAMES];

	pln_tcp_flush(&stack->tcp);
	pln_stages_mark(&stack->stages, PLN_STAGE_OUTPUT);
	pln_txq_flush(&stack->txq);
	pln_stages_mark(&stack->stages, PLN_STAGE_TX);
	return (unsigned int)(stack->env.counters.value[PLN_TX_FRAMES] - before);
}

void
pln_stack_set_time(struct pln_stack *stack, uint64_t now)
{
	set_time(stack, now);
}

unsigned int
pln_stack_poll(struct pln_stack *stack, uint64_t now)
{
	unsigned int work;

	set_time(stack, now);
	pln_stages_begin(&stack->stages);
	if (owes_frames(stack)) /* the caller did not flush, or the link refused */
		send_owed(stack);
	work = pln_rx_burst(stack);
	work += hear_others(stack);
	work += pln_share_turn(stack);
	work += run_timers(stack);
	tell_failed_neighbours(stack);
	tell_lost_addrs(stack);
	tell_path_mtus(stack);
	tell_expired_fragments(stack);
	pln_stages_mark(&stack->stages, PLN_STAGE_TIMERS);
	stack->stages.worked = work > 0;
	return work;
}

unsigned int
pln_stack_events(struct pln_stack *stack, struct pln_event *events, unsigned int max)
{
	unsigned int n = 0;

	stack->udp_first = !stack->udp_first;
	if (stack->udp_first)
		n = pln_udp_take_events(&stack->udp, events, max);
	n += pln_tcp_take_events(&stack->tcp, events + n, max - n);
	return n + pln_udp_take_events(&stack->udp, events + n, max - n);
}

unsigned int
pln_stack_flush(struct pln_stack *stack, uint64_t now)
{
	unsigned int sent;

	set_time(stack, now);
	pln_stages_mark(&stack->stages, PLN_STAGE_APP);
	sent = send_owed(stack);
	pln_stages_end(&stack->stages, &stack->env.counters, sent);
	return sent;
}

unsigned int
pln_stack_run(struct pln_stack *stack, uint64_t now)
{
	unsigned int total = 0, work;

	do {
		work = pln_stack_poll(stack, now);
		work += pln_stack_flush(stack, now);
		total += work;
	} while (work > 0);
	return total;
}

/* On the lcore of this stack, for it or for another that is turned there. What the kernel wants sent is taken on the way. */
static bool
has_mail(struct pln_stack *stack)
{
	struct pln_stack *s = stack;

	do {
		if (pln_mbox_waits(&s->mbox) || pln_group_waits(s) || pln_share_turn(s) > 0)
			return true;
		s = s->neighbour;
	} while (s != NULL && s != stack);
	return false;
}

void
pln_stack_doze(struct pln_stack *stack, uint64_t ns)
{
	pln_mbox_lie_down(&stack->mbox);
	pln_mbox_sleep(&stack->mbox, has_mail(stack) ? 0 : ns);
}

void
pln_stack_share_lcore(struct pln_stack *stack, struct pln_stack *with)
{
	stack->neighbour = with->neighbour != NULL ? with->neighbour : with;
	with->neighbour = stack;
	pln_mbox_share_waker(&stack->mbox, &with->mbox);
}

uint64_t
pln_stack_next_of_all(const struct pln_stack *stack)
{
	const struct pln_stack *s = stack;
	uint64_t next = PLN_NEVER;

	do {
		next = RTE_MIN(next, pln_stack_next(s));
		s = s->neighbour;
	} while (s != NULL && s != stack);
	return next;
}

uint64_t
pln_stack_next(const struct pln_stack *stack)
{
	uint64_t timer = pln_wheel_next(&stack->env.wheel), again;

	if (!owes_frames(stack))
		return timer;
	if (!pln_txq_refused(&stack->txq))
		return stack->env.now;
	again = stack->env.now + PLN_TXQ_RETRY_NS;
	return timer < again ? timer : again;
}
