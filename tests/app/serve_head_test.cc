/* SPDX-License-Identifier: BSD-3-Clause */
/* app/serve/head: requests, whole and in pieces, and those that must not be taken for one. */
#include <string>

#include <gtest/gtest.h>

#include "serve/head.h"

namespace
{

class Head : public testing::Test
{
      protected:
	Head()
	{
		head_init(&head, &limits, text);
	}

	/* Feed it all, at most `step` bytes at a time; what was used. */
	size_t
	feed(const std::string &bytes, size_t step = SIZE_MAX)
	{
		size_t at = 0;

		while (at < bytes.size() && head.state != HEAD_DONE && head.state != HEAD_FAILED &&
		       !(head.state == HEAD_COMPLETE && !head_has_body(&head))) {
			size_t len = std::min(step, bytes.size() - at);
			size_t n = head_feed(&head, bytes.data() + at, len);

			if (n == 0 && head.state != HEAD_FAILED && head.state != HEAD_DONE)
				ADD_FAILURE() << "stuck at " << at;
			at += n;
			if (n == 0)
				break;
		}
		return at;
	}

	/* The refusal, 0 for none. */
	unsigned int
	status(const std::string &bytes, size_t step = SIZE_MAX)
	{
		head_begin(&head);
		feed(bytes, step);
		EXPECT_EQ(head.state == HEAD_FAILED, head.status != 0);
		return head.status;
	}

