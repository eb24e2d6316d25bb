/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes received bytes from where they lie, in a thread of its own, so that a slow disk or pipe never holds up the loop that
 * turns the stack. What is not written yet is not consumed, so the TCP window closes by itself and memory stays bounded by
 * the receive buffer.
 */
#ifndef POLLEN_APP_FETCH_SINK_H
#define POLLEN_APP_FETCH_SINK_H

#include <sched.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct sink;

/**
 * Create one and start its thread.
 *
 * @param cpus  where the thread may run; NULL: where the caller does
 * @return 0 or a negative errno
 */
int sink_create(struct sink **out, const cpu_set_t *cpus);

/** Stop the thread, also one that is stuck in a write, and free. What was not written is lost. NULL is allowed. */
void sink_destroy(struct sink *sink);

/** Items that can be put for sure. */
size_t sink_room(const struct sink *sink);

/**
 * Hand bytes over; they must stay until sink_position() has reached `end`. The caller has seen to it that there is room.
 *
 * @param fd    where they go; -1: nowhere, they only hold their place in the order
 * @param end  grows from call to call
 */
void sink_put(struct sink *sink, int fd, const void *data, size_t len, uint64_t end);

/** What is put from here on is written at `offset` of its file and behind; -1: where the file stands (as after sink_reset). */
void sink_place(struct sink *sink, int64_t offset);

/** `end` of the last item that is done with. */
uint64_t sink_position(const struct sink *sink);

/** Is everything that was put done with? */
bool sink_is_idle(const struct sink *sink);

/** What writing failed with (errno), 0 while it has not. After a failure items are taken and thrown away. */
int sink_error(const struct sink *sink);

/** Begin anew at position 0, without an error. Only while idle. */
void sink_reset(struct sink *sink);

PLN_C_END

#endif
