/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP sockets of a script: calls, results, and that what leaves is what the program gave. */
#include <cstring>

#include <pollen/udp.h>

#include "script/runner.h"

namespace script_run
{
namespace
{

const std::map<std::string, pln_udp_opt> options = {
	{ "rcvbuf", PLN_UDP_OPT_RCVBUF },
	{ "rcvq", PLN_UDP_OPT_RCVQ },
	{ "broadcast", PLN_UDP_OPT_BROADCAST },
	{ "ttl", PLN_UDP_OPT_TTL },
	{ "tos", PLN_UDP_OPT_TOS },
	{ "mtu_discover", PLN_UDP_OPT_MTU_DISCOVER },
	{ "no_checksum", PLN_UDP_OPT_NO_CHECKSUM },
	{ "errors", PLN_UDP_OPT_ERRORS },
	{ "reuseaddr", PLN_UDP_OPT_REUSEADDR },
};

pln_addr
addr_of(int64_t a)
{
	return pln_addr_ip4(static_cast<uint8_t>(a >> 24), static_cast<uint8_t>(a >> 16),
	                    static_cast<uint8_t>(a >> 8), static_cast<uint8_t>(a));
}

int64_t
number_of(const pln_addr &a)
{
	return static_cast<int64_t>(a.bytes[0]) << 24 | a.bytes[1] << 16 | a.bytes[2] << 8 |
	       a.bytes[3];
}

} // namespace

void
Runner::udp_open(const script_record &r)
{
	result(r, pln_udp_open(world().stack(), nullptr, &flow_of(r).handle), 0);
}

void
Runner::udp_bind(const script_record &r)
{
	Flow &f = flow_of(r);
	pln_endpoint local{};
	int rc;

	if (find(r, SCRIPT_KEY_FROM) != nullptr)
		local.addr = addr_of(number(r, SCRIPT_KEY_FROM, 0));
	local.port = static_cast<uint16_t>(number(r, SCRIPT_KEY_PORT, 0));
	rc = pln_udp_bind(world().stack(), f.handle, &local);
	result(r, rc, 0);
	if (rc == 0 && local.port != 0)
		f.local_port = local.port;
}

void
Runner::udp_connect(const script_record &r)
{
	Flow &f = flow_of(r);
	pln_endpoint remote{};
	struct pln_udp_info info {
	};
	int rc;

	if (find(r, SCRIPT_KEY_NONE) == nullptr)
		remote.addr = addr_of(number(r, SCRIPT_KEY_TO, PEER_ADDR));
	remote.port = static_cast<uint16_t>(number(r, SCRIPT_KEY_PORT, 0));
	rc = pln_udp_connect(world().stack(), f.handle, &remote);
	result(r, rc, 0);
	if (rc < 0)
		return;
	info.size = sizeof(info);
	pln_udp_info(world().stack(), f.handle, &info);
	f.local_port = info.local.port;
	if (remote.port != 0)
		f.remote_port = remote.port;
}

void
Runner::udp_send(const script_record &r)
{
	const script_field *text = find(r, SCRIPT_KEY_TEXT);
	Flow &f = flow_of(r);
	pln_udp_out out{};
	Bytes bytes;
	ssize_t n;

	if (text != nullptr)
		bytes.assign(text->text, text->text + strlen(text->text));
	else
		for (int64_t i = 0; i < number(r, SCRIPT_KEY_LEN, 0); i++)
			bytes.push_back(own_byte(static_cast<size_t>(i)));
	out.size = sizeof(out);
	out.data = bytes.data();
	out.len = bytes.size();
	if (find(r, SCRIPT_KEY_TO) != nullptr || find(r, SCRIPT_KEY_PORT) != nullptr)
		out.to = { addr_of(number(r, SCRIPT_KEY_TO, PEER_ADDR)),
			   static_cast<uint16_t>(number(r, SCRIPT_KEY_PORT, 0)) };
	n = pln_udp_send(world().stack(), f.handle, &out);
	result(r, n, static_cast<int64_t>(bytes.size()));
	if (n >= 0)
		f.datagrams.push_back(bytes);
}

/* Of the sockets that have sent, one must have sent these bytes; those that were sent in fragments come before them. */
void
Runner::check_datagram(const Seen &s)
{
	for (auto &[name, other] : flows_)
		for (size_t i = 0; i < other.datagrams.size(); i++)
			if (other.datagrams[i] == s.payload) {
				other.datagrams.erase(other.datagrams.begin(),
				                      other.datagrams.begin() +
				                              static_cast<ptrdiff_t>(i) + 1);
				return;
			}
	broken("the payload is not what the program sent: " + world().diary.back());
}

void
Runner::udp_receive(const script_record &r)
{
	const script_field *text = find(r, SCRIPT_KEY_TEXT);
	Bytes bytes(static_cast<size_t>(number(r, SCRIPT_KEY_LEN, 0)));
	pln_udp_in in{};
	ssize_t n;

	in.size = sizeof(in);
	in.buf = bytes.data();
	in.room = bytes.size();
	in.flags = find(r, SCRIPT_KEY_PEEK) != nullptr ? PLN_UDP_PEEK : 0;
	world().turn();
	n = pln_udp_receive(world().stack(), flow_of(r).handle, &in);
	result(r, n, static_cast<int64_t>(bytes.size()));
	if (n < 0)
		return;
	const std::map<script_key, int64_t> values = {
		{ SCRIPT_KEY_FROM, number_of(in.from.addr) },
		{ SCRIPT_KEY_PORT, in.from.port },
		{ SCRIPT_KEY_TTL, in.ttl },
		{ SCRIPT_KEY_TOS, in.tos },
	};

	for (const auto &[key, is] : values)
		if (find(r, key) != nullptr && number(r, key, -1) != is)
			broken(std::string(script_key_word(key)) + " is " + std::to_string(is));
	bytes.resize(static_cast<size_t>(n));
	if (text != nullptr && std::string(bytes.begin(), bytes.end()) != text->text)
		broken("received \"" + std::string(bytes.begin(), bytes.end()) + "\"");
	for (size_t i = 0; text == nullptr && i < bytes.size(); i++)
		if (bytes[i] != peer_byte(static_cast<int64_t>(i)))
			broken("byte " + std::to_string(i) + " is not what the peer sent");
}

void
Runner::udp_set(const script_record &r)
{
	auto it = options.find(word(r, SCRIPT_KEY_NAME, ""));

	if (it == options.end())
		broken("no option of a socket is called " + word(r, SCRIPT_KEY_NAME, ""));
	result(r,
	       pln_udp_opt_set(world().stack(), flow_of(r).handle, it->second,
	                       std::stoll(word(r, SCRIPT_KEY_VALUE, ""), nullptr, 0)),
	       0);
}

void
Runner::udp_error(const script_record &r)
{
	world().turn();
	result(r, pln_udp_error_take(world().stack(), flow_of(r).handle), 0);
}

void
Runner::udp_ready(const script_record &r)
{
	static const std::pair<const char *, int> names[] = { { "in", PLN_UDP_READY_IN },
		                                              { "out", PLN_UDP_READY_OUT },
		                                              { "err", PLN_UDP_READY_ERR } };
	std::string is;
	int mask;

	world().turn();
	mask = pln_udp_readiness(world().stack(), flow_of(r).handle);
	for (const auto &[name, bit] : names)
		if (mask >= 0 && (mask & bit) != 0)
			is += std::string(is.empty() ? "" : ",") + name;
	if (is != word(r, SCRIPT_KEY_NAME, ""))
		broken("ready: " + is);
}

void
Runner::udp_close(const script_record &r)
{
	result(r, pln_udp_close(world().stack(), flow_of(r).handle), 0);
}

} // namespace script_run
