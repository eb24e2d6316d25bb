/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive window: RFC 9293 §3.8.6 with the receiver's silly-window avoidance (§3.8.6.2.2) and
 * RFC 7323's scale. It decides what to announce and when an update is worth a segment; whether a
 * segment fits the window is the caller's test.
 *
 * Theory: the promise is an edge in sequence space, RCV.NXT + RCV.WND, not a size. As data arrives
 * the edge stands still and the window closes; the edge jumps only when there is room for a full
 * segment or half of the buffer, so that the peer is never lured into small ones. With a scale the
 * header can name an edge only to the unit of 2^shift bytes, and RCV.NXT moves by any number of
 * bytes: the old edge is then between two that can be named. Naming the lower one takes back what
 * was promised, naming the higher one promises up to a unit too much, again with every ACK (RFC
 * 7323 appendix F). The higher one is named while that stays within an eighth of the buffer, so
 * edges do not move to the left; beyond it the lower one, so that a peer of tiny segments cannot
 * fill memory. What was promised is honoured either way: `edge` is the rightmost ever named.
 */
#include "tcp/rcv/rwnd.h"

#define RWND_SCALE_MAX       14U /* RFC 7323 §2.3 */
#define RWND_OVERSHOOT_SHIFT 3U  /* buf / 8 */

uint8_t
pln_rwnd_scale(uint32_t buf_max)
{
	uint8_t scale = 0;

	while (scale < RWND_SCALE_MAX && buf_max >> scale > UINT16_MAX)
		scale++;
	return scale;
}

void
pln_rwnd_init(struct pln_rwnd *rwnd, uint32_t buf, uint32_t rcv_nxt)
{
	rwnd->buf = buf;
	rwnd->edge = rcv_nxt;
}

uint32_t
pln_rwnd_open(const struct pln_rwnd *rwnd, uint32_t rcv_nxt)
{
	return pln_seq_gt(rwnd->edge, rcv_nxt) ? rwnd->edge - rcv_nxt : 0;
}

/* The buffer: at least what the scale can name, or the window would never open. */
static uint32_t
buffer(const struct pln_rwnd *rwnd)
{
	uint32_t unit = 1U << rwnd->scale;

	return rwnd->buf > unit ? rwnd->buf : unit;
}

/* Bytes of the buffer that are free. */
static uint32_t
space(const struct pln_rwnd *rwnd, uint32_t queued)
{
	return buffer(rwnd) > queued ? buffer(rwnd) - queued : 0;
}

/* The largest window that can be named and fits the buffer. */
static uint32_t
fitting(const struct pln_rwnd *rwnd, uint32_t queued)
{
	uint32_t wnd = space(rwnd, queued) >> rwnd->scale;

	return (wnd < UINT16_MAX ? wnd : UINT16_MAX) << rwnd->scale;
}

/* The window `open` in what the scale can name: see the theory above. */
static uint32_t
standing(const struct pln_rwnd *rwnd, uint32_t open, uint32_t queued)
{
	uint32_t down = open >> rwnd->scale;
	uint32_t up = down + ((down << rwnd->scale) != open ? 1 : 0);
	uint64_t most = buffer(rwnd) + (uint64_t)(buffer(rwnd) >> RWND_OVERSHOOT_SHIFT);

	if (up > UINT16_MAX)
		up = UINT16_MAX;
	return (((uint64_t)up << rwnd->scale) + queued <= most ? up : down) << rwnd->scale;
}

/* May the edge move by `step` or more? */
static bool
worth(const struct pln_rwnd *rwnd, uint32_t open, uint32_t queued, uint32_t step)
{
	uint32_t wnd = fitting(rwnd, queued);
	uint32_t half = buffer(rwnd) / 2;

	if (step > half)
		step = half;
	return wnd > open && wnd - open >= step;
}

uint32_t
pln_rwnd_offer(const struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t queued, uint32_t mss)
{
	uint32_t open = pln_rwnd_open(rwnd, rcv_nxt);

	/* MUST-39, RFC 9293 §3.8.6.2.2: "keep RCV.NXT+RCV.WND fixed until the reduction satisfies:
	 * RCV.BUFF - RCV.USER - RCV.WND >= min( Fr * RCV.BUFF, Eff.snd.MSS )", with Fr = 1/2. */
	if (worth(rwnd, open, queued, mss))
		return fitting(rwnd, queued);
	/* SHLD-14: "A TCP receiver SHOULD NOT shrink the window, i.e., move the right window
	 * edge to the left". */
	return standing(rwnd, open, queued);
}

uint16_t
pln_rwnd_announce(struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t wnd, bool syn)
{
	/* RFC 7323 §2.2: "The window field in a segment where the SYN bit is set (i.e., a <SYN> or
	 * <SYN,ACK>) MUST NOT be scaled." */
	uint8_t shift = syn ? 0 : rwnd->scale;
	uint32_t field = wnd >> shift;

	if (field > UINT16_MAX)
		field = UINT16_MAX;
	rwnd->edge = pln_seq_max(rwnd->edge, rcv_nxt + (field << shift));
	return (uint16_t)field;
}

bool
pln_rwnd_update_due(const struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t queued, uint32_t mss)
{
	uint32_t open = pln_rwnd_open(rwnd, rcv_nxt);

	/* Less than a unit is named 0: to the peer the window is closed. */
	if (open >> rwnd->scale == 0)
		return worth(rwnd, open, queued, mss);
	return worth(rwnd, open, queued, 2 * mss);
}
