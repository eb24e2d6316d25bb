/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words for ThreadSanitizer alone: what this thread did before `released` has been done when another is behind `acquired`, as far as
 * `at` tells. Several writers of a DPDK ring pass its tail on to each other without saying so in the C memory model (x86 and the ring's
 * own barriers make it true), and DPDK's compiled parts say nothing at all. In other builds, nothing.
 */
#ifndef POLLEN_BASE_ORDER_H
#define POLLEN_BASE_ORDER_H

#include "base/decl.h"

#if defined(__SANITIZE_THREAD__)
#define PLN_ORDER_WATCHED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLN_ORDER_WATCHED
#endif
#endif

#ifdef PLN_ORDER_WATCHED
#include <sanitizer/tsan_interface.h>
#define PLN_ORDER_RELEASED(at) __tsan_release(at)
#define PLN_ORDER_ACQUIRED(at) __tsan_acquire(at)
#else
#define PLN_ORDER_RELEASED(at) ((void)(at))
#define PLN_ORDER_ACQUIRED(at) ((void)(at))
#endif

#endif
