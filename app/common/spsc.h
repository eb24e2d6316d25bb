/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring of records of one size between two threads: one puts, one takes, neither waits. Records are copied. */
#ifndef POLLEN_APP_COMMON_SPSC_H
#define POLLEN_APP_COMMON_SPSC_H

#include <pollen/types.h>

PLN_C_BEGIN

struct spsc;

/** @param slots  records, a power of two. @param bytes  of one record. @return NULL when memory is out. */
struct spsc *spsc_create(size_t slots, size_t bytes);

/** Nobody uses it any more. NULL is allowed. */
void spsc_destroy(struct spsc *ring);

/** Copy a record in. The putting thread. @return false when the ring is full. */
bool spsc_put(struct spsc *ring, const void *record);

/** Copy the oldest record out. The taking thread. @return false when the ring is empty. */
bool spsc_take(struct spsc *ring, void *record);

PLN_C_END

#endif
