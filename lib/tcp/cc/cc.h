/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion control as a constant table of operations and a few opaque words of state, embedded in
 * the connection. A new algorithm is one file and one line in cc.c. Windows are bytes. Loss
 * recovery (tcp/recovery) tells what happened; an algorithm answers with cwnd and ssthresh.
 */
#ifndef POLLEN_TCP_CC_CC_H
#define POLLEN_TCP_CC_CC_H

#include "tcp/ack.h"

PLN_C_BEGIN

/* No window can be larger: 65535 << 14 (RFC 7323 §2.3). */
#define PLN_CC_CWND_MAX (UINT32_C(1) << 30)

struct pln_cc;
struct pln_rate_sample; /* snd/rate */

/* A transmission that was found lost. Bytes. */
struct pln_cc_lost {
	uint64_t now;
	uint32_t start, bytes;
	uint32_t in_flight; /* when it was sent, itself included */
	uint32_t lost;      /* since then, itself included */
	bool app_limited;   /* it was sent when the application had not filled the path */
};

struct pln_cc_ops {
	const char *name;
	bool validates; /* its window says what the path carries: not for longer than it was filled (RFC 7661) */
	bool exact_marks; /* wants to know of each byte whether it came marked (RFC 8257): ECN is asked for */
	void (*init)(struct pln_cc *cc);
	/* New data was acknowledged outside recovery: grow (RFC 5681 §3.1). */
	void (*on_ack)(struct pln_cc *cc, const struct pln_ack *ack);
	/* New data was acknowledged, in recovery too, before the others hear of it: ack->ece says whether it came marked. NULL: never mind. */
	void (*on_marks)(struct pln_cc *cc, const struct pln_ack *ack);
	/* Loss was detected by duplicate ACKs: lower ssthresh, once per window (RFC 5681 §3.2
	 * steps 2 and 3). ack->flight_before is FlightSize, without what limited transmit has
	 * sent. */
	void (*on_loss)(struct pln_cc *cc, const struct pln_ack *ack);
	/* A router marked data instead of dropping it: lower ssthresh and cwnd, once per window (RFC 3168 §6.1.2). */
	void (*on_ecn)(struct pln_cc *cc, const struct pln_ack *ack);
	/* The retransmission timer fired; `first`: for this data for the first time (RFC 5681
	 * §3.1, equation 4). */
	void (*on_rto)(struct pln_cc *cc, uint32_t flight, uint32_t smss, bool first);
	/* Recovery ended (RFC 6582 §3.2 step 3, full acknowledgment). */
	void (*on_recovered)(struct pln_cc *cc, const struct pln_ack *ack);
	/* What on_loss or on_rto last answered to was no loss: cwnd and ssthresh have been restored, restore the rest (RFC 9438
	 * §4.9). NULL: there is no rest. */
	void (*on_undo)(struct pln_cc *cc);
	/*
	 * Of an algorithm that has a model of the path: NULL all three, or none. Its data is paced, and cwnd is its own at all times:
	 * recovery leaves it alone, and on_ack has nothing to do.
	 */
	/* An ACK delivered something, and recovery has drawn its conclusions. */
	void (*on_rate)(struct pln_cc *cc, const struct pln_ack *ack,
	                const struct pln_rate_sample *rs);
	/* A transmission was found lost. */
	void (*on_lost)(struct pln_cc *cc, const struct pln_cc_lost *lost);
	/* Data is about to leave, nothing is in flight, and the application made it so. */
	void (*on_restart)(struct pln_cc *cc, uint64_t now);
};

struct pln_cc {
	const struct pln_cc_ops *ops;
	uint32_t cwnd;     /* bytes */
	uint32_t ssthresh; /* bytes */
	uint32_t iw;       /* initial window, bytes: the restart window's bound */
	bool holds_back; /* it sends less than the path takes, to see it without a queue: samples say nothing of the path */
	uint64_t
		pacing_rate; /* bytes/s, of an algorithm that knows better than cwnd a round trip; 0: none */
	uint64_t priv[16]; /* the algorithm's own */
};

/* min(segs × SMSS, max(2 × SMSS, segs × 1460)) of RFC 6928 §2, for segs = 10; 1 SMSS after a
 * lost SYN (RFC 5681 §3.1). */
uint32_t pln_cc_initial_window(uint32_t smss, uint32_t segs, bool syn_lost);

/* By name ("cubic", "newreno", "bbr", "dctcp"); NULL if there is none. */
const struct pln_cc_ops *pln_cc_find(const char *name);

void pln_cc_init(struct pln_cc *cc, const struct pln_cc_ops *ops, uint32_t iw);

/* Another algorithm takes over: the windows stay, what the one before knew goes. */
void pln_cc_change(struct pln_cc *cc, const struct pln_cc_ops *ops);

/* The last reduction was for nothing: the windows are what they were before it, or what they have grown to since. */
void pln_cc_undo(struct pln_cc *cc, uint32_t cwnd, uint32_t ssthresh);

/* Before cwnd is lowered because it was not used: ssthresh remembers what the path has carried, "ssthresh = max(ssthresh, 3*cwnd/4)" (RFC
 * 7661 §4.4.3, RFC 2861 §3.2): slow start leads back there. */
void pln_cc_remember(struct pln_cc *cc);

/* Idle for longer than the RTO: RW = min(IW, cwnd) (RFC 5681 §4.1). */
void pln_cc_idle(struct pln_cc *cc);

/* A further duplicate ACK in fast recovery: a segment has left the network, one more may enter
 * (RFC 6582 §3.2 step 4 by RFC 5681 §3.2 step 4). */
void pln_cc_inflate(struct pln_cc *cc, uint32_t smss);

/* A partial acknowledgment of `acked` bytes in fast recovery (RFC 6582 §3.2 step 3): what left
 * the network is taken off, the retransmission it causes is put back. */
void pln_cc_deflate(struct pln_cc *cc, uint32_t acked, uint32_t smss);

/* For algorithms, in slow start: cwnd += min (N, SMSS) (RFC 5681 §3.1, equation 2). */
void pln_cc_slow_start(struct pln_cc *cc, const struct pln_ack *ack);

/* For algorithms, when recovery has ended: min (ssthresh, max(FlightSize, SMSS) + SMSS) (RFC 6582 §3.2 step 3, full acknowledgments,
 * (1)): no burst when little is in flight. */
void pln_cc_recovered(struct pln_cc *cc, const struct pln_ack *ack);

/* For algorithms: cwnd + bytes, at most PLN_CC_CWND_MAX. */
void pln_cc_grow(struct pln_cc *cc, uint32_t bytes);

/* Has the algorithm a model of the path? */
static inline bool
pln_cc_models(const struct pln_cc *cc)
{
	return cc->ops->on_rate != NULL;
}

extern const struct pln_cc_ops pln_bbr_ops;
extern const struct pln_cc_ops pln_cubic_ops;
extern const struct pln_cc_ops pln_dctcp_ops;
extern const struct pln_cc_ops pln_newreno_ops;

PLN_C_END

#endif
