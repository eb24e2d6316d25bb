/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Delivery rate (draft-ietf-ccwg-bbr-06 §4.1): how fast the path delivers, one sample for each ACK, and whether the path or the
 * application made it so. Bytes, modulo 2^32.
 */
#ifndef POLLEN_TCP_SND_RATE_H
#define POLLEN_TCP_SND_RATE_H

#include "tcp/snd/scoreboard.h"

PLN_C_BEGIN

struct pln_rate {
	uint64_t delivered_ns;  /* C.delivered_time: when `delivered` last grew */
	uint64_t first_sent_ns; /* C.first_send_time: when what was delivered last had been sent */
	uint32_t delivered;     /* C.delivered */
	uint32_t bubble_end;    /* C.app_limited, with `bubble` */
	uint32_t by_dups;       /* without SACK: counted for duplicate ACKs, not acknowledged yet */
	/* The sample to tell of: the last one, or the last before the application held back, unless it is higher. */
	uint32_t told_bytes;
	uint64_t told_ns; /* 0: there was none */
	bool bubble; /* something in flight was sent when the application had no more to send */
	bool told_app_limited;
	bool on; /* transmissions are marked and samples taken: somebody has asked */
};

/* A transmission that has just been noted on the scoreboard. */
struct pln_rate_tx {
	uint64_t now;
	uint32_t flight; /* C.inflight, it included */
	uint32_t bytes;  /* its length */
};

/* What an ACK has delivered. */
struct pln_rate_ack {
	uint64_t now;
	uint64_t min_rtt_ns;  /* C.min_rtt */
	uint32_t delivered;   /* newly, cumulatively or by SACK blocks */
	bool by_sack;         /* SACK is in use; else: */
	uint32_t dup_bytes;   /* what a duplicate ACK stands for, 0 for any other */
	uint32_t outstanding; /* after it */
};

/* RS of the draft. */
struct pln_rate_sample {
	uint64_t ns;        /* RS.interval; 0: no reliable rate */
	uint64_t rtt_ns;    /* RS.rtt of what was sent last of all that was delivered; 0: none */
	uint32_t delivered; /* RS.delivered: within the interval */
	uint32_t prior_delivered; /* RS.prior_delivered, with has_data */
	uint32_t newly_acked;     /* RS.newly_acked */
	uint32_t in_flight;       /* RS.tx_in_flight */
	uint32_t lost;            /* RS.lost; 0 when it is not known */
	uint32_t total;           /* C.delivered */
	uint32_t flight;          /* C.inflight, after the ACK */
	bool by_sack, recovering; /* C.has_selective_acks; in a recovery, after the ACK */
	bool has_data, app_limited;
};

/*
 * A number in 16 bits: five of exponent, eleven of mantissa; exact below 2048, else up to 0.1 % too small.
 */
static inline uint16_t
pln_rate_pack(uint64_t n)
{
	unsigned int shift = 53U - (unsigned int)__builtin_clzll(n | 1024);

	return shift < 32 ? (uint16_t)(shift << 11 | n >> shift) : UINT16_MAX;
}

static inline uint64_t
pln_rate_unpack(uint16_t packed)
{
	return (uint64_t)(packed & 2047) << (packed >> 11);
}

/* §4.1.2.2, OnPacketSent: the last on the scoreboard was sent for the first time; [start, ...) was sent again, and is what was looked
 * for last. */
void pln_rate_sent(struct pln_rate *rate, struct pln_scoreboard *board,
                   const struct pln_rate_tx *tx);
void pln_rate_resent(struct pln_rate *rate, struct pln_scoreboard *board,
                     const struct pln_rate_tx *tx, uint32_t end);

/* §4.1.2.3, GenerateRateSample, for an ACK; `got` is what it delivered. */
void pln_rate_ack(struct pln_rate *rate, const struct pln_delivered *got,
                  const struct pln_rate_ack *ack, struct pln_rate_sample *out);

/* RS.lost of what was just delivered, or found lost: `lost_ever` is the scoreboard's. */
uint32_t pln_rate_lost_since(uint8_t flags, uint32_t lost_before, uint32_t lost_ever);

/* §4.1.2.4, MarkConnectionAppLimited: with `flight` bytes on their way the application has nothing more to send. */
void pln_rate_app_limited(struct pln_rate *rate, uint32_t flight);

/* Bytes a second; 0 before the first sample. */
uint64_t pln_rate_told(const struct pln_rate *rate);

PLN_C_END

#endif
