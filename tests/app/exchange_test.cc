/* SPDX-License-Identifier: BSD-3-Clause */
/* app/fetch/{exchange,link}: HTTP between two stacks in virtual time; the writer is the real one. */
#include "fetch/exchange.h"

#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fetch/code.h"
#include "support/two_hosts.h"

namespace
{

constexpr link_wish wish = { LINK_RECEIVE_BYTES, 0, false };

constexpr uint64_t second = PLN_NS_PER_S;

/* A server on b that answers each request with what the test says, and a client on a that writes into a pipe. */
class Exchange : public ::testing::Test
{
      protected:
	enum class Then {
		KEEP,
		CLOSE
	};

	void
	SetUp() override
	{
		const pln_tcp_listen_args args = { sizeof(args), { hosts.b.addr, 80 }, 0, nullptr };

		ASSERT_EQ(pln_tcp_listen(hosts.b.stack(), &args, &listener), 0);
		ASSERT_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
		ASSERT_EQ(sink_create(&sink, nullptr), 0);
		hosts.app = [this] {
			bool has_served = serve();

			return step() || has_served;
		};
		x.link = &link;
		x.sink = sink;
	}

	void
	TearDown() override
	{
		read_all();
		sink_destroy(sink);
		link_close(&link, true);
		exchange_free(&x);
		close(fds[0]);
		close(fds[1]);
	}

	void
	connect(uint16_t port = 80)
	{
		const pln_endpoint remote = { hosts.b.addr, port };

		pln_stack_set_time(hosts.a.stack(), hosts.now);
		ASSERT_EQ(link_open(&link, hosts.a.stack(), &remote, &wish), 0);
	}

	void
	ask(const std::string &text, bool is_head = false)
	{
		request = text;
		received.clear();
		exchange_free(&x);
		x.request = request.data();
		x.request_len = request.size();
		is_asking = true;
		exchange_begin(&x, is_head, hosts.now);
	}

	/* Until the exchange is over; what the writer wrote is read meanwhile. */
	void
	finish(uint64_t limit_ns = 60 * second)
	{
		uint64_t end = hosts.now + limit_ns;

		while (x.state != EXCHANGE_DONE && x.state != EXCHANGE_FAILED && hosts.now < end) {
			hosts.run_for(PLN_NS_PER_MS);
			read_all();
			sched_yield();
		}
		while (!sink_is_idle(sink))
			read_all();
		read_all();
	}

	void
	read_all()
	{
		char buf[65536];
		ssize_t n;

		while ((n = read(fds[0], buf, sizeof(buf))) > 0)
			received.append(buf, (size_t)n);
	}

	bool
	step()
	{
		struct pln_event events[8];
		unsigned int count = pln_stack_events(hosts.a.stack(), events, 8);
		uint64_t seen = link.seen, consumed = link.consumed;
		enum exchange_state before = x.state;

		for (unsigned int i = 0; i < count; i++)
			link_event(&link, &events[i]);
		if (!is_asking)
			return count > 0;
		if (exchange_step(&x, hosts.now) == EXCHANGE_HEAD) {
			x.fd = fds[1];
			exchange_go_on(&x);
		}
		return count > 0 || x.state != before || link.seen != seen ||
		       link.consumed != consumed;
	}

	bool
	serve()
	{
		struct pln_event events[8];
		unsigned int count = pln_stack_events(hosts.b.stack(), events, 8);
		char buf[4096];
		ssize_t n;

		if (served == 0 && pln_tcp_accept(hosts.b.stack(), listener, nullptr, &served) == 0)
			count++;
		while (served != 0 &&
		       (n = pln_tcp_receive(hosts.b.stack(), served, buf, sizeof(buf), 0)) > 0)
			asked.append(buf, (size_t)n);
		if (asked.find("\r\n\r\n") == std::string::npos || is_answered)
			return count > 0;
		size_t until = asked.size() < needed ? held_at : reply.size();

		n = pln_tcp_send(hosts.b.stack(), served, reply.data() + sent, until - sent, 0);
		sent += n > 0 ? (size_t)n : 0;
		if (sent == reply.size())
			end_reply();
		return count > 0 || n > 0;
	}

