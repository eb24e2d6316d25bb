/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads/traffic.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace threads
{

namespace
{

/* Eight bytes that follow from a number and a place (the finalizer of MurmurHash3, public domain). */
uint64_t
stir(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdULL;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

uint64_t
seed_of(const Head &head)
{
	return stir(head.number ^ static_cast<uint64_t>(head.addr) << 32) ^
	       stir(head.port * 65536ULL + head.way * 2U + head.answer);
}

void
write(const Head &head, uint8_t *out)
{
	uint64_t seed = seed_of(head);

	memcpy(out, &head, sizeof(head));
	for (size_t at = sizeof(head); at < head.len; at += sizeof(uint64_t)) {
		uint64_t word = stir(seed + at);

		memcpy(out + at, &word, sizeof(word));
	}
}

bool
says(const uint8_t *bytes, const Head &head)
{
	uint8_t expected[MESSAGE_MAX + sizeof(uint64_t)];

	write(head, expected);
	return memcmp(bytes, expected, head.len) == 0;
}

struct pln_tcp_info
info_of(pln_stack *stack, uint64_t conn)
{
	struct pln_tcp_info info {
	};

	info.size = sizeof(info);
	if (pln_tcp_info(stack, conn, &info) != 0)
		throw std::runtime_error("a connection that nobody closed is gone");
	return info;
}

void
name_client(Head &head, const pln_endpoint &client)
{
	memcpy(&head.addr, client.addr.bytes, sizeof(head.addr));
	head.port = client.port;
}

} // namespace

Tally &
Tally::operator+=(const Tally &other)
{
	opened += other.opened;
	answered += other.answered;
	reset += other.reset;
	postponed += other.postponed;
	accepted += other.accepted;
	served += other.served;
	mixed += other.mixed;
	lost += other.lost;
	return *this;
}

unsigned int
Worker::turn()
{
	pln_event events[64];
	unsigned int n = pln_stack_events(stack, events, 64);

	for (unsigned int i = 0; i < n; i++)
		happened(events[i]);
	more();
	return n;
}

void
Worker::end(uint64_t conn, bool by_reset)
{
	if ((by_reset ? pln_tcp_abort(stack, conn) : pln_tcp_close(stack, conn)) != 0)
		tally.lost++;
}

/* ------------------------------------------------------------------------------------------------ client */

Client::Client(pln_stack *turned, const std::vector<pln_addr> &locals, const pln_addr &server)
    : Worker(turned), locals_(locals), server_(server)
{
	for (Call &call : calls_)
		idle_.push_back(&call);
}

void
Client::numbers(uint64_t first, uint64_t step, uint64_t last)
{
	next_ = first;
	step_ = step;
	last_ = last;
}

bool
Client::finished() const
{
	return next_ >= last_ && idle_.size() == calls_.size();
}

void
Client::more()
{
	while (next_ < last_ && !idle_.empty() && open())
		next_ += step_;
}

/* False: there is no port just now, or no connection; TIME-WAIT will give some back. */
bool
Client::open()
{
	Call &call = *idle_.back();
	pln_tcp_open_args args{};

	args.size = sizeof(args);
	args.remote = { server_, PORT };
	args.local.addr = locals_[next_ % locals_.size()];
	args.cookie = &call;
	if (pln_tcp_open(stack, &args, &call.conn) != 0) {
		tally.postponed++;
		return false;
	}
	call.got = 0;
	call.head = { next_,
		      static_cast<uint32_t>(sizeof(Head) + next_ * 37 % 1000),
		      0,
		      0,
		      static_cast<uint16_t>(next_ / step_ % WAYS),
		      0 };
	idle_.pop_back();
	tally.opened++;
	return true;
}

void
Client::ask(Call &call)
{
	uint8_t bytes[MESSAGE_MAX + sizeof(uint64_t)];

	name_client(call.head, info_of(stack, call.conn).local);
	write(call.head, bytes);
	if (pln_tcp_send(stack, call.conn, bytes, call.head.len, 0) != call.head.len)
		tally.lost++;
}

void
Client::hear(Call &call)
{
	ssize_t n = pln_tcp_receive(stack, call.conn, call.bytes + call.got,
	                            call.head.len - call.got, 0);

	call.got += n > 0 ? static_cast<size_t>(n) : 0;
	if (call.got < call.head.len)
		return;
	call.head.answer = 1;
	tally.answered++;
	tally.mixed += !says(call.bytes, call.head);
	over(call, call.head.way == CLIENT_RESETS);
}

void
Client::over(Call &call, bool by_reset)
{
	end(call.conn, by_reset);
	idle_.push_back(&call);
}

void
Client::happened(const pln_event &event)
{
	Call &call = *static_cast<Call *>(event.cookie);
	bool as_agreed = call.head.way == SERVER_RESETS && event.error == -ECONNRESET;

	if ((event.bits & PLN_EV_CONNECTED) != 0)
		ask(call);
	if ((event.bits & PLN_EV_CLOSED) != 0 && event.error != 0) {
		(as_agreed ? tally.reset : tally.lost)++;
		over(call, false);
	} else if ((event.bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED)) != 0) {
		hear(call);
	}
}

/* ------------------------------------------------------------------------------------------------ server */

Server::Server(pln_stack *turned, const std::atomic<unsigned int> &clients)
    : Worker(turned), clients_(clients)
{
	pln_tcp_listen_args args{};

	args.size = sizeof(args);
	args.local.port = PORT;
	args.backlog = 4 * AT_ONCE;
	if (pln_tcp_listen(stack, &args, &listener_) != 0)
		throw std::runtime_error("no listener");
	for (unsigned int i = 0; i < 8 * AT_ONCE; i++) {
		all_.push_back(std::make_unique<Served>());
		idle_.push_back(all_.back().get());
	}
}

bool
Server::finished() const
{
	return clients_.load(std::memory_order_acquire) == 0 && idle_.size() == all_.size();
}

void
Server::close()
{
	end(listener_, false);
}

void
Server::accept()
{
	uint64_t conn = 0;

	while (!idle_.empty()) {
		if (pln_tcp_accept(stack, listener_, idle_.back(), &conn) != 0)
			return;
		Served *served = idle_.back();

		idle_.pop_back();
		served->conn = conn;
		served->got = 0;
		served->answered = false;
		tally.accepted++;
		hear(*served);
	}
}

/* All of a question has come. */
bool
Server::answer(Served &served)
{
	uint8_t bytes[MESSAGE_MAX + sizeof(uint64_t)];
	Head head, expected;

	memcpy(&head, served.bytes, sizeof(head));
	expected = head;
	name_client(expected, info_of(stack, served.conn).remote);
	expected.answer = 0;
	tally.mixed += !says(served.bytes, expected);
	tally.served++;
	served.answered = true;
	if (head.way == SERVER_RESETS) {
		over(&served, true);
		return false;
	}
	expected.answer = 1;
	write(expected, bytes);
	if (pln_tcp_send(stack, served.conn, bytes, expected.len, 0) != expected.len)
		tally.lost++;
	if (head.way != SERVER_CLOSES)
		return true;
	over(&served, false);
	return false;
}

bool
Server::hear(Served &served)
{
	Head head{};
	ssize_t n = pln_tcp_receive(stack, served.conn, served.bytes + served.got,
	                            MESSAGE_MAX - served.got, 0);

	served.got += n > 0 ? static_cast<size_t>(n) : 0;
	if (served.answered || served.got < sizeof(head))
		return true;
	memcpy(&head, served.bytes, sizeof(head));
	return served.got < head.len || answer(served);
}

void
Server::over(Served *served, bool by_reset)
{
	end(served->conn, by_reset);
	idle_.push_back(served);
}

void
Server::happened(const pln_event &event)
{
	auto *served = static_cast<Served *>(event.cookie);

	if (event.conn == listener_) {
		accept();
		return;
	}
	if ((event.bits & PLN_EV_READABLE) != 0 && !hear(*served))
		return;
	if ((event.bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) == 0)
		return;
	tally.lost += !served->answered;
	over(served, false);
}

} // namespace threads
