/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base/pool: handles that know when they are stale, exhaustion, iteration, and what a pool costs.
 */
#include "base/pool.h"

#include <cstring>
#include <random>
#include <set>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

namespace
{

class Pool : public ::testing::Test
{
      protected:
	void
	init(uint32_t obj_size, uint32_t capacity)
	{
		ASSERT_EQ(0, pln_pool_init(&pool, obj_size, capacity));
	}

	void
	TearDown() override
	{
		pln_pool_fini(&pool);
	}

	pln_pool pool = {};
};

bool
is_zero(const void *obj, size_t len)
{
	const auto *p = static_cast<const uint8_t *>(obj);

	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

size_t
resident_pages(const void *begin, size_t len)
{
	size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	std::vector<unsigned char> map((len + page - 1) / page);
	size_t n = 0;

	EXPECT_EQ(0, mincore(const_cast<void *>(begin), len, map.data()));
	for (unsigned char state : map)
		n += state & 1;
	return n;
}

TEST_F(Pool, StrideIsWholeCacheLines)
{
	init(65, 4);
	EXPECT_EQ(128U, pool.stride);
	EXPECT_EQ(0U, reinterpret_cast<uintptr_t>(pln_pool_alloc(&pool)) % 64);
}

TEST_F(Pool, HandsOutDistinctZeroedObjectsUntilFull)
{
	std::set<void *> seen;

	init(100, 50);
	for (int i = 0; i < 50; i++) {
		void *obj = pln_pool_alloc(&pool);

		ASSERT_NE(nullptr, obj);
		EXPECT_TRUE(is_zero(obj, 100));
		memset(obj, 0xa5, 100);
		EXPECT_TRUE(seen.insert(obj).second);
	}
	EXPECT_EQ(50U, pool.used);
	EXPECT_EQ(nullptr, pln_pool_alloc(&pool));
	EXPECT_EQ(50U, pool.used);
}

TEST_F(Pool, FreedObjectIsHandedOutAgainZeroed)
{
	init(64, 1);
	void *obj = pln_pool_alloc(&pool);
	memset(obj, 0xff, 64);
	pln_pool_free(&pool, obj);
	EXPECT_EQ(0U, pool.used);

	EXPECT_EQ(obj, pln_pool_alloc(&pool));
	EXPECT_TRUE(is_zero(obj, 64));
}

TEST_F(Pool, RecyclesBeforeItTouchesNewMemory)
{
	init(64, 1000);
	for (int i = 0; i < 100; i++)
		pln_pool_free(&pool, pln_pool_alloc(&pool));
	EXPECT_EQ(1U, pool.high);
}

TEST_F(Pool, HandleFindsItsObject)
{
	init(64, 10);
	void *a = pln_pool_alloc(&pool), *b = pln_pool_alloc(&pool);

	EXPECT_NE(0U, pln_pool_handle(&pool, a));
	EXPECT_NE(pln_pool_handle(&pool, a), pln_pool_handle(&pool, b));
	EXPECT_EQ(a, pln_pool_lookup(&pool, pln_pool_handle(&pool, a)));
	EXPECT_EQ(b, pln_pool_lookup(&pool, pln_pool_handle(&pool, b)));
}

TEST_F(Pool, StaleHandleFindsNothing)
{
	init(64, 10);
	void *obj = pln_pool_alloc(&pool);
	uint64_t stale = pln_pool_handle(&pool, obj);

	pln_pool_free(&pool, obj);
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, stale));
	ASSERT_EQ(obj, pln_pool_alloc(&pool));
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, stale));
	EXPECT_NE(stale, pln_pool_handle(&pool, obj));
}

TEST_F(Pool, InventedHandlesFindNothing)
{
	init(64, 10);
	uint64_t handle = pln_pool_handle(&pool, pln_pool_alloc(&pool));
	std::mt19937_64 rng(1);

	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, 0));
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, UINT64_MAX));
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, handle & UINT32_MAX));
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, handle + 1)); /* never handed out */
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, handle + 10));
	EXPECT_EQ(nullptr, pln_pool_lookup(&pool, handle >> 32 << 32));
	for (int i = 0; i < 100000; i++) {
		uint64_t guess = rng();

		if (guess != handle) {
			ASSERT_EQ(nullptr, pln_pool_lookup(&pool, guess));
		}
	}
}

TEST_F(Pool, IterateVisitsAllocatedObjectsInOrderOnce)
{
	std::vector<void *> objs, seen;
	uint32_t cursor = 0;

	init(64, 20);
	for (int i = 0; i < 10; i++)
		objs.push_back(pln_pool_alloc(&pool));
	for (int i : { 0, 4, 5, 9 })
		pln_pool_free(&pool, objs[i]);
	for (void *obj; (obj = pln_pool_iterate(&pool, &cursor)) != nullptr;)
		seen.push_back(obj);
	EXPECT_EQ((std::vector<void *>{ objs[1], objs[2], objs[3], objs[6], objs[7], objs[8] }),
	          seen);
	EXPECT_EQ(nullptr, pln_pool_iterate(&pool, &cursor));
}

