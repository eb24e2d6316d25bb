/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of each transmission: one range for each, in order and without gaps, marked by what the peer's SACK blocks say (RFC 2018)
 * and by what is believed lost. It keeps the sums that RFC 6675's pipe is made of, and decides nothing: who is lost is told to it.
 *
 *      una                                   sent
 *   ----|=lost=|#sacked#|=lost=|####|.........|----->  by sequence number: next, prev
 *
 * A range is in one of two lists besides: of those in flight, by the time they were last sent (RFC 8985 looks at the oldest), or of those
 * lost, by sequence number (the first is sent again first). Sacked ranges that touch are one. Nothing is allocated or freed here.
 */
#ifndef POLLEN_TCP_SND_SCOREBOARD_H
#define POLLEN_TCP_SND_SCOREBOARD_H

#include "wire/seq.h"
#include "wire/tcp_opts.h"

PLN_C_BEGIN

enum pln_range_flag {
	PLN_RANGE_RETRANSMITTED = 1, /* sent more than once: no RTT sample (Karn) */
	PLN_RANGE_LOST = 2,          /* believed lost, to be sent again */
	PLN_RANGE_SACKED = 4,
	PLN_RANGE_UNTIMED = 8, /* holds bytes of several transmissions: no RTT sample */
	PLN_RANGE_TWICE = 16,  /* sent again though not believed lost: both copies are in flight */
	PLN_RANGE_APP_LIMITED = 32,    /* sent when the application had not filled the path */
	PLN_RANGE_LOSSES_UNKNOWN = 64, /* `resent` has overwritten lost_before */
	PLN_RANGE_RATED = 128,         /* what is for snd/rate is there */
};

/*
 * One transmission: [start, end) was last sent at tx_ns. What stands behind `resent` is how far delivery had come then (snd/rate), in as
 * few bytes as make a record one cache line: some of it shares its place with what is of use only later.
 */
struct pln_range {
	struct pln_range *next, *prev;     /* by sequence number */
	struct pln_range *later, *earlier; /* in the list of those in flight, or of those lost */
	uint64_t tx_ns;
	uint32_t start, end;
	union {
		uint32_t
			resent; /* LOST: bytes at its front that have been sent again; the rest is to be */
		uint32_t lost_before; /* else: lost_ever when it was sent */
	};
	uint32_t delivered_before;            /* bytes, modulo 2^32 */
	uint16_t since_delivery, since_first; /* packed (snd/rate) */
	union {
		uint16_t segs;      /* SACKED: segments that it was */
		uint16_t in_flight; /* else: bytes, itself included, packed */
	};
	uint8_t flags; /* enum pln_range_flag */
};

static_assert(sizeof(struct pln_range) <= 64, "a transmission is one cache line");

/* Somebody who hears of each transmission that is found lost. */
struct pln_loss_ear {
	void (*lost)(struct pln_loss_ear *ear, const struct pln_range *range);
};

struct pln_range_list {
	struct pln_range *head, *tail;
};

struct pln_scoreboard {
	struct pln_range *head, *tail; /* all, by sequence number */
	struct pln_range_list flight;  /* neither sacked nor lost, by time */
	struct pln_range_list lost;    /* by sequence number */
	struct pln_range *at;          /* where the last search ended; NULL: at the head */
	struct pln_sack_block
		seen[PLN_TCP_OPTS_MAX_SACK]; /* of the last ACK: not looked at again */
	uint32_t count;                      /* ranges */
	uint32_t sacked_bytes, lost_bytes;   /* lost_bytes: without what has been sent again */
	uint32_t twice_bytes;                /* of ranges in flight twice */
	uint32_t resent_bytes;               /* sent again and in flight */
	uint32_t sacked_segs;
	uint32_t lost_again;      /* retransmissions ever found lost */
	uint32_t lost_ever;       /* bytes ever found lost, modulo 2^32 */
	struct pln_loss_ear *ear; /* NULL: nobody listens */
	uint32_t sacked_end;      /* behind the highest byte ever sacked, with sacked_bytes > 0 */
};

