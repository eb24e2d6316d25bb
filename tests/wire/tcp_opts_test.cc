/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/tcp_opts: known bytes, every order, every alignment, every illegal length. */
#include "wire/tcp_opts.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace
{

using Bytes = std::vector<uint8_t>;

const Bytes mss = { 2, 4, 0x05, 0xb4 };
const Bytes wscale = { 3, 3, 7 };
const Bytes sack_ok = { 4, 2 };
const Bytes ts = { 8, 10, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
const Bytes sack = { 5, 10, 0, 0, 0, 1, 0, 0, 0, 9 };
const Bytes nop = { 1 };
const Bytes unknown = { 253, 5, 8, 10, 3 }; /* its data looks like options */

pln_drop
parse(const Bytes &list, pln_tcp_opts *out)
{
	/* a heap block of the list's exact size, so that a sanitizer sees one byte too many */
	Bytes exact(list);

	exact.shrink_to_fit();
	return pln_tcp_opts_parse(exact.data(), exact.size(), out);
}

pln_drop
parse(const Bytes &list)
{
	pln_tcp_opts opts;

	return parse(list, &opts);
}

Bytes
concat(const std::vector<Bytes> &parts)
{
	Bytes list;

	for (const Bytes &part : parts)
		list.insert(list.end(), part.begin(), part.end());
	return list;
}

Bytes
emit(const pln_tcp_opts &opts)
{
	Bytes buf(PLN_TCP_OPTS_MAX_LEN + 8, 0xee);
	size_t len = pln_tcp_opts_emit(buf.data(), &opts);

	EXPECT_LE(len, PLN_TCP_OPTS_MAX_LEN);
	EXPECT_EQ(len, pln_tcp_opts_len(&opts));
	for (size_t i = len; i < buf.size(); i++)
		EXPECT_EQ(0xee, buf[i]) << "wrote behind the end";
	buf.resize(len);
	return buf;
}

pln_tcp_opts
full_opts()
{
	pln_tcp_opts opts = {};

	opts.wscale = 7;
	opts.mss = 1460;
	opts.tsval = 0x11223344;
	opts.tsecr = 0x55667788;
	for (uint32_t i = 0; i < PLN_TCP_OPTS_MAX_SACK; i++)
		opts.sack[i] = { 1000 * i, 1000 * i + 500 };
	return opts;
}

TEST(TcpOptsRfc9293, EmptyListHasNothing)
{
	pln_tcp_opts opts;

	ASSERT_EQ(PLN_ACCEPT, pln_tcp_opts_parse(nullptr, 0, &opts));
	EXPECT_EQ(0, opts.present);
	EXPECT_EQ(0, opts.n_sack);
	EXPECT_TRUE(emit(opts).empty());
}

TEST(TcpOptsRfc7323, SynOfLinuxIsTwentyBytes)
{
	const Bytes expected = { 2,    4,    0x05, 0xb4, 4,    2,    8, 10, 0x11, 0x22,
		                 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1, 3,  3,    7 };
	pln_tcp_opts opts = full_opts();

	opts.present = PLN_TCP_OPT_MSS | PLN_TCP_OPT_SACK_OK | PLN_TCP_OPT_TS | PLN_TCP_OPT_WSCALE;
	EXPECT_EQ(expected, emit(opts));
}

TEST(TcpOptsRfc7323, LoneOptionsArePaddedInFront)
{
	pln_tcp_opts opts = full_opts();

	opts.present = PLN_TCP_OPT_TS;
	EXPECT_EQ(concat({ nop, nop, ts }), emit(opts));
	opts.present = PLN_TCP_OPT_WSCALE;
	EXPECT_EQ(concat({ nop, wscale }), emit(opts));
	opts.present = PLN_TCP_OPT_SACK_OK;
	EXPECT_EQ(concat({ nop, nop, sack_ok }), emit(opts));
	opts.present = PLN_TCP_OPT_MSS;
	EXPECT_EQ(mss, emit(opts));
}

TEST(TcpOptsRfc2018, ThreeSackBlocksFitBesideATimestamp)
{
	pln_tcp_opts in = full_opts(), out;

	in.n_sack = 4;
	in.present = PLN_TCP_OPT_SACK;
	EXPECT_EQ(36U, emit(in).size());
	in.present = PLN_TCP_OPT_SACK | PLN_TCP_OPT_TS;
	EXPECT_EQ(40U, emit(in).size());
	ASSERT_EQ(PLN_ACCEPT, parse(emit(in), &out));
	EXPECT_EQ(3, out.n_sack);
	EXPECT_EQ(2000U, out.sack[2].start);
	EXPECT_EQ(2500U, out.sack[2].end);
}

TEST(TcpOptsRfc2018, SackWithoutBlocksIsLeftOut)
{
	pln_tcp_opts opts = full_opts();

	opts.present = PLN_TCP_OPT_SACK;
	EXPECT_TRUE(emit(opts).empty());
}

TEST(TcpOptsRfc9293, EachCombinationSurvivesTheRoundTrip)
{
	for (unsigned int present = 0; present < 32; present++) {
		for (uint8_t n_sack = 0; n_sack <= PLN_TCP_OPTS_MAX_SACK; n_sack++) {
			pln_tcp_opts in = full_opts(), out;

			in.present = static_cast<uint8_t>(present);
			in.n_sack = n_sack;
			Bytes list = emit(in);
			ASSERT_EQ(0U, list.size() % 4);
			ASSERT_EQ(PLN_ACCEPT, parse(list, &out));

			size_t without =
				emit({ .present = static_cast<uint8_t>(present & 15) }).size();
			size_t fit = std::min<size_t>(n_sack, (40 - without - 4) / 8);
			if ((present & PLN_TCP_OPT_SACK) == 0)
				fit = 0;
			unsigned int expected = present & (fit == 0 ? 15U : 31U);
			ASSERT_EQ(expected, out.present);
			ASSERT_EQ(fit, out.n_sack);
			ASSERT_EQ(0, memcmp(in.sack, out.sack, fit * sizeof(in.sack[0])));
			ASSERT_EQ(present & PLN_TCP_OPT_MSS ? 1460 : 0, out.mss);
			ASSERT_EQ(present & PLN_TCP_OPT_WSCALE ? 7 : 0, out.wscale);
			ASSERT_EQ(present & PLN_TCP_OPT_TS ? 0x11223344U : 0U, out.tsval);
			ASSERT_EQ(present & PLN_TCP_OPT_TS ? 0x55667788U : 0U, out.tsecr);
		}
	}
}

/* MUST-69: we pad with NOPs in front, so no END and nothing behind one is ever sent. */
TEST(TcpOptsRfc9293, NoListEndsEarly)
{
	for (unsigned int present = 0; present < 32; present++) {
		pln_tcp_opts opts = full_opts();

		opts.present = static_cast<uint8_t>(present);
		opts.n_sack = 2;
		Bytes list = emit(opts);
		size_t at = 0;
		while (at < list.size()) {
			ASSERT_NE(0, list[at]);
			at += list[at] == 1 ? 1U : list[at + 1];
		}
		EXPECT_EQ(list.size(), at);
	}
}

void
expect_all(const pln_tcp_opts &opts)
{
	ASSERT_EQ(31, opts.present);
	ASSERT_EQ(1460, opts.mss);
	ASSERT_EQ(7, opts.wscale);
	ASSERT_EQ(0x11223344U, opts.tsval);
	ASSERT_EQ(0x55667788U, opts.tsecr);
	ASSERT_EQ(1, opts.n_sack);
	ASSERT_EQ(1U, opts.sack[0].start);
	ASSERT_EQ(9U, opts.sack[0].end);
}

/* MUST-4, MUST-5: any option in any segment, in any order. */
TEST(TcpOptsRfc9293, EveryOrderIsUnderstood)
{
	const std::vector<Bytes> options = { mss, wscale, sack_ok, ts, sack, nop, unknown };
	std::vector<size_t> order(options.size());

	std::iota(order.begin(), order.end(), 0);
	do {
		std::vector<Bytes> parts;
		pln_tcp_opts opts;

		for (size_t i : order)
			parts.push_back(options[i]);
		ASSERT_EQ(PLN_ACCEPT, parse(concat(parts), &opts));
		expect_all(opts);
	} while (!HasFailure() && std::next_permutation(order.begin(), order.end()));
}

/* MUST-64: "receivers MUST be prepared to process options even if they do not begin on a word boundary". */
TEST(TcpOptsRfc9293, EveryAlignmentIsUnderstood)
{
	for (size_t shift = 0; shift < 8; shift++) {
		Bytes list = concat({ Bytes(shift, 1), ts, sack, mss, wscale, sack_ok });
		pln_tcp_opts opts;

		ASSERT_EQ(PLN_ACCEPT, parse(list, &opts));
		expect_all(opts);
		Bytes moved(shift);
		moved.insert(moved.end(), list.begin(), list.end());
		ASSERT_EQ(PLN_ACCEPT, pln_tcp_opts_parse(&moved[shift], list.size(), &opts));
		expect_all(opts);
	}
}

TEST(TcpOptsRfc9293, NothingCountsBehindTheEndOfTheList)
{
	pln_tcp_opts opts;

	ASSERT_EQ(PLN_ACCEPT, parse(concat({ mss, { 0 }, ts, { 8, 0, 0 } }), &opts));
	EXPECT_EQ(PLN_TCP_OPT_MSS, opts.present);
}

/* MUST-6: "ignore without error any TCP Option it does not implement". */
TEST(TcpOptsRfc9293, UnknownKindsAreSkippedByTheirLength)
{
	for (unsigned int kind = 0; kind < 256; kind++) {
		if (kind <= 5 || kind == 8 || kind == 28 || kind == 34)
			continue;
		for (uint8_t len = 2; len <= 30; len++) {
			Bytes option(len, 0xff);
			pln_tcp_opts opts;

			option[0] = static_cast<uint8_t>(kind);
			option[1] = len;
			ASSERT_EQ(PLN_ACCEPT, parse(concat({ option, ts }), &opts));
			ASSERT_EQ(PLN_TCP_OPT_TS, opts.present);
			ASSERT_EQ(0x11223344U, opts.tsval);
		}
	}
}

bool
is_legal(uint8_t kind, unsigned int len)
{
	switch (kind) {
	case 2:
		return len == 4;
	case 3:
		return len == 3;
	case 4:
		return len == 2;
	case 5:
		return len == 10 || len == 18 || len == 26 || len == 34;
	case 8:
		return len == 10;
	default:
		return len >= 2;
	}
}

/* MUST-7: "be prepared to handle an illegal option length (e.g., zero)". */
TEST(TcpOptsRfc9293, EveryIllegalLengthIsRefused)
{
	for (uint8_t kind : { 2, 3, 4, 5, 8, 6, 7, 30, 34, 253, 255 }) {
		for (unsigned int len = 0; len < 256; len++) {
			for (size_t room : { 2, 4, 10, 20, 40 }) {
				Bytes list(room, 1);

				list[0] = kind;
				list[1] = static_cast<uint8_t>(len);
				bool legal = is_legal(kind, len) && len <= room;
				ASSERT_EQ(legal ? PLN_ACCEPT : PLN_TCP_BAD_OPTION, parse(list))
					<< int{ kind } << " of length " << len << " in " << room;
			}
		}
	}
}

TEST(TcpOptsRfc9293, KindWithoutALengthIsRefused)
{
	for (unsigned int kind = 2; kind < 256; kind++) {
		EXPECT_EQ(PLN_TCP_BAD_OPTION, parse({ static_cast<uint8_t>(kind) }));
		EXPECT_EQ(PLN_TCP_BAD_OPTION, parse({ 1, 1, 1, static_cast<uint8_t>(kind) }));
	}
}

TEST(TcpOptsRfc9293, OptionCutOffAtEveryByteIsRefused)
{
	for (const Bytes &option : { mss, wscale, sack_ok, ts, sack, unknown })
		for (size_t len = 1; len < option.size(); len++)
			EXPECT_EQ(
				PLN_TCP_BAD_OPTION,
				parse({ option.begin(), option.begin() + static_cast<long>(len) }));
}

TEST(TcpOptsRfc9293, LastOfTwoEqualOptionsCounts)
{
	pln_tcp_opts opts;

	ASSERT_EQ(PLN_ACCEPT, parse(concat({ mss, { 2, 4, 0x02, 0x18 } }), &opts));
	EXPECT_EQ(536, opts.mss);
}

TEST(TcpOptsRfc9293, RandomListsNeverReadOutside)
{
	std::mt19937 rng(1);

	for (int round = 0; round < 100000; round++) {
		Bytes list(rng() % 41);
		pln_tcp_opts opts;

		for (uint8_t &byte : list)
			byte = static_cast<uint8_t>(rng() % 3 == 0 ? rng() : rng() % 11);
		if (parse(list, &opts) != PLN_ACCEPT)
			continue;
		ASSERT_LE(opts.n_sack, PLN_TCP_OPTS_MAX_SACK);
		ASSERT_EQ((opts.present & PLN_TCP_OPT_SACK) != 0, opts.n_sack != 0);
	}
}

/* RFC 7413 §4.1.1: "Options with invalid Length values ... MUST be ignored". */
TEST(TcpOptsRfc7413, CookiesOfFourToSixteenEvenBytesAreTaken)
{
	for (uint8_t len = 2; len <= 40; len++) {
		bool good = len == 2 || (len >= 6 && len <= 18 && len % 2 == 0);
		Bytes option(len, 0xab);
		pln_tcp_opts opts;

		option[0] = 34;
		option[1] = len;
		ASSERT_EQ(PLN_ACCEPT, parse(option, &opts));
		ASSERT_EQ(good ? PLN_TCP_OPT_FO_COOKIE : 0, opts.present) << int{ len };
		if (!good)
			continue;
		ASSERT_EQ(len - 2, opts.fastopen.len);
		for (uint8_t i = 0; i < opts.fastopen.len; i++)
			ASSERT_EQ(0xab, opts.fastopen.cookie[i]);
	}
}

TEST(TcpOptsRfc7413, CookiesSurviveTheRoundTripBesideAllThatASynHas)
{
	for (uint8_t len : { 0, 4, 6, 8, 10, 12, 14, 16 }) {
		for (unsigned int present = 0; present < 16; present++) {
			pln_tcp_opts in = full_opts(), out;

			in.present = static_cast<uint8_t>(present | PLN_TCP_OPT_FO_COOKIE);
			in.fastopen.len = len;
			memset(in.fastopen.cookie, 0x5c, len);
			Bytes list = emit(in);
			ASSERT_EQ(0U, list.size() % 4);
			ASSERT_EQ(PLN_ACCEPT, parse(list, &out));
			ASSERT_EQ(in.present, out.present);
			ASSERT_EQ(len, out.fastopen.len);
			ASSERT_EQ(0, memcmp(in.fastopen.cookie, out.fastopen.cookie, len));
		}
	}
}

TEST(TcpOptsRfc5482, UserTimeoutIsFourBytesAndNothingElse)
{
	for (uint8_t len = 2; len <= 8; len++) {
		Bytes option(len, 0x81);
		pln_tcp_opts opts;

		option[0] = 28;
		option[1] = len;
		ASSERT_EQ(len == 4 ? PLN_ACCEPT : PLN_TCP_BAD_OPTION, parse(option, &opts))
			<< int{ len };
		if (len == 4) {
			ASSERT_EQ(0x8181, opts.user_timeout);
		}
	}
}

TEST(TcpOptsRfc5482, UserTimeoutSurvivesTheRoundTripBesideAllThatASynHas)
{
	for (unsigned int present = 0; present < 16; present++) {
		pln_tcp_opts in = full_opts(), out;

		in.present = static_cast<uint8_t>(present | PLN_TCP_OPT_UTIMEOUT);
		in.user_timeout = 0x8123;
		Bytes list = emit(in);
		ASSERT_EQ(0U, list.size() % 4);
		ASSERT_EQ(list.size(), pln_tcp_opts_len(&in));
		ASSERT_EQ(PLN_ACCEPT, parse(list, &out));
		ASSERT_EQ(in.present, out.present);
		ASSERT_EQ(0x8123, out.user_timeout);
	}
}

} // namespace
