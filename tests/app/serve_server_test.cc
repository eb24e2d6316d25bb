/* SPDX-License-Identifier: BSD-3-Clause */
/* app/serve/{server,client,talk,answer,services}: a server on one stack, clients on another, a line that loses, in virtual time. */
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/spsc.h"
#include "serve/client.h"
#include "serve/journal.h"
#include "serve/server.h"
#include "support/folder.h"
#include "support/two_hosts.h"

namespace
{

constexpr uint64_t S = PLN_NS_PER_S;

/* One connection to the server: what it says goes out as it can, what comes is kept. */
struct Peer {
	pln_stack *stack;
	uint64_t conn = 0;
	std::string to_say, heard;
	bool is_closed = false; /* the server has closed its direction */
	int error = 0;          /* the connection's end */
	bool is_over = false;
	uint64_t pace = UINT64_MAX; /* bytes it will read in all */

	bool
	pump()
	{
		bool did = false;
		char buf[4096];
		ssize_t n;

		if (is_over)
			return false;
		while (!to_say.empty() &&
		       (n = pln_tcp_send(stack, conn, to_say.data(), to_say.size(), 0)) > 0) {
			to_say.erase(0, static_cast<size_t>(n));
			did = true;
		}
		while (!is_closed && heard.size() < pace &&
		       (n = pln_tcp_receive(stack, conn, buf,
		                            std::min<uint64_t>(sizeof(buf), pace - heard.size()),
		                            0)) >= 0) {
			is_closed = n == 0;
			heard.append(buf, static_cast<size_t>(n));
			did = true;
		}
		return did;
	}
};

/* A response as it came. */
struct Response {
	unsigned int status = 0;
	std::string head, body;
};

class Serve : public testing::Test
{
      protected:
	Serve()
	{
		config.port[SERVER_HTTP] = 80;
		cache.resize(1 << 20);
		config.cache = cache.data();
		config.cache_bytes = cache.size();
		config.fresh_ns = S;
		config.head = { 8192, 50, 10000 };
		config.max_clients = 40;
		for (uint64_t &ns : config.timer_ns)
			ns = 10 * S;
		config.timer_ns[SERVER_TIMER_LINGER] = 2 * S;
	}

	~Serve() override
	{
		if (server != nullptr)
			server_reset(server);
		world.reset();
		server_destroy(server);
		if (config.root >= 0)
			close(config.root);
	}

	/* A world with a server in it. */
	void
	start(uint64_t seed = 1)
	{
		support::TwoHostsOptions options;
		pln_error error;

		options.a.max_conns = 256;
		options.b.max_conns = 256;
		options.a.seed = seed;
		options.b.seed = seed + 1;
		options.a.options = { { "rcvbuf", "65536" }, { "rcvbuf_max", "65536" } };
		options.b.options = { { "sndbuf", sndbuf } };
		options.seed = seed;
		world = std::make_unique<support::TwoHosts>(options);
		config.root = open(folder.path.c_str(), O_PATH | O_DIRECTORY);
		pln_stack *stack = world->b.stack();
		ASSERT_EQ(server_create(&stack, 1, &config, &server, &error), 0) << error.text;
		world->app = [this] { return turn(); };
	}

	bool
	turn()
	{
		pln_event events[16];
		unsigned int n = pln_stack_events(world->b.stack(), events, 16);
		server_begin(server, world->now);
		server_act(server, world->b.stack(), events, n);
		bool did = server_turn(server);

		while ((n = pln_stack_events(world->a.stack(), events, 16)) > 0) {
			for (unsigned int i = 0; i < n; i++) {
				auto *peer = static_cast<Peer *>(events[i].cookie);

				peer->pump();
				if ((events[i].bits & PLN_EV_CLOSED) != 0) {
					peer->is_over = true;
					peer->error = events[i].error;
				}
			}
			did = true;
		}
		for (auto &peer : peers)
			did |= peer->pump();
		return did;
	}

	Peer &
	connect(const std::string &say, uint16_t port = 80)
	{
		pln_tcp_open_args args{};

		peers.push_back(std::make_unique<Peer>());
		Peer &peer = *peers.back();
		peer.stack = world->a.stack();
		peer.to_say = say;
		args.size = sizeof(args);
		args.remote = { world->b.addr, port };
		args.cookie = &peer;
		EXPECT_EQ(pln_tcp_open(peer.stack, &args, &peer.conn), 0);
		return peer;
	}

