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
pln_sport_begin(struct pln_sport_iter *iter, struct pln_sport *sport,
                const struct pln_flow_key *key)
{
	struct pln_flow_key f = *key;
	uint64_t hash;

	f.local_port = 0;
	hash = pln_siphash(&sport->secret, &f, sizeof(f));
	iter->sport = sport;
	iter->counter = &sport->table[(hash >> 32) % PLN_SPORT_TABLE];
	iter->start = (uint32_t)(((hash & UINT32_MAX) + *iter->counter) % sport->count);
	iter->tried = 0;
}

bool
pln_sport_next(struct pln_sport_iter *iter, uint16_t *port)
{
	const struct pln_sport *sport = iter->sport;

	if (iter->tried == sport->count)
		return false;
	*port = (uint16_t)(sport->min + (iter->start + iter->tried) % sport->count);
	iter->tried++;
	return true;
}

void
pln_sport_taken(struct pln_sport_iter *iter)
{
	struct pln_sport *sport = iter->sport;
	uint32_t step = draw(sport, PLN_SPORT_STEP) + 1;

	*iter->counter = (*iter->counter + iter->tried - 1 + step) % sport->count;
}
