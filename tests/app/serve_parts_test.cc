/* SPDX-License-Identifier: BSD-3-Clause */
/* app/serve/{uripath,byterange,httpdate,mime,condition,reply}: the parts that are functions of text. */
#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "common/number.h"
#include "serve/byterange.h"
#include "serve/condition.h"
#include "serve/httpdate.h"
#include "serve/mime.h"
#include "serve/reply.h"
#include "serve/uripath.h"

namespace
{

/* The path, or "!" and the status. */
std::string
path_of(const std::string &target, std::string *rest = nullptr)
{
	char path[URIPATH_MAX];
	const char *query = nullptr;
	unsigned int status = uripath_parse(target.c_str(), path, &query);

	if (status != 0)
		return "!" + std::to_string(status);
	if (rest != nullptr)
		*rest = query;
	return path;
}

TEST(UripathRfc3986, DecodesAndTakesDotSegmentsAway)
{
	EXPECT_EQ(path_of("/"), "");
	EXPECT_EQ(path_of("/a/b.txt"), "a/b.txt");
	EXPECT_EQ(path_of("/a/"), "a/");
	EXPECT_EQ(path_of("//a///b"), "a/b");
	EXPECT_EQ(path_of("/a/./b/."), "a/b/");
	EXPECT_EQ(path_of("/a/b/../c"), "a/c");
	EXPECT_EQ(path_of("/a/.."), "");
	EXPECT_EQ(path_of("/a/b/.."), "a/");
	EXPECT_EQ(path_of("/a/b/../../c/"), "c/");
	EXPECT_EQ(path_of("/%41%2fb%20c"), "A/b c");
	EXPECT_EQ(path_of("/..a/...b/.c"), "..a/...b/.c");
	EXPECT_EQ(path_of("/%ff"), "\xff");
}

TEST(UripathRfc3986, WhatLeadsOutOfTheRootIsRefusedHoweverItIsSpelt)
{
	for (const char *target : { "/..", "/../", "/../etc/passwd", "/a/../../b", "/%2e%2e/x",
	                            "/.%2e/x", "/%2E./x", "/..%2fx", "/a%2f..%2f../x", "/./../x" })
		EXPECT_EQ(path_of(target), "!400") << target;
}

TEST(UripathRfc3986, WhatIsMalformedIsRefused)
{
	for (const char *target : { "", "a", "*", "/%", "/%4", "/%4g", "/%g4", "/%00", "/a%00b",
	                            "/a#b", "ftp://x/", "http://", "http:///a", "https://x/" })
		EXPECT_EQ(path_of(target), "!400") << target;
	EXPECT_EQ(path_of("/" + std::string(5000, 'a')), "!404");
	EXPECT_EQ(path_of("/" + std::string(4094, 'a')), std::string(4094, 'a'));
}

TEST(UripathRfc9112, TakesAbsoluteFormAndCutsTheQuery)
{
	std::string query;

	EXPECT_EQ(path_of("http://host:80/a?b=/../c", &query), "a");
	EXPECT_EQ(query, "?b=/../c");
	EXPECT_EQ(path_of("HTTP://host"), "");
	EXPECT_EQ(path_of("http://host?x/y", &query), "");
	EXPECT_EQ(query, "?x/y");
	EXPECT_EQ(path_of("/%3f", &query), "?");
	EXPECT_EQ(query, "");
}

TEST(UripathRfc3986, EncodesWhatAPathMayNotHave)
{
	char buf[64];

	EXPECT_EQ(uripath_encode("a b/c?\xff%", buf, sizeof(buf)), 17u);
	EXPECT_STREQ(buf, "/a%20b/c%3F%FF%25");
	EXPECT_EQ(uripath_encode("abcdef", buf, 4), 7u);
	EXPECT_STREQ(buf, "/ab");
}

/* "first+len", "whole" or "none". */
std::string
range_of(const char *value, uint64_t size)
{
	uint64_t first = 0;
	uint64_t len = 0;

	switch (byterange_parse(value, size, &first, &len)) {
	case BYTERANGE_WHOLE:
		return "whole";
	case BYTERANGE_NONE:
		return "none";
	case BYTERANGE_PART:
		break;
	}
	return std::to_string(first) + "+" + std::to_string(len);
}

TEST(ByterangeRfc9110, OneRangeIsAPart)
{
	EXPECT_EQ(range_of("bytes=0-0", 10), "0+1");
	EXPECT_EQ(range_of("bytes=2-5", 10), "2+4");
	EXPECT_EQ(range_of("bytes=2-", 10), "2+8");
	EXPECT_EQ(range_of("bytes=2-99", 10), "2+8");
	EXPECT_EQ(range_of("bytes=-3", 10), "7+3");
	EXPECT_EQ(range_of("bytes=-30", 10), "0+10");
	EXPECT_EQ(range_of("Bytes= 9-9 ", 10), "9+1");
	EXPECT_EQ(range_of("bytes=0-99999999999999999999999", 10), "0+10");
}

TEST(ByterangeRfc9110, WhatTheFileHasNothingOfIsNotSatisfiable)
{
	EXPECT_EQ(range_of("bytes=10-", 10), "none");
	EXPECT_EQ(range_of("bytes=10-20", 10), "none");
	EXPECT_EQ(range_of("bytes=99999999999999999999999-", 10), "none");
	EXPECT_EQ(range_of("bytes=-0", 10), "none");
	EXPECT_EQ(range_of("bytes=0-", 0), "none");
	EXPECT_EQ(range_of("bytes=-5", 0), "none");
}

TEST(ByterangeRfc9110, SeveralAndMalformedOnesAreIgnored)
{
	for (const char *value :
	     { "bytes=0-1,3-4", "bytes=5-4", "bytes=", "bytes=-", "bytes=a-b", "bytes=1",
	       "bytes=1-2x", "bytes 1-2", "lines=1-2", "", "bytes=--1", "bytes=+1-2" })
		EXPECT_EQ(range_of(value, 10), "whole") << value;
}

TEST(HttpdateRfc9110, WritesImfFixdate)
{
	char buf[HTTPDATE_LEN];

	EXPECT_STREQ(httpdate_format(784111777, buf), "Sun, 06 Nov 1994 08:49:37 GMT");
	EXPECT_STREQ(httpdate_format(0, buf), "Thu, 01 Jan 1970 00:00:00 GMT");
	EXPECT_STREQ(httpdate_format(951827696, buf), "Tue, 29 Feb 2000 12:34:56 GMT");
}

/* Through four centuries and both ways, at the C library's word. */
TEST(HttpdateRfc9110, CountsAsTheCLibraryDoes)
{
	char buf[HTTPDATE_LEN], expected[HTTPDATE_LEN];

	for (int64_t s = -5000000000; s < 9000000000; s += 8640007) {
		auto when = static_cast<time_t>(s);
		struct tm tm {
		};
		int64_t back = 0;

		gmtime_r(&when, &tm);
		strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		ASSERT_STREQ(httpdate_format(s, buf), expected);
		ASSERT_TRUE(httpdate_parse(buf, &back));
		ASSERT_EQ(back, s) << buf;
	}
	for (const char *text :
	     { "Thu, 31 Feb 2019 00:00:00 GMT", "Mon, 29 Feb 1900 23:59:60 GMT" }) {
		struct tm tm {
		};
		int64_t out = 0;

		ASSERT_TRUE(httpdate_parse(text, &out));
		strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		EXPECT_EQ(out, timegm(&tm)) << text;
	}
}

TEST(HttpdateRfc9110, ReadsAllThreeFormsAndNothingElse)
{
	int64_t out = 0;

	for (const char *text : { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
	                          "Sun Nov  6 08:49:37 1994" }) {
		out = 0;
		EXPECT_TRUE(httpdate_parse(text, &out)) << text;
		EXPECT_EQ(out, 784111777) << text;
	}
	for (const char *text : { "", "yesterday", "Sun, 06 Nov 1994 08:49:37", "784111777",
	                          "Sun, 06 Nov 1994 08:49:37 GMT+1" })
		EXPECT_FALSE(httpdate_parse(text, &out)) << text;
}

TEST(Mime, GoesByTheEndOfTheName)
{
	EXPECT_STREQ(mime_type("a/b.HTML"), "text/html; charset=utf-8");
	EXPECT_STREQ(mime_type("x.tar.gz"), "application/gzip");
	EXPECT_STREQ(mime_type("png"), "application/octet-stream");
	EXPECT_STREQ(mime_type("a.png/file"), "application/octet-stream");
	EXPECT_STREQ(mime_type(""), "text/html; charset=utf-8");
	EXPECT_STREQ(mime_type("sub/"), "text/html; charset=utf-8");
}

class Conditions : public testing::Test
{
      protected:
	unsigned int
	check(const std::string &fields)
	{
		read(fields);
		return condition_check(&head, &file);
	}

