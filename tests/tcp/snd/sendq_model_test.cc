/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send queue against a naive model: a vector of bytes with 64-bit offsets, under random appends,
 * fills, sends, acknowledgments and retransmissions, across the wrap of the sequence space.
 */
#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tcp/snd/sendq.h"

namespace
{

/* The naive queue: every byte ever given, addressed by its offset from the first. */
class Model
{
      public:
	explicit Model(uint32_t iss, uint32_t seed) : base(iss), rng(seed)
	{
		pln_sendq_init(&q, iss);
	}

	~Model()
	{
		struct pln_retired out;

		pln_sendq_drain(&q, &out);
		take_back(out);
		EXPECT_TRUE(refs.empty());
		EXPECT_TRUE(live.empty());
	}

	void
	step()
	{
		switch (rng() % 8) {
		case 0:
		case 1:
			append();
			break;
		case 2:
			fill();
			break;
		case 3:
		case 4:
			send();
			break;
		case 5:
			resend();
			break;
		default:
			ack();
		}
		now += 1 + rng() % 1000;
		check();
	}

	uint64_t
	total() const
	{
		return bytes.size();
	}

      private:
	struct Range {
		uint64_t start, end, tx;
		bool again, untimed;
	};
	struct Ref {
		struct pln_sendref ref;
		std::vector<uint8_t> buf;
		uint64_t end;
	};

	struct pln_sendq q;
	uint32_t base;
	std::mt19937 rng;
	uint64_t now = 1, una = 0, sent = 0;
	std::vector<uint8_t> bytes;
	std::deque<Range> ranges;
	std::deque<std::unique_ptr<Ref>> refs;
	std::set<struct pln_range *> live;

	uint32_t
	seq(uint64_t off) const
	{
		return base + static_cast<uint32_t>(off);
	}

	uint64_t
	below(uint64_t bound)
	{
		return rng() % bound;
	}

	void
	append()
	{
		auto ref = std::make_unique<Ref>();
		uint32_t len = static_cast<uint32_t>(below(3) ? below(900) : below(4)),
			 room = below(2) ? below(500) : 0;

		ref->buf.resize(len + room + 1);
		for (uint32_t i = 0; i < len; i++)
			bytes.push_back(ref->buf[i] = static_cast<uint8_t>(rng()));
		ref->ref = { nullptr, ref->buf.data(), len, room };
		ref->end = bytes.size();
		pln_sendq_append(&q, &ref->ref);
		refs.push_back(std::move(ref));
	}

	void
	fill()
	{
		uint8_t buf[300];
		uint32_t len = static_cast<uint32_t>(below(sizeof(buf)));
		uint32_t room = refs.empty() ? 0 : refs.back()->ref.room;

		for (uint32_t i = 0; i < len; i++)
			buf[i] = static_cast<uint8_t>(rng());
		ASSERT_EQ(pln_sendq_fill(&q, buf, len), std::min(len, room));
		bytes.insert(bytes.end(), buf, buf + std::min(len, room));
		if (!refs.empty())
			refs.back()->end = bytes.size();
	}

	void
	send()
	{
		struct pln_range *range = below(5) ? new struct pln_range() : nullptr;
		uint64_t len = sent == bytes.size()
		                       ? 0
		                       : 1 + below(std::min<uint64_t>(1460, bytes.size() - sent));

		if (len == 0) {
			delete range;
			return;
		}
		pln_sendq_mark_sent(&q, static_cast<uint32_t>(len), now, range);
		if (range != nullptr) {
			uint64_t start = ranges.empty() ? una : sent;

			ranges.push_back({ start, sent + len, now, false, start != sent });
			live.insert(range);
		} else if (!ranges.empty()) {
			ranges.back().end = sent + len;
			ranges.back().tx = now;
			ranges.back().untimed = true;
		}
		sent += len;
	}

