/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address conflict detection, RFC 5227: §2.1.1 probing, §2.3 announcing, §2.4 defence. Full is the RFC to the letter, with method
 * (b) of §2.4: defend once, give up when it happens again within ten seconds. Detect is for programs that cannot wait for the first
 * byte: the address is used while it is asked for, and §2.4's method (c) never gives it up. Who answered a probe of an address in
 * use was there first: it is not fought, and no announcement follows. Who used an address that is given up is told by stack/poll,
 * which hears of it by pln_ip_find_parting.
 */
#include "ip/acd.h"

#include "ip/arp.h"
#include "ip/ip.h"

/* RFC 5227 §1.1. */
#define PROBE_WAIT_MS        1000U
#define PROBE_NUM            3U
#define PROBE_MIN_MS         1000U
#define PROBE_MAX_MS         2000U
#define ANNOUNCE_WAIT_NS     (2 * PLN_NS_PER_S)
#define ANNOUNCE_NUM         2U
#define ANNOUNCE_INTERVAL_NS (2 * PLN_NS_PER_S)
#define DEFEND_INTERVAL_NS   (10 * PLN_NS_PER_S)

static const char *const mode_names[] = { "off", "detect", "full" };

const char *
pln_acd_mode_name(unsigned int mode)
{
	return mode < PLN_ARRAY_LEN(mode_names) ? mode_names[mode] : NULL;
}

static void
wait(struct pln_acd *acd, struct pln_ip *ip, uint64_t ns)
{
	pln_env_arm(ip->env, &acd->timer, ip->env->now + ns);
}

static uint64_t
random_ns(struct pln_ip *ip, uint32_t min_ms, uint32_t max_ms)
{
	uint32_t us = (max_ms - min_ms) * 1000;

	return min_ms * PLN_NS_PER_MS + pln_rand_below(&ip->env->rng, us + 1) * PLN_NS_PER_US;
}

static void
set_state(struct pln_acd *acd, struct pln_ip *ip, enum pln_addr_state state)
{
	acd->state = (uint8_t)state;
	ip->generation++; /* paths choose their source again */
}

/* §2.1.1: "spaced randomly and uniformly, PROBE_MIN to PROBE_MAX seconds apart". */
static void
probe(struct pln_acd *acd, struct pln_ip *ip)
{
	acd->probes--;
	pln_arp_probe(ip, acd->addr);
	wait(acd, ip,
	     acd->probes > 0 ? random_ns(ip, PROBE_MIN_MS, PROBE_MAX_MS) : ANNOUNCE_WAIT_NS);
}

static void
announce(struct pln_acd *acd, struct pln_ip *ip)
{
	acd->announces--;
	pln_arp_announce(ip, acd->addr);
	if (acd->announces > 0)
		wait(acd, ip, ANNOUNCE_INTERVAL_NS);
}

static void
on_timer(struct pln_timer *timer, void *room)
{
	struct pln_acd *acd = PLN_CONTAINER_OF(timer, struct pln_acd, timer);
	struct pln_ip *ip = room;

	if (acd->probes > 0) {
		probe(acd, ip);
		return;
	}
	acd->checked = true;
	if (acd->state == PLN_ADDR_PROBING)
		set_state(acd, ip, PLN_ADDR_USABLE);
	announce(acd, ip);
}

void
pln_acd_start(struct pln_acd *acd, struct pln_ip *ip, struct pln_be32 addr, enum pln_acd_mode mode)
{
	*acd = (struct pln_acd){
		.addr = addr,
		.mode = (uint8_t)mode,
		.state = PLN_ADDR_USABLE,
		.timer = { .fire = on_timer, .room = ip },
	};
	if (mode == PLN_ACD_OFF)
		return;
	acd->probes = PROBE_NUM;
	acd->announces = ANNOUNCE_NUM;
	if (mode == PLN_ACD_DETECT) {
		probe(acd, ip);
		return;
	}
	acd->state = PLN_ADDR_PROBING;
	wait(acd, ip, random_ns(ip, 0, PROBE_WAIT_MS));
}

void
pln_acd_stop(struct pln_acd *acd, struct pln_ip *ip)
{
	acd->probes = 0;
	acd->announces = 0;
	pln_env_cancel(ip->env, &acd->timer);
}

static void
give_up(struct pln_acd *acd, struct pln_ip *ip)
{
	pln_acd_stop(acd, ip);
	acd->parting = acd->state == PLN_ADDR_USABLE;
	ip->parting += acd->parting;
	set_state(acd, ip, PLN_ADDR_CONFLICT);
	pln_counters_inc(&ip->env->counters, PLN_ARP_ADDR_LOST);
}

void
pln_acd_lose(struct pln_acd *acd, struct pln_ip *ip)
{
	if (acd->state != PLN_ADDR_CONFLICT)
		give_up(acd, ip);
}

/* §2.4: one announcement, and no other for DEFEND_INTERVAL: two hosts that both defend must not flood the link. */
static void
defend(struct pln_acd *acd, struct pln_ip *ip)
{
	if (acd->defended_ns != 0 && ip->env->now - acd->defended_ns < DEFEND_INTERVAL_NS)
		return;
	acd->defended_ns = ip->env->now;
	pln_arp_announce(ip, acd->addr);
	pln_counters_inc(&ip->env->counters, PLN_ARP_DEFENDED);
}

void
pln_acd_conflict(struct pln_acd *acd, struct pln_ip *ip, const struct pln_mac *rival)
{
	bool again = acd->conflicts > 0 && ip->env->now - acd->conflict_ns < DEFEND_INTERVAL_NS;

	acd->conflicts++;
	acd->rival = *rival;
	acd->conflict_ns = ip->env->now;
	if (acd->mode == PLN_ACD_OFF)
		return;
	if (acd->state == PLN_ADDR_PROBING || (acd->mode == PLN_ACD_FULL && again))
		give_up(acd, ip);
	else if (!acd->checked)
		pln_acd_stop(acd, ip);
	else
		defend(acd, ip);
}
