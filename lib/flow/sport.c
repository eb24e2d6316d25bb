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
 * With several lcores the candidates are either the whole range, of which those are offered whose replies come to us, or our lane, every
 * n-th port. Which of both, the destination and the steering decide, not the lcore: so all lcores cut a destination's range in the same way.
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
	PLN_ASSERT(min > 0 && min <= max);
	*sport = (struct pln_sport){ .secret = pln_siphash_derive(secret, "sport"),
		                     .count = (uint32_t)max - min + 1,
		                     .min = min };
	for (size_t i = 0; i < PLN_ARRAY_LEN(sport->table); i++)
		sport->table[i] = draw(sport, sport->count);
}

void
pln_sport_share(struct pln_sport *sport, const struct pln_steer *steer, uint16_t lcore,
                uint8_t proto)
{
	PLN_ASSERT(steer == NULL || lcore < steer->lcores);
	sport->steer = steer;
	sport->lcore = lcore;
	sport->proto = proto;
}

/* Does the port decide where a reply of this destination arrives? A socket without a peer has no reply to aim. */
static bool
port_steers(const struct pln_sport *sport, const struct pln_flow_key *key,
            struct pln_steer_aim *aim)
{
	const struct pln_steer_pkt reply = { .key = *key, .proto = sport->proto };

	if (key->remote_port == 0)
		return false;
	pln_steer_aim(sport->steer, &reply, aim);
	return aim->by == PLN_STEER_BY_HASH || aim->by == PLN_STEER_BY_RULE ||
	       aim->by == PLN_STEER_BY_MIX;
}

/* The ports from sport->min on that pln_steer_lane() gives to our lcore. */
static void
take_lane(struct pln_sport_iter *iter)
{
	const struct pln_sport *sport = iter->sport;
	uint32_t lanes = sport->steer->lcores;
	uint32_t skip = (sport->lcore + lanes - sport->min % lanes) % lanes;

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

void
pln_sport_begin(struct pln_sport_iter *iter, struct pln_sport *sport,
                const struct pln_flow_key *key)
{
	struct pln_flow_key f = *key;
	uint64_t hash;

	*iter = (struct pln_sport_iter){
		.sport = sport, .count = sport->count, .first = sport->min, .stride = 1
	};
	if (sport->steer != NULL && sport->steer->lcores > 1) {
		iter->picks = port_steers(sport, key, &iter->aim);
		if (!iter->picks)
			take_lane(iter);
		else if (iter->aim.by == PLN_STEER_BY_RULE)
			put_ours_first(iter);
	}
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
		if (iter->picks && pln_steer_aim_lcore(&iter->aim, candidate) != iter->sport->lcore)
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
