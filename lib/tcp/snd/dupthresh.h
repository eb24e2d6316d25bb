/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss by what lies above (RFC 6675 §4, IsLost), and what may be sent again although it is not lost (NextSeg, rules 3 and 4). */
#ifndef POLLEN_TCP_SND_DUPTHRESH_H
#define POLLEN_TCP_SND_DUPTHRESH_H

#include "tcp/snd/scoreboard.h"

PLN_C_BEGIN

/* Mark what is lost and was not sent again yet. */
void pln_dupthresh_detect(struct pln_scoreboard *board, uint32_t smss);

/* Rule 3: the first range that was neither sacked nor sent again and has something sacked above it; NULL: there is none. */
struct pln_range *pln_dupthresh_next(struct pln_scoreboard *board);

/* Rule 4: the last range that is not sacked; NULL: all are. */
struct pln_range *pln_dupthresh_last(struct pln_scoreboard *board);

PLN_C_END

#endif
