/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * app/fetch/response: any bytes as a server's answer, whole and cut into pieces that the input itself chooses: both readings
 * agree (RFC 9112 §6.3), a step always moves on, a body comes in no more stretches than announced. Names in Content-Disposition
 * are harmless whatever they were (RFC 6266 §4.3).
 */
#include <cstring>

#include "fetch/response.h"
#include "fetch/target.h"
#include "fuzz/fuzz.h"

namespace
{

using fuzz::Bytes;

struct Reader {
	response r{};
	pln_error error{};
	std::string body;
	size_t stretches = 0, used = 0;

	explicit Reader(bool is_head)
	{
		r.body = [](void *ctx, const void *data, size_t len) {
			auto *reader = static_cast<Reader *>(ctx);

			reader->body.append(static_cast<const char *>(data), len);
			reader->stretches++;
		};
		r.ctx = this;
		r.error = &error;
		response_begin(&r, is_head);
	}

	~Reader()
	{
		response_free(&r);
	}

	Reader(const Reader &) = delete;
	Reader &operator=(const Reader &) = delete;

	bool
	is_over() const
	{
		return r.state == RESPONSE_DONE || r.state == RESPONSE_FAILED;
	}

	/* A piece, in memory of exactly its size. */
	void
	feed(const Bytes &piece)
	{
		size_t at = 0;

		while (at < piece.size() && !is_over()) {
			response_state before = r.state;

			stretches = 0;
			size_t n = response_feed(&r, piece.data() + at, piece.size() - at);
			FUZZ_CHECK(n <= piece.size() - at);
			FUZZ_CHECK(n > 0 || r.state != before);
			FUZZ_CHECK(stretches <= response_stretches(piece.size() - at));
			at += n;
		}
		used += at;
		FUZZ_CHECK(r.body_bytes == body.size() && r.total_bytes == used);
		FUZZ_CHECK(r.state != RESPONSE_FAILED || error.text[0] != '\0');
	}
};

void
check_same(const Reader &a, const Reader &b)
{
	FUZZ_CHECK(a.r.state == b.r.state);
	if (a.r.state == RESPONSE_FAILED)
		return; /* where it was noticed depends on the cuts */
	FUZZ_CHECK(a.used == b.used && a.body == b.body);
	FUZZ_CHECK(a.r.status == b.r.status && a.r.field_count == b.r.field_count);
	FUZZ_CHECK(a.r.fields.len == b.r.fields.len && a.r.raw.len == b.r.raw.len);
	FUZZ_CHECK(a.r.has_length == b.r.has_length && a.r.length == b.r.length);
	FUZZ_CHECK(a.r.until_close == b.r.until_close && a.r.keep_alive == b.r.keep_alive);
	FUZZ_CHECK(!a.r.has_length || a.r.state != RESPONSE_DONE || a.r.is_head ||
	           a.r.body_bytes <= a.r.length);
}

void
check_disposition(const Reader &reader)
{
	const char *value = response_field(&reader.r, "Content-Disposition");
	char *name = value != nullptr ? target_name_from_disposition(value) : nullptr;

	if (name == nullptr)
		return;
	FUZZ_CHECK(name[0] != '\0' && name[0] != '.');
	FUZZ_CHECK(strchr(name, '/') == nullptr && strchr(name, '\\') == nullptr);
	for (const char *p = name; *p != '\0'; p++)
		FUZZ_CHECK(static_cast<unsigned char>(*p) >= 0x20 && *p != 0x7f);
	free(name);
}

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz::Input in(data, size);
	unsigned int how = in.u8();
	Bytes all = in.rest();
	Reader whole((how & 1U) != 0), cut((how & 1U) != 0);
	size_t step = 1 + (how >> 1) % 32;

	whole.feed(all);
	for (size_t at = 0; at < all.size() && !cut.is_over(); at += step) {
		size_t end = std::min(at + step, all.size());

		cut.feed({ all.data() + at, all.data() + end });
	}
	check_same(whole, cut);
	if (whole.r.state != RESPONSE_FAILED)
		check_disposition(whole);
	response_eof(&whole.r);
	response_eof(&cut.r);
	FUZZ_CHECK(whole.is_over());
	check_same(whole, cut);
	return 0;
}
