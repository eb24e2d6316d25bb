/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 6056 §3.3.4, algorithm 4, and §3.3.5's increments:
 *
 *   offset = F(local_IP, remote_IP, remote_port, secret_key1)
 *   index = G(local_IP, remote_IP, remote_port, secret_key2)
 *   port = min_ephemeral + (offset + table[index]) % num_ephemeral; table[index] += random() % N + 1
 *
 * repeated, with the next port, until one is suitable. Which one is, the caller decides: it knows the flows that are alive, the
 * listeners and what waits in TIME-WAIT. F and G are halves of one keyed hash; the random numbers come from the same key, because a
 * step that could be computed would be as good as the port.
 *
 * With several lcores the candidates are either the whole range, of which those are offered whose flow is at home here, or every n-th
 * port. Which of both, the search decides, not the lcore: so all lcores cut a destination's range in the same way.
 */
#include "flow/sport.h"

static uint32_t
draw(struct pln_sport *sport, uint32_t bound)
{
	uint64_t n = sport->draws++;

	return (uint32_t)(pln_siphash(&sport->secret, &n, sizeof(n)) % bound);
}

void
pln_sport_init(struct pln_sport *sport, const struct pln_siphash_key *secret, uint16_t min,
               uint16_t max)
{
	*sport = (struct pln_sport){ .secret = pln_siphash_derive(secret, "sport") };
	pln_sport_range(sport, min, max);
}

void
pln_sport_range(struct pln_sport *sport, uint16_t min, uint16_t max)
{
	PLN_ASSERT(min > 0 && min <= max);
	sport->min = min;
	sport->count = (uint32_t)max - min + 1;
	for (size_t i = 0; i < PLN_ARRAY_LEN(sport->table); i++)
		sport->table[i] = draw(sport, sport->count);
}

void
pln_sport_share(struct pln_sport *sport, const struct pln_home *home, bool by_flow)
{
	sport->home = home;
	sport->by_flow = by_flow;
}

/* The ports from sport->min on that pln_home_of_port() gives to us. */
static void
take_lane(struct pln_sport_iter *iter)
{
	const struct pln_sport *sport = iter->sport;
	uint32_t lanes = sport->home->count;
	uint32_t skip = (sport->home->self + lanes - sport->min % lanes) % lanes;

	iter->first = sport->min + skip;
	iter->stride = lanes;
	iter->count = sport->count > skip ? (sport->count - skip - 1) / lanes + 1 : 0;
}

/* Rules look at our port from PLN_STEER_OURS up, which is where the choice is; below it all lead one way. */
static void
put_ours_first(struct pln_sport_iter *iter)
{
	const struct pln_sport *sport = iter->sport;
	uint32_t below = sport->min < PLN_STEER_OURS ? PLN_STEER_OURS - sport->min : 0;

	if (below == 0 || below >= sport->count)
		return;
	iter->rest = below;
	iter->first = PLN_STEER_OURS;
	iter->count = sport->count - below;
}

static void
share(struct pln_sport_iter *iter, const struct pln_flow_key *key)
{
	const struct pln_sport *sport = iter->sport;

	iter->picks = sport->by_flow && key->remote_port != 0;
	if (!iter->picks) {
		take_lane(iter);
		return;
	}
	pln_home_aim(sport->home, key, &iter->aim);
	if (iter->aim.by_device && iter->aim.device.by == PLN_STEER_BY_RULE)
		put_ours_first(iter);
}

void
pln_sport_begin(struct pln_sport_iter *iter, struct pln_sport *sport,
                const struct pln_flow_key *key)
{
	struct pln_flow_key f = *key;
	uint64_t hash;

	*iter = (struct pln_sport_iter){
		.sport = sport, .count = sport->count, .first = sport->min, .stride = 1
	};
	if (sport->home != NULL && !pln_home_is_alone(sport->home))
		share(iter, key);
	f.local_port = 0;
	hash = pln_siphash(&sport->secret, &f, sizeof(f));
	iter->counter = &sport->table[(hash >> 32) % PLN_SPORT_TABLE];
	if (iter->count > 0)
		iter->start = (uint32_t)(((hash & UINT32_MAX) + *iter->counter) % iter->count);
}

/* The next candidate, whosever it is. */
static bool
step_on(struct pln_sport_iter *iter, uint16_t *port)
{
	uint32_t at;

	if (iter->tried == iter->count && iter->rest > 0) {
		iter->first = iter->sport->min;
		iter->count = iter->rest;
		iter->start %= iter->count;
		iter->tried = iter->rest = 0;
	}
	if (iter->tried == iter->count)
		return false;
	at = iter->start + iter->tried++;
	at -= at >= iter->count ? iter->count : 0;
	*port = (uint16_t)(iter->first + at * iter->stride);
	return true;
}

bool
pln_sport_next(struct pln_sport_iter *iter, uint16_t *port)
{
	uint16_t candidate;

	while (step_on(iter, &candidate)) {
		if (iter->picks &&
		    pln_home_aim_at(&iter->aim, candidate) != iter->sport->home->self)
			continue;
		*port = candidate;
		return true;
	}
	return false;
}

void
pln_sport_taken(struct pln_sport_iter *iter)
{
	uint32_t step = draw(iter->sport, PLN_SPORT_STEP) + 1;

	*iter->counter += iter->tried - 1 + step;
}
