/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 3168 §6.1, from both ends. Only new data is sent as ECN-capable: a SYN, a bare ACK, what is sent again and a probe would be marked
 * without anybody who could slow down for them, or hide a loss (§6.1.1 to §6.1.6).
 *
 *     SYN       ECE CWR   asks
 *     SYN,ACK   ECE       agrees; both flags are an echo of a broken host, which agrees to nothing
 *
 * RFC 8257 §3.2 is another receiver: its echo is no cry that lasts until it was heard, but says of each byte acknowledged whether it came
 * marked. So where marks begin or end, what came before is acknowledged by itself, with the echo that was true of it. Whoever takes a
 * burst before it answers keeps these ACKs for the end of it; more changes than there is room for are told as one.
 */
#include "tcp/ext/ecn.h"

#include "wire/seq.h"

#define ASKS      (PLN_TCP_ECE | PLN_TCP_CWR)
#define TOS_ECN   0x03U
#define TOS_ECT_0 0x02U
#define TOS_CE    0x03U

void
pln_ecn_init(struct pln_ecn *ecn, enum pln_ecn_mode mode, bool exact, uint32_t iss)
{
	bool asks = mode == PLN_ECN_ASK || (exact && mode == PLN_ECN_AGREE);

	*ecn = (struct pln_ecn){ .asks = asks, .exact = exact, .reduced = iss };
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
	if (ecn->exact) {
		ecn->echoes = marked;
		return marked;
	}
	/* §6.1.3: "After the receipt of the CWR packet, acknowledgments for subsequent non-CE data packets do not have the ECN-Echo
	 * flag set": a mark on that very packet is a new one. */
	if ((flags & PLN_TCP_CWR) != 0)
		ecn->echoes = false;
	if (marked)
		ecn->echoes = true;
	return marked;
}

bool
pln_ecn_turns(const struct pln_ecn *ecn, uint8_t tos)
{
	return ecn->exact && ecn->on && ((tos & TOS_ECN) == TOS_CE) != ecn->echoes;
}

void
pln_ecn_remember(struct pln_ecn *ecn, uint32_t rcv_nxt)
{
	if (ecn->n_past == PLN_ECN_PAST ||
	    (ecn->n_past > 0 && ecn->past[ecn->n_past - 1].ack == rcv_nxt))
		return;
	ecn->past[ecn->n_past++] = (struct pln_ecn_past){ rcv_nxt, ecn->echoes };
}

void
pln_ecn_told(struct pln_ecn *ecn)
{
	ecn->n_past--;
	memmove(ecn->past, ecn->past + 1, ecn->n_past * sizeof(ecn->past[0]));
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
