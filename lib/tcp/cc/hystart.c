/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HyStart++ (RFC 9406 §4). It decides how fast the first slow start grows and when it ends; what follows is the algorithm's.
 *
 * Theory: slow start doubles the flight each round trip, so without a sign from the path it overshoots by as much as the path holds, and
 * loses that much at once. Before a queue overflows it fills, and while it fills round trips grow. So the shortest round trip of each
 * round is compared with that of the round before. A rise may also be jitter: therefore slow start does not end at once but goes on
 * at a quarter of its speed (conservative slow start), for five rounds; if the round trips shrink again meanwhile, it was jitter.
 */
#include "tcp/cc/hystart.h"

#include "wire/seq.h"

#define MIN_RTT_THRESH_US  4000U  /* RFC 9406 §4.3: MIN_RTT_THRESH = 4 ms */
#define MAX_RTT_THRESH_US  16000U /* MAX_RTT_THRESH = 16 ms */
#define MIN_RTT_DIVISOR    8U
#define N_RTT_SAMPLE       8U
#define CSS_GROWTH_DIVISOR 4U
#define CSS_ROUNDS         5U
#define LIMIT              8U /* §4.3: "L = 8 if non-paced" */

void
pln_hystart_init(struct pln_hystart *h)
{
	*h = (struct pln_hystart){
		.last_min_us = UINT32_MAX,
		.min_us = UINT32_MAX,
		.baseline_us = UINT32_MAX,
	};
}

/* §4.2: "When windowEnd is ACKed, the current round ends and windowEnd is set to SND.NXT". */
static void
begin_round(struct pln_hystart *h, const struct pln_ack *ack)
{
	h->round_end = ack->seq + ack->flight;
	h->last_min_us = h->min_us;
	h->min_us = UINT32_MAX;
	h->samples = 0;
	h->begun = true;
	if (h->css_rounds > 0)
		h->css_rounds++;
}

static void
take_sample(struct pln_hystart *h, uint64_t rtt_ns)
{
	uint64_t us = rtt_ns / PLN_NS_PER_US;

	if (rtt_ns == 0)
		return;
	if (us < h->min_us)
		h->min_us = (uint32_t)us;
	if (h->samples < UINT8_MAX)
		h->samples++;
}

/* RttThresh = max(MIN_RTT_THRESH, min(lastRoundMinRTT / MIN_RTT_DIVISOR, MAX_RTT_THRESH)) */
static uint32_t
threshold(uint32_t last_min_us)
{
	uint32_t part = last_min_us / MIN_RTT_DIVISOR;

	part = part < MAX_RTT_THRESH_US ? part : MAX_RTT_THRESH_US;
	return part > MIN_RTT_THRESH_US ? part : MIN_RTT_THRESH_US;
}

static bool
has_grown_longer(const struct pln_hystart *h)
{
	return h->samples >= N_RTT_SAMPLE && h->min_us != UINT32_MAX &&
	       h->last_min_us != UINT32_MAX &&
	       (uint64_t)h->min_us >= (uint64_t)h->last_min_us + threshold(h->last_min_us);
}

/* §4.2: "if the current round's minRTT drops below baseline": it was jitter, plain slow start goes on. */
static bool
was_jitter(const struct pln_hystart *h)
{
	return h->samples >= N_RTT_SAMPLE && h->min_us < h->baseline_us;
}

uint32_t
pln_hystart_on_ack(struct pln_hystart *h, const struct pln_ack *ack, bool *over)
{
	uint32_t limit = LIMIT * ack->smss;
	uint32_t bytes = ack->acked_bytes < limit ? ack->acked_bytes : limit;

	if (!h->begun || pln_seq_geq(ack->seq, h->round_end))
		begin_round(h, ack);
	take_sample(h, ack->rtt_ns);
	if (h->css_rounds == 0 && has_grown_longer(h)) {
		h->baseline_us = h->min_us;
		h->css_rounds = 1; /* the rest of this round counts as one */
	} else if (h->css_rounds > 0 && was_jitter(h)) {
		h->baseline_us = UINT32_MAX;
		h->css_rounds = 0;
	}
	*over = h->css_rounds > CSS_ROUNDS;
	return h->css_rounds > 0 ? bytes / CSS_GROWTH_DIVISOR : bytes;
}
