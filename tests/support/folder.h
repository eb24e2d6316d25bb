/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A folder for one test, with what is put into it; removed with everything when the test ends.
 */
#ifndef POLLEN_TESTS_SUPPORT_FOLDER_H
#define POLLEN_TESTS_SUPPORT_FOLDER_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

class Folder
{
      public:
	Folder()
	{
		char name[] = "/tmp/pollen_test_XXXXXX";

		path = mkdtemp(name);
	}
	~Folder()
	{
		std::filesystem::remove_all(path);
	}
	Folder(const Folder &) = delete;
	Folder &operator=(const Folder &) = delete;

	void
	file(const std::string &name, const std::string &content) const
	{
		std::filesystem::create_directories((path / name).parent_path());
		std::ofstream(path / name) << content;
	}

	void
	link(const std::string &name, const std::string &to) const
	{
		std::filesystem::create_directories((path / name).parent_path());
		std::filesystem::create_symlink(to, path / name);
	}

	std::string
	at(const std::string &name) const
	{
		return path / name;
	}

	std::filesystem::path path;
};

#endif
