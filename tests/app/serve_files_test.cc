/* SPDX-License-Identifier: BSD-3-Clause */
/* app/serve/{beneath,slab,reader,files,stream}: contents from a folder, one version at a time, within their memory. */
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "serve/beneath.h"
#include "serve/stream.h"
#include "support/folder.h"

namespace
{

constexpr size_t CHUNKS = 64;

class Files : public testing::Test
{
      protected:
	Files()
	{
		std::filesystem::create_directory(root());
		fd = open(root().c_str(), O_PATH | O_DIRECTORY);
		start(false);
	}

	~Files() override
	{
		files_free(&files);
		close(fd);
	}

	void
	start(bool threaded)
	{
		struct files_config config = {};

		config.root = fd;
		cache.resize(CHUNKS * SLAB_CHUNK);
		config.cache = cache.data();
		config.cache_bytes = cache.size();
		config.max_clients = 8;
		config.fresh_ns = 1000;
		config.threaded = threaded;
		ASSERT_EQ(files_init(&files, &config), 0);
	}

	std::string
	root() const
	{
		return folder.at("root");
	}

	/* A file as if it had been there for long. */
	void
	write(const std::string &path, const std::string &content, time_t when = 1000)
	{
		std::ofstream(root() + "/" + path) << content;
		date(path, when);
	}

	void
	date(const std::string &path, time_t when)
	{
		const timespec times[2] = { { when, 0 }, { when, 0 } };

		ASSERT_EQ(utimensat(fd, path.c_str(), times, 0), 0);
	}

	/* The contents as they are in memory, or the error. */
	static std::string
	text_of(const struct file *file)
	{
		std::string text;

		for (size_t i = 0; i < file->chunk_count; i++)
			text.append(reinterpret_cast<const char *>(file->chunks[i]->data),
			            std::min<size_t>(SLAB_CHUNK, file->id.size - i * SLAB_CHUNK));
		return text;
	}

	struct Want : file_want {
		Want()
		{
			memset(static_cast<file_want *>(this), 0, sizeof(file_want));
			ready = [](struct file_want *want) {
				static_cast<Want *>(want)->answers++;
			};
		}
		int answers = 0;
	};

	/* Ask and wait; the caller gives the file back. */
	struct file *
	get(const char *path, int *error = nullptr)
	{
		Want want;
		int ret = files_get(&files, path, &want);

		for (int i = 0; i < 10000 && ret == 0 && want.answers == 0; i++)
			if (reader_collect(files.reader) == 0)
				usleep(100);
		EXPECT_TRUE(ret == 1 || want.answers == 1);
		if (error != nullptr)
			*error = want.error;
		return want.file;
	}

	int
	error_of(const char *path)
	{
		int error = 0;
		struct file *file = get(path, &error);

		EXPECT_EQ(file, nullptr);
		return error;
	}

	std::string
	read(const char *path)
	{
		struct file *file = get(path);
		std::string text = file != nullptr ? text_of(file) : "none";

		if (file != nullptr)
			files_put(file);
		return text;
	}

