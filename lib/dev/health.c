/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each trouble is found when it begins, and a loss again every ten seconds while it goes on. A restart is for a device that asks, and for
 * one that takes no frames although its link is up; it is not tried again for half a minute, since it costs the link's time to come up.
 */
#include "dev/health.h"

#define LOW_PART  16U /* of a pool */
#define WELL_PART 8U

static uint32_t
look_at_link(struct pln_health *health, bool up, uint64_t now)
{
	if (up == health->link_up)
		return 0;
	health->link_up = up;
	if (up) {
		health->down_ns = now - health->down_ns;
		return PLN_HEALTH_LINK_UP;
	}
	health->down_ns = now;
	return PLN_HEALTH_LINK_DOWN;
}

static uint32_t
look_at_stuck(struct pln_health *health, bool stuck, uint64_t now)
{
	bool is_new = stuck && !health->stuck;

	if (is_new)
		health->stuck_ns = now;
	health->stuck = stuck;
	return is_new ? PLN_HEALTH_STUCK : 0;
}

/* A count that has become smaller was begun anew. */
static uint32_t
look_at_loss(struct pln_health_loss *loss, uint64_t seen, uint64_t now, uint32_t finding)
{
	loss->fresh = seen > loss->seen ? seen - loss->seen : 0;
	loss->seen = seen;
	loss->untold += loss->fresh;
	if (loss->untold == 0 || (loss->ever && now - loss->told_ns < PLN_HEALTH_TELL_APART_NS))
		return 0;
	loss->ever = true;
	loss->told_ns = now;
	loss->told = loss->untold;
	loss->untold = 0;
	return finding;
}

static uint32_t
look_at_pool(struct pln_health *health, const struct pln_health_sample *seen)
{
	bool low = seen->free < seen->pool_size / LOW_PART;
	bool is_new = low && !health->low;

	if (low || seen->free >= seen->pool_size / WELL_PART)
		health->low = low;
	return is_new ? PLN_HEALTH_POOL_LOW : 0;
}

static uint32_t
judge_restart(struct pln_health *health, bool asks, uint64_t now)
{
	bool hopeless = health->stuck && health->link_up &&
	                now - health->stuck_ns >= PLN_HEALTH_RESTART_AFTER_NS;
	bool again = health->restarted && now - health->restarted_ns < PLN_HEALTH_RESTART_APART_NS;

	if (!asks && (!hopeless || again))
		return 0;
	health->restarted = true;
	health->restarted_ns = now;
	return PLN_HEALTH_RESTART;
}

uint32_t
pln_health_look(struct pln_health *health, const struct pln_health_sample *seen, uint64_t now)
{
	uint32_t found;

	if (!health->begun) {
		*health = (struct pln_health){ .begun = true,
			                       .link_up = seen->link_up,
			                       .down_ns = now };
		health->missed.seen = seen->missed;
		health->no_mbuf.seen = seen->no_mbuf;
	}
	found = look_at_link(health, seen->link_up, now);
	found |= look_at_stuck(health, seen->stuck, now);
	found |= look_at_loss(&health->missed, seen->missed, now, PLN_HEALTH_MISSED);
	found |= look_at_loss(&health->no_mbuf, seen->no_mbuf, now, PLN_HEALTH_NO_MBUF);
	found |= look_at_pool(health, seen);
	return found | judge_restart(health, seen->asks, now);
}