/* What one ACK has newly delivered, cumulatively or selectively. The first three fields are the asker's, the rest begins as 0. */
struct pln_delivered {
	uint64_t
		resent_before; /* RFC 8985 §6.2 step 2: what was sent again later than this may be the first copy */
	uint32_t fack;                /* behind the highest byte delivered by any ACK before */
	uint32_t limit;               /* `original` counts below it */
	uint32_t bytes, sacked_bytes; /* delivered; of them by SACK blocks */
	uint64_t tx_ns;               /* when the one sent last of them was sent; 0: none counts */
	uint64_t sample_tx_ns;        /* of those sacked now and sent once, the newest; 0: none */
	uint32_t end;                 /* of the one sent last */
	uint32_t delivered_before, lost_before; /* of its record, as those that follow */
	uint16_t since_delivery, since_first, in_flight;
	uint8_t flags;
	uint32_t high; /* behind the highest byte delivered, with bytes > 0 */
	uint32_t
		distance; /* from what was delivered late to the highest delivered before: bytes, the most; with `reordered` */
	uint32_t refused; /* blocks, or edges of them, that could not be marked */
	bool reordered;   /* data sent once was delivered after data behind it (§6.2 step 3) */
	bool original;    /* data below `limit` that was sent once was delivered */
};

/* Records a block may need, and those that it gave back: a list by `next`. */
struct pln_spares {
	struct pln_range *head;
	uint32_t max_ranges; /* no range is cut in two beyond that many */
	uint32_t smss;       /* bytes: what is longer went as several segments */
};

/* Was the one sent at a_ns, which ends at a_end, sent after the other? RFC 8985 §5.2: at the same time, sequence numbers decide. */
static inline bool
pln_range_after(uint64_t a_ns, uint32_t a_end, uint64_t b_ns, uint32_t b_end)
{
	return a_ns > b_ns || (a_ns == b_ns && pln_seq_gt(a_end, b_end));
}

/* Of what an ACK delivers `r` up to `end` was sent last. */
static inline void
pln_delivered_newest(struct pln_delivered *got, const struct pln_range *r, uint32_t end)
{
	got->tx_ns = r->tx_ns;
	got->end = end;
	got->flags = r->flags;
	if ((r->flags & PLN_RANGE_RATED) == 0)
		return;
	got->delivered_before = r->delivered_before;
	got->lost_before = r->lost_before;
	got->since_delivery = r->since_delivery;
	got->since_first = r->since_first;
	got->in_flight = r->in_flight;
}

void pln_scoreboard_init(struct pln_scoreboard *sb);

/* Bytes outstanding that are not in flight, less those that are twice: pipe is what is outstanding less this (RFC 6675 §4, SetPipe).
 * May be negative. */
static inline int64_t
pln_scoreboard_gone(const struct pln_scoreboard *sb)
{
	return (int64_t)sb->sacked_bytes + sb->lost_bytes - sb->twice_bytes;
}

/* [start, end) was sent now for the first time; `range` becomes the scoreboard's. Without one the last range grows; without that the
 * bytes belong to the next range. `una`: the first byte outstanding. */
void pln_scoreboard_sent(struct pln_scoreboard *sb, uint32_t una, const struct pln_range *what,
                         struct pln_range *range);

/* [start, end), all of it sent before, was sent again now. What is not lost is marked as a whole; of a lost range, its front. */
void pln_scoreboard_resent(struct pln_scoreboard *sb, uint32_t start, uint32_t end, uint64_t now);

/* The peer holds [block->start, block->end), all of it outstanding. */
void pln_scoreboard_sack(struct pln_scoreboard *sb, const struct pln_sack_block *block,
                         struct pln_spares *spares, struct pln_delivered *got);

/* Was this block among those of the ACK before? */
bool pln_scoreboard_is_seen(const struct pln_scoreboard *sb, const struct pln_sack_block *block);

/* Everything before `una` is acknowledged: whole ranges are appended to the list at *link; the one cut is shortened. `got` may be NULL. */
void pln_scoreboard_retire(struct pln_scoreboard *sb, uint32_t una, struct pln_range **link,
                           struct pln_delivered *got);

/* It is believed lost, both copies if there are two. Nothing happens to what is sacked, or lost already. */
void pln_scoreboard_lose(struct pln_scoreboard *sb, struct pln_range *range);
void pln_scoreboard_lose_all(struct pln_scoreboard *sb);

/* Nothing is believed lost any more: what was is in flight. */
void pln_scoreboard_find(struct pln_scoreboard *sb);

/* The peer has thrown away what it held (RFC 2018 §8): what was sacked is lost. */
void pln_scoreboard_renege(struct pln_scoreboard *sb);

/* The range that holds `seq` is cut in two there, the second part in `spare`; false: it is not outstanding, or begins there: unused. */
bool pln_scoreboard_split(struct pln_scoreboard *sb, uint32_t seq, struct pln_range *spare);

PLN_C_END

#endif
