/* SPDX-License-Identifier: BSD-3-Clause */
/* A received frame as a tap takes it: in one write, with what the device had taken out of it or left to others. */
#ifndef POLLEN_DEV_PORTER_FRAME_H
#define POLLEN_DEV_PORTER_FRAME_H

#include <rte_mbuf.h>

#include "base/decl.h"

PLN_C_BEGIN

/* Write it to `fd`; it stays the caller's. False: it was not taken. */
bool pln_porter_frame_write(int fd, struct rte_mbuf *m);

PLN_C_END

#endif
