/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RACK, RFC 8985 §6: which transmissions are lost, by time. It decides that alone; what is sent again, and when, is the connection's.
 *
 * Theory: duplicate ACKs count segments, so they see nothing when few follow the lost one, nor when a retransmission is lost, and they
 * mistake reordering for loss. Time sees all of that. If what was sent later has been delivered, and what was sent before it has not, then
 * it is lost or reordered; reordering is bounded by a fraction of a round trip, so after a round trip and that fraction it is lost. Each
 * retransmission has a time of its own and is judged like any other. The fraction is nothing until reordering was seen, a quarter of the
 * shortest round trip from then on, and grows by as much for each round in which a duplicate shows that it was too little:
 *
 *        sent          reo_wnd
 *     ----|--------------|---|-----> now
 *         |<- RACK.rtt ->|   lost from here on, if anything sent after it was delivered
 *
 * What is in flight stands in the order in which it was sent, so a look ends at the first that may yet arrive.
 */
#include "tcp/snd/rack.h"

#define DUP_THRESH     3U
#define REO_PERSIST    16U /* §6.2 step 4 */
#define MIN_RTT_WINDOW (300 * PLN_NS_PER_S)

void
pln_rack_init(struct pln_rack *rack, uint32_t una)
{
	*rack = (struct pln_rack){ .end = una, .fack = una, .mult = 1 };
	rack->min_ns[0] = rack->min_ns[1] = PLN_NEVER;
}

void
pln_rack_sample(struct pln_rack *rack, uint64_t rtt_ns, uint64_t now)
{
	uint64_t age = now - rack->min_since_ns;

	/* §6.2 step 1: "The sender SHOULD track a windowed min-filtered estimate of recent RTT measurements". */
	if (age >= MIN_RTT_WINDOW / 2) {
		rack->min_ns[1] = age < MIN_RTT_WINDOW ? rack->min_ns[0] : PLN_NEVER;
		rack->min_ns[0] = rtt_ns;
		rack->min_since_ns = now;
	} else if (rtt_ns < rack->min_ns[0]) {
		rack->min_ns[0] = rtt_ns;
	}
}

uint64_t
pln_rack_min_rtt(const struct pln_rack *rack)
{
	uint64_t least = rack->min_ns[0] < rack->min_ns[1] ? rack->min_ns[0] : rack->min_ns[1];

	return least == PLN_NEVER ? 0 : least;
}

uint64_t
pln_rack_resent_before(const struct pln_rack *rack, uint64_t echoed_ns, uint64_t now)
{
	/* §6.2 step 2: "If rtt < RACK.min_rtt: Continue": faster than any round trip, it was the first copy. */
	uint64_t by_time = now - pln_rack_min_rtt(rack);

	/* "If ACK.ts_option.echo_reply < Segment.xmit_ts: Continue". */
	return by_time < echoed_ns ? by_time : echoed_ns;
}

void
pln_rack_delivered(struct pln_rack *rack, const struct pln_delivered *got, uint64_t now)
{
	if (got->bytes == 0)
		return;
	rack->fack = pln_seq_max(rack->fack, got->high);
	if (got->reordered)
		rack->reordering_seen = true;
	if (got->tx_ns == 0)
		return;
	rack->rtt_ns = now - got->tx_ns;
	if (pln_range_after(got->tx_ns, got->end, rack->xmit_ns, rack->end)) {
		rack->xmit_ns = got->tx_ns;
		rack->end = got->end;
	}
}

bool
pln_rack_ack(struct pln_rack *rack, bool dsack, uint32_t una, uint32_t nxt)
{
	/* §6.2 step 4: "If RACK.dsack_round is not None AND SND.UNA >= RACK.dsack_round: RACK.dsack_round = None". */
	if (rack->in_dsack_round && pln_seq_geq(una, rack->dsack_round))
		rack->in_dsack_round = false;
	if (!dsack || rack->in_dsack_round)
		return false;
	rack->in_dsack_round = true;
	rack->dsack_round = nxt;
	rack->persist = REO_PERSIST;
	/* What was lost and was not is reordering, whether the first copy was seen to arrive late or not. */
	rack->reordering_seen = true;
	if (rack->mult < UINT8_MAX)
		rack->mult++;
	return true;
}

void
pln_rack_recovered(struct pln_rack *rack)
{
	/* "Else if exiting Fast or RTO recovery: RACK.reo_wnd_persist -= 1; If RACK.reo_wnd_persist <= 0: RACK.reo_wnd_mult = 1". */
	if (rack->persist > 0)
		rack->persist--;
	if (rack->persist == 0)
		rack->mult = 1;
}

uint64_t
pln_rack_reo_wnd(const struct pln_rack *rack, const struct pln_rack_now *now)
{
	uint64_t wnd = rack->mult * (pln_rack_min_rtt(rack) / 4);

	if (!rack->reordering_seen && (now->recovering || now->sacked_segs >= DUP_THRESH))
		return 0;
	/* "Return min(RACK.reo_wnd_mult * RACK.min_RTT / 4, SRTT)". */
	return wnd < now->srtt_ns ? wnd : now->srtt_ns;
}

uint64_t
pln_rack_detect(const struct pln_rack *rack, struct pln_scoreboard *board,
                const struct pln_rack_now *now)
{
	uint64_t patience = rack->rtt_ns + pln_rack_reo_wnd(rack, now);
	struct pln_range *r;

	/* Deviates: of those that wait, §6.2 step 5 takes the longest time, so that the timer fires once for all; here it is the shortest,
	 * so that no loss is seen later than it could be, and nobody behind the first that waits is looked at. */
	while ((r = board->flight.head) != NULL &&
	       pln_range_after(rack->xmit_ns, rack->end, r->tx_ns, r->end)) {
		if (r->tx_ns + patience > now->now)
			return r->tx_ns + patience;
		pln_scoreboard_lose(board, r);
	}
	return PLN_NEVER;
}

void
pln_rack_timeout(const struct pln_rack *rack, struct pln_scoreboard *board,
                 const struct pln_rack_now *now)
{
	uint64_t patience = rack->rtt_ns + pln_rack_reo_wnd(rack, now);
	struct pln_range *r;

	/* §6.3: "If SEG.SEQ == SND.UNA OR Segment.xmit_ts + RACK.rtt + RACK.reo_wnd - Now() <= 0: Segment.lost = TRUE". */
	if (board->head != NULL)
		pln_scoreboard_lose(board, board->head);
	while ((r = board->flight.head) != NULL && r->tx_ns + patience <= now->now)
		pln_scoreboard_lose(board, r);
}