	void
	end_reply()
	{
		is_answered = true;
		if (then == Then::CLOSE)
			pln_tcp_shutdown(hosts.b.stack(), served, PLN_TCP_SHUT_WR);
	}

	support::TwoHosts hosts;
	uint64_t listener = 0, served = 0;
	struct sink *sink = nullptr;
	struct link link {
	};
	struct exchange x {
	};
	int fds[2] = { -1, -1 };
	std::string request, asked, received;
	std::string reply;
	size_t sent = 0;
	size_t needed = 0, held_at = 0; /* the reply stops at held_at until so much was asked */
	Then then = Then::KEEP;
	bool is_asking = false, is_answered = false;
};

std::string
bytes(size_t len)
{
	std::string out(len, '\0');
	uint32_t state = 1;

	for (char &c : out) {
		state = state * 1664525 + 1013904223;
		c = (char)(state >> 24);
	}
	return out;
}

TEST_F(Exchange, FetchesABodyByItsLength)
{
	std::string body = bytes(300000);

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_EQ(asked, "GET / HTTP/1.1\r\n\r\n");
	EXPECT_TRUE(received == body);
	EXPECT_EQ(x.extra_bytes, 0u);
	EXPECT_EQ(link.consumed, reply.size());
	EXPECT_TRUE(x.response.keep_alive);
}

TEST_F(Exchange, FetchesAnEmptyBody)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	EXPECT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_EQ(received, "");
}

TEST_F(Exchange, FetchesChunksOfOneByteWithoutOverrunningTheWriter)
{
	std::string body = bytes(20000);

	reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	for (char c : body)
		reply += std::string("1\r\n") + c + "\r\n";
	reply += "0\r\n\r\n";
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_TRUE(received == body);
}

TEST_F(Exchange, FetchesUntilTheConnectionCloses)
{
	std::string body = bytes(50000);

	reply = "HTTP/1.0 200 OK\r\n\r\n" + body;
	then = Then::CLOSE;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_TRUE(received == body);
	EXPECT_FALSE(x.response.keep_alive);
}

TEST_F(Exchange, UsesAConnectionAgain)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
	connect();
	ask("GET /1 HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	link.is_used = true;

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";
	sent = 0;
	asked.clear();
	is_answered = false;
	ask("GET /2 HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_EQ(received, "two");
	EXPECT_EQ(pln_tcp_conn_count(hosts.b.stack()), 1u);
}

TEST_F(Exchange, AServerThatBeginsToAnswerEarlyGetsTheWholeRequest)
{
	std::string text = "POST / HTTP/1.1\r\n\r\n" + bytes(3000000);

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
	needed = text.size();
	held_at = reply.size() - 2;
	connect();
	ask(text);
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_EQ(received, "one");
	EXPECT_TRUE(asked == text);
}

TEST_F(Exchange, AUsedConnectionThatDiedIsStaleNotEmpty)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
	connect();
	ask("GET /1 HTTP/1.1\r\n\r\n");
	finish();
	link.is_used = true;
	pln_tcp_shutdown(hosts.b.stack(), served, PLN_TCP_SHUT_WR);
	ask("GET /2 HTTP/1.1\r\n\r\n");
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_TRUE(x.is_stale);
}

TEST_F(Exchange, CountsBytesBehindTheBody)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneEXTRA";
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_EQ(received, "one");
	EXPECT_EQ(x.extra_bytes, 5u);
}

TEST_F(Exchange, AShortBodyIsPartialAndWhatCameIsWritten)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
	then = Then::CLOSE;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_PARTIAL);
	EXPECT_EQ(received, "hello");
	EXPECT_FALSE(x.is_stale);
}

TEST_F(Exchange, NoReplyAtAllIsEmpty)
{
	then = Then::CLOSE;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_EMPTY);
}

