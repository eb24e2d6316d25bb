/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Micro-benchmarks of single rooms and of single ways through a stack. Without options Google Benchmark times them; with --count, under
 * callgrind, each is run a fixed number of times and dumped by its name, for perf/micro/budget to read; --build says what it was built by,
 * since instructions can be compared only then.
 */
#include <cstdio>
#include <cstring>

#include <benchmark/benchmark.h>

#include "dev/eal.h"
#include "loop.h"

namespace
{

/* Tables of more take minutes to fill under callgrind, and the instructions are those of a smaller one. */
constexpr int64_t counted_max = 1000000;

int
count(const perf::Ops &ops)
{
	int failed = 0;

	CALLGRIND_START_INSTRUMENTATION;
	for (const perf::Op &op : ops.all) {
		if (op.arg > counted_max)
			continue;
		perf::Loop loop(op.times);
		op.measure(loop, op.arg);
		if (loop.failed != nullptr) {
			fprintf(stderr, "%s: %s\n", op.name.c_str(), loop.failed);
			failed = 1;
			continue;
		}
		std::string said = op.name + " " + std::to_string(loop.done);
		CALLGRIND_DUMP_STATS_AT(said.c_str());
	}
	return failed;
}

void
time_all(const perf::Ops &ops)
{
	for (const perf::Op &op : ops.all) {
		auto *b = benchmark::RegisterBenchmark(op.name.c_str(),
		                                       [op](benchmark::State &state) {
							       perf::Loop loop(state);
							       op.measure(loop, op.arg);
						       });
		if (op.batches)
			b->UseManualTime();
		if (op.times < perf::usual_times) /* much is prepared for each */
			b->Iterations(30);
		else if (op.batches)
			b->MinTime(0.1);
	}
	benchmark::RunSpecifiedBenchmarks();
}

} // namespace

int
main(int argc, char **argv)
{
	perf::Ops ops;

	if (argc == 2 && strcmp(argv[1], "--build") == 0) {
		puts(POLLEN_PERF_BUILD);
		return 0;
	}
	if (pln_eal_ensure() < 0)
		return 1;
	perf::add_base(ops);
	perf::add_flow(ops);
	perf::add_wire(ops);
	perf::add_parts(ops);
	perf::add_stacks(ops);
	if (argc == 2 && strcmp(argv[1], "--count") == 0)
		return count(ops);
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	time_all(ops);
	return 0;
}
