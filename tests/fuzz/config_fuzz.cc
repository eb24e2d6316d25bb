/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The programs' own readers of options, with their whole tables: a configuration file, behind it a command line (words apart by
 * vertical bars in the input's first line). Each is taken or refused with a sentence, and nothing is left behind. A value that names a
 * file to be read ("@") would lead out of the input, so there is none.
 */
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "arp/options.h"
#include "doctor/options.h"
#include "fetch/options.h"
#include "fuzz/fuzz.h"
#include "perf/options.h"
#include "ping/options.h"
#include "serve/options.h"

namespace
{

using fuzz::Input;

std::string
file_of(const std::string &text)
{
	static const int fd = memfd_create("config", MFD_CLOEXEC);

	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
	return "/proc/self/fd/" + std::to_string(fd);
}

/* The program's name, --config FILE, and the words. */
class Words
{
      public:
	Words(const std::string &line, const std::string &path)
	    : words_{ "program", "--config", path }
	{
		for (size_t at = 0; at < line.size();) {
			size_t end = std::min(line.find('|', at), line.size());

			words_.push_back(line.substr(at, end - at));
			at = end + 1;
		}
		for (std::string &word : words_)
			argv_.push_back(word.data());
		argv_.push_back(nullptr);
	}

	int
	count() const
	{
		return static_cast<int>(words_.size());
	}

	char **
	argv()
	{
		return argv_.data();
	}

      private:
	std::vector<std::string> words_;
	std::vector<char *> argv_;
};

template <typename Options, typename Parse, typename Free>
void
read_with(Words &words, Parse parse, Free release)
{
	Options options{};
	pln_error error{};
	int ret = parse(&options, words.count(), words.argv(), &error);

	FUZZ_CHECK(ret <= 0 && (ret == 0 || error.text[0] != '\0'));
	FUZZ_CHECK(memchr(error.text, '\0', sizeof(error.text)) != nullptr);
	release(&options);
}

} // namespace

int
LLVMFuzzerInitialize(int *, char ***)
{
	unsetenv("POLLEN_CONFIG");
	unsetenv("POLLEN_EAL_ARGS");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input in(data, size);
	unsigned int program = in.u8() % 6;
	std::string text = in.text();

	if (text.find_first_of("@") != std::string::npos || text.find('\0') != std::string::npos)
		return 0;
	size_t cut = std::min(text.find('\n'), text.size());
	Words words(text.substr(0, cut), file_of(cut < text.size() ? text.substr(cut + 1) : ""));
	if (program == 0)
		read_with<struct options>(words, options_parse, options_free);
	else if (program == 1)
		read_with<ping_options>(words, ping_options_parse, ping_options_free);
	else if (program == 2)
		read_with<arp_options>(words, arp_options_parse, arp_options_free);
	else if (program == 3)
		read_with<serve_options>(words, serve_options_parse, serve_options_free);
	else if (program == 4)
		read_with<doctor_options>(words, doctor_options_parse, doctor_options_free);
	else
		read_with<perf_options>(words, perf_options_parse, perf_options_free);
	return 0;
}
