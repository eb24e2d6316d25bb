/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which source port does an active open take? RFC 6056 §3.3.4, algorithm 4 (double-hash port selection), with the random increments
 * of §3.3.5: a keyed hash gives each pair of destination and local address a starting point, another one a counter of few others, and
 * each connection moves that counter on by a secret step. An outsider can guess neither the next port nor, from the ports of its own
 * connections, how many others there are; one destination sees a port again late.
 *
 * Several lcores share the range without a word between them (pln_sport_share): each is offered, in the same order as before, only what
 * is at home there (flow/home), and each port of a destination is at home somewhere.
 */
#ifndef POLLEN_FLOW_SPORT_H
#define POLLEN_FLOW_SPORT_H

#include "flow/home.h"

PLN_C_BEGIN

#define PLN_SPORT_MIN   1024U /* RFC 6056 §3.2: the whole range */
#define PLN_SPORT_MAX   65535U
#define PLN_SPORT_TABLE 256U /* the RFC's TABLE_LENGTH */
#define PLN_SPORT_STEP  500U /* the RFC's N: largest step */

struct pln_sport {
	struct pln_siphash_key secret;   /* of this room alone */
	uint64_t draws;                  /* random numbers drawn */
	uint32_t table[PLN_SPORT_TABLE]; /* the RFC's counters */
	uint32_t count;                  /* ports in the range */
	uint16_t min;                    /* host order */
	bool by_flow; /* a port is one flow's (TCP), else one socket's for all peers (UDP) */
	const struct pln_home *home; /* NULL: all ports are ours */
};

/* One search for a port. Nothing to release. */
struct pln_sport_iter {
	struct pln_sport *sport;
	uint32_t *counter;      /* of this destination */
	uint32_t start;         /* where this search begins among the candidates */
	uint32_t tried;         /* candidates looked at */
	uint32_t count;         /* candidates: every stride-th port from `first` on */
	uint32_t first, stride; /* host order */
	uint32_t
		rest; /* candidates from the range's first port on, for when the others have run out */
	bool picks;              /* of the candidates, those whose flow is at home here */
	struct pln_home_aim aim; /* when picks */
};

/* 0 < min <= max, both in the range. `secret` may serve others too: this room derives its own. */
void pln_sport_init(struct pln_sport *sport, const struct pln_siphash_key *secret, uint16_t min,
                    uint16_t max);

/* Another range; who shares it stays. */
void pln_sport_range(struct pln_sport *sport, uint16_t min, uint16_t max);

/*
 * From now on offer only the ports that are at home with home->self. `home` outlives the room or the next call; NULL: all ports. With
 * `by_flow` a port is asked for by pln_home_of_flow where the search has a peer; without, and for sockets that have none, by
 * pln_home_of_port. A flow that moved to another lcore keeps its port: who gave it away leaves its key in the flow table.
 */
void pln_sport_share(struct pln_sport *sport, const struct pln_home *home, bool by_flow);

/* Begin a search for key->local_port, which is not read. */
void pln_sport_begin(struct pln_sport_iter *iter, struct pln_sport *sport,
                     const struct pln_flow_key *key);

/*
 * The next port to try, each of the range that is ours once; false when all have been given. Where ports are picked, one candidate for
 * each lcore is looked at on average, at a lookup each.
 */
bool pln_sport_next(struct pln_sport_iter *iter, uint16_t *port);

/* The port given last is taken: the next search of its counter begins a random step behind it. */
void pln_sport_taken(struct pln_sport_iter *iter);

PLN_C_END

#endif
