/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One rte_flow rule for each of ours: any Ethernet frame, any IPv4 header, TCP or UDP with these bits in its ports, to this queue.
 */
#include "dev/rule.h"

#include <stdlib.h>

#include <rte_errno.h>

#include "base/bytes.h"
#include "wire/ip4_hdr.h"

/* A rule in DPDK's words; it points into itself. */
struct words {
	struct rte_flow_item pattern[4];
	struct rte_flow_action actions[2];
	struct rte_flow_item_tcp tcp, tcp_mask;
	struct rte_flow_item_udp udp, udp_mask;
	struct rte_flow_action_queue queue;
};

static const struct rte_flow_attr ingress = { .ingress = 1 };

static void
say(struct words *w, const struct pln_port_rule *rule)
{
	bool is_tcp = rule->proto == PLN_IP4_PROTO_TCP;

	memset(w, 0, sizeof(*w));
	w->tcp.hdr.src_port = w->udp.hdr.src_port = pln_be16(rule->src).raw;
	w->tcp.hdr.dst_port = w->udp.hdr.dst_port = pln_be16(rule->dst).raw;
	w->tcp_mask.hdr.src_port = w->udp_mask.hdr.src_port = pln_be16(rule->src_mask).raw;
	w->tcp_mask.hdr.dst_port = w->udp_mask.hdr.dst_port = pln_be16(rule->dst_mask).raw;
	w->queue.index = rule->queue;
	w->pattern[0].type = RTE_FLOW_ITEM_TYPE_ETH;
	w->pattern[1].type = RTE_FLOW_ITEM_TYPE_IPV4;
	w->pattern[2].type = is_tcp ? RTE_FLOW_ITEM_TYPE_TCP : RTE_FLOW_ITEM_TYPE_UDP;
	w->pattern[2].spec = is_tcp ? (const void *)&w->tcp : (const void *)&w->udp;
	w->pattern[2].mask = is_tcp ? (const void *)&w->tcp_mask : (const void *)&w->udp_mask;
	w->pattern[3].type = RTE_FLOW_ITEM_TYPE_END;
	w->actions[0].type = RTE_FLOW_ACTION_TYPE_QUEUE;
	w->actions[0].conf = &w->queue;
	w->actions[1].type = RTE_FLOW_ACTION_TYPE_END;
}

static int
fail(const struct rte_flow_error *said, int rc, struct pln_error *error)
{
	return pln_error_set(error, rc, "The device refuses a rule by port: %s.",
	                     said->message != NULL ? said->message : strerror(-rc));
}

static int
validate(uint16_t port, const struct pln_port_rule *rule, struct pln_error *error)
{
	struct rte_flow_error said = { 0 };
	struct words w;
	int rc;

	say(&w, rule);
	rc = rte_flow_validate(port, &ingress, w.pattern, w.actions, &said);
	return rc == 0 ? 0 : fail(&said, rc, error);
}

static int
create(struct pln_rule_set *set, const struct pln_port_rule *rule, struct pln_error *error)
{
	struct rte_flow_error said = { 0 };
	struct rte_flow *flow;
	struct words w;

	say(&w, rule);
	flow = rte_flow_create(set->port, &ingress, w.pattern, w.actions, &said);
	if (flow == NULL)
		return fail(&said, rte_errno > 0 ? -rte_errno : -ENOTSUP, error);
	set->flows[set->count++] = flow;
	return 0;
}

int
pln_rule_install(struct pln_rule_set *set, uint16_t port, const struct pln_port_rule *rules,
                 size_t n, struct pln_error *error)
{
	int rc = 0;

	*set = (struct pln_rule_set){ .port = port };
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = validate(port, &rules[i], error);
	if (rc != 0 || n == 0)
		return rc;
	set->flows = calloc(n, sizeof(struct rte_flow *));
	if (set->flows == NULL)
		return pln_error_set(error, -ENOMEM, "No memory for %zu rules.", n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = create(set, &rules[i], error);
	if (rc != 0)
		pln_rule_remove(set);
	return rc;
}

void
pln_rule_remove(struct pln_rule_set *set)
{
	struct rte_flow_error said;

	for (size_t i = 0; i < set->count; i++)
		rte_flow_destroy(set->port, set->flows[i], &said);
	free(set->flows);
	*set = (struct pln_rule_set){ .port = set->port };
}
