/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/url: what of a URL goes into connections, requests and file names. */
#include "fetch/url.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "fetch/code.h"

namespace
{

struct Parsed {
	struct url url {
	};
	struct pln_error error {
	};
	int code;

	explicit Parsed(const char *text) : code(url_parse(text, &url, &error))
	{
	}
	Parsed(const Parsed &base, const char *reference)
	    : code(url_follow(&base.url, reference, &url, &error))
	{
	}
	~Parsed()
	{
		url_free(&url);
	}
	Parsed(const Parsed &) = delete;
	Parsed &operator=(const Parsed &) = delete;

	std::string
	name() const
	{
		char *name = url_file_name(&url);
		std::string out = name;

		free(name);
		return out;
	}
};

TEST(Url, HttpIsTheDefault)
{
	for (const char *text : { "example.org", "http://example.org", "HTTP://example.org/" }) {
		Parsed p(text);

		ASSERT_EQ(p.code, CODE_OK) << p.error.text;
		EXPECT_STREQ(p.url.host, "example.org");
		EXPECT_EQ(p.url.port, 80);
		EXPECT_STREQ(p.url.authority, "example.org");
		EXPECT_STREQ(p.url.target, "/");
		EXPECT_STREQ(p.url.text, "http://example.org/");
	}
}

TEST(Url, AHostWithAPortAndNoSchemeIsNoScheme)
{
	Parsed p("localhost:8080/a?u=http://x/");

	ASSERT_EQ(p.code, CODE_OK) << p.error.text;
	EXPECT_STREQ(p.url.host, "localhost");
	EXPECT_EQ(p.url.port, 8080);
	EXPECT_STREQ(p.url.authority, "localhost:8080");
	EXPECT_STREQ(p.url.target, "/a?u=http://x/");
}

TEST(Url, AHostThatBeginsWithFtpIsStillHttp)
{
	EXPECT_EQ(Parsed("ftp.debian.org/x").code, CODE_OK);
}

TEST(Url, FragmentAndUserStayHome)
{
	Parsed p("http://me:s%40crét@example.org/a#frag");

	ASSERT_EQ(p.code, CODE_OK) << p.error.text;
	EXPECT_STREQ(p.url.text, "http://example.org/a");
	EXPECT_STREQ(p.url.target, "/a");
	EXPECT_STREQ(p.url.user, "me");
	EXPECT_STREQ(p.url.password, "s@crét");
}

TEST(Url, BlanksAndHighBytesAreEncodedAndDotsResolved)
{
	EXPECT_STREQ(Parsed("http://h/a b").url.target, "/a%20b");
	EXPECT_STREQ(Parsed("http://h/caf\xc3\xa9?q=x y").url.target, "/caf%c3%a9?q=x+y");
	EXPECT_STREQ(Parsed("http://h/a/../b/./c").url.target, "/b/c");
	EXPECT_STREQ(Parsed("http://h?x=1").url.target, "/?x=1");
}

TEST(Url, Ipv6AddressesLoseTheirBracketsForTheResolverOnly)
{
	Parsed p("http://[2001:db8::1]:81/");

	ASSERT_EQ(p.code, CODE_OK) << p.error.text;
	EXPECT_STREQ(p.url.host, "2001:db8::1");
	EXPECT_STREQ(p.url.authority, "[2001:db8::1]:81");
}

TEST(Url, OtherSchemesAreRefusedByName)
{
	for (const char *text : { "https://example.org/", "ftp://example.org/", "gopher://x/" }) {
		Parsed p(text);

		EXPECT_EQ(p.code, CODE_PROTOCOL);
		EXPECT_NE(std::string(p.error.text).find("http:// only"), std::string::npos)
			<< p.error.text;
	}
	EXPECT_NE(std::string(Parsed("https://x/").error.text).find("\"https\""),
	          std::string::npos);
}

TEST(Url, WhatIsNoUrlIsRefused)
{
	for (const char *text :
	     { "", "http://", "http://a b/", "http://h:0/", "http://h:99999/", "http://h:x/",
	       "http://[::1/", "http://a%20b/", "http://a%0ab/", "http://a%7fb/" }) {
		Parsed p(text);

		EXPECT_EQ(p.code, CODE_URL) << text;
		EXPECT_NE(p.error.text[0], '\0');
	}
}

TEST(Url, RedirectsAreResolvedAgainstWhereTheyCameFrom)
{
	Parsed base("http://example.org:8080/dir/page?x=1");

	EXPECT_STREQ(Parsed(base, "other").url.text, "http://example.org:8080/dir/other");
	EXPECT_STREQ(Parsed(base, "/root").url.text, "http://example.org:8080/root");
	EXPECT_STREQ(Parsed(base, "?y=2").url.text, "http://example.org:8080/dir/page?y=2");
	EXPECT_STREQ(Parsed(base, "//else.org/a").url.text, "http://else.org/a");
	EXPECT_STREQ(Parsed(base, "http://else.org/a b").url.text, "http://else.org/a%20b");
	EXPECT_EQ(Parsed(base, "https://else.org/").code, CODE_PROTOCOL);
}

TEST(Url, ComparesHostAndPort)
{
	Parsed a("http://Example.org/1"), b("http://example.org:80/2"), c("http://example.org:81/");

	EXPECT_TRUE(url_same_host(&a.url, &b.url));
	EXPECT_FALSE(url_same_host(&a.url, &c.url));
}

TEST(Url, TheLastPartOfThePathIsTheFilesName)
{
	EXPECT_EQ(Parsed("http://h/dir/file.iso?sig=a/b").name(), "file.iso");
	EXPECT_EQ(Parsed("http://h/a%2fb").name(), "a%2fb");
	EXPECT_EQ(Parsed("http://h/").name(), "index.html");
	EXPECT_EQ(Parsed("http://h").name(), "index.html");
	EXPECT_EQ(Parsed("http://h/dir/").name(), "index.html");
	EXPECT_EQ(Parsed("http://h/dir/..").name(), "index.html");
	EXPECT_EQ(Parsed("http://h/a/%2e%2e").name().find('/'), std::string::npos);
}

} // namespace
