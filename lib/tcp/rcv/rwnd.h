/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive window: what to announce (RFC 9293 §3.8.6), never moving the right edge to the left
 * (SHLD-14), scaled as RFC 7323 §2 says, with the receiver's silly-window avoidance (§3.8.6.2.2).
 */
#ifndef POLLEN_TCP_RCV_RWND_H
#define POLLEN_TCP_RCV_RWND_H

#include "wire/seq.h"

PLN_C_BEGIN

struct pln_rwnd {
	uint32_t buf;  /* receive buffer, bytes; below 1 << scale it counts as that */
	uint32_t edge; /* RCV.NXT + RCV.WND, rightmost ever announced: the peer may rely on it */
	uint8_t scale; /* Rcv.Wind.Shift; 0 until agreed */
};

/* The shift for a receive buffer of `buf_max` bytes: the smallest that lets it be announced, at
 * most 14. */
uint8_t pln_rwnd_scale(uint32_t buf_max);

/* Nothing is announced yet. `scale` is left to whoever agrees on the option. */
void pln_rwnd_init(struct pln_rwnd *rwnd, uint32_t buf, uint32_t rcv_nxt);

/* RCV.WND as the peer knows it: edge − rcv_nxt, 0 when it has been used up. */
uint32_t pln_rwnd_open(const struct pln_rwnd *rwnd, uint32_t rcv_nxt);

/* The window to announce now, bytes: `queued` are those the user has not read. Grows only by at
 * least min(buf / 2, mss) (MUST-39), otherwise the edge stays. Rounded to what the scale can
 * express: down when it grows, up when it stays, so that no edge moves to the left, unless that
 * would exceed the buffer by an eighth. Does not move the edge. */
uint32_t pln_rwnd_offer(const struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t queued,
                        uint32_t mss);

/* The header field for a window; `syn`: unscaled, at most 65535. Moves the edge when the segment
 * is really sent. */
uint16_t pln_rwnd_announce(struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t wnd, bool syn);

/* The user has read: is an update worth a segment of its own (the offer is at least min(buf / 2,
 * 2 × mss) beyond the edge, or the window was closed and may grow now)? */
bool pln_rwnd_update_due(const struct pln_rwnd *rwnd, uint32_t rcv_nxt, uint32_t queued,
                         uint32_t mss);

PLN_C_END

#endif
