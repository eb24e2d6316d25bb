/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what the device said of itself to a way of steering: the facts are dev/rss's and dev/rule's, the choice is flow/steer's. Whatever
 * comes of it, flow/home is right about whose a flow is; a good choice saves hand-overs.
 */
#include <stdlib.h>

#include "host/host.h"

/* What a device shows counts until packets have said otherwise. */
static bool
is_hash_believed(const struct pln_host_port *port)
{
	return port->dev.rss.trusted && !port->proof.hash_failed;
}

static const char *
doubt_of(const struct pln_host_port *port)
{
	if (port->proof.hash_failed)
		return "Packets arrived on other queues than the device's hash says.";
	return port->dev.rss.doubt[0] != '\0' ? port->dev.rss.doubt : NULL;
}

static bool
wants_rules(const struct pln_host_port *port)
{
	if (port->dev.n_queues < 2)
		return false;
	if (port->steer_asked == PLN_STEER_AUTO)
		return !is_hash_believed(port) && !(port->dev.device->flags & PLN_DEVICE_PAIRED);
	return port->steer_asked == PLN_STEER_RULES;
}

/* Rules are asked of a device whose hash is not known, or where the user wants them. It has them all, or none. */
static void
take_rules(struct pln_host_port *port)
{
	struct pln_port_rule rules[PLN_STEER_RULES_MAX];
	struct pln_error ignored;
	size_t n = wants_rules(port) ? pln_steer_rules(port->dev.n_queues, rules) : 0;

	if (n > 0)
		pln_rule_install(&port->rules, port->dev.port, rules, n, &ignored);
}

int
pln_host_choose_steering(struct pln_host_port *port, struct pln_error *error)
{
	const struct pln_rss_state *rss = &port->dev.rss;
	uint32_t flags = port->dev.device->flags;
	struct pln_steer_facts facts = {
		.asked = port->steer_asked,
		.lcores = (uint16_t)port->host->n_lcores,
		.queues = port->dev.n_queues,
		.paired = (flags & PLN_DEVICE_PAIRED) != 0,
		.spreads = rss->spreads || (flags & PLN_DEVICE_SPREADS) != 0,
		.rules = port->rules.count > 0,
		.trusted = is_hash_believed(port),
		.hashes = rss->hashes,
		.proof = port->proof.verdict,
		.key = rss->key_read,
		.key_len = rss->key_read_len,
		.reta = rss->reta_read,
		.reta_size = rss->reta_read_size,
		.doubt = doubt_of(port),
		.secret = port->secret,
	};

	return pln_steer_choose(port->steer, &facts, error);
}

bool
pln_host_try_rules(struct pln_host_port *port)
{
	if (port->steer_asked != PLN_STEER_AUTO || port->steer->mode != PLN_STEER_RSS)
		return false;
	port->proof.hash_failed = true;
	take_rules(port);
	return port->rules.count > 0;
}

int
pln_host_steer(struct pln_host_port *port, struct pln_error *error)
{
	const char *word = port->host->config.steer;

	if (word != NULL && pln_steer_parse(word, &port->steer_asked) != 0)
		return pln_error_set(error, -EINVAL,
		                     "There is no way of steering called \"%s\": auto, rss, pair, "
		                     "flow, adopt or software.",
		                     word);
	if (port->host->n_lcores < 2)
		return 0;
	take_rules(port);
	port->steer = malloc(sizeof(*port->steer));
	if (port->steer == NULL)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	return pln_host_choose_steering(port, error);
}

void
pln_host_rules_remove(struct pln_host_port *port)
{
	port->rules_wanted = port->rules.count > 0;
	pln_rule_remove(&port->rules);
}

void
pln_host_rules_again(struct pln_host_port *port)
{
	if (port->rules_wanted)
		take_rules(port);
}

void
pln_host_steer_end(struct pln_host_port *port)
{
	pln_rule_remove(&port->rules);
	free(port->steer);
	port->steer = NULL;
}
