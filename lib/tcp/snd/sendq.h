/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the user gave us to send and what became of it.
 *
 *        una          sent            end
 *   ------|============|---------------|------>  sequence space
 *         in flight      not sent yet
 *
 * *References* to the bytes (each points into a buffer somebody else owns, and keeps it alive), and
 * the scoreboard of its transmissions. Sequence numbers, no policy; nothing is allocated or freed
 * here: what is retired goes back to the caller. SYN and FIN are the connection's: this queue holds
 * data.
 */
#ifndef POLLEN_TCP_SND_SENDQ_H
#define POLLEN_TCP_SND_SENDQ_H

#include "tcp/snd/scoreboard.h"
#include "wire/sendref.h"

PLN_C_BEGIN

struct pln_sendq {
	struct pln_sendref *head, *tail; /* bytes from una to end */
	struct pln_scoreboard board;     /* from una to sent */
	uint32_t una;                    /* sequence number of the first byte held */
	uint32_t sent;                   /* sequence number of the first byte never sent */
	uint32_t end;                    /* sequence number behind the last byte held */
	uint32_t head_off;               /* bytes of head that are acknowledged already */
	uint32_t pushed; /* end of the user's last send: PSH goes there. The appender's to write */
	struct pln_sendref *at; /* holds `sent`, or is the last one: where pieces starts to look */
	uint32_t at_seq;        /* sequence number of its first byte */
};

/* What an acknowledgment took off the queue. newest_tx_ns is when the newest range was sent
 * among those wholly acknowledged, sent only once and not sacked before: the round-trip sample of
 * RFC 6298 §3. */
struct pln_retired {
	struct pln_sendref *refs; /* list: every reference wholly acknowledged */
	struct pln_range *ranges; /* list: every range wholly acknowledged */
	uint64_t newest_tx_ns;    /* see above; 0 without one */
	bool any_retransmitted; /* of a range sent again, and not sacked before, all or a part was covered */
};

void pln_sendq_init(struct pln_sendq *q, uint32_t seq);

static inline uint32_t
pln_sendq_unsent(const struct pln_sendq *q)
{
	return q->end - q->sent;
}

static inline uint32_t
pln_sendq_bytes(const struct pln_sendq *q)
{
	return q->end - q->una;
}

/* Append a reference; `ref` is the queue's until retired. Its len may be 0 when it has room, to
 * be filled. The queue never holds 2^31 bytes. */
void pln_sendq_append(struct pln_sendq *q, struct pln_sendref *ref);

/* Copy up to `len` bytes behind the last reference where it has room; returns the bytes taken. */
uint32_t pln_sendq_fill(struct pln_sendq *q, const uint8_t *data, uint32_t len);

/* [q->sent, q->sent + len) was sent now for the first time. `range` becomes the queue's; NULL
 * (none to be had) extends the last range, which then gives no RTT sample; when there is none,
 * the bytes belong to the next range. */
void pln_sendq_mark_sent(struct pln_sendq *q, uint32_t len, uint64_t now, struct pln_range *range);

/* [start, end), all of it sent before, was sent again now (pln_scoreboard_resent). */
void pln_sendq_mark_resent(struct pln_sendq *q, uint32_t start, uint32_t end, uint64_t now);

/* Acknowledge everything before `una` (within [q->una, q->sent]). A range acknowledged in part
 * is shortened. `got` learns what was delivered by it, NULL if nobody asks. */
void pln_sendq_retire(struct pln_sendq *q, uint32_t una, struct pln_retired *out,
                      struct pln_delivered *got);

/* Retire everything, sent or not (abort). */
void pln_sendq_drain(struct pln_sendq *q, struct pln_retired *out);

/* The bytes [seq, seq + len), which the queue holds, as pieces in order. */
void pln_sendq_pieces(const struct pln_sendq *q, uint32_t seq, uint32_t len,
                      struct pln_pieces *out);

PLN_C_END

#endif
