/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 6056 §3.3.3, algorithm 3:
 *
 *   offset = F(local_IP, remote_IP, remote_port, secret_key)
 *   port = min_ephemeral + (next_ephemeral + offset) % num_ephemeral; next_ephemeral++
 *
 * repeated until a port is suitable. Which one is, the caller decides: it knows the flows that are
 * alive, the listeners and what waits in TIME-WAIT.
 */
#include "flow/sport.h"

void
pln_sport_init(struct pln_sport *sport, const struct pln_siphash_key *secret, uint16_t min,
               uint16_t max)
{
	PLN_ASSERT(min > 0 && min <= max);
	sport->secret = pln_siphash_derive(secret, "sport");
	sport->counter = 0;
	sport->count = (uint32_t)max - min + 1;
	sport->min = min;
}

void
pln_sport_begin(struct pln_sport_iter *iter, struct pln_sport *sport,
                const struct pln_flow_key *key)
{
	struct pln_flow_key f = *key;
	uint64_t offset;

	f.local_port = 0;
	offset = pln_siphash(&sport->secret, &f, sizeof(f));
	iter->sport = sport;
	iter->start = (uint32_t)((offset % sport->count + sport->counter) % sport->count);
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

	sport->counter = (sport->counter + iter->tried) % sport->count;
}
