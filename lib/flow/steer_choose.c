/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How do packets find their lcore? The choice, from the facts: the cheapest mode that is known to work. What a device promises counts
 * once its key, table and function were read back; what arrivals showed outranks what it promises. In this order:
 *
 *   one lcore                       single
 *   fewer queues than lcores        software: somebody has to deal out
 *   a wire to another process       queue-paired
 *   the hash is known, with ports   rss-verified
 *   rules are in place              flow-rule
 *   it spreads somehow              adopt
 *   otherwise                       software
 */
#include <stdio.h>

#include "flow/steer.h"

struct mode_text {
	const char *word; /* of --steer; NULL: cannot be asked for */
	const char *name;
	const char *sentence;
};

static const struct mode_text texts[] = {
	[PLN_STEER_AUTO] = { "auto", "auto", "the best mode that is known to work" },
	[PLN_STEER_SINGLE] = { NULL, "single", "one lcore receives everything" },
	[PLN_STEER_RSS] = { "rss", "rss-verified",
	                    "the device's hash is known: source ports are chosen so that replies "
	                    "arrive "
	                    "on the lcore that sent" },
	[PLN_STEER_PAIRED] = { "pair", "queue-paired",
	                       "what the peer sends on a queue arrives on ours of the same "
	                       "number" },
	[PLN_STEER_RULES] = { "flow", "flow-rule",
	                      "rules in the device send each class of ports to its queue" },
	[PLN_STEER_ADOPT] = { "adopt", "adopt",
	                      "the lcore where the reply arrives takes the connection, or hands "
	                      "its "
	                      "segments over" },
	[PLN_STEER_SOFTWARE] = { "software", "software",
	                         "the lcore that polls a queue deals packets out to the others "
	                         "over "
	                         "rings" },
};

