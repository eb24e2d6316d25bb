/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One description of an operation, measured in two ways: by Google Benchmark, which gives nanoseconds and cycles, and under callgrind,
 * which counts the instructions of a fixed number of them. What prepares an operation is in neither figure.
 */
#ifndef POLLEN_PERF_MICRO_LOOP_H
#define POLLEN_PERF_MICRO_LOOP_H

#include <cstdint>
#include <string>
#include <valgrind/callgrind.h>
#include <vector>

#include <rte_cycles.h>

#include <benchmark/benchmark.h>

namespace perf
{

class Loop
{
      public:
	explicit Loop(benchmark::State &state) : state(&state)
	{
	}

	/* Callgrind's: `times` operations, or as many batches as hold them. */
	explicit Loop(uint64_t times) : times(times)
	{
	}

	/* `body` is one operation and nothing else. */
	template <class Body>
	void
	run(Body body)
	{
		if (state == nullptr) {
			on();
			for (uint64_t i = 0; i < times; i++)
				body();
			off();
			done = times;
			return;
		}
		on();
		for (auto _ : *state)
			body();
		off();
		report(static_cast<double>(state->iterations()));
	}

	/* `body` prepares, calls on(), does `batch` operations, calls off(), and tidies up. */
	template <class Body>
	void
	run_batches(uint64_t batch, Body body)
	{
		if (state == nullptr) {
			for (done = 0; done < times; done += batch)
				body();
			return;
		}
		for (auto _ : *state) {
			uint64_t before = cycles;

			body();
			state->SetIterationTime(static_cast<double>(cycles - before) /
			                        static_cast<double>(rte_get_tsc_hz()));
		}
		report(static_cast<double>(state->iterations()) * static_cast<double>(batch));
	}

	void
	on()
	{
		if (state == nullptr)
			CALLGRIND_TOGGLE_COLLECT;
		else
			cycles -= rte_rdtsc();
	}

	void
	off()
	{
		if (state == nullptr)
			CALLGRIND_TOGGLE_COLLECT;
		else
			cycles += rte_rdtsc();
	}

	/* It cannot run here. */
	void
	give_up(const char *why)
	{
		if (state != nullptr)
			state->SkipWithError(why);
		failed = why;
	}

	uint64_t done = 0; /* operations that callgrind has seen */
	const char *failed = nullptr;

      private:
	void
	report(double ops)
	{
		double hz = static_cast<double>(rte_get_tsc_hz());

		state->counters["ns"] = static_cast<double>(cycles) / hz * 1e9 / ops;
		state->counters["cycles"] = static_cast<double>(cycles) / ops;
	}

	benchmark::State *state = nullptr;
	uint64_t times = 0;
	uint64_t cycles = 0;
};

constexpr uint64_t usual_times = 1000;

/* An operation, at one size. */
struct Op {
	std::string name;
	void (*measure)(Loop &loop, int64_t arg);
	int64_t arg;
	uint64_t times; /* how often callgrind sees it */
	bool batches;   /* it marks what counts by itself */
};

class Ops
{
      public:
	/* Each of `args` is an operation of its own, called name/arg; none: a single one, called name. */
	void
	add(const char *name, void (*measure)(Loop &, int64_t), std::vector<int64_t> args = {})
	{
		put(name, measure, args, usual_times, false);
	}

	/* The same for one that calls run_batches. */
	void
	add_batches(const char *name, void (*measure)(Loop &, int64_t),
	            std::vector<int64_t> args = {}, uint64_t times = usual_times)
	{
		put(name, measure, args, times, true);
	}

	std::vector<Op> all;

      private:
	void
	put(const char *name, void (*measure)(Loop &, int64_t), const std::vector<int64_t> &args,
	    uint64_t times, bool batches)
	{
		if (args.empty())
			all.push_back({ name, measure, 0, times, batches });
		for (int64_t arg : args)
			all.push_back({ std::string(name) + "/" + std::to_string(arg), measure, arg,
			                times, batches });
	}
};

void add_base(Ops &ops);
void add_flow(Ops &ops);
void add_wire(Ops &ops);
void add_parts(Ops &ops);
void add_stacks(Ops &ops);

} // namespace perf

#endif
