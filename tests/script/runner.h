/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a segment script against a stack of ours. A script that names TCP is run three times: as it stands, with both sequence spaces
 * wrapping right behind the SYN, and with both wrapping in the middle of the first segment. The peer's numbers are chosen; the
 * stack's come from a keyed clock (RFC 6528), so the script's clock is set to when they are what is wanted.
 */
#ifndef POLLEN_TESTS_SCRIPT_RUNNER_H
#define POLLEN_TESTS_SCRIPT_RUNNER_H

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "script/world.h"

namespace script_run
{

/* What makes one run of a script different from another. */
struct Mode {
	uint32_t irs = 1000000, ts_base = 5000000; /* of the peer */
	std::optional<uint64_t> start;             /* the clock when the script begins */
};

/* A line that did not hold: what was expected, and what came. */
class Broken : public std::runtime_error
{
      public:
	using std::runtime_error::runtime_error;
};

class Runner
{
      public:
	Runner(std::string root, Mode mode) : root_(std::move(root)), mode_(mode)
	{
	}

	/* Run a script; throws Broken with the whole story. */
	void run(const std::string &path);

	/* The stack's first initial sequence number, if there was one, and the clock the run began with. */
	std::optional<uint32_t> first_iss;
	uint64_t start = 0;
	bool wraps = true; /* false: the script says that it cannot be moved */

      private:
	using Verb = void (Runner::*)(const script_record &);

	/* run.cc: the lines, one by one */
	void run_file(const std::string &path, int depth);
	void run_records(const std::string &path, const script &parsed, int depth);
	void one(const script_record &r);
	void pass_time(const script_record &r);
	void nothing_pending(const char *when);
	World &world();
	Flow &flow(const std::string &name);
	Flow &flow_of(const script_record &r);
	const script_field *find(const script_record &r, script_key key) const;
	int64_t number(const script_record &r, script_key key, int64_t otherwise) const;
	std::string word(const script_record &r, script_key key, const char *otherwise) const;
	void result(const script_record &r, int64_t got, int64_t otherwise);
	[[noreturn]] void broken(const std::string &what) const;
	std::string story() const;

	/* packets.cc */
	void inject(const script_record &r);
	void expect(const script_record &r);
	void await_frame(const script_record &r, uint64_t *from, uint64_t *to);
	void learn(Seen &s, Flow &f, uint64_t at);
	void compare(const script_record &r, const Seen &s, Flow &f);
	void check_stream(const Seen &s, const Flow &f);
	void check_cookie(const Seen &s);
	void check_edge(const Seen &s, Flow &f);
	void note_frame(const Seen &s, bool ours, uint64_t at);
	Flow *owner(const Seen &s, bool ours);

	/* calls.cc */
	void make_world(const script_record &r);
	void option(const script_record &r);
	void address(const script_record &r);
	void route(const script_record &r);
	void neighbor(const script_record &r);
	void mtu(const script_record &r);
	void tx(const script_record &r);
	void open(const script_record &r);
	void listen(const script_record &r);
	void accept(const script_record &r);
	void send(const script_record &r);
	void receive(const script_record &r);
	void shutdown(const script_record &r);
	void close(const script_record &r);
	void abort(const script_record &r);
	void set(const script_record &r);
	void get(const script_record &r);
	void take_error(const script_record &r);
	void resolve(const script_record &r);
	void ping(const script_record &r);
	void wait(const script_record &r);
	void turn(const script_record &r);
	void drain(const script_record &r);

	/* udp.cc */
	void udp_open(const script_record &r);
	void udp_bind(const script_record &r);
	void udp_connect(const script_record &r);
	void udp_send(const script_record &r);
	void udp_receive(const script_record &r);
	void udp_set(const script_record &r);
	void udp_error(const script_record &r);
	void udp_ready(const script_record &r);
	void udp_close(const script_record &r);
	void check_datagram(const Seen &s);

	/* asserts.cc */
	void state(const script_record &r);
	void info(const script_record &r);
	void event(const script_record &r);
	void ready(const script_record &r);
	void counter(const script_record &r);
	void conns(const script_record &r);
	void neighbor_is(const script_record &r);
	void address_is(const script_record &r);
	void pong(const script_record &r);
	std::string state_of(const Flow &f);

	Bytes cookie_; /* of Fast Open, that the stack gave last */
	std::string root_;
	Mode mode_;
	WorldOptions options_;
	std::unique_ptr<World> world_;
	std::map<std::string, Flow> flows_;
	const script *script_ = nullptr;
	std::string file_, line_;
};

/* Run a script in all its modes. Returns what went wrong, empty when nothing did. */
std::string run_script(const std::string &root, const std::string &path);

} // namespace script_run

#endif
