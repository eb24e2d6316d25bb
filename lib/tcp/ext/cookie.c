/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies, RFC 4987 §3.6. It decides what a cookie says and whether one is ours; when cookies are sent is tcp/listen's.
 *
 * Theory: who can answer our SYN,ACK has seen its sequence number, so the number itself can be the memory. It must be hard to guess,
 * for who guesses it opens a connection from an address that is not his; it must not last, or an old one opens connections again and
 * again; and it has 32 bits for all of that:
 *
 *      31            4 3         1 0
 *     |  hash, 28 bits | MSS's row | parity of the period |
 *
 * The hash is SipHash with a key of its own over the socket pair, the peer's ISN, the period, and all that the cookie and the timestamp
 * say, so no bit of either can be changed. A guess is right once in 2^28. The parity tells which of the two periods that are good it
 * belongs to, so only one of them is tried. Window scale, SACK and ECN ride in the low six bits of our timestamp, which comes back in
 * every ACK; without timestamps they are not agreed to.
 *
 * Deviates: the sequence number is not RFC 6528's clock and hash while cookies are sent (MUST-8), because nobody would remember what was
 * sent. What an old connection of the same socket pair has in the network is kept apart by its peer's ISN and timestamps alone.
 */
#include "tcp/ext/cookie.h"

#define PARITY_MASK 1U
#define MSS_SHIFT   1U
#define MSS_MASK    7U
#define LOW_BITS    4U

#define TS_BITS   6U
#define TS_MASK   ((1U << TS_BITS) - 1)
#define TS_WSCALE 0x0fU
#define TS_SACK   0x10U
#define TS_ECN    0x20U
#define TS_ABSENT 0xffU

#define TUPLE_MAX 16U

/* Rounded down to one of these: no timestamps and small links; RFC 9293's default; a tunnel in a tunnel; tunnels; DSL; Ethernet; jumbo. */
static const uint16_t sizes[] = { 48, 536, 1220, 1360, 1400, 1440, 1460, 8960 };

static_assert(PLN_ARRAY_LEN(sizes) == MSS_MASK + 1, "three bits name one");

struct pln_siphash_key
pln_cookie_key(const struct pln_siphash_key *secret)
{
	return pln_siphash_derive(secret, "SYN cookie");
}

static uint32_t
row_of(uint16_t mss)
{
	uint32_t row = MSS_MASK;

	if (mss == 0)
		mss = 536; /* MUST-15 */
	while (row > 0 && sizes[row] > mss)
		row--;
	return row;
}

/* What the timestamp says, as a byte. */
static uint8_t
ts_bits(const struct pln_cookie_syn *syn)
{
	if (!syn->ts)
		return TS_ABSENT;
	return (uint8_t)((syn->wscale & TS_WSCALE) | (syn->sack ? TS_SACK : 0) |
	                 (syn->ecn ? TS_ECN : 0));
}

/* The cookie of a period. */
static uint32_t
seal(const struct pln_siphash_key *key, const struct pln_cookie_flow *flow, uint64_t period,
     uint32_t row, uint8_t ts)
{
	uint32_t low = row << MSS_SHIFT | ((uint32_t)period & PARITY_MASK);
	uint8_t text[TUPLE_MAX + 14] = { 0 };

	PLN_ASSERT(flow->len <= TUPLE_MAX);
	memcpy(text, flow->tuple, flow->len);
	pln_bytes_put32(text + TUPLE_MAX, flow->irs);
	pln_bytes_put32(text + TUPLE_MAX + 4, (uint32_t)period);
	pln_bytes_put32(text + TUPLE_MAX + 8, (uint32_t)(period >> 32));
	text[TUPLE_MAX + 12] = (uint8_t)low;
	text[TUPLE_MAX + 13] = ts;
	return (uint32_t)pln_siphash(key, text, sizeof(text)) << LOW_BITS | low;
}

uint32_t
pln_cookie_make(const struct pln_siphash_key *key, const struct pln_cookie_flow *flow,
                const struct pln_cookie_syn *syn)
{
	return seal(key, flow, flow->now / PLN_COOKIE_PERIOD_NS, row_of(syn->mss), ts_bits(syn));
}

bool
pln_cookie_check(const struct pln_siphash_key *key, const struct pln_cookie_flow *flow,
                 uint32_t cookie, struct pln_cookie_syn *syn)
{
	uint64_t period = flow->now / PLN_COOKIE_PERIOD_NS;
	uint32_t row = cookie >> MSS_SHIFT & MSS_MASK;

	if (((uint32_t)period & PARITY_MASK) != (cookie & PARITY_MASK))
		period--;
	syn->mss = sizes[row];
	return seal(key, flow, period, row, ts_bits(syn)) == cookie;
}

uint32_t
pln_cookie_tsval(uint32_t clock, const struct pln_cookie_syn *syn)
{
	uint32_t val = (clock & ~TS_MASK) | ts_bits(syn);

	/* RFC 7323 §5.4: never ahead of the clock, or what follows would look old to the peer. */
	return pln_seq_gt(val, clock) ? val - (TS_MASK + 1) : val;
}

void
pln_cookie_take_ts(uint32_t tsecr, struct pln_cookie_syn *syn)
{
	syn->ts = true;
	syn->wscale = tsecr & TS_WSCALE;
	syn->sack = (tsecr & TS_SACK) != 0;
	syn->ecn = (tsecr & TS_ECN) != 0;
}