TEST_F(Exchange, AResetInTheBodyIsAReceiveError)
{
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhello";
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	hosts.run_for(second);
	ASSERT_EQ(x.state, EXCHANGE_BODY) << x.error.text;
	pln_tcp_abort(hosts.b.stack(), served);
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_RECV);
	EXPECT_NE(std::string(x.error.text).find("reset the connection after 5 bytes"),
	          std::string::npos)
		<< x.error.text;
	EXPECT_EQ(received, "hello");
}

TEST_F(Exchange, ARefusalIsAConnectError)
{
	connect(81);
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_CONNECT);
	EXPECT_NE(std::string(x.error.text).find("refused"), std::string::npos) << x.error.text;
}

TEST_F(Exchange, NoAnswerToTheSynTimesOut)
{
	hosts.cable.faults[0].loss = 1;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	hosts.run_for(1000 * second);
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_TIMEOUT) << x.error.text;
}

/* The pipe is not read: the writer is stuck, the window closes, the loop turns on. Then the pipe is read and all arrives. */
TEST_F(Exchange, ASlowWriterClosesTheWindowAndNothingIsLost)
{
	std::string body = bytes(12000000);

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n" + body;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	hosts.run_for(20 * second);
	ASSERT_EQ(x.state, EXCHANGE_BODY) << x.error.text;
	struct pln_tcp_info info = hosts.a.info(link.conn);
	EXPECT_LT(info.rcv_wnd, 1448u);
	EXPECT_LT(info.bytes_received, 6000000u);
	EXPECT_GT(info.bytes_received, 1000000u);
	EXPECT_LE(link.consumed, 200000u);

	finish(600 * second);
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_TRUE(received == body);
}

/* What the writer still points to outlives the connection's end. */
TEST_F(Exchange, AResetWhileTheWriterIsStuckTakesNothingFromIt)
{
	std::string body = bytes(2000000);

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n" + body;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	hosts.run_for(5 * second);
	uint64_t held = x.response.body_bytes;
	ASSERT_FALSE(sink_is_idle(sink));
	ASSERT_GT(held, 100000u);
	pln_tcp_abort(hosts.b.stack(), served);
	hosts.run_for(5 * second);
	finish();
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_RECV) << x.error.text;
	EXPECT_GE(received.size(), held);
	EXPECT_TRUE(received == body.substr(0, received.size()));
}

TEST_F(Exchange, BytesArriveThroughALossyReorderingCable)
{
	std::string body = bytes(400000);

	for (support::Faults &faults : hosts.cable.faults) {
		faults.loss = 0.02;
		faults.reorder = 0.05;
		faults.duplicate = 0.02;
		faults.corrupt = 0.01;
	}
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + body;
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish(600 * second);
	ASSERT_EQ(x.state, EXCHANGE_DONE) << x.error.text;
	EXPECT_TRUE(received == body);
}

TEST_F(Exchange, AFullDiskIsAWriteError)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ASSERT_GE(full, 0);
	std::swap(full, fds[1]);
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + bytes(300000);
	connect();
	ask("GET / HTTP/1.1\r\n\r\n");
	finish();
	std::swap(full, fds[1]);
	close(full);
	EXPECT_EQ(x.state, EXCHANGE_FAILED);
	EXPECT_EQ(x.error.code, CODE_WRITE);
	EXPECT_NE(std::string(x.error.text).find("No space left"), std::string::npos);
}

/* Which ports there are, and that none is left, is a matter of options. */
TEST(Link, SaysWhenPortsHaveRunOut)
{
	support::HostOptions options;
	struct link link {
	};

	options.options = { { "port_range", "50000-50000" } };
	support::Host host(options, "10.0.0.1", 1);
	const pln_endpoint server{ support::ip4("10.0.0.2"), 80 };

	ASSERT_EQ(link_open(&link, host.stack(), &server, &wish), 0);
	ASSERT_EQ(link_open(&link, host.stack(), &server, &wish), -EADDRNOTAVAIL);
	EXPECT_NE(std::string(link_why(-EADDRNOTAVAIL)).find("No source port is left"),
	          std::string::npos);
	EXPECT_STREQ(link_why(-ENETUNREACH), strerror(ENETUNREACH));
}

} // namespace
