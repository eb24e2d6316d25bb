/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/hugepages.h"

#include <gtest/gtest.h>

#include "support/folder.h"

TEST(Hugepages, AllSizesCountWithoutWhatIsPromised)
{
	Folder sys;

	EXPECT_EQ(pln_hugepages_free(sys.path.c_str()), 0U);
	sys.file("hugepages-2048kB/free_hugepages", "10\n");
	sys.file("hugepages-2048kB/resv_hugepages", "3\n");
	EXPECT_EQ(pln_hugepages_free(sys.path.c_str()), 7U * 2048 * 1024);
	sys.file("hugepages-1048576kB/free_hugepages", "2\n");
	EXPECT_EQ(pln_hugepages_free(sys.path.c_str()), 7U * 2048 * 1024 + (UINT64_C(2) << 30));
}

TEST(Hugepages, NoneWhereAllArePromisedOrNothingIsReadable)
{
	Folder sys;

	sys.file("hugepages-2048kB/free_hugepages", "3\n");
	sys.file("hugepages-2048kB/resv_hugepages", "5\n");
	sys.file("hugepages-64kB/free_hugepages", "none\n");
	sys.file("other/free_hugepages", "7\n");
	EXPECT_EQ(pln_hugepages_free(sys.path.c_str()), 0U);
	EXPECT_EQ(pln_hugepages_free("/nonexistent"), 0U);
}

TEST(Hugepages, MoreThanAnyMachineHasIsNotGranted)
{
	EXPECT_FALSE(pln_hugepages_grantable(UINT64_C(1) << 46));
}
