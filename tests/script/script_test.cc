/* SPDX-License-Identifier: BSD-3-Clause */
/* Each script below a folder tests/ROOM/script/ is a test of its own, named after its path: tests/tcp/script/rst/exact.pkt is
 * tcp.rst/exact. */
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "script/runner.h"

namespace
{

namespace fs = std::filesystem;

const std::string root = POLLEN_SOURCE_ROOT;

class ScriptTest : public ::testing::Test
{
      public:
	explicit ScriptTest(std::string path) : path_(std::move(path))
	{
	}

	void
	TestBody() override
	{
		std::ifstream in(root + "/" + path_);
		std::string first;

		std::getline(in, first);
		EXPECT_TRUE(first.compare(0, 6, "# RFC ") == 0 ||
		            first.compare(0, 8, "# draft-") == 0)
			<< path_
			<< ":1: a script opens with the sentence of the RFC that it proves";
		std::string wrong = script_run::run_script(root, path_);

		if (!wrong.empty())
			FAIL() << wrong;
	}

      private:
	std::string path_;
};

/* Rooms with a folder `script`, and the scripts in it. */
std::vector<std::pair<std::string, std::string>>
scripts()
{
	std::vector<std::pair<std::string, std::string>> found;

	for (const auto &room : fs::directory_iterator(root + "/tests")) {
		fs::path folder = room.path() / "script";

		if (!fs::is_directory(folder))
			continue;
		for (const auto &file : fs::recursive_directory_iterator(folder))
			if (file.path().extension() == ".pkt")
				found.push_back({ room.path().filename().string(),
				                  fs::relative(file.path(), folder)
				                          .replace_extension()
				                          .string() });
	}
	std::sort(found.begin(), found.end());
	return found;
}

} // namespace

int
main(int argc, char **argv)
{
	::testing::InitGoogleTest(&argc, argv);
	for (const auto &[room, name] : scripts()) {
		std::string path = "tests/" + room + "/script/" + name + ".pkt";

		::testing::RegisterTest(room.c_str(), name.c_str(), nullptr, nullptr, path.c_str(),
		                        1, [path]() { return new ScriptTest(path); });
	}
	return RUN_ALL_TESTS();
}
