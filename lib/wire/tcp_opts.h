/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP options (RFC 9293 §3.2, RFC 7323 §2-3, RFC 2018 §2-3, RFC 5482 §3.2), in any order and at any alignment.
 * Unknown kinds are skipped by their length (MUST-6); a length that cannot be is an error of the
 * whole segment (MUST-7).
 */
#ifndef POLLEN_WIRE_TCP_OPTS_H
#define POLLEN_WIRE_TCP_OPTS_H

#include "base/bytes.h"
#include "base/counters.h"

PLN_C_BEGIN

#define PLN_TCP_OPTS_MAX_LEN    40U
#define PLN_TCP_OPTS_MAX_SACK   4U
#define PLN_TCP_OPTS_MAX_WSCALE 14U /* RFC 7323 §2.3 */

enum pln_tcp_opt_bit {
	PLN_TCP_OPT_MSS = 1,
	PLN_TCP_OPT_WSCALE = 2,
	PLN_TCP_OPT_SACK_OK = 4,
	PLN_TCP_OPT_TS = 8,
	PLN_TCP_OPT_SACK = 16,
	PLN_TCP_OPT_FO_COOKIE = 32,
	PLN_TCP_OPT_UTIMEOUT = 64, /* RFC 5482 */
};

struct pln_sack_block {
	uint32_t start, end; /* [start, end) */
};

#define PLN_TCP_FASTOPEN_MAX 16U

/* RFC 7413 §4.1.1 */
struct pln_tcp_fastopen {
	uint8_t len; /* of the cookie: 4 to 16, even; 0: one is asked for */
	uint8_t cookie[PLN_TCP_FASTOPEN_MAX];
};

struct pln_tcp_opts {
	uint8_t present; /* enum pln_tcp_opt_bit */
	uint8_t wscale;  /* as sent; the user clamps it to 14 */
	uint8_t n_sack;
	struct pln_tcp_fastopen fastopen;
	uint16_t mss;
	uint16_t user_timeout; /* granularity and 15 bits, as sent (RFC 5482 §3.2) */
	uint32_t tsval, tsecr;
	struct pln_sack_block sack[PLN_TCP_OPTS_MAX_SACK];
};

/*
 * `p` points at the first option, `len` is what the data offset leaves. PLN_ACCEPT or
 * PLN_TCP_BAD_OPTION.
 */
enum pln_drop pln_tcp_opts_parse(const uint8_t *p, size_t len, struct pln_tcp_opts *out);

/*
 * Write what `present` names, padded with NOPs to whole words in the customary order; returns the
 * length, at most 40. SACK blocks that do not fit are left out.
 */
size_t pln_tcp_opts_emit(uint8_t *p, const struct pln_tcp_opts *opts);

/* The length pln_tcp_opts_emit would return. */
size_t pln_tcp_opts_len(const struct pln_tcp_opts *opts);

PLN_C_END

#endif
