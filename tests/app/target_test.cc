/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/{target,disposition,checksum}: under the final name there is never less than all. */
#include "fetch/target.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fetch/checksum.h"
#include "fetch/code.h"

namespace
{

std::string
content(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);
	std::stringstream all;

	if (!in)
		return "(missing)";
	all << in.rdbuf();
	return all.str();
}

void
put(const std::string &path, const std::string &text)
{
	std::ofstream(path, std::ios::binary) << text;
}

class Target : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		char name[] = "/tmp/pollen-target-XXXXXX";

		ASSERT_NE(mkdtemp(name), nullptr);
		dir = name;
	}
	void
	TearDown() override
	{
		target_free(&target);
		ASSERT_EQ(system(("rm -rf '" + dir + "'").c_str()), 0);
	}
	int
	init(const std::string &name)
	{
		target_free(&target);
		return target_init(&target, dir.c_str(), name.c_str(), &error);
	}
	void
	add(const char *text)
	{
		ASSERT_GT(write(target.fd, text, strlen(text)), 0);
	}

	std::string dir;
	struct target target = []() {
		struct target t {
		};
		t.fd = -1;
		return t;
	}();
	struct pln_error error {
	};
};

TEST_F(Target, AFileHasItsNameOnlyWhenItIsComplete)
{
	put(dir + "/f", "old");
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK) << error.text;
	add("new");
	EXPECT_EQ(content(dir + "/f"), "old");
	EXPECT_EQ(content(dir + "/f.part"), "new");
	ASSERT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f"), "new");
	EXPECT_EQ(content(dir + "/f.part"), "(missing)");
}