	/* Until it has heard the end, or is over. */
	void
	wait(const Peer &peer, uint64_t limit = 600 * S)
	{
		world->run_until([&] { return peer.is_closed || peer.is_over; }, limit);
	}

	std::string
	write(const std::string &name, size_t size)
	{
		std::mt19937_64 random(size);
		std::string text(size, '\0');
		const timespec times[2] = { { 1000, 0 }, { 1000, 0 } };

		for (char &c : text)
			c = static_cast<char>(random());
		folder.file(name, text);
		EXPECT_EQ(utimensat(AT_FDCWD, folder.at(name).c_str(), times, 0), 0);
		return text;
	}

	/* Cut what was heard into responses; what is not whole is left out. */
	static std::vector<Response>
	responses(const Peer &peer, size_t heads = 0)
	{
		std::vector<Response> out;
		size_t at = 0;
		size_t end;

		while ((end = peer.heard.find("\r\n\r\n", at)) != std::string::npos) {
			Response r;
			size_t length = 0;

			r.head = peer.heard.substr(at, end + 2 - at);
			at = end + 4;
			r.status = static_cast<unsigned int>(std::stoul(r.head.substr(9, 3)));
			if (size_t field = r.head.find("Content-Length: ");
			    field != std::string::npos && out.size() >= heads)
				length = std::stoul(r.head.substr(field + 16));
			if (peer.heard.size() - at < length)
				break;
			r.body = peer.heard.substr(at, length);
			at += length;
			out.push_back(r);
		}
		return out;
	}

	static std::string
	get(const std::string &path, const std::string &fields = "")
	{
		return "GET /" + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
	}

	static std::string
	last(const std::string &path, const std::string &fields = "")
	{
		return get(path, fields + "Connection: close\r\n");
	}

	void
	noisy()
	{
		for (support::Faults &faults : world->cable.faults) {
			faults.loss = 0.03;
			faults.duplicate = 0.02;
			faults.reorder = 0.05;
			faults.corrupt = 0.01;
			faults.jitter_ns = 100000;
		}
	}

	/* Nobody is left, and nothing is held but what the cache holds for itself. */
	void
	expect_clean()
	{
		world->run_for(200 * S);
		EXPECT_EQ(server_clients(server), 0u);
		EXPECT_EQ(server->streams, 0u);
		EXPECT_EQ(reader_pending(server->files.reader), 0u);
		EXPECT_TRUE(files_make_room(&server->files, server->files.slab.count));
	}

