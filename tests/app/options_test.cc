/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/{options,request}: the command line, and the request it makes. */
#include "fetch/options.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fetch/request.h"

namespace
{

struct Line {
	struct options o {
	};
	struct pln_error error {
	};
	std::vector<std::string> args;
	std::vector<char *> argv;
	int ret;

	explicit Line(std::vector<std::string> words) : args(std::move(words))
	{
		args.insert(args.begin(), "pollen-fetch");
		for (std::string &arg : args)
			argv.push_back(arg.data());
		argv.push_back(nullptr);
		ret = options_parse(&o, (int)args.size(), argv.data(), &error);
	}
	~Line()
	{
		options_free(&o);
	}
	Line(const Line &) = delete;
	Line &operator=(const Line &) = delete;

	std::string
	text() const
	{
		return error.text;
	}
};

class Options : public ::testing::Test
{
      protected:
	void
	SetUp() override
	{
		unsetenv("POLLEN_EAL_ARGS");
		unsetenv("POLLEN_CONFIG");
	}
};

std::string
request_of(const Line &line, const char *url_text, bool is_foreign = false,
           const char *range = nullptr, const char *if_range = nullptr)
{
	struct url url;
	struct pln_error error;
	struct text out {
	};

	EXPECT_EQ(url_parse(url_text, &url, &error), 0);
	const struct request request = {
		&url, options_method(&line.o), range, if_range, line.o.has_data, is_foreign,
	};
	(void)request_write(&request, &line.o, &out);
	std::string result(text_get(&out), out.len);
	text_free(&out);
	url_free(&url);
	return result;
}

TEST_F(Options, CurlsShortAndLongNames)
{
	Line l({ "-sSfLiJvR",
	         "-o",
	         "a",
	         "http://x/1",
	         "--output",
	         "b",
	         "http://x/2",
	         "--output-dir",
	         "d",
	         "--create-dirs",
	         "--max-redirs",
	         "3",
	         "-m",
	         "2.5",
	         "--connect-timeout",
	         "1",
	         "--retry",
	         "4",
	         "--retry-delay",
	         "2",
	         "-w",
	         "%{http_code}",
	         "--tcp-info",
	         "--tcp-fastopen" });

	ASSERT_EQ(l.ret, 0) << l.text();
	EXPECT_TRUE(l.o.silent && l.o.show_error && l.o.fail && l.o.follow && l.o.include);
	EXPECT_TRUE(l.o.remote_header_name && l.o.verbose && l.o.remote_time);
	EXPECT_TRUE(l.o.create_dirs && l.o.tcp_info && l.o.tcp_fastopen);
	ASSERT_EQ(l.o.urls.count, 2u);
	EXPECT_STREQ(l.o.urls.at[1], "http://x/2");
	EXPECT_STREQ(l.o.outputs.at[1], "b");
	EXPECT_STREQ(l.o.output_dir, "d");
	EXPECT_EQ(l.o.max_redirs, 3u);
	EXPECT_EQ(l.o.max_time_ns, 2500000000u);
	EXPECT_EQ(l.o.connect_timeout_ns, 1000000000u);
	EXPECT_EQ(l.o.retries, 4u);
	EXPECT_EQ(l.o.retry_delay_ns, 2000000000u);
	EXPECT_STREQ(l.o.write_out, "%{http_code}");
}

TEST_F(Options, AServerIsAskedAfterAMinuteOfSilenceUnlessToldOtherwise)
{
	EXPECT_EQ(Line({ "http://x/" }).o.keepalive_s, 60u);
	EXPECT_EQ(Line({ "http://x/", "--keepalive-time", "5" }).o.keepalive_s, 5u);
	EXPECT_EQ(Line({ "http://x/", "--no-keepalive" }).o.keepalive_s, 0u);
	EXPECT_LT(Line({ "http://x/", "--keepalive-time", "0" }).ret, 0);
}

TEST_F(Options, ResumeByHandAndByItself)
{
	Line by_itself({ "-C", "-", "x" });
	Line by_hand({ "-C", "100", "x" });

	EXPECT_TRUE(by_itself.o.resume && by_itself.o.resume_auto);
	EXPECT_TRUE(by_hand.o.resume && !by_hand.o.resume_auto);
	EXPECT_EQ(by_hand.o.resume_from, 100u);
}

TEST_F(Options, ManyAtOnce)
{
	Line plain({ "a", "b" });
	Line many({ "-Z", "--parallel-max", "7", "--fail-early", "-x", "4", "a", "b" });

	EXPECT_FALSE(plain.o.parallel || plain.o.fail_early);
	EXPECT_EQ(plain.o.parallel_max, 50u);
	EXPECT_EQ(plain.o.split, 1u);
	ASSERT_EQ(many.ret, 0) << many.text();
	EXPECT_TRUE(many.o.parallel && many.o.fail_early);
	EXPECT_EQ(many.o.parallel_max, 7u);
	EXPECT_EQ(many.o.split, 4u);
}

TEST_F(Options, EachOutputIsTheNextUrlsAlsoOneThatNamesNone)
{
	Line l({ "-O", "-o", "second", "u1", "u2" });
	Line more({ "-o", "first", "-O", "-O", "u1" });

	ASSERT_EQ(l.ret, 0) << l.text();
	ASSERT_EQ(l.o.outputs.count, 2u);
	EXPECT_EQ(l.o.outputs.at[0], nullptr);
	EXPECT_STREQ(l.o.outputs.at[1], "second");
	EXPECT_EQ(more.ret, 0) << "what is too many says nothing new";
}

TEST_F(Options, HelpAndVersionNeedNoUrl)
{
	EXPECT_EQ(Line({ "--help" }).o.action, options::OPTIONS_HELP);
	EXPECT_EQ(Line({ "-V" }).o.action, options::OPTIONS_VERSION);
	EXPECT_EQ(Line({ "--version" }).ret, 0);
}

TEST_F(Options, WhatIsWrongIsNamed)
{
	const struct {
		std::vector<std::string> args;
		const char *said;
	} cases[] = {
		{ {}, "no URL was given" },
		{ { "--frob", "x" }, "option --frob is not known" },
		{ { "-Q", "x" }, "option -Q is not known" },
		{ { "-H", "no colon", "x" }, "-H 'no colon' is no header" },
		{ { "-H", ": v", "x" }, "is no header" },
		{ { "-H", "A: b\r\nC: d", "x" }, "line break" },
		{ { "-A", "a\nb", "x" }, "line break" },
		{ { "-X", "GET /", "x" }, "is no method" },
		{ { "-r", "abc", "x" }, "-r 'abc' is no range" },
		{ { "-r", "5", "x" }, "-r '5' is no range" },
		{ { "-m", "soon", "x" }, "-m soon: give seconds" },
		{ { "--retry", "-1", "x" }, "--retry -1: give a number" },
		{ { "-C", "x", "x" }, "-C x: give an offset" },
		{ { "-C", "-", "-r", "0-1", "x" }, "exclude each other" },
		{ { "-I", "-d", "a", "x" }, "exclude each other" },
		{ { "-o", "a", "-o", "b", "x" }, "more -o (2) than URLs (1)" },
		{ { "-O", "-o", "b", "x" }, "more -o (2) than URLs (1)" },
		{ { "--parallel-max", "0", "x" }, "--parallel-max 0: give a number from 1 to 300" },
		{ { "--parallel-max", "301", "x" }, "from 1 to 300" },
		{ { "-x", "0", "x" }, "-x 0: give a number from 1 to 64" },
		{ { "-x", "many", "x" }, "-x many: give a number" },
		{ { "-x", "2", "-I", "x" }, "it excludes -I" },
		{ { "-x", "2", "-d", "a", "x" }, "it excludes -I" },
		{ { "-x", "2", "-r", "0-1", "x" }, "-x and -r exclude" },
		{ { "-Z", "-o", "-", "-o", "-", "x", "y" }, "mix 2 files on standard output" },
		{ { "--checksum", "md5=00", "x" }, "--checksum md5=00: give sha-256=" },
		{ { "-d", "@/nonexistent", "x" }, "/nonexistent: No such file" },
		{ { "--ip", "10.0.0.2/24", "--gw", "10.0.1.1", "x" }, "is not in the subnet" },
	};

	for (const auto &c : cases) {
		Line l(c.args);

		EXPECT_LT(l.ret, 0) << c.said;
		EXPECT_NE(l.text().find(c.said), std::string::npos) << l.text();
	}
}

TEST_F(Options, AConfigurationFileComesFromTheEnvironment)
{
	setenv("POLLEN_CONFIG", "/nonexistent.conf", 1);
	Line l({ "x" });
	EXPECT_NE(l.text().find("/nonexistent.conf"), std::string::npos);
}

TEST_F(Options, ThePlainRequest)
{
	Line l({ "x" });

	EXPECT_EQ(request_of(l, "http://example.org:8080/a?b=c"),
	          "GET /a?b=c HTTP/1.1\r\n"
	          "Host: example.org:8080\r\n"
	          "User-Agent: pollen-fetch/" POLLEN_VERSION "\r\n"
	          "Accept: */*\r\n"
	          "\r\n");
}

TEST_F(Options, HeadersReplaceRemoveAndAdd)
{
	Line l({ "-H", "host: other", "-H", "Accept:", "-H", "X-Empty;", "-H", "X-A:  1", "-A",
	         "me", "x" });

	EXPECT_EQ(request_of(l, "http://h/"), "GET / HTTP/1.1\r\n"
	                                      "User-Agent: me\r\n"
	                                      "host: other\r\n"
	                                      "X-Empty:\r\n"
	                                      "X-A: 1\r\n"
	                                      "\r\n");
}

TEST_F(Options, DataMakesAPostOfAllPieces)
{
	Line l({ "-d", "a=1", "-d", "b=2", "x" });

	EXPECT_EQ(request_of(l, "http://h/"), "POST / HTTP/1.1\r\n"
	                                      "Host: h\r\n"
	                                      "User-Agent: pollen-fetch/" POLLEN_VERSION "\r\n"
	                                      "Accept: */*\r\n"
	                                      "Content-Type: application/x-www-form-urlencoded\r\n"
	                                      "Content-Length: 7\r\n"
	                                      "\r\n"
	                                      "a=1&b=2");
	EXPECT_EQ(request_of(Line({ "-X", "PUT", "-d", "", "x" }), "http://h/").substr(0, 4),
	          "PUT ");
}

TEST_F(Options, RangeAndMethods)
{
	Line l({ "-I", "x" });

	EXPECT_EQ(request_of(l, "http://h/").substr(0, 5), "HEAD ");
	EXPECT_NE(request_of(l, "http://h/", false, "5-").find("\r\nRange: bytes=5-\r\n"),
	          std::string::npos);
}

TEST_F(Options, APartIsAskedForOnlyOfTheSameFile)
{
	Line l({ "x" });
	Line own({ "-H", "If-Range:", "x" });

	EXPECT_NE(request_of(l, "http://h/", false, "5-9", "\"v1\"")
	                  .find("\r\nRange: bytes=5-9\r\nIf-Range: \"v1\"\r\n"),
	          std::string::npos);
	EXPECT_TRUE(request_overrides(&own.o, "if-range"));
	EXPECT_FALSE(request_overrides(&own.o, "Range"));
}

TEST_F(Options, CredentialsOfTheUrlAreBasicAuthorization)
{
	Line l({ "x" });

	EXPECT_NE(request_of(l, "http://Aladdin:open%20sesame@h/")
	                  .find("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
	          std::string::npos);
	EXPECT_NE(request_of(l, "http://ab@h/").find("Basic YWI6\r\n"), std::string::npos);
	EXPECT_NE(request_of(l, "http://a:b@h/").find("Basic YTpi\r\n"), std::string::npos);
	EXPECT_NE(request_of(l, "http://a:bc@h/").find("Basic YTpiYw==\r\n"), std::string::npos);
}

TEST_F(Options, WhatIdentifiesTheUserDoesNotFollowToAnotherHost)
{
	Line l({ "-H", "Authorization: secret", "-H", "Cookie: c", "-H", "X-A: 1", "x" });
	std::string foreign = request_of(l, "http://h/", true);

	EXPECT_EQ(foreign.find("secret"), std::string::npos);
	EXPECT_EQ(foreign.find("Cookie"), std::string::npos);
	EXPECT_NE(foreign.find("X-A: 1"), std::string::npos);
	EXPECT_NE(request_of(l, "http://h/").find("secret"), std::string::npos);
}

} // namespace
