/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dynamic right-sizing (Fisk and Feng, 2001), the receiver's half of RFC 9293 §3.8.6: the window is what "the data receiver ... is
 * currently prepared to accept": how much that should be. RFC 7323 §2 lets it be named.
 *
 * Theory: a sender that is never held back by our window keeps a bandwidth times a round trip in flight, and what it has in flight in one
 * round trip is what the user can read in the next. So the bytes read in a round trip are the window it uses. Twice as much is offered,
 * for while a lost segment is sent again nothing is in order, but the sender goes on; and a few segments for what is read unevenly. A
 * sender that is still growing, which by g in a round trip is seen when more is read than ever before, has grown again when that is
 * seen, and once more until what is offered for it is used up:
 *
 *      read in a round trip     |=========|
 *      buffer                   |=========|=========|..|
 *      while it grows by g      |=========|=========|=========== x g^2 ========|..|
 *
 * A window that stops slow start makes it burst: cwnd goes on growing by what is acknowledged, and is used at once when there is room.
 *
 * The window grows only while the user keeps up: who reads slowly reads little in a round trip. A reader that came late reads much at
 * once, but not in a round trip: what it has read is divided by the time that has gone by.
 *
 * A receiver sends nothing that is answered, so it sees round trips elsewhere: its timestamps come back on the data (RFC 7323 §4.1), and
 * without them a window of data, once named, takes at least a round trip to be used up. The least of those is the best guess.
 */
#include "tcp/rcv/autotune.h"

#define AHEAD_SEGS   16U
#define GROWS_MAX    (UINT64_C(1) << 30) /* bytes: squares stay below 2^64 */
#define SMOOTH_SHIFT 3U                  /* an eighth of what is longer, as RFC 6298 §2.3 */
#define UNIT_SHIFT                                                                                 \
	10U /* times are divided in units of about a microsecond: products stay below 2^64 */

void
pln_autotune_echo(struct pln_autotune *a, uint32_t tsecr, uint64_t rtt_ns)
{
	if (rtt_ns == 0 || (a->by_echo && tsecr == a->echoed))
		return;
	/* A peer that had nothing to say echoes an old timestamp: too long is believed slowly, shorter at once. */
	if (!a->by_echo || rtt_ns < a->rtt_ns)
		a->rtt_ns = rtt_ns;
	else
		a->rtt_ns += (rtt_ns - a->rtt_ns) >> SMOOTH_SHIFT;
	a->by_echo = true;
	a->echoed = tsecr;
}

void
pln_autotune_data(struct pln_autotune *a, uint32_t rcv_nxt, uint32_t wnd, uint64_t now)
{
	uint64_t took = now - a->mark_ns;

	if (a->by_echo || (a->marked && pln_seq_lt(rcv_nxt, a->mark)))
		return;
	if (a->marked && took > 0 && (a->rtt_ns == 0 || took < a->rtt_ns))
		a->rtt_ns = took;
	a->marked = true;
	a->mark = rcv_nxt + wnd;
	a->mark_ns = now;
}

/* Bytes that were read, less what was read before and after a round trip of them. */
static uint64_t
in_a_round_trip(const struct pln_autotune *a, uint64_t took)
{
	return a->copied * (a->rtt_ns >> UNIT_SHIFT) / ((took >> UNIT_SHIFT) + 1);
}

/* The buffer for a round trip in which so much was read. */
static uint64_t
buffer_for(struct pln_autotune *a, uint64_t bytes)
{
	uint64_t most = a->most, twice = 2 * bytes;

	if (bytes <= most)
		return twice;
	a->most = (uint32_t)bytes;
	if (most == 0 || bytes > GROWS_MAX)
		return twice;
	/* No congestion control more than doubles its window in a round trip. */
	if (bytes >= 2 * most)
		return 4 * twice;
	return twice * bytes / most * bytes / most;
}

uint32_t
pln_autotune_read(struct pln_autotune *a, uint32_t n, uint32_t mss, uint64_t now)
{
	uint64_t took = now - a->round_ns, want;

	if (a->round_ns == 0) {
		/* What was read first had waited, nobody knows for how long. */
		a->round_ns = now;
		return 0;
	}
	a->copied += n;
	if (a->rtt_ns == 0 || took < a->rtt_ns)
		return 0;
	want = buffer_for(a, in_a_round_trip(a, took)) + (uint64_t)AHEAD_SEGS * mss;
	a->copied = 0;
	a->round_ns = now;
	return want < UINT32_MAX ? (uint32_t)want : UINT32_MAX;
}
