/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is an address of ours anybody else's? (RFC 5227) Each address is asked for, announced, watched and defended by a small machine of
 * its own; ip/arp tells it what was heard.
 *
 *           off:  used at once; announced once; conflicts are counted
 *        detect:  used at once; 3 probes, 2 announcements beside it; defended every 10 s at most
 *          full:  PROBING --3 probes, 2 s without an answer--> USABLE --2 announcements--> watched
 *                    |                                           |
 *                    +--------- somebody else has it ------------+-- twice in 10 s --> CONFLICT
 */
#ifndef POLLEN_IP_ACD_H
#define POLLEN_IP_ACD_H

#include <pollen/stack.h>

#include "base/bytes.h"
#include "base/env.h"

PLN_C_BEGIN

enum pln_acd_mode {
	PLN_ACD_OFF = 0,
	PLN_ACD_DETECT,
	PLN_ACD_FULL,
};

struct pln_ip;

struct pln_acd {
	struct pln_be32 addr;
	uint8_t mode;              /* enum pln_acd_mode */
	uint8_t state;             /* enum pln_addr_state */
	uint8_t probes, announces; /* still to be sent */
	bool checked;              /* all probes went unanswered */
	bool parting;              /* given up, and who used it has not been told yet */
	uint32_t conflicts;        /* packets of others who use it */
	struct pln_mac rival;      /* who sent the last one */
	uint64_t conflict_ns;      /* when that was */
	uint64_t defended_ns;      /* when it was last answered; 0: never */
	struct pln_timer timer;    /* the next probe or announcement */
};

/* The modes by name: "off", "detect", "full". NULL behind the last. */
const char *pln_acd_mode_name(unsigned int mode);

/* Begin with a new address, which stays where it is from now on. */
void pln_acd_start(struct pln_acd *acd, struct pln_ip *ip, struct pln_be32 addr,
                   enum pln_acd_mode mode);
void pln_acd_stop(struct pln_acd *acd, struct pln_ip *ip);

/* Somebody else, `rival`, uses the address, or probes for it while we do. */
void pln_acd_conflict(struct pln_acd *acd, struct pln_ip *ip, const struct pln_mac *rival);

/* Another stack of ours, which watches the address for all, has given it up: so does this one, once. */
void pln_acd_lose(struct pln_acd *acd, struct pln_ip *ip);

/* May packets still leave from the address? While it is given up resets may (RFC 5227 §2.4). */
static inline bool
pln_acd_may_send(const struct pln_acd *acd)
{
	return acd->state == PLN_ADDR_USABLE || acd->parting;
}

PLN_C_END

#endif
