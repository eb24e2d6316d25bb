/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judging an arrived segment. Every check of RFC 9293 §3.10.7 is a function that answers with a verdict; whoever calls the chain acts
 * on it, in one place. A check that has freed the connection answers PLN_VERDICT_GONE.
 */
#ifndef POLLEN_TCP_JUDGE_H
#define POLLEN_TCP_JUDGE_H

#include "tcp/conn.h"

PLN_C_BEGIN

enum pln_verdict {
	PLN_VERDICT_CONTINUE,
	PLN_VERDICT_DONE,      /* nothing more to do with this segment */
	PLN_VERDICT_DROP,      /* count `reason` */
	PLN_VERDICT_ACK_DROP,  /* count it and answer with an ACK */
	PLN_VERDICT_CHALLENGE, /* count it and answer with a rate-limited ACK (RFC 5961) */
	PLN_VERDICT_RESET,     /* count it and answer with a reset; the connection stays */
	PLN_VERDICT_GONE,      /* the connection is gone */
};

/* The segment on trial. */
struct pln_judge {
	struct pln_tcp *tcp;
	struct pln_tcp_conn *c;
	struct pln_pkt *pkt;       /* NULL once a queue has taken it */
	const struct pln_seg *seg; /* a copy that stays when the packet goes */
	enum pln_drop reason;
};

/* Cut off what lies before RCV.NXT and behind the window; what is cut behind takes the FIN with it. */
void pln_judge_trim(struct pln_pkt *pkt, uint32_t nxt, uint32_t wnd);
/* Step 5 for synchronized states: what an acceptable ACK means (tcp/step_ack). */
enum pln_verdict pln_judge_ack(struct pln_judge *j);
/* Step 6: the urgent pointer (tcp/urgent). */
enum pln_verdict pln_judge_urg(struct pln_judge *j);
/* Steps 7 and 8: payload and FIN (tcp/step_text). */
enum pln_verdict pln_judge_text(struct pln_judge *j);
enum pln_verdict pln_judge_fin(struct pln_judge *j);
/* These bytes had arrived before: the next ACK tells, where that was agreed on (RFC 2883). */
void pln_judge_duplicate(struct pln_tcp_conn *c, struct pln_sack_block dup);
/* §3.10.7.3 (tcp/synsent). */
enum pln_verdict pln_judge_syn_sent(struct pln_judge *j);

PLN_C_END

#endif