	const struct head_limits limits = { 10000, 20, 100 };
	char text[10010];
	struct head head;
};

std::string
request(const std::string &fields, const std::string &body = "")
{
	return "GET /x HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

TEST_F(Head, KeepsTargetAndFieldsHoweverTheBytesAreCut)
{
	std::string bytes =
		"\r\nGET /a?b HTTP/1.1\r\nHost: h\r\nEmpty:\r\nTwo:  a b\t \r\nTwo: c\r\n\r\n";

	for (size_t step : { SIZE_MAX, size_t{ 1 }, size_t{ 3 }, size_t{ 7 } }) {
		unsigned int count = 0;

		head_begin(&head);
		EXPECT_EQ(feed(bytes + "GET", step), bytes.size());
		ASSERT_EQ(head.state, HEAD_COMPLETE);
		EXPECT_STREQ(head_target(&head), "/a?b");
		EXPECT_STREQ(head_field(&head, "host", nullptr), "h");
		EXPECT_STREQ(head_field(&head, "empty", nullptr), "");
		EXPECT_STREQ(head_field(&head, "TWO", &count), "a b");
		EXPECT_EQ(count, 2u);
		EXPECT_STREQ(head_field_at(&head, "two", 1), "c");
		EXPECT_EQ(head_field_at(&head, "two", 2), nullptr);
		EXPECT_EQ(head_field(&head, "three", nullptr), nullptr);
		EXPECT_EQ(head.parser.method, HTTP_GET);
		EXPECT_EQ(std::string(head.method, head_method_len(&head)), "GET");
		EXPECT_FALSE(head_has_body(&head));
		EXPECT_TRUE(head_keeps_alive(&head));
	}
}

TEST_F(Head, ReadsBodiesOverAndStopsBehindThem)
{
	for (const std::string &bytes :
	     { request("Content-Length: 5\r\n", "hello"),
	       request("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
	       request("Transfer-Encoding: Chunked\r\n",
	               "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n") }) {
		for (size_t step : { SIZE_MAX, size_t{ 1 }, size_t{ 5 } }) {
			head_begin(&head);
			EXPECT_EQ(feed(bytes + "GET /next", step), bytes.size()) << bytes;
			EXPECT_EQ(head.state, HEAD_DONE) << bytes;
			EXPECT_EQ(head.body_bytes, 5u);
			EXPECT_EQ(head_field(&head, "Trailer", nullptr), nullptr);
		}
	}
}

TEST_F(Head, WhatCouldBeTwoRequestsForAnotherIsRefused)
{
	for (const std::string &bytes :
	     { request("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	       request("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"),
	       request("Content-Length: 1\r\nContent-Length: 1\r\n", "a"),
	       request("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
	       request("Content-Length: 1,1\r\n", "a"),
	       request("Content-Length: -1\r\n", "a"),
	       request("Content-Length: +1\r\n", "a"),
	       request("Content-Length: 1 1\r\n", "a"),
	       request("Content-Length: 18446744073709551617\r\n", "a"),
	       request("Content-Length : 1\r\n", "a"),
	       request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
	       request("Transfer-Encoding: chunked, x\r\n", "0\r\n\r\n"),
	       request("Transfer-Encoding: x\r\n", "0\r\n\r\n"),
	       request("Transfer-Encoding:\vchunked\r\n", "0\r\n\r\n"),
	       request("Transfer-Encoding: chunked\r\n", "g\r\n"),
	       request("Transfer-Encoding: chunked\r\n", " 1\r\na\r\n0\r\n\r\n"),
	       request("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n"),
	       request("Transfer-Encoding: chunked\r\n", "1\na\n0\n\n"),
	       request("Transfer-Encoding: chunked\r\n", "10000000000000001\r\na"),
	       request("A: b\r\n c\r\n"),
	       request("A: b\n"),
	       request("A: b\rC: d\r\n"),
	       request(" A: b\r\n"),
	       request("A b: c\r\n"),
	       request("A\t: c\r\n"),
	       request(": c\r\n"),
	       request("A: \x01\r\n"),
	       request(std::string("A: b\0c\r\n", 8)),
	       request("A: \x7f\r\n"),
	       request("Host: i\r\n"),
	       std::string("GET /x HTTP/1.1\r\n\r\n"),
	       std::string("GET /x HTTP/1.1\r\nHost: a b\r\n\r\n"),
	       std::string("GET  /x HTTP/1.1\r\nHost: h\r\n\r\n"),
	       std::string("GET /x\tHTTP/1.1\r\nHost: h\r\n\r\n"),
	       std::string("GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n"),
	       std::string("GET /x HTTP/1.1\nHost: h\n\n"),
	       std::string(" GET /x HTTP/1.1\r\nHost: h\r\n\r\n"),
	       std::string("POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") }) {
		EXPECT_EQ(status(bytes), 400u) << bytes;
		EXPECT_EQ(status(bytes, 1), 400u) << bytes;
		EXPECT_FALSE(head_keeps_alive(&head));
	}
}

TEST_F(Head, LimitsHaveStatusesOfTheirOwn)
{
	std::string many;

	for (int i = 0; i < 20; i++)
		many += "A: b\r\n";
	EXPECT_EQ(status("GET /" + std::string(7999, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 0u);
	EXPECT_EQ(status("GET /" + std::string(8000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 414u);
	EXPECT_EQ(status("GET /" + std::string(8000, 'a'), 1), 414u);
	EXPECT_EQ(status(request("A: " + std::string(9900, 'a') + "\r\n")), 0u);
	EXPECT_EQ(status(request("A: " + std::string(10000, 'a') + "\r\n")), 431u);
	EXPECT_EQ(status(request("A: " + std::string(20000, 'a')), 1), 431u);
	EXPECT_EQ(status(request(many)), 431u);
	EXPECT_EQ(status(request(many.substr(6))), 0u);
	EXPECT_EQ(status(request("Content-Length: 101\r\n")), 413u);
	EXPECT_EQ(status(request("Content-Length: 100\r\n", std::string(100, 'a'))), 0u);
	EXPECT_EQ(status(request("Transfer-Encoding: chunked\r\n",
	                         "65\r\n" + std::string(101, 'a') + "\r\n0\r\n\r\n")),
	          413u);
}

TEST_F(Head, MethodsAndVersionsNobodyKnows)
{
	EXPECT_EQ(status("BREW /x HTTP/1.1\r\nHost: h\r\n\r\n"), 501u);
	EXPECT_EQ(status("GETX /x HTTP/1.1\r\nHost: h\r\n\r\n"), 501u);
	EXPECT_EQ(status("\x16\x03\x01\x02 HTTP/1.1\r\n\r\n"), 400u);
	EXPECT_EQ(status("GET /x HTTP/2.0\r\nHost: h\r\n\r\n"), 505u);
	EXPECT_EQ(status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505u);
	EXPECT_EQ(status("GET /x\r\n\r\n"), 505u);
	EXPECT_EQ(status("GET /x HTTP/1.1 \r\nHost: h\r\n\r\n"), 505u);
	EXPECT_EQ(status("GET /x HTTP/9.9\r\nHost: h\r\n\r\n"), 505u);
	EXPECT_EQ(status("GET /x XTTP/1.1\r\nHost: h\r\n\r\n"), 400u);
	EXPECT_EQ(status(request("Transfer-Encoding: gzip, chunked\r\n")), 501u);
}

TEST_F(Head, KeepsAliveByVersionAndWord)
{
	auto keeps = [&](const std::string &version, const std::string &fields) {
		head_begin(&head);
		feed("GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n");
		return head_keeps_alive(&head);
	};

	EXPECT_TRUE(keeps("1.1", ""));
	EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
	EXPECT_FALSE(keeps("1.1", "Connection: x, Close\r\n"));
	EXPECT_FALSE(keeps("1.0", ""));
	EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
	EXPECT_TRUE(keeps("1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
}

} // namespace
