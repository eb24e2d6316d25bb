/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stack counts conflicts and acts on them (its option "acd"); here they become sentences. Warnings come no oftener than the
 * stack defends itself (RFC 5227 §1.1, DEFEND_INTERVAL): a rival that talks all the time must not fill the screen.
 */
#include "common/conflict.h"

#include <errno.h>
#include <stdio.h>

#include "common/fault.h"

#define DEFEND_INTERVAL_NS (10 * PLN_NS_PER_S)
#define MAC_TEXT_LEN       18

static void
format_mac(const struct pln_mac *mac, char text[MAC_TEXT_LEN])
{
	const uint8_t *m = mac->bytes;

	(void)snprintf(text, MAC_TEXT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
	               m[4], m[5]);
}

static void
warn(const struct pln_addr_info *info, struct pln_error *warning)
{
	char addr[PLN_ADDR_TEXT_LEN];
	char mac[MAC_TEXT_LEN];

	format_mac(&info->rival, mac);
	(void)fault_set(warning, -EADDRINUSE,
	                "another host on this link, %s, uses our address %s too: connections may "
	                "break. Choose another address.",
	                mac, pln_addr_format(&info->addr, addr));
}

bool
conflict_look(struct conflict *conflict, const struct pln_stack *stack, uint64_t now,
              struct pln_error *warning)
{
	struct pln_addr_info info = { .size = sizeof(info) };
	struct pln_addr_info last = { 0 };
	uint32_t sum = 0;

	while (pln_stack_addr_next(stack, &info.addr, &info) == 0) {
		sum += info.conflicts;
		if (info.state == PLN_ADDR_CONFLICT)
			conflict->is_lost = true;
		else if (info.conflicts > 0 && info.conflict_ns >= last.conflict_ns)
			last = info;
	}
	if (sum == conflict->seen || last.size == 0 || now < conflict->next_ns)
		return false;
	conflict->seen = sum;
	conflict->next_ns = now + DEFEND_INTERVAL_NS;
	warn(&last, warning);
	return true;
}

bool
conflict_explain(const struct pln_stack *stack, struct pln_error *error)
{
	struct pln_addr_info info = { .size = sizeof(info) };
	char addr[PLN_ADDR_TEXT_LEN];
	char mac[MAC_TEXT_LEN];

	while (pln_stack_addr_next(stack, &info.addr, &info) == 0) {
		if (info.state != PLN_ADDR_CONFLICT)
			continue;
		format_mac(&info.rival, mac);
		fault_add(error,
		          "Our address %s was given up: another host on this link, %s, uses it. "
		          "Choose another address.",
		          pln_addr_format(&info.addr, addr), mac);
		return true;
	}
	return false;
}
