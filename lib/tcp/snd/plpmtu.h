/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packetization layer path MTU discovery (RFC 4821): the search for the largest packet that a path carries, by sending some that are
 * larger than what is known to get through. What a probe carries, when there is one to send, and what its loss means is tcp/probe_mtu's.
 */
#ifndef POLLEN_TCP_SND_PLPMTU_H
#define POLLEN_TCP_SND_PLPMTU_H

#include "base/decl.h"

PLN_C_BEGIN

/* The values of the stack's option `pmtud`, and of PLN_TCP_OPT_MTU_DISCOVER. */
enum pln_pmtud_mode {
	PLN_PMTUD_OFF = 0,  /* no DF, one size */
	PLN_PMTUD_ICMP = 1, /* what routers say (RFC 1191) */
	PLN_PMTUD_BLACK_HOLE =
		2, /* and, where data does not get through, a search from the base size upwards */
	PLN_PMTUD_PROBE = 3, /* a search from the base size upwards from the beginning */
};

struct pln_plpmtu {
	uint64_t interval_ns; /* after so long what was found is doubted: 10 min (§7.6) */
	uint64_t again_ns;    /* then, with `over` */
	uint16_t low;         /* MTU, bytes: carried data, or is believed to */
	uint16_t high;        /* the largest that may be carried */
	uint16_t size;        /* of the probe in flight; 0: none */
	bool on;              /* there is a search */
	bool over;            /* nothing is left between low and high */
	bool below;           /* the largest has been tried */
	bool once;            /* a probe of that size was lost before */
};

/* A search between what is believed to be carried and what may be; p->interval_ns is set. */
void pln_plpmtu_begin(struct pln_plpmtu *p, uint16_t low, uint16_t high, uint64_t now);

/* The size of the probe to send now, or 0. `most`: the largest that there is reason to send, once the search begins anew. */
uint16_t pln_plpmtu_next(struct pln_plpmtu *p, uint16_t most, uint64_t now);

/* A probe of pln_plpmtu_next's size has left. */
static inline void
pln_plpmtu_sent(struct pln_plpmtu *p, uint16_t size)
{
	p->size = size;
}

/* It arrived, it was lost and nothing else was, or nobody can tell. */
void pln_plpmtu_arrived(struct pln_plpmtu *p, uint64_t now);
void pln_plpmtu_lost(struct pln_plpmtu *p, uint64_t now);
void pln_plpmtu_unknown(struct pln_plpmtu *p);

/* No larger packet gets through, somebody says who knows. */
void pln_plpmtu_limit(struct pln_plpmtu *p, uint16_t mtu, uint64_t now);

PLN_C_END

#endif
