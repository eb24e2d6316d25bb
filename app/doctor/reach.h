/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to a host: ARP of the next hop, three echoes, and how large a packet it carries both ways. Stepped between turns, by the
 * stack's clock.
 */
#ifndef POLLEN_APP_DOCTOR_REACH_H
#define POLLEN_APP_DOCTOR_REACH_H

#include <pollen/icmp.h>

#include "doctor/finding.h"

PLN_C_BEGIN

#define REACH_ECHOES 3

struct reach {
	struct pln_stack *stack;
	struct pln_addr target, hop;
	enum reach_phase {
		REACH_START,
		REACH_ARP,
		REACH_PING,
		REACH_MTU,
		REACH_AGAIN, /* is the way there still, behind large packets that were lost? */
		REACH_OVER
	} phase;
	uint64_t since; /* ns: when the phase began, or the last echo was sent */
	bool no_route;
	struct pln_neigh_info neigh;    /* of the next hop */
	uint16_t sent;                  /* echoes so far: the next one's number */
	uint64_t sent_ns[REACH_ECHOES]; /* of the first ones; 0: answered, or not sent */
	unsigned int replies;
	uint64_t rtt_ns;    /* the shortest */
	uint16_t carried;   /* bytes of IP packet that went both ways in one piece */
	uint16_t limit;     /* the largest that may yet do so */
	uint16_t trying;    /* bytes of the echo that is out; 0: none */
	unsigned int tries; /* of this size */
	uint64_t fragments; /* datagrams put together before it was sent */
	bool is_stuck;      /* nothing was answered any more, after large packets were lost */
	bool told;          /* a router said how much its next link carries */
	uint16_t mtu;       /* our link's */
};

void reach_init(struct reach *reach, struct pln_stack *stack, const struct pln_addr *target);

/** After each turn, before the flush. @return true when it is over: ARP and ping, and the MTU where it was begun */
bool reach_step(struct reach *reach, uint64_t now);

/**
 * Go on with the MTU, if there were replies. It comes last: a kernel's packet ring may send a frame that is too long for the next link
 * over and over, and nothing else any more.
 */
void reach_begin_mtu(struct reach *reach, uint64_t now);

/** Does the next hop answer ARP? What is to be tested behind it can be. */
bool reach_is_there(const struct reach *reach);

struct finding reach_judge_arp(const struct reach *reach);
struct finding reach_judge_ping(const struct reach *reach);
struct finding reach_judge_mtu(const struct reach *reach);

PLN_C_END

#endif
