/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Busy, adaptive, or by interrupt (docs/guide/idle.md). What to do is relax's choice; here it is done: a processor is given away, a
 * stack dozes on its letter box, or waits for its queues' interrupts as well. A stack without a queue of its own waits for its letter
 * box alone: what it is to receive is handed over by others, and what it sends wakes the one that has the queue.
 */
#include "host/idle.h"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_lcore.h>
#include <rte_pause.h>

#include "stack/stack.h"

const char *
pln_idle_name(enum pln_host_poll poll)
{
	static const char *const names[] = {
		[PLN_HOST_POLL_AUTO] = "auto",
		[PLN_HOST_POLL_BUSY] = "busy",
		[PLN_HOST_POLL_ADAPTIVE] = "adaptive",
		[PLN_HOST_POLL_INTERRUPT] = "interrupt",
	};

	return names[poll];
}

/* ------------------------------------------------------------------------------------------------ deciding */

/* Do the lcores that turn stacks have a processor each? */
static bool
is_crowded(const struct pln_host *host)
{
	rte_cpuset_t all;

	CPU_ZERO(&all);
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		rte_cpuset_t set = rte_lcore_cpuset(host->lcores[i].id);

		CPU_OR(&all, &all, &set);
	}
	return (unsigned int)CPU_COUNT(&all) < host->n_lcores;
}

static void
wake_owner(void *ctx)
{
	struct pln_host_lane *owner = ctx;

	pln_mbox_wake(&owner->stack->mbox);
}

/* Who has a queue is woken when there is something to send for another. */
static void
set_wakes(struct pln_host_port *port)
{
	for (unsigned int i = 0; i < port->host->n_lcores && i < port->dev.n_queues; i++) {
		port->lanes[i].queue.wake = wake_owner;
		port->lanes[i].queue.wake_ctx = &port->lanes[i];
	}
}

static int
open_wait(struct pln_host_lcore *lcore, struct pln_error *error)
{
	struct pln_host *host = lcore->host;
	int rc = pln_mbox_wake_fd(&host->ports[0].lanes[lcore->index].stack->mbox);

	if (rc < 0)
		return pln_error_set(error, rc, "No descriptor to be woken by: %s.", strerror(-rc));
	rc = pln_rxwait_open(&lcore->wait, rc, error);
	for (unsigned int p = 0; p < host->n_ports && rc == 0; p++)
		if (lcore->index < host->ports[p].dev.n_queues)
			rc = pln_rxwait_join(&lcore->wait, &host->ports[p].dev.queues[lcore->index],
			                     error);
	return rc;
}

void
pln_idle_stop(struct pln_host *host)
{
	for (unsigned int i = 0; host->lcores != NULL && i < host->n_lcores; i++)
		pln_rxwait_close(&host->lcores[i].wait);
}

/* Are all devices known to tell of frames, and to do it well? */
static bool
are_known(const struct pln_host *host)
{
	const uint32_t known = PLN_DEVICE_WAKES | PLN_DEVICE_PACKET_RING | PLN_DEVICE_XDP_SOCKET;

	for (unsigned int p = 0; p < host->n_ports; p++)
		if ((host->ports[p].dev.device->flags & known) == 0)
			return false;
	return true;
}

/* Sleeps that a frame ends: asked for, or because all devices do that well. */
static int
try_waits(struct pln_host *host, struct pln_error *error)
{
	bool asked = host->relax.poll == PLN_HOST_POLL_INTERRUPT;
	struct pln_error ignored;
	int rc = 0;

	if (!asked && (host->relax.poll != PLN_HOST_POLL_ADAPTIVE || !are_known(host)))
		return 0;
	for (unsigned int i = 0; i < host->n_lcores && rc == 0; i++)
		rc = open_wait(&host->lcores[i], asked ? error : &ignored);
	host->relax.woken = rc == 0;
	if (rc != 0)
		pln_idle_stop(host);
	return asked ? rc : 0;
}

