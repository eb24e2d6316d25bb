/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send window. It decides when SND.WND is taken from a segment (RFC 9293 §3.10.7.4, fifth
 * check, WL1/WL2) and whether one more segment is worth sending (§3.8.6.2.1, which is RFC 1122
 * §4.2.3.4; §3.7.4, Nagle). Zero-window probes and the override timer are timers, so the
 * connection's.
 *
 * Theory: if a sender took every small window it is offered, and a receiver offered every small
 * space it has, segments would shrink and never grow again (the silly window, RFC 813). Either end
 * can stop it by waiting for a stretch that is worth a header: a full segment, or half of the
 * largest window the peer ever offered. Nagle's rule stops the same waste when the small segments
 * come from the user: one of them in flight at a time.
 */
#include "tcp/snd/swnd.h"

#include "wire/seq.h"

void
pln_swnd_init(struct pln_swnd *swnd, uint32_t seq, uint32_t ack, uint32_t wnd)
{
	swnd->wnd = wnd;
	swnd->wl1 = seq;
	swnd->wl2 = ack;
	swnd->max_wnd = wnd;
}

bool
pln_swnd_update(struct pln_swnd *swnd, uint32_t seq, uint32_t ack, uint32_t wnd)
{
	uint32_t before = swnd->wnd;

	/* RFC 9293 §3.10.7.4: "If (SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =<
	 * SEG.ACK)), set SND.WND <- SEG.WND, set SND.WL1 <- SEG.SEQ, and set SND.WL2 <-
	 * SEG.ACK." That rule leaves out what a retransmission says whose ACK is new: SND.UNA would
	 * move on and carry the old window with it, beyond the edge that the peer has offered
	 * (§3.8.6). No peer acknowledges less than before, so a newer ACK has the newer window. */
	if (!pln_seq_lt(swnd->wl1, seq) && !pln_seq_lt(swnd->wl2, ack) &&
	    !(swnd->wl1 == seq && swnd->wl2 == ack))
		return false;
	/* RFC 7323 §2.3: "The window field (SEG.WND) in the header of every incoming segment,
	 * with the exception of <SYN> segments, MUST be left-shifted by Snd.Wind.Shift bits
	 * before updating SND.WND". */
	swnd->wnd = wnd << swnd->scale;
	swnd->wl1 = pln_seq_max(swnd->wl1, seq);
	swnd->wl2 = ack;
	if (swnd->wnd > swnd->max_wnd)
		swnd->max_wnd = swnd->wnd;
	return swnd->wnd != before;
}

uint32_t
pln_swnd_allow(const struct pln_swnd_ask *ask)
{
	uint32_t fits = ask->queued < ask->usable ? ask->queued : ask->usable; /* min(D, U) */

	/* Condition (1): "if a maximum-sized segment can be sent, i.e., if: min(D,U) >=
	 * Eff.snd.MSS". */
	if (fits >= ask->mss)
		return ask->mss;
	/* Condition (4), the override timer; and nothing more will come to wait for once the
	 * user has closed. */
	if (ask->push || fits == 0)
		return fits;
	/* RFC 9293 §3.7.4: "If there is unacknowledged data (i.e., SND.NXT > SND.UNA), then the
	 * sending TCP endpoint buffers all user data (regardless of the PSH bit) until the
	 * outstanding data has been acknowledged or until the TCP endpoint can send a full-sized
	 * segment". */
	if (ask->nagle && ask->unacked)
		return 0;
	/* Condition (2): "or if the data is pushed and all queued data can be sent now". What is
	 * neither corked nor announced to go on is pushed (MUST-61). */
	if (!ask->more && ask->queued <= ask->usable)
		return fits;
	if (ask->more && ask->queued < ask->usable)
		return 0;
	/* Condition (3): "or if at least a fraction Fs of the maximum window can be sent ... Fs
	 * is a fraction whose recommended value is 1/2". A cork does not hold this back: more
	 * bytes would not make the segment any larger. */
	return 2 * (uint64_t)fits >= ask->max_wnd ? fits : 0;
}
