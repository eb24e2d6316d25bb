/* SPDX-License-Identifier: BSD-3-Clause */
/* The public calls of <pollen/arp.h>: ARP in a program's own words (RFC 826, RFC 5227), and what is heard of others. */
#include <pollen/arp.h>

#include "stack/sized.h"
#include "stack/stack.h"

static const struct pln_mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct pln_mac nobody;

int
pln_arp_send(struct pln_stack *stack, const struct pln_arp_args *args)
{
	struct pln_arp_hdr hdr = { .opcode = PLN_ARP_REQUEST };
	struct pln_arp_args own = { 0 };
	int ret = pln_sized_take(&own, sizeof(own), args);

	if (ret == 0)
		ret = pln_stack_take_ip4(&own.target, &hdr.tpa);
	if (ret == 0 && own.sender.family != PLN_FAMILY_NONE)
		ret = pln_stack_take_ip4(&own.sender, &hdr.spa);
	if (ret != 0)
		return ret;
	if (own.is_reply)
		hdr.opcode = PLN_ARP_REPLY;
	hdr.tha = own.target_mac;
	return pln_arp_watch_send(&stack->ip, &hdr,
	                          memcmp(&own.to, &nobody, sizeof(nobody)) == 0 ? &everybody
	                                                                        : &own.to);
}

void
pln_arp_listen(struct pln_stack *stack, bool on)
{
	pln_arp_watch_set(&stack->arp_watch, on);
}

unsigned int
pln_arp_events(struct pln_stack *stack, struct pln_arp_event *events, unsigned int max)
{
	return pln_arp_watch_take(&stack->arp_watch, events, max);
}
