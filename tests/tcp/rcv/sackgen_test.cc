/* SPDX-License-Identifier: BSD-3-Clause */
/* SACK blocks of a receiver: order, merging, what is reported once, and a comparison with what is really held. */
#include "tcp/rcv/sackgen.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tcp/rcv/reasm.h"

namespace
{

std::string
text(const struct pln_sackgen &gen, unsigned int max = PLN_TCP_OPTS_MAX_SACK)
{
	struct pln_sack_block out[PLN_TCP_OPTS_MAX_SACK];
	unsigned int n = pln_sackgen_fill(&gen, out, max);
	std::string s;

	for (unsigned int i = 0; i < n; i++)
		s += std::to_string(out[i].start) + "-" + std::to_string(out[i].end) + " ";
	return s;
}

} // namespace

TEST(SackgenRfc2018, KnowsNothingAtFirst)
{
	struct pln_sackgen gen = {};

	EXPECT_EQ(text(gen), "");
}

TEST(SackgenRfc2018, NewestBlockStandsFirst)
{
	struct pln_sackgen gen = {};

	pln_sackgen_held(&gen, { 100, 200 });
	pln_sackgen_held(&gen, { 300, 400 });
	pln_sackgen_held(&gen, { 500, 600 });
	EXPECT_EQ(text(gen), "500-600 300-400 100-200 ");
	pln_sackgen_held(&gen, { 300, 450 });
	EXPECT_EQ(text(gen), "300-450 500-600 100-200 ");
}

TEST(SackgenRfc2018, OnlyAsManyAsFitTheNewestOnes)
{
	struct pln_sackgen gen = {};

	for (uint32_t i = 1; i <= 6; i++)
		pln_sackgen_held(&gen, { 100 * i, 100 * i + 10 });
	EXPECT_EQ(text(gen), "600-610 500-510 400-410 300-310 ");
	EXPECT_EQ(text(gen, 2), "600-610 500-510 ");
	EXPECT_EQ(text(gen, 0), "");
}

TEST(SackgenRfc2018, BlocksThatGrewTogetherAreOne)
{
	struct pln_sackgen gen = {};

	pln_sackgen_held(&gen, { 100, 200 });
	pln_sackgen_held(&gen, { 900, 950 });
	pln_sackgen_held(&gen, { 300, 400 });
	pln_sackgen_held(&gen, { 100, 400 });
	EXPECT_EQ(text(gen), "100-400 900-950 ");
}

TEST(SackgenRfc2018, WhatIsAcknowledgedNeedsNoBlock)
{
	struct pln_sackgen gen = {};

	pln_sackgen_held(&gen, { 0xffffff00U, 0xffffff80U });
	pln_sackgen_held(&gen, { 0x10U, 0x20U });
	pln_sackgen_advance(&gen, 0xffffff80U);
	EXPECT_EQ(text(gen), "16-32 ");
	pln_sackgen_advance(&gen, 0x20U);
	EXPECT_EQ(text(gen), "");
}

TEST(SackgenRfc2883, DuplicateStandsFirstAndOnce)
{
	struct pln_sackgen gen = {};

	pln_sackgen_held(&gen, { 300, 400 });
	pln_sackgen_duplicate(&gen, { 310, 320 });
	EXPECT_EQ(text(gen), "310-320 300-400 ");
	EXPECT_EQ(pln_sackgen_fill(&gen, nullptr, 0), 0U);
	pln_sackgen_sent(&gen);
	EXPECT_EQ(text(gen), "300-400 ");
}

/* Random segments into reassembly: the first block is the stretch of held bytes around the last arrival, every block is exactly one such
 * stretch, none is below RCV.NXT, and what is said to be a duplicate was there before. */
TEST(SackgenModel, BlocksAreWhatIsHeld)
{
	std::mt19937 rng(2018);
	const uint32_t base = 0xffffff80U; /* across the wrap */

	for (int round = 0; round < 300; round++) {
		std::vector<struct pln_pkt> pkts(60);
		std::vector<uint8_t> bytes(64);
		struct pln_reasm r;
		struct pln_sackgen gen = {};
		std::set<uint32_t> held; /* offsets from base; 0 is RCV.NXT, which never comes */

		pln_reasm_init(&r, 1 << 20);
		for (struct pln_pkt &pkt : pkts) {
			uint32_t at = 1 + rng() % 250, len = 1 + rng() % 12;
			std::set<uint32_t> before = held;
			struct pln_sack_block out[4];
			enum pln_reasm_result result;

			pkt.data = bytes.data();
			pkt.seq = base + at;
			pkt.len = len;
			pkt.truesize = 64;
			result = pln_reasm_insert(&r, &pkt);
			ASSERT_NE(result, PLN_REASM_FULL);
			if (result == PLN_REASM_KEPT)
				for (uint32_t i = 0; i < pkt.len; i++)
					held.insert(pkt.seq - base + i);
			pln_sackgen_held(&gen, r.isle);
			for (uint32_t s = r.dup.start; s != r.dup.end; s++)
				ASSERT_TRUE(before.count(s - base));
			ASSERT_EQ(r.dup.start == r.dup.end, [&] {
				for (uint32_t i = 0; i < len; i++)
					if (before.count(at + i))
						return false;
				return true;
			}()) << "a duplicate is noted if and only if there is one";
			unsigned int n = pln_sackgen_fill(&gen, out, 4);
			ASSERT_GE(n, 1U);
			for (unsigned int i = 0; i < n; i++) {
				ASSERT_FALSE(held.count(out[i].start - 1 - base));
				ASSERT_FALSE(held.count(out[i].end - base));
				for (uint32_t s = out[i].start; s != out[i].end; s++)
					ASSERT_TRUE(held.count(s - base));
			}
			uint32_t newest = pkt.seq - base;
			ASSERT_GE(newest, out[0].start - base);
			ASSERT_LT(newest, out[0].end - base);
		}
		struct pln_pktq dead = {};
		pln_reasm_drain(&r, &dead);
	}
}
