/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what the device said of itself to a way of steering: the facts are dev/rss's and dev/rule's, the choice is flow/steer's. Whatever
 * comes of it, flow/home is right about whose a flow is; a good choice saves hand-overs.
 */
#include <stdlib.h>

#include "host/host.h"

static bool
wants_rules(const struct pln_host *host)
{
	if (host->dev.n_queues < 2)
		return false;
	if (host->steer_asked == PLN_STEER_AUTO)
		return !host->dev.rss.trusted && !(host->dev.device->flags & PLN_DEVICE_PAIRED);
	return host->steer_asked == PLN_STEER_RULES;
}

/* Rules are asked of a device whose hash is not known, or where the user wants them. It has them all, or none. */
static void
take_rules(struct pln_host *host)
{
	struct pln_port_rule rules[PLN_STEER_RULES_MAX];
	struct pln_error ignored;
	size_t n = wants_rules(host) ? pln_steer_rules(host->dev.n_queues, rules) : 0;

	if (n > 0)
		pln_rule_install(&host->rules, host->dev.port, rules, n, &ignored);
}

int
pln_host_choose_steering(struct pln_host *host, struct pln_error *error)
{
	const struct pln_rss_state *rss = &host->dev.rss;
	uint32_t flags = host->dev.device->flags;
	struct pln_steer_facts facts = {
		.asked = host->steer_asked,
		.lcores = (uint16_t)host->n_lcores,
		.queues = host->dev.n_queues,
		.paired = (flags & PLN_DEVICE_PAIRED) != 0,
		.spreads = rss->spreads || (flags & PLN_DEVICE_SPREADS) != 0,
		.rules = host->rules.count > 0,
		.trusted = rss->trusted,
		.hashes = rss->hashes,
		.proof = host->proof.verdict,
		.key = rss->key_read,
		.key_len = rss->key_read_len,
		.reta = rss->reta_read,
		.reta_size = rss->reta_read_size,
		.doubt = rss->doubt[0] != '\0' ? rss->doubt : NULL,
		.secret = host->secret,
	};

	return pln_steer_choose(host->steer, &facts, error);
}

int
pln_host_steer(struct pln_host *host, struct pln_error *error)
{
	const char *word = host->config.steer;

	if (word != NULL && pln_steer_parse(word, &host->steer_asked) != 0)
		return pln_error_set(error, -EINVAL,
		                     "There is no way of steering called \"%s\": auto, rss, pair, "
		                     "flow, adopt or software.",
		                     word);
	if (host->n_lcores < 2)
		return 0;
	take_rules(host);
	host->steer = malloc(sizeof(*host->steer));
	if (host->steer == NULL)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	return pln_host_choose_steering(host, error);
}

void
pln_host_steer_end(struct pln_host *host)
{
	pln_rule_remove(&host->rules);
	free(host->steer);
	host->steer = NULL;
}
