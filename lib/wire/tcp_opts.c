/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP options in and out. RFC 9293 §3.1 lays a list of them out: END and NOP are one byte, all
 * others kind, length (both included) and data. Out they go in the order Linux uses, which pairs
 * SACK-permitted with the timestamp, so that a full SYN takes 20 bytes and no byte is wasted:
 *
 *   | MSS 4 | SACK_OK 2 | TS 10 | NOP 1 | WSCALE 3 |        | NOP 2 | TS 10 | NOP 2 | SACK 2+8n |
 *
 * with Fast Open, and NOPs to a whole word, at a SYN's end.
 *
 * What an option means, and whether it was allowed in that segment, is decided in tcp/.
 */
#include "wire/tcp_opts.h"

/* RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3 */
enum kind {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK_OK = 4,
	KIND_SACK = 5,
	KIND_TS = 8,
	KIND_UTO = 28,      /* RFC 5482 §3.2 */
	KIND_FASTOPEN = 34, /* RFC 7413 §4.1.1 */
};

#define LEN_MIN     2U
#define LEN_MSS     4U
#define LEN_WSCALE  3U
#define LEN_SACK_OK 2U
#define LEN_TS      10U
#define LEN_UTO     4U
#define LEN_BLOCK   8U
#define WORD        4U
#define COOKIE_MIN  4U

static enum pln_drop
parse_sack(const uint8_t *p, size_t opt_len, struct pln_tcp_opts *out)
{
	size_t i, n = (opt_len - LEN_MIN) / LEN_BLOCK;

	if (n == 0 || n > PLN_TCP_OPTS_MAX_SACK || opt_len != LEN_MIN + n * LEN_BLOCK)
		return PLN_TCP_BAD_OPTION;
	out->n_sack = (uint8_t)n;
	for (i = 0; i < n; i++) {
		out->sack[i].start = pln_bytes_get32(p + LEN_MIN + i * LEN_BLOCK);
		out->sack[i].end = pln_bytes_get32(p + LEN_MIN + i * LEN_BLOCK + 4);
	}
	out->present |= PLN_TCP_OPT_SACK;
	return PLN_ACCEPT;
}

/* RFC 7413 §4.1.1: a cookie of another length is no error of the segment: the option means nothing. */
static void
parse_fastopen(const uint8_t *p, size_t opt_len, struct pln_tcp_opts *out)
{
	size_t len = opt_len - LEN_MIN;

	if (len != 0 && (len < COOKIE_MIN || len > PLN_TCP_FASTOPEN_MAX || len % 2 != 0))
		return;
	out->fastopen.len = (uint8_t)len;
	memcpy(out->fastopen.cookie, p + LEN_MIN, len);
	out->present |= PLN_TCP_OPT_FO_COOKIE;
}

/* One option of a kind with a length, all of it within the list. */
static enum pln_drop
parse_one(const uint8_t *p, size_t opt_len, struct pln_tcp_opts *out)
{
	switch (p[0]) {
	case KIND_MSS:
		if (opt_len != LEN_MSS)
			return PLN_TCP_BAD_OPTION;
		out->mss = pln_bytes_get16(p + 2);
		out->present |= PLN_TCP_OPT_MSS;
		return PLN_ACCEPT;
	case KIND_WSCALE:
		if (opt_len != LEN_WSCALE)
			return PLN_TCP_BAD_OPTION;
		out->wscale = p[2];
		out->present |= PLN_TCP_OPT_WSCALE;
		return PLN_ACCEPT;
	case KIND_SACK_OK:
		if (opt_len != LEN_SACK_OK)
			return PLN_TCP_BAD_OPTION;
		out->present |= PLN_TCP_OPT_SACK_OK;
		return PLN_ACCEPT;
	case KIND_TS:
		if (opt_len != LEN_TS)
			return PLN_TCP_BAD_OPTION;
		out->tsval = pln_bytes_get32(p + 2);
		out->tsecr = pln_bytes_get32(p + 6);
		out->present |= PLN_TCP_OPT_TS;
		return PLN_ACCEPT;
	case KIND_UTO:
		if (opt_len != LEN_UTO)
			return PLN_TCP_BAD_OPTION;
		out->user_timeout = pln_bytes_get16(p + 2);
		out->present |= PLN_TCP_OPT_UTIMEOUT;
		return PLN_ACCEPT;
	case KIND_SACK:
		return parse_sack(p, opt_len, out);
	case KIND_FASTOPEN:
		parse_fastopen(p, opt_len, out);
		return PLN_ACCEPT;
	default:
		/* MUST-6: "ignore without error any TCP Option it does not implement" */
		return PLN_ACCEPT;
	}
}

enum pln_drop
pln_tcp_opts_parse(const uint8_t *p, size_t len, struct pln_tcp_opts *out)
{
	memset(out, 0, sizeof(*out));
	while (len > 0 && p[0] != KIND_END) {
		size_t opt_len = 1;

		if (p[0] != KIND_NOP) {
			/* MUST-7: "be prepared to handle an illegal option length (e.g., zero)" */
			if (len < LEN_MIN || p[1] < LEN_MIN || p[1] > len)
				return PLN_TCP_BAD_OPTION;
			opt_len = p[1];
			if (parse_one(p, opt_len, out) != PLN_ACCEPT)
				return PLN_TCP_BAD_OPTION;
		}
		p += opt_len;
		len -= opt_len;
	}
	return PLN_ACCEPT;
}