int
pln_idle_start(struct pln_host *host, struct pln_error *error)
{
	host->relax.shares_cpu = host->shares_cpu;
	host->relax.crowded = is_crowded(host);
	host->relax.poll = host->config.poll;
	if (host->relax.poll == PLN_HOST_POLL_AUTO)
		host->relax.poll = host->shares_cpu ? PLN_HOST_POLL_ADAPTIVE : PLN_HOST_POLL_BUSY;
	for (unsigned int p = 0; p < host->n_ports; p++)
		set_wakes(&host->ports[p]);
	return try_waits(host, error);
}

void
pln_idle_leave(struct pln_host_port *port)
{
	for (unsigned int i = 0; i < port->host->n_lcores; i++)
		pln_rxwait_leave(&port->host->lcores[i].wait, &port->dev);
}

void
pln_idle_again(struct pln_host_port *port)
{
	for (unsigned int i = 0; i < port->host->n_lcores; i++)
		pln_rxwait_rejoin(&port->host->lcores[i].wait, &port->dev);
}

/* ------------------------------------------------------------------------------------------------ sleeping */

/* Which lcore turns this stack? Its number in its group, 0 where it is alone. */
static struct pln_host_lcore *
lcore_of(struct pln_host *host, const struct pln_stack *stack)
{
	return stack != NULL ? &host->lcores[stack->home.self] : NULL;
}

/* The kernel adds 50 us to a thread's sleeps unless told otherwise; the thread alone can tell it. */
static void
be_prompt(struct pln_host_lcore *lcore)
{
	if (!lcore->prompt)
		(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	lcore->prompt = true;
}

static unsigned int
poll_all(const struct pln_host_lcore *lcore)
{
	const struct pln_host *host = lcore->host;
	unsigned int work = 0;

	for (unsigned int p = 0; p < host->n_ports; p++)
		work += pln_stack_poll(host->ports[p].lanes[lcore->index].stack,
		                       pln_host_now(host));
	return work;
}

/* What arrived before the interrupts were on wakes nobody, so there is one more look. */
static bool
wait_for_frames(struct pln_host_lcore *lcore, struct pln_stack *stack, uint64_t ns)
{
	bool frames = false;

	pln_mbox_lie_down(&stack->mbox);
	pln_rxwait_arm(&lcore->wait);
	if (poll_all(lcore) == 0)
		frames = pln_rxwait_sleep(&lcore->wait, ns);
	pln_rxwait_disarm(&lcore->wait);
	pln_mbox_get_up(&stack->mbox);
	return frames;
}

/* A driver may see a frame a little after its descriptor has told of it (net_tap hears by a signal): who was roused by a frame looks
 * for it for some turns, as if the last one had been busy. */
static unsigned int
idle_since_roused(struct pln_host_lcore *lcore, unsigned int idle_turns)
{
	if (lcore == NULL)
		return idle_turns;
	if (idle_turns <= lcore->roused)
		lcore->roused = 0;
	return idle_turns - lcore->roused;
}

void
pln_host_relax(struct pln_host *host, struct pln_stack *stack, unsigned int idle_turns)
{
	uint64_t next = stack != NULL ? pln_stack_next_of_all(stack) : PLN_NEVER;
	struct pln_host_lcore *lcore = lcore_of(host, stack);
	struct pln_relax_step step = pln_relax_choose(
		&host->relax, idle_since_roused(lcore, idle_turns), pln_host_now(host), next);
	struct timespec length = { .tv_nsec = (long)step.sleep_ns };

	if (step.what == PLN_RELAX_PAUSE)
		rte_pause();
	if (step.what == PLN_RELAX_YIELD)
		sched_yield();
	if (step.what != PLN_RELAX_SLEEP)
		return;
	if (lcore == NULL) {
		nanosleep(&length, NULL);
		return;
	}
	be_prompt(lcore);
	if (!lcore->wait.open)
		pln_stack_doze(stack, step.sleep_ns);
	else if (wait_for_frames(lcore, stack, step.sleep_ns))
		lcore->roused = idle_turns;
}