	Folder folder;
	int fd = -1;
	std::vector<uint8_t> cache;
	struct files files;
};

TEST_F(Files, LinksThatLeadOutAreRefusedAndOthersFollowed)
{
	write("inside.txt", "in");
	write("../outside.txt", "out");
	std::filesystem::create_directory(root() + "/sub");
	std::filesystem::create_symlink("../inside.txt", root() + "/sub/good");
	std::filesystem::create_symlink("../outside.txt", root() + "/bad");
	std::filesystem::create_symlink("/etc", root() + "/etc");
	std::filesystem::create_symlink("loop", root() + "/loop");
	EXPECT_EQ(read("sub/good"), "in");
	EXPECT_EQ(error_of("bad"), -EXDEV);
	EXPECT_EQ(error_of("etc/passwd"), -EXDEV);
	EXPECT_EQ(error_of("../outside.txt"), -EXDEV);
	EXPECT_EQ(error_of("loop"), -ELOOP);
	EXPECT_EQ(error_of("none"), -ENOENT);
	EXPECT_EQ(error_of("inside.txt/x"), -ENOTDIR);
	EXPECT_EQ(error_of("sub"), -EISDIR);
}

TEST_F(Files, TheWalkOfOldKernelsFollowsNoLinkAtAll)
{
	write("inside.txt", "in");
	std::filesystem::create_directory(root() + "/sub");
	std::filesystem::create_symlink("../inside.txt", root() + "/sub/good");
	std::filesystem::create_symlink("sub", root() + "/also");
	write("sub/file", "in");
	int found = beneath_walk(fd, "sub/file");
	EXPECT_GE(found, 0);
	close(found);
	EXPECT_EQ(beneath_walk(fd, "sub/good"), -ELOOP);
	EXPECT_EQ(beneath_walk(fd, "also/file"), -ENOTDIR);
	EXPECT_EQ(beneath_walk(fd, "../root/inside.txt"), -EXDEV);
	EXPECT_EQ(beneath_walk(fd, "sub/../inside.txt"), -EXDEV);
	EXPECT_EQ(beneath_walk(fd, "/etc/passwd"), -EXDEV);
	EXPECT_EQ(beneath_walk(fd, "none/x"), -ENOENT);
	EXPECT_EQ(beneath_walk(fd, std::string(300, 'a').c_str()), -ENAMETOOLONG);
}

TEST_F(Files, WhatIsNoRegularFileIsRefused)
{
	ASSERT_EQ(mkfifo((root() + "/pipe").c_str(), 0600), 0);
	EXPECT_EQ(error_of("pipe"), -EACCES);
}

TEST_F(Files, AFolderIsItsIndex)
{
	std::filesystem::create_directory(root() + "/sub");
	write("index.html", "front");
	EXPECT_EQ(read(""), "front");
	EXPECT_EQ(error_of("sub/"), -ENOENT);
	write("sub/index.html", "second");
	EXPECT_EQ(read("sub/"), "second");
}

TEST_F(Files, ContentsOfAllSizesAreWhole)
{
	for (size_t size : { 0, 1, 16383, 16384, 16385, 262144 }) {
		std::string text(size, '\0');

		for (size_t i = 0; i < size; i++)
			text[i] = static_cast<char>(i * 31 + i / 257);
		write("f" + std::to_string(size), text);
		EXPECT_EQ(read(("f" + std::to_string(size)).c_str()), text) << size;
	}
}

TEST_F(Files, IsAnsweredFromMemoryWhileFresh)
{
	write("a", "one");
	EXPECT_EQ(read("a"), "one");
	write("a", "changed", 2000);
	EXPECT_EQ(read("a"), "one");
	EXPECT_EQ(files.hits, 1u);
	files.now += 1000;
	EXPECT_EQ(read("a"), "changed");
	files.now += 1000;
	EXPECT_EQ(read("a"), "changed");
	EXPECT_EQ(reader_pending(files.reader), 0u);
}

TEST_F(Files, WhoSendsAnOldVersionKeepsIt)
{
	write("a", "one");
	struct file *old = get("a");
	write("new", "two", 2000);
	std::filesystem::rename(root() + "/new", root() + "/a");
	files.now += 1000;
	EXPECT_EQ(read("a"), "two");
	EXPECT_EQ(text_of(old), "one");
	files_put(old);
	std::filesystem::remove(root() + "/a");
	files.now += 1000;
	EXPECT_EQ(error_of("a"), -ENOENT);
	EXPECT_EQ(files.count, 0u);
	EXPECT_EQ(files.slab.free_count, CHUNKS);
}

TEST_F(Files, AllWhoWaitGetOneReading)
{
	Want want[3], gone;

	write("a", "one");
	for (Want &w : want)
		EXPECT_EQ(files_get(&files, "a", &w), 0);
	EXPECT_EQ(files_get(&files, "a", &gone), 0);
	files_cancel(&gone);
	EXPECT_EQ(reader_pending(files.reader), 1u);
	while (reader_pending(files.reader) > 0)
		reader_collect(files.reader);
	for (Want &w : want) {
		EXPECT_EQ(w.answers, 1);
		EXPECT_EQ(w.file, want[0].file);
		files_put(w.file);
	}
	EXPECT_EQ(gone.answers, 0);
}

TEST_F(Files, TheLeastUsedMakeRoomAndThoseInUseStay)
{
	std::string quarter(16 * SLAB_CHUNK, 'x');

	for (const char *name : { "a", "b", "c", "d", "e" })
		write(name, quarter);
	for (const char *name : { "a", "b", "c", "d" })
		EXPECT_EQ(read(name), quarter);
	EXPECT_EQ(files.slab.free_count, 0u);
	struct file *b = get("b");
	EXPECT_EQ(read("a"), quarter);
	EXPECT_EQ(files.evicted, 0u);
	EXPECT_EQ(read("e"), quarter);
	EXPECT_EQ(files.evicted, 1u); /* c */
	uint64_t misses = files.misses;
	EXPECT_EQ(read("a"), quarter);
	EXPECT_EQ(read("d"), quarter);
	EXPECT_EQ(read("b"), quarter);
	EXPECT_EQ(files.misses, misses);
	EXPECT_EQ(text_of(b), quarter);
	files_put(b);
}

TEST_F(Files, WhatIsBeingSentOutlivesItsFile)
{
	write("a", "one");
	struct file *file = get("a");
	struct chunk *chunk = file->chunks[0];
	chunk_hold(chunk);
	files_put(file);
	EXPECT_FALSE(files_make_room(&files, CHUNKS));
	EXPECT_EQ(files.count, 0u);
	EXPECT_EQ(memcmp(chunk->data, "one", 3), 0);
	chunk_drop(chunk);
	EXPECT_TRUE(files_make_room(&files, CHUNKS));
}

TEST_F(Files, WhatWasWrittenToJustNowIsLeftToSettle)
{
	std::ofstream(root() + "/a") << "one";
	struct file *file = get("a");
	struct stat st;
	timespec now;

	ASSERT_NE(file, nullptr);
	clock_gettime(CLOCK_REALTIME, &now);
	ASSERT_EQ(fstatat(fd, "a", &st, 0), 0);
	EXPECT_GE((now.tv_sec - st.st_mtim.tv_sec) * 1000000000 + now.tv_nsec - st.st_mtim.tv_nsec,
	          20000000);
	files_put(file);
}

/* A large file of lines that say where they are. */
std::string
large_text()
{
	std::string text;

	for (int i = 0; text.size() < 20 * SLAB_CHUNK + 77; i++)
		text += std::to_string(i) + "\n";
	return text;
}

struct Sink {
	struct stream *stream = nullptr;
	std::string text;
	int calls = 0;

