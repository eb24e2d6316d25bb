/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which connections are paced, and how fast. A congestion control that has a model of the path says its own rate; the window of another is
 * spread over the round trip, a little faster than that, so that pacing is not what limits it: by what a window may grow within a round
 * trip, doubled in slow start, by a fifth later (as Linux has it). Payload alone is paced: an ACK, a SYN, a FIN, a probe waits for nobody.
 *
 * Only output arms the timer, when it has found something to send whose time has not come; who has nothing to send has none.
 */
#include "tcp/pacing.h"

#include "tcp/rating.h"

#define SLOW_START_PERCENT 200U
#define AVOIDANCE_PERCENT  120U
#define MODEL_PERCENT      277U          /* draft-ietf-ccwg-bbr-06 §2.5, StartupPacingGain */
#define SRTT_UNKNOWN_NS    PLN_NS_PER_MS /* §5.6.2: "C.srtt ? C.srtt : 1ms" */

void
pln_pacing_update(struct pln_tcp_conn *c)
{
	uint8_t mode = c->opts.pacing;
	bool asked = (c->cc.ops != NULL && pln_cc_models(&c->cc)) || c->opts.max_pacing_rate != 0;

	c->pace.on = c->cc.ops != NULL &&
	             (mode == PLN_PACING_ALWAYS || (mode == PLN_PACING_IF_ASKED && asked));
	if (c->cc.ops != NULL && pln_cc_models(&c->cc))
		pln_rating_begin(c);
	if (c->pace.on || !pln_pacing_waits(c))
		return;
	pln_conn_stop_timer(c, PLN_TIMER_PACE);
	pln_conn_owe(c, 0);
}

/* In slow start while cwnd is below half of ssthresh: it will double. */
static uint64_t
gain_percent(const struct pln_cc *cc)
{
	if (pln_cc_models(cc))
		return MODEL_PERCENT;
	return cc->cwnd < cc->ssthresh / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
}

uint64_t
pln_pacing_rate(const struct pln_tcp_conn *c)
{
	const struct pln_cc *cc = &c->cc;
	uint64_t srtt = c->rtt.srtt_ns, rate = cc->pacing_rate, most = c->opts.max_pacing_rate;

	if (!c->pace.on)
		return UINT64_MAX;
	if (rate == 0) {
		srtt = srtt == 0 ? SRTT_UNKNOWN_NS : srtt;
		rate = cc->cwnd * gain_percent(cc) * (PLN_NS_PER_S / 100) / srtt;
	}
	if (most != 0 && rate > most)
		rate = most;
	return rate > 0 ? rate : 1;
}

uint32_t
pln_pacing_room(struct pln_tcp_conn *c)
{
	if (pln_pace_open(&c->pace, pln_conn_now(c), pln_pacing_rate(c), c->smss)) {
		pln_conn_stop_timer(c, PLN_TIMER_PACE);
		return c->pace.left;
	}
	pln_conn_set_timer(c, PLN_TIMER_PACE, c->pace.next_ns);
	return 0;
}

void
pln_pacing_sent(struct pln_tcp_conn *c, uint32_t bytes)
{
	if (bytes > 0)
		pln_pace_sent(&c->pace, bytes, pln_conn_now(c), pln_pacing_rate(c));
}
