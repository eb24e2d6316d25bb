/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explicit congestion notification (RFC 3168): a router that would have dropped a packet marks it instead (CE), the receiver says so on every
 * ACK (ECE) until the sender has answered that it slowed down (CWR). Here is who asked, who agreed, and what is owed; what slowing
 * down means is congestion control's.
 */
#ifndef POLLEN_TCP_EXT_ECN_H
#define POLLEN_TCP_EXT_ECN_H

#include "wire/tcp_hdr.h"

PLN_C_BEGIN

/* The values of the stack's option, Linux' numbers. */
enum pln_ecn_mode {
	PLN_ECN_OFF = 0,
	PLN_ECN_ASK = 1,   /* our SYNs ask, and who asks is agreed with */
	PLN_ECN_AGREE = 2, /* who asks is agreed with */
};

#define PLN_ECN_PAST 8U /* changes of marks within one turn that are told one by one */

/* What is to be acknowledged before anything else: it came before the marks changed. */
struct pln_ecn_past {
	uint32_t ack;
	bool marked;
};

struct pln_ecn {
	bool asks;  /* our SYN is an ECN-setup SYN */
	bool on;    /* both have agreed */
	bool exact; /* the echo says which bytes came marked (RFC 8257 §3.2) */
	bool echoes; /* CE was seen: ECE goes on every ACK until CWR comes; with `exact`: the last packet was marked */
	bool owes_cwr;    /* we have slowed down: CWR goes on the next new data */
	uint8_t n_past;   /* entries of past, oldest first */
	uint32_t reduced; /* SND.NXT when we last did */
	struct pln_ecn_past past[PLN_ECN_PAST];
};

/* A connection begins: `iss` is its initial send sequence number. `exact`: congestion control cannot do without (RFC 8257), so it asks
 * where it would only agree. */
void pln_ecn_init(struct pln_ecn *ecn, enum pln_ecn_mode mode, bool exact, uint32_t iss);

/* Flags of our SYN, or SYN,ACK. */
uint8_t pln_ecn_syn_flags(const struct pln_ecn *ecn, bool answer);

/* The peer's SYN has these flags, or its SYN,ACK. */
void pln_ecn_syn(struct pln_ecn *ecn, enum pln_ecn_mode mode, uint8_t flags);
void pln_ecn_syn_ack(struct pln_ecn *ecn, uint8_t flags);

/* Data is about to be taken, in a packet with this DS field. Is it marked where the last was not, or the other way round, and is that told
 * exactly? */
bool pln_ecn_turns(const struct pln_ecn *ecn, uint8_t tos);

/* What came so far, up to RCV.NXT, which is not acknowledged yet, is to be with the echo that holds now. */
void pln_ecn_remember(struct pln_ecn *ecn, uint32_t rcv_nxt);

/* The oldest of it has been acknowledged. */
void pln_ecn_told(struct pln_ecn *ecn);

/* Data inside the window came, with these flags and in a packet with this DS field. Was it marked? */
bool pln_ecn_rx(struct pln_ecn *ecn, uint8_t flags, uint8_t tos);

/* An ACK of `seq` has ECE: is it the first of its window of data? */
bool pln_ecn_is_news(const struct pln_ecn *ecn, uint32_t seq);

/* The congestion window was made smaller, for whatever reason; SND.NXT is `nxt`. */
void pln_ecn_reduced(struct pln_ecn *ecn, uint32_t nxt);

/* Flags of a segment behind the SYN; `fresh`: it has data, and none that was sent before. */
uint8_t pln_ecn_flags(const struct pln_ecn *ecn, bool fresh);

/* The DS field it travels with: `tos`, and ECT(0) where it may be marked. */
uint8_t pln_ecn_tos(const struct pln_ecn *ecn, uint8_t tos, bool fresh);

PLN_C_END

#endif
