/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies (RFC 4987 §3.6): what must be kept of a SYN is put into the initial sequence number of the SYN,ACK, and into its timestamp
 * where the peer has them, under a keyed hash. The ACK brings it back, so nothing is kept meanwhile.
 */
#ifndef POLLEN_TCP_EXT_COOKIE_H
#define POLLEN_TCP_EXT_COOKIE_H

#include "base/siphash.h"
#include "wire/seq.h"
#include "wire/tcp_hdr.h"

PLN_C_BEGIN

/* A cookie is good in the period it was made in and in the one behind it: for 1 to 2 periods. */
#define PLN_COOKIE_PERIOD_NS (60 * PLN_NS_PER_S)
#define PLN_COOKIE_NO_WSCALE 15U

/* The values of the stack's option, Linux' numbers. */
enum pln_cookie_mode {
	PLN_COOKIE_NEVER = 0,
	PLN_COOKIE_WHEN_FULL = 1, /* where there is no room for another half-open connection */
	PLN_COOKIE_ALWAYS = 2,    /* no half-open connection is kept at all */
};

/* What is kept of a SYN. */
struct pln_cookie_syn {
	uint16_t mss;   /* as announced or, out of a cookie, at most that; 0: none was */
	bool ts;        /* it has timestamps; without them the rest is not kept */
	uint8_t wscale; /* 0 to 14, or PLN_COOKIE_NO_WSCALE */
	bool sack, ecn; /* offered; asked for */
};

/* Whose cookie, and when. */
struct pln_cookie_flow {
	const void *tuple; /* the flow's key as bytes, any fixed layout */
	size_t len;        /* at most 16 */
	uint32_t irs;      /* the peer's initial sequence number */
	uint64_t now;      /* ns */
};

/* The key, from a stack's secret. */
struct pln_siphash_key pln_cookie_key(const struct pln_siphash_key *secret);

/* The initial sequence number of the SYN,ACK. */
uint32_t pln_cookie_make(const struct pln_siphash_key *key, const struct pln_cookie_flow *flow,
                         const struct pln_cookie_syn *syn);

/* Was this initial sequence number made for this flow, not long ago? `syn` has what came back in the timestamp (pln_cookie_take_ts); the
 * MSS is filled in. */
bool pln_cookie_check(const struct pln_siphash_key *key, const struct pln_cookie_flow *flow,
                      uint32_t cookie, struct pln_cookie_syn *syn);

/* The TSval of the SYN,ACK: the last one up to `clock` that says what is kept. It is at most 63 ticks older. */
uint32_t pln_cookie_tsval(uint32_t clock, const struct pln_cookie_syn *syn);

/* What an echo of it says. */
void pln_cookie_take_ts(uint32_t tsecr, struct pln_cookie_syn *syn);

PLN_C_END

#endif
