/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo requests at an interval, replies as they come. It is stepped between turns; the clock is the stack's. */
#ifndef POLLEN_APP_PING_PING_H
#define POLLEN_APP_PING_PING_H

#include <pollen/icmp.h>

#include "common/hdr.h"
#include "ping/names.h"
#include "ping/options.h"
#include "ping/tally.h"

PLN_C_BEGIN

#define PING_SEQUENCES 65536
#define PING_SIZE_MAX  65507 /* payload bytes that an IP packet holds */

/* What became of a request. */
enum ping_state {
	PING_UNKNOWN, /* not sent */
	PING_WAITING, /* for ARP */
	PING_SENT,    /* no answer yet */
	PING_ANSWERED,
	PING_REFUSED, /* an error came */
};

struct ping {
	const struct ping_options *options;
	struct pln_stack *stack;
	struct pln_addr addr;
	struct pln_addr source; /* ours */
	const char *name;       /* the target's, for the first line and the summary */
	FILE *out;
	FILE *err;
	struct tally tally;
	struct names names;
	struct hdr *hdr; /* of all round trips; NULL when neither --hdr nor --json asks for it */
	uint16_t id;
	uint16_t acked; /* the latest sequence number that was answered */
	uint8_t *payload;
	uint8_t *answer;   /* room for a payload */
	uint64_t *sent_at; /* ns by sequence number; PING_SEQUENCES of them */
	uint8_t *state;    /* by sequence number: enum ping_state */
	uint64_t interval_ns;
	uint64_t tokens;    /* ns of sending time saved up: preload */
	uint64_t not_after; /* ns: the end that -w sets */
	uint64_t end;       /* ns: after the last echo, PLN_NEVER before */
	uint16_t path_mtu;  /* bytes: what a router said, or the link's */
	uint16_t width;     /* columns of the terminal: more dots are not printed */
	bool is_broadcast;  /* -b, and the target is one */
	bool has_told_arp;
};

/* A reply, and what there is to say of it. */
struct ping_reply {
	const struct pln_icmp_event *event;
	const uint8_t *data; /* payload bytes */
	size_t len;
	uint64_t rtt_ns;
	bool is_duplicate;
	bool is_late;      /* behind the reply to a later request */
	bool is_truncated; /* shorter than what was sent */
	int wrong_at;      /* the first byte that is not what was sent, -1 for none */
};

/**
 * @param addr  the target's
 * @param name  its name, as it is printed; must stay
 * @return 0 or -ENOMEM; to be freed in both cases
 */
int ping_init(struct ping *ping, const struct ping_options *options, struct pln_stack *stack,
              const struct pln_addr *addr, const char *name);

/** Take one reply or error: count it, print it. */
void ping_take(struct ping *ping, const struct pln_icmp_event *event, const uint8_t *data,
               size_t len);

/**
 * After each turn, before the flush: print replies, send what is due.
 *
 * @return true when it is over
 */
bool ping_step(struct ping *ping, uint64_t now);

/** 0: replies came; 1: none, or fewer than asked for before the deadline. */
int ping_exit_code(const struct ping *ping);

void ping_free(struct ping *ping);

PLN_C_END

#endif
