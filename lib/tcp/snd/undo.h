/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Was it for nothing? Evidence that what was sent again had arrived: D-SACK (RFC 2883, RFC 3708), timestamps (Eifel, RFC 3522), and F-RTO
 * (RFC 5682) after a timeout. What is taken back then is the connection's.
 */
#ifndef POLLEN_TCP_SND_UNDO_H
#define POLLEN_TCP_SND_UNDO_H

#include "wire/seq.h"
#include "wire/tcp_opts.h"

PLN_C_BEGIN

enum pln_frto {
	PLN_FRTO_OFF,
	PLN_FRTO_RESENT, /* the first segment was sent again, and nothing else (step 1) */
	PLN_FRTO_NEW,    /* new data goes instead of what is lost (step 2b) */
};

struct pln_undo {
	uint32_t cwnd, ssthresh; /* before the window was reduced */
	uint32_t start, end;     /* SND.UNA and SND.NXT of that moment */
	uint32_t pending;        /* bytes sent again since, of which no duplicate was reported */
	uint32_t tsval;          /* timestamp of the first of them, with `timed` */
	bool armed;              /* the fields above are valid */
	bool timed;              /* the next ACK of new data tells by its echo */
	uint8_t frto;            /* enum pln_frto */
};

/* The window is about to be reduced. `anew`: it was not in a recovery already; else what is remembered of it stays. */
void pln_undo_arm(struct pln_undo *undo, uint32_t una, uint32_t nxt, bool anew);

/* Bytes were sent again; `tsval` is what their timestamp says, `timed`: they have one. */
void pln_undo_resent(struct pln_undo *undo, uint32_t bytes, uint32_t tsval, bool timed);

/* The peer has this block twice. Answers whether that was the last of what was sent again: nothing of it was needed. */
bool pln_undo_dsack(struct pln_undo *undo, const struct pln_sack_block *block);

/* An ACK of new data echoes `tsecr`. Answers whether it is older than what was sent again. Tells once. */
bool pln_undo_echo(struct pln_undo *undo, uint32_t tsecr);

/* RFC 5682 §2.1: an ACK after the timeout. */
struct pln_frto_ack {
	bool advances; /* it acknowledges new data */
	bool all;      /* everything that was outstanding at the timeout */
	bool original; /* something that was not sent again was delivered */
	bool has_new;  /* there is data never sent that the peer's window takes */
};

/* Answers whether the timeout was spurious. */
bool pln_undo_frto(struct pln_undo *undo, const struct pln_frto_ack *ack);

PLN_C_END

#endif
