/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of BBR share: its state, which lies in pln_cc.priv, and who does what. cc/bbr: the operations, and what follows from the
 * model: pacing rate, window. cc/bbr_model: what is known of the path. cc/bbr_cycle: the state machine. Names are the draft's
 * (draft-ietf-ccwg-bbr-06), a §N is one of its.
 */
#ifndef POLLEN_TCP_CC_BBR_H
#define POLLEN_TCP_CC_BBR_H

#include "tcp/cc/cc.h"
#include "tcp/snd/rate.h"

PLN_C_BEGIN

#define PLN_BBR_INFINITY  UINT32_MAX
#define PLN_BBR_BW_SHIFT  3U  /* bandwidths are in 8 bytes/s: 274 Gbit/s in 32 bits */
#define PLN_BBR_RTT_SHIFT 4U  /* round trips are in 16 ns: 68 s */
#define PLN_BBR_BETA      70U /* %: BBR.Beta */

enum pln_bbr_state {
	PLN_BBR_STARTUP,
	PLN_BBR_DRAIN,
	PLN_BBR_DOWN, /* from here to UP: ProbeBW */
	PLN_BBR_CRUISE,
	PLN_BBR_REFILL,
	PLN_BBR_UP,
	PLN_BBR_PROBE_RTT,
	PLN_BBR_NONE, /* undo_state alone */
};

/* BBR.ack_phase (§2.14): what the ACKs tell of that come now. */
enum pln_bbr_phase {
	PLN_BBR_ACKS_INIT,
	PLN_BBR_ACKS_REFILLING,
	PLN_BBR_ACKS_STARTING,
	PLN_BBR_ACKS_FEEDBACK,
	PLN_BBR_ACKS_STOPPING,
};

struct pln_bbr {
	uint32_t max_bw[2]; /* BBR.max_bw_filter: of this cycle, of the one before */
	uint32_t bw_shortterm, bw_latest, full_bw, undo_bw_shortterm;
	uint32_t inflight_longterm, inflight_shortterm,
		inflight_latest; /* bytes, as what follows */
	uint32_t undo_longterm, undo_shortterm, prior_cwnd;
	uint32_t delivered; /* C.delivered, as of the last ACK */
	uint32_t next_round_delivered, loss_round_delivered;
	uint32_t probe_up_acked, probe_up_acked_per_inc;
	uint32_t extra_delivered,
		extra[2];     /* BBR.extra_acked: of these five rounds, of those before */
	uint32_t extra_start; /* when its interval began, 1024 ns */
	uint32_t min_rtt, probe_rtt_min_delay;
	uint32_t min_rtt_stamp, probe_rtt_min_stamp, probe_rtt_done_stamp, cycle_stamp; /* ms */
	uint32_t lost_end;      /* where the last transmission found lost ended */
	uint16_t bw_probe_wait; /* ms */
	uint8_t rounds;         /* BBR.round_count, modulo 256 */
	uint8_t drain_start_round, extra_rounds, rounds_since_probe_up, bw_probe_up_rounds;
	uint8_t full_bw_count;
	uint8_t losses;                       /* stretches found lost in this round, at most 255 */
	uint8_t state, undo_state, ack_phase; /* enum pln_bbr_state, _phase */
	bool begun : 1;                       /* the first sample has come */
	bool round_start : 1, loss_round_start : 1, loss_in_round : 1;
	bool full_bw_reached : 1, full_bw_now : 1, idle_restart : 1, bw_probe_sample : 1;
	bool prev_probe_too_high : 1, prev_probe_precautionary : 1;
	bool probe_rtt_expired : 1, probe_rtt_round_done : 1;
	bool cwnd_limited : 1, cwnd_limited_before : 1; /* in this round; in the one before */
	bool recovering : 1;
	bool selective : 1; /* C.has_selective_acks */
};

/* One ACK as BBR's steps see it. */
struct pln_bbr_ack {
	struct pln_cc *cc;
	struct pln_bbr *q;
	const struct pln_rate_sample *rs;
	uint64_t now;
	uint32_t ms;     /* now */
	uint32_t bw;     /* RS.delivery_rate, 0: none */
	uint32_t flight; /* C.inflight, after it */
	uint32_t smss;
};

static inline struct pln_bbr *
pln_bbr_of(struct pln_cc *cc)
{
	return (struct pln_bbr *)cc->priv;
}

static inline bool
pln_bbr_in_probe_bw(const struct pln_bbr *q)
{
	return q->state >= PLN_BBR_DOWN && q->state <= PLN_BBR_UP;
}

static inline uint32_t
pln_bbr_ms(uint64_t now)
{
	return (uint32_t)(now / PLN_NS_PER_MS);
}

/* Has a point in time, ms, passed? */
static inline bool
pln_bbr_passed(uint32_t ms, uint32_t point)
{
	return (int32_t)(ms - point) > 0;
}

/* cc/bbr_model. */
uint32_t pln_bbr_max_bw(const struct pln_bbr *q);
uint32_t pln_bbr_bw(const struct pln_bbr *q); /* BBR.bw */
/* BDPMultiple and Inflight (§5.6.4.2): bytes at `bw` for `percent` of a round trip, the second with room for bursts. */
uint32_t pln_bbr_bdp(const struct pln_cc *cc, uint32_t bw, uint32_t percent);
uint32_t pln_bbr_inflight(const struct pln_bbr_ack *a, uint32_t bw, uint32_t percent);
uint32_t pln_bbr_quantization(const struct pln_bbr_ack *a, uint64_t bytes);
uint32_t pln_bbr_target(struct pln_cc *cc); /* TargetInflight (§5.3.3.8) */
void pln_bbr_start_round(struct pln_bbr *q);
void pln_bbr_reset_signals(struct pln_bbr *q);
void pln_bbr_reset_short_term(struct pln_bbr *q);
void pln_bbr_reset_full_bw(struct pln_bbr *q, uint32_t bw);
void pln_bbr_save_cwnd(struct pln_cc *cc);
void pln_bbr_note_loss(struct pln_cc *cc);
void pln_bbr_save_state(struct pln_cc *cc);
bool pln_bbr_too_high(const struct pln_bbr *q, uint32_t lost, uint32_t in_flight);
/* The first and the last of an ACK's steps that are the model's. */
void pln_bbr_signals(const struct pln_bbr_ack *a);
void pln_bbr_advance(const struct pln_bbr_ack *a);
void pln_bbr_update_min_rtt(const struct pln_bbr_ack *a);

/* cc/bbr_cycle. */
void pln_bbr_enter_startup(struct pln_bbr *q);
void pln_bbr_step(const struct pln_bbr_ack *a); /* all steps of the state machine for an ACK */
void pln_bbr_lost(struct pln_cc *cc, const struct pln_cc_lost *lost);
void pln_bbr_too_high_now(struct pln_cc *cc, uint32_t in_flight, uint64_t now);
void pln_bbr_marked(struct pln_cc *cc, const struct pln_ack *ack);
void pln_bbr_check_probe_rtt_done(struct pln_cc *cc, uint64_t now);
void pln_bbr_undo(struct pln_cc *cc);
uint32_t pln_bbr_probe_rtt_cwnd(const struct pln_bbr_ack *a);
uint32_t pln_bbr_headroom(const struct pln_bbr *q, uint32_t smss); /* InflightWithHeadroom */

PLN_C_END

#endif