	bool
	allows_range(const std::string &fields)
	{
		read(fields);
		return condition_allows_range(&head, &file);
	}

	void
	read(const std::string &fields)
	{
		std::string request = "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";

		head_init(&head, &limits, text);
		ASSERT_EQ(head_feed(&head, request.data(), request.size()), request.size());
		ASSERT_EQ(head.state, HEAD_COMPLETE);
	}

	const struct head_limits limits = { 4000, 100, 1000 };
	const struct condition_file file = { "\"abc\"", 784111777 };
	char text[4100];
	struct head head;
};

TEST_F(Conditions, IfNoneMatchComparesWeaklyAndHidesDates)
{
	EXPECT_EQ(check(""), 0u);
	EXPECT_EQ(check("If-None-Match: \"abc\"\r\n"), 304u);
	EXPECT_EQ(check("If-None-Match: W/\"abc\"\r\n"), 304u);
	EXPECT_EQ(check("If-None-Match: \"x\" , \"abc\"\r\n"), 304u);
	EXPECT_EQ(check("If-None-Match: \"x\"\r\nIf-None-Match: \"abc\"\r\n"), 304u);
	EXPECT_EQ(check("If-None-Match: *\r\n"), 304u);
	EXPECT_EQ(check("If-None-Match: \"ab\"\r\n"), 0u);
	EXPECT_EQ(check("If-None-Match: abc\r\n"), 0u);
	EXPECT_EQ(check("If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 "
	                "GMT\r\n"),
	          0u);
}

TEST_F(Conditions, DatesAreComparedInSeconds)
{
	EXPECT_EQ(check("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 304u);
	EXPECT_EQ(check("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), 0u);
	EXPECT_EQ(check("If-Modified-Since: soon\r\n"), 0u);
	EXPECT_EQ(check("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	                "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
	          0u);
	EXPECT_EQ(check("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 0u);
	EXPECT_EQ(check("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), 412u);
}

TEST_F(Conditions, IfMatchComparesStronglyAndComesFirst)
{
	EXPECT_EQ(check("If-Match: \"abc\"\r\n"), 0u);
	EXPECT_EQ(check("If-Match: *\r\n"), 0u);
	EXPECT_EQ(check("If-Match: W/\"abc\"\r\n"), 412u);
	EXPECT_EQ(check("If-Match: \"x\"\r\nIf-None-Match: \"abc\"\r\n"), 412u);
	EXPECT_EQ(check("If-Match: \"abc\"\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 "
	                "GMT\r\n"),
	          0u);
}

TEST_F(Conditions, IfRangeWantsTheVeryVersion)
{
	EXPECT_TRUE(allows_range(""));
	EXPECT_TRUE(allows_range("If-Range: \"abc\"\r\n"));
	EXPECT_FALSE(allows_range("If-Range: W/\"abc\"\r\n"));
	EXPECT_TRUE(allows_range("If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	EXPECT_FALSE(allows_range("If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n"));
}

TEST(ReplyRfc9110, PartsSayWhereTheyAreFrom)
{
	char buf[1024];
	struct reply reply = {};

	reply.status = 206;
	reply.date = "D";
	reply.type = "t/t";
	reply.etag = "\"e\"";
	reply.modified = "M";
	reply.first = 5;
	reply.len = 10;
	reply.size = 100;
	size_t len = reply_head(&reply, buf, sizeof(buf));
	EXPECT_EQ(
		std::string(buf, len),
		"HTTP/1.1 206 Partial Content\r\nDate: D\r\nServer: pollen/" POLLEN_VERSION
		"\r\nETag: \"e\"\r\nLast-Modified: M\r\nAccept-Ranges: bytes\r\n"
		"Content-Range: bytes 5-14/100\r\nContent-Type: t/t\r\nContent-Length: 10\r\n\r\n");
	EXPECT_EQ(reply_head(&reply, buf, 100), 0u);
}

TEST(ReplyRfc9110, NotModifiedAndNoContentHaveNoLength)
{
	char buf[1024];
	struct reply reply = {};

	reply.date = "D";
	for (unsigned int status : { 204u, 304u }) {
		reply.status = status;
		std::string text(buf, reply_status(&reply, false, buf, sizeof(buf)));
		EXPECT_EQ(text.find("Content-Length"), std::string::npos);
		EXPECT_EQ(text.substr(text.size() - 4), "\r\n\r\n");
	}
}

TEST(ReplyRfc9110, RefusalsSayTheirStatusAndHeadTheLengthAlone)
{
	char buf[1024];
	struct reply reply = {};

	reply.date = "D";
	reply.status = 405;
	reply.is_closing = true;
	std::string text(buf, reply_status(&reply, false, buf, sizeof(buf)));
	EXPECT_NE(text.find("\r\nAllow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
	EXPECT_NE(text.find("\r\nContent-Length: 23\r\n"), std::string::npos);
	EXPECT_NE(text.find("\r\nConnection: close\r\n\r\n405 Method Not Allowed\n"),
	          std::string::npos);
	std::string head(buf, reply_status(&reply, true, buf, sizeof(buf)));
	EXPECT_EQ(head + "405 Method Not Allowed\n", text);
	reply.status = 416;
	reply.size = 7;
	std::string range(buf, reply_status(&reply, false, buf, sizeof(buf)));
	EXPECT_NE(range.find("\r\nContent-Range: bytes */7\r\n"), std::string::npos);
}

TEST(Number, SizesTakePowersOf1024)
{
	uint64_t out = 0;

	EXPECT_EQ(number_parse_size("17", 0, 100, &out), 0);
	EXPECT_EQ(out, 17u);
	EXPECT_EQ(number_parse_size("64M", 0, UINT64_MAX, &out), 0);
	EXPECT_EQ(out, UINT64_C(64) << 20);
	EXPECT_EQ(number_parse_size("2T", 0, UINT64_MAX, &out), 0);
	EXPECT_EQ(out, UINT64_C(2) << 40);
	EXPECT_EQ(number_parse_size("4K", 0, 4095, &out), -ERANGE);
	EXPECT_EQ(number_parse_size("99999999999T", 0, UINT64_MAX, &out), -ERANGE);
	for (const char *text : { "", "K", "1k", "1KB", "1 K", "-1K", "1.5M" })
		EXPECT_EQ(number_parse_size(text, 0, UINT64_MAX, &out), -EINVAL) << text;
}

} // namespace
