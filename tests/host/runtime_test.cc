/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/runtime.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "support/folder.h"

TEST(Runtime, RootIsEalsChoice)
{
	EXPECT_STREQ(pln_runtime_root("/a", "/b", 0), "/a");
	EXPECT_STREQ(pln_runtime_root("/a", "/b", 1000), "/a");
	EXPECT_STREQ(pln_runtime_root(nullptr, "/b", 0), "/var/run");
	EXPECT_STREQ(pln_runtime_root(nullptr, "/b", 1000), "/b");
	EXPECT_STREQ(pln_runtime_root(nullptr, nullptr, 1000), "/tmp");
}

TEST(Runtime, FolderThatIsNotThereIsRefusedWithTheWayOut)
{
	pln_runtime runtime = {};
	pln_error error;

	EXPECT_EQ(pln_runtime_check(&runtime, "/nonexistent", &error), -EACCES);
	EXPECT_NE(strstr(error.text, "RUNTIME_DIRECTORY"), nullptr) << error.text;
	EXPECT_NE(strstr(error.text, "/nonexistent"), nullptr) << error.text;
}

TEST(Runtime, LeavesNothingOfOurs)
{
	Folder root;
	pln_runtime runtime = {};

	ASSERT_EQ(pln_runtime_check(&runtime, root.path.c_str(), nullptr), 0);
	root.file("dpdk/pollen-1/dpdk_telemetry.v2", "");
	root.file("dpdk/pollen-1/config", "x");
	pln_runtime_remove(&runtime, "pollen-1");
	EXPECT_FALSE(std::filesystem::exists(root.at("dpdk")));
}

TEST(Runtime, LeavesEverythingOfOthers)
{
	Folder root;
	pln_runtime runtime = {};

	root.file("dpdk/rte/config", "x");
	ASSERT_EQ(pln_runtime_check(&runtime, root.path.c_str(), nullptr), 0);
	root.file("dpdk/pollen-1/config", "x");
	pln_runtime_remove(&runtime, "pollen-1");
	EXPECT_TRUE(std::filesystem::exists(root.at("dpdk/rte/config")));
	EXPECT_FALSE(std::filesystem::exists(root.at("dpdk/pollen-1")));
	/* And a folder we did not bring stays, even empty. */
	std::filesystem::remove_all(root.at("dpdk/rte"));
	pln_runtime_remove(&runtime, "pollen-1");
	EXPECT_TRUE(std::filesystem::exists(root.at("dpdk")));
}
