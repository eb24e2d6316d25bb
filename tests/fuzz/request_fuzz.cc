/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * app/serve/{head,uripath,condition,byterange}: any bytes as a client's requests, whole and cut into pieces that the input itself
 * chooses: both readings agree (RFC 9112 §6.3), what is taken for a request has nothing in it that RFC 9112 §11.2 warns of, no path
 * leads out of the root, no range out of the file.
 */
#include <cstring>
#include <strings.h>

#include "fuzz/fuzz.h"
#include "serve/byterange.h"
#include "serve/condition.h"
#include "serve/head.h"
#include "serve/uripath.h"

namespace
{

using fuzz::Bytes;

constexpr head_limits limits = { 1024, 16, 256 };

/* Requests read one behind the other, as far as they can be. */
struct Reader {
	Bytes room = Bytes(head_room(&limits));
	struct head head {
	};
	std::vector<std::string> requests;

	Reader()
	{
		head_init(&head, &limits, reinterpret_cast<char *>(room.data()));
	}

	void
	end_request()
	{
		std::string text(head.method, head_method_len(&head));

		text += std::string(" ") + head_target(&head) + " " +
		        std::to_string(head.body_bytes);
		for (const char *name : { "Host", "Range", "Content-Length", "Transfer-Encoding" })
			if (const char *value = head_field(&head, name, nullptr); value != nullptr)
				text += std::string("\n") + value;
		requests.push_back(text + (head_keeps_alive(&head) ? "+" : "-"));
		check_request();
		head_begin(&head);
	}

	void
	check_request() const
	{
		unsigned int lengths = 0;
		unsigned int codings = 0;
		const char *target = head_target(&head);

		head_field(&head, "Content-Length", &lengths);
		const char *coding = head_field(&head, "Transfer-Encoding", &codings);
		FUZZ_CHECK(lengths + codings <= 1);
		FUZZ_CHECK(coding == nullptr || strcasecmp(coding, "chunked") == 0);
		FUZZ_CHECK(head.field_count <= limits.fields && head.body_bytes <= limits.body);
		FUZZ_CHECK(strlen(target) == head.target_len && head.target_len > 0);
		for (const char *c = target; *c != '\0'; c++)
			FUZZ_CHECK(*c > 0x20 && *c < 0x7f);
		check_path(target);
		check_range();
	}

	static void
	check_path(const char *target)
	{
		char path[URIPATH_MAX];
		char encoded[3 * URIPATH_MAX];
		char again[URIPATH_MAX];
		const char *query = nullptr;

		if (uripath_parse(target, path, &query) != 0)
			return;
		std::string framed = "/" + std::string(path) + "/";
		FUZZ_CHECK(path[0] != '/' && framed.find("/../") == std::string::npos &&
		           framed.find("/./") == std::string::npos);
		FUZZ_CHECK(query >= target && query <= target + strlen(target));
		FUZZ_CHECK(uripath_encode(path, encoded, sizeof(encoded)) < sizeof(encoded));
		FUZZ_CHECK(uripath_parse(encoded, again, &query) == 0 && strcmp(path, again) == 0);
	}

	void
	check_range() const
	{
		const struct condition_file file = { "\"a\"", 784111777 };
		const char *range = head_field(&head, "Range", nullptr);
		unsigned int status = condition_check(&head, &file);

		FUZZ_CHECK(status == 0 || status == 304 || status == 412);
		(void)condition_allows_range(&head, &file);
		for (uint64_t size : { UINT64_C(0), UINT64_C(1), UINT64_C(1000), UINT64_MAX }) {
			uint64_t first = 0;
			uint64_t len = 0;

			if (range != nullptr &&
			    byterange_parse(range, size, &first, &len) == BYTERANGE_PART)
				FUZZ_CHECK(len > 0 && first < size && len <= size - first);
		}
	}

	/* A piece, in memory of exactly its size. */
	void
	feed(const Bytes &piece)
	{
		size_t at = 0;

		while (at < piece.size() && head.state != HEAD_FAILED) {
			head_state before = head.state;
			size_t n =
				head_feed(&head, reinterpret_cast<const char *>(piece.data()) + at,
			                  piece.size() - at);

			FUZZ_CHECK(n <= piece.size() - at);
			FUZZ_CHECK(n > 0 || head.state != before);
			at += n;
			if (head.state == HEAD_COMPLETE && !head_has_body(&head))
				head.state = HEAD_DONE;
			if (head.state == HEAD_DONE)
				end_request();
		}
		FUZZ_CHECK((head.state == HEAD_FAILED) == (head.status != 0));
		FUZZ_CHECK(head.status == 0 || (head.status >= 400 && head.status <= 505));
	}
};

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz::Input in(data, size);
	size_t step = 1 + in.u8() % 32;
	Bytes all = in.rest();
	Reader whole, cut;

	whole.feed(all);
	for (size_t at = 0; at < all.size() && cut.head.state != HEAD_FAILED; at += step) {
		size_t end = std::min(at + step, all.size());

		cut.feed({ all.data() + at, all.data() + end });
	}
	FUZZ_CHECK(whole.requests == cut.requests);
	FUZZ_CHECK((whole.head.state == HEAD_FAILED) == (cut.head.state == HEAD_FAILED));
	return 0;
}
