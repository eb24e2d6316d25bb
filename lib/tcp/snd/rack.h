/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK (RFC 8985 §6): what was sent before something that has been delivered, and is missing for longer than reordering explains, is lost. */
#ifndef POLLEN_TCP_SND_RACK_H
#define POLLEN_TCP_SND_RACK_H

#include "tcp/snd/scoreboard.h"

PLN_C_BEGIN

struct pln_rack {
	uint64_t
		xmit_ns; /* RACK.xmit_ts: when the one sent last of all delivered was sent; 0: none */
	uint64_t rtt_ns; /* RACK.rtt: how long that one took */
	uint64_t
		min_ns[2]; /* least round trips of this half of the window, and of the one before */
	uint64_t min_since_ns; /* when this half began */
	uint32_t end;          /* RACK.end_seq */
	uint32_t fack;         /* RACK.fack: behind the highest byte delivered */
	uint32_t dsack_round;  /* SND.NXT when reo_wnd grew: not again before it is acknowledged */
	uint8_t mult;          /* RACK.reo_wnd_mult */
	uint8_t persist;       /* RACK.reo_wnd_persist: recoveries until it is 1 again */
	bool in_dsack_round;   /* dsack_round is valid */
	bool reordering_seen;
};

/* What RACK.reo_wnd depends on besides. */
struct pln_rack_now {
	uint64_t now, srtt_ns;
	uint32_t sacked_segs;
	bool recovering; /* fast recovery or recovery from a timeout */
};

void pln_rack_init(struct pln_rack *rack, uint32_t una);

/* §6.2 step 1: a round trip. RACK.min_RTT is the least within the last 150 to 300 s. */
void pln_rack_sample(struct pln_rack *rack, uint64_t rtt_ns, uint64_t now);
uint64_t pln_rack_min_rtt(const struct pln_rack *rack); /* 0 before the first */

/* §6.2 step 2: what was sent again after this may have been delivered by its first copy. `echoed_ns`: end of the tick that the ACK's
 * timestamp echo names, PLN_NEVER without one. */
uint64_t pln_rack_resent_before(const struct pln_rack *rack, uint64_t echoed_ns, uint64_t now);

/* §6.2 steps 2 and 3: an ACK has delivered this. */
void pln_rack_delivered(struct pln_rack *rack, const struct pln_delivered *got, uint64_t now);

/* §6.2 step 4: an ACK has come, `dsack`: with news of a duplicate. Answers whether reo_wnd has grown. */
bool pln_rack_ack(struct pln_rack *rack, bool dsack, uint32_t una, uint32_t nxt);

/* A recovery, or that from a timeout, has ended. */
void pln_rack_recovered(struct pln_rack *rack);

/* RACK.reo_wnd, ns. */
uint64_t pln_rack_reo_wnd(const struct pln_rack *rack, const struct pln_rack_now *now);

/* §6.2 step 5: mark what is lost. Returns when the next one may be: a point in time, PLN_NEVER without one. */
uint64_t pln_rack_detect(const struct pln_rack *rack, struct pln_scoreboard *board,
                         const struct pln_rack_now *now);

/* §6.3: the retransmission timer has fired: what is lost now; the first one always is. */
void pln_rack_timeout(const struct pln_rack *rack, struct pln_scoreboard *board,
                      const struct pln_rack_now *now);

PLN_C_END

#endif
