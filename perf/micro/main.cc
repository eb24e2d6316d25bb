/* SPDX-License-Identifier: BSD-3-Clause */
/* Micro-benchmarks of single rooms: what one operation costs, apart from everything around it. */
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
