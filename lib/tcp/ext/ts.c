/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timestamps, RFC 7323: our clock (§5.4), PAWS (§5.3, §5.5), which TSval is echoed (§4.3) and what
 * an echo tells about time (§4.1). It decides by values; that the option was agreed on, and what
 * happens to a segment without it or with RST, is the connection's.
 *
 * Theory: a 32-bit clock of 1 ms turns once in 49 days, and half of that is the span in which older
 * and newer can be told apart. So TS.Recent is an order over segments that no wrap of sequence
 * numbers within 24 days can confuse. It is taken only from a segment that spans Last.ACK.sent:
 * with delayed ACKs that is the earliest one not acknowledged, and an echo then includes the delay,
 * which is what the peer's time-out must cover.
 */
#include "tcp/ext/ts.h"

#define TS_HALF (UINT32_C(1) << 31) /* ticks: ahead of this is behind */

uint32_t
pln_ts_val(const struct pln_ts *ts, uint64_t now)
{
	return (uint32_t)(now / PLN_TS_TICK_NS) + ts->offset;
}

/* RFC 7323 §5.5: after 24 days without a segment the clock of the peer may have gone half way
 * round. */
static bool
outdated(const struct pln_ts *ts, uint64_t now)
{
	return now - ts->recent_ns > PLN_TS_PAWS_IDLE_NS;
}

bool
pln_ts_paws_reject(const struct pln_ts *ts, uint32_t tsval, uint64_t now)
{
	/* RFC 7323 §5.3 R1: "If there is a Timestamps option in the arriving segment, SEG.TSval
	 * < TS.Recent, TS.Recent is valid (see later discussion), and if the RST bit is not set,
	 * then treat the arriving segment as not acceptable". */
	return pln_seq_lt(tsval, ts->recent) && !outdated(ts, now);
}

void
pln_ts_update(struct pln_ts *ts, uint32_t tsval, uint32_t seq, uint64_t now)
{
	/* RFC 7323 §4.3 (2): "If: SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent then
	 * SEG.TSval is copied to TS.Recent; otherwise, it is ignored." */
	if (pln_seq_gt(seq, ts->last_ack_sent))
		return;
	if (pln_seq_lt(tsval, ts->recent) && !outdated(ts, now))
		return;
	ts->recent = tsval;
	ts->recent_ns = now;
}

uint64_t
pln_ts_rtt(const struct pln_ts *ts, uint32_t tsecr, uint64_t now)
{
	uint64_t tick = now / PLN_TS_TICK_NS;
	uint32_t ticks = pln_ts_val(ts, now) - tsecr;
	uint64_t rtt;

	/* An echo of the future, or from before the clock began. */
	if (tsecr == 0 || ticks >= TS_HALF || ticks > tick)
		return 0;
	/* The segment was sent within its tick: counted from the tick's begin the time is never
	 * too short. */
	rtt = now - (tick - ticks) * PLN_TS_TICK_NS;
	return rtt > 0 ? rtt : 1;
}
