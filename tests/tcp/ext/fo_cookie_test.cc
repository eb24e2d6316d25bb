/* SPDX-License-Identifier: BSD-3-Clause */
/* Fast Open's cookies: whose they are and how long, and what a client remembers of its servers. */
#include "tcp/ext/fo_cookie.h"

#include <gtest/gtest.h>

namespace
{

constexpr struct pln_siphash_key SECRET = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
constexpr uint64_t DAY = UINT64_C(24) * 3600 * PLN_NS_PER_S;

struct pln_be32
addr(uint32_t last)
{
	return pln_be32(0x0a000000 + last);
}

class FastopenRfc7413 : public ::testing::Test
{
      protected:
	FastopenRfc7413()
	{
		pln_fo_cookie_keys_init(&keys, &SECRET);
	}

	pln_tcp_fastopen
	make(uint32_t client = 1, uint32_t server = 2)
	{
		pln_tcp_fastopen option{};

		option.len = PLN_FASTOPEN_COOKIE;
		pln_fo_cookie_make(&keys, addr(client), addr(server), now, option.cookie);
		return option;
	}

	pln_fo_cookie_verdict
	check(const pln_tcp_fastopen &option, uint32_t client = 1, uint32_t server = 2)
	{
		const struct pln_be32 ends[2] = { addr(client), addr(server) };

		return pln_fo_cookie_check(&keys, ends, now, &option);
	}

	pln_fo_cookie_keys keys;
	uint64_t now = 100 * DAY;
};

} // namespace

TEST_F(FastopenRfc7413, CookieBelongsToItsAddresses)
{
	const pln_tcp_fastopen option = make();

	EXPECT_EQ(check(option), PLN_FASTOPEN_GOOD);
	EXPECT_EQ(check(option, 3), PLN_FASTOPEN_BAD);
	EXPECT_EQ(check(option, 1, 3), PLN_FASTOPEN_BAD);
	EXPECT_EQ(check(option, 2, 1), PLN_FASTOPEN_BAD);
}

TEST_F(FastopenRfc7413, EveryBitAndTheLengthCount)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		pln_tcp_fastopen option = make();

		option.cookie[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
		EXPECT_EQ(check(option), PLN_FASTOPEN_BAD) << bit;
	}
	for (uint8_t len : { 0, 4, 6, 10, 16 }) {
		pln_tcp_fastopen option = make();

		option.len = len;
		EXPECT_EQ(check(option), PLN_FASTOPEN_BAD);
	}
}

TEST_F(FastopenRfc7413, WithoutAKeyOfTheUsersItIsGoodForOneToTwoDays)
{
	const pln_tcp_fastopen option = make();

	now += DAY - 1;
	EXPECT_EQ(check(option), PLN_FASTOPEN_GOOD);
	now++;
	EXPECT_EQ(check(option), PLN_FASTOPEN_OLD) << "good, and another one is due";
	now += DAY - 1;
	EXPECT_EQ(check(option), PLN_FASTOPEN_OLD);
	now++;
	EXPECT_EQ(check(option), PLN_FASTOPEN_BAD);
}

TEST_F(FastopenRfc7413, UsersKeysAreTurnedByTheUserAlone)
{
	const pln_siphash_key first = { 1, 2 }, second = { 3, 4 }, third = { 5, 6 };
	pln_tcp_fastopen option;

	pln_fo_cookie_keys_turn(&keys, &first);
	option = make();
	now += 100 * DAY;
	EXPECT_EQ(check(option), PLN_FASTOPEN_GOOD);
	pln_fo_cookie_keys_turn(&keys, &second);
	EXPECT_EQ(check(option), PLN_FASTOPEN_OLD);
	EXPECT_EQ(check(make()), PLN_FASTOPEN_GOOD);
	pln_fo_cookie_keys_turn(&keys, &third);
	EXPECT_EQ(check(option), PLN_FASTOPEN_BAD);
}

TEST_F(FastopenRfc7413, ServersOfOneKeyTakeEachOthersCookies)
{
	const pln_siphash_key shared = { 1, 2 };
	pln_fo_cookie_keys other;
	const pln_siphash_key secret = { 9, 9 };
	pln_tcp_fastopen option;

	pln_fo_cookie_keys_init(&other, &secret);
	EXPECT_EQ(check(make()), PLN_FASTOPEN_GOOD);
	pln_fo_cookie_keys_turn(&keys, &shared);
	pln_fo_cookie_keys_turn(&other, &shared);
	option = make();
	keys = other;
	EXPECT_EQ(check(option), PLN_FASTOPEN_GOOD);
}

class FastopenCacheRfc7413 : public ::testing::Test
{
      protected:
	void
	learn(uint32_t server, uint16_t mss = 1460)
	{
		pln_fo_cookie_server s{};

		s.addr = addr(server);
		s.mss = mss;
		s.cookie.len = 8;
		s.cookie.cookie[0] = static_cast<uint8_t>(server);
		s.learned_ns = now;
		pln_fo_cookie_learn(&cache, &s);
	}

	const pln_fo_cookie_server *
	get(uint32_t server)
	{
		return pln_fo_cookie_find(&cache, addr(server), now);
	}

	pln_fo_cookie_cache cache{};
	uint64_t now = 1000 * DAY;
};

TEST_F(FastopenCacheRfc7413, KnowsEachServersCookieAndMss)
{
	EXPECT_EQ(get(1), nullptr);
	learn(1, 1460);
	learn(2, 536);
	ASSERT_NE(get(1), nullptr);
	EXPECT_EQ(get(1)->mss, 1460);
	EXPECT_EQ(get(2)->mss, 536);
	EXPECT_EQ(get(2)->cookie.cookie[0], 2);
	learn(1, 1400);
	EXPECT_EQ(get(1)->mss, 1400);
	EXPECT_EQ(cache.count, 2U);
}

TEST_F(FastopenCacheRfc7413, IsBoundedAndTheNewestStay)
{
	for (uint32_t i = 0; i < 1000; i++, now++)
		learn(i);
	EXPECT_EQ(cache.count, PLN_FASTOPEN_SERVERS);
	EXPECT_EQ(get(1000 - PLN_FASTOPEN_SERVERS - 1), nullptr);
	EXPECT_NE(get(1000 - PLN_FASTOPEN_SERVERS), nullptr);
	EXPECT_NE(get(999), nullptr);
}

TEST_F(FastopenCacheRfc7413, ForgetsAfterAWeek)
{
	learn(1);
	now += 7 * DAY - 1;
	EXPECT_NE(get(1), nullptr);
	now++;
	EXPECT_EQ(get(1), nullptr);
}

TEST_F(FastopenCacheRfc7413, ShunsAServerForAnHourWhateverItGives)
{
	learn(1);
	pln_fo_cookie_shun(&cache, addr(1), now);
	pln_fo_cookie_shun(&cache, addr(2), now);
	learn(1);
	EXPECT_EQ(get(1), nullptr);
	now += UINT64_C(3600) * PLN_NS_PER_S;
	EXPECT_NE(get(1), nullptr);
	EXPECT_EQ(cache.count, 1U);
}
