/* SPDX-License-Identifier: BSD-3-Clause */
/* The scoreboard against a model with one mark for each byte, under random sends, blocks, losses and acknowledgments, across the wrap. */
#include <list>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tcp/snd/scoreboard.h"

namespace
{

enum Mark : uint8_t {
	FLIGHT,
	SACKED,
	LOST
};

class Model
{
      public:
	explicit Model(uint32_t seed) : base(0U - seed * 997U), rng(seed)
	{
		pln_scoreboard_init(&b);
	}

	void
	step()
	{
		switch (rng() % 6) {
		case 0:
		case 1:
			send();
			break;
		case 2:
			sack();
			break;
		case 3:
			lose();
			break;
		case 4:
			resend();
			break;
		default:
			ack();
		}
		now++;
		check();
	}

      private:
	struct pln_scoreboard b;
	uint32_t base;
	std::mt19937 rng;
	uint64_t una = 0, now = 1;
	std::vector<Mark> marks; /* from offset 0 */
	std::list<struct pln_range> records;

	uint32_t
	seq(uint64_t off) const
	{
		return base + static_cast<uint32_t>(off);
	}

	uint64_t
	below(uint64_t bound)
	{
		return bound == 0 ? 0 : rng() % bound;
	}

	struct pln_range *
	record()
	{
		records.push_back({});
		return &records.back();
	}

	void
	send()
	{
		struct pln_range what = {};
		uint64_t len = 1 + below(300);

		what.start = seq(marks.size());
		what.end = seq(marks.size() + len);
		what.tx_ns = now;
		pln_scoreboard_sent(&b, seq(una), &what, record());
		marks.insert(marks.end(), len, FLIGHT);
	}

	void
	sack()
	{
		uint64_t start = una + below(marks.size() - una),
			 end = start + below(std::min<uint64_t>(700, marks.size() - start) + 1);
		const struct pln_sack_block block = { seq(start), seq(end) };
		struct pln_spares spares = { nullptr, UINT32_MAX, 100 };
		struct pln_delivered got = {};
		uint64_t fresh = 0;

		if (start == end)
			return;
		for (int i = 0; i < 2; i++) {
			struct pln_range *r = record();

			r->next = spares.head;
			spares.head = r;
		}
		pln_scoreboard_sack(&b, &block, &spares, &got);
		for (uint64_t i = start; i < end; i++) {
			fresh += marks[i] != SACKED;
			marks[i] = SACKED;
		}
		EXPECT_EQ(got.bytes, fresh);
		EXPECT_EQ(got.sacked_bytes, fresh);
		EXPECT_EQ(got.refused, 0U);
	}

	/* A range from the middle of the list is lost, whole. */
	void
	lose()
	{
		struct pln_range *r = b.head;

		for (uint64_t n = below(b.count); r != nullptr && n > 0; n--)
			r = r->next;
		if (r == nullptr || (r->flags & PLN_RANGE_SACKED) != 0 ||
		    (r->flags & PLN_RANGE_LOST) != 0)
			return;
		for (uint32_t s = r->start; s != r->end; s++)
			marks[s - base] = LOST;
		pln_scoreboard_lose(&b, r);
	}

	/* What is lost first, at most 100 bytes of it. */
	void
	resend()
	{
		const struct pln_range *r = b.lost.head;

		if (r == nullptr)
			return;
		uint32_t start = r->start + r->resent, len = std::min(r->end - start, 100U);
		ASSERT_GT(len, 0U);
		ASSERT_EQ(marks[start - base], LOST);
		for (uint32_t s = start; s != start + len; s++)
			marks[s - base] = FLIGHT;
		pln_scoreboard_resent(&b, start, start + len, now);
	}

	void
	ack()
	{
		uint64_t to = una + below(std::min<uint64_t>(marks.size() - una, 900) + 1),
			 fresh = 0;
		struct pln_range *list = nullptr;
		struct pln_delivered got = {};

		for (uint64_t i = una; i < to; i++)
			fresh += marks[i] != SACKED;
		pln_scoreboard_retire(&b, seq(to), &list, &got);
		EXPECT_EQ(got.bytes, fresh);
		una = to;
	}

	void
	check()
	{
		uint32_t at = seq(una), count = 0, sacked = 0, lost = 0;
		uint64_t last_ns = 0;

		for (const struct pln_range *r = b.head; r != nullptr; r = r->next, count++) {
			ASSERT_EQ(r->start, at);
			ASSERT_TRUE(r->next == nullptr || r->next->prev == r);
			for (at = r->start; at != r->end; at++) {
				Mark mark = marks[at - base];

				sacked += mark == SACKED;
				lost += mark == LOST;
				ASSERT_EQ((r->flags & PLN_RANGE_SACKED) != 0, mark == SACKED);
				ASSERT_EQ((r->flags & PLN_RANGE_LOST) != 0 &&
				                  at - r->start >= r->resent,
				          mark == LOST);
			}
			ASSERT_FALSE(r->next != nullptr &&
			             (r->flags & r->next->flags & PLN_RANGE_SACKED) != 0);
		}
		ASSERT_EQ(at, seq(marks.size()));
		ASSERT_EQ(count, b.count);
		ASSERT_EQ(sacked, b.sacked_bytes);
		ASSERT_EQ(lost, b.lost_bytes);
		ASSERT_EQ(b.twice_bytes, 0U);
		for (const struct pln_range *r = b.flight.head; r != nullptr; r = r->later) {
			ASSERT_LE(last_ns, r->tx_ns);
			last_ns = r->tx_ns;
		}
	}
};

} // namespace

TEST(ScoreboardModel, AgreesWithAMarkForEachByte)
{
	for (uint32_t seed = 1; seed <= 60; seed++) {
		Model model(seed);

		for (int i = 0; i < 400; i++) {
			model.step();
			if (testing::Test::HasFailure())
				FAIL() << "seed " << seed << " step " << i;
		}
	}
}
