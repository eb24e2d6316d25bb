/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes (RFC 8985 §7): when one is due, and what its answer means. */
#ifndef POLLEN_TCP_SND_TLP_H
#define POLLEN_TCP_SND_TLP_H

#include "wire/seq.h"

PLN_C_BEGIN

struct pln_tlp {
	uint32_t end;    /* TLP.end_seq: SND.NXT behind the probe */
	bool pending;    /* a probe is out, and what became of it is not known */
	bool is_retrans; /* TLP.is_retrans: it was sent before */
	bool unmeasured; /* no round trip was measured since the last probe */
};

struct pln_tlp_ack {
	uint32_t seq;  /* SEG.ACK */
	bool dsack;    /* it says that the probe arrived a second time */
	bool dup_bare; /* a duplicate ACK without a SACK block */
};

enum pln_tlp_verdict {
	PLN_TLP_WAIT,     /* nothing is known yet, or no probe is out */
	PLN_TLP_NO_LOSS,  /* what was probed for had arrived */
	PLN_TLP_REPAIRED, /* the probe repaired a loss: congestion control has to hear of it */
};

/* §7.2: how long to wait for an ACK after the last transmission, ns. `srtt_ns` 0: no sample. `single`: no more than one segment is in
 * flight, its ACK may be delayed. */
uint64_t pln_tlp_pto(uint64_t srtt_ns, bool single);

/* A probe was sent; `nxt` is SND.NXT behind it. */
void pln_tlp_sent(struct pln_tlp *tlp, uint32_t nxt, bool is_retrans);

/* §7.4.2. */
enum pln_tlp_verdict pln_tlp_ack(struct pln_tlp *tlp, const struct pln_tlp_ack *ack);

PLN_C_END

#endif
