/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The programs on the stacks of many threads: clients that open, use and end connections in four ways, and servers that answer. What
 * is said follows from the connection's own ports, addresses and number, so that one byte from elsewhere shows.
 */
#ifndef POLLEN_TESTS_THREADS_TRAFFIC_H
#define POLLEN_TESTS_THREADS_TRAFFIC_H

#include <atomic>
#include <memory>
#include <vector>

#include <pollen/tcp.h>

namespace threads
{

constexpr uint16_t PORT = 80;
constexpr unsigned int AT_ONCE = 128; /* connections of one client */
constexpr size_t MESSAGE_MAX = 1024;  /* bytes */

/* Who ends a connection, and how. */
enum Way : uint16_t {
	CLIENT_CLOSES,
	SERVER_CLOSES,
	CLIENT_RESETS,
	SERVER_RESETS, /* instead of an answer */
	WAYS
};

/* The front of a message; the rest follows from it. */
struct Head {
	uint64_t number;
	uint32_t len;  /* of the message */
	uint32_t addr; /* of the client, as it came */
	uint16_t port;
	uint16_t way;
	uint32_t answer;
};

struct Tally {
	uint64_t opened, answered, reset, postponed; /* clients */
	uint64_t accepted, served;                   /* servers */
	uint64_t mixed;                              /* messages that are not what was said */
	uint64_t lost;                               /* connections that ended early */

	Tally &operator+=(const Tally &other);
};

class Worker
{
      public:
	explicit Worker(pln_stack *turned) : stack(turned)
	{
	}
	virtual ~Worker() = default;
	Worker(const Worker &) = delete;
	Worker &operator=(const Worker &) = delete;

	unsigned int turn(); /* what happened is dealt with; how much that was */
	virtual bool finished() const = 0;
	virtual bool calls() const = 0; /* opens connections */

	pln_stack *const stack;
	Tally tally{};

      protected:
	virtual void happened(const pln_event &event) = 0;
	virtual void more() = 0;
	void end(uint64_t conn, bool by_reset);
};

/* Opens connections number first, first + step ... below `last`. */
class Client : public Worker
{
      public:
	Client(pln_stack *turned, const std::vector<pln_addr> &locals, const pln_addr &server);

	void numbers(uint64_t first, uint64_t step, uint64_t last);
	bool finished() const override;
	bool
	calls() const override
	{
		return true;
	}

      private:
	struct Call {
		uint64_t conn;
		Head head;
		size_t got;
		uint8_t bytes[MESSAGE_MAX];
	};

	void happened(const pln_event &event) override;
	void more() override;
	bool open();
	void ask(Call &call);
	void hear(Call &call);
	void over(Call &call, bool by_reset);

	const std::vector<pln_addr> locals_;
	const pln_addr server_;
	uint64_t next_ = 0, step_ = 1, last_ = 0;
	std::vector<Call> calls_ = std::vector<Call>(AT_ONCE);
	std::vector<Call *> idle_;
};

class Server : public Worker
{
      public:
	/* `clients`: how many may still open connections. */
	Server(pln_stack *turned, const std::atomic<unsigned int> &clients);

	bool finished() const override;
	bool
	calls() const override
	{
		return false;
	}
	void close(); /* nobody calls any more */

      private:
	struct Served {
		uint64_t conn;
		size_t got;
		bool answered;
		uint8_t bytes[MESSAGE_MAX];
	};

	void happened(const pln_event &event) override;
	void
	more() override
	{
	}
	void accept();
	bool hear(Served &served); /* false: the connection is over */
	bool answer(Served &served);
	void over(Served *served, bool by_reset);

	const std::atomic<unsigned int> &clients_;
	uint64_t listener_ = 0;
	std::vector<std::unique_ptr<Served>> all_;
	std::vector<Served *> idle_;
};

} // namespace threads

#endif
