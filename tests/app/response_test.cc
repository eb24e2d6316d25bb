/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/response: where a message ends (RFC 9112 §6.3), whatever pieces it comes in. */
#include "fetch/response.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "fetch/code.h"

namespace
{

struct Reader {
	struct response r {
	};
	struct pln_error error {
	};
	std::string body;
	size_t used = 0;

	explicit Reader(bool is_head = false)
	{
		r.body = [](void *ctx, const void *data, size_t len) {
			static_cast<Reader *>(ctx)->body.append(static_cast<const char *>(data),
			                                        len);
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

	/* Feed as exchange.c does: again after each stop, until the message is over. */
	void
	feed(const std::string &bytes)
	{
		size_t at = 0;

		while (at < bytes.size() && r.state != RESPONSE_DONE && r.state != RESPONSE_FAILED)
			at += response_feed(&r, bytes.data() + at, bytes.size() - at);
		used += at;
	}
	std::string
	field(const char *name) const
	{
		const char *value = response_field(&r, name);

		return value != nullptr ? value : "(none)";
	}
};

/* The message whole, then cut in two at each byte, then byte by byte: always the same reading. */
template <typename Check>
void
in_all_pieces(const std::string &message, bool is_head, Check check)
{
	for (size_t cut = 0; cut <= message.size(); cut++) {
		Reader reader(is_head);

		reader.feed(message.substr(0, cut));
		reader.feed(message.substr(cut));
		SCOPED_TRACE("cut at " + std::to_string(cut));
		check(reader);
		if (::testing::Test::HasFailure())
			return;
	}
	Reader reader(is_head);
	for (char c : message)
		reader.feed(std::string(1, c));
	SCOPED_TRACE("byte by byte");
	check(reader);
}

TEST(ResponseRfc9112, ContentLengthEndsTheBody)
{
	const std::string message = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: one\r\n\r\nhello";

	in_all_pieces(message + "EXTRA", false, [&](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_DONE);
		EXPECT_EQ(r.body, "hello");
		EXPECT_EQ(r.used, message.size());
		EXPECT_EQ(r.r.status, 200u);
		EXPECT_EQ(r.field("x-a"), "one");
		EXPECT_EQ(r.r.length, 5u);
		EXPECT_TRUE(r.r.has_length && r.r.keep_alive);
		EXPECT_EQ(std::string(text_get(&r.r.raw)), message.substr(0, message.size() - 5));
	});
}

TEST(ResponseRfc9112, TheLastChunkEndsTheBody)
{
	const std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "5;ext=1\r\nhello\r\n1\r\n \r\n00A\r\nwide world\r\n0\r\n"
				    "Trailer: t\r\n\r\n";

	in_all_pieces(message + "EXTRA", false, [&](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_DONE) << r.error.text;
		EXPECT_EQ(r.body, "hello wide world");
		EXPECT_EQ(r.used, message.size());
		EXPECT_FALSE(r.r.has_length);
		EXPECT_TRUE(r.r.keep_alive);
		EXPECT_EQ(r.field("Trailer"), "(none)");
	});
}

TEST(ResponseRfc9112, WithoutEitherTheBodyEndsWithTheConnection)
{
	in_all_pieces("HTTP/1.1 200 OK\r\n\r\nhello", false, [](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_BODY);
		EXPECT_EQ(r.body, "hello");
		EXPECT_EQ(response_eof(&r.r), RESPONSE_DONE);
		EXPECT_FALSE(r.r.keep_alive);
	});
}

TEST(ResponseRfc9112, NoBodyForHeadNoContentAndNotModified)
{
	const std::string head = "\r\nContent-Length: 5\r\n\r\n";

	in_all_pieces("HTTP/1.1 200 OK" + head + "EXTRA", true, [](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_DONE);
		EXPECT_EQ(r.body, "");
		EXPECT_EQ(r.r.length, 5u);
		EXPECT_TRUE(r.r.keep_alive);
	});
	for (const char *line : { "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified" })
		in_all_pieces(line + head + "EXTRA", false, [&](Reader &r) {
			EXPECT_EQ(r.r.state, RESPONSE_DONE);
			EXPECT_EQ(r.used, strlen(line) + head.size());
			EXPECT_EQ(r.body, "");
		});
}

TEST(ResponseRfc9112, InterimResponsesAreReadOver)
{
	const std::string message = "HTTP/1.1 100 Continue\r\nX-A: interim\r\n\r\n"
				    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
				    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

	in_all_pieces(message, false, [](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_DONE);
		EXPECT_EQ(r.r.status, 200u);
		EXPECT_EQ(r.body, "hi");
		EXPECT_EQ(r.field("X-A"), "(none)");
		EXPECT_EQ(std::string(text_get(&r.r.raw) + r.r.final_at, 15), "HTTP/1.1 200 OK");
	});
}

TEST(ResponseRfc9112, TransferEncodingOverridesContentLength)
{
	in_all_pieces("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
	              "5\r\nhello\r\n0\r\n\r\n",
	              false, [](Reader &r) {
			      EXPECT_EQ(r.r.state, RESPONSE_DONE) << r.error.text;
			      EXPECT_EQ(r.body, "hello");
			      EXPECT_FALSE(r.r.has_length);
			      EXPECT_FALSE(r.r.keep_alive);
		      });
}

