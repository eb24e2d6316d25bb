/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial sequence numbers: M + F(4-tuple, secret) (RFC 6528 §3, RFC 9293 §3.4.1), M ticking
 * every 4 us, F = SipHash. */
#ifndef POLLEN_TCP_EXT_ISN_H
#define POLLEN_TCP_EXT_ISN_H

#include "base/siphash.h"

PLN_C_BEGIN

/* `tuple` is the flow's key as bytes, any fixed layout. */
uint32_t pln_isn(const struct pln_siphash_key *secret, const void *tuple, size_t len, uint64_t now);

/* The timestamp clock's offset of a flow (RFC 7323 §5.4): from the same secret, unrelated to the
 * ISN. */
uint32_t pln_isn_ts_offset(const struct pln_siphash_key *secret, const void *tuple, size_t len);

PLN_C_END

#endif