	static void
	ready(void *ctx)
	{
		static_cast<Sink *>(ctx)->calls++;
	}

	/* Take what is there. */
	void
	drain()
	{
		size_t len;

		while (const struct chunk *chunk = stream_peek(stream, &len)) {
			text.append(reinterpret_cast<const char *>(chunk->data), len);
			chunk_drop(stream_take(stream));
		}
	}
};

TEST_F(Files, LargeOnesAreStreamedFromAnyByteOn)
{
	std::string text = large_text();

	write("big", text);
	for (auto [first, len] : { std::pair<size_t, size_t>{ 0, text.size() },
	                           { 12345, 200000 },
	                           { 16384, 1 },
	                           { text.size() - 5, 5 } }) {
		struct file *file = get("big");
		Sink sink;

		ASSERT_TRUE(file->is_streamed);
		sink.stream = stream_begin(file, first, len, 6);
		sink.stream->ready = Sink::ready;
		sink.stream->ctx = &sink;
		while (sink.text.size() < len && sink.stream->error == 0) {
			EXPECT_TRUE(stream_pump(sink.stream));
			EXPECT_LE(sink.stream->count, 6u);
			reader_collect(files.reader);
			sink.drain();
		}
		EXPECT_EQ(sink.stream->error, 0);
		EXPECT_TRUE(sink.text == text.substr(first, len)) << sink.text.size();
		stream_end(sink.stream);
	}
	reader_collect(files.reader);
	EXPECT_EQ(files.count, 0u);
	EXPECT_EQ(files.slab.free_count, CHUNKS);
}

TEST_F(Files, AStreamEndsWhenItsFileChanges)
{
	std::string text = large_text();

	for (int how = 0; how < 3; how++) {
		write("big", text);
		struct file *file = get("big");
		Sink sink;

		sink.stream = stream_begin(file, 0, text.size(), 4);
		sink.stream->ready = Sink::ready;
		sink.stream->ctx = &sink;
		stream_pump(sink.stream);
		reader_collect(files.reader);
		sink.drain();
		if (how == 0)
			std::filesystem::resize_file(root() + "/big", 100);
		else if (how == 1)
			date("big", 3000);
		else
			std::ofstream(root() + "/big", std::ios::app) << "more";
		stream_pump(sink.stream);
		reader_collect(files.reader);
		EXPECT_EQ(sink.stream->error, -ESTALE);
		EXPECT_EQ(sink.calls, 2);
		EXPECT_EQ(sink.text, text.substr(0, sink.text.size()));
		stream_end(sink.stream);
		while (reader_pending(files.reader) > 0)
			reader_collect(files.reader);
	}
	EXPECT_EQ(files.slab.free_count, CHUNKS);
}

TEST_F(Files, AStreamWaitsForChunksAndIsAbandonedInTheMiddle)
{
	write("big", large_text());
	struct file *file = get("big");
	std::vector<struct chunk *> taken;
	Sink sink;

	while (struct chunk *chunk = slab_get(&files.slab))
		taken.push_back(chunk);
	sink.stream = stream_begin(file, 0, 100000, 4);
	sink.stream->ready = Sink::ready;
	sink.stream->ctx = &sink;
	EXPECT_FALSE(stream_pump(sink.stream));
	for (struct chunk *chunk : taken)
		chunk_drop(chunk);
	EXPECT_TRUE(stream_pump(sink.stream));
	EXPECT_EQ(reader_pending(files.reader), 1u);
	stream_end(sink.stream);
	while (reader_pending(files.reader) > 0)
		reader_collect(files.reader);
	EXPECT_EQ(sink.calls, 0);
	EXPECT_EQ(files.count, 0u);
	EXPECT_EQ(files.slab.free_count, CHUNKS);
}

TEST_F(Files, AThreadDoesTheSame)
{
	std::string text = large_text().substr(0, 16 * SLAB_CHUNK);

	files_free(&files);
	start(true);
	write("a", text);
	EXPECT_EQ(read("a"), text);
	EXPECT_EQ(error_of("b"), -ENOENT);
	Want want;
	write("c", "late");
	EXPECT_EQ(files_get(&files, "c", &want), 0);
	files_cancel(&want);
}

} // namespace
