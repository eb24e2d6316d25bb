/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pacing (draft-ietf-ccwg-bbr-06 §5.6.2, §5.6.3).
 *
 * Theory: a window that leaves at once stands in the queue of the narrowest link until that link has worked it off, or is lost there.
 * Spread over the round trip it needs no queue at all. A timer for each segment would cost more than the segment, so that some leave
 * together: as many as are a millisecond at this rate, two at least, and no more than a device cuts from one frame.
 *
 *     next_ns     |<--- burst / rate --->|<--- burst / rate --->|
 *     sent       ||||                   ||||                   ||||
 *
 * The schedule goes on from where it stood, not from when the timer was looked at: a tick of the wheel late is made up for by the next burst.
 * What is later than that, because nothing was to be sent, is not: the application's silence does not save up a burst.
 */
#include "tcp/snd/pace.h"

#define QUANTUM_NS   PLN_NS_PER_MS
#define QUANTUM_MAX  65536U
#define QUANTUM_SEGS 2U
#define FIRST_SEGS   10U                   /* RFC 6928: what may leave at once anyway */
#define LATE_NS      (100 * PLN_NS_PER_US) /* three ticks of the wheel */
#define WAIT_MAX_NS  PLN_NS_PER_S

uint32_t
pln_pace_quantum(uint64_t rate, uint32_t smss)
{
	/* §5.6.3: "C.send_quantum = C.pacing_rate * 1ms; min(C.send_quantum, 64 KBytes); max(C.send_quantum, 2 * C.SMSS)". */
	uint64_t bytes = rate / (PLN_NS_PER_S / QUANTUM_NS);
	uint32_t least = QUANTUM_SEGS * smss;

	bytes = bytes < QUANTUM_MAX ? bytes : QUANTUM_MAX;
	return bytes > least ? (uint32_t)bytes : least;
}

bool
pln_pace_open(struct pln_pace *pace, uint64_t now, uint64_t rate, uint32_t smss)
{
	if (pace->left > 0)
		return true;
	if (pace->next_ns > now)
		return false;
	pace->left = pace->next_ns == 0 ? FIRST_SEGS * smss : pln_pace_quantum(rate, smss);
	return true;
}

void
pln_pace_sent(struct pln_pace *pace, uint32_t bytes, uint64_t now, uint64_t rate)
{
	uint64_t from = now > LATE_NS ? now - LATE_NS : 1;

	/* §5.6.2: "C.next_send_time = max(Now(), C.next_send_time) ... + packet.size / C.pacing_rate". */
	if (pace->next_ns == 0)
		from = now;
	if (pace->next_ns < from)
		pace->next_ns = from;
	pace->next_ns += bytes * PLN_NS_PER_S / rate;
	/* A rate so low was measured while hardly anything arrived. Who waits for minutes by it never learns that the path is back. */
	if (pace->next_ns > now + WAIT_MAX_NS)
		pace->next_ns = now + WAIT_MAX_NS;
	pace->left -= bytes < pace->left ? bytes : pace->left;
}