TEST(ResponseRfc9112, AnEmptyBodyIsComplete)
{
	in_all_pieces("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, [](Reader &r) {
		EXPECT_EQ(r.r.state, RESPONSE_DONE);
		EXPECT_TRUE(r.r.keep_alive);
	});
}

TEST(ResponseRfc9112, TheConnectionHeaderAndTheVersionDecideAboutReuse)
{
	const struct {
		const char *head;
		bool keep_alive;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\n", true },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n", false },
		{ "HTTP/1.0 200 OK\r\n", false },
		{ "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", true },
	};

	for (const auto &c : cases) {
		Reader r;

		r.feed(std::string(c.head) + "Content-Length: 1\r\n\r\nx");
		EXPECT_EQ(r.r.state, RESPONSE_DONE);
		EXPECT_EQ(r.r.keep_alive, c.keep_alive) << c.head;
	}
}

TEST(ResponseRfc9112, AShortBodyIsPartial)
{
	Reader length;
	length.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
	EXPECT_EQ(response_eof(&length.r), RESPONSE_FAILED);
	EXPECT_EQ(length.error.code, CODE_PARTIAL);
	EXPECT_NE(std::string(length.error.text).find("4 bytes remaining: 5 of 9"),
	          std::string::npos)
		<< length.error.text;

	Reader chunked;
	chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
	EXPECT_EQ(response_eof(&chunked.r), RESPONSE_FAILED);
	EXPECT_EQ(chunked.error.code, CODE_PARTIAL);

	Reader head;
	head.feed("HTTP/1.1 200 OK\r\nContent-");
	EXPECT_EQ(response_eof(&head.r), RESPONSE_FAILED);
	EXPECT_EQ(head.error.code, CODE_PARTIAL);
}

TEST(Response, NothingAtAllIsAnEmptyReply)
{
	Reader r;

	EXPECT_EQ(response_eof(&r.r), RESPONSE_FAILED);
	EXPECT_EQ(r.error.code, CODE_EMPTY);
}

TEST(Response, WhatIsNotHttpIsSaidToBeNone)
{
	for (const char *bytes : { "SSH-2.0-OpenSSH_9.2\r\n", "<html>", "220 mail ready\r\n",
	                           "ICY 200 OK\r\n\r\n", "\x16\x03\x01" }) {
		Reader r;

		r.feed(bytes);
		EXPECT_EQ(r.r.state, RESPONSE_FAILED) << bytes;
		EXPECT_EQ(r.error.code, CODE_PROTOCOL) << r.error.text;
		EXPECT_NE(std::string(r.error.text).find("speaks no HTTP"), std::string::npos);
	}
	Reader two;
	two.feed("HTTP/2.0 200 OK\r\n\r\n");
	EXPECT_EQ(two.error.code, CODE_PROTOCOL);
}

TEST(Response, MalformedHeadsAreWeird)
{
	for (const char *bytes : {
		     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		     "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
		     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		     "HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n",
		     "HTTP/1.1 2x0 OK\r\n\r\n",
		     "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
	     }) {
		Reader r;

		r.feed(bytes);
		EXPECT_EQ(r.r.state, RESPONSE_FAILED) << bytes;
		EXPECT_EQ(r.error.code, CODE_WEIRD) << bytes << r.error.text;
	}
}

TEST(Response, MalformedChunksAreAReceiveError)
{
	Reader r;

	r.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nxyz\r\n");
	EXPECT_EQ(r.r.state, RESPONSE_FAILED);
	EXPECT_EQ(r.error.code, CODE_RECV);
	EXPECT_EQ(r.body, "hi");
}

TEST(Response, EndlessHeadersAreStopped)
{
	Reader one_line, many_lines, interim;

	one_line.feed("HTTP/1.1 200 OK\r\nX: ");
	for (int i = 0; i < 400 && one_line.r.state == RESPONSE_HEAD; i++)
		one_line.feed(std::string(1000, 'a'));
	many_lines.feed("HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 40000 && many_lines.r.state == RESPONSE_HEAD; i++)
		many_lines.feed("X-Name: value\r\n");
	for (int i = 0; i < 40000 && interim.r.state == RESPONSE_HEAD; i++)
		interim.feed("HTTP/1.1 100 Continue\r\n\r\n");
	for (Reader *r : { &one_line, &many_lines, &interim }) {
		EXPECT_EQ(r->r.state, RESPONSE_FAILED);
		EXPECT_EQ(r->error.code, CODE_WEIRD);
		EXPECT_LE(r->r.raw.len, (size_t)RESPONSE_HEAD_MAX + 1000);
		EXPECT_NE(std::string(r->error.text).find("256 KiB"), std::string::npos);
	}
}

TEST(Response, StretchesAreBoundedByWhatOneByteChunksMake)
{
	std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	size_t head = message.size();
	unsigned int stretches = 0;
	struct response r {
	};
	struct pln_error error;

	for (int i = 0; i < 200; i++)
		message += "1\r\nx\r\n";
	r.body = [](void *ctx, const void *, size_t) { ++*static_cast<unsigned int *>(ctx); };
	r.ctx = &stretches;
	r.error = &error;
	response_begin(&r, false);
	ASSERT_EQ(response_feed(&r, message.data(), message.size()), head);
	ASSERT_EQ(response_feed(&r, message.data() + head, message.size() - head),
	          message.size() - head);
	EXPECT_EQ(stretches, 200u);
	EXPECT_LE(stretches, response_stretches(message.size() - head));
	response_free(&r);
}

} // namespace
