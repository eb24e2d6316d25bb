/* SPDX-License-Identifier: BSD-3-Clause */
/* What a script has the program do: the calls of the public API, their results compared, and settings of the stack. */
#include <cstring>

#include <pollen/icmp.h>

#include "script/runner.h"

namespace script_run
{
namespace
{

const std::map<std::string, pln_tcp_opt> conn_options = {
	{ "nodelay", PLN_TCP_OPT_NODELAY },
	{ "cork", PLN_TCP_OPT_CORK },
	{ "maxseg", PLN_TCP_OPT_MAXSEG },
	{ "sndbuf", PLN_TCP_OPT_SNDBUF },
	{ "rcvbuf", PLN_TCP_OPT_RCVBUF },
	{ "linger", PLN_TCP_OPT_LINGER },
	{ "keepalive", PLN_TCP_OPT_KEEPALIVE },
	{ "keepidle", PLN_TCP_OPT_KEEPIDLE },
	{ "keepintvl", PLN_TCP_OPT_KEEPINTVL },
	{ "keepcnt", PLN_TCP_OPT_KEEPCNT },
	{ "user_timeout", PLN_TCP_OPT_USER_TIMEOUT },
	{ "syncnt", PLN_TCP_OPT_SYNCNT },
	{ "defer_accept", PLN_TCP_OPT_DEFER_ACCEPT },
	{ "quickack", PLN_TCP_OPT_QUICKACK },
	{ "tos", PLN_TCP_OPT_TOS },
	{ "ttl", PLN_TCP_OPT_TTL },
	{ "mtu_discover", PLN_TCP_OPT_MTU_DISCOVER },
	{ "reuseaddr", PLN_TCP_OPT_REUSEADDR },
	{ "fastopen", PLN_TCP_OPT_FASTOPEN },
	{ "fastopen_connect", PLN_TCP_OPT_FASTOPEN_CONNECT },
	{ "max_pacing_rate", PLN_TCP_OPT_MAX_PACING_RATE },
	{ "uto", PLN_TCP_OPT_UTO },
};

pln_addr
addr_of(int64_t a)
{
	return pln_addr_ip4(static_cast<uint8_t>(a >> 24), static_cast<uint8_t>(a >> 16),
	                    static_cast<uint8_t>(a >> 8), static_cast<uint8_t>(a));
}

pln_tcp_opt
option_of(const std::string &name)
{
	auto it = conn_options.find(name);

	if (it == conn_options.end())
		throw Broken("no option of a connection is called " + name);
	return it->second;
}

} // namespace

void
Runner::make_world(const script_record &r)
{
	if (world_)
		broken("the world is made already: this line comes first");
	options_.bare = find(r, SCRIPT_KEY_BARE) != nullptr;
	options_.noaddr = find(r, SCRIPT_KEY_NOADDR) != nullptr;
	wraps = find(r, SCRIPT_KEY_NOWRAP) == nullptr;
	options_.seed = static_cast<uint64_t>(number(r, SCRIPT_KEY_SEED, 1));
	options_.max_conns = static_cast<uint32_t>(number(r, SCRIPT_KEY_MAX_CONNS, 64));
	options_.max_time_wait = static_cast<uint32_t>(number(r, SCRIPT_KEY_MAX_TIME_WAIT, 0));
	options_.mtu = static_cast<uint16_t>(number(r, SCRIPT_KEY_MTU, 1500));
}

void
Runner::wait(const script_record &r)
{
	world().turn();
	nothing_pending("while waiting");
	world().advance(world().now() + static_cast<uint64_t>(number(r, SCRIPT_KEY_TIME, 0)), true);
	nothing_pending("while waiting");
}

void
Runner::turn(const script_record &r)
{
	(void)r;
	world().turn();
}

void
Runner::drain(const script_record &r)
{
	world().advance(world().now() + static_cast<uint64_t>(number(r, SCRIPT_KEY_TIME, 0)),
	                false);
	for (const Sent &sent : world().sent) {
		Seen s = decode(sent.frame);

		learn(s, *owner(s, true), sent.at);
	}
	world().sent.clear();
}

void
Runner::option(const script_record &r)
{
	result(r,
	       pln_stack_opt_set(world().stack(), word(r, SCRIPT_KEY_NAME, "").c_str(),
	                         word(r, SCRIPT_KEY_VALUE, "").c_str()),
	       0);
}

void
Runner::address(const script_record &r)
{
	pln_addr addr = addr_of(number(r, SCRIPT_KEY_ADDR, 0));

	result(r,
	       pln_stack_addr_add(world().stack(), &addr,
	                          static_cast<uint8_t>(number(r, SCRIPT_KEY_PREFIX, 24))),
	       0);
}

void
Runner::route(const script_record &r)
{
	pln_addr dst = addr_of(number(r, SCRIPT_KEY_ADDR, 0));
	pln_addr gateway = addr_of(number(r, SCRIPT_KEY_GATEWAY, 0));

	result(r,
	       pln_stack_route_add(world().stack(), &dst,
	                           static_cast<uint8_t>(number(r, SCRIPT_KEY_PREFIX, 0)), &gateway),
	       0);
}

void
Runner::neighbor(const script_record &r)
{
	pln_addr addr = addr_of(number(r, SCRIPT_KEY_ADDR, 0));
	int64_t mac = number(r, SCRIPT_KEY_MAC, 0);
	pln_mac bytes;

	for (int i = 0; i < 6; i++)
		bytes.bytes[i] = static_cast<uint8_t>(mac >> (40 - 8 * i));
	result(r, pln_stack_neigh_set(world().stack(), &addr, &bytes), 0);
}

void
Runner::mtu(const script_record &r)
{
	result(r,
	       pln_stack_mtu_set(world().stack(),
	                         static_cast<uint16_t>(number(r, SCRIPT_KEY_MTU, 0))),
	       0);
}

void
Runner::tx(const script_record &r)
{
	std::string how = word(r, SCRIPT_KEY_HOW, "");

	if (how != "blocked" && how != "free")
		broken("tx is blocked or free");
	world().turn();
	world().block_tx(how == "blocked");
}

void
Runner::open(const script_record &r)
{
	pln_tcp_open_args args{};
	struct pln_tcp_info info {
	};
	Flow &f = flow_of(r);
	int rc;

	args.size = sizeof(args);
	f.remote = number(r, SCRIPT_KEY_TO, PEER_ADDR);
	f.remote_port = static_cast<uint16_t>(number(r, SCRIPT_KEY_PORT, 80));
	args.remote = { addr_of(f.remote), f.remote_port };
	if (find(r, SCRIPT_KEY_FROM) != nullptr)
		args.local.addr = addr_of(number(r, SCRIPT_KEY_FROM, 0));
	args.local.port = static_cast<uint16_t>(number(r, SCRIPT_KEY_LOCAL_PORT, 0));
	rc = pln_tcp_open(world().stack(), &args, &f.handle);
	result(r, rc, 0);
	if (rc < 0)
		return;
	info.size = sizeof(info);
	pln_tcp_info(world().stack(), f.handle, &info);
	f.local_port = info.local.port;
	f.local = static_cast<int64_t>(info.local.addr.bytes[0]) << 24 |
	          info.local.addr.bytes[1] << 16 | info.local.addr.bytes[2] << 8 |
	          info.local.addr.bytes[3];
}

void
Runner::listen(const script_record &r)
{
	pln_tcp_listen_args args{};
	Flow &f = flow(word(r, SCRIPT_KEY_CONN, "listener"));

	args.size = sizeof(args);
	args.local.port = static_cast<uint16_t>(number(r, SCRIPT_KEY_PORT, 80));
	if (find(r, SCRIPT_KEY_FROM) != nullptr)
		args.local.addr = addr_of(number(r, SCRIPT_KEY_FROM, 0));
	args.backlog = static_cast<uint32_t>(number(r, SCRIPT_KEY_BACKLOG, 0));
	result(r, pln_tcp_listen(world().stack(), &args, &f.handle), 0);
	f.local_port = args.local.port;
	f.remote_port = 0;
}

void
Runner::accept(const script_record &r)
{
	Flow &listener = flow(word(r, SCRIPT_KEY_ON, "listener"));
	Flow &f = flow_of(r);
	uint64_t handle;
	int rc;

	world().turn();
	rc = pln_tcp_accept(world().stack(), listener.handle, nullptr, &handle);
	result(r, rc, 0);
	if (rc < 0)
		return;
	struct pln_tcp_info info {
	};

	info.size = sizeof(info);
	pln_tcp_info(world().stack(), handle, &info);
	if (info.remote.port != f.remote_port)
		broken("accepted the connection from port " + std::to_string(info.remote.port));
	f.handle = handle;
}

void
Runner::send(const script_record &r)
{
	const script_field *text = find(r, SCRIPT_KEY_TEXT);
	int flags = find(r, SCRIPT_KEY_MORE) != nullptr ? PLN_TCP_MORE : 0;
	Flow &f = flow_of(r);
	Bytes bytes;

	flags |= find(r, SCRIPT_KEY_URGENT) != nullptr ? PLN_TCP_URGENT : 0;
	ssize_t n;

	if (text != nullptr)
		bytes.assign(text->text, text->text + strlen(text->text));
	else
		for (int64_t i = 0; i < number(r, SCRIPT_KEY_LEN, 0); i++)
			bytes.push_back(own_byte(f.sent.size() + static_cast<size_t>(i)));
	n = pln_tcp_send(world().stack(), f.handle, bytes.data(), bytes.size(), flags);
	if (n > 0)
		f.sent.insert(f.sent.end(), bytes.begin(), bytes.begin() + n);
	result(r, n, static_cast<int64_t>(bytes.size()));
}

void
Runner::receive(const script_record &r)
{
	bool peek = find(r, SCRIPT_KEY_PEEK) != nullptr;
	const script_field *text = find(r, SCRIPT_KEY_TEXT);
	Flow &f = flow_of(r);
	Bytes bytes(static_cast<size_t>(number(r, SCRIPT_KEY_LEN, 0)));
	ssize_t n;

	world().turn();
	n = pln_tcp_receive(world().stack(), f.handle, bytes.data(), bytes.size(),
	                    peek ? PLN_TCP_PEEK : 0);
	result(r, n, static_cast<int64_t>(bytes.size()));
	if (text != nullptr &&
	    (n < 0 || std::string(bytes.begin(), bytes.begin() + n) != text->text))
		broken("read \"" +
		       std::string(bytes.begin(), bytes.begin() + std::max<ssize_t>(n, 0)) + "\"");
	for (ssize_t i = 0; text == nullptr && i < n; i++)
		if (bytes[static_cast<size_t>(i)] !=
		    peer_byte(static_cast<int64_t>(f.received) + static_cast<int64_t>(i)))
			broken("byte " + std::to_string(f.received + static_cast<size_t>(i)) +
			       " of the stream is not what the peer sent");
	if (n > 0 && !peek)
		f.received += static_cast<size_t>(n);
}

void
Runner::shutdown(const script_record &r)
{
	static const std::map<std::string, pln_tcp_how> hows = { { "rd", PLN_TCP_SHUT_RD },
		                                                 { "wr", PLN_TCP_SHUT_WR },
		                                                 { "rdwr", PLN_TCP_SHUT_RDWR } };
	auto how = hows.find(word(r, SCRIPT_KEY_HOW, ""));

	if (how == hows.end())
		broken("shutdown wants rd, wr or rdwr");
	result(r, pln_tcp_shutdown(world().stack(), flow_of(r).handle, how->second), 0);
}

void
Runner::close(const script_record &r)
{
	Flow &f = flow_of(r);

	result(r, pln_tcp_close(world().stack(), f.handle), 0);
	f.closed = true;
}

void
Runner::abort(const script_record &r)
{
	Flow &f = flow_of(r);

	result(r, pln_tcp_abort(world().stack(), f.handle), 0);
	f.closed = true;
}

void
Runner::set(const script_record &r)
{
	result(r,
	       pln_tcp_opt_set(world().stack(), flow_of(r).handle,
	                       option_of(word(r, SCRIPT_KEY_NAME, "")),
	                       std::stoll(word(r, SCRIPT_KEY_VALUE, ""), nullptr, 0)),
	       0);
}

void
Runner::get(const script_record &r)
{
	int64_t value = 0;
	int rc = pln_tcp_opt_get(world().stack(), flow_of(r).handle,
	                         option_of(word(r, SCRIPT_KEY_NAME, "")), &value);

	result(r, rc < 0 ? rc : value, value);
}

void
Runner::take_error(const script_record &r)
{
	world().turn();
	result(r, pln_tcp_error_take(world().stack(), flow_of(r).handle), 0);
}

void
Runner::resolve(const script_record &r)
{
	pln_addr addr = addr_of(number(r, SCRIPT_KEY_ADDR, 0));

	result(r, pln_stack_resolve(world().stack(), &addr), 0);
}

void
Runner::ping(const script_record &r)
{
	Bytes data(static_cast<size_t>(number(r, SCRIPT_KEY_LEN, 56)));
	pln_icmp_echo_args args{};

	for (size_t i = 0; i < data.size(); i++)
		data[i] = peer_byte(static_cast<int64_t>(i));
	args.size = sizeof(args);
	args.dst = addr_of(number(r, SCRIPT_KEY_ADDR, 0));
	args.id = static_cast<uint16_t>(number(r, SCRIPT_KEY_ID, 1));
	args.seq = static_cast<uint16_t>(number(r, SCRIPT_KEY_SEQ, 1));
	args.ttl = static_cast<uint8_t>(number(r, SCRIPT_KEY_TTL, 0));
	args.tos = static_cast<uint8_t>(number(r, SCRIPT_KEY_TOS, 0));
	args.data = data.data();
	args.len = static_cast<uint16_t>(data.size());
	result(r, pln_icmp_echo(world().stack(), &args), 0);
}

} // namespace script_run
