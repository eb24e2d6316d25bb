/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does the device steer as it was understood? Before the program runs the gateway is made to answer each lcore (stack/prove), within a
 * bounded time, and the way of steering is chosen again by what was seen. While it runs, segments that arrive at the wrong lcore are
 * counted by the stacks; here is said what the cause may be.
 */
#include <stdlib.h>

#include "base/text.h"
#include "host/host.h"
#include "stack/group.h"
#include "stack/prove.h"

#define MAC_WAIT_NS    (200 * PLN_NS_PER_MS) /* for the gateway's answer to ARP */
#define ANSWER_WAIT_NS (100 * PLN_NS_PER_MS) /* from the segments on */
#define IDLE_TURNS     1000000U              /* so many that relaxing means sleeping */

/* ------------------------------------------------------------------------------------------------ at the start */

/* Where we deal packets out ourselves there is nothing to find out; without a gateway nobody is known to answer. */
static bool
can_be_proven(const struct pln_host_port *port, struct pln_be32 *gateway)
{
	if (port->host->n_lcores < 2 || port->host->config.no_probe ||
	    port->steer->mode == PLN_STEER_SOFTWARE ||
	    port->config.gateway.family == PLN_FAMILY_NONE)
		return false;
	return pln_stack_take_ip4(&port->config.gateway, gateway) == 0;
}

static void
wait_for_answers(struct pln_host_port *port, struct pln_prove *prove)
{
	struct pln_host *host = port->host;
	uint64_t now = pln_host_now(host), end = now + MAC_WAIT_NS;
	bool was_sent = false;

	while (now < end && pln_prove_step(prove)) {
		if (prove->sent > 0 && !was_sent) {
			was_sent = true;
			end = now + ANSWER_WAIT_NS;
		}
		pln_host_turn_all(host);
		pln_host_relax(host, pln_host_stack(host, 0), IDLE_TURNS);
		now = pln_host_now(host);
	}
}

int
pln_host_judge(struct pln_host_port *port, struct pln_prove *prove, struct pln_error *error)
{
	bool again;
	int rc;

	port->proof.verdict = pln_prove_end(prove);
	port->proof.sent = prove->sent;
	port->proof.answered = prove->seen.seen;
	port->proof.astray = prove->seen.astray;
	if (port->proof.verdict == PLN_STEER_UNPROVEN)
		return 0;
	again = port->proof.verdict != PLN_STEER_PROVEN && pln_host_try_rules(port);
	if (again)
		port->proof.verdict = PLN_STEER_UNPROVEN;
	rc = pln_host_choose_steering(port, error);
	if (rc == 0 && port->steer->mode != PLN_STEER_RULES)
		pln_rule_remove(&port->rules);
	return rc == 0 ? again : rc;
}

int
pln_host_prove(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_prove *prove;
	struct pln_be32 gateway;
	int rc;

	if (!can_be_proven(port, &gateway))
		return 0;
	prove = malloc(sizeof(*prove));
	if (prove == NULL)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	do {
		pln_prove_begin(prove, port->group, &port->secret, gateway);
		wait_for_answers(port, prove);
		rc = pln_host_judge(port, prove, error);
	} while (rc > 0);
	free(prove);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ while it runs */

static void
tell_cause(const struct pln_host_port *port, struct pln_text *text)
{
	const char *changed = pln_rss_changed(&port->dev.rss);

	if (port->steer->mode == PLN_STEER_RULES)
		pln_text_add(text, "the device does not follow the rules that it took");
	else if (changed != NULL)
		pln_text_add(text,
		             "the device's %s is not what it was at the start; somebody has "
		             "changed it",
		             changed);
	else
		pln_text_add(text, "the device does not follow the hash that it shows");
}

static void
tell_news(struct pln_host_port *port, struct pln_text *text)
{
	uint32_t lcore;

	if (port->group == NULL || port->astray_told || !pln_group_is_astray(port->group, &lcore))
		return;
	port->astray_told = true;
	pln_text_add(text,
	             "Of the segments that arrive at lcore %u on %s more than a quarter belong to "
	             "others and are handed over (group_handed): ",
	             port->host->lcores[lcore].id, port->dev.name);
	tell_cause(port, text);
	pln_text_add(text, ". Nothing is lost, all is slower; a new start finds a better way.\n");
}

size_t
pln_host_news(struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	for (unsigned int i = 0; i < host->n_ports; i++)
		tell_news(&host->ports[i], &text);
	return text.used;
}
