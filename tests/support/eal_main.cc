/* SPDX-License-Identifier: BSD-3-Clause */
/* Every test program's main(): one EAL without hugepages, PCI or files, then googletest. */
#include <gtest/gtest.h>

int
main(int argc, char **argv)
{
	::testing::InitGoogleTest(&argc, argv);
	return RUN_ALL_TESTS();
}
