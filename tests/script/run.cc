/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a script, one after the other: time passes, the word is looked up, and what went wrong is told with its place. */
#include <fstream>
#include <sstream>

#include "script/build.h"
#include "script/runner.h"

namespace script_run
{
namespace
{

constexpr int MAX_DEPTH = 8; /* of `use` */

std::string
read_file(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);
	std::stringstream text;

	if (!in)
		throw Broken("cannot read " + path);
	text << in.rdbuf();
	return text.str();
}

struct Parsed {
	script s{};
	Parsed() = default;
	Parsed(const Parsed &) = delete;
	Parsed &operator=(const Parsed &) = delete;

	~Parsed()
	{
		script_free(&s);
	}
};

} // namespace

World &
Runner::world()
{
	if (!world_) {
		if (mode_.start)
			options_.start = *mode_.start;
		world_ = std::make_unique<World>(options_);
		start = options_.start;
	}
	return *world_;
}

Flow &
Runner::flow(const std::string &name)
{
	auto [it, fresh] = flows_.try_emplace(name);
	Flow &f = it->second;

	if (fresh) {
		f.name = name;
		f.remote_port = static_cast<uint16_t>(40000 + flows_.size() - 1);
		f.irs = mode_.irs;
		f.ts_base = mode_.ts_base;
	}
	return f;
}

Flow &
Runner::flow_of(const script_record &r)
{
	return flow(word(r, SCRIPT_KEY_CONN, "a"));
}

const script_field *
Runner::find(const script_record &r, script_key key) const
{
	return script_find(script_, &r, key);
}

int64_t
Runner::number(const script_record &r, script_key key, int64_t otherwise) const
{
	const script_field *f = find(r, key);

	return f == nullptr || f->count == 0 ? otherwise : f->items[0].lo;
}

std::string
Runner::word(const script_record &r, script_key key, const char *otherwise) const
{
	const script_field *f = find(r, key);

	return f == nullptr ? otherwise : f->text;
}

void
Runner::broken(const std::string &what) const
{
	throw Broken(what);
}

/* What happened last, oldest first. */
std::string
Runner::story() const
{
	std::string out;

	if (!world_)
		return out;
	out = "  the last packets, sequence numbers relative:\n";
	for (const std::string &line : world_->diary)
		out += "    " + line + "\n";
	char text[4096];

	pln_tcp_dump(world_->stack(), text, sizeof(text));
	std::istringstream lines(text);

	for (std::string line; std::getline(lines, line);)
		out += "    " + line + "\n";
	return out;
}

void
Runner::result(const script_record &r, int64_t got, int64_t otherwise)
{
	int64_t wanted = r.has_result ? r.result : otherwise;
	auto name = [](int64_t v) {
		const char *text = script_errno_name(v);

		return text != nullptr ? std::string(text) : std::to_string(v);
	};

	if (got != wanted)
		broken("expected " + name(wanted) + ", the call answers " + name(got));
}

void
Runner::nothing_pending(const char *when)
{
	if (world().sent.empty())
		return;
	Seen s = decode(world().sent.front().frame);

	learn(s, *owner(s, true), world().sent.front().at);
	broken(std::string("sent, and not expected ") + when + ": " + world().diary.back());
}

/* A time before anything but an expected packet: nothing is sent meanwhile. */
void
Runner::pass_time(const script_record &r)
{
	uint64_t to;

	if (r.when == SCRIPT_WHEN_NOW || r.verb == SCRIPT_EXPECT)
		return;
	to = static_cast<uint64_t>(r.time.lo) +
	     (r.when == SCRIPT_WHEN_AT ? world().start() : world().now());
	if (to < world().now())
		broken("this time is over: it is " + std::to_string(world().seconds()) + " s");
	world().turn();
	nothing_pending("before this line");
	world().advance(to, true);
	nothing_pending("before this line");
}

