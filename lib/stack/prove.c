/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An acknowledgment of nothing is answered by a reset, whether the port is open or closed (RFC 9293 §3.10.7.1-2); the reset bears the
 * number that was acknowledged, a keyed hash of the flow, so that nobody else can answer. The peer's port is discard's: few have it.
 * Ports differ in many bits from one to the next (flow/probe says why).
 */
#include "stack/prove.h"

#include "stack/group.h"
#include "tcp/reset.h"

#define PEER_PORT 9U
#define STRIDE    40503U /* odd: all ports come once */
#define IN_ALL    24U    /* segments at least, where the stacks are few */

static uint32_t
each(const struct pln_group *group)
{
	uint32_t share = IN_ALL / group->count;

	return share > PLN_PROBE_EACH ? share : PLN_PROBE_EACH;
}

void
pln_prove_begin(struct pln_prove *prove, struct pln_group *group,
                const struct pln_siphash_key *secret, struct pln_be32 peer)
{
	struct pln_neigh *n;

	memset(prove, 0, sizeof(*prove));
	prove->group = group;
	prove->peer = peer;
	prove->secret = pln_siphash_derive(secret, "prove");
	pln_probe_init(&prove->seen, group->steer);
	group->prove = prove;
	for (unsigned int i = 0; i < group->count; i++) {
		n = pln_neigh_get(&group->stacks[i]->ip.neighs, peer);
		if (n != NULL)
			pln_neigh_resolve(&group->stacks[i]->ip.neighs, n);
	}
}

static bool
all_know(const struct pln_prove *prove)
{
	const struct pln_group *group = prove->group;

	for (unsigned int i = 0; i < group->count; i++) {
		const struct pln_neigh *n =
			pln_neigh_find(&group->stacks[i]->ip.neighs, prove->peer);

		if (n == NULL || (n->state != PLN_NEIGH_STATIC && !pln_neigh_has_mac(n)))
			return false;
	}
	return true;
}

static uint64_t
numbers(const struct pln_prove *prove, const struct pln_flow_key *key)
{
	return pln_siphash(&prove->secret, key, sizeof(*key));
}

static void
send_from(struct pln_prove *prove, struct pln_stack *stack)
{
	struct pln_flow_key key = { .remote = prove->peer, .remote_port = PEER_PORT };
	uint32_t left = each(prove->group);
	struct pln_home_aim aim;

	if (pln_ip_source_for(&stack->ip, prove->peer, &key.local) != 0)
		return;
	pln_home_aim(&stack->home, &key, &aim);
	for (uint32_t i = 0; i <= UINT16_MAX && left > 0; i++) {
		key.local_port = (uint16_t)(i * STRIDE);
		if (key.local_port < PLN_STEER_OURS ||
		    pln_home_aim_at(&aim, key.local_port) != stack->home.self)
			continue;
		pln_reset_provoke(&stack->tcp, &key, numbers(prove, &key));
		prove->sent++;
		left--;
	}
}

bool
pln_prove_step(struct pln_prove *prove)
{
	if (prove->sent == 0 && all_know(prove))
		for (unsigned int i = 0; i < prove->group->count; i++)
			send_from(prove, prove->group->stacks[i]);
	return prove->sent == 0 || prove->seen.seen < prove->sent;
}

enum pln_steer_proof
pln_prove_end(struct pln_prove *prove)
{
	prove->group->prove = NULL;
	return pln_probe_judge(&prove->seen);
}

static bool
is_answer(const struct pln_prove *prove, const struct pln_pkt *pkt, struct pln_flow_key *key)
{
	struct pln_seg seg;

	if (pkt->eth_type != PLN_ETH_TYPE_IP4 || pkt->ip.proto != PLN_IP4_PROTO_TCP ||
	    pkt->ip.src.raw != prove->peer.raw || pkt->ip.mf || pkt->ip.frag_off != 0 ||
	    pln_tcp_hdr_parse(pkt->data, pkt->len, &seg) != PLN_ACCEPT)
		return false;
	*key = (struct pln_flow_key){ pkt->ip.dst, pkt->ip.src, seg.dst_port, seg.src_port };
	return seg.src_port == PEER_PORT && (seg.flags & PLN_TCP_RST) != 0 &&
	       seg.seq == numbers(prove, key) >> 32;
}

bool
pln_prove_saw(struct pln_prove *prove, uint32_t stack, const struct pln_pkt *pkt)
{
	struct pln_steer_pkt answer = { .proto = PLN_IP4_PROTO_TCP };
	const struct pln_home *home = &prove->group->stacks[stack]->home;

	if (!is_answer(prove, pkt, &answer.key))
		return false;
	if (prove->group->steer->mode == PLN_STEER_PAIRED)
		pln_probe_saw_at(&prove->seen, (uint16_t)pln_home_of_flow(home, &answer.key),
		                 (uint16_t)stack);
	else
		pln_probe_saw(&prove->seen, &answer, (uint16_t)stack);
	return true;
}
