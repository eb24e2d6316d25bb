/* SPDX-License-Identifier: BSD-3-Clause */
/* A scoreboard with records of its own, for the tests of those that look at one. Sequence numbers begin at 0, segments have 100 bytes. */
#ifndef TESTS_TCP_SND_BOARD_H
#define TESTS_TCP_SND_BOARD_H

#include <deque>
#include <string>

#include "tcp/snd/scoreboard.h"

class Board
{
      public:
	struct pln_scoreboard b;
	uint32_t una = 0, sent = 0;
	uint32_t max_ranges = 1000;
	struct pln_delivered got = {};

	Board()
	{
		pln_scoreboard_init(&b);
	}

	/* `n` segments leave at `now`. */
	void
	send(unsigned int n, uint64_t now, uint32_t len = 100)
	{
		for (unsigned int i = 0; i < n; i++) {
			struct pln_range what = {};

			what.start = sent;
			what.end = sent += len;
			what.tx_ns = now;
			pln_scoreboard_sent(&b, una, &what, record());
		}
	}

	void
	again(uint32_t start, uint64_t now, uint32_t len = 100)
	{
		pln_scoreboard_resent(&b, start, start + len, now);
	}

	/* An ACK with one block; what it delivers is in `got`. */
	void
	sack(uint32_t start, uint32_t end, unsigned int records = 2)
	{
		const struct pln_sack_block block = { start, end };
		struct pln_spares spares = {};

		spares.max_ranges = max_ranges;
		spares.smss = 100;
		for (unsigned int i = 0; i < records; i++) {
			struct pln_range *r = record();

			r->next = spares.head;
			spares.head = r;
		}
		pln_scoreboard_sack(&b, &block, &spares, &got);
		given_back = 0;
		for (const struct pln_range *r = spares.head; r != nullptr; r = r->next)
			given_back++;
	}

	void
	ack(uint32_t to)
	{
		struct pln_range *list = nullptr;

		una = to;
		pln_scoreboard_retire(&b, to, &list, &got);
	}

	struct pln_range *
	at(uint32_t seq) const
	{
		struct pln_range *r = b.head;

		while (r != nullptr && !pln_seq_in(seq, r->start, r->end))
			r = r->next;
		return r;
	}

	void
	lose(uint32_t seq)
	{
		pln_scoreboard_lose(&b, at(seq));
	}

	/* One letter for each 100 bytes outstanding: L lost, S sacked, R sent again and in flight, T the same twice, . in flight. */
	std::string
	text() const
	{
		std::string out;

		for (const struct pln_range *r = b.head; r != nullptr; r = r->next)
			for (uint32_t i = 0; i < (r->end - r->start + 99) / 100; i++)
				out += letter(*r);
		return out;
	}

	uint32_t
	pipe() const
	{
		return static_cast<uint32_t>(sent - una - pln_scoreboard_gone(&b));
	}

	unsigned int given_back = 0;

      private:
	std::deque<struct pln_range> records_;

	struct pln_range *
	record()
	{
		records_.push_back({});
		return &records_.back();
	}

	static char
	letter(const struct pln_range &r)
	{
		if ((r.flags & PLN_RANGE_SACKED) != 0)
			return 'S';
		if ((r.flags & PLN_RANGE_LOST) != 0)
			return 'L';
		if ((r.flags & PLN_RANGE_TWICE) != 0)
			return 'T';
		return (r.flags & PLN_RANGE_RETRANSMITTED) != 0 ? 'R' : '.';
	}
};

#endif
