/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/numa.h"

#include <numa.h>
#include <numaif.h>

#include <gtest/gtest.h>

namespace
{

int
mode()
{
	int mode = -1;

	get_mempolicy(&mode, nullptr, 0, nullptr, 0);
	return mode;
}

} // namespace

TEST(Numa, WhatIsMappedWhileANodeIsPreferredLiesThereAndIsZero)
{
	size_t bytes = 3 << 20;

	if (mode() != MPOL_DEFAULT)
		GTEST_SKIP() << "no NUMA in this kernel, or a policy is set";
	ASSERT_TRUE(pln_numa_prefer(0));
	auto *memory = static_cast<uint8_t *>(pln_numa_map(bytes));
	pln_numa_prefer_none();
	EXPECT_EQ(mode(), MPOL_DEFAULT);
	ASSERT_NE(memory, nullptr);
	EXPECT_EQ(memory[bytes - 1], 0);
	memory[bytes - 1] = 1;
	EXPECT_EQ(pln_numa_node_of(&memory[bytes - 1]), 0);

	/* Who touches it first does not matter: the mapping itself says where its pages come from. */
	int own = -1;
	EXPECT_EQ(get_mempolicy(&own, nullptr, 0, memory, MPOL_F_ADDR), 0);
	EXPECT_EQ(own, MPOL_PREFERRED);
	pln_numa_unmap(memory, bytes);
}

TEST(Numa, WhoeverHasChosenAlreadyIsNotOverruled)
{
	unsigned long nodes = 1;

	if (mode() != MPOL_DEFAULT || set_mempolicy(MPOL_BIND, &nodes, 64) != 0)
		GTEST_SKIP() << "no NUMA in this kernel, or a policy is set";
	EXPECT_FALSE(pln_numa_prefer(0));
	EXPECT_EQ(mode(), MPOL_BIND);
	set_mempolicy(MPOL_DEFAULT, nullptr, 0);
}

TEST(Numa, NodeThatCannotBeIsNoError)
{
	EXPECT_FALSE(pln_numa_prefer(-1));
	EXPECT_FALSE(pln_numa_prefer(1023));
	EXPECT_FALSE(pln_numa_prefer(1022)) << "the kernel has no such node";
	void *memory = pln_numa_alloc(100);
	ASSERT_NE(memory, nullptr);
	EXPECT_EQ(*static_cast<uint8_t *>(memory), 0);
	pln_numa_free(memory, 100);
	pln_numa_free(nullptr, 100);
}

TEST(Numa, ProcessorsAreOnNodesAndOthersOnNone)
{
	if (numa_available() < 0)
		GTEST_SKIP() << "no NUMA in this kernel";
	EXPECT_EQ(pln_numa_node_of_cpu(0), numa_node_of_cpu(0));
	EXPECT_EQ(pln_numa_node_of_cpu(1000000), -1);
}
