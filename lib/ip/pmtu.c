/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Path MTUs by destination. RFC 1191 §6.2: every connection to a destination profits from what one of them learned; §6.3: what is
 * older than ten minutes is forgotten, so that a path which carries more again is found out, by sending more. Whether a report is
 * to be believed is decided by those who can tell (RFC 5927 §7.2); nothing here ever raises a value.
 */
#include "ip/pmtu.h"

static struct pln_pmtu_entry *
find(struct pln_pmtu *pmtu, struct pln_be32 dst)
{
	unsigned int i;

	for (i = 0; i < pmtu->count; i++) {
		if (pmtu->entry[i].dst.raw == dst.raw)
			return &pmtu->entry[i];
	}
	return NULL;
}

static struct pln_pmtu_entry *
first_to_expire(struct pln_pmtu *pmtu)
{
	struct pln_pmtu_entry *best = NULL;
	unsigned int i;

	for (i = 0; i < pmtu->count; i++) {
		if (best == NULL || pmtu->entry[i].expires_ns < best->expires_ns)
			best = &pmtu->entry[i];
	}
	return best;
}

static void
on_timer(struct pln_timer *timer, void *room)
{
	struct pln_pmtu *pmtu = room;
	struct pln_pmtu_entry *e;

	while ((e = first_to_expire(pmtu)) != NULL && e->expires_ns <= pmtu->env->now) {
		*e = pmtu->entry[--pmtu->count];
		pmtu->news = true;
	}
	if (e != NULL)
		pln_env_arm(pmtu->env, timer, e->expires_ns);
}

void
pln_pmtu_init(struct pln_pmtu *pmtu, struct pln_env *env)
{
	memset(pmtu, 0, sizeof(*pmtu));
	pmtu->env = env;
	pmtu->lifetime_ns = UINT64_C(10) * 60 * PLN_NS_PER_S;
	pmtu->timer = (struct pln_timer){ .fire = on_timer, .room = pmtu };
}

void
pln_pmtu_fini(struct pln_pmtu *pmtu)
{
	pln_env_cancel(pmtu->env, &pmtu->timer);
}

void
pln_pmtu_learn(struct pln_pmtu *pmtu, struct pln_be32 dst, uint16_t mtu)
{
	struct pln_pmtu_entry *e = find(pmtu, dst);

	if (e != NULL && mtu > e->mtu)
		return;
	if (e == NULL)
		e = pmtu->count < PLN_PMTU_MAX ? &pmtu->entry[pmtu->count++]
		                               : first_to_expire(pmtu);
	*e = (struct pln_pmtu_entry){ dst, mtu, pmtu->env->now + pmtu->lifetime_ns };
	pmtu->news = true;
	pln_env_arm(pmtu->env, &pmtu->timer, first_to_expire(pmtu)->expires_ns);
}

uint16_t
pln_pmtu_get(const struct pln_pmtu *pmtu, struct pln_be32 dst, uint16_t link_mtu)
{
	unsigned int i;

	for (i = 0; i < pmtu->count; i++) {
		const struct pln_pmtu_entry *e = &pmtu->entry[i];

		if (e->dst.raw == dst.raw)
			return e->mtu < link_mtu ? e->mtu : link_mtu;
	}
	return link_mtu;
}

bool
pln_pmtu_take_news(struct pln_pmtu *pmtu)
{
	bool news = pmtu->news;

	pmtu->news = false;
	return news;
}