TEST_F(Pool, IterateOfAnEmptyPoolEndsAtOnce)
{
	uint32_t cursor = 0;

	init(64, 1000000);
	EXPECT_EQ(nullptr, pln_pool_iterate(&pool, &cursor));
	EXPECT_EQ(0U, cursor);
}

TEST_F(Pool, RandomUseAgreesWithAModel)
{
	std::vector<std::pair<void *, uint64_t>> live;
	std::vector<uint64_t> dead;
	std::mt19937 rng(7);

	init(40, 64);
	for (int round = 0; round < 20000; round++) {
		if (rng() % 2 == 0) {
			void *obj = pln_pool_alloc(&pool);

			ASSERT_EQ(live.size() == 64, obj == nullptr);
			if (obj != nullptr)
				live.emplace_back(obj, pln_pool_handle(&pool, obj));
		} else if (!live.empty()) {
			size_t i = rng() % live.size();

			pln_pool_free(&pool, live[i].first);
			dead.push_back(live[i].second);
			live.erase(live.begin() + static_cast<long>(i));
		}
		ASSERT_EQ(live.size(), pool.used);
		for (const auto &[obj, handle] : live)
			ASSERT_EQ(obj, pln_pool_lookup(&pool, handle));
		if (!dead.empty()) {
			ASSERT_EQ(nullptr, pln_pool_lookup(&pool, dead[rng() % dead.size()]));
		}
	}
}

TEST_F(Pool, UntouchedObjectsTakeNoMemory)
{
	init(1024, 1000000);
	EXPECT_EQ(0U, resident_pages(pool.objs, size_t{ 1024 } * 1000000));

	for (int i = 0; i < 8; i++)
		memset(pln_pool_alloc(&pool), 1, 1024);
	EXPECT_LE(resident_pages(pool.objs, size_t{ 1024 } * 1000000),
	          512U); /* a huge page at most */
}

/* 20 000 times a gibibyte: with any work per object this would not end within the test's time. */
TEST_F(Pool, CreatingAMillionObjectsCostsNothing)
{
	for (int i = 0; i < 20000; i++) {
		pln_pool big;

		ASSERT_EQ(0, pln_pool_init(&big, 1024, 1000000));
		pln_pool_fini(&big);
	}
}

TEST_F(Pool, ImpossibleSizeIsNoMemory)
{
	pln_pool huge = {};

	EXPECT_EQ(-ENOMEM, pln_pool_init(&huge, 1U << 30, 1U << 31));
}

TEST_F(Pool, FiniTwiceIsHarmless)
{
	init(64, 4);
	pln_pool_fini(&pool);
	pln_pool_fini(&pool);
	EXPECT_EQ(nullptr, pool.objs);
}

#ifndef NDEBUG
using PoolDeathTest = Pool;

TEST_F(PoolDeathTest, DoubleFreeIsCaught)
{
	init(64, 4);
	void *obj = pln_pool_alloc(&pool);

	pln_pool_free(&pool, obj);
	EXPECT_DEATH(pln_pool_free(&pool, obj), "is_allocated");
}

TEST_F(PoolDeathTest, PointerIntoAnObjectIsNoObject)
{
	init(64, 4);
	auto *obj = static_cast<uint8_t *>(pln_pool_alloc(&pool));

	EXPECT_DEATH(pln_pool_free(&pool, obj + 8), "Assertion");
}
#endif

#ifdef HAVE_ASAN
using PoolAsanDeathTest = Pool;

/* Stops the compiler from dropping an access whose value nobody uses. */
void
touch(void *obj, size_t offset)
{
	static_cast<volatile uint8_t *>(obj)[offset] = 1;
}

TEST_F(PoolAsanDeathTest, UseAfterFreeIsCaught)
{
	init(64, 4);
	void *obj = pln_pool_alloc(&pool);

	touch(obj, 0);
	pln_pool_free(&pool, obj);
	EXPECT_DEATH(touch(obj, 0), "use-after-poison");
	EXPECT_DEATH(touch(obj, 63), "use-after-poison");
}

TEST_F(PoolAsanDeathTest, RunningOffTheNewestObjectIsCaught)
{
	init(64, 4);
	void *obj = pln_pool_alloc(&pool);

	touch(obj, 63);
	EXPECT_DEATH(touch(obj, 64), "use-after-poison");
}

TEST_F(PoolAsanDeathTest, MemoryIsCleanAfterFini)
{
	init(64, 4);
	uint8_t *where = pool.objs;
	size_t len = 4096;

	pln_pool_free(&pool, pln_pool_alloc(&pool));
	pln_pool_fini(&pool);
	void *again = mmap(where, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, again);
	memset(again, 1, len);
	munmap(again, len);
}
#endif

} // namespace
