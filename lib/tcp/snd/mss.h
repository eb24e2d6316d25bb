/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maximum segment sizes: what we announce (RFC 9293 §3.7.1, RFC 6691: options not subtracted) and
 * what we send (Eff.snd.MSS). An MTU below 68 is taken as 68, a user_mss below PLN_MSS_MIN as that.
 */
#ifndef POLLEN_TCP_SND_MSS_H
#define POLLEN_TCP_SND_MSS_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_MSS_DEFAULT 536U /* when the peer sends no MSS option (MUST-15) */
#define PLN_MSS_MIN     48U  /* a smaller announcement is taken as this */

/* The value of our MSS option for an interface MTU (bytes of IP packet); `user_mss` (TCP_MAXSEG)
 * lowers it, 0 for none. */
uint16_t pln_mss_advertise(uint16_t mtu, uint16_t user_mss);

/* Payload bytes of a full segment: min(peer's MSS, path MTU − 40, user_mss) − option bytes
 * carried by every segment. peer_mss 0: none was sent. Never 0. */
uint16_t pln_mss_effective(uint16_t peer_mss, uint16_t path_mtu, uint16_t user_mss,
                           uint8_t opts_len);

PLN_C_END

#endif
