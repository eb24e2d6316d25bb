/* SPDX-License-Identifier: BSD-3-Clause */
/* Proportional rate reduction (RFC 9937, the successor of RFC 6937): how much each ACK lets out while a window is brought down. Bytes. */
#ifndef POLLEN_TCP_SND_PRR_H
#define POLLEN_TCP_SND_PRR_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_prr {
	uint32_t delivered;  /* prr_delivered: in this recovery */
	uint32_t out;        /* prr_out: sent in this recovery */
	uint32_t recover_fs; /* RecoverFS: in flight when it began */
};

struct pln_prr_ack {
	uint32_t delivered; /* DeliveredData of this ACK */
	uint32_t pipe;      /* in flight after it */
	uint32_t ssthresh, smss;
	bool safe; /* SafeACK: SND.UNA has advanced, and no more was found lost */
};

/* Recovery begins; `recover_fs` as RFC 9937 §6 has it: what was in flight before the ACK that began it. */
void pln_prr_begin(struct pln_prr *prr, uint32_t recover_fs);

/* SndCnt: bytes that may be sent now, on top of pipe. */
uint32_t pln_prr_allow(struct pln_prr *prr, const struct pln_prr_ack *ack);

static inline void
pln_prr_sent(struct pln_prr *prr, uint32_t bytes)
{
	prr->out += bytes;
}

PLN_C_END

#endif
