/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads/crew.h"

#include <pthread.h>
#include <sched.h>
#include <string>
#include <thread>

#include <rte_lcore.h>
#include <rte_ring.h>

namespace threads
{

namespace
{

constexpr uint64_t BUSY_NS = 100 * 1000, IDLE_NS = 10 * 1000; /* steps of the clock */
constexpr unsigned int DOZE_AFTER = 64;                       /* idle turns */
constexpr uint64_t DOZE_NS = 50 * 1000;

uint64_t
length_of(unsigned int idle)
{
	if (idle == 0)
		return BUSY_NS;
	return idle > DOZE_AFTER ? DOZE_NS : IDLE_NS;
}

void
relax(pln_stack *stack, unsigned int idle)
{
	if (idle > DOZE_AFTER)
		pln_stack_doze(stack, DOZE_NS);
	else if (idle > 0)
		sched_yield();
}

} // namespace

void
Crew::add(Worker &worker, Side &side, unsigned int index)
{
	members_.push_back({ &worker, &side, index });
}

void
Crew::run(const std::function<void()> &meanwhile)
{
	std::vector<std::thread> threads;

	turns_ = std::make_unique<Turns[]>(members_.size());
	for (size_t i = 0; i < members_.size(); i++)
		threads.emplace_back([this, i] { turn(members_[i], i); });
	meanwhile();
	may_end_.store(true, std::memory_order_release);
	for (std::thread &thread : threads)
		thread.join();
}

/* All are there and have what is theirs before the first packet. */
void
Crew::begin(const Member &member)
{
	pthread_setname_np(pthread_self(), (std::to_string(member.index) + "-worker").c_str());
	rte_thread_register();
	member.side->own(member.index, rte_lcore_id());
	begun_.fetch_add(1, std::memory_order_acq_rel);
	while (begun_.load(std::memory_order_acquire) < members_.size())
		sched_yield();
}

/* Since the clock's last step. On the first thread. */
bool
Crew::all_have_turned()
{
	for (size_t i = 1; i < members_.size(); i++)
		if (turns_[i].count.load(std::memory_order_relaxed) == turns_[i].seen)
			return false;
	for (size_t i = 1; i < members_.size(); i++)
		turns_[i].seen = turns_[i].count.load(std::memory_order_relaxed);
	return true;
}

/* One thread. When its work is done it goes on until all is: what arrives may be another's. */
void
Crew::turn(const Member &member, size_t number)
{
	Worker &worker = *member.worker;
	bool calls = worker.calls(), resting = false;
	unsigned int idle = 0, work;
	uint64_t turns = 0;

	begin(member);
	while (at_rest_.load(std::memory_order_acquire) < members_.size()) {
		uint64_t now = clock_.load(std::memory_order_relaxed);

		work = pln_stack_poll(worker.stack, now);
		work += worker.turn();
		work += pln_stack_flush(worker.stack, now);
		idle = work > 0 ? 0 : idle + 1;
		turns_[number].count.store(++turns, std::memory_order_relaxed);
		if (number == 0 && all_have_turned())
			clock_.store(now + length_of(idle), std::memory_order_relaxed);
		if (calls && worker.finished()) {
			calls = false;
			calling.fetch_sub(1, std::memory_order_release);
		}
		if (!resting && rests(worker)) {
			resting = true;
			at_rest_.fetch_add(1, std::memory_order_acq_rel);
		}
		relax(worker.stack, idle);
	}
	rte_thread_unregister();
}

bool
Crew::rests(const Worker &worker) const
{
	const pln_stack *stack = worker.stack;

	return worker.finished() && may_end_.load(std::memory_order_acquire) &&
	       pln_tcp_conn_count(stack) == 0 && stack->tcp.timewait.pool.used == 0 &&
	       stack->txq.count == 0 && rte_ring_empty(stack->mbox.ring);
}

} // namespace threads
