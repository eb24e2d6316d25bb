/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL starts once a process, so each test runs in a process of its own (googletest's re-executing death tests). */
#include "dev/eal.h"

#include <cstdlib>
#include <filesystem>
#include <sched.h>
#include <string>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"

namespace
{
namespace fs = std::filesystem;

class DevEal : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		GTEST_FLAG_SET(death_test_style, "threadsafe");
	}
};

/* Ends the child: 0 when `ok`. */
[[noreturn]] void
finish(bool ok)
{
	_exit(ok ? 0 : 1);
}

cpu_set_t
affinity()
{
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	return set;
}

/* A folder that is the same in the test and in the process it starts, and is gone after it. */
class Folder
{
      public:
	explicit Folder(const std::string &name) : parent(getenv(variable) == nullptr)
	{
		if (parent) {
			char made[] = "/tmp/pollen-eal-test-XXXXXX";

			setenv(variable, mkdtemp(made), 1);
		}
		path = fs::path(getenv(variable)) / name;
		fs::create_directories(path);
	}
	~Folder()
	{
		if (parent) {
			fs::remove_all(path.parent_path());
			unsetenv(variable);
		}
	}
	Folder(const Folder &) = delete;
	Folder &operator=(const Folder &) = delete;

	fs::path path;

      private:
	static constexpr const char *variable = "POLLEN_EAL_TEST_FOLDER";
	bool parent;
};

/* What EAL would use by itself, for root and for others. */
bool
left_a_runtime_folder()
{
	std::string prefix = "dpdk/pollen-" + std::to_string(getpid());

	std::error_code unreadable;

	return fs::exists("/var/run/" + prefix, unreadable) ||
	       fs::exists("/tmp/" + prefix, unreadable);
}

TEST_F(DevEal, StartsAndASecondCallDoesNothing)
{
	EXPECT_EXIT(
		{
			bool before = rte_lcore_count() == 0;
			int first = pln_eal_ensure();
			int second = pln_eal_ensure();

			finish(before && first == 0 && second == 0 && rte_lcore_count() == 1 &&
		               !rte_eal_has_hugepages());
		},
		::testing::ExitedWithCode(0), "");
}

TEST_F(DevEal, LeavesTheThreadOnItsCpus)
{
	EXPECT_EXIT(
		{
			cpu_set_t before = affinity();
			int rc = pln_eal_ensure();
			cpu_set_t after = affinity();

			finish(rc == 0 && CPU_EQUAL(&before, &after));
		},
		::testing::ExitedWithCode(0), "");
}

TEST_F(DevEal, LeavesNoFileAndNoVariableBehind)
{
	Folder folder("runtime");

	EXPECT_EXIT(
		{
			setenv("TMPDIR", folder.path.c_str(), 1);
			unsetenv("RUNTIME_DIRECTORY");
			int rc = pln_eal_ensure();

			finish(rc == 0 && fs::is_empty(folder.path) && !left_a_runtime_folder() &&
		               getenv("RUNTIME_DIRECTORY") == nullptr);
		},
		::testing::ExitedWithCode(0), "");
	EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST_F(DevEal, KeepsTheUsersRuntimeDirectoryVariableAndFolder)
{
	Folder folder("runtime");

	EXPECT_EXIT(
		{
			setenv("RUNTIME_DIRECTORY", folder.path.c_str(), 1);
			int rc = pln_eal_ensure();

			finish(rc == 0 && fs::is_empty(folder.path) &&
		               getenv("RUNTIME_DIRECTORY") == folder.path.string());
		},
		::testing::ExitedWithCode(0), "");
}

TEST_F(DevEal, NeedsNoWritableFolderAtAll)
{
	EXPECT_EXIT(
		{
			setenv("TMPDIR", "/proc", 1);
			setenv("RUNTIME_DIRECTORY", "/proc", 1);
			finish(pln_eal_ensure() == 0 && pln_mbuf_shared_pool() != nullptr);
		},
		::testing::ExitedWithCode(0), "");
}

TEST_F(DevEal, StartsForAnUnprivilegedUser)
{
	EXPECT_EXIT(
		{
			constexpr uid_t nobody = 65534;
			bool dropped = geteuid() != 0 || (setresgid(nobody, nobody, nobody) == 0 &&
		                                          setresuid(nobody, nobody, nobody) == 0);

			finish(dropped && pln_eal_ensure() == 0 && !left_a_runtime_folder() &&
		               pln_mbuf_shared_pool() != nullptr);
		},
		::testing::ExitedWithCode(0), "");
}

TEST_F(DevEal, TheSharedPoolStartsEalAndIsMadeOnce)
{
	EXPECT_EXIT(
		{
			rte_mempool *first = pln_mbuf_shared_pool();
			rte_mempool *second = pln_mbuf_shared_pool();

			finish(first != nullptr && first == second &&
		               rte_mempool_lookup("pollen_shared") == first);
		},
		::testing::ExitedWithCode(0), "");
}
} // namespace
