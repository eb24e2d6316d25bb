/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which lcore does a packet come to? What the device does with packets, as far as it is known, and what we make of it: a mode, chosen
 * from facts that others gathered (dev/rss, dev/rule, flow/probe), and the answers that follow. Nothing is assumed: what was not read back
 * or was found wrong is not used.
 *
 * A queue is a receive queue of the port. An lcore is counted from 0 among those that run a stack on this port. A steering is
 * written once and then read by all its lcores; when queues, table or lcores change, a new one takes its place.
 */
#ifndef POLLEN_FLOW_STEER_H
#define POLLEN_FLOW_STEER_H

#include "base/error.h"
#include "flow/flow_key.h"
#include "flow/toeplitz.h"
#include "wire/ip4_hdr.h"
#include "wire/port_rule.h"

PLN_C_BEGIN

#define PLN_STEER_QUEUES_MAX  256U
#define PLN_STEER_LCORES_MAX  256U
#define PLN_STEER_RETA_MAX    4096U /* entries of a table that we believe */
#define PLN_STEER_RULES_MAX   1024U
#define PLN_STEER_CLASS_RULES 4U /* for each class of ports: ours or the peer's, TCP or UDP */
#define PLN_STEER_OURS                                                                             \
	0x8000U /* rules look at our port where it has this bit, else at the peer's */
#define PLN_STEER_UNKNOWN (-1)

enum pln_steer_mode {
	PLN_STEER_AUTO,   /* a wish, never an outcome: the best that is known to work */
	PLN_STEER_SINGLE, /* one lcore */
	PLN_STEER_RSS, /* the hash is known, with ports: a source port is chosen so that the reply comes home */
	PLN_STEER_PAIRED, /* what the peer sends on its queue n arrives on our queue n */
	PLN_STEER_RULES,  /* rules in the device, by bits of the ports */
	PLN_STEER_ADOPT, /* the device spreads, nobody knows how: who receives the reply takes the connection */
	PLN_STEER_SOFTWARE, /* whoever polls a queue deals its packets out, by a hash of our own */
};

/* What arrivals have shown (flow/probe). */
enum pln_steer_proof {
	PLN_STEER_UNPROVEN,  /* not enough was seen */
	PLN_STEER_PROVEN,    /* each queue received what it should, and nothing else */
	PLN_STEER_ONE_QUEUE, /* everything came to one queue */
	PLN_STEER_ELSEWHERE, /* spread, but not as computed */
};

/* What is known of a device. All zero but lcores and queues: nothing. */
struct pln_steer_facts {
	enum pln_steer_mode asked; /* --steer; PLN_STEER_AUTO: ours to choose */
	uint16_t lcores;
	uint16_t queues;            /* receive queues in use */
	bool paired;                /* a wire to another process: queue n is queue n */
	bool spreads;               /* takes queues in turn by some hash, or is said to */
	bool rules;                 /* it took the rules of pln_steer_rules() */
	bool trusted;               /* key, table and function were read back and are those below */
	uint32_t hashes;            /* enum pln_steer_hashes */
	enum pln_steer_proof proof; /* of whatever was in force when it was gathered */
	const uint8_t *key;         /* key_len bytes */
	uint16_t key_len;
	const uint16_t *reta; /* reta_size queues */
	uint16_t reta_size;
	const uint16_t *lcore_of; /* who polls each queue, `queues` numbers; NULL: queue % lcores */
	const char *doubt;        /* why it is not trusted, a sentence; NULL: nothing said */
	struct pln_siphash_key secret; /* of the process: our own hash derives its key from it */
};

struct pln_steer {
	enum pln_steer_mode mode;
	uint16_t lcores, queues;
	uint32_t hashes;    /* enum pln_steer_hashes; 0 unless known */
	bool known;         /* key, table and function: arrivals can be computed */
	uint16_t reta_size; /* 0 unless known */
	uint16_t
		reta_mask; /* reta_size - 1 when that is a power of two, else 0: the remainder is taken */
	uint16_t classes; /* of ports, by their low bits: those that rules tell apart */
	struct pln_siphash_key secret;
	uint16_t lcore_of[PLN_STEER_QUEUES_MAX];
	uint16_t reta[PLN_STEER_RETA_MAX];
	struct pln_toeplitz hash;
	char why[320]; /* how it came to be the mode, a sentence or two */
};

/* A packet as it arrives: key.remote is its source, key.local its destination. */
struct pln_steer_pkt {
	struct pln_flow_key key;
	uint8_t proto; /* of IP */
	bool fragment; /* has no ports that a device would look at */
};

/* ---- choosing ---- */

/**
 * Choose the mode and prepare the answers.
 *
 * @param error says why a mode that was asked for cannot be had; may be NULL
 * @return 0; -ENOTSUP when facts->asked cannot be had; -EINVAL: no lcores, no queues, too many, or a table that names a queue
 *         that there is not. Control path, any thread.
 */
int pln_steer_choose(struct pln_steer *steer, const struct pln_steer_facts *facts,
                     struct pln_error *error);

/** The rules that split ports among `queues` queues; `rules` may be NULL. @return how many, at most PLN_STEER_RULES_MAX; 0 for more queues than rules can serve. */
size_t pln_steer_rules(uint16_t queues, struct pln_port_rule *rules);

/** A word of --steer: auto, rss, pair, flow, adopt, software. @return 0 or -EINVAL, `mode` untouched. */
int pln_steer_parse(const char *word, enum pln_steer_mode *mode);

/** The mode's name for an operator ("rss-verified"), and what it means, a sentence. Static text. */
const char *pln_steer_name(enum pln_steer_mode mode);
const char *pln_steer_sentence(enum pln_steer_mode mode);

/* ---- asking: any lcore, no locks ---- */

/** The receive queue that a packet comes to; PLN_STEER_UNKNOWN. */
int pln_steer_queue(const struct pln_steer *steer, const struct pln_steer_pkt *pkt);

/** The lcore that is to handle a packet; PLN_STEER_UNKNOWN where only its arrival will tell. */
int pln_steer_lcore(const struct pln_steer *steer, const struct pln_steer_pkt *pkt);

/* ---- asking for many ports: addresses and remote port fixed ---- */

enum pln_steer_by {
	PLN_STEER_BY_NOTHING, /* no port leads anywhere that is known */
	PLN_STEER_BY_FIXED,   /* all ports lead to one queue or lcore */
	PLN_STEER_BY_HASH,    /* the device's */
	PLN_STEER_BY_RULE,
	PLN_STEER_BY_MIX, /* our own */
};

/* What is the same for all local ports of a flow. */
struct pln_steer_aim {
	const struct pln_steer *steer;
	uint64_t fixed; /* the hash so far, or the answer */
	enum pln_steer_by by;
};

/** Prepare `aim`; pkt->key.local_port is not read. */
void pln_steer_aim(const struct pln_steer *steer, const struct pln_steer_pkt *pkt,
                   struct pln_steer_aim *aim);

/** As pln_steer_lcore, for one local port: a few loads, no hash of a flow. */
int pln_steer_aim_lcore(const struct pln_steer_aim *aim, uint16_t local_port);

PLN_C_END

#endif
