/* SPDX-License-Identifier: BSD-3-Clause */
/* What was learned of path MTUs, for each destination: shared by all who send there, bounded, and forgotten in time (RFC 1191 §6.3). */
#ifndef POLLEN_IP_PMTU_H
#define POLLEN_IP_PMTU_H

#include "base/bytes.h"
#include "base/env.h"

PLN_C_BEGIN

#define PLN_PMTU_MAX 64U /* destinations; the one learned longest ago makes room */

struct pln_pmtu_entry {
	struct pln_be32 dst;
	uint16_t mtu;        /* bytes */
	uint64_t expires_ns; /* then the path is given another try */
};

struct pln_pmtu {
	struct pln_env *env;
	struct pln_pmtu_entry entry[PLN_PMTU_MAX];
	unsigned int count;
	uint64_t lifetime_ns;   /* 10 min (RFC 1191 §6.3) */
	struct pln_timer timer; /* armed while something is known */
	bool news;              /* see pln_pmtu_take_news */
};

void pln_pmtu_init(struct pln_pmtu *pmtu, struct pln_env *env);
void pln_pmtu_fini(struct pln_pmtu *pmtu);

/* A packet of more than `mtu` bytes did not get through to `dst`. Only ever lowers what is known. */
void pln_pmtu_learn(struct pln_pmtu *pmtu, struct pln_be32 dst, uint16_t mtu);

/* The smaller of what is known of the way to `dst` and `link_mtu`. */
uint16_t pln_pmtu_get(const struct pln_pmtu *pmtu, struct pln_be32 dst, uint16_t link_mtu);

/* Has something been learned or forgotten since the last call? Then whoever sends there has another size to go by. */
bool pln_pmtu_take_news(struct pln_pmtu *pmtu);

PLN_C_END

#endif
