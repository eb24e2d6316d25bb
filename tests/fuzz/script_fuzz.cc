/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * app/common/script: any text. What parses is consistent in itself and parses again, line by line, to the same; what does not says
 * where in a sentence that begins with the file's name.
 */
#include <cstring>

#include "common/script.h"
#include "fuzz/fuzz.h"

namespace
{

void
check_field(const script_field &f)
{
	FUZZ_CHECK(f.column >= 1);
	FUZZ_CHECK(f.count <= SCRIPT_MAX_ITEMS);
	FUZZ_CHECK(f.text == nullptr || strlen(f.text) < SIZE_MAX);
	FUZZ_CHECK(!f.none || f.count == 0);
}

/* Returns the text of all its lines. */
std::string
check_script(const script &s)
{
	std::string all;
	uint32_t line = 0, next = 0;

	FUZZ_CHECK(s.count <= s.capacity && s.field_count <= s.field_capacity);
	for (uint32_t i = 0; i < s.count; i++) {
		const script_record &r = s.records[i];

		FUZZ_CHECK(r.line > line && r.text != nullptr);
		FUZZ_CHECK(r.first == next && r.count <= s.field_count - r.first);
		FUZZ_CHECK(r.when <= SCRIPT_WHEN_AT && r.proto <= SCRIPT_ETH);
		for (uint32_t k = 0; k < r.count; k++) {
			const script_field &f = s.fields[r.first + k];

			check_field(f);
			FUZZ_CHECK(script_find(&s, &r, f.key) != nullptr);
		}
		line = r.line;
		next += r.count;
		all.append(r.text).append("\n");
	}
	FUZZ_CHECK(next == s.field_count);
	return all;
}

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz::Input in(data, size);
	fuzz::Bytes text = in.rest();
	script s{}, again{};
	pln_error error{};

	int ret = script_parse(reinterpret_cast<const char *>(text.data()), text.size(), "fuzz.pkt",
	                       &s, &error);
	if (ret != 0) {
		FUZZ_CHECK(ret == -EINVAL && error.code == ret);
		FUZZ_CHECK(strncmp(error.text, "fuzz.pkt:", 9) == 0);
		FUZZ_CHECK(s.records == nullptr && s.count == 0);
		return 0;
	}
	std::string lines = check_script(s);
	FUZZ_CHECK(script_parse(lines.data(), lines.size(), "again", &again, &error) == 0);
	FUZZ_CHECK(again.count == s.count && again.field_count == s.field_count);
	script_free(&again);
	script_free(&s);
	return 0;
}