TEST_F(Target, APartIsKeptUnlessItIsEmpty)
{
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	add("abc");
	EXPECT_EQ(target_keep(&target), 3u);
	EXPECT_EQ(content(dir + "/f.part"), "abc");
	EXPECT_EQ(content(dir + "/f"), "(missing)");

	ASSERT_EQ(init("g"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	EXPECT_EQ(target_keep(&target), 0u);
	EXPECT_EQ(content(dir + "/g.part"), "(missing)");
}

TEST_F(Target, AFreshFetchForgetsAnOldPart)
{
	put(dir + "/f.part", "0123456789");
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	add("x");
	ASSERT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f"), "x");
}

TEST_F(Target, ResumingGoesOnBehindThePart)
{
	put(dir + "/f.part", "0123");
	put(dir + "/f", "whole old file");
	ASSERT_EQ(init("f"), CODE_OK);
	target_find_part(&target);
	EXPECT_EQ(target.offset, 4u);
	EXPECT_STREQ(target.found, target.part);
	ASSERT_EQ(target_open(&target, target.offset, &error), CODE_OK);
	add("45");
	ASSERT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f"), "012345");
}

TEST_F(Target, ResumingTakesAFileOfTheFinalNameWhenThereIsNoPart)
{
	put(dir + "/f", "0123");
	ASSERT_EQ(init("f"), CODE_OK);
	target_find_part(&target);
	EXPECT_EQ(target.offset, 4u);
	EXPECT_STREQ(target.found, target.name);
	ASSERT_EQ(target_open(&target, 2, &error), CODE_OK);
	add("x");
	EXPECT_EQ(content(dir + "/f"), "(missing)");
	EXPECT_EQ(target_keep(&target), 3u);
	EXPECT_EQ(content(dir + "/f.part"), "01x");
}

TEST_F(Target, NothingToResumeIsOffsetZero)
{
	ASSERT_EQ(init("f"), CODE_OK);
	target_find_part(&target);
	EXPECT_EQ(target.offset, 0u);
	EXPECT_EQ(target.found, nullptr);
}

TEST_F(Target, OfAPartWithHolesOnlyWhatIsWholeIsGoneOnWith)
{
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	ASSERT_EQ(target_mark(&target, 2, &error), CODE_OK) << error.text;
	add("01..4567");
	/* It is ended here, by force. */
	ASSERT_EQ(init("f"), CODE_OK);
	target_find_part(&target);
	EXPECT_EQ(target.offset, 2u);
	ASSERT_EQ(target_open(&target, target.offset, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f.part"), "01");
	EXPECT_EQ(content(dir + "/f.part.split"), "(missing)");
	add("23");
	ASSERT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f"), "0123");
}

TEST_F(Target, AMarkIsRenewedAndInTheEndCutsThePart)
{
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	ASSERT_EQ(target_mark(&target, 100, &error), CODE_OK);
	ASSERT_EQ(target_mark(&target, 4, &error), CODE_OK);
	add("01234..7");
	target_find_part(&target);
	EXPECT_EQ(target.offset, 4u);
	ASSERT_EQ(target_unmark(&target, 5, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f.part.split"), "(missing)");
	EXPECT_EQ(target_keep(&target), 5u);
	EXPECT_EQ(content(dir + "/f.part"), "01234");
}

TEST_F(Target, AMarkThatCannotBeReadMeansThatNothingIsWhole)
{
	put(dir + "/f.part", "0123");
	put(dir + "/f.part.split", "");
	ASSERT_EQ(init("f"), CODE_OK);
	target_find_part(&target);
	EXPECT_EQ(target.offset, 0u);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/f.part.split"), "(missing)");
}

TEST_F(Target, AFolderIsNoTarget)
{
	ASSERT_EQ(mkdir((dir + "/d").c_str(), 0777), 0);
	ASSERT_EQ(init("d"), CODE_OK);
	EXPECT_EQ(target_check(&target, &error), CODE_WRITE);
	EXPECT_NE(std::string(error.text).find("is a folder"), std::string::npos);
	EXPECT_EQ(target_open(&target, 0, &error), CODE_WRITE);
}

TEST_F(Target, AMissingFolderIsNamedOrMade)
{
	ASSERT_EQ(init("a/b/f"), CODE_OK);
	EXPECT_EQ(target_check(&target, &error), CODE_WRITE);
	EXPECT_NE(std::string(error.text).find("--create-dirs"), std::string::npos) << error.text;
	target.create_dirs = true;
	EXPECT_EQ(target_check(&target, &error), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK) << error.text;
	add("x");
	EXPECT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(content(dir + "/a/b/f"), "x");
}

TEST_F(Target, TwoFetchesOfTheSameFileDoNotMix)
{
	struct target other;

	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	add("mine");
	ASSERT_EQ(target_init(&other, dir.c_str(), "f", &error), CODE_OK);
	EXPECT_EQ(target_open(&other, 0, &error), CODE_WRITE);
	EXPECT_NE(std::string(error.text).find("another program"), std::string::npos);
	target_free(&other);
	EXPECT_EQ(content(dir + "/f.part"), "mine");
}

TEST_F(Target, ADeviceIsWrittenAsItIs)
{
	ASSERT_EQ(init("/dev/null"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK) << error.text;
	add("x");
	EXPECT_EQ(target_commit(&target, -1, &error), CODE_OK);
	struct stat st;
	ASSERT_EQ(stat("/dev/null", &st), 0);
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_NE(access("/dev/null.part", F_OK), 0);
}

TEST_F(Target, ALinkStaysALink)
{
	put(dir + "/real", "old");
	ASSERT_EQ(symlink("real", (dir + "/f").c_str()), 0);
	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK) << error.text;
	add("new");
	ASSERT_EQ(target_commit(&target, -1, &error), CODE_OK);
	struct stat st;
	ASSERT_EQ(lstat((dir + "/f").c_str(), &st), 0);
	EXPECT_TRUE(S_ISLNK(st.st_mode));
	EXPECT_EQ(content(dir + "/real"), "new");
}

TEST_F(Target, TakesTheServersTime)
{
	struct stat st;

	ASSERT_EQ(init("f"), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	ASSERT_EQ(target_commit(&target, 86400, &error), CODE_OK);
	ASSERT_EQ(stat((dir + "/f").c_str(), &st), 0);
	EXPECT_EQ(st.st_mtim.tv_sec, 86400);
}

TEST_F(Target, StandardOutputHasNoName)
{
	ASSERT_EQ(init("-"), CODE_OK);
	EXPECT_EQ(target.name, nullptr);
	EXPECT_EQ(target_check(&target, &error), CODE_OK);
	ASSERT_EQ(target_open(&target, 0, &error), CODE_OK);
	EXPECT_EQ(target.fd, STDOUT_FILENO);
	EXPECT_EQ(target_commit(&target, -1, &error), CODE_OK);
	EXPECT_EQ(fcntl(STDOUT_FILENO, F_GETFD) < 0, false);
}

std::string
named(const char *value)
{
	char *name = target_name_from_disposition(value);
	std::string out = name != nullptr ? name : "(none)";

	free(name);
	return out;
}

TEST(DispositionRfc6266, ReadsTokensAndQuotedStrings)
{
	EXPECT_EQ(named("attachment; filename=report.pdf"), "report.pdf");
	EXPECT_EQ(named("attachment; filename=\"my report.pdf\"; x=y"), "my report.pdf");
	EXPECT_EQ(named("attachment; x=\"a;filename=b\"; FileName=c"), "c");
	EXPECT_EQ(named("inline;filename=\"a\\\"b\""), "a\"b");
	EXPECT_EQ(named("attachment"), "(none)");
	EXPECT_EQ(named("attachment; filename"), "(none)");
	EXPECT_EQ(named("attachment; filename="), "(none)");
	EXPECT_EQ(named("filename=not-a-parameter"), "(none)");
}

TEST(DispositionRfc6266, TheExtendedFormIsPreferred)
{
	EXPECT_EQ(named("attachment; filename=x; filename*=UTF-8''na%c3%afve%20file"),
	          "na\xc3\xafve file");
	EXPECT_EQ(named("attachment; filename=x; filename*=koi8-r''abc"), "x");
}

TEST(DispositionRfc6266, ANameCannotLeaveTheFolderOrHide)
{
	EXPECT_EQ(named("attachment; filename=\"../../etc/passwd\""), "passwd");
	EXPECT_EQ(named("attachment; filename=\"C:\\\\x\\\\y.exe\""), "y.exe");
	EXPECT_EQ(named("attachment; filename=\".bashrc\""), "bashrc");
	EXPECT_EQ(named("attachment; filename=\"..\""), "(none)");
	EXPECT_EQ(named("attachment; filename=\"a/\""), "(none)");
	EXPECT_EQ(named("attachment; filename*=UTF-8''%2e%2e%2fx%0a%00y"), "x_y");
}

TEST_F(Target, ChecksumComparesTheWholeFile)
{
	const char *abc =
		"sha-256=BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

	put(dir + "/f", "abc");
	EXPECT_EQ(checksum_check((dir + "/f").c_str(), abc, &error), CODE_OK) << error.text;
	put(dir + "/f", "abd");
	EXPECT_EQ(checksum_check((dir + "/f").c_str(), abc, &error), CODE_CHECKSUM);
	EXPECT_EQ(checksum_check((dir + "/none").c_str(), abc, &error), CODE_WRITE);
}

} // namespace
