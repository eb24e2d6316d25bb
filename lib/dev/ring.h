/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's rings in memory of our own, without a name in EAL: what lcores hand to each other. Control path. */
#ifndef POLLEN_DEV_RING_H
#define POLLEN_DEV_RING_H

#include <rte_ring.h>

#include "base/decl.h"

PLN_C_BEGIN

/* `slots`: a power of two, one of them stays empty. `elem_size`: bytes, a multiple of 4; `flags`: RING_F_*. NULL: no memory. */
struct rte_ring *pln_ring_create(unsigned int slots, unsigned int elem_size, unsigned int flags);

/* Nobody writes or reads it any more. NULL is allowed. The second frees the frames in it too. */
void pln_ring_free(struct rte_ring *ring);
void pln_ring_free_frames(struct rte_ring *ring);

PLN_C_END

#endif
