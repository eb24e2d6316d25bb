/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/writeout: curl's -w, variable by variable. */
#include "fetch/writeout.h"

#include <string>

#include <gtest/gtest.h>

#include "fetch/tcpinfo.h"

namespace
{

char effective[] = "http://h/a";
char filename[] = "a \"quoted\"\n\x01.bin";
char headers[] = "{\"A\":[\"1\"]}";

struct result
sample()
{
	struct result r {
	};

	r.code = 18;
	r.error = "The server closed";
	r.url = "h/a";
	r.method = "GET";
	r.url_effective = effective;
	r.filename = filename;
	r.headers_json = headers;
	r.status = 206;
	snprintf(r.http_version, sizeof(r.http_version), "1.1");
	r.redirects = 2;
	r.connects = 1;
	r.headers = 7;
	r.size_download = 3000000;
	r.size_header = 300;
	r.size_request = 80;
	r.time_namelookup = 1500 * PLN_NS_PER_US;
	r.time_connect = 2 * PLN_NS_PER_MS;
	r.time_starttransfer = 3 * PLN_NS_PER_MS;
	r.time_total = 1500 * PLN_NS_PER_MS;
	r.tcp.size = sizeof(r.tcp);
	r.tcp.local = { pln_addr_ip4(10, 0, 0, 2), 4711 };
	r.tcp.remote = { pln_addr_ip4(10, 0, 0, 1), 80 };
	r.tcp.total_retrans = 5;
	r.tcp.rtt_ns = 123000;
	r.tcp.snd_mss = 1448;
	return r;
}

std::string
filled(const char *format, const struct result &r, std::string *err = nullptr)
{
	struct writeout w {
	};

	writeout_format(format, &r, &w);
	std::string out(text_get(&w.out), w.out.len);
	if (err != nullptr)
		*err = std::string(text_get(&w.err), w.err.len);
	text_free(&w.out);
	text_free(&w.err);
	return out;
}

TEST(Writeout, FillsCurlsVariablesIn)
{
	struct result r = sample();

	EXPECT_EQ(filled("%{http_code} %{response_code} %{http_version}", r), "206 206 1.1");
	EXPECT_EQ(filled("%{size_download} %{speed_download}", r), "3000000 2000000");
	EXPECT_EQ(filled("%{time_namelookup} %{time_connect} %{time_total}", r),
	          "0.001500 0.002000 1.500000");
	EXPECT_EQ(filled("%{url} %{url_effective} %{num_redirects}", r), "h/a http://h/a 2");
	EXPECT_EQ(filled("%{exitcode}: %{errormsg}", r), "18: The server closed");
	EXPECT_EQ(filled("%{local_ip}:%{local_port} %{remote_ip}:%{remote_port}", r),
	          "10.0.0.2:4711 10.0.0.1:80");
	EXPECT_EQ(filled("%{method} %{scheme} %{header_json}", r), "GET HTTP {\"A\":[\"1\"]}");
	EXPECT_EQ(filled("%{tcp_retransmits} %{tcp_rtt} %{tcp_mss}", r), "5 0.000123 1448");
	EXPECT_EQ(filled("%{content_type}|%{redirect_url}", r), "|");
}

TEST(Writeout, NoAnswerIsThreeZeros)
{
	struct result r {
	};

	EXPECT_EQ(filled("%{http_code}", r), "000");
	EXPECT_EQ(filled("%{speed_download} %{remote_ip}%{local_port}", r), "0 0");
}

TEST(Writeout, EscapesPercentAndUnknownNames)
{
	struct result r = sample();

	EXPECT_EQ(filled("a\\n\\t\\r\\q\\", r), "a\n\t\r\\q\\");
	EXPECT_EQ(filled("100%% %x %{nope} %{open", r), "100% %x %{nope} %{open");
}

TEST(Writeout, SwitchesStreamsAndStopsWithoutAnError)
{
	struct result r = sample();
	std::string err;

	EXPECT_EQ(filled("a%{stderr}b%{stdout}c", r, &err), "ac");
	EXPECT_EQ(err, "b");
	EXPECT_EQ(filled("a%{onerror}b", r), "ab");
	r.code = 0;
	EXPECT_EQ(filled("a%{onerror}b", r), "a");
}

TEST(Writeout, JsonHoldsEveryVariableAndEscapes)
{
	struct result r = sample();
	std::string json = filled("%{json}", r);

	EXPECT_EQ(json.front(), '{');
	EXPECT_EQ(json.back(), '}');
	for (const char *part :
	     { "\"http_code\":206", "\"time_total\":1.500000",
	       "\"filename_effective\":\"a \\\"quoted\\\"\\n\\u0001.bin\"", "\"content_type\":null",
	       "\"exitcode\":18", "\"remote_ip\":\"10.0.0.1\"", "\"remote_port\":80",
	       "\"http_version\":\"1.1\"", "\"time_appconnect\":0.000000" })
		EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
}

TEST(Tcpinfo, SaysWhatWasAgreedAndWhatWasLost)
{
	struct result r = sample();
	struct text out {
	};

	r.tcp.state = PLN_TCP_ESTABLISHED;
	r.tcp.snd_ssthresh = UINT32_MAX;
	r.tcp.wscale = true;
	r.tcp.snd_wscale = 7;
	r.tcp.rcv_wscale = 6;
	r.tcp.timestamps = true;
	tcpinfo_format(&r.tcp, &out);
	std::string text = text_get(&out);
	text_free(&out);
	for (const char *part :
	     { "10.0.0.2:4711 to 10.0.0.1:80", "round trip 0.123 ms", "5 retransmitted",
	       "mss 1448 sent", "window scale 6 ours, 7 the peer's", "timestamps, no selective",
	       "slow start threshold not reached" })
		EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

} // namespace
