/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What users type and servers name: URLs and references (RFC 3986), numbers, times, words, addresses, configuration files. The
 * first byte says which reader. What is accepted keeps its promises: a request's target holds no blank and no line end, a number
 * lies in its bounds, an address read is the address written.
 */
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "common/hostopts.h"
#include "common/number.h"
#include "common/optscan.h"
#include "common/script_value.h"
#include "common/words.h"
#include "fetch/code.h"
#include "fetch/url.h"
#include "fuzz/fuzz.h"

namespace
{

using fuzz::Input;

constexpr uint64_t hundred_years_ns = UINT64_C(100) * 366 * 86400 * PLN_NS_PER_S;

/* What goes into a request line or a Host field. */
void
check_wire_text(const char *text)
{
	FUZZ_CHECK(text != nullptr && text[0] != '\0');
	for (const char *p = text; *p != '\0'; p++)
		FUZZ_CHECK(static_cast<unsigned char>(*p) > 0x20 && *p != 0x7f);
}

void
check_url(const url &u)
{
	check_wire_text(u.target);
	check_wire_text(u.authority);
	FUZZ_CHECK(u.target[0] == '/');
	FUZZ_CHECK(u.host != nullptr && u.host[0] != '\0' && u.text != nullptr);
	FUZZ_CHECK(url_same_host(&u, &u));
	char *name = url_file_name(&u);
	FUZZ_CHECK(name != nullptr && name[0] != '\0' && strchr(name, '/') == nullptr);
	FUZZ_CHECK(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	free(name);
}

void
read_url(const std::string &text, bool is_followed)
{
	size_t cut = text.find('\n');
	url base{}, next{};
	pln_error error{};
	int code = url_parse(text.substr(0, cut).c_str(), &base, &error);

	if (code != CODE_OK) {
		FUZZ_CHECK(error.text[0] != '\0' && base.handle == nullptr);
		return;
	}
	check_url(base);
	if (is_followed && cut != std::string::npos) {
		code = url_follow(&base, text.substr(cut + 1).c_str(), &next, &error);
		if (code == CODE_OK) {
			check_url(next);
			url_free(&next);
		}
	}
	url_free(&base);
}

void
read_number(Input &in)
{
	uint64_t min = in.u32(), max = in.u32() * UINT64_C(0x100000001), value = 0;
	std::string text = in.text();
	char buf[64];

	if (number_parse(text.c_str(), min, max, &value) == 0) {
		FUZZ_CHECK(value >= min && value <= max);
		FUZZ_CHECK(number_format_size(value, buf, sizeof(buf)) == buf);
	}
	if (number_parse_seconds(text.c_str(), &value) == 0) {
		FUZZ_CHECK(value <= hundred_years_ns);
		FUZZ_CHECK(number_format_time(value, buf, sizeof(buf)) == buf);
		FUZZ_CHECK(strlen(buf) > 0);
	}
	script_item item{};
	if (script_time_parse(text.c_str(), &item) == 0)
		FUZZ_CHECK(item.any || item.lo <= item.hi);
}

void
read_words(const std::string &text)
{
	char **words = nullptr;
	int n = words_split(text.c_str(), &words);
	size_t total = 0;

	if (n < 0) {
		FUZZ_CHECK(words == nullptr);
		return;
	}
	for (int i = 0; i < n; i++)
		total += strlen(words[i]);
	FUZZ_CHECK(words[n] == nullptr && total <= text.size());
	free(words);
}

void
read_address(const std::string &text)
{
	pln_addr addr{}, again{};
	pln_mac mac{};
	uint8_t len = 0;
	char buf[PLN_ADDR_TEXT_LEN];

	if (pln_addr_parse(text.c_str(), &addr) == 0) {
		FUZZ_CHECK(addr.family == PLN_FAMILY_IP4);
		FUZZ_CHECK(pln_addr_parse(pln_addr_format(&addr, buf), &again) == 0);
		FUZZ_CHECK(memcmp(&addr, &again, sizeof(addr)) == 0);
	}
	if (pln_addr_parse_prefix(text.c_str(), &addr, &len) == 0)
		FUZZ_CHECK(len <= 32);
	(void)pln_mac_parse(text.c_str(), &mac);
}

enum {
	OPT_NUMBER = 1,
	OPT_FLAG,
	OPT_MAYBE,
	OPT_CONFIG
};

const option table[] = {
	{ "number", required_argument, nullptr, OPT_NUMBER },
	{ "flag", no_argument, nullptr, OPT_FLAG },
	{ "maybe", optional_argument, nullptr, OPT_MAYBE },
	{ "config", required_argument, nullptr, OPT_CONFIG },
	{},
};

/* The lines of [stack] and [neigh] come as pairs, all others as options of the table. */
int
apply(void *ctx, int opt, const char *value, pln_error *)
{
	if (opt == HOSTOPTS_SET || opt == HOSTOPTS_NEIGH) {
		FUZZ_CHECK(value != nullptr && strchr(value, '=') != nullptr);
		return 0;
	}
	FUZZ_CHECK(opt >= OPT_NUMBER && opt <= OPT_MAYBE);
	FUZZ_CHECK(opt != OPT_NUMBER || (value != nullptr && *value != '\0'));
	FUZZ_CHECK(opt != OPT_FLAG || value == nullptr);
	++*static_cast<unsigned int *>(ctx);
	return 0;
}

void
read_file(const std::string &text)
{
	static const int fd = memfd_create("config", MFD_CLOEXEC);
	std::string path = "/proc/self/fd/" + std::to_string(fd);
	unsigned int applied = 0;
	pln_error error{};
	optscan scan{};

	scan.table = table;
	scan.shorts = "";
	scan.config_opt = OPT_CONFIG;
	scan.apply = apply;
	scan.ctx = &applied;
	scan.error = &error;
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
	int ret = optscan_file(&scan, path.c_str());
	FUZZ_CHECK(ret == 0 || strncmp(error.text, path.c_str(), path.size()) == 0);
}

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input in(data, size);

	switch (in.u8() % 6) {
	case 0:
		read_url(in.text(), false);
		break;
	case 1:
		read_url(in.text(), true);
		break;
	case 2:
		read_number(in);
		break;
	case 3:
		read_words(in.text());
		break;
	case 4:
		read_address(in.text());
		break;
	default:
		read_file(in.text());
	}
	return 0;
}