int
pln_steer_parse(const char *word, enum pln_steer_mode *mode)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(texts); i++) {
		if (texts[i].word != NULL && strcmp(word, texts[i].word) == 0) {
			*mode = (enum pln_steer_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
pln_steer_name(enum pln_steer_mode mode)
{
	return texts[mode].name;
}

const char *
pln_steer_sentence(enum pln_steer_mode mode)
{
	return texts[mode].sentence;
}

/* ------------------------------------------------------------------------------------------------ the facts */

static int
check_facts(const struct pln_steer_facts *facts)
{
	if (facts->lcores == 0 || facts->lcores > PLN_STEER_LCORES_MAX)
		return -EINVAL;
	if (facts->queues == 0 || facts->queues > PLN_STEER_QUEUES_MAX)
		return -EINVAL;
	for (uint16_t q = 0; facts->lcore_of != NULL && q < facts->queues; q++)
		if (facts->lcore_of[q] >= facts->lcores)
			return -EINVAL;
	for (uint16_t i = 0; facts->reta != NULL && i < facts->reta_size; i++)
		if (facts->reta[i] >= facts->queues)
			return -EINVAL;
	return 0;
}

/* Can the hash be computed from what is there, true or not? */
static bool
is_complete(const struct pln_steer_facts *facts)
{
	return facts->key != NULL && facts->key_len >= PLN_TOEPLITZ_KEY_MIN &&
	       facts->reta != NULL && facts->reta_size > 0 &&
	       facts->reta_size <= PLN_STEER_RETA_MAX && facts->hashes != 0;
}

static void
learn_hash(struct pln_steer *steer, const struct pln_steer_facts *facts)
{
	uint16_t size = facts->reta_size;

	if (!is_complete(facts))
		return;
	steer->known = true;
	steer->hashes = facts->hashes;
	steer->reta_size = size;
	steer->reta_mask = (size & (size - 1)) == 0 ? (uint16_t)(size - 1) : 0;
	memcpy(steer->reta, facts->reta, size * sizeof(steer->reta[0]));
	pln_toeplitz_prepare(&steer->hash, facts->key, facts->key_len);
}

static void
learn(struct pln_steer *steer, const struct pln_steer_facts *facts)
{
	memset(steer, 0, sizeof(*steer));
	steer->lcores = facts->lcores;
	steer->queues = facts->queues;
	steer->secret = pln_siphash_derive(&facts->secret, "steer");
	for (uint16_t q = 0; q < facts->queues; q++)
		steer->lcore_of[q] = facts->lcore_of != NULL ? facts->lcore_of[q]
		                                             : (uint16_t)(q % facts->lcores);
	steer->classes = (uint16_t)(pln_steer_rules(facts->queues, NULL) / PLN_STEER_CLASS_RULES);
	learn_hash(steer, facts);
}

/* Does some port of every flow lead to every lcore? A key can be such that it does not: all zero, say. A hash of ports is linear, so
 * what holds for a few constants holds for all of them where the table is a power of two, and is likely otherwise. */
static bool
reaches_all(const struct pln_steer *steer)
{
	uint8_t seen[PLN_STEER_LCORES_MAX];

	for (uint32_t constant = 0; constant < 64; constant++) {
		struct pln_steer_aim aim = { .steer = steer,
			                     .fixed = (uint64_t)constant * UINT32_C(0x9e3779b1),
			                     .by = PLN_STEER_BY_HASH };
		uint16_t found = 0;

		memset(seen, 0, sizeof(seen));
		for (uint32_t port = 1024; port <= UINT16_MAX && found < steer->lcores; port++) {
			int lcore = pln_steer_aim_lcore(&aim, (uint16_t)port);

			found = (uint16_t)(found + !seen[lcore]);
			seen[lcore] = 1;
		}
		if (found < steer->lcores)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------ the choice */

struct choice {
	struct pln_steer *steer;
	const struct pln_steer_facts *facts;
	char why[sizeof(
		((struct pln_steer *)0)
			->why)]; /* the outcome's reason so far, or what spoke against the mode looked at */
};

static void
say(struct choice *c, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s", why);
}

/* False, with the reason. */
static bool
refuse(struct choice *c, const char *why)
{
	say(c, why);
	return false;
}

static bool
refuse_by_arrivals(struct choice *c)
{
	return refuse(c, c->facts->proof == PLN_STEER_ONE_QUEUE
	                         ? "Everything arrives on one queue."
	                         : "Packets arrive on other queues than computed.");
}

static bool
is_disproven(const struct choice *c)
{
	return c->facts->proof == PLN_STEER_ONE_QUEUE || c->facts->proof == PLN_STEER_ELSEWHERE;
}

static bool
has_queues(struct choice *c)
{
	if (c->facts->queues >= c->facts->lcores)
		return true;
	snprintf(c->why, sizeof(c->why), "There are %u lcores and %u receive queue%s.",
	         c->facts->lcores, c->facts->queues, c->facts->queues == 1 ? "" : "s");
	return false;
}

static bool
can_rss(struct choice *c, bool asked)
{
	const struct pln_steer_facts *facts = c->facts;

	if (!has_queues(c))
		return false;
	if (!c->steer->known || (!facts->trusted && !asked))
		return refuse(c, facts->doubt != NULL ? facts->doubt
		                                      : "The device's hash is not known.");
	if (!(facts->hashes & PLN_STEER_HASH_TCP))
		return refuse(c, "The device hashes TCP without ports.");
	if (!reaches_all(c->steer))
		return refuse(c, "With this key and table, ports do not lead to every lcore.");
	return !is_disproven(c) || refuse_by_arrivals(c);
}

static bool
can_rules(struct choice *c)
{
	if (!has_queues(c))
		return false;
	if (!c->facts->rules || c->steer->classes == 0)
		return refuse(c, "The device has not taken rules by port.");
	return !is_disproven(c) || refuse_by_arrivals(c);
}

static bool
can_pair(struct choice *c)
{
	if (!has_queues(c))
		return false;
	if (!c->facts->paired)
		return refuse(c, "The device is no wire to another process.");
	return !is_disproven(c) || refuse_by_arrivals(c);
}

static bool
can_adopt(struct choice *c, bool asked)
{
	if (!has_queues(c))
		return false;
	if (c->facts->proof == PLN_STEER_ONE_QUEUE)
		return refuse_by_arrivals(c);
	return c->facts->spreads || asked || c->facts->proof == PLN_STEER_ELSEWHERE ||
	       refuse(c, "The device does not spread what it receives.");
}

/* What spoke against a better mode stays as the reason for a worse one. */
static enum pln_steer_mode
best(struct choice *c)
{
	struct choice dropped = *c;

	if (!has_queues(c))
		return PLN_STEER_SOFTWARE;
	if (can_pair(&dropped))
		return PLN_STEER_PAIRED;
	if (can_rss(c, false))
		return PLN_STEER_RSS;
	if (can_rules(&dropped))
		return PLN_STEER_RULES;
	if (is_disproven(c)) /* whatever was said of the others */
		refuse_by_arrivals(c);
	return can_adopt(&dropped, false) ? PLN_STEER_ADOPT : PLN_STEER_SOFTWARE;
}

static bool
can(struct choice *c, enum pln_steer_mode mode)
{
	switch (mode) {
	case PLN_STEER_RSS:
		return can_rss(c, true);
	case PLN_STEER_PAIRED:
		return can_pair(c);
	case PLN_STEER_RULES:
		return can_rules(c);
	case PLN_STEER_ADOPT:
		return can_adopt(c, true);
	case PLN_STEER_AUTO:
	case PLN_STEER_SINGLE:
	case PLN_STEER_SOFTWARE:
		break;
	}
	return true;
}

/* What is computed must be what happens: else nothing is. And the reason for the best mode is that there was none against it. */
static void
settle(struct choice *c)
{
	const struct pln_steer_facts *facts = c->facts;
	struct pln_steer *steer = c->steer;

	if (steer->mode != PLN_STEER_RSS)
		steer->known = steer->known && facts->trusted && !is_disproven(c);
	else if (facts->proof == PLN_STEER_PROVEN)
		say(c, "Key, table and function were read back, and packets arrive as computed.");
	else if (facts->trusted)
		say(c, "Key, table and function were read back.");
	else
		say(c, "It was asked for; the device did not confirm its hash.");
	snprintf(steer->why, sizeof(steer->why), "%s", c->why);
}

int
pln_steer_choose(struct pln_steer *steer, const struct pln_steer_facts *facts,
                 struct pln_error *error)
{
	struct choice c = { .steer = steer, .facts = facts };
	int rc = check_facts(facts);

	if (rc != 0)
		return pln_error_set(error, rc,
		                     "Steering %u queues to %u lcores: a number is not possible.",
		                     facts->queues, facts->lcores);
	learn(steer, facts);
	if (facts->lcores == 1) {
		steer->mode = PLN_STEER_SINGLE;
	} else if (facts->asked == PLN_STEER_AUTO || facts->asked == PLN_STEER_SINGLE) {
		steer->mode = best(&c);
	} else if (can(&c, facts->asked)) {
		steer->mode = facts->asked;
	} else {
		return pln_error_set(error, -ENOTSUP,
		                     "--steer=%s cannot be had: %s --steer=auto takes what works.",
		                     texts[facts->asked].word, c.why);
	}
	settle(&c);
	return 0;
}