void
Runner::one(const script_record &r)
{
	static const std::map<script_verb, Verb> verbs = {
		{ SCRIPT_INJECT, &Runner::inject },
		{ SCRIPT_EXPECT, &Runner::expect },
		{ SCRIPT_WORLD, &Runner::make_world },
		{ SCRIPT_WAIT, &Runner::wait },
		{ SCRIPT_TURN, &Runner::turn },
		{ SCRIPT_DRAIN, &Runner::drain },
		{ SCRIPT_OPTION, &Runner::option },
		{ SCRIPT_ADDRESS, &Runner::address },
		{ SCRIPT_ROUTE, &Runner::route },
		{ SCRIPT_NEIGHBOR, &Runner::neighbor },
		{ SCRIPT_MTU, &Runner::mtu },
		{ SCRIPT_TX, &Runner::tx },
		{ SCRIPT_OPEN, &Runner::open },
		{ SCRIPT_LISTEN, &Runner::listen },
		{ SCRIPT_ACCEPT, &Runner::accept },
		{ SCRIPT_SEND, &Runner::send },
		{ SCRIPT_RECEIVE, &Runner::receive },
		{ SCRIPT_SHUTDOWN, &Runner::shutdown },
		{ SCRIPT_CLOSE, &Runner::close },
		{ SCRIPT_ABORT, &Runner::abort },
		{ SCRIPT_SET, &Runner::set },
		{ SCRIPT_GET, &Runner::get },
		{ SCRIPT_TAKE_ERROR, &Runner::take_error },
		{ SCRIPT_STATE, &Runner::state },
		{ SCRIPT_INFO, &Runner::info },
		{ SCRIPT_EVENT, &Runner::event },
		{ SCRIPT_READY, &Runner::ready },
		{ SCRIPT_COUNTER, &Runner::counter },
		{ SCRIPT_CONNS, &Runner::conns },
		{ SCRIPT_NEIGHBOR_IS, &Runner::neighbor_is },
		{ SCRIPT_ADDRESS_IS, &Runner::address_is },
		{ SCRIPT_RESOLVE, &Runner::resolve },
		{ SCRIPT_PING, &Runner::ping },
		{ SCRIPT_PONG, &Runner::pong },
		{ SCRIPT_UDP_OPEN, &Runner::udp_open },
		{ SCRIPT_UDP_BIND, &Runner::udp_bind },
		{ SCRIPT_UDP_CONNECT, &Runner::udp_connect },
		{ SCRIPT_UDP_SEND, &Runner::udp_send },
		{ SCRIPT_UDP_RECEIVE, &Runner::udp_receive },
		{ SCRIPT_UDP_SET, &Runner::udp_set },
		{ SCRIPT_UDP_ERROR, &Runner::udp_error },
		{ SCRIPT_UDP_READY, &Runner::udp_ready },
		{ SCRIPT_UDP_CLOSE, &Runner::udp_close },
	};

	pass_time(r);
	(this->*verbs.at(r.verb))(r);
}

void
Runner::run_records(const std::string &path, const script &parsed, int depth)
{
	for (uint32_t i = 0; i < parsed.count; i++) {
		const script_record &r = parsed.records[i];

		script_ = &parsed;
		if (r.verb == SCRIPT_USE) {
			run_file("tests/script/use/" + word(r, SCRIPT_KEY_NAME, "") + ".pkt",
			         depth + 1);
			continue;
		}
		try {
			one(r);
		} catch (const std::runtime_error &e) {
			throw Broken(path + ":" + std::to_string(r.line) + ": " + r.text + "\n  " +
			             e.what() + "\n" + story());
		}
	}
}

void
Runner::run_file(const std::string &path, int depth)
{
	std::string text = read_file(root_ + "/" + path);
	Parsed parsed;
	pln_error error;

	if (depth > MAX_DEPTH)
		throw Broken(path + ": used by itself");
	if (script_parse(text.data(), text.size(), path.c_str(), &parsed.s, &error) < 0)
		throw Broken(error.text);
	run_records(path, parsed.s, depth);
}

void
Runner::run(const std::string &path)
{
	run_file(path, 0);
	try {
		world().turn();
		nothing_pending("at the end of the script");
	} catch (const Broken &e) {
		throw Broken(path + ": " + e.what() + "\n" + story());
	}
}

namespace
{

constexpr uint64_t ISN_TICK_NS = 4000; /* RFC 9293 MUST-8 */

/* Behind how many bytes the sequence numbers wrap: right behind the SYN, and within the first segment. */
constexpr uint32_t distances[] = { 1, 700 };

} // namespace

std::string
run_script(const std::string &root, const std::string &path)
{
	Runner plain(root, {});

	try {
		plain.run(path);
	} catch (const Broken &e) {
		return e.what();
	}
	if (!plain.first_iss || !plain.wraps)
		return "";
	for (uint32_t before : distances) {
		uint32_t target = 0U - before;
		Mode mode;

		mode.irs = target;
		mode.ts_base = 0U - 150;
		mode.start = plain.start + (target - *plain.first_iss) * ISN_TICK_NS;
		Runner moved(root, mode);

		try {
			moved.run(path);
		} catch (const Broken &e) {
			return "(sequence numbers wrap " + std::to_string(before) +
			       " behind the first)\n" + e.what();
		}
		if (moved.first_iss != target)
			return path + ": the stack's first sequence number could not be chosen: it "
			              "does not "
			              "follow the clock of RFC 6528";
	}
	return "";
}

} // namespace script_run