	void
	resend()
	{
		uint64_t start = una + below(sent - una + 1), end = start + below(sent - start + 1);

		pln_sendq_mark_resent(&q, seq(start), seq(end), now);
		for (Range &r : ranges) {
			if (start < end && r.start < end && start < r.end) {
				r.again = true;
				r.tx = now;
			}
		}
	}

	void
	ack()
	{
		uint64_t to = una + (below(3) ? below(sent - una + 1) : sent - una), newest = 0;
		bool again = false;
		struct pln_retired out;

		pln_sendq_retire(&q, seq(to), &out, nullptr);
		while (to > una && !ranges.empty() && ranges.front().end <= to) {
			const Range &r = ranges.front();

			again = again || r.again;
			if (!r.again && !r.untimed)
				newest = std::max(newest, r.tx);
			ranges.pop_front();
		}
		if (!ranges.empty() && ranges.front().start < to) {
			ranges.front().start = to;
			again = again || ranges.front().again;
		}
		EXPECT_EQ(out.newest_tx_ns, newest);
		EXPECT_EQ(out.any_retransmitted, again);
		una = std::max(una, to);
		take_back(out);
		/* Only references wholly acknowledged are gone, and all of them that hold a
		 * byte. */
		for (const auto &ref : refs)
			EXPECT_TRUE(ref->end > una || ref->ref.len == 0);
	}

	void
	take_back(const struct pln_retired &out)
	{
		for (struct pln_sendref *r = out.refs, *next; r != nullptr; r = next) {
			next = r->next;
			ASSERT_FALSE(refs.empty());
			ASSERT_EQ(r, &refs.front()->ref);
			refs.pop_front();
		}
		for (struct pln_range *r = out.ranges, *next; r != nullptr; r = next) {
			next = r->next;
			ASSERT_EQ(live.erase(r), 1U);
			delete r;
		}
	}

	void
	check()
	{
		ASSERT_EQ(q.una, seq(una));
		ASSERT_EQ(q.sent, seq(sent));
		ASSERT_EQ(q.end, seq(bytes.size()));
		const struct pln_range *r = q.board.head;
		for (const Range &m : ranges) {
			ASSERT_NE(r, nullptr);
			ASSERT_EQ(r->start, seq(m.start));
			ASSERT_EQ(r->end, seq(m.end));
			ASSERT_EQ(r->tx_ns, m.tx);
			ASSERT_EQ((r->flags & PLN_RANGE_RETRANSMITTED) != 0, m.again);
			r = r->next;
		}
		ASSERT_EQ(r, nullptr);
		check_pieces(una + below(bytes.size() - una + 1));
		check_pieces(sent);
	}

	void
	check_pieces(uint64_t at)
	{
		uint32_t len = static_cast<uint32_t>(
			below(std::min<uint64_t>(3000, bytes.size() - at) + 1));
		struct pln_pieces pieces;
		uint64_t off = at;

		pln_sendq_pieces(&q, seq(at), len, &pieces);
		ASSERT_TRUE(pieces.len == len ||
		            (pieces.len < len && pieces.count == PLN_ARRAY_LEN(pieces.piece)));
		for (unsigned int i = 0; i < pieces.count; i++) {
			const struct pln_piece &p = pieces.piece[i];

			ASSERT_GT(p.len, 0U);
			ASSERT_GE(p.data, p.ref->data);
			ASSERT_LE(p.data + p.len, p.ref->data + p.ref->len);
			ASSERT_EQ(memcmp(p.data, &bytes[off], p.len), 0) << off;
			off += p.len;
		}
		ASSERT_EQ(off, at + pieces.len);
	}
};

} // namespace

TEST(SendqModel, AgreesWithANaiveQueueAcrossTheWrap)
{
	for (uint32_t seed = 1; seed <= 60; seed++) {
		Model model(0U - 20000U * seed / 10U, seed);

		for (int i = 0; i < 600; i++) {
			model.step();
			if (testing::Test::HasFailure())
				FAIL() << "seed " << seed << " step " << i;
		}
		EXPECT_GT(model.total(), 20000U);
	}
}
