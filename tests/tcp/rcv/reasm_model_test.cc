/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly against a naive map from sequence number to the first byte that came, under random
 * segments, FINs and in-order arrivals, across the wrap of the sequence space.
 */
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tcp/rcv/reasm.h"

namespace
{

/* What a reassembly queue means: sequence numbers (64 bits, no wrap) to the first byte that
 * came. */
class Model
{
      public:
	Model(uint32_t first, uint32_t seed) : base(first), rng(seed)
	{
		pln_reasm_init(&r, LIMIT);
	}

	~Model()
	{
		struct pln_pktq out = {};

		pln_reasm_drain(&r, &out);
		give_back(&out);
		EXPECT_TRUE(live.empty());
	}

	void
	step()
	{
		if (rng() % 4 == 0)
			in_order();
		else
			out_of_order();
		check();
	}

	uint64_t
	delivered() const
	{
		return nxt;
	}

	unsigned int refused = 0, duplicates = 0, copied = 0;

      private:
	static constexpr uint32_t LIMIT = 10 * 512;
	static constexpr int FIN = 256;

	struct Own {
		std::vector<uint8_t> buf;
		struct pln_pkt pkt = {};
	};

	struct pln_reasm r;
	uint32_t base;
	std::mt19937 rng;
	uint64_t nxt = 0;
	std::map<uint64_t, int> map;
	std::map<struct pln_pkt *, std::unique_ptr<Own>> live;

	uint32_t
	seq(uint64_t off) const
	{
		return base + static_cast<uint32_t>(off);
	}

	void
	out_of_order()
	{
		uint64_t start = nxt + 1 + rng() % 3000;
		auto own = std::make_unique<Own>();
		bool fin = rng() % 8 == 0;

		own->buf.reserve(2000);
		own->buf.resize(rng() % 6 ? rng() % 400 : rng() % 3);
		for (uint8_t &b : own->buf)
			b = static_cast<uint8_t>(rng());
		own->pkt.data = own->buf.data();
		own->pkt.len = static_cast<uint32_t>(own->buf.size());
		own->pkt.seq = seq(start);
		own->pkt.fin = fin;
		own->pkt.truesize = 512;
		own->pkt.room = rng() % 2 ? static_cast<uint32_t>(2000 - own->buf.size()) : 0;
		insert(std::move(own), start);
	}

	void
	insert(std::unique_ptr<Own> own, uint64_t start)
	{
		uint64_t len = own->buf.size(), end = start + len + (own->pkt.fin ? 1 : 0), from,
			 to;
		enum pln_reasm_result expected = PLN_REASM_KEPT;

		for (from = start; from < end && map.count(from); from++)
			;
		for (to = from; to < end && !map.count(to); to++)
			;
		if (from == end)
			expected = PLN_REASM_DUPLICATE;
		else if (live.size() * 512 + 512 > LIMIT)
			expected = PLN_REASM_FULL;
		const bool may_copy = map.count(from - 1) && map[from - 1] != FIN &&
		                      end - from <= PLN_REASM_COALESCE;
		const enum pln_reasm_result result = pln_reasm_insert(&r, &own->pkt);
		if (result == PLN_REASM_COPIED)
			ASSERT_TRUE(may_copy);
		else
			ASSERT_EQ(result, expected);
		refused += result == PLN_REASM_FULL;
		duplicates += result == PLN_REASM_DUPLICATE;
		copied += result == PLN_REASM_COPIED;
		if (result != PLN_REASM_KEPT && result != PLN_REASM_COPIED)
			return;
		for (; from < to; from++)
			map[from] = from < start + len ? own->buf[from - start] : FIN;
		if (result == PLN_REASM_COPIED)
			return;
		struct pln_pkt *pkt = &own->pkt;
		live[pkt] = std::move(own);
	}

	/* Bytes arrive in order, then the queue is asked for what follows. */
	void
	in_order()
	{
		struct pln_pktq out = {};

		nxt += rng() % 500;
		while (struct pln_pkt *pkt = pln_reasm_pop(&r, seq(nxt), &out)) {
			ASSERT_EQ(pkt->seq, seq(nxt));
			ASSERT_TRUE(pkt->len > 0 || pkt->fin);
			for (uint32_t i = 0; i < pkt->len; i++, nxt++)
				ASSERT_EQ(map.at(nxt), pkt->data[i]);
			if (pkt->fin) {
				ASSERT_EQ(map.at(nxt++), FIN);
			}
			ASSERT_EQ(live.erase(pkt), 1U);
		}
		map.erase(map.begin(), map.lower_bound(nxt));
		EXPECT_EQ(map.count(nxt), 0U); /* it stopped at a gap */
		give_back(&out);
	}

	void
	give_back(struct pln_pktq *out)
	{
		while (struct pln_pkt *pkt = pln_pktq_pop(out))
			ASSERT_EQ(live.erase(pkt), 1U);
	}

	void
	check()
	{
		auto it = map.begin();
		uint32_t payload = 0;

		for (const struct pln_pkt *p = r.head; p != nullptr; p = p->next) {
			for (uint32_t i = 0; i < p->len; i++, ++it) {
				ASSERT_NE(it, map.end());
				ASSERT_EQ(seq(it->first), p->seq + i);
				ASSERT_EQ(it->second, p->data[i]);
			}
			if (p->fin) {
				ASSERT_EQ(seq(it->first), p->seq + p->len);
				ASSERT_EQ((it++)->second, FIN);
			}
			payload += p->len;
			ASSERT_EQ(p->next == nullptr, p == r.last);
		}
		ASSERT_EQ(it, map.end());
		ASSERT_EQ(r.bytes, payload);
		ASSERT_EQ(r.count, live.size());
		ASSERT_EQ(r.truesize, live.size() * 512);
	}
};

} // namespace

TEST(ReasmModel, AgreesWithANaiveMapAcrossTheWrap)
{
	unsigned int refused = 0, duplicates = 0, copied = 0;

	for (uint32_t seed = 1; seed <= 60; seed++) {
		Model model(0U - seed * 300U, seed);

		for (int i = 0; i < 300; i++) {
			model.step();
			if (testing::Test::HasFailure())
				FAIL() << "seed " << seed << " step " << i;
		}
		EXPECT_GT(model.delivered(), 20000U);
		refused += model.refused;
		duplicates += model.duplicates;
		copied += model.copied;
	}
	EXPECT_GT(refused, 100U);
	EXPECT_GT(duplicates, 100U);
	EXPECT_GT(copied, 100U);
}
