/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 3168 §6.1, from both ends. Only new data is sent as ECN-capable: a SYN, a bare ACK, what is sent again and a probe would be marked
 * without anybody who could slow down for them, or hide a loss (§6.1.1 to §6.1.6).
 *
 *     SYN       ECE CWR   asks
 *     SYN,ACK   ECE       agrees; both flags are an echo of a broken host, which agrees to nothing
 */
#include "tcp/ext/ecn.h"

#include "wire/seq.h"

#define ASKS      (PLN_TCP_ECE | PLN_TCP_CWR)
#define TOS_ECN   0x03U
#define TOS_ECT_0 0x02U
#define TOS_CE    0x03U

void
pln_ecn_init(struct pln_ecn *ecn, enum pln_ecn_mode mode, uint32_t iss)
{
	*ecn = (struct pln_ecn){ .asks = mode == PLN_ECN_ASK, .reduced = iss };
}

uint8_t
pln_ecn_syn_flags(const struct pln_ecn *ecn, bool answer)
{
	if (answer)
		return ecn->on ? PLN_TCP_ECE : 0;
	return ecn->asks ? ASKS : 0;
}

void
pln_ecn_syn(struct pln_ecn *ecn, enum pln_ecn_mode mode, uint8_t flags)
{
	ecn->on = mode != PLN_ECN_OFF && (flags & ASKS) == ASKS;
}

void
pln_ecn_syn_ack(struct pln_ecn *ecn, uint8_t flags)
{
	ecn->on = ecn->asks && (flags & ASKS) == PLN_TCP_ECE;
}

bool
pln_ecn_rx(struct pln_ecn *ecn, uint8_t flags, uint8_t tos)
{
	bool marked = (tos & TOS_ECN) == TOS_CE;

	if (!ecn->on)
		return false;
	/* §6.1.3: "After the receipt of the CWR packet, acknowledgments for subsequent non-CE data packets will not have the ECN-Echo
	 * flag set": a mark on that very packet is a new one. */
	if ((flags & PLN_TCP_CWR) != 0)
		ecn->echoes = false;
	if (marked)
		ecn->echoes = true;
	return marked;
}

bool
pln_ecn_is_news(const struct pln_ecn *ecn, uint32_t seq)
{
	/* §6.1.2: "TCP should not react to congestion indications more than once every window of data". */
	return ecn->on && pln_seq_gt(seq, ecn->reduced);
}

void
pln_ecn_reduced(struct pln_ecn *ecn, uint32_t nxt)
{
	ecn->owes_cwr = ecn->on;
	ecn->reduced = nxt;
}

uint8_t
pln_ecn_flags(const struct pln_ecn *ecn, bool fresh)
{
	return (uint8_t)((ecn->echoes ? PLN_TCP_ECE : 0) |
	                 (fresh && ecn->owes_cwr ? PLN_TCP_CWR : 0));
}

uint8_t
pln_ecn_tos(const struct pln_ecn *ecn, uint8_t tos, bool fresh)
{
	if (!ecn->on)
		return tos;
	return (uint8_t)((tos & ~TOS_ECN) | (fresh ? TOS_ECT_0 : 0));
}
