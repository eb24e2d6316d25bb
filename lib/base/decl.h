/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every private header leans on: C linkage for the tests' sake, and an assertion for what only
 * we could have broken. Input from the wire or the user is checked and counted, never asserted
 * (docs/style.md, 17).
 */
#ifndef POLLEN_BASE_DECL_H
#define POLLEN_BASE_DECL_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <pollen/types.h>

/* On in debug and test builds, out with -DNDEBUG. */
#define PLN_ASSERT(cond) assert(cond)

/* The object that embeds `member` at `ptr`. */
#define PLN_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define PLN_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
