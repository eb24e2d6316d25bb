/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two phases of RFC 7661, and what is left of RFC 2861 (which it makes historic). Who may grow is decided here; by how much is the
 * algorithm's, the restart window of RFC 5681 §4.1 is in cc.c.
 *
 * Theory: cwnd stands for what the path carried when it was last filled. A sender that has less to say than that learns nothing about
 * the path: acknowledgments of a flight of two segments must not make a window of a hundred, and a window of a hundred that was not
 * used for a while may be far too large by now. So what was acknowledged in a round trip is held against the window: as long as it is
 * half of it or more, the window is validated and grows as ever; else it is not, and stays as it is, so that a burst after a pause
 * need not begin anew. After five minutes without proof it is halved. A loss meanwhile says that the window was too large: what then
 * counts is what was used of it, less what was sent again.
 *
 *     round trip    una ==== acknowledged: a sample ==== end ----> nxt
 *
 * A round trip is measured by sequence numbers: it began with SND.UNA and SND.NXT as they were, and is over when that SND.NXT is
 * acknowledged. The sample is held against cwnd of its beginning: those bytes were sent under that window.
 */
#include "tcp/cc/validate.h"

#define PERIOD_RTTS   3U /* §4.2: "max(3*RTT, 1 second)" */
#define PERIOD_LEAST  PLN_NS_PER_S
#define NON_VALIDATED (300 * PLN_NS_PER_S) /* §4.4: "The NVP SHOULD NOT exceed five minutes" */
#define HALVINGS      30U                  /* of more nothing would be left */

void
pln_validate_begin(struct pln_validate *v, uint32_t una)
{
	/* §4.3: at the start of a connection, and directly after loss recovery, pipeACK is undefined, the phase is validated. */
	*v = (struct pln_validate){ .una = una, .end = una, .on = v->on };
}

/* The maximum filter of §4.2 in two halves: a sample is remembered for half a sampling period at least, and for one at most. */
static void
turn_halves(struct pln_validate *v, uint64_t srtt_ns, uint64_t now)
{
	uint64_t period = PERIOD_RTTS * srtt_ns, half;

	half = (period > PERIOD_LEAST ? period : PERIOD_LEAST) / 2;
	if (now - v->half_ns < half)
		return;
	v->most[1] = now - v->half_ns < 2 * half ? v->most[0] : 0;
	v->most[0] = 0;
	v->half_ns = now;
}

/* §4.4.3: "ssthresh = max(ssthresh, 3*cwnd/4)" and "cwnd = max((1/2)*cwnd, IW)", for each period that is over. */
static void
decay(struct pln_validate *v, struct pln_cc *cc, uint64_t now)
{
	for (unsigned int i = 0; i < HALVINGS && now - v->since_ns >= NON_VALIDATED; i++) {
		uint32_t half = cc->cwnd / 2;

		v->since_ns += NON_VALIDATED;
		if (cc->cwnd <= cc->iw)
			continue;
		pln_cc_remember(cc);
		cc->cwnd = half > cc->iw ? half : cc->iw;
	}
}

/* §4.3: "Validated phase: pipeACK >= (1/2)*cwnd, or pipeACK is undefined". */
static void
judge(struct pln_validate *v, struct pln_cc *cc, uint32_t window, uint64_t now)
{
	uint32_t cwnd = window < cc->cwnd ? window : cc->cwnd;

	if (2 * (uint64_t)pln_validate_pipe(v) >= cwnd) {
		v->since_ns = 0;
		return;
	}
	if (v->since_ns == 0)
		v->since_ns = now;
	if (cc->ops->validates)
		decay(v, cc, now);
}

void
pln_validate_round(struct pln_validate *v, struct pln_cc *cc, const struct pln_ack *ack)
{
	bool began_idle = v->una == v->end;
	uint32_t sample = ack->seq - v->una, window = began_idle ? cc->cwnd : v->window;

	if (v->half_ns == 0)
		v->half_ns = ack->now;
	if (sample == 0 && ack->seq == ack->nxt)
		return; /* all that there was belongs to the recovery before */
	/* What was sent into an empty path is in flight by now: its end is the end of this round trip. */
	if (began_idle && ack->seq != ack->nxt) {
		v->end = ack->nxt;
		v->window = cc->cwnd;
		return;
	}
	turn_halves(v, ack->srtt_ns, ack->now);
	if (sample > v->most[0])
		v->most[0] = sample;
	judge(v, cc, window, ack->now);
	v->una = ack->seq;
	v->end = ack->nxt;
	v->window = cc->cwnd;
}

void
pln_validate_idle(struct pln_validate *v, struct pln_cc *cc, uint64_t idle_ns, uint64_t now)
{
	if (!v->on || v->half_ns == 0 || now - idle_ns < PERIOD_LEAST)
		return;
	/* All samples are older than a sampling period by then: the phase has begun without an ACK to say so. */
	v->most[0] = v->most[1] = 0;
	v->half_ns = now;
	if (v->since_ns == 0)
		v->since_ns = idle_ns + PERIOD_LEAST;
	if (cc->ops->validates)
		decay(v, cc, now);
}

uint32_t
pln_validate_loss(struct pln_validate *v, const struct pln_cc *cc, uint32_t flight, uint32_t resent)
{
	uint32_t pipe = pln_validate_pipe(v);

	if (v->since_ns == 0 || !cc->ops->validates)
		return flight;
	/* §4.4.1: "cwnd = (Max(pipeACK,LossFlightSize))/2". */
	v->loss_flight = flight > pipe ? flight : pipe;
	v->resent = resent;
	return v->loss_flight;
}

void
pln_validate_recovered(struct pln_validate *v, struct pln_cc *cc, const struct pln_ack *ack,
                       uint32_t resent)
{
	uint32_t again = resent - v->resent, left;

	/* §4.4.1: "cwnd = ((Max(pipeACK,LossFlightSize) - R)/2)", R being what had to be sent again. */
	if (v->loss_flight != 0) {
		left = v->loss_flight > again ? (v->loss_flight - again) / 2 : 0;
		left = left > ack->smss ? left : ack->smss;
		if (cc->cwnd > left)
			cc->cwnd = left;
	}
	pln_validate_begin(v, ack->seq);
}