static bool
has(const struct pln_tcp_opts *opts, enum pln_tcp_opt_bit bit)
{
	return (opts->present & bit) != 0;
}

/* Bytes of all but the SACK blocks. */
static size_t
fixed_len(const struct pln_tcp_opts *opts)
{
	size_t len = 0;

	if (has(opts, PLN_TCP_OPT_MSS))
		len += LEN_MSS;
	if (has(opts, PLN_TCP_OPT_TS))
		len += LEN_SACK_OK + LEN_TS; /* or two NOPs in SACK_OK's place */
	else if (has(opts, PLN_TCP_OPT_SACK_OK))
		len += WORD;
	if (has(opts, PLN_TCP_OPT_WSCALE))
		len += WORD;
	if (has(opts, PLN_TCP_OPT_UTIMEOUT))
		len += LEN_UTO;
	if (has(opts, PLN_TCP_OPT_FO_COOKIE))
		len += (size_t)(LEN_MIN + opts->fastopen.len + WORD - 1) / WORD * WORD;
	return len;
}

/* SACK blocks that fit behind `fixed` bytes of other options. */
static size_t
blocks_that_fit(const struct pln_tcp_opts *opts, size_t fixed)
{
	size_t room;

	if (!has(opts, PLN_TCP_OPT_SACK) || fixed + WORD > PLN_TCP_OPTS_MAX_LEN)
		return 0;
	room = (PLN_TCP_OPTS_MAX_LEN - fixed - WORD) / LEN_BLOCK;
	return opts->n_sack < room ? opts->n_sack : room;
}

size_t
pln_tcp_opts_len(const struct pln_tcp_opts *opts)
{
	size_t fixed = fixed_len(opts), blocks = blocks_that_fit(opts, fixed);

	return fixed + (blocks != 0 ? WORD + blocks * LEN_BLOCK : 0);
}

static uint8_t *
put_kind(uint8_t *p, enum kind kind, uint32_t len)
{
	p[0] = (uint8_t)kind;
	p[1] = (uint8_t)len;
	return p + LEN_MIN;
}

static uint8_t *
put_nops(uint8_t *p, size_t n)
{
	memset(p, KIND_NOP, n);
	return p + n;
}

static uint8_t *
emit_sack(uint8_t *p, const struct pln_tcp_opts *opts, size_t blocks)
{
	size_t i;

	p = put_nops(p, 2);
	p = put_kind(p, KIND_SACK, (uint32_t)(LEN_MIN + blocks * LEN_BLOCK));
	for (i = 0; i < blocks; i++, p += LEN_BLOCK) {
		pln_bytes_put32(p, opts->sack[i].start);
		pln_bytes_put32(p + 4, opts->sack[i].end);
	}
	return p;
}

static uint8_t *
emit_fastopen(uint8_t *p, const struct pln_tcp_fastopen *fo)
{
	p = put_kind(p, KIND_FASTOPEN, LEN_MIN + fo->len);
	memcpy(p, fo->cookie, fo->len);
	return put_nops(p + fo->len, (WORD - (LEN_MIN + fo->len) % WORD) % WORD);
}

size_t
pln_tcp_opts_emit(uint8_t *p, const struct pln_tcp_opts *opts)
{
	const uint8_t *begin = p;
	size_t blocks = blocks_that_fit(opts, fixed_len(opts));

	if (has(opts, PLN_TCP_OPT_MSS)) {
		p = put_kind(p, KIND_MSS, LEN_MSS);
		pln_bytes_put16(p, opts->mss);
		p += 2;
	}
	if (has(opts, PLN_TCP_OPT_TS) && !has(opts, PLN_TCP_OPT_SACK_OK))
		p = put_nops(p, 2);
	if (has(opts, PLN_TCP_OPT_SACK_OK) && !has(opts, PLN_TCP_OPT_TS))
		p = put_nops(p, 2);
	if (has(opts, PLN_TCP_OPT_SACK_OK))
		p = put_kind(p, KIND_SACK_OK, LEN_SACK_OK);
	if (has(opts, PLN_TCP_OPT_TS)) {
		p = put_kind(p, KIND_TS, LEN_TS);
		pln_bytes_put32(p, opts->tsval);
		pln_bytes_put32(p + 4, opts->tsecr);
		p += 8;
	}
	if (has(opts, PLN_TCP_OPT_WSCALE)) {
		p = put_nops(p, 1);
		p = put_kind(p, KIND_WSCALE, LEN_WSCALE);
		*p++ = opts->wscale;
	}
	if (has(opts, PLN_TCP_OPT_UTIMEOUT)) {
		p = put_kind(p, KIND_UTO, LEN_UTO);
		pln_bytes_put16(p, opts->user_timeout);
		p += 2;
	}
	if (has(opts, PLN_TCP_OPT_FO_COOKIE))
		p = emit_fastopen(p, &opts->fastopen);
	if (blocks != 0)
		p = emit_sack(p, opts, blocks);
	return (size_t)(p - begin);
}