	Folder folder;
	std::vector<uint8_t> cache;
	server_config config = {};
	std::string sndbuf = "65536"; /* of the server's stack */
	struct server *server = nullptr;
	std::unique_ptr<support::TwoHosts> world;
	std::vector<std::unique_ptr<Peer>> peers;
};

TEST_F(Serve, PipelinedRequestsAreAnsweredInOrderByteByByteOverABadLine)
{
	std::vector<std::pair<std::string, std::string>> files;

	for (size_t size : { 0, 1, 1459, 16384, 16385, 70000, 300000, 700000 })
		files.emplace_back("f" + std::to_string(size),
		                   write("f" + std::to_string(size), size));
	for (uint64_t seed = 1; seed <= 6; seed++) {
		std::mt19937_64 random(seed);
		std::vector<std::vector<std::string>> wanted(6);
		std::vector<Peer *> askers;

		start(seed);
		noisy();
		for (std::vector<std::string> &bodies : wanted) {
			std::string say;

			for (int i = 0; i < 6; i++) {
				const auto &[name, text] = files[random() % files.size()];
				size_t first = text.empty() ? 0 : random() % text.size();
				bool is_part = !text.empty() && random() % 2 == 0;

				say += get(name, is_part ? "Range: bytes=" + std::to_string(first) +
				                                   "-\r\n"
				                         : "");
				bodies.push_back(is_part ? text.substr(first) : text);
			}
			bodies.push_back("404 Not Found\n");
			askers.push_back(&connect(say + last("none")));
		}
		for (size_t i = 0; i < askers.size(); i++) {
			wait(*askers[i]);
			std::vector<Response> heard = responses(*askers[i]);
			ASSERT_EQ(heard.size(), wanted[i].size()) << seed;
			for (size_t k = 0; k < heard.size(); k++)
				EXPECT_TRUE(heard[k].body == wanted[i][k])
					<< seed << " " << i << " " << k;
			EXPECT_EQ(pln_tcp_close(world->a.stack(), askers[i]->conn), 0);
		}
		expect_clean();
		world.reset();
		server_destroy(server);
		server = nullptr;
		close(config.root);
		config.root = -1;
		peers.clear();
	}
}

TEST_F(Serve, ManyStreamsShareASmallCache)
{
	std::string text = write("big", 900000);

	start();
	for (int i = 0; i < 30; i++)
		connect(last("big"));
	for (auto &peer : peers) {
		wait(*peer);
		ASSERT_EQ(responses(*peer).size(), 1u);
		EXPECT_TRUE(responses(*peer)[0].body == text);
		pln_tcp_close(peer->stack, peer->conn);
	}
	expect_clean();
}

TEST_F(Serve, AFileThatChangesInTheMiddleEndsInAReset)
{
	std::string text = write("big", 900000);

	start();
	Peer &peer = connect(last("big"));
	peer.pace = 20000;
	world->run_for(S);
	ASSERT_GE(peer.heard.size(), 20000u);
	truncate(folder.at("big").c_str(), 899999);
	peer.pace = UINT64_MAX;
	wait(peer);
	EXPECT_EQ(peer.error, -ECONNRESET);
	EXPECT_LT(peer.heard.size(), text.size());
	size_t body = peer.heard.find("\r\n\r\n") + 4;
	EXPECT_TRUE(peer.heard.substr(body) == text.substr(0, peer.heard.size() - body));
	EXPECT_EQ(server->stats.changed, 1u);
	expect_clean();
}

TEST_F(Serve, HeadsAndBodiesHaveTheirTime)
{
	start();
	Peer &head = connect("GET / HTTP/1.1\r\n");
	Peer &body = connect("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
	Peer &mute = connect("");
	for (int i = 0; i < 9; i++) {
		world->run_for(S);
		head.to_say += "X: y\r\n";
		EXPECT_FALSE(head.is_closed || body.is_closed || mute.is_closed) << i;
	}
	world->run_for(2 * S);
	world->run_for(S); /* for the answers' way */
	EXPECT_TRUE(head.is_closed && body.is_closed && mute.is_closed);
	EXPECT_EQ(responses(head).at(0).status, 408u);
	EXPECT_EQ(responses(body).at(0).status, 408u);
	EXPECT_EQ(mute.heard, "");
	EXPECT_EQ(server->stats.late, 3u);
}

TEST_F(Serve, IdleConnectionsAreClosedAndBusyOnesAreNot)
{
	std::string text = write("a", 100);

	start();
	Peer &peer = connect(get("a"));
	for (int i = 0; i < 5; i++) {
		world->run_for(9 * S);
		EXPECT_FALSE(peer.is_closed);
		peer.to_say += get("a");
	}
	world->run_for(11 * S);
	world->run_for(S);
	EXPECT_TRUE(peer.is_closed);
	EXPECT_EQ(responses(peer).size(), 6u);
	EXPECT_EQ(server->stats.late, 0u);
	EXPECT_EQ(server->stats.hits + server->stats.misses, 6u);
}

TEST_F(Serve, AReaderThatStopsIsResetWhereverItsBytesAre)
{
	write("large", 900000);
	write("small", 200000);
	start();
	/* With the server, and with TCP alone. */
	Peer &large = connect(get("large") + get("large"));
	Peer &small = connect(get("small"));
	large.pace = small.pace = 1000;
	for (Peer *peer : { &large, &small })
		pln_tcp_opt_set(peer->stack, peer->conn, PLN_TCP_OPT_RCVBUF, 4096);
	world->run_for(60 * S);
	EXPECT_EQ(large.error, -ECONNRESET);
	EXPECT_EQ(small.error, -ECONNRESET);
	EXPECT_EQ(server->stats.late, 2u);
	expect_clean();
}

TEST_F(Serve, TheMoreClientsTheLessIsInTcpsHandsForEach)
{
	int64_t first = 0;
	int64_t last_one = 0;

	config.max_clients = 200;
	sndbuf = "1048576";
	start();
	for (int i = 0; i < 150; i++)
		connect("");
	world->run_for(5 * S);
	ASSERT_EQ(server_clients(server), 150u);
	for (size_t i = 0; i < 150; i++) {
		int64_t one = 0;

		ASSERT_EQ(pln_tcp_opt_get(world->b.stack(), server->clients[i].owner.handle,
		                          PLN_TCP_OPT_SNDBUF, &one),
		          0);
		first = i == 0 ? one : first;
		last_one = one;
	}
	EXPECT_EQ(first, 1048576);
	EXPECT_EQ(last_one, 65536);
}

TEST_F(Serve, OneTooManyIsToldSoAndTheOthersStay)
{
	std::string text = write("a", 100);

	config.max_clients = 3;
	start();
	for (int i = 0; i < 3; i++)
		connect(get("a"));
	world->run_for(S);
	Peer &more = connect(get("a"));
	wait(more);
	EXPECT_EQ(responses(more).at(0).status, 503u);
	EXPECT_NE(more.heard.find("Retry-After: 1"), std::string::npos);
	for (int i = 0; i < 3; i++) {
		peers[i]->to_say = last("a");
		wait(*peers[i]);
		EXPECT_EQ(responses(*peers[i]).size(), 2u);
		pln_tcp_close(world->a.stack(), peers[i]->conn);
	}
	pln_tcp_close(world->a.stack(), more.conn);
	world->run_for(S);
	Peer &again = connect(last("a"));
	wait(again);
	EXPECT_EQ(responses(again).at(0).body, text);
}

TEST_F(Serve, DrainsWhatWasAskedAndTakesNobodyMore)
{
	std::string text = write("big", 900000);

	start();
	Peer &asked = connect(get("big") + get("big"));
	Peer &idle = connect("");
	asked.pace = 1000;
	world->run_for(S);
	server_drain(server);
	Peer &late = connect(get("big"));
	world->run_for(S);
	EXPECT_TRUE(idle.is_closed);
	EXPECT_EQ(late.error, -ECONNREFUSED);
	asked.pace = UINT64_MAX;
	wait(asked);
	ASSERT_EQ(responses(asked).size(), 1u);
	EXPECT_TRUE(responses(asked)[0].body == text);
	pln_tcp_close(world->a.stack(), asked.conn);
	pln_tcp_close(world->a.stack(), idle.conn);
	expect_clean();
}

TEST_F(Serve, WhoSpeaksOnBehindARefusalStillHearsIt)
{
	start();
	Peer &peer = connect("BREW / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(500000, 'x'));
	wait(peer);
	EXPECT_EQ(responses(peer).at(0).status, 501u);
	EXPECT_EQ(peer.error, 0);
	EXPECT_FALSE(peer.is_over);
}

TEST_F(Serve, RequestsAreLoggedAndTheLogNeverBlocks)
{
	write("a", 100);
	config.log = spsc_create(4, sizeof(struct journal_entry));
	start();
	std::string say;
	for (int i = 0; i < 9; i++)
		say += get("a", "Referer: r\r\nUser-Agent: \"u\"\r\n");
	Peer &peer = connect(say + last("a"));
	wait(peer);
	EXPECT_EQ(responses(peer).size(), 10u);
	EXPECT_EQ(server->stats.log_lost, 6u);
	struct journal_entry entry;
	char line[JOURNAL_LINE];
	ASSERT_TRUE(spsc_take(config.log, &entry));
	entry.wall_s = 784111777;
	entry.took_us = 42;
	journal_format(&entry, line);
	EXPECT_STREQ(line,
	             "10.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a HTTP/1.1\" 200 100 \"r\" "
	             "\"\\x22u\\x22\" 42");
	server_reset(server);
	world.reset();
	server_destroy(server);
	server = nullptr;
	spsc_destroy(config.log);
}

TEST_F(Serve, EchoGivesBackWhatItTakesOverABadLine)
{
	config.port[SERVER_ECHO] = 7;
	config.port[SERVER_DISCARD] = 9;
	config.port[SERVER_CHARGEN] = 19;
	start();
	noisy();
	std::string text = write("a", 300000);
	Peer &echo = connect(text, 7);
	Peer &discard = connect(text, 9);
	Peer &chargen = connect("", 19);
	chargen.pace = 74 * 96;
	world->run_until([&] { return echo.heard.size() >= text.size(); }, 600 * S);
	EXPECT_TRUE(echo.heard == text);
	EXPECT_EQ(discard.heard, "");
	world->run_until([&] { return chargen.heard.size() >= chargen.pace; }, 600 * S);
	for (size_t i = 0; i < 96; i++)
		for (size_t k = 0; k < 72; k++)
			ASSERT_EQ(chargen.heard[74 * i + k], static_cast<char>(' ' + (i + k) % 95));
	EXPECT_EQ(chargen.heard.substr(72, 2), "\r\n");
}

} // namespace
